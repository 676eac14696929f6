/*
 * Named subscriptions: where each of them stands in the journal. A client goes on from there and
 * moves it when it has dealt with what it was told; what it did not confirm comes again.
 */
#include "office/desk/subscriptions.h"

#include <string.h>

#include "wire/limits.h"

#define SUBSCRIPTIONS_MAX 1000

static enum omb_rc check_name(struct omb_view name, struct omb_error *err)
{
    if (!omb_text_is_code(name))
        return omb_fail(err, OMB_INVALID, "name",
                        "a subscription's name has 1 to %d of a-z, 0-9 and -", OMB_CODE_MAX);
    return OMB_OK;
}

/* "cases,escalations": in the order in which they were named; empty: all. */
static struct omb_view join(struct omb_arena *arena, const struct omb_views *topics)
{
    struct omb_buf text = OMB_BUF_INIT;
    struct omb_view copy;

    for (size_t i = 0; i < topics->count; i++) {
        omb_buf_add_str(&text, i > 0 ? "," : "");
        omb_buf_add_view(&text, topics->items[i]);
    }
    copy = omb_arena_copy(arena, omb_buf_view(&text));
    omb_buf_free(&text);
    return copy;
}

/* OMB_NOT_FOUND: nobody confirmed anything under that name yet. */
static enum omb_rc find(struct omb_step *step, struct omb_view name,
                        const struct omb_views *topics, struct omb_subscription_row *out,
                        struct omb_error *err)
{
    const struct omb_key key = omb_key_subscription(name);
    struct omb_buf value = OMB_BUF_INIT;
    enum omb_rc rc = omb_port_get(step->port, OMB_FAMILY_PEER, omb_key_view(&key), &value);

    if (rc == OMB_OK)
        rc = omb_decode_subscription_row(omb_arena_copy(step->arena, omb_buf_view(&value)),
                                         step->arena, out, NULL);
    omb_buf_free(&value);
    if (rc == OMB_NOT_FOUND)
        return rc;
    if (rc != OMB_OK)
        return omb_fail(err, OMB_DAMAGED, NULL, "the row of a subscription cannot be read");
    if (!omb_view_equal(out->topic, join(step->arena, topics)))
        return omb_fail(err, OMB_REFUSED, "name",
                        "the subscription %.*s follows %.*s: take another name for other topics",
                        OMB_VIEW_ARGS(name),
                        OMB_VIEW_ARGS(out->topic.size ? out->topic : OMB_VIEW_LIT("everything")));
    return OMB_OK;
}

enum omb_rc omb_desk_subscription(struct omb_step *step, struct omb_view name,
                                  const struct omb_views *topics, uint64_t *out,
                                  struct omb_error *err)
{
    struct omb_subscription_row row;
    enum omb_rc rc = check_name(name, err);

    if (rc == OMB_OK)
        rc = find(step, name, topics, &row, err);
    if (rc == OMB_NOT_FOUND) {
        *out = 0;
        return OMB_OK;
    }
    if (rc != OMB_OK)
        return rc;
    if (row.position > omb_office_tip(step->office)->journal)
        return omb_fail(err, OMB_REFUSED, "name",
                        "this store has not come as far as the subscription %.*s: take another "
                        "name, or say --since once",
                        OMB_VIEW_ARGS(name));
    *out = row.position;
    return OMB_OK;
}

/* --- moving --- */

static enum omb_rc count_one(void *arg, struct omb_view key, struct omb_view value)
{
    (void)key;
    (void)value;
    return ++*(size_t *)arg < SUBSCRIPTIONS_MAX ? OMB_OK : OMB_STOP;
}

static enum omb_rc make_room(struct omb_step *step, struct omb_error *err)
{
    const struct omb_key prefix = omb_key_subscription(OMB_VIEW_NONE);
    size_t count = 0;
    const enum omb_rc rc = omb_desk_scan(step, OMB_FAMILY_PEER, omb_key_view(&prefix), NULL,
                                         count_one, &count, err);

    if (rc != OMB_OK)
        return rc;
    if (count >= SUBSCRIPTIONS_MAX)
        return omb_fail(err, OMB_LIMIT, "name", "there are %d subscriptions already",
                        SUBSCRIPTIONS_MAX);
    return OMB_OK;
}

static void put(struct omb_step *step, const struct omb_subscription_row *row)
{
    const struct omb_key key = omb_key_subscription(row->name);
    struct omb_buf value = OMB_BUF_INIT;

    omb_encode_subscription_row(row, &value);
    omb_put(omb_step_writes(step), OMB_FAMILY_PEER, omb_key_view(&key), omb_buf_view(&value));
    omb_buf_free(&value);
}

/* What was confirmed stays confirmed: a late confirmation of less moves nothing. */
static enum omb_rc move(struct omb_step *step, const struct omb_subscription_move *request,
                        uint64_t *position, struct omb_error *err)
{
    struct omb_subscription_row row = {.position = 0};
    enum omb_rc rc = find(step, request->name, &request->topics, &row, err);

    if (rc == OMB_NOT_FOUND)
        rc = make_room(step, err);
    if (rc != OMB_OK)
        return rc;
    if (row.position <= omb_office_tip(step->office)->journal && *position < row.position)
        *position = row.position;
    row = (struct omb_subscription_row){
        .name = request->name,
        .position = *position,
        .moved_at = step->input->now_ms,
        .topic = join(step->arena, &request->topics),
    };
    put(step, &row);
    return OMB_OK;
}

enum omb_rc omb_desk_subscription_move(struct omb_step *step, const void *ask, const void **out,
                                       struct omb_error *err)
{
    const struct omb_subscription_move *request = ask;
    struct omb_subscription_moved *answer =
        OMB_ARENA_NEW(step->arena, struct omb_subscription_moved, 1);
    uint64_t position = 0;
    enum omb_rc rc = check_name(request->name, err);

    if (rc == OMB_OK)
        rc = omb_desk_check_topics(step, &request->topics, err);
    if (rc == OMB_OK)
        rc = omb_position_parse(step, request->position, &position, err);
    if (rc != OMB_OK && err != NULL && omb_view_is(omb_view_str(err->field), "since"))
        omb_desk_blame(err, "position");
    if (rc == OMB_OK)
        rc = move(step, request, &position, err);
    if (rc != OMB_OK)
        return rc;
    *answer = (struct omb_subscription_moved){
        .name = request->name,
        .position = omb_position_print(step, position),
    };
    *out = answer;
    return OMB_OK;
}
