/*
 * The driver and the lines of support/tree.h.
 */
#include "support/tree_drive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/assert.h"
#include "office/inside.h"

#define DIAL_MS 5

/* --- inputs --- */

void tree_tick(struct tree_office *office)
{
    office->rig.now_ms = office->tree->now_ms + office->clock_ms;
    office->rig.monotonic_ms = office->tree->now_ms - RIG_START_MS + 1000;
}

void tree_input(struct tree_office *office, struct omb_input *input)
{
    struct omb_error err = {0};

    tree_tick(office);
    if (rig_step(&office->rig, input, &err) != OMB_OK &&
        memport_health(office->rig.store) == OMB_OK)
        fail_msg("%s stops: %s", office->code, err.words);
}

/* The batch is kept at once or, while a sync is under way, with all that comes until it ends. */
static void keep_when_free(struct tree_office *office)
{
    if (office->disk.holding)
        office->disk.waiting = true;
    else
        tree_keep(office);
}

static void work(struct tree_office *office, struct omb_input *input)
{
    if (input->kind == OMB_INPUT_TICK)
        office->wake_ms = INT64_MAX; /* until the update says when the next is wanted */
    tree_input(office, input);
    if (!tree_falls_with_store(office))
        keep_when_free(office);
}

struct omb_digest tree_certificate(const struct tree_office *office)
{
    return office->rig.office->own.digest;
}

/* --- what is under way --- */

static void put_under_way(struct tree *tree, struct tree_event event)
{
    event.order = ++tree->orders;
    if (tree->event_count == tree->event_capacity) {
        tree->event_capacity = tree->event_capacity ? 2 * tree->event_capacity : 64;
        tree->events =
            realloc(tree->events, tree->event_capacity * sizeof(*tree->events));
        OMB_ASSERT(tree->events != NULL);
    }
    tree->events[tree->event_count++] = event;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

void tree_wake_later(struct tree_office *office, enum tree_what what, int64_t ms, uint64_t ordinal)
{
    put_under_way(office->tree, (struct tree_event){.what = what,
                                                    .due_ms = office->tree->now_ms + ms,
                                                    .line = ordinal,
                                                    .child = office});
}

static void send_frame(struct tree_office *child, bool up, struct omb_view bytes)
{
    struct tree *tree = child->tree;
    const struct tree_fate fate = tree_line_fate(child, up);
    const int64_t soonest = tree->now_ms + (up ? child->up_ms : child->down_ms) + fate.late_ms;
    int64_t *due = up ? &child->line.up_due : &child->line.down_due;
    const struct tree_event event = {
        .what = TREE_FRAME,
        .due_ms = fate.early ? soonest : later(soonest, *due),
        .line = child->line.id,
        .child = child,
        .up = up,
        .bytes = fate.copies > 0 ? omb_arena_copy(&tree->arena, bytes) : OMB_VIEW_NONE,
    };

    *due = later(*due, event.due_ms);
    for (unsigned i = 0; i < fate.copies; i++)
        put_under_way(tree, event);
}

static struct tree_office *child_on(struct tree *tree, uint64_t line)
{
    for (size_t i = 0; i < tree->count; i++)
        if (line != 0 && tree->offices[i]->line.id == line)
            return tree->offices[i];
    return NULL;
}

void tree_inject(struct tree_office *child, bool up, const struct omb_frame *frame)
{
    struct omb_buf bytes = OMB_BUF_INIT;

    omb_encode_frame(frame, &bytes);
    tree_inject_bytes(child, up, omb_buf_view(&bytes));
    omb_buf_free(&bytes);
}

void tree_inject_bytes(struct tree_office *child, bool up, struct omb_view bytes)
{
    assert_true(child->line.id != 0);
    send_frame(child, up, bytes);
}

/* --- connections --- */

#define NOT_LET_IN "the key is not let in"

static void tell_down(struct tree_office *child, uint64_t line, const char *why)
{
    if (!child->running)
        return;
    put_under_way(child->tree, (struct tree_event){.what = TREE_DOWN,
                                                   .due_ms = child->tree->now_ms + DIAL_MS,
                                                   .line = line,
                                                   .child = child,
                                                   .bytes = omb_view_str(why)});
}

static bool is_of_line(const struct tree_event *event, uint64_t line)
{
    return event->line == line && event->what != TREE_SYNCED && event->what != TREE_START;
}

void tree_line_down(struct tree_office *child, const char *why)
{
    struct tree *tree = child->tree;
    const uint64_t line = child->line.id;
    size_t kept = 0;

    if (line == 0)
        return;
    for (size_t i = 0; i < tree->event_count; i++)
        if (!is_of_line(&tree->events[i], line))
            tree->events[kept++] = tree->events[i];
    tree->event_count = kept;
    child->line = (struct tree_line){0};
    if (why != NULL)
        tell_down(child, line, why);
}

static bool admits(const struct tree_office *parent, const struct tree_office *child)
{
    const uint8_t (*keys)[OMB_PUBLIC_SIZE];
    const size_t count = omb_office_children(parent->rig.office, &keys);

    for (size_t i = 0; i < count; i++)
        if (memcmp(keys[i], child->transport, OMB_PUBLIC_SIZE) == 0)
            return true;
    return false;
}

static struct tree_office *listener(struct tree *tree, struct omb_view address)
{
    for (size_t i = 0; i < tree->count; i++)
        if (omb_view_is(address, tree->offices[i]->address) && tree->offices[i]->running)
            return tree->offices[i];
    return NULL;
}

static const char *cannot_dial(const struct tree_office *child, const struct tree_office *parent,
                               const struct omb_dial *dial)
{
    if (child->cut || child->up_wire.dead || child->down_wire.dead || parent == NULL)
        return "nobody answers";
    if (memcmp(parent->transport, dial->server_key, OMB_PUBLIC_SIZE) != 0)
        return "another key answers";
    return admits(parent, child) ? NULL : NOT_LET_IN;
}

static void dial_out(struct tree_office *child, const struct omb_dial *dial)
{
    struct tree *tree = child->tree;
    struct tree_office *parent = listener(tree, dial->address);
    const char *why = cannot_dial(child, parent, dial);

    tree_line_down(child, NULL);
    if (why != NULL) {
        tree_tell(tree, "%s dials in vain: %s", child->code, why);
        tell_down(child, ++tree->lines, why);
        return;
    }
    tree_tell(tree, "%s dials %s", child->code, parent->code);
    child->parent = parent;
    child->line = (struct tree_line){
        .id = ++tree->lines, .child_life = child->life, .parent_life = parent->life};
    put_under_way(tree, (struct tree_event){.what = TREE_UP,
                                            .due_ms = tree->now_ms + DIAL_MS,
                                            .line = child->line.id,
                                            .child = child});
}

void tree_cut(struct tree_office *child)
{
    tree_tell(child->tree, "the line of %s is cut", child->code);
    child->cut = true;
    tree_line_down(child, "the line is cut");
}

void tree_mend(struct tree_office *child)
{
    tree_tell(child->tree, "the line of %s is mended", child->code);
    child->cut = false;
}

/* --- keeping --- */

/* At most so many; those whose connection is gone are dropped. */
static void perform_sends(struct tree_office *office, const struct omb_update *update, size_t most)
{
    const struct omb_send *sends;
    const size_t count = omb_update_sends(update, &sends);

    for (size_t i = 0; i < count && i < most; i++) {
        struct tree_office *child = child_on(office->tree, sends[i].link);

        if (child == NULL || (sends[i].dialled ? child != office : child->parent != office))
            continue;
        tree_acked_note(office, sends[i].bytes);
        send_frame(child, sends[i].dialled, tree_lie_in(office, child, sends[i].bytes));
    }
}

static void perform_dial(struct tree_office *office, const struct omb_update *update)
{
    const struct omb_dial *dial = omb_update_dial(update);

    if (dial->kind == OMB_DIAL_HANG_UP) {
        tree_tell(office->tree, "%s hangs up", office->code);
        tree_line_down(office, NULL);
    } else if (dial->kind == OMB_DIAL_CONNECT) {
        dial_out(office, dial);
    }
}

/* When the office wants its next tick, in true time. */
static int64_t next_wake(const struct tree_office *office, const struct omb_update *update)
{
    const int64_t wall = omb_update_timer(update);
    const int64_t link = omb_update_link_timer(update);
    const int64_t by_wall = wall == INT64_MAX ? wall : wall - office->clock_ms;
    const int64_t by_link = link == INT64_MAX ? link : link + RIG_START_MS - 1000;

    return by_wall < by_link ? by_wall : by_link;
}

/* The update is durable, or wrote nothing: now everybody may know. */
static void tell(struct tree_office *office, const struct omb_update *update, uint64_t batch)
{
    const bool amid = tree_crash_waits(office, TREE_AMID_SENDS, update);

    if (tree_crashes_at(office, TREE_BEFORE_SENDS, update))
        return;
    perform_sends(office, update, amid ? office->disk.few : SIZE_MAX);
    if (tree_crashes_at(office, TREE_AMID_SENDS, update))
        return;
    office->disk.told = batch;
    perform_dial(office, update);
}

void tree_sync_now(struct tree_office *office)
{
    struct tree_disk *disk = &office->disk;

    if (!disk->holding || tree_crashes_at(office, TREE_BEFORE_SYNC, disk->held))
        return;
    memport_sync(office->rig.store);
    disk->holding = false;
    tell(office, disk->held, disk->held_batch);
}

/* Written and not yet durable: it is held, and the next is built in the other update. */
static void hold(struct tree_office *office)
{
    struct tree_disk *disk = &office->disk;
    struct omb_update *written = office->rig.update;

    if (disk->held == NULL)
        disk->held = omb_update_new();
    office->rig.update = disk->held;
    disk->held = written;
    disk->held_batch = office->batch;
    disk->holding = true;
    tree_wake_later(office, TREE_SYNCED, disk->sync_ms, ++disk->syncs);
}

static void write_and_tell(struct tree_office *office)
{
    struct omb_update *update = office->rig.update;
    struct omb_error err = {0};

    if (tree_falls_with_store(office))
        return;
    if (omb_office_close(office->rig.office, update, &err) != OMB_OK &&
        memport_health(office->rig.store) == OMB_OK)
        fail_msg("%s stops: %s", office->code, err.words);
    if (tree_falls_with_store(office) || tree_crashes_at(office, TREE_BEFORE_WRITE, update))
        return;
    if (omb_writes_count(omb_update_writes(update)) > 0 &&
        memport_write(office->rig.store, omb_update_writes(update)) != OMB_OK) {
        OMB_ASSERT(tree_falls_with_store(office));
        return;
    }
    office->wake_ms = next_wake(office, update);
    if (office->disk.sync_ms > 0 && memport_unsynced(office->rig.store) > 0 &&
        !omb_update_erased(update)) {
        hold(office);
        return;
    }
    if (tree_crashes_at(office, TREE_BEFORE_SYNC, update))
        return;
    memport_sync(office->rig.store);
    tell(office, update, office->batch);
}

void tree_keep(struct tree_office *office)
{
    office->disk.waiting = false;
    /* First: after a write that fails the store cannot say what became of those before it. */
    if (office->running)
        tree_sync_now(office);
    if (office->running)
        write_and_tell(office);
    if (!office->running)
        return;
    omb_update_begin(office->rig.update, office->rig.office);
    office->batch++;
}

/* The sync that was asked for last has ended by itself. */
static void end_sync(struct tree_office *office, uint64_t ordinal)
{
    if (!office->disk.holding || office->disk.syncs != ordinal)
        return;
    tree_sync_now(office);
    if (office->running && office->disk.waiting)
        tree_keep(office);
}

void tree_leave(struct tree_office *office, bool sent)
{
    struct tree *tree = office->tree;

    omb_office_free(office->rig.office);
    office->rig.office = NULL;
    office->running = false;
    office->wake_ms = INT64_MAX;
    if (!sent)
        tree_line_down(office, NULL);
    for (size_t i = 0; i < tree->count; i++) {
        struct tree_office *child = tree->offices[i];

        if (child->parent != office || child->line.id == 0)
            continue;
        if (sent)
            put_under_way(tree, (struct tree_event){.what = TREE_DOWN,
                                                    .due_ms = later(child->line.down_due,
                                                                    tree->now_ms) + DIAL_MS,
                                                    .line = child->line.id,
                                                    .child = child,
                                                    .bytes = OMB_VIEW_LIT("the peer is gone")});
        else
            tree_line_down(child, "the peer hung up");
    }
}

/* --- what crosses --- */

static void keep_frame(struct tree *tree, const struct tree_frame *frame)
{
    bool moves = false;

    if (tree->frame_count == tree->frame_capacity) {
        tree->frame_capacity = tree->frame_capacity ? 2 * tree->frame_capacity : 64;
        tree->frames =
            realloc(tree->frames, tree->frame_capacity * sizeof(*tree->frames));
        OMB_ASSERT(tree->frames != NULL);
    }
    tree->frames[tree->frame_count++] = *frame;
    tree_describe(tree, frame, &tree->told, &moves);
    if (moves)
        tree->stirred_ms = tree->now_ms;
}

/* Not what was meant for the daemon that crashed. */
static bool hears(const struct tree_office *to, const struct tree_event *event)
{
    const struct tree_line *line = &event->child->line;

    return to->running &&
           (event->what != TREE_FRAME || line->id != event->line ||
            to->life == (event->up ? line->parent_life : line->child_life));
}

static void deliver(struct tree *tree, const struct tree_event *event)
{
    struct tree_office *child = event->child;
    struct tree_office *to = event->what == TREE_FRAME && event->up ? child->parent : child;
    struct tree_office *from = to == child ? child->parent : child;
    struct omb_input input = {.link = event->line, .dialled = to == child, .bytes = event->bytes};

    if (!hears(to, event))
        return;
    if (event->what == TREE_UP) {
        input.kind = OMB_INPUT_LINK_UP;
    } else if (event->what == TREE_DOWN) {
        input.kind = OMB_INPUT_LINK_DOWN;
        input.refused = omb_view_is(event->bytes, NOT_LET_IN);
        if (child->line.id == event->line)
            child->line = (struct tree_line){0};
    } else {
        input.kind = OMB_INPUT_FRAME;
        keep_frame(tree, &(struct tree_frame){from, to, event->bytes});
    }
    memcpy(input.peer, from->transport, sizeof(input.peer));
    work(to, &input);
}

static void happen(struct tree *tree, const struct tree_event *event)
{
    switch (event->what) {
    case TREE_FRAME:
    case TREE_UP:
    case TREE_DOWN:
        deliver(tree, event);
        break;
    case TREE_SYNCED:
        end_sync(event->child, event->line);
        break;
    case TREE_START:
        tree_rise(event->child, event->line);
        break;
    }
}

static size_t earliest_event(const struct tree *tree)
{
    size_t best = tree->event_count;

    for (size_t i = 0; i < tree->event_count; i++) {
        const struct tree_event *event = &tree->events[i];

        if (best == tree->event_count || event->due_ms < tree->events[best].due_ms ||
            (event->due_ms == tree->events[best].due_ms &&
             event->order < tree->events[best].order))
            best = i;
    }
    return best;
}

static struct tree_office *earliest_tick(const struct tree *tree)
{
    struct tree_office *best = NULL;

    for (size_t i = 0; i < tree->count; i++) {
        struct tree_office *office = tree->offices[i];

        if (office->running && (best == NULL || office->wake_ms < best->wake_ms))
            best = office;
    }
    return best;
}

static void keep_all(struct tree *tree)
{
    for (size_t i = 0; i < tree->count; i++)
        if (tree->offices[i]->running) {
            tree_tick(tree->offices[i]);
            keep_when_free(tree->offices[i]);
        }
}

/* The next thing that happens, if it does before that time. */
static bool turn(struct tree *tree, int64_t until_ms)
{
    const size_t at = earliest_event(tree);
    struct tree_office *waking = earliest_tick(tree);
    const int64_t event_ms = at < tree->event_count ? tree->events[at].due_ms : INT64_MAX;
    const int64_t tick_ms = waking != NULL ? waking->wake_ms : INT64_MAX;
    const int64_t next_ms = event_ms <= tick_ms ? event_ms : tick_ms;

    if (next_ms > until_ms)
        return false;
    if (next_ms > tree->now_ms)
        tree->now_ms = next_ms;
    if (event_ms <= tick_ms) {
        const struct tree_event event = tree->events[at];

        memmove(&tree->events[at], &tree->events[at + 1],
                (--tree->event_count - at) * sizeof(*tree->events));
        happen(tree, &event);
    } else {
        struct omb_input tick = {.kind = OMB_INPUT_TICK, .disk_free_bytes = UINT64_C(1) << 36};

        work(waking, &tick);
    }
    return true;
}

void tree_settle(struct tree *tree)
{
    keep_all(tree);
    tree->stirred_ms = tree->now_ms;
    for (size_t i = 0; i < TREE_STEPS_MAX; i++)
        if (!turn(tree, tree->stirred_ms + TREE_QUIET_MS)) {
            tree->now_ms = tree->stirred_ms + TREE_QUIET_MS;
            tree_tell(tree, "all is quiet");
            return;
        }
    fail_msg("the tree does not come to rest");
}

/* Over long times every office pings and is looked at each second or so. */
void tree_pass(struct tree *tree, int64_t ms)
{
    const int64_t until = tree->now_ms + ms;
    const size_t most = 10 * TREE_STEPS_MAX + tree->count * (size_t)(ms / 1000);

    keep_all(tree);
    for (size_t i = 0; i < most; i++)
        if (!turn(tree, until)) {
            tree->now_ms = until;
            return;
        }
    fail_msg("too much happens in %lld ms", (long long)ms);
}
