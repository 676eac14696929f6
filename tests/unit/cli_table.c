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
        cmocka_unit_test(a_wide_character_is_not_cut_in_half),
        cmocka_unit_test(line_ends_and_controls_in_cells_become_blanks),
        cmocka_unit_test(a_table_without_rows_has_its_titles),
        cmocka_unit_test(the_same_rows_come_out_as_csv),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
