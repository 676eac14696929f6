/* Do stories that nobody would think of fold, and to the same case in any order? */
#include "support/story.h"

enum { STORIES = 80, LENGTH = 40 };

static uint64_t seed;

/* splitmix64, so that a story that fails can be told again from its number */
static uint32_t pick(uint32_t count)
{
    uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((z ^ (z >> 31)) % count);
}

static enum office anybody(void)
{
    static const enum office often[] = {CITY, CITY, CITY, CITY, NORTH, NORTH, NORTH,
                                        HEAD, HEAD, LAKE, LAKE, SOUTH, PORT,  CARDS};

    return often[pick(sizeof(often) / sizeof(often[0]))];
}

static int move(struct story *s, enum office who, int after)
{
    switch (pick(10)) {
    case 0:
        return ESCALATE(s, who, after, anybody());
    case 1:
        return RETURN(s, who, after, anybody());
    case 2:
        return DELEGATE(s, who, after, anybody());
    case 3:
        return TAKE(s, who, after);
    case 4:
    case 5:
        return RESOLVE(s, who, after, pick(8) ? "founded" : "thanked");
    case 6:
        return ANSWER(s, who, after);
    case 7:
        return CLOSE(s, who, after);
    case 8:
        return REOPEN(s, who, after);
    }
    return WITHDRAW(s, who, after);
}

static int answer(struct story *s, enum office who, int after, int target)
{
    struct omb_digest digest = *digest_of(s, target);

    switch (pick(5)) {
    case 0:
        return SAY(s, who, after, KEPT, kept, .promise = digest);
    case 1:
        return SAY(s, who, after, ACCEPTED, accepted, .assignment = digest);
    case 2:
        return SAY(s, who, after, REPLIED, replied, .question = digest);
    case 3:
        return SAY(s, who, after, ATTENDED, attended, .rating = digest, .done = code("call"));
    }
    return SAY(s, who, after, ERASURE_CONFIRMED, erasure_confirmed, .erasure = digest);
}

static int hang(struct story *s, enum office who, int after)
{
    switch (pick(10)) {
    case 0:
        return CONTACT(s, who, after);
    case 1:
        return SAY(s, who, after, PROMISED, promised, .due = DAYS(2));
    case 2:
        return SAY(s, who, after, ASSIGNED, assigned, .responsible = code("t1"));
    case 3:
        return SAY(s, who, after, ASKED, asked, .to = ref(s, CARDS), .due = DAYS(4));
    case 4:
        return SAY(s, who, after, RATED, rated, .score = 1 + pick(12));
    case 5:
        return SAY(s, who, after, ERASED, erased, .ground = code("other"));
    case 6:
        return SAY(s, who, after, EXTENDED, extended, .limit = code("decision"),
                   .until = DAYS(20 + pick(50)), .ground = code("other"),
                   .method = code("phone"), .at = DAYS(1));
    case 7:
        return SAY(s, who, after, SHARED, shared, .to = ref(s, anybody()));
    case 8:
        return SAY(s, who, after, CLASSIFIED, classified,
                   .product = code(pick(2) ? "loans" : "cards"), .risks = codes(s, "legal", NULL));
    }
    return NOTE(s, who, after);
}

static void tell(struct story *s)
{
    int newest = story_register(s);

    for (int i = 1; i < LENGTH; i++) {
        int after = pick(4) ? newest : (int)pick((uint32_t)s->count);
        uint32_t kind = pick(8);

        if (kind < 4)
            newest = move(s, anybody(), after);
        else if (kind < 7)
            hang(s, anybody(), after);
        else
            answer(s, anybody(), after, (int)pick((uint32_t)s->count));
        s->events[i].odd = pick(40) == 0;
        s->events[i].revoked = pick(40) == 0;
        if (pick(40) == 0)
            s->events[i].seat = NULL;
        if (pick(40) == 0)
            s->events[i].after = story_digest(pick(1000) + 5000);
    }
    s->hidden[LAKE] = pick(4) == 0;
}

/* Effective spine first, places ascending, each event judged once, and a reason where there is no
 * effect. */
static void check(struct story *s)
{
    uint32_t place = 0;
    bool spine = true;

    assert_int_equal(s->c.judged_count, s->count);
    for (size_t i = 0; i < s->c.judged_count; i++) {
        const struct omb_judged *j = &s->c.judged[i];
        const struct omb_event_row *row = omb_event_row_of(j->event);

        assert_int_equal(j->verdict == OMB_VERDICT_EFFECT, j->why == NULL);
        if (spine && !(j->verdict == OMB_VERDICT_EFFECT && row->spine))
            spine = false;
        assert_int_equal(j->status_after != OMB_STATUS_WAITING, spine);
        assert_true(spine || j->verdict != OMB_VERDICT_EFFECT || !row->spine);
        if (spine)
            assert_int_equal(j->place, place++);
    }
    assert_true(place > 0);
    assert_non_null(s->c.custodian);
}

static void random_stories_fold_the_same_in_any_order(void **state)
{
    (void)state;
    for (uint64_t number = 1; number <= STORIES; number++) {
        void *told;
        struct story *s;

        assert_int_equal(story_setup(&told), 0);
        s = told;
        seed = number;
        tell(s);
        fold(s);
        check(s);
        assert_int_equal(story_teardown(&told), 0);
    }
}

/* A story that only ever has one outcome would prove little. */
static void random_stories_have_every_verdict(void **state)
{
    uint32_t seen = 0;

    (void)state;
    for (uint64_t number = 1; number <= STORIES; number++) {
        void *told;
        struct story *s;

        assert_int_equal(story_setup(&told), 0);
        s = told;
        seed = number;
        tell(s);
        fold_events(s, s->events, s->count);
        for (size_t i = 0; i < s->c.judged_count; i++)
            seen |= 1U << s->c.judged[i].verdict;
        assert_int_equal(story_teardown(&told), 0);
    }
    assert_int_equal(seen, (1U << (OMB_VERDICT_REVOKED + 1)) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_stories_fold_the_same_in_any_order),
        cmocka_unit_test(random_stories_have_every_verdict),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
