/* Do rows of other systems' tables become the cases they tell of? */
#include "unit.h"

#include <stdlib.h>

#include "cli/generate.h"
#include "cli/rows.h"

#define CFPB_HEADER                                                                                \
    "Date received,Product,Sub-product,Issue,Sub-issue,Consumer complaint narrative,"              \
    "Company public response,Company,State,ZIP code,Tags,Consumer consent provided?,"              \
    "Submitted via,Date sent to company,Company response to consumer,Timely response?,"            \
    "Consumer disputed?,Complaint ID\n"

/* Three hours east. */
static const struct omb_zone zone = {.name = "East/Three", .first_offset_s = 3 * 3600};

/* A table being read by one reader. */
struct table {
    const struct omb_row_reader *reader;
    FILE *file;
    struct omb_csv csv;
    struct omb_columns columns;
    struct omb_csv_row raw;
    struct omb_arena arena;
    struct omb_fill fill;
    struct omb_import_row row;
    struct omb_error err;
};

static enum omb_rc ask_zone(void *ctx, const struct omb_zone **out, struct omb_error *err)
{
    (void)ctx;
    (void)err;
    *out = &zone;
    return OMB_OK;
}

static enum omb_rc open_table(struct table *table, const struct omb_row_reader *reader,
                              const char *text)
{
    table->reader = reader;
    table->file = fmemopen((void *)(uintptr_t)text, strlen(text), "rb");
    assert_non_null(table->file);
    omb_csv_open(table->file, &table->csv);
    omb_arena_init(&table->arena, SIZE_MAX);
    table->fill = (struct omb_fill){.arena = &table->arena, .zone = ask_zone};
    assert_int_equal(omb_csv_next(&table->csv, &table->raw, &table->err), OMB_OK);
    return reader->header(&table->raw, &table->columns, &table->err);
}

static enum omb_rc next(struct table *table)
{
    assert_int_equal(omb_csv_next(&table->csv, &table->raw, &table->err), OMB_OK);
    assert_int_equal(table->raw.count, table->columns.count);
    return table->reader->read(&table->fill, &table->columns, &table->raw, &table->row,
                               &table->err);
}

static void close_table(struct table *table)
{
    omb_csv_close(&table->csv);
    omb_arena_free(&table->arena);
    fclose(table->file);
}

/* The first row of a table of one kind. */
static enum omb_rc first(struct table *table, const struct omb_row_reader *reader, const char *text)
{
    assert_int_equal(open_table(table, reader, text), OMB_OK);
    return next(table);
}

static void assert_text(struct omb_view view, const char *text)
{
    if (!omb_view_is(view, text))
        print_error("\"%.*s\" is not \"%s\"\n", OMB_VIEW_ARGS(view), text);
    assert_true(omb_view_is(view, text));
}

static const struct omb_registered *registered(const struct table *table)
{
    return OMB_AS(registered, table->row.act->facts->event);
}

static struct omb_view kept(const struct table *table, const char *name)
{
    const struct omb_imported *imported = registered(table)->imported;

    for (size_t i = 0; i < imported->fields.count; i++)
        if (omb_view_is(imported->fields.items[i].name, name))
            return imported->fields.items[i].code;
    return OMB_VIEW_NONE;
}

static bool marked(const struct table *table, const char *mark)
{
    const struct omb_imported *imported = registered(table)->imported;

    for (size_t i = 0; i < imported->marks.count; i++)
        if (omb_view_is(imported->marks.items[i], mark))
            return true;
    return false;
}

/* --- the bureau's table --- */

static void a_row_of_the_bureau_becomes_a_registration(void **state)
{
    struct table t;
    (void)state;

    assert_int_equal(
        first(&t, &omb_rows_cfpb,
              CFPB_HEADER "2012-01-05,Mortgage,Conventional fixed mortgage,"
                          "\"Loan modification,collection,foreclosure\",,\"Two\r\nlines\",,"
                          "\"BANK OF AMERICA, NATIONAL ASSOCIATION\",CA,94513,Servicemember,N/A,"
                          "Web,2012-01-06,In progress,Yes,Yes,10001\n"),
        OMB_OK);
    assert_text(t.row.reference, "10001");
    assert_text(t.row.act->extract->reference, "10001");
    assert_text(registered(&t)->imported->source, "cfpb");
    assert_text(registered(&t)->matter->kind, "complaint");
    assert_text(registered(&t)->matter->channel, "internet");
    assert_text(registered(&t)->matter->product, "mortgage");
    assert_text(registered(&t)->matter->issue, "loan-modification-collection-foreclosure");
    assert_true(registered(&t)->matter->received_at == INT64_C(1325710800000)); /* local midnight */
    assert_text(OMB_AS(registered_body, t.row.act->body->event)->narrative, "Two\nlines");
    assert_text(kept(&t, "company"), "bank-of-america-national-association");
    assert_text(kept(&t, "sub-product"), "conventional-fixed-mortgage");
    assert_text(kept(&t, "state"), "ca");
    assert_text(kept(&t, "zip"), "94513");
    assert_text(kept(&t, "tags"), "servicemember");
    assert_text(kept(&t, "timely"), "yes");
    assert_text(kept(&t, "sent"), "2012-01-06");
    assert_text(kept(&t, "company-response"), "in-progress");
    assert_int_equal(kept(&t, "sub-issue").size, 0);
    assert_int_equal(registered(&t)->imported->marks.count, 0);
    assert_int_equal(t.row.act->then.count, 0);
    assert_int_equal(omb_shape_check(&omb_shape_import_row, &t.row, &t.err), OMB_OK);
    close_table(&t);
}

static void every_way_of_submitting_has_a_channel(void **state)
{
    const struct {
        const char *via, *channel;
    } ways[] = {{"Web", "internet"}, {"Phone", "phone"},    {"Postal mail", "post"},
                {"Fax", "post"},     {"Referral", "other"}, {"Email", "email"},
                {"Pigeon", "other"}, {"", "other"}};
    (void)state;

    for (size_t i = 0; i < UNIT_COUNT(ways); i++) {
        struct table t;
        char text[1000];

        snprintf(text, sizeof(text), CFPB_HEADER "2012-01-05,Mortgage,,x,,,,,,,,,%s,,,,,1\n",
                 ways[i].via);
        assert_int_equal(first(&t, &omb_rows_cfpb, text), OMB_OK);
        assert_text(registered(&t)->matter->channel, ways[i].channel);
        close_table(&t);
    }
}

static void a_response_that_closes_ends_the_case_without_dates(void **state)
{
    const struct {
        const char *response, *outcome;
    } responses[] = {
        {"Closed with relief", "founded"},
        {"Closed with monetary relief", "founded"},
        {"Closed with non-monetary relief", "founded"},
        {"Closed with explanation", "unfounded"},
        {"Closed without relief", "unfounded"},
        {"Closed", "unfounded"},
        {"In progress", NULL},
        {"Untimely response", NULL},
        {"", NULL},
    };
    (void)state;

    for (size_t i = 0; i < UNIT_COUNT(responses); i++) {
        const struct omb_act_list *then;
        struct table t;
        char text[1000];

        snprintf(text, sizeof(text), CFPB_HEADER "2012-01-05,Mortgage,,x,,,,,,,,,Web,,%s,,Yes,1\n",
                 responses[i].response);
        assert_int_equal(first(&t, &omb_rows_cfpb, text), OMB_OK);
        then = &t.row.act->then;
        assert_int_equal(then->count, responses[i].outcome ? 3 : 0);
        if (responses[i].outcome) {
            assert_text(OMB_AS(resolved, then->items[0].facts->event)->outcome,
                        responses[i].outcome);
            assert_true(OMB_AS(resolved, then->items[0].facts->event)->at == 0);
            assert_int_equal(then->items[1].facts->event.tag, OMB_EVENT_ANSWERED);
            assert_text(OMB_AS(closed, then->items[2].facts->event)->accepts, "no");
        }
        close_table(&t);
    }
}

static void a_row_sent_before_it_was_received_is_marked(void **state)
{
    struct table t;
    (void)state;

    assert_int_equal(first(&t, &omb_rows_cfpb,
                           CFPB_HEADER "2012-01-05,Mortgage,,x,,,,,,,,,Web,2012-01-04,,,,1\n"),
                     OMB_OK);
    assert_true(marked(&t, "dates-backwards"));
    close_table(&t);
}

static void a_narrative_that_no_text_may_be_is_mended_and_marked(void **state)
{
    struct table t;
    (void)state;

    assert_int_equal(first(&t, &omb_rows_cfpb,
                           CFPB_HEADER "2012-01-05,Mortgage,,x,,caf\xe9,,,,,,,Web,,,,,1\n"),
                     OMB_OK);
    assert_true(marked(&t, "text-changed"));
    assert_text(OMB_AS(registered_body, t.row.act->body->event)->narrative, "caf\xef\xbf\xbd");
    assert_int_equal(omb_shape_check(&omb_shape_import_row, &t.row, &t.err), OMB_OK);
    close_table(&t);
}

static void the_bureaus_older_dates_are_read_too(void **state)
{
    struct table t;
    (void)state;

    assert_int_equal(first(&t, &omb_rows_cfpb,
                           CFPB_HEADER "01/05/2012,Mortgage,,x,,,,,,,,,Web,01/04/2012,,,,1\n"),
                     OMB_OK);
    assert_true(registered(&t)->matter->received_at == INT64_C(1325710800000));
    assert_true(marked(&t, "dates-backwards"));
    close_table(&t);
}

static void only_rows_without_id_product_or_date_are_rejected(void **state)
{
    const char *const rows[] = {
        CFPB_HEADER "2012-01-05,Mortgage,,x,,,,,,,,,Web,,,,,\n",
        CFPB_HEADER "2012-01-05,Mortgage,,x,,,,,,,,,Web,,,,,  \n",
        CFPB_HEADER "2012-01-05,,,x,,,,,,,,,Web,,,,,1\n",
        CFPB_HEADER ",Mortgage,,x,,,,,,,,,Web,,,,,1\n",
        CFPB_HEADER "2012-13-05,Mortgage,,x,,,,,,,,,Web,,,,,1\n",
        CFPB_HEADER "yesterday,Mortgage,,x,,,,,,,,,Web,,,,,1\n",
    };
    struct table t;
    (void)state;

    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        assert_int_not_equal(first(&t, &omb_rows_cfpb, rows[i]), OMB_OK);
        assert_true(strlen(t.err.words) > 0);
        close_table(&t);
    }
    assert_int_equal(first(&t, &omb_rows_cfpb,
                           CFPB_HEADER "2012-01-05,Mortgage,,,,,,,,,,,,,,,,1\n"),
                     OMB_OK);
    assert_text(registered(&t)->matter->issue, "other");
    close_table(&t);
}

static void noise_is_no_header(void **state)
{
    struct table t;
    (void)state;

    assert_int_equal(open_table(&t, &omb_rows_cfpb, "Downloaded on a Monday\n"), OMB_NOT_FOUND);
    close_table(&t);
    assert_int_equal(open_table(&t, &omb_rows_cfpb, "Product,Issue\n"), OMB_NOT_FOUND);
    close_table(&t);
}

static void rows_and_headers_can_be_told_from_text(void **state)
{
    (void)state;
    assert_true(omb_rows_cfpb.begins_row(OMB_VIEW_LIT("2012-01-05,Mortgage,")));
    assert_true(omb_rows_cfpb.begins_row(OMB_VIEW_LIT("01/05/2012,Mortgage,")));
    assert_true(omb_rows_cfpb.begins_row(OMB_VIEW_LIT("Date received,Product,")));
    assert_true(omb_rows_cfpb.begins_row(OMB_VIEW_LIT("\"2012-01-05\",Mortgage,")));
    assert_false(omb_rows_cfpb.begins_row(OMB_VIEW_LIT("2012-01-05 I called again,")));
    assert_false(omb_rows_cfpb.begins_row(OMB_VIEW_LIT("and then")));
    assert_false(omb_rows_cfpb.begins_row(OMB_VIEW_LIT("")));
}

/* --- tables of fields --- */

static void columns_are_fields(void **state)
{
    const struct omb_registered_body *body;
    struct table t;
    (void)state;

    assert_int_equal(first(&t, &omb_rows_csv,
                           "number,channel,product,issue,received_at,client_name,narrative,"
                           "reply_methods,vulnerable,about,reference\n"
                           "7,book,cards,fees,2026-01-02 10:00,Client 17,It was so,"
                           "\"phone,sms\",yes,north,r-1\n"),
                     OMB_OK);
    body = OMB_AS(registered_body, t.row.act->body->event);
    assert_text(registered(&t)->matter->product, "cards");
    assert_int_equal(registered(&t)->matter->reply_methods.count, 2);
    assert_true(registered(&t)->matter->vulnerable);
    assert_true(registered(&t)->matter->received_at == INT64_C(1767337200000));
    assert_text(body->client->name, "Client 17");
    assert_text(body->narrative, "It was so");
    assert_text(t.row.act->about, "north");
    assert_text(t.row.reference, "r-1");
    assert_text(registered(&t)->imported->source, "csv");
    assert_int_equal(t.row.act->then.count, 0);
    close_table(&t);
}

static void an_ending_is_as_long_as_the_row_tells(void **state)
{
    struct table t;
    (void)state;

    assert_int_equal(open_table(&t, &omb_rows_csv,
                                "product,outcome,redress,currency,answer,answered_at,closed_at\n"
                                "cards,founded,10.5,RUB,You are right,,\n"
                                "cards,founded,,,,2026-01-02,\n"
                                "cards,founded,,,,2026-01-02,2026-01-03\n"),
                     OMB_OK);
    assert_int_equal(next(&t), OMB_OK);
    assert_int_equal(t.row.act->then.count, 1);
    assert_true(OMB_AS(resolved, t.row.act->then.items[0].facts->event)->redress_minor == 1050);
    assert_text(OMB_AS(resolved_body, t.row.act->then.items[0].body->event)->answer,
                "You are right");
    assert_int_equal(next(&t), OMB_OK);
    assert_int_equal(t.row.act->then.count, 2);
    assert_int_equal(next(&t), OMB_OK);
    assert_int_equal(t.row.act->then.count, 3);
    assert_text(OMB_AS(closed, t.row.act->then.items[2].facts->event)->accepts, "unknown");
    close_table(&t);
}

static void a_row_without_a_reference_is_known_by_its_content(void **state)
{
    struct omb_view reference;
    struct table t;
    (void)state;

    assert_int_equal(open_table(&t, &omb_rows_csv, "product,issue\na,b\na,b\nab,\n"), OMB_OK);
    assert_int_equal(next(&t), OMB_OK);
    reference = t.row.reference;
    assert_true(reference.size > 16);
    assert_int_equal(next(&t), OMB_OK);
    assert_true(omb_view_equal(t.row.reference, reference));
    assert_int_equal(next(&t), OMB_OK);
    assert_false(omb_view_equal(t.row.reference, reference));
    close_table(&t);
}

static void unknown_and_doubled_columns_are_refused(void **state)
{
    struct table t;
    (void)state;

    assert_int_equal(open_table(&t, &omb_rows_csv, "product,chanel\n"), OMB_INVALID);
    assert_non_null(strstr(t.err.words, "did you mean channel?"));
    close_table(&t);
    assert_int_equal(open_table(&t, &omb_rows_csv, "product,product\n"), OMB_INVALID);
    close_table(&t);
}

static void cells_that_cannot_be_read_name_their_column(void **state)
{
    struct table t;
    (void)state;

    assert_int_equal(first(&t, &omb_rows_csv, "product,received_at\ncards,soon\n"), OMB_INVALID);
    assert_non_null(strstr(t.err.words, "received_at"));
    close_table(&t);
    assert_int_equal(first(&t, &omb_rows_csv, "product,vulnerable\ncards,perhaps\n"), OMB_INVALID);
    assert_string_equal(t.err.field, "vulnerable");
    close_table(&t);
    assert_int_equal(first(&t, &omb_rows_csv, "product,outcome,redress\ncards,founded,5\n"),
                     OMB_MISSING);
    assert_string_equal(t.err.field, "currency");
    close_table(&t);
}

/* --- invented ones --- */

static char *generated(uint64_t count, uint64_t seed)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    assert_non_null(file);
    omb_generate(file, count, seed);
    fclose(file);
    return text;
}

static void the_same_seed_invents_the_same_complaints(void **state)
{
    char *a = generated(50, 7), *b = generated(50, 7), *other = generated(50, 8);
    char *longer = generated(60, 7);
    (void)state;

    assert_string_equal(a, b);
    assert_string_not_equal(a, other);
    assert_int_equal(strncmp(longer, a, strlen(a)), 0);
    free(a);
    free(b);
    free(other);
    free(longer);
}

static void invented_complaints_can_be_imported(void **state)
{
    enum { COUNT = 500 };
    char *text = generated(COUNT, 3);
    struct table t;
    (void)state;

    assert_int_equal(open_table(&t, &omb_rows_csv, text), OMB_OK);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(next(&t), OMB_OK);
        assert_int_equal(omb_shape_check(&omb_shape_import_row, &t.row, &t.err), OMB_OK);
        assert_true(OMB_AS(registered_body, t.row.act->body->event)->narrative.size > 20);
    }
    close_table(&t);
    free(text);
}

/* A column is missing in the row: every cell stands one to the left of where it should. */
static void what_slipped_into_another_column_is_not_repeated(void **state)
{
    static const char *const headers[] = {"received_at", "vulnerable", "redress,currency,outcome"};
    (void)state;

    for (size_t i = 0; i < UNIT_COUNT(headers); i++) {
        char text[200];
        struct table t;

        snprintf(text, sizeof(text), "product,issue,%s\ncards,fees,Client 17%s\n", headers[i],
                 strchr(headers[i], ',') ? ",RUB,founded" : "");
        assert_int_equal(first(&t, &omb_rows_csv, text), OMB_INVALID);
        assert_null(strstr(t.err.words, "Client"));
        assert_non_null(strstr(t.err.words, "must hold"));
        assert_true(strncmp(headers[i], t.err.field, strlen(t.err.field)) == 0);
        close_table(&t);
    }
}

static void a_date_of_the_bureau_is_not_repeated_when_it_is_none(void **state)
{
    static const char *const cells[] = {"Client 17", "Client 171", "02/30/2026"};
    (void)state;

    for (size_t i = 0; i < UNIT_COUNT(cells); i++) {
        char text[200];
        struct table t;

        snprintf(text, sizeof(text), "Date received,Product,Complaint ID\n%s,Mortgage,7\n",
                 cells[i]);
        assert_int_equal(first(&t, &omb_rows_cfpb, text), OMB_INVALID);
        assert_null(strstr(t.err.words, cells[i]));
        close_table(&t);
    }
}

static void a_first_row_that_is_no_header_is_not_repeated(void **state)
{
    struct table t;
    (void)state;

    assert_int_equal(open_table(&t, &omb_rows_csv, "Client 17,fees\n"), OMB_INVALID);
    assert_null(strstr(t.err.words, "Client"));
    assert_non_null(strstr(t.err.words, "column 1"));
    close_table(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_of_the_bureau_becomes_a_registration),
        cmocka_unit_test(every_way_of_submitting_has_a_channel),
        cmocka_unit_test(a_response_that_closes_ends_the_case_without_dates),
        cmocka_unit_test(a_row_sent_before_it_was_received_is_marked),
        cmocka_unit_test(a_narrative_that_no_text_may_be_is_mended_and_marked),
        cmocka_unit_test(the_bureaus_older_dates_are_read_too),
        cmocka_unit_test(only_rows_without_id_product_or_date_are_rejected),
        cmocka_unit_test(noise_is_no_header),
        cmocka_unit_test(rows_and_headers_can_be_told_from_text),
        cmocka_unit_test(columns_are_fields),
        cmocka_unit_test(an_ending_is_as_long_as_the_row_tells),
        cmocka_unit_test(a_row_without_a_reference_is_known_by_its_content),
        cmocka_unit_test(unknown_and_doubled_columns_are_refused),
        cmocka_unit_test(cells_that_cannot_be_read_name_their_column),
        cmocka_unit_test(the_same_seed_invents_the_same_complaints),
        cmocka_unit_test(invented_complaints_can_be_imported),
        cmocka_unit_test(what_slipped_into_another_column_is_not_repeated),
        cmocka_unit_test(a_date_of_the_bureau_is_not_repeated_when_it_is_none),
        cmocka_unit_test(a_first_row_that_is_no_header_is_not_repeated),
    };

    omb_wire_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
