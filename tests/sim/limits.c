/*
 * Limits of the product that no small bank comes near, drawn smaller; and whether what an office
 * keeps of each peer stays within them (invariant 8).
 */
#include "unit/unit.h"

#include "office/inside.h"
#include "office/post/compare.h"
#include "office/post/work.h"
#include "sim/turns.h"

enum { RANGES_MOST = 3 * OMB_WANT_RANGES_MAX }; /* of two pages, and those of one more */

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

/* A frame is taken while any credit is left: only the last of them may go beyond it. */
static void judge_held(const struct omb_office *office, const struct omb_link *link)
{
    const uint64_t window = __wrap_omb_inbox_window(office->post, link);
    uint64_t before = 0;

    for (const struct omb_held *held = link->held_first; held && held->next; held = held->next)
        before += held->charge;
    if (before >= window && link->held_first->next)
        fail_msg("an office keeps %llu bytes of a peer's frames before the last one, of a window "
                 "of %llu",
                 (unsigned long long)before, (unsigned long long)window);
}

static void judge_link(const struct omb_office *office, const struct omb_link *link)
{
    judge_held(office, link);
    if (link->later_bytes > OMB_LATER_MAX || link->range_count > RANGES_MOST ||
        link->wants > OMB_WANTS_MAX + 1 || link->besides > OMB_BESIDES_MAX)
        fail_msg("an office keeps %zu bytes that a peer asks for, and %zu ranges; it sent %u wants",
                 link->later_bytes, link->range_count, link->wants);
}

enum omb_rc __real_omb_post_input(struct omb_step *step, struct omb_error *err);
enum omb_rc __wrap_omb_post_input(struct omb_step *step, struct omb_error *err);
enum omb_rc __wrap_omb_post_input(struct omb_step *step, struct omb_error *err)
{
    const enum omb_rc rc = __real_omb_post_input(step, err);
    const struct omb_post *post = step->office->post;

    for (size_t slot = 0; slot < post->slots; slot++)
        for (const struct omb_link *link = post->peers[slot]; link; link = link->next_peer)
            judge_link(step->office, link);
    return rc;
}
