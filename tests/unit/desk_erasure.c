/* Erasure across offices: whoever hears of it, in whatever order, keeps facts alone. */
#include <string.h>

#include "office/inside.h"
#include "support/family.h"
#include "unit.h"

static void erase(struct family *family, struct omb_view number)
{
    answer_of(ACT(RIG(family, OUTLET), "s1", number, ERASED, erased, NULL,
                  .ground = OMB_VIEW_LIT("client-asks")));
}

static const struct omb_reply *confirm(struct family *family, enum member member,
                                       struct omb_view number)
{
    return ACT(RIG(family, member), "s1", number, ERASURE_CONFIRMED, erasure_confirmed, NULL,
               .ground = OMB_VIEW_LIT("client-asks"));
}

struct parts {
    struct omb_view number;
    size_t of_case; /* parts that are stored */
    enum omb_rc key;
};

static enum omb_rc do_count_parts(struct omb_step *step, void *arg, struct omb_error *err)
{
    static const enum omb_part_kind kinds[] = {OMB_PART_BODY, OMB_PART_GRANTS, OMB_PART_EXTRACT};
    struct parts *parts = arg;
    struct omb_casefile file;
    struct omb_case_id id;
    uint8_t key[OMB_KEY_SIZE];
    enum omb_rc rc = omb_casefile_find(step, parts->number, &id, err);

    if (rc == OMB_OK)
        rc = omb_casefile_load(step, &id, &file, err);
    for (size_t i = 0; rc == OMB_OK && i < file.event_count * UNIT_COUNT(kinds); i++) {
        const struct omb_row_at *at = &file.rows[i / UNIT_COUNT(kinds)];
        const struct omb_key part =
            omb_key_part(at->number, at->seq, kinds[i % UNIT_COUNT(kinds)]);
        struct omb_buf value = OMB_BUF_INIT;

        parts->of_case +=
            omb_port_get(step->port, OMB_FAMILY_PART, omb_key_view(&part), &value) == OMB_OK;
        omb_buf_free(&value);
    }
    if (rc == OMB_OK)
        parts->key = omb_vault_case_key(step, &id, key);
    return rc;
}

static struct parts parts_at(struct family *family, enum member member, struct omb_view number)
{
    struct parts parts = {.number = number};

    family_run(RIG(family, member), do_count_parts, &parts);
    return parts;
}

static void assert_erased(struct family *family, enum member member, struct omb_view number)
{
    const struct parts parts = parts_at(family, member, number);

    assert_true(shown(family, member, number)->erased);
    assert_int_equal(parts.of_case, 0);
    assert_int_equal(parts.key, OMB_ERASED);
}

/* Settled at OUTLET after NORTH had it; both can read it. */
static struct omb_view settled_case(struct family *family)
{
    const struct omb_view number = new_case(RIG(family, OUTLET));

    answer_of(escalate(RIG(family, OUTLET), number, "north"));
    MEET(family, OUTLET, NORTH);
    answer_of(SEND(RIG(family, NORTH), number, RETURNED, returned, "vsp-0045", "decide it",
                   .to = NULL));
    MEET(family, OUTLET, NORTH);
    settle(RIG(family, OUTLET), number);
    MEET(family, OUTLET, NORTH);
    assert_int_equal(parts_at(family, NORTH, number).key, OMB_OK);
    assert_true(parts_at(family, NORTH, number).of_case >= 6);
    return number;
}

static void test_erasure_ends_where_it_began(void **state)
{
    struct family *family = *state;
    const struct omb_view number = settled_case(family);

    must_refuse(confirm(family, NORTH, number), "not-found", "no open `erased`");
    erase(family, number);
    assert_false(shown(family, OUTLET, number)->erased);
    must_refuse(confirm(family, OUTLET, number), "refused", "above the home office");
    family_carry(family, OUTLET, NORTH);
    answer_of(confirm(family, NORTH, number));
    assert_erased(family, NORTH, number);
    assert_int_equal(parts_at(family, OUTLET, number).key, OMB_OK);
    family_carry(family, NORTH, OUTLET);
    assert_erased(family, OUTLET, number);
    assert_text(shown(family, OUTLET, number)->outcome, "founded");
}

static void test_confirmation_may_come_before_what_it_confirms(void **state)
{
    struct family *family = *state;
    const struct omb_view number = settled_case(family);

    MEET(family, OUTLET, NORTH, HO);
    erase(family, number);
    family_carry(family, OUTLET, NORTH);
    answer_of(confirm(family, NORTH, number));
    family_carry_own(family, NORTH, HO);
    assert_false(shown(family, HO, number)->erased);
    assert_true(parts_at(family, HO, number).of_case >= 6);
    assert_false(
        event_of(&shown(family, HO, number)->events, "erasure-confirmed")->effect);
    family_carry_own(family, OUTLET, HO);
    assert_erased(family, HO, number);
    assert_true(event_of(&shown(family, HO, number)->events, "erasure-confirmed")->effect);
}

static void test_office_that_hears_of_an_erased_case_keeps_no_part(void **state)
{
    struct family *family = *state;
    const struct omb_view number = settled_case(family);
    struct parts parts;

    answer_of(SEND(RIG(family, OUTLET), number, SHARED, shared, "vsp-0046", NULL, .to = NULL));
    erase(family, number);
    family_carry(family, OUTLET, NORTH);
    answer_of(confirm(family, NORTH, number));
    /* The line to OUTLET was down: its records come with their parts still. */
    family_carry_own(family, NORTH, OTHER);
    family_carry(family, OUTLET, OTHER);
    parts = parts_at(family, OTHER, number);
    assert_int_equal(parts.of_case, 0);
    assert_int_equal(parts.key, OMB_ERASED);
    assert_false(shown(family, OTHER, number)->sealed);
}

static void test_words_that_come_after_an_erasure_are_not_kept(void **state)
{
    struct family *family = *state;
    const struct omb_view number = settled_case(family);

    answer_of(SEND(RIG(family, OUTLET), number, SHARED, shared, "vsp-0046", NULL, .to = NULL));
    family_carry(family, OUTLET, OTHER);
    MEET(family, OUTLET, NORTH);
    answer_of(ACT(RIG(family, OTHER), "h1", number, NOTED, noted, "he was here in May"));
    erase(family, number);
    family_carry(family, OUTLET, NORTH);
    answer_of(confirm(family, NORTH, number));
    family_carry(family, OTHER, NORTH);
    assert_erased(family, NORTH, number);
    assert_true(event_of(&shown(family, NORTH, number)->events, "noted")->effect);
    must_refuse(ACT(RIG(family, NORTH), "h1", number, NOTED, noted, "one word more"), "erased",
                "codes, not words");
    must_refuse(SEND(RIG(family, OUTLET), number, ERASED, erased, "north", NULL,
                     .ground = OMB_VIEW_LIT("other")),
                "invalid", "names no office");
    family_carry(family, NORTH, OTHER);
    assert_erased(family, OTHER, number);
    must_refuse(SEND(RIG(family, OTHER), number, GRANTED, granted, "north", NULL, .to = NULL),
                "erased", "");
}

static void test_no_key_is_owed_to_a_custodian_of_an_erased_case(void **state)
{
    struct family *family = *state;
    const struct omb_view number = settled_case(family);

    erase(family, number);
    family_carry(family, OUTLET, HO);
    answer_of(ACT(RIG(family, HO), "h1", number, REOPENED, reopened, NULL,
                  .ground = OMB_VIEW_LIT("other")));
    answer_of(confirm(family, HO, number));
    MEET(family, OUTLET, HO);
    assert_text(shown(family, OUTLET, number)->custodian, "ho");
    assert_erased(family, OUTLET, number);
    assert_erased(family, HO, number);
    assert_int_equal(count_events(shown(family, OUTLET, number), "granted"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAMILY_TEST(test_erasure_ends_where_it_began),
        FAMILY_TEST(test_confirmation_may_come_before_what_it_confirms),
        FAMILY_TEST(test_office_that_hears_of_an_erased_case_keeps_no_part),
        FAMILY_TEST(test_words_that_come_after_an_erasure_are_not_kept),
        FAMILY_TEST(test_no_key_is_owed_to_a_custodian_of_an_erased_case),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
