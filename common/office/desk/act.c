#include "office/desk/act.h"

#include <string.h>

#include "cases/number.h"
#include "cases/rules.h"
#include "wire/header.h"
#include "wire/limits.h"

struct omb_view omb_act_number(struct omb_step *step, const struct omb_case_id *id)
{
    char text[OMB_NUMBER_SIZE];

    omb_number_print(id, omb_office_code_of(step, &id->home), text);
    return omb_arena_copy(step->arena, omb_view_str(text));
}

/* --- may this operator? --- */

static const struct {
    uint32_t roles; /* any of these reaches the least role */
    const char *words;
} reaches[] = {
    [OMB_ROLE_NONE] = {0, "no operator"},
    [OMB_ROLE_TELLER] = {OMB_MAY(TELLER) | OMB_MAY(HANDLER) | OMB_MAY(SUPERVISOR),
                         "a teller, handler or supervisor"},
    [OMB_ROLE_HANDLER] = {OMB_MAY(HANDLER) | OMB_MAY(SUPERVISOR), "a handler or supervisor"},
    [OMB_ROLE_SUPERVISOR] = {OMB_MAY(SUPERVISOR), "a supervisor"},
    [OMB_ROLE_SYSTEM] = {0, "only the acting system"},
};

enum omb_rc omb_act_role(const struct omb_step *step, const struct omb_event_row *row,
                         struct omb_error *err)
{
    if (step->who != NULL && (step->who->roles & reaches[row->least].roles))
        return OMB_OK;
    return omb_fail(err, OMB_FORBIDDEN, NULL, "%s may not `%s`: that takes %s",
                    step->who != NULL ? step->who->code : "system", row->verb,
                    reaches[row->least].words);
}

static bool is_supervisor(const struct omb_step *step)
{
    return step->who != NULL && (step->who->roles & OMB_MAY(SUPERVISOR));
}

/* The operator complained of, as the newest extract that names one says. */
static enum omb_rc find_subject(const struct omb_act_work *work, struct omb_view *out)
{
    struct omb_view subject = OMB_VIEW_NONE;

    for (size_t i = 0; i < work->file.event_count; i++) {
        const uint32_t tag = work->file.events[i].facts->event.tag;
        struct omb_extract extract;
        enum omb_rc rc;

        if (tag != OMB_EVENT_REGISTERED && tag != OMB_EVENT_AMENDED)
            continue;
        rc = omb_vault_extract(work->step, &work->file.rows[i], &extract);
        if (rc == OMB_DAMAGED || rc == OMB_IO)
            return rc;
        if (rc == OMB_OK && extract.subject.size)
            subject = extract.subject;
    }
    *out = subject;
    return OMB_OK;
}

/* Recusal, and who may touch a confidential case. Imports concern nobody of this office. */
static enum omb_rc check_person(const struct omb_act_work *work, struct omb_view *out_subject,
                                struct omb_error *err)
{
    const struct omb_operator *who = work->step->who;
    const struct omb_case_row *row = &work->file.folded.row;
    enum omb_rc rc;

    *out_subject = OMB_VIEW_NONE;
    if (work->imported || who == NULL)
        return OMB_OK;
    rc = find_subject(work, out_subject);
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the case's extract cannot be read");
    if (out_subject->size && omb_view_is(*out_subject, who->code))
        return omb_fail(err, OMB_FORBIDDEN, NULL,
                        "%s is the subject of this case and may not act on it", who->code);
    if (row->matter != NULL && row->matter->confidential && !is_supervisor(work->step) &&
        !omb_view_is(row->responsible, who->code))
        return omb_fail(err, OMB_FORBIDDEN, NULL,
                        "the case is confidential: its responsible operator and supervisors only");
    return OMB_OK;
}

/* --- what only the office can know --- */

/* Fields of facts that are no digest, office, case or deadline, and yet not the client's to say. */
static const char *const office_fields[] = {"profile", "calendar", "zone"};

static bool office_fills(const struct omb_shape_field *field)
{
    if (field->kind == OMB_KIND_digest)
        return true;
    if (field->kind == OMB_KIND_one)
        return field->sub == &omb_shape_office_ref || field->sub == &omb_shape_case_id;
    if (field->kind == OMB_KIND_many)
        return field->sub == &omb_shape_deadline;
    for (size_t i = 0; i < sizeof(office_fields) / sizeof(office_fields[0]); i++) {
        if (strcmp(field->name, office_fields[i]) == 0)
            return true;
    }
    return false;
}

static enum omb_rc refuse_filled(const struct omb_shape *shape, const void *message, bool imported,
                                 struct omb_error *err)
{
    for (size_t i = 0; i < shape->field_count; i++) {
        const struct omb_shape_field *field = &shape->fields[i];
        enum omb_rc rc;

        if (omb_shape_is_empty(field, message))
            continue;
        if (office_fills(field) || (field->sub == &omb_shape_imported && !imported))
            return omb_fail(err, OMB_INVALID, field->name,
                            "`%s` is filled in by the office: leave it empty", field->name);
        if (field->kind != OMB_KIND_one)
            continue;
        rc = refuse_filled(field->sub, *(const void *const *)omb_shape_at(field, message), imported,
                           err);
        if (rc != OMB_OK)
            return rc;
    }
    return OMB_OK;
}

enum omb_rc omb_act_facts(const struct omb_act_work *work, struct omb_facts *out,
                          struct omb_error *err)
{
    const struct omb_facts *asked = work->act->facts;
    const struct omb_alternative *alternative =
        omb_shape_alternative(&omb_shape_facts, asked->event.tag);
    enum omb_rc rc =
        refuse_filled(alternative->shape, asked->event.value, work->imported, err);

    if (rc != OMB_OK)
        return rc;
    out->event.tag = asked->event.tag;
    out->event.value = omb_shape_copy(alternative->shape, asked->event.value, work->step->arena);
    return OMB_OK;
}

/* A field of the copied facts, to be filled in; NULL when the event has no such field. */
static void *fact_at(const struct omb_facts *facts, const char *name, enum omb_kind kind)
{
    const struct omb_alternative *alternative =
        omb_shape_alternative(&omb_shape_facts, facts->event.tag);
    const struct omb_shape_field *field =
        omb_shape_field(alternative->shape, omb_view_str(name));

    if (field == NULL || field->kind != kind)
        return NULL;
    return (uint8_t *)(uintptr_t)facts->event.value + field->offset;
}

static enum omb_rc fill_office(const struct omb_act_work *work, struct omb_facts *facts,
                               struct omb_error *err)
{
    struct omb_office_ref *ref;
    void *at = fact_at(facts, "to", OMB_KIND_one);
    enum omb_rc rc;

    if (at == NULL) {
        if (work->act->to.size)
            return omb_fail(err, OMB_INVALID, "to", "this act names no office");
        return OMB_OK;
    }
    if (work->act->to.size == 0)
        return omb_fail(err, OMB_MISSING, "to", "say to which office");
    ref = OMB_ARENA_NEW(work->step->arena, struct omb_office_ref, 1);
    rc = omb_office_by_code(work->step, work->act->to, ref, err);
    if (rc != OMB_OK)
        return rc;
    *(const void **)at = ref;
    return OMB_OK;
}

static enum omb_rc fill_about(const struct omb_act_work *work, struct omb_facts *facts,
                              struct omb_error *err)
{
    const struct omb_amended *amended = OMB_AS(amended, facts->event);
    struct omb_matter *matter;
    struct omb_office_ref *ref;
    enum omb_rc rc;

    if (work->act->about.size == 0)
        return OMB_OK;
    if (facts->event.tag != OMB_EVENT_AMENDED)
        return omb_fail(err, OMB_INVALID, "about", "this act names no office complained of");
    ref = OMB_ARENA_NEW(work->step->arena, struct omb_office_ref, 1);
    rc = omb_office_by_code(work->step, work->act->about, ref, err);
    if (rc != OMB_OK)
        return rc;
    matter = OMB_ARENA_NEW(work->step->arena, struct omb_matter, 1);
    if (amended->matter != NULL)
        *matter = *amended->matter;
    matter->about = ref;
    ((struct omb_amended *)(uintptr_t)facts->event.value)->matter = matter;
    return OMB_OK;
}

/* The other case of `linked`; a shared matter is governed by the earlier receipt and its dates. */
static enum omb_rc fill_link(const struct omb_act_work *work, struct omb_facts *facts,
                             struct omb_error *err)
{
    struct omb_linked *linked;
    struct omb_casefile other;
    struct omb_case_id *id;
    enum omb_rc rc;

    if (facts->event.tag != OMB_EVENT_LINKED) {
        if (work->act->other.size)
            return omb_fail(err, OMB_INVALID, "other", "this act names no other case");
        return OMB_OK;
    }
    if (work->act->other.size == 0)
        return omb_fail(err, OMB_MISSING, "other", "say the number of the other case");
    id = OMB_ARENA_NEW(work->step->arena, struct omb_case_id, 1);
    rc = omb_casefile_find(work->step, work->act->other, id, err);
    if (rc != OMB_OK)
        return rc;
    rc = omb_casefile_load(work->step, id, &other, err);
    if (rc != OMB_OK)
        return rc;
    linked = (struct omb_linked *)(uintptr_t)facts->event.value;
    linked->other = id;
    if (omb_view_is(linked->relation, "same-matter") && other.folded.row.matter != NULL &&
        work->file.folded.row.matter != NULL &&
        other.folded.row.matter->received_at < work->file.folded.row.matter->received_at &&
        other.folded.registered != NULL) {
        const struct omb_registered *first =
            OMB_AS(registered, other.folded.registered->facts->event);

        linked->received_at = other.folded.row.matter->received_at;
        linked->deadlines = first->deadlines;
    }
    return OMB_OK;
}

/* --- the record that an act answers --- */

/* Whether an event of the same kind as this act names `digest` already. */
static bool is_answered(const struct omb_act_work *work, uint32_t tag,
                        const struct omb_digest *digest)
{
    for (size_t i = 0; i < work->file.event_count; i++) {
        const struct omb_facts *facts = work->file.events[i].facts;
        const struct omb_shape *shape;

        if (facts->event.tag != tag)
            continue;
        shape = omb_shape_alternative(&omb_shape_facts, tag)->shape;
        for (size_t f = 0; f < shape->field_count; f++) {
            if (shape->fields[f].kind == OMB_KIND_digest &&
                omb_digest_equal(omb_shape_at(&shape->fields[f], facts->event.value), digest))
                return true;
        }
    }
    return false;
}

static bool matches_reference(struct omb_view reference, const struct omb_digest *digest)
{
    char hex[OMB_HEX_DIGEST_SIZE];

    omb_hex(OMB_VIEW_OF(digest->bytes), hex);
    return reference.size >= 8 && omb_view_starts(omb_view_str(hex), reference);
}

static enum omb_rc fill_answered(const struct omb_act_work *work, const struct omb_event_row *row,
                                 struct omb_facts *facts, struct omb_error *err)
{
    const struct omb_view reference = work->act->answers;
    const struct omb_shape *shape =
        omb_shape_alternative(&omb_shape_facts, facts->event.tag)->shape;
    const struct omb_digest *found = NULL;

    if (row->answers == NULL) {
        if (reference.size)
            return omb_fail(err, OMB_INVALID, "answers", "`%s` answers no record", row->verb);
        return OMB_OK;
    }
    for (size_t i = 0; i < work->file.folded.judged_count; i++) {
        const struct omb_judged *judged = &work->file.folded.judged[i];
        const struct omb_alternative *type =
            omb_shape_alternative(&omb_shape_facts, judged->event->facts->event.tag);

        if (type == NULL || strcmp(type->name, row->answers) != 0)
            continue;
        if (reference.size ? matches_reference(reference, &judged->event->digest)
                           : judged->verdict == OMB_VERDICT_EFFECT &&
                                 !is_answered(work, row->tag, &judged->event->digest))
            found = &judged->event->digest;
    }
    if (found == NULL)
        return omb_fail(err, OMB_NOT_FOUND, "answers",
                        reference.size ? "the case has no `%s` record of that digest"
                                       : "the case has no open `%s` record to answer",
                        row->answers);
    for (size_t f = 0; f < shape->field_count; f++) {
        if (shape->fields[f].kind == OMB_KIND_digest)
            memcpy((uint8_t *)(uintptr_t)facts->event.value + shape->fields[f].offset, found,
                   sizeof(*found));
    }
    return OMB_OK;
}

/* --- operators that an act names --- */

static enum omb_rc check_assigned(const struct omb_act_work *work, struct omb_view subject,
                                  const struct omb_assigned *assigned, struct omb_error *err)
{
    const struct omb_operator *operators;
    const size_t count = omb_office_operators(work->step->office, &operators);

    for (size_t i = 0; i < count; i++) {
        if (operators[i].revoked || !omb_view_is(assigned->responsible, operators[i].code))
            continue;
        if (omb_view_equal(assigned->responsible, subject))
            return omb_fail(err, OMB_REFUSED, "responsible",
                            "the subject of a case cannot be responsible for it");
        if (!(operators[i].roles & reaches[OMB_ROLE_HANDLER].roles))
            return omb_fail(err, OMB_REFUSED, "responsible", "%s is no handler",
                            operators[i].code);
        return OMB_OK;
    }
    return omb_fail(err, OMB_NOT_FOUND, "responsible", "no operator of this office has that code");
}

static enum omb_rc check_accepted(const struct omb_act_work *work,
                                  const struct omb_accepted *accepted, struct omb_error *err)
{
    for (size_t i = 0; i < work->file.event_count; i++) {
        const struct omb_event *event = &work->file.events[i];

        if (!omb_digest_equal(&event->digest, &accepted->assignment))
            continue;
        if (work->step->who != NULL &&
            omb_view_is(OMB_AS(assigned, event->facts->event)->responsible,
                        work->step->who->code))
            return OMB_OK;
        return omb_fail(err, OMB_FORBIDDEN, NULL,
                        "only the operator whom the case was assigned to may accept it");
    }
    return omb_fail(err, OMB_NOT_FOUND, "answers", "the case was assigned to nobody");
}

/* --- writing --- */

/* What happened has a date; where the client says none, it happened now. */
static void fill_dates(const struct omb_act_work *work, struct omb_facts *facts)
{
    int64_t *at = fact_at(facts, "at", OMB_KIND_when);

    if (at != NULL && *at == 0 && !work->imported && facts->event.tag != OMB_EVENT_EXTENDED)
        *at = work->step->input->now_ms;
}

static enum omb_rc fill_facts(const struct omb_act_work *work, const struct omb_event_row *row,
                              struct omb_view subject, struct omb_facts *out,
                              struct omb_error *err)
{
    enum omb_rc rc = omb_act_facts(work, out, err);

    if (rc == OMB_OK)
        rc = fill_office(work, out, err);
    if (rc == OMB_OK)
        rc = fill_about(work, out, err);
    if (rc == OMB_OK)
        rc = fill_link(work, out, err);
    if (rc == OMB_OK)
        rc = fill_answered(work, row, out, err);
    if (rc == OMB_OK && row->tag == OMB_EVENT_ASSIGNED)
        rc = check_assigned(work, subject, OMB_AS(assigned, out->event), err);
    if (rc == OMB_OK && row->tag == OMB_EVENT_ACCEPTED)
        rc = check_accepted(work, OMB_AS(accepted, out->event), err);
    if (rc == OMB_OK)
        rc = omb_policy_check_facts(omb_office_policy(work->step->office), out, work->imported,
                                    err);
    if (rc == OMB_OK)
        fill_dates(work, out);
    return rc;
}

/* The form of what the client sent: facts there, body and extract where the event has them. */
static enum omb_rc check_form(const struct omb_act *act, const struct omb_event_row **out_row,
                              struct omb_error *err)
{
    const struct omb_event_row *row =
        act->facts != NULL ? omb_event_row(act->facts->event.tag) : NULL;

    if (row == NULL)
        return omb_fail(err, OMB_MISSING, "facts", "an act names one event of a case");
    if (act->body != NULL && act->body->event.tag != 0 && act->body->event.tag != row->tag)
        return omb_fail(err, OMB_INVALID, "body", "the body is of another event than `%s`",
                        row->name);
    if (act->extract != NULL && row->tag != OMB_EVENT_REGISTERED && row->tag != OMB_EVENT_AMENDED)
        return omb_fail(err, OMB_INVALID, "extract", "`%s` has no extract", row->name);
    if (act->extract != NULL && act->extract->blind.size)
        return omb_fail(err, OMB_INVALID, "blind",
                        "`blind` is filled in by the office: leave it empty");
    *out_row = row;
    return OMB_OK;
}

static enum omb_rc door(const struct omb_act_work *work, const struct omb_facts *facts,
                        struct omb_error *err)
{
    const struct omb_step *step = work->step;
    const struct omb_seat *self = omb_office_self(step->office);
    const struct omb_event event = {
        .office = self->office,
        .seat = self,
        .actor = omb_view_str(step->who != NULL ? step->who->code : "system"),
        .time_ms = step->input->now_ms,
        .after = work->file.folded.spine,
        .case_id = work->file.id,
        .facts = facts,
    };
    const struct omb_seats seats = omb_step_seats(work->step);

    return omb_rules_door(&work->file.folded, &event, omb_office_policy(step->office), &seats,
                          work->warnings, err);
}

static enum omb_rc write_on_case(struct omb_act_work *work, const struct omb_event_row *row,
                                 struct omb_error *err)
{
    struct omb_step *step = work->step;
    const struct omb_case_id id = work->file.id;
    struct omb_facts facts;
    struct omb_view subject;
    enum omb_rc rc = check_person(work, &subject, err);

    if (rc == OMB_OK)
        rc = fill_facts(work, row, subject, &facts, err);
    if (rc == OMB_OK)
        rc = door(work, &facts, err);
    if (rc == OMB_OK) {
        const struct omb_draft draft = {
            .case_id = &id,
            .facts = &facts,
            .body = work->act->body,
            .extract = work->act->extract,
            .after = work->file.folded.spine,
            .actor = omb_view_str(step->who != NULL ? step->who->code : "system"),
        };

        rc = omb_append(step, &draft, &work->record, err);
    }
    if (rc == OMB_OK)
        rc = omb_casefile_save(step, &id, &work->file, err);
    return rc;
}

static enum omb_rc write_one(struct omb_act_work *work, struct omb_error *err)
{
    const struct omb_event_row *row = NULL;
    enum omb_rc rc = check_form(work->act, &row, err);

    if (rc == OMB_OK)
        rc = omb_act_role(work->step, row, err);
    if (rc != OMB_OK)
        return rc;
    if (row->tag == OMB_EVENT_REGISTERED)
        return omb_act_register(work, err);
    if (work->file.event_count == 0)
        return omb_fail(err, OMB_MISSING, "number", "say the number of the case");
    return write_on_case(work, row, err);
}

enum omb_rc omb_act_write(struct omb_act_work *work, struct omb_error *err)
{
    const struct omb_act *first = work->act;
    enum omb_rc rc = write_one(work, err);

    if (rc == OMB_OK && first->then.count > OMB_THEN_MAX)
        rc = omb_fail(err, OMB_LIMIT, "then", "at most %d further acts go with one", OMB_THEN_MAX);
    for (size_t i = 0; rc == OMB_OK && i < first->then.count; i++) {
        work->act = &first->then.items[i];
        if (work->act->number.size || work->act->then.count)
            rc = omb_fail(err, OMB_INVALID, "then",
                          "a further act has no number and no further acts of its own");
        else
            rc = write_one(work, err);
    }
    work->act = first;
    return rc;
}

/* --- the request --- */

static void list_warnings(struct omb_act_work *work, struct omb_act_done *done)
{
    const struct omb_view all = omb_buf_view(work->warnings);
    struct omb_view *lines;
    size_t count = 0;

    for (size_t i = 0; i < all.size; i++)
        count += all.data[i] == '\n';
    if (count == 0)
        return;
    lines = OMB_ARENA_NEW(work->step->arena, struct omb_view, count);
    for (size_t i = 0, from = 0, line = 0; i < all.size; i++) {
        if (all.data[i] != '\n')
            continue;
        lines[line++] = omb_arena_copy(work->step->arena, omb_view(all.data + from, i - from));
        from = i + 1;
    }
    done->warnings = (struct omb_views){lines, count};
}

static void fill_receipt(struct omb_act_work *work, struct omb_act_done *done)
{
    const struct omb_registered *registered =
        OMB_AS(registered, work->file.folded.registered->facts->event);
    const struct omb_vocabulary *channels =
        omb_policy_vocabulary(omb_office_policy(work->step->office), "channel");
    const struct omb_deadline *decision = omb_deadline_find(
        registered->deadlines.items, registered->deadlines.count, "decision");

    done->answer_by = decision != NULL ? decision->due : 0;
    done->deadlines = registered->deadlines;
    done->channels = (struct omb_views){channels->codes, channels->count};
}

enum omb_rc omb_desk_act(struct omb_step *step, const void *ask, const void **out,
                         struct omb_error *err)
{
    struct omb_buf warnings = OMB_BUF_INIT;
    struct omb_act_work work = {.step = step, .act = ask, .warnings = &warnings};
    const bool registers =
        work.act->facts != NULL && work.act->facts->event.tag == OMB_EVENT_REGISTERED;
    struct omb_case_id id;
    enum omb_rc rc = OMB_OK;

    if (registers && work.act->number.size)
        rc = omb_fail(err, OMB_INVALID, "number", "a new case gets its number from the office");
    if (rc == OMB_OK && !registers && work.act->number.size) {
        rc = omb_casefile_find(step, work.act->number, &id, err);
        if (rc == OMB_OK)
            rc = omb_casefile_load(step, &id, &work.file, err);
    }
    if (rc == OMB_OK)
        rc = omb_act_write(&work, err);
    if (rc == OMB_OK) {
        struct omb_act_done *done = OMB_ARENA_NEW(step->arena, struct omb_act_done, 1);
        char hex[OMB_HEX_DIGEST_SIZE];

        omb_hex(OMB_VIEW_OF(work.record.digest.bytes), hex);
        done->number = omb_act_number(step, &work.file.id);
        done->record = omb_arena_copy(step->arena, omb_view_str(hex));
        done->position = omb_position_print(step, work.record.position);
        list_warnings(&work, done);
        if (registers)
            fill_receipt(&work, done);
        *out = done;
    }
    omb_buf_free(&warnings);
    return rc;
}
