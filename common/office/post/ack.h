/*
 * Acknowledgements and witnesses between this office and its peers, for this folder alone: what
 * came is durable, how far each log is, and what those above said of that.
 */
#ifndef OMB_OFFICE_POST_ACK_H
#define OMB_OFFICE_POST_ACK_H

#include "office/post/inside.h"

enum omb_rc omb_ack_came(struct omb_step *step, struct omb_link *link, const struct omb_ack *ack,
                         struct omb_error *err) OMB_MUST_USE;
/* The parent refused a record of the own log: noted, for `office renew` to write it again. */
enum omb_rc omb_ack_refused(struct omb_step *step, struct omb_link *link,
                            const struct omb_digest *record, const char *words,
                            struct omb_error *err) OMB_MUST_USE;
/* The log grew by what the link brought. False: that was said in this batch. */
bool omb_ack_grown(struct omb_post *post, struct omb_link *link, uint32_t number);
/* The child has of that log what came here by another way, too, or went down to it. */
enum omb_rc omb_ack_known(struct omb_step *step, struct omb_link *link,
                          const struct omb_office_id *office, uint32_t number,
                          struct omb_error *err) OMB_MUST_USE;
/* The child took the rows of its feed up to the position. */
enum omb_rc omb_ack_taken(struct omb_step *step, struct omb_link *link, uint64_t position,
                          struct omb_error *err) OMB_MUST_USE;
/* Everything that the peer's side should hear again after a greeting. */
enum omb_rc omb_ack_greeted(struct omb_step *step, struct omb_link *link,
                            struct omb_error *err) OMB_MUST_USE;
/* Acks, witnesses and credit of this batch. */
enum omb_rc omb_ack_send(struct omb_step *step, struct omb_error *err) OMB_MUST_USE;

#endif
