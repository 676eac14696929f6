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
#include "support/tree_drive.h"
#include "wire/rows.h"

/* Sets of offices are bits by their place in the tree. */
typedef uint64_t offices;
_Static_assert(TREE_OFFICES_MAX <= 64, "an office is a bit");

/* A case and who it concerns. */
struct matter {
    struct omb_case_id id;
    offices parties;
    offices ever; /* and whoever was one before an office moved */
    bool erased;
};

/* A record that any store holds on a line that stands. */
struct record {
    struct omb_digest digest;
    bool filled;
    struct omb_digest row; /* of its bytes as they are kept */
    struct omb_office_id office;
    struct omb_incarnation incarnation;
    uint64_t seq;
    size_t matter; /* SIZE_MAX: of no case */
    uint32_t event;
    offices holders;
    uint32_t parts;         /* that it was written with */
    offices part_holders[3]; /* body, grants, extract */
    uint64_t part_marks[3];  /* bytes of each that no other has */
    offices named;          /* offices that it makes parties */
};

struct whole {
    struct tree *tree;
    struct matter *matters;
    size_t matter_count;
    struct record *records;
    size_t record_count, record_room;
    const struct memport *store; /* that is read */
    offices holder;              /* whose it is; 0: it is lost, or its office is gone */
    offices gone;
};

static const uint32_t part_kinds[] = {OMB_PART_BODY, OMB_PART_GRANTS, OMB_PART_EXTRACT};

/* --- the tree as it was drawn --- */

/* Copies of one office are one: all of them. */
static offices office_bits(const struct tree *tree, const struct omb_office_id *id)
{
    offices bits = 0;

    for (size_t i = 0; i < tree->count; i++)
        if (omb_office_id_equal(&tree->offices[i]->id, id))
            bits |= UINT64_C(1) << i;
    return bits;
}

/*
 * Whether what concerns the office concerns that one above it. Of an office that was put out, only
 * where it stood all the time: what had not come to its new place does not come there any more.
 */
static bool is_above(const struct tree_office *top, const struct tree_office *office, bool ever)
{
    for (size_t i = 0; office->gone && !ever && office != top && i < office->moves; i++)
        if (!tree_is_below(office->before[i], top, false))
            return false;
    return tree_is_below(office, top, ever);
}

static offices with_all_above(const struct tree *tree, offices below, bool ever)
{
    offices bits = below;

    for (size_t i = 0; i < tree->count; i++)
        for (size_t k = 0; (below >> i & 1) != 0 && k < tree->count; k++)
            if (is_above(tree->offices[k], tree->offices[i], ever))
                bits |= UINT64_C(1) << k;
    return bits;
}

/* --- reading the stores --- */

static size_t matter_of(struct whole *whole, const struct omb_case_id *id)
{
    for (size_t i = 0; i < whole->matter_count; i++) {
        const struct omb_case_id *other = &whole->matters[i].id;

        if (omb_office_id_equal(&other->home, &id->home) &&
            omb_incarnation_equal(&other->incarnation, &id->incarnation) &&
            other->year == id->year && other->serial == id->serial)
            return i;
    }
    whole->matters =
        realloc(whole->matters, (whole->matter_count + 1) * sizeof(*whole->matters));
    OMB_ASSERT(whole->matters != NULL);
    whole->matters[whole->matter_count] =
        (struct matter){
        .id = *id,
        .parties = office_bits(whole->tree, &id->home),
        .ever = office_bits(whole->tree, &id->home),
    };
    return whole->matter_count++;
}

static struct record *record_of(struct whole *whole, const struct omb_digest *digest)
{
    for (size_t i = 0; i < whole->record_count; i++)
        if (omb_digest_equal(&whole->records[i].digest, digest))
            return &whole->records[i];
    if (whole->record_count == whole->record_room) {
        whole->record_room = whole->record_room ? 2 * whole->record_room : 256;
        whole->records =
            realloc(whole->records, whole->record_room * sizeof(*whole->records));
        OMB_ASSERT(whole->records != NULL);
    }
    whole->records[whole->record_count] = (struct record){.digest = *digest, .matter = SIZE_MAX};
    return &whole->records[whole->record_count++];
}

/* What the facts of an event name: to whom it goes, whom it is about, who decides. */
static offices named_by(const struct tree *tree, const struct omb_facts *facts)
{
    const struct omb_any *event = &facts->event;
    const struct omb_shape *shape = omb_shape_alternative(&omb_shape_facts, event->tag)->shape;
    const struct omb_registered *registered = event->value;
    offices bits = 0;

    for (size_t i = 0; i < shape->field_count; i++) {
        const struct omb_office_ref *ref;

        if (shape->fields[i].sub != &omb_shape_office_ref)
            continue;
        ref = *(const struct omb_office_ref *const *)omb_shape_at(&shape->fields[i], event->value);
        if (ref != NULL)
            bits |= office_bits(tree, &ref->office);
    }
    if (event->tag == OMB_EVENT_REGISTERED && registered->matter != NULL &&
        registered->matter->about != NULL)
        bits |= office_bits(tree, &registered->matter->about->office);
    return bits;
}

static bool stands(const struct whole *whole, uint32_t number)
{
    const struct omb_key key = omb_key_log(number);
    struct omb_buf value = OMB_BUF_INIT;
    struct omb_log_row row;

    OMB_ASSERT(omb_port_get(memport_port(whole->store), OMB_FAMILY_LOG, omb_key_view(&key),
                            &value) == OMB_OK);
    OMB_ASSERT(omb_decode_log_row(omb_buf_view(&value), &whole->tree->scratch, &row, NULL) ==
               OMB_OK);
    omb_buf_free(&value);
    return row.line == 0;
}

/* What is sealed is random, and so is most of an extract: the middle tells a part. */
static bool holds_part(const struct whole *whole, uint32_t number, uint64_t seq,
                       uint32_t kind, uint64_t *out_mark)
{
    const struct omb_key key = omb_key_part(number, seq, kind);
    struct omb_buf value = OMB_BUF_INIT;
    const bool holds = omb_port_get(memport_port(whole->store), OMB_FAMILY_PART,
                                    omb_key_view(&key), &value) == OMB_OK;

    if (holds && value.size >= 24)
        *out_mark = omb_be64(value.data + value.size / 2);
    omb_buf_free(&value);
    return holds;
}

static void fill_record(struct whole *whole, struct record *record,
                        const struct omb_header *header, const struct omb_digest *row)
{
    record->filled = true;
    record->row = *row;
    record->incarnation = header->incarnation;
    record->office = header->office;
    record->seq = header->seq;
    record->parts = (header->body_size > 0 ? OMB_PART_BODY : 0) |
                    (header->grants_size > 0 ? OMB_PART_GRANTS : 0) |
                    (header->extract_size > 0 ? OMB_PART_EXTRACT : 0);
    if (header->facts != NULL && header->facts->event.value != NULL)
        record->event = header->facts->event.tag;
    if (header->case_id == NULL)
        return;
    record->matter = matter_of(whole, header->case_id);
    if (record->event != 0)
        record->named = named_by(whole->tree, header->facts);
}

static enum omb_rc read_record(void *arg, struct omb_view key, struct omb_view value)
{
    struct whole *whole = arg;
    struct omb_arena *arena = &whole->tree->scratch;
    struct omb_stored_record stored;
    struct omb_header header;
    struct omb_digest digest, row;
    struct record *record;
    uint32_t number;
    uint64_t seq;

    omb_arena_reset(arena);
    OMB_ASSERT(omb_key_read_record(key, &number, &seq));
    if (!stands(whole, number))
        return OMB_OK;
    OMB_ASSERT(omb_decode_stored_record(value, arena, &stored, NULL) == OMB_OK);
    OMB_ASSERT(omb_header_decode(stored.header, arena, &header, NULL, NULL) == OMB_OK);
    digest = omb_record_digest(stored.header);
    record = record_of(whole, &digest);
    row = omb_hash("test/row", value);
    if (!record->filled)
        fill_record(whole, record, &header, &row);
    if (!omb_digest_equal(&record->row, &row))
        fail_msg("%llu of %s is not kept in the same bytes everywhere",
                 (unsigned long long)header.seq, tree_code_of(whole->tree, &header.office));
    record->holders |= whole->holder;
    for (size_t i = 0; i < 3; i++)
        if ((record->parts & part_kinds[i]) != 0 &&
            holds_part(whole, number, seq, part_kinds[i], &record->part_marks[i]))
            record->part_holders[i] |= whole->holder;
    return OMB_OK;
}

/* Takes in whom a record of a party names; whether somebody is new. */
static bool spread_by(const struct whole *whole, const struct record *record, bool ever,
                      offices *parties)
{
    const offices before = *parties;

    *parties = with_all_above(whole->tree, *parties, ever);
    if ((office_bits(whole->tree, &record->office) & *parties) != 0)
        *parties = with_all_above(whole->tree, *parties | record->named, ever);
    return *parties != before;
}

/* Home, whom a record of a party names, and everybody above a party. */
static void spread_parties(struct whole *whole)
{
    for (bool grew = true; grew;) {
        grew = false;
        for (size_t i = 0; i < whole->record_count; i++) {
            const struct record *record = &whole->records[i];

            if (record->matter == SIZE_MAX)
                continue;
            if (record->holders != 0)
                grew |= spread_by(whole, record, false, &whole->matters[record->matter].parties);
            grew |= spread_by(whole, record, true, &whole->matters[record->matter].ever);
        }
    }
}

static void mark_erased(struct whole *whole, const struct tree_office *office)
{
    for (size_t i = 0; i < whole->matter_count; i++) {
        const struct omb_key key = omb_key_case(&whole->matters[i].id);
        struct omb_buf value = OMB_BUF_INIT;
        struct omb_case_row row;

        omb_arena_reset(&whole->tree->scratch);
        if (omb_port_get(memport_port(office->rig.store), OMB_FAMILY_CASE, omb_key_view(&key),
                         &value) == OMB_OK &&
            omb_decode_case_row(omb_buf_view(&value), &whole->tree->scratch, &row, NULL) == OMB_OK)
            whole->matters[i].erased |= row.erased;
        omb_buf_free(&value);
    }
}

static void read_store(struct whole *whole, const struct memport *store, offices holder)
{
    whole->store = store;
    whole->holder = holder;
    OMB_ASSERT(omb_port_scan(memport_port(store), OMB_FAMILY_RECORD, OMB_VIEW_NONE, OMB_VIEW_NONE,
                             false, read_record, whole) == OMB_OK);
}

/* What lost stores and those of offices that are gone said of scopes was so. */
static void read_all(struct whole *whole)
{
    const struct tree *tree = whole->tree;

    for (size_t i = 0; i < tree->count; i++) {
        const struct tree_office *office = tree->offices[i];

        if (office->gone)
            whole->gone |= UINT64_C(1) << i;
        read_store(whole, office->rig.store, office->gone ? 0 : UINT64_C(1) << i);
    }
    for (size_t i = 0; i < tree->lost_count; i++)
        read_store(whole, tree->lost[i], 0);
    spread_parties(whole);
    for (size_t i = 0; i < whole->tree->count; i++)
        if (!whole->tree->offices[i]->gone)
            mark_erased(whole, whole->tree->offices[i]);
}

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

        if ((record->parts & part_kinds[i]) == 0)
            continue;
        if (erased)
            must_be_none(whole, record, holders, "keeps an erased part of");
        else if (holders != 0) /* else nobody is left who has it */
            must_be_none(whole, record, record->holders & ~holders, "lacks a part of");
    }
}

static void judge_record(const struct whole *whole, const struct record *record)
{
    const offices own = office_bits(whole->tree, &record->office);
    offices due = with_all_above(whole->tree, own, false);
    offices may = with_all_above(whole->tree, own, true);

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

/* Who decides a case, or stands in since it was closed, can read it. */
static void judge_custodian(const struct whole *whole, size_t matter)
{
    const struct omb_key key = omb_key_case(&whole->matters[matter].id);
    struct omb_arena *arena = &whole->tree->scratch;

    if (!home_gives_key(whole, matter))
        return;
    for (size_t i = 0; i < whole->tree->count; i++) {
        const struct tree_office *office = whole->tree->offices[i], *decides = office;
        struct omb_buf value = OMB_BUF_INIT;
        struct omb_case_row row;

        omb_arena_reset(arena);
        while (decides->successor != NULL)
            decides = decides->successor;
        if (!office->gone && get(office, OMB_FAMILY_CASE, &key, &value) &&
            omb_decode_case_row(omb_buf_view(&value), arena, &row, NULL) == OMB_OK &&
            row.custodian != NULL && omb_office_id_equal(&row.custodian->office, &office->id) &&
            !decides->gone && !holds_key(decides, &whole->matters[matter]))
            fail_msg("%s decides case %llu of %s and has no key to it", decides->code,
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

        for (size_t at = 0; frame->to == child && !tree_is_below(frame->from, child, true) &&
                            at + 8 <= frame->bytes.size;
             at++)
            if (has_number(&foreign, omb_be64(frame->bytes.data + at)))
                fail_msg("%s was sent a part of a case that is none of its business",
                         child->code);
    }
    free(foreign.slots);
}

/* The key of a case is with home and with whom a grant of it was made for, and nobody else. */
static void judge_keys(const struct whole *whole, size_t matter)
{
    offices may = office_bits(whole->tree, &whole->matters[matter].id.home);

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
    read_all(&whole);
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
    free(whole.records);
    free(whole.matters);
    tree_check_parts(tree);
    tree_check(tree);
}
