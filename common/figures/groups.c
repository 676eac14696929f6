#include "figures/groups.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

enum { ARENA_MAX = 64 * 1024 * 1024, FEWEST_SLOTS = 16 };

static size_t slots_for(size_t most)
{
    size_t slots = FEWEST_SLOTS;

    while (slots < 2 * most)
        slots *= 2;
    return slots;
}

/* The slots are allocated at once: pages that no group falls into are never touched. */
void omb_groups_init(struct omb_groups *groups, size_t most, size_t measures)
{
    *groups = (struct omb_groups){.most = most, .measures = measures};
    groups->slots = calloc(slots_for(most), sizeof(*groups->slots));
    OMB_ASSERT(groups->slots != NULL);
    omb_arena_init(&groups->arena, ARENA_MAX);
}

void omb_groups_free(struct omb_groups *groups)
{
    free(groups->slots);
    omb_arena_free(&groups->arena);
    *groups = (struct omb_groups){0};
}

/* FNV-1a, its high bits folded in. */
static size_t hash(struct omb_view key)
{
    uint64_t value = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < key.size; i++)
        value = (value ^ key.data[i]) * UINT64_C(1099511628211);
    return (size_t)(value ^ value >> 32);
}

static struct omb_group *new_group(struct omb_groups *groups, struct omb_view key)
{
    struct omb_group *group;
    size_t sums_size = groups->measures * sizeof(*group->sums);
    uint8_t *memory;

    if (groups->count == groups->most)
        return NULL;
    memory = omb_arena_try(&groups->arena, sizeof(*group) + sums_size + key.size);
    if (memory == NULL)
        return NULL;
    group = (struct omb_group *)memory;
    group->sums = (int64_t *)(memory + sizeof(*group));
    if (key.size > 0)
        memcpy(memory + sizeof(*group) + sums_size, key.data, key.size);
    group->key = omb_view(memory + sizeof(*group) + sums_size, key.size);
    groups->count++;
    return group;
}

struct omb_group *omb_groups_at(struct omb_groups *groups, struct omb_view key)
{
    size_t mask = slots_for(groups->most) - 1;
    size_t slot = hash(key) & mask;

    while (groups->slots[slot] != NULL) {
        if (omb_view_equal(groups->slots[slot]->key, key))
            return groups->slots[slot];
        slot = (slot + 1) & mask;
    }
    groups->slots[slot] = new_group(groups, key);
    return groups->slots[slot];
}

struct omb_group **omb_groups_list(const struct omb_groups *groups)
{
    struct omb_group **list = calloc(groups->count + 1, sizeof(*list));
    size_t slots = slots_for(groups->most), count = 0;

    OMB_ASSERT(list != NULL);
    for (size_t slot = 0; slot < slots; slot++)
        if (groups->slots[slot] != NULL)
            list[count++] = groups->slots[slot];
    OMB_ASSERT(count == groups->count);
    return list;
}
