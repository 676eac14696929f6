#include "support/crossing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/assert.h"
#include "office/inside.h"
#include "support/casework.h"

enum { PACK_MAX = 2000 }; /* records of a journal */

static const struct {
    const char *code, *kind;
    enum place parent;
    uint32_t depth;
} places[PLACES] = {
    [HO] = {"ho", "head", HO, 0},
    [NORTH] = {"north", "regional", HO, 1},
    [OUTLET] = {"vsp-0045", "branch", NORTH, 2},
    [OTHER] = {"vsp-0046", "branch", NORTH, 2},
};

static uint8_t seed_of(enum place place)
{
    return (uint8_t)(0x71 + place);
}

static struct omb_signer *signer_of(enum place place)
{
    uint8_t secret[32];

    rig_secret(seed_of(place), RIG_SIGNING, secret);
    return omb_signer_from_seed(secret);
}

static void box_public(enum place place, enum rig_secret which, uint8_t out[OMB_PUBLIC_SIZE])
{
    struct omb_secret *secret;
    uint8_t bytes[32];

    rig_secret(seed_of(place), which, bytes);
    secret = omb_secret_new(bytes);
    omb_box_public(secret, out);
    omb_secret_free(secret);
}

/* --- certificates --- */

static struct omb_digest issuer_of(struct crossing *crossing, enum place place,
                                   const struct omb_signer *anchor)
{
    uint8_t key[OMB_PUBLIC_SIZE];

    if (place != HO)
        return crossing->refs[places[place].parent].certificate;
    omb_signer_public(anchor, key);
    return omb_certify_anchor_issuer(key);
}

static void certify(struct crossing *crossing, enum place place)
{
    uint8_t signing[OMB_PUBLIC_SIZE], transport[OMB_PUBLIC_SIZE], sealing[OMB_PUBLIC_SIZE];
    uint8_t anchor_seed[32];
    struct omb_signer *own = signer_of(place), *issuer;
    struct omb_known_certificate known;
    struct omb_certificate inner = {
        .version = 1,
        .code = omb_view_str(places[place].code),
        .name = omb_view_str(places[place].code),
        .kind = omb_view_str(places[place].kind),
        .not_before = RIG_START_MS - OMB_DAY_MS,
        .not_after = RIG_START_MS + 3650 * OMB_DAY_MS,
        .depth = places[place].depth,
        .certify_depth = OMB_ROOT_CERTIFY_DEPTH - places[place].depth,
    };

    rig_anchor(anchor_seed);
    issuer = place == HO ? omb_signer_from_seed(anchor_seed) : signer_of(places[place].parent);
    inner.issuer = issuer_of(crossing, place, issuer);
    if (place != HO)
        inner.parent = crossing->refs[places[place].parent].office;
    omb_signer_public(own, signing);
    box_public(place, RIG_TRANSPORT, transport);
    box_public(place, RIG_SEALING, sealing);
    inner.office = omb_certify_office_id(inner.code, signing);
    inner.signing_key = OMB_VIEW_OF(signing);
    inner.transport_key = OMB_VIEW_OF(transport);
    inner.sealing_key = OMB_VIEW_OF(sealing);
    omb_certify_issue(&inner, issuer, &crossing->papers[place]);
    OMB_ASSERT(omb_certify_read(omb_buf_view(&crossing->papers[place]), &crossing->arena, &known,
                                NULL) == OMB_OK);
    crossing->refs[place] = (struct omb_office_ref){inner.office, known.digest};
    omb_signer_free(own);
    omb_signer_free(issuer);
}

/* Own first, then those above. */
static void chain_of(const struct crossing *crossing, enum place place, struct omb_buf *out)
{
    for (;; place = places[place].parent) {
        omb_buf_add_be32(out, (uint32_t)crossing->papers[place].size);
        omb_buf_add_view(out, omb_buf_view(&crossing->papers[place]));
        if (place == HO)
            return;
    }
}

static enum omb_rc do_certify(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct omb_office_certified certified = {.certificate = omb_buf_view(arg)};
    const struct omb_facts facts = {.event = {OMB_EVENT_OFFICE_CERTIFIED, &certified}};
    const struct omb_draft draft = {.facts = &facts, .actor = OMB_VIEW_LIT("admin")};
    struct omb_appended record;

    return omb_append(step, &draft, &record, err);
}

static void open_place(struct crossing *crossing, enum place place)
{
    struct omb_buf chain = OMB_BUF_INIT;

    certify(crossing, place);
    if (place != HO)
        crossing_run(&crossing->rigs[places[place].parent], do_certify, &crossing->papers[place]);
    chain_of(crossing, place, &chain);
    rig_open_as(&crossing->rigs[place], seed_of(place), omb_buf_view(&chain));
    omb_buf_free(&chain);
}

int crossing_setup(void **state)
{
    struct crossing *crossing = calloc(1, sizeof(*crossing));

    OMB_ASSERT(crossing != NULL);
    omb_crypto_init();
    omb_wire_init();
    omb_arena_init(&crossing->arena, SIZE_MAX);
    for (enum place i = HO; i < PLACES; i++)
        open_place(crossing, i);
    *state = crossing;
    return 0;
}

int crossing_teardown(void **state)
{
    struct crossing *crossing = *state;

    for (size_t i = 0; i < PLACES; i++) {
        rig_free(&crossing->rigs[i]);
        omb_buf_free(&crossing->papers[i]);
    }
    omb_arena_free(&crossing->arena);
    free(crossing);
    return 0;
}

/* --- steps --- */

void crossing_run(struct rig *rig, crossing_script *script, void *arg)
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

    omb_arena_reset(step.arena);
    if (rig->office->tree_changed)
        omb_cache_empty(rig->office->cache);
    rig->office->tree_changed = false;
    omb_cache_begin(&step);
    omb_put_be64(seed, ++rig->inputs);
    omb_drbg_init(&step.drbg, seed);
    rc = script(&step, arg, &err);
    if (rc != OMB_OK)
        print_error("%s\n", err.words);
    assert_int_equal(rc, OMB_OK);
    omb_vault_forget_key(rig->update);
    rig_commit(rig);
}

/* --- parcels --- */

struct packing {
    struct crossing *crossing;
    struct parcels out;
    uint64_t next;
};

static enum omb_rc pack_one(struct packing *packing, struct omb_step *step,
                            const struct omb_row_at *at, struct omb_error *err)
{
    struct omb_arena *arena = &packing->crossing->arena;
    const size_t index = packing->out.count;
    struct omb_record record;
    struct omb_header header;
    uint32_t missing;
    bool odd;
    const enum omb_rc rc = omb_record_whole(step, at, &record, &header, &missing, err);

    if (rc != OMB_OK)
        return rc;
    OMB_ASSERT(index < PACK_MAX);
    packing->out.count++;
    packing->out.items[index] =
        *(struct omb_record *)omb_shape_copy(&omb_shape_record, &record, arena);
    return omb_shape_decode(&omb_shape_header, packing->out.items[index].header, arena,
                            &packing->out.headers[index], &odd, err);
}

static enum omb_rc do_pack(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct packing *packing = arg;
    const uint64_t journal = omb_office_tip(step->office)->journal;
    struct omb_buf value = OMB_BUF_INIT;
    enum omb_rc rc = OMB_OK;

    for (; rc == OMB_OK && packing->next <= journal; packing->next++) {
        const struct omb_key key = omb_key_journal(packing->next);
        struct omb_row_at at;

        rc = omb_port_get(step->port, OMB_FAMILY_JOURNAL, omb_key_view(&key), &value);
        if (rc != OMB_OK)
            break;
        assert_true(omb_read_journal(omb_buf_view(&value), &at.number, &at.seq, NULL));
        rc = pack_one(packing, step, &at, err);
    }
    omb_buf_free(&value);
    return rc;
}

struct parcels crossing_pack_from(struct crossing *crossing, struct rig *rig, size_t first)
{
    struct packing packing = {.crossing = crossing, .next = first};

    packing.out.items = OMB_ARENA_NEW(&crossing->arena, struct omb_record, PACK_MAX);
    packing.out.headers = OMB_ARENA_NEW(&crossing->arena, struct omb_header, PACK_MAX);
    rig_commit(rig);
    crossing_run(rig, do_pack, &packing);
    return packing.out;
}

struct parcels crossing_pack(struct crossing *crossing, struct rig *rig)
{
    return crossing_pack_from(crossing, rig, 1);
}

struct parcels crossing_of(struct crossing *crossing, const struct parcels *all,
                           const struct omb_office_id *office)
{
    struct parcels out = {
        .items = OMB_ARENA_NEW(&crossing->arena, struct omb_record, all->count + 1),
        .headers = OMB_ARENA_NEW(&crossing->arena, struct omb_header, all->count + 1),
    };

    for (size_t i = 0; i < all->count; i++) {
        if (!omb_office_id_equal(&all->headers[i].office, office))
            continue;
        out.items[out.count] = all->items[i];
        out.headers[out.count++] = all->headers[i];
    }
    return out;
}

/* --- giving --- */

struct giving {
    const struct omb_office_id *from;
    bool from_above, holes;
    const struct omb_record *records;
    struct omb_receipt *receipts;
    size_t count;
};

static enum omb_rc do_give(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct giving *giving = arg;
    struct omb_intake *intake = omb_intake_begin(step, giving->from, giving->from_above);
    enum omb_rc rc = OMB_OK;

    for (size_t i = 0; rc == OMB_OK && i < giving->count; i++)
        rc = omb_intake_take(intake, &giving->records[i], 0, giving->holes, &giving->receipts[i],
                             err);
    return rc == OMB_OK ? omb_intake_end(intake, err) : rc;
}

const struct omb_receipt *crossing_give_as(struct crossing *crossing, struct rig *to,
                                           const struct omb_office_id *from, bool from_above,
                                           bool holes, const struct omb_record *records,
                                           size_t count)
{
    struct giving giving = {from, from_above, holes, records,
                            OMB_ARENA_NEW(&crossing->arena, struct omb_receipt, count + 1),
                            count};

    crossing_run(to, do_give, &giving);
    return giving.receipts;
}

const struct omb_receipt *crossing_give(struct crossing *crossing, enum place to, enum place from,
                                        const struct omb_record *records, size_t count)
{
    return crossing_give_as(crossing, &crossing->rigs[to], &crossing->refs[from].office, from < to,
                            false, records, count);
}

void crossing_must(const struct omb_receipt *receipts, size_t count, enum omb_receipt_kind kind)
{
    for (size_t i = 0; i < count; i++) {
        if (receipts[i].kind != kind)
            print_error("record %zu of the frame: %s\n", i, receipts[i].words);
        assert_int_equal(receipts[i].kind, kind);
    }
}

/* --- cases --- */

static enum omb_rc do_register(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct omb_appended record;

    return casework_register(step, false, arg, &record, err);
}

void crossing_register(struct rig *rig, struct omb_case_id *out)
{
    crossing_run(rig, do_register, out);
}

struct noting {
    const struct omb_case_id *id;
    const char *words;
};

static enum omb_rc do_note(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct noting *noting = arg;
    struct omb_appended record;

    return casework_note(step, noting->id, noting->words, &record, err);
}

void crossing_note(struct rig *rig, const struct omb_case_id *id, const char *words)
{
    struct noting noting = {id, words};

    crossing_run(rig, do_note, &noting);
}

static bool read_row(struct rig *rig, const struct omb_case_id *id, struct omb_buf *out)
{
    const struct omb_key key = omb_key_case(id);

    return omb_port_get(memport_port(rig->store), OMB_FAMILY_CASE, omb_key_view(&key), out) ==
           OMB_OK;
}

struct omb_known_certificate crossing_certificate(struct crossing *crossing, enum place of)
{
    struct omb_known_certificate known;

    assert_int_equal(omb_certify_read(omb_buf_view(&crossing->papers[of]), &crossing->arena,
                                      &known, NULL),
                     OMB_OK);
    return known;
}

struct omb_view crossing_certify(struct crossing *crossing, enum place by,
                                 const struct omb_certificate *inner, struct omb_digest *out)
{
    struct omb_known_certificate known;
    struct omb_buf bytes = OMB_BUF_INIT;
    uint8_t secret[32];
    struct omb_signer *issuer;
    struct omb_view copy;

    rig_secret((uint8_t)(0x71 + by), RIG_SIGNING, secret);
    issuer = omb_signer_from_seed(secret);
    omb_certify_issue(inner, issuer, &bytes);
    omb_signer_free(issuer);
    copy = omb_arena_copy(&crossing->arena, omb_buf_view(&bytes));
    omb_buf_free(&bytes);
    assert_int_equal(omb_certify_read(copy, &crossing->arena, &known, NULL), OMB_OK);
    *out = known.digest;
    return copy;
}

bool crossing_same_case(struct rig *a, struct rig *b, const struct omb_case_id *id)
{
    struct omb_buf one = OMB_BUF_INIT, other = OMB_BUF_INIT;
    const bool same = read_row(a, id, &one) && read_row(b, id, &other) &&
                      omb_view_equal(omb_buf_view(&one), omb_buf_view(&other));

    omb_buf_free(&one);
    omb_buf_free(&other);
    return same;
}

bool crossing_holds_case(struct rig *rig, const struct omb_case_id *id)
{
    return crossing_has(rig, OMB_FAMILY_CASE, omb_key_case(id));
}

size_t crossing_count(struct crossing *crossing, struct rig *rig, uint32_t tag)
{
    const struct parcels all = crossing_pack(crossing, rig);
    size_t count = 0;

    for (size_t i = 0; i < all.count; i++)
        count += all.headers[i].facts->event.tag == tag;
    return count;
}

bool crossing_has(struct rig *rig, enum omb_family family, struct omb_key key)
{
    struct omb_buf value = OMB_BUF_INIT;
    const bool has =
        omb_port_get(memport_port(rig->store), family, omb_key_view(&key), &value) == OMB_OK;

    omb_buf_free(&value);
    return has;
}
