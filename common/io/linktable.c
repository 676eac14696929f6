#include "io/linktable.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

enum { SLOTS_MIN = 64 };

void omb_linktable_free(struct omb_linktable *table)
{
    free(table->all);
    free(table->slots);
    *table = (struct omb_linktable){0};
}

/* --- by route --- */

/* libzmq counts routing ids up from a random number: neighbours go to different places. */
static size_t first_slot(const struct omb_linktable *table, uint32_t route)
{
    return (route * UINT32_C(2654435761)) & (table->slot_count - 1);
}

/* The slot of a route, or the free one where it belongs. At most half of them are taken. */
static uint32_t *slot_of(const struct omb_linktable *table, uint32_t route)
{
    size_t at = first_slot(table, route);

    while (table->slots[at] != 0 && table->all[table->slots[at] - 1].route != route)
        at = (at + 1) & (table->slot_count - 1);
    return &table->slots[at];
}

/* Places in `all` move when one goes. */
static void fill_slots(struct omb_linktable *table)
{
    memset(table->slots, 0, table->slot_count * sizeof(*table->slots));
    for (size_t i = 0; i < table->count; i++)
        *slot_of(table, table->all[i].route) = (uint32_t)i + 1;
}

static void grow(struct omb_linktable *table)
{
    if (table->count < table->capacity)
        return;
    table->capacity = table->capacity > 0 ? 2 * table->capacity : SLOTS_MIN / 2;
    table->slot_count = 2 * table->capacity;
    table->all = realloc(table->all, table->capacity * sizeof(*table->all));
    free(table->slots);
    table->slots = calloc(table->slot_count, sizeof(*table->slots));
    OMB_ASSERT(table->all && table->slots);
    fill_slots(table);
}

/* --- finding --- */

static struct omb_linked *use(struct omb_linktable *table, struct omb_linked *linked)
{
    linked->used = ++table->uses;
    return linked;
}

struct omb_linked *omb_linktable_find(struct omb_linktable *table, uint32_t route,
                                      const uint8_t key[OMB_PUBLIC_SIZE])
{
    struct omb_linked *linked;
    uint32_t at = table->count > 0 ? *slot_of(table, route) : 0;

    if (at == 0)
        return NULL;
    linked = &table->all[at - 1];
    if (memcmp(linked->key, key, OMB_PUBLIC_SIZE) == 0)
        return use(table, linked);
    omb_linktable_remove(table, linked);
    return NULL;
}

static int compare_names(const void *key, const void *element)
{
    const uint64_t a = *(const uint64_t *)key, b = ((const struct omb_linked *)element)->name;

    return (a > b) - (a < b);
}

struct omb_linked *omb_linktable_named(struct omb_linktable *table, uint64_t name)
{
    struct omb_linked *linked = NULL;

    if (table->count > 0)
        linked = bsearch(&name, table->all, table->count, sizeof(*table->all), compare_names);
    return linked ? use(table, linked) : NULL;
}

/* --- adding and removing --- */

void omb_linktable_remove(struct omb_linktable *table, const struct omb_linked *linked)
{
    size_t at = (size_t)(linked - table->all);

    OMB_ASSERT(at < table->count);
    memmove(&table->all[at], &table->all[at + 1], (table->count - at - 1) * sizeof(*table->all));
    table->count--;
    fill_slots(table);
}

/* The first of a key when it has as many as it may; NULL: it has fewer. */
static struct omb_linked *oldest(struct omb_linktable *table, const uint8_t key[OMB_PUBLIC_SIZE])
{
    struct omb_linked *first = NULL;
    size_t own = 0;

    for (size_t i = table->count; i > 0; i--) {
        if (memcmp(table->all[i - 1].key, key, OMB_PUBLIC_SIZE) != 0)
            continue;
        first = &table->all[i - 1];
        own++;
    }
    return own >= OMB_LINKS_OF_A_KEY ? first : NULL;
}

static struct omb_linked *idlest(struct omb_linktable *table)
{
    struct omb_linked *found = &table->all[0];

    for (size_t i = 1; i < table->count; i++)
        if (table->all[i].used < found->used)
            found = &table->all[i];
    return found;
}

struct omb_linked *omb_linktable_surplus(struct omb_linktable *table, const uint8_t *key,
                                         size_t most)
{
    struct omb_linked *own = key ? oldest(table, key) : NULL;

    OMB_ASSERT(most > 0);
    if (own)
        return own;
    return table->count + (key ? 1 : 0) > most ? idlest(table) : NULL;
}

void omb_linktable_add(struct omb_linktable *table, uint32_t route,
                       const uint8_t key[OMB_PUBLIC_SIZE], uint64_t name)
{
    struct omb_linked *added;

    OMB_ASSERT(table->count == 0 || table->all[table->count - 1].name < name);
    grow(table);
    added = &table->all[table->count++];
    *added = (struct omb_linked){.name = name, .route = route};
    memcpy(added->key, key, OMB_PUBLIC_SIZE);
    *slot_of(table, route) = (uint32_t)table->count;
    (void)use(table, added);
}
