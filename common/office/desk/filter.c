#include "office/desk/filter.h"

#include <stdlib.h>
#include <string.h>

#include "figures/measure.h"
#include "office/desk/act.h"
#include "office/desk/view.h"

struct omb_desk_filter {
    struct omb_filter ask; /* views into the request */
    const struct omb_operator *who;
    int64_t now_ms;
    bool sees_confidential;
    bool confined; /* to the office's own cases */
    struct omb_office_id self;
    struct omb_office_id *homes; /* ascending; counts when ask.office says something */
    size_t home_count;
};

/* --- what may be asked for --- */

static enum omb_rc check_codes(const struct omb_policy *policy, const char *vocabulary,
                               const struct omb_views *codes, const char *field,
                               struct omb_error *err)
{
    for (size_t i = 0; i < codes->count; i++) {
        enum omb_rc rc = OMB_OK;

        if (!omb_text_is_code(codes->items[i]))
            rc = omb_fail(err, OMB_INVALID, field, "`%s` takes codes of [a-z0-9-]", field);
        else if (vocabulary != NULL)
            rc = omb_policy_check_code(policy, vocabulary, codes->items[i], field, err);
        if (rc != OMB_OK)
            return rc;
    }
    return OMB_OK;
}

static enum omb_rc check_filter(const struct omb_policy *policy, const struct omb_filter *ask,
                                struct omb_error *err)
{
    const struct {
        const char *field;
        const char *vocabulary; /* NULL: codes of an imported case's source count as well */
        const struct omb_views *codes;
    } lists[] = {
        {"status", "status", &ask->status},
        {"kind", "kind", &ask->kind},
        {"severity", "severity", &ask->severity},
        {"outcome", "outcome", &ask->outcome},
        {"channel", NULL, &ask->channel},
        {"product", NULL, &ask->product},
        {"issue", NULL, &ask->issue},
        {"segment", NULL, &ask->segment},
        {"cause", NULL, &ask->cause},
    };

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        const enum omb_rc rc =
            check_codes(policy, lists[i].vocabulary, lists[i].codes, lists[i].field, err);

        if (rc != OMB_OK)
            return rc;
    }
    if (ask->since && ask->until && ask->since >= ask->until)
        return omb_fail(err, OMB_INVALID, "until", "`until` does not lie after `since`");
    return OMB_OK;
}

enum omb_rc omb_desk_filter_new(struct omb_step *step, const struct omb_filter *filter,
                                struct omb_desk_filter **out, struct omb_error *err)
{
    struct omb_desk_filter *made = OMB_ARENA_NEW(step->arena, struct omb_desk_filter, 1);
    const uint32_t roles = omb_desk_asking(step);
    enum omb_rc rc = OMB_OK;

    if (filter != NULL)
        made->ask = *filter;
    made->who = step->who;
    made->now_ms = step->input->now_ms;
    made->sees_confidential = omb_desk_sees_confidential(roles);
    made->confined = omb_desk_is_confined(roles);
    made->self = omb_office_self(step->office)->office;
    if (filter != NULL)
        rc = check_filter(omb_office_policy(step->office), filter, err);
    if (rc == OMB_OK && made->ask.office.count > 0)
        rc = omb_desk_office_match(step, &made->ask.office, &made->homes, &made->home_count, err);
    if (rc == OMB_OK)
        *out = made;
    else
        omb_desk_within(err, "filter");
    return rc;
}

/* --- does a case pass? --- */

static bool among(const struct omb_views *codes, struct omb_view code)
{
    if (codes->count == 0)
        return true;
    for (size_t i = 0; i < codes->count; i++) {
        if (omb_view_equal(codes->items[i], code))
            return true;
    }
    return false;
}

static bool has_flag(const struct omb_case_row *row, const char *flag)
{
    for (size_t i = 0; i < row->flags.count; i++) {
        if (omb_view_is(row->flags.items[i], flag))
            return true;
    }
    return false;
}

static bool is_responsible(const struct omb_desk_filter *filter, const struct omb_case_row *row)
{
    return filter->who != NULL && omb_view_is(row->responsible, filter->who->code) &&
           omb_office_id_equal(&row->responsible_office, &filter->self);
}

static bool is_mine(const struct omb_desk_filter *filter, const struct omb_case_row *row)
{
    return is_responsible(filter, row) ||
           (filter->who != NULL && omb_view_is(row->assigned, filter->who->code) &&
            omb_office_id_equal(&row->assigned_office, &filter->self));
}

static bool may_list(const struct omb_desk_filter *filter, const struct omb_case_row *row)
{
    if (row->matter != NULL && row->matter->confidential && !filter->sees_confidential &&
        !is_responsible(filter, row))
        return false;
    return !filter->confined || row->case_id == NULL ||
           omb_office_id_equal(&row->case_id->home, &filter->self);
}

static bool passes_matter(const struct omb_filter *ask, const struct omb_matter *matter)
{
    return among(&ask->kind, matter->kind) && among(&ask->channel, matter->channel) &&
           among(&ask->product, matter->product) && among(&ask->issue, matter->issue) &&
           among(&ask->severity, matter->severity) && among(&ask->segment, matter->segment) &&
           (ask->since == 0 || matter->received_at >= ask->since) &&
           (ask->until == 0 || matter->received_at < ask->until);
}

static bool passes_flags(const struct omb_desk_filter *filter, const struct omb_case_row *row)
{
    const struct omb_filter *ask = &filter->ask;

    return (!ask->escalated || has_flag(row, "escalated")) &&
           (!ask->attention || has_flag(row, "attention")) &&
           (!ask->superseded || has_flag(row, "superseded")) &&
           (!ask->mine || is_mine(filter, row)) &&
           (!ask->overdue || omb_measure_overdue(row, filter->now_ms));
}

static int by_id(const void *a, const void *b)
{
    const struct omb_office_id *first = a, *second = b;

    return OMB_ID_COMPARE(first, second);
}

bool omb_desk_filter_takes(const struct omb_desk_filter *filter, const struct omb_office_id *home)
{
    if (filter->ask.office.count == 0)
        return true;
    return filter->home_count > 0 && bsearch(home, filter->homes, filter->home_count,
                                             sizeof(*filter->homes), by_id) != NULL;
}

static bool passes_home(const struct omb_desk_filter *filter, const struct omb_case_row *row)
{
    return filter->ask.office.count == 0 ||
           (row->case_id != NULL && omb_desk_filter_takes(filter, &row->case_id->home));
}

bool omb_desk_filter_passes(const struct omb_desk_filter *filter, const struct omb_case_row *row)
{
    static const struct omb_matter unknown; /* of a case whose registration is not here yet */
    const struct omb_filter *ask = &filter->ask;

    return among(&ask->status, row->status) && among(&ask->outcome, row->outcome) &&
           among(&ask->cause, row->cause) && passes_flags(filter, row) &&
           passes_matter(ask, row->matter != NULL ? row->matter : &unknown) &&
           passes_home(filter, row) && may_list(filter, row);
}

/* --- where to look --- */

/* A status that is named twice is walked once. */
static size_t status_sources(const struct omb_views *statuses, struct omb_filter_source *out)
{
    size_t count = 0;

    for (size_t i = 0; i < statuses->count; i++) {
        const struct omb_views before = {statuses->items, i};

        if (i == 0 || !among(&before, statuses->items[i]))
            out[count++] = (struct omb_filter_source){OMB_INDEX_STATUS, statuses->items[i]};
    }
    return count;
}

size_t omb_desk_filter_sources(const struct omb_desk_filter *filter,
                               struct omb_filter_source out[OMB_FILTER_SOURCES_MAX])
{
    static const char *const pending[] = {"open", "resolved"}; /* where a case can be overdue */
    const struct omb_filter *ask = &filter->ask;
    const char *const flag = ask->attention    ? "attention"
                             : ask->superseded ? "superseded"
                             : ask->escalated  ? "escalated"
                                               : NULL;

    if (flag != NULL) {
        out[0] = (struct omb_filter_source){OMB_INDEX_FLAG, omb_view_str(flag)};
        return 1;
    }
    if (ask->status.count > 0 && ask->status.count <= OMB_FILTER_SOURCES_MAX)
        return status_sources(&ask->status, out);
    if (!ask->overdue)
        return 0;
    for (size_t i = 0; i < 2; i++)
        out[i] = (struct omb_filter_source){OMB_INDEX_STATUS, omb_view_str(pending[i])};
    return 2;
}

/* --- the line of a list --- */

static void sum_up_matter(struct omb_step *step, const struct omb_matter *matter,
                          struct omb_case_summary *out)
{
    if (matter->about != NULL)
        out->about = omb_office_code_of(step, &matter->about->office);
    out->kind = matter->kind;
    out->channel = matter->channel;
    out->product = matter->product;
    out->issue = matter->issue;
    out->severity = matter->severity;
    out->segment = matter->segment;
    out->received_at = matter->received_at;
}

void omb_desk_case_summary(struct omb_step *step, const struct omb_case_row *row,
                           struct omb_case_summary *out)
{
    const struct omb_view home = omb_office_code_of(step, &row->case_id->home);

    *out = (struct omb_case_summary){
        .number = omb_act_number(step, row->case_id),
        .home = home,
        .custodian =
            row->custodian != NULL ? omb_office_code_of(step, &row->custodian->office) : home,
        .about = home,
        .status = row->status,
        .outcome = row->outcome,
        .cause = row->cause,
        .registered_at = row->registered_at,
        .resolved_at = row->resolved_at,
        .answered_at = row->answered_at,
        .closed_at = row->closed_at,
        .overdue = omb_measure_overdue(row, step->input->now_ms),
        .responsible =
            row->responsible.size > 0
                ? omb_desk_actor(step, &row->responsible_office, row->responsible)
                : row->responsible,
        .flags = row->flags,
    };
    for (size_t i = 0; i < row->deadlines.count; i++) {
        if (omb_view_is(row->deadlines.items[i].code, "decision"))
            out->answer_by = row->deadlines.items[i].due;
    }
    if (row->matter != NULL)
        sum_up_matter(step, row->matter, out);
}
