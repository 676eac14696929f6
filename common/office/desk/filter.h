/*
 * Filters over case rows, the same for lists, reports and exports, and the line that a list shows
 * of a case. A filter also leaves out what the operator may not see, so it is needed where nothing
 * was asked for, too. Facts alone: whoever is a case's subject is known from an extract, which no
 * list opens.
 */
#ifndef OMB_OFFICE_DESK_FILTER_H
#define OMB_OFFICE_DESK_FILTER_H

#include "office/desk/read.h"

struct omb_desk_filter;

/*
 * `filter` may be NULL: everything. Codes of the procedure (status, kind, severity, outcome) must
 * be known; others need only be codes, since imported cases carry codes of their source. All memory
 * is the step's.
 */
enum omb_rc omb_desk_filter_new(struct omb_step *step, const struct omb_filter *filter,
                                struct omb_desk_filter **out, struct omb_error *err) OMB_MUST_USE;
bool omb_desk_filter_passes(const struct omb_desk_filter *filter, const struct omb_case_row *row);
/* Whether cases of that home may pass. */
bool omb_desk_filter_takes(const struct omb_desk_filter *filter, const struct omb_office_id *home);

/*
 * Index rows that lead to every case that passes, so that a list need not look at all: pairs of a
 * kind of index and a value. 0: only a scan of all cases will do.
 */
#define OMB_FILTER_SOURCES_MAX 8
struct omb_filter_source {
    enum omb_index_kind kind;
    struct omb_view value;
};
size_t omb_desk_filter_sources(const struct omb_desk_filter *filter,
                               struct omb_filter_source out[OMB_FILTER_SOURCES_MAX]);

/* The row must live as long as the summary. */
void omb_desk_case_summary(struct omb_step *step, const struct omb_case_row *row,
                           struct omb_case_summary *out);

#endif
