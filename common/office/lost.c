/*
 * Own records that lost a fork (lost.h).
 */
#include "office/lost.h"

#include <string.h>

#include "office/logs.h"
#include "office/post/post.h"

static enum omb_rc see_any(void *arg, struct omb_view key, struct omb_view value)
{
    (void)key;
    (void)value;
    *(bool *)arg = true;
    return OMB_STOP;
}

enum omb_rc omb_lost_put(struct omb_step *step, const struct omb_incarnation *incarnation,
                         uint64_t seq, const struct omb_digest *record, struct omb_error *err)
{
    const struct omb_key key = omb_key_lost(incarnation, seq, record);
    const struct omb_key renewed = omb_key_renewed(record);
    struct omb_buf value = OMB_BUF_INIT;
    const enum omb_rc rc =
        omb_port_get(step->port, OMB_FAMILY_PEER, omb_key_view(&renewed), &value);

    omb_buf_free(&value);
    if (rc == OMB_OK)
        return rc;
    if (rc != OMB_NOT_FOUND)
        return omb_fail(err, rc, NULL, "the rows of renewed records cannot be read");
    omb_put(omb_step_writes(step), OMB_FAMILY_PEER, omb_key_view(&key), OMB_VIEW_NONE);
    omb_health_changed(step);
    return OMB_OK;
}

void omb_lost_drop(struct omb_step *step, const struct omb_incarnation *incarnation, uint64_t seq,
                   const struct omb_digest *record)
{
    const struct omb_key key = omb_key_lost(incarnation, seq, record);

    omb_delete(omb_step_writes(step), OMB_FAMILY_PEER, omb_key_view(&key));
    omb_health_changed(step);
}

enum omb_rc omb_lost_is_renewed(struct omb_step *step, const struct omb_incarnation *incarnation,
                                uint64_t seq, bool *out, struct omb_error *err)
{
    const struct omb_key from = omb_key_lost(incarnation, seq, NULL);
    const struct omb_key until = omb_key_lost(incarnation, UINT64_MAX, NULL);
    bool waits = false;
    enum omb_rc rc =
        omb_log_has_later(step, &omb_office_self(step->office)->office, incarnation, out, err);

    if (rc != OMB_OK || !*out)
        return rc;
    rc = omb_port_scan(step->port, OMB_FAMILY_PEER, omb_key_view(&from), omb_key_view(&until),
                       false, see_any, &waits);
    *out = !waits;
    return rc == OMB_OK ? rc : omb_fail(err, rc, NULL, "the lost records cannot be read");
}

/* --- all forks of the own log --- */

struct taken {
    struct omb_fork_health *items;
    size_t count;
};

static enum omb_rc take_fork(void *arg, struct omb_view key, struct omb_view value)
{
    struct taken *taken = arg;
    struct omb_fork_health *fork = &taken->items[taken->count];

    (void)value;
    if (key.size != 1 + OMB_OFFICE_ID_SIZE + sizeof(fork->incarnation.bytes) + 8)
        return OMB_DAMAGED;
    *fork = (struct omb_fork_health){.seq = omb_be64(key.data + key.size - 8)};
    memcpy(fork->incarnation.bytes, key.data + 1 + OMB_OFFICE_ID_SIZE,
           sizeof(fork->incarnation.bytes));
    return ++taken->count < OMB_FORKS_TOLD ? OMB_OK : OMB_STOP;
}

enum omb_rc omb_lost_forks(struct omb_step *step, struct omb_fork_health_list *out,
                           struct omb_error *err)
{
    const struct omb_office_id *self = &omb_office_self(step->office)->office;
    const struct omb_key from = omb_key_fork(self, NULL, 0);
    struct taken taken = {
        .items = OMB_ARENA_NEW(step->arena, struct omb_fork_health, OMB_FORKS_TOLD)};
    struct omb_incarnation last;
    struct omb_key until;
    enum omb_rc rc;

    memset(last.bytes, 0xff, sizeof(last.bytes));
    until = omb_key_fork(self, &last, UINT64_MAX);
    rc = omb_port_scan(step->port, OMB_FAMILY_OFFICE, omb_key_view(&from), omb_key_view(&until),
                       true, take_fork, &taken);
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the rows of forks cannot be read");
    for (size_t i = 0; rc == OMB_OK && i < taken.count; i++)
        rc = omb_lost_is_renewed(step, &taken.items[i].incarnation, taken.items[i].seq,
                                 &taken.items[i].renewed, err);
    *out = (struct omb_fork_health_list){taken.items, taken.count};
    return rc;
}
