/*
 * The insides of the post, for this folder alone: a link as it is held in memory, and the post that
 * finds links by connection and by peer. What is durable of a peer is its PeerRow; what is here is
 * made anew at every greeting. What its files do for each other is post/work.h.
 */
#ifndef OMB_OFFICE_POST_INSIDE_H
#define OMB_OFFICE_POST_INSIDE_H

#include "ledger/link.h"
#include "ledger/witness.h"
#include "office/inside.h"
#include "office/post/compare.h"
#include "office/post/feed.h"
#include "office/post/view.h"

#define OMB_PROTOCOL 1
#define OMB_SILENCE_MS 15000       /* of a peer, after which the link is down */
#define OMB_PING_MS 5000
#define OMB_DIAL_MS 20000          /* for a handshake */
#define OMB_LINK_COMPARES "compares" /* the reason meanwhile, where nothing waits */
#define OMB_LONG_AGO 1             /* compared_at: the comparison did not come to its end */
#define OMB_HEALTH_MS 30000
#define OMB_HEALTH_SOON_MS 2000     /* after the last one, when the state of a link changed */
#define OMB_RECORDS_FRAME (48 * 1024)
#define OMB_PUMP_FRAMES 16         /* of one link in one pump */
#define OMB_LIVES_TOLD 16          /* of a log, in a greeting */
#define OMB_LIVES_LEAP 1000000     /* lives by which a parent may say that the own log is ahead */
#define OMB_ANEW_MAX 8             /* lives in a day that open on a parent's word alone */
#define OMB_NEWEST_KEPT 16         /* refused records and steps of history in a PeerRow */
#define OMB_BESIDES_MAX 64         /* digests wanted for records beside the feed in a while */
#define OMB_WANTS_MAX 256          /* that a peer may send between two looks */
#define OMB_PARTS_MS 600000        /* after which what lacks is wanted again */
#define OMB_LOOK_ROWS 16384        /* that are looked at for one peer */
#define OMB_LOOK_MS 1000           /* in so long; the rest later */
#define OMB_TURN_ROWS (2 * OMB_LOOK_ROWS) /* that one tick looks at for all who wait */
#define OMB_TURN_MS 20             /* then the next tick goes on with the others */
#define OMB_LATER_MAX (1024 * 1024) /* bytes of what a peer asks for that are put off */
#define OMB_ASKED_ABOVE_MAX 64     /* of these, for what children wait for: a peer looks as often */
#define OMB_FORK_WORDS                                                                            \
    "two records stand at %llu of the newest life of its log; `ombud office renew` at that office"
#define OMB_REFUSED_WORDS                                                                         \
    "its record %llu was refused: %s; `ombud office renew` at that office"
#define OMB_WITNESSES_MAX 4096     /* of one Ack */
#define OMB_ASKED_BESIDE 4         /* digests of these that are known to be asked for */
#define OMB_RETRIES 8              /* of one record that waits, before it is let be; */
#define OMB_RETRIES_OF_LIFE 9      /* when it waits for the peer's newest life, once more */

/* A Records frame, or the rest of one, that waits for something. */
struct omb_held {
    struct omb_held *next;
    size_t charge; /* of the whole frame: credit that is given back when it is done */
    size_t size;
    uint8_t bytes[]; /* Records: those that were not taken yet */
};

/* Times of records that were sent and not acknowledged, and how long others took. */
struct omb_pace {
    struct { uint64_t position; int64_t at; } sent[256];
    size_t first, count;
    uint32_t took[128];
    size_t took_count; /* ever */
};

struct omb_link {
    struct omb_link *next_peer, *next_connection, *next_busy; /* chains of the post */
    struct omb_office_id peer;
    uint64_t connection; /* 0: none */
    unsigned state;      /* enum omb_link_state */
    bool up;             /* to the parent */
    bool busy, greeted, told; /* told: the history says that this office was started since */
    bool gone, refused;  /* the peer is no child any more; the parent lets our key in no more */
    int64_t since, greeted_at, heard_at; /* wall; monotonic; monotonic */
    int64_t progress_at, contact_at, last_ack; /* wall */
    int64_t blocked_until;          /* monotonic */
    char *reason;                   /* blocked on, or waits for; NULL: nothing */
    char *last_error;
    uint32_t errors;

    struct omb_cursor held, acked;  /* of the peer's feed; of ours at the peer */
    uint8_t epoch[16];              /* of the peer's store */
    struct omb_incarnation life;    /* of the peer's log, newest, as it greeted */
    struct omb_life sure;           /* the same, when it was sure of it (own.h); no head: not yet */
    struct omb_incarnation greeted_as; /* our own newest life, as we greeted */
    int64_t clock_offset_ms, compared_at;
    int64_t starts[8];              /* of the peer's daemon, as it told them: newest met first */
    bool dirty;                     /* the row in the store is older */

    /* sending */
    struct omb_window may_send;
    uint64_t sent;        /* rows up to here were looked at */
    uint64_t sent_record; /* the newest of them that was sent */
    uint64_t sent_ever;   /* the same, of all greetings: kept with the peer */
    uint64_t start;       /* where the greeting let it go on */
    uint64_t settled;     /* the peer holds all up to here: as a comparison found, or before one */
    uint64_t mark;        /* acknowledged up to here: all that waited is there */
    bool marked;
    bool drained;         /* nothing lies behind `sent` */
    struct omb_pace *pace;

    /* receiving */
    struct omb_window granted;
    uint64_t give_back;   /* bytes of frames that are done */
    bool ack_due;
    bool any_position;    /* the first frame after a greeting: it may begin anywhere */
    uint64_t came;        /* last position that came in a frame, taken or held */
    struct omb_held *held_first, *held_last;
    struct omb_digest waiting; /* the record that waits */
    unsigned retries;     /* of it */
    unsigned wanted, wants; /* answers that are owed to us; asked of us since the last look */
    uint64_t looked;      /* rows, for what it asked for */
    int64_t looked_since; /* monotonic; in this second */
    struct omb_held *later_first, *later_last; /* Want and Compare that are put off (later.c) */
    size_t later_bytes;
    struct omb_digest asked[OMB_ASKED_BESIDE]; /* wanted so since something came */
    unsigned besides;     /* digests wanted for records beside the feed, since the greeting */
    struct omb_log_range *ranges; /* wanted beside the feed, and not complete */
    size_t range_count;
    uint64_t ranges_left; /* records that lacked when they were wanted last; 0: not yet */
    bool lacked; /* records that a comparison brought wait for a certificate, */
    bool once_more, once_more_told; /* and some came, or an office: to compare; was asked to */
    bool passed_over; /* entries of offices that stood elsewhere, when so much was */
    uint64_t learned; /* learned of it (post->learned) */
    bool page_due, page_last; /* the answer to a page of logs waits for them */
    struct omb_held *page_rest; /* what is left of the page, to be looked at behind them; or NULL */
    struct omb_log_mark page_mark;             /* where in its first log */
    struct omb_digest parts_from, parts_until; /* parts of records between them were asked for */
    size_t parts_asked;   /* of how many; 0: none is under way */
    int64_t parts_at, anew_at; /* monotonic: when that began; when all that waits was tried anew */
    bool parts_due, parts_any; /* it goes on behind parts_from, in its turn; it asked for some */
    unsigned parts_soon;  /* so often it begins again soon */

    /* comparing */
    bool comparing, last_page;
    bool in_part;         /* another comparison follows: not all that differs was offered */
    struct omb_key after; /* where the next page begins */
    uint64_t offered;     /* to a child: the newest row that a comparison put into its feed */
    bool anew;            /* all that goes to every child was offered again, */
    uint64_t anew_behind; /* in rows behind this one */
    uint64_t acked_most;  /* of all greetings since the office was opened */
};

/* A log of the peer's side that grew in this batch: its witness is due. */
struct omb_grown {
    struct omb_link *link;
    uint32_t number;
};
/* A witness to be told to a child. */
struct omb_relayed {
    struct omb_link *link;
    struct omb_view bytes; /* encoded, in the update's arena */
};

/* Work for several links, some at each tick, none of them before all others had theirs. */
struct omb_turn {
    bool due;
    size_t slot;   /* of the peers, from which on it goes on */
    uint64_t rows; /* looked at in this tick */
};

struct omb_post {
    struct omb_link **peers, **connections; /* chained by hash */
    size_t slots, count, connected;
    struct omb_link *up;    /* to the parent; NULL: the root */
    struct omb_link *busy;  /* what the pump looks at */
    struct omb_grown *grown;
    size_t grown_count, grown_capacity;
    struct omb_relayed *relayed;
    size_t relayed_count, relayed_capacity;
    uint8_t (*keys)[OMB_PUBLIC_SIZE]; /* of children that may connect */
    size_t key_count;
    struct omb_office_id *untold; /* whose health has yet to be passed on to the parent */
    size_t untold_count, untold_capacity;
    unsigned asked_above;  /* wants passed on to the parent since the last look at the children */
    uint64_t learned; /* so often something of where offices stand */
    bool tree_changed, retry; /* retry: frames that wait may go on */
    struct omb_turn later; /* what was put off for some links, and */
    struct omb_turn parts; /* what lacks here of their side: is looked for in turn */
    uint64_t looked, look_most; /* rows in this step for one peer, and how many may be; 0: all */
    bool lacking; /* the parent holds own records that this store lost */
    bool confirms; /* the parent: that it holds all that there was of the own log (own.h) */
    unsigned anew;          /* how often such a word made the log go on in another life, */
    int64_t anew_since;     /* monotonic: from then on, for a day */
    struct omb_arena arena; /* of one frame that is built */
    struct omb_buf frame, row, above; /* above: how the parent sees the link, as it said last */
    struct omb_proof_memo memo; /* of witnesses */

    /* the link to the parent */
    struct omb_backoff backoff;
    size_t address;         /* that is dialled next */
    int64_t try_at;         /* monotonic; INT64_MAX: not now */
    int64_t try_wall;       /* the same, for people; 0: none */
    int64_t ping_at, health_at, health_told; /* monotonic; told: the last one */
    uint64_t pings;

    int64_t look_at, above_at; /* silence of children; wall: when `above` came */
    uint64_t disk_free, disk_first, stalls; /* bytes free now, and at first; of the store */
    int64_t disk_first_at;          /* wall */
};

#endif
