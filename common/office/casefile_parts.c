/*
 * The parts of a case's records go with its erasure; and are wanted back when it turns out that it
 * has no effect: the office that wrote it was revoked from before it on, or its log had a fork.
 */
#include "office/logs.h"
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

enum omb_rc omb_casefile_want_parts(struct omb_step *step, const struct omb_casefile *file,
                                    struct omb_error *err)
{
    for (size_t i = 0; i < file->event_count; i++) {
        struct omb_record record;
        struct omb_header header;
        uint32_t missing;
        const enum omb_rc rc =
            omb_record_whole(step, &file->rows[i], &record, &header, &missing, err);

        if (rc != OMB_OK)
            return rc;
        omb_put_missing(step, &file->events[i].digest, &file->events[i].office, missing);
    }
    omb_post_want_parts(step);
    return OMB_OK;
}
