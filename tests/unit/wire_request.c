/* Is the id of a message found that cannot be decoded, and never more than an id? */
#include "unit.h"

#include "wire/control.h"
#include "wire/limits.h"
#include "wire/request.h"

#define BYTES(literal) literal, sizeof(literal) - 1

struct id_case {
    const char *bytes;
    size_t size;
    const char *id; /* "": none can be read */
};

/* A copy of just this size, so that reading on is noticed. */
static void check(struct omb_view (*read)(struct omb_view), const struct id_case *one)
{
    struct omb_buf exact = OMB_BUF_INIT;
    struct omb_view id;

    omb_buf_add(&exact, one->bytes, one->size);
    id = read(omb_buf_view(&exact));
    if (!omb_view_is(id, one->id))
        fail_msg("of %zu bytes: \"%.*s\" is not \"%s\"", one->size, OMB_VIEW_ARGS(id), one->id);
    omb_buf_free(&exact);
}

static void check_all(const struct id_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check(omb_request_id, &cases[i]);
}

static void the_id_is_found_whatever_is_wrong_around_it(void **state)
{
    static const struct id_case cases[] = {
        {BYTES("\x08\x01\x12\x02id"), "id"},
        {BYTES("\x12\x02id"), "id"},
        {BYTES("\x12\x02id\x08\x01"), "id"},                 /* fields that do not ascend */
        {BYTES("\xf8\x3f\x01\x12\x02id"), "id"},             /* one that is not known */
        {BYTES("\x08\x01\x12\x02id\x82\x01\x05"), "id"},     /* bytes end inside what was asked */
        {BYTES("\x08\x01\x12\x02id\xff\xff\xff"), "id"},
        {BYTES("\x08\x01\x12\x02id\x82\x01\x02\xff\xff"), "id"},
        {BYTES("\x82\x01\x02\xff\xff\x12\x02id"), "id"},
        {BYTES("\x08\x81\x00\x12\x82\x00id"), "id"},         /* varints longer than they need */
        {BYTES("\x12\x02id\x12\x02no"), "id"},
        {BYTES("\x10\x07\x12\x02id"), "id"},                 /* its number as another type */
    };

    (void)state;
    check_all(cases, UNIT_COUNT(cases));
}

static void nothing_is_found_where_bytes_are_no_fields(void **state)
{
    static const struct id_case cases[] = {
        {NULL, 0, ""},
        {BYTES("\x08\x01"), ""},
        {BYTES("\x12"), ""},
        {BYTES("\x12\x05id"), ""},
        {BYTES("\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01id"), ""},
        {BYTES("\xff\xff\x12\x02id"), ""},
        {BYTES("\x02\x01\x12\x02id"), ""},                   /* field number 0 */
        {BYTES("\x0b\x12\x02id"), ""},                       /* a group */
        {BYTES("\x82\x01\x04\x12\x02id"), ""},               /* an id inside another field */
        {BYTES("\x0a\x02id"), ""},
    };

    (void)state;
    check_all(cases, UNIT_COUNT(cases));
}

static void an_id_is_of_one_to_thirty_two_bytes(void **state)
{
    uint8_t bytes[2 + OMB_REQUEST_ID_MAX + 1] = {0x12, OMB_REQUEST_ID_MAX};

    (void)state;
    assert_int_equal(omb_request_id(omb_view(bytes, sizeof(bytes) - 1)).size, OMB_REQUEST_ID_MAX);
    bytes[1]++;
    assert_int_equal(omb_request_id(omb_view(bytes, sizeof(bytes))).size, 0);
    bytes[1] = 0;
    assert_int_equal(omb_request_id(omb_view(bytes, 2)).size, 0);
}

static void a_reply_has_its_id_in_front(void **state)
{
    static const struct id_case cases[] = {
        {BYTES("\x0a\x02id\x82\x01\x00"), "id"},
        {BYTES("\x0a\x02id\xff"), "id"},
        {BYTES("\x12\x02no"), ""},
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        check(omb_reply_id, &cases[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_id_is_found_whatever_is_wrong_around_it),
        cmocka_unit_test(nothing_is_found_where_bytes_are_no_fields),
        cmocka_unit_test(an_id_is_of_one_to_thirty_two_bytes),
        cmocka_unit_test(a_reply_has_its_id_in_front),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
