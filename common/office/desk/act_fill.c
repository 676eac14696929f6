/*
 * Filling in an act's facts: what only the office can know (other offices, other cases, the record
 * that is answered, dates left out), and the checks that go with it.
 */
#include <string.h>

#include "cases/deadline.h"
#include "office/desk/act.h"

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
        return field->sub == &omb_shape_deadline || field->sub == &omb_shape_case_id;
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

enum omb_rc omb_act_office(const struct omb_act_work *work, struct omb_view code,
                           const char *field, struct omb_office_ref *out, struct omb_error *err)
{
    enum omb_rc rc = omb_desk_office(work->step, code, field, out, err);

    if (rc == OMB_OK && omb_office_gone(work->step, &out->office))
        rc = omb_fail(err, OMB_REFUSED, field,
                      "that office was closed or revoked: nothing can be done there any more");
    return rc;
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
    rc = omb_act_office(work, work->act->to, "to", ref, err);
    if (rc == OMB_OK)
        *(const void **)at = ref;
    return rc;
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
    rc = omb_desk_office(work->step, work->act->about, "about", ref, err);
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
    if (rc != OMB_OK) {
        omb_desk_blame(err, "other");
        return rc;
    }
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

/* Whether an event of the same kind as this act answers `digest` already. */
static bool is_answered(const struct omb_act_work *work, uint32_t tag,
                        const struct omb_digest *digest)
{
    for (size_t i = 0; i < work->file.folded.judged_count; i++) {
        const struct omb_judged *judged = &work->file.folded.judged[i];

        if (judged->verdict == OMB_VERDICT_EFFECT && judged->event->facts->event.tag == tag &&
            omb_digest_equal(omb_event_answers(judged->event), digest))
            return true;
    }
    return false;
}

/* Open for this office: a question that went to it, an assignment among its own operators. */
static bool is_open_here(const struct omb_act_work *work, uint32_t tag,
                         const struct omb_judged *judged)
{
    const struct omb_office_id *self = &omb_office_self(work->step->office)->office;
    const struct omb_event *event = judged->event;

    if (judged->verdict != OMB_VERDICT_EFFECT || is_answered(work, tag, &event->digest))
        return false;
    if (tag == OMB_EVENT_REPLIED)
        return omb_office_id_equal(&omb_event_to(event)->office, self);
    return tag != OMB_EVENT_ACCEPTED || omb_office_id_equal(&event->office, self);
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
                           : is_open_here(work, row->tag, judged))
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
        if (!(operators[i].roles & omb_act_reaches(OMB_ROLE_HANDLER)))
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

/*
 * A question that names no date is to be answered by the end of the second working day from now,
 * and no later than the case is to be decided, while that lies ahead.
 */
static int64_t question_due(const struct omb_act_work *work)
{
    const struct omb_office *office = work->step->office;
    const struct omb_calendar *calendar =
        omb_policy_calendar(omb_office_policy(office), OMB_VIEW_LIT("weekdays"));
    const struct omb_case_row *row = &work->file.folded.row;
    const int64_t now = work->step->input->now_ms;
    int64_t due;

    if (calendar == NULL)
        return 0;
    due = omb_deadline_due((struct omb_term){2, OMB_UNIT_WORKING_DAYS}, now, calendar,
                           omb_office_zone(office));
    for (size_t i = 0; i < row->deadlines.count; i++) {
        const int64_t decided = row->deadlines.items[i].due;

        if (omb_view_is(row->deadlines.items[i].code, "decision") && decided > now && decided < due)
            due = decided;
    }
    return due;
}

/* What happened has a date; where the client says none, it happened now. */
static void fill_dates(const struct omb_act_work *work, struct omb_facts *facts)
{
    int64_t *at = fact_at(facts, "at", OMB_KIND_when);
    int64_t *due = fact_at(facts, "due", OMB_KIND_when);

    if (work->imported)
        return;
    if (at != NULL && *at == 0 && facts->event.tag != OMB_EVENT_EXTENDED)
        *at = work->step->input->now_ms;
    if (due != NULL && *due == 0 && facts->event.tag == OMB_EVENT_ASKED)
        *due = question_due(work);
}

enum omb_rc omb_act_fill(const struct omb_act_work *work, const struct omb_event_row *row,
                         struct omb_view subject, struct omb_facts *out, struct omb_error *err)
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
