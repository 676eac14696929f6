#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void omb_assert_failed(const char *condition, const char *file, int line)
{
    /* Priority 2 is "critical" to the journal. */
    fprintf(stderr, "<2>assertion failed -> stopping condition=\"%s\" at=%s:%d\n", condition, file,
            line);
    fflush(stderr);
    abort();
}
