#include "support/feeding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/assert.h"
#include "office/inside.h"
#include "support/casework.h"

/* --- feeds in words --- */

struct reading {
    struct omb_office_id child;
    struct omb_buf words;
    uint64_t last;
};

static void say(struct reading *reading, struct omb_step *step, const struct omb_header *header)
{
    const struct omb_any *event = &header->facts->event;
    const struct omb_alternative *type = omb_shape_alternative(&omb_shape_facts, event->tag);
    struct omb_known_certificate known;

    OMB_ASSERT(type != NULL);
    omb_buf_printf(&reading->words, "%s%.*s:%s", reading->words.size > 0 ? " " : "",
                   OMB_VIEW_ARGS(omb_office_code_of(step, &header->office)), type->name);
    if (event->tag != OMB_EVENT_OFFICE_CERTIFIED)
        return;
    assert_int_equal(omb_certify_read(OMB_AS(office_certified, *event)->certificate, step->arena,
                                      &known, NULL),
                     OMB_OK);
    omb_buf_printf(&reading->words, "(%.*s)", OMB_VIEW_ARGS(known.inner.code));
}

static enum omb_rc do_read(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct reading *reading = arg;
    struct omb_row_at at;
    enum omb_rc rc;

    while ((rc = omb_feed_next(step, &reading->child, reading->last, &reading->last, &at, err)) ==
           OMB_OK) {
        struct omb_header header;
        struct omb_digest digest;

        rc = omb_header_read(step, &at, &header, &digest, NULL, err);
        if (rc != OMB_OK)
            return rc;
        say(reading, step, &header);
    }
    return rc == OMB_NOT_FOUND ? OMB_OK : rc;
}

void feeding_is(struct rig *rig, const struct omb_office_id *child, const char *expected)
{
    struct reading reading = {.child = *child, .words = OMB_BUF_INIT};

    crossing_run(rig, do_read, &reading);
    assert_string_equal(omb_buf_str(&reading.words), expected);
    omb_buf_free(&reading.words);
}

void feeding_at(struct crossing *crossing, enum place parent, enum place child,
                const char *expected)
{
    feeding_is(&crossing->rigs[parent], &crossing->refs[child].office, expected);
}

static enum omb_rc see_taken(void *arg, const struct omb_row_at *at)
{
    (void)arg;
    return at->seq > 0 ? OMB_OK : OMB_DAMAGED;
}

static enum omb_rc do_ack(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct omb_office_id *child = arg;

    return omb_feed_acked(step, child, omb_office_tip(step->office)->feed, see_taken, NULL,
                          err);
}

void feeding_ack(struct rig *rig, const struct omb_office_id *child)
{
    struct omb_office_id id = *child;

    crossing_run(rig, do_ack, &id);
}

void feeding_carry(struct crossing *crossing, enum place from, enum place to)
{
    const struct parcels all = crossing_pack(crossing, &crossing->rigs[from]);
    const struct omb_receipt *receipts =
        crossing_give(crossing, to, from, all.items, all.count);

    for (size_t i = 0; i < all.count; i++)
        if (receipts[i].kind != OMB_RECEIPT_NEW && receipts[i].kind != OMB_RECEIPT_DUPLICATE)
            fail_msg("not taken (%d): %s", (int)receipts[i].kind, receipts[i].words);
}

/* --- events --- */

struct writing {
    const struct omb_case_id *id;
    uint32_t tag;
    const void *event;
    struct omb_appended record;
};

static enum omb_rc do_write(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct writing *writing = arg;

    return casework_write(step, writing->id, "s1", writing->tag, writing->event, &writing->record,
                          err);
}

void feeding_write(struct rig *rig, const struct omb_case_id *id, uint32_t tag, const void *event)
{
    struct writing writing = {.id = id, .tag = tag, .event = event};

    crossing_run(rig, do_write, &writing);
}

void feeding_share(struct rig *rig, const struct omb_case_id *id, const struct omb_office_ref *to)
{
    const struct omb_shared shared = {.to = to};

    feeding_write(rig, id, OMB_EVENT_SHARED, &shared);
}

static enum omb_rc do_event(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct writing *writing = arg;
    const struct omb_facts facts = {.event = {writing->tag, writing->event}};
    const struct omb_draft draft = {.facts = &facts, .actor = OMB_VIEW_LIT("admin")};

    return omb_append(step, &draft, &writing->record, err);
}

struct omb_appended feeding_event(struct rig *rig, uint32_t tag, const void *event)
{
    struct writing writing = {.tag = tag, .event = event};

    crossing_run(rig, do_event, &writing);
    return writing.record;
}

static void public_of(uint8_t seed, enum rig_secret which, uint8_t out[OMB_PUBLIC_SIZE])
{
    uint8_t bytes[32];

    rig_secret(seed, which, bytes);
    if (which == RIG_SIGNING) {
        struct omb_signer *signer = omb_signer_from_seed(bytes);

        omb_signer_public(signer, out);
        omb_signer_free(signer);
    } else {
        struct omb_secret *secret = omb_secret_new(bytes);

        omb_box_public(secret, out);
        omb_secret_free(secret);
    }
}

static struct omb_digest digest_of(struct omb_view signed_bytes)
{
    struct omb_known_certificate known;
    struct omb_arena arena;

    omb_arena_init(&arena, SIZE_MAX);
    OMB_ASSERT(omb_certify_read(signed_bytes, &arena, &known, NULL) == OMB_OK);
    omb_arena_free(&arena);
    return known.digest;
}

struct omb_office_ref feeding_certify(struct rig *rig, const char *code, uint8_t seed,
                                      bool service, int64_t not_before)
{
    const struct omb_certificate *above = &rig->office->own.inner;
    uint8_t signing[OMB_PUBLIC_SIZE], transport[OMB_PUBLIC_SIZE], sealing[OMB_PUBLIC_SIZE];
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_office_certified certified;
    struct omb_certificate inner = {
        .version = 1,
        .code = omb_view_str(code),
        .name = omb_view_str(code),
        .kind = OMB_VIEW_LIT("branch"),
        .parent = above->office,
        .not_before = not_before,
        .not_after = RIG_START_MS + 3650 * OMB_DAY_MS,
        .issuer = rig->office->own.digest,
        .depth = above->depth + 1,
        .service = service,
    };
    struct omb_office_ref ref;

    public_of(seed, RIG_SIGNING, signing);
    public_of(seed, RIG_TRANSPORT, transport);
    public_of(seed, RIG_SEALING, sealing);
    inner.office = omb_certify_office_id(inner.code, signing);
    inner.signing_key = OMB_VIEW_OF(signing);
    inner.transport_key = OMB_VIEW_OF(transport);
    inner.sealing_key = OMB_VIEW_OF(sealing);
    omb_certify_issue(&inner, rig->signers[0], &bytes);
    certified.certificate = omb_buf_view(&bytes);
    (void)feeding_event(rig, OMB_EVENT_OFFICE_CERTIFIED, &certified);
    ref = (struct omb_office_ref){inner.office, digest_of(omb_buf_view(&bytes))};
    omb_buf_free(&bytes);
    return ref;
}
