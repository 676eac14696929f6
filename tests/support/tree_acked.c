#include "support/tree_acked.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/assert.h"
#include "ledger/witness.h"
#include "office/keys.h"
#include "support/tree_drive.h"

static struct omb_witness_statement *noted(struct tree_acked *acked,
                                           const struct omb_witness_statement *said)
{
    for (size_t i = 0; i < acked->count; i++)
        if (omb_office_id_equal(&acked->items[i].office, &said->office) &&
            omb_incarnation_equal(&acked->items[i].incarnation, &said->incarnation))
            return &acked->items[i];
    acked->items = realloc(acked->items, (acked->count + 1) * sizeof(*acked->items));
    OMB_ASSERT(acked->items != NULL);
    acked->items[acked->count] = (struct omb_witness_statement){.seq = 0};
    return &acked->items[acked->count++];
}

/* Those of offices above are relayed: it does not vouch for them. */
static void note(struct tree_office *office, const struct omb_witness *witness)
{
    struct omb_witness_statement said, *before;

    OMB_ASSERT(omb_witness_read(witness, &office->tree->scratch, &said, NULL) == OMB_OK);
    if (!omb_office_id_equal(&said.witness, &office->id))
        return;
    before = noted(&office->disk.acked, &said);
    if (before->seq <= said.seq)
        *before = said;
}

void tree_acked_note(struct tree_office *office, struct omb_view frame)
{
    struct omb_arena *arena = &office->tree->scratch;
    const struct omb_ack *ack;
    struct omb_frame message;

    omb_arena_reset(arena);
    if (omb_decode_frame(frame, arena, &message, NULL) != OMB_OK ||
        message.message.tag != OMB_FRAME_ACK)
        return;
    ack = message.message.value;
    for (size_t i = 0; i < ack->witnesses.count; i++)
        note(office, &ack->witnesses.items[i]);
}

void tree_acked_forget(struct tree_office *office)
{
    free(office->disk.acked.items);
    office->disk.acked = (struct tree_acked){.count = 0};
}

/* --- at the end --- */

static bool get(const struct tree_office *office, enum omb_family family, const struct omb_key *key,
                struct omb_buf *out)
{
    return omb_port_get(memport_port(office->rig.store), family, omb_key_view(key), out) == OMB_OK;
}

static enum omb_rc count_row(void *arg, struct omb_view key, struct omb_view value)
{
    (void)key;
    (void)value;
    ++*(uint64_t *)arg;
    return OMB_OK;
}

/* How many records of the life up to there are on the line that stands, or beside it. */
static uint64_t count_held(const struct tree_office *office,
                           const struct omb_witness_statement *said)
{
    uint64_t count = 0;

    for (uint32_t line = 0; line < 8; line++) {
        const struct omb_key life = omb_key_life(&said->office, &said->incarnation, line);
        struct omb_buf value = OMB_BUF_INIT;

        if (get(office, OMB_FAMILY_OFFICE, &life, &value)) {
            const uint32_t number = omb_be32(value.data);
            const struct omb_key from = omb_key_record(number, 0);
            const struct omb_key until = omb_key_record(number, said->seq + 1);

            OMB_ASSERT(omb_port_scan(memport_port(office->rig.store), OMB_FAMILY_RECORD,
                                     omb_key_view(&from), omb_key_view(&until), false, count_row,
                                     &count) == OMB_OK);
        }
        omb_buf_free(&value);
    }
    return count;
}

void tree_check_acked(const struct tree_office *office)
{
    for (size_t i = 0; i < office->disk.acked.count; i++) {
        const struct omb_witness_statement *said = &office->disk.acked.items[i];
        const struct omb_key key = omb_key_digest(&said->digest);
        struct omb_buf value = OMB_BUF_INIT;

        if (!get(office, OMB_FAMILY_DIGEST, &key, &value) || count_held(office, said) < said->seq)
            fail_msg("%s acknowledged %llu of %s and lacks it, or one before it", office->code,
                     (unsigned long long)said->seq, tree_code_of(office->tree, &said->office));
        omb_buf_free(&value);
    }
}
