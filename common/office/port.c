#include "office/port.h"

#include <string.h>

#include "base/assert.h"

#define PREFIX_MAX 256

static const char *const names[] = {
#define FAMILY_NAME(name, word) [OMB_FAMILY_##name] = word,
    OMB_FAMILY_TABLE(FAMILY_NAME)
#undef FAMILY_NAME
};

const char *omb_family_name(enum omb_family family)
{
    OMB_ASSERT(family < OMB_FAMILY_COUNT);
    return names[family];
}

enum omb_rc omb_port_scan_prefix(const struct omb_port *port, enum omb_family family,
                                 struct omb_view prefix, omb_row_fn *fn, void *arg)
{
    uint8_t until[PREFIX_MAX];
    size_t size = prefix.size;

    OMB_ASSERT(prefix.size <= PREFIX_MAX);
    if (size > 0)
        memcpy(until, prefix.data, size);
    /* The first key behind all that begin with the prefix: 0xff at its end cannot be counted up. */
    while (size > 0 && until[size - 1] == 0xff)
        size--;
    if (size > 0)
        until[size - 1]++;
    return omb_port_scan(port, family, prefix, omb_view(until, size), false, fn, arg);
}
