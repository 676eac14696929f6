/* Are ids compared whole, and hex and base64 what the standards say? */
#include "unit.h"

#include "base/ids.h"

static void ids_differ_when_any_byte_does(void **state)
{
    struct omb_office_id a = {{0}}, b = {{0}};
    (void)state;

    assert_true(omb_office_id_equal(&a, &b));
    assert_true(omb_office_id_none(&a));
    for (size_t i = 0; i < sizeof(b.bytes); i++) {
        b.bytes[i] = 1;
        assert_false(omb_office_id_equal(&a, &b));
        assert_false(omb_office_id_none(&b));
        b.bytes[i] = 0;
    }
}

static void digests_differ_when_any_byte_does(void **state)
{
    struct omb_digest a = {{0}}, b = {{0}};
    (void)state;

    for (size_t i = 0; i < sizeof(b.bytes); i++) {
        b.bytes[i] = 0x80;
        assert_false(omb_digest_equal(&a, &b));
        assert_false(omb_digest_none(&b));
        b.bytes[i] = 0;
    }
    assert_true(omb_digest_equal(&a, &b));
    assert_true(omb_digest_none(&a));
}

static void incarnations_sort_as_lives(void **state)
{
    struct omb_incarnation first = {{0, 0, 0, 9, 0xff}}, second = {{0, 0, 1, 0, 0}};
    (void)state;

    assert_int_equal(omb_incarnation_number(&first), 9);
    assert_int_equal(omb_incarnation_number(&second), 256);
    assert_true(OMB_ID_COMPARE(&first, &second) < 0);
    assert_false(omb_incarnation_equal(&first, &second));
}

static void a_key_id_is_the_start_of_the_digest(void **state)
{
    struct omb_digest certificate;
    struct omb_key_id id;
    (void)state;

    for (size_t i = 0; i < sizeof(certificate.bytes); i++)
        certificate.bytes[i] = (uint8_t)i;
    id = omb_key_id_of(&certificate);
    assert_memory_equal(id.bytes, certificate.bytes, 16);
}

static void hex_goes_there_and_back(void **state)
{
    uint8_t all[256], back[256];
    char hex[513];
    (void)state;

    for (size_t i = 0; i < sizeof(all); i++)
        all[i] = (uint8_t)i;
    omb_hex(OMB_VIEW_OF(all), hex);
    assert_int_equal(strlen(hex), 512);
    assert_memory_equal(hex, "000102030405060708090a0b0c0d0e0f10", 34);
    assert_int_equal(omb_unhex(omb_view_str(hex), back, sizeof(back)), OMB_OK);
    assert_memory_equal(all, back, sizeof(all));
}

static void hex_is_read_in_either_case(void **state)
{
    uint8_t out[3];
    (void)state;

    assert_int_equal(omb_unhex(OMB_VIEW_LIT("aBCdEf"), out, 3), OMB_OK);
    assert_memory_equal(out, "\xab\xcd\xef", 3);
}

static void hex_of_another_length_or_letter_is_refused(void **state)
{
    static const char *const bad[] = {"",       "aabb",    "aabbc",  "aabbccd", "aabbccdd",
                                      "aabbcg", " aabbcc", "aabb c", "0xaabb",  "aab\xc3\xa9"};
    uint8_t out[3] = {7, 7, 7};
    (void)state;

    for (size_t i = 0; i < UNIT_COUNT(bad); i++)
        assert_int_equal(omb_unhex(omb_view_str(bad[i]), out, 3), OMB_INVALID);
    assert_memory_equal(out, "\7\7\7", 3);
}

static void base64_is_that_of_rfc_4648(void **state)
{
    static const char *const pairs[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xff\xef\xbe", "/+++"},
    };
    (void)state;

    for (size_t i = 0; i < UNIT_COUNT(pairs); i++) {
        struct omb_buf out = OMB_BUF_INIT;

        omb_base64(omb_view_str(pairs[i][0]), &out);
        assert_string_equal(omb_buf_str(&out), pairs[i][1]);
        omb_buf_free(&out);
    }
}

static void base64_is_appended(void **state)
{
    struct omb_buf out = OMB_BUF_INIT;
    uint8_t zeros[300] = {0};
    (void)state;

    omb_buf_add_str(&out, "x=");
    omb_base64(OMB_VIEW_OF(zeros), &out);
    assert_int_equal(out.size, 402);
    assert_memory_equal(out.data, "x=AAAA", 6);
    assert_int_equal(out.data[401], 'A');
    omb_buf_free(&out);
}

static void base64_goes_there_and_back(void **state)
{
    uint8_t bytes[70];
    (void)state;

    for (size_t size = 0; size <= sizeof(bytes); size++) {
        struct omb_buf text = OMB_BUF_INIT, back = OMB_BUF_INIT;

        for (size_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)(i * 37 + size);
        omb_base64(omb_view(bytes, size), &text);
        assert_int_equal(omb_unbase64(omb_buf_view(&text), &back), OMB_OK);
        assert_true(omb_view_equal(omb_buf_view(&back), omb_view(bytes, size)));
        omb_buf_free(&text);
        omb_buf_free(&back);
    }
}

/* One content has one text: what omb_base64 would not write is refused. */
static void base64_of_another_form_is_refused(void **state)
{
    static const char *const bad[] = {"Z",    "Zg",    "Zg=",  "Zg===", "=",    "====", "Z===",
                                      "Zh==", "Zm9=",  "Zm8g=", "Zm 9", "Zm9\n", "Zg==Zm9v",
                                      "Zm-v", "Zm_v",  "Zm9v=", "*m9v"};
    struct omb_buf out = OMB_BUF_INIT;
    (void)state;

    omb_buf_add_str(&out, "x");
    for (size_t i = 0; i < UNIT_COUNT(bad); i++)
        assert_int_equal(omb_unbase64(omb_view_str(bad[i]), &out), OMB_INVALID);
    assert_string_equal(omb_buf_str(&out), "x");
    omb_buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_differ_when_any_byte_does),
        cmocka_unit_test(digests_differ_when_any_byte_does),
        cmocka_unit_test(incarnations_sort_as_lives),
        cmocka_unit_test(a_key_id_is_the_start_of_the_digest),
        cmocka_unit_test(hex_goes_there_and_back),
        cmocka_unit_test(hex_is_read_in_either_case),
        cmocka_unit_test(hex_of_another_length_or_letter_is_refused),
        cmocka_unit_test(base64_is_that_of_rfc_4648),
        cmocka_unit_test(base64_is_appended),
        cmocka_unit_test(base64_goes_there_and_back),
        cmocka_unit_test(base64_of_another_form_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
