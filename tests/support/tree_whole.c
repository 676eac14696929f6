/*
 * What must hold of a tree once every daemon runs and every line stands: nothing waits, everybody
 * holds what concerns them, and nobody anything else. Judged apart from the core: from the records
 * of all stores together, and from the tree as the test drew it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/assert.h"
#include "office/keys.h"
#include "support/whole.h"
#include "wire/rows.h"

/* --- judging --- */

/* Fails when a set is not empty; says of which record and office it is. */
static void must_be_none(const struct whole *whole, const struct record *record, offices set,
                         const char *what)
{
    size_t i = 0;

    if (set == 0)
        return;
    while ((set >> i & 1) == 0)
        i++;
    fail_msg("%s %s: %s %llu of %s (%02x%02x%02x%02x)", whole->tree->offices[i]->code, what,
             record->event != 0 ? omb_event_name(record->event) : "a record",
             (unsigned long long)record->seq, tree_code_of(whole->tree, &record->office),
             record->digest.bytes[0], record->digest.bytes[1], record->digest.bytes[2],
             record->digest.bytes[3]);
}

static void judge_parts(const struct whole *whole, const struct record *record)
{
    const bool erased = record->matter != SIZE_MAX && whole->matters[record->matter].erased;

    for (size_t i = 0; i < 3; i++) {
        const offices holders = record->part_holders[i];

        if ((record->parts & whole_part_kinds[i]) == 0)
            continue;
        if (erased)
            must_be_none(whole, record, holders, "keeps an erased part of");
        else if (holders != 0) /* else nobody is left who has it */
            must_be_none(whole, record, record->holders & ~holders, "lacks a part of");
    }
}

static void judge_record(const struct whole *whole, const struct record *record)
{
    const offices own = whole_offices(whole->tree, &record->office);
    offices due = whole_with_above(whole->tree, own, false);
    offices may = whole_with_above(whole->tree, own, true);

    if (record->holders == 0)
        return; /* lost with all who had it */
    if (record->matter != SIZE_MAX) {
        due |= whole->matters[record->matter].parties;
        may |= whole->matters[record->matter].ever;
        must_be_none(whole, record, record->holders & ~may, "holds what is out of its scope:");
    }
    must_be_none(whole, record, due & ~record->holders & ~whole->gone, "lacks");
    judge_parts(whole, record);
}

static bool get(const struct tree_office *office, enum omb_family family,
                const struct omb_key *key, struct omb_buf *out)
{
    return omb_port_get(memport_port(office->rig.store), family, omb_key_view(key), out) == OMB_OK;
}

static bool place_of(const struct tree_office *office, const struct omb_digest *digest,
                     uint32_t *out_number, uint64_t *out_seq)
{
    const struct omb_key key = omb_key_digest(digest);
    struct omb_buf value = OMB_BUF_INIT;
    const bool found = get(office, OMB_FAMILY_DIGEST, &key, &value) &&
                       omb_read_place(omb_buf_view(&value), out_number, out_seq);

    omb_buf_free(&value);
    return found;
}

static bool holds_key(const struct tree_office *office, const struct matter *matter)
{
    const struct omb_key key = omb_key_case_secret(&matter->id);
    struct omb_buf value = OMB_BUF_INIT;
    const bool holds = get(office, OMB_FAMILY_KEY, &key, &value);

    omb_buf_free(&value);
    return holds;
}

/* Home was put back to before it opened the escrow key: only the recovery key helps. */
static bool lost_escrow(const struct tree_office *home, const struct record *registered)
{
    struct omb_buf part = OMB_BUF_INIT, value = OMB_BUF_INIT;
    struct omb_grants grants;
    struct omb_key key;
    uint32_t number;
    uint64_t seq;
    bool lost = true;

    if (place_of(home, &registered->digest, &number, &seq)) {
        key = omb_key_part(number, seq, OMB_PART_GRANTS);
        if (get(home, OMB_FAMILY_PART, &key, &part) &&
            omb_decode_grants(omb_buf_view(&part), &home->tree->scratch, &grants, NULL) == OMB_OK &&
            grants.escrow != NULL && place_of(home, &grants.escrow->escrow, &number, &seq)) {
            key = omb_key_escrow(number, seq);
            lost = !get(home, OMB_FAMILY_KEY, &key, &value);
        }
    }
    omb_buf_free(&part);
    omb_buf_free(&value);
    return lost;
}

/* Home has the key, or nothing left to open it with. */
static bool home_gives_key(const struct whole *whole, size_t matter)
{
    for (size_t i = 0; i < whole->record_count; i++) {
        const struct record *record = &whole->records[i];

        if (record->holders == 0 || record->matter != matter ||
            record->event != OMB_EVENT_REGISTERED)
            continue;
        for (size_t k = 0; k < whole->tree->count; k++) {
            const struct tree_office *home = whole->tree->offices[k];

            if (home->gone || !omb_office_id_equal(&home->id, &record->office))
                continue;
            if (holds_key(home, &whole->matters[matter]))
                return true;
            if (!lost_escrow(home, record))
                fail_msg("%s cannot read its own case %llu", home->code,
                         (unsigned long long)whole->matters[matter].id.serial);
        }
    }
    return false;
}

/* Whether its closing is anywhere: what it decides an office above takes over. */
static bool is_closed(const struct whole *whole, const struct tree_office *office)
{
    const offices both = office->successor == NULL
                             ? 0
                             : whole_offices(whole->tree, &office->id) |
                                   whole_offices(whole->tree, &office->successor->id);

    for (size_t i = 0; both != 0 && i < whole->record_count; i++)
        if (whole->records[i].event == OMB_EVENT_OFFICE_CLOSED && whole->records[i].holders != 0 &&
            (whole->records[i].named & both) == both)
            return true;
    return false;
}

/*
 * Who decides a case of which the office has custody: itself; of its own, when it was closed, who
 * stands in for it. NULL: nobody does, until one above takes over.
 */
static const struct tree_office *decider_of(const struct whole *whole,
                                            const struct tree_office *office, size_t matter)
{
    if (!is_closed(whole, office))
        return office;
    if (!omb_office_id_equal(&whole->matters[matter].id.home, &office->id) ||
        office->successor->gone)
        return NULL;
    return office->successor;
}

/* Who decides a case can read it. */
static void judge_custodian(const struct whole *whole, size_t matter)
{
    const struct omb_key key = omb_key_case(&whole->matters[matter].id);
    struct omb_arena *arena = &whole->tree->scratch;

    if (!home_gives_key(whole, matter))
        return;
    for (size_t i = 0; i < whole->tree->count; i++) {
        const struct tree_office *office = whole->tree->offices[i];
        struct omb_buf value = OMB_BUF_INIT;
        struct omb_case_row row;

        omb_arena_reset(arena);
        if (!office->gone && get(office, OMB_FAMILY_CASE, &key, &value) &&
            omb_decode_case_row(omb_buf_view(&value), arena, &row, NULL) == OMB_OK &&
            row.custodian != NULL && omb_office_id_equal(&row.custodian->office, &office->id) &&
            decider_of(whole, office, matter) != NULL &&
            !holds_key(decider_of(whole, office, matter), &whole->matters[matter]))
            fail_msg("%s decides case %llu of %s and has no key to it", office->code,
                     (unsigned long long)whole->matters[matter].id.serial,
                     tree_code_of(whole->tree, &whole->matters[matter].id.home));
        omb_buf_free(&value);
    }
}

/* --- what crossed --- */

/* A set of numbers that are not 0. */
struct numbers {
    uint64_t *slots;
    size_t capacity; /* a power of two, more than twice what is put */
};

static bool has_number(const struct numbers *numbers, uint64_t number)
{
    size_t at = (size_t)number & (numbers->capacity - 1);

    while (numbers->slots[at] != 0 && numbers->slots[at] != number)
        at = (at + 1) & (numbers->capacity - 1);
    return number != 0 && numbers->slots[at] == number;
}

static void put_number(struct numbers *numbers, uint64_t number)
{
    size_t at = (size_t)number & (numbers->capacity - 1);

    while (numbers->slots[at] != 0)
        at = (at + 1) & (numbers->capacity - 1);
    numbers->slots[at] = number;
}

/* Parts of cases that concern nobody at or below the child. */
static void put_foreign(const struct whole *whole, const struct tree_office *child,
                        struct numbers *out)
{
    const struct tree *tree = whole->tree;
    offices below = 0;

    for (size_t i = 0; i < tree->count; i++)
        if (tree_is_below(tree->offices[i], child, true))
            below |= UINT64_C(1) << i;
    for (size_t i = 0; i < whole->record_count; i++) {
        const struct record *record = &whole->records[i];

        if (record->matter == SIZE_MAX || (whole->matters[record->matter].ever & below) != 0)
            continue;
        for (size_t k = 0; k < 3; k++)
            if (!has_number(out, record->part_marks[k]) && record->part_marks[k] != 0)
                put_number(out, record->part_marks[k]);
    }
}

/* Digests are no secret (each record names the one before it); what they are of is. */
static void judge_crossing(const struct whole *whole, const struct tree_office *child)
{
    struct numbers foreign = {.capacity = 8};

    while (foreign.capacity < 8 * whole->record_count)
        foreign.capacity *= 2;
    foreign.slots = calloc(foreign.capacity, sizeof(*foreign.slots));
    OMB_ASSERT(foreign.slots != NULL);
    put_foreign(whole, child, &foreign);
    for (size_t i = 0; i < whole->tree->frame_count; i++) {
        const struct tree_frame *frame = &whole->tree->frames[i];

        if (frame->to != child ||
            (frame->from != child->parent && tree_is_below(frame->from, child, true)))
            continue;
        for (size_t at = 0; at + 8 <= frame->bytes.size; at++)
            if (has_number(&foreign, omb_be64(frame->bytes.data + at)))
                fail_msg("%s was sent a part of a case that is none of its business",
                         child->code);
    }
    free(foreign.slots);
}

/* The key of a case is with home and with whom a grant of it was made for, and nobody else. */
static void judge_keys(const struct whole *whole, size_t matter)
{
    offices may = whole_offices(whole->tree, &whole->matters[matter].id.home);

    for (size_t i = 0; i < whole->record_count; i++)
        if (whole->records[i].matter == matter && (whole->records[i].parts & OMB_PART_GRANTS) != 0)
            may |= whole->records[i].named;
    for (size_t i = 0; i < whole->tree->count; i++)
        if ((may >> i & 1) == 0 && !whole->tree->offices[i]->gone &&
            holds_key(whole->tree->offices[i], &whole->matters[matter]))
            fail_msg("%s holds the key to case %llu, and no event gave it",
                     whole->tree->offices[i]->code,
                     (unsigned long long)whole->matters[matter].id.serial);
}

/* One place in a log names one record on each replica. */
static void judge_names(const struct whole *whole)
{
    for (size_t i = 0; i < whole->record_count; i++)
        for (size_t k = i + 1; k < whole->record_count; k++) {
            const struct record *one = &whole->records[i], *other = &whole->records[k];

            if (one->seq == other->seq && (one->holders & other->holders) != 0 &&
                omb_office_id_equal(&one->office, &other->office) &&
                omb_incarnation_equal(&one->incarnation, &other->incarnation))
                must_be_none(whole, other, one->holders & other->holders, "has two of one place:");
        }
}

void tree_check_whole(struct tree *tree)
{
    struct whole whole = {.tree = tree};

    for (size_t i = 0; i < tree->count; i++) {
        struct tree_office *office = tree->offices[i];

        tree_check_acked(office);
        if (office->gone)
            continue;
        if (office->parent != NULL)
            tree_check_link(office, office->parent);
        tree_check_store(office);
        tree_check_spines(office);
    }
    whole_read(&whole);
    judge_names(&whole);
    for (size_t i = 0; i < whole.record_count; i++)
        judge_record(&whole, &whole.records[i]);
    for (size_t i = 0; i < whole.matter_count; i++)
        judge_keys(&whole, i);
    for (size_t i = 0; i < whole.matter_count; i++)
        if (!whole.matters[i].erased)
            judge_custodian(&whole, i);
    for (size_t i = 0; i < tree->count; i++)
        if (tree->offices[i]->parent != NULL)
            judge_crossing(&whole, tree->offices[i]);
    whole_free(&whole);
    tree_check_parts(tree);
    tree_check(tree);
}
