#define _GNU_SOURCE
#include "cli/table.h"

#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "base/assert.h"
#include "cli/csv.h"

#define GAP 2
#define ELLIPSIS "\xe2\x80\xa6"

enum { NARROWEST = 6, TABLE_LIMIT = 1 << 30, FIRST_CELLS = 256, CELL_MAX = 4096 };

void omb_table_init(struct omb_table *table)
{
    *table = (struct omb_table){.columns = 0};
    omb_arena_init(&table->arena, TABLE_LIMIT);
}

void omb_table_free(struct omb_table *table)
{
    omb_arena_free(&table->arena);
}

void omb_table_column(struct omb_table *table, const char *title, bool right)
{
    OMB_ASSERT(table->columns < OMB_TABLE_COLUMNS_MAX && table->count == 0);
    table->titles[table->columns] = title;
    table->whole[table->columns] = right;
    table->right[table->columns++] = right;
}

void omb_table_keep_whole(struct omb_table *table)
{
    OMB_ASSERT(table->columns > 0);
    table->whole[table->columns - 1] = true;
}

void omb_table_may_leave(struct omb_table *table, unsigned rank)
{
    OMB_ASSERT(table->columns > 0 && rank > 0);
    table->leaves[table->columns - 1] = rank;
}

static void add(struct omb_table *table, struct omb_view cell)
{
    if (table->count == table->capacity) {
        size_t capacity = table->capacity ? 2 * table->capacity : FIRST_CELLS;
        struct omb_view *cells = OMB_ARENA_NEW(&table->arena, struct omb_view, capacity);

        if (table->count)
            memcpy(cells, table->cells, table->count * sizeof(*cells));
        table->cells = cells;
        table->capacity = capacity;
    }
    table->cells[table->count++] = cell;
}

void omb_table_text(struct omb_table *table, struct omb_view text)
{
    add(table, text.size ? omb_arena_copy(&table->arena, text) : OMB_VIEW_NONE);
}

void omb_table_printf(struct omb_table *table, const char *format, ...)
{
    char text[CELL_MAX];
    va_list args;
    int size;

    va_start(args, format);
    size = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    OMB_ASSERT(size >= 0 && size < CELL_MAX);
    omb_table_text(table, omb_view(text, (size_t)size));
}

size_t omb_table_rows(const struct omb_table *table)
{
    return table->columns ? table->count / table->columns : 0;
}

/* --- widths --- */

/* The character at the beginning as it is printed. */
struct character {
    size_t size;      /* bytes of the text */
    size_t width;
    const char *show; /* instead of these bytes; NULL: they themselves */
};

/* Controls would move what follows; what is no character shows as one question mark a byte. */
static struct character character(struct omb_view text)
{
    mbstate_t state = {0};
    wchar_t wide = L'\0';
    size_t size = mbrtowc(&wide, (const char *)text.data, text.size, &state);
    int width;

    if (size == 0)
        return (struct character){1, 1, " "};
    if (size > text.size)
        return (struct character){1, 1, "?"};
    width = wcwidth(wide);
    return width < 0 ? (struct character){size, 1, " "}
                     : (struct character){size, (size_t)width, NULL};
}

size_t omb_text_width(struct omb_view text)
{
    size_t width = 0;

    for (size_t i = 0; i < text.size;) {
        struct character c = character(omb_view(text.data + i, text.size - i));

        i += c.size;
        width += c.width;
    }
    return width;
}

/* The beginning that is at most so wide. */
static struct omb_view cut(struct omb_view text, size_t most)
{
    size_t width = 0;

    for (size_t i = 0; i < text.size;) {
        struct character c = character(omb_view(text.data + i, text.size - i));

        if (width + c.width > most)
            return omb_view(text.data, i);
        width += c.width;
        i += c.size;
    }
    return text;
}

size_t omb_terminal_width(FILE *file)
{
    struct winsize size;

    if (!isatty(fileno(file)) || ioctl(fileno(file), TIOCGWINSZ, &size) != 0)
        return 0;
    return size.ws_col;
}

static void find_widths(const struct omb_table *table, size_t widths[OMB_TABLE_COLUMNS_MAX])
{
    for (size_t c = 0; c < table->columns; c++)
        widths[c] = omb_text_width(omb_view_str(table->titles[c]));
    for (size_t i = 0; i < table->count; i++) {
        size_t width = omb_text_width(table->cells[i]);

        if (width > widths[i % table->columns])
            widths[i % table->columns] = width;
    }
}

/* What a column needs at least; a column of no width is left out. */
static size_t least(const struct omb_table *table, size_t column, size_t width)
{
    return table->whole[column] || width < NARROWEST ? width : NARROWEST;
}

static size_t sum_of(const struct omb_table *table, const size_t *widths, bool only_least)
{
    size_t sum = 0, shown = 0;

    for (size_t c = 0; c < table->columns; c++) {
        shown += widths[c] > 0;
        sum += only_least ? least(table, c, widths[c]) : widths[c];
    }
    return shown ? sum + GAP * (shown - 1) : 0;
}

static void leave_out_empty(const struct omb_table *table, size_t *widths)
{
    bool said[OMB_TABLE_COLUMNS_MAX] = {false};

    for (size_t i = 0; i < table->count; i++)
        said[i % table->columns] |= table->cells[i].size > 0;
    for (size_t c = 0; c < table->columns && table->count; c++)
        if (!said[c])
            widths[c] = 0;
}

/* The column that goes next; table->columns: none may. */
static size_t next_to_leave(const struct omb_table *table, const size_t *widths)
{
    size_t next = table->columns;

    for (size_t c = 0; c < table->columns; c++)
        if (widths[c] && table->leaves[c] &&
            (next == table->columns || table->leaves[c] < table->leaves[next]))
            next = c;
    return next;
}

/* The widest column that may be cut; table->columns: none may. */
static size_t next_to_cut(const struct omb_table *table, const size_t *widths)
{
    size_t widest = table->columns;

    for (size_t c = 0; c < table->columns; c++)
        if (widths[c] > least(table, c, widths[c]) &&
            (widest == table->columns || widths[c] > widths[widest]))
            widest = c;
    return widest;
}

static void narrow(const struct omb_table *table, size_t *widths, size_t most)
{
    if (sum_of(table, widths, false) > most)
        leave_out_empty(table, widths);
    while (sum_of(table, widths, true) > most) {
        size_t leaves = next_to_leave(table, widths);

        if (leaves == table->columns)
            break;
        widths[leaves] = 0;
    }
    while (sum_of(table, widths, false) > most) {
        size_t widest = next_to_cut(table, widths);

        if (widest == table->columns)
            return;
        widths[widest]--;
    }
}

/* --- printing --- */

static void pad(FILE *file, size_t count)
{
    while (count--)
        putc(' ', file);
}

void omb_text_print(FILE *file, struct omb_view text)
{
    for (size_t i = 0; i < text.size;) {
        struct character c = character(omb_view(text.data + i, text.size - i));

        if (c.show)
            fputs(c.show, file);
        else
            fwrite(text.data + i, 1, c.size, file);
        i += c.size;
    }
}

/* *blanks: those owed before the next text, so that no line ends with any. */
static void print_cell(FILE *file, bool right, struct omb_view text, size_t width, size_t *blanks)
{
    size_t is = omb_text_width(text);
    bool cuts = is > width;
    struct omb_view shown = cuts ? cut(text, width - 1) : text;
    size_t rest = width - (cuts ? omb_text_width(shown) + 1 : is);

    if (text.size) {
        pad(file, *blanks + (right ? rest : 0));
        omb_text_print(file, shown);
        fputs(cuts ? ELLIPSIS : "", file);
        *blanks = 0;
    }
    *blanks += GAP + (right && text.size ? 0 : rest);
}

static void print_row(const struct omb_table *table, FILE *file, const struct omb_view *cells,
                      const size_t *widths)
{
    size_t blanks = 0;

    for (size_t c = 0; c < table->columns; c++)
        if (widths[c])
            print_cell(file, table->right[c], cells[c], widths[c], &blanks);
    putc('\n', file);
}

void omb_table_print(const struct omb_table *table, FILE *file, size_t width)
{
    struct omb_view titles[OMB_TABLE_COLUMNS_MAX];
    size_t widths[OMB_TABLE_COLUMNS_MAX] = {0};

    find_widths(table, widths);
    if (width)
        narrow(table, widths, width);
    for (size_t c = 0; c < table->columns; c++)
        titles[c] = omb_view_str(table->titles[c]);
    print_row(table, file, titles, widths);
    for (size_t i = 0; i < table->count; i += table->columns)
        print_row(table, file, table->cells + i, widths);
}

void omb_table_print_csv(const struct omb_table *table, FILE *file)
{
    struct omb_buf line = OMB_BUF_INIT;

    for (size_t c = 0; c < table->columns; c++)
        omb_csv_add(&line, omb_view_str(table->titles[c]), c == 0);
    omb_buf_add_u8(&line, '\n');
    for (size_t i = 0; i < table->count; i++) {
        omb_csv_add(&line, table->cells[i], i % table->columns == 0);
        if ((i + 1) % table->columns == 0)
            omb_buf_add_u8(&line, '\n');
    }
    fwrite(line.data, 1, line.size, file);
    omb_buf_free(&line);
}
