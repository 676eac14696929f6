/*
 * An office of a few lines in place of the core and the store, to ask the driver and the loop what
 * they do with any core: it answers each Request with its id, and fails when it is told to.
 * Whoever links this must not link the real ones.
 */
#ifndef OMB_TESTS_FAKE_OFFICE_H
#define OMB_TESTS_FAKE_OFFICE_H

#include "io/driver.h"

#define FAKE_REPLIES 256
#define FAKE_SENDS 256

struct fake_reply {
    uint64_t to;
    struct omb_buf bytes;
};

/* What the test reads and sets; one office at a time. */
struct fake {
    /* what happened */
    size_t batches;           /* begun */
    size_t commits;
    size_t synced_commits;    /* that waited for the disk themselves */
    _Atomic size_t syncs;     /* begun; counted by the thread that syncs */
    _Atomic size_t synced;    /* of these, ended */
    size_t early_commits;     /* while a sync was under way */
    size_t forgets;           /* erased rows taken off the disk */
    size_t requests;          /* stepped in all */
    size_t ticks;
    size_t largest;           /* requests of the largest batch */
    size_t frames;            /* of links */
    size_t frames_in_batch;   /* of the largest batch */
    size_t bytes_in_batch;    /* of frames, in the largest batch */
    size_t ups, downs;
    struct omb_input newest_news; /* of a link, without its bytes */
    char newest_words[256];       /* its bytes, cut */
    uint64_t disk_free_bytes, stalls_told; /* of the newest tick */
    uint64_t stalls;              /* of the store */
    char order[64];           /* r request, f frame, u up, d down, t tick: the first inputs */
    int64_t newest_input_ms;  /* time of the newest input */
    uint8_t newest_peer[OMB_PUBLIC_SIZE];
    uint8_t newest_seed[OMB_SEED_SIZE];

    /* what is wanted */
    size_t stop_after;        /* requests after which SIGTERM is sent; 0: never */
    size_t stop_after_ticks;
    size_t fail_step_at;      /* the request that cannot be worked; 0: none */
    enum omb_rc commit_rc;
    enum omb_rc sync_rc;
    enum omb_rc health_rc;
    int64_t timer;            /* what the next update asks for */
    int64_t link_timer;
    bool echoing;             /* each frame is sent back */
    bool greeting;            /* "hello" is sent when the parent is reached */
    struct omb_dial dial;     /* with the next update, once */
    const uint8_t (*children)[OMB_PUBLIC_SIZE];
    size_t child_count;
    bool children_change;     /* with the next update */
    size_t stop_after_frames;
    size_t stop_after_ups;
    size_t stop_after_downs;
    bool reading;             /* requests write nothing */
    bool erasing;             /* requests erase */
    const uint8_t (*admitted)[OMB_PUBLIC_SIZE];
    size_t admitted_count;
    bool operators_change;    /* with the next update */
    void (*on_health)(void);  /* called when the store is asked how it is; may be NULL */
    void (*on_sync)(void);    /* called before a sync returns, in its thread; may be NULL */
};

extern struct fake fake;

/* A driver over the fake; frees with fake_close. */
void fake_open(struct omb_driver *driver);
void fake_close(struct omb_driver *driver);

#endif
