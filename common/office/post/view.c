/*
 * What can be seen of links. Nothing here changes anything.
 */
#include "office/post/view.h"

#include <stdlib.h>
#include <string.h>

#include "office/post/work.h"

static int by_number(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static void see_pace(struct omb_step *step, const struct omb_link *link, struct omb_link_seen *out)
{
    const struct omb_pace *pace = link->pace;
    const size_t kept = pace ? sizeof(pace->took) / sizeof(pace->took[0]) : 0;
    const size_t count = pace && pace->took_count < kept ? pace->took_count : kept;
    uint32_t *sorted;

    if (count == 0)
        return;
    sorted = OMB_ARENA_NEW(step->arena, uint32_t, count);
    memcpy(sorted, pace->took, count * sizeof(*sorted));
    qsort(sorted, count, sizeof(*sorted), by_number);
    out->latency_ms_median = sorted[count / 2];
    out->latency_ms_p99 = sorted[(count * 99) / 100];
}

/* Lines of that office's log that lost a fork. */
static enum omb_rc count_fork(void *arg, const struct omb_log *log)
{
    if (log->row.line > 0)
        (*(uint64_t *)arg)++;
    return OMB_OK;
}

static const char *copy(struct omb_step *step, const char *text)
{
    return text ? omb_arena_str(step->arena, omb_view_str(text)) : "";
}

static void see_answer(struct omb_step *step, const struct omb_link *link,
                       struct omb_link_seen *out)
{
    const struct omb_post *post = step->office->post;
    struct omb_health *health = OMB_ARENA_NEW(step->arena, struct omb_health, 1);

    if (post->above.size == 0 ||
        omb_decode_health(omb_arena_copy(step->arena, omb_buf_view(&post->above)), step->arena,
                          health, NULL) != OMB_OK ||
        !omb_office_id_equal(&health->office, &link->peer))
        return;
    out->row.health = health;
    out->row.health_at = post->above_at;
}

static void see_parent(struct omb_step *step, const struct omb_link *link,
                       struct omb_link_seen *out)
{
    const struct omb_office *office = step->office;
    const struct omb_post *post = office->post;

    see_answer(step, link, out);
    out->next_try = post->try_wall;
    if (office->setup.parent_count > 0)
        out->address = omb_arena_str(step->arena, office->setup.parents[post->address]);
    if (!office->setup.serves && link->state == OMB_LINK_DOWN)
        out->reason = "the daemon of this office does not run";
}

/* What the peer has was sent, if not since this daemon started. */
static uint64_t sent_of(const struct omb_link *link)
{
    const uint64_t acked = omb_link_acked(link);

    return link->sent_record > acked ? link->sent_record : acked;
}

/*
 * The newest row for the peer. Positions are counted over all that is written, so with nothing that
 * waits it is the newest that was sent.
 */
static uint64_t head_of(const struct omb_step *step, const struct omb_link *link,
                        const struct omb_backlog *backlog)
{
    const struct omb_tip *tip = &step->office->tip;
    const uint64_t sent =
        link->sent_record > link->acked.position ? link->sent_record : link->acked.position;

    if (backlog->cut)
        return link->up ? tip->journal : tip->feed;
    return backlog->newest > sent ? backlog->newest : sent;
}

/*
 * What is kept of a peer that did not call since this office was started ends with what stood
 * before. That ended with the daemon: the step is written when the peer calls.
 */
static void see_start(struct omb_step *step, const struct omb_link *link,
                      struct omb_link_seen *out)
{
    const struct omb_office_setup *setup = &step->office->setup;
    const size_t count = out->row.history.count;
    struct omb_link_change *items;

    if (!setup->serves || link->told)
        return;
    if (out->since == 0 && link->contact_at > 0)
        out->since = setup->started_at;
    if (!omb_link_ended_with_daemon(&out->row))
        return;
    items = OMB_ARENA_NEW(step->arena, struct omb_link_change, count + 1);
    memcpy(items, out->row.history.items, count * sizeof(*items));
    items[count] = (struct omb_link_change){setup->started_at, OMB_VIEW_LIT("down"),
                                            OMB_VIEW_LIT(OMB_STARTED_WORDS)};
    out->row.history.items = items;
    out->row.history.count = count + 1;
}

/* A store that cannot be read shows what is in memory. */
static void see_link(struct omb_step *step, const struct omb_link *link, struct omb_link_seen *out)
{
    struct omb_backlog backlog = {0};

    *out = (struct omb_link_seen){
        .peer = link->peer,
        .up = link->up,
        .state = omb_link_state_name(link->state),
        .since = link->since,
        .reason = copy(step, link->reason),
        .address = "",
        .incarnation = link->life,
        .sent = sent_of(link),
        .acked = omb_link_acked(link),
        .credit_bytes =
            link->may_send.balance > 0 ? (uint64_t)link->may_send.balance : 0,
        .last_progress = link->progress_at,
        .errors = link->errors,
        .last_error = copy(step, link->last_error),
    };
    if (omb_link_row(step, link, &out->row, NULL) != OMB_OK)
        out->row = (struct omb_peer_row){.office = link->peer};
    see_start(step, link, out);
    out->row.last_contact = link->contact_at;
    out->row.last_ack = link->last_ack;
    out->row.clock_offset_ms = link->clock_offset_ms;
    if (omb_outbox_backlog(step, link, &backlog, NULL) == OMB_OK) {
        out->lag_records = backlog.records;
        out->lag_bytes = backlog.bytes;
        out->oldest_unacked = backlog.oldest;
    }
    out->head = head_of(step, link, &backlog);
    if (omb_logs_each(step, &link->peer, count_fork, &out->forks, NULL) != OMB_OK)
        out->forks = 0;
    see_pace(step, link, out);
    if (link->up)
        see_parent(step, link, out);
}

/* A child that lost its place is told of until the next start, unless it found another one. */
static bool is_seen(struct omb_step *step, const struct omb_link *link)
{
    const struct omb_office_card *card;

    if (!link->gone)
        return true;
    card = omb_office_newest(step, &link->peer);
    return link->since > 0 && card &&
           omb_office_id_equal(&card->certificate.inner.parent, &step->office->self.office);
}

void omb_post_room(const struct omb_office *office, uint64_t *out_free_bytes, uint64_t *out_stalls)
{
    *out_free_bytes = office->post->disk_free;
    *out_stalls = office->post->stalls;
}

bool omb_post_above_is_live(const struct omb_office *office)
{
    const struct omb_link *up = office->post->up;

    return up != NULL && up->state == OMB_LINK_LIVE;
}

bool omb_post_is_connected(const struct omb_office *office, const struct omb_office_id *child)
{
    const struct omb_link *link = omb_post_peer(office->post, child);

    return link != NULL && !link->up && link->connection != 0 && link->greeted &&
           link->state != OMB_LINK_BLOCKED;
}

bool omb_post_is_heard(const struct omb_office *office, const struct omb_office_id *child)
{
    const struct omb_link *link = omb_post_peer(office->post, child);

    return link != NULL &&
           office->monotonic_ms - link->heard_at < OMB_PING_MS + 2 * OMB_SECOND_MS;
}

const char *omb_post_blocked_above(const struct omb_office *office)
{
    const struct omb_link *up = office->post->up;

    if (up == NULL)
        return NULL;
    if (up->state == OMB_LINK_BLOCKED)
        return up->reason != NULL ? up->reason : "";
    return up->refused ? "it refused the key" : NULL;
}

size_t omb_post_links(struct omb_step *step, const struct omb_link_seen **out)
{
    const struct omb_post *post = step->office->post;
    struct omb_link_seen *seen = OMB_ARENA_NEW(step->arena, struct omb_link_seen, post->count + 1);
    size_t count = 0;

    if (post->up)
        see_link(step, post->up, &seen[count++]);
    for (size_t i = 0; i < post->slots; i++)
        for (const struct omb_link *link = post->peers[i]; link; link = link->next_peer)
            if (!link->up && is_seen(step, link))
                see_link(step, link, &seen[count++]);
    *out = seen;
    return count;
}

/* --- what offices below said --- */

struct healths {
    struct omb_step *step;
    struct omb_health_seen *items;
    size_t count, room;
};

static enum omb_rc see_health(void *arg, struct omb_view key, struct omb_view value)
{
    struct healths *healths = arg;
    struct omb_arena *arena = healths->step->arena;
    struct omb_peer_row row;

    (void)key;
    if (omb_decode_peer_row(omb_arena_copy(arena, value), arena, &row, NULL) != OMB_OK ||
        !row.health)
        return OMB_OK;
    if (healths->count == healths->room) {
        const size_t room = healths->room ? 2 * healths->room : 32;
        struct omb_health_seen *items = OMB_ARENA_NEW(arena, struct omb_health_seen, room);

        if (healths->count > 0)
            memcpy(items, healths->items, healths->count * sizeof(*items));
        healths->items = items;
        healths->room = room;
    }
    healths->items[healths->count++] = (struct omb_health_seen){row.health, row.health_at};
    return OMB_OK;
}

size_t omb_post_healths(struct omb_step *step, const struct omb_health_seen **out)
{
    const struct omb_key prefix = omb_key_peer(NULL);
    struct healths healths = {.step = step};

    if (omb_port_scan_prefix(step->port, OMB_FAMILY_PEER, omb_key_view(&prefix), see_health,
                             &healths) != OMB_OK)
        healths.count = 0;
    *out = healths.items;
    return healths.count;
}

const struct omb_health *omb_post_health_of(struct omb_step *step,
                                            const struct omb_office_id *office)
{
    const struct omb_link whose = {.peer = *office};
    struct omb_peer_row row;

    return omb_link_row(step, &whose, &row, NULL) == OMB_OK ? row.health : NULL;
}

/* --- witnesses of a log --- */

struct witnesses {
    struct omb_step *step;
    struct omb_witness_seen items[OMB_CHAIN_MAX];
    size_t count;
};

static enum omb_rc see_witness(void *arg, struct omb_view key, struct omb_view value)
{
    struct witnesses *witnesses = arg;
    struct omb_arena *arena = witnesses->step->arena;
    struct omb_witness_statement said;
    struct omb_witness witness;

    (void)key;
    if (omb_decode_witness(omb_arena_copy(arena, value), arena, &witness, NULL) != OMB_OK ||
        omb_witness_read(&witness, arena, &said, NULL) != OMB_OK)
        return OMB_DAMAGED;
    witnesses->items[witnesses->count++] =
        (struct omb_witness_seen){said.witness, said.seq, said.time_ms};
    return witnesses->count < OMB_CHAIN_MAX ? OMB_OK : OMB_STOP;
}

enum omb_rc omb_post_witnesses(struct omb_step *step, uint32_t log_number,
                               const struct omb_witness_seen **out, size_t *out_count,
                               struct omb_error *err)
{
    const struct omb_key prefix = omb_key_witness(log_number, NULL);
    struct witnesses *witnesses = OMB_ARENA_NEW(step->arena, struct witnesses, 1);
    enum omb_rc rc;

    witnesses->step = step;
    rc = omb_port_scan_prefix(step->port, OMB_FAMILY_PEER, omb_key_view(&prefix), see_witness,
                              witnesses);
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the witnesses in the store cannot be read");
    *out = witnesses->items;
    *out_count = witnesses->count;
    return OMB_OK;
}
