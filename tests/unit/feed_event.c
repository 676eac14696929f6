/* Events of offices: do they reach the children that need them to judge, and only those? */
#include "office/inside.h"
#include "support/casework.h"
#include "support/feeding.h"
#include "unit.h"

static struct rig *at(struct crossing *crossing, enum place place)
{
    return &crossing->rigs[place];
}

static void publish(struct rig *rig)
{
    const struct omb_policy_published policy = {
        .digest = {{7}}, .version = 1, .text = OMB_VIEW_LIT("version 1\n")};

    (void)feeding_event(rig, OMB_EVENT_POLICY_PUBLISHED, &policy);
}

static void revoke(struct rig *rig, const struct omb_office_ref *ref)
{
    const struct omb_office_revoked revoked = {.certificate = ref->certificate,
                                               .ground = OMB_VIEW_LIT("stolen")};

    (void)feeding_event(rig, OMB_EVENT_OFFICE_REVOKED, &revoked);
}

/* --- to every child --- */

static void a_policy_goes_to_every_child(void **state)
{
    struct crossing *crossing = *state;

    publish(at(crossing, HO));
    feeding_at(crossing, HO, NORTH, "ho:policy_published");
    feeding_carry(crossing, HO, NORTH);
    feeding_at(crossing, NORTH, OUTLET, "ho:policy_published");
    feeding_at(crossing, NORTH, OTHER, "ho:policy_published");
}

static void a_later_child_gets_what_goes_to_every_child(void **state)
{
    struct crossing *crossing = *state;
    struct omb_office_ref late;

    publish(at(crossing, NORTH));
    (void)feeding_certify(at(crossing, NORTH), "cards", 0x90, true, RIG_START_MS);
    late = feeding_certify(at(crossing, NORTH), "late", 0x91, false, RIG_START_MS);
    feeding_is(at(crossing, NORTH), &late.office,
               "north:policy_published north:office_certified(cards)");
    feeding_at(crossing, NORTH, OUTLET, "north:policy_published north:office_certified(cards)");
}

static void an_office_below_is_nobody_elses_business(void **state)
{
    struct crossing *crossing = *state;

    (void)feeding_certify(at(crossing, NORTH), "vsp-0047", 0x92, false, RIG_START_MS);
    feeding_at(crossing, NORTH, OUTLET, "");
    feeding_at(crossing, NORTH, OTHER, "");
}

static void other_events_of_an_office_stay(void **state)
{
    struct crossing *crossing = *state;
    const struct omb_visits_reported visits = {RIG_START_MS - OMB_DAY_MS, RIG_START_MS, 1000};

    (void)feeding_event(at(crossing, NORTH), OMB_EVENT_VISITS_REPORTED, &visits);
    feeding_at(crossing, NORTH, OUTLET, "");
}

/* --- certificates --- */

static void a_further_certificate_reaches_the_office_and_all_below_it(void **state)
{
    struct crossing *crossing = *state;
    const struct parcels before = crossing_pack(crossing, at(crossing, HO));
    struct parcels fresh;

    (void)feeding_certify(at(crossing, HO), "north", 0x72, false, RIG_START_MS + 1);
    feeding_at(crossing, HO, NORTH, "ho:office_certified(north)");
    fresh = crossing_pack_from(crossing, at(crossing, HO), before.count + 1);
    assert_int_equal(fresh.count, 1);
    crossing_must(crossing_give(crossing, NORTH, HO, before.items, before.count), before.count,
                  OMB_RECEIPT_NEW);
    crossing_must(crossing_give(crossing, NORTH, HO, fresh.items, 1), 1, OMB_RECEIPT_NEW);
    feeding_at(crossing, NORTH, OUTLET, "ho:office_certified(north)");
    feeding_at(crossing, NORTH, OTHER, "ho:office_certified(north)");
}

/* --- revocations --- */

static void a_revocation_goes_to_whom_a_certificate_was_given(void **state)
{
    struct crossing *crossing = *state;
    struct omb_office_ref third, fourth;
    struct omb_case_id id;

    third = feeding_certify(at(crossing, NORTH), "vsp-0047", 0x92, false, RIG_START_MS);
    fourth = feeding_certify(at(crossing, NORTH), "vsp-0048", 0x93, false, RIG_START_MS);
    crossing_register(at(crossing, NORTH), &id);
    feeding_share(at(crossing, NORTH), &id, &third);
    feeding_share(at(crossing, NORTH), &id, &crossing->refs[OUTLET]);
    revoke(at(crossing, NORTH), &third);
    feeding_at(crossing, NORTH, OUTLET,
               "north:registered north:office_certified(vsp-0047) north:shared north:shared "
               "north:office_revoked");
    feeding_at(crossing, NORTH, OTHER, "");
    feeding_is(at(crossing, NORTH), &fourth.office, "");
}

static void a_certificate_goes_with_its_revocation(void **state)
{
    struct crossing *crossing = *state;
    struct omb_office_ref third;
    struct omb_case_id id;

    third = feeding_certify(at(crossing, NORTH), "vsp-0047", 0x92, false, RIG_START_MS);
    crossing_register(at(crossing, NORTH), &id);
    feeding_share(at(crossing, NORTH), &id, &third);
    revoke(at(crossing, NORTH), &third);
    feeding_share(at(crossing, NORTH), &id, &crossing->refs[OUTLET]);
    feeding_at(crossing, NORTH, OUTLET,
               "north:registered north:office_certified(vsp-0047) north:office_revoked "
               "north:shared north:shared");
}

static enum omb_rc check_revoked(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct omb_office_ref *ref = arg;
    const struct omb_office_id *children;
    struct omb_office_id seat = omb_feed_child_above(step, &ref->office);

    (void)err;
    assert_true(omb_office_id_none(&seat));
    seat = omb_feed_branch_of(step, &ref->office);
    assert_true(omb_office_id_equal(&seat, &ref->office));
    assert_int_equal(omb_feed_children(step, &children), 2); /* outlet and other */
    return OMB_OK;
}

static void a_revoked_child_gets_nothing_more(void **state)
{
    struct crossing *crossing = *state;
    struct omb_office_ref third;
    struct omb_case_id id;

    third = feeding_certify(at(crossing, NORTH), "vsp-0047", 0x92, false, RIG_START_MS);
    crossing_register(at(crossing, NORTH), &id);
    feeding_share(at(crossing, NORTH), &id, &third);
    feeding_is(at(crossing, NORTH), &third.office, "north:registered north:shared");
    revoke(at(crossing, NORTH), &third);
    crossing_note(at(crossing, NORTH), &id, "called back");
    feeding_is(at(crossing, NORTH), &third.office, "north:registered north:shared");
    crossing_run(at(crossing, NORTH), check_revoked, &third);
}

static void a_closed_child_is_fed_on(void **state)
{
    struct crossing *crossing = *state;
    const struct omb_office_closed closed = {.office = &crossing->refs[OTHER],
                                             .successor = &crossing->refs[OUTLET]};
    struct omb_case_id id;

    crossing_register(at(crossing, NORTH), &id);
    feeding_share(at(crossing, NORTH), &id, &crossing->refs[OTHER]);
    (void)feeding_event(at(crossing, NORTH), OMB_EVENT_OFFICE_CLOSED, &closed);
    crossing_note(at(crossing, NORTH), &id, "called back");
    feeding_at(crossing, NORTH, OTHER,
               "north:registered north:shared north:office_certified(vsp-0045) "
               "north:office_closed north:noted");
    feeding_at(crossing, NORTH, OUTLET,
               "north:office_certified(vsp-0046) north:office_closed");
}

/* --- forks and moves --- */

/*
 * The evidence names records, perhaps of cases: who only knows the office by name hears nothing.
 * Who has some of its log puts that aside, and is offered again what stands.
 */
static void a_fork_is_told_to_whoever_holds_the_log(void **state)
{
    struct crossing *crossing = *state;
    const struct omb_fork_found fork = {
        .office = crossing->refs[OUTLET].office,
        .incarnation = omb_office_tip(at(crossing, OUTLET)->office)->incarnation,
        .seq = 1,
    };
    struct omb_office_ref third =
        feeding_certify(at(crossing, NORTH), "vsp-0047", 0x92, false, RIG_START_MS);
    struct omb_case_id id, other;

    crossing_register(at(crossing, NORTH), &other);
    feeding_share(at(crossing, NORTH), &other, &crossing->refs[OUTLET]);
    feeding_share(at(crossing, NORTH), &other, &third); /* it is given the certificate alone */
    crossing_register(at(crossing, OUTLET), &id);
    feeding_carry(crossing, OUTLET, NORTH);
    feeding_share(at(crossing, NORTH), &id, &crossing->refs[OTHER]);
    feeding_ack(at(crossing, NORTH), &third.office);
    feeding_ack(at(crossing, NORTH), &crossing->refs[OTHER].office);
    feeding_ack(at(crossing, NORTH), &crossing->refs[OUTLET].office);
    (void)feeding_event(at(crossing, NORTH), OMB_EVENT_FORK_FOUND, &fork);
    feeding_at(crossing, NORTH, OTHER, "north:shared north:fork_found vsp-0045:registered");
    feeding_at(crossing, NORTH, OUTLET, "north:shared north:fork_found");
    feeding_is(at(crossing, NORTH), &third.office, "north:shared");
}

static void a_move_is_told_on_both_sides(void **state)
{
    struct crossing *crossing = *state;
    struct omb_office_ref south = feeding_certify(at(crossing, HO), "south", 0x92, false,
                                                  RIG_START_MS);
    struct omb_office_ref west = feeding_certify(at(crossing, HO), "west", 0x93, false,
                                                 RIG_START_MS);
    const struct omb_office_moved moved = {.office = &crossing->refs[OUTLET], .parent = &south};

    feeding_carry(crossing, NORTH, HO);
    (void)feeding_event(at(crossing, HO), OMB_EVENT_OFFICE_MOVED, &moved);
    feeding_at(crossing, HO, NORTH, "ho:office_certified(south) ho:office_moved");
    feeding_is(at(crossing, HO), &south.office,
               "ho:office_certified(north) north:office_certified(vsp-0045) ho:office_moved");
    feeding_is(at(crossing, HO), &west.office, "");
}

/* --- a child that lost its store --- */

static enum omb_rc lose(struct omb_step *step, void *arg, struct omb_error *err)
{
    return omb_feed_anew(step, arg, err);
}

static void a_child_that_lost_its_store_begins_anew(void **state)
{
    struct crossing *crossing = *state;
    struct omb_office_id other = crossing->refs[OTHER].office;
    struct omb_case_id id;

    publish(at(crossing, NORTH));
    crossing_register(at(crossing, OUTLET), &id);
    feeding_carry(crossing, OUTLET, NORTH);
    feeding_share(at(crossing, NORTH), &id, &crossing->refs[OTHER]);
    feeding_ack(at(crossing, NORTH), &other);
    crossing_run(at(crossing, NORTH), lose, &other);
    feeding_at(crossing, NORTH, OTHER,
               "north:shared north:policy_published north:office_certified(vsp-0045)");
    crossing_note(at(crossing, OUTLET), &id, "called back");
    feeding_carry(crossing, OUTLET, NORTH);
    feeding_at(crossing, NORTH, OTHER,
               "north:shared north:policy_published north:office_certified(vsp-0045) "
               "vsp-0045:noted");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CROSSING_TEST(a_policy_goes_to_every_child),
        CROSSING_TEST(a_later_child_gets_what_goes_to_every_child),
        CROSSING_TEST(an_office_below_is_nobody_elses_business),
        CROSSING_TEST(other_events_of_an_office_stay),
        CROSSING_TEST(a_further_certificate_reaches_the_office_and_all_below_it),
        CROSSING_TEST(a_revocation_goes_to_whom_a_certificate_was_given),
        CROSSING_TEST(a_certificate_goes_with_its_revocation),
        CROSSING_TEST(a_revoked_child_gets_nothing_more),
        CROSSING_TEST(a_closed_child_is_fed_on),
        CROSSING_TEST(a_fork_is_told_to_whoever_holds_the_log),
        CROSSING_TEST(a_move_is_told_on_both_sides),
        CROSSING_TEST(a_child_that_lost_its_store_begins_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
