#include "support/tree.h"

#include <string.h>

#include "base/assert.h"
#include "office/inside.h"
#include "office/issue.h"
#include "support/tree_drive.h"

static const char *const words[] = {
    [TREE_HONEST] = "the truth",
#define WORDS(name, text) [TREE_LIE_##name] = text,
    TREE_LIE_TABLE(WORDS)
#undef WORDS
};

void tree_lie(struct tree_office *office, enum tree_lie lie)
{
    office->lies.next = lie;
}

static struct omb_view turned(struct omb_arena *arena, struct omb_view bytes)
{
    struct omb_view copy = omb_arena_copy(arena, bytes);

    ((uint8_t *)(uintptr_t)copy.data)[copy.size / 2] ^= 1;
    return copy;
}

static bool read_header(struct omb_arena *arena, const struct omb_record *record,
                        struct omb_header *out)
{
    return omb_header_decode(record->header, arena, out, NULL, NULL) == OMB_OK;
}

static void write_header(struct omb_arena *arena, const struct omb_header *header,
                         struct omb_record *record)
{
    struct omb_buf bytes = OMB_BUF_INIT;

    omb_encode_header(header, &bytes);
    record->header = omb_arena_copy(arena, omb_buf_view(&bytes));
    omb_buf_free(&bytes);
}

static void sign(struct tree_office *office, struct omb_record *record)
{
    struct omb_arena *arena = &office->tree->arena;
    const struct omb_digest digest = omb_record_digest(record->header);
    struct omb_proof *proof = OMB_ARENA_NEW(arena, struct omb_proof, 1);

    omb_batch_sign(office->rig.signers[0], &digest, 1, arena, proof);
    record->proof = proof;
}

static bool lie_of_header(struct tree_office *office, struct omb_record *record)
{
    struct omb_arena *arena = &office->tree->arena;
    struct omb_header header;

    if (!read_header(arena, record, &header))
        return false;
    header.salt = turned(arena, header.salt);
    write_header(arena, &header, record);
    return true;
}

static bool lie_of_proof(struct tree_office *office, struct omb_record *record)
{
    struct omb_proof *proof = OMB_ARENA_NEW(&office->tree->arena, struct omb_proof, 1);

    *proof = *record->proof;
    proof->signature = turned(&office->tree->arena, proof->signature);
    record->proof = proof;
    return true;
}

static bool lie_of_part(struct tree_office *office, struct omb_record *record)
{
    struct omb_view *parts[] = {&record->body, &record->grants, &record->extract};

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (parts[i]->size > 0) {
            *parts[i] = turned(&office->tree->arena, *parts[i]);
            return true;
        }
    return false;
}

static bool lie_of_name(struct tree_office *office, struct omb_record *record)
{
    struct omb_arena *arena = &office->tree->arena;
    struct omb_header header;

    if (!read_header(arena, record, &header) || omb_office_id_equal(&header.office, &office->id))
        return false;
    header.key = office->rig.office->key_id;
    write_header(arena, &header, record);
    sign(office, record);
    return true;
}

static bool holds_place(const struct tree_office *office, const struct omb_header *header)
{
    const struct omb_key life = omb_key_life(&header->office, &header->incarnation, 0);
    const struct omb_port *port = memport_port(office->rig.store);
    struct omb_buf value = OMB_BUF_INIT;
    bool holds = omb_port_get(port, OMB_FAMILY_OFFICE, omb_key_view(&life), &value) == OMB_OK;

    if (holds) {
        const struct omb_key key = omb_key_record(omb_be32(value.data), header->seq);

        holds = omb_port_get(port, OMB_FAMILY_RECORD, omb_key_view(&key), &value) == OMB_OK;
    }
    omb_buf_free(&value);
    return holds;
}

static enum omb_rc see_life(void *arg, struct omb_view key, struct omb_view value)
{
    struct omb_incarnation *newest = arg;

    (void)value;
    memcpy(newest->bytes, key.data + key.size - 4 - sizeof(newest->bytes), sizeof(newest->bytes));
    return OMB_OK;
}

/* Of an older life there may be holes, and no chain is asked for. */
static bool is_newest_life(const struct tree_office *office, const struct omb_header *header)
{
    const struct omb_key lives = omb_key_life(&header->office, NULL, 0);
    struct omb_incarnation newest = {{0}};

    OMB_ASSERT(omb_port_scan_prefix(memport_port(office->rig.store), OMB_FAMILY_OFFICE,
                                    omb_key_view(&lives), see_life, &newest) == OMB_OK);
    return OMB_ID_COMPARE(&newest, &header->incarnation) <= 0;
}

/* Its own one, signed again: where the true one is already it would not be a lie but a fork. */
static bool lie_of_chain(struct tree_office *office, struct omb_record *record)
{
    struct omb_arena *arena = &office->tree->arena;
    struct omb_header header;

    if (!read_header(arena, record, &header) || !omb_office_id_equal(&header.office, &office->id) ||
        header.seq == 1 || holds_place(office->parent, &header) ||
        !is_newest_life(office->parent, &header) || !is_newest_life(office, &header))
        return false;
    header.key = office->rig.office->key_id;
    header.prev.bytes[0] ^= 1;
    write_header(arena, &header, record);
    sign(office, record);
    return true;
}

static bool (*const tellers[])(struct tree_office *office, struct omb_record *record) = {
    [TREE_LIE_HEADER] = lie_of_header,
    [TREE_LIE_PROOF] = lie_of_proof,
    [TREE_LIE_PART] = lie_of_part,
    [TREE_LIE_NAME] = lie_of_name,
    [TREE_LIE_CHAIN] = lie_of_chain,
};

/* Of one that makes an office a party nobody could tell any more who was one, if it is lost. */
static bool names_party(struct omb_arena *arena, const struct omb_record *record)
{
    struct omb_header header;
    struct omb_event event = {0};

    if (!read_header(arena, record, &header) || header.facts == NULL)
        return true;
    event.facts = header.facts;
    return header.case_id != NULL && omb_event_to(&event) != NULL;
}

/*
 * Downward and among stragglers logs come with holes, and no chain is asked for. On a line that
 * doubles or delays frames the true record may be there before the lie is.
 */
static bool suits(const struct tree_office *office, const struct tree_office *child,
                  const struct omb_records *records)
{
    const struct tree_wire *wire = &child->up_wire;

    return office->lies.next != TREE_LIE_CHAIN ||
           (office == child && records->first > 0 && wire->twice + wire->late + wire->early == 0);
}

/* The last record of the frame that suits the lie. */
static bool tell(struct tree_office *office, struct omb_records *records)
{
    struct omb_arena *arena = &office->tree->arena;
    const size_t count = records->records.count;
    struct omb_record *items = OMB_ARENA_NEW(arena, struct omb_record, count);

    for (size_t i = 0; i < count; i++)
        items[i] = records->records.items[i];
    records->records.items = items;
    for (size_t i = count; i > 0; i--)
        if (!names_party(arena, &items[i - 1]) &&
            tellers[office->lies.next](office, &items[i - 1]))
            return true;
    return false;
}

struct omb_view tree_lie_in(struct tree_office *office, struct tree_office *child,
                            struct omb_view bytes)
{
    struct omb_arena *arena = &office->tree->arena;
    struct omb_buf lie = OMB_BUF_INIT;
    struct omb_records records;
    struct omb_frame frame;
    struct omb_view out;

    if (office->lies.next == TREE_HONEST ||
        omb_decode_frame(bytes, arena, &frame, NULL) != OMB_OK ||
        frame.message.tag != OMB_FRAME_RECORDS)
        return bytes;
    records = *OMB_AS(records, frame.message);
    if (!suits(office, child, &records) || !tell(office, &records))
        return bytes;
    frame.message.value = &records;
    omb_encode_frame(&frame, &lie);
    out = omb_arena_copy(arena, omb_buf_view(&lie));
    omb_buf_free(&lie);
    tree_tell(office->tree, "%s sends %s", office->code, words[office->lies.next]);
    office->lies.next = TREE_HONEST;
    child->lies.told++;
    return out;
}

/* --- what a region writes that it may not --- */

struct writing {
    struct omb_step step;
    struct omb_input input;
};

static void begin(struct tree_office *region, struct writing *writing)
{
    static const uint8_t seed[OMB_SEED_SIZE];
    struct rig *rig = &region->rig;

    tree_tick(region);
    writing->input = (struct omb_input){.now_ms = rig->now_ms, .monotonic_ms = rig->monotonic_ms};
    writing->step = (struct omb_step){.office = rig->office,
                                      .update = rig->update,
                                      .input = &writing->input,
                                      .port = omb_writes_port(rig->update->writes),
                                      .arena = &region->tree->arena};
    omb_drbg_init(&writing->step.drbg, seed);
}

/* Whether it was, and is kept; what else than a damaged store may be in the way there is not. */
static bool end(struct tree_office *region, enum omb_rc rc)
{
    OMB_ASSERT(rc == OMB_OK || rc == OMB_DAMAGED);
    if (tree_falls_with_store(region))
        return false;
    tree_keep(region);
    return true;
}

static void write_event(struct tree_office *region, uint32_t tag, const void *event)
{
    const struct omb_facts facts = {.event = {tag, event}};
    const struct omb_draft draft = {.facts = &facts, .actor = OMB_VIEW_LIT("system")};
    struct omb_appended record;
    struct writing writing;

    begin(region, &writing);
    (void)end(region, omb_append(&writing.step, &draft, &record, NULL));
}

struct omb_digest tree_lie_certify(struct tree_office *region, const struct tree_office *office,
                                   const struct omb_digest *previous)
{
    const struct omb_certificate *own = &office->rig.office->own.inner;
    struct omb_certificate inner = *own;
    struct omb_known_certificate known;
    struct omb_appended record;
    struct writing writing;
    enum omb_rc rc;

    inner.previous = *previous;
    begin(region, &writing);
    rc = omb_issue(&writing.step, &inner, 365 * OMB_DAY_MS, own, &known, &record, NULL);
    if (rc == OMB_OK)
        omb_certificate_keep(&writing.step, &known);
    return end(region, rc) ? known.digest : (struct omb_digest){{0}};
}

static struct omb_known_certificate read_known(struct tree_office *region, struct omb_buf *bytes)
{
    struct omb_arena *arena = &region->tree->arena;
    struct omb_known_certificate out;

    OMB_ASSERT(omb_certify_read(omb_arena_copy(arena, omb_buf_view(bytes)), arena, &out, NULL) ==
               OMB_OK);
    omb_buf_free(bytes);
    return out;
}

/* The next one, which both sign. */
static struct omb_known_certificate make_signed(struct tree_office *region,
                                                struct omb_certificate *inner,
                                                const struct omb_signer *signer)
{
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_known_certificate known;

    inner->not_before++;
    omb_certify_issue(inner, region->rig.signers[0], &bytes);
    known = read_known(region, &bytes);
    omb_certify_countersign(&known, signer, &bytes);
    return read_known(region, &bytes);
}

struct omb_digest tree_lie_speak(struct tree_office *region, const struct tree_office *office,
                                 const struct omb_digest *previous, unsigned more)
{
    static const uint8_t seed[OMB_SEED_SIZE] = {9};
    const struct omb_certificate *own = &office->rig.office->own.inner;
    struct omb_signer *signer = omb_signer_from_seed(seed);
    struct omb_certificate inner = *own;
    struct omb_known_certificate known;
    struct omb_appended record;
    struct writing writing;
    struct omb_digest first;
    uint8_t key[OMB_PUBLIC_SIZE];

    omb_signer_public(signer, key);
    inner.signing_key = OMB_VIEW_OF(key);
    inner.previous = *previous;
    begin(region, &writing);
    OMB_ASSERT(omb_issue(&writing.step, &inner, 365 * OMB_DAY_MS, own, &known, &record, NULL) ==
               OMB_OK);
    omb_certificate_keep(&writing.step, &known);
    first = known.digest;
    for (; more > 0; more--) {
        inner.previous = known.digest;
        known = make_signed(region, &inner, signer);
        OMB_ASSERT(omb_issue_tell(&writing.step, &known, &record, NULL) == OMB_OK);
        omb_certificate_keep(&writing.step, &known);
    }
    tree_keep(region);
    omb_signer_free(signer);
    return first;
}

void tree_lie_revoke(struct tree_office *region, const struct omb_digest *certificate)
{
    const struct omb_office_revoked event = {.certificate = *certificate};

    write_event(region, OMB_EVENT_OFFICE_REVOKED, &event);
}

void tree_lie_close(struct tree_office *region, const struct tree_office *office,
                    const struct omb_digest *certificate, const struct tree_office *successor)
{
    const struct omb_office_ref closed = {office->id, *certificate};
    const struct omb_office_ref heir = {successor->id, tree_certificate(successor)};
    const struct omb_office_closed event = {.office = &closed, .successor = &heir};

    write_event(region, OMB_EVENT_OFFICE_CLOSED, &event);
}
