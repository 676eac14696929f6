/*
 * An office that was closed: the keys of its cases go to the office that stands in for it, a few
 * cases in a turn, as long as its daemon runs (design: trust, Offices). Where the walk stands is
 * kept; what comes to the office later is given by the fold of its case (duty/grant.c).
 *
 *     meta "closing" = the case that was looked at last (40), or 1 byte when all were
 */
#include <string.h>

#include "office/inside.h"

enum { CASES_AT_ONCE = 100 };

static struct omb_key mark_key(void)
{
    return omb_key_meta("closing");
}

const struct omb_office_id *omb_office_successor(const struct omb_office *office)
{
    return office->closing.closed ? &office->closing.successor : NULL;
}

void omb_duty_closed(struct omb_step *step, const struct omb_office_id *successor)
{
    struct omb_office *office = step->office;
    const struct omb_key key = mark_key();

    office->closing = (struct omb_closing){true, true, *successor, {.size = 0}};
    omb_delete(step->update->writes, OMB_FAMILY_META, omb_key_view(&key));
    omb_wake_at(step, step->input->now_ms);
}

void omb_duty_reopened(struct omb_step *step)
{
    const struct omb_key key = mark_key();

    step->office->closing = (struct omb_closing){.closed = false};
    omb_delete(step->update->writes, OMB_FAMILY_META, omb_key_view(&key));
}

/* --- at the opening --- */

static enum omb_rc read_closing(struct omb_step *step, struct omb_row_at *out)
{
    const struct omb_key key = omb_key_closing(&step->office->self.office);
    struct omb_buf value = OMB_BUF_INIT;
    enum omb_rc rc = omb_port_get(step->port, OMB_FAMILY_OFFICE, omb_key_view(&key), &value);

    if (rc == OMB_OK && !omb_read_place(omb_buf_view(&value), &out->number, &out->seq))
        rc = OMB_DAMAGED;
    omb_buf_free(&value);
    return rc;
}

static enum omb_rc read_mark(struct omb_office *office)
{
    const struct omb_key key = mark_key();
    struct omb_buf value = OMB_BUF_INIT;
    enum omb_rc rc =
        omb_port_get(office->setup.port, OMB_FAMILY_META, omb_key_view(&key), &value);

    office->closing.giving = rc == OMB_NOT_FOUND || value.size == OMB_CASE_KEY_SIZE;
    if (rc == OMB_OK && office->closing.giving) {
        memcpy(office->closing.from.bytes, value.data, value.size);
        office->closing.from.size = value.size;
    }
    omb_buf_free(&value);
    return rc == OMB_NOT_FOUND ? OMB_OK : rc;
}

enum omb_rc omb_duty_close_open(struct omb_office *office, struct omb_error *err)
{
    struct omb_arena arena;
    struct omb_step step = {.office = office, .port = office->setup.port, .arena = &arena};
    struct omb_header header;
    struct omb_digest digest;
    struct omb_row_at at;
    enum omb_rc rc;

    omb_arena_init(&arena, SIZE_MAX);
    rc = read_closing(&step, &at);
    if (rc == OMB_OK)
        rc = omb_header_read(&step, &at, &header, &digest, NULL, err);
    if (rc == OMB_OK && header.facts && header.facts->event.tag == OMB_EVENT_OFFICE_CLOSED) {
        const struct omb_office_ref *successor =
            OMB_AS(office_closed, header.facts->event)->successor;

        office->closing.closed = successor != NULL;
        if (successor)
            office->closing.successor = successor->office;
        rc = read_mark(office);
    }
    omb_arena_free(&arena);
    if (rc == OMB_OK || rc == OMB_NOT_FOUND)
        return OMB_OK;
    return omb_fail(err, rc, NULL, "the closing of this office cannot be read");
}

/* --- a turn --- */

struct turn {
    const struct omb_key *after;
    struct omb_case_id ids[CASES_AT_ONCE];
    size_t count;
};

static enum omb_rc take_case(void *arg, struct omb_view key, struct omb_view value)
{
    struct turn *turn = arg;

    (void)value;
    if (omb_view_equal(key, omb_key_view(turn->after)))
        return OMB_OK;
    if (!omb_key_read_case(key, &turn->ids[turn->count]))
        return OMB_DAMAGED;
    return ++turn->count < CASES_AT_ONCE ? OMB_OK : OMB_STOP;
}

/* Folding it anew is enough: what this office owes is written where its cases are saved. */
static enum omb_rc give(struct omb_step *step, const struct omb_case_id *id, struct omb_error *err)
{
    struct omb_casefile file;
    enum omb_rc rc = omb_casefile_load(step, id, &file, err);

    if (rc == OMB_LIMIT || rc == OMB_NOT_FOUND)
        return OMB_OK;
    return rc == OMB_OK ? omb_casefile_save(step, &file, err) : rc;
}

static enum omb_rc give_all(struct omb_step *step, const struct turn *turn, struct omb_error *err)
{
    struct omb_arena *arena = step->arena, one;
    enum omb_rc rc = OMB_OK;

    omb_arena_init(&one, SIZE_MAX);
    step->arena = &one;
    for (size_t i = 0; rc == OMB_OK && i < turn->count; i++) {
        rc = give(step, &turn->ids[i], err);
        omb_arena_reset(&one);
    }
    step->arena = arena;
    omb_arena_free(&one);
    return rc;
}

static void put_mark(struct omb_step *step, bool more)
{
    static const uint8_t done[1] = {1};
    const struct omb_key key = mark_key();

    omb_put(step->update->writes, OMB_FAMILY_META, omb_key_view(&key),
            more ? omb_key_view(&step->office->closing.from) : OMB_VIEW_OF(done));
}

enum omb_rc omb_duty_close_turn(struct omb_step *step, struct omb_error *err)
{
    struct omb_office *office = step->office;
    struct turn *turn;
    enum omb_rc rc;

    if (!office->closing.giving)
        return OMB_OK;
    turn = OMB_ARENA_NEW(step->arena, struct turn, 1);
    turn->after = &office->closing.from;
    rc = omb_port_scan(step->port, OMB_FAMILY_CASE, omb_key_view(&office->closing.from),
                       OMB_VIEW_NONE, false, take_case, turn);
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the cases in the store cannot be read");
    rc = give_all(step, turn, err);
    if (rc != OMB_OK)
        return rc;
    office->closing.giving = turn->count == CASES_AT_ONCE;
    if (office->closing.giving)
        office->closing.from = omb_key_case(&turn->ids[turn->count - 1]);
    put_mark(step, office->closing.giving);
    return OMB_OK;
}
