/* Does the store of the simulation keep what every store must? */
#include "support/memport.h"

#include "support/port_suite.h"

static void *open_store(void)
{
    return memport_new();
}

static const struct omb_port *port_of(void *subject)
{
    return memport_port(subject);
}

static enum omb_rc commit(void *subject, const struct omb_writes *writes, bool sync)
{
    const enum omb_rc rc = memport_write(subject, writes);

    if (rc == OMB_OK && sync)
        memport_sync(subject);
    return rc;
}

static enum omb_rc sync_store(void *subject)
{
    memport_sync(subject);
    return OMB_OK;
}

static enum omb_rc health(void *subject)
{
    return memport_health(subject);
}

static enum omb_rc reopen(void *subject)
{
    return memport_reopen(subject);
}

static void crash(void *subject, unsigned hundredths)
{
    memport_crash(subject, memport_unsynced(subject) * hundredths / 100);
}

static void fill(void *subject, bool full)
{
    memport_fill(subject, full);
}

static void damage(void *subject, enum omb_family family, struct omb_view key,
                   struct omb_view value)
{
    (void)value;
    memport_damage(subject, family, key);
}

static void close_store(void *subject)
{
    memport_free(subject);
}

int main(void)
{
    const struct omb_port_maker maker = {
        .name = "memport",
        .open = open_store,
        .port = port_of,
        .commit = commit,
        .sync = sync_store,
        .health = health,
        .reopen = reopen,
        .crash = crash,
        .fill = fill,
        .damage = damage,
        .close = close_store,
    };

    return omb_port_suite(&maker) + omb_port_suite_faults(&maker);
}
