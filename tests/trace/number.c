/* Stores that are put back give one serial again and again: does each number find its case? */
#include "cases/number.h"
#include "support/tree_drive.h"
#include "trace/bank.h"

enum { ROUNDS_MAX = 200 };

/* What the bank's client was told, and of which case. */
struct receipts {
    struct omb_view numbers[ROUNDS_MAX];
    size_t count;
};

static const struct omb_reply *ask_for(struct tree_office *office, const char *number)
{
    const struct omb_case_ask ask = {.number = omb_view_str(number)};

    tree_tick(office);
    return ask_as(&office->rig, "s1", OMB_ASK_CASE_SHOW, &ask);
}

static struct omb_buf words_of(const struct omb_reply *reply)
{
    struct omb_buf words = OMB_BUF_INIT;

    assert_non_null(reply->error);
    omb_buf_printf(&words, "%.*s", OMB_VIEW_ARGS(reply->error->words));
    return words;
}

/* The place of the one that another life gave, too; SIZE_MAX: there is none. */
static size_t same_as_newest(const struct receipts *receipts)
{
    for (size_t i = 0; i + 1 < receipts->count; i++)
        if (omb_view_equal(receipts->numbers[i], receipts->numbers[receipts->count - 1]))
            return i;
    return SIZE_MAX;
}

/* From one old copy again and again, until the check characters of two lives are the same. */
static size_t play_until_two_are_the_same(struct tree *tree, struct tree_office *branch,
                                          struct receipts *out)
{
    struct memport *copy = tree_backup(branch);
    size_t first = SIZE_MAX;

    while (first == SIZE_MAX && out->count < ROUNDS_MAX) {
        out->numbers[out->count++] = bank_complaint(branch);
        tree_settle(tree);
        first = same_as_newest(out);
        if (first == SIZE_MAX) {
            tree_roll_back(branch, copy);
            copy = tree_backup(branch);
        }
    }
    memport_free(copy);
    assert_true(first != SIZE_MAX);
    return first;
}

/* "N cases here have this number; say which: NUMBER/LIFE of DAY, NUMBER/LIFE of DAY" */
static void assert_both_are_offered(struct tree_office *office, struct omb_view number,
                                    char out[2][128])
{
    struct omb_buf text = OMB_BUF_INIT;
    struct omb_buf words;
    const char *at;

    omb_buf_printf(&text, "%.*s", OMB_VIEW_ARGS(number));
    words = words_of(ask_for(office, omb_buf_str(&text)));
    assert_non_null(strstr(omb_buf_str(&words), "2 cases here have this number"));
    at = omb_buf_str(&words);
    for (size_t i = 0; i < 2; i++) {
        at = strstr(at, omb_buf_str(&text));
        assert_non_null(at);
        assert_true(strcspn(at, " ,") < 128);
        memcpy(out[i], at, strcspn(at, " ,"));
        out[i][strcspn(at, " ,")] = '\0';
        at += strlen(out[i]);
        assert_true(strncmp(at, " of 20", 6) == 0);
    }
    omb_buf_free(&words);
    omb_buf_free(&text);
}

static void test_two_cases_of_one_number_are_told_apart_by_their_lives(void **state)
{
    struct tree *tree = *state;
    struct tree_office *ho = tree_add(tree, "ho", "head", NULL);
    struct tree_office *branch = tree_add(tree, "vsp-0045", "branch", ho);
    struct tree_office *const all[] = {branch, ho};
    struct receipts receipts = {.count = 0};
    size_t first;

    tree_settle(tree);
    first = play_until_two_are_the_same(tree, branch, &receipts);
    for (size_t i = 0; i < UNIT_COUNT(all); i++) {
        char exact[2][128];
        struct omb_view records[2];

        assert_both_are_offered(all[i], receipts.numbers[first], exact);
        assert_string_not_equal(exact[0], exact[1]);
        for (size_t k = 0; k < 2; k++) {
            const struct omb_case_view *view = answer_of(ask_for(all[i], exact[k]));

            assert_true(omb_view_equal(view->number, receipts.numbers[first]));
            records[k] = view->events.items[0].digest;
        }
        assert_false(omb_view_equal(records[0], records[1]));
        for (size_t k = 0; k < receipts.count; k++)
            if (k != first && k + 1 != receipts.count)
                assert_true(tree_holds(all[i], receipts.numbers[k]));
    }
    tree_check_whole(tree);
}

static uint64_t serial_of(struct omb_view number)
{
    struct omb_number parsed;

    assert_int_equal(omb_number_parse(number, &parsed, NULL), OMB_OK);
    return parsed.serial;
}

static void test_what_came_home_keeps_its_serials_to_itself(void **state)
{
    struct tree *tree = *state;
    struct tree_office *ho = tree_add(tree, "ho", "head", NULL);
    struct tree_office *branch = tree_add(tree, "vsp-0045", "branch", ho);
    struct memport *copy;

    (void)bank_complaint(branch);
    copy = tree_backup(branch);
    for (uint64_t serial = 2; serial <= 5; serial++)
        assert_int_equal(serial_of(bank_complaint(branch)), serial);
    tree_settle(tree);
    tree_roll_back(branch, copy);
    assert_int_equal(serial_of(bank_complaint(branch)), 2); /* who knows of the others? */
    tree_settle(tree);
    assert_int_equal(serial_of(bank_complaint(branch)), 6);
    tree_settle(tree);
    tree_check_whole(tree);
}

static void test_an_office_that_began_anew_goes_on_behind_its_last_serial(void **state)
{
    struct tree *tree = *state;
    struct tree_office *ho = tree_add(tree, "ho", "head", NULL);
    struct tree_office *branch = tree_add(tree, "vsp-0045", "branch", ho);

    for (uint64_t serial = 1; serial <= 3; serial++)
        assert_int_equal(serial_of(bank_complaint(branch)), serial);
    tree_settle(tree);
    assert_true(tree_begin_anew(branch, 1));
    tree_settle(tree);
    assert_int_equal(serial_of(bank_complaint(branch)), 4);
    tree_settle(tree);
    tree_check(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(test_two_cases_of_one_number_are_told_apart_by_their_lives),
        TREE_TEST(test_what_came_home_keeps_its_serials_to_itself),
        TREE_TEST(test_an_office_that_began_anew_goes_on_behind_its_last_serial),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
