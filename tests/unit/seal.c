/* Does only who should open what was sealed, and is it sealed as the standards say? */
#include "unit.h"

#include <sodium.h>

#include "crypto/crypto.h"

static int start(void **state)
{
    (void)state;
    omb_crypto_init();
    return 0;
}

static struct omb_drbg seeded(uint8_t byte)
{
    uint8_t seed[OMB_SEED_SIZE] = {byte};
    struct omb_drbg drbg;

    omb_drbg_init(&drbg, seed);
    return drbg;
}

static struct omb_secret *secret_of(uint8_t byte)
{
    struct omb_drbg drbg = seeded(byte);
    uint8_t bytes[OMB_KEY_SIZE];

    omb_drbg_bytes(&drbg, bytes, sizeof(bytes));
    return omb_secret_new(bytes);
}

static void unhex(const char *hex, uint8_t *out, size_t size)
{
    assert_int_equal(omb_unhex(omb_view_str(hex), out, size), OMB_OK);
}

/* draft-irtf-cfrg-xchacha, A.3.1 */
static void sealing_is_xchacha20_poly1305(void **state)
{
    static const char plain[] = "Ladies and Gentlemen of the class of '99: If I could offer you "
                                "only one tip for the future, sunscreen would be it.";
    uint8_t key[OMB_KEY_SIZE], nonce[OMB_NONCE_SIZE], ad[12], expected[114 + OMB_TAG_SIZE];
    struct omb_buf out = OMB_BUF_INIT;
    (void)state;

    for (size_t i = 0; i < sizeof(key); i++)
        key[i] = (uint8_t)(0x80 + i);
    for (size_t i = 0; i < sizeof(nonce); i++)
        nonce[i] = (uint8_t)(0x40 + i);
    unhex("50515253c0c1c2c3c4c5c6c7", ad, sizeof(ad));
    unhex("bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f"
          "4eda7e39ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f"
          "76b2383565d3fff921f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49",
          expected, sizeof(expected));
    omb_seal(key, nonce, OMB_VIEW_OF(ad), omb_view_str(plain), &out);
    assert_int_equal(out.size, sizeof(expected));
    assert_memory_equal(out.data, expected, sizeof(expected));
    omb_buf_free(&out);
}

static void what_was_sealed_opens_behind_what_was_there(void **state)
{
    const uint8_t key[OMB_KEY_SIZE] = {1}, nonce[OMB_NONCE_SIZE] = {2};
    struct omb_buf sealed = OMB_BUF_INIT, out = OMB_BUF_INIT;
    (void)state;

    omb_buf_add_str(&out, "before:");
    omb_seal(key, nonce, OMB_VIEW_LIT("ad"), OMB_VIEW_LIT("words"), &sealed);
    assert_int_equal(sealed.size, 5 + OMB_TAG_SIZE);
    assert_int_equal(omb_open(key, nonce, OMB_VIEW_LIT("ad"), omb_buf_view(&sealed), &out), OMB_OK);
    assert_string_equal(omb_buf_str(&out), "before:words");
    omb_buf_free(&sealed);
    omb_buf_free(&out);
}

static void nothing_can_be_sealed_too(void **state)
{
    const uint8_t key[OMB_KEY_SIZE] = {1}, nonce[OMB_NONCE_SIZE] = {2};
    struct omb_buf sealed = OMB_BUF_INIT, out = OMB_BUF_INIT;
    (void)state;

    omb_seal(key, nonce, OMB_VIEW_NONE, OMB_VIEW_NONE, &sealed);
    assert_int_equal(omb_open(key, nonce, OMB_VIEW_NONE, omb_buf_view(&sealed), &out), OMB_OK);
    assert_int_equal(out.size, 0);
    omb_buf_free(&sealed);
    omb_buf_free(&out);
}

static void another_key_nonce_or_place_does_not_open(void **state)
{
    const uint8_t key[OMB_KEY_SIZE] = {1}, nonce[OMB_NONCE_SIZE] = {2};
    const uint8_t other_key[OMB_KEY_SIZE] = {3}, other_nonce[OMB_NONCE_SIZE] = {4};
    struct omb_buf sealed = OMB_BUF_INIT, out = OMB_BUF_INIT;
    struct omb_view view;
    (void)state;

    omb_seal(key, nonce, OMB_VIEW_LIT("seq 1"), OMB_VIEW_LIT("words"), &sealed);
    view = omb_buf_view(&sealed);
    assert_int_equal(omb_open(other_key, nonce, OMB_VIEW_LIT("seq 1"), view, &out),
                     OMB_UNAUTHENTIC);
    assert_int_equal(omb_open(key, other_nonce, OMB_VIEW_LIT("seq 1"), view, &out),
                     OMB_UNAUTHENTIC);
    assert_int_equal(omb_open(key, nonce, OMB_VIEW_LIT("seq 2"), view, &out), OMB_UNAUTHENTIC);
    assert_int_equal(out.size, 0);
    omb_buf_free(&sealed);
    omb_buf_free(&out);
}

static void a_changed_or_cut_seal_does_not_open(void **state)
{
    const uint8_t key[OMB_KEY_SIZE] = {1}, nonce[OMB_NONCE_SIZE] = {2};
    struct omb_buf sealed = OMB_BUF_INIT, out = OMB_BUF_INIT;
    (void)state;

    omb_seal(key, nonce, OMB_VIEW_NONE, OMB_VIEW_LIT("words"), &sealed);
    for (size_t i = 0; i < sealed.size; i++) {
        sealed.data[i] ^= 0x10;
        assert_int_equal(omb_open(key, nonce, OMB_VIEW_NONE, omb_buf_view(&sealed), &out),
                         OMB_UNAUTHENTIC);
        sealed.data[i] ^= 0x10;
        assert_int_equal(omb_open(key, nonce, OMB_VIEW_NONE, omb_view(sealed.data, i), &out),
                         OMB_UNAUTHENTIC);
    }
    omb_buf_free(&sealed);
    omb_buf_free(&out);
}

/* RFC 7748, 6.1: Bob's keys */
static void public_keys_are_x25519(void **state)
{
    uint8_t bytes[32], expected[32], public_key[32];
    struct omb_secret *secret;
    (void)state;

    unhex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb", bytes, 32);
    unhex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f", expected, 32);
    secret = omb_secret_new(bytes);
    omb_box_public(secret, public_key);
    assert_memory_equal(public_key, expected, 32);
    omb_secret_free(secret);
}

static void the_library_opens_our_boxes(void **state)
{
    struct omb_secret *secret = secret_of(1);
    struct omb_drbg drbg = seeded(2);
    struct omb_buf box = OMB_BUF_INIT;
    uint8_t public_key[OMB_PUBLIC_SIZE], plain[9];
    (void)state;

    omb_box_public(secret, public_key);
    assert_int_equal(omb_box_seal(public_key, OMB_VIEW_LIT("case key!"), &drbg, &box), OMB_OK);
    assert_int_equal(box.size, 9 + OMB_SEALED_BOX_OVERHEAD);
    assert_int_equal(
        crypto_box_seal_open(plain, box.data, box.size, public_key, omb_secret_bytes(secret)), 0);
    assert_memory_equal(plain, "case key!", 9);
    omb_buf_free(&box);
    omb_secret_free(secret);
}

static void we_open_boxes_of_the_library(void **state)
{
    struct omb_secret *secret = secret_of(1);
    struct omb_buf out = OMB_BUF_INIT;
    uint8_t public_key[OMB_PUBLIC_SIZE], box[9 + OMB_SEALED_BOX_OVERHEAD];
    (void)state;

    omb_box_public(secret, public_key);
    crypto_box_seal(box, (const uint8_t *)"case key!", 9, public_key);
    assert_int_equal(omb_box_open(secret, OMB_VIEW_OF(box), &out), OMB_OK);
    assert_string_equal(omb_buf_str(&out), "case key!");
    omb_buf_free(&out);
    omb_secret_free(secret);
}

static void a_box_opens_for_its_recipient_only(void **state)
{
    struct omb_secret *secret = secret_of(1), *other = secret_of(3);
    struct omb_drbg drbg = seeded(2);
    struct omb_buf box = OMB_BUF_INIT, out = OMB_BUF_INIT;
    uint8_t public_key[OMB_PUBLIC_SIZE];
    (void)state;

    omb_box_public(secret, public_key);
    assert_int_equal(omb_box_seal(public_key, OMB_VIEW_LIT("key"), &drbg, &box), OMB_OK);
    assert_int_equal(omb_box_open(other, omb_buf_view(&box), &out), OMB_UNAUTHENTIC);
    for (size_t i = 0; i < box.size; i++)
        assert_int_equal(omb_box_open(secret, omb_view(box.data, i), &out), OMB_UNAUTHENTIC);
    assert_int_equal(out.size, 0);
    omb_buf_free(&box);
    omb_secret_free(secret);
    omb_secret_free(other);
    omb_buf_free(&out);
}

static void the_same_seed_makes_the_same_box(void **state)
{
    struct omb_secret *secret = secret_of(1);
    struct omb_drbg first = seeded(2), again = seeded(2);
    struct omb_buf boxes[3] = {OMB_BUF_INIT, OMB_BUF_INIT, OMB_BUF_INIT};
    uint8_t public_key[OMB_PUBLIC_SIZE];
    (void)state;

    omb_box_public(secret, public_key);
    assert_int_equal(omb_box_seal(public_key, OMB_VIEW_LIT("key"), &first, &boxes[0]), OMB_OK);
    assert_int_equal(omb_box_seal(public_key, OMB_VIEW_LIT("key"), &again, &boxes[1]), OMB_OK);
    assert_int_equal(omb_box_seal(public_key, OMB_VIEW_LIT("key"), &again, &boxes[2]), OMB_OK);
    assert_true(omb_view_equal(omb_buf_view(&boxes[0]), omb_buf_view(&boxes[1])));
    assert_false(omb_view_equal(omb_buf_view(&boxes[1]), omb_buf_view(&boxes[2])));
    for (size_t i = 0; i < 3; i++)
        omb_buf_free(&boxes[i]);
    omb_secret_free(secret);
}

static void a_recipient_of_small_order_is_refused(void **state)
{
    const uint8_t zero[OMB_PUBLIC_SIZE] = {0};
    struct omb_drbg drbg = seeded(2);
    struct omb_buf box = OMB_BUF_INIT;
    (void)state;

    assert_int_equal(omb_box_seal(zero, OMB_VIEW_LIT("key"), &drbg, &box), OMB_INVALID);
    assert_int_equal(box.size, 0);
    omb_buf_free(&box);
}

static void a_subkey_is_keyed_blake2b_of_its_tag(void **state)
{
    uint8_t bytes[OMB_KEY_SIZE], expected[OMB_KEY_SIZE];
    struct omb_secret *secret, *derived;
    (void)state;

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)i;
    unhex("7055146b2d3ef1800886922fa1754d154dcfd1770ef3a1eccd2d3a9f698d8b0c", expected, 32);
    secret = omb_secret_new(bytes);
    derived = omb_secret_derive(secret, "ombud/store/1");
    assert_memory_equal(omb_secret_bytes(derived), expected, OMB_KEY_SIZE);
    omb_secret_free(secret);
    omb_secret_free(derived);
}

/* Key files of today must open for ever, so the limits behind the passphrase may never change. */
static void a_passphrase_gives_the_same_key_for_ever(void **state)
{
    uint8_t salt[16], key[OMB_KEY_SIZE], expected[OMB_KEY_SIZE];
    (void)state;

    for (size_t i = 0; i < sizeof(salt); i++)
        salt[i] = (uint8_t)i;
    unhex("9aab5a81db651bf866ff7b6169794d2ad9bb00f3d95177925a5fca692a34dbd1", expected, 32);
    assert_int_equal(omb_passphrase_key(OMB_VIEW_LIT("correct horse"), salt, key), OMB_OK);
    assert_memory_equal(key, expected, OMB_KEY_SIZE);
}

static void wiped_is_zero_and_equal_is_equal(void **state)
{
    uint8_t a[32], zero[32] = {0};
    (void)state;

    memset(a, 7, sizeof(a));
    assert_false(omb_equal_ct(a, zero, sizeof(a)));
    omb_wipe(a, sizeof(a));
    assert_true(omb_equal_ct(a, zero, sizeof(a)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sealing_is_xchacha20_poly1305),
        cmocka_unit_test(what_was_sealed_opens_behind_what_was_there),
        cmocka_unit_test(nothing_can_be_sealed_too),
        cmocka_unit_test(another_key_nonce_or_place_does_not_open),
        cmocka_unit_test(a_changed_or_cut_seal_does_not_open),
        cmocka_unit_test(public_keys_are_x25519),
        cmocka_unit_test(the_library_opens_our_boxes),
        cmocka_unit_test(we_open_boxes_of_the_library),
        cmocka_unit_test(a_box_opens_for_its_recipient_only),
        cmocka_unit_test(the_same_seed_makes_the_same_box),
        cmocka_unit_test(a_recipient_of_small_order_is_refused),
        cmocka_unit_test(a_subkey_is_keyed_blake2b_of_its_tag),
        cmocka_unit_test(a_passphrase_gives_the_same_key_for_ever),
        cmocka_unit_test(wiped_is_zero_and_equal_is_equal),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
