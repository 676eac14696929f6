/*
 * Log lines on their way out: those at or above a level, each in one write(2), so that lines of
 * several processes never mix. How a line looks is base/logline.h.
 */
#ifndef OMB_IO_LOG_H
#define OMB_IO_LOG_H

#include "base/error.h"
#include "base/logline.h"

struct omb_log {
    int fd;                     /* standard error, for a daemon */
    enum omb_log_level level;   /* lines that matter less than this are not written */
    enum omb_log_format format;
};

/* On a terminal people read: the priority before a line of text, which is a journal's, is left out.
 * A line that cannot be written is lost: a full pipe of a log must not stop an office. */
void omb_log_write(const struct omb_log *log, enum omb_log_level level, const char *what,
                   const struct omb_log_field *fields, size_t count);

/* The same with the fields said in place:
 *     OMB_LOG(&log, NOTICE, "serving", OMB_LOG_T("office", code), OMB_LOG_N("cases", 7)) */
#define OMB_LOG(log, level, what, ...)                                                           \
    omb_log_write((log), OMB_LOG_##level, (what), (const struct omb_log_field[]){__VA_ARGS__},    \
                  sizeof((const struct omb_log_field[]){__VA_ARGS__}) /                          \
                      sizeof(struct omb_log_field))

/* An error as fields: its code, its words, and the field at fault when there is one. */
void omb_log_error(const struct omb_log *log, enum omb_log_level level, const char *what,
                   const struct omb_error *err);

#endif
