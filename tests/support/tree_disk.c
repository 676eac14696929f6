#include "support/tree_disk.h"

#include <string.h>

#include "base/assert.h"
#include "support/tree_drive.h"

static const char *const points[] = {
    [TREE_BEFORE_WRITE] = "before it is written",
    [TREE_BEFORE_SYNC] = "before it is durable",
    [TREE_BEFORE_SENDS] = "before anybody is told",
    [TREE_AMID_SENDS] = "while others are told",
};

/* --- reading --- */

/* One read in so many meets a bit that is not what was written; checksums find it. */
static enum omb_rc meet_flip(struct tree_office *office)
{
    struct tree_disk *disk = &office->disk;

    if (disk->misread_in == 0 || --disk->misread_in > 0)
        return OMB_OK;
    tree_tell(office->tree, "%s reads a damaged row", office->code);
    memport_break(office->rig.store, OMB_DAMAGED);
    return OMB_DAMAGED;
}

static enum omb_rc get(void *ctx, enum omb_family family, struct omb_view key, struct omb_buf *out)
{
    struct tree_office *office = ctx;
    const enum omb_rc rc = meet_flip(office);

    return rc != OMB_OK ? rc : omb_port_get(memport_port(office->rig.store), family, key, out);
}

struct scan {
    struct tree_office *office;
    omb_row_fn *fn;
    void *arg;
};

static enum omb_rc visit(void *arg, struct omb_view key, struct omb_view value)
{
    const struct scan *scan = arg;
    const enum omb_rc rc = meet_flip(scan->office);

    return rc != OMB_OK ? rc : scan->fn(scan->arg, key, value);
}

static enum omb_rc scan(void *ctx, enum omb_family family, struct omb_view from,
                        struct omb_view until, bool backwards, omb_row_fn *fn, void *arg)
{
    struct scan seen = {ctx, fn, arg};

    return omb_port_scan(memport_port(seen.office->rig.store), family, from, until, backwards,
                         visit, &seen);
}

const struct omb_port *tree_disk_port(struct tree_office *office)
{
    office->disk.port = (struct omb_port){.ctx = office, .get = get, .scan = scan};
    return &office->disk.port;
}

void tree_damage_read(struct tree_office *office, size_t reads)
{
    office->disk.misread_in = reads + 1;
}

/* --- crashes --- */

void tree_crash(struct tree_office *office, enum tree_point point, size_t few)
{
    office->disk.crash = point;
    office->disk.few = few;
}

bool tree_crash_waits(const struct tree_office *office, enum tree_point point,
                      const struct omb_update *update)
{
    return office->disk.crash == point && omb_writes_count(omb_update_writes(update)) > 0;
}

bool tree_crashes_at(struct tree_office *office, enum tree_point point,
                     const struct omb_update *update)
{
    struct tree_disk *disk = &office->disk;

    if (!tree_crash_waits(office, point, update))
        return false;
    disk->crash = TREE_NO_CRASH;
    memport_crash(office->rig.store, point == TREE_BEFORE_SYNC ? disk->few : 0);
    tree_fall(office, points[point]);
    return true;
}

static void note_untold(struct tree_disk *disk, uint64_t batch)
{
    OMB_ASSERT(disk->untold_count < TREE_UNTOLD_MAX);
    disk->untold[disk->untold_count++] = batch;
}

bool tree_was_told(const struct tree_office *office, uint64_t batch)
{
    const struct tree_disk *disk = &office->disk;

    for (size_t i = 0; i < disk->untold_count; i++)
        if (disk->untold[i] == batch)
            return false;
    return batch <= disk->told;
}

void tree_fall(struct tree_office *office, const char *why)
{
    struct tree_disk *disk = &office->disk;

    tree_tell(office->tree, "%s crashes %s", office->code, why);
    if (disk->holding)
        note_untold(disk, disk->held_batch);
    note_untold(disk, office->batch);
    disk->holding = disk->waiting = false;
    disk->misread_in = 0;
    tree_leave(office, true);
    tree_wake_later(office, TREE_START, TREE_RESTART_MS, office->life);
}

bool tree_falls_with_store(struct tree_office *office)
{
    const enum omb_rc met = memport_health(office->rig.store);

    if (met == OMB_OK)
        return false;
    /* What was written before the error is in the system's hands: nothing takes it away. */
    memport_sync(office->rig.store);
    tree_fall(office, met == OMB_FULL ? "since its disk is full" : "since its store is damaged");
    return true;
}

bool tree_start_again(struct tree_office *office)
{
    if (memport_health(office->rig.store) == OMB_OK)
        return false;
    tree_tell(office->tree, "%s cannot start: its store is damaged", office->code);
    tree_wake_later(office, TREE_START, TREE_RESTART_MS, office->life);
    return true;
}

void tree_rise(struct tree_office *office, uint64_t life)
{
    if (!office->running && office->life == life)
        tree_start(office);
}

void tree_sync_takes(struct tree_office *office, int64_t ms)
{
    office->disk.sync_ms = ms;
}

/* --- room --- */

void tree_fill_disk(struct tree_office *office)
{
    tree_tell(office->tree, "the disk of %s is full", office->code);
    memport_fill(office->rig.store, true);
}

void tree_free_disk(struct tree_office *office)
{
    tree_tell(office->tree, "the disk of %s has room again", office->code);
    memport_fill(office->rig.store, false);
    if (!office->running)
        tree_wake_later(office, TREE_START, TREE_RESTART_MS, office->life);
}

void tree_heal(struct tree_office *office)
{
    office->disk.crash = TREE_NO_CRASH;
    office->disk.misread_in = 0;
    tree_free_disk(office);
}
