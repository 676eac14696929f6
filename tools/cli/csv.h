/*
 * A table of comma-separated values as it comes from other systems (RFC 4180 and its abuses), read
 * as a stream: quoted fields with line ends in them, CRLF, a byte order mark, blank lines.
 *
 * A row with an open quote may swallow what follows. So a row has a largest size, and after a row
 * that is bad the reader goes back and goes on at the next line of it that looks like the beginning
 * of a row, as the caller judges: one bad quote costs one row.
 */
#ifndef OMB_CLI_CSV_H
#define OMB_CLI_CSV_H

#include <stdio.h>

#include "base/bytes.h"
#include "base/error.h"

#define OMB_CSV_ROW_MAX (1024 * 1024)
#define OMB_CSV_FIELDS_MAX 256

struct omb_csv {
    FILE *file;
    struct omb_buf bytes;   /* read and not yet given out */
    size_t at;              /* in bytes: where the next row begins */
    uint64_t line;          /* of it, from 1 */
    bool ended;             /* the file holds no more */
    bool failed;            /* the file could not be read */
    struct omb_buf fields;  /* of the row, unquoted, one after another */
    size_t ends[OMB_CSV_FIELDS_MAX];
    size_t row_size;        /* of the row given out last, as it stands in bytes */
    bool (*begins_row)(struct omb_view line); /* NULL: any line may */
};

struct omb_csv_row {
    uint64_t line;          /* where it begins */
    struct omb_view fields[OMB_CSV_FIELDS_MAX]; /* live until the next read */
    size_t count;
};

void omb_csv_open(FILE *file, struct omb_csv *out);
void omb_csv_close(struct omb_csv *csv); /* leaves the file open */

/*
 * The next row that is not blank. OMB_NOT_FOUND: the end. OMB_INVALID: a row that is none (an open
 * quote, too large, too many fields); out->line says where, and reading goes on behind it. OMB_IO.
 */
enum omb_rc omb_csv_next(struct omb_csv *csv, struct omb_csv_row *out,
                         struct omb_error *err) OMB_MUST_USE;

/*
 * The caller found the row given out last to be bad (a wrong number of fields): if it took several
 * lines, reading goes on at the first of them, after the row's own, that begins a row.
 */
void omb_csv_give_back(struct omb_csv *csv, const struct omb_csv_row *row);

/* Appends a field, in quotes where it needs them, and a comma before it unless it is the first. */
void omb_csv_add(struct omb_buf *out, struct omb_view field, bool first);

#endif
