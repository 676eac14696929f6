/* Are digests and the random stream what the design fixes for ever? */
#include "unit.h"

#include <sodium.h>

#include "crypto/crypto.h"

static void assert_hex(const uint8_t *bytes, size_t size, const char *expected)
{
    char hex[129];

    assert_true(size <= 64);
    omb_hex(omb_view(bytes, size), hex);
    assert_string_equal(hex, expected);
}

static int start(void **state)
{
    (void)state;
    omb_crypto_init();
    return 0;
}

static void the_hash_of_the_library_is_blake2b_256(void **state)
{
    uint8_t digest[32];
    (void)state;

    crypto_generichash(digest, sizeof(digest), (const uint8_t *)"abc", 3, NULL, 0);
    assert_hex(digest, 32, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

static void the_tag_is_hashed_with_its_nul(void **state)
{
    struct omb_digest digest = omb_hash("ombud/record/1", OMB_VIEW_LIT("abc"));
    (void)state;

    assert_hex(digest.bytes, 32,
               "690f5496cd197e5899d12638d5ccdf84061d7193abe7fdb8efe67b6a96f5190b");
    digest = omb_hash("ombud/record/1", OMB_VIEW_NONE);
    assert_hex(digest.bytes, 32,
               "69c32cc0ac51748ebdc406b8781b050b7d64f6468b4ed7e57986593c3526df41");
}

static void parts_hash_as_their_concatenation(void **state)
{
    const struct omb_view parts[] = {OMB_VIEW_LIT("a"), OMB_VIEW_NONE, OMB_VIEW_LIT("bc")};
    struct omb_digest whole = omb_hash("ombud/body/1", OMB_VIEW_LIT("abc"));
    struct omb_digest joined = omb_hash_parts("ombud/body/1", parts, 3);
    (void)state;

    assert_true(omb_digest_equal(&whole, &joined));
}

static void another_tag_is_another_digest(void **state)
{
    struct omb_digest body = omb_hash("ombud/body/1", OMB_VIEW_LIT("abc"));
    struct omb_digest grants = omb_hash("ombud/grants/1", OMB_VIEW_LIT("abc"));
    (void)state;

    assert_false(omb_digest_equal(&body, &grants));
}

static void the_stream_is_chacha20(void **state)
{
    const uint8_t seed[OMB_SEED_SIZE] = {0};
    uint8_t bytes[64];
    struct omb_drbg drbg;
    (void)state;

    omb_drbg_init(&drbg, seed);
    omb_drbg_bytes(&drbg, bytes, sizeof(bytes));
    assert_hex(bytes, 64,
               "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
               "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586");
}

static void the_stream_does_not_depend_on_how_it_is_cut(void **state)
{
    const uint8_t seed[OMB_SEED_SIZE] = {1, 2, 3};
    uint8_t whole[1000], pieces[1000];
    struct omb_drbg drbg;
    (void)state;

    omb_drbg_init(&drbg, seed);
    omb_drbg_bytes(&drbg, whole, sizeof(whole));
    for (size_t step = 1; step <= 200; step++) {
        omb_drbg_init(&drbg, seed);
        memset(pieces, 0xee, sizeof(pieces));
        for (size_t at = 0; at < sizeof(pieces); at += step)
            omb_drbg_bytes(&drbg, pieces + at,
                           at + step <= sizeof(pieces) ? step : sizeof(pieces) - at);
        assert_memory_equal(whole, pieces, sizeof(whole));
    }
}

static void asking_for_nothing_moves_nothing(void **state)
{
    const uint8_t seed[OMB_SEED_SIZE] = {9};
    struct omb_drbg drbg;
    (void)state;

    omb_drbg_init(&drbg, seed);
    omb_drbg_bytes(&drbg, NULL, 0);
    assert_true(drbg.counter == 0);
}

static void other_seeds_are_other_streams(void **state)
{
    const uint8_t seeds[2][OMB_SEED_SIZE] = {{1}, {2}};
    uint8_t bytes[2][32];
    struct omb_drbg drbg;
    (void)state;

    for (size_t i = 0; i < 2; i++) {
        omb_drbg_init(&drbg, seeds[i]);
        omb_drbg_bytes(&drbg, bytes[i], 32);
    }
    assert_memory_not_equal(bytes[0], bytes[1], 32);
}

static void random_bytes_differ_every_time(void **state)
{
    uint8_t bytes[2][32] = {{0}};
    (void)state;

    omb_random(bytes[0], 32);
    omb_random(bytes[1], 32);
    assert_memory_not_equal(bytes[0], bytes[1], 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hash_of_the_library_is_blake2b_256),
        cmocka_unit_test(the_tag_is_hashed_with_its_nul),
        cmocka_unit_test(parts_hash_as_their_concatenation),
        cmocka_unit_test(another_tag_is_another_digest),
        cmocka_unit_test(the_stream_is_chacha20),
        cmocka_unit_test(the_stream_does_not_depend_on_how_it_is_cut),
        cmocka_unit_test(asking_for_nothing_moves_nothing),
        cmocka_unit_test(other_seeds_are_other_streams),
        cmocka_unit_test(random_bytes_differ_every_time),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
