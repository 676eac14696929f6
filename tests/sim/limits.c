/* Limits of the product that no small bank comes near, drawn smaller. */
#include "office/post/work.h"
#include "sim/turns.h"

static uint64_t window_most = UINT64_MAX;

void sim_draw_limits(struct sim *sim)
{
    static const uint64_t windows[] = {1024, 4096, UINT64_MAX, UINT64_MAX};

    window_most = windows[sim_below(sim, sizeof(windows) / sizeof(windows[0]))];
    if (window_most != UINT64_MAX)
        tree_tell(sim->tree, "windows of %llu bytes", (unsigned long long)window_most);
}

uint64_t __real_omb_inbox_window(const struct omb_post *post, const struct omb_link *link);
uint64_t __wrap_omb_inbox_window(const struct omb_post *post, const struct omb_link *link);
uint64_t __wrap_omb_inbox_window(const struct omb_post *post, const struct omb_link *link)
{
    const uint64_t window = __real_omb_inbox_window(post, link);

    return window < window_most ? window : window_most;
}
