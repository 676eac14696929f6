#include <string.h>

#include "base/text.h"

enum { MOST_NEAREST = 8, FEWEST_SHARED = 3, NOT_NEAR = OMB_CODE_MAX + 1 };

struct candidate {
    struct omb_view word;
    size_t distance;
};

/* People's capitals are no mistake. */
static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/*
 * Insertions, deletions, substitutions and swaps of neighbours that turn a into b (optimal string
 * alignment), over three rows of the table; both at most OMB_CODE_MAX bytes.
 */
static size_t edits(struct omb_view a, struct omb_view b)
{
    size_t rows[3][OMB_CODE_MAX + 1];

    for (size_t j = 0; j <= b.size; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.size; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];

        row[0] = i;
        for (size_t j = 1; j <= b.size; j++) {
            uint8_t x = lower(a.data[i - 1]), y = lower(b.data[j - 1]);

            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == lower(b.data[j - 2]) && y == lower(a.data[i - 2]))
                row[j] = least(row[j], above2[j - 2] + 1);
        }
    }
    return rows[a.size % 3][b.size];
}

/* One begins with the whole of the other. */
static bool share_prefix(struct omb_view a, struct omb_view b)
{
    size_t size = least(a.size, b.size);

    if (size < FEWEST_SHARED)
        return false;
    for (size_t i = 0; i < size; i++)
        if (lower(a.data[i]) != lower(b.data[i]))
            return false;
    return true;
}

static size_t distance(struct omb_view word, struct omb_view known)
{
    size_t count;

    if (word.size == 0 || known.size == 0 || word.size > OMB_CODE_MAX || known.size > OMB_CODE_MAX)
        return NOT_NEAR;
    count = edits(word, known);
    if (count * 3 <= word.size)
        return count;
    /* After all that are near by edits, which are at most a third of OMB_CODE_MAX. */
    return share_prefix(word, known) ? OMB_CODE_MAX : (size_t)NOT_NEAR;
}

/* Keeps `best` sorted; of equals the one listed first stays first. */
static size_t insert(struct candidate *best, size_t count, size_t most, struct candidate new)
{
    size_t at = count;

    while (at > 0 && best[at - 1].distance > new.distance)
        at--;
    if (at == most)
        return count;
    if (count < most)
        count++;
    memmove(best + at + 1, best + at, (count - at - 1) * sizeof(*best));
    best[at] = new;
    return count;
}

void omb_text_nearest(struct omb_view word, const struct omb_view *known, size_t count, size_t most,
                      char *out, size_t size)
{
    struct candidate best[MOST_NEAREST];
    size_t found = 0, used = 0;

    if (size == 0)
        return;
    most = least(most, MOST_NEAREST);
    for (size_t i = 0; i < count; i++) {
        struct candidate new = {known[i], distance(word, known[i])};

        if (new.distance < NOT_NEAR)
            found = insert(best, found, most, new);
    }
    for (size_t i = 0; i < found; i++) {
        struct omb_view glue = omb_view_str(i == 0 ? "" : i + 1 == found ? " or " : ", ");

        if (glue.size + best[i].word.size >= size - used)
            break;
        memcpy(out + used, glue.data, glue.size);
        memcpy(out + used + glue.size, best[i].word.data, best[i].word.size);
        used += glue.size + best[i].word.size;
    }
    out[used] = '\0';
}
