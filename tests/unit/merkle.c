/* Does every leaf of every batch climb to the signed root, and nothing else? */
#include "unit.h"

#include <stdlib.h>

#include "crypto/merkle.h"

enum { MOST = 70 };

static int start(void **state)
{
    (void)state;
    omb_crypto_init();
    return 0;
}

/* Leaf i of every batch here is the digest of the one byte i. */
static void make_leaves(struct omb_digest *leaves, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const uint8_t byte = (uint8_t)i;

        leaves[i] = omb_hash("ombud/record/1", omb_view(&byte, 1));
    }
}

static bool climbs(const struct omb_digest *leaf, const struct omb_path *path,
                   const struct omb_digest *root)
{
    struct omb_digest reached;

    return omb_merkle_climb(leaf, path, &reached) == OMB_OK && omb_digest_equal(&reached, root);
}

/* The roots were made with another implementation. */
static void roots_are_those_of_the_design(void **state)
{
    static const struct {
        size_t count;
        const char *root;
    } known[] = {
        {1, "5efa09f6b329ad2064ed406792d392d60badd941a6d0589150df97aa68d371e0"},
        {2, "75d1327c1c3a6e51c049aff2318ce9bb807f34159bb181c445c0b8ff681b7729"},
        {3, "e0b263386fb2f2f24f87d2f8141d430cd9dfde2a65d92cbe2f353bfedab3725a"},
        {5, "9361c8463a4b170a59ca40056e5f68d6a3bd15e2119423aea8c92fc0dd864c5e"},
        {64, "1f2f47e2dfd2700a9b2206f612ac62a6c3f3dbff125198b2d30411367e4b4fbc"},
        {70, "7587649a2fb8f855646c2add2873e20755056836ff303586ed8107052f01699a"},
    };
    struct omb_digest leaves[MOST], root;
    char hex[OMB_HEX_DIGEST_SIZE];
    (void)state;

    make_leaves(leaves, MOST);
    for (size_t i = 0; i < UNIT_COUNT(known); i++) {
        root = omb_merkle_root(leaves, known[i].count, NULL);
        omb_hex(OMB_VIEW_OF(root.bytes), hex);
        assert_string_equal(hex, known[i].root);
    }
}

static void every_path_of_every_batch_climbs_to_the_root(void **state)
{
    struct omb_digest leaves[MOST], root;
    struct omb_path paths[MOST];
    (void)state;

    make_leaves(leaves, MOST);
    for (size_t count = 1; count <= MOST; count++) {
        root = omb_merkle_root(leaves, count, paths);
        for (size_t i = 0; i < count; i++)
            assert_true(climbs(&leaves[i], &paths[i], &root));
    }
}

static void paths_do_not_change_the_root(void **state)
{
    struct omb_digest leaves[MOST], with, without;
    struct omb_path paths[MOST];
    (void)state;

    make_leaves(leaves, MOST);
    for (size_t count = 1; count <= MOST; count++) {
        with = omb_merkle_root(leaves, count, paths);
        without = omb_merkle_root(leaves, count, NULL);
        assert_true(omb_digest_equal(&with, &without));
    }
}

static void a_changed_leaf_does_not_climb(void **state)
{
    struct omb_digest leaves[MOST], root;
    struct omb_path paths[MOST];
    (void)state;

    make_leaves(leaves, MOST);
    for (size_t count = 1; count <= MOST; count++) {
        root = omb_merkle_root(leaves, count, paths);
        for (size_t i = 0; i < count; i++) {
            struct omb_digest changed = leaves[i];

            changed.bytes[i % OMB_DIGEST_SIZE] ^= 1;
            assert_false(climbs(&changed, &paths[i], &root));
        }
    }
}

static void a_leaf_does_not_climb_by_the_path_of_another(void **state)
{
    struct omb_digest leaves[MOST], root;
    struct omb_path paths[MOST];
    (void)state;

    make_leaves(leaves, MOST);
    root = omb_merkle_root(leaves, MOST, paths);
    for (size_t i = 0; i < MOST; i++)
        assert_false(climbs(&leaves[i], &paths[(i + 1) % MOST], &root));
}

static void a_changed_path_does_not_climb(void **state)
{
    struct omb_digest leaves[MOST], root;
    struct omb_path paths[MOST];
    (void)state;

    make_leaves(leaves, MOST);
    root = omb_merkle_root(leaves, MOST, paths);
    for (size_t i = 0; i < MOST; i++)
        for (size_t level = 0; level < paths[i].count; level++) {
            struct omb_path changed = paths[i];

            changed.nodes[level].bytes[0] ^= 1;
            assert_false(climbs(&leaves[i], &changed, &root));
            changed = paths[i];
            changed.index ^= UINT32_C(1) << level;
            assert_false(climbs(&leaves[i], &changed, &root));
        }
}

static void a_batch_of_one_has_an_empty_path(void **state)
{
    struct omb_digest leaf, root;
    struct omb_path path;
    (void)state;

    make_leaves(&leaf, 1);
    root = omb_merkle_root(&leaf, 1, &path);
    assert_int_equal(path.count, 0);
    assert_int_equal(path.index, 0);
    assert_true(omb_digest_equal(&root, &leaf));
}

/* Of five leaves the last is promoted twice: one step is left, with the other four on its left. */
static void a_promoted_leaf_skips_its_levels(void **state)
{
    struct omb_digest leaves[5], four;
    struct omb_path paths[5];
    (void)state;

    make_leaves(leaves, 5);
    four = omb_merkle_root(leaves, 4, NULL);
    omb_merkle_root(leaves, 5, paths);
    assert_int_equal(paths[4].count, 1);
    assert_int_equal(paths[4].index, 1);
    assert_true(omb_digest_equal(&paths[4].nodes[0], &four));
    assert_int_equal(paths[1].count, 3);
    assert_int_equal(paths[1].index, 1);
}

static void index_bits_beyond_the_path_are_refused(void **state)
{
    struct omb_digest leaves[2], reached;
    struct omb_path paths[2];
    (void)state;

    make_leaves(leaves, 2);
    omb_merkle_root(leaves, 2, paths);
    paths[0].index |= 2;
    assert_int_equal(omb_merkle_climb(&leaves[0], &paths[0], &reached), OMB_INVALID);
    paths[0].index = UINT32_C(1) << 31;
    assert_int_equal(omb_merkle_climb(&leaves[0], &paths[0], &reached), OMB_INVALID);
}

static void a_path_over_the_limit_is_refused(void **state)
{
    struct omb_path path = {.count = OMB_PATH_MAX + 1};
    struct omb_digest leaf = {{0}}, reached;
    (void)state;

    assert_int_equal(omb_merkle_climb(&leaf, &path, &reached), OMB_INVALID);
    path.count = SIZE_MAX;
    assert_int_equal(omb_merkle_climb(&leaf, &path, &reached), OMB_INVALID);
}

static void the_greatest_batch_has_sixteen_levels(void **state)
{
    struct omb_digest *leaves = calloc(OMB_BATCH_MAX, sizeof(*leaves)), root;
    struct omb_path *paths = calloc(OMB_BATCH_MAX, sizeof(*paths));
    (void)state;

    assert_non_null(leaves);
    assert_non_null(paths);
    for (size_t i = 0; i < OMB_BATCH_MAX; i++)
        omb_put_be32(leaves[i].bytes, (uint32_t)i);
    root = omb_merkle_root(leaves, OMB_BATCH_MAX, paths);
    for (size_t i = 0; i < OMB_BATCH_MAX; i += 4369) {
        assert_int_equal(paths[i].count, OMB_PATH_MAX);
        assert_int_equal(paths[i].index, i);
        assert_true(climbs(&leaves[i], &paths[i], &root));
    }
    root = omb_merkle_root(leaves, OMB_BATCH_MAX - 1, paths);
    assert_true(climbs(&leaves[OMB_BATCH_MAX - 2], &paths[OMB_BATCH_MAX - 2], &root));
    free(leaves);
    free(paths);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_are_those_of_the_design),
        cmocka_unit_test(every_path_of_every_batch_climbs_to_the_root),
        cmocka_unit_test(paths_do_not_change_the_root),
        cmocka_unit_test(a_changed_leaf_does_not_climb),
        cmocka_unit_test(a_leaf_does_not_climb_by_the_path_of_another),
        cmocka_unit_test(a_changed_path_does_not_climb),
        cmocka_unit_test(a_batch_of_one_has_an_empty_path),
        cmocka_unit_test(a_promoted_leaf_skips_its_levels),
        cmocka_unit_test(index_bits_beyond_the_path_are_refused),
        cmocka_unit_test(a_path_over_the_limit_is_refused),
        cmocka_unit_test(the_greatest_batch_has_sixteen_levels),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
