#include <stdlib.h>
#include <string.h>

#include "office/inside.h"

enum { EPOCH_DIGITS = 8 };

struct omb_view omb_position_print(struct omb_step *step, uint64_t position)
{
    return omb_arena_printf(step->arena, OMB_POSITION_FORMAT,
                            OMB_POSITION_ARGS(step->office, position));
}

/*
 * A position names a place in the journal of one store. In another one, also one restored from a
 * backup of this office, the same number may stand for another change.
 */
enum omb_rc omb_position_parse(struct omb_step *step, struct omb_view text, uint64_t *out,
                               struct omb_error *err)
{
    uint8_t epoch[EPOCH_DIGITS / 2];
    uint64_t position;

    if (text.size < EPOCH_DIGITS + 2 || text.data[EPOCH_DIGITS] != '-' ||
        omb_unhex(omb_view(text.data, EPOCH_DIGITS), epoch, sizeof(epoch)) != OMB_OK ||
        omb_text_u64(omb_view(text.data + EPOCH_DIGITS + 1, text.size - EPOCH_DIGITS - 1),
                     &position) != OMB_OK)
        return omb_fail(err, OMB_INVALID, "since",
                        "a position has 8 hex digits, a hyphen and a number, as an answer gave it");
    if (memcmp(epoch, step->office->epoch, sizeof(epoch)) != 0)
        return omb_fail(err, OMB_REFUSED, "since",
                        "the position is of another store than this one, which was restored or "
                        "made anew: start from the beginning, without a position");
    if (position > step->office->tip.journal)
        return omb_fail(err, OMB_REFUSED, "since",
                        "this store has not come as far as the position: start from the beginning, "
                        "without a position");
    *out = position;
    return OMB_OK;
}
