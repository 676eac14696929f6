#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "office/inside.h"
#include "office/receive.h"

/* Makes room for one more item; the arrays of an update are kept from batch to batch. */
static void *grown(void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    *capacity = *capacity ? *capacity * 2 : 64;
    items = realloc(items, *capacity * size);
    OMB_ASSERT(items != NULL);
    return items;
}

struct omb_update *omb_update_new(void)
{
    struct omb_update *update = calloc(1, sizeof(*update));

    OMB_ASSERT(update != NULL);
    update->writes = omb_writes_new();
    update->moves = omb_moves_new();
    omb_arena_init(&update->arena, SIZE_MAX);
    omb_arena_init(&update->step_arena, SIZE_MAX);
    update->timer = update->link_timer = INT64_MAX;
    return update;
}

void omb_update_free(struct omb_update *update)
{
    if (!update)
        return;
    omb_writes_free(update->writes);
    omb_arena_free(&update->arena);
    omb_arena_free(&update->step_arena);
    omb_buf_free(&update->header);
    omb_buf_free(&update->body);
    omb_buf_free(&update->grants);
    omb_buf_free(&update->extract);
    omb_buf_free(&update->row);
    omb_buf_free(&update->kept);
    free(update->pending);
    omb_moves_free(update->moves);
    free(update->replies);
    free(update->bells);
    free(update->rung);
    free(update->sends);
    free(update);
}

void omb_update_begin(struct omb_update *update, const struct omb_office *office)
{
    update->office = office;
    omb_writes_reset(update->writes, office->setup.port);
    omb_arena_reset(&update->arena);
    omb_arena_reset(&update->step_arena);
    update->pending_count = update->signed_count = 0;
    omb_moves_forget(update->moves);
    update->reply_count = update->bell_count = update->rung_count = 0;
    update->send_count = 0;
    update->dial = (struct omb_dial){.kind = OMB_DIAL_NONE};
    update->backup = NULL;
    update->timer = office->wake_ms;
    update->link_timer = office->link_wake_ms;
    update->dirty = update->operators_changed = update->erased = false;
    update->children_changed = false;
}

const struct omb_writes *omb_update_writes(const struct omb_update *update)
{
    return update->writes;
}

bool omb_update_must_sync(const struct omb_update *update)
{
    return omb_writes_count(update->writes) > 0;
}

int64_t omb_update_timer(const struct omb_update *update)
{
    return update->timer;
}

int64_t omb_update_link_timer(const struct omb_update *update)
{
    return update->link_timer;
}

bool omb_update_children_changed(const struct omb_update *update)
{
    return update->children_changed;
}

bool omb_update_operators_changed(const struct omb_update *update)
{
    return update->operators_changed;
}

bool omb_update_erased(const struct omb_update *update)
{
    return update->erased;
}

/* --- replies and bells --- */

void omb_update_reply(struct omb_update *update, uint64_t to, struct omb_view bytes)
{
    update->replies = grown(update->replies, update->reply_count, &update->reply_capacity,
                            sizeof(*update->replies));
    update->replies[update->reply_count++] =
        (struct omb_reply_out){to, omb_arena_copy(&update->arena, bytes)};
}

size_t omb_update_replies(const struct omb_update *update, const struct omb_reply_out **out)
{
    *out = update->replies;
    return update->reply_count;
}

/* --- links --- */

void omb_update_send(struct omb_update *update, uint64_t link, bool dialled, struct omb_view bytes)
{
    update->sends =
        grown(update->sends, update->send_count, &update->send_capacity, sizeof(*update->sends));
    update->sends[update->send_count++] =
        (struct omb_send){link, dialled, omb_arena_copy(&update->arena, bytes)};
}

size_t omb_update_sends(const struct omb_update *update, const struct omb_send **out)
{
    *out = update->sends;
    return update->send_count;
}

void omb_update_dial_set(struct omb_update *update, const struct omb_dial *dial)
{
    update->dial = *dial;
    update->dial.address = omb_arena_copy(&update->arena, dial->address);
}

const struct omb_dial *omb_update_dial(const struct omb_update *update)
{
    return &update->dial;
}

/* --- bells --- */

void omb_ring(struct omb_step *step, const char *topic, uint64_t position)
{
    struct omb_update *update = step->update;

    update->bells =
        grown(update->bells, update->bell_count, &update->bell_capacity, sizeof(*update->bells));
    update->bells[update->bell_count++] = (struct omb_bell_at){topic, position};
}

/* A topic rings once a batch, for its newest change: whoever hears it asks for all since. */
void omb_update_ring(struct omb_update *update)
{
    update->rung_count = 0;
    free(update->rung);
    update->rung = calloc(update->bell_count + 1, sizeof(*update->rung));
    OMB_ASSERT(update->rung != NULL);
    for (size_t i = update->bell_count; i > 0; i--) {
        const struct omb_bell_at *bell = &update->bells[i - 1];
        size_t known = 0;

        while (known < update->rung_count && strcmp(update->rung[known].topic, bell->topic) != 0)
            known++;
        if (known < update->rung_count)
            continue;
        update->rung[update->rung_count++] = (struct omb_bell){
            bell->topic,
            omb_arena_printf(&update->arena, OMB_POSITION_FORMAT,
                             OMB_POSITION_ARGS(update->office, bell->position)),
        };
    }
}

size_t omb_update_bells(const struct omb_update *update, const struct omb_bell **out)
{
    *out = update->rung;
    return update->rung_count;
}

void omb_wake_at(struct omb_step *step, int64_t at_ms)
{
    if (at_ms < step->office->wake_ms)
        step->office->wake_ms = at_ms;
    if (at_ms < step->update->timer)
        step->update->timer = at_ms;
}

/* --- records of this batch --- */

void omb_update_pend(struct omb_update *update, const struct omb_pending *record)
{
    struct omb_pending *kept;

    update->pending = grown(update->pending, update->pending_count, &update->pending_capacity,
                            sizeof(*update->pending));
    kept = &update->pending[update->pending_count++];
    *kept = *record;
    kept->header = omb_arena_copy(&update->arena, record->header);
}

const struct omb_pending *omb_update_find(const struct omb_update *update, uint32_t number,
                                          uint64_t seq)
{
    /* Ascending by (number, seq): a later incarnation has a later number. */
    size_t low = 0, high = update ? update->pending_count : 0;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const struct omb_pending *at = &update->pending[middle];

        if (at->number == number && at->seq == seq)
            return at;
        if (at->number < number || (at->number == number && at->seq < seq))
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

bool omb_update_signed(const struct omb_update *update, const struct omb_pending *record)
{
    return (size_t)(record - update->pending) < update->signed_count;
}

void omb_update_unpend(struct omb_update *update, size_t count)
{
    OMB_ASSERT(count >= update->signed_count && count <= update->pending_count);
    update->pending_count = count;
}
