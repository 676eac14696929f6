#include "support/whole.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/assert.h"
#include "office/keys.h"
#include "wire/rows.h"

const uint32_t whole_part_kinds[3] = {OMB_PART_BODY, OMB_PART_GRANTS, OMB_PART_EXTRACT};

/* --- the tree as it was drawn --- */

offices whole_offices(const struct tree *tree, const struct omb_office_id *id)
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

offices whole_with_above(const struct tree *tree, offices below, bool ever)
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
        .parties = whole_offices(whole->tree, &id->home),
        .ever = whole_offices(whole->tree, &id->home),
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
            bits |= whole_offices(tree, &ref->office);
    }
    if (event->tag == OMB_EVENT_REGISTERED && registered->matter != NULL &&
        registered->matter->about != NULL)
        bits |= whole_offices(tree, &registered->matter->about->office);
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
    if (record->event != 0)
        record->named = named_by(whole->tree, header->facts);
    if (header->case_id != NULL)
        record->matter = matter_of(whole, header->case_id);
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
        if ((record->parts & whole_part_kinds[i]) != 0 &&
            holds_part(whole, number, seq, whole_part_kinds[i], &record->part_marks[i]))
            record->part_holders[i] |= whole->holder;
    return OMB_OK;
}

/* Takes in whom a record of a party names; whether somebody is new. */
static bool spread_by(const struct whole *whole, const struct record *record, bool ever,
                      offices *parties)
{
    const offices before = *parties;

    *parties = whole_with_above(whole->tree, *parties, ever);
    if ((whole_offices(whole->tree, &record->office) & *parties) != 0)
        *parties = whole_with_above(whole->tree, *parties | record->named, ever);
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
void whole_read(struct whole *whole)
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

void whole_free(struct whole *whole)
{
    free(whole->records);
    free(whole->matters);
}
