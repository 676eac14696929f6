#include "io/clock.h"

#include <time.h>

#include "base/assert.h"

static int64_t read_ms(clockid_t clock)
{
    struct timespec now;
    int rc = clock_gettime(clock, &now);

    OMB_ASSERT(rc == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t omb_clock_wall_ms(void)
{
    return read_ms(CLOCK_REALTIME);
}

int64_t omb_clock_monotonic_ms(void)
{
    return read_ms(CLOCK_MONOTONIC);
}
