#include "bench/request.h"

#include <inttypes.h>
#include <stdio.h>

#include "wire/control.h"

#define NARRATIVE                                                                                  \
    "The card was charged twice for one purchase on the same day. I called the contact centre "    \
    "and was told that the second charge would disappear, but it has not. I want the amount "      \
    "back and an explanation in writing of how this could happen."

void bench_registration(uint64_t run, uint64_t number, struct omb_view about, struct omb_buf *out)
{
    char name[32] = "";
    const struct omb_matter matter = {
        .channel = OMB_VIEW_LIT("in-person"),
        .product = OMB_VIEW_LIT("cards"),
        .issue = OMB_VIEW_LIT("fees"),
        .severity = OMB_VIEW_LIT("normal"),
    };
    const struct omb_registered registered = {.matter = &matter};
    const struct omb_facts facts = {.event = {OMB_EVENT_REGISTERED, &registered}};
    struct omb_client person = {.phone = OMB_VIEW_LIT("+10000000000")};
    const struct omb_registered_body words = {.client = &person,
                                              .narrative = OMB_VIEW_LIT(NARRATIVE)};
    const struct omb_body body = {.event = {OMB_BODY_REGISTERED, &words}};
    const struct omb_act act = {.facts = &facts, .body = &body, .about = about};
    uint8_t id[16] = {0};
    const struct omb_request request = {
        .protocol = 1, .id = OMB_VIEW_OF(id), .ask = {OMB_ASK_ACT, &act}};

    snprintf(name, sizeof(name), "Client %" PRIu64, number);
    person.name = omb_view_str(name); /* its length is known only now */
    omb_put_be64(id, run);
    omb_put_be64(id + 8, number);
    omb_buf_clear(out);
    omb_encode_request(&request, out);
}

static const struct omb_facts *facts_of(struct omb_arena *arena, uint32_t tag, const void *event)
{
    struct omb_facts *facts = OMB_ARENA_NEW(arena, struct omb_facts, 1);

    facts->event = (struct omb_any){tag, event};
    return facts;
}

static struct omb_act_list ending(struct omb_arena *arena)
{
    static const struct omb_resolved resolved = {.outcome = OMB_VIEW_LIT("unfounded"),
                                                 .bank_error = OMB_VIEW_LIT("unknown")};
    static const struct omb_answered answered;
    static const struct omb_closed closed = {.accepts = OMB_VIEW_LIT("unknown")};
    struct omb_act *then = OMB_ARENA_NEW(arena, struct omb_act, 3);

    then[0].facts = facts_of(arena, OMB_EVENT_RESOLVED, &resolved);
    then[1].facts = facts_of(arena, OMB_EVENT_ANSWERED, &answered);
    then[2].facts = facts_of(arena, OMB_EVENT_CLOSED, &closed);
    return (struct omb_act_list){then, 3};
}

static struct omb_import_row row(struct omb_arena *arena, uint64_t number)
{
    static const struct omb_imported_field kept[] = {
        {OMB_VIEW_LIT("company"), OMB_VIEW_LIT("bank-17")},
        {OMB_VIEW_LIT("company-response"), OMB_VIEW_LIT("closed-with-explanation")},
        {OMB_VIEW_LIT("consent"), OMB_VIEW_LIT("consent-provided")},
        {OMB_VIEW_LIT("state"), OMB_VIEW_LIT("ca")},
        {OMB_VIEW_LIT("sub-product"), OMB_VIEW_LIT("general-purpose-card")},
        {OMB_VIEW_LIT("timely"), OMB_VIEW_LIT("yes")},
    };
    static const struct omb_matter matter = {
        .kind = OMB_VIEW_LIT("complaint"),
        .channel = OMB_VIEW_LIT("internet"),
        .product = OMB_VIEW_LIT("credit-card"),
        .issue = OMB_VIEW_LIT("billing-disputes"),
        .received_at = INT64_C(1425168000000),
    };
    static const struct omb_imported imported = {
        .source = OMB_VIEW_LIT("bench"),
        .fields = {kept, sizeof(kept) / sizeof(kept[0])},
    };
    static const struct omb_registered registered = {.matter = &matter, .imported = &imported};
    static const struct omb_registered_body words = {.narrative = OMB_VIEW_LIT(NARRATIVE)};
    static const struct omb_body body = {.event = {OMB_BODY_REGISTERED, &words}};
    struct omb_extract *extract = OMB_ARENA_NEW(arena, struct omb_extract, 1);
    struct omb_act *act = OMB_ARENA_NEW(arena, struct omb_act, 1);

    extract->reference = omb_arena_printf(arena, "%" PRIu64, number);
    act->facts = facts_of(arena, OMB_EVENT_REGISTERED, &registered);
    act->body = &body;
    act->extract = extract;
    act->then = ending(arena);
    return (struct omb_import_row){number, extract->reference, act};
}

void bench_import(uint64_t first, size_t count, struct omb_buf *out)
{
    struct omb_arena arena;
    struct omb_import_row *rows;
    uint8_t id[8];

    omb_arena_init(&arena, SIZE_MAX);
    rows = OMB_ARENA_NEW(&arena, struct omb_import_row, count);
    for (size_t i = 0; i < count; i++)
        rows[i] = row(&arena, first + i);
    omb_put_be64(id, first);
    omb_buf_clear(out);
    omb_encode_request(
        &(struct omb_request){
            .protocol = 1,
            .id = OMB_VIEW_OF(id),
            .ask = {OMB_ASK_IMPORT_BATCH,
                    &(struct omb_import_batch){.source = OMB_VIEW_LIT("bench"),
                                               .rows = {rows, count}}}},
        out);
    omb_arena_free(&arena);
}
