#include "io/log.h"

#include <poll.h>
#include <unistd.h>

/* A pipe or a socket whose reader hangs is full some time, and a write would hang as well. */
static bool takes_a_line(int fd)
{
    struct pollfd out = {.fd = fd, .events = POLLOUT};

    return poll(&out, 1, 0) == 1 && (out.revents & POLLOUT) != 0;
}

void omb_log_write(const struct omb_log *log, enum omb_log_level level, const char *what,
                   const struct omb_log_field *fields, size_t count)
{
    struct omb_buf line = OMB_BUF_INIT;

    if (level > log->level)
        return;
    omb_log_line(&line, log->format, level, what, fields, count);
    if (takes_a_line(log->fd) && write(log->fd, line.data, line.size) < 0) {
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
