/* Does policy 0 say what the design says, and is every unknown code refused in helpful words? */
#include "unit.h"

#include <stdlib.h>

#include "base/text.h"
#include "cases/policy.h"
#include "wire/facts.h"

static const struct omb_policy *policy = &omb_policy_0;

static enum omb_rc check(const char *vocabulary, const char *code, struct omb_error *err)
{
    return omb_policy_check_code(policy, vocabulary, omb_view_str(code), vocabulary, err);
}

static void expect_words(const char *vocabulary, const char *code, const char *words)
{
    struct omb_error err = {0};

    assert_int_equal(check(vocabulary, code, &err), OMB_UNKNOWN_CODE);
    assert_string_equal(err.field, vocabulary);
    assert_string_equal(err.words, words);
}

/* --- vocabularies --- */

static void every_vocabulary_lists_what_the_design_lists(void **state)
{
    static const char *const listed[][2] = {
        {"kind", "complaint claim suggestion commendation"},
        {"channel", "book in-person phone contact-centre sms email post internet chat social "
                    "questionnaire other"},
        {"product", "cards deposits loans payments accounts other"},
        {"issue", "fees interest service delay fraud error other"},
        {"severity", "low normal high critical"},
        {"segment", "mass vip business"},
        {"wish", "explanation correction refund compensation apology other"},
        {"reply_methods", "in-person phone sms email post"},
        {"method", "in-person phone sms email post book contact-centre internet chat social "
                   "questionnaire other"},
        {"answered.method", "in-person phone sms email post none-anonymous unreachable"},
        {"direction", "to-client from-client"},
        {"promised.to", "client office"},
        {"risks", "compliance reputation fraud legal"},
        {"cause", "fees interest service delay fraud error other process staff system "
                  "waiting-time"},
        {"relation", "same-matter duplicate related repeat"},
        {"limit", "decision maximum"},
        {"ground", "amount authority time client-asks other"},
        {"erased.ground", "amount authority time client-asks other retention"},
        {"outcome", "founded partly unfounded not-for-us accepted declined thanked"},
        {"outcome.complaint", "founded partly unfounded not-for-us"},
        {"outcome.claim", "founded partly unfounded not-for-us"},
        {"outcome.suggestion", "accepted declined thanked"},
        {"outcome.commendation", "accepted declined thanked"},
        {"bank_error", "yes no unknown"},
        {"remedies", "apology correction refund compensation explanation other"},
        {"prevent", "none process training system"},
        {"routes", "supervisor head-office ombudsman regulator court"},
        {"accepts", "yes no unknown"},
        {"cleared", "about product issue severity segment vulnerable confidential anonymous wish "
                    "reply-methods"},
        {"status", "waiting open resolved answered closed withdrawn"},
        {"topics", "cases escalations resolutions overdue attention offices"},
        {"roles", "teller handler supervisor analyst auditor admin"},
        {"reason", "dispute counter-pause queue other"},
        {"topic", "fraud service other"},
        {"profile", "bank-standard cn-2020 ru-442 eu-psd2 uk-disp us-cfpb"},
        {"calendar", "weekdays"},
    };
    (void)state;

    assert_int_equal(policy->vocabulary_count, UNIT_COUNT(listed));
    for (size_t i = 0; i < UNIT_COUNT(listed); i++) {
        const struct omb_vocabulary *vocabulary = omb_policy_vocabulary(policy, listed[i][0]);
        struct omb_buf codes = OMB_BUF_INIT;

        assert_non_null(vocabulary);
        for (size_t c = 0; c < vocabulary->count; c++)
            omb_buf_printf(&codes, "%s%.*s", c == 0 ? "" : " ",
                           OMB_VIEW_ARGS(vocabulary->codes[c]));
        assert_string_equal(omb_buf_str(&codes), listed[i][1]);
        omb_buf_free(&codes);
    }
}

static void every_listed_code_is_a_code_and_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < policy->vocabulary_count; i++) {
        const struct omb_vocabulary *vocabulary = &policy->vocabularies[i];

        for (size_t c = 0; c < vocabulary->count; c++) {
            assert_true(omb_text_is_code(vocabulary->codes[c]));
            assert_true(omb_policy_knows(policy, vocabulary->name, vocabulary->codes[c]));
            assert_int_equal(omb_policy_check_code(policy, vocabulary->name, vocabulary->codes[c],
                                                   "field", NULL), OMB_OK);
        }
    }
}

static void profiles_and_calendars_are_found_by_the_listed_codes(void **state)
{
    const struct omb_vocabulary *profiles = omb_policy_vocabulary(policy, "profile");
    const struct omb_vocabulary *calendars = omb_policy_vocabulary(policy, "calendar");
    (void)state;

    assert_int_equal(profiles->count, policy->profile_count);
    for (size_t i = 0; i < profiles->count; i++)
        assert_ptr_equal(omb_policy_profile(policy, profiles->codes[i]), &policy->profiles[i]);
    assert_int_equal(calendars->count, policy->calendar_count);
    for (size_t i = 0; i < calendars->count; i++)
        assert_ptr_equal(omb_policy_calendar(policy, calendars->codes[i]), &policy->calendars[i]);
    assert_null(omb_policy_profile(policy, OMB_VIEW_LIT("bank")));
    assert_null(omb_policy_calendar(policy, OMB_VIEW_NONE));
    assert_null(omb_policy_vocabulary(policy, "colour"));
}

/* --- one code --- */

static void a_misspelt_code_is_told_the_nearest(void **state)
{
    (void)state;
    expect_words("product", "card", "unknown product `card`: did you mean cards?");
    expect_words("channel", "e-mail", "unknown channel `e-mail`: did you mean email?");
    expect_words("channel", "contact-center",
                 "unknown channel `contact-center`: did you mean contact-centre?");
}

static void a_strange_code_is_told_a_short_list(void **state)
{
    (void)state;
    expect_words("product", "zebra",
                 "unknown product `zebra`: it must be cards, deposits, loans, payments, accounts "
                 "or other");
    expect_words("calendar", "zebra", "unknown calendar `zebra`: it must be weekdays");
}

static void of_a_long_list_only_the_name_is_told(void **state)
{
    static const struct omb_view codes[13] = {
        OMB_VIEW_LIT("a"), OMB_VIEW_LIT("b"), OMB_VIEW_LIT("c"), OMB_VIEW_LIT("d"),
        OMB_VIEW_LIT("e"), OMB_VIEW_LIT("f"), OMB_VIEW_LIT("g"), OMB_VIEW_LIT("h"),
        OMB_VIEW_LIT("i"), OMB_VIEW_LIT("j"), OMB_VIEW_LIT("k"), OMB_VIEW_LIT("l"),
        OMB_VIEW_LIT("m"),
    };
    const struct omb_vocabulary letters = {"letter", codes, 13, false};
    const struct omb_policy long_policy = {.vocabularies = &letters, .vocabulary_count = 1};
    struct omb_error err = {0};
    (void)state;

    assert_int_equal(omb_policy_check_code(&long_policy, "letter", OMB_VIEW_LIT("zebra"), "first",
                                           &err), OMB_UNKNOWN_CODE);
    assert_string_equal(err.words, "unknown first `zebra`: it is none of the 13 codes of the "
                                   "vocabulary letter");
}

static void what_is_no_code_is_not_repeated(void **state)
{
    static const char *const words[] = {"Client 17", "cards\n", "Cards", "caf\xc3\xa9"};
    (void)state;

    for (size_t i = 0; i < UNIT_COUNT(words); i++) {
        struct omb_error err = {0};

        assert_int_equal(check("product", words[i], &err), OMB_INVALID);
        assert_null(strstr(err.words, words[i]));
    }
}

static void an_empty_code_passes(void **state)
{
    (void)state;
    assert_int_equal(check("product", "", NULL), OMB_OK);
    assert_false(omb_policy_knows(policy, "product", OMB_VIEW_NONE));
}

/* --- the codes of events --- */

#define STRANGE OMB_VIEW_LIT("zebra")

static enum omb_rc check_facts(uint32_t tag, const void *message, bool imported,
                               struct omb_error *err)
{
    const struct omb_facts facts = {.event = {tag, message}};

    return omb_policy_check_facts(policy, &facts, imported, err);
}

/* A message of this shape, all empty but for a strange code in one field; free() it. */
static void *with_strange_code(const struct omb_shape *shape, const struct omb_shape_field *field)
{
    static const struct omb_view strange = STRANGE;
    const struct omb_views list = {&strange, 1};
    char *message = calloc(1, shape->size);

    if (field->kind == OMB_KIND_codes)
        memcpy(message + field->offset, &list, sizeof(list));
    else
        memcpy(message + field->offset, &strange, sizeof(strange));
    return message;
}

/* Codes that no vocabulary lists: of operators, offices, sources and whoever writes surveys. */
static bool is_free(const char *event, const char *field)
{
    static const char *const fields[][2] = {
        {"registered", "first_asked"},        {"amended", "first_asked"},
        {"assigned", "responsible"},          {"resolved", "prevent_owner"},
        {"rated", "survey"},                  {"attended", "done"},
        {"action_done", "action"},            {"office_revoked", "ground"},
        {"operator_enrolled", "code"},        {"operator_enrolled", "title"},
        {"operator_revoked", "code"},         {"visit_rated", "survey"},
        {"reception_published", "officer"},   {"appointment", "officer"},
    };

    for (size_t i = 0; i < UNIT_COUNT(fields); i++)
        if (strcmp(fields[i][0], event) == 0 && strcmp(fields[i][1], field) == 0)
            return true;
    return false;
}

static void expect_checked(const struct omb_alternative *event, const struct omb_shape_field *field,
                           const void *message)
{
    struct omb_error err = {0};
    enum omb_rc rc = check_facts(event->tag, message, false, &err);
    bool is_refused = rc == OMB_UNKNOWN_CODE && strcmp(err.field, field->name) == 0;

    if (is_refused == is_free(event->name, field->name) || (!is_refused && rc != OMB_OK))
        fail_msg("%s.%s: %s", event->name, field->name, omb_rc_word(rc));
}

static bool has_codes(const struct omb_shape_field *field)
{
    return field->kind == OMB_KIND_code || field->kind == OMB_KIND_codes;
}

static void every_code_of_every_event_is_checked(void **state)
{
    unsigned checked = 0;
    (void)state;

    for (size_t e = 0; e < omb_shape_facts.alternative_count; e++) {
        const struct omb_alternative *event = &omb_shape_facts.alternatives[e];

        for (size_t f = 0; f < event->shape->field_count; f++) {
            const struct omb_shape_field *field = &event->shape->fields[f];
            void *message;

            if (!has_codes(field))
                continue;
            message = with_strange_code(event->shape, field);
            expect_checked(event, field, message);
            free(message);
            checked++;
        }
    }
    assert_true(checked > 40);
}

static void every_code_of_a_matter_is_checked(void **state)
{
    (void)state;
    for (size_t f = 0; f < omb_shape_matter.field_count; f++) {
        const struct omb_shape_field *field = &omb_shape_matter.fields[f];
        struct omb_registered registered = {0};
        struct omb_amended amended = {0};
        void *matter;

        if (!has_codes(field))
            continue;
        matter = with_strange_code(&omb_shape_matter, field);
        registered.matter = matter;
        amended.matter = matter;
        expect_checked(omb_shape_alternative(&omb_shape_facts, OMB_EVENT_REGISTERED), field,
                       &registered);
        expect_checked(omb_shape_alternative(&omb_shape_facts, OMB_EVENT_AMENDED), field, &amended);
        free(matter);
    }
}

static void every_item_of_a_list_is_checked(void **state)
{
    const struct omb_view items[] = {OMB_VIEW_LIT("refund"), OMB_VIEW_LIT("apology"),
                                     OMB_VIEW_LIT("apologies")};
    struct omb_resolved resolved = {.remedies = {items, 2}};
    struct omb_error err = {0};
    (void)state;

    assert_int_equal(check_facts(OMB_EVENT_RESOLVED, &resolved, false, NULL), OMB_OK);
    resolved.remedies.count = 3;
    assert_int_equal(check_facts(OMB_EVENT_RESOLVED, &resolved, false, &err), OMB_UNKNOWN_CODE);
    assert_string_equal(err.words, "unknown remedies `apologies`: did you mean apology?");
}

static void an_event_without_codes_passes(void **state)
{
    static const struct omb_noted noted;
    struct omb_registered empty = {0};
    (void)state;

    assert_int_equal(check_facts(OMB_EVENT_NOTED, &noted, false, NULL), OMB_OK);
    assert_int_equal(check_facts(OMB_EVENT_REGISTERED, &empty, false, NULL), OMB_OK);
    assert_int_equal(check_facts(0, NULL, false, NULL), OMB_OK);
}

static void an_imported_case_has_its_own_vocabulary(void **state)
{
    struct omb_matter matter = {.kind = OMB_VIEW_LIT("complaint"),
                                .channel = OMB_VIEW_LIT("web"),
                                .product = OMB_VIEW_LIT("student-loan"),
                                .issue = OMB_VIEW_LIT("dealing-with-your-lender")};
    struct omb_registered registered = {.matter = &matter};
    (void)state;

    assert_int_equal(check_facts(OMB_EVENT_REGISTERED, &registered, true, NULL), OMB_OK);
    assert_int_equal(check_facts(OMB_EVENT_REGISTERED, &registered, false, NULL),
                     OMB_UNKNOWN_CODE);
}

static void an_imported_case_follows_the_procedure_all_the_same(void **state)
{
    struct omb_matter matter = {.kind = OMB_VIEW_LIT("grievance")};
    struct omb_registered registered = {.matter = &matter};
    struct omb_resolved resolved = {.outcome = OMB_VIEW_LIT("closed-with-relief")};
    (void)state;

    assert_int_equal(check_facts(OMB_EVENT_REGISTERED, &registered, true, NULL), OMB_UNKNOWN_CODE);
    assert_int_equal(check_facts(OMB_EVENT_RESOLVED, &resolved, true, NULL), OMB_UNKNOWN_CODE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_vocabulary_lists_what_the_design_lists),
        cmocka_unit_test(every_listed_code_is_a_code_and_known),
        cmocka_unit_test(profiles_and_calendars_are_found_by_the_listed_codes),
        cmocka_unit_test(a_misspelt_code_is_told_the_nearest),
        cmocka_unit_test(a_strange_code_is_told_a_short_list),
        cmocka_unit_test(of_a_long_list_only_the_name_is_told),
        cmocka_unit_test(what_is_no_code_is_not_repeated),
        cmocka_unit_test(an_empty_code_passes),
        cmocka_unit_test(every_code_of_every_event_is_checked),
        cmocka_unit_test(every_code_of_a_matter_is_checked),
        cmocka_unit_test(every_item_of_a_list_is_checked),
        cmocka_unit_test(an_event_without_codes_passes),
        cmocka_unit_test(an_imported_case_has_its_own_vocabulary),
        cmocka_unit_test(an_imported_case_follows_the_procedure_all_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
