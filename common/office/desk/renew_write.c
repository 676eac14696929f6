/*
 * One record written again (desk/renew.h).
 */
#include <string.h>

#include "office/desk/renew.h"
#include "office/lost.h"
#include "wire/header.h"

enum omb_rc omb_renewed_as(struct omb_step *step, const struct omb_digest *record,
                           struct omb_row_at *out, struct omb_error *err)
{
    const struct omb_key key = omb_key_renewed(record);
    struct omb_buf value = OMB_BUF_INIT;
    enum omb_rc rc = omb_port_get(step->port, OMB_FAMILY_PEER, omb_key_view(&key), &value);

    if (rc == OMB_OK && !omb_read_place(omb_buf_view(&value), &out->number, &out->seq))
        rc = omb_fail(err, OMB_DAMAGED, NULL, "a row of the renewed records is damaged");
    else if (rc != OMB_OK && rc != OMB_NOT_FOUND)
        rc = omb_fail(err, rc, NULL, "the rows of renewed records cannot be read");
    omb_buf_free(&value);
    return rc;
}

/* The case of the record at a place. */
static enum omb_rc read_case_at(struct omb_step *step, const struct omb_row_at *at,
                                struct omb_case_id *out, struct omb_error *err)
{
    struct omb_opened record;
    enum omb_rc rc = omb_desk_open(step, at->number, at->seq, &record, err);

    if (rc == OMB_OK && record.header.case_id == NULL)
        rc = omb_fail(err, OMB_DAMAGED, NULL, "a row of the renewed records names another one");
    if (rc == OMB_OK)
        *out = *record.header.case_id;
    return rc;
}

enum omb_rc omb_renewed_case(struct omb_step *step, const struct omb_case_id *id,
                             struct omb_case_id *out, struct omb_error *err)
{
    struct omb_case_id replacing[OMB_FORMERLY_MAX];
    size_t count = 0;
    struct omb_casefile file;
    struct omb_row_at at;
    enum omb_rc rc = omb_casefile_replacing(step, id, replacing, &count, err);

    if (rc == OMB_OK && count == 0)
        return OMB_NOT_FOUND;
    if (rc == OMB_OK)
        rc = omb_casefile_load(step, id, &file, err);
    if (rc != OMB_OK)
        return rc;
    for (size_t i = 0; i < file.event_count; i++) {
        if (file.events[i].facts->event.tag != OMB_EVENT_REGISTERED)
            continue;
        rc = omb_renewed_as(step, &file.events[i].digest, &at, err);
        if (rc != OMB_NOT_FOUND)
            return rc == OMB_OK ? read_case_at(step, &at, out, err) : rc;
    }
    return OMB_NOT_FOUND;
}

/* --- what it says --- */

/* A digest of a record that was written again becomes the digest of what stands in its place. */
static enum omb_rc follow_digest(struct omb_step *step, struct omb_digest *digest,
                                 struct omb_error *err)
{
    struct omb_opened now;
    struct omb_row_at at;
    enum omb_rc rc;

    if (omb_digest_none(digest))
        return OMB_OK;
    rc = omb_renewed_as(step, digest, &at, err);
    if (rc == OMB_NOT_FOUND)
        return OMB_OK;
    if (rc == OMB_OK)
        rc = omb_desk_open(step, at.number, at.seq, &now, err);
    if (rc == OMB_OK)
        *digest = now.digest;
    return rc;
}

/* A case that was registered again; *id stays when it was not. */
static enum omb_rc follow_case(const struct omb_renewing *renewing, struct omb_case_id *id,
                               struct omb_error *err)
{
    struct omb_case_id now[OMB_FORMERLY_MAX];
    size_t count = 0;
    enum omb_rc rc;

    if (!renewing->aside) {
        rc = omb_renewed_case(renewing->step, id, id, err);
        return rc == OMB_NOT_FOUND ? OMB_OK : rc;
    }
    rc = omb_casefile_replacing(renewing->step, id, now, &count, err);
    if (rc == OMB_OK && count > 1)
        rc = omb_fail(err, OMB_REFUSED, NULL,
                      "its case was registered again more than once: nobody can tell which it is");
    if (rc == OMB_OK && count == 1)
        *id = now[0];
    return rc;
}

/* The facts as they were, naming what stands now. */
static enum omb_rc copy_facts(struct omb_renewing *renewing, struct omb_facts *out,
                              struct omb_error *err)
{
    const struct omb_any *was = &renewing->record.header.facts->event;
    const struct omb_shape *shape = omb_shape_alternative(&omb_shape_facts, was->tag)->shape;
    uint8_t *facts = omb_shape_copy(shape, was->value, renewing->step->arena);
    enum omb_rc rc = OMB_OK;

    for (size_t i = 0; rc == OMB_OK && i < shape->field_count; i++) {
        const struct omb_shape_field *field = &shape->fields[i];
        void *at = facts + field->offset;

        if (field->kind == OMB_KIND_digest)
            rc = follow_digest(renewing->step, at, err);
        else if (field->kind == OMB_KIND_one && field->sub == &omb_shape_case_id &&
                 *(void **)at != NULL)
            rc = follow_case(renewing, *(struct omb_case_id **)at, err);
    }
    *out = (struct omb_facts){.event = {was->tag, facts}};
    return rc;
}

/* What stands in its place is written even when the words are lost: a count is better than none. */
static enum omb_rc read_words(struct omb_renewing *renewing, struct omb_body *out_body,
                              struct omb_extract *out_extract, struct omb_error *err)
{
    const struct omb_opened *record = &renewing->record;
    const struct omb_header *header = &record->header;
    const struct omb_event event = {
        .office = header->office,
        .incarnation = header->incarnation,
        .seq = header->seq,
        .case_id = header->case_id ? *header->case_id : (struct omb_case_id){.year = 0},
        .facts = header->facts,
    };
    enum omb_rc rc = renewing->aside
                         ? omb_vault_lost_body(renewing->step, &event, &record->at, out_body)
                         : omb_vault_body(renewing->step, &event, &record->at, out_body);

    if (rc == OMB_IO)
        return omb_fail(err, rc, NULL, "the body of a record cannot be read");
    if (rc != OMB_OK)
        *out_body = (struct omb_body){.event = {0}};
    rc = omb_vault_extract(renewing->step, &record->at, out_extract);
    if (rc == OMB_IO)
        return omb_fail(err, rc, NULL, "the extract of a record cannot be read");
    if (rc != OMB_OK)
        *out_extract = (struct omb_extract){.pseudonym = OMB_VIEW_NONE};
    return OMB_OK;
}

/* --- events of a case --- */

static struct omb_draft draft_of(const struct omb_renewing *renewing,
                                 const struct omb_facts *facts, const struct omb_body *body)
{
    return (struct omb_draft){
        .facts = facts,
        .body = body,
        .actor = renewing->record.header.actor,
    };
}

/* The id that it had, and before it those that it had before: whoever holds a receipt is led on. */
static struct omb_case_id_list former_ids(const struct omb_renewing *renewing,
                                          const struct omb_registered *was)
{
    const size_t count = was->formerly.count;
    struct omb_case_id *ids =
        OMB_ARENA_NEW(renewing->step->arena, struct omb_case_id, OMB_FORMERLY_MAX);
    struct omb_case_id_list list = {ids, 1};

    ids[0] = *renewing->record.header.case_id;
    for (size_t i = 0; i < count && list.count < OMB_FORMERLY_MAX; i++)
        ids[list.count++] = was->formerly.items[i];
    return list;
}

/* The dates that were pinned hold: the client's clock began at the receipt. */
static enum omb_rc register_again(struct omb_renewing *renewing, struct omb_act_work *work,
                                  struct omb_draft *draft, struct omb_error *err)
{
    struct omb_step *step = renewing->step;
    struct omb_registered *facts =
        (struct omb_registered *)(uintptr_t)draft->facts->event.value;
    struct omb_grants grants = {0};
    enum omb_rc rc = omb_case_next(step, &renewing->case_id, err);

    if (rc != OMB_OK)
        return rc;
    facts->formerly = former_ids(renewing, facts);
    draft->case_id = &renewing->case_id;
    draft->grants = &grants;
    rc = omb_vault_new_case(step, &renewing->case_id, &facts->key_commitment, &grants, err);
    if (rc == OMB_OK)
        rc = omb_act_grant(work, &renewing->case_id, draft->facts, &grants, err);
    if (rc == OMB_OK)
        rc = omb_casefile_write(step, draft, &work->file, &renewing->written, err);
    return rc == OMB_OK ? omb_casefile_save(step, &work->file, err) : rc;
}

static bool id_is(const struct omb_case_id *id, const struct omb_case_id *other)
{
    const struct omb_key a = omb_key_case(id), b = omb_key_case(other);

    return omb_view_equal(omb_key_view(&a), omb_key_view(&b));
}

static enum omb_rc write_on_case(struct omb_renewing *renewing, struct omb_act_work *work,
                                 struct omb_draft *draft, struct omb_error *err)
{
    struct omb_step *step = renewing->step;
    struct omb_case_id id = *renewing->record.header.case_id;
    struct omb_grants grants = {0};
    enum omb_rc rc = follow_case(renewing, &id, err);

    if (rc == OMB_OK && renewing->moved && id_is(&id, renewing->record.header.case_id))
        return omb_fail(err, OMB_REFUSED, NULL, "its case could not be registered again");
    if (rc == OMB_OK)
        rc = omb_casefile_load(step, &id, &work->file, err);
    if (rc == OMB_NOT_FOUND)
        return omb_fail(err, OMB_REFUSED, NULL, "its case is not here");
    if (rc != OMB_OK)
        return rc;
    draft->case_id = &id;
    draft->grants = &grants;
    draft->after = work->file.folded.spine;
    draft->erased = work->file.folded.row.erased;
    if (draft->erased)
        draft->body = NULL;
    rc = omb_act_grant(work, &id, draft->facts, &grants, err);
    if (rc == OMB_OK)
        rc = omb_act_door(work, draft, err);
    if (rc == OMB_OK)
        rc = omb_casefile_write(step, draft, &work->file, &renewing->written, err);
    return rc == OMB_OK ? omb_casefile_save(step, &work->file, err) : rc;
}

/* --- events of the office --- */

/* Of an operator who was given other roles or another key since, nothing older is said again. */
static enum omb_rc write_operator(struct omb_renewing *renewing, const struct omb_draft *draft,
                                  struct omb_error *err)
{
    const struct omb_any *event = &draft->facts->event;
    const struct omb_view code = event->tag == OMB_EVENT_OPERATOR_ENROLLED
                                     ? OMB_AS(operator_enrolled, *event)->code
                                     : OMB_AS(operator_revoked, *event)->code;
    const struct omb_key key = omb_key_operator(code);
    struct omb_step *step = renewing->step;
    const struct omb_operator *operators;
    const size_t count = omb_office_operators(step->office, &operators);
    struct omb_buf value = OMB_BUF_INIT;
    struct omb_operator_row row;
    enum omb_rc rc = omb_port_get(step->port, OMB_FAMILY_OPERATOR, omb_key_view(&key), &value);

    if (rc == OMB_OK)
        rc = omb_decode_operator_row(omb_arena_copy(step->arena, omb_buf_view(&value)),
                                     step->arena, &row, err);
    omb_buf_free(&value);
    if (rc == OMB_OK && !omb_digest_equal(&row.record, &renewing->record.digest) &&
        !(event->tag == OMB_EVENT_OPERATOR_REVOKED && row.revoked))
        rc = OMB_NOT_FOUND;
    if (rc == OMB_NOT_FOUND)
        return omb_fail(err, OMB_REFUSED, NULL, "the operator was changed since");
    if (rc == OMB_OK)
        rc = omb_append(step, draft, &renewing->written, err);
    if (rc != OMB_OK)
        return rc;
    if (omb_digest_equal(&row.record, &renewing->record.digest))
        row.record = renewing->written.digest;
    for (size_t i = 0; i < count; i++)
        if (omb_view_is(code, operators[i].code)) {
            const struct omb_operator operator_ = operators[i];

            omb_office_set_operator(step, &operator_, &row);
            break;
        }
    return OMB_OK;
}

/* --- one record --- */

static void note_renewed(const struct omb_renewing *renewing)
{
    const struct omb_opened *record = &renewing->record;
    struct omb_writes *writes = omb_step_writes(renewing->step);
    struct omb_key key = omb_key_renewed(&record->digest);
    uint8_t place[12];

    omb_put_place(place, renewing->written.number, renewing->written.seq);
    omb_put(writes, OMB_FAMILY_PEER, omb_key_view(&key), OMB_VIEW_OF(place));
    key = omb_key_refused(&record->digest);
    omb_delete(writes, OMB_FAMILY_PEER, omb_key_view(&key));
    if (!renewing->aside)
        return;
    omb_parts_delete(writes, &record->at);
    omb_lost_drop(renewing->step, &record->header.incarnation, record->header.seq,
                  &record->digest);
}

static enum omb_rc write_any(struct omb_renewing *renewing, struct omb_draft *draft,
                             struct omb_error *err)
{
    struct omb_buf warnings = OMB_BUF_INIT;
    struct omb_act_work work = {.step = renewing->step, .warnings = &warnings};
    enum omb_rc rc;

    switch (draft->facts->event.tag) {
    case OMB_EVENT_REGISTERED:
        rc = register_again(renewing, &work, draft, err);
        break;
    case OMB_EVENT_OPERATOR_ENROLLED:
    case OMB_EVENT_OPERATOR_REVOKED:
        rc = write_operator(renewing, draft, err);
        break;
    default:
        rc = renewing->record.header.case_id
                 ? write_on_case(renewing, &work, draft, err)
                 : omb_append(renewing->step, draft, &renewing->written, err);
    }
    omb_buf_free(&warnings);
    return rc;
}

enum omb_rc omb_renew_write(struct omb_renewing *renewing, struct omb_error *err)
{
    const struct omb_header *header = &renewing->record.header;
    struct omb_facts facts;
    struct omb_body body;
    struct omb_extract extract;
    struct omb_draft draft;
    enum omb_rc rc;

    if (renewing->record.odd || omb_opened_tag(&renewing->record) == 0)
        return omb_fail(err, OMB_REFUSED, NULL, "this version does not understand it");
    /* Its words would go on under another number, and an erasure is of this one. */
    if (header->case_id && omb_desk_withheld(renewing->step, header->case_id).size > 0)
        return omb_fail(err, OMB_REFUSED, NULL,
                        "the words of its case are withheld: whether they were erased is not "
                        "known here yet");
    rc = copy_facts(renewing, &facts, err);
    if (rc == OMB_OK)
        rc = read_words(renewing, &body, &extract, err);
    if (rc != OMB_OK)
        return rc;
    draft = draft_of(renewing, &facts, &body);
    if (header->extract_size > 0)
        draft.extract = &extract;
    rc = write_any(renewing, &draft, err);
    if (rc == OMB_OK)
        note_renewed(renewing);
    return rc;
}
