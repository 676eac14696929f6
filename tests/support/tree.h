/*
 * A tree of offices in one process, for stories: each is the pure core on a store in memory, with
 * its own keys and clock; time is virtual and the lines between them are simulated. The driver does
 * what a daemon does, in the same order: inputs, close, keep, then send, dial and arm the timers.
 *
 *     tree_add ...                   offices from the root down, certified by those above
 *     hire, ask_as, ACT, show        the desk's own ways (deskwork.h) on &office->rig
 *     tree_settle                    until nothing is under way any more
 *     tree_check                     what must hold in every story (tree_check.c)
 *
 * Every frame that crosses is kept and told in a line; a story that fails prints them.
 */
#ifndef OMB_TESTS_TREE_H
#define OMB_TESTS_TREE_H

#include "support/deskwork.h"
#include "support/tree_disk.h"
#include "support/tree_lie.h"
#include "support/tree_line.h"
#include "wire/link.h"

#define TREE_OFFICES_MAX 64
#define TREE_MOVES_MAX 8
#define TREE_QUIET_MS (90 * OMB_SECOND_MS) /* nothing moved for so long: nothing will */
#define TREE_STEPS_MAX 100000

struct tree;

/* The connection that a child dialled last. */
struct tree_line {
    uint64_t id; /* 0: none stands */
    int64_t up_due, down_due; /* a frame arrives no earlier than the one before it */
    bool harmed; /* frames were lost or overtaken */
    uint64_t child_life, parent_life; /* between which daemons it stands */
};

struct tree_office {
    struct rig rig; /* first: the desk's ways work on it */
    struct tree *tree;
    const char *code, *kind;
    struct tree_office *parent; /* NULL: the root */
    const struct tree_office *successor; /* since it was closed; else NULL */
    struct tree_office *before[TREE_MOVES_MAX]; /* parents that it had */
    size_t moves;
    struct omb_office_id id;
    uint8_t seed, renewed; /* signing keys that it had before */
    uint8_t transport[OMB_PUBLIC_SIZE];
    char address[64], parent_address[64];
    struct omb_view dials; /* the parent's address, as lent to the core */
    bool running, service, gone; /* gone: put out, nobody is to agree with it */
    uint32_t days; /* for which it is certified; 0: as usual */
    int64_t clock_ms; /* its wall clock less the true time */
    int64_t wake_ms;  /* true time of its next tick */
    struct tree_line line;
    bool cut, skipped; /* nothing crosses to its parent and back; not all did, but later ones */
    int64_t up_ms, down_ms; /* how long a frame takes */
    struct tree_wire up_wire, down_wire;
    uint64_t life;          /* starts so far */
    uint64_t batch;         /* ordinal of the one that is being built */
    struct tree_disk disk;
    struct tree_lies lies;
};

/* One frame that arrived. */
struct tree_frame {
    const struct tree_office *from, *to;
    struct omb_view bytes;
};

enum tree_what { TREE_FRAME, TREE_UP, TREE_DOWN, TREE_SYNCED, TREE_START };
struct tree_event {
    enum tree_what what;
    int64_t due_ms;
    uint64_t order, line; /* SYNCED: ordinal of the sync; START: of the life before it */
    struct tree_office *child; /* SYNCED, START: the office */
    bool up; /* FRAME: from the child */
    struct omb_view bytes;
};

struct tree {
    struct omb_signer *anchor;
    struct tree_office *offices[TREE_OFFICES_MAX];
    size_t count;
    int64_t now_ms, stirred_ms; /* true time; when something last moved */
    uint64_t lines, orders;
    struct tree_event *events;
    struct tree_frame *frames;
    size_t event_count, event_capacity, frame_count, frame_capacity;
    uint32_t (*dice)(void *arg, uint32_t sides); /* of faults */
    void *dice_arg;
    struct tree_met met;
    struct memport **lost; /* stores that were put back: what they said of scopes was so */
    size_t lost_count;
    struct omb_buf told; /* lines */
    struct omb_arena arena, scratch;
    bool checked;
};

struct tree *tree_new(void);
/* Prints the story when it was not checked to its end. */
void tree_free(struct tree *tree);
int tree_setup(void **state);
int tree_teardown(void **state);
#define TREE_TEST(test) cmocka_unit_test_setup_teardown(test, tree_setup, tree_teardown)

/*
 * A new office with t1, h1, s1, s2, an1 and au1, enrolled by its parent (NULL: by the anchor),
 * which must run. The texts are borrowed.
 */
struct tree_office *tree_add(struct tree *tree, const char *code, const char *kind,
                             struct tree_office *parent);
struct tree_office *tree_add_service(struct tree *tree, const char *code,
                                     struct tree_office *parent);
/* A second copy of an office, from its store as it is: only with such a one can a log fork. */
struct tree_office *tree_twin(struct tree_office *office);

/*
 * The root lets the office go to another parent, which certifies it once it has heard of it; the
 * office's daemon starts again with the new address.
 */
void tree_move(struct tree_office *office, struct tree_office *to);
/* Whether it stands at or below that office, or, `ever`, did before it or one above it moved. */
bool tree_is_below(const struct tree_office *office, const struct tree_office *top, bool ever);

/* --- what happens to an office --- */

void tree_stop(struct tree_office *office);
void tree_start(struct tree_office *office);
/* A copy of its store as it was kept last. Whoever takes it owns it. */
struct memport *tree_backup(struct tree_office *office);
/* Ends the daemon, puts these rows in place of its own (owned from now on), and starts it. */
void tree_roll_back(struct tree_office *office, struct memport *take_rows);
/* The same as `ombud backup restore` does it; the daemon of the last copy was ended. */
void tree_restore(struct tree_office *office, struct memport *take_rows);
void tree_set_clock(struct tree_office *office, int64_t wall_ms);

/* --- what happens to its line --- */

void tree_cut(struct tree_office *child);
void tree_mend(struct tree_office *child);

/* --- time --- */

/* The office knows what time it is: before it is asked outside tree_act. */
void tree_tick(struct tree_office *office);

/* Works until nothing is under way; fails the test when that does not come about. */
void tree_settle(struct tree *tree);
/* Lets time pass, whatever happens in it. */
void tree_pass(struct tree *tree, int64_t ms);
/* Hands a frame to an office as if its parent's or child's daemon had sent it on that line. */
void tree_inject(struct tree_office *child, bool up, const struct omb_frame *frame);
/* The same of bytes that need not be a frame. */
void tree_inject_bytes(struct tree_office *child, bool up, struct omb_view bytes);

/* --- acts --- */

/* An act that names an office; `to` NULL: none. By s1 unless another is named. */
const struct omb_reply *tree_act(struct tree_office *office, const char *who,
                                 struct omb_view number, const char *to, uint32_t tag,
                                 const void *event, const char *text);
#define TREE_ACT(office, number, to, UPPER, shape, text, ...)                                      \
    answer_of(tree_act((office), "s1", (number), (to), OMB_EVENT_##UPPER,                          \
                       &(struct omb_##shape){__VA_ARGS__}, (text)))

/* --- what is told --- */

void tree_tell(struct tree *tree, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Fails unless lines with these parts were told, in this order; the last part is NULL. */
void tree_told_in_order(struct tree *tree, const char *first, ...);
size_t tree_told(const struct tree *tree, const char *part);
/* Whether these bytes were in anything that a parent sent it, be it one of before. */
bool tree_came_down(const struct tree_office *child, struct omb_view bytes);

/* --- what must hold --- */

/*
 * Every log verifies everywhere; offices that share a case hold the same row of it; nothing about a
 * case outside a child's scope crossed to it. Marks the story as told to its end.
 */
void tree_check(struct tree *tree);
/*
 * The same, and what must hold once every daemon runs and every line stands: no link lags or was
 * told a lie; every record is with its office, all above it and all whom its case concerns, with
 * its parts or, erased, without them, and with nobody else; derived rows are what the records say;
 * who decides a case has its key; what was acknowledged is held (tree_whole.c).
 */
void tree_check_whole(struct tree *tree);
/* The same case everywhere in the list, in that status, with that custodian. */
void tree_agree(struct tree *tree, struct omb_view number, const char *status,
                const char *custodian, ...);
/* Whether an office holds the case at all. */
bool tree_holds(const struct tree_office *office, struct omb_view number);
/* The record of this type of the case as that office shows it; NULL: none. */
const struct omb_event_view *tree_event_of(struct tree_office *office, struct omb_view number,
                                           const char *type);
/* The link to that peer as the office shows it. */
const struct omb_peer_view *tree_link(struct tree_office *office, const struct tree_office *peer);

#endif
