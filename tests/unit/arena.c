/* Does an arena keep its promises: zeroed, aligned, bounded, reusable? */
#include "unit.h"

#include <stdlib.h>

#include "base/bytes.h"

enum { KIB = 1024 };

static void memory_is_zeroed_also_after_a_reset(void **state)
{
    struct omb_arena arena;
    (void)state;

    omb_arena_init(&arena, 64 * KIB);
    for (int round = 0; round < 2; round++) {
        uint8_t *bytes = omb_arena_get(&arena, 1000);

        for (size_t i = 0; i < 1000; i++)
            assert_int_equal(bytes[i], 0);
        memset(bytes, 0xff, 1000);
        omb_arena_reset(&arena);
    }
    omb_arena_free(&arena);
}

static void memory_is_aligned_for_any_type(void **state)
{
    struct omb_arena arena;
    (void)state;

    omb_arena_init(&arena, 64 * KIB);
    for (size_t size = 0; size < 40; size++)
        assert_int_equal((uintptr_t)omb_arena_get(&arena, size) % 16, 0);
    omb_arena_free(&arena);
}

static void pieces_do_not_overlap(void **state)
{
    struct omb_arena arena;
    uint8_t *pieces[500];
    (void)state;

    omb_arena_init(&arena, 1024 * KIB);
    for (size_t i = 0; i < UNIT_COUNT(pieces); i++)
        memset(pieces[i] = omb_arena_get(&arena, i + 1), (int)(i % 251), i + 1);
    for (size_t i = 0; i < UNIT_COUNT(pieces); i++)
        for (size_t at = 0; at <= i; at++)
            assert_int_equal(pieces[i][at], i % 251);
    omb_arena_free(&arena);
}

static void the_limit_is_reached_and_not_passed(void **state)
{
    struct omb_arena arena;
    (void)state;

    omb_arena_init(&arena, 160);
    assert_null(omb_arena_try(&arena, 161));
    assert_non_null(omb_arena_try(&arena, 150));
    assert_null(omb_arena_try(&arena, 1));
    omb_arena_free(&arena);
}

static void an_absurd_size_is_refused(void **state)
{
    struct omb_arena arena;
    (void)state;

    omb_arena_init(&arena, SIZE_MAX);
    assert_null(omb_arena_try(&arena, SIZE_MAX));
    assert_null(omb_arena_try(&arena, SIZE_MAX - 8));
    omb_arena_free(&arena);
}

static void a_reset_gives_the_whole_limit_back(void **state)
{
    struct omb_arena arena;
    (void)state;

    omb_arena_init(&arena, 1024 * KIB);
    for (int round = 0; round < 3; round++) {
        for (int piece = 0; piece < 16; piece++)
            assert_non_null(omb_arena_try(&arena, 64 * KIB));
        assert_null(omb_arena_try(&arena, 1));
        omb_arena_reset(&arena);
        assert_int_equal(arena.used, 0);
    }
    omb_arena_free(&arena);
}

static void a_piece_greater_than_a_chunk_fits(void **state)
{
    struct omb_arena arena;
    uint8_t *great;
    (void)state;

    omb_arena_init(&arena, 16 * 1024 * KIB);
    great = omb_arena_try(&arena, 9 * 1024 * KIB);
    assert_non_null(great);
    great[9 * 1024 * KIB - 1] = 1;
    assert_non_null(omb_arena_try(&arena, 10));
    omb_arena_reset(&arena);
    assert_non_null(omb_arena_try(&arena, 16 * 1024 * KIB));
    omb_arena_free(&arena);
}

static void copies_do_not_depend_on_the_original(void **state)
{
    struct omb_arena arena;
    char original[] = "fees";
    struct omb_view copy;
    char *text;
    (void)state;

    omb_arena_init(&arena, KIB);
    copy = omb_arena_copy(&arena, omb_view_str(original));
    text = omb_arena_str(&arena, omb_view_str(original));
    memset(original, 'x', sizeof(original));
    assert_true(omb_view_is(copy, "fees"));
    assert_string_equal(text, "fees");
    omb_arena_free(&arena);
}

static void formatted_text_has_its_exact_size(void **state)
{
    struct omb_arena arena;
    (void)state;

    omb_arena_init(&arena, KIB);
    assert_true(omb_view_is(omb_arena_printf(&arena, "%s-%04d", "vsp", 45), "vsp-0045"));
    omb_arena_free(&arena);
}

static void an_empty_view_copies_to_nothing(void **state)
{
    struct omb_arena arena;
    (void)state;

    omb_arena_init(&arena, KIB);
    assert_int_equal(omb_arena_copy(&arena, OMB_VIEW_NONE).size, 0);
    assert_string_equal(omb_arena_str(&arena, OMB_VIEW_NONE), "");
    omb_arena_free(&arena);
}

static void a_wiped_arena_is_empty_and_its_memory_freed(void **state)
{
    struct omb_arena arena;
    (void)state;

    omb_arena_init(&arena, 1024 * KIB);
    memset(omb_arena_get(&arena, 100 * KIB), 's', 100 * KIB);
    memset(omb_arena_get(&arena, 100 * KIB), 's', 100 * KIB);
    omb_arena_wipe(&arena);
    assert_null(arena.chunk);
    assert_int_equal(arena.used, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_also_after_a_reset),
        cmocka_unit_test(memory_is_aligned_for_any_type),
        cmocka_unit_test(pieces_do_not_overlap),
        cmocka_unit_test(the_limit_is_reached_and_not_passed),
        cmocka_unit_test(an_absurd_size_is_refused),
        cmocka_unit_test(a_reset_gives_the_whole_limit_back),
        cmocka_unit_test(a_piece_greater_than_a_chunk_fits),
        cmocka_unit_test(copies_do_not_depend_on_the_original),
        cmocka_unit_test(formatted_text_has_its_exact_size),
        cmocka_unit_test(an_empty_view_copies_to_nothing),
        cmocka_unit_test(a_wiped_arena_is_empty_and_its_memory_freed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
