/* Founding and opening: is an office made of whole certificates only, and opened from its own
 * store? */
#include "office/inside.h"
#include "support/rig.h"
#include "unit.h"

static struct omb_office_birth birth_of(struct rig *rig)
{
    struct omb_office_birth birth = {
        .certificates = omb_buf_view(&rig->certificates),
        .zone = OMB_VIEW_LIT("UTC"),
        .now_ms = RIG_START_MS,
    };

    omb_signer_public(rig->anchor, birth.anchor);
    omb_box_public(rig->recovery, birth.recovery);
    return birth;
}

static enum omb_rc found(const struct omb_office_birth *birth, struct omb_error *err)
{
    struct omb_writes *writes = omb_writes_new();
    const enum omb_rc rc = omb_office_found(birth, writes, err);

    if (rc != OMB_OK)
        assert_int_equal(omb_writes_count(writes), 0);
    omb_writes_free(writes);
    return rc;
}

static void test_an_office_below_others_is_founded_with_them(void **state)
{
    struct rig rig;
    struct omb_office_birth birth;

    (void)state;
    rig_open(&rig, 2);
    birth = birth_of(&rig);
    assert_int_equal(found(&birth, NULL), OMB_OK);
    assert_int_equal(omb_office_self(rig.office)->depth, 2);
    assert_int_equal(omb_office_self(rig.office)->above_count, 2);
    rig_free(&rig);
}

static void test_a_list_of_certificates_that_is_cut_off_is_refused(void **state)
{
    struct rig *rig = *state;
    struct omb_office_birth birth = birth_of(rig);

    for (size_t size = birth.certificates.size; size-- > 0;) {
        birth.certificates.size = size;
        assert_int_not_equal(found(&birth, NULL), OMB_OK);
    }
}

static void test_certificates_of_another_anchor_are_refused(void **state)
{
    struct omb_office_birth birth = birth_of(*state);
    struct omb_error err;

    birth.anchor[3] ^= 1;
    assert_int_equal(found(&birth, &err), OMB_UNAUTHENTIC);
    assert_non_null(strstr(err.words, "another anchor"));
}

static void test_a_recovery_key_that_anyone_could_open_is_refused(void **state)
{
    struct omb_office_birth birth = birth_of(*state);
    struct omb_error err;

    memset(birth.recovery, 0, sizeof(birth.recovery));
    assert_int_equal(found(&birth, &err), OMB_INVALID);
    assert_string_equal(err.field, "recovery");
}

/* --- opening --- */

static enum omb_rc open_again(struct rig *rig, struct omb_error *err)
{
    const struct omb_office_setup setup = *omb_office_lent(rig->office);
    struct omb_office *office = NULL;
    const enum omb_rc rc = omb_office_open(&setup, &office, err);

    omb_office_free(office);
    return rc;
}

static void set_meta(struct rig *rig, const char *name, struct omb_view value)
{
    const struct omb_key key = omb_key_meta(name);

    memport_set(rig->store, OMB_FAMILY_META, omb_key_view(&key), value);
}

static void test_an_empty_store_holds_no_office(void **state)
{
    struct rig *rig = *state;
    struct memport *empty = memport_new();
    struct omb_office_setup setup = *omb_office_lent(rig->office);
    struct omb_office *office;
    struct omb_error err;

    setup.port = memport_port(empty);
    assert_int_equal(omb_office_open(&setup, &office, &err), OMB_NOT_FOUND);
    assert_non_null(strstr(err.words, "holds no office"));
    memport_free(empty);
}

static void test_a_store_of_a_later_version_is_left_alone(void **state)
{
    struct rig *rig = *state;
    struct omb_error err;

    set_meta(rig, "schema", OMB_VIEW_LIT("\0\0\0\2"));
    assert_int_equal(open_again(rig, &err), OMB_LATER);
}

static void test_damaged_rows_of_the_identity_are_said(void **state)
{
    static const char *const names[] = {"schema", "anchor", "recovery", "epoch", "tip"};

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(names); i++) {
        struct rig rig;
        struct omb_error err = {0};

        rig_open(&rig, 0);
        set_meta(&rig, names[i], OMB_VIEW_LIT("short"));
        assert_int_equal(open_again(&rig, &err), OMB_DAMAGED);
        assert_true(err.words[0] != '\0');
        rig_free(&rig);
    }
}

static void test_another_certificate_than_its_own_does_not_open(void **state)
{
    struct rig *rig = *state;
    struct omb_error err;

    set_meta(rig, "identity", OMB_VIEW_LIT("0123456789abcdef0123456789abcdef"));
    assert_int_equal(open_again(rig, &err), OMB_DAMAGED);
    assert_non_null(strstr(err.words, "own certificate"));
}

static void test_a_pinned_anchor_that_was_changed_does_not_open(void **state)
{
    struct rig *rig = *state;
    struct omb_error err;

    set_meta(rig, "anchor", OMB_VIEW_LIT("0123456789abcdef0123456789abcdef"));
    assert_int_equal(open_again(rig, &err), OMB_UNAUTHENTIC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_office_below_others_is_founded_with_them),
        RIG_TEST(test_a_list_of_certificates_that_is_cut_off_is_refused),
        RIG_TEST(test_certificates_of_another_anchor_are_refused),
        RIG_TEST(test_a_recovery_key_that_anyone_could_open_is_refused),
        RIG_TEST(test_an_empty_store_holds_no_office),
        RIG_TEST(test_a_store_of_a_later_version_is_left_alone),
        cmocka_unit_test(test_damaged_rows_of_the_identity_are_said),
        RIG_TEST(test_another_certificate_than_its_own_does_not_open),
        RIG_TEST(test_a_pinned_anchor_that_was_changed_does_not_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
