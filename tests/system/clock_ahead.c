/*
 * Put before a program (LD_PRELOAD), the wall clock that it reads is OMB_CLOCK_AHEAD seconds ahead:
 * for stories of what comes with a date. The clock that nobody sets stays as it is.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *out)
{
    const char *ahead = getenv("OMB_CLOCK_AHEAD");
    const int rc = (int)syscall(SYS_clock_gettime, clock, out);

    if (rc == 0 && clock == CLOCK_REALTIME && ahead != NULL)
        out->tv_sec += strtol(ahead, NULL, 10);
    return rc;
}
