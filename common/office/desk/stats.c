/*
 * How full the store is, as far as the core can tell: rows and their bytes, counted up to a bound.
 */
#include "office/desk/read.h"

#define COUNTED_MAX 200000 /* rows of one family */

struct tally {
    struct omb_family_stats stats;
};

static enum omb_rc count_row(void *arg, struct omb_view key, struct omb_view value)
{
    struct omb_family_stats *stats = &((struct tally *)arg)->stats;

    if (stats->rows == COUNTED_MAX) {
        stats->more = true;
        return OMB_STOP;
    }
    stats->rows++;
    stats->bytes += key.size + value.size;
    return OMB_OK;
}

static enum omb_rc read_schema(const struct omb_step *step, uint32_t *out, struct omb_error *err)
{
    const struct omb_key key = omb_key_meta("schema");
    struct omb_buf value = OMB_BUF_INIT;
    enum omb_rc rc = omb_port_get(step->port, OMB_FAMILY_META, omb_key_view(&key), &value);

    if (rc != OMB_OK || value.size != 4)
        rc = omb_fail(err, rc != OMB_OK && rc != OMB_NOT_FOUND ? rc : OMB_DAMAGED, NULL,
                      "the store does not say its schema");
    else
        *out = omb_be32(value.data);
    omb_buf_free(&value);
    return rc;
}

enum omb_rc omb_desk_store_stats(struct omb_step *step, const void *ask, const void **out,
                                 struct omb_error *err)
{
    const struct omb_tip *tip = omb_office_tip(step->office);
    struct omb_store_stats *answer = OMB_ARENA_NEW(step->arena, struct omb_store_stats, 1);
    struct omb_family_stats *families =
        OMB_ARENA_NEW(step->arena, struct omb_family_stats, OMB_FAMILY_COUNT);
    enum omb_rc rc = read_schema(step, &answer->schema, err);

    (void)ask;
    for (size_t i = 0; rc == OMB_OK && i < OMB_FAMILY_COUNT; i++) {
        struct tally tally = {.stats.family = omb_view_str(omb_family_name((enum omb_family)i))};

        rc = omb_desk_scan(step, (enum omb_family)i, OMB_VIEW_NONE, NULL, count_row, &tally, err);
        families[i] = tally.stats;
        answer->bytes += tally.stats.bytes;
    }
    if (rc != OMB_OK)
        return rc;
    answer->epoch = omb_desk_hex(step->arena, omb_office_epoch(step->office));
    answer->families.items = families;
    answer->families.count = OMB_FAMILY_COUNT;
    answer->cases = tip->cases;
    answer->records = tip->records;
    *out = answer;
    return OMB_OK;
}
