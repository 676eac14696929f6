#include <string.h>

#include "base/bytes.h"

struct omb_view omb_view(const void *data, size_t size)
{
    return (struct omb_view){data, size};
}

struct omb_view omb_view_str(const char *text)
{
    return text ? omb_view(text, strlen(text)) : OMB_VIEW_NONE;
}

bool omb_view_equal(struct omb_view a, struct omb_view b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

bool omb_view_is(struct omb_view view, const char *text)
{
    return omb_view_equal(view, omb_view_str(text));
}

int omb_view_compare(struct omb_view a, struct omb_view b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common > 0 ? memcmp(a.data, b.data, common) : 0;

    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

bool omb_view_starts(struct omb_view view, struct omb_view prefix)
{
    return view.size >= prefix.size && omb_view_equal(omb_view(view.data, prefix.size), prefix);
}
