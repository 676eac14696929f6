/* Several offices and one case: who can read it? */
#include <string.h>

#include "office/inside.h"
#include "support/family.h"
#include "unit.h"

/* --- acts with a grant --- */

static void test_escalation_lets_the_upper_office_read(void **state)
{
    struct family *family = *state;
    const struct omb_view number = new_case(RIG(family, OUTLET));

    answer_of(escalate(RIG(family, OUTLET), number, "north"));
    family_carry(family, OUTLET, NORTH);
    assert_reads(family, NORTH, number);
    assert_text(shown(family, NORTH, number)->custodian, "north");
    assert_text(event_of(&shown(family, NORTH, number)->events, "escalated")->text,
                "beyond our limit");
    family_carry(family, NORTH, HO);
    assert_sealed(family, HO, number);
}

static void test_office_without_the_key_moves_custody_without_words(void **state)
{
    struct family *family = *state;
    const struct omb_view number = new_case(RIG(family, OUTLET));
    struct rig *north = RIG(family, NORTH);

    family_carry(family, OUTLET, NORTH);
    answer_of(take_over(north, number));
    must_refuse(escalate(north, number, "ho"), "sealed", "codes, not words");
    must_refuse(SEND(north, number, SHARED, shared, "ho", NULL, .to = NULL), "sealed", "no key");
    must_refuse(SEND(north, number, GRANTED, granted, "ho", NULL, .to = NULL), "sealed", "no key");
    answer_of(SEND(north, number, ESCALATED, escalated, "ho", NULL,
                   .ground = OMB_VIEW_LIT("amount")));
    assert_text(shown(family, NORTH, number)->custodian, "ho");
    family_carry(family, NORTH, HO);
    assert_sealed(family, HO, number);
    assert_text(shown(family, HO, number)->custodian, "ho");
}

static void test_key_is_not_granted_to_this_office_or_to_a_stranger(void **state)
{
    struct family *family = *state;
    struct rig *outlet = RIG(family, OUTLET);
    const struct omb_view number = new_case(outlet);

    must_refuse(SEND(outlet, number, GRANTED, granted, "vsp-0045", NULL, .to = NULL), "invalid",
                "this office itself");
    must_refuse(SEND(outlet, number, SHARED, shared, "vsp-0099", NULL, .to = NULL), "not-found",
                "vsp-0045");
    must_refuse(SEND(outlet, number, DELEGATED, delegated, "north", NULL, .to = NULL), "invalid",
                "below");
    must_refuse(SEND(outlet, number, ESCALATED, escalated, "vsp-0046", NULL,
                     .ground = OMB_VIEW_LIT("amount")),
                "invalid", "above");
    must_refuse(SEND(outlet, number, RETURNED, returned, "north", NULL, .to = NULL), "invalid",
                "had custody");
}

static void test_custody_up_and_back_down_is_read_by_all_who_had_it(void **state)
{
    struct family *family = *state;
    const struct omb_view number = new_case(RIG(family, OUTLET));

    answer_of(escalate(RIG(family, OUTLET), number, "ho"));
    MEET(family, OUTLET, NORTH, HO);
    assert_reads(family, HO, number);
    assert_sealed(family, NORTH, number);
    answer_of(SEND(RIG(family, HO), number, DELEGATED, delegated, "north", "decide it there",
                   .to = NULL));
    MEET(family, OUTLET, NORTH, HO);
    assert_reads(family, NORTH, number);
    answer_of(SEND(RIG(family, NORTH), number, RETURNED, returned, "vsp-0045", "call the client",
                   .to = NULL));
    MEET(family, OUTLET, NORTH, HO);
    assert_text(shown(family, OUTLET, number)->custodian, "vsp-0045");
    assert_text(event_of(&shown(family, OUTLET, number)->events, "delegated")->text,
                "decide it there");
    assert_text(event_of(&shown(family, HO, number)->events, "returned")->text,
                "call the client");
}

static void test_shared_case_is_read_but_not_decided(void **state)
{
    struct family *family = *state;
    const struct omb_view number = new_case(RIG(family, OUTLET));

    answer_of(SEND(RIG(family, OUTLET), number, SHARED, shared, "vsp-0046", "they know him",
                   .to = NULL));
    MEET(family, OUTLET, NORTH, OTHER);
    assert_reads(family, OTHER, number);
    assert_sealed(family, NORTH, number);
    answer_of(ACT(RIG(family, OTHER), "h1", number, NOTED, noted, "he was here in May"));
    must_refuse(ACT(RIG(family, OTHER), "h1", number, RESOLVED, resolved, NULL,
                    .outcome = OMB_VIEW_LIT("founded"), .cause = OMB_VIEW_LIT("fees")),
                "refused", "only the custodian");
    MEET(family, OUTLET, NORTH, OTHER);
    assert_text(event_of(&shown(family, OUTLET, number)->events, "noted")->text,
                "he was here in May");
    assert_text(event_of(&shown(family, OUTLET, number)->events, "noted")->actor, "h1@vsp-0046");
}

static void test_granted_office_reads(void **state)
{
    struct family *family = *state;
    const struct omb_view number = new_case(RIG(family, OUTLET));

    answer_of(SEND(RIG(family, OUTLET), number, GRANTED, granted, "ho", NULL, .to = NULL));
    MEET(family, OUTLET, NORTH, HO);
    assert_reads(family, HO, number);
    answer_of(SEND(RIG(family, HO), number, GRANTED, granted, "north", NULL, .to = NULL));
    family_carry(family, HO, NORTH);
    assert_reads(family, NORTH, number);
}

static void test_case_registered_for_an_office_below(void **state)
{
    struct family *family = *state;
    struct complaint complaint;
    struct omb_view number;

    complaint_new(&complaint);
    complaint.act.custodian = OMB_VIEW_LIT("vsp-0045");
    number = complaint_send(RIG(family, NORTH), "t1", &complaint);
    assert_text(shown(family, NORTH, number)->custodian, "vsp-0045");
    assert_text(shown(family, NORTH, number)->home, "north");
    family_carry(family, NORTH, OUTLET);
    assert_reads(family, OUTLET, number);
    assert_int_equal(count_events(shown(family, NORTH, number), "granted"), 0);
    answer_of(ACT(RIG(family, OUTLET), "h1", number, RESOLVED, resolved, "paid back",
                  .outcome = OMB_VIEW_LIT("founded"), .cause = OMB_VIEW_LIT("fees")));
    family_carry(family, OUTLET, NORTH);
    assert_text(shown(family, NORTH, number)->answer, "paid back");
    answer_of(ACT(RIG(family, NORTH), "h1", number, ANSWERED, answered, "told by telephone",
                  .method = OMB_VIEW_LIT("phone")));
    assert_text(shown(family, NORTH, number)->status, "answered");
}

/* --- offices of one code --- */

/* A second card-centre below NORTH, with keys of its own. */
static enum omb_rc do_namesake(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct omb_office_ref *above = &((struct family *)arg)->refs[NORTH];
    const uint8_t key[OMB_PUBLIC_SIZE] = {9};
    const struct omb_certificate inner = {
        .version = 1,
        .office = omb_certify_office_id(OMB_VIEW_LIT("card-centre"), key),
        .code = OMB_VIEW_LIT("card-centre"),
        .name = OMB_VIEW_LIT("Cards of the north"),
        .kind = OMB_VIEW_LIT("branch"),
        .parent = above->office,
        .signing_key = OMB_VIEW_OF(key),
        .transport_key = OMB_VIEW_OF(key),
        .sealing_key = OMB_VIEW_OF(key),
        .not_before = RIG_START_MS,
        .not_after = RIG_START_MS + OMB_DAY_MS,
        .issuer = above->certificate,
        .depth = 2,
        .service = true,
    };
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_known_certificate known;
    enum omb_rc rc;

    omb_certify_issue(&inner, step->office->setup.signer, &bytes);
    rc = omb_certify_read(omb_buf_view(&bytes), step->arena, &known, err);
    if (rc == OMB_OK)
        omb_certificate_put(step->update->writes, &known);
    step->office->tree_changed = true;
    omb_buf_free(&bytes);
    return rc;
}

/* As if the first record there said so. */
static void close_at(struct family *family, enum member at, enum member whom)
{
    const struct omb_key closed = omb_key_closing(&family->refs[whom].office);
    const uint8_t place[12] = {[3] = 1, [11] = 1};

    memport_set(RIG(family, at)->store, OMB_FAMILY_OFFICE, omb_key_view(&closed),
                OMB_VIEW_OF(place));
}

static void test_office_of_a_code_that_two_have_is_named_by_its_id(void **state)
{
    struct family *family = *state;
    struct rig *outlet = RIG(family, OUTLET);
    const struct omb_view number = new_case(outlet);
    const struct omb_event_view *granted;
    char id[2 * OMB_OFFICE_ID_SIZE + 1];

    omb_hex(OMB_VIEW_OF(family->refs[CARDS].office.bytes), id);
    family_run(outlet, do_namesake, family);
    must_refuse(SEND(outlet, number, SHARED, shared, "card-centre", NULL, .to = NULL), "invalid",
                id);
    answer_of(SEND(outlet, number, SHARED, shared, id, NULL, .to = NULL));
    family_carry(family, OUTLET, CARDS);
    assert_reads(family, CARDS, number);
    close_at(family, OUTLET, CARDS);
    answer_of(SEND(outlet, number, GRANTED, granted, "card-centre", NULL, .to = NULL));
    granted = event_of(&shown(family, OUTLET, number)->events, "granted");
    assert_false(omb_office_id_equal(&OMB_AS(granted, granted->facts->event)->to->office,
                                     &family->refs[CARDS].office));
}

/* --- asking --- */

static int64_t asked_by(struct family *family, struct omb_view number)
{
    return shown(family, OUTLET, number)->promises.items[0].due;
}

/* By the calendar of a new office, in UTC. */
static void test_a_question_without_a_date_has_two_working_days(void **state)
{
    struct family *family = *state;
    struct rig *outlet = RIG(family, OUTLET);
    const struct omb_view number = new_case(outlet), late = new_case(outlet);
    const struct omb_case_view *view = shown(family, OUTLET, late);
    const int64_t friday = INT64_C(1775217600000); /* 2026-04-03, noon */

    outlet->now_ms = friday;
    answer_of(SEND(outlet, number, ASKED, asked, "card-centre", "when was it?", .due = 0));
    assert_int_equal(asked_by(family, number) / 1000, INT64_C(1775606399)); /* Tuesday's end */
    /* The client is to have an answer before. */
    for (size_t i = 0; i < view->deadlines.count; i++) {
        if (omb_view_is(view->deadlines.items[i].name, "decision"))
            outlet->now_ms = view->deadlines.items[i].due - OMB_DAY_MS;
    }
    assert_true(outlet->now_ms > friday);
    answer_of(SEND(outlet, late, ASKED, asked, "card-centre", "when was it?", .due = 0));
    assert_int_equal(asked_by(family, late), outlet->now_ms + OMB_DAY_MS);
}

static void test_service_office_is_asked_and_replies(void **state)
{
    struct family *family = *state;
    struct rig *outlet = RIG(family, OUTLET), *cards = RIG(family, CARDS);
    const struct omb_view number = new_case(outlet);
    const int64_t due = outlet->now_ms + OMB_DAY_MS;

    must_refuse(SEND(outlet, number, ASKED, asked, "north", "when was it?", .due = due), "invalid",
                "service office");
    answer_of(SEND(outlet, number, ASKED, asked, "card-centre", "when was it?", .due = due));
    assert_text(shown(family, OUTLET, number)->promises.items[0].to, "card-centre");
    assert_false(shown(family, OUTLET, number)->promises.items[0].kept);
    MEET(family, OUTLET, NORTH, HO, CARDS);
    assert_reads(family, CARDS, number);
    assert_text(event_of(&shown(family, CARDS, number)->events, "asked")->text, "when was it?");
    must_refuse(ACT(RIG(family, NORTH), "h1", number, REPLIED, replied, NULL, .question = {{0}}),
                "not-found", "no open `asked` record");
    answer_of(ACT(cards, "h1", number, REPLIED, replied, "on the 3rd of May", .question = {{0}}));
    MEET(family, OUTLET, NORTH, HO, CARDS);
    assert_text(event_of(&shown(family, OUTLET, number)->events, "replied")->text,
                "on the 3rd of May");
    assert_true(event_of(&shown(family, OUTLET, number)->events, "replied")->effect);
    assert_true(shown(family, OUTLET, number)->promises.items[0].kept);
    assert_text(shown(family, OUTLET, number)->custodian, "vsp-0045");
}

/* --- what the acting system owes --- */

static void test_home_grants_the_key_after_a_take_over(void **state)
{
    struct family *family = *state;
    const struct omb_view number = new_case(RIG(family, OUTLET));
    const struct omb_event_view *granted;

    family_carry(family, OUTLET, NORTH);
    assert_int_equal(shown(family, NORTH, number)->key_asked_of.size, 0);
    rig_pass(RIG(family, NORTH), OMB_HOUR_MS);
    answer_of(take_over(RIG(family, NORTH), number));
    assert_sealed(family, NORTH, number);
    assert_text(shown(family, NORTH, number)->key_asked_of, "vsp-0045");
    assert_true(shown(family, NORTH, number)->key_asked_at == RIG_START_MS + OMB_HOUR_MS);
    MEET(family, OUTLET, NORTH);
    assert_reads(family, NORTH, number);
    assert_int_equal(shown(family, NORTH, number)->key_asked_of.size, 0);
    assert_int_equal(count_events(shown(family, NORTH, number), "granted"), 1);
    granted = event_of(&shown(family, NORTH, number)->events, "granted");
    assert_text(granted->actor, "system@vsp-0045");
    assert_true(granted->effect);
    answer_of(ACT(RIG(family, NORTH), "h1", number, NOTED, noted, "now with us"));
    MEET(family, OUTLET, NORTH);
    assert_int_equal(count_events(shown(family, OUTLET, number), "granted"), 1);
    assert_text(event_of(&shown(family, OUTLET, number)->events, "noted")->text, "now with us");
}

static void test_home_grants_the_key_after_a_reopening_from_above(void **state)
{
    struct family *family = *state;
    const struct omb_view number = new_case(RIG(family, OUTLET));

    settle(RIG(family, OUTLET), number);
    MEET(family, OUTLET, NORTH, HO);
    answer_of(ACT(RIG(family, HO), "h1", number, REOPENED, reopened, NULL,
                  .ground = OMB_VIEW_LIT("other")));
    MEET(family, OUTLET, NORTH, HO);
    assert_reads(family, HO, number);
    assert_sealed(family, NORTH, number);
}

static void test_nobody_but_home_grants_by_itself(void **state)
{
    struct family *family = *state;
    const struct omb_view number = new_case(RIG(family, OUTLET));

    answer_of(SEND(RIG(family, OUTLET), number, SHARED, shared, "vsp-0046", NULL, .to = NULL));
    family_carry(family, OUTLET, OTHER);
    family_carry(family, OUTLET, NORTH);
    answer_of(take_over(RIG(family, NORTH), number));
    family_carry(family, NORTH, OTHER);
    assert_reads(family, OTHER, number);
    assert_text(shown(family, OTHER, number)->custodian, "north");
    assert_int_equal(count_events(shown(family, OTHER, number), "granted"), 0);
}

static void test_no_key_is_granted_to_a_closed_custodian(void **state)
{
    struct family *family = *state;
    const struct omb_view number = new_case(RIG(family, OUTLET));

    family_carry(family, OUTLET, NORTH);
    answer_of(take_over(RIG(family, NORTH), number));
    close_at(family, OUTLET, NORTH);
    must_refuse(SEND(RIG(family, OUTLET), number, GRANTED, granted, "north", NULL, .to = NULL),
                "refused", "closed or revoked");
    MEET(family, OUTLET, NORTH);
    assert_sealed(family, NORTH, number);
    assert_int_equal(count_events(shown(family, OUTLET, number), "granted"), 0);
}

/* What OUTLET wrote until now stands. */
static enum omb_rc do_head(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct omb_tip *tip = omb_office_tip(step->office);

    (void)err;
    *(struct omb_log_position *)arg = (struct omb_log_position){
        .incarnation = tip->incarnation, .seq = tip->seq, .digest = tip->prev};
    return OMB_OK;
}

struct revoking {
    struct omb_log_position until;
    struct omb_digest certificate;
};

static enum omb_rc do_revoke(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct revoking *revoking = arg;
    const struct omb_office_revoked revoked = {.certificate = revoking->certificate,
                                               .until = {&revoking->until, 1},
                                               .ground = OMB_VIEW_LIT("other")};
    const struct omb_facts facts = {.event = {OMB_EVENT_OFFICE_REVOKED, &revoked}};
    const struct omb_draft draft = {.facts = &facts, .actor = OMB_VIEW_LIT("admin")};
    struct omb_appended record;

    return omb_append(step, &draft, &record, err);
}

static void test_holder_grants_the_key_when_home_is_revoked(void **state)
{
    struct family *family = *state;
    const struct omb_view number = new_case(RIG(family, OUTLET));
    struct revoking revoking = {.certificate = family->refs[OUTLET].certificate};

    answer_of(SEND(RIG(family, OUTLET), number, SHARED, shared, "vsp-0046", NULL, .to = NULL));
    family_run(RIG(family, OUTLET), do_head, &revoking.until);
    MEET(family, OUTLET, NORTH, OTHER);
    answer_of(take_over(RIG(family, NORTH), number));
    MEET(family, NORTH, OTHER);
    assert_sealed(family, NORTH, number);
    family_run(RIG(family, NORTH), do_revoke, &revoking);
    MEET(family, NORTH, OTHER);
    assert_reads(family, NORTH, number);
    assert_text(event_of(&shown(family, NORTH, number)->events, "granted")->actor,
                "system@vsp-0046");
}

/* --- grants that are none --- */

struct forgery {
    struct family *family;
    struct omb_view number;
    struct omb_case_id id;
    bool other_case, other_office;
};

/* The right key with a lie beside it, or a key of somebody's making. */
static enum omb_rc do_forge(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct forgery *forgery = arg;
    const struct omb_office_ref *to = &forgery->family->refs[NORTH];
    const struct omb_office_card *card = omb_office_card(step, &to->certificate);
    struct omb_granted granted = {.to = to};
    const struct omb_facts facts = {.event = {OMB_EVENT_GRANTED, &granted}};
    struct omb_case_id named = forgery->id;
    uint8_t key[OMB_KEY_SIZE] = {7};
    struct omb_grant_key plain = {
        .case_id = &named, .recipient = to->office, .key = OMB_VIEW_OF(key)};
    struct omb_buf bytes = OMB_BUF_INIT, sealed = OMB_BUF_INIT;
    struct omb_grant grant = {.recipient = to->office};
    const struct omb_grants grants = {.offices = {&grant, 1}};
    struct omb_draft draft = {.case_id = &forgery->id,
                              .facts = &facts,
                              .grants = &grants,
                              .actor = OMB_VIEW_LIT("s1")};
    struct omb_casefile file;
    struct omb_appended record;
    enum omb_rc rc = omb_casefile_load(step, &forgery->id, &file, err);

    if (rc == OMB_OK && (forgery->other_case || forgery->other_office))
        rc = omb_vault_case_key(step, &forgery->id, key);
    named.serial += forgery->other_case;
    if (forgery->other_office)
        plain.recipient = forgery->family->refs[HO].office;
    omb_encode_grant_key(&plain, &bytes);
    if (rc == OMB_OK)
        rc = omb_box_seal(card->certificate.inner.sealing_key.data, omb_buf_view(&bytes),
                          &step->drbg, &sealed);
    grant.sealed = omb_buf_view(&sealed);
    draft.after = file.folded.spine;
    if (rc == OMB_OK)
        rc = omb_casefile_write(step, &draft, &file, &record, err);
    if (rc == OMB_OK)
        rc = omb_casefile_save(step, &file, err);
    omb_buf_free(&bytes);
    omb_buf_free(&sealed);
    return rc;
}

static enum omb_rc do_find(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct forgery *forgery = arg;

    return omb_casefile_find(step, forgery->number, &forgery->id, err);
}

/* What NORTH says of the grant in an event. */
static void assert_explained(struct family *family, struct omb_view number, const char *type,
                             const char *words)
{
    const struct omb_event_view *event = event_of(&shown(family, NORTH, number)->events, type);
    const struct omb_explanation *said = ASK(RIG(family, NORTH), "au1", EXPLAIN, explain_ask,
                                             explanation, .record = event->digest);

    assert_true(has_line(said->lines, "grant: to this office"));
    assert_true(has_line(said->lines, words));
}

static void assert_forged(struct family *family, struct forgery *forgery)
{
    const struct omb_view number = new_case(RIG(family, OUTLET));

    forgery->family = family;
    forgery->number = number;
    family_run(RIG(family, OUTLET), do_find, forgery);
    family_run(RIG(family, OUTLET), do_forge, forgery);
    MEET(family, OUTLET, NORTH);
    assert_sealed(family, NORTH, number);
    assert_int_equal(count_events(shown(family, NORTH, number), "granted"), 1);
    assert_explained(family, number, "granted", "passed over");
    answer_of(SEND(RIG(family, OUTLET), number, SHARED, shared, "north", NULL, .to = NULL));
    MEET(family, OUTLET, NORTH);
    assert_reads(family, NORTH, number);
    assert_explained(family, number, "shared", "of the key of the case");
}

static void test_grant_of_another_key_is_not_taken(void **state)
{
    assert_forged(*state, &(struct forgery){.other_case = false});
}

static void test_grant_for_another_case_is_not_taken(void **state)
{
    assert_forged(*state, &(struct forgery){.other_case = true});
}

static void test_grant_for_another_office_is_not_taken(void **state)
{
    assert_forged(*state, &(struct forgery){.other_office = true});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAMILY_TEST(test_escalation_lets_the_upper_office_read),
        FAMILY_TEST(test_office_without_the_key_moves_custody_without_words),
        FAMILY_TEST(test_key_is_not_granted_to_this_office_or_to_a_stranger),
        FAMILY_TEST(test_custody_up_and_back_down_is_read_by_all_who_had_it),
        FAMILY_TEST(test_shared_case_is_read_but_not_decided),
        FAMILY_TEST(test_granted_office_reads),
        FAMILY_TEST(test_case_registered_for_an_office_below),
        FAMILY_TEST(test_office_of_a_code_that_two_have_is_named_by_its_id),
        FAMILY_TEST(test_a_question_without_a_date_has_two_working_days),
        FAMILY_TEST(test_service_office_is_asked_and_replies),
        FAMILY_TEST(test_home_grants_the_key_after_a_take_over),
        FAMILY_TEST(test_home_grants_the_key_after_a_reopening_from_above),
        FAMILY_TEST(test_nobody_but_home_grants_by_itself),
        FAMILY_TEST(test_no_key_is_granted_to_a_closed_custodian),
        FAMILY_TEST(test_holder_grants_the_key_when_home_is_revoked),
        FAMILY_TEST(test_grant_of_another_key_is_not_taken),
        FAMILY_TEST(test_grant_for_another_case_is_not_taken),
        FAMILY_TEST(test_grant_for_another_office_is_not_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
