/* Which backups go when only some are kept, and what of those that were on their way? */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/backup_inside.h"
#include "support/folder.h"

#define NOW_MS INT64_C(1774951200000)

static const char *const parts[] = {"db/CURRENT", "keys.sealed", "ombud.conf"};

static struct omb_signer *signer_of(uint8_t with)
{
    uint8_t seed[OMB_SEED_SIZE];

    memset(seed, with, sizeof(seed));
    return omb_signer_from_seed(seed);
}

static struct omb_office_id office(void)
{
    struct omb_signer *signer = signer_of(2);
    uint8_t key[OMB_PUBLIC_SIZE];

    omb_signer_public(signer, key);
    omb_signer_free(signer);
    return omb_certify_office_id(OMB_VIEW_LIT("ho"), key);
}

static void sign(int64_t made_at, struct omb_buf *out)
{
    struct omb_signer *anchor = signer_of(1), *signer = signer_of(2);
    uint8_t anchor_key[OMB_PUBLIC_SIZE], key[OMB_PUBLIC_SIZE];
    struct omb_backup_file files[UNIT_COUNT(parts)];
    struct omb_backup_manifest manifest = {.files = {files, UNIT_COUNT(parts)}};
    struct omb_buf certificate = OMB_BUF_INIT;
    struct omb_certificate inner;
    struct omb_view chain;

    omb_signer_public(anchor, anchor_key);
    omb_signer_public(signer, key);
    inner = (struct omb_certificate){.version = 1, .office = office(), .code = OMB_VIEW_LIT("ho"),
                                     .name = OMB_VIEW_LIT("Head Office"),
                                     .kind = OMB_VIEW_LIT("head"),
                                     .signing_key = OMB_VIEW_OF(key),
                                     .transport_key = OMB_VIEW_OF(anchor_key),
                                     .sealing_key = OMB_VIEW_OF(anchor_key),
                                     .not_before = NOW_MS,
                                     .not_after = NOW_MS + 1,
                                     .issuer = omb_certify_anchor_issuer(anchor_key),
                                     .certify_depth = OMB_ROOT_CERTIFY_DEPTH};
    omb_certify_issue(&inner, anchor, &certificate);
    chain = omb_buf_view(&certificate);
    for (size_t i = 0; i < UNIT_COUNT(parts); i++)
        files[i] = (struct omb_backup_file){omb_view_str(parts[i]), 1,
                                            omb_hash(OMB_BACKUP_FILE_TAG, OMB_VIEW_LIT("x"))};
    manifest.version = OMB_BACKUP_VERSION;
    manifest.schema = 1;
    manifest.code = OMB_VIEW_LIT("ho");
    manifest.office = office();
    manifest.made_at = made_at;
    manifest.anchor = OMB_VIEW_OF(anchor_key);
    manifest.recovery = OMB_VIEW_OF(key);
    omb_backup_sign(&manifest, (struct omb_views){&chain, 1}, signer, out);
    omb_buf_free(&certificate);
    omb_signer_free(anchor);
    omb_signer_free(signer);
}

static struct test_path inside(void **state, const char *name, const char *part)
{
    char path[64];

    snprintf(path, sizeof(path), "%s/%s", name, part);
    return test_path(*state, path);
}

/* One of which each file is there. */
static struct test_path add_backup(void **state, const char *name, int64_t made_at)
{
    struct test_path path = test_path(*state, name), db = inside(state, name, "db");
    struct omb_buf manifest = OMB_BUF_INIT;

    assert_int_equal(mkdir(path.text, 0700), 0);
    assert_int_equal(mkdir(db.text, 0700), 0);
    for (size_t i = 0; i < UNIT_COUNT(parts); i++)
        test_write(inside(state, name, parts[i]).text, OMB_VIEW_LIT("x"), 0600);
    sign(made_at, &manifest);
    test_write(inside(state, name, "manifest").text, omb_buf_view(&manifest), 0600);
    omb_buf_free(&manifest);
    return path;
}

static void assert_goes(void **state, const char *made, uint32_t keep, const char *removed)
{
    const struct omb_office_id id = office();
    struct omb_buf names = OMB_BUF_INIT;

    assert_int_equal(omb_backup_prune(((struct test_folder *)*state)->path, &id,
                                      omb_view_str(made), keep, &names, NULL), OMB_OK);
    assert_string_equal(omb_buf_str(&names), removed);
    omb_buf_free(&names);
}

static void the_oldest_go(void **state)
{
    struct test_path one = add_backup(state, "one", NOW_MS), two = add_backup(state, "two",
                                                                              NOW_MS + 1);

    assert_goes(state, "two", 2, "");
    assert_goes(state, "two", 1, "one\n");
    assert_false(test_exists(one.text));
    assert_true(test_exists(two.text));
}

/* The clock was ahead when the others were made. */
static void the_one_just_made_stays(void **state)
{
    struct test_path one = add_backup(state, "one", NOW_MS + 8);
    struct test_path two = add_backup(state, "two", NOW_MS + 9);
    struct test_path made = add_backup(state, "made", NOW_MS);

    assert_goes(state, "made", 2, "one\n");
    assert_false(test_exists(one.text));
    assert_true(test_exists(two.text));
    assert_goes(state, "made", 1, "two\n");
    assert_true(test_exists(made.text));
}

/* Words of clients would stay in it for ever. */
static void what_was_on_its_way_goes(void **state)
{
    struct test_path gone = add_backup(state, ".gone.removed", NOW_MS);
    struct test_path other = add_backup(state, ".ho.partial", NOW_MS);
    struct test_path made = add_backup(state, "made", NOW_MS);

    assert_int_equal(unlink(inside(state, ".gone.removed", "manifest").text), 0);
    assert_goes(state, "made", 0, "");
    assert_false(test_exists(gone.text));
    assert_true(test_exists(other.text));
    assert_true(test_exists(made.text));
}

/* One that was cut off holds a copy of all, and goes only with the next. */
static void what_is_on_its_way_is_listed_as_none(void **state)
{
    const struct test_folder *folder = *state;
    struct omb_backup_seen *seen = NULL;
    struct omb_arena arena;
    size_t count = 0;

    (void)add_backup(state, "made", NOW_MS);
    (void)add_backup(state, ".ho.partial", NOW_MS);
    (void)add_backup(state, ".gone.removed", NOW_MS);
    omb_arena_init(&arena, SIZE_MAX);
    assert_int_equal(omb_backup_list(folder->path, &arena, &seen, &count, NULL), OMB_OK);
    assert_int_equal(count, 2);
    assert_true(omb_view_is(seen[0].name, "made") && seen[0].good);
    assert_true(omb_view_is(seen[1].name, ".ho.partial"));
    assert_false(seen[1].good);
    assert_null(seen[1].known);
    assert_non_null(strstr(omb_arena_str(&arena, seen[1].problem), "was cut off"));
    omb_arena_free(&arena);
}

static int setup(void **state)
{
    struct test_folder *folder = malloc(sizeof(*folder));

    omb_crypto_init();
    omb_wire_init();
    *folder = test_folder_make();
    *state = folder;
    return 0;
}

static int teardown(void **state)
{
    test_folder_remove(*state);
    free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_oldest_go, setup, teardown),
        cmocka_unit_test_setup_teardown(the_one_just_made_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_on_its_way_goes, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_on_its_way_is_listed_as_none, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
