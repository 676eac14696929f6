/*
 * The two clocks of the operating system. Read here and nowhere below io: the core is told the time
 * with each input.
 */
#ifndef OMB_IO_CLOCK_H
#define OMB_IO_CLOCK_H

#include <stdint.h>

int64_t omb_clock_wall_ms(void);      /* since 1970 UTC; may be set, so it may jump */
int64_t omb_clock_monotonic_ms(void); /* since some moment; only ever goes forward */

#endif
