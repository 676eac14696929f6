/* Of too many connections from below, are those ended that nobody needs, and those alone? */
#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <zmq.h>

#include "io/clock.h"
#include "io/linktable.h"
#include "support/place.h"

static struct omb_link_news say(struct place *place, struct raw *raw, const char *text)
{
    struct omb_link_news news;

    assert_int_equal(zmq_send(raw->socket, text, strlen(text), 0), strlen(text));
    news = links_hear(omb_net_links(place->net));
    assert_true(omb_view_is(news.bytes, text));
    return news;
}

static void assert_hung_up(struct raw *raw)
{
    assert_int_equal(omb_monitor_wait(raw->monitor, omb_clock_monotonic_ms() + PATIENCE_MS),
                     OMB_CONTACT_LOST);
}

static void test_the_oldest_of_a_key_is_hung_up(void **state)
{
    struct raw all[OMB_LINKS_OF_A_KEY + 1];
    struct place *place = *state;

    for (size_t i = 0; i <= OMB_LINKS_OF_A_KEY; i++) {
        all[i] = raw_branch(place, NULL);
        assert_true(say(place, &all[i], "hello").fresh);
    }
    assert_hung_up(&all[0]);
    for (size_t i = 1; i <= OMB_LINKS_OF_A_KEY; i++)
        assert_false(say(place, &all[i], "still there").fresh);
    assert_int_equal(omb_linknet_counts(omb_net_links(place->net)).forgotten, 1);
    for (size_t i = 0; i <= OMB_LINKS_OF_A_KEY; i++)
        raw_close(&all[i]);
}

/* They are heard of and get no place in the table, which could bound them. */
static void test_the_oldest_that_is_not_served_is_hung_up(void **state)
{
    enum { MOST = OMB_LINKS_OF_A_KEY + 64 };
    struct place *place = *state;
    struct raw served = raw_branch(place, NULL), all[MOST];

    assert_true(say(place, &served, "hello").fresh);
    for (size_t i = 0; i < MOST; i++) {
        struct omb_link_news news;
        char chosen[16];

        snprintf(chosen, sizeof(chosen), "chosen %zu", i);
        all[i] = raw_branch(place, chosen);
        assert_int_equal(zmq_send(all[i].socket, "mine", 4, 0), 4);
        while (omb_linknet_counts(omb_net_links(place->net)).malformed <= i)
            assert_false(omb_linknet_next(omb_net_links(place->net), &news));
    }
    assert_hung_up(&all[0]);
    assert_false(say(place, &served, "still there").fresh);
    for (size_t i = 0; i < MOST; i++)
        raw_close(&all[i]);
    raw_close(&served);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, place_open, place_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(test_the_oldest_of_a_key_is_hung_up),
        HERE(test_the_oldest_that_is_not_served_is_hung_up),
    };

    omb_crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
