/* Are signatures Ed25519 over tag and message, and does nothing else pass? */
#include "unit.h"

#include <sodium.h>

#include "crypto/crypto.h"

static void unhex(const char *hex, uint8_t *out, size_t size)
{
    assert_int_equal(omb_unhex(omb_view_str(hex), out, size), OMB_OK);
}

static int start(void **state)
{
    (void)state;
    omb_crypto_init();
    return 0;
}

/* RFC 8032, 7.1, test 2. A tag always ends with its NUL, so this asks the library. */
static void the_library_signs_as_in_rfc_8032(void **state)
{
    uint8_t seed[32], public_key[32], secret[64], signature[64], expected[64];
    (void)state;

    unhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", seed, 32);
    unhex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
          "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
          expected, 64);
    crypto_sign_seed_keypair(public_key, secret, seed);
    crypto_sign_detached(signature, NULL, (const uint8_t *)"\x72", 1, secret);
    assert_memory_equal(signature, expected, 64);
}

static void the_public_key_is_that_of_rfc_8032(void **state)
{
    uint8_t seed[32], expected[32], public_key[32];
    struct omb_signer *signer;
    (void)state;

    unhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", seed, 32);
    unhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", expected, 32);
    signer = omb_signer_from_seed(seed);
    omb_signer_public(signer, public_key);
    assert_memory_equal(public_key, expected, 32);
    omb_signer_free(signer);
}

static const uint8_t counting[32] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
                                     11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                                     22, 23, 24, 25, 26, 27, 28, 29, 30, 31};

/* Made with another implementation over "ombud/batch/1\0" and 32 zero bytes. */
static void the_tag_is_signed_with_its_nul(void **state)
{
    struct omb_signer *signer = omb_signer_from_seed(counting);
    uint8_t signature[64], expected[64];
    const uint8_t root[32] = {0};
    (void)state;

    unhex("c0ac5459805e3e8bd29948bb288b93012740b2f80008e09cf10fa5b0f575ef2c"
          "5bbd73cf259a4b9600d18f0799f58be1abbb6e95fc57f5bbc492251467e4d70b",
          expected, 64);
    omb_sign(signer, "ombud/batch/1", OMB_VIEW_OF(root), signature);
    assert_memory_equal(signature, expected, 64);
    omb_signer_free(signer);
}

static void the_seed_comes_back(void **state)
{
    struct omb_signer *signer = omb_signer_from_seed(counting);
    uint8_t seed[OMB_SEED_SIZE];
    (void)state;

    omb_signer_seed(signer, seed);
    assert_memory_equal(seed, counting, sizeof(seed));
    omb_signer_free(signer);
}

static void messages_of_any_size_verify(void **state)
{
    struct omb_signer *signer = omb_signer_from_seed(counting);
    uint8_t public_key[32], signature[64], message[600] = {0};
    (void)state;

    omb_signer_public(signer, public_key);
    for (size_t size = 0; size <= sizeof(message); size += 7) {
        omb_sign(signer, "ombud/test/1", omb_view(message, size), signature);
        assert_true(omb_verify(public_key, "ombud/test/1", omb_view(message, size), signature));
    }
    omb_signer_free(signer);
}

static void any_change_is_noticed(void **state)
{
    struct omb_signer *signer = omb_signer_from_seed(counting);
    uint8_t public_key[32], signature[64], message[40] = {0};
    (void)state;

    omb_signer_public(signer, public_key);
    omb_sign(signer, "ombud/test/1", OMB_VIEW_OF(message), signature);
    for (size_t i = 0; i < sizeof(message); i++) {
        message[i] ^= 1;
        assert_false(omb_verify(public_key, "ombud/test/1", OMB_VIEW_OF(message), signature));
        message[i] ^= 1;
    }
    for (size_t i = 0; i < sizeof(signature); i++) {
        signature[i] ^= 1;
        assert_false(omb_verify(public_key, "ombud/test/1", OMB_VIEW_OF(message), signature));
        signature[i] ^= 1;
    }
    public_key[5] ^= 1;
    assert_false(omb_verify(public_key, "ombud/test/1", OMB_VIEW_OF(message), signature));
    omb_signer_free(signer);
}

static void a_signature_for_one_purpose_is_none_for_another(void **state)
{
    struct omb_signer *signer = omb_signer_from_seed(counting);
    uint8_t public_key[32], signature[64];
    (void)state;

    omb_signer_public(signer, public_key);
    omb_sign(signer, "ombud/batch/1", OMB_VIEW_LIT("root"), signature);
    assert_false(omb_verify(public_key, "ombud/witness-batch/1", OMB_VIEW_LIT("root"), signature));
    omb_signer_free(signer);
}

/* Under a key of small order one signature would fit every message. */
static void a_key_of_small_order_verifies_nothing(void **state)
{
    const uint8_t key[32] = {1}, signature[64] = {1};
    (void)state;

    assert_false(omb_verify(key, "ombud/test/1", OMB_VIEW_LIT("any"), signature));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_library_signs_as_in_rfc_8032),
        cmocka_unit_test(the_public_key_is_that_of_rfc_8032),
        cmocka_unit_test(the_tag_is_signed_with_its_nul),
        cmocka_unit_test(the_seed_comes_back),
        cmocka_unit_test(messages_of_any_size_verify),
        cmocka_unit_test(any_change_is_noticed),
        cmocka_unit_test(a_signature_for_one_purpose_is_none_for_another),
        cmocka_unit_test(a_key_of_small_order_verifies_nothing),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
