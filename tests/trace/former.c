/*
 * An office left the north for the south, by its own word. What can the north, which has its own
 * keys still and lies, do to it?
 */
#include "office/inside.h"
#include "support/tree_drive.h"
#include "trace/bank.h"

struct left {
    struct bank bank;
    struct tree_office *parent; /* its new one */
    struct omb_digest before; /* the certificate by which it stood below the north */
    struct omb_view number;   /* a case of it from then */
};

static struct left leave_north(struct tree *tree)
{
    struct left left = {.bank = bank_build(tree)};

    left.parent = left.bank.south;
    left.before = tree_certificate(left.bank.b45);
    left.number = bank_complaint(left.bank.b45);
    tree_settle(tree);
    tree_move(left.bank.b45, left.bank.south);
    tree_settle(tree);
    return left;
}

static const struct omb_office_view *seen_at(struct tree_office *asked,
                                             const struct tree_office *whose)
{
    const struct omb_office_ask ask = {.code = omb_view_str(whose->code)};

    return ask_admin(asked, OMB_ASK_OFFICE_SHOW, &ask);
}

/* By everybody but the liar it stands where it went, works, and nobody else reads its cases. */
static void assert_undisturbed(struct left *left)
{
    struct bank *bank = &left->bank;
    struct tree_office *const all[] = {bank->ho, bank->south, bank->b45, bank->b77};
    struct tree *tree = bank->b45->tree;
    const struct omb_view later = bank_complaint(bank->b45);

    ESCALATE(bank->b45, later, left->parent->code);
    tree_settle(tree);
    RESOLVE(left->parent, later, "paid back");
    tree_settle(tree);
    TELL(bank->b45, later);
    tree_settle(tree);
    for (size_t i = 0; i < UNIT_COUNT(all); i++) {
        const struct omb_office_view *seen = seen_at(all[i], bank->b45);

        assert_text(seen->state, "valid");
        assert_text(seen->parent, left->parent->code);
    }
    tree_agree(tree, later, "answered", "vsp-0045", bank->b45, left->parent, bank->ho, NULL);
    tree_agree(tree, left->number, "open", "vsp-0045", bank->b45, left->parent, bank->ho, NULL);
    assert_false(tree_holds(bank->north, later));
    assert_text(tree_link(left->parent, bank->b45)->state, "live");
}

/* Upon the certificate that it issued itself, as it may as long as the office stands there. */
static void test_a_former_parent_certifies_upon_its_own(void **state)
{
    struct left left = leave_north(*state);

    (void)tree_lie_certify(left.bank.north, left.bank.b45, &left.before);
    assert_undisturbed(&left);
}

static void test_a_former_parent_certifies_upon_the_newest(void **state)
{
    struct left left = leave_north(*state);
    const struct omb_digest newest = tree_certificate(left.bank.b45);

    (void)tree_lie_certify(left.bank.north, left.bank.b45, &newest);
    assert_undisturbed(&left);
}

/* Upon one that nobody has. */
static void test_a_former_parent_certifies_upon_nothing(void **state)
{
    struct left left = leave_north(*state);
    const struct omb_digest nothing = {{1, 2, 3}};

    (void)tree_lie_certify(left.bank.north, left.bank.b45, &nothing);
    assert_undisturbed(&left);
}

static void test_a_former_parent_closes_by_what_it_certified_since(void **state)
{
    struct left left = leave_north(*state);
    const struct omb_digest since =
        tree_lie_certify(left.bank.north, left.bank.b45, &left.before);

    tree_lie_close(left.bank.north, left.bank.b45, &since, left.bank.b46);
    assert_undisturbed(&left);
}

/* It has new keys since, which the north never certified but so. */
static void test_a_former_parent_revokes_what_it_certified_since(void **state)
{
    struct left left = leave_north(*state);
    struct omb_digest since;

    assert_true(tree_begin_anew(left.bank.b45, 9));
    tree_settle(*state);
    since = tree_lie_certify(left.bank.north, left.bank.b45, &left.before);
    tree_lie_revoke(left.bank.north, &since);
    assert_undisturbed(&left);
}

/* Its new parent alone could hear its word, and knows of what the north says by then. */
static void claim_before_its_word(struct tree *tree, bool to_root)
{
    struct left left = {.bank = bank_build(tree)};
    struct tree_office *const office = left.bank.b45;
    struct omb_digest since;

    left.parent = to_root ? left.bank.ho : left.bank.south;
    left.before = tree_certificate(office);
    left.number = bank_complaint(office);
    let_go(left.bank.ho, office, left.parent);
    tree_cut(office);
    assert_true(tree_try_come_under(office, left.parent));
    since = tree_lie_certify(left.bank.north, office, &left.before);
    tree_lie_close(left.bank.north, office, &since, left.bank.b46);
    tree_settle(tree);
    tree_mend(office);
    tree_settle(tree);
    assert_undisturbed(&left);
}

static void test_a_former_parent_is_first(void **state)
{
    claim_before_its_word(*state, false);
}

static void test_a_former_parent_is_first_at_the_root(void **state)
{
    claim_before_its_word(*state, true);
}

/* The root hears what the north says of the new keys before it hears how the office got them. */
static void test_what_a_former_parent_revoked_first_stands_again(void **state)
{
    struct left left = {.bank = bank_build(*state)};
    struct bank *bank = &left.bank;
    struct omb_digest since;
    struct omb_view number;

    left.parent = bank->south;
    left.before = tree_certificate(bank->b45);
    left.number = bank_complaint(bank->b45);
    let_go(bank->ho, bank->b45, bank->south);
    tree_cut(bank->south);
    assert_true(tree_try_come_under(bank->b45, bank->south));
    tree_settle(*state);
    assert_true(tree_begin_anew(bank->b45, 9));
    tree_settle(*state);
    number = bank_complaint(bank->b45);
    tree_settle(*state);
    since = tree_lie_certify(bank->north, bank->b45, &left.before);
    tree_lie_revoke(bank->north, &since);
    tree_settle(*state);
    tree_mend(bank->south);
    tree_settle(*state);
    assert_undisturbed(&left);
    tree_agree(*state, number, "open", "vsp-0045", bank->b45, bank->south, bank->ho, NULL);
    tree_check_store(bank->ho);
}

/* It certified the keys of then, which the office has no more, and revokes them. */
static void test_a_former_parent_revokes_what_it_certified_then(void **state)
{
    struct left left = leave_north(*state);

    assert_true(tree_begin_anew(left.bank.b45, 9));
    tree_settle(*state);
    left.number = bank_complaint(left.bank.b45);
    tree_settle(*state);
    (void)tree_lie_certify(left.bank.north, left.bank.b45, &left.before);
    tree_lie_revoke(left.bank.north, &left.before);
    assert_undisturbed(&left);
}

/* By a key that it made it says in the name of the office whatever it likes. */
static void test_a_former_parent_speaks_for_it(void **state)
{
    struct left left = leave_north(*state);

    (void)tree_lie_speak(left.bank.north, left.bank.b45, &left.before, 3);
    assert_undisturbed(&left);
}

static void test_a_former_parent_speaks_for_it_upon_nothing(void **state)
{
    struct left left = leave_north(*state);
    const struct omb_digest nothing = {{1, 2, 3}};

    (void)tree_lie_speak(left.bank.north, left.bank.b45, &nothing, 3);
    assert_undisturbed(&left);
}

/* Whether nothing that is signed under the certificate counts there. */
static bool is_astray(struct tree_office *asked, const struct omb_digest *certificate)
{
    struct omb_step step = {.office = asked->rig.office,
                            .update = asked->rig.update,
                            .port = omb_writes_port(asked->rig.update->writes),
                            .arena = &asked->tree->arena};
    const struct omb_office_card *card = omb_office_card(&step, certificate);

    assert_non_null(card);
    return card->astray;
}

/* It names a certificate of another office before it, which is the first of that one. */
static void test_a_former_parent_speaks_for_it_upon_another_office(void **state)
{
    struct left left = leave_north(*state);
    const struct omb_digest another = tree_certificate(left.bank.north);
    const struct omb_digest since =
        tree_lie_speak(left.bank.north, left.bank.b45, &another, 0);

    assert_undisturbed(&left);
    assert_true(is_astray(left.bank.ho, &since));
}

/*
 * The north has not heard that it left, and certifies somebody for new keys who has a copy of its
 * disk from before. Those keys are none of the office's.
 */
static void test_a_former_parent_lets_another_write(void **state)
{
    struct left left = {.bank = bank_build(*state)};
    struct bank *bank = &left.bank;
    struct tree_office *twin;
    struct omb_view number;

    left.parent = bank->south;
    left.number = bank_complaint(bank->b45);
    tree_settle(*state);
    twin = tree_twin(bank->b45);
    tree_cut(twin);
    let_go(bank->ho, bank->b45, bank->south);
    tree_cut(bank->north);
    assert_true(tree_try_come_under(bank->b45, bank->south));
    tree_settle(*state);
    tree_mend(twin);
    assert_true(tree_begin_anew(twin, 9));
    tree_settle(*state);
    number = bank_complaint(twin);
    RESOLVE(twin, left.number, NULL);
    tree_settle(*state);
    tree_mend(bank->north);
    tree_settle(*state);
    assert_undisturbed(&left);
    assert_text(shown(bank->ho, number)->status, "waiting");
}

/* --- what is honest --- */

/* Its parent issued two of them; it has joined with the first, and leaves by that. */
static void test_who_was_renewed_twice_leaves(void **state)
{
    struct left left = {.bank = bank_build(*state)};
    struct bank *bank = &left.bank;
    const struct omb_digest first = tree_certificate(bank->b45);
    struct omb_buf bundle = OMB_BUF_INIT;

    left.parent = bank->south;
    left.number = bank_complaint(bank->b45);
    assert_true(tree_try_come_under(bank->b45, bank->north));
    tree_settle(*state);
    assert_true(tree_try_enrol(bank->b45, bank->north, &first, &bundle));
    omb_buf_free(&bundle);
    tree_settle(*state);
    tree_move(bank->b45, bank->south);
    assert_undisturbed(&left);
}

/* The south certifies it and it never goes there; its own parent renews. */
static void test_who_never_comes_is_expected_no_more(void **state)
{
    struct bank bank = bank_build(*state);
    const struct omb_digest previous = tree_certificate(bank.b45);
    const struct omb_office_change revoke = {.code = omb_view_str(bank.b45->code),
                                             .revoke = true,
                                             .ground = OMB_VIEW_LIT("other")};
    struct omb_buf bundle = OMB_BUF_INIT;

    let_go(bank.ho, bank.b45, bank.south);
    assert_true(tree_try_enrol(bank.b45, bank.south, &previous, &bundle));
    omb_buf_free(&bundle);
    tree_settle(*state);
    assert_true(tree_try_come_under(bank.b45, bank.north));
    tree_settle(*state);
    assert_text(seen_at(bank.south, bank.b45)->parent, "south");
    (void)ask_admin(bank.south, OMB_ASK_OFFICE_CHANGE, &revoke);
    tree_settle(*state);
    assert_text(seen_at(bank.south, bank.b45)->parent, "north");
    assert_text(seen_at(bank.south, bank.b45)->state, "valid");
    assert_text(tree_link(bank.north, bank.b45)->state, "live");
}

/* Its disk is from before it left, and it does not know that it did. */
static void test_who_was_put_back_to_before_comes_back_by_its_new_parent(void **state)
{
    struct left left = {.bank = bank_build(*state)};
    struct bank *bank = &left.bank;
    struct memport *copy;

    left.parent = bank->north;
    left.number = bank_complaint(bank->b45);
    tree_settle(*state);
    copy = tree_backup(bank->b45);
    tree_move(bank->b45, bank->south);
    tree_settle(*state);
    tree_restore(bank->b45, copy);
    tree_settle(*state);
    assert_false(tree_try_come_under(bank->b45, bank->north)); /* which says why */
    assert_true(tree_try_come_under(bank->b45, bank->south));
    tree_settle(*state);
    tree_move(bank->b45, bank->north);
    tree_settle(*state);
    assert_text(seen_at(bank->ho, bank->b45)->parent, "north");
    assert_text(tree_link(bank->north, bank->b45)->state, "live");
}

/* So many that no room would be left for those that the office has. */
static void certify_without_end(struct left *left, const struct omb_digest *previous)
{
    for (uint8_t i = 0; i < 70; i++)
        (void)tree_lie_certify(left->bank.north, left->bank.b45,
                               previous ? previous : &(struct omb_digest){{1, i}});
    assert_undisturbed(left);
}

static void test_a_former_parent_certifies_without_end(void **state)
{
    struct left left = leave_north(*state);

    certify_without_end(&left, &left.before);
}

static void test_a_former_parent_certifies_upon_nothing_without_end(void **state)
{
    struct left left = leave_north(*state);

    certify_without_end(&left, NULL);
}

/* Before, when it might: then it leaves. */
static void test_a_parent_certified_without_end(void **state)
{
    struct bank bank = bank_build(*state);
    struct left left = {.bank = bank, .parent = bank.south};

    left.number = bank_complaint(bank.b45);
    left.before = tree_certificate(bank.b45);
    for (size_t i = 0; i < 70; i++)
        left.before = tree_lie_certify(bank.north, bank.b45, &left.before);
    tree_settle(*state);
    tree_move(bank.b45, bank.south);
    tree_settle(*state);
    assert_undisturbed(&left);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(test_what_a_former_parent_revoked_first_stands_again),
        TREE_TEST(test_a_former_parent_revokes_what_it_certified_then),
        TREE_TEST(test_a_former_parent_speaks_for_it),
        TREE_TEST(test_a_former_parent_speaks_for_it_upon_nothing),
        TREE_TEST(test_a_former_parent_speaks_for_it_upon_another_office),
        TREE_TEST(test_a_former_parent_lets_another_write),
        TREE_TEST(test_who_was_renewed_twice_leaves),
        TREE_TEST(test_who_never_comes_is_expected_no_more),
        TREE_TEST(test_who_was_put_back_to_before_comes_back_by_its_new_parent),
        TREE_TEST(test_a_former_parent_certifies_upon_its_own),
        TREE_TEST(test_a_former_parent_certifies_upon_the_newest),
        TREE_TEST(test_a_former_parent_certifies_upon_nothing),
        TREE_TEST(test_a_former_parent_certifies_without_end),
        TREE_TEST(test_a_former_parent_certifies_upon_nothing_without_end),
        TREE_TEST(test_a_parent_certified_without_end),
        TREE_TEST(test_a_former_parent_closes_by_what_it_certified_since),
        TREE_TEST(test_a_former_parent_is_first),
        TREE_TEST(test_a_former_parent_is_first_at_the_root),
        TREE_TEST(test_a_former_parent_revokes_what_it_certified_since),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
