/*
 * Cases that mean something else now: a certificate, the standing or a revocation of an office
 * changed what its records mean, so each case in which it is a party is folded again. Those that
 * but name it are found among all, and only when it stands elsewhere: whoever decides for it may be
 * another then. When it came to stand below another child, that one is also offered each case which
 * it or an office below it is a party of. Of a few it is done at once; of many the rest comes on
 * ticks, and how far it came is kept:
 *
 *     office  'U' office id -> stage(1), key of the last row that was looked at
 *
 * Meanwhile such a case is shown as it was folded last, as if what changed it had come later; a
 * record that comes for it folds it with all that is known.
 */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "office/inside.h"
#include "office/logs.h"
#include "office/receive.h"
#include "wire/header.h"

/* What one batch may cost: one for an office or row looked at, more for a fold. */
enum { COST_OF_CASE = 16, COST_AT_ONCE = 4096, CASES_AT_ONCE = COST_AT_ONCE / COST_OF_CASE + 1 };

/*
 * Where cases are looked for: of one that came or is named all that are here; its own, of a direct
 * child those in its scope, those it wrote in.
 */
enum stage {
    CAME = OMB_REFOLD_CAME,
    NAMED = OMB_REFOLD_NAMED,
    OWN = OMB_REFOLD_OWN,
    SCOPE,
    WRITTEN,
    STAGES
};

/* As a mark says it, which was written before there was NAMED as well. */
static const uint8_t marked[] = {
    [CAME] = 0, [OWN] = 1, [SCOPE] = 2, [WRITTEN] = 3, [NAMED] = 4,
};

struct turn {
    struct omb_step *step;
    struct omb_office_id office;
    unsigned stage;
    struct omb_key after;
    struct omb_case_id *ids;
    size_t count, cost;
};

/* --- what is kept --- */

static void put_mark(const struct turn *turn)
{
    struct omb_writes *writes = turn->step->update->writes;
    const struct omb_key key = omb_key_unfolded(&turn->office);
    uint8_t mark[1 + OMB_KEY_MAX];

    if (turn->stage == STAGES) {
        omb_delete(writes, OMB_FAMILY_OFFICE, omb_key_view(&key));
        return;
    }
    mark[0] = marked[turn->stage];
    memcpy(mark + 1, turn->after.bytes, turn->after.size);
    omb_put(writes, OMB_FAMILY_OFFICE, omb_key_view(&key), omb_view(mark, 1 + turn->after.size));
    turn->step->office->refolding.pending = true;
    omb_wake_at(turn->step, turn->step->input->now_ms);
}

static enum omb_rc take_mark(void *arg, struct omb_view key, struct omb_view value)
{
    struct turn *turn = arg;
    unsigned stage = 0;

    while (value.size > 0 && stage < STAGES && marked[stage] != value.data[0])
        stage++;
    if (key.size != 1 + OMB_OFFICE_ID_SIZE || value.size < 1 || stage == STAGES ||
        value.size - 1 >= OMB_KEY_MAX)
        return OMB_DAMAGED;
    memcpy(turn->office.bytes, key.data + 1, OMB_OFFICE_ID_SIZE);
    turn->stage = stage;
    turn->after.size = value.size - 1;
    if (turn->after.size > 0)
        memcpy(turn->after.bytes, value.data + 1, turn->after.size);
    return OMB_STOP;
}

/* The first office that is not done with; OMB_NOT_FOUND. */
static enum omb_rc read_mark(const struct omb_port *port, struct turn *out, struct omb_error *err)
{
    const struct omb_key all = omb_key_unfolded(NULL);
    const enum omb_rc rc =
        omb_port_scan_prefix(port, OMB_FAMILY_OFFICE, omb_key_view(&all), take_mark, out);

    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "which cases are to be folded again cannot be read");
    return omb_office_id_none(&out->office) ? OMB_NOT_FOUND : OMB_OK;
}

/* --- the next cases --- */

static bool is_full(const struct turn *turn)
{
    return turn->cost >= COST_AT_ONCE;
}

static void set_after(struct turn *turn, struct omb_view key)
{
    OMB_ASSERT(key.size <= OMB_KEY_MAX);
    memcpy(turn->after.bytes, key.data, key.size);
    turn->after.size = key.size;
}

static void add(struct turn *turn, const struct omb_case_id *id)
{
    if (turn->count > 0 && omb_case_id_equal(&turn->ids[turn->count - 1], id))
        return;
    OMB_ASSERT(turn->count < CASES_AT_ONCE);
    turn->ids[turn->count++] = *id;
    turn->cost += COST_OF_CASE;
}

/* A row whose key ends in a case id. */
static enum omb_rc take_case(void *arg, struct omb_view key, struct omb_view value)
{
    struct turn *turn = arg;
    struct omb_case_id id;

    (void)value;
    if (key.size < OMB_CASE_KEY_SIZE ||
        !omb_key_read_case(omb_view(key.data + key.size - OMB_CASE_KEY_SIZE, OMB_CASE_KEY_SIZE),
                           &id))
        return OMB_DAMAGED;
    add(turn, &id);
    set_after(turn, key);
    turn->cost++;
    return is_full(turn) ? OMB_STOP : OMB_OK;
}

static enum omb_rc take_record(void *arg, struct omb_view key, struct omb_view value)
{
    struct turn *turn = arg;
    struct omb_stored_record stored;
    struct omb_header header;
    struct omb_arena arena;
    enum omb_rc rc = OMB_OK;

    omb_arena_init(&arena, SIZE_MAX);
    if (!omb_stored_read(value, &arena, &stored, &header))
        rc = OMB_DAMAGED;
    else if (header.case_id)
        add(turn, header.case_id);
    omb_arena_free(&arena);
    set_after(turn, key);
    turn->cost++;
    return rc == OMB_OK && is_full(turn) ? OMB_STOP : rc;
}

/* Rows that begin so, behind the one that was looked at last. */
static enum omb_rc scan_from(struct turn *turn, enum omb_family family,
                             const struct omb_key *prefix, omb_row_fn *fn)
{
    struct omb_key from = turn->after.size > 0 ? turn->after : *prefix;
    struct omb_key until = *prefix;

    if (turn->after.size > 0)
        from.bytes[from.size++] = 0;
    while (until.size > 0 && until.bytes[until.size - 1] == 0xff)
        until.size--;
    if (until.size > 0)
        until.bytes[until.size - 1]++;
    return omb_port_scan(turn->step->port, family, omb_key_view(&from), omb_key_view(&until), false,
                         fn, turn);
}

struct numbers {
    struct omb_arena *arena;
    uint32_t *items;
    size_t count, room;
};

static enum omb_rc take_number(void *arg, const struct omb_log *log)
{
    struct numbers *numbers = arg;

    if (log->row.line > 0)
        return OMB_OK;
    if (numbers->count == numbers->room) {
        const size_t room = numbers->room ? 2 * numbers->room : 16;
        uint32_t *items = OMB_ARENA_NEW(numbers->arena, uint32_t, room);

        if (numbers->count > 0)
            memcpy(items, numbers->items, numbers->count * sizeof(*items));
        numbers->items = items;
        numbers->room = room;
    }
    numbers->items[numbers->count++] = log->number;
    return OMB_OK;
}

static int by_number(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

/* Its logs by their numbers, which a log that comes meanwhile only adds to at the end. */
static enum omb_rc scan_logs(struct turn *turn, struct omb_error *err)
{
    struct numbers numbers = {.arena = turn->step->arena};
    enum omb_rc rc = omb_logs_each(turn->step, &turn->office, take_number, &numbers, err);

    if (numbers.count > 1)
        qsort(numbers.items, numbers.count, sizeof(*numbers.items), by_number);
    for (size_t i = 0; rc == OMB_OK && i < numbers.count && !is_full(turn); i++) {
        const struct omb_key prefix = omb_key_log(numbers.items[i]);
        const uint32_t reached = turn->after.size > 0 ? omb_be32(turn->after.bytes) : 0;

        if (numbers.items[i] < reached)
            continue;
        if (numbers.items[i] > reached)
            turn->after.size = 0;
        rc = scan_from(turn, OMB_FAMILY_RECORD, &prefix, take_record);
    }
    return rc;
}

/* Cases that name it were looked for with those of one that came. */
static unsigned next_stage(unsigned stage)
{
    return stage == CAME ? OWN : stage + 1;
}

/* What is done with a case is the same from its own ones on. */
static unsigned kind_of(unsigned stage)
{
    return stage < OWN ? stage : OWN;
}

/*
 * A case that only names an office further down is folded when that office first writes in it, or
 * stands elsewhere.
 */
static enum omb_rc find_cases(struct turn *turn, struct omb_error *err)
{
    const struct omb_key all = {.size = 0};
    const unsigned kind = kind_of(turn->stage);
    enum omb_rc rc = OMB_OK;

    while (rc == OMB_OK && turn->stage < STAGES && !is_full(turn) &&
           kind_of(turn->stage) == kind) {
        const struct omb_key scope = omb_key_scope(&turn->office, NULL);
        struct omb_key own = {.size = OMB_OFFICE_ID_SIZE};

        memcpy(own.bytes, turn->office.bytes, OMB_OFFICE_ID_SIZE);
        if (turn->stage < OWN)
            rc = scan_from(turn, OMB_FAMILY_CASE, &all, take_case);
        else if (turn->stage == OWN)
            rc = scan_from(turn, OMB_FAMILY_CASE, &own, take_case);
        else if (turn->stage == SCOPE)
            rc = scan_from(turn, OMB_FAMILY_PEER, &scope, take_case);
        else
            rc = scan_logs(turn, err);
        if (rc == OMB_OK && !is_full(turn)) {
            turn->stage = next_stage(turn->stage);
            turn->after.size = 0;
        }
    }
    return rc == OMB_OK ? rc : omb_fail(err, rc, NULL, "the cases of an office cannot be read");
}

/* --- folding --- */

static bool names(const struct omb_case *folded, const struct omb_office_id *office)
{
    for (size_t i = 0; i < folded->party_count; i++)
        if (omb_office_id_equal(&folded->parties[i], office))
            return true;
    return false;
}

static enum omb_rc refold(struct turn *turn, unsigned kind, const struct omb_case_id *id,
                          struct omb_error *err)
{
    struct omb_step *step = turn->step;
    struct omb_casefile file;
    enum omb_rc rc = omb_casefile_load(step, id, &file, err);

    if (rc == OMB_LIMIT || rc == OMB_NOT_FOUND)
        return OMB_OK;
    if (rc == OMB_OK && kind == CAME)
        rc = omb_feed_newcomer(step, &turn->office, &file, err);
    if (rc != OMB_OK || (kind != OWN && !names(&file.folded, &turn->office)))
        return rc;
    rc = omb_vault_take_grants(step, &file, err);
    return rc == OMB_OK ? omb_casefile_save(step, &file, err) : rc;
}

static int by_id(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct omb_case_id));
}

static enum omb_rc refold_all(struct turn *turn, unsigned kind, struct omb_error *err)
{
    struct omb_step *step = turn->step;
    struct omb_arena *arena = step->arena, one;
    enum omb_rc rc = OMB_OK;

    if (turn->count > 1)
        qsort(turn->ids, turn->count, sizeof(*turn->ids), by_id);
    omb_arena_init(&one, SIZE_MAX);
    step->arena = &one;
    for (size_t i = 0; rc == OMB_OK && i < turn->count; i++) {
        if (i > 0 && omb_case_id_equal(&turn->ids[i - 1], &turn->ids[i]))
            continue;
        rc = refold(turn, kind, &turn->ids[i], err);
        omb_arena_reset(&one);
    }
    step->arena = arena;
    omb_arena_free(&one);
    return rc;
}

/* One turn of an office, as far as this batch may go. */
static enum omb_rc work(struct turn *turn, struct omb_error *err)
{
    struct omb_refolding *refolding = &turn->step->office->refolding;
    const unsigned kind = kind_of(turn->stage);
    enum omb_rc rc;

    turn->ids = OMB_ARENA_NEW(turn->step->arena, struct omb_case_id, CASES_AT_ONCE);
    turn->cost = refolding->cost + 1;
    rc = find_cases(turn, err);
    refolding->cost = turn->cost;
    if (rc == OMB_OK)
        rc = refold_all(turn, kind, err);
    if (rc == OMB_OK)
        put_mark(turn);
    return rc;
}

/* --- from outside --- */

/*
 * Of one that is not done with what was due first still is. Its own cases are behind that, so the
 * walk goes on from there; what asks for such a walk again begins it anew.
 */
static enum omb_rc begin(struct turn *turn, struct omb_error *err)
{
    const struct omb_key key = omb_key_unfolded(&turn->office);
    struct omb_buf value = OMB_BUF_INIT;
    struct turn before = {.stage = STAGES};
    enum omb_rc rc = omb_port_get(turn->step->port, OMB_FAMILY_OFFICE, omb_key_view(&key), &value);

    if (rc == OMB_OK)
        rc = take_mark(&before, omb_key_view(&key), omb_buf_view(&value));
    omb_buf_free(&value);
    if (rc != OMB_STOP && rc != OMB_NOT_FOUND)
        return omb_fail(err, rc, NULL, "which cases are to be folded again cannot be read");
    if (before.stage < OWN && before.stage <= turn->stage) {
        if (turn->stage == OWN)
            turn->after = before.after;
        turn->stage = before.stage;
    }
    return work(turn, err);
}

enum omb_rc omb_refold_cases_of(struct omb_step *step, const struct omb_office_id *office,
                                enum omb_refold which, struct omb_error *err)
{
    struct turn turn = {.step = step, .office = *office, .stage = which};

    if (step->intake) {
        omb_intake_refold(step->intake, office, which);
        return OMB_OK;
    }
    return begin(&turn, err);
}

bool omb_duty_refolds(const struct omb_step *step)
{
    return step->office->refolding.pending;
}

enum omb_rc omb_duty_refold_open(struct omb_office *office, struct omb_error *err)
{
    struct turn turn = {.stage = OWN};
    const enum omb_rc rc = read_mark(office->setup.port, &turn, err);

    office->refolding.pending = rc == OMB_OK;
    return rc == OMB_NOT_FOUND ? OMB_OK : rc;
}

enum omb_rc omb_duty_refold_turn(struct omb_step *step, struct omb_error *err)
{
    struct omb_refolding *refolding = &step->office->refolding;
    enum omb_rc rc = OMB_OK;

    while (rc == OMB_OK && refolding->pending && refolding->cost < COST_AT_ONCE) {
        struct turn turn = {.step = step};

        rc = read_mark(step->port, &turn, err);
        if (rc == OMB_NOT_FOUND) {
            refolding->pending = false;
            return OMB_OK;
        }
        if (rc == OMB_OK)
            rc = work(&turn, err);
    }
    return rc;
}
