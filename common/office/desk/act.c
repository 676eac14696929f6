#include "office/desk/act.h"

#include <stdio.h>
#include <string.h>

#include "cases/deadline.h"
#include "cases/number.h"
#include "cases/rules.h"
#include "office/desk/view.h"
#include "office/post/view.h"
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

uint32_t omb_act_reaches(enum omb_role least)
{
    return reaches[least].roles;
}

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
    rc = omb_desk_subject(work->step, &work->file, out_subject);
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the case's extract cannot be read");
    if (out_subject->size && omb_view_is(*out_subject, who->code))
        return omb_fail(err, OMB_FORBIDDEN, NULL,
                        "%s is the subject of this case and may not act on it", who->code);
    if (row->matter != NULL && row->matter->confidential && !is_supervisor(work->step) &&
        !omb_desk_is_responsible(work->step, row))
        return omb_fail(err, OMB_FORBIDDEN, NULL,
                        "the case is confidential: its responsible operator and supervisors only");
    return OMB_OK;
}

/* --- writing --- */

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

/* --- the key for the office that an act names --- */

/* Events that are nothing without the key; the others move custody or ask, with or without it. */
static bool is_about_reading(uint32_t tag)
{
    return tag == OMB_EVENT_GRANTED || tag == OMB_EVENT_SHARED;
}

/*
 * Whoever holds the key of the case gives it along. An office that holds none writes its act
 * without: what it owes to a new custodian, a holder writes by itself (duty/duty.h).
 */
enum omb_rc omb_act_grant(const struct omb_act_work *work, const struct omb_case_id *id,
                          const struct omb_facts *facts, struct omb_grants *out,
                          struct omb_error *err)
{
    const struct omb_event named = {.facts = facts};
    const struct omb_office_ref *to = omb_event_to(&named);
    struct omb_grant *grant;
    enum omb_rc rc;

    if (to == NULL)
        return OMB_OK;
    if (is_about_reading(facts->event.tag) &&
        omb_office_id_equal(&to->office, &omb_office_self(work->step->office)->office))
        return omb_fail(err, OMB_INVALID, "to", "that is this office itself");
    grant = OMB_ARENA_NEW(work->step->arena, struct omb_grant, 1);
    rc = omb_vault_grant(work->step, id, to, grant, err);
    if (rc == OMB_OK) {
        out->offices.items = grant;
        out->offices.count = 1;
    }
    if ((rc == OMB_SEALED || rc == OMB_ERASED) && !is_about_reading(facts->event.tag)) {
        *err = (struct omb_error){0};
        rc = OMB_OK;
    }
    return rc;
}

enum omb_rc omb_act_door(const struct omb_act_work *work, const struct omb_draft *draft,
                         struct omb_error *err)
{
    const struct omb_step *step = work->step;
    const struct omb_seat *self = omb_office_self(step->office);
    const struct omb_event event = {
        .office = self->office,
        .seat = self,
        .actor = draft->actor,
        .time_ms = step->input->now_ms,
        .after = draft->after,
        .case_id = work->file.id,
        .facts = draft->facts,
        .has_grants = omb_draft_grants(draft),
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
    struct omb_grants grants = {0};
    const struct omb_draft draft = {
        .case_id = &id,
        .facts = &facts,
        .body = work->act->body,
        .extract = work->act->extract,
        .grants = &grants,
        .after = work->file.folded.spine,
        .actor = omb_view_str(step->who != NULL ? step->who->code : "system"),
    };
    struct omb_view subject;
    enum omb_rc rc = check_person(work, &subject, err);

    if (rc == OMB_OK)
        rc = omb_act_fill(work, row, subject, &facts, err);
    if (rc == OMB_OK)
        rc = omb_act_grant(work, &id, &facts, &grants, err);
    if (rc == OMB_OK)
        rc = omb_act_door(work, &draft, err);
    return rc == OMB_OK ? omb_casefile_write(step, &draft, &work->file, &work->record, err) : rc;
}

static enum omb_rc write_one(struct omb_act_work *work, struct omb_error *err)
{
    const struct omb_event_row *row = NULL;
    enum omb_rc rc = check_form(work->act, &row, err);

    if (rc == OMB_OK)
        rc = omb_act_role(work->step, row, err);
    if (rc != OMB_OK)
        return rc;
    if (row->tag == OMB_EVENT_REGISTERED && work->file.event_count > 0)
        return omb_fail(err, OMB_INVALID, "facts", "a registration begins a case: it stands first");
    if (row->tag == OMB_EVENT_REGISTERED)
        return omb_act_register(work, err);
    if (work->file.event_count == 0)
        return omb_fail(err, OMB_MISSING, "number", "say the number of the case");
    return write_on_case(work, row, err);
}

static enum omb_rc write_then(struct omb_act_work *work, size_t index, struct omb_error *err)
{
    char prefix[32];
    enum omb_rc rc;

    if (work->act->number.size || work->act->then.count)
        rc = omb_fail(err, OMB_INVALID, work->act->number.size ? "number" : "then",
                      "a further act has no number and no further acts of its own");
    else
        rc = write_one(work, err);
    if (rc != OMB_OK) {
        omb_act_path(work->act, err);
        snprintf(prefix, sizeof(prefix), "then[%zu]", index);
        omb_desk_within(err, prefix);
    }
    return rc;
}

/* A closed office takes nothing new, from people and imports alike. */
static enum omb_rc check_open(const struct omb_act_work *work, struct omb_error *err)
{
    const struct omb_office_id *successor = omb_office_successor(work->step->office);

    if (successor == NULL)
        return OMB_OK;
    return omb_fail(err, OMB_REFUSED, NULL, "this office was closed: %.*s stands in for it",
                    OMB_VIEW_ARGS(omb_office_code_of(work->step, successor)));
}

enum omb_rc omb_act_write(struct omb_act_work *work, struct omb_error *err)
{
    const struct omb_act *first = work->act;
    enum omb_rc rc = check_open(work, err);

    if (rc == OMB_OK)
        rc = write_one(work, err);

    if (rc != OMB_OK)
        omb_act_path(first, err);
    if (rc == OMB_OK && first->then.count > OMB_THEN_MAX)
        rc = omb_fail(err, OMB_LIMIT, "then", "at most %d further acts go with one", OMB_THEN_MAX);
    for (size_t i = 0; rc == OMB_OK && i < first->then.count; i++) {
        work->act = &first->then.items[i];
        rc = write_then(work, i, err);
    }
    work->act = first;
    return rc == OMB_OK ? omb_casefile_save(work->step, &work->file, err) : rc;
}

/* --- the request --- */

/* A line that is down comes back by itself; one that is blocked takes somebody who sees to it. */
static void warn_of_block(struct omb_act_work *work)
{
    const char *why = omb_post_blocked_above(work->step->office);

    if (why != NULL)
        omb_buf_printf(work->warnings, "the office above takes nothing of this one: %s\n", why);
}

/* The office above says so only when its clock does, and when the link stands. */
static void warn_of_end(struct omb_act_work *work)
{
    struct omb_step *step = work->step;
    const struct omb_office_card *card =
        omb_office_card(step, &omb_office_self(step->office)->certificate);
    char until[OMB_RFC3339_SIZE];

    if (card == NULL || step->input->now_ms <= card->certificate.inner.not_after)
        return;
    omb_rfc3339(card->certificate.inner.not_after, 0, until);
    omb_buf_printf(work->warnings, "the certificate of this office expired at %s\n", until);
}

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
        warn_of_block(&work);
        warn_of_end(&work);
        list_warnings(&work, done);
        if (registers)
            fill_receipt(&work, done);
        *out = done;
    }
    omb_buf_free(&warnings);
    return rc;
}
