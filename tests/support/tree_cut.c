/*
 * What a revoked key signed behind the places that its revocation names has no effect anywhere
 * (design: trust). Judged from the signed headers alone, apart from the core.
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

struct cut {
    struct tree_office *office;
    const struct omb_header *header; /* that has effect */
    const struct omb_digest *digest;
};

/* The revocation at that place of the office's store. */
static void read_revocation(struct tree_office *office, struct omb_view place,
                            struct omb_header *out)
{
    struct omb_arena *arena = &office->tree->arena;
    struct omb_buf value = OMB_BUF_INIT;
    struct omb_stored_record stored;
    struct omb_key key;
    uint32_t number;
    uint64_t seq;

    OMB_ASSERT(omb_read_place(place, &number, &seq));
    key = omb_key_record(number, seq);
    OMB_ASSERT(omb_port_get(memport_port(office->rig.store), OMB_FAMILY_RECORD, omb_key_view(&key),
                            &value) == OMB_OK);
    OMB_ASSERT(omb_decode_stored_record(omb_arena_copy(arena, omb_buf_view(&value)), arena, &stored,
                                        NULL) == OMB_OK);
    OMB_ASSERT(omb_header_decode(stored.header, arena, out, NULL, NULL) == OMB_OK);
    OMB_ASSERT(out->facts != NULL && out->facts->event.tag == OMB_EVENT_OFFICE_REVOKED);
    omb_buf_free(&value);
}

static bool is_behind(const struct cut *cut, const struct omb_office_revoked *revoked)
{
    for (size_t i = 0; i < revoked->until.count; i++) {
        const struct omb_log_position *until = &revoked->until.items[i];

        if (omb_incarnation_equal(&until->incarnation, &cut->header->incarnation))
            return cut->header->seq > until->seq ||
                   (cut->header->seq == until->seq &&
                    !omb_digest_equal(&until->digest, cut->digest));
    }
    return true;
}

static enum omb_rc see_revocation(void *arg, struct omb_view key, struct omb_view value)
{
    const struct cut *cut = arg;
    const struct omb_header *header = cut->header;
    struct omb_header revocation;

    OMB_ASSERT(key.size == 1 + OMB_DIGEST_SIZE);
    if (memcmp(key.data + 1, header->key.bytes, sizeof(header->key.bytes)) != 0)
        return OMB_OK;
    read_revocation(cut->office, value, &revocation);
    if (is_behind(cut, OMB_AS(office_revoked, revocation.facts->event)))
        fail_msg("%s gives effect to %llu of %s, which was signed behind its revocation",
                 cut->office->code, (unsigned long long)header->seq,
                 tree_code_of(cut->office->tree, &header->office));
    return OMB_OK;
}

void tree_check_cut(struct tree_office *office, const struct omb_header *header,
                    const struct omb_digest *digest)
{
    const struct cut cut = {office, header, digest};
    const struct omb_key prefix = omb_key_revocation(NULL);

    OMB_ASSERT(omb_port_scan_prefix(memport_port(office->rig.store), OMB_FAMILY_OFFICE,
                                    omb_key_view(&prefix), see_revocation,
                                    (void *)(uintptr_t)&cut) == OMB_OK);
}
