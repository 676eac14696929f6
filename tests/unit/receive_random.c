/*
 * Any order of arrival, any duplication, any frames: is the case the same wherever its records are
 * (invariant 4), and does nothing that a peer sends do harm?
 */
#include <stdlib.h>

#include "office/inside.h"
#include "office/logs.h"
#include "support/casework.h"
#include "support/crossing.h"
#include "unit.h"
#include "wire/header.h"

enum { ROUNDS = 24, FRAMES = 40, GARBLED = 400 };

static struct rig *at(struct crossing *crossing, enum place place)
{
    return &crossing->rigs[place];
}

/* --- dice --- */

static uint64_t dice;

static size_t below(size_t sides)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (size_t)(dice % sides);
}

/* --- a case that several offices write in --- */

struct acting {
    const struct omb_case_id *id;
    uint32_t tag;
    const void *facts;
};

static enum omb_rc do_act(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct acting *acting = arg;
    struct omb_appended record;

    return casework_write(step, acting->id, "t17", acting->tag, acting->facts, &record, err);
}

static void act(struct crossing *crossing, enum place place, const struct omb_case_id *id,
                uint32_t tag, const void *facts)
{
    struct acting acting = {id, tag, facts};

    crossing_run(at(crossing, place), do_act, &acting);
}

/* Every record that NORTH holds, of whom it is. */
static struct parcels story(struct crossing *crossing, struct omb_case_id *id)
{
    const struct omb_escalated escalated = {.to = &crossing->refs[NORTH]};
    const struct omb_returned returned = {.to = &crossing->refs[OUTLET]};
    const struct omb_withdrawn withdrawn = {OMB_VIEW_LIT("phone"), RIG_START_MS};
    struct parcels outlet, north;

    crossing_register(at(crossing, OUTLET), id);
    crossing_note(at(crossing, OUTLET), id, "called back");
    act(crossing, OUTLET, id, OMB_EVENT_ESCALATED, &escalated);
    outlet = crossing_pack(crossing, at(crossing, OUTLET));
    (void)crossing_give(crossing, NORTH, OUTLET, outlet.items, outlet.count);
    act(crossing, NORTH, id, OMB_EVENT_RETURNED, &returned);
    act(crossing, OUTLET, id, OMB_EVENT_WITHDRAWN, &withdrawn); /* both without the other's */
    outlet = crossing_pack_from(crossing, at(crossing, OUTLET), outlet.count + 1);
    (void)crossing_give(crossing, NORTH, OUTLET, outlet.items, outlet.count);
    north = crossing_pack(crossing, at(crossing, NORTH));
    return crossing_of(crossing, &north, &crossing->refs[NORTH].office).count < north.count
               ? north
               : (struct parcels){0};
}

/* --- orders --- */

static void shuffle(struct omb_record *records, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        const size_t other = below(i);
        const struct omb_record swap = records[i - 1];

        records[i - 1] = records[other];
        records[other] = swap;
    }
}

/* Gives them in frames of any size, what waits again and again, until all are here. */
static void give_all(struct crossing *crossing, enum place to, enum place from,
                     struct omb_record *records, size_t count)
{
    size_t left = count;

    for (size_t frame = 0; frame < FRAMES && left > 0; frame++) {
        left = 0;
        shuffle(records, count);
        for (size_t i = 0; i < count;) {
            const size_t size = 1 + below(count - i);
            const struct omb_receipt *receipts =
                crossing_give(crossing, to, from, &records[i], size);

            for (size_t k = 0; k < size; k++) {
                assert_int_not_equal(receipts[k].kind, OMB_RECEIPT_REFUSED);
                assert_int_not_equal(receipts[k].kind, OMB_RECEIPT_FORK);
                left += receipts[k].kind == OMB_RECEIPT_WAITS;
            }
            i += size;
        }
    }
    assert_int_equal(left, 0);
}

static void any_order_gives_the_same_case(void **state)
{
    struct crossing *crossing = *state;
    struct omb_case_id id;
    const struct parcels all = story(crossing, &id);
    struct memport *before = memport_copy(at(crossing, HO)->store);

    assert_true(all.count > 6);
    for (size_t round = 0; round < ROUNDS; round++) {
        struct rig *ho = at(crossing, HO);

        dice = 0x5eed + round;
        memport_free(ho->store);
        ho->store = memport_copy(before);
        rig_reopen(ho);
        give_all(crossing, HO, NORTH, all.items, all.count);
        assert_true(crossing_same_case(at(crossing, NORTH), ho, &id));
    }
    memport_free(before);
}

static void any_order_from_above_gives_the_same_case(void **state)
{
    struct crossing *crossing = *state;
    struct omb_case_id id;
    const struct parcels all = story(crossing, &id);
    struct memport *before = memport_copy(at(crossing, OTHER)->store);

    for (size_t round = 0; round < ROUNDS; round++) {
        struct rig *other = at(crossing, OTHER);

        dice = 0xd0e + round;
        memport_free(other->store);
        other->store = memport_copy(before);
        rig_reopen(other);
        give_all(crossing, OTHER, NORTH, all.items, all.count);
        assert_true(crossing_same_case(at(crossing, NORTH), other, &id));
    }
    memport_free(before);
}

/* --- harm --- */

static enum omb_rc check_all(struct omb_step *step, void *arg, struct omb_error *err)
{
    const uint64_t journal = omb_office_tip(step->office)->journal;
    struct omb_buf value = OMB_BUF_INIT;
    enum omb_rc rc = OMB_OK;

    (void)arg;
    for (uint64_t i = 1; rc == OMB_OK && i <= journal; i++) {
        const struct omb_key key = omb_key_journal(i);
        struct omb_row_at place;
        uint32_t parts;

        rc = omb_port_get(step->port, OMB_FAMILY_JOURNAL, omb_key_view(&key), &value);
        if (rc == OMB_OK && omb_read_journal(omb_buf_view(&value), &place.number, &place.seq, NULL))
            rc = omb_record_verify(step, place.number, place.seq, &parts, err);
    }
    omb_buf_free(&value);
    return rc;
}

static struct omb_record garble(struct crossing *crossing, const struct omb_record *record)
{
    struct omb_record garbled = *record;
    struct omb_view *view = below(4) == 0 && record->body.size > 0 ? &garbled.body
                                                                   : &garbled.header;
    uint8_t *bytes;

    *view = omb_arena_copy(&crossing->arena, *view);
    bytes = (uint8_t *)(uintptr_t)view->data;
    switch (below(3)) {
    case 0:
        bytes[below(view->size)] ^= (uint8_t)(1 + below(255));
        break;
    case 1:
        view->size = below(view->size);
        break;
    default:
        memset(bytes + below(view->size), (int)below(256), 1);
        bytes[0] ^= 0x80;
    }
    return garbled;
}

static void garbled_records_do_no_harm(void **state)
{
    struct crossing *crossing = *state;
    struct omb_case_id id;
    const struct parcels all = story(crossing, &id);

    dice = 0x6a5b1ed;
    for (size_t i = 0; i < GARBLED; i++) {
        const struct omb_record *whole = &all.items[below(all.count)];
        const struct omb_record garbled = garble(crossing, whole);
        const struct omb_digest digest = omb_record_digest(whole->header);
        const struct omb_digest other = omb_record_digest(garbled.header);
        const struct omb_receipt *receipt = crossing_give(crossing, HO, NORTH, &garbled, 1);

        /* What was kept is what was signed; a part that is not there was cut to nothing. */
        if (receipt->kind == OMB_RECEIPT_NEW)
            assert_true(omb_digest_equal(&digest, &other));
    }
    give_all(crossing, HO, NORTH, all.items, all.count);
    assert_true(crossing_same_case(at(crossing, NORTH), at(crossing, HO), &id));
    crossing_run(at(crossing, HO), check_all, NULL);
}

/* --- what a later version wrote --- */

/*
 * A record of the outlet whose facts hold a field that nobody knows yet: its last field is the
 * facts, whose length is mended.
 */
static struct omb_record craft_odd(struct crossing *crossing, const struct parcels *all)
{
    const size_t last = all->count - 1;
    struct omb_header header = all->headers[last];
    struct omb_buf plain = OMB_BUF_INIT, facts = OMB_BUF_INIT, odd = OMB_BUF_INIT;
    static const uint8_t unknown[] = {0xf8, 0x7f, 0x01}; /* field 2047, a number */
    struct omb_record record = {.header = OMB_VIEW_NONE};
    struct omb_proof *proof = OMB_ARENA_NEW(&crossing->arena, struct omb_proof, 1);
    struct omb_digest leaf;

    header.seq++;
    header.prev = omb_record_digest(all->items[last].header);
    header.body_size = header.grants_size = header.extract_size = 0;
    header.body_digest = header.grants_digest = header.extract_digest = (struct omb_digest){{0}};
    omb_encode_facts(header.facts, &facts);
    omb_encode_header(&header, &plain);
    assert_true(facts.size + sizeof(unknown) < 128);
    omb_buf_add(&odd, plain.data, plain.size - facts.size - 1);
    omb_buf_add_u8(&odd, (uint8_t)(facts.size + sizeof(unknown)));
    omb_buf_add_view(&odd, omb_buf_view(&facts));
    omb_buf_add(&odd, unknown, sizeof(unknown));
    record.header = omb_arena_copy(&crossing->arena, omb_buf_view(&odd));
    leaf = omb_record_digest(record.header);
    omb_batch_sign(at(crossing, OUTLET)->signers[0], &leaf, 1, &crossing->arena, proof);
    record.proof = proof;
    omb_buf_free(&plain);
    omb_buf_free(&facts);
    omb_buf_free(&odd);
    return record;
}

static void what_is_not_understood_is_kept(void **state)
{
    struct crossing *crossing = *state;
    struct omb_case_id id;
    struct parcels all;
    struct omb_record odd;

    crossing_register(at(crossing, OUTLET), &id);
    crossing_note(at(crossing, OUTLET), &id, "called back");
    all = crossing_pack(crossing, at(crossing, OUTLET));
    odd = craft_odd(crossing, &all);
    (void)crossing_give(crossing, NORTH, OUTLET, all.items, all.count);
    crossing_must(crossing_give(crossing, NORTH, OUTLET, &odd, 1), 1, OMB_RECEIPT_NEW);
    crossing_must(crossing_give(crossing, NORTH, OUTLET, &odd, 1), 1, OMB_RECEIPT_DUPLICATE);
    crossing_run(at(crossing, NORTH), check_all, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CROSSING_TEST(any_order_gives_the_same_case),
        CROSSING_TEST(any_order_from_above_gives_the_same_case),
        CROSSING_TEST(garbled_records_do_no_harm),
        CROSSING_TEST(what_is_not_understood_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
