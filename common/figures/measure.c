#include "figures/measure.h"

#include "base/assert.h"

/* --- what a row says --- */

static bool in_status(const struct omb_case_row *row, const char *status)
{
    return omb_view_is(row->status, status);
}

static bool has_flag(const struct omb_case_row *row, const char *flag)
{
    for (size_t i = 0; i < row->flags.count; i++)
        if (omb_view_is(row->flags.items[i], flag))
            return true;
    return false;
}

/* The date by which the client is answered; NULL: a suggestion or a commendation has none. */
static const struct omb_deadline_row *decision_of(const struct omb_case_row *row)
{
    for (size_t i = 0; i < row->deadlines.count; i++)
        if (omb_view_is(row->deadlines.items[i].code, "decision"))
            return &row->deadlines.items[i];
    return NULL;
}

bool omb_measure_overdue(const struct omb_case_row *row, int64_t now_ms)
{
    const struct omb_deadline_row *decision = decision_of(row);

    return (in_status(row, "open") || in_status(row, "resolved")) && decision != NULL &&
           decision->met_at == 0 && decision->due != 0 && now_ms > decision->due;
}

/* --- one function a measure --- */

typedef int64_t measure_fn(const struct omb_case_row *row, int64_t now_ms);

#define MEASURE(name, condition)                                                                   \
    static int64_t name(const struct omb_case_row *row, int64_t now_ms)                            \
    {                                                                                              \
        (void)row;                                                                                 \
        (void)now_ms;                                                                              \
        return condition;                                                                          \
    }

static bool was_answered(const struct omb_case_row *row)
{
    return row->answered_at != 0 || in_status(row, "answered") || in_status(row, "closed");
}

static bool was_answered_late(const struct omb_case_row *row)
{
    const struct omb_deadline_row *decision = decision_of(row);

    return decision != NULL && decision->due != 0 && row->answered_at > decision->due;
}

static bool was_extended(const struct omb_case_row *row)
{
    for (size_t i = 0; i < row->deadlines.count; i++)
        if (row->deadlines.items[i].extended)
            return true;
    return false;
}

MEASURE(registered, 1)
MEASURE(open_now, in_status(row, "open"))
MEASURE(overdue, omb_measure_overdue(row, now_ms))
MEASURE(resolved, in_status(row, "resolved") || in_status(row, "answered") ||
                      in_status(row, "closed"))
MEASURE(answered, was_answered(row))
MEASURE(answered_late, was_answered_late(row))
MEASURE(extended, was_extended(row))
MEASURE(escalated, has_flag(row, "escalated"))
MEASURE(founded, omb_view_is(row->outcome, "founded"))
MEASURE(attention, has_flag(row, "attention"))
MEASURE(undated, row->undated)
MEASURE(hand_overs, row->hand_overs)
MEASURE(imported, row->imported)

/* The one measure of cases that are not registered here yet. */
static int64_t waiting(const struct omb_case_row *row, int64_t now_ms)
{
    (void)now_ms;
    return in_status(row, "waiting");
}

/* --- the table --- */

#define MEASURES(X)                                                                                \
    X("registered", registered)                                                                    \
    X("open", open_now)                                                                            \
    X("overdue", overdue)                                                                          \
    X("resolved", resolved)                                                                        \
    X("answered", answered)                                                                        \
    X("answered-late", answered_late)                                                              \
    X("extended", extended)                                                                        \
    X("escalated", escalated)                                                                      \
    X("founded", founded)                                                                          \
    X("attention", attention)                                                                      \
    X("undated", undated)                                                                          \
    X("hand-overs", hand_overs)                                                                    \
    X("imported", imported)                                                                        \
    X("waiting", waiting)

#define ROW(name, of) of,
static measure_fn *const measures[] = {MEASURES(ROW)};
#undef ROW

#define NAME(name, of) {(const uint8_t *)name, sizeof(name) - 1},
static const struct omb_view names[] = {MEASURES(NAME)};
#undef NAME

#define COUNT (sizeof(measures) / sizeof(*measures))
_Static_assert(COUNT <= OMB_MEASURES_MAX, "a report can show every measure");

const struct omb_view *omb_measure_names(size_t *out_count)
{
    *out_count = COUNT;
    return names;
}

int64_t omb_measure_of(size_t measure, const struct omb_case_row *row, int64_t now_ms)
{
    OMB_ASSERT(measure < COUNT);
    if (in_status(row, "waiting") && measures[measure] != waiting)
        return 0;
    return measures[measure](row, now_ms);
}
