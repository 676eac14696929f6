/*
 * What an operator does with a case: mostly what its status and custody allow as the office sees
 * them, often anything.
 */
#include "unit/unit.h"

#include "office/keys.h"
#include "sim/turns.h"
#include "wire/rows.h"

/* What the office sees of a case, of itself in it. */
struct seen {
    struct omb_case_row row;
    bool home, custodian, above;
};

/* To whom an act goes. */
enum whom { NOBODY, ABOVE, BELOW, HOME, SERVICE, ANYBODY };

static const struct omb_escalated up = {.ground = OMB_VIEW_LIT("amount")};
static const struct omb_taken_over over = {.ground = OMB_VIEW_LIT("time")};
static const struct omb_resolved decided = {.outcome = OMB_VIEW_LIT("founded"),
                                            .cause = OMB_VIEW_LIT("fees"),
                                            .bank_error = OMB_VIEW_LIT("yes")};
static const struct omb_answered answered = {.method = OMB_VIEW_LIT("phone")};
static const struct omb_closed closed = {.accepts = OMB_VIEW_LIT("yes")};
static const struct omb_reopened again = {.ground = OMB_VIEW_LIT("client-asks")};
static const struct omb_erased erased = {.ground = OMB_VIEW_LIT("client-asks")};
static const struct omb_erasure_confirmed confirmed = {.ground = OMB_VIEW_LIT("client-asks")};
static const struct omb_withdrawn withdrawn = {.method = OMB_VIEW_LIT("phone")};
static const struct omb_returned back;
static const struct omb_delegated down;
static const struct omb_shared shared;
static const struct omb_granted granted;
static const struct omb_asked asked = {.due = RIG_START_MS + 30 * OMB_DAY_MS};

enum { AS_HOME = 1, AS_CUSTODIAN = 2, AS_ABOVE = 4, ANYHOW = 7 };

/* Acts that move a case or who may read it, and when they make sense. */
static const struct {
    uint32_t tag;
    const void *event;
    enum whom to;
    unsigned who;       /* AS_... */
    const char *status; /* NULL: any */
} acts[] = {
    {OMB_EVENT_ESCALATED, &up, ABOVE, AS_CUSTODIAN, "open"},
    {OMB_EVENT_ESCALATED, &up, ABOVE, AS_CUSTODIAN, "open"},
    {OMB_EVENT_RETURNED, &back, HOME, AS_CUSTODIAN, "open"},
    {OMB_EVENT_RETURNED, &back, BELOW, AS_CUSTODIAN, "open"},
    {OMB_EVENT_DELEGATED, &down, BELOW, AS_CUSTODIAN, "open"},
    {OMB_EVENT_TAKEN_OVER, &over, NOBODY, AS_ABOVE, "open"},
    {OMB_EVENT_TAKEN_OVER, &over, NOBODY, AS_ABOVE, "open"},
    {OMB_EVENT_RESOLVED, &decided, NOBODY, AS_CUSTODIAN, "open"},
    {OMB_EVENT_RESOLVED, &decided, NOBODY, AS_CUSTODIAN, "open"},
    {OMB_EVENT_SHARED, &shared, ANYBODY, AS_CUSTODIAN, NULL},
    {OMB_EVENT_GRANTED, &granted, ANYBODY, AS_CUSTODIAN, NULL},
    {OMB_EVENT_ASKED, &asked, SERVICE, AS_CUSTODIAN, NULL},
    {OMB_EVENT_ANSWERED, &answered, NOBODY, AS_HOME, "resolved"},
    {OMB_EVENT_CLOSED, &closed, NOBODY, AS_HOME, "answered"},
    {OMB_EVENT_REOPENED, &again, NOBODY, AS_HOME | AS_ABOVE, "answered"},
    {OMB_EVENT_REOPENED, &again, NOBODY, AS_HOME | AS_ABOVE, "closed"},
    {OMB_EVENT_WITHDRAWN, &withdrawn, NOBODY, AS_HOME, "open"},
    {OMB_EVENT_WITHDRAWN, &withdrawn, NOBODY, AS_HOME, "resolved"},
    {OMB_EVENT_ERASED, &erased, NOBODY, AS_HOME, "withdrawn"},
    {OMB_EVENT_ERASED, &erased, NOBODY, AS_HOME, "closed"},
    {OMB_EVENT_ERASURE_CONFIRMED, &confirmed, NOBODY, AS_ABOVE, "withdrawn"},
    {OMB_EVENT_ERASURE_CONFIRMED, &confirmed, NOBODY, AS_ABOVE, "closed"},
};

static bool look(const struct sim *sim, const struct tree_office *office,
                 const struct sim_affair *affair, struct seen *out)
{
    const struct omb_key key = omb_key_case(&affair->id);
    struct omb_buf value = OMB_BUF_INIT;
    struct omb_arena *arena = &sim->tree->arena;
    bool decoded;

    if (omb_port_get(memport_port(office->rig.store), OMB_FAMILY_CASE, omb_key_view(&key),
                     &value) != OMB_OK)
        return false;
    decoded = omb_decode_case_row(omb_arena_copy(arena, omb_buf_view(&value)), arena, &out->row,
                                  NULL) == OMB_OK;
    omb_buf_free(&value);
    if (!decoded)
        return false;
    out->home = affair->home == office;
    out->custodian =
        out->row.custodian != NULL && omb_office_id_equal(&out->row.custodian->office, &office->id);
    out->above = !out->home && tree_is_below(affair->home, office, false);
    return true;
}

static bool makes_sense(const struct seen *seen, size_t i)
{
    const unsigned who = (seen->home ? AS_HOME : 0U) | (seen->custodian ? AS_CUSTODIAN : 0U) |
                         (seen->above ? AS_ABOVE : 0U);

    return (acts[i].who & who) != 0 &&
           (acts[i].status == NULL || omb_view_is(seen->row.status, acts[i].status));
}

static size_t choose(struct sim *sim, const struct tree_office *office,
                     const struct sim_affair *affair)
{
    size_t sensible[UNIT_COUNT(acts)], count = 0;
    struct seen seen;

    if (sim_below(sim, 4) > 0 && look(sim, office, affair, &seen))
        for (size_t i = 0; i < UNIT_COUNT(acts); i++)
            if (makes_sense(&seen, i))
                sensible[count++] = i;
    return count > 0 ? sensible[sim_below(sim, (uint32_t)count)] : sim_below(sim, UNIT_COUNT(acts));
}

static bool fits(const struct tree_office *office, const struct tree_office *other, enum whom to)
{
    switch (to) {
    case ABOVE:
        return office != other && tree_is_below(office, other, false);
    case BELOW:
        return office != other && tree_is_below(other, office, false);
    case SERVICE:
        return other->service;
    case NOBODY:
    case HOME:
    case ANYBODY:
        break;
    }
    return true;
}

static const char *choose_whom(struct sim *sim, const struct tree_office *office,
                               const struct sim_affair *affair, enum whom to)
{
    const struct tree_office *other = sim_somebody(sim);

    if (to == HOME && sim_below(sim, 4) > 0)
        return affair->home->code;
    for (unsigned i = 0; i < 8 && sim_below(sim, 10) > 0 && !fits(office, other, to); i++)
        other = sim_somebody(sim);
    return other->code;
}

static const struct omb_body *words_for(struct sim *sim, uint32_t tag)
{
    static const struct omb_resolved_body findings = {.findings = OMB_VIEW_LIT("looked into"),
                                                      .answer = OMB_VIEW_LIT("paid back")};
    static const struct omb_text_body words = {.text = OMB_VIEW_LIT("so it was")};
    struct omb_body *body;

    if (omb_shape_alternative(&omb_shape_body, tag) == NULL)
        return NULL;
    body = OMB_ARENA_NEW(&sim->tree->arena, struct omb_body, 1);
    body->event = (struct omb_any){tag, tag == OMB_EVENT_RESOLVED ? (const void *)&findings
                                                                  : (const void *)&words};
    return body;
}

void sim_choose(struct sim *sim, const struct tree_office *office, const struct sim_affair *affair,
                struct omb_act *out)
{
    struct omb_facts *facts = OMB_ARENA_NEW(&sim->tree->arena, struct omb_facts, 1);
    const size_t i = choose(sim, office, affair);

    facts->event = (struct omb_any){acts[i].tag, acts[i].event};
    *out = (struct omb_act){.facts = facts, .body = words_for(sim, acts[i].tag)};
    if (acts[i].to != NOBODY)
        out->to = omb_view_str(choose_whom(sim, office, affair, acts[i].to));
}
