/* Does protobuf-c, which knows nothing of our tables, read and write the same bytes? */
#include "unit.h"

#include "wire/bridge.h"
#include "wire/parts.h"
#include "wire/rows.h"

#include "wire_fill.h"

/* Reads the bytes with the generated descriptor and writes them again. */
static void assert_same_elsewhere(const struct omb_shape *shape, struct omb_view ours)
{
    const ProtobufCMessageDescriptor *descriptor = omb_shape_protos[shape->number];
    ProtobufCMessage *message =
        protobuf_c_message_unpack(descriptor, NULL, ours.size, ours.size ? ours.data : NULL);
    uint8_t *theirs = test_malloc(ours.size + 1);

    if (!message)
        fail_msg("%s: protobuf-c cannot read it", shape->name);
    assert_int_equal(message->n_unknown_fields, 0);
    assert_int_equal(protobuf_c_message_get_packed_size(message), ours.size);
    assert_int_equal(protobuf_c_message_pack(message, theirs), ours.size);
    if (ours.size > 0)
        assert_memory_equal(theirs, ours.data, ours.size);
    test_free(theirs);
    protobuf_c_message_free_unpacked(message, NULL);
}

static void ask(const struct omb_shape *shape, unsigned choice, size_t left_out)
{
    struct filler filler = {.next = 1, .choice = choice};
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_arena arena;
    uint8_t *message;

    omb_arena_init(&arena, SIZE_MAX / 2);
    filler.arena = &arena;
    message = omb_arena_get(&arena, shape->size);
    for (size_t i = 0; i < shape->field_count; i++)
        if (i % 3 != left_out)
            fill_field(&filler, shape, &shape->fields[i], message + shape->fields[i].offset);
    omb_shape_encode(shape, message, &bytes);
    assert_same_elsewhere(shape, omb_buf_view(&bytes));
    omb_buf_free(&bytes);
    omb_arena_free(&arena);
}

static void every_message_is_packed_as_protobuf_packs_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < OMB_SHAPE_COUNT; i++) {
        size_t choices = omb_shapes[i]->alternative_count;

        for (unsigned choice = 0; choice < (choices ? choices : 3); choice++)
            for (size_t left_out = 0; left_out < 4; left_out++)
                ask(omb_shapes[i], choice, left_out);
    }
}

/* A length takes one byte to 127, two to 16383, and three beyond. */
static void lengths_take_as_many_bytes_as_they_need(void **state)
{
    static const size_t sizes[] = {1, 120, 125, 126, 127, 128, 129, 16380, 16383, 16384, 60000};
    static uint8_t text[60000];
    (void)state;

    memset(text, 'n', sizeof(text));
    for (size_t i = 0; i < UNIT_COUNT(sizes); i++) {
        const struct omb_registered_body words = {.narrative = omb_view(text, sizes[i])};
        const struct omb_body body = {.event = {OMB_BODY_REGISTERED, &words}};
        struct omb_buf bytes = OMB_BUF_INIT;

        omb_encode_body(&body, &bytes);
        assert_same_elsewhere(&omb_shape_body, omb_buf_view(&bytes));
        omb_buf_free(&bytes);
    }
}

static void numbers_take_as_many_bytes_as_they_need(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 64; bits++) {
        const uint64_t number = UINT64_C(1) << bits;
        const struct omb_header header = {.seq = number, .body_size = (uint32_t)number};
        const struct omb_header before = {.seq = number - 1, .body_size = (uint32_t)(number - 1)};
        const struct omb_case_row row = {.redress_minor = (int64_t)number};
        struct omb_buf bytes = OMB_BUF_INIT;

        omb_encode_header(&header, &bytes);
        assert_same_elsewhere(&omb_shape_header, omb_buf_view(&bytes));
        omb_buf_clear(&bytes);
        omb_encode_header(&before, &bytes);
        assert_same_elsewhere(&omb_shape_header, omb_buf_view(&bytes));
        omb_buf_clear(&bytes);
        omb_encode_case_row(&row, &bytes);
        assert_same_elsewhere(&omb_shape_case_row, omb_buf_view(&bytes));
        omb_buf_free(&bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_is_packed_as_protobuf_packs_it),
        cmocka_unit_test(lengths_take_as_many_bytes_as_they_need),
        cmocka_unit_test(numbers_take_as_many_bytes_as_they_need),
    };

    omb_wire_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
