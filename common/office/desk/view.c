#include "office/desk/view.h"
#include "office/restored.h"

#include <string.h>

#include "base/assert.h"
#include "wire/header.h"
#include "wire/limits.h"

/* --- who may see what --- */

#define OVERSEERS                                                                                 \
    (OMB_MAY(SUPERVISOR) | OMB_MAY(ANALYST) | OMB_MAY(AUDITOR) | OMB_MAY(ADMIN))
#define BODY_ROLES                                                                                \
    (OMB_MAY(TELLER) | OMB_MAY(HANDLER) | OMB_MAY(SUPERVISOR) | OMB_MAY(AUDITOR))

static bool may_know_subject(const struct omb_step *step, const struct omb_casefile *file)
{
    const struct omb_seat *self = omb_office_self(step->office);
    const struct omb_matter *matter = file->folded.row.matter;

    return omb_seat_is_said_to_be(self, &file->id.home) ||
           (matter != NULL && matter->about != NULL &&
            omb_seat_is_said_to_be(self, &matter->about->office));
}

enum omb_rc omb_desk_subject(struct omb_step *step, const struct omb_casefile *file,
                             struct omb_view *out)
{
    const bool known = may_know_subject(step, file);
    struct omb_view subject = OMB_VIEW_NONE;

    for (size_t i = 0; known && i < file->event_count; i++) {
        const uint32_t tag = file->events[i].facts->event.tag;
        struct omb_extract extract;
        enum omb_rc rc;

        if (tag != OMB_EVENT_REGISTERED && tag != OMB_EVENT_AMENDED)
            continue;
        rc = omb_vault_extract(step, &file->rows[i], &extract);
        if (rc == OMB_DAMAGED || rc == OMB_IO)
            return rc;
        if (rc == OMB_OK && extract.subject.size)
            subject = extract.subject;
    }
    *out = subject;
    return OMB_OK;
}

bool omb_desk_sees_confidential(uint32_t roles)
{
    return (roles & OVERSEERS) != 0;
}

bool omb_desk_reads_bodies(uint32_t roles)
{
    return (roles & BODY_ROLES) != 0;
}

bool omb_desk_is_confined(uint32_t roles)
{
    return (roles & (OVERSEERS | OMB_MAY(HANDLER))) == 0;
}

static bool is_confidential(const struct omb_casefile *file)
{
    const struct omb_matter *matter = file->folded.row.matter;

    return matter != NULL && matter->confidential;
}

bool omb_desk_is_responsible(const struct omb_step *step, const struct omb_case_row *row)
{
    return step->who != NULL && omb_view_is(row->responsible, step->who->code) &&
           omb_seat_is_said_to_be(omb_office_self(step->office), &row->responsible_office);
}

static enum omb_rc fail_confidential(struct omb_error *err)
{
    return omb_fail(err, OMB_FORBIDDEN, NULL,
                    "the case is confidential: its responsible operator and supervisors only");
}

enum omb_rc omb_desk_may_see(struct omb_step *step, const struct omb_casefile *file,
                             struct omb_error *err)
{
    const uint32_t roles = omb_desk_asking(step);
    struct omb_view subject;
    enum omb_rc rc = omb_desk_subject(step, file, &subject);

    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the case's extract cannot be read");
    if (step->who != NULL && omb_view_is(subject, step->who->code))
        return omb_fail(err, OMB_FORBIDDEN, NULL,
                        "%s is the subject of this case and may not read it", step->who->code);
    if (is_confidential(file) && !omb_desk_sees_confidential(roles) &&
        !omb_desk_is_responsible(step, &file->folded.row))
        return fail_confidential(err);
    if (omb_desk_is_confined(roles) &&
        !omb_seat_is_said_to_be(omb_office_self(step->office), &file->id.home))
        return omb_fail(err, OMB_FORBIDDEN, NULL,
                        "the case is another office's: that takes a handler or supervisor");
    return OMB_OK;
}

enum omb_rc omb_desk_find_case(struct omb_step *step, struct omb_view number,
                               struct omb_casefile *out, struct omb_error *err)
{
    struct omb_case_id id;
    enum omb_rc rc = omb_casefile_find(step, number, &id, err);

    if (rc == OMB_OK)
        rc = omb_casefile_load(step, &id, out, err);
    return rc == OMB_OK ? omb_desk_may_see(step, out, err) : rc;
}

/* A row that cannot be read withholds, too. */
struct omb_view omb_desk_withheld(struct omb_step *step, const struct omb_case_id *id)
{
    struct omb_view words;
    bool withheld;

    if (omb_restored_withholds(step, id, &withheld, &words, NULL) != OMB_OK)
        return OMB_VIEW_LIT("whether it was erased cannot be found out: the store cannot be read");
    return words;
}

bool omb_desk_may_read(struct omb_step *step, const struct omb_casefile *file,
                       struct omb_error *err)
{
    const uint32_t roles = omb_desk_asking(step);
    uint8_t key[OMB_KEY_SIZE];
    enum omb_rc rc = omb_desk_may_see(step, file, err);

    if (rc == OMB_OK && !omb_desk_reads_bodies(roles))
        rc = omb_fail(err, OMB_FORBIDDEN, NULL,
                      "the words of a case take a teller, handler, supervisor or auditor");
    if (rc == OMB_OK && is_confidential(file) && !(roles & OMB_MAY(SUPERVISOR)) &&
        !omb_desk_is_responsible(step, &file->folded.row))
        rc = fail_confidential(err);
    if (rc == OMB_OK && omb_desk_withheld(step, &file->id).size > 0)
        rc = omb_fail(err, OMB_FORBIDDEN, NULL, "the words of the case are withheld");
    if (rc == OMB_OK && file->folded.row.erased)
        rc = omb_fail(err, OMB_ERASED, NULL, "the words of the case were erased");
    if (rc == OMB_OK) {
        rc = omb_vault_case_key(step, &file->id, key);
        omb_wipe(key, sizeof(key));
        if (rc != OMB_OK)
            rc = omb_fail(err, rc, NULL, "%s", omb_rc_meaning(rc));
    }
    return rc == OMB_OK;
}

/* --- the words of a body --- */

static bool is_words(const struct omb_shape_field *field)
{
    return field->kind == OMB_KIND_text || field->kind == OMB_KIND_line;
}

/* The one text of a body as it is; several with their names. Who the client is stands elsewhere. */
static struct omb_view body_words(struct omb_step *step, const struct omb_body *body)
{
    const struct omb_alternative *type = omb_shape_alternative(&omb_shape_body, body->event.tag);
    struct omb_buf words = OMB_BUF_INIT;
    struct omb_view only = OMB_VIEW_NONE;
    struct omb_view result;
    size_t said = 0;

    if (type == NULL)
        return OMB_VIEW_NONE;
    for (size_t i = 0; i < type->shape->field_count; i++) {
        const struct omb_shape_field *field = &type->shape->fields[i];

        if (!is_words(field) || omb_shape_is_empty(field, body->event.value))
            continue;
        only = *(const struct omb_view *)omb_shape_at(field, body->event.value);
        omb_buf_printf(&words, "%s%s: ", said++ ? "\n" : "", field->name);
        omb_buf_add_view(&words, only);
    }
    result = said < 2 ? only
                      : omb_arena_copy(step->arena,
                                       omb_text_cut(omb_buf_view(&words), OMB_TEXT_MAX));
    omb_buf_wipe(&words);
    return result;
}

static struct omb_view take_room(struct omb_desk_room *room, struct omb_view text)
{
    if (text.size > room->left) {
        room->left = 0;
        return OMB_VIEW_LIT("(left out: the texts before it fill the reply)");
    }
    room->left -= text.size;
    return text;
}

/* --- events --- */

const struct omb_row_at *omb_desk_row_of(const struct omb_casefile *file,
                                         const struct omb_event *event)
{
    const size_t index = (size_t)(event - file->events);

    OMB_ASSERT(index < file->event_count);
    return &file->rows[index];
}

bool omb_desk_event_body(struct omb_step *step, const struct omb_casefile *file,
                         const struct omb_event *event, struct omb_body *out)
{
    memset(out, 0, sizeof(*out));
    return omb_vault_body(step, event, omb_desk_row_of(file, event), out) == OMB_OK &&
           out->event.tag != 0;
}

/* What it lost against or waits for, by type and office where that record is here. */
static struct omb_view why_words(struct omb_step *step, const struct omb_casefile *file,
                                 const struct omb_judged *judged)
{
    char words[OMB_LINE_MAX / 2];

    if (judged->verdict == OMB_VERDICT_EFFECT)
        return OMB_VIEW_NONE;
    omb_judged_words(judged, words, sizeof(words));
    for (size_t i = 0; i < file->event_count && !omb_digest_none(&judged->by); i++) {
        const struct omb_event *by = &file->events[i];
        struct omb_view code;

        if (!omb_digest_equal(&by->digest, &judged->by))
            continue;
        code = omb_office_code_of(step, &by->office);
        return omb_arena_printf(step->arena, "%s, `%s` of %.*s", words,
                                omb_event_name(by->facts->event.tag), OMB_VIEW_ARGS(code));
    }
    return omb_arena_copy(step->arena, omb_view_str(words));
}

void omb_desk_event_view(struct omb_step *step, const struct omb_casefile *file,
                         const struct omb_judged *judged, const struct omb_body *body,
                         struct omb_desk_room *room, struct omb_event_view *out)
{
    const struct omb_event *event = judged->event;

    *out = (struct omb_event_view){
        .type = omb_view_str(omb_event_name(event->facts->event.tag)),
        .office = omb_office_code_of(step, &event->office),
        .incarnation = omb_desk_hex(step->arena, OMB_VIEW_OF(event->incarnation.bytes)),
        .seq = event->seq,
        .actor = omb_desk_actor(step, &event->office, event->actor),
        .at = event->time_ms,
        .effect = judged->verdict == OMB_VERDICT_EFFECT,
        .why = why_words(step, file, judged),
        .digest = omb_desk_hex(step->arena, OMB_VIEW_OF(event->digest.bytes)),
        .facts = event->facts->event.tag ? event->facts : NULL,
    };
    if (body != NULL)
        out->text = take_room(room, body_words(step, body));
}
