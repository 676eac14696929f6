#include "support/deskwork.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* --- operators --- */

static void key_of(const struct rig *rig, const char *who, uint8_t out[OMB_PUBLIC_SIZE])
{
    const struct omb_digest digest = omb_hash("test/operator", omb_view_str(who));

    if (strcmp(who, "admin") == 0)
        memcpy(out, rig->admin, OMB_PUBLIC_SIZE);
    else
        memcpy(out, digest.bytes, OMB_PUBLIC_SIZE);
}

void hire(struct rig *rig, const char *code, const char *roles)
{
    const char *names[8] = {"Operator of this test"};
    struct omb_view words[8];
    struct omb_operator_add add = {.code = omb_view_str(code), .name = omb_view_str(names[0])};
    uint8_t key[OMB_PUBLIC_SIZE];
    const char *from = roles;

    while (add.roles.count < 8) {
        const size_t size = strcspn(from, ",");

        words[add.roles.count++] = omb_view(from, size);
        if (from[size] == '\0')
            break;
        from += size + 1;
    }
    key_of(rig, code, key);
    add.roles.items = words;
    add.public_key = OMB_VIEW_OF(key);
    answer_of(ask_as(rig, "admin", OMB_ASK_OPERATOR_ADD, &add));
}

int desk_setup(void **state)
{
    const int failed = rig_setup(state);

    if (failed)
        return failed;
    hire(*state, "t1", "teller");
    hire(*state, "h1", "handler");
    hire(*state, "s1", "supervisor");
    hire(*state, "an1", "analyst");
    hire(*state, "au1", "auditor");
    return 0;
}

int desk_teardown(void **state)
{
    return rig_teardown(state);
}

/* --- asking --- */

static const struct omb_reply *ask_with(struct rig *rig, const char *who, struct omb_view id,
                                        uint32_t tag, const void *ask)
{
    const struct omb_request request = {.protocol = 1, .id = id, .ask = {tag, ask}};
    uint8_t key[OMB_PUBLIC_SIZE];

    key_of(rig, who, key);
    return rig_request(rig, key, &request);
}

const struct omb_reply *ask_as(struct rig *rig, const char *who, uint32_t tag, const void *ask)
{
    uint8_t id[8];

    omb_put_be64(id, ++rig->ids);
    return ask_with(rig, who, OMB_VIEW_OF(id), tag, ask);
}

const struct omb_reply *ask_again(struct rig *rig, const char *who, const char *id, uint32_t tag,
                                  const void *ask)
{
    return ask_with(rig, who, omb_view_str(id), tag, ask);
}

const void *answer_of(const struct omb_reply *reply)
{
    if (reply->error != NULL)
        print_error("refused: %.*s: %.*s\n", OMB_VIEW_ARGS(reply->error->field),
                    OMB_VIEW_ARGS(reply->error->words));
    assert_null(reply->error);
    assert_non_null(reply->answer.value);
    return reply->answer.value;
}

static bool contains(struct omb_view text, const char *part)
{
    const size_t size = strlen(part);

    for (size_t i = 0; i + size <= text.size; i++) {
        if (memcmp(text.data + i, part, size) == 0)
            return true;
    }
    return false;
}

void must_refuse(const struct omb_reply *reply, const char *code, const char *words)
{
    assert_non_null(reply->error);
    assert_text(reply->error->code, code);
    if (words != NULL && !contains(reply->error->words, words))
        fail_msg("refused with: %.*s", OMB_VIEW_ARGS(reply->error->words));
}

void assert_text_is(struct omb_view view, const char *text, const char *file, int line)
{
    if (omb_view_is(view, text))
        return;
    print_error("`%.*s` is not `%s`\n", OMB_VIEW_ARGS(view), text);
    _fail(file, line);
}

bool has_line(struct omb_views lines, const char *part)
{
    for (size_t i = 0; i < lines.count; i++) {
        if (contains(lines.items[i], part))
            return true;
    }
    return false;
}

bool has_code(struct omb_views codes, const char *code)
{
    for (size_t i = 0; i < codes.count; i++) {
        if (omb_view_is(codes.items[i], code))
            return true;
    }
    return false;
}

/* --- cases --- */

void complaint_new(struct complaint *complaint)
{
    *complaint = (struct complaint){
        .matter = {
            .channel = OMB_VIEW_LIT("book"),
            .product = OMB_VIEW_LIT("cards"),
            .issue = OMB_VIEW_LIT("fees"),
        },
        .client = {.name = OMB_VIEW_LIT("Client 17"), .phone = OMB_VIEW_LIT("555-0117")},
        .words = {.narrative = OMB_VIEW_LIT("charged twice")},
    };
    complaint->registered.matter = &complaint->matter;
    complaint->facts.event = (struct omb_any){OMB_EVENT_REGISTERED, &complaint->registered};
    complaint->words.client = &complaint->client;
    complaint->body.event = (struct omb_any){OMB_BODY_REGISTERED, &complaint->words};
    complaint->act.facts = &complaint->facts;
    complaint->act.body = &complaint->body;
}

struct omb_view complaint_send(struct rig *rig, const char *who, struct complaint *complaint)
{
    if (complaint->extract.subject.size || complaint->extract.reference.size ||
        complaint->extract.pseudonym.size)
        complaint->act.extract = &complaint->extract;
    return ANSWER(act_done, ask_as(rig, who, OMB_ASK_ACT, &complaint->act))->number;
}

const struct omb_reply *complaint_try(struct rig *rig)
{
    struct complaint complaint;

    complaint_new(&complaint);
    return ask_as(rig, "t1", OMB_ASK_ACT, &complaint.act);
}

struct omb_view new_case(struct rig *rig)
{
    struct complaint complaint;

    complaint_new(&complaint);
    return complaint_send(rig, "t1", &complaint);
}

const struct omb_reply *act_on(struct rig *rig, const char *who, struct omb_view number,
                               uint32_t tag, const void *event, const char *text)
{
    const struct omb_facts facts = {.event = {tag, event}};
    const struct omb_resolved_body decided = {.findings = OMB_VIEW_LIT("looked into"),
                                              .answer = omb_view_str(text)};
    const struct omb_text_body said = {.text = omb_view_str(text)};
    const struct omb_body body = {
        .event = {tag, tag == OMB_EVENT_RESOLVED ? (const void *)&decided : &said}};
    const struct omb_act act = {
        .number = number, .facts = &facts, .body = text != NULL ? &body : NULL};

    return ask_as(rig, who, OMB_ASK_ACT, &act);
}

const struct omb_case_view *show(struct rig *rig, const char *who, struct omb_view number)
{
    return ASK(rig, who, CASE_SHOW, case_ask, case_view, .number = number);
}

void settle(struct rig *rig, struct omb_view number)
{
    answer_of(ACT(rig, "h1", number, RESOLVED, resolved, "the fee is paid back",
                  .outcome = OMB_VIEW_LIT("founded"), .cause = OMB_VIEW_LIT("fees"),
                  .bank_error = OMB_VIEW_LIT("yes")));
    answer_of(ACT(rig, "h1", number, ANSWERED, answered, "told by telephone",
                  .method = OMB_VIEW_LIT("phone")));
    answer_of(ACT(rig, "h1", number, CLOSED, closed, NULL, .accepts = OMB_VIEW_LIT("yes")));
}

const struct omb_event_view *event_of(const struct omb_event_view_list *events, const char *type)
{
    for (size_t i = 0; i < events->count; i++) {
        if (omb_view_is(events->items[i].type, type))
            return &events->items[i];
    }
    return NULL;
}
