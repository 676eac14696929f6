#include "cases/deadline.h"
#include "cases/rules.h"
#include "office/desk/act.h"

#define CLOCK_SLACK_MS (5 * 60 * OMB_SECOND_MS)

/* Fields that a registration cannot do without, and what stands for those left out. */
static enum omb_rc complete_matter(const struct omb_act_work *work, struct omb_matter *matter,
                                   struct omb_error *err)
{
    const struct omb_step *step = work->step;
    const int64_t now = step->input->now_ms;
    const struct {
        const char *name;
        const struct omb_view *value;
    } needed[] = {
        {"channel", &matter->channel},
        {"product", &matter->product},
        {"issue", &matter->issue},
    };

    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        if (needed[i].value->size == 0)
            return omb_fail(err, OMB_MISSING, needed[i].name, "a registration needs `%s`",
                            needed[i].name);
    }
    if (matter->kind.size == 0)
        matter->kind = OMB_VIEW_LIT("complaint");
    if (matter->severity.size == 0)
        matter->severity = OMB_VIEW_LIT("normal");
    if (matter->received_at == 0)
        matter->received_at = now;
    if (matter->received_at > now + CLOCK_SLACK_MS)
        return omb_fail(err, OMB_INVALID, "received_at", "the receipt lies in the future");
    if (matter->first_asked.size == 0)
        matter->first_asked = omb_view_str(step->who != NULL ? step->who->code : "system");
    return OMB_OK;
}

static enum omb_rc name_offices(const struct omb_act_work *work, struct omb_registered *facts,
                                struct omb_matter *matter, struct omb_error *err)
{
    struct omb_arena *arena = work->step->arena;
    enum omb_rc rc = OMB_OK;

    if (work->act->about.size) {
        struct omb_office_ref *about = OMB_ARENA_NEW(arena, struct omb_office_ref, 1);

        rc = omb_desk_office(work->step, work->act->about, "about", about, err);
        matter->about = about;
    }
    if (rc == OMB_OK && work->act->custodian.size) {
        struct omb_office_ref *custodian = OMB_ARENA_NEW(arena, struct omb_office_ref, 1);

        rc = omb_act_office(work, work->act->custodian, "custodian", custodian, err);
        facts->custodian = custodian;
    }
    return rc;
}

/* The dates are computed here, once, and pinned in the event (R10). */
static enum omb_rc pin_deadlines(const struct omb_act_work *work, struct omb_registered *facts,
                                 struct omb_error *err)
{
    const struct omb_office *office = work->step->office;
    const struct omb_policy *policy = omb_office_policy(office);
    const struct omb_zone *zone = omb_office_zone(office);
    const struct omb_profile *profile =
        omb_policy_profile(policy, OMB_VIEW_LIT("bank-standard"));
    const struct omb_calendar *calendar = omb_policy_calendar(policy, OMB_VIEW_LIT("weekdays"));
    struct omb_deadline *deadlines =
        OMB_ARENA_NEW(work->step->arena, struct omb_deadline, OMB_DEADLINES_MAX);

    if (profile == NULL || calendar == NULL)
        return omb_fail(err, OMB_REFUSED, "profile",
                        "the policy has no profile bank-standard or no calendar weekdays");
    facts->deadlines.count =
        omb_deadlines_compute(profile, facts->matter->kind, facts->matter->received_at, calendar,
                              zone, deadlines);
    facts->deadlines.items = deadlines;
    facts->policy = policy->digest;
    facts->profile = omb_view_str(profile->code);
    facts->calendar = omb_view_str(calendar->code);
    facts->zone = omb_view_str(zone->name);
    return OMB_OK;
}

/* An anonymous case keeps nobody's name; a subject is an operator of this office. */
static enum omb_rc check_people(const struct omb_act_work *work, const struct omb_matter *matter,
                                struct omb_error *err)
{
    const struct omb_body *body = work->act->body;
    const struct omb_registered_body *words =
        body != NULL && body->event.tag ? OMB_AS(registered_body, body->event) : NULL;

    if (matter->anonymous && words != NULL && words->client != NULL && words->client->name.size)
        return omb_fail(err, OMB_INVALID, "name", "an anonymous case names no client");
    return OMB_OK;
}

static enum omb_rc door(const struct omb_act_work *work, const struct omb_case_id *id,
                        const struct omb_facts *facts, struct omb_error *err)
{
    const struct omb_step *step = work->step;
    const struct omb_seat *self = omb_office_self(step->office);
    const struct omb_event event = {
        .office = self->office,
        .incarnation = id->incarnation,
        .seat = self,
        .actor = omb_view_str(step->who != NULL ? step->who->code : "system"),
        .time_ms = step->input->now_ms,
        .case_id = *id,
        .facts = facts,
    };
    const struct omb_seats seats = omb_step_seats(work->step);
    const struct omb_case none = {.status = OMB_STATUS_WAITING};

    return omb_rules_door(&none, &event, omb_office_policy(step->office), &seats, work->warnings,
                          err);
}

static enum omb_rc seal_and_append(struct omb_act_work *work, struct omb_facts *facts,
                                   struct omb_case_id *id, struct omb_error *err)
{
    struct omb_step *step = work->step;
    struct omb_registered *registered = (struct omb_registered *)(uintptr_t)facts->event.value;
    struct omb_grants grants = {0};
    struct omb_draft draft = {
        .case_id = id,
        .facts = facts,
        .body = work->act->body,
        .extract = work->act->extract,
        .grants = &grants,
        .actor = omb_view_str(step->who != NULL ? step->who->code : "system"),
    };
    enum omb_rc rc = omb_vault_new_case(step, id, &registered->key_commitment, &grants, err);

    if (rc == OMB_OK)
        rc = omb_act_grant(work, id, facts, &grants, err);
    if (rc == OMB_OK)
        rc = omb_casefile_write(step, &draft, &work->file, &work->record, err);
    return rc;
}

enum omb_rc omb_act_register(struct omb_act_work *work, struct omb_error *err)
{
    struct omb_step *step = work->step;
    struct omb_matter *matter = OMB_ARENA_NEW(step->arena, struct omb_matter, 1);
    struct omb_registered *registered;
    struct omb_case_id id;
    struct omb_facts facts;
    enum omb_rc rc = omb_act_facts(work, &facts, err);

    if (rc != OMB_OK)
        return rc;
    registered = (struct omb_registered *)(uintptr_t)facts.event.value;
    if (registered->matter != NULL)
        *matter = *registered->matter;
    registered->matter = matter;

    rc = complete_matter(work, matter, err);
    if (rc == OMB_OK)
        rc = name_offices(work, registered, matter, err);
    if (rc == OMB_OK)
        rc = check_people(work, matter, err);
    if (rc == OMB_OK)
        rc = omb_policy_check_facts(omb_office_policy(step->office), &facts, work->imported, err);
    if (rc == OMB_OK)
        rc = pin_deadlines(work, registered, err);
    if (rc == OMB_OK)
        rc = omb_case_next(step, &id, err);
    if (rc == OMB_OK)
        rc = door(work, &id, &facts, err);
    if (rc == OMB_OK)
        rc = seal_and_append(work, &facts, &id, err);
    return rc;
}
