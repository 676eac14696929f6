/* Forks: does one record stand, everywhere the same, and is the other kept as evidence? */
#include "office/inside.h"
#include "office/logs.h"
#include "support/casework.h"
#include "support/crossing.h"
#include "unit.h"

static struct rig *at(struct crossing *crossing, enum place place)
{
    return &crossing->rigs[place];
}

/*
 * An outlet that runs twice: both copies write on from the same record, one notes and the other
 * closes the case by withdrawing it.
 */
struct twins {
    struct omb_case_id id;
    struct parcels common, one, other;
};

static enum omb_rc do_withdraw(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct omb_withdrawn withdrawn = {OMB_VIEW_LIT("phone"), step->input->now_ms};
    struct omb_appended record;

    return casework_write(step, arg, "t17", OMB_EVENT_WITHDRAWN, &withdrawn, &record, err);
}

static enum omb_rc do_stay(struct omb_step *step, void *arg, struct omb_error *err)
{
    (void)arg;
    (void)err;
    step->office->tip.must_open = false; /* a copy that runs on does not know that it is one */
    return OMB_OK;
}

static struct twins part(struct crossing *crossing)
{
    struct rig *outlet = at(crossing, OUTLET);
    struct memport *copy, *first;
    struct twins twins;

    crossing_register(outlet, &twins.id);
    twins.common = crossing_pack(crossing, outlet);
    copy = memport_copy(outlet->store);
    crossing_note(outlet, &twins.id, "called back");
    crossing_note(outlet, &twins.id, "called back again");
    twins.one = crossing_pack_from(crossing, outlet, twins.common.count + 1);
    first = outlet->store;
    outlet->store = copy;
    rig_reopen(outlet);
    memport_free(first);
    crossing_run(outlet, do_stay, outlet->store);
    crossing_run(outlet, do_withdraw, &twins.id);
    crossing_note(outlet, &twins.id, "has changed its mind");
    twins.other = crossing_pack_from(crossing, outlet, twins.common.count + 1);
    assert_int_equal(twins.one.headers[0].seq, twins.other.headers[0].seq);
    return twins;
}

static void give_certificates(struct crossing *crossing)
{
    const struct parcels all = crossing_pack(crossing, at(crossing, NORTH));

    (void)crossing_give(crossing, HO, NORTH, all.items, all.count);
}

struct counting {
    const struct omb_header *of;
    size_t count;
};

static enum omb_rc count_aside(void *arg, const struct omb_log *log)
{
    struct counting *counting = arg;

    if (log->row.line > 0)
        counting->count += log->row.count;
    return OMB_OK;
}

static enum omb_rc do_count(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct counting *counting = arg;

    return omb_logs_each(step, &counting->of->office, count_aside, counting, err);
}

/* Records of that office which are kept without standing. */
static size_t aside(struct crossing *crossing, enum place place, const struct omb_header *header)
{
    struct counting counting = {header, 0};

    crossing_run(at(crossing, place), do_count, &counting);
    return counting.count;
}

/* --- found --- */

static void what_came_first_stands(void **state)
{
    struct crossing *crossing = *state;
    const struct twins twins = part(crossing);
    struct memport *before;
    const struct omb_receipt *receipts;

    (void)crossing_give(crossing, NORTH, OUTLET, twins.common.items, twins.common.count);
    crossing_must(crossing_give(crossing, NORTH, OUTLET, twins.one.items, 2), 2, OMB_RECEIPT_NEW);
    before = memport_copy(at(crossing, NORTH)->store);
    receipts = crossing_give(crossing, NORTH, OUTLET, twins.other.items, 2);
    crossing_must(receipts, 2, OMB_RECEIPT_FORK);
    assert_true(memport_same(before, at(crossing, NORTH)->store, OMB_FAMILY_CASE));
    assert_int_equal(aside(crossing, NORTH, &twins.other.headers[0]), 2);
    assert_int_equal(crossing_count(crossing, at(crossing, NORTH), OMB_EVENT_FORK_FOUND), 2);
    memport_free(before);
}

static void a_fork_is_told_once(void **state)
{
    struct crossing *crossing = *state;
    const struct twins twins = part(crossing);

    (void)crossing_give(crossing, NORTH, OUTLET, twins.common.items, twins.common.count);
    (void)crossing_give(crossing, NORTH, OUTLET, twins.one.items, 1);
    crossing_must(crossing_give(crossing, NORTH, OUTLET, twins.other.items, 2), 2,
                  OMB_RECEIPT_FORK);
    crossing_must(crossing_give(crossing, NORTH, OUTLET, twins.other.items, 2), 2,
                  OMB_RECEIPT_DUPLICATE);
    /* The second follows a record that lost and contradicts nothing of its own place. */
    assert_int_equal(crossing_count(crossing, at(crossing, NORTH), OMB_EVENT_FORK_FOUND), 1);
    crossing_must(crossing_give(crossing, NORTH, OUTLET, &twins.one.items[1], 1), 1,
                  OMB_RECEIPT_NEW);
}

/* Behind the newest that stands, and yet here: what a line that lost goes on with. */
static void evidence_that_comes_again_is_a_duplicate(void **state)
{
    struct crossing *crossing = *state;
    const struct twins twins = part(crossing);
    struct parcels other;
    struct omb_record again[2];
    const struct omb_receipt *receipts;

    crossing_note(at(crossing, OUTLET), &twins.id, "and once more");
    other = crossing_pack_from(crossing, at(crossing, OUTLET), twins.common.count + 1);
    (void)crossing_give(crossing, NORTH, OUTLET, twins.common.items, twins.common.count);
    (void)crossing_give(crossing, NORTH, OUTLET, twins.one.items, 1);
    crossing_must(crossing_give(crossing, NORTH, OUTLET, other.items, 3), 3, OMB_RECEIPT_FORK);
    again[0] = twins.one.items[1];
    again[1] = other.items[2];
    receipts = crossing_give(crossing, NORTH, OUTLET, again, 2);
    crossing_must(receipts, 1, OMB_RECEIPT_NEW);
    crossing_must(&receipts[1], 1, OMB_RECEIPT_DUPLICATE);
    assert_int_equal(aside(crossing, NORTH, &other.headers[0]), 3);
}

static void evidence_holds_no_parts(void **state)
{
    struct crossing *crossing = *state;
    const struct twins twins = part(crossing);
    size_t parts;

    (void)crossing_give(crossing, NORTH, OUTLET, twins.common.items, twins.common.count);
    (void)crossing_give(crossing, NORTH, OUTLET, twins.other.items, 2);
    parts = memport_count(at(crossing, NORTH)->store, OMB_FAMILY_PART);
    (void)crossing_give(crossing, NORTH, OUTLET, twins.one.items, 2);
    assert_int_equal(memport_count(at(crossing, NORTH)->store, OMB_FAMILY_PART), parts);
}

/* --- decided --- */

static struct parcels forks_of(struct crossing *crossing, enum place place)
{
    const struct parcels all = crossing_pack(crossing, at(crossing, place));
    struct parcels out = {
        .items = OMB_ARENA_NEW(&crossing->arena, struct omb_record, all.count + 1),
        .headers = OMB_ARENA_NEW(&crossing->arena, struct omb_header, all.count + 1),
    };

    for (size_t i = 0; i < all.count; i++) {
        if (all.headers[i].facts->event.tag != OMB_EVENT_FORK_FOUND ||
            !omb_office_id_equal(&all.headers[i].office, &crossing->refs[place].office))
            continue;
        out.items[out.count] = all.items[i];
        out.headers[out.count++] = all.headers[i];
    }
    return out;
}

/* NORTH has the one line first, HO the other, and each then meets what the other has. */
static struct twins differ(struct crossing *crossing)
{
    const struct twins twins = part(crossing);

    give_certificates(crossing);
    (void)crossing_give(crossing, NORTH, OUTLET, twins.common.items, twins.common.count);
    (void)crossing_give(crossing, HO, NORTH, twins.common.items, twins.common.count);
    (void)crossing_give(crossing, NORTH, OUTLET, twins.one.items, 2);
    (void)crossing_give(crossing, HO, NORTH, twins.other.items, 2);
    crossing_must(crossing_give(crossing, NORTH, OUTLET, twins.other.items, 2), 2,
                  OMB_RECEIPT_FORK);
    crossing_must(crossing_give(crossing, HO, NORTH, twins.one.items, 2), 2, OMB_RECEIPT_FORK);
    return twins;
}

struct verifying {
    struct omb_step *step;
    struct omb_error *err;
    size_t count;
};

static enum omb_rc verify_row(void *arg, struct omb_view key, struct omb_view value)
{
    struct verifying *verifying = arg;
    uint32_t number, parts;
    uint64_t seq;

    (void)value;
    assert_true(omb_key_read_record(key, &number, &seq));
    verifying->count++;
    return omb_record_verify(verifying->step, number, seq, &parts, verifying->err);
}

/* Every record, whichever line it lies on; and as many as the tip counts. */
static enum omb_rc do_verify(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct verifying verifying = {step, err, 0};
    const enum omb_rc rc = omb_port_scan_prefix(step->port, OMB_FAMILY_RECORD, OMB_VIEW_NONE,
                                                verify_row, &verifying);

    (void)arg;
    assert_int_equal(verifying.count, omb_office_tip(step->office)->records);
    return rc;
}

/* The header, signed anew, with nothing of its parts. */
static struct omb_record signed_anew(struct crossing *crossing, const struct omb_header *header)
{
    struct omb_proof *proof = OMB_ARENA_NEW(&crossing->arena, struct omb_proof, 1);
    struct omb_record record = {.proof = proof};
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_digest leaf;

    omb_encode_header(header, &bytes);
    record.header = omb_arena_copy(&crossing->arena, omb_buf_view(&bytes));
    leaf = omb_record_digest(record.header);
    omb_batch_sign(at(crossing, OUTLET)->signers[0], &leaf, 1, &crossing->arena, proof);
    omb_buf_free(&bytes);
    return record;
}

/* What an office says twice need not be a chain: it is no fault of the store that keeps it. */
static void evidence_need_not_follow_anything(void **state)
{
    struct crossing *crossing = *state;
    const struct parcels all = crossing_pack(crossing, at(crossing, OUTLET));
    const struct parcels own = crossing_of(crossing, &all, &crossing->refs[OUTLET].office);
    struct omb_header first = own.headers[0], second = own.headers[1];
    struct omb_record other[2];

    (void)crossing_give(crossing, NORTH, OUTLET, own.items, own.count);
    first.prev = omb_record_digest(own.items[1].header);
    second.prev = omb_record_digest(own.items[1].header);
    other[0] = signed_anew(crossing, &first);
    other[1] = signed_anew(crossing, &second);
    crossing_must(crossing_give(crossing, NORTH, OUTLET, other, 2), 2, OMB_RECEIPT_FORK);
    assert_int_equal(aside(crossing, NORTH, &first), 2);
    crossing_run(at(crossing, NORTH), do_verify, NULL);
}

static void the_office_nearest_the_root_decides(void **state)
{
    struct crossing *crossing = *state;
    const struct twins twins = differ(crossing);
    const struct parcels found = forks_of(crossing, HO);

    assert_false(crossing_same_case(at(crossing, NORTH), at(crossing, HO), &twins.id));
    assert_int_equal(found.count, 2);
    crossing_must(crossing_give(crossing, NORTH, HO, found.items, found.count), found.count,
                  OMB_RECEIPT_NEW);
    assert_true(crossing_same_case(at(crossing, NORTH), at(crossing, HO), &twins.id));
    assert_int_equal(aside(crossing, NORTH, &twins.one.headers[0]), 2);
    crossing_run(at(crossing, NORTH), do_verify, NULL);
    crossing_run(at(crossing, HO), do_verify, NULL);
}

static size_t append(struct omb_record *out, size_t count, const struct parcels *some)
{
    memcpy(out + count, some->items, some->count * sizeof(*out));
    return count + some->count;
}

/* The case is new here, both lines of it come, and then the word by which they change sides. */
static void a_case_may_come_with_its_fork_and_the_decision(void **state)
{
    struct crossing *crossing = *state;
    const struct twins twins = part(crossing);
    struct omb_record frame[64];
    struct parcels forks;
    size_t count;

    give_certificates(crossing);
    (void)crossing_give(crossing, HO, NORTH, twins.common.items, twins.common.count);
    (void)crossing_give(crossing, HO, NORTH, twins.other.items, 2);
    crossing_must(crossing_give(crossing, HO, NORTH, twins.one.items, 2), 2, OMB_RECEIPT_FORK);
    forks = forks_of(crossing, HO);
    assert_true(twins.common.count + 4 + forks.count <= UNIT_COUNT(frame));
    count = append(frame, 0, &twins.common);
    count = append(frame, count, &twins.one);
    count = append(frame, count, &twins.other);
    count = append(frame, count, &forks);
    (void)crossing_give(crossing, NORTH, HO, frame, count);
    assert_int_equal(aside(crossing, NORTH, &twins.one.headers[0]), 2);
    assert_true(crossing_same_case(at(crossing, HO), at(crossing, NORTH), &twins.id));
    crossing_run(at(crossing, NORTH), do_verify, NULL);
}

static void a_decision_from_below_moves_nothing(void **state)
{
    struct crossing *crossing = *state;
    const struct twins twins = differ(crossing);
    const struct parcels found = forks_of(crossing, NORTH);
    struct memport *before = memport_copy(at(crossing, HO)->store);

    assert_true(found.count > 0);
    crossing_must(crossing_give(crossing, HO, NORTH, found.items, found.count), found.count,
                  OMB_RECEIPT_NEW);
    assert_true(memport_same(before, at(crossing, HO)->store, OMB_FAMILY_CASE));
    assert_int_equal(aside(crossing, HO, &twins.one.headers[0]), 2);
    memport_free(before);
}

static enum omb_rc check_positions(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct omb_digest *digests = arg;
    const uint64_t journal = omb_office_tip(step->office)->journal;
    struct omb_buf value = OMB_BUF_INIT;

    for (uint64_t i = 1; i <= journal && !omb_digest_none(&digests[i]); i++) {
        const struct omb_key key = omb_key_journal(i);
        struct omb_row_at place;
        struct omb_header header;
        struct omb_digest digest;

        assert_int_equal(omb_port_get(step->port, OMB_FAMILY_JOURNAL, omb_key_view(&key), &value),
                         OMB_OK);
        assert_true(omb_read_journal(omb_buf_view(&value), &place.number, &place.seq, NULL));
        assert_int_equal(omb_header_read(step, &place, &header, &digest, NULL, err), OMB_OK);
        assert_true(omb_digest_equal(&digest, &digests[i]));
    }
    omb_buf_free(&value);
    return OMB_OK;
}

static void positions_keep_their_records(void **state)
{
    struct crossing *crossing = *state;
    const struct twins twins = differ(crossing);
    const struct parcels before = crossing_pack(crossing, at(crossing, NORTH));
    const struct parcels found = forks_of(crossing, HO);
    struct omb_digest *digests =
        OMB_ARENA_NEW(&crossing->arena, struct omb_digest, before.count + 100);

    (void)twins;
    for (size_t i = 0; i < before.count; i++)
        digests[i + 1] = omb_record_digest(before.items[i].header);
    (void)crossing_give(crossing, NORTH, HO, found.items, found.count);
    crossing_run(at(crossing, NORTH), check_positions, digests);
}

static void what_was_decided_before_it_came_is_kept_aside(void **state)
{
    struct crossing *crossing = *state;
    const struct twins twins = differ(crossing);
    const struct parcels found = forks_of(crossing, HO);
    const struct parcels all = crossing_pack(crossing, at(crossing, NORTH));
    const struct parcels north = crossing_of(crossing, &all, &crossing->refs[NORTH].office);

    /* OTHER learns of the fork before it sees either record. */
    (void)crossing_give(crossing, OTHER, NORTH, north.items, north.count);
    (void)crossing_give(crossing, OTHER, NORTH, twins.common.items, twins.common.count);
    crossing_must(crossing_give(crossing, OTHER, NORTH, found.items, found.count), found.count,
                  OMB_RECEIPT_NEW);
    crossing_must(crossing_give(crossing, OTHER, NORTH, twins.one.items, 2), 2, OMB_RECEIPT_FORK);
    crossing_must(crossing_give(crossing, OTHER, NORTH, twins.other.items, 2), 2,
                  OMB_RECEIPT_NEW);
    assert_true(crossing_same_case(at(crossing, OTHER), at(crossing, HO), &twins.id));
}

struct naming {
    struct omb_step *step;
    size_t standing;
};

static enum omb_rc see_named(void *arg, struct omb_view key, struct omb_view value)
{
    struct naming *naming = arg;
    struct omb_row_at at;
    struct omb_log log;
    struct omb_header header;
    struct omb_digest digest;
    enum omb_rc rc;

    (void)key;
    assert_true(omb_read_journal(value, &at.number, &at.seq, NULL));
    rc = omb_header_read(naming->step, &at, &header, &digest, NULL, NULL);
    if (rc == OMB_OK)
        rc = omb_log_by_number(naming->step, at.number, &log, NULL);
    if (rc == OMB_OK)
        naming->standing += log.row.line == 0;
    return rc;
}

static enum omb_rc count_standing(void *arg, const struct omb_log *log)
{
    if (log->row.line == 0)
        *(size_t *)arg += log->row.count;
    return OMB_OK;
}

/* Each record that stands is named by one row of the journal, and each row names a record. */
static enum omb_rc check_journal(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct naming naming = {step, 0};
    size_t standing = 0;
    enum omb_rc rc =
        omb_port_scan_prefix(step->port, OMB_FAMILY_JOURNAL, OMB_VIEW_NONE, see_named, &naming);

    (void)arg;
    if (rc == OMB_OK)
        rc = omb_logs_each(step, NULL, count_standing, &standing, err);
    assert_int_equal(naming.standing, standing);
    return rc;
}

/*
 * North has the outlet's other line without its first record when the head office says that this
 * one stands; then it comes, and the rest of the line goes on from it.
 */
static struct parcels lose_a_line(struct crossing *crossing, struct twins *out_twins,
                                  size_t records)
{
    struct parcels other, found;

    *out_twins = part(crossing);
    for (size_t i = 2; i < records; i++)
        crossing_note(at(crossing, OUTLET), &out_twins->id, "and once more");
    other = crossing_pack_from(crossing, at(crossing, OUTLET), out_twins->common.count + 1);
    give_certificates(crossing);
    (void)crossing_give(crossing, NORTH, OUTLET, out_twins->common.items, out_twins->common.count);
    (void)crossing_give(crossing, HO, NORTH, out_twins->common.items, out_twins->common.count);
    (void)crossing_give(crossing, NORTH, OUTLET, out_twins->one.items, 2);
    (void)crossing_give(crossing, HO, NORTH, other.items, other.count);
    (void)crossing_give(crossing, HO, NORTH, out_twins->one.items, 1);
    found = forks_of(crossing, HO);
    crossing_must(crossing_give(crossing, NORTH, HO, &other.items[1], other.count - 1),
                  other.count - 1, OMB_RECEIPT_FORK);
    crossing_must(crossing_give(crossing, NORTH, HO, found.items, found.count), found.count,
                  OMB_RECEIPT_NEW);
    return other;
}

static void a_lost_line_comes_back_in_one_walk(void **state)
{
    enum { LONG = 60, ROWS_EACH = 10 };
    struct crossing *crossing = *state;
    struct memport *store = at(crossing, NORTH)->store;
    struct memport_reads before;
    struct twins twins;
    const struct parcels other = lose_a_line(crossing, &twins, LONG);

    before = memport_reads(store);
    crossing_must(crossing_give(crossing, NORTH, HO, other.items, 1), 1, OMB_RECEIPT_NEW);
    crossing_must(crossing_give(crossing, NORTH, HO, &other.items[1], LONG - 1), LONG - 1,
                  OMB_RECEIPT_DUPLICATE);
    assert_true(memport_reads(store).rows - before.rows <=
                2 * (memport_count(store, OMB_FAMILY_JOURNAL) +
                     memport_count(store, OMB_FAMILY_FEED)) + LONG * ROWS_EACH);
    assert_true(crossing_same_case(at(crossing, NORTH), at(crossing, HO), &twins.id));
    assert_int_equal(aside(crossing, NORTH, &twins.one.headers[0]), 2);
    crossing_run(at(crossing, NORTH), check_journal, NULL);
    crossing_run(at(crossing, NORTH), do_verify, NULL);
}

/* The office that forked takes what was decided, and writes on in a new life. */
static void the_forking_office_gives_way(void **state)
{
    struct crossing *crossing = *state;
    const struct twins twins = differ(crossing);
    const struct parcels all = crossing_pack(crossing, at(crossing, NORTH));
    const struct parcels north = crossing_of(crossing, &all, &crossing->refs[NORTH].office);
    struct rig *outlet = at(crossing, OUTLET);
    struct omb_case_id next;

    /* The copy that runs wrote the other line; NORTH, above it, says that the one stands. */
    crossing_must(crossing_give(crossing, OUTLET, NORTH, north.items, north.count), north.count,
                  OMB_RECEIPT_NEW);
    (void)crossing_give(crossing, OUTLET, NORTH, twins.one.items, 2);
    assert_true(crossing_same_case(outlet, at(crossing, NORTH), &twins.id));
    crossing_register(outlet, &next);
    assert_false(omb_incarnation_equal(&next.incarnation, &twins.id.incarnation));
}

/* --- what other rows name --- */

static enum omb_rc do_tell_revocation(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct omb_office_revoked revoked = {.certificate = *(const struct omb_digest *)arg,
                                               .ground = OMB_VIEW_LIT("stolen")};
    const struct omb_facts facts = {.event = {OMB_EVENT_OFFICE_REVOKED, &revoked}};
    const struct omb_draft draft = {.facts = &facts, .actor = OMB_VIEW_LIT("admin")};
    struct omb_appended record;

    return omb_append(step, &draft, &record, err);
}

static enum omb_rc do_story(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct omb_appended record;

    return casework_story(step, arg, &record, err);
}

static enum omb_rc check_named(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct omb_key key = omb_key_revocation(arg);
    struct omb_buf value = OMB_BUF_INIT;
    struct omb_row_at place;
    struct omb_header header;
    struct omb_digest digest;
    struct omb_log log;
    enum omb_rc rc = omb_port_get(step->port, OMB_FAMILY_OFFICE, omb_key_view(&key), &value);

    assert_int_equal(rc, OMB_OK);
    assert_true(omb_read_place(omb_buf_view(&value), &place.number, &place.seq));
    omb_buf_free(&value);
    rc = omb_header_read(step, &place, &header, &digest, NULL, err);
    if (rc == OMB_OK)
        rc = omb_log_by_number(step, place.number, &log, err);
    assert_int_equal(header.facts->event.tag, OMB_EVENT_OFFICE_REVOKED);
    assert_int_equal(log.row.line, 1);
    return rc;
}

/* A region that runs twice revokes in one copy alone; the head office met the other first. */
static void rows_follow_the_record_that_they_name(void **state)
{
    struct crossing *crossing = *state;
    struct rig *north = at(crossing, NORTH);
    struct omb_digest certificate = crossing->refs[OTHER].certificate;
    const struct parcels common = crossing_pack(crossing, north);
    struct memport *copy = memport_copy(north->store), *first;
    struct parcels one, other, found;

    crossing_run(north, do_tell_revocation, &certificate);
    one = crossing_pack_from(crossing, north, common.count + 1);
    first = north->store;
    north->store = copy;
    rig_reopen(north);
    memport_free(first);
    crossing_run(north, do_stay, north->store);
    crossing_run(north, do_story, "a good one");
    other = crossing_pack_from(crossing, north, common.count + 1);
    (void)crossing_give(crossing, OUTLET, NORTH, common.items, common.count);
    (void)crossing_give(crossing, OUTLET, NORTH, one.items, one.count);
    (void)crossing_give(crossing, HO, NORTH, common.items, common.count);
    (void)crossing_give(crossing, HO, NORTH, other.items, 1);
    crossing_must(crossing_give(crossing, HO, NORTH, one.items, 1), 1, OMB_RECEIPT_FORK);
    found = forks_of(crossing, HO);
    crossing_must(crossing_give(crossing, OUTLET, NORTH, found.items, found.count), found.count,
                  OMB_RECEIPT_NEW);
    crossing_run(at(crossing, OUTLET), check_named, &certificate);
    crossing_run(at(crossing, OUTLET), do_verify, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CROSSING_TEST(what_came_first_stands),
        CROSSING_TEST(a_fork_is_told_once),
        CROSSING_TEST(evidence_that_comes_again_is_a_duplicate),
        CROSSING_TEST(evidence_holds_no_parts),
        CROSSING_TEST(evidence_need_not_follow_anything),
        CROSSING_TEST(the_office_nearest_the_root_decides),
        CROSSING_TEST(a_case_may_come_with_its_fork_and_the_decision),
        CROSSING_TEST(a_decision_from_below_moves_nothing),
        CROSSING_TEST(positions_keep_their_records),
        CROSSING_TEST(what_was_decided_before_it_came_is_kept_aside),
        CROSSING_TEST(the_forking_office_gives_way),
        CROSSING_TEST(rows_follow_the_record_that_they_name),
        CROSSING_TEST(a_lost_line_comes_back_in_one_walk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
