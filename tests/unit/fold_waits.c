/* What of a case that is not all here, or not all that it should be? */
#include "support/story.h"

/* --- registrations --- */

static void the_earliest_of_several_registrations_counts(void **state)
{
    struct story *s = *state;
    int second = story_register(s);
    int first = story_register(s);
    int contact = CONTACT(s, CITY, second);
    int decided = RESOLVE(s, CITY, second, "founded");

    s->events[second].seq = 9;
    fold(s);
    assert_verdict(s, first, EFFECT);
    assert_by(s, second, first);
    assert_by(s, decided, first);
    assert_verdict(s, contact, EFFECT);
    assert_status(s, OPEN);
}

static void only_home_registers(void **state)
{
    struct story *s = *state;
    int fake = story_register(s);

    s->events[fake].office = s->seats[HEAD].office;
    s->events[fake].seat = &s->seats[HEAD];
    fold(s);
    assert_verdict(s, fake, NO_RIGHT);
    assert_status(s, WAITING);
}

static void only_the_life_of_the_case_id_registers(void **state)
{
    struct story *s = *state;
    int fake = story_register(s);

    s->events[fake].incarnation.bytes[3] = 2;
    fold(s);
    assert_verdict(s, fake, NO_RIGHT);
    assert_status(s, WAITING);
}

static void a_registration_that_breaks_a_rule_gives_way_to_the_next(void **state)
{
    struct story *s = *state;
    int bad = story_register(s);
    int good = story_register(s);

    story_matter(s, bad)->kind = code("rumour");
    fold(s);
    assert_verdict(s, bad, RULE);
    assert_verdict(s, good, EFFECT);
}

static void a_registration_follows_no_other_record(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);

    s->events[reg].after = story_digest(99);
    fold(s);
    assert_verdict(s, reg, RULE);
    assert_status(s, WAITING);
}

static void a_registration_may_give_custody_to_an_office_below(void **state)
{
    struct story *s = *state;
    int reg;

    s->id.home = s->seats[NORTH].office;
    reg = story_register(s);
    s->events[reg].office = s->id.home;
    s->events[reg].seat = &s->seats[NORTH];
    SAID(s, reg, registered)->custodian = ref(s, LAKE);
    RESOLVE(s, LAKE, reg, "founded");
    fold_events(s, s->events, 1);
    assert_custody(s, LAKE);
    fold(s);
    assert_status(s, RESOLVED);
    assert_custody(s, NORTH);
}

static void a_registration_gives_custody_to_nobody_else(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);

    SAID(s, reg, registered)->custodian = ref(s, LAKE);
    fold(s);
    assert_verdict(s, reg, RULE);
    assert_status(s, WAITING);
}

/* --- what is not here --- */

static void a_case_waits_for_its_registration(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int decided = RESOLVE(s, CITY, reg, "founded");
    struct omb_judged first;

    fold_events(s, &s->events[decided], 1);
    first = s->c.judged[0];
    assert_int_equal(first.verdict, OMB_VERDICT_WAITS);
    assert_status(s, WAITING);
    assert_null(s->c.registered);
    assert_view(s->c.row.status, "waiting");
    fold(s);
    assert_verdict(s, decided, EFFECT);
}

static void an_event_waits_for_the_record_that_it_follows(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int missing = RESOLVE(s, CITY, reg, "founded");
    int told = ANSWER(s, CITY, missing);
    int contact = CONTACT(s, CITY, told);

    s->events[missing].case_id.serial = 8; /* kept out of the fold */
    swap_events(&s->events[missing], &s->events[contact]);
    s->count--;
    fold(s);
    assert_verdict(s, told, WAITS);
    assert_true(omb_digest_equal(&judged(s, told)->by, digest_of(s, contact)));
    assert_verdict(s, missing, WAITS);
    assert_status(s, OPEN);
}

static void an_author_without_certificate_waits(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int decided = RESOLVE(s, CITY, reg, "founded");
    int told = ANSWER(s, CITY, decided);

    s->events[decided].seat = NULL;
    fold(s);
    assert_verdict(s, decided, WAITS);
    assert_verdict(s, told, WAITS);
    assert_by(s, told, decided);
    s->events[decided].seat = &s->seats[CITY];
    fold(s);
    assert_verdict(s, told, EFFECT);
}

static void an_unknown_certificate_waits(void **state)
{
    struct story *s = *state;
    int up = ESCALATE(s, CITY, story_register(s), NORTH);
    int contact = CONTACT(s, CITY, up);

    s->hidden[NORTH] = true;
    fold(s);
    assert_verdict(s, up, WAITS);
    assert_true(omb_digest_equal(&judged(s, up)->by, &s->seats[NORTH].certificate));
    assert_custody(s, CITY);
    assert_verdict(s, contact, EFFECT);
    assert_int_equal(judged(s, contact)->place, 0);
    s->hidden[NORTH] = false;
    fold(s);
    assert_custody(s, NORTH);
    assert_int_equal(judged(s, contact)->place, 1);
}

static void a_certificate_of_another_office_breaks_the_rule(void **state)
{
    struct story *s = *state;
    int up = ESCALATE(s, CITY, story_register(s), NORTH);
    struct omb_office_ref *to = (struct omb_office_ref *)SAID(s, up, escalated)->to;

    to->certificate = s->seats[HEAD].certificate;
    fold(s);
    assert_verdict(s, up, RULE);
    assert_custody(s, CITY);
}

static void an_odd_record_has_no_effect_and_its_line_waits(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int odd = RESOLVE(s, CITY, reg, "founded");
    int told = ANSWER(s, CITY, odd);

    s->events[odd].odd = true;
    fold(s);
    assert_verdict(s, odd, ODD);
    assert_verdict(s, told, WAITS);
    assert_by(s, told, odd);
    assert_status(s, OPEN);
}

static void an_unknown_type_has_no_effect_and_its_line_waits(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int unknown = story_say(s, CITY, reg, 63, NULL, 0);
    int told = RESOLVE(s, CITY, unknown, "founded");
    int contact = CONTACT(s, CITY, unknown);

    fold(s);
    assert_verdict(s, unknown, ODD);
    assert_verdict(s, told, WAITS);
    assert_verdict(s, contact, EFFECT);
}

static void a_revoked_record_has_no_effect(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);
    int revoked = RESOLVE(s, CITY, reg, "founded");
    int told = ANSWER(s, CITY, revoked);
    int taken = TAKE(s, NORTH, reg);

    s->events[revoked].revoked = true;
    fold(s);
    assert_verdict(s, revoked, REVOKED);
    assert_verdict(s, told, RULE);
    assert_verdict(s, taken, EFFECT);
    assert_int_equal(s->c.superseded, 0);
}

static void a_case_that_was_registered_by_a_revoked_key_waits(void **state)
{
    struct story *s = *state;
    int reg = story_register(s);

    NOTE(s, CITY, reg);
    s->events[reg].revoked = true;
    fold(s);
    assert_verdict(s, reg, REVOKED);
    assert_status(s, WAITING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY_TEST(the_earliest_of_several_registrations_counts),
        STORY_TEST(only_home_registers),
        STORY_TEST(only_the_life_of_the_case_id_registers),
        STORY_TEST(a_registration_that_breaks_a_rule_gives_way_to_the_next),
        STORY_TEST(a_registration_follows_no_other_record),
        STORY_TEST(a_registration_may_give_custody_to_an_office_below),
        STORY_TEST(a_registration_gives_custody_to_nobody_else),
        STORY_TEST(a_case_waits_for_its_registration),
        STORY_TEST(an_event_waits_for_the_record_that_it_follows),
        STORY_TEST(an_author_without_certificate_waits),
        STORY_TEST(an_unknown_certificate_waits),
        STORY_TEST(a_certificate_of_another_office_breaks_the_rule),
        STORY_TEST(an_odd_record_has_no_effect_and_its_line_waits),
        STORY_TEST(an_unknown_type_has_no_effect_and_its_line_waits),
        STORY_TEST(a_revoked_record_has_no_effect),
        STORY_TEST(a_case_that_was_registered_by_a_revoked_key_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
