/* Does the table of events hold together with the messages, and has every refusal words? */
#include "support/story.h"

#include "wire/parts.h"

/* --- the table --- */

static void every_event_of_a_case_has_its_row(void **state)
{
    size_t count;
    const struct omb_event_row *rows = omb_event_rows(&count);

    (void)state;
    for (size_t i = 0; i < count; i++)
        assert_int_equal(rows[i].tag, i + 1);
    for (size_t i = 0; i < omb_shape_facts.alternative_count; i++) {
        const struct omb_alternative *event = &omb_shape_facts.alternatives[i];
        const struct omb_event_row *row = omb_event_row(event->tag);

        assert_int_equal(row != NULL, event->tag < 64);
        if (row)
            assert_string_equal(row->name, event->name);
    }
    assert_null(omb_event_row(0));
}

static void rows_are_found_by_their_verbs(void **state)
{
    size_t count;
    const struct omb_event_row *rows = omb_event_rows(&count);

    (void)state;
    for (size_t i = 0; i < count; i++)
        assert_ptr_equal(omb_event_row_by_verb(omb_view_str(rows[i].verb)), &rows[i]);
    assert_null(omb_event_row_by_verb(OMB_VIEW_LIT("explode")));
}

static void an_event_is_sealed_when_it_has_a_body(void **state)
{
    size_t count;
    const struct omb_event_row *rows = omb_event_rows(&count);

    (void)state;
    for (size_t i = 0; i < count; i++)
        assert_int_equal(rows[i].sealed,
                         omb_shape_alternative(&omb_shape_body, rows[i].tag) != NULL);
}

static void an_event_that_answers_names_the_digest_first(void **state)
{
    size_t count;
    const struct omb_event_row *rows = omb_event_rows(&count);
    uint8_t room[512] = {0};

    (void)state;
    for (size_t i = 0; i < count; i++) {
        struct omb_facts facts = {{rows[i].tag, room}};
        struct omb_event event = {.facts = &facts};
        const struct omb_digest *answers = omb_event_answers(&event);
        const struct omb_shape *shape;

        assert_int_equal(answers != NULL, rows[i].answers != NULL);
        if (!answers)
            continue;
        assert_ptr_equal(answers, room);
        shape = omb_shape_alternative(&omb_shape_facts, rows[i].tag)->shape;
        assert_int_equal(shape->fields[0].kind, OMB_KIND_digest);
        assert_non_null(omb_shape_alternative_named(&omb_shape_facts,
                                                    omb_view_str(rows[i].answers)));
    }
}

static void what_is_offered_takes_effect(void **state)
{
    size_t count;
    const struct omb_event_row *rows = omb_event_rows(&count);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(rows[i].offered & ~rows[i].in, 0);
        assert_int_not_equal(rows[i].offered, 0);
        assert_true(!rows[i].spine || rows[i].in == rows[i].offered);
        assert_int_not_equal(rows[i].least, OMB_ROLE_NONE);
        assert_int_equal(rows[i].summary[strlen(rows[i].summary) - 1] == '.', 0);
    }
}

/* Sets of rights and statuses without words would be an assertion in the middle of a fold. */
static void every_refusal_has_words(void **state)
{
    struct story *s = *state;
    size_t count;
    const struct omb_event_row *rows = omb_event_rows(&count);

    story_register(s);
    fold(s);
    for (size_t i = 0; i < count; i++)
        for (int status = OMB_STATUS_WAITING; status < OMB_STATUS_COUNT; status++) {
            struct omb_place place = omb_rules_place(&s->c);
            const char *why = NULL;
            enum omb_verdict found;

            place.status = (enum omb_case_status)status;
            assert_int_equal(omb_rules_judge(&rows[i], &place, &s->seats[STRANGER], &why),
                             OMB_VERDICT_NO_RIGHT);
            assert_non_null(why);
            why = NULL;
            place.home = NULL;
            found = omb_rules_judge(&rows[i], &place, &s->seats[STRANGER], &why);
            assert_int_equal(found == OMB_VERDICT_EFFECT, why == NULL);
            assert_int_equal(found == OMB_VERDICT_EFFECT, rows[i].in >> status & 1);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_of_a_case_has_its_row),
        cmocka_unit_test(rows_are_found_by_their_verbs),
        cmocka_unit_test(an_event_is_sealed_when_it_has_a_body),
        cmocka_unit_test(an_event_that_answers_names_the_digest_first),
        cmocka_unit_test(what_is_offered_takes_effect),
        STORY_TEST(every_refusal_has_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
