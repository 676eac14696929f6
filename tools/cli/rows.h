/*
 * From rows of other systems' tables to rows of an import: one reader per kind of table. Reading
 * the table is cli/csv.h, sending the rows cli/import.c.
 */
#ifndef OMB_CLI_ROWS_H
#define OMB_CLI_ROWS_H

#include "cli/csv.h"
#include "cli/fill.h"

/* What a reader knows of the table: which field stands in which column. */
struct omb_columns {
    size_t count;                     /* of the header; every row must have as many */
    int field_of[OMB_CSV_FIELDS_MAX]; /* the reader's own number of a column's field; -1: none */
};

struct omb_row_reader {
    const char *source; /* cfpb, csv */
    const char *wants;  /* what a header must hold, for people */
    /* Whether a line of the file looks like the beginning of a row or of the header. */
    bool (*begins_row)(struct omb_view line);
    /* OMB_NOT_FOUND: this row is no header, look further; another error ends the import. */
    enum omb_rc (*header)(const struct omb_csv_row *row, struct omb_columns *out,
                          struct omb_error *err);
    /*
     * Everything goes into the arena of `fill`. An error rejects the row; *out->act may hold codes
     * that no daemon takes, which the caller checks.
     */
    enum omb_rc (*read)(const struct omb_fill *fill, const struct omb_columns *columns,
                        const struct omb_csv_row *row, struct omb_import_row *out,
                        struct omb_error *err);
};

extern const struct omb_row_reader omb_rows_cfpb;
extern const struct omb_row_reader omb_rows_csv;

#endif
