/*
 * Records as they come from outside: the signed header decoded and held against what every header
 * must say, sizes of records and proofs, and the names of events. Whether a record is authentic is
 * ledger/; what it means is cases/.
 */
#ifndef OMB_WIRE_HEADER_H
#define OMB_WIRE_HEADER_H

#include "wire/record.h"

#define OMB_HEADER_VERSION 1
#define OMB_SALT_SIZE 16

/*
 * Decodes a header and checks its frame: version, author, life, seq from 1, prev present, key,
 * salt, actor a code, a digest with every size and the reverse, facts present. *out_odd (may be
 * NULL: then strict) as in omb_shape_decode(); an odd header may hold no event (tag 0).
 * OMB_INVALID, OMB_LIMIT, or OMB_LATER when the version is a later one, with the field.
 */
enum omb_rc omb_header_decode(struct omb_view bytes, struct omb_arena *arena,
                              struct omb_header *out_header, bool *out_odd,
                              struct omb_error *err) OMB_MUST_USE;

/*
 * Sizes of a record's header, proof (64 bytes, at most 16 levels, no index bits beyond them) and
 * parts. Digests are not looked at.
 */
enum omb_rc omb_record_check_sizes(const struct omb_record *record,
                                   struct omb_error *err) OMB_MUST_USE;

/* "taken-over" for OMB_EVENT_TAKEN_OVER; "unknown" for a tag of no event. Never NULL. */
const char *omb_event_name(uint32_t tag);
/* The tag of a name with hyphens; 0 when there is no such event. */
uint32_t omb_event_by_name(struct omb_view name);

#endif
