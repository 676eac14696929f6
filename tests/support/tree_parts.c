/*
 * What must hold of the parts of records in every store of a tree, judged apart from the core: each
 * is the one that its header names, byte for byte, and of an erased case nobody has a key left.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/assert.h"
#include "office/keys.h"
#include "support/tree_drive.h"
#include "wire/rows.h"

static bool get(const struct tree_office *office, enum omb_family family, const struct omb_key *key,
                struct omb_buf *out)
{
    return omb_port_get(memport_port(office->rig.store), family, omb_key_view(key), out) == OMB_OK;
}

static const struct {
    enum omb_part_kind kind;
    struct omb_digest (*digest)(struct omb_view bytes);
    const char *name;
} kinds[] = {
    {OMB_PART_BODY, omb_body_digest, "body"},
    {OMB_PART_GRANTS, omb_grants_digest, "grants"},
    {OMB_PART_EXTRACT, omb_extract_digest, "extract"},
};

static void check_part(const struct tree_office *office, const struct omb_header *header,
                       size_t which, struct omb_view part)
{
    const struct omb_digest named[] = {header->body_digest, header->grants_digest,
                                       header->extract_digest};
    const struct omb_digest digest = kinds[which].digest(part);

    if (!omb_digest_equal(&digest, &named[which]))
        fail_msg("%s keeps another %s of record %llu than its author wrote", office->code,
                 kinds[which].name, (unsigned long long)header->seq);
}

static enum omb_rc check_record(void *arg, struct omb_view key, struct omb_view value)
{
    const struct tree_office *office = arg;
    struct omb_arena *arena = &office->tree->scratch;
    struct omb_stored_record stored;
    struct omb_header header;
    uint32_t number;
    uint64_t seq;

    omb_arena_reset(arena);
    OMB_ASSERT(omb_key_read_record(key, &number, &seq));
    OMB_ASSERT(omb_decode_stored_record(value, arena, &stored, NULL) == OMB_OK);
    OMB_ASSERT(omb_header_decode(stored.header, arena, &header, NULL, NULL) == OMB_OK);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const struct omb_key at = omb_key_part(number, seq, kinds[i].kind);
        struct omb_buf part = OMB_BUF_INIT;

        if (get(office, OMB_FAMILY_PART, &at, &part))
            check_part(office, &header, i, omb_buf_view(&part));
        omb_buf_free(&part);
    }
    return OMB_OK;
}

static void check_no_key(const struct tree *tree, const struct omb_case_id *id)
{
    const struct omb_key key = omb_key_case_secret(id);

    for (size_t i = 0; i < tree->count; i++) {
        struct omb_buf value = OMB_BUF_INIT;

        if (!tree->offices[i]->gone && get(tree->offices[i], OMB_FAMILY_KEY, &key, &value))
            fail_msg("%s keeps the key to erased case %llu", tree->offices[i]->code,
                     (unsigned long long)id->serial);
        omb_buf_free(&value);
    }
}

static enum omb_rc check_case(void *arg, struct omb_view key, struct omb_view value)
{
    struct tree *tree = arg;
    struct omb_case_row row;

    (void)key;
    omb_arena_reset(&tree->scratch);
    OMB_ASSERT(omb_decode_case_row(value, &tree->scratch, &row, NULL) == OMB_OK);
    if (row.erased)
        check_no_key(tree, row.case_id);
    return OMB_OK;
}

void tree_check_parts(struct tree *tree)
{
    for (size_t i = 0; i < tree->count; i++) {
        const struct omb_port *port = memport_port(tree->offices[i]->rig.store);

        if (tree->offices[i]->gone)
            continue;
        OMB_ASSERT(omb_port_scan(port, OMB_FAMILY_RECORD, OMB_VIEW_NONE, OMB_VIEW_NONE, false,
                                 check_record, tree->offices[i]) == OMB_OK);
        OMB_ASSERT(omb_port_scan(port, OMB_FAMILY_CASE, OMB_VIEW_NONE, OMB_VIEW_NONE, false,
                                 check_case, tree) == OMB_OK);
    }
}
