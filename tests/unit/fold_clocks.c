/* Do limits move as the rules allow, and do the right acts stop the client's clocks? */
#include "support/story.h"

static int extend(struct story *s, enum office who, int after, const char *limit, int64_t until)
{
    return SAY(s, who, after, EXTENDED, extended, .limit = code(limit), .until = until,
               .ground = code("other"), .method = code("phone"), .at = DAYS(1));
}

/* --- limits --- */

static void an_extension_moves_a_limit(void **state)
{
    struct story *s = *state;
    int moved = extend(s, CITY, story_register(s), "decision", DAYS(30));

    fold(s);
    assert_verdict(s, moved, EFFECT);
    assert_int_equal(deadline(s, "decision")->due, DAYS(30));
    assert_true(deadline(s, "decision")->extended);
    assert_true(has_flag(s, "extended"));
}

static void no_extension_goes_beyond_the_maximum(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int far = extend(s, CITY, reg, "decision", MAXIMUM + 1);
    int near = extend(s, CITY, reg, "decision", MAXIMUM);

    fold(s);
    assert_verdict(s, far, RULE);
    assert_string_equal(judged(s, far)->why, "no extension goes beyond the maximum of the case");
    assert_verdict(s, near, EFFECT);
}

static void an_extension_needs_notice_ground_and_limit(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int silent = extend(s, CITY, reg, "decision", DAYS(30));
    int untimed = extend(s, CITY, reg, "decision", DAYS(30));
    int groundless = extend(s, CITY, reg, "decision", DAYS(30));

    SAID(s, silent, extended)->method = OMB_VIEW_NONE;
    SAID(s, untimed, extended)->at = 0;
    SAID(s, groundless, extended)->ground = OMB_VIEW_NONE;
    fold(s);
    assert_verdict(s, silent, RULE);
    assert_verdict(s, untimed, RULE);
    assert_verdict(s, groundless, RULE);
    assert_int_equal(deadline(s, "decision")->due, DECISION);
}

static void targets_and_the_maximum_are_not_extended(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int target = extend(s, CITY, reg, "target", DAYS(3));
    int maximum = extend(s, CITY, reg, "maximum", DAYS(90));

    fold(s);
    assert_verdict(s, target, RULE);
    assert_verdict(s, maximum, RULE);
}

static void a_limit_never_moves_back(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int far = extend(s, CITY, reg, "decision", DAYS(40));
    int back = extend(s, CITY, reg, "decision", DAYS(30));

    fold(s);
    assert_verdict(s, far, EFFECT);
    assert_verdict(s, back, RULE);
    assert_int_equal(deadline(s, "decision")->due, DAYS(40));
}

static void a_case_without_maximum_is_not_extended(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int moved = extend(s, CITY, reg, "decision", DAYS(30));

    SAID(s, reg, registered)->deadlines.count = 3;
    fold(s);
    assert_verdict(s, moved, RULE);
}

static void a_rebasing_replaces_deadlines_but_not_extensions(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    struct omb_deadline later[] = {{code("decision"), DAYS(22), true},
                                   {code("maximum"), DAYS(64), true}};

    SAY(s, CITY, reg, REBASED, rebased, .calendar = code("holidays-2026"),
        .deadlines = {later, 2});
    fold(s);
    assert_view(s->c.row.calendar, "holidays-2026");
    assert_int_equal(s->c.row.deadlines.count, 2);
    assert_int_equal(deadline(s, "decision")->due, DAYS(22));
    s->events[1].seq = 50; /* after the extension that follows */
    extend(s, CITY, reg, "decision", DAYS(30));
    fold(s);
    assert_int_equal(deadline(s, "decision")->due, DAYS(30));
    assert_true(deadline(s, "decision")->extended);
}

/* --- clocks --- */

static void the_first_word_to_the_client_is_the_first_response(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);

    SAY(s, CITY, reg, CONTACTED, contacted, .method = code("phone"),
        .direction = code("from-client"), .at = DAYS(0) + 1);
    fold(s);
    assert_int_equal(s->c.row.first_response_at, 0);
    SAY(s, CITY, reg, ACKNOWLEDGED, acknowledged, .method = code("sms"), .at = DAYS(2));
    CONTACT(s, CITY, reg);
    fold(s);
    assert_int_equal(s->c.row.first_response_at, DAYS(1));
    assert_int_equal(deadline(s, "first-response")->met_at, DAYS(1));
    assert_int_equal(deadline(s, "decision")->met_at, 0);
}

static void the_answer_meets_target_and_decision(void **state)
{
    struct story *s = *state;
    int decided = RESOLVE(s, CITY, story_register(s), "founded");

    fold(s);
    assert_int_equal(deadline(s, "decision")->met_at, 0);
    ANSWER(s, CITY, decided);
    fold(s);
    assert_int_equal(deadline(s, "decision")->met_at, DAYS(3));
    assert_int_equal(deadline(s, "target")->met_at, DAYS(3));
    assert_int_equal(s->c.row.answered_at, DAYS(3));
}

static void clocks_do_not_restart_on_reopening(void **state)
{
    struct story *s = *state;
    int told = ANSWER(s, CITY, RESOLVE(s, CITY, story_register(s), "founded"));

    REOPEN(s, CITY, told);
    fold(s);
    assert_int_equal(deadline(s, "decision")->due, DECISION);
    assert_int_equal(deadline(s, "decision")->met_at, DAYS(3));
}

static void a_withdrawal_stops_clocks_until_the_case_is_reopened(void **state)
{
    struct story *s = *state;
    int gone = WITHDRAW(s, CITY, story_register(s));

    fold(s);
    assert_int_equal(deadline(s, "decision")->met_at, DAYS(5));
    assert_int_equal(s->c.row.first_response_at, 0);
    REOPEN(s, CITY, gone);
    fold(s);
    assert_int_equal(deadline(s, "decision")->met_at, 0);
}

static void the_survey_falls_due_a_week_after_the_answer(void **state)
{
    struct story *s = *state;
    int told = ANSWER(s, CITY, RESOLVE(s, CITY, story_register(s), "founded"));
    int score;

    fold_events(s, s->events, 2);
    assert_int_equal(deadline(s, "survey")->due, 0);
    fold(s);
    assert_int_equal(deadline(s, "survey")->due, DAYS(10));
    assert_int_equal(deadline(s, "survey")->met_at, 0);
    score = SAY(s, CITY, told, RATED, rated, .score = 9);
    fold(s);
    assert_int_equal(deadline(s, "survey")->met_at, s->events[score].time_ms);
    assert_int_equal(s->c.row.score, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY_TEST(an_extension_moves_a_limit),
        STORY_TEST(no_extension_goes_beyond_the_maximum),
        STORY_TEST(an_extension_needs_notice_ground_and_limit),
        STORY_TEST(targets_and_the_maximum_are_not_extended),
        STORY_TEST(a_limit_never_moves_back),
        STORY_TEST(a_case_without_maximum_is_not_extended),
        STORY_TEST(a_rebasing_replaces_deadlines_but_not_extensions),
        STORY_TEST(the_first_word_to_the_client_is_the_first_response),
        STORY_TEST(the_answer_meets_target_and_decision),
        STORY_TEST(clocks_do_not_restart_on_reopening),
        STORY_TEST(a_withdrawal_stops_clocks_until_the_case_is_reopened),
        STORY_TEST(the_survey_falls_due_a_week_after_the_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
