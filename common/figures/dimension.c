#include "figures/dimension.h"

#include "base/assert.h"
#include "base/civil.h"

/* Which instant of a case a date is of; NO_MOMENT: the dimension is no date. */
enum moment { NO_MOMENT, RECEIVED, RESOLVED, ANSWERED };
enum span { DAY, WEEK, MONTH, QUARTER, YEAR };

struct dimension {
    struct omb_view (*text)(const struct omb_case_row *row); /* of what a row holds as text */
    void (*key)(const struct omb_case_row *row, const struct omb_report_lens *lens,
                struct omb_buf *out);
    enum moment moment;
    enum span span;
};

/* --- texts --- */

#define OF_ROW(field)                                                                              \
    static struct omb_view field(const struct omb_case_row *row)                                   \
    {                                                                                              \
        return row->field;                                                                         \
    }
#define OF_MATTER(field)                                                                           \
    static struct omb_view field(const struct omb_case_row *row)                                   \
    {                                                                                              \
        return row->matter == NULL ? OMB_VIEW_NONE : row->matter->field;                           \
    }

OF_ROW(status)
OF_ROW(outcome)
OF_ROW(cause)
OF_MATTER(kind)
OF_MATTER(channel)
OF_MATTER(product)
OF_MATTER(issue)
OF_MATTER(severity)
OF_MATTER(segment)

/* --- offices --- */

static void add_code(const struct omb_office_id *office, const struct omb_report_lens *lens,
                     struct omb_buf *out)
{
    omb_buf_add_view(out, lens->office_code(lens->ctx, office));
}

static void home(const struct omb_case_row *row, const struct omb_report_lens *lens,
                 struct omb_buf *out)
{
    if (row->case_id != NULL)
        add_code(&row->case_id->home, lens, out);
}

/* The office complained of: home, unless another is named. */
static void about(const struct omb_case_row *row, const struct omb_report_lens *lens,
                  struct omb_buf *out)
{
    const struct omb_office_ref *named = row->matter == NULL ? NULL : row->matter->about;

    if (named == NULL || omb_office_id_none(&named->office))
        home(row, lens, out);
    else
        add_code(&named->office, lens, out);
}

/* How far the custodian is from the root, which is 0. */
static void custodian_level(const struct omb_case_row *row, const struct omb_report_lens *lens,
                            struct omb_buf *out)
{
    (void)lens;
    omb_buf_printf(out, "%u", row->custodian_depth);
}

/* --- dates --- */

static int64_t instant_of(const struct omb_case_row *row, enum moment moment)
{
    switch (moment) {
    case NO_MOMENT:
        break;
    case RECEIVED:
        return row->matter == NULL ? 0 : row->matter->received_at;
    case RESOLVED:
        return row->resolved_at;
    case ANSWERED:
        return row->answered_at;
    }
    return 0;
}

/* A week belongs to the year that its Thursday is in, as ISO 8601 says. */
static void add_week(int64_t day, struct omb_buf *out)
{
    int64_t thursday = day - omb_weekday(day) + 3;
    struct omb_civil civil = omb_civil_from_ms(thursday * OMB_DAY_MS);
    int64_t of_year = thursday - omb_days_from_civil(civil.year, 1, 1);

    omb_buf_printf(out, "%04d-W%02d", civil.year, (int)(of_year / 7 + 1));
}

static void add_span(const struct omb_civil *date, enum span span, struct omb_buf *out)
{
    switch (span) {
    case DAY:
        omb_buf_printf(out, "%04d-%02d-%02d", date->year, date->month, date->day);
        break;
    case WEEK:
        add_week(omb_days_from_civil(date->year, date->month, date->day), out);
        break;
    case MONTH:
        omb_buf_printf(out, "%04d-%02d", date->year, date->month);
        break;
    case QUARTER:
        omb_buf_printf(out, "%04d-Q%d", date->year, (date->month - 1) / 3 + 1);
        break;
    case YEAR:
        omb_buf_printf(out, "%04d", date->year);
        break;
    }
}

/* An instant from outside may lie anywhere; only the years 1 to 9999 have dates. */
static bool has_date(int64_t ms)
{
    return ms != 0 && ms > omb_days_from_civil(0, 12, 31) * OMB_DAY_MS &&
           ms < omb_days_from_civil(10000, 1, 2) * OMB_DAY_MS;
}

static void add_date(int64_t ms, enum span span, const struct omb_report_lens *lens,
                     struct omb_buf *out)
{
    struct omb_civil date;

    if (!has_date(ms))
        return;
    date = omb_civil_from_ms(ms + lens->offset_s(lens->ctx, ms) * OMB_SECOND_MS);
    if (omb_civil_valid(&date))
        add_span(&date, span, out);
}

/* --- the table --- */

#define SPANS(X, prefix, moment)                                                                   \
    X(prefix "day", NULL, NULL, moment, DAY)                                                       \
    X(prefix "week", NULL, NULL, moment, WEEK)                                                     \
    X(prefix "month", NULL, NULL, moment, MONTH)                                                   \
    X(prefix "quarter", NULL, NULL, moment, QUARTER)                                               \
    X(prefix "year", NULL, NULL, moment, YEAR)

/* name, text, key, moment, span */
#define DIMENSIONS(X)                                                                              \
    X("office", NULL, home, NO_MOMENT, DAY)                                                        \
    X("about", NULL, about, NO_MOMENT, DAY)                                                        \
    X("kind", kind, NULL, NO_MOMENT, DAY)                                                          \
    X("channel", channel, NULL, NO_MOMENT, DAY)                                                    \
    X("product", product, NULL, NO_MOMENT, DAY)                                                    \
    X("issue", issue, NULL, NO_MOMENT, DAY)                                                        \
    X("severity", severity, NULL, NO_MOMENT, DAY)                                                  \
    X("segment", segment, NULL, NO_MOMENT, DAY)                                                    \
    X("status", status, NULL, NO_MOMENT, DAY)                                                      \
    X("outcome", outcome, NULL, NO_MOMENT, DAY)                                                    \
    X("cause", cause, NULL, NO_MOMENT, DAY)                                                        \
    X("custodian-level", NULL, custodian_level, NO_MOMENT, DAY)                                    \
    SPANS(X, "", RECEIVED)                                                                         \
    SPANS(X, "resolved-", RESOLVED)                                                                \
    SPANS(X, "answered-", ANSWERED)

#define ROW(name, text, key, moment, span) {text, key, moment, span},
static const struct dimension dimensions[] = {DIMENSIONS(ROW)};
#undef ROW

#define NAME(name, text, key, moment, span) {(const uint8_t *)name, sizeof(name) - 1},
static const struct omb_view names[] = {DIMENSIONS(NAME)};
#undef NAME

const struct omb_view *omb_dimension_names(size_t *out_count)
{
    *out_count = sizeof(names) / sizeof(*names);
    return names;
}

void omb_dimension_key(size_t dimension, const struct omb_case_row *row,
                       const struct omb_report_lens *lens, struct omb_buf *out)
{
    const struct dimension *made;

    OMB_ASSERT(dimension < sizeof(dimensions) / sizeof(*dimensions));
    made = &dimensions[dimension];
    if (made->text != NULL)
        omb_buf_add_view(out, made->text(row));
    else if (made->key != NULL)
        made->key(row, lens, out);
    else
        add_date(instant_of(row, made->moment), made->span, lens, out);
}
