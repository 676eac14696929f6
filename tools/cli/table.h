/*
 * Tables for people: columns as wide as what stands in them, by the width that characters have on a
 * screen, numbers to the right. On a terminal that is too narrow, columns that are empty in every
 * row go first, then those that may, and what is left of texts is cut, the widest first; what must
 * be copied whole is never cut, and what goes anywhere else is neither cut nor left out. The same
 * rows come out as CSV.
 */
#ifndef OMB_CLI_TABLE_H
#define OMB_CLI_TABLE_H

#include <stdio.h>

#include "base/bytes.h"

#define OMB_TABLE_COLUMNS_MAX 40

struct omb_table {
    struct omb_arena arena;     /* owns the cells */
    const char *titles[OMB_TABLE_COLUMNS_MAX];
    bool right[OMB_TABLE_COLUMNS_MAX];
    bool whole[OMB_TABLE_COLUMNS_MAX];      /* never cut */
    unsigned leaves[OMB_TABLE_COLUMNS_MAX]; /* the lowest goes first; 0: stays */
    size_t columns;
    struct omb_view *cells;     /* row after row; grows by doubling in the arena */
    size_t count;
    size_t capacity;
};

void omb_table_init(struct omb_table *table);
void omb_table_free(struct omb_table *table);
/* Columns first, all of them. A title lives as long as the table. */
void omb_table_column(struct omb_table *table, const char *title, bool right);
/* The newest column is a number of a case, a date, a digest: never cut. */
void omb_table_keep_whole(struct omb_table *table);
/* The newest column may be left out: those of lower rank before it. */
void omb_table_may_leave(struct omb_table *table, unsigned rank);
/* Cells of a row in order; line ends in them become blanks in print. */
void omb_table_text(struct omb_table *table, struct omb_view text);
void omb_table_printf(struct omb_table *table, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
size_t omb_table_rows(const struct omb_table *table);

/* width 0: as wide as it is. */
void omb_table_print(const struct omb_table *table, FILE *file, size_t width);
void omb_table_print_csv(const struct omb_table *table, FILE *file);

/* As it is, but for control characters, which become blanks, and bytes that are no UTF-8: "?". */
void omb_text_print(FILE *file, struct omb_view text);
/* Columns on a screen, as printed above. Both need a UTF-8 locale. */
size_t omb_text_width(struct omb_view text);
/* The width of the terminal that a file is; 0: it is none. */
size_t omb_terminal_width(FILE *file);

#endif
