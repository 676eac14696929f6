/*
 * What lies in the feeds of an office's children, in words, and events as tests write them.
 */
#ifndef OMB_TESTS_FEEDING_H
#define OMB_TESTS_FEEDING_H

#include "support/crossing.h"

/*
 * Fails unless the child's feed holds these records, in this order: "vsp-0045:registered
 * north:noted". A certificate says whose it is: "north:office_certified(vsp-0045)".
 */
void feeding_is(struct rig *rig, const struct omb_office_id *child, const char *expected);
/* The same of a child of that crossing. */
void feeding_at(struct crossing *crossing, enum place parent, enum place child,
                const char *expected);
/* All positions so far count as acknowledged, and the feed is emptied but for its last row. */
void feeding_ack(struct rig *rig, const struct omb_office_id *child);

/* Everything of the one that the other lacks, in one frame of it. */
void feeding_carry(struct crossing *crossing, enum place from, enum place to);

/* An event of a case without a body, by s1. */
void feeding_write(struct rig *rig, const struct omb_case_id *id, uint32_t tag, const void *event);
/* The case is shared with that office. */
void feeding_share(struct rig *rig, const struct omb_case_id *id,
                   const struct omb_office_ref *to);
/* An event of the office; its record. */
struct omb_appended feeding_event(struct rig *rig, uint32_t tag, const void *event);
/*
 * Certifies an office of that code below, whose keys are made of the seed; not_before tells which
 * certificate is the newer one.
 */
struct omb_office_ref feeding_certify(struct rig *rig, const char *code, uint8_t seed,
                                      bool service, int64_t not_before);

#endif
