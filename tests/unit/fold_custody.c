/* Does custody move as the records say, and may each event be written by whom the table names? */
#include "support/story.h"

/* --- up and down --- */

static void an_escalation_moves_custody_up(void **state)
{
    struct story *s = *state;
    int up = ESCALATE(s, CITY, story_register(s), NORTH);
    int decided = RESOLVE(s, NORTH, up, "founded");

    fold_events(s, s->events, 2);
    assert_custody(s, NORTH);
    assert_int_equal(s->c.row.custodian_depth, 1);
    assert_true(has_flag(s, "escalated"));
    fold(s);
    assert_verdict(s, decided, EFFECT);
    assert_custody(s, CITY);
    assert_true(omb_office_id_equal(&s->c.row.resolver, &s->seats[NORTH].office));
}

static void an_escalation_may_skip_a_level(void **state)
{
    struct story *s = *state;

    ESCALATE(s, CITY, story_register(s), HEAD);
    fold(s);
    assert_custody(s, HEAD);
}

static void a_case_is_escalated_twice(void **state)
{
    struct story *s = *state;
    int up = ESCALATE(s, CITY, story_register(s), NORTH);
    int top = ESCALATE(s, NORTH, up, HEAD);

    fold(s);
    assert_verdict(s, top, EFFECT);
    assert_custody(s, HEAD);
}

static void an_escalation_goes_to_an_office_above(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int aside = ESCALATE(s, CITY, reg, SOUTH);
    int same = ESCALATE(s, CITY, reg, CITY);

    fold(s);
    assert_verdict(s, aside, RULE);
    assert_verdict(s, same, RULE);
    assert_custody(s, CITY);
}

static void only_the_custodian_escalates(void **state)
{
    struct story *s = *state;
    int up = ESCALATE(s, CITY, story_register(s), NORTH);
    int again = ESCALATE(s, CITY, up, HEAD);

    fold(s);
    assert_verdict(s, again, NO_RIGHT);
    assert_custody(s, NORTH);
}

static void a_delegated_case_is_returned_home(void **state)
{
    struct story *s = *state;
    int down = DELEGATE(s, NORTH, ESCALATE(s, CITY, story_register(s), NORTH), LAKE);
    int back;

    fold(s);
    assert_custody(s, LAKE);
    back = RETURN(s, LAKE, down, CITY);
    fold(s);
    assert_verdict(s, back, EFFECT);
    assert_custody(s, CITY);
}

static void a_return_goes_to_an_office_that_had_custody(void **state)
{
    struct story *s = *state;
    int up = ESCALATE(s, CITY, story_register(s), NORTH);
    int stranger = RETURN(s, NORTH, up, LAKE);
    int down = DELEGATE(s, NORTH, up, LAKE);
    int taken = TAKE(s, HEAD, down);
    int back = RETURN(s, HEAD, taken, LAKE);

    fold(s);
    assert_verdict(s, stranger, RULE);
    assert_verdict(s, back, EFFECT);
    assert_custody(s, LAKE);
}

static void a_return_does_not_go_up(void **state)
{
    struct story *s = *state;
    int back = RETURN(s, NORTH, ESCALATE(s, CITY, story_register(s), NORTH), CITY);
    int up = RETURN(s, CITY, back, NORTH);

    fold(s);
    assert_verdict(s, up, RULE);
    assert_custody(s, CITY);
}

static void a_delegation_goes_to_an_office_below(void **state)
{
    struct story *s = *state;
    int up = ESCALATE(s, CITY, story_register(s), NORTH);
    int aside = DELEGATE(s, NORTH, up, PORT);
    int down = DELEGATE(s, NORTH, up, LAKE);

    fold(s);
    assert_verdict(s, aside, RULE);
    assert_verdict(s, down, EFFECT);
}

static void a_take_over_comes_from_above(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int beside = TAKE(s, LAKE, reg);
    int above = TAKE(s, NORTH, reg);
    int below = TAKE(s, CITY, above);

    fold(s);
    assert_verdict(s, beside, NO_RIGHT);
    assert_verdict(s, above, EFFECT);
    assert_verdict(s, below, NO_RIGHT);
    assert_custody(s, NORTH);
}

static void a_reopening_gives_custody_to_its_author(void **state)
{
    struct story *s = *state;
    int told = ANSWER(s, CITY, RESOLVE(s, CITY, story_register(s), "founded"));

    REOPEN(s, HEAD, told);
    fold(s);
    assert_custody(s, HEAD);
}

static void the_resolver_may_answer_and_reopen(void **state)
{
    struct story *s = *state;
    int up = ESCALATE(s, CITY, story_register(s), NORTH);
    int told = ANSWER(s, NORTH, RESOLVE(s, NORTH, up, "founded"));
    int shut = CLOSE(s, NORTH, told);
    int open = REOPEN(s, NORTH, told);

    fold(s);
    assert_verdict(s, told, EFFECT);
    assert_verdict(s, shut, NO_RIGHT);
    assert_verdict(s, open, EFFECT);
}

static void a_resolver_below_may_reopen_after_the_closing(void **state)
{
    struct story *s = *state;
    int down = DELEGATE(s, NORTH, ESCALATE(s, CITY, story_register(s), NORTH), LAKE);
    int shut = CLOSE(s, CITY, ANSWER(s, CITY, RESOLVE(s, LAKE, down, "founded")));
    int open = REOPEN(s, LAKE, shut);

    fold(s);
    assert_verdict(s, open, EFFECT);
    assert_custody(s, LAKE);
}

/* --- home --- */

/* A certificate of the office says that it stands in for the other one; `by` said so first. */
static void succeeds(struct story *s, enum office office, enum office closed, enum office by)
{
    struct omb_succession *succession = OMB_ARENA_NEW(&s->arena, struct omb_succession, 1);

    *succession = (struct omb_succession){s->seats[closed].office, s->seats[by].office};
    s->seats[office].succeeds = succession;
    s->seats[office].succeeds_count = 1;
}

static void a_successor_counts_as_home(void **state)
{
    struct story *s = *state;
    int decided = RESOLVE(s, LAKE, story_register(s), "founded");
    int told = ANSWER(s, LAKE, decided);

    fold(s);
    assert_verdict(s, decided, NO_RIGHT);
    succeeds(s, LAKE, CITY, NORTH);
    fold(s);
    assert_verdict(s, decided, EFFECT);
    assert_verdict(s, told, EFFECT);
}

/* A region whose keys are stolen makes a branch of its own into another region's home. */
static void a_successor_is_named_by_an_office_above_the_closed_one(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int decided = RESOLVE(s, PORT, reg, "founded");
    int given = SAY(s, PORT, reg, GRANTED, granted, .to = ref(s, SOUTH));

    succeeds(s, PORT, CITY, SOUTH);
    fold(s);
    assert_verdict(s, decided, NO_RIGHT);
    assert_false(omb_case_gives_key(&s->c, &s->events[given]));
    assert_false(omb_case_is_holder(&s->c, &s->seats[SOUTH].office));
    succeeds(s, PORT, CITY, HEAD);
    fold(s);
    assert_verdict(s, decided, EFFECT);
    assert_true(omb_case_gives_key(&s->c, &s->events[given]));
}

static void above_is_read_off_a_later_certificate_too(void **state)
{
    struct story *s = *state;
    struct omb_seat moved = s->seats[PORT];
    int taken = TAKE(s, SOUTH, story_register(s));

    fold(s);
    assert_verdict(s, taken, NO_RIGHT);
    s->seats[CITY].later = &moved;
    fold(s);
    assert_verdict(s, taken, EFFECT);
}

/* --- reading and questions --- */

static void a_grant_needs_a_key_and_a_holder(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int given = SAY(s, CITY, reg, GRANTED, granted, .to = ref(s, NORTH));
    int passed = SAY(s, NORTH, reg, GRANTED, granted, .to = ref(s, HEAD));
    int stranger = SAY(s, SOUTH, reg, GRANTED, granted, .to = ref(s, PORT));
    int empty = SAY(s, CITY, reg, GRANTED, granted, .to = ref(s, LAKE));

    s->events[empty].has_grants = false;
    fold(s);
    assert_verdict(s, given, EFFECT);
    assert_verdict(s, passed, EFFECT);
    assert_verdict(s, stranger, NO_RIGHT);
    assert_verdict(s, empty, RULE);
    assert_true(omb_case_gives_key(&s->c, &s->events[given]));
    assert_true(omb_case_gives_key(&s->c, &s->events[passed]));
    assert_false(omb_case_gives_key(&s->c, &s->events[stranger]));
    assert_false(omb_case_gives_key(&s->c, &s->events[empty]));
}

static void a_grant_by_an_office_that_was_never_granted_has_no_effect(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int passed = SAY(s, NORTH, reg, GRANTED, granted, .to = ref(s, HEAD));
    int on = SAY(s, HEAD, reg, GRANTED, granted, .to = ref(s, NORTH));

    fold(s);
    assert_verdict(s, passed, NO_RIGHT);
    assert_verdict(s, on, NO_RIGHT);
    assert_true(omb_case_is_holder(&s->c, &s->seats[CITY].office));
    assert_false(omb_case_is_holder(&s->c, &s->seats[HEAD].office));
    assert_false(omb_case_is_holder(&s->c, &s->seats[NORTH].office));
}

/* A thief with the key of an office makes nobody a holder: the custodian is still owed the key. */
static void a_grant_beyond_a_revocation_makes_no_holder(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int given = SAY(s, CITY, reg, GRANTED, granted, .to = ref(s, NORTH));

    s->events[given].revoked = true;
    fold(s);
    assert_verdict(s, given, REVOKED);
    assert_false(omb_case_gives_key(&s->c, &s->events[given]));
    assert_false(omb_case_is_holder(&s->c, &s->seats[NORTH].office));
}

static void who_stands_in_for_a_closed_home_gives_its_keys(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int given = SAY(s, LAKE, reg, GRANTED, granted, .to = ref(s, NORTH));

    succeeds(s, LAKE, CITY, NORTH);
    fold(s);
    assert_verdict(s, given, EFFECT);
    assert_true(omb_case_gives_key(&s->c, &s->events[given]));
}

/* Home registers it again, from elsewhere: what counts is where it stood the first time. */
static void keys_are_given_where_the_case_was_registered(void **state)
{
    struct story *s = *state;
    struct omb_seat moved = s->seats[PORT];
    int reg = story_register(s);
    int again = story_register(s);
    int given = SAY(s, LAKE, reg, GRANTED, granted, .to = ref(s, NORTH));

    moved.office = s->seats[CITY].office;
    s->events[again].seat = &moved;
    for (unsigned digest = 0; digest < 2; digest++) {
        memset(&s->events[again].digest, digest ? 0xff : 0, sizeof(struct omb_digest));
        s->events[again].digest.bytes[0] = digest ? 0xff : 1;
        succeeds(s, LAKE, CITY, NORTH);
        fold(s);
        assert_verdict(s, again, SUPERSEDED);
        assert_verdict(s, given, EFFECT);
        assert_true(omb_case_gives_key(&s->c, &s->events[given]));
        assert_true(omb_case_is_holder(&s->c, &s->seats[NORTH].office));
    }
}

static void a_share_makes_a_party(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int contact = CONTACT(s, PORT, reg);
    int shared;

    fold(s);
    assert_verdict(s, contact, NO_RIGHT);
    assert_false(is_party(s, PORT));
    shared = SAY(s, CITY, reg, SHARED, shared, .to = ref(s, PORT));
    fold(s);
    assert_verdict(s, shared, EFFECT);
    assert_verdict(s, contact, EFFECT);
    assert_true(is_party(s, PORT));
    assert_true(is_party(s, SOUTH));
}

static void a_question_goes_to_a_service_office(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int asked = SAY(s, CITY, reg, ASKED, asked, .to = ref(s, CARDS), .due = DAYS(4));
    int wrong = SAY(s, CITY, reg, ASKED, asked, .to = ref(s, LAKE), .due = DAYS(4));

    fold(s);
    assert_verdict(s, asked, EFFECT);
    assert_verdict(s, wrong, RULE);
    assert_int_equal(s->c.promise_count, 1);
    assert_false(s->c.promises[0].kept);
    assert_custody(s, CITY);
}

static void the_asked_office_alone_replies(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int asked = SAY(s, CITY, reg, ASKED, asked, .to = ref(s, CARDS), .due = DAYS(4));
    int wrong = SAY(s, HEAD, reg, REPLIED, replied, .question = *digest_of(s, asked));
    int right = SAY(s, CARDS, reg, REPLIED, replied, .question = *digest_of(s, asked));

    fold(s);
    assert_verdict(s, wrong, NO_RIGHT);
    assert_verdict(s, right, EFFECT);
    assert_true(s->c.promises[0].kept);
}

static void a_reply_to_something_else_has_no_effect(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int nobody = SAY(s, CITY, reg, ASKED, asked, .due = DAYS(4));
    int one = SAY(s, CITY, reg, REPLIED, replied, .question = *digest_of(s, nobody));
    int other = SAY(s, CITY, reg, REPLIED, replied, .question = *digest_of(s, reg));

    fold(s);
    assert_verdict(s, nobody, RULE);
    assert_verdict(s, one, NO_RIGHT);
    assert_verdict(s, other, NO_RIGHT);
}

static void a_reply_waits_for_its_question(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int reply = SAY(s, CARDS, reg, REPLIED, replied, .question = story_digest(4));
    int asked = NOTE(s, CITY, reg);

    fold(s);
    assert_verdict(s, reply, WAITS);
    s->count--;
    asked = SAY(s, CITY, reg, ASKED, asked, .to = ref(s, CARDS), .due = DAYS(4));
    SAID(s, reply, replied)->question = *digest_of(s, asked);
    fold(s);
    assert_verdict(s, reply, EFFECT);
}

/* --- parties --- */

static void parties_are_home_those_named_and_those_above(void **state)
{
    struct story *s = *state;

    ESCALATE(s, CITY, story_register(s), SOUTH); /* without effect, and a party all the same */
    fold(s);
    assert_true(is_party(s, CITY));
    assert_true(is_party(s, NORTH));
    assert_true(is_party(s, HEAD));
    assert_true(is_party(s, SOUTH));
    assert_false(is_party(s, PORT));
    assert_int_equal(s->c.party_count, 4);
}

static void an_outsider_names_no_parties(void **state)
{
    struct story *s = *state;

    SAY(s, STRANGER, story_register(s), SHARED, shared, .to = ref(s, PORT));
    fold(s);
    assert_false(is_party(s, PORT));
    assert_false(is_party(s, STRANGER));
}

static void a_party_named_late_names_parties_itself(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int last = SAY(s, PORT, reg, SHARED, shared, .to = ref(s, CARDS));
    int second = SAY(s, STRANGER, reg, SHARED, shared, .to = ref(s, PORT));
    int first = SAY(s, CITY, reg, SHARED, shared, .to = ref(s, STRANGER));

    /* However the digests sort, those named first may stand last. */
    s->events[last].digest.bytes[0] = 1;
    s->events[second].digest.bytes[0] = 2;
    s->events[first].digest.bytes[0] = 3;
    fold(s);
    assert_true(is_party(s, PORT));
    assert_true(is_party(s, CARDS));
}

static void the_office_complained_of_is_a_party(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);

    story_matter(s, reg)->about = ref(s, PORT);
    fold(s);
    assert_true(is_party(s, PORT));
    assert_true(is_party(s, SOUTH));
}

static void a_waiting_case_has_parties(void **state)
{
    struct story *s = *state;
    int up = ESCALATE(s, CITY, story_register(s), NORTH);

    fold_events(s, &s->events[up], 1);
    assert_status(s, WAITING);
    assert_true(is_party(s, NORTH));
    assert_true(is_party(s, CITY));
}

/* --- erasure --- */

static void an_erasure_needs_confirmation_from_above(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int asked = SAY(s, CITY, reg, ERASED, erased, .ground = code("client-asks"));
    int home;
    int above;

    fold(s);
    assert_false(s->c.row.erased);
    home = SAY(s, CITY, reg, ERASURE_CONFIRMED, erasure_confirmed,
               .erasure = *digest_of(s, asked));
    fold(s);
    assert_verdict(s, home, NO_RIGHT);
    assert_false(s->c.row.erased);
    above = SAY(s, HEAD, reg, ERASURE_CONFIRMED, erasure_confirmed,
                .erasure = *digest_of(s, asked));
    fold(s);
    assert_verdict(s, above, EFFECT);
    assert_true(s->c.row.erased);
}

static void the_root_confirms_by_another_supervisor(void **state)
{
    struct story *s = *state;
    int reg;
    int asked;
    int same;
    int other;

    s->id.home = s->seats[HEAD].office;
    reg = story_register(s);
    s->events[reg].office = s->id.home;
    s->events[reg].seat = &s->seats[HEAD];
    s->actor = "s1";
    asked = SAY(s, HEAD, reg, ERASED, erased, .ground = code("client-asks"));
    same = SAY(s, HEAD, reg, ERASURE_CONFIRMED, erasure_confirmed,
               .erasure = *digest_of(s, asked));
    fold(s);
    assert_verdict(s, same, RULE);
    assert_false(s->c.row.erased);
    s->actor = "s2";
    other = SAY(s, HEAD, reg, ERASURE_CONFIRMED, erasure_confirmed,
                .erasure = *digest_of(s, asked));
    fold(s);
    assert_verdict(s, other, EFFECT);
    assert_true(s->c.row.erased);
}

static void the_acting_system_of_the_root_erases_for_retention(void **state)
{
    struct story *s = *state;
    int reg;
    int asked;

    s->id.home = s->seats[HEAD].office;
    reg = story_register(s);
    s->events[reg].office = s->id.home;
    s->events[reg].seat = &s->seats[HEAD];
    s->actor = "system";
    asked = SAY(s, HEAD, reg, ERASED, erased, .ground = code("other"));
    SAY(s, HEAD, reg, ERASURE_CONFIRMED, erasure_confirmed, .erasure = *digest_of(s, asked));
    fold(s);
    assert_true(s->c.row.erased);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY_TEST(an_escalation_moves_custody_up),
        STORY_TEST(an_escalation_may_skip_a_level),
        STORY_TEST(a_case_is_escalated_twice),
        STORY_TEST(an_escalation_goes_to_an_office_above),
        STORY_TEST(only_the_custodian_escalates),
        STORY_TEST(a_delegated_case_is_returned_home),
        STORY_TEST(a_return_goes_to_an_office_that_had_custody),
        STORY_TEST(a_return_does_not_go_up),
        STORY_TEST(a_delegation_goes_to_an_office_below),
        STORY_TEST(a_take_over_comes_from_above),
        STORY_TEST(a_reopening_gives_custody_to_its_author),
        STORY_TEST(the_resolver_may_answer_and_reopen),
        STORY_TEST(a_resolver_below_may_reopen_after_the_closing),
        STORY_TEST(a_successor_counts_as_home),
        STORY_TEST(a_successor_is_named_by_an_office_above_the_closed_one),
        STORY_TEST(above_is_read_off_a_later_certificate_too),
        STORY_TEST(a_grant_needs_a_key_and_a_holder),
        STORY_TEST(a_grant_beyond_a_revocation_makes_no_holder),
        STORY_TEST(a_grant_by_an_office_that_was_never_granted_has_no_effect),
        STORY_TEST(who_stands_in_for_a_closed_home_gives_its_keys),
        STORY_TEST(keys_are_given_where_the_case_was_registered),
        STORY_TEST(a_share_makes_a_party),
        STORY_TEST(a_question_goes_to_a_service_office),
        STORY_TEST(the_asked_office_alone_replies),
        STORY_TEST(a_reply_to_something_else_has_no_effect),
        STORY_TEST(a_reply_waits_for_its_question),
        STORY_TEST(parties_are_home_those_named_and_those_above),
        STORY_TEST(an_outsider_names_no_parties),
        STORY_TEST(a_party_named_late_names_parties_itself),
        STORY_TEST(the_office_complained_of_is_a_party),
        STORY_TEST(a_waiting_case_has_parties),
        STORY_TEST(an_erasure_needs_confirmation_from_above),
        STORY_TEST(the_root_confirms_by_another_supervisor),
        STORY_TEST(the_acting_system_of_the_root_erases_for_retention),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
