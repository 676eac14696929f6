/*
 * Does a table of another system cost no more than its bad rows, and does nothing tell of what
 * stands in it? The first byte picks the reader and how it is read, the rest is the file. What an
 * import does with it is done, but for the sending.
 */
#define _GNU_SOURCE
#include <string.h>

#include "base/assert.h"
#include "cli/rows.h"
#include "crypto/crypto.h"
#include "wire/limits.h"

#include "fuzz/check.h"
#include "fuzz/fuzz.h"

enum { NOISE = 100 };

/* Texts of clients in the corpus begin with it; they are never seen in an error. */
#define CLIENT "Client 17"

struct reading {
    const struct omb_row_reader *reader;
    struct omb_csv csv;
    struct omb_csv_row row;
    struct omb_columns columns;
    struct omb_arena arena;
    uint64_t lines; /* of the file */
    size_t size;    /* of the file, in bytes */
    uint64_t last;  /* line of the row before */
};

static enum omb_rc zone(void *ctx, const struct omb_zone **out, struct omb_error *err)
{
    (void)ctx;
    (void)err;
    *out = &omb_zone_utc;
    return OMB_OK;
}

static void check_error(enum omb_rc rc, const struct omb_error *err)
{
    fuzz_said(rc, err);
    if (rc != OMB_OK)
        OMB_ASSERT(!strstr(err->words, CLIENT) && !strstr(err->field, CLIENT));
}

static void check_place(struct reading *reading, enum omb_rc rc)
{
    if (rc == OMB_NOT_FOUND)
        return;
    OMB_ASSERT(reading->row.line >= reading->last && reading->row.line <= reading->lines);
    reading->last = reading->row.line;
    if (rc == OMB_OK) {
        size_t sum = 0;

        for (size_t i = 0; i < reading->row.count; i++)
            sum += reading->row.fields[i].size;
        OMB_ASSERT(reading->row.count >= 1 && sum <= reading->size);
    }
}

static enum omb_rc next(struct reading *reading, struct omb_error *err)
{
    const enum omb_rc rc = omb_csv_next(&reading->csv, &reading->row, err);

    check_error(rc, err);
    check_place(reading, rc);
    return rc;
}

/* --- rows --- */

/* A table that is written holds the same cells when it is read. */
static void write_again(const struct omb_csv_row *row)
{
    struct omb_buf text = OMB_BUF_INIT;
    struct omb_csv csv;
    struct omb_csv_row back;
    FILE *file;
    enum omb_rc rc;

    for (size_t i = 0; i < row->count; i++)
        omb_csv_add(&text, row->fields[i], i == 0);
    omb_buf_add_str(&text, "\n");
    file = fmemopen(text.data, text.size, "rb");
    OMB_ASSERT(file != NULL);
    omb_csv_open(file, &csv);
    rc = omb_csv_next(&csv, &back, NULL);
    /* A row of one empty cell is a blank line, and what looks like a byte order mark is one. */
    if (rc == OMB_OK && !omb_view_starts(omb_buf_view(&text), OMB_VIEW_LIT("\xef\xbb\xbf"))) {
        OMB_ASSERT(back.count == row->count);
        for (size_t i = 0; i < row->count; i++)
            OMB_ASSERT(omb_view_equal(back.fields[i], row->fields[i]));
    } else {
        OMB_ASSERT(rc == OMB_OK || row->count == 1);
    }
    omb_csv_close(&csv);
    (void)fclose(file);
    omb_buf_free(&text);
}

static void read_row(struct reading *reading)
{
    const struct omb_fill fill = {.arena = &reading->arena, .zone = zone};
    struct omb_import_row row = {.line = 0};
    struct omb_error err = {0};
    enum omb_rc rc = reading->reader->read(&fill, &reading->columns, &reading->row, &row, &err);

    check_error(rc, &err);
    if (rc != OMB_OK)
        return;
    rc = omb_shape_check(&omb_shape_import_row, &row, &err);
    check_error(rc, &err);
    if (rc != OMB_OK)
        return;
    OMB_ASSERT(row.line == reading->row.line && row.act && row.reference.size > 0);
    fuzz_again(&omb_shape_import_row, &row, &reading->arena);
}

static void read_rows(struct reading *reading)
{
    struct omb_error err = {0};
    enum omb_rc rc;

    do {
        rc = next(reading, &err);
        if (rc != OMB_OK)
            continue;
        write_again(&reading->row);
        if (reading->row.count == reading->columns.count)
            read_row(reading);
        else
            omb_csv_give_back(&reading->csv, &reading->row);
        omb_arena_reset(&reading->arena);
    } while (rc != OMB_NOT_FOUND);
}

static bool find_header(struct reading *reading)
{
    for (size_t i = 0; i < NOISE; i++) {
        struct omb_error err = {0};
        enum omb_rc rc = next(reading, &err);

        if (rc == OMB_INVALID)
            continue;
        if (rc == OMB_OK)
            rc = reading->reader->header(&reading->row, &reading->columns, &err);
        check_error(rc, &err);
        if (rc != OMB_NOT_FOUND || reading->csv.ended)
            return rc == OMB_OK;
        omb_csv_give_back(&reading->csv, &reading->row);
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct omb_view bytes = omb_view(data, size);
    struct reading reading = {.lines = 1};
    const uint8_t flags = fuzz_byte(&bytes);
    FILE *file;

    omb_crypto_init();
    omb_wire_init();
    if (bytes.size == 0)
        return 0;
    file = fmemopen((void *)(uintptr_t)bytes.data, bytes.size, "rb");
    OMB_ASSERT(file != NULL);
    reading.reader = flags & 1 ? &omb_rows_cfpb : &omb_rows_csv;
    reading.size = bytes.size;
    for (size_t i = 0; i < bytes.size; i++)
        reading.lines += bytes.data[i] == '\n';
    omb_arena_init(&reading.arena, SIZE_MAX / 2);
    omb_csv_open(file, &reading.csv);
    reading.csv.begins_row = reading.reader->begins_row;
    if (find_header(&reading))
        read_rows(&reading);
    omb_csv_close(&reading.csv);
    omb_arena_free(&reading.arena);
    (void)fclose(file);
    return 0;
}
