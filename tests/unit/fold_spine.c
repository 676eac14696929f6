/* Does the walk along the spine give one story, whatever the order in which records come? */
#include "support/story.h"

/* --- the life of a case --- */

static void a_registration_opens_the_case(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);

    fold(s);
    assert_verdict(s, reg, EFFECT);
    assert_status(s, OPEN);
    assert_custody(s, CITY);
    assert_view(s->c.row.status, "open");
    assert_true(omb_digest_equal(&s->c.row.spine, digest_of(s, reg)));
    assert_int_equal(s->c.row.events, 1);
}

static void a_case_goes_from_registration_to_closing(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int decided = RESOLVE(s, CITY, reg, "founded");
    int told = ANSWER(s, CITY, decided);
    int shut = CLOSE(s, CITY, told);

    fold(s);
    assert_verdict(s, shut, EFFECT);
    assert_int_equal(judged(s, shut)->place, 3);
    assert_int_equal(judged(s, told)->status_after, OMB_STATUS_ANSWERED);
    assert_status(s, CLOSED);
    assert_ptr_equal(s->c.resolved->facts, s->events[decided].facts);
}

static void a_reopened_case_is_decided_again(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int first = RESOLVE(s, CITY, reg, "unfounded");
    int open = REOPEN(s, CITY, ANSWER(s, CITY, first));
    int second = RESOLVE(s, CITY, open, "founded");

    fold(s);
    assert_verdict(s, second, EFFECT);
    assert_status(s, RESOLVED);
    assert_view(s->c.row.outcome, "founded");
    assert_ptr_equal(s->c.resolved->facts, s->events[second].facts);
}

static void a_reopened_case_has_no_outcome(void **state)
{
    struct story *s = *state;
    int told = ANSWER(s, CITY, RESOLVE(s, CITY, story_register(s), "unfounded"));

    REOPEN(s, CITY, told);
    fold(s);
    assert_status(s, OPEN);
    assert_view(s->c.row.outcome, "");
    assert_int_equal(s->c.row.resolved_at, 0);
    assert_int_equal(s->c.row.answered_at, 0);
    assert_null(s->c.resolved);
}

static void a_withdrawn_case_is_home_and_may_be_reopened(void **state)
{
    struct story *s = *state;
    int up = ESCALATE(s, CITY, story_register(s), NORTH);
    int gone = WITHDRAW(s, CITY, up);

    fold(s);
    assert_verdict(s, gone, EFFECT);
    assert_status(s, WITHDRAWN);
    assert_custody(s, CITY);
    assert_true(has_flag(s, "withdrawn"));
    REOPEN(s, CITY, gone);
    fold(s);
    assert_status(s, OPEN);
}

static void a_step_out_of_turn_has_no_effect(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int early = ANSWER(s, CITY, reg);
    int after = CLOSE(s, CITY, early);

    fold(s);
    assert_verdict(s, early, BAD_STATUS);
    assert_string_equal(judged(s, early)->why, "needs a resolved case there");
    assert_verdict(s, after, RULE);
    assert_by(s, after, early);
    assert_status(s, OPEN);
}

/* --- two offices at once --- */

static void the_office_nearest_the_root_wins(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int late = RESOLVE(s, CITY, reg, "unfounded");
    int taken = TAKE(s, NORTH, reg);

    fold(s);
    assert_verdict(s, taken, EFFECT);
    assert_verdict(s, late, SUPERSEDED);
    assert_by(s, late, taken);
    assert_status(s, OPEN);
    assert_custody(s, NORTH);
    assert_int_equal(s->c.superseded, 1);
    assert_true(has_flag(s, "superseded"));
}

static void two_offices_above_do_not_tie(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int region = TAKE(s, NORTH, reg);
    int head = TAKE(s, HEAD, reg);

    fold(s);
    assert_verdict(s, head, EFFECT);
    assert_by(s, region, head);
    assert_custody(s, HEAD);
}

static void nobody_unsays_what_it_said(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int said = RESOLVE(s, CITY, reg, "unfounded");
    int unsaid = RESOLVE(s, CITY, reg, "founded");

    fold(s);
    assert_verdict(s, said, EFFECT);
    assert_by(s, unsaid, said);
    assert_view(s->c.row.outcome, "unfounded");
}

static void a_later_life_of_a_log_comes_later(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int second = RESOLVE(s, CITY, reg, "founded");
    int first = RESOLVE(s, CITY, reg, "unfounded");

    s->events[second].incarnation.bytes[3] = 2;
    fold(s);
    assert_verdict(s, first, EFFECT);
    assert_by(s, second, first);
}

static void home_wins_against_its_equals(void **state)
{
    struct story *s = *state;
    int down = DELEGATE(s, NORTH, ESCALATE(s, CITY, story_register(s), NORTH), LAKE);
    int decided = RESOLVE(s, LAKE, down, "founded");
    int gone = WITHDRAW(s, CITY, down);

    fold(s);
    assert_verdict(s, gone, EFFECT);
    assert_by(s, decided, gone);
}

static void among_equals_the_smaller_digest_wins(void **state)
{
    struct story *s = *state;
    int up = ESCALATE(s, CITY, story_register(s), NORTH);
    int told = ANSWER(s, CITY, RESOLVE(s, NORTH, up, "founded"));
    int one = REOPEN(s, NORTH, told);
    int other = REOPEN(s, CARDS, told);
    int winner;

    /* Two offices of one depth with the right, neither of them home. */
    s->seats[CITY].above[2] = s->seats[CARDS].office;
    s->seats[CITY].above_count = 3;
    winner = OMB_ID_COMPARE(digest_of(s, one), digest_of(s, other)) < 0 ? one : other;
    fold(s);
    assert_verdict(s, winner, EFFECT);
    assert_verdict(s, winner == one ? other : one, SUPERSEDED);
}

static void an_office_without_right_does_not_compete(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int foreign = TAKE(s, SOUTH, reg);
    int decided = RESOLVE(s, CITY, reg, "founded");

    fold(s);
    assert_verdict(s, foreign, NO_RIGHT);
    assert_string_equal(judged(s, foreign)->why,
                        "only an office above the custodian may do that there");
    assert_verdict(s, decided, EFFECT);
    assert_false(has_flag(s, "superseded"));
}

/* --- lines that lost --- */

static void what_follows_a_lost_line_moves_nothing(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int lost = RESOLVE(s, CITY, reg, "unfounded");
    int told = ANSWER(s, CITY, lost);
    int shut = CLOSE(s, CITY, told);
    int open = REOPEN(s, CITY, shut);
    int taken = TAKE(s, NORTH, reg);

    fold(s);
    assert_by(s, lost, taken);
    assert_by(s, told, taken);
    assert_by(s, shut, taken);
    assert_by(s, open, taken);
    assert_verdict(s, open, SUPERSEDED);
    assert_int_equal(s->c.superseded, 4);
    assert_custody(s, NORTH);
}

static void a_contact_on_a_lost_line_stays(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int lost = RESOLVE(s, CITY, reg, "unfounded");
    int contact = CONTACT(s, CITY, lost);
    int score = SAY(s, CITY, ANSWER(s, CITY, lost), RATED, rated, .score = 2);

    TAKE(s, NORTH, reg);
    fold(s);
    assert_verdict(s, contact, EFFECT);
    assert_int_equal(judged(s, contact)->place, 0);
    assert_verdict(s, score, EFFECT);
    assert_int_equal(s->c.row.score, 2);
    assert_true(has_flag(s, "attention"));
}

static void an_answer_on_a_lost_line_stops_the_clocks(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int told = ANSWER(s, CITY, RESOLVE(s, CITY, reg, "unfounded"));

    TAKE(s, NORTH, reg);
    fold(s);
    assert_verdict(s, told, SUPERSEDED);
    assert_status(s, OPEN);
    assert_int_equal(deadline(s, "decision")->met_at, DAYS(3));
    assert_int_equal(s->c.row.answered_at, 0);
    assert_true(has_flag(s, "lost-answer"));
}

static void an_answer_by_an_outsider_stops_no_clock(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);

    ANSWER(s, PORT, RESOLVE(s, CITY, reg, "unfounded"));
    TAKE(s, NORTH, reg);
    fold(s);
    assert_int_equal(deadline(s, "decision")->met_at, 0);
    assert_false(has_flag(s, "lost-answer"));
}

static void an_answer_to_a_decision_without_right_stops_no_clock(void **state)
{
    struct story *s = *state;
    int fake = RESOLVE(s, PORT, story_register(s), "unfounded");
    int told = ANSWER(s, CITY, fake);

    fold(s);
    assert_verdict(s, fake, NO_RIGHT);
    assert_verdict(s, told, RULE);
    assert_string_equal(judged(s, told)->why, "follows a record without effect");
    assert_int_equal(deadline(s, "decision")->met_at, 0);
}

static void right_is_judged_where_the_event_hangs(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int taken = TAKE(s, NORTH, reg);
    int early = SAY(s, CITY, reg, PLANNED, planned, .cause = code("staff"));
    int late = SAY(s, CITY, taken, PLANNED, planned, .cause = code("system"));

    fold(s);
    assert_verdict(s, early, EFFECT);
    assert_verdict(s, late, NO_RIGHT);
    assert_view(s->c.row.cause, "staff");
}

static void what_hangs_on_an_unauthorised_record_hangs_on_its_ancestor(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int up = ESCALATE(s, CITY, reg, NORTH);
    int fake = RESOLVE(s, PORT, up, "founded");
    int contact = CONTACT(s, CITY, ANSWER(s, PORT, fake));

    fold(s);
    assert_verdict(s, fake, NO_RIGHT);
    assert_verdict(s, contact, EFFECT);
    assert_int_equal(judged(s, contact)->place, 1);
}

static void a_spine_event_follows_the_spine_alone(void **state)
{
    struct story *s = *state;
    int note = NOTE(s, CITY, story_register(s));
    int decided = RESOLVE(s, CITY, note, "founded");
    int hung = NOTE(s, CITY, note);

    fold(s);
    assert_verdict(s, decided, RULE);
    assert_by(s, decided, note);
    assert_verdict(s, hung, EFFECT);
    assert_status(s, OPEN);
}

static void an_event_that_follows_nothing_has_no_effect(void **state)
{
    struct story *s = *state;
    int note;
    int late;

    story_register(s);
    note = NOTE(s, CITY, -1);
    late = RESOLVE(s, CITY, note, "founded");
    fold(s);
    assert_verdict(s, note, RULE);
    assert_verdict(s, late, RULE);
    assert_int_equal(judged(s, note)->place, OMB_PLACE_NONE);
}

/* --- long stories --- */

static void a_long_story_is_the_same_in_any_order(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int up = ESCALATE(s, CITY, reg, NORTH);
    int down = DELEGATE(s, NORTH, up, LAKE);
    int back = RETURN(s, NORTH, TAKE(s, NORTH, down), CITY);
    int lost = RESOLVE(s, LAKE, down, "unfounded");
    int decided = RESOLVE(s, CITY, back, "partly");
    int told = ANSWER(s, CITY, decided);
    int open = REOPEN(s, NORTH, told);
    int shut = CLOSE(s, CITY, told);

    CONTACT(s, LAKE, lost);
    SAY(s, CITY, reg, AMENDED, amended, .cleared = codes(s, "severity", NULL));
    SAY(s, NORTH, up, CLASSIFIED, classified, .risks = codes(s, "legal", "fraud"));
    SAY(s, CITY, shut, RATED, rated, .score = 3);
    NOTE(s, HEAD, open);
    RESOLVE(s, NORTH, open, "founded");
    fold(s);
    assert_verdict(s, open, EFFECT);
    assert_by(s, shut, open);
    assert_verdict(s, lost, SUPERSEDED);
    assert_view(s->c.row.outcome, "founded");
    assert_int_equal(s->c.judged_count, s->count);
}

static void thousands_of_events_fold(void **state)
{
    struct story *s = *state;
    int at = story_register(s);

    for (int i = 0; i < 600; i++) {
        at = ESCALATE(s, CITY, at, NORTH);
        NOTE(s, NORTH, at);
        at = RETURN(s, NORTH, at, CITY);
        CONTACT(s, CITY, at);
        RESOLVE(s, LAKE, at, "founded");
    }
    fold_events(s, s->events, s->count);
    assert_status(s, OPEN);
    assert_int_equal(s->c.judged_count, s->count);
    assert_int_equal(judged(s, at)->place, 1200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY_TEST(a_registration_opens_the_case),
        STORY_TEST(a_case_goes_from_registration_to_closing),
        STORY_TEST(a_reopened_case_is_decided_again),
        STORY_TEST(a_reopened_case_has_no_outcome),
        STORY_TEST(a_withdrawn_case_is_home_and_may_be_reopened),
        STORY_TEST(a_step_out_of_turn_has_no_effect),
        STORY_TEST(the_office_nearest_the_root_wins),
        STORY_TEST(two_offices_above_do_not_tie),
        STORY_TEST(nobody_unsays_what_it_said),
        STORY_TEST(a_later_life_of_a_log_comes_later),
        STORY_TEST(home_wins_against_its_equals),
        STORY_TEST(among_equals_the_smaller_digest_wins),
        STORY_TEST(an_office_without_right_does_not_compete),
        STORY_TEST(what_follows_a_lost_line_moves_nothing),
        STORY_TEST(a_contact_on_a_lost_line_stays),
        STORY_TEST(an_answer_on_a_lost_line_stops_the_clocks),
        STORY_TEST(an_answer_by_an_outsider_stops_no_clock),
        STORY_TEST(an_answer_to_a_decision_without_right_stops_no_clock),
        STORY_TEST(right_is_judged_where_the_event_hangs),
        STORY_TEST(what_hangs_on_an_unauthorised_record_hangs_on_its_ancestor),
        STORY_TEST(a_spine_event_follows_the_spine_alone),
        STORY_TEST(an_event_that_follows_nothing_has_no_effect),
        STORY_TEST(a_long_story_is_the_same_in_any_order),
        STORY_TEST(thousands_of_events_fold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
