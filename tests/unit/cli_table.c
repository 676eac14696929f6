/* Do tables stand straight, whatever is in them? */
#include "unit.h"

#include <locale.h>
#include <stdlib.h>

#include "cli/table.h"

static void assert_printed(const struct omb_table *table, size_t width, const char *expected)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    assert_non_null(file);
    omb_table_print(table, file, width);
    fclose(file);
    assert_string_equal(text, expected);
    free(text);
}

static void two_columns(struct omb_table *table)
{
    omb_table_init(table);
    omb_table_column(table, "name", false);
    omb_table_column(table, "count", true);
}

static void row(struct omb_table *table, const char *name, const char *count)
{
    omb_table_text(table, omb_view_str(name));
    omb_table_text(table, omb_view_str(count));
}

static void a_character_is_as_wide_as_on_a_screen(void **state)
{
    (void)state;
    assert_int_equal(omb_text_width(OMB_VIEW_LIT("abc")), 3);
    assert_int_equal(omb_text_width(OMB_VIEW_LIT("Карта")), 5);
    assert_int_equal(omb_text_width(OMB_VIEW_LIT("银行卡")), 6);
    assert_int_equal(omb_text_width(OMB_VIEW_LIT("e\xcc\x81")), 1);
    assert_int_equal(omb_text_width(OMB_VIEW_LIT("a\xff" "b\n")), 4);
}

static void columns_are_as_wide_as_their_widest_cell(void **state)
{
    struct omb_table table;
    (void)state;

    two_columns(&table);
    row(&table, "银行卡", "7");
    row(&table, "x", "1234567");
    assert_printed(&table, 0,
                   "name      count\n"
                   "银行卡        7\n"
                   "x       1234567\n");
    omb_table_free(&table);
}

static void nothing_is_cut_where_no_terminal_is(void **state)
{
    char name[1001];
    char expected[2200];
    struct omb_table table;
    (void)state;

    memset(name, 'n', 1000);
    name[1000] = '\0';
    two_columns(&table);
    row(&table, name, "7");
    snprintf(expected, sizeof(expected), "%-1000s  count\n%s      7\n", "name", name);
    assert_printed(&table, 0, expected);
    omb_table_free(&table);
}

static void a_narrow_terminal_cuts_texts_but_not_numbers(void **state)
{
    struct omb_table table;
    (void)state;

    two_columns(&table);
    row(&table, "a long name that does not fit", "1234567");
    assert_printed(&table, 19,
                   "name          count\n"
                   "a long na\xe2\x80\xa6  1234567\n");
    omb_table_free(&table);
}

/* number, product, custodian, answer by, flags: as a list of cases has them. */
static void list_of_cases(struct omb_table *table)
{
    omb_table_init(table);
    omb_table_column(table, "number", false);
    omb_table_keep_whole(table);
    omb_table_column(table, "product", false);
    omb_table_may_leave(table, 2);
    omb_table_column(table, "custodian", false);
    omb_table_keep_whole(table);
    omb_table_may_leave(table, 1);
    omb_table_column(table, "answer by", false);
    omb_table_keep_whole(table);
    omb_table_column(table, "flags", false);
    omb_table_may_leave(table, 3);
}

static void case_row(struct omb_table *table, const char *flags)
{
    omb_table_text(table, OMB_VIEW_LIT("ho-2026-000001-py"));
    omb_table_text(table, OMB_VIEW_LIT("credit-cards"));
    omb_table_text(table, OMB_VIEW_LIT("north"));
    omb_table_text(table, OMB_VIEW_LIT("2026-10-21 23:59"));
    omb_table_text(table, omb_view_str(flags));
}

static void texts_are_cut_before_what_must_be_whole(void **state)
{
    struct omb_table table;
    (void)state;

    list_of_cases(&table);
    case_row(&table, "overdue,vulnerable");
    assert_printed(&table, 70,
                   "number             product     custodian  answer by         flags\n"
                   "ho-2026-000001-py  credit-ca\xe2\x80\xa6  north      2026-10-21 23:59  "
                   "overdue,v\xe2\x80\xa6\n");
    omb_table_free(&table);
}

static void columns_leave_by_rank_where_cutting_is_not_enough(void **state)
{
    struct omb_table table;
    (void)state;

    list_of_cases(&table);
    case_row(&table, "overdue,vulnerable");
    assert_printed(&table, 51,
                   "number             produ\xe2\x80\xa6  answer by         flags\n"
                   "ho-2026-000001-py  credi\xe2\x80\xa6  2026-10-21 23:59  overd\xe2\x80\xa6\n");
    assert_printed(&table, 10,
                   "number             answer by\n"
                   "ho-2026-000001-py  2026-10-21 23:59\n");
    omb_table_free(&table);
}

static void empty_columns_leave_first_and_only_when_needed(void **state)
{
    struct omb_table table;
    (void)state;

    list_of_cases(&table);
    case_row(&table, "");
    assert_printed(&table, 69,
                   "number             product       custodian  answer by         flags\n"
                   "ho-2026-000001-py  credit-cards  north      2026-10-21 23:59\n");
    assert_printed(&table, 65,
                   "number             product       custodian  answer by\n"
                   "ho-2026-000001-py  credit-cards  north      2026-10-21 23:59\n");
    omb_table_free(&table);
}

static void no_line_ends_with_blanks(void **state)
{
    struct omb_table table;
    (void)state;

    two_columns(&table);
    row(&table, "a long name", "");
    row(&table, "", "7");
    assert_printed(&table, 0, "name         count\na long name\n                 7\n");
    omb_table_free(&table);
}

static void a_wide_character_is_not_cut_in_half(void **state)
{
    struct omb_table table;
    (void)state;

    omb_table_init(&table);
    omb_table_column(&table, "name", false);
    omb_table_column(&table, "x", false);
    omb_table_text(&table, OMB_VIEW_LIT("银行卡银行卡"));
    omb_table_text(&table, OMB_VIEW_LIT("y"));
    assert_printed(&table, 11,
                   "name      x\n"
                   "银行卡\xe2\x80\xa6   y\n");
    omb_table_free(&table);
}

static void line_ends_and_controls_in_cells_become_blanks(void **state)
{
    struct omb_table table;
    (void)state;

    two_columns(&table);
    row(&table, "a\nb\x1b[2J", "7");
    assert_printed(&table, 0, "name     count\na b [2J      7\n");
    omb_table_free(&table);
}

static void a_table_without_rows_has_its_titles(void **state)
{
    struct omb_table table;
    (void)state;

    two_columns(&table);
    assert_printed(&table, 0, "name  count\n");
    omb_table_free(&table);
}

static void the_same_rows_come_out_as_csv(void **state)
{
    struct omb_table table;
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    (void)state;

    assert_non_null(file);
    two_columns(&table);
    row(&table, "a,b", "7");
    omb_table_print_csv(&table, file);
    fclose(file);
    assert_string_equal(text, "name,count\n\"a,b\",7\n");
    free(text);
    omb_table_free(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_character_is_as_wide_as_on_a_screen),
        cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
        cmocka_unit_test(nothing_is_cut_where_no_terminal_is),
        cmocka_unit_test(a_narrow_terminal_cuts_texts_but_not_numbers),
        cmocka_unit_test(texts_are_cut_before_what_must_be_whole),
        cmocka_unit_test(columns_leave_by_rank_where_cutting_is_not_enough),
        cmocka_unit_test(empty_columns_leave_first_and_only_when_needed),
        cmocka_unit_test(no_line_ends_with_blanks),
        cmocka_unit_test(a_wide_character_is_not_cut_in_half),
        cmocka_unit_test(line_ends_and_controls_in_cells_become_blanks),
        cmocka_unit_test(a_table_without_rows_has_its_titles),
        cmocka_unit_test(the_same_rows_come_out_as_csv),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
