/*
 * Stories of one case, told with hand-made records in a hand-made tree of offices, and folded in
 * every order.
 *
 *     HEAD ─┬─ NORTH ─┬─ CITY (home)
 *           │         └─ LAKE
 *           ├─ SOUTH ─── PORT
 *           └─ CARDS (a service office)
 *
 *     int reg = story_register(s);
 *     int up = ESCALATE(s, CITY, reg, NORTH);
 *     fold(s);
 *     assert_verdict(s, up, EFFECT);
 */
#ifndef OMB_TESTS_STORY_H
#define OMB_TESTS_STORY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/civil.h"
#include "cases/fold.h"
#include "cases/rules.h"

enum office { HEAD, NORTH, SOUTH, CITY, LAKE, PORT, CARDS, STRANGER, OFFICES };

enum { STORY_MAX = 4096, ALL_ORDERS = 7, SHUFFLES = 300 };

/* Every story begins on 2026-03-02 at 09:00 UTC, a Monday. */
#define BEGIN INT64_C(1772442000000)
#define DAYS(n) (BEGIN + (n)*OMB_DAY_MS)
#define DECISION DAYS(21)
#define MAXIMUM DAYS(63)

struct story {
    struct omb_arena arena;  /* facts, for the whole story */
    struct omb_arena folded; /* the last fold */
    struct omb_seat seats[OFFICES];
    bool hidden[OFFICES]; /* its certificate is not here */
    struct omb_case_id id;
    struct omb_event *events;
    size_t count;
    struct omb_policy policy;
    struct omb_case c; /* the last fold */
    uint64_t seqs[OFFICES];
    uint64_t random;
    const char *actor; /* of what is said next */
};

/* --- telling --- */

struct omb_digest story_digest(uint64_t seed);
struct omb_view code(const char *text);
/* These live as long as the story. */
void *story_keep(struct story *s, const void *value, size_t size);
const struct omb_office_ref *ref(struct story *s, enum office office);
struct omb_views codes(struct story *s, const char *one, const char *two);

/* `after` is the number of an event of the story; -1: none. Returns the number of the new event. */
int story_say(struct story *s, enum office who, int after, uint32_t tag, const void *facts,
              size_t size);
/* A complaint at CITY, received at BEGIN, with the deadlines above and a target of a day. */
int story_register(struct story *s);
struct omb_matter *story_matter(struct story *s, int number);
const struct omb_digest *digest_of(struct story *s, int number);

#define SAY(s, who, after, UPPER, shape, ...)                                                      \
    story_say((s), (who), (after), OMB_EVENT_##UPPER, &(struct omb_##shape){__VA_ARGS__},          \
              sizeof(struct omb_##shape))
#define NOTE(s, who, after) story_say((s), (who), (after), OMB_EVENT_NOTED, NULL, 0)
#define SAID(s, number, shape) ((struct omb_##shape *)(s)->events[number].facts->event.value)

#define ESCALATE(s, who, after, to_) \
    SAY(s, who, after, ESCALATED, escalated, .to = ref(s, to_), .ground = code("authority"))
#define RETURN(s, who, after, to_) SAY(s, who, after, RETURNED, returned, .to = ref(s, to_))
#define DELEGATE(s, who, after, to_) SAY(s, who, after, DELEGATED, delegated, .to = ref(s, to_))
#define TAKE(s, who, after) SAY(s, who, after, TAKEN_OVER, taken_over, .ground = code("time"))
#define RESOLVE(s, who, after, outcome_)                                                           \
    SAY(s, who, after, RESOLVED, resolved, .outcome = code(outcome_), .cause = code("process"),    \
        .at = DAYS(2))
#define ANSWER(s, who, after) \
    SAY(s, who, after, ANSWERED, answered, .method = code("phone"), .at = DAYS(3))
#define CLOSE(s, who, after) \
    SAY(s, who, after, CLOSED, closed, .accepts = code("yes"), .at = DAYS(4))
#define REOPEN(s, who, after) SAY(s, who, after, REOPENED, reopened, .ground = code("client-asks"))
#define WITHDRAW(s, who, after) \
    SAY(s, who, after, WITHDRAWN, withdrawn, .method = code("phone"), .at = DAYS(5))
#define CONTACT(s, who, after)                                                                     \
    SAY(s, who, after, CONTACTED, contacted, .method = code("phone"),                              \
        .direction = code("to-client"), .at = DAYS(1))

/* --- folding --- */

struct omb_seats story_seats(struct story *s);
void swap_events(struct omb_event *a, struct omb_event *b);
void fold_events(struct story *s, const struct omb_event *events, size_t count);
/*
 * Folds the story as told and in other orders, some events twice; all must say the same, bit for
 * bit: every order of up to ALL_ORDERS events, SHUFFLES orders of more. The last fold is as told.
 */
void fold(struct story *s);

/* --- asking --- */

const struct omb_judged *judged(struct story *s, int number);
enum omb_verdict verdict(struct story *s, int number);
bool has_flag(struct story *s, const char *flag);
bool is_party(struct story *s, enum office office);
const struct omb_deadline_row *deadline(struct story *s, const char *name);
void assert_view_is(struct omb_view view, const char *text, const char *file, int line);
void assert_by(struct story *s, int number, int by);
void assert_custody(struct story *s, enum office office);

#define assert_verdict(s, number, VERDICT) \
    assert_int_equal(verdict((s), (number)), OMB_VERDICT_##VERDICT)
#define assert_status(s, STATUS) assert_int_equal((s)->c.status, OMB_STATUS_##STATUS)
#define assert_view(view, text) assert_view_is((view), (text), __FILE__, __LINE__)

int story_setup(void **state);
int story_teardown(void **state);
#define STORY_TEST(test) cmocka_unit_test_setup_teardown(test, story_setup, story_teardown)

#endif
