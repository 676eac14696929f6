/*
 * Rows that follow from the records, made again: digests, lists of cases' records, cases, indexes.
 * Row by row, and only differences are written, in one update: a store in order is left as it is.
 * The log, the journal, parts and keys are what everything follows from and are not touched.
 */
#include <string.h>

#include "base/assert.h"
#include "office/desk/derived.h"
#include "office/logs.h"

enum { CHUNK = 500 }; /* rows looked at before what they need is written */

/* What a chunk found to write: a scan must not be written under. */
struct mend {
    enum omb_family family;
    struct omb_view key, value;
    bool drop;
};

struct rebuilding {
    struct omb_step *step;
    struct omb_aside aside; /* the row at hand */
    struct omb_aside kept;  /* keys and values of the chunk's mends */
    struct mend *mends;
    size_t mend_count, mend_room;
    size_t scanned;
    struct omb_key last;
    bool ended;
    uint32_t number; /* the log looked up last, and whether it is a line that stands */
    bool stands;
    struct omb_store_rebuilt *answer;
    struct omb_error *err;
};

typedef enum omb_rc pass_fn(struct rebuilding *build, struct omb_view key, struct omb_view value);

static struct mend *next_mend(struct rebuilding *build, enum omb_family family, struct omb_view key)
{
    struct omb_arena *arena = &build->kept.arena;
    struct mend *mend;

    if (build->mend_count == build->mend_room) {
        struct mend *mends;

        build->mend_room = build->mend_room ? 2 * build->mend_room : 64;
        mends = OMB_ARENA_NEW(arena, struct mend, build->mend_room);
        if (build->mend_count > 0)
            memcpy(mends, build->mends, build->mend_count * sizeof(*mends));
        build->mends = mends;
    }
    mend = &build->mends[build->mend_count++];
    *mend = (struct mend){.family = family, .key = omb_arena_copy(arena, key)};
    return mend;
}

static void drop_row(struct rebuilding *build, enum omb_family family, struct omb_view key)
{
    next_mend(build, family, key)->drop = true;
}

/* Puts the row unless it stands so already. */
static enum omb_rc want_row(struct rebuilding *build, enum omb_family family, struct omb_view key,
                            struct omb_view value)
{
    bool stands = false;
    const enum omb_rc rc =
        omb_derived_stands(&build->aside.step, family, key, value, &stands, build->err);

    if (rc == OMB_OK && !stands)
        next_mend(build, family, key)->value = omb_arena_copy(&build->kept.arena, value);
    return rc;
}

static void write_mends(struct rebuilding *build)
{
    struct omb_writes *writes = omb_step_writes(build->step);

    for (size_t i = 0; i < build->mend_count; i++) {
        const struct mend *mend = &build->mends[i];

        if (mend->drop)
            omb_delete(writes, mend->family, mend->key);
        else
            omb_put(writes, mend->family, mend->key, mend->value);
    }
    build->answer->changed += build->mend_count;
    build->mends = NULL;
    build->mend_count = build->mend_room = 0;
    omb_arena_reset(&build->kept.arena);
}

/* What everything follows from must be whole; that it is not is no reason to stop the office. */
static enum omb_rc refuse_damaged(struct rebuilding *build, enum omb_rc rc,
                                  const struct omb_error *why)
{
    if (rc == OMB_IO)
        return omb_fail(build->err, rc, NULL, "%s", why->words);
    return omb_fail(build->err, OMB_REFUSED, NULL, "%s: verify the log first", why->words);
}

static enum omb_rc open_at(struct rebuilding *build, const struct omb_row_at *at,
                           struct omb_opened *out, bool *out_there)
{
    struct omb_error why = {0};
    const enum omb_rc rc = omb_desk_open(&build->aside.step, at->number, at->seq, out, &why);

    *out_there = rc == OMB_OK;
    return rc == OMB_OK || rc == OMB_NOT_FOUND ? OMB_OK : refuse_damaged(build, rc, &why);
}

/* Records of a line that lost a fork are evidence: they belong to no case. */
static enum omb_rc look_up_line(struct rebuilding *build, uint32_t number)
{
    struct omb_error why = {0};
    struct omb_log log;
    enum omb_rc rc;

    if (build->number == number)
        return OMB_OK;
    rc = omb_log_by_number(&build->aside.step, number, &log, &why);
    if (rc != OMB_OK && rc != OMB_NOT_FOUND)
        return refuse_damaged(build, rc, &why);
    build->number = number;
    build->stands = rc == OMB_NOT_FOUND || log.row.line == 0;
    return OMB_OK;
}

/* --- passes --- */

/* From each row of a log: the row by which it is found. */
static enum omb_rc pass_log(struct rebuilding *build, struct omb_view key, struct omb_view value)
{
    struct omb_log_row row;
    struct omb_key name;

    if (key.size != 4 || omb_decode_log_row(value, &build->aside.arena, &row, NULL) != OMB_OK)
        return omb_fail(build->err, OMB_REFUSED, NULL, "the row of a log is damaged");
    name = omb_key_life(&row.office, &row.incarnation, row.line);
    return want_row(build, OMB_FAMILY_OFFICE, omb_key_view(&name), key);
}

/* From each record: the row of its digest, and that of its case's list. */
static enum omb_rc pass_record(struct rebuilding *build, struct omb_view key, struct omb_view value)
{
    struct omb_opened record;
    struct omb_row_at at;
    struct omb_key row;
    uint8_t place[12];
    bool there;
    enum omb_rc rc;

    (void)value;
    if (!omb_key_read_record(key, &at.number, &at.seq))
        return omb_fail(build->err, OMB_REFUSED, NULL, "a record has a key that is none");
    rc = open_at(build, &at, &record, &there);
    if (rc != OMB_OK || !there)
        return rc;
    build->answer->records++;
    omb_put_place(place, at.number, at.seq);
    row = omb_key_digest(&record.digest);
    rc = want_row(build, OMB_FAMILY_DIGEST, omb_key_view(&row), OMB_VIEW_OF(place));
    if (rc == OMB_OK)
        rc = look_up_line(build, at.number);
    if (rc != OMB_OK || record.header.case_id == NULL || !build->stands)
        return rc;
    row = omb_key_case_log(record.header.case_id, at.number, at.seq);
    return want_row(build, OMB_FAMILY_CASE_LOG, omb_key_view(&row), OMB_VIEW_NONE);
}

/* Digest rows that no record backs. */
static enum omb_rc pass_digest(struct rebuilding *build, struct omb_view key, struct omb_view value)
{
    struct omb_opened record;
    struct omb_row_at at;
    bool there = false;
    enum omb_rc rc = OMB_OK;

    if (omb_read_place(value, &at.number, &at.seq))
        rc = open_at(build, &at, &record, &there);
    if (rc == OMB_OK &&
        (!there || !omb_view_equal(key, omb_view(record.digest.bytes, 16))))
        drop_row(build, OMB_FAMILY_DIGEST, key);
    return rc;
}

/* Rows of a case's list whose record is not there, or of another case. */
static enum omb_rc pass_case_log(struct rebuilding *build, struct omb_view key,
                                 struct omb_view value)
{
    struct omb_opened record;
    struct omb_case_id id;
    struct omb_row_at at;
    bool backed = false;
    enum omb_rc rc = OMB_OK;

    (void)value;
    if (omb_key_read_case_log(key, &id, &at.number, &at.seq))
        rc = open_at(build, &at, &record, &backed);
    if (rc == OMB_OK && backed)
        rc = look_up_line(build, at.number);
    if (rc == OMB_OK && backed) {
        backed = record.header.case_id != NULL && build->stands;
        if (backed) {
            const struct omb_key own = omb_key_case(record.header.case_id);

            backed = omb_view_equal(omb_key_view(&own), omb_view(key.data, OMB_CASE_KEY_SIZE));
        }
    }
    if (rc == OMB_OK && !backed)
        drop_row(build, OMB_FAMILY_CASE_LOG, key);
    return rc;
}

static enum omb_rc mend_case(struct rebuilding *build, const struct omb_case_id *id)
{
    struct omb_step *step = &build->aside.step;
    const struct omb_key key = omb_key_case(id);
    struct omb_derived_keys keys = {0};
    struct omb_error why = {0};
    struct omb_casefile file;
    enum omb_rc rc = omb_casefile_load(step, id, &file, &why);

    if (rc == OMB_OK)
        rc = omb_derived_index(step, &file, &keys, &why);
    if (rc != OMB_OK)
        return refuse_damaged(build, rc, &why);
    build->answer->cases++;
    rc = want_row(build, OMB_FAMILY_CASE, omb_key_view(&key), omb_derived_case_row(step, &file));
    for (size_t i = 0; rc == OMB_OK && i < keys.count; i++)
        rc = want_row(build, OMB_FAMILY_INDEX, keys.items[i], OMB_VIEW_NONE);
    return rc;
}

/* From each case's list: its row and its index rows. Rows of one case follow each other. */
static enum omb_rc pass_case(struct rebuilding *build, struct omb_view key, struct omb_view value)
{
    struct omb_case_id id;
    uint32_t number;
    uint64_t seq;

    (void)value;
    if (build->last.size >= OMB_CASE_KEY_SIZE &&
        memcmp(build->last.bytes, key.data, OMB_CASE_KEY_SIZE) == 0)
        return OMB_OK;
    OMB_ASSERT(omb_key_read_case_log(key, &id, &number, &seq)); /* the pass before dropped others */
    return mend_case(build, &id);
}

struct looking {
    bool found;
};

static enum omb_rc see_row(void *arg, struct omb_view key, struct omb_view value)
{
    struct looking *look = arg;

    (void)key;
    (void)value;
    look->found = true;
    return OMB_STOP;
}

/* Cases of which no record is here. */
static enum omb_rc pass_orphan(struct rebuilding *build, struct omb_view key, struct omb_view value)
{
    struct looking look = {false};
    const enum omb_rc rc = omb_desk_scan(&build->aside.step, OMB_FAMILY_CASE_LOG, key, NULL,
                                         see_row, &look, build->err);

    (void)value;
    if (rc == OMB_OK && (key.size != OMB_CASE_KEY_SIZE || !look.found))
        drop_row(build, OMB_FAMILY_CASE, key);
    return rc;
}

/* Index rows that their case does not imply. */
static enum omb_rc pass_index(struct rebuilding *build, struct omb_view key, struct omb_view value)
{
    struct omb_error why = {0};
    const enum omb_rc rc = omb_derived_implied(&build->aside.step, key, &why);

    (void)value;
    if (rc == OMB_NOT_FOUND)
        drop_row(build, OMB_FAMILY_INDEX, key);
    return rc == OMB_OK || rc == OMB_NOT_FOUND ? OMB_OK : refuse_damaged(build, rc, &why);
}

/* --- the passes in order, each on what the one before left --- */

static const struct pass {
    enum omb_family family;
    pass_fn *look;
} passes[] = {
    {OMB_FAMILY_LOG, pass_log}, {OMB_FAMILY_RECORD, pass_record}, {OMB_FAMILY_DIGEST, pass_digest},
    {OMB_FAMILY_CASE_LOG, pass_case_log}, {OMB_FAMILY_CASE_LOG, pass_case},
    {OMB_FAMILY_CASE, pass_orphan}, {OMB_FAMILY_INDEX, pass_index},
};

struct walking {
    struct rebuilding *build;
    const struct pass *pass;
};

static enum omb_rc visit(void *arg, struct omb_view key, struct omb_view value)
{
    const struct walking *walk = arg;
    struct rebuilding *build = walk->build;
    const enum omb_rc rc = walk->pass->look(build, key, value);

    omb_arena_reset(&build->aside.arena);
    if (rc != OMB_OK)
        return rc;
    OMB_ASSERT(key.size <= OMB_KEY_MAX);
    memcpy(build->last.bytes, key.data, key.size);
    build->last.size = key.size;
    if (++build->scanned < CHUNK)
        return OMB_OK;
    build->ended = false;
    return OMB_STOP;
}

static enum omb_rc walk_pass(struct rebuilding *build, const struct pass *pass)
{
    struct walking walk = {build, pass};
    enum omb_rc rc = OMB_OK;

    build->last.size = 0;
    build->ended = false;
    while (rc == OMB_OK && !build->ended) {
        const struct omb_key after = build->last;

        build->ended = true;
        build->scanned = 0;
        rc = omb_desk_scan(build->step, pass->family, OMB_VIEW_NONE, &after, visit, &walk,
                           build->err);
        if (rc == OMB_OK)
            write_mends(build);
    }
    return rc;
}

/* The counters of the tip follow from the records too. */
static void mend_counters(struct rebuilding *build)
{
    struct omb_tip *tip = omb_office_tip(build->step->office);

    if (tip->cases == build->answer->cases && tip->records == build->answer->records)
        return;
    tip->cases = build->answer->cases;
    tip->records = build->answer->records;
    omb_tip_touch(build->step);
    build->answer->changed++;
}

enum omb_rc omb_desk_store_rebuild(struct omb_step *step, const void *ask, const void **out,
                                   struct omb_error *err)
{
    struct rebuilding build = {.step = step, .err = err};
    enum omb_rc rc = OMB_OK;

    (void)ask;
    build.answer = OMB_ARENA_NEW(step->arena, struct omb_store_rebuilt, 1);
    omb_aside_begin(&build.aside, step);
    omb_aside_begin(&build.kept, step);
    for (size_t i = 0; rc == OMB_OK && i < sizeof(passes) / sizeof(passes[0]); i++)
        rc = walk_pass(&build, &passes[i]);
    if (rc == OMB_OK) {
        mend_counters(&build);
        *out = build.answer;
    }
    omb_aside_end(&build.kept);
    omb_aside_end(&build.aside);
    return rc;
}
