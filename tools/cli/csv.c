#include "cli/csv.h"

#include <string.h>

#include "base/assert.h"

enum { CHUNK = 64 * 1024 };

void omb_csv_open(FILE *file, struct omb_csv *out)
{
    *out = (struct omb_csv){.file = file, .line = 1};
    omb_buf_reserve(&out->fields, CHUNK);
}

void omb_csv_close(struct omb_csv *csv)
{
    omb_buf_free(&csv->bytes);
    omb_buf_free(&csv->fields);
}

/* --- reading --- */

/* Drops what was given out, then reads on. */
static void read_more(struct omb_csv *csv)
{
    size_t got;

    if (csv->at) {
        memmove(csv->bytes.data, csv->bytes.data + csv->at, csv->bytes.size - csv->at);
        csv->bytes.size -= csv->at;
        csv->at = 0;
    }
    omb_buf_reserve(&csv->bytes, CHUNK);
    got = fread(csv->bytes.data + csv->bytes.size, 1, CHUNK, csv->file);
    csv->bytes.size += got;
    if (got < CHUNK) {
        csv->ended = true;
        csv->failed = ferror(csv->file) != 0;
    }
}

static struct omb_view unread(const struct omb_csv *csv)
{
    return csv->at < csv->bytes.size
               ? omb_view(csv->bytes.data + csv->at, csv->bytes.size - csv->at)
               : OMB_VIEW_NONE;
}

static void skip_mark(struct omb_csv *csv)
{
    if (csv->line == 1 && csv->at == 0 &&
        omb_view_starts(unread(csv), OMB_VIEW_LIT("\xef\xbb\xbf")))
        csv->at = 3;
}

/* Size of the line at the beginning with its line end; 0: it is not whole yet. */
static size_t line_size(struct omb_view text, bool ended)
{
    const uint8_t *end = text.size ? memchr(text.data, '\n', text.size) : NULL;

    if (end)
        return (size_t)(end - text.data) + 1;
    return ended ? text.size : 0;
}

/* --- one row --- */

enum verdict { ROW_WHOLE, ROW_NEEDS_MORE, ROW_OPEN_QUOTE, ROW_TOO_WIDE };

struct cut {
    struct omb_view text;
    size_t at;
    bool ended;   /* no more text will come */
};

/* A quoted field, the opening quote taken. Text behind the closing quote is part of it. */
static enum verdict cut_quoted(struct cut *cut, struct omb_buf *out)
{
    for (;;) {
        const uint8_t *quote = cut->at < cut->text.size
                                   ? memchr(cut->text.data + cut->at, '"', cut->text.size - cut->at)
                                   : NULL;
        size_t at;

        if (!quote)
            return cut->ended ? ROW_OPEN_QUOTE : ROW_NEEDS_MORE;
        at = (size_t)(quote - cut->text.data);
        if (at + 1 == cut->text.size && !cut->ended)
            return ROW_NEEDS_MORE;
        omb_buf_add(out, cut->text.data + cut->at, at - cut->at);
        cut->at = at + 1;
        if (cut->at == cut->text.size || cut->text.data[cut->at] != '"')
            return ROW_WHOLE;
        omb_buf_add_u8(out, '"');
        cut->at++;
    }
}

static enum verdict cut_plain(struct cut *cut, struct omb_buf *out)
{
    size_t from = cut->at;

    while (cut->at < cut->text.size && cut->text.data[cut->at] != ',' &&
           cut->text.data[cut->at] != '\n')
        cut->at++;
    if (cut->at == cut->text.size && !cut->ended)
        return ROW_NEEDS_MORE;
    omb_buf_add(out, cut->text.data + from, cut->at - from);
    return ROW_WHOLE;
}

static bool at_row_end(const struct cut *cut)
{
    return cut->at == cut->text.size || cut->text.data[cut->at] == '\n';
}

/* The CR of a CRLF was taken with a plain field. */
static void drop_return(struct omb_buf *out, size_t begin)
{
    if (out->size > begin && out->data[out->size - 1] == '\r')
        out->size--;
}

static enum verdict cut_row(struct omb_csv *csv, struct cut *cut, size_t *out_count)
{
    size_t count = 0;

    omb_buf_clear(&csv->fields);
    for (;; cut->at++) {
        size_t begin = csv->fields.size;
        enum verdict verdict = ROW_WHOLE;

        if (count == OMB_CSV_FIELDS_MAX)
            return ROW_TOO_WIDE;
        if (cut->at < cut->text.size && cut->text.data[cut->at] == '"') {
            cut->at++;
            verdict = cut_quoted(cut, &csv->fields);
            begin = csv->fields.size;
        }
        if (verdict == ROW_WHOLE)
            verdict = cut_plain(cut, &csv->fields);
        if (verdict != ROW_WHOLE)
            return verdict;
        if (at_row_end(cut))
            drop_return(&csv->fields, begin);
        csv->ends[count++] = csv->fields.size;
        if (at_row_end(cut))
            break;
    }
    if (cut->at < cut->text.size)
        cut->at++;
    *out_count = count;
    return ROW_WHOLE;
}

static uint64_t count_lines(struct omb_view text)
{
    uint64_t count = 0;

    for (size_t i = 0; i < text.size; i++)
        count += text.data[i] == '\n';
    return count;
}

static void move_on(struct omb_csv *csv, size_t size)
{
    csv->line += count_lines(omb_view(csv->bytes.data + csv->at, size));
    csv->at += size;
}

/* Goes to the next line, behind the one that begins here, which begins a row. */
static void go_to_next_row(struct omb_csv *csv, size_t within)
{
    size_t done = line_size(omb_view(unread(csv).data, within), true);

    while (done < within) {
        struct omb_view rest = omb_view(unread(csv).data + done, within - done);
        size_t size = line_size(rest, true);

        if (!csv->begins_row || csv->begins_row(omb_view(rest.data, size)))
            break;
        done += size;
    }
    move_on(csv, done);
}

static void give_out(const struct omb_csv *csv, size_t count, struct omb_csv_row *out)
{
    size_t begin = 0;

    out->count = count;
    for (size_t i = 0; i < count; i++) {
        out->fields[i] = omb_view(csv->fields.data + begin, csv->ends[i] - begin);
        begin = csv->ends[i];
    }
}

static enum omb_rc next_row(struct omb_csv *csv, struct omb_csv_row *out, struct omb_error *err)
{
    for (;;) {
        struct cut cut = {unread(csv), 0, csv->ended};
        size_t count;
        enum verdict verdict;

        out->line = csv->line;
        if (cut.text.size == 0 && csv->ended)
            return csv->failed ? omb_fail(err, OMB_IO, NULL, "the file cannot be read")
                               : omb_fail(err, OMB_NOT_FOUND, NULL, "the table has ended");
        verdict = cut_row(csv, &cut, &count);
        if (verdict == ROW_NEEDS_MORE && cut.text.size < OMB_CSV_ROW_MAX) {
            read_more(csv);
            skip_mark(csv);
            continue;
        }
        if (verdict != ROW_WHOLE) {
            go_to_next_row(csv, cut.text.size);
            return omb_fail(err, OMB_INVALID, NULL,
                            verdict == ROW_OPEN_QUOTE ? "a quote is opened and never closed"
                            : verdict == ROW_TOO_WIDE ? "the row has more than 256 fields"
                                                      : "the row has more than 1 MiB: is a quote "
                                                        "left open?");
        }
        csv->row_size = cut.at;
        give_out(csv, count, out);
        move_on(csv, cut.at);
        return OMB_OK;
    }
}

enum omb_rc omb_csv_next(struct omb_csv *csv, struct omb_csv_row *out, struct omb_error *err)
{
    enum omb_rc rc;

    do {
        rc = next_row(csv, out, err);
    } while (rc == OMB_OK && out->count == 1 && out->fields[0].size == 0);
    return rc;
}

void omb_csv_give_back(struct omb_csv *csv, const struct omb_csv_row *row)
{
    OMB_ASSERT(csv->row_size <= csv->at);
    if (!csv->begins_row)
        return;
    csv->at -= csv->row_size;
    csv->line = row->line;
    go_to_next_row(csv, csv->row_size);
}

void omb_csv_add(struct omb_buf *out, struct omb_view field, bool first)
{
    bool quote = false;

    for (size_t i = 0; i < field.size && !quote; i++)
        quote = field.data[i] == ',' || field.data[i] == '"' || field.data[i] == '\n' ||
                field.data[i] == '\r';
    if (!first)
        omb_buf_add_u8(out, ',');
    if (!quote) {
        omb_buf_add_view(out, field);
        return;
    }
    omb_buf_add_u8(out, '"');
    for (size_t i = 0; i < field.size; i++) {
        if (field.data[i] == '"')
            omb_buf_add_u8(out, '"');
        omb_buf_add_u8(out, field.data[i]);
    }
    omb_buf_add_u8(out, '"');
}
