/* The corridor: does every event reach the log once, in order, proven, and under the right life? */
#include "office/inside.h"
#include "support/casework.h"
#include "support/rig.h"
#include "unit.h"

/* --- scripts --- */

struct written {
    struct omb_case_id id;
    struct omb_appended record;
    size_t times;
};

static enum omb_rc write_case(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct written *written = arg;

    return casework_register(step, false, &written->id, &written->record, err);
}

static enum omb_rc write_cases(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct written *written = arg;
    enum omb_rc rc = OMB_OK;

    for (size_t i = 0; i < written->times && rc == OMB_OK; i++)
        rc = write_case(step, arg, err);
    return rc;
}

static enum omb_rc write_and_refuse(struct omb_step *step, void *arg, struct omb_error *err)
{
    const enum omb_rc rc = write_case(step, arg, err);

    assert_int_equal(rc, OMB_OK);
    return omb_fail(err, OMB_REFUSED, "field", "this test says no");
}

static enum omb_rc write_note(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct written *written = arg;

    return casework_note(step, &written->id, "noted", &written->record, err);
}

static enum omb_rc write_story(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct written *written = arg;

    return casework_story(step, "a story", &written->record, err);
}

struct found_log {
    size_t records;
    struct omb_header headers[64];
};

/* Every record of every life, verified in full. */
static enum omb_rc verify_all(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct found_log *log = arg;

    for (uint32_t number = 1; number < step->office->tip.next_number; number++) {
        for (uint64_t seq = 1;; seq++) {
            struct omb_stored_record stored;
            uint32_t parts;
            enum omb_rc rc =
                omb_record_read(step, number, seq, &stored, &log->headers[log->records], NULL, err);

            if (rc == OMB_NOT_FOUND)
                break;
            if (rc == OMB_OK)
                rc = omb_record_verify(step, number, seq, &parts, err);
            if (rc != OMB_OK)
                return rc;
            log->headers[log->records].facts = NULL;
            log->records++;
        }
    }
    return OMB_OK;
}

/* --- helpers --- */

static void must_answer(const struct omb_reply *reply)
{
    if (reply->error)
        print_error("%.*s\n", OMB_VIEW_ARGS(reply->error->words));
    assert_null(reply->error);
}

static struct written register_case(struct rig *rig)
{
    struct written written = {0};

    must_answer(rig_run(rig, write_case, &written));
    return written;
}

static struct found_log verify_log(struct rig *rig)
{
    struct found_log log = {0};

    must_answer(rig_run(rig, verify_all, &log));
    return log;
}

static const struct omb_tip *tip_of(struct rig *rig)
{
    return omb_office_tip(rig->office);
}

/* --- the first start --- */

static void test_first_start_writes_escrow_and_admin(void **state)
{
    struct rig *rig = *state;
    const struct omb_operator *operators;

    assert_int_equal(tip_of(rig)->records, 2);
    assert_int_equal(tip_of(rig)->seq, 2);
    assert_int_equal(omb_incarnation_number(&tip_of(rig)->incarnation), 1);
    assert_int_equal(omb_office_operators(rig->office, &operators), 1);
    assert_string_equal(operators[0].code, "admin");
    assert_true(omb_office_admits(rig->office, rig->admin));
}

static void test_log_of_first_start_verifies(void **state)
{
    const struct found_log log = verify_log(*state);

    assert_int_equal(log.records, 2);
    assert_true(omb_digest_none(&log.headers[0].prev));
    assert_true(omb_view_is(log.headers[0].actor, "system"));
}

static void test_start_without_writing_opens_no_life(void **state)
{
    struct rig *rig = *state;
    const struct omb_incarnation before = tip_of(rig)->incarnation;

    rig_reopen(rig);
    rig_reopen(rig);
    assert_true(omb_incarnation_equal(&tip_of(rig)->incarnation, &before));
    assert_int_equal(verify_log(rig).records, 2);
}

/* --- lives --- */

static void test_write_after_start_opens_a_life_that_continues(void **state)
{
    struct rig *rig = *state;
    struct omb_digest last;
    struct found_log log;

    rig_reopen(rig);
    last = tip_of(rig)->prev;
    register_case(rig);
    rig_commit(rig);
    log = verify_log(rig);
    assert_int_equal(log.records, 4); /* escrow opened and registered, of the second life */
    assert_int_equal(omb_incarnation_number(&log.headers[2].incarnation), 2);
    assert_int_equal(log.headers[2].seq, 1);
    assert_true(omb_digest_equal(&log.headers[2].prev, &last));
}

static void test_lives_sort_in_order(void **state)
{
    struct rig *rig = *state;
    struct found_log log;

    for (int i = 0; i < 3; i++) {
        rig_reopen(rig);
        register_case(rig);
        rig_commit(rig);
    }
    log = verify_log(rig);
    assert_int_equal(log.records, 8);
    for (size_t i = 1; i < log.records; i++)
        assert_true(OMB_ID_COMPARE(&log.headers[i - 1].incarnation, &log.headers[i].incarnation) <=
                    0);
    assert_int_equal(omb_incarnation_number(&log.headers[7].incarnation), 4);
}

static void test_clock_jump_opens_a_life(void **state)
{
    struct rig *rig = *state;
    struct written first, second;

    first = register_case(rig);
    rig_pass(rig, 1000);
    rig->now_ms -= 61 * OMB_SECOND_MS;
    second = register_case(rig);
    assert_int_not_equal(first.record.number, second.record.number);
    assert_false(omb_incarnation_equal(&first.id.incarnation, &second.id.incarnation));
    rig_commit(rig);
    verify_log(rig);
}

static void test_a_life_that_ends_within_a_batch_keeps_its_head(void **state)
{
    struct rig *rig = *state;
    const struct omb_key key = omb_key_log(1);
    struct omb_buf value = OMB_BUF_INIT;
    struct written last;
    struct omb_log_row row;

    last = register_case(rig);
    rig->now_ms += 61 * OMB_SECOND_MS;
    register_case(rig);
    rig_commit(rig);
    assert_int_equal(
        omb_port_get(memport_port(rig->store), OMB_FAMILY_LOG, omb_key_view(&key), &value), OMB_OK);
    assert_int_equal(omb_decode_log_row(omb_buf_view(&value), &rig->arena, &row, NULL), OMB_OK);
    assert_int_equal(row.head, last.record.seq);
    assert_true(omb_digest_equal(&row.digest, &last.record.digest));
    omb_buf_free(&value);
}

static void test_clock_jump_forward_opens_a_life(void **state)
{
    struct rig *rig = *state;
    const struct written first = register_case(rig);

    rig->now_ms += 61 * OMB_SECOND_MS;
    assert_int_not_equal(first.record.number, register_case(rig).record.number);
}

static void test_small_step_of_the_clock_opens_none(void **state)
{
    struct rig *rig = *state;
    const struct written first = register_case(rig);

    rig_pass(rig, 100 * OMB_DAY_MS);
    rig->now_ms -= 59 * OMB_SECOND_MS;
    assert_int_equal(first.record.number, register_case(rig).record.number);
}

static void test_time_never_runs_backwards_in_a_life(void **state)
{
    struct rig *rig = *state;
    struct found_log log;
    size_t last;

    register_case(rig);
    rig->now_ms -= 30 * OMB_SECOND_MS;
    register_case(rig);
    rig_commit(rig);
    log = verify_log(rig);
    last = log.records - 1;
    assert_true(log.headers[last].time_ms > rig->now_ms);
    assert_int_equal(log.headers[last].time_ms, log.headers[last - 1].time_ms);
}

static void test_restored_copy_continues_in_a_life_of_its_own(void **state)
{
    struct rig *rig = *state;
    struct memport *backup;
    struct written lost, anew;

    register_case(rig);
    rig_commit(rig);
    backup = memport_copy(rig->store);
    lost = register_case(rig);
    rig_commit(rig);
    memport_free(rig->store);
    rig->store = backup;
    rig_reopen(rig);
    anew = register_case(rig);
    assert_int_equal(lost.id.serial, anew.id.serial);
    assert_false(omb_incarnation_equal(&lost.id.incarnation, &anew.id.incarnation));
    rig_commit(rig);
    verify_log(rig);
}

/* --- a batch --- */

static void test_batch_is_signed_once_and_each_record_proves_itself(void **state)
{
    struct rig *rig = *state;
    struct written written = {.times = 23};
    struct omb_buf first = OMB_BUF_INIT, last = OMB_BUF_INIT;
    struct omb_stored_record a, b;
    struct omb_key key;

    must_answer(rig_run(rig, write_cases, &written));
    rig_commit(rig);
    assert_int_equal(verify_log(rig).records, 25);
    key = omb_key_record(1, 3);
    assert_int_equal(
        omb_port_get(memport_port(rig->store), OMB_FAMILY_RECORD, omb_key_view(&key), &first),
        OMB_OK);
    key = omb_key_record(1, 25);
    assert_int_equal(
        omb_port_get(memport_port(rig->store), OMB_FAMILY_RECORD, omb_key_view(&key), &last),
        OMB_OK);
    assert_int_equal(omb_decode_stored_record(omb_buf_view(&first), &rig->arena, &a, NULL), OMB_OK);
    assert_int_equal(omb_decode_stored_record(omb_buf_view(&last), &rig->arena, &b, NULL), OMB_OK);
    assert_true(omb_view_equal(a.proof->signature, b.proof->signature));
    assert_int_equal(a.proof->path.count, 5);
    omb_buf_free(&first);
    omb_buf_free(&last);
}

static void test_unsigned_records_verify_but_for_the_proof(void **state)
{
    struct rig *rig = *state;

    register_case(rig);
    assert_int_equal(verify_log(rig).records, 3);
}

static void test_a_batch_without_writes_needs_no_sync(void **state)
{
    struct rig *rig = *state;

    assert_false(omb_update_must_sync(rig->update));
    assert_int_equal(omb_office_close(rig->office, rig->update, NULL), OMB_OK);
    assert_false(omb_update_must_sync(rig->update));
    omb_update_begin(rig->update, rig->office);
    register_case(rig);
    assert_true(omb_update_must_sync(rig->update));
}

/* --- savepoints --- */

static void test_refusal_leaves_nothing(void **state)
{
    struct rig *rig = *state;
    const struct omb_tip before = *tip_of(rig);
    const struct omb_bell *bells;
    struct written written = {0};
    const struct omb_reply *reply;
    struct memport *was = memport_copy(rig->store);

    reply = rig_run(rig, write_and_refuse, &written);
    assert_non_null(reply->error);
    assert_true(omb_view_is(reply->error->code, "refused"));
    assert_true(omb_view_is(reply->error->words, "this test says no"));
    assert_true(omb_view_is(reply->error->field, "act.field"));
    assert_memory_equal(tip_of(rig), &before, sizeof(before));
    assert_false(omb_update_must_sync(rig->update));
    rig_commit(rig);
    for (enum omb_family family = 0; family < OMB_FAMILY_COUNT; family++)
        assert_true(memport_same(was, rig->store, family));
    assert_int_equal(omb_update_bells(rig->update, &bells), 0);
    memport_free(was);
}

static void test_refusal_between_two_writes_leaves_no_gap(void **state)
{
    struct rig *rig = *state;
    struct written refused = {0}, first, second;

    first = register_case(rig);
    rig_run(rig, write_and_refuse, &refused);
    second = register_case(rig);
    assert_int_equal(second.record.seq, first.record.seq + 1);
    assert_int_equal(second.record.position, first.record.position + 1);
    assert_int_equal(second.id.serial, first.id.serial + 1);
    rig_commit(rig);
    assert_int_equal(verify_log(rig).records, 4);
}

static void test_refused_first_write_after_start_opens_no_life(void **state)
{
    struct rig *rig = *state;
    struct written refused = {0};

    rig_reopen(rig);
    rig_run(rig, write_and_refuse, &refused);
    rig_commit(rig);
    assert_int_equal(omb_incarnation_number(&tip_of(rig)->incarnation), 1);
    register_case(rig);
    rig_commit(rig);
    verify_log(rig);
}

static enum omb_rc ask_backup(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct omb_backup_create wish = {.name = OMB_VIEW_LIT("one")};
    const enum omb_rc rc = omb_backed_begin(step, &wish, err);

    return rc == OMB_OK && arg ? omb_fail(err, OMB_REFUSED, NULL, "this test says no") : rc;
}

static void test_a_refused_wish_for_a_backup_is_none(void **state)
{
    struct rig *rig = *state;
    bool refuses = true;

    assert_non_null(rig_run(rig, ask_backup, &refuses)->error);
    assert_null(omb_update_backup(rig->update));
    assert_null(rig_run(rig, ask_backup, NULL)->error);
    assert_non_null(omb_update_backup(rig->update));
    assert_true(omb_view_is(rig_run(rig, ask_backup, NULL)->error->code, "busy"));
    assert_non_null(omb_update_backup(rig->update));
    rig_commit(rig);
}

static enum omb_rc serve_anyway(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct omb_views unheard;
    struct omb_appended record;
    const enum omb_rc rc = omb_restored_serve(step, &record, &unheard, err);

    return rc == OMB_OK && arg ? omb_fail(err, OMB_REFUSED, NULL, "this test says no") : rc;
}

static enum omb_rc look_whether_withheld(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct omb_case_id id = {.home = {{1}}};

    return omb_restored_withholds(step, &id, arg, NULL, err);
}

static bool withholds(struct rig *rig)
{
    bool out = false;

    assert_null(rig_run(rig, look_whether_withheld, &out)->error);
    return out;
}

static void test_a_refused_end_of_the_withholding_is_none(void **state)
{
    struct rig *rig = *state;
    const struct omb_restored_row row = {.made_at = 1, .restored_at = 2, .life = 1};
    const struct omb_key key = omb_key_meta("restored");
    struct omb_buf value = OMB_BUF_INIT;
    bool refuses = true;

    omb_encode_restored_row(&row, &value);
    memport_set(rig->store, OMB_FAMILY_META, omb_key_view(&key), omb_buf_view(&value));
    omb_buf_free(&value);
    rig_reopen(rig);
    assert_true(withholds(rig));
    assert_non_null(rig_run(rig, serve_anyway, &refuses)->error);
    assert_true(withholds(rig));
    assert_null(rig_run(rig, serve_anyway, NULL)->error);
    assert_false(withholds(rig));
    rig_commit(rig);
    rig_reopen(rig);
    assert_false(withholds(rig));
}

/* --- serials --- */

static void test_serials_begin_again_with_the_year_and_go_on_when_it_returns(void **state)
{
    struct rig *rig = *state;
    const int64_t summer = rig->now_ms;

    assert_int_equal(register_case(rig).id.serial, 1);
    assert_int_equal(register_case(rig).id.serial, 2);
    rig->now_ms = summer + 366 * OMB_DAY_MS;
    assert_int_equal(register_case(rig).id.serial, 1);
    rig_commit(rig);
    rig_reopen(rig);
    rig->now_ms = summer;
    assert_int_equal(register_case(rig).id.year, 2026);
    assert_int_equal(register_case(rig).id.serial, 4);
}

/* --- bells and positions --- */

static void test_bells_ring_once_per_topic_with_the_newest_position(void **state)
{
    struct rig *rig = *state;
    const struct omb_bell *bells;
    struct written written = {.times = 3};

    must_answer(rig_run(rig, write_cases, &written));
    must_answer(rig_run(rig, write_story, &written));
    assert_int_equal(omb_office_close(rig->office, rig->update, NULL), OMB_OK);
    assert_int_equal(omb_update_bells(rig->update, &bells), 2);
    assert_string_equal(bells[0].topic, "offices");
    assert_true(omb_view_is(bells[0].position, "e0e0e0e0-6"));
    assert_string_equal(bells[1].topic, "cases");
    assert_true(omb_view_is(bells[1].position, "e0e0e0e0-5"));
}

static void test_note_follows_its_case_over_a_restart(void **state)
{
    struct rig *rig = *state;
    struct written written = register_case(rig);

    rig_commit(rig);
    rig_reopen(rig);
    must_answer(rig_run(rig, write_note, &written));
    rig_commit(rig);
    assert_int_equal(tip_of(rig)->cases, 1);
    verify_log(rig);
}

/* --- the store --- */

static void test_store_that_lost_its_newest_record_does_not_open(void **state)
{
    struct rig *rig = *state;
    const struct omb_key key = omb_key_digest(&tip_of(rig)->prev);
    const struct omb_office_setup setup = *omb_office_lent(rig->office);
    struct omb_office *office;
    struct omb_error err;

    memport_set(rig->store, OMB_FAMILY_DIGEST, omb_key_view(&key), OMB_VIEW_NONE);
    assert_int_equal(omb_office_open(&setup, &office, &err), OMB_DAMAGED);
}

static void test_an_office_does_not_open_with_another_s_keys(void **state)
{
    struct rig *rig = *state;
    const struct omb_office_setup good = *omb_office_lent(rig->office);
    struct omb_office_setup setups[3] = {good, good, good};
    static const char *const names[] = {"signing", "transport", "sealing"};

    setups[0].signer = rig->anchor;
    setups[1].transport = rig->recovery;
    setups[2].sealing = rig->recovery;
    for (size_t i = 0; i < UNIT_COUNT(setups); i++) {
        struct omb_office *office;
        struct omb_error err;

        assert_int_equal(omb_office_open(&setups[i], &office, &err), OMB_UNAUTHENTIC);
        assert_string_equal(err.field, names[i]);
    }
}

static void test_reading_error_ends_the_step(void **state)
{
    struct rig *rig = *state;
    struct written written = register_case(rig);
    struct omb_input input = {.kind = OMB_INPUT_TICK};
    struct omb_error err;

    (void)written;
    memport_fail(rig->store, OMB_IO);
    assert_int_equal(rig_step(rig, &input, &err), OMB_IO);
    memport_fail(rig->store, OMB_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_first_start_writes_escrow_and_admin),
        RIG_TEST(test_log_of_first_start_verifies),
        RIG_TEST(test_start_without_writing_opens_no_life),
        RIG_TEST(test_write_after_start_opens_a_life_that_continues),
        RIG_TEST(test_lives_sort_in_order),
        RIG_TEST(test_clock_jump_opens_a_life),
        RIG_TEST(test_a_life_that_ends_within_a_batch_keeps_its_head),
        RIG_TEST(test_clock_jump_forward_opens_a_life),
        RIG_TEST(test_small_step_of_the_clock_opens_none),
        RIG_TEST(test_time_never_runs_backwards_in_a_life),
        RIG_TEST(test_restored_copy_continues_in_a_life_of_its_own),
        RIG_TEST(test_batch_is_signed_once_and_each_record_proves_itself),
        RIG_TEST(test_unsigned_records_verify_but_for_the_proof),
        RIG_TEST(test_a_batch_without_writes_needs_no_sync),
        RIG_TEST(test_refusal_leaves_nothing),
        RIG_TEST(test_refusal_between_two_writes_leaves_no_gap),
        RIG_TEST(test_refused_first_write_after_start_opens_no_life),
        RIG_TEST(test_a_refused_wish_for_a_backup_is_none),
        RIG_TEST(test_a_refused_end_of_the_withholding_is_none),
        RIG_TEST(test_serials_begin_again_with_the_year_and_go_on_when_it_returns),
        RIG_TEST(test_bells_ring_once_per_topic_with_the_newest_position),
        RIG_TEST(test_note_follows_its_case_over_a_restart),
        RIG_TEST(test_store_that_lost_its_newest_record_does_not_open),
        RIG_TEST(test_an_office_does_not_open_with_another_s_keys),
        RIG_TEST(test_reading_error_ends_the_step),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
