/*
 * One custodian at each step (design: architecture, invariant 5): on every replica the events that
 * move a case form one chain from its registration, custody is where that chain leads, and status
 * what its last step says. Walked here apart from the fold, from the signed headers and from which
 * events it says take effect.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/assert.h"
#include "cases/event.h"
#include "cases/number.h"
#include "office/keys.h"
#include "support/tree_drive.h"
#include "wire/rows.h"

enum { STEPS_MAX = 256 };

struct step {
    struct omb_digest digest, after;
    struct omb_office_id custodian;
    const char *status;
    bool moves; /* custody */
    bool first;
};

struct spine {
    struct tree_office *office;
    struct omb_case_row row;
    struct step steps[STEPS_MAX];
    size_t count;
};

static bool read_header(struct tree_office *office, const struct omb_digest *digest,
                        struct omb_header *out)
{
    const struct omb_port *port = memport_port(office->rig.store);
    struct omb_arena *arena = &office->tree->arena;
    struct omb_key key = omb_key_digest(digest);
    struct omb_stored_record stored;
    struct omb_buf value = OMB_BUF_INIT;
    uint32_t number;
    uint64_t seq;
    bool found = omb_port_get(port, OMB_FAMILY_DIGEST, omb_key_view(&key), &value) == OMB_OK &&
                 omb_read_place(omb_buf_view(&value), &number, &seq);

    if (found) {
        key = omb_key_record(number, seq);
        found = omb_port_get(port, OMB_FAMILY_RECORD, omb_key_view(&key), &value) == OMB_OK &&
                omb_decode_stored_record(omb_arena_copy(arena, omb_buf_view(&value)), arena,
                                         &stored, NULL) == OMB_OK &&
                omb_header_decode(stored.header, arena, out, NULL, NULL) == OMB_OK;
    }
    omb_buf_free(&value);
    return found;
}

/* Where the event leaves custody. */
static bool moves_to(const struct omb_header *header, struct omb_office_id *out)
{
    const struct omb_any *event = &header->facts->event;
    const struct omb_office_ref *to = NULL;

    switch (event->tag) {
    case OMB_EVENT_REGISTERED:
        to = OMB_AS(registered, *event)->custodian;
        *out = to != NULL ? to->office : header->case_id->home;
        return true;
    case OMB_EVENT_ESCALATED:
        *out = OMB_AS(escalated, *event)->to->office;
        return true;
    case OMB_EVENT_RETURNED:
        *out = OMB_AS(returned, *event)->to->office;
        return true;
    case OMB_EVENT_DELEGATED:
        *out = OMB_AS(delegated, *event)->to->office;
        return true;
    case OMB_EVENT_TAKEN_OVER:
    case OMB_EVENT_REOPENED:
        *out = header->office;
        return true;
    case OMB_EVENT_RESOLVED:
    case OMB_EVENT_WITHDRAWN:
        *out = header->case_id->home;
        return true;
    }
    return false;
}

/* What the case is behind the step. */
static const char *status_of(uint32_t tag)
{
    switch (tag) {
    case OMB_EVENT_RESOLVED:
        return "resolved";
    case OMB_EVENT_ANSWERED:
        return "answered";
    case OMB_EVENT_CLOSED:
        return "closed";
    case OMB_EVENT_WITHDRAWN:
        return "withdrawn";
    }
    return "open";
}

static bool is_spine(uint32_t tag)
{
    return tag == OMB_EVENT_REGISTERED || tag == OMB_EVENT_ESCALATED || tag == OMB_EVENT_RETURNED ||
           tag == OMB_EVENT_DELEGATED || tag == OMB_EVENT_TAKEN_OVER || tag == OMB_EVENT_RESOLVED ||
           tag == OMB_EVENT_ANSWERED || tag == OMB_EVENT_CLOSED || tag == OMB_EVENT_REOPENED ||
           tag == OMB_EVENT_WITHDRAWN;
}

static void add_step(struct spine *spine, const struct omb_event_view *event)
{
    struct step *step = &spine->steps[spine->count];
    struct omb_header header;

    if (!event->effect)
        return;
    OMB_ASSERT(spine->count < STEPS_MAX &&
               omb_unhex(event->digest, step->digest.bytes, OMB_DIGEST_SIZE) == OMB_OK);
    if (!read_header(spine->office, &step->digest, &header) || header.facts == NULL)
        return;
    tree_check_cut(spine->office, &header, &step->digest);
    if (!is_spine(header.facts->event.tag))
        return;
    step->after = header.after;
    step->first = header.facts->event.tag == OMB_EVENT_REGISTERED;
    step->moves = moves_to(&header, &step->custodian);
    step->status = status_of(header.facts->event.tag);
    spine->count++;
}

/* The step behind that one; NULL: none. */
static const struct step *behind(const struct spine *spine, const struct step *before)
{
    const struct step *found = NULL;

    for (size_t i = 0; i < spine->count; i++) {
        const struct step *step = &spine->steps[i];

        if (step->first ? before != NULL
                        : before == NULL || !omb_digest_equal(&step->after, &before->digest))
            continue;
        if (found != NULL)
            fail_msg("%s gives effect to two steps of case %llu at one place", spine->office->code,
                     (unsigned long long)spine->row.case_id->serial);
        found = step;
    }
    return found;
}

static void walk(const struct spine *spine)
{
    const struct omb_case_row *row = &spine->row;
    const struct step *last = NULL;
    struct omb_office_id custodian = row->case_id->home;
    size_t walked = 0;

    for (const struct step *at = behind(spine, NULL); at != NULL; at = behind(spine, at)) {
        last = at;
        walked++;
        if (at->moves)
            custodian = at->custodian;
    }
    if (walked != spine->count || last == NULL || !omb_digest_equal(&last->digest, &row->spine))
        fail_msg("%s: %zu of %zu steps of case %llu form its chain", spine->office->code, walked,
                 spine->count, (unsigned long long)row->case_id->serial);
    if (!omb_view_is(row->status, last->status))
        fail_msg("%s: case %llu is not what its last step made it", spine->office->code,
                 (unsigned long long)row->case_id->serial);
    if (row->custodian == NULL || !omb_office_id_equal(&row->custodian->office, &custodian))
        fail_msg("%s: the custodian of case %llu is not where its chain leads", spine->office->code,
                 (unsigned long long)row->case_id->serial);
}

static enum omb_rc check_case(void *arg, struct omb_view key, struct omb_view value)
{
    struct spine spine = {.office = arg};
    char number[OMB_NUMBER_SIZE], exact[OMB_NUMBER_EXACT_SIZE];
    struct omb_view code;
    const struct omb_case_view *view;
    struct omb_arena *arena = &spine.office->tree->arena;
    struct omb_case_ask ask = {.number = OMB_VIEW_NONE};

    (void)key;
    OMB_ASSERT(omb_decode_case_row(omb_arena_copy(arena, value), arena, &spine.row, NULL) ==
               OMB_OK);
    if (spine.row.case_id == NULL || omb_digest_none(&spine.row.spine))
        return OMB_OK; /* it waits for its registration */
    code = omb_view_str(tree_code_of(spine.office->tree, &spine.row.case_id->home));
    omb_number_print(spine.row.case_id, code, number);
    omb_number_print_exact(spine.row.case_id, code, exact);
    ask.number = omb_view_str(exact);
    view = ANSWER(case_view, ask_as(&spine.office->rig, "s1", OMB_ASK_CASE_SHOW, &ask));
    if (!omb_view_is(view->number, number))
        return OMB_OK; /* a line that was renewed: its number leads on to the new case */
    for (size_t i = 0; i < view->events.count; i++)
        add_step(&spine, &view->events.items[i]);
    walk(&spine);
    return OMB_OK;
}

void tree_check_spines(struct tree_office *office)
{
    tree_tick(office);
    OMB_ASSERT(omb_port_scan(memport_port(office->rig.store), OMB_FAMILY_CASE, OMB_VIEW_NONE,
                             OMB_VIEW_NONE, false, check_case, office) == OMB_OK);
    tree_keep(office);
}
