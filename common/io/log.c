#include "io/log.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

/* A pipe or a socket whose reader hangs is full some time, and a write would hang as well. */
static bool takes_a_line(int fd)
{
    struct pollfd out = {.fd = fd, .events = POLLOUT};

    return poll(&out, 1, 0) == 1 && (out.revents & POLLOUT) != 0;
}

/* The line without "<6>" where a terminal shows it. */
static struct omb_view shown(const struct omb_log *log, struct omb_view line)
{
    const uint8_t *end = log->format == OMB_LOG_TEXT ? memchr(line.data, '>', line.size) : NULL;
    size_t prefix = end && line.data[0] == '<' ? (size_t)(end - line.data) + 1 : 0;

    return prefix && isatty(log->fd) ? omb_view(line.data + prefix, line.size - prefix) : line;
}

void omb_log_write(const struct omb_log *log, enum omb_log_level level, const char *what,
                   const struct omb_log_field *fields, size_t count)
{
    struct omb_buf line = OMB_BUF_INIT;
    struct omb_view out;

    if (level > log->level)
        return;
    omb_log_line(&line, log->format, level, what, fields, count);
    out = shown(log, omb_buf_view(&line));
    if (takes_a_line(log->fd) && write(log->fd, out.data, out.size) < 0) {
        /* Nobody is left to tell. */
    }
    omb_buf_free(&line);
}

void omb_log_error(const struct omb_log *log, enum omb_log_level level, const char *what,
                   const struct omb_error *err)
{
    const struct omb_log_field fields[] = {OMB_LOG_T("error", omb_rc_word(err->rc)),
                                           OMB_LOG_T("reason", err->words),
                                           OMB_LOG_T("field", err->field)};

    omb_log_write(log, level, what, fields, err->field[0] ? 3 : 2);
}
