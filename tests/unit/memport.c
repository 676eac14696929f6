/* Does the store of the tests keep what every store must? */
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

static void commit(void *subject, const struct omb_writes *writes)
{
    memport_commit(subject, writes);
}

static void reopen(void *subject)
{
    (void)subject; /* what it keeps it keeps in memory */
}

static void close_store(void *subject)
{
    memport_free(subject);
}

int main(void)
{
    const struct omb_port_maker maker = {"memport", open_store, port_of,
                                         commit,    reopen,     close_store};

    return omb_port_suite(&maker);
}
