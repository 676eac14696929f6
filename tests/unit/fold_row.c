/* Does the row say what the records say: fields, old values, deadlines, clocks, flags? */
#include "support/story.h"

/* --- fields --- */

static void the_row_says_what_was_registered(void **state)
{
    struct story *s = *state;

    story_register(s);
    fold(s);
    assert_view(s->c.row.matter->product, "cards");
    assert_view(s->c.row.first_asked, "t1");
    assert_view(s->c.row.responsible, "t1");
    assert_view(s->c.row.zone, "Europe/Madrid");
    assert_view(s->c.row.profile, "bank-standard");
    assert_int_equal(s->c.row.registered_at, BEGIN);
    assert_int_equal(s->c.row.flags.count, 0);
    assert_int_equal(s->c.row.deadlines.count, 5);
}

static void a_decision_fills_the_row(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);

    SAY(s, CITY, reg, RESOLVED, resolved, .outcome = code("partly"), .bank_error = code("yes"),
        .cause = code("staff"), .redress_minor = 12500, .currency = code("RUB"), .at = DAYS(2));
    fold(s);
    assert_view(s->c.row.outcome, "partly");
    assert_view(s->c.row.bank_error, "yes");
    assert_view(s->c.row.cause, "staff");
    assert_int_equal(s->c.row.redress_minor, 12500);
    assert_view(s->c.row.currency, "RUB");
    assert_int_equal(s->c.row.resolved_at, DAYS(2));
}

static void an_amendment_keeps_the_old_value(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    struct omb_matter said = {.product = code("loans"), .severity = code("normal"),
                              .about = ref(s, PORT), .vulnerable = true};
    int amended = SAY(s, CITY, reg, AMENDED, amended, .matter = &said,
                      .cleared = codes(s, "issue", NULL));

    fold(s);
    assert_view(s->c.row.matter->product, "loans");
    assert_view(s->c.row.matter->issue, "");
    assert_view(s->c.row.matter->channel, "book");
    assert_true(s->c.row.matter->vulnerable);
    assert_int_equal(s->c.corrected_count, 2);
    assert_view(s->c.corrected[0].field, "product");
    assert_view(s->c.corrected[0].value, "cards");
    assert_ptr_equal(s->c.corrected[0].by, &s->events[amended]);
    assert_view(s->c.corrected[1].field, "issue");
    assert_view(s->c.corrected[1].value, "fees");
}

static void old_values_of_every_kind_are_text(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    struct omb_matter said = {.received_at = DAYS(-1), .about = ref(s, LAKE)};

    story_matter(s, reg)->about = ref(s, PORT);
    story_matter(s, reg)->vulnerable = true;
    story_matter(s, reg)->reply_methods = codes(s, "sms", "email");
    SAY(s, CITY, reg, AMENDED, amended, .matter = &said,
        .cleared = codes(s, "vulnerable", "reply-methods"));
    fold(s);
    assert_int_equal(s->c.corrected_count, 4);
    assert_view(s->c.corrected[0].value, "15151515151515151515151515151515");
    assert_view(s->c.corrected[1].value, "2026-03-02T09:00:00.000Z");
    assert_view(s->c.corrected[2].value, "yes");
    assert_view(s->c.corrected[3].value, "sms, email");
    assert_false(s->c.row.matter->vulnerable);
}

static void a_classification_sets_risks_and_keeps_old_values(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);

    SAY(s, CITY, reg, CLASSIFIED, classified, .severity = code("high"),
        .risks = codes(s, "legal", "fraud"));
    fold(s);
    assert_view(s->c.row.matter->severity, "high");
    assert_view(s->c.corrected[0].value, "normal");
    assert_int_equal(s->c.row.flags.count, 2);
    assert_view(s->c.row.flags.items[0], "risk-fraud");
    assert_view(s->c.row.flags.items[1], "risk-legal");
}

static void the_word_of_the_office_above_comes_last(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int up = ESCALATE(s, CITY, reg, NORTH);

    SAY(s, NORTH, up, PLANNED, planned, .cause = code("system"));
    SAY(s, CITY, reg, PLANNED, planned, .cause = code("staff"));
    fold(s);
    assert_view(s->c.row.cause, "system");
}

static void a_later_place_comes_after_an_earlier_one(void **state)
{
    struct story *s = *state;
    int up = ESCALATE(s, CITY, story_register(s), NORTH);
    int back = RETURN(s, NORTH, up, CITY);

    SAY(s, CITY, back, PLANNED, planned, .cause = code("staff"));
    SAY(s, NORTH, up, PLANNED, planned, .cause = code("system"));
    fold(s);
    assert_view(s->c.row.cause, "staff");
}

static void at_one_place_the_office_nearest_the_root_has_the_last_word(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int near = SAY(s, NORTH, reg, PROMISED, promised, .due = DAYS(3), .to = code("client"));
    int far = SAY(s, CITY, reg, PROMISED, promised, .due = DAYS(2), .to = code("client"));

    fold(s);
    assert_ptr_equal(s->c.promises[0].event, &s->events[far]);
    assert_ptr_equal(s->c.promises[1].event, &s->events[near]);
}

/* --- responsibility --- */

static int assign(struct story *s, int after, const char *to)
{
    return SAY(s, CITY, after, ASSIGNED, assigned, .responsible = code(to));
}

static int accept(struct story *s, int after, int assignment, const char *by)
{
    s->actor = by;
    return SAY(s, CITY, after, ACCEPTED, accepted, .assignment = *digest_of(s, assignment));
}

static void the_first_asked_stays_until_another_accepts(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int given = assign(s, reg, "t2");

    fold(s);
    assert_view(s->c.row.responsible, "t1");
    assert_view(s->c.row.assigned, "t2");
    accept(s, reg, given, "t2");
    fold(s);
    assert_view(s->c.row.responsible, "t2");
    assert_view(s->c.row.assigned, "");
    assert_view(s->c.row.first_asked, "t1");
    assert_int_equal(s->c.row.hand_overs, 1);
}

static void only_the_operator_assigned_accepts(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int wrong = accept(s, reg, assign(s, reg, "t2"), "t3");

    fold(s);
    assert_verdict(s, wrong, RULE);
    assert_view(s->c.row.responsible, "t1");
}

static void an_operator_of_that_code_in_another_office_does_not_accept(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int given = assign(s, reg, "t2");
    int up = ESCALATE(s, CITY, reg, NORTH);
    int wrong;

    s->actor = "t2";
    wrong = SAY(s, NORTH, up, ACCEPTED, accepted, .assignment = *digest_of(s, given));
    fold(s);
    assert_verdict(s, wrong, RULE);
    assert_view(s->c.row.responsible, "t1");
}

static void an_assignment_accepted_twice_is_one_hand_over(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int given = assign(s, reg, "t2");

    accept(s, reg, given, "t2");
    accept(s, reg, given, "t2");
    fold(s);
    assert_int_equal(s->c.row.hand_overs, 1);
}

static void too_many_hand_overs_raise_a_flag(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);

    s->policy.hand_overs_max = 2;
    for (int i = 0; i < 2; i++)
        accept(s, reg, assign(s, reg, "t2"), "t2");
    fold(s);
    assert_false(has_flag(s, "hand-overs"));
    accept(s, reg, assign(s, reg, "t3"), "t3");
    fold(s);
    assert_true(has_flag(s, "hand-overs"));
}

static void an_answer_to_a_record_of_another_type_breaks_the_rule(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int wrong = SAY(s, CITY, reg, KEPT, kept, .promise = *digest_of(s, reg));

    fold(s);
    assert_verdict(s, wrong, RULE);
    assert_by(s, wrong, reg);
}

static void an_answer_to_a_record_without_effect_has_none(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int fake = SAY(s, PORT, reg, PROMISED, promised, .due = DAYS(2));
    int kept = SAY(s, CITY, reg, KEPT, kept, .promise = *digest_of(s, fake));

    fold(s);
    assert_verdict(s, fake, NO_RIGHT);
    assert_verdict(s, kept, RULE);
    assert_int_equal(s->c.promise_count, 0);
}

static void a_promise_is_kept_in_any_order(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int up = ESCALATE(s, CITY, reg, NORTH);
    int promise = SAY(s, CITY, up, PROMISED, promised, .due = DAYS(2));

    SAY(s, CITY, reg, KEPT, kept, .promise = *digest_of(s, promise));
    fold(s);
    assert_int_equal(s->c.promise_count, 1);
    assert_true(s->c.promises[0].kept);
}

/* --- links --- */

static void an_earlier_case_governs_until_it_is_unlinked(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    struct omb_case_id other = s->id;
    struct omb_deadline sooner[] = {{code("decision"), DAYS(10), true},
                                    {code("maximum"), DAYS(90), true}};
    int link;

    other.serial = 3;
    link = SAY(s, CITY, reg, LINKED, linked, .other = &other, .relation = code("same-matter"),
               .received_at = DAYS(-11), .deadlines = {sooner, 2});
    fold(s);
    assert_int_equal(s->c.tie_count, 1);
    assert_int_equal(deadline(s, "decision")->due, DAYS(10));
    assert_int_equal(deadline(s, "maximum")->due, MAXIMUM);
    SAY(s, CITY, reg, UNLINKED, unlinked, .link = *digest_of(s, link));
    fold(s);
    assert_int_equal(s->c.tie_count, 0);
    assert_int_equal(deadline(s, "decision")->due, DECISION);
}

static void a_case_is_not_linked_to_itself(void **state)
{
    struct story *s = *state;
    int link = SAY(s, CITY, story_register(s), LINKED, linked, .other = &s->id,
                   .relation = code("related"));

    fold(s);
    assert_verdict(s, link, RULE);
}

/* --- flags --- */

static void a_low_score_asks_for_attention_until_attended(void **state)
{
    struct story *s = *state;
    int told = ANSWER(s, CITY, RESOLVE(s, CITY, story_register(s), "founded"));
    int low = SAY(s, CITY, told, RATED, rated, .score = 3);

    fold(s);
    assert_true(has_flag(s, "attention"));
    SAY(s, NORTH, told, ATTENDED, attended, .rating = *digest_of(s, low),
        .done = code("called"));
    fold(s);
    assert_false(has_flag(s, "attention"));
}

static void a_score_of_four_asks_for_none(void **state)
{
    struct story *s = *state;
    int told = ANSWER(s, CITY, RESOLVE(s, CITY, story_register(s), "founded"));

    SAY(s, CITY, told, RATED, rated, .score = 4);
    fold(s);
    assert_false(has_flag(s, "attention"));
}

static void a_preventive_action_is_open_until_done(void **state)
{
    struct story *s = *state;
    int decided = RESOLVE(s, CITY, story_register(s), "founded");

    SAID(s, decided, resolved)->prevent = code("training");
    fold(s);
    assert_true(has_flag(s, "action-open"));
    SAY(s, CITY, decided, ACTION_DONE, action_done, .resolution = *digest_of(s, decided),
        .action = code("training"));
    fold(s);
    assert_false(has_flag(s, "action-open"));
}

static void an_imported_case_may_have_no_dates(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    struct omb_imported imported = {.source = code("cfpb"),
                                    .marks = codes(s, "dates-backwards", NULL)};
    int decided = RESOLVE(s, CITY, reg, "unfounded");
    int told = ANSWER(s, CITY, decided);

    SAID(s, decided, resolved)->at = 0;
    SAID(s, told, answered)->at = 0;
    fold(s);
    assert_verdict(s, decided, RULE);
    SAID(s, reg, registered)->imported = &imported;
    fold(s);
    assert_verdict(s, decided, EFFECT);
    assert_verdict(s, told, EFFECT);
    assert_true(s->c.row.imported);
    assert_true(s->c.row.undated);
    assert_int_equal(s->c.row.resolved_at, 0);
    assert_int_equal(s->c.row.flags.count, 3);
    assert_view(s->c.row.flags.items[0], "dates-backwards");
    assert_view(s->c.row.flags.items[1], "imported");
    assert_view(s->c.row.flags.items[2], "undated");
}

static void dates_that_run_backwards_are_flagged(void **state)
{
    struct story *s = *state;
    int decided = RESOLVE(s, CITY, story_register(s), "founded");

    SAID(s, decided, resolved)->at = DAYS(-1);
    fold(s);
    assert_true(has_flag(s, "dates-backwards"));
}

static void flags_of_the_matter_are_words(void **state)
{
    struct story *s = *state;
    struct omb_matter *matter = story_matter(s, story_register(s));

    matter->anonymous = matter->confidential = matter->vulnerable = true;
    fold(s);
    assert_int_equal(s->c.row.flags.count, 3);
    assert_view(s->c.row.flags.items[0], "anonymous");
    assert_view(s->c.row.flags.items[1], "confidential");
    assert_view(s->c.row.flags.items[2], "vulnerable");
}

/* --- outcomes --- */

static void an_outcome_fits_the_kind(void **state)
{
    struct story *s = *state;
    int wrong = RESOLVE(s, CITY, story_register(s), "thanked");

    fold(s);
    assert_verdict(s, wrong, RULE);
    assert_status(s, OPEN);
}

static void an_amended_kind_takes_no_effect_away(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    struct omb_matter said = {.kind = code("suggestion")};
    int decided = RESOLVE(s, CITY, reg, "founded");

    SAY(s, CITY, reg, AMENDED, amended, .matter = &said);
    fold(s);
    assert_verdict(s, decided, EFFECT);
    SAID(s, decided, resolved)->outcome = code("thanked");
    fold(s);
    assert_verdict(s, decided, EFFECT);
}

static void words_say_what_became_of_an_event(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int late = RESOLVE(s, CITY, reg, "unfounded");
    int lone = CONTACT(s, SOUTH, reg);
    char words[160];

    TAKE(s, NORTH, reg);
    fold(s);
    omb_judged_words(judged(s, reg), words, sizeof(words));
    assert_string_equal(words, "");
    omb_judged_words(judged(s, late), words, sizeof(words));
    assert_ptr_equal(strstr(words, "superseded by record "), words);
    omb_judged_words(judged(s, lone), words, sizeof(words));
    assert_string_equal(words, "only a party of the case may do that there");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY_TEST(the_row_says_what_was_registered),
        STORY_TEST(a_decision_fills_the_row),
        STORY_TEST(an_amendment_keeps_the_old_value),
        STORY_TEST(old_values_of_every_kind_are_text),
        STORY_TEST(a_classification_sets_risks_and_keeps_old_values),
        STORY_TEST(the_word_of_the_office_above_comes_last),
        STORY_TEST(a_later_place_comes_after_an_earlier_one),
        STORY_TEST(at_one_place_the_office_nearest_the_root_has_the_last_word),
        STORY_TEST(the_first_asked_stays_until_another_accepts),
        STORY_TEST(only_the_operator_assigned_accepts),
        STORY_TEST(an_operator_of_that_code_in_another_office_does_not_accept),
        STORY_TEST(an_assignment_accepted_twice_is_one_hand_over),
        STORY_TEST(too_many_hand_overs_raise_a_flag),
        STORY_TEST(an_answer_to_a_record_of_another_type_breaks_the_rule),
        STORY_TEST(an_answer_to_a_record_without_effect_has_none),
        STORY_TEST(a_promise_is_kept_in_any_order),
        STORY_TEST(an_earlier_case_governs_until_it_is_unlinked),
        STORY_TEST(a_case_is_not_linked_to_itself),
        STORY_TEST(a_low_score_asks_for_attention_until_attended),
        STORY_TEST(a_score_of_four_asks_for_none),
        STORY_TEST(a_preventive_action_is_open_until_done),
        STORY_TEST(an_imported_case_may_have_no_dates),
        STORY_TEST(dates_that_run_backwards_are_flagged),
        STORY_TEST(flags_of_the_matter_are_words),
        STORY_TEST(an_outcome_fits_the_kind),
        STORY_TEST(an_amended_kind_takes_no_effect_away),
        STORY_TEST(words_say_what_became_of_an_event),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
