/*
 * Log lines: one a decision, "cause -> decision" and key=value fields, as text or JSON, with
 * sd-daemon priorities. This builds the line; io/log.h writes it. No line holds a client's words, a
 * name or a key.
 */
#ifndef OMB_BASE_LOGLINE_H
#define OMB_BASE_LOGLINE_H

#include <stdint.h>

#include "base/bytes.h"

enum omb_log_level {
    OMB_LOG_ERROR = 3,
    OMB_LOG_WARNING = 4,
    OMB_LOG_NOTICE = 5,
    OMB_LOG_INFO = 6,
    OMB_LOG_DEBUG = 7
};
enum omb_log_format { OMB_LOG_TEXT, OMB_LOG_JSON };

struct omb_log_field {
    const char *key;
    const char *text; /* NULL: the number counts */
    int64_t number;
};

#define OMB_LOG_T(key, text) ((struct omb_log_field){(key), (text), 0})
#define OMB_LOG_N(key, number) ((struct omb_log_field){(key), NULL, (int64_t)(number)})

/*
 * Appends one line with its line feed. Text values are quoted and escaped where they need it.
 *   <6>what key=value key="quoted value"
 *   {"level":"info","message":"what","key":"value","key":7}
 */
void omb_log_line(struct omb_buf *out, enum omb_log_format format, enum omb_log_level level,
                  const char *what, const struct omb_log_field *fields, size_t count);

#endif
