/* Wants: is what is here answered, and nothing that the asker may not see? */
#include "office/inside.h"
#include "office/post/compare.h"
#include "support/casework.h"
#include "support/feeding.h"
#include "unit.h"

static struct rig *at(struct crossing *crossing, enum place place)
{
    return &crossing->rigs[place];
}

struct asking {
    struct crossing *crossing;
    struct omb_office_id asker;
    bool is_child;
    struct omb_want want;
    size_t room;
    struct omb_records answer;
    enum omb_rc rc;
};

static enum omb_rc do_answer(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct asking *asking = arg;

    asking->rc = omb_want_answer(step, &asking->asker, asking->is_child, &asking->want,
                                 asking->room, &asking->answer, err);
    if (asking->rc == OMB_OK)
        asking->answer = *(struct omb_records *)omb_shape_copy(
            &omb_shape_records, &asking->answer, &asking->crossing->arena);
    return OMB_OK;
}

/* How many records `of` gives to `asker`, as it would if `asker` were its neighbour. */
static size_t answered(struct asking *asking, enum place of, enum place asker)
{
    asking->asker = asking->crossing->refs[asker].office;
    asking->is_child = asker > of;
    if (asking->room == 0)
        asking->room = 1 << 20;
    crossing_run(at(asking->crossing, of), do_answer, asking);
    assert_int_equal(asking->rc, OMB_OK);
    return asking->answer.records.count;
}

static void want_digests(struct asking *asking, const struct omb_digest *digests, size_t count)
{
    asking->want = (struct omb_want){.digests = {digests, count}};
}

static struct omb_digest digest_of(const struct parcels *parcels, size_t index)
{
    return omb_record_digest(parcels->items[index].header);
}

static struct omb_log_range whole(const struct parcels *parcels)
{
    const struct omb_header *last = &parcels->headers[parcels->count - 1];

    return (struct omb_log_range){last->office, last->incarnation, 1, last->seq};
}

/* --- certificates --- */

static void a_certificate_is_answered_by_its_carrier(void **state)
{
    struct crossing *crossing = *state;
    struct asking asking = {.crossing = crossing};
    struct omb_digest wanted = crossing->refs[OUTLET].certificate;
    const struct parcels all = crossing_pack(crossing, at(crossing, NORTH));
    struct omb_header header;
    bool odd;

    want_digests(&asking, &wanted, 1);
    assert_int_equal(answered(&asking, NORTH, OTHER), 1);
    assert_int_equal(omb_shape_decode(&omb_shape_header, asking.answer.records.items[0].header,
                                      &crossing->arena, &header, &odd, NULL),
                     OMB_OK);
    assert_int_equal(header.facts->event.tag, OMB_EVENT_OFFICE_CERTIFIED);
    memset(wanted.bytes + OMB_KEY_ID_SIZE, 0, OMB_DIGEST_SIZE - OMB_KEY_ID_SIZE); /* by key id */
    assert_int_equal(answered(&asking, NORTH, OTHER), 1);
    assert_int_equal(answered(&asking, NORTH, HO), 1);
    wanted.bytes[0] ^= 1;
    assert_int_equal(answered(&asking, NORTH, OTHER), 0);
    wanted = digest_of(&all, all.count - 1); /* of the record */
    assert_int_equal(answered(&asking, NORTH, OUTLET), 1);
}

/* --- a child sees its scope --- */

static void a_child_gets_records_of_its_cases_alone(void **state)
{
    struct crossing *crossing = *state;
    struct asking asking = {.crossing = crossing};
    struct omb_case_id shared, other;
    struct parcels all;
    struct omb_digest digests[3];
    struct omb_log_range range;

    crossing_register(at(crossing, NORTH), &shared);
    crossing_register(at(crossing, NORTH), &other);
    feeding_share(at(crossing, NORTH), &shared, &crossing->refs[OUTLET]);
    all = crossing_pack(crossing, at(crossing, NORTH));
    for (size_t i = 0; i < 3; i++)
        digests[i] = digest_of(&all, all.count - 3 + i);
    want_digests(&asking, digests, 3);
    assert_int_equal(answered(&asking, NORTH, OUTLET), 2); /* registered and shared, of one */
    assert_int_equal(answered(&asking, NORTH, OTHER), 0);
    assert_int_equal(answered(&asking, NORTH, HO), 3);
    range = whole(&all);
    asking.want = (struct omb_want){.ranges = {&range, 1}};
    assert_int_equal(answered(&asking, NORTH, OUTLET), 4); /* and two certificates */
    assert_int_equal(answered(&asking, NORTH, OTHER), 2);
    assert_int_equal(answered(&asking, NORTH, HO), all.count);
}

/* In it stand two records of OUTLET, headers and all. */
static void of_a_fork_only_those_hear_whom_it_concerns(void **state)
{
    struct crossing *crossing = *state;
    const struct omb_fork_found fork = {
        .office = crossing->refs[OUTLET].office,
        .incarnation = omb_office_tip(at(crossing, OUTLET)->office)->incarnation,
        .seq = 1,
    };
    struct asking asking = {.crossing = crossing};
    struct omb_digest found;
    struct omb_case_id id;

    crossing_register(at(crossing, OUTLET), &id);
    feeding_carry(crossing, OUTLET, NORTH);
    found = feeding_event(at(crossing, NORTH), OMB_EVENT_FORK_FOUND, &fork).digest;
    want_digests(&asking, &found, 1);
    assert_int_equal(answered(&asking, NORTH, OTHER), 0);
    assert_int_equal(answered(&asking, NORTH, OUTLET), 1);
    assert_int_equal(answered(&asking, NORTH, HO), 1);
    feeding_share(at(crossing, NORTH), &id, &crossing->refs[OTHER]);
    assert_int_equal(answered(&asking, NORTH, OTHER), 1);
}

static void a_child_gets_its_own_log_back(void **state)
{
    struct crossing *crossing = *state;
    struct asking asking = {.crossing = crossing};
    struct omb_case_id id;
    struct parcels all;
    struct omb_log_range range;

    crossing_register(at(crossing, OUTLET), &id);
    feeding_carry(crossing, OUTLET, NORTH);
    all = crossing_pack(crossing, at(crossing, OUTLET));
    range = whole(&all);
    asking.want = (struct omb_want){.ranges = {&range, 1}};
    assert_int_equal(answered(&asking, NORTH, OUTLET), all.count);
    for (size_t i = 0; i < all.count; i++) /* in their order */
        assert_true(
            omb_view_equal(asking.answer.records.items[i].header, all.items[i].header));
    assert_int_equal(answered(&asking, NORTH, OTHER), 0);
    range.first = range.last = 3;
    assert_int_equal(answered(&asking, NORTH, OUTLET), 1);
    assert_true(omb_view_equal(asking.answer.records.items[0].header, all.items[2].header));
    assert_true(omb_view_equal(asking.answer.records.items[0].body, all.items[2].body));
}

static void the_parent_gets_what_is_from_below_and_its_own(void **state)
{
    struct crossing *crossing = *state;
    struct asking asking = {.crossing = crossing};
    struct omb_case_id id;
    struct parcels outlet, above;
    struct omb_digest digest;
    struct omb_log_range range;

    crossing_register(at(crossing, OUTLET), &id);
    feeding_carry(crossing, OUTLET, NORTH);
    feeding_carry(crossing, NORTH, HO);
    feeding_write(at(crossing, HO), &id, OMB_EVENT_TAKEN_OVER,
                  &(struct omb_taken_over){OMB_VIEW_LIT("time")});
    above = crossing_pack(crossing, at(crossing, HO));
    digest = digest_of(&above, above.count - 1);
    (void)crossing_give(crossing, NORTH, HO, &above.items[above.count - 1], 1);
    want_digests(&asking, &digest, 1);
    assert_int_equal(answered(&asking, NORTH, OUTLET), 1);
    assert_int_equal(answered(&asking, NORTH, HO), 1); /* its own comes home */
    outlet = crossing_pack(crossing, at(crossing, OUTLET));
    range = whole(&outlet);
    asking.want = (struct omb_want){.ranges = {&range, 1}};
    assert_int_equal(answered(&asking, NORTH, HO), outlet.count);
}

/* --- parts --- */

static void parts_that_are_here_are_answered(void **state)
{
    struct crossing *crossing = *state;
    struct asking asking = {.crossing = crossing};
    struct omb_missing_part part = {.parts = OMB_PART_BODY | OMB_PART_GRANTS};
    struct omb_case_id id;
    struct omb_key key;
    struct parcels all;

    crossing_register(at(crossing, OUTLET), &id);
    feeding_carry(crossing, OUTLET, NORTH);
    all = crossing_pack(crossing, at(crossing, OUTLET));
    part.digest = digest_of(&all, all.count - 1);
    asking.want = (struct omb_want){.parts = {&part, 1}};
    assert_int_equal(answered(&asking, NORTH, HO), 1);
    assert_int_equal(asking.answer.missing.count, 0);
    assert_int_equal(answered(&asking, NORTH, OTHER), 0);

    key = omb_key_part(omb_office_tip(at(crossing, OUTLET)->office)->number,
                       all.headers[all.count - 1].seq, OMB_PART_BODY);
    memport_set(at(crossing, OUTLET)->store, OMB_FAMILY_PART, omb_key_view(&key), OMB_VIEW_NONE);
    assert_int_equal(answered(&asking, OUTLET, NORTH), 1);
    assert_int_equal(asking.answer.missing.count, 1);
    assert_int_equal(asking.answer.missing.items[0].parts, OMB_PART_BODY);
    assert_memory_equal(&asking.answer.missing.items[0].digest, &part.digest,
                        sizeof(part.digest));
    assert_int_equal(asking.answer.records.items[0].body.size, 0);
    part.parts = OMB_PART_BODY; /* what lacks here too is no answer */
    assert_int_equal(answered(&asking, OUTLET, NORTH), 0);
}

/* --- bounds --- */

static void an_answer_has_no_more_than_fits(void **state)
{
    struct crossing *crossing = *state;
    struct asking asking = {.crossing = crossing, .room = 3000};
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_case_id id;
    struct omb_log_range range;
    struct parcels all;
    size_t count;

    crossing_register(at(crossing, OUTLET), &id);
    for (int i = 0; i < 10; i++)
        crossing_note(at(crossing, OUTLET), &id, "called back");
    all = crossing_pack(crossing, at(crossing, OUTLET));
    range = whole(&all);
    asking.want = (struct omb_want){.ranges = {&range, 1}};
    count = answered(&asking, OUTLET, NORTH);
    assert_in_range(count, 1, all.count - 1);
    omb_encode_records(&asking.answer, &bytes);
    assert_true(bytes.size <= 3000);
    omb_buf_free(&bytes);
    range.last = UINT64_MAX - 1; /* more than there is */
    asking.room = 1 << 20;
    assert_int_equal(answered(&asking, OUTLET, NORTH), all.count);
    range.last = UINT64_MAX;
    assert_int_equal(answered(&asking, OUTLET, NORTH), all.count);
    range.first = 5;
    range.last = 4;
    assert_int_equal(answered(&asking, OUTLET, NORTH), 0);
}

static void a_record_that_is_too_large_goes_alone(void **state)
{
    struct crossing *crossing = *state;
    struct asking asking = {.crossing = crossing, .room = 10};
    const struct parcels all = crossing_pack(crossing, at(crossing, OUTLET));
    struct omb_log_range range = whole(&all);

    assert_true(all.count > 1);
    asking.want = (struct omb_want){.ranges = {&range, 1}};
    assert_int_equal(answered(&asking, OUTLET, NORTH), 1);
    assert_true(omb_view_equal(asking.answer.records.items[0].header, all.items[0].header));
}

static void a_want_that_names_too_much_is_refused(void **state)
{
    struct crossing *crossing = *state;
    struct asking asking = {.crossing = crossing, .room = 1 << 20};

    want_digests(&asking,
                 OMB_ARENA_NEW(&crossing->arena, struct omb_digest, OMB_WANT_DIGESTS_MAX + 1),
                 OMB_WANT_DIGESTS_MAX + 1);
    crossing_run(at(crossing, NORTH), do_answer, &asking);
    assert_int_equal(asking.rc, OMB_LIMIT);
}

static enum omb_rc write_and_answer(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct asking *asking = arg;
    struct omb_digest digest;
    struct omb_appended record;
    enum omb_rc rc = casework_story(step, "a story", &record, err);

    if (rc != OMB_OK)
        return rc;
    digest = record.digest;
    want_digests(asking, &digest, 1);
    rc = do_answer(step, asking, err);
    assert_int_equal(asking->answer.records.count, 0);
    return rc;
}

static void what_is_not_signed_yet_waits(void **state)
{
    struct crossing *crossing = *state;
    struct asking asking = {
        .crossing = crossing, .asker = crossing->refs[HO].office, .room = 1 << 20};

    crossing_run(at(crossing, NORTH), write_and_answer, &asking);
    assert_int_equal(asking.rc, OMB_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CROSSING_TEST(a_certificate_is_answered_by_its_carrier),
        CROSSING_TEST(a_child_gets_records_of_its_cases_alone),
        CROSSING_TEST(of_a_fork_only_those_hear_whom_it_concerns),
        CROSSING_TEST(a_child_gets_its_own_log_back),
        CROSSING_TEST(the_parent_gets_what_is_from_below_and_its_own),
        CROSSING_TEST(parts_that_are_here_are_answered),
        CROSSING_TEST(an_answer_has_no_more_than_fits),
        CROSSING_TEST(a_record_that_is_too_large_goes_alone),
        CROSSING_TEST(a_want_that_names_too_much_is_refused),
        CROSSING_TEST(what_is_not_signed_yet_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
