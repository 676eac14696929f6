/*
 * One conversation with an office: with its daemon over CURVE, or, for the verbs that may, with the
 * store itself when the daemon is down. Requests get an id and replies are held against it.
 */
#ifndef OMB_CLI_SESSION_H
#define OMB_CLI_SESSION_H

#include "cases/zone.h"
#include "cli/target.h"
#include "wire/control.h"

struct omb_session;

/*
 * reach OMB_REACH_OFFICE allows the store itself. OMB_UNREACHABLE: no daemon answers, and the words
 * say how to start one.
 */
enum omb_rc omb_session_open(const struct omb_target *target, enum omb_reach reach,
                             struct omb_session **out, struct omb_error *err) OMB_MUST_USE;
void omb_session_close(struct omb_session *session);

/* The store itself, when the daemon is down; NULL: a daemon answers. */
struct omb_driver;
struct omb_driver *omb_session_driver(struct omb_session *session);

/* The id of the next request that writes; without it every request gets one of its own. */
void omb_session_set_id(struct omb_session *session, struct omb_view id);

/*
 * Asks and waits: tag is OMB_ASK_*, *out the answer's message, which lives until the next ask. A
 * refusal is OMB_REFUSED with its words and field; of what is there already OMB_EXISTS.
 */
enum omb_rc omb_session_ask(struct omb_session *session, uint32_t tag, const void *ask,
                            const void **out, struct omb_error *err) OMB_MUST_USE;

/*
 * The same in two steps, so that several requests are under way: answers come in any order. Only
 * with a daemon. *out lives until the next receive.
 */
enum omb_rc omb_session_send(struct omb_session *session, uint32_t tag, const void *ask,
                             struct omb_error *err) OMB_MUST_USE;
enum omb_rc omb_session_receive(struct omb_session *session, uint32_t tag, const void **out,
                                struct omb_error *err) OMB_MUST_USE;

/* The office's time zone; asks the daemon once. It lives as long as the session. */
enum omb_rc omb_session_zone(struct omb_session *session, const struct omb_zone **out,
                             struct omb_error *err) OMB_MUST_USE;

/* Waits for a ring of the daemon's bell, at most so long; a quiet bell is no error. */
enum omb_rc omb_session_wait(struct omb_session *session, int64_t timeout_ms,
                             struct omb_error *err) OMB_MUST_USE;

#endif
