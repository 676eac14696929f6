/* Does the author's door say what is wrong, in which field, and who could? */
#include "support/story.h"

static struct omb_error error;
static struct omb_buf warnings;

/* The last event of the story knocks; the others are the case. */
static enum omb_rc knock(struct story *s)
{
    struct omb_seats seats = story_seats(s);
    const struct omb_event *event = &s->events[--s->count];

    if (s->count > 0)
        fold_events(s, s->events, s->count);
    memset(&error, 0, sizeof(error));
    omb_buf_clear(&warnings);
    return omb_rules_door(s->count > 0 ? &s->c : NULL, event, &s->policy, &seats, &warnings,
                          &error);
}

#define assert_refused(s, RC, field_, words_)                                                     \
    do {                                                                                           \
        assert_int_equal(knock(s), OMB_##RC);                                                      \
        assert_string_equal(error.field, field_);                                                  \
        assert_string_equal(error.words, words_);                                                  \
    } while (0)

static void a_good_registration_comes_in(void **state)
{
    struct story *s = *state;

    story_register(s);
    assert_int_equal(knock(s), OMB_OK);
}

static void a_complaint_needs_a_product(void **state)
{
    struct story *s = *state;

    story_matter(s, story_register(s))->product = OMB_VIEW_NONE;
    assert_refused(s, MISSING, "product", "a complaint or claim needs a product");
}

static void a_suggestion_needs_none(void **state)
{
    struct story *s = *state;
    struct omb_matter *matter = story_matter(s, story_register(s));

    matter->kind = code("suggestion");
    matter->product = OMB_VIEW_NONE;
    assert_int_equal(knock(s), OMB_OK);
}

static void a_kind_must_be_said(void **state)
{
    struct story *s = *state;

    story_matter(s, story_register(s))->kind = OMB_VIEW_NONE;
    assert_refused(s, MISSING, "kind", "`new`: a registration says which kind of case it is");
}

static void an_unknown_code_is_refused(void **state)
{
    struct story *s = *state;

    story_matter(s, story_register(s))->product = code("card");
    assert_int_equal(knock(s), OMB_UNKNOWN_CODE);
    assert_non_null(strstr(error.words, "cards"));
}

static void receipt_does_not_lie_in_the_future(void **state)
{
    struct story *s = *state;

    story_matter(s, story_register(s))->received_at = DAYS(3);
    assert_refused(s, INVALID, "received_at", "received_at lies in the future");
}

static void a_second_registration_is_refused(void **state)
{
    struct story *s = *state;

    story_register(s);
    story_register(s);
    assert_refused(s, REFUSED, "", "the case is open: `new` needs a new case");
}

static void a_closed_case_says_what_to_do_first(void **state)
{
    struct story *s = *state;
    int shut = CLOSE(s, CITY, ANSWER(s, CITY, RESOLVE(s, CITY, story_register(s), "founded")));

    RESOLVE(s, CITY, shut, "partly");
    assert_refused(s, REFUSED, "",
                   "the case is closed: `resolve` needs an open case; reopen it first");
}

static void an_open_case_says_what_to_do_first(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);

    CLOSE(s, CITY, reg);
    assert_refused(s, REFUSED, "",
                   "the case is open: `close` needs an answered case; resolve and answer it first");
    ANSWER(s, CITY, reg);
    assert_refused(s, REFUSED, "",
                   "the case is open: `answer` needs a resolved case; resolve it first");
}

static void the_door_is_narrower_than_the_fold(void **state)
{
    struct story *s = *state;

    SAY(s, CITY, story_register(s), RATED, rated, .score = 7);
    assert_refused(s, REFUSED, "",
                   "the case is open: `rate` needs an answered, closed or withdrawn case; resolve "
                   "and answer it first");
}

static void an_office_below_is_told_who_has_custody(void **state)
{
    struct story *s = *state;

    RESOLVE(s, CITY, ESCALATE(s, CITY, story_register(s), NORTH), "founded");
    assert_refused(s, REFUSED, "",
                   "the case is open, home is this office, custody is with north: only the "
                   "custodian may `resolve`; the custodian can `return` or `delegate` it");
}

static void an_office_above_is_told_to_take_over(void **state)
{
    struct story *s = *state;

    RESOLVE(s, NORTH, story_register(s), "founded");
    assert_refused(s, REFUSED, "",
                   "the case is open, home is city, custody is with city: only the custodian may "
                   "`resolve`; `take` the case over first");
}

static void an_office_without_a_code_is_another_office(void **state)
{
    struct story *s = *state;

    s->seats[CITY].code = OMB_VIEW_NONE;
    NOTE(s, SOUTH, story_register(s));
    assert_refused(s, REFUSED, "",
                   "the case is open, home is another office, custody is with another office: only "
                   "a party of the case may `note`");
}

static void nothing_is_added_before_the_registration(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);

    NOTE(s, CITY, reg);
    NOTE(s, CITY, reg);
    s->events[0] = s->events[1];
    s->events[1] = s->events[2];
    s->count = 2;
    assert_refused(s, REFUSED, "",
                   "the registration of the case is not here yet: `note` has to wait");
}

static void the_acting_system_does_not_decide(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);

    s->actor = "system";
    RESOLVE(s, CITY, reg, "founded");
    assert_refused(s, FORBIDDEN, "", "`resolve` needs an operator, not `system`");
    ESCALATE(s, CITY, reg, NORTH);
    assert_int_equal(knock(s), OMB_OK);
}

static void a_promise_beyond_the_decision_limit_is_refused(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);

    SAY(s, CITY, reg, PROMISED, promised, .due = DECISION + 1, .to = code("client"));
    assert_refused(s, REFUSED, "due",
                   "no promise goes beyond the limit `decision` of the case, "
                   "2026-03-23T09:00:00.000Z");
    SAY(s, CITY, reg, PROMISED, promised, .due = DECISION, .to = code("client"));
    assert_int_equal(knock(s), OMB_OK);
}

static void a_promise_to_an_office_may_be_later(void **state)
{
    struct story *s = *state;

    SAY(s, CITY, story_register(s), PROMISED, promised, .due = DECISION + 1,
        .to = code("office"));
    assert_int_equal(knock(s), OMB_OK);
}

static void a_promise_is_for_the_future(void **state)
{
    struct story *s = *state;

    SAY(s, CITY, story_register(s), PROMISED, promised, .due = BEGIN, .to = code("client"));
    assert_refused(s, INVALID, "due", "a promise is for the future");
}

static void an_extension_names_what_it_lacks(void **state)
{
    struct story *s = *state;

    SAY(s, CITY, story_register(s), EXTENDED, extended, .limit = code("decision"),
        .until = DAYS(30), .ground = code("other"), .at = BEGIN);
    assert_refused(s, MISSING, "method",
                   "`extend`: an extension needs notice to the client: say how");
}

static void a_limit_that_has_passed_is_not_extended(void **state)
{
    struct story *s = *state;
    int late = SAY(s, CITY, story_register(s), EXTENDED, extended, .limit = code("decision"),
                   .until = DAYS(30), .ground = code("other"), .method = code("phone"),
                   .at = DAYS(22));

    s->events[late].time_ms = DAYS(22);
    assert_refused(s, REFUSED, "limit",
                   "the limit `decision` has passed: it can no longer be extended");
}

static void a_founded_complaint_has_a_cause(void **state)
{
    struct story *s = *state;
    int decided = RESOLVE(s, CITY, story_register(s), "founded");

    SAID(s, decided, resolved)->cause = OMB_VIEW_NONE;
    SAID(s, decided, resolved)->at = BEGIN;
    assert_refused(s, MISSING, "cause", "a founded complaint has a cause");
}

static void an_outcome_fits_the_kind_as_it_is_now(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    struct omb_matter said = {.kind = code("commendation")};
    int decided;

    SAY(s, CITY, reg, AMENDED, amended, .matter = &said);
    decided = RESOLVE(s, CITY, reg, "founded");
    SAID(s, decided, resolved)->at = BEGIN;
    assert_refused(s, INVALID, "outcome", "`founded` is no outcome of a commendation");
}

static void redress_needs_a_currency_of_three_capitals(void **state)
{
    struct story *s = *state;
    int decided = RESOLVE(s, CITY, story_register(s), "founded");
    struct omb_resolved *facts = SAID(s, decided, resolved);

    facts->at = BEGIN;
    facts->redress_minor = 100;
    assert_refused(s, MISSING, "currency", "`resolve`: redress needs a currency");
    s->count++;
    facts->currency = code("rub");
    assert_refused(s, INVALID, "currency",
                   "`resolve`: a currency is three capital letters, as in ISO 4217");
    s->count++;
    facts->currency = code("RUB");
    assert_int_equal(knock(s), OMB_OK);
}

static void a_preventive_action_has_an_owner_and_a_date(void **state)
{
    struct story *s = *state;
    int decided = RESOLVE(s, CITY, story_register(s), "founded");
    struct omb_resolved *facts = SAID(s, decided, resolved);

    facts->at = BEGIN;
    facts->prevent = code("training");
    assert_refused(s, MISSING, "prevent_owner", "a preventive action has an owner");
    s->count++;
    facts->prevent_owner = code("h2");
    assert_refused(s, MISSING, "prevent_due", "a preventive action has a due date");
}

static void an_unreachable_client_was_tried(void **state)
{
    struct story *s = *state;
    int told = ANSWER(s, CITY, RESOLVE(s, CITY, story_register(s), "founded"));

    SAID(s, told, answered)->method = code("unreachable");
    SAID(s, told, answered)->at = BEGIN;
    assert_refused(s, MISSING, "tries",
                   "`answer`: an unreachable client was tried: say how often");
}

static void only_an_anonymous_client_gets_no_answer(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int told = ANSWER(s, CITY, RESOLVE(s, CITY, reg, "founded"));

    SAID(s, told, answered)->method = code("none-anonymous");
    SAID(s, told, answered)->at = BEGIN;
    assert_int_equal(knock(s), OMB_REFUSED);
    assert_string_equal(error.field, "method");
    s->count++;
    story_matter(s, reg)->anonymous = true;
    assert_int_equal(knock(s), OMB_OK);
}

static void an_answer_that_ignores_the_contacts_left_is_warned_about(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int told = ANSWER(s, CITY, RESOLVE(s, CITY, reg, "founded"));

    SAID(s, told, answered)->at = BEGIN;
    assert_int_equal(knock(s), OMB_OK);
    assert_string_equal(omb_buf_str(&warnings), "");
    s->count++;
    story_matter(s, reg)->reply_methods = codes(s, "sms", "email");
    assert_int_equal(knock(s), OMB_OK);
    assert_string_equal(omb_buf_str(&warnings),
                        "the client left other contacts than `phone` for the answer\n");
    omb_buf_free(&warnings);
}

static void a_confidential_answer_is_warned_about(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int told = ANSWER(s, CITY, RESOLVE(s, CITY, reg, "founded"));

    SAID(s, told, answered)->at = BEGIN;
    SAID(s, told, answered)->method = code("post");
    story_matter(s, reg)->confidential = true;
    assert_int_equal(knock(s), OMB_OK);
    assert_string_equal(omb_buf_str(&warnings),
                        "the case is confidential: others than the client may read `post`\n");
    omb_buf_free(&warnings);
}

static void a_closing_says_whether_the_client_accepts(void **state)
{
    struct story *s = *state;
    int told = ANSWER(s, CITY, RESOLVE(s, CITY, story_register(s), "founded"));

    SAY(s, CITY, told, CLOSED, closed, .at = BEGIN);
    assert_refused(s, MISSING, "accepts", "`close`: a closing says whether the client accepts");
}

static void a_score_is_from_1_to_10(void **state)
{
    struct story *s = *state;
    int told = ANSWER(s, CITY, RESOLVE(s, CITY, story_register(s), "founded"));

    SAY(s, CITY, told, RATED, rated, .score = 11);
    assert_refused(s, INVALID, "score", "`rate`: a score is from 1 to 10");
    SAY(s, CITY, told, RATED, rated, .score = 0);
    assert_refused(s, MISSING, "score", "`rate`: a rating has a score from 1 to 10");
}

static void a_high_score_needs_no_attention(void **state)
{
    struct story *s = *state;
    int told = ANSWER(s, CITY, RESOLVE(s, CITY, story_register(s), "founded"));
    int high = SAY(s, CITY, told, RATED, rated, .score = 9);

    SAY(s, CITY, told, ATTENDED, attended, .rating = *digest_of(s, high), .done = code("call"));
    assert_refused(s, REFUSED, "rating",
                   "that score is not low: it is not on the attention list");
}

static void what_is_not_there_is_not_answered(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);

    SAY(s, CITY, reg, KEPT, kept, .promise = story_digest(77));
    assert_refused(s, NOT_FOUND, "promise", "the case has no such record to `keep`");
    SAY(s, CITY, reg, KEPT, kept, .promise = {{0}});
    assert_refused(s, MISSING, "promise", "`keep`: does not name the record that it answers");
    SAY(s, CITY, reg, KEPT, kept, .promise = *digest_of(s, reg));
    assert_refused(s, REFUSED, "promise",
                   "`keep`: names a record of another type than the one it answers");
}

static void what_was_done_is_not_done_again(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int promise = SAY(s, CITY, reg, PROMISED, promised, .due = DAYS(2));

    SAY(s, CITY, reg, KEPT, kept, .promise = *digest_of(s, promise));
    SAY(s, CITY, reg, KEPT, kept, .promise = *digest_of(s, promise));
    assert_refused(s, REFUSED, "promise", "that was done already");
}

static void the_asked_office_may_reply_at_the_door(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int asked = SAY(s, CITY, reg, ASKED, asked, .to = ref(s, CARDS), .due = DAYS(4));

    SAY(s, CARDS, reg, REPLIED, replied, .question = *digest_of(s, asked));
    assert_int_equal(knock(s), OMB_OK);
    SAY(s, HEAD, reg, REPLIED, replied, .question = *digest_of(s, asked));
    assert_int_equal(knock(s), OMB_REFUSED);
    assert_non_null(strstr(error.words, "only the office that was asked may `reply`"));
}

static void a_date_of_today_is_not_in_the_future(void **state)
{
    struct story *s = *state;

    story_matter(s, story_register(s))->received_at = BEGIN + OMB_HOUR_MS;
    assert_int_equal(knock(s), OMB_OK);
}

static void after_the_answer_a_promise_has_no_limit(void **state)
{
    struct story *s = *state;
    int told = ANSWER(s, CITY, RESOLVE(s, CITY, story_register(s), "founded"));

    SAY(s, CITY, told, PROMISED, promised, .due = DECISION + 1, .to = code("client"));
    assert_int_equal(knock(s), OMB_OK);
}

static void a_withdrawal_says_how_the_client_told_it(void **state)
{
    struct story *s = *state;

    SAY(s, CITY, story_register(s), WITHDRAWN, withdrawn, .at = BEGIN);
    assert_refused(s, MISSING, "method", "a withdrawal says how the client told it");
}

static void only_a_preventive_action_that_was_asked_for_is_done(void **state)
{
    struct story *s = *state;
    int decided = RESOLVE(s, CITY, story_register(s), "founded");

    SAY(s, CITY, decided, ACTION_DONE, action_done, .resolution = *digest_of(s, decided),
        .action = code("training"));
    assert_refused(s, REFUSED, "resolution",
                   "that decision asked for no preventive action");
}

static void an_erased_case_is_not_erased_again(void **state)
{
    struct story *s = *state;
    int told = ANSWER(s, CITY, RESOLVE(s, CITY, story_register(s), "founded"));
    int asked = SAY(s, CITY, told, ERASED, erased, .ground = code("client-asks"));

    SAY(s, NORTH, told, ERASURE_CONFIRMED, erasure_confirmed, .erasure = *digest_of(s, asked));
    SAY(s, CITY, told, ERASED, erased, .ground = code("client-asks"));
    assert_refused(s, ERASED, "", "the case was erased already");
}

/* What comes in by the door takes effect when it is folded. */
static void what_the_door_lets_in_takes_effect(void **state)
{
    struct story *s = *state;
    int at = story_register(s);
    int last;

    for (int i = 0; i < 9; i++) {
        last = i == 0   ? ESCALATE(s, CITY, at, NORTH)
               : i == 1 ? DELEGATE(s, NORTH, at, LAKE)
               : i == 2 ? TAKE(s, NORTH, at)
               : i == 3 ? RETURN(s, NORTH, at, CITY)
               : i == 4 ? RESOLVE(s, CITY, at, "partly")
               : i == 5 ? ANSWER(s, CITY, at)
               : i == 6 ? CLOSE(s, CITY, at)
               : i == 7 ? REOPEN(s, CITY, at)
                        : WITHDRAW(s, CITY, at);
        s->events[last].time_ms = DAYS(6);
        assert_int_equal(knock(s), OMB_OK);
        s->count++;
        fold_events(s, s->events, s->count);
        assert_verdict(s, last, EFFECT);
        at = last;
    }
    assert_status(s, WITHDRAWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY_TEST(a_good_registration_comes_in),
        STORY_TEST(a_complaint_needs_a_product),
        STORY_TEST(a_suggestion_needs_none),
        STORY_TEST(a_kind_must_be_said),
        STORY_TEST(an_unknown_code_is_refused),
        STORY_TEST(receipt_does_not_lie_in_the_future),
        STORY_TEST(a_second_registration_is_refused),
        STORY_TEST(a_closed_case_says_what_to_do_first),
        STORY_TEST(an_open_case_says_what_to_do_first),
        STORY_TEST(the_door_is_narrower_than_the_fold),
        STORY_TEST(an_office_below_is_told_who_has_custody),
        STORY_TEST(an_office_above_is_told_to_take_over),
        STORY_TEST(an_office_without_a_code_is_another_office),
        STORY_TEST(nothing_is_added_before_the_registration),
        STORY_TEST(the_acting_system_does_not_decide),
        STORY_TEST(a_promise_beyond_the_decision_limit_is_refused),
        STORY_TEST(a_promise_to_an_office_may_be_later),
        STORY_TEST(a_promise_is_for_the_future),
        STORY_TEST(an_extension_names_what_it_lacks),
        STORY_TEST(a_limit_that_has_passed_is_not_extended),
        STORY_TEST(a_founded_complaint_has_a_cause),
        STORY_TEST(an_outcome_fits_the_kind_as_it_is_now),
        STORY_TEST(redress_needs_a_currency_of_three_capitals),
        STORY_TEST(a_preventive_action_has_an_owner_and_a_date),
        STORY_TEST(an_unreachable_client_was_tried),
        STORY_TEST(only_an_anonymous_client_gets_no_answer),
        STORY_TEST(an_answer_that_ignores_the_contacts_left_is_warned_about),
        STORY_TEST(a_confidential_answer_is_warned_about),
        STORY_TEST(a_closing_says_whether_the_client_accepts),
        STORY_TEST(a_score_is_from_1_to_10),
        STORY_TEST(a_high_score_needs_no_attention),
        STORY_TEST(what_is_not_there_is_not_answered),
        STORY_TEST(what_was_done_is_not_done_again),
        STORY_TEST(the_asked_office_may_reply_at_the_door),
        STORY_TEST(a_date_of_today_is_not_in_the_future),
        STORY_TEST(after_the_answer_a_promise_has_no_limit),
        STORY_TEST(a_withdrawal_says_how_the_client_told_it),
        STORY_TEST(only_a_preventive_action_that_was_asked_for_is_done),
        STORY_TEST(an_erased_case_is_not_erased_again),
        STORY_TEST(what_the_door_lets_in_takes_effect),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
