/* Does every message come back as it was sent? */
#include "unit.h"

#include "wire/header.h"
#include "wire/shapes.h"

#include "wire_compare.h"

struct round {
    struct omb_arena arena;
    struct omb_buf bytes;
    void *sent;
    void *got;
};

static void start(struct round *round, const struct omb_shape *shape, unsigned choice)
{
    struct filler filler = {.arena = &round->arena, .next = 1, .choice = choice};

    omb_arena_init(&round->arena, SIZE_MAX / 2);
    round->bytes = OMB_BUF_INIT;
    round->sent = omb_arena_get(&round->arena, shape->size);
    round->got = omb_arena_get(&round->arena, shape->size);
    fill(&filler, shape, round->sent);
    omb_shape_encode(shape, round->sent, &round->bytes);
}

static void finish(struct round *round)
{
    omb_buf_free(&round->bytes);
    omb_arena_free(&round->arena);
}

/* Runs the question for every shape, and for every alternative where there is a choice. */
static void for_all(void (*ask)(const struct omb_shape *shape, struct round *round))
{
    for (size_t i = 0; i < OMB_SHAPE_COUNT; i++) {
        size_t choices = omb_shapes[i]->alternative_count;

        /* Deep messages choose too: facts inside a header, a body inside an act. */
        if (choices == 0)
            choices = 3;
        for (unsigned choice = 0; choice < choices; choice++) {
            struct round round;

            start(&round, omb_shapes[i], choice);
            ask(omb_shapes[i], &round);
            finish(&round);
        }
    }
}

static void ask_round_trip(const struct omb_shape *shape, struct round *round)
{
    struct omb_error err = {0};
    const char *differs;

    if (omb_shape_decode(shape, omb_buf_view(&round->bytes), &round->arena, round->got, NULL,
                         &err) != OMB_OK)
        fail_msg("%s: %s", shape->name, err.words);
    differs = difference(shape, round->sent, round->got);
    if (differs)
        fail_msg("%s: %s differs", shape->name, differs);
}

static void every_field_of_every_message_comes_back(void **state)
{
    (void)state;
    for_all(ask_round_trip);
}

static void ask_emptied_field(const struct omb_shape *shape, struct round *round)
{
    struct omb_buf less = OMB_BUF_INIT;

    for (size_t i = 0; i < shape->field_count; i++) {
        const struct omb_shape_field *field = &shape->fields[i];
        uint8_t *at = (uint8_t *)round->sent + field->offset;
        uint8_t saved[64] = {0};
        size_t size = plain_size(field->kind) ? plain_size(field->kind) : sizeof(void *);

        if (field->kind == OMB_KIND_digest0)
            continue;
        assert_false(omb_shape_is_empty(field, round->sent));
        if (plain_size(field->kind) == 0 && field->kind != OMB_KIND_one)
            size = sizeof(struct omb_view);
        memcpy(saved, at, size);
        memset(at, 0, size);
        assert_true(omb_shape_is_empty(field, round->sent));
        omb_buf_clear(&less);
        omb_shape_encode(shape, round->sent, &less);
        if (less.size >= round->bytes.size)
            fail_msg("%s.%s is encoded though it is empty", shape->name, field->name);
        memcpy(at, saved, size);
    }
    omb_buf_free(&less);
}

static void a_field_that_is_empty_is_not_encoded(void **state)
{
    (void)state;
    for_all(ask_emptied_field);
}

static void ask_same_bytes(const struct omb_shape *shape, struct round *round)
{
    struct omb_buf again = OMB_BUF_INIT;

    omb_buf_add_str(&again, "before");
    omb_shape_encode(shape, round->sent, &again);
    assert_int_equal(again.size, round->bytes.size + 6);
    if (round->bytes.size > 0)
        assert_memory_equal(again.data + 6, round->bytes.data, round->bytes.size);
    omb_buf_free(&again);
}

static void equal_messages_give_equal_bytes_behind_what_was_there(void **state)
{
    (void)state;
    for_all(ask_same_bytes);
}

static void ask_copy(const struct omb_shape *shape, struct round *round)
{
    struct omb_arena other;
    void *copy;
    struct omb_buf bytes = OMB_BUF_INIT;

    omb_arena_init(&other, SIZE_MAX / 2);
    copy = omb_shape_copy(shape, round->sent, &other);
    omb_arena_free(&round->arena);
    omb_shape_encode(shape, copy, &bytes);
    assert_int_equal(bytes.size, round->bytes.size);
    if (bytes.size > 0)
        assert_memory_equal(bytes.data, round->bytes.data, bytes.size);
    omb_buf_free(&bytes);
    omb_arena_free(&other);
}

static void a_copy_outlives_the_message_it_was_made_of(void **state)
{
    (void)state;
    for_all(ask_copy);
}

static void ask_check(const struct omb_shape *shape, struct round *round)
{
    struct omb_error err = {0};

    if (omb_shape_check(shape, round->sent, &err) != OMB_OK)
        fail_msg("%s: %s", shape->name, err.words);
}

static void a_message_of_good_values_passes_the_check(void **state)
{
    (void)state;
    for_all(ask_check);
}

static void ask_cut(const struct omb_shape *shape, struct round *round)
{
    struct omb_buf cut = OMB_BUF_INIT;
    size_t step = round->bytes.size / 300 + 1;

    for (size_t size = 0; size < round->bytes.size; size += step) {
        enum omb_rc rc;
        bool odd = false;

        /* A buffer of just this size, so that reading on is noticed. */
        omb_buf_free(&cut);
        if (size > 0)
            omb_buf_add(&cut, round->bytes.data, size);
        omb_arena_reset(&round->arena);
        round->got = omb_arena_get(&round->arena, shape->size);
        rc = omb_shape_decode(shape, omb_buf_view(&cut), &round->arena, round->got, &odd, NULL);
        assert_true(rc == OMB_OK || rc == OMB_INVALID);
    }
    omb_buf_free(&cut);
}

static void a_message_cut_anywhere_does_no_harm(void **state)
{
    (void)state;
    for_all(ask_cut);
}

static void a_oneof_without_a_message_says_nothing(void **state)
{
    struct omb_facts facts = {.event = {.tag = OMB_EVENT_RESOLVED, .value = NULL}};
    struct omb_facts got;
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_arena arena;
    (void)state;

    omb_arena_init(&arena, 1 << 20);
    omb_encode_facts(&facts, &bytes);
    assert_int_equal(omb_decode_facts(omb_buf_view(&bytes), &arena, &got, NULL), OMB_OK);
    assert_int_equal(got.event.tag, OMB_EVENT_RESOLVED);
    assert_int_equal(OMB_AS(resolved, got.event)->outcome.size, 0);
    omb_buf_free(&bytes);
    omb_arena_free(&arena);
}

static void fields_and_alternatives_are_found_by_name(void **state)
{
    const struct omb_shape *facts = &omb_shape_facts;
    (void)state;

    assert_int_equal(omb_shape_field(&omb_shape_matter, omb_view_str("product"))->kind,
                     OMB_KIND_code);
    assert_null(omb_shape_field(&omb_shape_matter, omb_view_str("produc")));
    assert_ptr_equal(omb_shape_alternative(facts, OMB_EVENT_RATED)->shape, &omb_shape_rated);
    assert_null(omb_shape_alternative(facts, 0));
    assert_null(omb_shape_alternative(facts, 63));
    assert_int_equal(omb_shape_alternative_named(facts, omb_view_str("taken_over"))->tag,
                     OMB_EVENT_TAKEN_OVER);
    assert_null(omb_shape_alternative_named(facts, omb_view_str("taken-over")));
}

static void events_have_names_with_hyphens(void **state)
{
    (void)state;
    assert_string_equal(omb_event_name(OMB_EVENT_TAKEN_OVER), "taken-over");
    assert_string_equal(omb_event_name(OMB_EVENT_REGISTERED), "registered");
    assert_string_equal(omb_event_name(0), "unknown");
    assert_string_equal(omb_event_name(63), "unknown");
    assert_string_equal(omb_event_name(UINT32_MAX), "unknown");
    for (size_t i = 0; i < omb_shape_facts.alternative_count; i++) {
        uint32_t tag = omb_shape_facts.alternatives[i].tag;

        assert_int_equal(omb_event_by_name(omb_view_str(omb_event_name(tag))), tag);
    }
    assert_int_equal(omb_event_by_name(omb_view_str("taken_over")), 0);
    assert_int_equal(omb_event_by_name(omb_view_str("unknown")), 0);
    assert_int_equal(omb_event_by_name(OMB_VIEW_NONE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_of_every_message_comes_back),
        cmocka_unit_test(a_field_that_is_empty_is_not_encoded),
        cmocka_unit_test(equal_messages_give_equal_bytes_behind_what_was_there),
        cmocka_unit_test(a_copy_outlives_the_message_it_was_made_of),
        cmocka_unit_test(a_message_of_good_values_passes_the_check),
        cmocka_unit_test(a_message_cut_anywhere_does_no_harm),
        cmocka_unit_test(a_oneof_without_a_message_says_nothing),
        cmocka_unit_test(fields_and_alternatives_are_found_by_name),
        cmocka_unit_test(events_have_names_with_hyphens),
    };

    omb_wire_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
