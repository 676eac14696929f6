/* Is the word that was meant among those suggested? */
#include "unit.h"

#include "base/text.h"

static const struct omb_view known[] = {OMB_VIEW_LIT("cards"),    OMB_VIEW_LIT("loans"),
                                        OMB_VIEW_LIT("mortgage"), OMB_VIEW_LIT("deposits"),
                                        OMB_VIEW_LIT("fees"),     OMB_VIEW_LIT("credit-card"),
                                        OMB_VIEW_LIT("credit"),   OMB_VIEW_LIT("transfer")};

static void check(const char *word, size_t most, const char *expected)
{
    char out[64];

    omb_text_nearest(omb_view_str(word), known, UNIT_COUNT(known), most, out, sizeof(out));
    assert_string_equal(out, expected);
}

static void one_slip_is_found(void **state)
{
    (void)state;
    check("crads", 3, "cards");      /* swapped */
    check("mortage", 3, "mortgage"); /* left out */
    check("feees", 3, "fees");       /* doubled */
    check("loabs", 3, "loans");      /* mistyped */
}

static void capitals_are_no_slip(void **state)
{
    (void)state;
    check("CARDS", 1, "cards");
}

static void a_swap_is_one_edit(void **state)
{
    const struct omb_view three[] = {OMB_VIEW_LIT("abc")};
    char out[16];
    (void)state;

    /* A third of three letters is one edit: as two edits the swap would be too far. */
    omb_text_nearest(OMB_VIEW_LIT("acb"), three, 1, 1, out, sizeof(out));
    assert_string_equal(out, "abc");
}

static void a_word_too_far_from_all_gets_nothing(void **state)
{
    (void)state;
    check("blockchain", 3, "");
    check("", 3, "");
    check("c", 3, "");
}

static void a_shared_beginning_is_near(void **state)
{
    (void)state;
    check("cred", 3, "credit-card or credit");
    check("transfer-abroad", 3, "transfer");
}

static void the_nearest_comes_first(void **state)
{
    const struct omb_view words[] = {OMB_VIEW_LIT("aaaabb"), OMB_VIEW_LIT("aaaaab"),
                                     OMB_VIEW_LIT("aaaaaa"), OMB_VIEW_LIT("zzzzzz")};
    char out[64];
    (void)state;

    omb_text_nearest(OMB_VIEW_LIT("aaaaaa"), words, 4, 3, out, sizeof(out));
    assert_string_equal(out, "aaaaaa, aaaaab or aaaabb");
    omb_text_nearest(OMB_VIEW_LIT("aaaaaa"), words, 4, 2, out, sizeof(out));
    assert_string_equal(out, "aaaaaa or aaaaab");
    omb_text_nearest(OMB_VIEW_LIT("aaaaaa"), words, 4, 0, out, sizeof(out));
    assert_string_equal(out, "");
}

static void words_that_do_not_fit_are_left_out(void **state)
{
    char out[8];
    (void)state;

    omb_text_nearest(OMB_VIEW_LIT("credit"), known, UNIT_COUNT(known), 3, out, sizeof(out));
    assert_string_equal(out, "credit");
}

static void words_beyond_the_longest_code_are_not_looked_at(void **state)
{
    char great[300], out[400];
    struct omb_view words[] = {OMB_VIEW_OF(great)};
    (void)state;

    memset(great, 'a', sizeof(great));
    omb_text_nearest(OMB_VIEW_OF(great), words, 1, 3, out, sizeof(out));
    assert_string_equal(out, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_slip_is_found),
        cmocka_unit_test(capitals_are_no_slip),
        cmocka_unit_test(a_swap_is_one_edit),
        cmocka_unit_test(a_word_too_far_from_all_gets_nothing),
        cmocka_unit_test(a_shared_beginning_is_near),
        cmocka_unit_test(the_nearest_comes_first),
        cmocka_unit_test(words_that_do_not_fit_are_left_out),
        cmocka_unit_test(words_beyond_the_longest_code_are_not_looked_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
