/*
 * Dimensions: what a report counts by. Each makes a short text, the key, of a case row. Local dates
 * and office codes are the asking office's and come through a lens, since this layer knows neither
 * zones nor certificates. Read figures/report.h next.
 */
#ifndef OMB_FIGURES_DIMENSION_H
#define OMB_FIGURES_DIMENSION_H

#include "wire/rows.h"

/* How the asking office sees the world. */
struct omb_report_lens {
    void *ctx;
    /* The code of an office, or what stands for it where its certificate is not here. */
    struct omb_view (*office_code)(void *ctx, const struct omb_office_id *office);
    /* Local time less UTC at an instant, in seconds. */
    int32_t (*offset_s)(void *ctx, int64_t ms);
    int64_t now_ms;
};

/* The names of all dimensions; a dimension is known by its index. */
const struct omb_view *omb_dimension_names(size_t *out_count);

/*
 * Appends the key of a row: nothing where the row says nothing (not resolved yet, no segment). Days
 * are 2026-09-30, weeks 2026-W40 (ISO 8601), months 2026-09, quarters 2026-Q3, years 2026: they
 * sort.
 */
void omb_dimension_key(size_t dimension, const struct omb_case_row *row,
                       const struct omb_report_lens *lens, struct omb_buf *out);

#endif
