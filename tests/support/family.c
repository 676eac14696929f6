#include "support/family.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/assert.h"
#include "office/inside.h"
#include "office/receive.h"

static const struct {
    const char *code, *kind;
    enum member parent;
    bool service;
} members[FAMILY] = {
    [HO] = {"ho", "head", HO, false},
    [NORTH] = {"north", "regional", HO, false},
    [OUTLET] = {"vsp-0045", "branch", NORTH, false},
    [OTHER] = {"vsp-0046", "branch", NORTH, false},
    [CARDS] = {"card-centre", "branch", HO, true},
};

static uint8_t seed_of(enum member member)
{
    return (uint8_t)(0x61 + member);
}

/* --- certificates --- */

struct papers {
    struct omb_arena arena;
    struct omb_known_certificate known[FAMILY];
    struct omb_buf bytes[FAMILY];
};

static struct omb_signer *signer_of(enum member member)
{
    uint8_t secret[32];

    rig_secret(seed_of(member), RIG_SIGNING, secret);
    return omb_signer_from_seed(secret);
}

static void box_public(enum member member, enum rig_secret which, uint8_t out[OMB_PUBLIC_SIZE])
{
    uint8_t bytes[32];
    struct omb_secret *secret;

    rig_secret(seed_of(member), which, bytes);
    secret = omb_secret_new(bytes);
    omb_box_public(secret, out);
    omb_secret_free(secret);
}

static void certify(struct papers *papers, enum member member, const struct omb_signer *anchor,
                    const struct omb_digest *anchor_issuer)
{
    const struct omb_known_certificate *above =
        member == HO ? NULL : &papers->known[members[member].parent];
    struct omb_signer *own = signer_of(member);
    struct omb_signer *issuer = above != NULL ? signer_of(members[member].parent) : NULL;
    uint8_t signing[OMB_PUBLIC_SIZE], transport[OMB_PUBLIC_SIZE], sealing[OMB_PUBLIC_SIZE];
    struct omb_certificate inner = {
        .version = 1,
        .code = omb_view_str(members[member].code),
        .name = omb_view_str(members[member].code),
        .kind = omb_view_str(members[member].kind),
        .service = members[member].service,
        .not_before = RIG_START_MS - OMB_DAY_MS,
        .not_after = RIG_START_MS + 3650 * OMB_DAY_MS,
        .issuer = above != NULL ? above->digest : *anchor_issuer,
        .depth = above != NULL ? above->inner.depth + 1 : 0,
    };

    if (above != NULL)
        inner.parent = above->inner.office;
    inner.certify_depth = OMB_ROOT_CERTIFY_DEPTH - inner.depth;
    omb_signer_public(own, signing);
    box_public(member, RIG_TRANSPORT, transport);
    box_public(member, RIG_SEALING, sealing);
    inner.office = omb_certify_office_id(inner.code, signing);
    inner.signing_key = OMB_VIEW_OF(signing);
    inner.transport_key = OMB_VIEW_OF(transport);
    inner.sealing_key = OMB_VIEW_OF(sealing);
    omb_certify_issue(&inner, issuer != NULL ? issuer : anchor, &papers->bytes[member]);
    OMB_ASSERT(omb_certify_read(omb_buf_view(&papers->bytes[member]), &papers->arena,
                                &papers->known[member], NULL) == OMB_OK);
    omb_signer_free(own);
    if (issuer != NULL)
        omb_signer_free(issuer);
}

static void certify_all(struct papers *papers)
{
    uint8_t seed[32], anchor_public[OMB_PUBLIC_SIZE];
    struct omb_signer *anchor;
    struct omb_digest issuer;

    omb_arena_init(&papers->arena, SIZE_MAX);
    rig_anchor(seed);
    anchor = omb_signer_from_seed(seed);
    omb_signer_public(anchor, anchor_public);
    issuer = omb_certify_anchor_issuer(anchor_public);
    for (enum member i = HO; i < FAMILY; i++)
        certify(papers, i, anchor, &issuer);
    omb_signer_free(anchor);
}

/* Own first, then those above. */
static void chain_of(const struct papers *papers, enum member member, struct omb_buf *out)
{
    for (;; member = members[member].parent) {
        omb_buf_add_be32(out, (uint32_t)papers->bytes[member].size);
        omb_buf_add_view(out, omb_buf_view(&papers->bytes[member]));
        if (member == HO)
            return;
    }
}

static enum omb_rc put_certificates(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct papers *papers = arg;

    (void)err;
    for (size_t i = 0; i < FAMILY; i++)
        omb_certificate_put(step->update->writes, &papers->known[i]);
    step->office->tree_changed = true;
    return OMB_OK;
}

/* --- steps --- */

void family_run(struct rig *rig, family_script *script, void *arg)
{
    const struct omb_input input = {.now_ms = rig->now_ms, .monotonic_ms = rig->monotonic_ms};
    struct omb_step step = {
        .office = rig->office,
        .update = rig->update,
        .input = &input,
        .port = omb_writes_port(rig->update->writes),
        .arena = &rig->update->step_arena,
    };
    uint8_t seed[OMB_SEED_SIZE] = {0};
    struct omb_error err = {0};
    enum omb_rc rc;

    omb_put_be64(seed, ++rig->inputs);
    omb_arena_reset(step.arena);
    omb_drbg_init(&step.drbg, seed);
    rc = script(&step, arg, &err);
    if (rc != OMB_OK)
        print_error("%s\n", err.words);
    assert_int_equal(rc, OMB_OK);
    omb_vault_forget_key(rig->update);
    rig_commit(rig);
}

/* --- setting up --- */

static void open_member(struct family *family, struct papers *papers, enum member member)
{
    struct rig *rig = &family->rigs[member];
    struct omb_buf chain = OMB_BUF_INIT;

    chain_of(papers, member, &chain);
    rig_open_as(rig, seed_of(member), omb_buf_view(&chain));
    omb_buf_free(&chain);
    family_run(rig, put_certificates, papers);
    hire(rig, "t1", "teller");
    hire(rig, "h1", "handler");
    hire(rig, "s1", "supervisor");
    hire(rig, "s2", "supervisor");
    hire(rig, "an1", "analyst");
    hire(rig, "au1", "auditor");
    rig_commit(rig);
}

int family_setup(void **state)
{
    struct family *family = calloc(1, sizeof(*family));
    struct papers papers = {0};

    OMB_ASSERT(family != NULL);
    omb_crypto_init();
    omb_wire_init();
    certify_all(&papers);
    for (enum member i = HO; i < FAMILY; i++) {
        family->refs[i] = (struct omb_office_ref){papers.known[i].inner.office,
                                                  papers.known[i].digest};
        open_member(family, &papers, i);
    }
    for (enum member i = HO; i < FAMILY; i++)
        omb_buf_free(&papers.bytes[i]);
    omb_arena_free(&papers.arena);
    *state = family;
    return 0;
}

int family_teardown(void **state)
{
    struct family *family = *state;

    for (size_t i = 0; i < FAMILY; i++)
        rig_free(&family->rigs[i]);
    free(family);
    return 0;
}

/* --- carrying --- */

struct carrying {
    struct omb_arena arena; /* of records */
    struct omb_record records[256];
    uint32_t missing[256];
    size_t count;
    struct omb_step *step;
    struct omb_office_id from;
    bool from_above, own_alone;
    size_t kept;
};

static struct omb_view copy(struct carrying *carry, struct omb_view bytes)
{
    return bytes.size > 0 ? omb_arena_copy(&carry->arena, bytes) : bytes;
}

static enum omb_rc take_place(void *arg, struct omb_view key, struct omb_view value)
{
    struct carrying *carry = arg;
    struct omb_record *record = &carry->records[carry->count];
    struct omb_row_at at;
    struct omb_header header;
    struct omb_error err;

    (void)key;
    OMB_ASSERT(carry->count < sizeof(carry->records) / sizeof(carry->records[0]));
    assert_true(omb_read_journal(value, &at.number, &at.seq, NULL));
    assert_int_equal(omb_record_whole(carry->step, &at, record, &header,
                                      &carry->missing[carry->count], &err),
                     OMB_OK);
    if (carry->own_alone && !omb_office_id_equal(&header.office, &carry->from))
        return OMB_OK;
    record->header = copy(carry, record->header);
    record->body = copy(carry, record->body);
    record->grants = copy(carry, record->grants);
    record->extract = copy(carry, record->extract);
    record->proof = omb_shape_copy(&omb_shape_proof, record->proof, &carry->arena);
    carry->count++;
    return OMB_OK;
}

static enum omb_rc do_gather(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct carrying *carry = arg;

    (void)err;
    carry->step = step;
    carry->from = step->office->self.office;
    return omb_port_scan_prefix(step->port, OMB_FAMILY_JOURNAL, OMB_VIEW_NONE, take_place, carry);
}

static enum omb_rc do_take(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct carrying *carry = arg;
    struct omb_intake *intake = omb_intake_begin(step, &carry->from, carry->from_above);

    for (size_t i = 0; i < carry->count; i++) {
        struct omb_receipt receipt;

        assert_int_equal(omb_intake_take(intake, &carry->records[i], carry->missing[i], false,
                                         &receipt, err),
                         OMB_OK);
        if (receipt.kind != OMB_RECEIPT_NEW && receipt.kind != OMB_RECEIPT_DUPLICATE &&
            receipt.kind != OMB_RECEIPT_COMPLETED)
            fail_msg("not taken (%d): %s", (int)receipt.kind, receipt.words);
        carry->kept += receipt.kind == OMB_RECEIPT_NEW;
    }
    return omb_intake_end(intake, err);
}

static bool carry_all(struct family *family, enum member from, enum member to, bool own_alone)
{
    struct carrying *carry = calloc(1, sizeof(*carry));
    bool moved;

    OMB_ASSERT(carry != NULL);
    omb_arena_init(&carry->arena, SIZE_MAX);
    rig_commit(&family->rigs[from]);
    carry->from_above = members[from].parent != to || from == HO;
    carry->own_alone = own_alone;
    family_run(&family->rigs[from], do_gather, carry);
    family_run(&family->rigs[to], do_take, carry);
    moved = carry->kept > 0;
    omb_arena_free(&carry->arena);
    free(carry);
    return moved;
}

void family_carry_own(struct family *family, enum member from, enum member to)
{
    (void)carry_all(family, from, to, true);
}

void family_carry(struct family *family, enum member from, enum member to)
{
    (void)carry_all(family, from, to, false);
}

void family_meet(struct family *family, const enum member *list, size_t count)
{
    bool moved = true;

    while (moved) {
        moved = false;
        for (size_t i = 0; i < count; i++)
            for (size_t k = 0; k < count; k++)
                if (i != k)
                    moved |= carry_all(family, list[i], list[k], false);
    }
}

/* --- asking --- */

const struct omb_reply *send_to(struct rig *rig, const char *who, struct omb_view number,
                                       uint32_t tag, const void *event, const char *text,
                                       const char *to)
{
    const struct omb_facts facts = {.event = {tag, event}};
    const struct omb_text_body said = {.text = omb_view_str(text)};
    const struct omb_body body = {.event = {tag, &said}};
    const struct omb_act act = {.number = number,
                                .facts = &facts,
                                .body = text != NULL ? &body : NULL,
                                .to = omb_view_str(to)};

    return ask_as(rig, who, OMB_ASK_ACT, &act);
}
const struct omb_reply *escalate(struct rig *rig, struct omb_view number, const char *to)
{
    return SEND(rig, number, ESCALATED, escalated, to, "beyond our limit",
                .ground = OMB_VIEW_LIT("amount"));
}

const struct omb_reply *take_over(struct rig *rig, struct omb_view number)
{
    return ACT(rig, "s1", number, TAKEN_OVER, taken_over, NULL, .ground = OMB_VIEW_LIT("time"));
}

const struct omb_case_view *shown(struct family *family, enum member member,
                                         struct omb_view number)
{
    return show(RIG(family, member), "s1", number);
}

void assert_reads(struct family *family, enum member member, struct omb_view number)
{
    const struct omb_case_view *view = shown(family, member, number);

    assert_false(view->sealed);
    assert_text(view->narrative, "charged twice");
    assert_non_null(view->client);
    assert_text(view->client->name, "Client 17");
}

void assert_sealed(struct family *family, enum member member, struct omb_view number)
{
    const struct omb_case_view *view = shown(family, member, number);

    assert_true(view->sealed);
    assert_int_equal(view->narrative.size, 0);
    assert_null(view->client);
}

size_t count_events(const struct omb_case_view *view, const char *type)
{
    size_t count = 0;

    for (size_t i = 0; i < view->events.count; i++)
        count += omb_view_is(view->events.items[i].type, type);
    return count;
}
