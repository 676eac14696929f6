/*
 * What a peer asks for and tells to compare may have many rows looked at. For each peer that is
 * done in slices: one that had a slice looked at is put off to the next second, in its order, and
 * one that goes on asking is cut off. So none of them holds up the others.
 */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "office/post/walk.h"
#include "office/post/work.h"

#define OMB_LATER_WORDS "it asks for much: some of it is looked up each second"

void omb_later_drop(struct omb_link *link)
{
    while (link->later_first) {
        struct omb_held *held = link->later_first;

        link->later_first = held->next;
        free(held);
    }
    link->later_last = NULL;
    link->later_bytes = 0;
    free(link->page_rest);
    link->page_rest = NULL;
    link->page_mark.next = 0;
}

static struct omb_held *hold(struct omb_view bytes)
{
    struct omb_held *held = malloc(sizeof(*held) + bytes.size);

    OMB_ASSERT(held != NULL);
    *held = (struct omb_held){.size = bytes.size};
    memcpy(held->bytes, bytes.data, bytes.size);
    return held;
}

static void push(struct omb_link *link, struct omb_view bytes)
{
    struct omb_held *held = hold(bytes);

    if (link->later_last)
        link->later_last->next = held;
    else
        link->later_first = held;
    link->later_last = held;
    link->later_bytes += bytes.size;
}

/* The rest of a page comes before all else, but behind what is wanted of the page. */
static bool goes_on_with_page(const struct omb_link *link)
{
    return link->page_rest != NULL && link->range_count == 0;
}

static struct omb_held *pop(struct omb_link *link)
{
    struct omb_held *held = link->later_first;

    if (goes_on_with_page(link)) {
        held = link->page_rest;
        link->page_rest = NULL;
        return held;
    }
    link->later_first = held->next;
    if (!link->later_first)
        link->later_last = NULL;
    link->later_bytes -= held->size;
    return held;
}

static void come_back(struct omb_step *step, struct omb_link *link)
{
    step->office->post->later.due = true;
    if (!link->reason)
        omb_link_reason(link, "%s", OMB_LATER_WORDS);
    omb_post_wake(step, link->looked_since + OMB_LOOK_MS);
}

bool omb_later_may(const struct omb_step *step, struct omb_link *link)
{
    if (step->input->monotonic_ms - link->looked_since >= OMB_LOOK_MS)
        link->looked = 0;
    return link->looked < OMB_LOOK_ROWS;
}

static bool has_put_off(const struct omb_link *link)
{
    return link->later_first != NULL || goes_on_with_page(link);
}

bool omb_later_page_goes_on(struct omb_step *step, struct omb_link *link)
{
    if (!link->page_rest)
        return false;
    come_back(step, link);
    return true;
}

void omb_later_page(struct omb_step *step, struct omb_link *link, const struct omb_compare *rest)
{
    const struct omb_frame frame = {.message = {OMB_FRAME_COMPARE, rest}};
    struct omb_buf bytes = OMB_BUF_INIT;

    omb_encode_frame(&frame, &bytes);
    OMB_ASSERT(!link->page_rest);
    link->page_rest = hold(omb_buf_view(&bytes));
    omb_buf_free(&bytes);
    come_back(step, link);
}

void omb_later_begin(struct omb_step *step, uint64_t most)
{
    step->office->post->looked = 0;
    step->office->post->look_most = most;
}

void omb_later_end(struct omb_step *step, struct omb_link *link)
{
    if (link->looked == 0)
        link->looked_since = step->input->monotonic_ms;
    link->looked += step->office->post->looked + 1;
    step->office->post->later.rows += step->office->post->looked + 1;
    step->office->post->look_most = 0;
}

static enum omb_rc answer(struct omb_step *step, struct omb_link *link, const struct omb_any *ask,
                          struct omb_error *err)
{
    enum omb_rc rc;

    omb_later_begin(step, OMB_LOOK_ROWS);
    rc = ask->tag == OMB_FRAME_WANT ? omb_want_came(step, link, OMB_AS(want, *ask), err)
                                    : omb_compare_came(step, link, OMB_AS(compare, *ask), err);
    omb_later_end(step, link);
    return rc;
}

enum omb_rc omb_later_ask(struct omb_step *step, struct omb_link *link, const struct omb_any *ask,
                          struct omb_error *err)
{
    const struct omb_view bytes = step->input->bytes;

    if (!link->later_first && omb_later_may(step, link))
        return answer(step, link, ask, err);
    if (link->later_bytes + bytes.size > OMB_LATER_MAX)
        return omb_link_wrong(step, link, "it asks for more than is looked up for one office", err);
    push(link, bytes);
    come_back(step, link);
    return OMB_OK;
}

/*
 * A greeting drops what was put off. All of it is said again behind it, but for the answer to a
 * page: a restored office goes by it that what it then named is offered (office/restored.h).
 */
enum omb_rc omb_later_answer(struct omb_step *step, struct omb_link *link, struct omb_error *err)
{
    for (const struct omb_held *held = link->later_first; held; held = held->next) {
        struct omb_frame frame;
        const enum omb_rc rc =
            omb_decode_frame(omb_arena_copy(step->arena, omb_view(held->bytes, held->size)),
                             step->arena, &frame, err);

        if (rc != OMB_OK)
            return rc;
        if (frame.message.tag == OMB_FRAME_COMPARE && OMB_AS(compare, frame.message)->answer)
            return answer(step, link, &frame.message, err);
    }
    return OMB_OK;
}

static enum omb_rc go_on(struct omb_step *step, struct omb_link *link, struct omb_error *err)
{
    enum omb_rc rc = OMB_OK;

    step->source = &link->peer;
    omb_post_busy(step->office->post, link);
    while (rc == OMB_OK && has_put_off(link) && omb_later_may(step, link)) {
        struct omb_held *held = pop(link);
        struct omb_frame frame;

        rc = omb_decode_frame(omb_arena_copy(step->arena, omb_view(held->bytes, held->size)),
                              step->arena, &frame, err);
        free(held);
        if (rc == OMB_OK)
            rc = answer(step, link, &frame.message, err);
    }
    step->source = NULL;
    if (has_put_off(link))
        come_back(step, link);
    else if (link->reason && strcmp(link->reason, OMB_LATER_WORDS) == 0)
        omb_link_reason(link, "%s", "");
    return rc;
}

/* --- in turn --- */

enum omb_rc omb_turn_take(struct omb_step *step, struct omb_turn *turn,
                          bool (*waits)(const struct omb_link *link),
                          enum omb_rc (*serve)(struct omb_step *step, struct omb_link *link,
                                               struct omb_error *err),
                          struct omb_error *err)
{
    const struct omb_post *post = step->office->post;
    const size_t first = turn->slot;
    enum omb_rc rc = OMB_OK;

    if (!turn->due)
        return OMB_OK;
    turn->due = false;
    turn->rows = 0;
    for (size_t i = 0; rc == OMB_OK && i < post->slots; i++) {
        const size_t slot = (first + i) % post->slots;

        for (struct omb_link *link = post->peers[slot]; link; link = link->next_peer) {
            if (!link->greeted || !waits(link))
                continue;
            if (rc == OMB_OK && turn->rows < OMB_TURN_ROWS) {
                rc = serve(step, link, err);
                continue;
            }
            turn->slot = slot;
            turn->due = true;
            omb_post_wake(step, step->input->monotonic_ms + OMB_TURN_MS);
            return rc;
        }
    }
    return rc;
}

enum omb_rc omb_later_turn(struct omb_step *step, struct omb_error *err)
{
    return omb_turn_take(step, &step->office->post->later, has_put_off, go_on, err);
}
