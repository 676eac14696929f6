/*
 * What a child begins with, at first and after it lost its store: its bundle counts as given, and
 * it is offered what the bundle does not hold.
 */
#include <string.h>

#include "office/post/feed_work.h"

/* --- what goes to every child --- */

struct omb_row_at *omb_feed_next_place(struct omb_feed_places *list)
{
    if (list->count == list->room) {
        const size_t room = list->room ? 2 * list->room : 16;
        struct omb_row_at *items = OMB_ARENA_NEW(list->arena, struct omb_row_at, room);

        if (list->count > 0)
            memcpy(items, list->items, list->count * sizeof(*items));
        list->items = items;
        list->room = room;
    }
    return &list->items[list->count++];
}

static enum omb_rc take_for_all(void *arg, struct omb_view key, struct omb_view value)
{
    (void)value;
    if (key.size != 13)
        return OMB_DAMAGED;
    *omb_feed_next_place(arg) = (struct omb_row_at){omb_be32(key.data + 1), omb_be64(key.data + 5)};
    return OMB_OK;
}

static enum omb_rc offer_one_for_all(struct omb_step *step, const struct omb_office_id *child,
                                     const struct omb_row_at *at, struct omb_error *err)
{
    struct omb_known_certificate known;
    struct omb_header header;
    struct omb_digest digest;
    enum omb_rc rc = omb_header_read(step, at, &header, &digest, NULL, err);

    if (rc != OMB_OK)
        return rc;
    if (header.facts && header.facts->event.tag == OMB_EVENT_OFFICE_CERTIFIED &&
        omb_certify_read(OMB_AS(office_certified, header.facts->event)->certificate, step->arena,
                         &known, NULL) == OMB_OK)
        return omb_feed_certificate(step, child, &known.digest, err);
    return omb_feed_record(step, child, at, err);
}

static enum omb_rc offer_for_all(struct omb_step *step, const struct omb_office_id *child,
                                 struct omb_error *err)
{
    const struct omb_key prefix = omb_key_for_all(0, 0);
    struct omb_feed_places list = {.arena = step->arena};
    enum omb_rc rc = omb_port_scan_prefix(step->port, OMB_FAMILY_PEER, omb_key_view(&prefix),
                                          take_for_all, &list);

    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "what goes to every child cannot be read");
    for (size_t i = 0; rc == OMB_OK && i < list.count; i++)
        rc = offer_one_for_all(step, child, &list.items[i], err);
    return rc;
}

/* --- a child begins --- */

/* Whether it stood below another office once: those below it have the bundle of then. */
static bool came_from_elsewhere(struct omb_step *step, const struct omb_office_card *card)
{
    for (size_t i = 0; i < OMB_CHAIN_MAX; i++) {
        if (!omb_office_id_equal(&card->certificate.inner.parent, &step->office->self.office))
            return true;
        if (omb_digest_none(&card->certificate.inner.previous))
            return false;
        card = omb_office_card(step, &card->certificate.inner.previous);
        if (!card)
            return true;
    }
    return true;
}

/* What the bundle of a child holds counts as given; but for one that must give it on as records. */
static enum omb_rc note_bundle(struct omb_step *step, const struct omb_office_id *child,
                               const struct omb_office_card *card, struct omb_error *err)
{
    if (card && came_from_elsewhere(step, card))
        return omb_feed_certificate(step, child, &card->certificate.inner.issuer, err);
    for (size_t i = 0; card && i < OMB_CHAIN_MAX; i++) {
        omb_feed_note_given(step, child, &card->certificate.digest);
        if (card->certificate.inner.depth == 0)
            break;
        card = omb_office_card(step, &card->certificate.inner.issuer);
    }
    return OMB_OK;
}

/*
 * Of this office and those above it what came after the certificates that its bundle holds: those
 * of an office that is rebuilt are here before any of its children is.
 */
static enum omb_rc offer_path(struct omb_step *step, const struct omb_office_id *child,
                              struct omb_error *err)
{
    const struct omb_seat *self = &step->office->self;
    enum omb_rc rc = OMB_OK;

    for (size_t i = 0; rc == OMB_OK && i <= self->above_count; i++) {
        const struct omb_office_card *newest =
            omb_office_newest(step, i == 0 ? &self->office : &self->above[i - 1]);

        if (newest && newest->certificate.inner.depth > 0)
            rc = omb_feed_certificate(step, child, &newest->certificate.digest, err);
    }
    return rc;
}

struct given {
    struct omb_arena *arena;
    struct omb_digest *items;
    size_t count, room, max;
};

static enum omb_rc take_given(void *arg, struct omb_view key, struct omb_view value)
{
    struct given *given = arg;

    (void)value;
    if (key.size != 1 + OMB_OFFICE_ID_SIZE + OMB_DIGEST_SIZE)
        return OMB_DAMAGED;
    if (given->count == given->room) {
        const size_t room = given->room ? 2 * given->room : 16;
        struct omb_digest *items = OMB_ARENA_NEW(given->arena, struct omb_digest, room);

        if (given->count > 0)
            memcpy(items, given->items, given->count * sizeof(*items));
        given->items = items;
        given->room = room;
    }
    memcpy(given->items[given->count++].bytes, key.data + 1 + OMB_OFFICE_ID_SIZE,
           OMB_DIGEST_SIZE);
    return given->count < given->max ? OMB_OK : OMB_STOP;
}

static enum omb_rc read_given(struct omb_step *step, const struct omb_office_id *child,
                              struct given *out, struct omb_error *err)
{
    static const struct omb_digest none;
    struct omb_key prefix = omb_key_given(child, &none);
    enum omb_rc rc;

    prefix.size -= OMB_DIGEST_SIZE;
    rc = omb_port_scan_prefix(step->port, OMB_FAMILY_PEER, omb_key_view(&prefix), take_given, out);
    return rc == OMB_OK ? rc : omb_fail(err, rc, NULL, "what a child was given cannot be read");
}

enum omb_rc omb_feed_certified(struct omb_step *step, const struct omb_digest *certificate,
                               struct omb_error *err)
{
    const struct omb_office_card *card = omb_office_card(step, certificate);
    struct given before = {.arena = step->arena, .max = 1};
    enum omb_rc rc;

    if (!card || card->certificate.inner.depth == 0 ||
        !omb_office_id_equal(&card->certificate.inner.parent, &step->office->self.office))
        return OMB_OK;
    rc = read_given(step, &card->seat.office, &before, err);
    if (rc != OMB_OK || before.count > 0) /* a further one is offered like any other */
        return rc;
    rc = note_bundle(step, &card->seat.office, card, err);
    if (rc == OMB_OK)
        rc = offer_path(step, &card->seat.office, err);
    return rc == OMB_OK ? offer_for_all(step, &card->seat.office, err) : rc;
}

/* --- a child that lost some of what it had --- */

enum omb_rc omb_feed_anew(struct omb_step *step, const struct omb_office_id *child,
                          struct omb_error *err)
{
    struct given before = {.arena = step->arena, .max = SIZE_MAX};
    enum omb_rc rc = read_given(step, child, &before, err);

    if (rc != OMB_OK)
        return rc;
    for (size_t i = 0; i < before.count; i++) {
        const struct omb_key key = omb_key_given(child, &before.items[i]);

        omb_delete(step->update->writes, OMB_FAMILY_PEER, omb_key_view(&key));
    }
    rc = note_bundle(step, child, omb_office_newest(step, child), err);
    if (rc == OMB_OK)
        rc = offer_path(step, child, err);
    if (rc == OMB_OK)
        rc = offer_for_all(step, child, err);
    for (size_t i = 0; rc == OMB_OK && i < before.count; i++)
        rc = omb_feed_certificate(step, child, &before.items[i], err);
    return rc == OMB_OK ? omb_feed_standings(step, child, true, err) : rc;
}
