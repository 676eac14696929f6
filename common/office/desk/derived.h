/*
 * Rows that follow from others, for those who look whether they do (check.c) and those who make
 * them again (rebuild.c).
 */
#ifndef OMB_OFFICE_DESK_DERIVED_H
#define OMB_OFFICE_DESK_DERIVED_H

#include "office/desk/read.h"

/* The bytes that the case's row should hold, in the step's arena. */
struct omb_view omb_derived_case_row(struct omb_step *step, const struct omb_casefile *file);

/* Keys of the index rows that a case should have, in the step's arena. */
struct omb_derived_keys {
    struct omb_view *items;
    size_t count;
};
enum omb_rc omb_derived_index(struct omb_step *step, const struct omb_casefile *file,
                              struct omb_derived_keys *out, struct omb_error *err) OMB_MUST_USE;

/* Whether the case that an index row names implies it. OMB_NOT_FOUND: it does not. */
enum omb_rc omb_derived_implied(struct omb_step *step, struct omb_view key,
                                struct omb_error *err) OMB_MUST_USE;

/* Whether a row is there, and with this value. */
enum omb_rc omb_derived_stands(struct omb_step *step, enum omb_family family, struct omb_view key,
                               struct omb_view value, bool *out,
                               struct omb_error *err) OMB_MUST_USE;

#endif
