/*
 * What both sides of a comparison of logs share: the lives of logs that are held, in the order of
 * their pages. For post/compare_logs.c (pages are made) and post/compare_look.c (and judged) alone.
 */
#ifndef OMB_OFFICE_POST_COMPARE_WORK_H
#define OMB_OFFICE_POST_COMPARE_WORK_H

#include "office/logs.h"
#include "office/post/compare.h"

#define OMB_LIFE_KEY_SIZE (OMB_OFFICE_ID_SIZE + OMB_INCARNATION_SIZE)

struct omb_life_key {
    uint8_t bytes[OMB_LIFE_KEY_SIZE];
};
struct omb_life_key omb_life_key_of(const struct omb_office_id *office,
                                    const struct omb_incarnation *incarnation);

/* Lives of line 0 behind a key; of one office, or of those that stand below one. */
struct omb_gathering {
    struct omb_step *step;
    const struct omb_office_id *below; /* those at or below this child; NULL: or ever below here */
    bool alone;                        /* of this office alone: nobody ever stood below it */
    bool all;                          /* whoever's: the caller named the office */
    struct omb_view after;
    struct omb_life *items;
    uint32_t *numbers;
    size_t count, room, max;
    bool more;
    struct omb_error *err;
};
/* Shown to omb_logs_between or omb_logs_each, with the gathering. */
enum omb_rc omb_gather_log(void *arg, const struct omb_log *log) OMB_MUST_USE;

/* OMB_INVALID: a page begins behind what is no key of a life. */
enum omb_rc omb_compare_check_after(struct omb_view after, struct omb_error *err) OMB_MUST_USE;

#endif
