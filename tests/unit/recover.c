/* Recovery: what does the bank's recovery key give back to an office that lost its keys? */
#include <string.h>

#include "support/deskwork.h"
#include "unit.h"
#include "wire/limits.h"

/* --- losing keys --- */

struct found_keys {
    struct omb_key items[64];
    size_t count;
};

static enum omb_rc take_key(void *arg, struct omb_view key, struct omb_view value)
{
    struct found_keys *found = arg;

    (void)value;
    assert_true(found->count < UNIT_COUNT(found->items) && key.size <= OMB_KEY_MAX);
    memcpy(found->items[found->count].bytes, key.data, key.size);
    found->items[found->count++].size = key.size;
    return OMB_OK;
}

static size_t drop_keys(struct rig *rig, struct omb_view prefix)
{
    static struct found_keys found;

    found.count = 0;
    assert_int_equal(omb_port_scan_prefix(memport_port(rig->store), OMB_FAMILY_KEY, prefix,
                                          take_key, &found),
                     OMB_OK);
    for (size_t i = 0; i < found.count; i++)
        memport_set(rig->store, OMB_FAMILY_KEY, omb_key_view(&found.items[i]), OMB_VIEW_NONE);
    return found.count;
}

/*
 * Registers in one life of the log, goes on in the next, and loses the case keys and the first
 * life's escrow key. The newest life's stays: without it no office would open.
 */
static struct omb_view lose_keys(struct rig *rig)
{
    const struct omb_view number = new_case(rig);
    const uint8_t first_life[] = {'E', 0, 0, 0, 1};

    rig_commit(rig);
    rig_reopen(rig);
    new_case(rig);
    rig_commit(rig);
    assert_int_equal(drop_keys(rig, OMB_VIEW_LIT("C")), 2);
    assert_int_equal(drop_keys(rig, OMB_VIEW_OF(first_life)), 1);
    assert_true(show(rig, "h1", number)->sealed);
    return number;
}

/* --- asking --- */

static const struct omb_reply *recover(struct rig *rig, struct omb_view secret, bool offline,
                                       struct omb_view cursor, uint32_t limit)
{
    const struct omb_office_recover ask = {.secret = secret, .cursor = cursor, .limit = limit};
    struct omb_input input = {.kind = OMB_INPUT_REQUEST, .local_admin = offline};
    struct omb_reply *reply = OMB_ARENA_NEW(&rig->arena, struct omb_reply, 1);
    const struct omb_reply_out *replies;
    struct omb_buf bytes = OMB_BUF_INIT;
    uint8_t id[8];
    const struct omb_request request = {
        .protocol = 1, .id = OMB_VIEW_OF(id), .ask = {OMB_ASK_OFFICE_RECOVER, &ask}};
    struct omb_error err = {0};
    size_t count;

    omb_put_be64(id, ++rig->ids);
    omb_encode_request(&request, &bytes);
    input.bytes = omb_buf_view(&bytes);
    memcpy(input.peer, rig->admin, sizeof(input.peer));
    assert_int_equal(rig_step(rig, &input, &err), OMB_OK);
    count = omb_update_replies(rig->update, &replies);
    assert_true(count > 0);
    assert_int_equal(omb_decode_reply(replies[count - 1].bytes, &rig->arena, reply, &err), OMB_OK);
    omb_buf_free(&bytes);
    return reply;
}

static struct omb_view secret_of(const struct rig *rig)
{
    return omb_view(omb_secret_bytes(rig->recovery), OMB_KEY_SIZE);
}

/* --- tests --- */

static void gives_case_keys_back(void **state)
{
    struct rig *rig = *state;
    const struct omb_view number = lose_keys(rig);
    const struct omb_office_recovered *done = ANSWER(
        office_recovered, recover(rig, secret_of(rig), true, OMB_VIEW_NONE, OMB_PAGE_MAX));

    assert_int_equal(done->escrow_keys, 2);
    assert_int_equal(done->case_keys, 2);
    assert_int_equal(done->without_key, 0);
    assert_int_equal(done->cursor.size, 0);
    assert_false(show(rig, "h1", number)->sealed);
    assert_true(show(rig, "h1", number)->narrative.size > 0);
}

static void goes_in_pages(void **state)
{
    struct rig *rig = *state;
    const struct omb_view number = lose_keys(rig);
    struct omb_view cursor = OMB_VIEW_NONE;
    uint64_t cases = 0, records = 0;
    size_t pages = 0;

    do {
        const struct omb_office_recovered *done =
            ANSWER(office_recovered, recover(rig, secret_of(rig), true, cursor, 2));

        assert_true(done->records <= 2);
        records += done->records;
        cases += done->case_keys;
        cursor = done->cursor;
        pages++;
    } while (cursor.size > 0);
    assert_int_equal(cases, 2);
    assert_true(pages > 2 && records > 4);
    assert_false(show(rig, "h1", number)->sealed);
}

/* Texts that were erased stay so. */
static void leaves_erased_cases(void **state)
{
    struct rig *rig = *state;
    const struct omb_view number = new_case(rig);
    const struct omb_office_recovered *done;

    settle(rig, number);
    hire(rig, "s2", "supervisor");
    answer_of(ACT(rig, "s1", number, ERASED, erased, NULL, .ground = OMB_VIEW_LIT("client-asks")));
    answer_of(ACT(rig, "s2", number, ERASURE_CONFIRMED, erasure_confirmed, NULL,
                  .ground = OMB_VIEW_LIT("client-asks")));
    rig_commit(rig);
    done = ANSWER(office_recovered,
                  recover(rig, secret_of(rig), true, OMB_VIEW_NONE, OMB_PAGE_MAX));
    assert_int_equal(done->case_keys, 0);
    assert_int_equal(done->erased, 1);
    assert_int_equal(done->without_key, 0);
    assert_true(show(rig, "h1", number)->erased);
}

static void refuses_another_key(void **state)
{
    struct rig *rig = *state;
    uint8_t other[OMB_KEY_SIZE];

    memset(other, 0x77, sizeof(other));
    must_refuse(recover(rig, OMB_VIEW_OF(other), true, OMB_VIEW_NONE, 10), "refused",
                "not the recovery key");
    must_refuse(recover(rig, OMB_VIEW_LIT("short"), true, OMB_VIEW_NONE, 10), "invalid",
                "32 bytes");
}

static void refuses_a_daemon(void **state)
{
    struct rig *rig = *state;

    must_refuse(recover(rig, secret_of(rig), false, OMB_VIEW_NONE, 10), "refused",
                "not sent to a daemon");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(gives_case_keys_back), DESK_TEST(goes_in_pages),
        DESK_TEST(leaves_erased_cases),  DESK_TEST(refuses_another_key),
        DESK_TEST(refuses_a_daemon),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
