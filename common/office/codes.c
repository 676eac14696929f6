/*
 * Offices by the codes that people type. A code is no name for ever: several offices may have had
 * it, and the id tells them apart.
 */
#include <string.h>

#include "office/inside.h"

enum { NEAREST = 3 };

struct codes {
    struct omb_arena *arena;
    struct omb_view items[1024]; /* as many as a misspelt code is compared with */
    size_t count;
};

static enum omb_rc take_code(void *arg, struct omb_view key, struct omb_view value)
{
    struct codes *codes = arg;

    (void)value;
    if (key.size < 2 + OMB_OFFICE_ID_SIZE)
        return OMB_DAMAGED;
    codes->items[codes->count++] =
        omb_arena_copy(codes->arena, omb_view(key.data + 1, key.size - 2 - OMB_OFFICE_ID_SIZE));
    return codes->count < 1024 ? OMB_OK : OMB_STOP;
}

static enum omb_rc fail_unknown(struct omb_step *step, struct omb_view code, struct omb_error *err)
{
    struct codes *codes = OMB_ARENA_NEW(step->arena, struct codes, 1);
    const struct omb_key prefix = omb_key_office_code(OMB_VIEW_NONE, NULL);
    char near[4 * (OMB_CODE_MAX + 4)];
    enum omb_rc rc;

    codes->arena = step->arena;
    rc = omb_port_scan_prefix(step->port, OMB_FAMILY_OFFICE, omb_key_view(&prefix), take_code,
                              codes);
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the offices in the store cannot be read");
    omb_text_nearest(code, codes->items, codes->count, NEAREST, near, sizeof(near));
    return omb_fail(err, OMB_NOT_FOUND, NULL, "no office %.*s is known here%s%s",
                    OMB_VIEW_ARGS(code), near[0] ? "; near to it: " : "", near);
}

/* Offices of one code: an outlet was founded anew, or two masters chose alike. */
struct namesakes {
    struct omb_office_id ids[8]; /* more are not looked at */
    const struct omb_office_card *cards[8];
    size_t count;
};

static enum omb_rc take_namesake(void *arg, struct omb_view key, struct omb_view value)
{
    struct namesakes *all = arg;

    (void)value;
    memcpy(all->ids[all->count++].bytes, key.data + key.size - OMB_OFFICE_ID_SIZE,
           OMB_OFFICE_ID_SIZE);
    return all->count < 8 ? OMB_OK : OMB_STOP;
}

/* Leaves out those that can no longer sign, and those for whom another of them stands in. */
static void keep_living(struct omb_step *step, struct namesakes *all)
{
    size_t kept = 0;

    for (size_t i = 0; i < all->count; i++)
        all->cards[i] = omb_office_newest(step, &all->ids[i]);
    for (size_t i = 0; i < all->count; i++) {
        bool lives = all->cards[i] != NULL && !omb_office_gone(step, &all->ids[i]);

        for (size_t k = 0; lives && k < all->count; k++)
            lives = k == i || all->cards[k] == NULL ||
                    !omb_seat_counts_as(&all->cards[k]->seat, &all->cards[i]->seat);
        if (!lives)
            continue;
        all->ids[kept] = all->ids[i];
        all->cards[kept++] = all->cards[i];
    }
    all->count = kept;
}

static enum omb_rc find_namesakes(struct omb_step *step, struct omb_view code,
                                  struct namesakes *out, struct omb_error *err)
{
    const struct omb_key prefix = omb_key_office_code(code, NULL);
    enum omb_rc rc;

    *out = (struct namesakes){.count = 0};
    rc = omb_port_scan_prefix(step->port, OMB_FAMILY_OFFICE, omb_key_view(&prefix), take_namesake,
                              out);
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the offices in the store cannot be read");
    if (out->count > 1) {
        const struct namesakes all = *out;

        keep_living(step, out);
        if (out->count == 0) /* all are gone: any of them is what is meant */
            *out = all;
    }
    return OMB_OK;
}

static enum omb_rc fail_ambiguous(struct omb_view code, const struct namesakes *all,
                                  struct omb_error *err)
{
    char one[2 * OMB_OFFICE_ID_SIZE + 1], other[2 * OMB_OFFICE_ID_SIZE + 1];

    omb_hex(OMB_VIEW_OF(all->ids[0].bytes), one);
    omb_hex(OMB_VIEW_OF(all->ids[1].bytes), other);
    return omb_fail(err, OMB_INVALID, NULL,
                    "%zu offices have the code %.*s: say which by its id, %s or %s%s", all->count,
                    OMB_VIEW_ARGS(code), one, other, all->count > 2 ? " or another" : "");
}

/* Instead of a code an office may be named by its id, in hex: it looks like a code. */
static const struct omb_office_card *card_by_id(struct omb_step *step, struct omb_view text)
{
    struct omb_office_id id;

    if (text.size != 2 * sizeof(id.bytes) || omb_unhex(text, id.bytes, sizeof(id.bytes)) != OMB_OK)
        return NULL;
    return omb_office_newest(step, &id);
}

enum omb_rc omb_office_by_code(struct omb_step *step, struct omb_view code,
                               struct omb_office_ref *out, struct omb_error *err)
{
    const struct omb_office_card *card;
    struct namesakes all;
    enum omb_rc rc;

    if (!omb_text_is_code(code))
        return omb_fail(err, OMB_INVALID, NULL, "an office's code has 1 to %d of a-z, 0-9 and -",
                        OMB_CODE_MAX);
    if (omb_view_equal(code, step->office->own.inner.code)) {
        *out = (struct omb_office_ref){step->office->self.office, step->office->self.certificate};
        return OMB_OK;
    }
    rc = find_namesakes(step, code, &all, err);
    if (rc != OMB_OK)
        return rc;
    if (all.count > 1)
        return fail_ambiguous(code, &all, err);
    card = all.count == 1 ? omb_office_newest(step, &all.ids[0]) : card_by_id(step, code);
    if (!card)
        return fail_unknown(step, code, err);
    *out = (struct omb_office_ref){card->seat.office, card->certificate.digest};
    return OMB_OK;
}
