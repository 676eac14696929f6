/*
 * A child lies, frame after frame, in every way that the protocol has room for: what is kept of it,
 * what does it cost, and what is the administrator told? One row a lie, with the bounds that hold
 * for a hundred frames of it; what was measured is printed.
 */
#include "unit.h"

#include <string.h>

#include "office/inside.h"
#include "office/post/inside.h"
#include "support/visitor.h"
#include "wire/header.h"
#include "wire/limits.h"

enum { FRAMES = 100 };

struct liar {
    struct visitor *visitor;
    struct omb_records truth; /* north's journal, as it would send it */
    uint64_t position;
    uint64_t bytes; /* said */
};

static void say_bytes(struct liar *liar, struct omb_view bytes)
{
    liar->bytes += bytes.size;
    visitor_say_bytes(liar->visitor, bytes);
}

static void say(struct liar *liar, uint32_t tag, const void *message)
{
    const struct omb_frame frame = {.message = {tag, message}};
    struct omb_buf bytes = OMB_BUF_INIT;

    omb_encode_frame(&frame, &bytes);
    say_bytes(liar, omb_buf_view(&bytes));
    omb_buf_free(&bytes);
}

/* One record, at the next position. */
static void offer(struct liar *liar, const struct omb_record *record)
{
    const uint64_t position = ++liar->position;
    const struct omb_records records = {position, position, {record, 1}, {NULL, 0}};

    say(liar, OMB_FRAME_RECORDS, &records);
}

static struct omb_record one_of(const struct liar *liar, size_t i)
{
    return liar->truth.records.items[i % liar->truth.records.count];
}

static struct omb_view turned(struct liar *liar, struct omb_view bytes, size_t at)
{
    struct omb_view copy = omb_arena_copy(&liar->visitor->tree->arena, bytes);

    ((uint8_t *)(uintptr_t)copy.data)[at % copy.size] ^= 0x40;
    return copy;
}

/* --- the lies --- */

static void noise(struct liar *liar, size_t i)
{
    uint8_t bytes[512];

    for (size_t k = 0; k < sizeof(bytes); k++)
        bytes[k] = (uint8_t)(k * 167 + i * 31 + 13);
    say_bytes(liar, OMB_VIEW_OF(bytes));
}

static void out_of_order(struct liar *liar, size_t i)
{
    const struct omb_hello hello = visitor_hello(liar->visitor);

    (void)i;
    say(liar, OMB_FRAME_WELCOME, &hello);
}

static void forged_header(struct liar *liar, size_t i)
{
    struct omb_record record = one_of(liar, 0);

    /* the salt: nothing of the frame is broken, and nobody signed it */
    record.header = turned(liar, record.header, record.header.size - 1 - i % 8);
    offer(liar, &record);
}

static void forged_proof(struct liar *liar, size_t i)
{
    struct omb_record record = one_of(liar, i);
    struct omb_proof proof = *record.proof;

    proof.signature = turned(liar, proof.signature, i);
    record.proof = &proof;
    offer(liar, &record);
}

static void garbled_part(struct liar *liar, size_t i)
{
    struct omb_record record = one_of(liar, i);

    record.body = turned(liar, record.body.size > 0 ? record.body : record.header, i);
    offer(liar, &record);
}

static void replayed(struct liar *liar, size_t i)
{
    const struct omb_record record = one_of(liar, i);

    offer(liar, &record);
}

static void said_again(struct liar *liar, size_t i)
{
    struct omb_record record = one_of(liar, 0);
    const struct omb_records records = {1, 1, {&record, 1}, {NULL, 0}};

    (void)i;
    say(liar, OMB_FRAME_RECORDS, &records);
}

static void out_of_chain(struct liar *liar, size_t i)
{
    const struct omb_record record = liar->truth.records.items[2 + i % 2];

    offer(liar, &record);
}

static struct omb_header header_of(const struct liar *liar, size_t i)
{
    const struct omb_record record = one_of(liar, i);
    struct omb_header header;
    bool odd;

    assert_int_equal(
        omb_header_decode(record.header, &liar->visitor->tree->arena, &header, &odd, NULL), OMB_OK);
    return header;
}

static struct omb_view encoded(struct liar *liar, const struct omb_header *header)
{
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_view out;

    omb_shape_encode(&omb_shape_header, header, &bytes);
    out = omb_arena_copy(&liar->visitor->tree->arena, omb_buf_view(&bytes));
    omb_buf_free(&bytes);
    return out;
}

static void key_of_nobody(struct liar *liar, size_t i)
{
    struct omb_record record = one_of(liar, i);
    struct omb_header header = header_of(liar, i);

    omb_put_be64(header.key.bytes, i + 1);
    record.header = encoded(liar, &header);
    offer(liar, &record);
}

/* With the key that north really has: what it signs is authentic. */
static void offer_signed(struct liar *liar, const struct omb_header *header)
{
    struct omb_proof proof;
    struct omb_record record = {.header = encoded(liar, header), .proof = &proof};
    const struct omb_digest leaf = omb_record_digest(record.header);

    omb_batch_sign(liar->visitor->north->rig.signers[0], &leaf, 1, &liar->visitor->tree->arena,
                   &proof);
    offer(liar, &record);
}

static void lives(struct liar *liar, size_t i)
{
    struct omb_header header = header_of(liar, 0);

    omb_put_be32(header.incarnation.bytes, 2000 + (uint32_t)i);
    offer_signed(liar, &header);
}

static void forks(struct liar *liar, size_t i)
{
    struct omb_header header = header_of(liar, 0);

    if (i == 0) {
        replayed(liar, 0);
        return;
    }
    header.time_ms += (int64_t)i;
    offer_signed(liar, &header);
}

/* More records of one place in an older life than are kept, and the last for all that is wanted. */
static void forks_beside(struct liar *liar, size_t i)
{
    struct omb_header header = header_of(liar, 0);
    struct omb_hello hello = visitor_hello(liar->visitor);
    struct omb_life life = {.office = liar->visitor->north->id, .head = 5, .count = 5,
                            .digest = {{7}}};
    struct omb_life newest = hello.own.items[0];
    struct omb_proof proof;
    struct omb_record record = {.proof = &proof};
    const struct omb_records records = {0, 0, {&record, 1}, {NULL, 0}};
    struct omb_digest leaf;

    if (i == 0) {
        omb_put_be32(newest.incarnation.bytes, 3000);
        hello.own = (struct omb_life_list){&newest, 1};
        say(liar, OMB_FRAME_HELLO, &hello);
        replayed(liar, 0);
        return;
    }
    header.time_ms += (int64_t)(i < 12 ? i : 12);
    if (i < 12) {
        offer_signed(liar, &header);
        return;
    }
    omb_put_be32(life.incarnation.bytes, 2000);
    if (i == 12)
        say(liar, OMB_FRAME_COMPARE, &(struct omb_compare){.logs = {&life, 1}});
    record.header = encoded(liar, &header);
    leaf = omb_record_digest(record.header);
    omb_batch_sign(liar->visitor->north->rig.signers[0], &leaf, 1, &liar->visitor->tree->arena,
                   &proof);
    say(liar, OMB_FRAME_RECORDS, &records);
}

static void over_a_limit(struct liar *liar, size_t i)
{
    static const uint8_t large[OMB_PART_MAX + 1];
    struct omb_record record = one_of(liar, i);

    record.body = OMB_VIEW_OF(large);
    offer(liar, &record);
}

static void beside_the_feed(struct liar *liar, size_t i)
{
    const struct omb_record record = one_of(liar, i);
    const struct omb_records records = {0, 0, {&record, 1}, {NULL, 0}};

    say(liar, OMB_FRAME_RECORDS, &records);
}

static void acks_of_nothing(struct liar *liar, size_t i)
{
    const struct omb_cursor cursor = {.position = (UINT64_C(1) << 50) + i, .digest = {{0x55}}};

    say(liar, OMB_FRAME_ACK, &(struct omb_ack){.cursor = &cursor});
}

static void boundless_credit(struct liar *liar, size_t i)
{
    (void)i;
    say(liar, OMB_FRAME_CREDIT, &(struct omb_credit){UINT64_MAX});
}

static void greetings(struct liar *liar, size_t i)
{
    const struct omb_cursor nowhere = {.position = 4242 + i, .digest = {{4}}};
    struct omb_hello hello = visitor_hello(liar->visitor);

    hello.cursor = &nowhere;
    say(liar, OMB_FRAME_HELLO, &hello);
}

static void clocks(struct liar *liar, size_t i)
{
    struct omb_hello hello = visitor_hello(liar->visitor);

    hello.clock = i % 2 ? INT64_C(253402214400000) : 0;
    say(liar, OMB_FRAME_HELLO, &hello);
}

static void protocols(struct liar *liar, size_t i)
{
    struct omb_hello hello = visitor_hello(liar->visitor);

    hello.protocol_min = 2 + (uint32_t)i;
    hello.protocol_max = 9 + (uint32_t)i;
    say(liar, OMB_FRAME_HELLO, &hello);
}

static void wants_of_everything(struct liar *liar, size_t i)
{
    const struct omb_tip *tip = &liar->visitor->ho->rig.office->tip;
    struct omb_log_range ranges[64];

    (void)i;
    for (size_t k = 0; k < UNIT_COUNT(ranges); k++)
        ranges[k] = (struct omb_log_range){liar->visitor->ho->id, tip->incarnation, 1, UINT64_MAX};
    say(liar, OMB_FRAME_WANT, &(struct omb_want){.ranges = {ranges, UNIT_COUNT(ranges)}});
}

static void pages_of_no_logs(struct liar *liar, size_t i)
{
    struct omb_life *lives = OMB_ARENA_NEW(&liar->visitor->tree->arena, struct omb_life, 500);

    for (size_t k = 0; k < 500; k++) {
        lives[k] = (struct omb_life){.head = 3, .count = 3, .digest = {{7}}};
        omb_put_be64(lives[k].office.bytes, (i + 1) * 500 + k);
        lives[k].incarnation.bytes[3] = 1;
    }
    say(liar, OMB_FRAME_COMPARE, &(struct omb_compare){.logs = {lives, 500}});
}

static void answers_to_nothing(struct liar *liar, size_t i)
{
    (void)i;
    say(liar, OMB_FRAME_COMPARE, &(struct omb_compare){.answer = true, .last = true});
}

static void pings(struct liar *liar, size_t i)
{
    say(liar, OMB_FRAME_PING, &(struct omb_ping){.sent = 1, .number = i});
}

static void dates(struct liar *liar, size_t i)
{
    say(liar, OMB_FRAME_PING, &(struct omb_ping){.sent = INT64_MAX, .number = i});
}

/* --- their bounds --- */

struct lie {
    const char *name;
    void (*tell)(struct liar *liar, size_t i);
    size_t records;    /* kept: those that are true */
    int64_t bytes;     /* by which the store grows, in all */
    uint64_t rows;     /* looked at for one frame, on the average */
    size_t answers;    /* frames, in all */
    const char *state; /* of the link, at the end */
    const char *words; /* what the administrator is told: the beginning; "": nothing */
};

#define BLOCKED "blocked"
#define STANDS "catching-up"
#define REFUSED "its record 1 was refused: "

static const struct lie lies[] = {
    {"bytes that are no frame", noise, 0, 200, 2, 1, BLOCKED, "hello: the wire type"},
    {"a frame out of its order", out_of_order, 0, 200, 2, 1, BLOCKED,
     "it sent a frame out of its order"},
    {"a header that nobody signed", forged_header, 0, 4000, 8, 3 * FRAMES, STANDS,
     REFUSED "the signature is not of the signing key over this record"},
    {"a garbled proof", forged_proof, 0, 4000, 8, 3 * FRAMES, STANDS,
     REFUSED "the signature is not of the signing key over this record"},
    {"a garbled part", garbled_part, 0, 4000, 8, 3 * FRAMES, STANDS,
     REFUSED "the header names no body"},
    {"records again at new positions", replayed, 9, 8000, 8, 2 * FRAMES, STANDS, ""},
    {"a position again", said_again, 1, 1000, 2, FRAMES + 1, STANDS, ""},
    {"records out of their chain", out_of_chain, 0, 0, 4, 1, STANDS,
     "waits for records 1-2 of north"},
    {"records of a key that nobody has", key_of_nobody, 0, 0, 4, 1, STANDS,
     "waits for the certificate of north"},
    {"lives without end", lives, FRAMES, 80000, 12, 2 * FRAMES, STANDS, ""},
    {"more records at one place", forks_beside, 9, 9000, 30, 40, STANDS, ""},
    {"two records at one place", forks, 3, 4000, 4, 4, BLOCKED, "two records stand at 1"},
    {"a part over its limit", over_a_limit, 0, 4000, 4, 2 * FRAMES, STANDS,
     "body: a part has at most 524288 bytes"},
    {"records that nobody wanted", beside_the_feed, 0, 0, 2, 0, STANDS, ""},
    {"acks of what was not sent", acks_of_nothing, 0, 200, 2, 1, BLOCKED,
     "it acknowledges what was not sent"},
    {"credit without end", boundless_credit, 0, 200, 2, 0, "live", ""},
    {"greeting over and over, lost", greetings, 0, 400, 12, 3 * FRAMES, STANDS, ""},
    {"clocks of other years", clocks, 0, 400, 12, 2 * FRAMES, STANDS, ""},
    {"protocols that do not meet", protocols, 0, 4000, 4, FRAMES, BLOCKED,
     "this office speaks protocol 1, the other 101 to 108"},
    {"wants of everything", wants_of_everything, 0, 0, 800, FRAMES / 2, STANDS,
     "it asks for much: some of it is looked up each second"},
    {"pages of logs that are nowhere", pages_of_no_logs, 0, 200, 60, 6, BLOCKED,
     "it compares on, and gives nothing that it has"},
    {"answers to no question", answers_to_nothing, 0, 0, 2, 0, STANDS, ""},
    {"pings without end", pings, 0, 200, 2, FRAMES, STANDS, ""},
    {"a date of no year", dates, 0, 200, 2, 1, BLOCKED, "ping.sent: the date is outside"},
};

static uint64_t rows_read(const struct memport *store)
{
    const struct memport_reads reads = memport_reads(store);

    return reads.gets + reads.rows;
}

static void tell(struct visitor *visitor, const struct lie *lie)
{
    const struct memport *store = visitor->ho->rig.store;
    struct liar liar = {.visitor = visitor,
                        .truth = visitor_journal(visitor, 1, visitor->north->rig.office->tip.seq)};
    const struct omb_peer_view *link;
    size_t records, answers = 0;
    uint64_t rows;
    int64_t bytes;
    const char *state, *words;

    visitor_greet(visitor);
    records = memport_count(store, OMB_FAMILY_RECORD);
    bytes = (int64_t)memport_bytes(store);
    rows = rows_read(store);
    for (size_t i = 0; i < FRAMES; i++) {
        lie->tell(&liar, i);
        answers += visitor->heard_count;
    }
    records = memport_count(store, OMB_FAMILY_RECORD) - records;
    bytes = (int64_t)memport_bytes(store) - bytes;
    rows = (rows_read(store) - rows) / FRAMES;
    link = tree_link(visitor->ho, visitor->north);
    state = omb_arena_str(&visitor->tree->arena, link->state);
    words = omb_arena_str(&visitor->tree->arena,
                          link->reason.size > 0 ? link->reason : link->last_error);
    print_message("%-33s said %8llu kept %zu records %5lld bytes, a frame %4llu rows, "
                  "%3zu answers; %s: %s\n",
                  lie->name, (unsigned long long)liar.bytes, records, (long long)bytes,
                  (unsigned long long)rows, answers, state, words);
    assert_string_equal(state, lie->state);
    assert_true(strncmp(words, lie->words, strlen(lie->words)) == 0);
    assert_true(lie->words[0] != '\0' || words[0] == '\0');
    assert_true(records <= lie->records);
    assert_true(bytes <= lie->bytes);
    assert_true(rows <= lie->rows);
    assert_true(answers <= lie->answers);
}

static void of_every_lie_little_is_kept_and_it_costs_little(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(lies); i++) {
        void *visitor = NULL;

        assert_int_equal(visitor_setup(&visitor), 0);
        tell(visitor, &lies[i]);
        visitor_teardown(&visitor);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_every_lie_little_is_kept_and_it_costs_little),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
