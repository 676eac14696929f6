/*
 * Welcome to ombud-hub, the daemon of an office with offices below it: a regional office, the head
 * office. It keeps its own office as a node does (start with node/main.c, the tour is there), over
 * the same kind of directory: a branch that gets children changes its daemon, not its data. What it
 * does beside that is to listen: io/listener.c opens the door for the offices that this one has
 * certified, and office/post/ takes in what they send and feeds them what they may see.
 */
#include "io/daemon.h"

int main(int argc, char **argv)
{
    static const struct omb_daemon hub = {
        .program = "ombud-hub",
        .does = "The daemon of an office with offices below it.",
        .takes_children = true,
    };

    return omb_daemon_main(&hub, argc, argv);
}
