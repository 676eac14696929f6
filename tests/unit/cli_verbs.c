/* Is the table of verbs whole, and does it fit the messages? */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "cases/event.h"
#include "cli/fill.h"
#include "cli/help.h"

#define EACH_VERB(verb)                                                                            \
    for (const struct omb_verb *verb = omb_verbs; verb < omb_verbs + omb_verb_count; verb++)

static const struct omb_option *option_of(const struct omb_verb *verb, size_t i)
{
    return &omb_options[verb->options.items[i]];
}

static void every_verb_says_what_it_does(void **state)
{
    (void)state;
    EACH_VERB(verb) {
        assert_true(strlen(verb->name) > 0);
        assert_true(strlen(omb_verb_summary(verb)) > 10);
        assert_ptr_equal(omb_verb_find(verb->group, verb->name), verb);
    }
}

static void every_option_says_what_it_is_for(void **state)
{
    (void)state;
    for (size_t i = 0; i < OMB_OPT_COUNT; i++) {
        assert_true(strlen(omb_options[i].help) > 5);
        assert_int_equal(*omb_options[i].argument != '\0',
                         omb_option_takes_argument(&omb_options[i]));
    }
}

static void no_verb_has_two_options_of_one_name(void **state)
{
    (void)state;
    EACH_VERB(verb) {
        for (size_t i = 0; i < verb->options.count; i++) {
            for (size_t j = 0; j < i; j++)
                assert_string_not_equal(option_of(verb, i)->name, option_of(verb, j)->name);
            for (size_t g = 0; g < omb_global_options.count; g++)
                assert_string_not_equal(option_of(verb, i)->name,
                                        omb_options[omb_global_options.items[g]].name);
        }
    }
}

static void every_option_of_an_event_is_a_field_of_it(void **state)
{
    (void)state;
    EACH_VERB(verb) {
        /* `case new` also settles, with fields of the acts that follow. */
        if (verb->event == 0 || verb->event == OMB_EVENT_REGISTERED)
            continue;
        for (size_t i = 0; i < verb->options.count; i++)
            assert_non_null(omb_fill_place(verb->event, option_of(verb, i)).root);
    }
}

static void every_option_of_a_settled_case_is_a_field_of_one_act(void **state)
{
    static const uint32_t acts[] = {OMB_EVENT_REGISTERED, OMB_EVENT_RESOLVED, OMB_EVENT_ANSWERED,
                                    OMB_EVENT_CLOSED};
    const struct omb_verb *verb = omb_verb_find("case", "new");
    (void)state;

    for (size_t i = 0; i < verb->options.count; i++) {
        size_t places = 0;

        for (size_t a = 0; a < UNIT_COUNT(acts); a++)
            places += omb_fill_place(acts[a], option_of(verb, i)).root != NULL;
        if (verb->options.items[i] == OMB_OPT_SETTLED)
            assert_int_equal(places, 0);
        else
            assert_true(places >= 1);
    }
}

/* Fields that the client may say but that no option fills would be out of reach. */
static void every_field_of_an_event_that_is_the_clients_has_an_option(void **state)
{
    static const char *const offices_own[] = {"profile", "calendar", "zone", "received_at"};
    (void)state;

    EACH_VERB(verb) {
        const struct omb_shape *shape;

        if (verb->event == 0 || verb->event == OMB_EVENT_REGISTERED ||
            verb->event == OMB_EVENT_AMENDED)
            continue;
        shape = omb_shape_alternative(&omb_shape_facts, verb->event)->shape;
        for (size_t f = 0; f < shape->field_count; f++) {
            const struct omb_shape_field *field = &shape->fields[f];
            const struct omb_option by_name = {.field = field->name};
            bool found = omb_fill_place(verb->event, &by_name).field != field;

            for (size_t i = 0; i < UNIT_COUNT(offices_own); i++)
                found = found || strcmp(field->name, offices_own[i]) == 0;
            for (size_t i = 0; i < verb->options.count; i++)
                found = found ||
                        omb_fill_place(verb->event, option_of(verb, i)).field == field;
            if (!found)
                print_error("no option of `%s` fills %s\n", verb->name, field->name);
            assert_true(found);
        }
    }
}

static void verbs_of_events_are_those_of_the_table_of_events(void **state)
{
    size_t count, found = 0;
    const struct omb_event_row *rows = omb_event_rows(&count);
    (void)state;

    EACH_VERB(verb) {
        if (verb->event == 0)
            continue;
        found++;
        assert_non_null(omb_event_row(verb->event));
        assert_string_equal(omb_event_row(verb->event)->verb, verb->name);
    }
    /* Not offered yet: attach and rebase. */
    assert_int_equal(found + 2, count);
    assert_non_null(rows);
}

static void words_of_a_verb_are_counted(void **state)
{
    const struct omb_verb *help = omb_verb_find("", "help");
    const struct omb_verb *show = omb_verb_find("case", "show");
    (void)state;

    assert_int_equal(omb_verb_words_least(help), 0);
    assert_int_equal(omb_verb_words_most(help), 2);
    assert_int_equal(omb_verb_words_least(show), 1);
    assert_int_equal(omb_verb_words_most(show), 1);
    EACH_VERB(verb)
        assert_true(omb_verb_words_most(verb) <= OMB_VERB_WORDS_MAX);
}

/* A minus of the command line, not a hyphen of the language. */
static void escape_minus(const char *name, char *out, size_t size)
{
    size_t count = 0;

    for (; *name && count + 3 < size; name++) {
        if (*name == '-')
            out[count++] = '\\';
        out[count++] = *name;
    }
    out[count] = '\0';
}

static void the_man_page_names_every_verb(void **state)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    (void)state;

    assert_non_null(file);
    omb_help_man(file);
    fclose(file);
    EACH_VERB(verb) {
        char title[96], name[48];

        escape_minus(verb->name, name, sizeof(name));
        snprintf(title, sizeof(title), ".SS %s%s%s", verb->group, *verb->group ? " " : "", name);
        assert_non_null(strstr(text, title));
    }
    assert_null(strstr(text, "...."));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_verb_says_what_it_does),
        cmocka_unit_test(every_option_says_what_it_is_for),
        cmocka_unit_test(no_verb_has_two_options_of_one_name),
        cmocka_unit_test(every_option_of_an_event_is_a_field_of_it),
        cmocka_unit_test(every_option_of_a_settled_case_is_a_field_of_one_act),
        cmocka_unit_test(every_field_of_an_event_that_is_the_clients_has_an_option),
        cmocka_unit_test(verbs_of_events_are_those_of_the_table_of_events),
        cmocka_unit_test(words_of_a_verb_are_counted),
        cmocka_unit_test(the_man_page_names_every_verb),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
