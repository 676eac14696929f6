/*
 * Changes: what was written since a position, for those who follow. Topics are views of the one
 * journal; a change is told once, under the narrowest topic that was asked for. That a case became
 * overdue is no event: who follows that topic hears the bell and asks for the list.
 */
#include "office/desk/act.h"
#include "office/desk/subscriptions.h"
#include "wire/header.h"
#include "wire/limits.h"

/* Narrowest first. */
enum topic { ESCALATIONS, RESOLUTIONS, ATTENTION, OFFICES, CASES, OVERDUE, TOPIC_COUNT };

static const char *const topics[TOPIC_COUNT] = {
    [ESCALATIONS] = "escalations", [RESOLUTIONS] = "resolutions", [ATTENTION] = "attention",
    [OFFICES] = "offices",         [CASES] = "cases",             [OVERDUE] = "overdue",
};

struct following {
    struct omb_step *step;
    struct omb_aside aside;
    uint32_t topics; /* bits of those asked for */
    struct omb_change *changes;
    size_t count, limit;
    size_t scanned;
    uint64_t position; /* of the newest row looked at */
    struct omb_error *err;
};

static enum omb_rc read_topics(const struct omb_step *step, const struct omb_views *asked,
                               uint32_t *out, struct omb_error *err)
{
    uint32_t bits = 0;

    for (size_t i = 0; i < asked->count; i++) {
        const enum omb_rc rc = omb_policy_check_code(omb_office_policy(step->office), "topics",
                                                     asked->items[i], "topics", err);

        if (rc != OMB_OK)
            return rc;
        for (unsigned topic = 0; topic < TOPIC_COUNT; topic++) {
            if (omb_view_is(asked->items[i], topics[topic]))
                bits |= 1u << topic;
        }
    }
    *out = asked->count ? bits : (1u << TOPIC_COUNT) - 1;
    return OMB_OK;
}

enum omb_rc omb_desk_check_topics(const struct omb_step *step, const struct omb_views *asked,
                                  struct omb_error *err)
{
    uint32_t bits;

    return read_topics(step, asked, &bits, err);
}

static uint32_t topics_of(const struct omb_opened *record, uint32_t attention_max)
{
    const struct omb_header *header = &record->header;
    const uint32_t tag = omb_opened_tag(record);

    if (header->case_id == NULL)
        return 1u << OFFICES;
    if (tag == OMB_EVENT_ESCALATED || tag == OMB_EVENT_RETURNED || tag == OMB_EVENT_DELEGATED ||
        tag == OMB_EVENT_TAKEN_OVER)
        return 1u << ESCALATIONS | 1u << CASES;
    if (tag == OMB_EVENT_RESOLVED)
        return 1u << RESOLUTIONS | 1u << CASES;
    if (tag == OMB_EVENT_ATTENDED ||
        (tag == OMB_EVENT_RATED && OMB_AS(rated, header->facts->event)->score <= attention_max))
        return 1u << ATTENTION | 1u << CASES;
    return 1u << CASES;
}

static void tell(struct following *follow, const struct omb_opened *record, uint32_t matching)
{
    struct omb_step *step = follow->step;
    const struct omb_header *header = &record->header;
    struct omb_change *out = &follow->changes[follow->count++];
    unsigned topic = 0;

    while (!(matching & (1u << topic)))
        topic++;
    *out = (struct omb_change){
        .position = omb_position_print(step, follow->position),
        .topic = omb_view_str(topics[topic]),
        .type = omb_view_str(omb_event_name(omb_opened_tag(record))),
        .office = omb_office_code_of(step, &header->office),
        .actor = omb_desk_actor(step, &header->office,
                                omb_arena_copy(step->arena, header->actor)),
        .at = header->time_ms,
        .record = omb_desk_hex(step->arena, OMB_VIEW_OF(record->digest.bytes)),
    };
    if (header->case_id != NULL)
        out->number = omb_act_number(step, header->case_id);
}

static enum omb_rc visit(void *arg, struct omb_view key, struct omb_view value)
{
    struct following *follow = arg;
    const uint32_t attention_max = omb_office_policy(follow->step->office)->attention_max;
    struct omb_opened record;
    struct omb_row_at at;
    uint32_t matching;
    enum omb_rc rc;

    if (key.size != 8 || !omb_read_journal(value, &at.number, &at.seq, NULL))
        return omb_fail(follow->err, OMB_DAMAGED, NULL, "a row of the journal cannot be read");
    rc = omb_desk_open(&follow->aside.step, at.number, at.seq, &record, follow->err);
    if (rc != OMB_OK)
        return rc;
    follow->position = omb_be64(key.data);
    matching = topics_of(&record, attention_max) & follow->topics;
    if (matching)
        tell(follow, &record, matching);
    omb_arena_reset(&follow->aside.arena);
    return ++follow->scanned < OMB_SCAN_MAX && follow->count < follow->limit ? OMB_OK : OMB_STOP;
}

enum omb_rc omb_desk_changes(struct omb_step *step, const void *ask, const void **out,
                             struct omb_error *err)
{
    const struct omb_changes_ask *request = ask;
    struct following follow = {.step = step, .err = err};
    struct omb_changes *answer;
    struct omb_key after;
    enum omb_rc rc = read_topics(step, &request->topics, &follow.topics, err);

    if (rc == OMB_OK && request->since.size)
        rc = omb_position_parse(step, request->since, &follow.position, err);
    else if (rc == OMB_OK && request->name.size)
        rc = omb_desk_subscription(step, request->name, &request->topics, &follow.position, err);
    if (rc != OMB_OK)
        return rc;
    after = omb_key_journal(follow.position);
    follow.limit = omb_desk_limit(request->limit, OMB_PAGE_DEFAULT, OMB_PAGE_MAX);
    follow.changes = OMB_ARENA_NEW(step->arena, struct omb_change, follow.limit);
    omb_aside_begin(&follow.aside, step);
    rc = omb_desk_scan(step, OMB_FAMILY_JOURNAL, OMB_VIEW_NONE, &after, visit, &follow, err);
    omb_aside_end(&follow.aside);
    if (rc != OMB_OK)
        return rc;
    answer = OMB_ARENA_NEW(step->arena, struct omb_changes, 1);
    answer->changes.items = follow.changes;
    answer->changes.count = follow.count;
    answer->next = omb_position_print(step, follow.position);
    *out = answer;
    return OMB_OK;
}
