/*
 * The parts of a case's records go with its erasure; and are wanted back when it turns out that it
 * has no effect: the office that wrote it was revoked from before it on, or its log had a fork.
 */
#include "office/post/post.h"
#include "office/receive_inside.h"

void omb_casefile_drop_parts(struct omb_step *step, const struct omb_casefile *file)
{
    struct omb_writes *writes = step->update->writes;
    const struct omb_key secret = omb_key_case_secret(&file->id);

    for (size_t i = 0; i < file->event_count; i++) {
        const struct omb_key missing = omb_key_missing(&file->events[i].digest);

        omb_parts_delete(writes, &file->rows[i]);
        omb_delete(writes, OMB_FAMILY_PEER, omb_key_view(&missing)); /* nor are they wanted */
    }
    omb_delete(writes, OMB_FAMILY_KEY, omb_key_view(&secret));
    omb_vault_forget_key(step->update);
    step->update->erased = true;
}

/* Those of a record that its header names and the store does not have. */
static enum omb_rc lacking(struct omb_step *step, const struct omb_row_at *at, uint32_t *out,
                           struct omb_error *err)
{
    struct omb_header header;
    struct omb_digest digest;
    enum omb_rc rc = omb_header_read(step, at, &header, &digest, NULL, err);

    *out = rc == OMB_OK ? omb_parts_named(&header) : 0;
    for (size_t i = 0; rc == OMB_OK && i < OMB_PART_KINDS; i++) {
        const struct omb_key key = omb_key_part(at->number, at->seq, omb_part_kinds[i]);
        struct omb_buf value = OMB_BUF_INIT;

        if (!(*out & (uint32_t)omb_part_kinds[i]))
            continue;
        rc = omb_port_get(step->port, OMB_FAMILY_PART, omb_key_view(&key), &value);
        omb_buf_free(&value);
        if (rc == OMB_OK)
            *out &= ~(uint32_t)omb_part_kinds[i];
        else if (rc == OMB_NOT_FOUND)
            rc = OMB_OK;
        else
            rc = omb_fail(err, rc, NULL, "the parts of the case cannot be read");
    }
    return rc;
}

enum omb_rc omb_casefile_want_parts(struct omb_step *step, const struct omb_casefile *file,
                                    struct omb_error *err)
{
    for (size_t i = 0; i < file->event_count; i++) {
        uint32_t parts;
        const enum omb_rc rc = lacking(step, &file->rows[i], &parts, err);

        if (rc != OMB_OK)
            return rc;
        omb_put_missing(step, &file->events[i].digest, &file->events[i].office, parts);
    }
    omb_post_want_parts(step);
    return OMB_OK;
}
