/*
 * Parts of withheld cases that are held back from offices below, and given to them in the end. What
 * is held back is noted, so that it goes down as soon as it may: else the office below would ask
 * for it again after minutes.
 */
#include <string.h>

#include "office/inside.h"
#include "office/receive.h"

enum { AT_ONCE = 1000 };

static void take_off(struct omb_view *part, enum omb_part_kind kind, uint32_t *missing)
{
    if (part->size > 0)
        *missing |= (uint32_t)kind;
    *part = OMB_VIEW_NONE;
}

/*
 * Whether the backup may have brought the record back: its place says it, since its time is that of
 * its author's clock. Of own records the life says it; the row of the newest one is the tip.
 */
static enum omb_rc is_of_backup(struct omb_step *step, uint32_t number,
                                const struct omb_header *header, bool *out, struct omb_error *err)
{
    const struct omb_key key = omb_key_in_backup(number);
    struct omb_buf value = OMB_BUF_INIT;
    enum omb_rc rc;

    if (omb_office_id_equal(&header->office, &omb_office_self(step->office)->office)) {
        *out = omb_incarnation_number(&header->incarnation) <= step->office->restored.row.life;
        return OMB_OK;
    }
    rc = omb_port_get(step->port, OMB_FAMILY_PEER, omb_key_view(&key), &value);
    *out = rc == OMB_OK && (value.size != 8 || header->seq <= omb_be64(value.data));
    omb_buf_free(&value);
    return rc == OMB_OK || rc == OMB_NOT_FOUND
               ? OMB_OK
               : omb_fail(err, rc, NULL, "the rows of the restore cannot be read");
}

/* Records of a case go down together, and whom it waits for takes looking at all children. */
static enum omb_rc withholds(struct omb_step *step, const struct omb_case_id *id, bool *out,
                             struct omb_error *err)
{
    struct omb_held_case *last = &step->held_case;

    if (!last->known || !omb_case_id_equal(&last->id, id)) {
        const enum omb_rc rc = omb_restored_withholds(step, id, &last->withheld, NULL, err);

        last->known = rc == OMB_OK;
        last->id = *id;
        if (rc != OMB_OK)
            return rc;
    }
    *out = last->withheld;
    return OMB_OK;
}

enum omb_rc omb_restored_hold_back(struct omb_step *step, const struct omb_office_id *child,
                                   uint32_t number, const struct omb_header *header,
                                   struct omb_record *record, uint32_t *missing,
                                   struct omb_error *err)
{
    struct omb_digest digest;
    struct omb_key note;
    bool holds;
    enum omb_rc rc;

    if (!step->office->restored.on || !header->case_id ||
        record->body.size + record->grants.size + record->extract.size == 0)
        return OMB_OK;
    rc = is_of_backup(step, number, header, &holds, err);
    if (rc == OMB_OK && holds)
        rc = withholds(step, header->case_id, &holds, err);
    if (rc != OMB_OK || !holds)
        return rc;
    take_off(&record->body, OMB_PART_BODY, missing);
    take_off(&record->grants, OMB_PART_GRANTS, missing);
    take_off(&record->extract, OMB_PART_EXTRACT, missing);
    digest = omb_record_digest(record->header);
    note = omb_key_held_back(child, &digest);
    omb_put(step->update->writes, OMB_FAMILY_PEER, omb_key_view(&note), OMB_VIEW_LIT(""));
    return OMB_OK;
}

/* --- in the end --- */

struct notes {
    struct omb_key items[AT_ONCE];
    size_t count;
};

static enum omb_rc take_note(void *arg, struct omb_view key, struct omb_view value)
{
    struct notes *notes = arg;
    struct omb_key *note = &notes->items[notes->count++];

    (void)value;
    if (key.size != 1 + OMB_OFFICE_ID_SIZE + OMB_DIGEST_SIZE)
        return OMB_DAMAGED;
    memcpy(note->bytes, key.data, key.size);
    note->size = key.size;
    return notes->count < AT_ONCE ? OMB_OK : OMB_STOP;
}

/* Once more, if it still is for the child; a record that changed sides or is gone is not. */
static enum omb_rc give_one(struct omb_step *step, const struct omb_key *note,
                            struct omb_error *err)
{
    struct omb_office_id child, branch;
    struct omb_digest digest;
    struct omb_header header;
    struct omb_row_at at;
    enum omb_rc rc;

    memcpy(child.bytes, note->bytes + 1, sizeof(child.bytes));
    memcpy(digest.bytes, note->bytes + 1 + sizeof(child.bytes), sizeof(digest.bytes));
    branch = omb_feed_child_above(step, &child);
    rc = omb_record_place(step, &digest, &at);
    if (rc == OMB_NOT_FOUND || omb_office_id_none(&branch))
        return OMB_OK;
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the digests in the store cannot be read");
    rc = omb_header_read(step, &at, &header, &digest, NULL, err);
    if (rc != OMB_OK)
        return rc;
    branch = omb_feed_branch_of(step, &header.office);
    if (omb_office_id_equal(&branch, &child))
        return omb_feed_give_back(step, &child, &at, err);
    return header.case_id && omb_feed_in_scope(step, &child, header.case_id)
               ? omb_feed_record(step, &child, &at, err)
               : OMB_OK;
}

enum omb_rc omb_restored_give(struct omb_step *step, struct omb_error *err)
{
    const struct omb_key prefix = omb_key_held_back(NULL, NULL);
    struct notes *notes;
    enum omb_rc rc;

    if (step->office->restored.on || !step->office->restored.owes)
        return OMB_OK;
    notes = OMB_ARENA_NEW(step->arena, struct notes, 1);
    rc = omb_port_scan_prefix(step->port, OMB_FAMILY_PEER, omb_key_view(&prefix), take_note, notes);
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "what was held back cannot be read");
    for (size_t i = 0; rc == OMB_OK && i < notes->count; i++) {
        rc = give_one(step, &notes->items[i], err);
        omb_delete(step->update->writes, OMB_FAMILY_PEER, omb_key_view(&notes->items[i]));
    }
    step->office->restored.owes = notes->count == AT_ONCE;
    if (step->office->restored.owes)
        omb_wake_at(step, step->input->now_ms);
    return rc;
}
