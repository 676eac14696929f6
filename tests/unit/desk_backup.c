/* Backups as the core knows them: who may ask, what the driver is told to do, what is kept. */
#include "support/deskwork.h"
#include "unit.h"

#include "office/office.h"

static const struct omb_reply *wish(struct rig *rig, const char *who, const char *to,
                                    const char *name, uint32_t keep)
{
    const struct omb_backup_create ask = {omb_view_str(to), omb_view_str(name), keep};

    return ask_as(rig, who, OMB_ASK_BACKUP_CREATE, &ask);
}

static const struct omb_backup_state *state_of(struct rig *rig)
{
    static const struct omb_backup_state_ask ask = {};

    return answer_of(ask_as(rig, "au1", OMB_ASK_BACKUP_STATE, &ask));
}

static void tell(struct rig *rig, const struct omb_backup_state *state)
{
    struct omb_input input = {.kind = OMB_INPUT_BACKUP};
    struct omb_buf bytes = OMB_BUF_INIT;

    omb_encode_backup_state(state, &bytes);
    input.bytes = omb_buf_view(&bytes);
    assert_int_equal(rig_step(rig, &input, NULL), OMB_OK);
    omb_buf_free(&bytes);
}

static bool doctor_says(struct rig *rig, const char *level, const char *words)
{
    const struct omb_doctor *doctor =
        answer_of(ask_as(rig, "au1", OMB_ASK_DOCTOR, &(struct omb_doctor_ask){}));

    for (size_t i = 0; i < doctor->findings.count; i++) {
        const struct omb_finding *finding = &doctor->findings.items[i];

        if (omb_view_is(finding->check, "backup") && omb_view_is(finding->level, level) &&
            has_line((struct omb_views){&finding->words, 1}, words))
            return true;
    }
    return false;
}

static const struct omb_backup_state good = {
    .name = OMB_VIEW_LIT("a"),
    .started_at = RIG_START_MS,
    .good_at = RIG_START_MS,
    .good_name = OMB_VIEW_LIT("a"),
    .good_path = OMB_VIEW_LIT("/backups/a"),
    .good_records = 12,
    .good_bytes = 3456,
};
static const struct omb_backup_state failed = {
    .name = OMB_VIEW_LIT("b"),
    .started_at = RIG_START_MS + 1000,
    .failed_at = RIG_START_MS + 2000,
    .failed_as = OMB_VIEW_LIT("full"),
    .failure = OMB_VIEW_LIT("no space is left"),
};

static void an_administrator_alone_may_ask(void **state)
{
    static const char *const others[] = {"t1", "h1", "s1", "an1", "au1"};
    struct rig *rig = *state;
    const struct omb_backup_create *asked;

    for (size_t i = 0; i < UNIT_COUNT(others); i++) {
        must_refuse(wish(rig, others[i], "/b", "a", 0), "forbidden", "admin");
        assert_null(omb_update_backup(rig->update));
    }
    assert_text(ANSWER(backup_started, wish(rig, "admin", "/b", "a", 3))->name, "a");
    asked = omb_update_backup(rig->update);
    assert_non_null(asked);
    assert_text(asked->to, "/b");
    assert_text(asked->name, "a");
    assert_int_equal(asked->keep, 3);
    rig_commit(rig);
    assert_null(omb_update_backup(rig->update));
}

static void a_wish_is_held_to_its_form(void **state)
{
    static const char *const names[] = {".a", "-a", "a/b", "..", "a b", "\xc3\xa9"};
    struct rig *rig = *state;

    must_refuse(wish(rig, "admin", "backups", "a", 0), "invalid", "from / on");
    for (size_t i = 0; i < UNIT_COUNT(names); i++)
        must_refuse(wish(rig, "admin", "/b", names[i], 0), "invalid", "name");
    must_refuse(wish(rig, "admin", "/b", "a", 10001), "invalid", "10000");
    assert_null(omb_update_backup(rig->update));
    assert_text(ANSWER(backup_started, wish(rig, "admin", "", "", 0))->name,
                "ho-20260331T100000.000Z");
}

static void one_runs_at_a_time(void **state)
{
    struct rig *rig = *state;
    const struct omb_backup_state running = {
        .running = true, .name = OMB_VIEW_LIT("a"), .done_bytes = 1, .total_bytes = 2};
    const struct omb_backup_create ask = {.name = OMB_VIEW_LIT("a")};

    answer_of(ask_again(rig, "admin", "one", OMB_ASK_BACKUP_CREATE, &ask));
    must_refuse(wish(rig, "admin", "", "b", 0), "busy", "runs already");
    rig_commit(rig);
    tell(rig, &running);
    assert_true(state_of(rig)->running);
    assert_int_equal(state_of(rig)->total_bytes, 2);
    must_refuse(wish(rig, "admin", "", "b", 0), "busy", NULL);
    tell(rig, &good);
    assert_false(state_of(rig)->running);
    answer_of(ask_again(rig, "admin", "one", OMB_ASK_BACKUP_CREATE, &ask)); /* answered before */
    assert_null(omb_update_backup(rig->update));
    answer_of(wish(rig, "admin", "", "b", 0));
    assert_non_null(omb_update_backup(rig->update));
}

static void how_they_ended_is_kept(void **state)
{
    struct rig *rig = *state;

    omb_office_set_backup_max_age(rig->office, 7);
    assert_true(doctor_says(rig, "warning", "none was ever made"));
    tell(rig, &good);
    assert_true(doctor_says(rig, "ok", "/backups/a"));
    tell(rig, &failed);
    assert_true(doctor_says(rig, "warning", "no space is left"));
    assert_true(doctor_says(rig, "ok", "/backups/a"));
    rig_commit(rig);
    rig_reopen(rig);
    assert_text(state_of(rig)->failure, "no space is left");
    assert_text(state_of(rig)->good_path, "/backups/a");
    assert_int_equal(state_of(rig)->good_records, 12);
    tell(rig, &good);
    assert_int_equal(state_of(rig)->failure.size, 0);
    assert_int_equal(state_of(rig)->failed_at, 0);
}

static void an_old_one_is_minded(void **state)
{
    struct rig *rig = *state;

    omb_office_set_backup_max_age(rig->office, 2);
    tell(rig, &good);
    rig_pass(rig, 2 * OMB_DAY_MS - OMB_HOUR_MS);
    rig_tick(rig);
    assert_true(doctor_says(rig, "ok", "/backups/a"));
    rig_pass(rig, 2 * OMB_HOUR_MS);
    rig_tick(rig);
    assert_true(doctor_says(rig, "warning", "over 2 days ago"));
    omb_office_set_backup_max_age(rig->office, 0);
    assert_true(doctor_says(rig, "ok", "/backups/a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(an_administrator_alone_may_ask),
        DESK_TEST(a_wish_is_held_to_its_form),
        DESK_TEST(one_runs_at_a_time),
        DESK_TEST(how_they_ended_is_kept),
        DESK_TEST(an_old_one_is_minded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
