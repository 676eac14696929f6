/*
 * How offices are: each tells the one above it every half minute and soon after a link changed, and
 * passes on what those below it told. The one above answers with how it sees their link, so that
 * both ends can show where they disagree. It is not logged, and what is told last counts.
 */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "office/lost.h"
#include "office/post/post.h"
#include "office/post/work.h"
#include "wire/limits.h"

enum { LINKS_TOLD = 64, HEALTH_FRAME_MAX = 64 * 1024, PASSED_ON_MAX = 64 /* in one batch */ };

#define LONG_ENOUGH_MS (60 * 60 * 1000) /* to say at which pace the disk fills */

void omb_health_disk(struct omb_step *step)
{
    struct omb_post *post = step->office->post;

    post->stalls = step->input->store_stalls;
    if (step->input->disk_free_bytes == 0)
        return;
    post->disk_free = step->input->disk_free_bytes;
    if (post->disk_first > 0)
        return;
    post->disk_first = post->disk_free;
    post->disk_first_at = step->input->now_ms;
}

/* 0: not known. */
static uint64_t days_left(const struct omb_post *post, int64_t now)
{
    const int64_t passed = now - post->disk_first_at;
    uint64_t used;

    if (post->disk_first <= post->disk_free || passed < LONG_ENOUGH_MS)
        return 0;
    used = post->disk_first - post->disk_free;
    return (uint64_t)((double)post->disk_free / ((double)used / (double)passed * OMB_DAY_MS)) + 1;
}

static void tell_link(const struct omb_link *link, struct omb_link_health *out)
{
    *out = (struct omb_link_health){
        .peer = link->peer,
        .state = omb_view_str(omb_link_state_name(link->state)),
        .since = link->since,
        .reason = omb_view_str(link->reason),
        .last_contact = link->contact_at,
        .acked = link->acked.position,
        .held = link->held.position,
    };
}

/* The line up, then those down that do not run. */
static size_t tell_links(struct omb_step *step, struct omb_link_health *out)
{
    const struct omb_post *post = step->office->post;
    size_t count = 0;

    if (post->up)
        tell_link(post->up, &out[count++]);
    for (size_t i = 0; i < post->slots; i++)
        for (const struct omb_link *link = post->peers[i]; link && count < LINKS_TOLD;
             link = link->next_peer)
            if (!link->up && !link->gone && link->state != OMB_LINK_LIVE)
                tell_link(link, &out[count++]);
    return count;
}

static enum omb_rc make_health(struct omb_step *step, struct omb_health *out,
                               struct omb_error *err)
{
    struct omb_office *office = step->office;
    struct omb_post *post = office->post;
    struct omb_link_health *links =
        OMB_ARENA_NEW(step->arena, struct omb_link_health, LINKS_TOLD + 1);
    struct omb_life *own = OMB_ARENA_NEW(step->arena, struct omb_life, 1);
    struct omb_backlog backlog = {0};
    const size_t count = tell_links(step, links);
    struct omb_fork_health_list forks;
    enum omb_rc rc = omb_lost_forks(step, &forks, err);

    if (rc == OMB_OK && post->up)
        rc = omb_outbox_backlog(step, post->up, &backlog, err);
    if (rc != OMB_OK)
        return rc;
    if (post->up)
        links[0].lag_records = backlog.records;
    *own = (struct omb_life){office->self.office, office->tip.incarnation, office->tip.seq,
                             office->tip.prev, office->tip.seq};
    *out = (struct omb_health){
        .at = step->input->now_ms,
        .software = OMB_VIEW_LIT(OMB_SOFTWARE),
        .backlog_records = backlog.records,
        .backlog_bytes = backlog.bytes,
        .oldest_unacked = backlog.oldest,
        .clock_offset_ms = post->up ? post->up->clock_offset_ms : 0,
        .disk_free_bytes = post->disk_free,
        .disk_days_left = days_left(post, step->input->now_ms),
        .started_at = office->setup.started_at,
        .last_exit = office->setup.last_exit,
        .last_backup = office->backed.good_at,
        .store_stalls = post->stalls,
        .links = {links, count},
        .office = office->self.office,
        .cases = office->tip.cases,
        .own = {own, office->tip.seq > 0 ? 1 : 0},
        .forks = forks,
    };
    return OMB_OK;
}

enum omb_rc omb_health_send(struct omb_step *step, struct omb_error *err)
{
    struct omb_post *post = step->office->post;
    struct omb_health health;
    enum omb_rc rc = make_health(step, &health, err);

    if (rc != OMB_OK)
        return rc;
    omb_link_send(step, post->up, OMB_FRAME_HEALTH, &health);
    post->health_told = step->input->monotonic_ms;
    post->health_at = step->input->monotonic_ms + OMB_HEALTH_MS;
    return OMB_OK;
}

void omb_health_changed(struct omb_step *step)
{
    struct omb_post *post = step->office->post;
    const int64_t soon = post->health_told + OMB_HEALTH_SOON_MS;

    if (!post->up || !post->up->greeted || post->up->connection == 0 || soon >= post->health_at)
        return;
    post->health_at = soon;
    omb_post_wake(step, soon);
}

/* Whether that start was met before; from now on it was. */
static bool meet(struct omb_link *link, int64_t started_at)
{
    const size_t count = sizeof(link->starts) / sizeof(link->starts[0]);

    for (size_t i = 0; i < count; i++)
        if (link->starts[i] == started_at)
            return true;
    memmove(link->starts + 1, link->starts, (count - 1) * sizeof(link->starts[0]));
    link->starts[0] = started_at;
    return false;
}

/*
 * Starts in the order in which they were met here, since at each of them the clock may have been
 * another one: who was met before the one that spoke last runs beside it. The time of a start is
 * its name alone.
 */
static bool speaks_again(struct omb_link *link, int64_t last, int64_t started_at)
{
    if (last == started_at || last == 0 || started_at == 0)
        return false;
    (void)meet(link, last);
    return meet(link, started_at);
}

/* Offices below the peer have no link here: of them a row holds what they told alone. */
static enum omb_rc keep(struct omb_step *step, struct omb_link *link,
                        const struct omb_health *health, struct omb_error *err)
{
    struct omb_link far = {.peer = health->office};
    struct omb_link *whose =
        omb_office_id_equal(&health->office, &link->peer) ? link : &far;
    struct omb_peer_row row;
    bool earlier;
    enum omb_rc rc = omb_link_row(step, whose, &row, err);

    if (rc != OMB_OK)
        return rc;
    if (whose == &far && row.health && row.health->at > health->at &&
        row.health->at <= step->input->now_ms + OMB_DAY_MS)
        return OMB_OK; /* an older one that came a longer way */
    earlier = whose == link && row.health &&
              speaks_again(link, row.health->started_at, health->started_at);
    row.health = health;
    row.health_at = step->input->now_ms;
    row.software = health->software;
    omb_link_put(step, whose, &row);
    return earlier ? omb_link_history(step, link, omb_link_state_name(link->state),
                                      OMB_EARLIER_WORDS, err)
                   : OMB_OK;
}

/* --- to the parent --- */

static bool stands(const struct omb_link *up)
{
    return up && up->greeted && up->connection != 0;
}

/* Once for each office, however often it is told: the newest counts. */
static void note_untold(struct omb_post *post, const struct omb_office_id *office)
{
    for (size_t i = 0; i < post->untold_count; i++)
        if (omb_office_id_equal(&post->untold[i], office))
            return;
    if (post->untold_count == post->untold_capacity) {
        post->untold_capacity = post->untold_capacity ? 2 * post->untold_capacity : 64;
        post->untold = realloc(post->untold, post->untold_capacity * sizeof(*post->untold));
        OMB_ASSERT(post->untold != NULL);
    }
    post->untold[post->untold_count++] = *office;
}

/*
 * A thousand offices below may tell at a time, and the queue to the parent is short: a frame that
 * finds no room in it ends the line.
 */
enum omb_rc omb_health_pass_on(struct omb_step *step, struct omb_error *err)
{
    struct omb_post *post = step->office->post;
    const size_t count =
        post->untold_count < PASSED_ON_MAX ? post->untold_count : PASSED_ON_MAX;
    enum omb_rc rc = OMB_OK;

    if (!stands(post->up))
        post->untold_count = 0;
    for (size_t i = 0; rc == OMB_OK && i < count && post->untold_count > 0; i++) {
        const struct omb_link whose = {.peer = post->untold[i]};
        struct omb_peer_row row;

        omb_arena_reset(step->arena);
        rc = omb_link_row(step, &whose, &row, err);
        if (rc == OMB_OK && row.health)
            omb_link_send(step, post->up, OMB_FRAME_HEALTH, row.health);
    }
    if (post->untold_count == 0)
        return rc;
    post->untold_count -= count;
    memmove(post->untold, post->untold + count, post->untold_count * sizeof(*post->untold));
    if (post->untold_count > 0)
        omb_post_wake(step, step->input->monotonic_ms);
    return rc;
}

/* --- from the other end --- */

static void answer(struct omb_step *step, const struct omb_link *link)
{
    struct omb_link_health seen;
    const struct omb_health health = {
        .at = step->input->now_ms,
        .software = OMB_VIEW_LIT(OMB_SOFTWARE),
        .clock_offset_ms = link->clock_offset_ms,
        .links = {&seen, 1},
        .office = step->office->self.office,
    };

    tell_link(link, &seen);
    omb_link_send(step, link, OMB_FRAME_HEALTH, &health);
}

/* The parent speaks of itself, and of one link. */
static bool is_answer(const struct omb_step *step, const struct omb_link *link,
                      const struct omb_health *health)
{
    return omb_office_id_equal(&health->office, &link->peer) && health->own.count == 0 &&
           health->links.count == 1 &&
           omb_office_id_equal(&health->links.items[0].peer, &step->office->self.office);
}

/* In memory alone: a branch that has nothing to do writes nothing. */
static void hear_answer(struct omb_step *step, const struct omb_health *health)
{
    struct omb_post *post = step->office->post;

    omb_buf_clear(&post->above);
    omb_encode_health(health, &post->above);
    post->above_at = step->input->now_ms;
}

enum omb_rc omb_health_came(struct omb_step *step, struct omb_link *link,
                            const struct omb_health *health, struct omb_error *err)
{
    struct omb_post *post = step->office->post;
    struct omb_office_id child;
    enum omb_rc rc;

    if (step->input->bytes.size > HEALTH_FRAME_MAX ||
        (link->up && !is_answer(step, link, health)))
        return omb_link_wrong(step, link, "it tells a health that is not its to tell", err);
    if (link->up) {
        hear_answer(step, health);
        return OMB_OK;
    }
    child = omb_feed_branch_of(step, &health->office);
    if (!omb_office_id_equal(&child, &link->peer))
        return OMB_OK; /* an office that is not known here yet */
    rc = keep(step, link, health, err);
    if (rc == OMB_OK && stands(post->up))
        note_untold(post, &health->office);
    if (rc == OMB_OK && omb_office_id_equal(&health->office, &link->peer))
        answer(step, link);
    return rc;
}
