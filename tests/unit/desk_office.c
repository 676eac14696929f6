/* What an office says of itself: status, offices, operators, words, dates. */
#include "support/deskwork.h"
#include "unit.h"

/* --- status and vocabulary --- */

static void test_status_tells_office_operator_and_position(void **state)
{
    struct rig *rig = *state;
    const struct omb_status *status;
    const struct omb_act_done *done;
    struct complaint complaint;

    complaint_new(&complaint);
    done = ANSWER(act_done, ask_as(rig, "t1", OMB_ASK_ACT, &complaint.act));
    rig_pass(rig, 5);
    status = ASK(rig, "t1", STATUS, status_ask, status);
    assert_text(status->office, "ho");
    assert_text(status->name, "Head Office");
    assert_text(status->kind, "head");
    assert_text(status->software, OMB_SOFTWARE);
    assert_text(status->operator, "t1");
    assert_true(has_code(status->roles, "teller"));
    assert_int_equal(status->roles.count, 1);
    assert_int_equal(status->now, RIG_START_MS + 5);
    assert_int_equal(status->started_at, RIG_START_MS);
    assert_int_equal(status->cases, 1);
    assert_true(omb_view_equal(status->position, done->position));
    assert_text(status->zone, "UTC");
    assert_text(status->bell, "ipc://bell");
    assert_int_equal(status->listen.size, 0);
}

static void test_status_tells_where_the_office_listens(void **state)
{
    struct rig *rig = *state;
    char endpoint[] = "tcp://127.0.0.1:4711";

    omb_office_set_listen(rig->office, omb_view_str(endpoint));
    memset(endpoint, 'x', sizeof(endpoint) - 1);
    assert_text(ASK(rig, "t1", STATUS, status_ask, status)->listen, "tcp://127.0.0.1:4711");
}

static void test_vocabulary_lists_the_codes_of_each_field(void **state)
{
    struct rig *rig = *state;
    const struct omb_vocabularies *words =
        ASK(rig, "t1", VOCABULARY, vocabulary_ask, vocabularies);
    bool products = false;

    for (size_t i = 0; i < words->fields.count; i++) {
        assert_true(words->fields.items[i].codes.count > 0);
        if (omb_view_is(words->fields.items[i].field, "product"))
            products = has_code(words->fields.items[i].codes, "cards");
    }
    assert_true(products);
}

/* --- offices --- */

static void test_offices_are_listed_from_the_root_down(void **state)
{
    struct rig rig;
    const struct omb_office_list *offices;

    (void)state;
    rig_open(&rig, 2);
    offices = ASK(&rig, "admin", OFFICE_LIST, office_list_ask, office_list);
    assert_int_equal(offices->offices.count, 3);
    assert_text(offices->offices.items[0].code, "ho");
    assert_int_equal(offices->offices.items[0].parent.size, 0);
    assert_text(offices->offices.items[1].code, "north");
    assert_text(offices->offices.items[1].parent, "ho");
    assert_text(offices->offices.items[2].code, "vsp-0045");
    assert_text(offices->offices.items[2].parent, "north");
    assert_int_equal(offices->offices.items[2].depth, 2);
    assert_true(offices->offices.items[2].self);
    assert_false(offices->offices.items[0].self);
    rig_free(&rig);
}

static const struct omb_office_view *office(struct rig *rig, const char *code)
{
    return ASK(rig, "t1", OFFICE_SHOW, office_ask, office_view, .code = omb_view_str(code));
}

static void test_office_shows_its_certificate_and_its_state(void **state)
{
    struct rig *rig = *state;

    assert_text(office(rig, "ho")->name, "Head Office");
    assert_int_equal(office(rig, "ho")->certificate.size, 64);
    assert_text(office(rig, "ho")->state, "valid");
    rig_pass(rig, 3640 * OMB_DAY_MS);
    assert_text(office(rig, "ho")->state, "expires-soon");
    rig_pass(rig, 20 * OMB_DAY_MS);
    assert_text(office(rig, "ho")->state, "expired");
    must_refuse(ask_as(rig, "t1", OMB_ASK_OFFICE_SHOW,
                       &(struct omb_office_ask){.code = OMB_VIEW_LIT("hoo")}),
                "not-found", "ho");
}

static void test_office_shows_the_anchor_of_the_bank(void **state)
{
    struct rig *rig = *state;
    uint8_t key[OMB_PUBLIC_SIZE];
    char hex[2 * OMB_PUBLIC_SIZE + 1];

    omb_signer_public(rig->anchor, key);
    omb_hex(OMB_VIEW_OF(key), hex);
    assert_text(office(rig, "ho")->anchor, hex);
}

/* --- operators --- */

static const struct omb_operator_view *operator_of(struct rig *rig, const char *who,
                                                   const char *code)
{
    const struct omb_operator_list *all =
        ASK(rig, who, OPERATOR_LIST, operator_list_ask, operator_list);

    for (size_t i = 0; i < all->operators.count; i++) {
        if (omb_view_is(all->operators.items[i].code, code))
            return &all->operators.items[i];
    }
    fail_msg("no operator %s", code);
    return NULL;
}

static void test_names_of_operators_are_for_admins(void **state)
{
    struct rig *rig = *state;

    assert_text(operator_of(rig, "admin", "t1")->name, "Operator of this test");
    assert_int_equal(operator_of(rig, "s1", "t1")->name.size, 0);
    assert_int_equal(operator_of(rig, "au1", "t1")->name.size, 0);
    assert_true(has_code(operator_of(rig, "s1", "t1")->roles, "teller"));
    assert_true(operator_of(rig, "s1", "t1")->key.size > 30);
}

static void test_new_roles_keep_name_and_title(void **state)
{
    struct rig *rig = *state;
    const struct omb_view roles[] = {OMB_VIEW_LIT("teller"), OMB_VIEW_LIT("handler")};
    const struct omb_operator_change change = {.code = OMB_VIEW_LIT("t9"), .roles = {roles, 2}};
    uint8_t key[OMB_PUBLIC_SIZE];
    const struct omb_operator_add add = {
        .code = OMB_VIEW_LIT("t9"),
        .name = OMB_VIEW_LIT("Operator nine"),
        .roles = {roles, 1},
        .title = OMB_VIEW_LIT("lobby-manager"),
        .public_key = OMB_VIEW_OF(key),
    };

    memset(key, 9, sizeof(key));
    answer_of(ask_as(rig, "admin", OMB_ASK_OPERATOR_ADD, &add));
    answer_of(ask_as(rig, "admin", OMB_ASK_OPERATOR_CHANGE, &change));
    assert_int_equal(operator_of(rig, "admin", "t9")->roles.count, 2);
    assert_text(operator_of(rig, "admin", "t9")->name, "Operator nine");
    assert_text(operator_of(rig, "admin", "t9")->title, "lobby-manager");
}

static void test_revoked_operator_is_listed_as_such(void **state)
{
    struct rig *rig = *state;
    const struct omb_operator_change change = {.code = OMB_VIEW_LIT("t1"), .revoke = true};

    answer_of(ask_as(rig, "admin", OMB_ASK_OPERATOR_CHANGE, &change));
    assert_true(operator_of(rig, "admin", "t1")->revoked);
    assert_text(operator_of(rig, "admin", "t1")->name, "Operator of this test");
    must_refuse(ask_as(rig, "admin", OMB_ASK_OPERATOR_CHANGE, &change), "refused", "revoked");
}

static void test_revoked_operator_comes_back_by_a_new_key_alone(void **state)
{
    static const struct omb_view role = {(const uint8_t *)"teller", 6};
    struct rig *rig = *state;
    const struct omb_operator_change gone = {.code = OMB_VIEW_LIT("t1"), .revoke = true};
    const struct omb_operator_change roles = {.code = OMB_VIEW_LIT("t1"), .roles = {&role, 1}};
    const uint8_t key[OMB_PUBLIC_SIZE] = {77};
    const struct omb_operator_add back = {
        .code = OMB_VIEW_LIT("t1"), .roles = {&role, 1}, .public_key = OMB_VIEW_OF(key)};

    answer_of(ask_as(rig, "admin", OMB_ASK_OPERATOR_CHANGE, &gone));
    must_refuse(ask_as(rig, "admin", OMB_ASK_OPERATOR_CHANGE, &roles), "refused", "revoked");
    answer_of(ask_as(rig, "admin", OMB_ASK_OPERATOR_ADD, &back));
    assert_false(operator_of(rig, "admin", "t1")->revoked);
    answer_of(ask_as(rig, "admin", OMB_ASK_OPERATOR_CHANGE, &gone));
    must_refuse(ask_as(rig, "admin", OMB_ASK_OPERATOR_ADD, &back), "refused", "key was revoked");
}

static void test_last_admin_stays(void **state)
{
    struct rig *rig = *state;
    const struct omb_operator_change change = {.code = OMB_VIEW_LIT("admin"), .revoke = true};

    must_refuse(ask_as(rig, "admin", OMB_ASK_OPERATOR_CHANGE, &change), "refused", "last admin");
    hire(rig, "a2", "admin");
    answer_of(ask_as(rig, "a2", OMB_ASK_OPERATOR_CHANGE, &change));
}

/* --- dates --- */

static const struct omb_policy_when *when(struct rig *rig, const char *profile, const char *local)
{
    return ASK(rig, "t1", POLICY_WHEN, policy_when_ask, policy_when,
               .profile = omb_view_str(profile), .received_local = omb_view_str(local));
}

static void test_dates_of_a_receipt_are_told_in_local_time(void **state)
{
    struct rig *rig = *state;
    const struct omb_policy_when *dates = when(rig, "bank-standard", "2026-09-30 17:20");

    assert_int_equal(dates->received_at, INT64_C(1790788800000)); /* 2026-09-30T17:20Z */
    assert_text(dates->zone, "UTC");
    assert_text(dates->calendar, "weekdays");
    assert_int_equal(dates->deadlines.count, 5);
    assert_int_equal(dates->local.count, 5);
    assert_text(dates->deadlines.items[0].code, "first-response");
    assert_text(dates->local.items[0], "2026-10-01T17:20:00.000Z");
    assert_text(dates->deadlines.items[2].code, "decision");
    assert_text(dates->local.items[2], "2026-10-21T23:59:59.000Z");
    assert_text(dates->local.items[4], "7 d after the answer");
}

static void test_without_a_receipt_dates_run_from_now(void **state)
{
    struct rig *rig = *state;

    assert_int_equal(when(rig, NULL, NULL)->received_at, RIG_START_MS);
    assert_text(when(rig, NULL, NULL)->profile, "bank-standard");
}

static void test_bad_questions_about_dates_are_refused(void **state)
{
    struct rig *rig = *state;
    const struct omb_policy_when_ask asks[] = {
        {.profile = OMB_VIEW_LIT("bank-standrad")},
        {.received_local = OMB_VIEW_LIT("30.09.2026")},
        {.received_local = OMB_VIEW_LIT("2026-02-30 10:00")},
        {.calendar = OMB_VIEW_LIT("holidays")},
        {.received_at = RIG_START_MS, .received_local = OMB_VIEW_LIT("2026-09-30")},
    };
    static const char *const fields[] = {"profile", "received_local", "received_local", "calendar",
                                         "received_local"};

    for (size_t i = 0; i < UNIT_COUNT(asks); i++) {
        const struct omb_reply *reply = ask_as(rig, "t1", OMB_ASK_POLICY_WHEN, &asks[i]);

        assert_non_null(reply->error);
        assert_text(omb_view(reply->error->field.data, 12), "policy_when.");
        assert_text(omb_view(reply->error->field.data + 12, reply->error->field.size - 12),
                    fields[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(test_status_tells_office_operator_and_position),
        DESK_TEST(test_status_tells_where_the_office_listens),
        DESK_TEST(test_vocabulary_lists_the_codes_of_each_field),
        cmocka_unit_test(test_offices_are_listed_from_the_root_down),
        DESK_TEST(test_office_shows_its_certificate_and_its_state),
        DESK_TEST(test_office_shows_the_anchor_of_the_bank),
        DESK_TEST(test_names_of_operators_are_for_admins),
        DESK_TEST(test_new_roles_keep_name_and_title),
        DESK_TEST(test_revoked_operator_is_listed_as_such),
        DESK_TEST(test_revoked_operator_comes_back_by_a_new_key_alone),
        DESK_TEST(test_last_admin_stays),
        DESK_TEST(test_dates_of_a_receipt_are_told_in_local_time),
        DESK_TEST(test_without_a_receipt_dates_run_from_now),
        DESK_TEST(test_bad_questions_about_dates_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
