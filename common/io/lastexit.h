/*
 * How the daemon ended last, as it wrote itself into DIR/run/last-exit: told to the office above
 * with its health. While a daemon runs the file says so; who finds that at its start knows that the
 * one before it had no time to say anything. Internal to io/.
 */
#ifndef OMB_IO_LASTEXIT_H
#define OMB_IO_LASTEXIT_H

#include "base/error.h"

#define OMB_LAST_EXIT_MAX 256

/*
 * At the start, once the store is ours: "clean", "killed", "failed: ..."; empty when no daemon ran
 * here before. From now on the file says that one runs. Makes run/. OMB_IO, OMB_FULL,
 * OMB_FORBIDDEN.
 */
enum omb_rc omb_last_exit_begin(const char *dir, char out[OMB_LAST_EXIT_MAX],
                                struct omb_error *err) OMB_MUST_USE;
/* At the end; why: NULL when it was asked to end. What cannot be written is not: then it says
 * "killed" at the next start. */
void omb_last_exit_end(const char *dir, const struct omb_error *why);

#endif
