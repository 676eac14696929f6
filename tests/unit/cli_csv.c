/* Does the reader of tables cope with what other systems call CSV? */
#include "unit.h"

#include <stdlib.h>

#include "cli/csv.h"

/* A table in memory, read row after row. */
struct table {
    FILE *file;
    struct omb_csv csv;
    struct omb_csv_row row;
    struct omb_error err;
};

static void open_table(struct table *table, const char *text, size_t size)
{
    table->file = fmemopen((void *)(uintptr_t)text, size, "rb");
    assert_non_null(table->file);
    omb_csv_open(table->file, &table->csv);
}

static void close_table(struct table *table)
{
    omb_csv_close(&table->csv);
    fclose(table->file);
}

static enum omb_rc next(struct table *table)
{
    return omb_csv_next(&table->csv, &table->row, &table->err);
}

static void expect(struct table *table, uint64_t line, size_t count, const char *const *fields)
{
    assert_int_equal(next(table), OMB_OK);
    assert_true(table->row.line == line);
    assert_int_equal(table->row.count, count);
    for (size_t i = 0; i < count; i++)
        assert_true(omb_view_is(table->row.fields[i], fields[i]));
}
#define EXPECT(table, line, ...)                                                                   \
    expect((table), (line), sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *),                \
           (const char *[]){__VA_ARGS__})

#define TABLE(name, text)                                                                          \
    struct table name;                                                                             \
    open_table(&name, (text), sizeof(text) - 1)

static void plain_fields_are_cut_at_commas(void **state)
{
    (void)state;
    TABLE(t, "a,b,c\nd,,f\n");

    EXPECT(&t, 1, "a", "b", "c");
    EXPECT(&t, 2, "d", "", "f");
    assert_int_equal(next(&t), OMB_NOT_FOUND);
    close_table(&t);
}

static void the_last_line_needs_no_end(void **state)
{
    (void)state;
    TABLE(t, "a,b");

    EXPECT(&t, 1, "a", "b");
    assert_int_equal(next(&t), OMB_NOT_FOUND);
    close_table(&t);
}

static void an_empty_last_field_counts(void **state)
{
    (void)state;
    TABLE(t, "a,\nb,");

    EXPECT(&t, 1, "a", "");
    EXPECT(&t, 2, "b", "");
    close_table(&t);
}

static void quotes_hold_commas_lines_and_doubled_quotes(void **state)
{
    (void)state;
    TABLE(t, "\"a,b\",\"two\nlines\",\"she said \"\"no\"\"\"\nnext,row,3\n");

    EXPECT(&t, 1, "a,b", "two\nlines", "she said \"no\"");
    EXPECT(&t, 3, "next", "row", "3");
    close_table(&t);
}

static void a_quote_inside_a_plain_field_is_itself(void **state)
{
    (void)state;
    TABLE(t, "5\" pipe,b\n");

    EXPECT(&t, 1, "5\" pipe", "b");
    close_table(&t);
}

static void text_behind_a_closing_quote_is_kept(void **state)
{
    (void)state;
    TABLE(t, "\"a\"b,c\n");

    EXPECT(&t, 1, "ab", "c");
    close_table(&t);
}

static void crlf_ends_lines_and_stays_in_quotes(void **state)
{
    (void)state;
    TABLE(t, "a,b\r\n\"x\r\ny\",\"z\"\r\n");

    EXPECT(&t, 1, "a", "b");
    EXPECT(&t, 2, "x\r\ny", "z");
    assert_int_equal(next(&t), OMB_NOT_FOUND);
    close_table(&t);
}

static void a_byte_order_mark_is_no_part_of_the_first_field(void **state)
{
    (void)state;
    TABLE(t, "\xef\xbb\xbf" "a,b\n");

    EXPECT(&t, 1, "a", "b");
    close_table(&t);
}

static void blank_lines_are_passed_over_and_counted(void **state)
{
    (void)state;
    TABLE(t, "\n\r\na,b\n\nc,d\n");

    EXPECT(&t, 3, "a", "b");
    EXPECT(&t, 5, "c", "d");
    close_table(&t);
}

static void a_row_longer_than_a_read_comes_whole(void **state)
{
    enum { LONG = 200000 };
    char *text = malloc(LONG + 16);
    struct table t;
    (void)state;

    assert_non_null(text);
    memset(text, 'x', LONG);
    memcpy(text, "a,\"", 3);
    memcpy(text + LONG, "\"\nb,c\n", 6);
    open_table(&t, text, LONG + 6);
    assert_int_equal(next(&t), OMB_OK);
    assert_int_equal(t.row.count, 2);
    assert_int_equal(t.row.fields[1].size, LONG - 3);
    EXPECT(&t, 2, "b", "c");
    close_table(&t);
    free(text);
}

static void a_file_cut_off_in_quotes_costs_its_last_row(void **state)
{
    (void)state;
    TABLE(t, "a,b\nc,\"cut");

    EXPECT(&t, 1, "a", "b");
    assert_int_equal(next(&t), OMB_INVALID);
    assert_true(t.row.line == 2);
    assert_string_equal(t.err.words, "a quote is opened and never closed");
    assert_int_equal(next(&t), OMB_NOT_FOUND);
    close_table(&t);
}

static bool begins_with_digit(struct omb_view line)
{
    return line.size && line.data[0] >= '0' && line.data[0] <= '9';
}

static void an_open_quote_costs_one_row_where_rows_can_be_told(void **state)
{
    (void)state;
    TABLE(t, "1,\"open\nmore of it\n2,b\n3,c\n");

    t.csv.begins_row = begins_with_digit;
    assert_int_equal(next(&t), OMB_INVALID);
    assert_true(t.row.line == 1);
    EXPECT(&t, 3, "2", "b");
    EXPECT(&t, 4, "3", "c");
    close_table(&t);
}

static void a_row_given_back_frees_those_it_swallowed(void **state)
{
    (void)state;
    TABLE(t, "1,a\n2,\"b\n3,c\n4,d\"\n5,e\n");

    t.csv.begins_row = begins_with_digit;
    EXPECT(&t, 1, "1", "a");
    EXPECT(&t, 2, "2", "b\n3,c\n4,d");
    omb_csv_give_back(&t.csv, &t.row);
    EXPECT(&t, 3, "3", "c");
    EXPECT(&t, 4, "4", "d\"");
    EXPECT(&t, 5, "5", "e");
    close_table(&t);
}

static void a_row_over_the_limit_is_refused_and_the_next_ones_are_read(void **state)
{
    enum { LONG = OMB_CSV_ROW_MAX + 200000 };
    char *text = malloc(LONG + 16);
    struct table t;
    (void)state;

    assert_non_null(text);
    memset(text, 'x', LONG);
    memcpy(text, "1,\"", 3);
    text[100] = '\n';
    memcpy(text + LONG, "\n2,b\n", 5);
    open_table(&t, text, LONG + 5);
    t.csv.begins_row = begins_with_digit;
    assert_int_equal(next(&t), OMB_INVALID);
    assert_non_null(strstr(t.err.words, "more than 1 MiB"));
    close_table(&t);
    free(text);
}

static void too_many_fields_are_refused(void **state)
{
    char text[OMB_CSV_FIELDS_MAX + 8];
    struct table t;
    (void)state;

    memset(text, ',', sizeof(text));
    text[sizeof(text) - 4] = '\n';
    memcpy(text + sizeof(text) - 3, "a,b", 3);
    open_table(&t, text, sizeof(text));
    assert_int_equal(next(&t), OMB_INVALID);
    EXPECT(&t, 2, "a", "b");
    close_table(&t);
}

/* Whatever the bytes, reading ends, goes forward, and a row given back is not given out again. */
static void no_bytes_keep_the_reader_busy(void **state)
{
    static const char alphabet[] = "\"\"\",,\n\n\r1a";
    uint32_t dice = 1;
    (void)state;

    for (size_t round = 0; round < 3000; round++) {
        char text[64];
        struct table t;
        uint64_t line = 0;
        enum omb_rc rc;

        for (size_t i = 0; i < sizeof(text); i++) {
            dice = dice * UINT32_C(1664525) + UINT32_C(1013904223);
            text[i] = alphabet[(dice >> 16) % (sizeof(alphabet) - 1)];
        }
        open_table(&t, text, 1 + round % sizeof(text));
        t.csv.begins_row = round % 2 ? begins_with_digit : NULL;
        while ((rc = next(&t)) != OMB_NOT_FOUND) {
            assert_true(rc == OMB_OK || rc == OMB_INVALID);
            assert_true(t.row.line > line);
            line = t.row.line;
            if (rc == OMB_OK && round % 3 == 0)
                omb_csv_give_back(&t.csv, &t.row);
        }
        assert_true(line <= sizeof(text));
        close_table(&t);
    }
}

static void what_is_written_reads_back(void **state)
{
    const char *const fields[] = {"plain",      "with,comma", "with \"quotes\"",
                                  "two\nlines", "",           "cr\r"};
    struct omb_buf out = OMB_BUF_INIT;
    struct table t;
    (void)state;

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        omb_csv_add(&out, omb_view_str(fields[i]), i == 0);
    omb_buf_add_u8(&out, '\n');
    open_table(&t, (const char *)out.data, out.size);
    expect(&t, 1, sizeof(fields) / sizeof(fields[0]), fields);
    close_table(&t);
    omb_buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_fields_are_cut_at_commas),
        cmocka_unit_test(the_last_line_needs_no_end),
        cmocka_unit_test(an_empty_last_field_counts),
        cmocka_unit_test(quotes_hold_commas_lines_and_doubled_quotes),
        cmocka_unit_test(a_quote_inside_a_plain_field_is_itself),
        cmocka_unit_test(text_behind_a_closing_quote_is_kept),
        cmocka_unit_test(crlf_ends_lines_and_stays_in_quotes),
        cmocka_unit_test(a_byte_order_mark_is_no_part_of_the_first_field),
        cmocka_unit_test(blank_lines_are_passed_over_and_counted),
        cmocka_unit_test(a_row_longer_than_a_read_comes_whole),
        cmocka_unit_test(a_file_cut_off_in_quotes_costs_its_last_row),
        cmocka_unit_test(an_open_quote_costs_one_row_where_rows_can_be_told),
        cmocka_unit_test(a_row_given_back_frees_those_it_swallowed),
        cmocka_unit_test(a_row_over_the_limit_is_refused_and_the_next_ones_are_read),
        cmocka_unit_test(too_many_fields_are_refused),
        cmocka_unit_test(no_bytes_keep_the_reader_busy),
        cmocka_unit_test(what_is_written_reads_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
