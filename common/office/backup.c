#include "office/backup.h"

#include <string.h>

#include "office/inside.h"
#include "wire/control.h"

static struct omb_key row_key(void)
{
    return omb_key_meta("backup");
}

static enum omb_rc decode(struct omb_view bytes, struct omb_arena *arena,
                          struct omb_backup_state *out, struct omb_error *err)
{
    *out = (struct omb_backup_state){.running = false};
    if (bytes.size == 0)
        return OMB_OK;
    if (omb_decode_backup_state(bytes, arena, out, NULL) != OMB_OK)
        return omb_fail(err, OMB_DAMAGED, "backup", "the row of the last backup is damaged");
    return OMB_OK;
}

enum omb_rc omb_backed_load(struct omb_office *office, struct omb_error *err)
{
    const struct omb_key key = row_key();
    struct omb_backup_state state;
    struct omb_arena arena;
    enum omb_rc rc =
        omb_port_get(office->setup.port, OMB_FAMILY_META, omb_key_view(&key), &office->backed.now);

    omb_arena_init(&arena, SIZE_MAX);
    if (rc == OMB_NOT_FOUND)
        rc = OMB_OK;
    else if (rc != OMB_OK)
        rc = omb_fail(err, rc, "backup", "the row of the last backup cannot be read");
    if (rc == OMB_OK)
        rc = decode(omb_buf_view(&office->backed.now), &arena, &state, err);
    if (rc == OMB_OK)
        office->backed.good_at = state.good_at;
    office->backed.max_age_days = office->setup.backup_max_age_days;
    omb_arena_free(&arena);
    return rc;
}

void omb_backed_free(struct omb_backed *backed)
{
    omb_buf_free(&backed->now);
}

enum omb_rc omb_backed_now(struct omb_step *step, struct omb_backup_state *out,
                           struct omb_error *err)
{
    const struct omb_view now = omb_buf_view(&step->office->backed.now);

    return decode(omb_arena_copy(step->arena, now), step->arena, out, err);
}

int64_t omb_backed_good_at(const struct omb_office *office)
{
    return office->backed.good_at;
}

uint32_t omb_backed_max_age_days(const struct omb_office *office)
{
    return office->backed.max_age_days;
}

void omb_office_set_backup_max_age(struct omb_office *office, uint32_t days)
{
    office->backed.max_age_days = days;
}

enum omb_rc omb_backed_begin(struct omb_step *step, const struct omb_backup_create *wish,
                             struct omb_error *err)
{
    struct omb_update *update = step->update;

    if (step->office->backed.running)
        return omb_fail(err, OMB_BUSY, NULL,
                        "a backup of this office runs already: wait until it has ended");
    step->office->backed.running = true;
    update->backup = omb_shape_copy(&omb_shape_backup_create, wish, &update->arena);
    return OMB_OK;
}

const struct omb_backup_create *omb_update_backup(const struct omb_update *update)
{
    return update->backup;
}

/* What went before stays known when one fails, and what failed is forgotten when one is good. */
static void merge(const struct omb_backup_state *before, struct omb_backup_state *now)
{
    if (now->good_at == 0) {
        now->good_at = before->good_at;
        now->good_name = before->good_name;
        now->good_path = before->good_path;
        now->good_records = before->good_records;
        now->good_cases = before->good_cases;
        now->good_bytes = before->good_bytes;
    }
    if (now->running) {
        now->failed_at = before->failed_at;
        now->failed_as = before->failed_as;
        now->failure = before->failure;
    }
}

enum omb_rc omb_backed_input(struct omb_step *step, struct omb_error *err)
{
    const struct omb_key key = row_key();
    struct omb_backed *backed = &step->office->backed;
    struct omb_backup_state before, now;
    enum omb_rc rc = omb_backed_now(step, &before, err);

    if (rc == OMB_OK)
        rc = omb_decode_backup_state(step->input->bytes, step->arena, &now, err);
    if (rc != OMB_OK)
        return rc;
    merge(&before, &now);
    omb_buf_clear(&backed->now);
    omb_encode_backup_state(&now, &backed->now);
    backed->running = now.running;
    if (now.running)
        return OMB_OK;
    backed->good_at = now.good_at;
    omb_put(step->update->writes, OMB_FAMILY_META, omb_key_view(&key), omb_buf_view(&backed->now));
    return OMB_OK;
}

/* --- what a backup says of the office --- */

static enum omb_rc tell_chain(struct omb_step *step, struct omb_office_about *out,
                              struct omb_error *err)
{
    struct omb_view *chain = OMB_ARENA_NEW(step->arena, struct omb_view, OMB_CHAIN_MAX);
    const struct omb_office_card *at = omb_office_card(step, &step->office->own.digest);
    size_t count = 0;

    while (at && count < OMB_CHAIN_MAX) {
        chain[count++] = omb_arena_copy(step->arena, at->certificate.signed_bytes);
        if (at->certificate.inner.depth == 0)
            break;
        at = omb_office_card(step, &at->certificate.inner.issuer);
    }
    if (!at || at->certificate.inner.depth != 0)
        return omb_fail(err, OMB_DAMAGED, NULL,
                        "the certificates above the office are not all in the store");
    out->certificates = (struct omb_views){chain, count};
    return OMB_OK;
}

enum omb_rc omb_office_tell(struct omb_office *office, struct omb_arena *arena,
                            struct omb_office_about *out, struct omb_error *err)
{
    struct omb_step step = {.office = office, .port = office->setup.port, .arena = arena};
    const struct omb_tip *tip = &office->tip;

    *out = (struct omb_office_about){
        .code = omb_arena_copy(arena, office->own.inner.code),
        .office = office->self.office,
        .head = tip->seq,
        .records = tip->records,
        .cases = tip->cases,
    };
    if (tip->seq > 0) {
        out->incarnation = tip->incarnation;
        out->digest = tip->prev;
    }
    memcpy(out->anchor, office->anchor, sizeof(out->anchor));
    memcpy(out->recovery, office->recovery, sizeof(out->recovery));
    return tell_chain(&step, out, err);
}
