/* Do case numbers say which case, and do they catch what people do to them on the telephone? */
#include "unit.h"

#include "cases/number.h"

static struct omb_case_id case_id(uint8_t home, uint8_t life, uint32_t year, uint64_t serial)
{
    struct omb_case_id id = {.year = year, .serial = serial};

    memset(id.home.bytes, home, sizeof(id.home.bytes));
    memset(id.incarnation.bytes, life, sizeof(id.incarnation.bytes));
    return id;
}

struct sample {
    const char *code;
    struct omb_case_id id;
};

static size_t samples(struct sample out[4])
{
    out[0] = (struct sample){"vsp-0045", case_id(1, 2, 2026, 123)};
    out[1] = (struct sample){"ho", case_id(3, 4, 2027, 1)};
    out[2] = (struct sample){"a-very-long-office-code-of-the-far-north-7-7",
                             case_id(5, 6, 1999, 1234567)};
    out[3] = (struct sample){"x", case_id(7, 8, 9999, UINT64_MAX)};
    return 4;
}

/* The case that someone who typed this would be shown: of the same office and life. */
static bool is_taken_for_a_case(const char *typed, const struct omb_case_id *id)
{
    struct omb_number number;
    struct omb_case_id other = *id;

    if (omb_number_parse(omb_view_str(typed), &number, NULL) != OMB_OK)
        return false;
    other.year = number.year;
    other.serial = number.serial;
    return omb_number_matches(&number, &other);
}

static void a_printed_number_reads_back(void **state)
{
    struct sample cases[4];
    (void)state;

    for (size_t i = 0; i < samples(cases); i++) {
        char text[OMB_NUMBER_SIZE];
        struct omb_number number;

        omb_number_print(&cases[i].id, omb_view_str(cases[i].code), text);
        assert_int_equal(omb_number_parse(omb_view_str(text), &number, NULL), OMB_OK);
        assert_string_equal(number.code, cases[i].code);
        assert_int_equal(number.year, cases[i].id.year);
        assert_true(number.serial == cases[i].id.serial);
        assert_true(omb_number_matches(&number, &cases[i].id));
    }
}

/* What is printed on receipts never changes. */
static void a_known_case_has_a_known_number(void **state)
{
    struct omb_case_id id = case_id(1, 2, 2026, 123);
    char text[OMB_NUMBER_SIZE];
    (void)state;

    omb_number_print(&id, OMB_VIEW_LIT("vsp-0045"), text);
    assert_string_equal(text, "vsp-0045-2026-000123-98");
}

static void capitals_are_read_as_small_letters(void **state)
{
    struct omb_case_id id = case_id(1, 2, 2026, 123);
    char text[OMB_NUMBER_SIZE];
    struct omb_number number;
    (void)state;

    omb_number_print(&id, OMB_VIEW_LIT("vsp-0045"), text);
    for (char *c = text; *c != '\0'; c++)
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    assert_int_equal(omb_number_parse(omb_view_str(text), &number, NULL), OMB_OK);
    assert_string_equal(number.code, "vsp-0045");
    assert_true(omb_number_matches(&number, &id));
}

static void every_wrong_character_is_noticed(void **state)
{
    static const char keys[] = "0123456789abcdefghijklmnopqrstuvwxyz-";
    struct sample cases[4];
    (void)state;

    for (size_t i = 0; i < samples(cases); i++) {
        char right[OMB_NUMBER_SIZE], typed[OMB_NUMBER_SIZE];

        omb_number_print(&cases[i].id, omb_view_str(cases[i].code), right);
        for (size_t at = 0; right[at] != '\0'; at++)
            for (const char *key = keys; *key != '\0'; key++) {
                memcpy(typed, right, sizeof(typed));
                typed[at] = *key;
                if (is_taken_for_a_case(typed, &cases[i].id) != (*key == right[at]))
                    fail_msg("%s typed for %s", typed, right);
            }
    }
}

static void every_swap_of_two_characters_is_noticed(void **state)
{
    struct sample cases[4];
    (void)state;

    for (size_t i = 0; i < samples(cases); i++) {
        char right[OMB_NUMBER_SIZE], typed[OMB_NUMBER_SIZE];
        size_t stem, length;

        omb_number_print(&cases[i].id, omb_view_str(cases[i].code), right);
        length = strlen(right);
        stem = length - 3;
        for (size_t a = 0; a < length; a++)
            for (size_t b = a + 1; b < length; b++) {
                bool promised = b == a + 1 || b < stem;

                memcpy(typed, right, sizeof(typed));
                typed[a] = right[b];
                typed[b] = right[a];
                if (promised && right[a] != right[b] && is_taken_for_a_case(typed, &cases[i].id))
                    fail_msg("%s typed for %s", typed, right);
            }
    }
}

static void whatever_happens_to_three_digits_is_noticed(void **state)
{
    struct omb_case_id id = case_id(1, 2, 2026, 4123456);
    char right[OMB_NUMBER_SIZE], typed[OMB_NUMBER_SIZE];
    size_t serial = strlen("vsp-0045-2026-");
    (void)state;

    omb_number_print(&id, OMB_VIEW_LIT("vsp-0045"), right);
    for (size_t at = serial; at < serial + 5; at++)
        for (int digits = 0; digits < 1000; digits++) {
            memcpy(typed, right, sizeof(typed));
            typed[at] = (char)('0' + digits / 100);
            typed[at + 1] = (char)('0' + digits / 10 % 10);
            typed[at + 2] = (char)('0' + digits % 10);
            if (strcmp(typed, right) != 0 && is_taken_for_a_case(typed, &id))
                fail_msg("%s typed for %s", typed, right);
        }
}

/* The serials that a rolled-back store gives a second time. */
static void lives_of_one_log_are_told_apart(void **state)
{
    unsigned confused = 0;
    (void)state;

    for (uint8_t life = 2; life < 252; life++) {
        struct omb_case_id first = case_id(1, 1, 2026, 123), second = case_id(1, life, 2026, 123);
        char text[OMB_NUMBER_SIZE];
        struct omb_number number;

        omb_number_print(&first, OMB_VIEW_LIT("vsp-0045"), text);
        assert_int_equal(omb_number_parse(omb_view_str(text), &number, NULL), OMB_OK);
        confused += omb_number_matches(&number, &second);
    }
    assert_true(confused <= 3);
}

/* Where the check characters are the same the life behind the stroke decides. */
static void with_its_life_a_number_is_of_one_case(void **state)
{
    const struct omb_case_id mine = case_id(1, 2, 2026, 123);
    char text[OMB_NUMBER_EXACT_SIZE];
    struct omb_number number;
    (void)state;

    omb_number_print_exact(&mine, OMB_VIEW_LIT("vsp-0045"), text);
    assert_int_equal(omb_number_parse(omb_view_str(text), &number, NULL), OMB_OK);
    assert_true(number.exact);
    assert_true(omb_number_matches(&number, &mine));
    for (unsigned life = 0; life < 2000; life++) {
        struct omb_case_id other = mine;

        other.incarnation.bytes[10] = (uint8_t)(life >> 8);
        other.incarnation.bytes[11] = (uint8_t)life;
        assert_int_equal(omb_number_matches(&number, &other),
                         omb_case_id_equal(&mine, &other));
    }
    text[strlen(text) - 1] ^= 1;
    assert_int_equal(omb_number_parse(omb_view_str(text), &number, NULL), OMB_OK);
    assert_false(omb_number_matches(&number, &mine));
}

static void another_year_or_serial_is_another_case(void **state)
{
    struct omb_case_id id = case_id(1, 2, 2026, 123);
    char text[OMB_NUMBER_SIZE];
    struct omb_number number;
    (void)state;

    omb_number_print(&id, OMB_VIEW_LIT("vsp-0045"), text);
    assert_int_equal(omb_number_parse(omb_view_str(text), &number, NULL), OMB_OK);
    id.year = 2027;
    assert_false(omb_number_matches(&number, &id));
    id.year = 2026;
    id.serial = 124;
    assert_false(omb_number_matches(&number, &id));
}

static void what_is_no_number_is_told_why(void **state)
{
    static const struct {
        const char *text, *words;
    } wrong[] = {
        {"", "empty"},
        {"vsp-0045", "needs an office code, year, serial and check"},
        {"2026-000123-7k", "needs an office code"},
        {"-2026-000123-7k", "no office code"},
        {"vsp-0045-2026-000123", "two check characters"},
        {"vsp-0045-2026-000123-7kk", "two check characters"},
        {"vsp-0045-2026-000123-7", "two check characters"},
        {"vsp-0045-2026-000123-", "two check characters"},
        {"vsp-0045-2026-000123-7o", "`o` is never a check character"},
        {"vsp-0045-2026-00123-7k", "six digits or more"},
        {"vsp-0045-2026-0001a3-7k", "six digits or more"},
        {"vsp-0045-2026-0000123-7k", "does not begin with 0"},
        {"vsp-0045-2026-000000-7k", "begin at 000001"},
        {"vsp-0045-2026-18446744073709551616-7k", "serial is too large"},
        {"vsp-0045-026-000123-7k", "year must be four digits"},
        {"vsp-0045-20x6-000123-7k", "year must be four digits"},
        {"vsp-0045-0000-000123-7k", "no year 0000"},
        {" vsp-0045-2026-000123-7k", "the 1. character"},
        {"vsp-0045-2026-000123-7k ", "the 24. character"},
        {"vsp_0045-2026-000123-7k", "the 4. character"},
        {"vsp-0045-2026-000123-7k/", "behind the stroke stand 24 hexadecimal digits"},
        {"vsp-0045-2026-000123-7k/3", "behind the stroke stand 24 hexadecimal digits"},
        {"vsp-0045-2026-000123-7k/00000003a1b2c3d4e5f6071x", "24 hexadecimal digits"},
        {"vsp-0045-2026-000123-7k/00000003a1b2c3d4e5f60718/", "24 hexadecimal digits"},
        {"/00000003a1b2c3d4e5f60718", "empty"},
    };
    (void)state;

    for (size_t i = 0; i < UNIT_COUNT(wrong); i++) {
        struct omb_number number;
        struct omb_error err = {0};

        assert_int_equal(omb_number_parse(omb_view_str(wrong[i].text), &number, &err), OMB_INVALID);
        assert_string_equal(err.field, "number");
        if (strstr(err.words, wrong[i].words) == NULL)
            fail_msg("\"%s\": %s", wrong[i].text, err.words);
    }
}

static void a_text_of_any_length_is_read_safely(void **state)
{
    static char text[4096];
    struct omb_number number;
    (void)state;

    memset(text, 'a', sizeof(text));
    for (size_t size = 0; size < sizeof(text); size++)
        assert_int_equal(omb_number_parse(omb_view(text, size), &number, NULL), OMB_INVALID);
    memcpy(text + 100, "-2026-000123-7k", 15);
    assert_int_equal(omb_number_parse(omb_view(text, 115), &number, NULL), OMB_INVALID);
    assert_int_equal(omb_number_parse(omb_view(text + 4, 111), &number, NULL), OMB_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_printed_number_reads_back),
        cmocka_unit_test(a_known_case_has_a_known_number),
        cmocka_unit_test(capitals_are_read_as_small_letters),
        cmocka_unit_test(every_wrong_character_is_noticed),
        cmocka_unit_test(every_swap_of_two_characters_is_noticed),
        cmocka_unit_test(whatever_happens_to_three_digits_is_noticed),
        cmocka_unit_test(lives_of_one_log_are_told_apart),
        cmocka_unit_test(with_its_life_a_number_is_of_one_case),
        cmocka_unit_test(another_year_or_serial_is_another_case),
        cmocka_unit_test(what_is_no_number_is_told_why),
        cmocka_unit_test(a_text_of_any_length_is_read_safely),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
