/*
 * Welcome to ombud-node, keeper of one office's complaints.
 *
 * A node is the daemon of an office with nobody below it: an outlet, a branch. It opens the
 * office's directory, shows itself that its door is shut to strangers, and serves the operators who
 * are enrolled, whether the line to the office above is up or down.
 *
 * There is little here because a node is made of floors that know nothing of it:
 *
 *     io/daemon.c       from the command line to the exit code: open, prove, serve, stop
 *     io/loop.c         wait, drain what waits into one batch, persist it once, then tell
 *     io/net.c          the sockets: ZeroMQ and CURVE, and who may connect (io/zap.c)
 *     io/linknet.c      those to other offices: the parent dialled, the offices below heard
 *     io/store.c        the rows: RocksDB behind the core's port
 *     io/driver.c       inputs into the core, its updates out of it, in one order always
 *
 *     office/office.h   the core, which does no I/O: an input steps in, an update comes out
 *     office/desk/      what operators may ask, a file per family of requests
 *     office/post/      what offices say to each other
 *     office/corridor.h how every event is written, whoever asked for it
 *
 *     cases/fold.h      what a case is: the fold of its records
 *     ledger/record.h   what a record is: signed bytes in a chain
 *     wire/shape.h      how all of it looks as bytes; proto/ is the vocabulary
 *
 * A request's journey: net.c takes a message and the key that its sender proved; loop.c makes it an
 * input with the time and fresh random bytes; the core works it on top of those before it in the
 * batch, writes events, folds their cases, and leaves a reply; when the batch is full or nothing
 * waits, the core signs it once, the store makes it durable with one synced write, and only then
 * does the reply leave. Acknowledged means durable. A frame from another office goes the same way.
 *
 * A hub (hub/main.c) is the same house with a listener for the offices below.
 */
#include "io/daemon.h"

int main(int argc, char **argv)
{
    static const struct omb_daemon node = {
        .program = "ombud-node",
        .does = "The daemon of an office with no offices below it.",
        .takes_children = false,
    };

    return omb_daemon_main(&node, argc, argv);
}
