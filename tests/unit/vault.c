/* Keys and sealed parts: who can read what, for how long, and what does the bank get back? */
#define _GNU_SOURCE /* memmem */
#include <stdio.h>
#include <string.h>

#include "office/inside.h"
#include "support/casework.h"
#include "support/rig.h"
#include "unit.h"
#include "wire/header.h"

/* --- scripts --- */

struct work {
    struct omb_case_id id;
    struct omb_appended record;
    char text[64];
    enum omb_rc rc;
};

static enum omb_rc do_register(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct work *work = arg;

    return casework_register(step, true, &work->id, &work->record, err);
}

static enum omb_rc do_note(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct work *work = arg;

    return casework_note(step, &work->id, "a note", &work->record, err);
}

static enum omb_rc do_story(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct work *work = arg;

    return casework_story(step, "a story", &work->record, err);
}

static enum omb_rc do_erase(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct work *work = arg;

    return casework_erase(step, &work->id, err);
}

/* The text of the record's body into work->text, the code into work->rc. */
static enum omb_rc do_read(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct work *work = arg;
    const struct omb_row_at at = {work->record.number, work->record.seq};
    struct omb_header header;
    struct omb_event event = {0};
    struct omb_body body;
    struct omb_view text = OMB_VIEW_NONE;
    enum omb_rc rc = omb_header_read(step, &at, &header, &event.digest, NULL, err);

    if (rc != OMB_OK)
        return rc;
    event.office = header.office;
    event.incarnation = header.incarnation;
    event.seq = header.seq;
    event.facts = header.facts;
    if (header.case_id)
        event.case_id = *header.case_id;
    work->text[0] = '\0';
    work->rc = omb_vault_body(step, &event, &at, &body);
    if (work->rc == OMB_OK)
        text = body.event.tag == OMB_BODY_REGISTERED
                   ? OMB_AS(registered_body, body.event)->narrative
                   : OMB_AS(text_body, body.event)->text;
    snprintf(work->text, sizeof(work->text), "%.*s", OMB_VIEW_ARGS(text));
    return OMB_OK;
}

static enum omb_rc do_extract(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct work *work = arg;
    const struct omb_row_at at = {work->record.number, work->record.seq};
    struct omb_extract extract = {0};

    (void)err;
    work->rc = omb_vault_extract(step, &at, &extract);
    snprintf(work->text, sizeof(work->text), "%.*s", OMB_VIEW_ARGS(extract.reference));
    return OMB_OK;
}

/* --- helpers --- */

static void run(struct rig *rig, rig_script *script, struct work *work)
{
    const struct omb_reply *reply = rig_run(rig, script, work);

    if (reply->error)
        print_error("%.*s\n", OMB_VIEW_ARGS(reply->error->words));
    assert_null(reply->error);
}

static void assert_reads(struct rig *rig, struct work *work, const char *text)
{
    run(rig, do_read, work);
    assert_int_equal(work->rc, OMB_OK);
    assert_string_equal(work->text, text);
}

static struct omb_key part_key(const struct work *work, enum omb_part_kind kind)
{
    return omb_key_part(work->record.number, work->record.seq, kind);
}

static size_t escrows(struct rig *rig)
{
    const struct memport *store = rig->store;
    size_t count = 0;

    for (uint32_t number = 1; number < 9; number++)
        for (uint64_t seq = 1; seq < 30; seq++) {
            const struct omb_key key = omb_key_escrow(number, seq);
            struct omb_buf value = OMB_BUF_INIT;

            count += omb_port_get(memport_port(store), OMB_FAMILY_KEY, omb_key_view(&key),
                                  &value) == OMB_OK;
            omb_buf_free(&value);
        }
    return count;
}

/* --- reading --- */

static void test_bodies_open_in_the_batch_that_wrote_them(void **state)
{
    struct rig *rig = *state;
    struct work work = {0};

    run(rig, do_register, &work);
    assert_reads(rig, &work, CASEWORK_WORDS);
    run(rig, do_note, &work);
    assert_reads(rig, &work, "a note");
}

static void test_bodies_open_again_after_a_restart(void **state)
{
    struct rig *rig = *state;
    struct work first = {0}, note, story = {0};

    run(rig, do_register, &first);
    note = first;
    run(rig, do_note, &note);
    run(rig, do_story, &story);
    rig_commit(rig);
    rig_reopen(rig);
    assert_reads(rig, &first, CASEWORK_WORDS);
    assert_reads(rig, &note, "a note");
    assert_reads(rig, &story, "a story");
}

static void test_office_bodies_open_under_the_escrow_key_of_their_place(void **state)
{
    struct rig *rig = *state;
    struct work before = {0}, after = {0}, other_life = {0}, work = {0};

    run(rig, do_story, &before);
    rig_pass(rig, 40 * OMB_DAY_MS);
    run(rig, do_register, &work); /* opens the next month's */
    run(rig, do_story, &after);
    rig_commit(rig);
    rig_reopen(rig);
    run(rig, do_story, &other_life);
    rig_commit(rig);
    rig_reopen(rig);
    assert_reads(rig, &before, "a story");
    assert_reads(rig, &after, "a story");
    assert_reads(rig, &other_life, "a story");
}

static void test_extracts_are_readable_without_a_key(void **state)
{
    struct rig *rig = *state;
    struct work work = {0};

    run(rig, do_register, &work);
    run(rig, do_extract, &work);
    assert_int_equal(work.rc, OMB_OK);
    assert_string_equal(work.text, "SRC-1");
}

static void test_a_changed_body_does_not_open(void **state)
{
    struct rig *rig = *state;
    struct work work = {0};
    struct omb_key key;
    struct omb_buf part = OMB_BUF_INIT;

    run(rig, do_register, &work);
    rig_commit(rig);
    key = part_key(&work, OMB_PART_BODY);
    assert_int_equal(
        omb_port_get(memport_port(rig->store), OMB_FAMILY_PART, omb_key_view(&key), &part), OMB_OK);
    part.data[part.size - 1] ^= 1;
    memport_set(rig->store, OMB_FAMILY_PART, omb_key_view(&key), omb_buf_view(&part));
    run(rig, do_read, &work);
    assert_int_equal(work.rc, OMB_UNAUTHENTIC);
    omb_buf_free(&part);
}

static void test_a_body_does_not_open_at_another_record(void **state)
{
    struct rig *rig = *state;
    struct work first = {0}, second;
    struct omb_key from, to;
    struct omb_buf part = OMB_BUF_INIT;

    run(rig, do_register, &first);
    second = first;
    run(rig, do_note, &first);
    run(rig, do_note, &second);
    rig_commit(rig);
    from = part_key(&first, OMB_PART_BODY);
    to = part_key(&second, OMB_PART_BODY);
    assert_int_equal(
        omb_port_get(memport_port(rig->store), OMB_FAMILY_PART, omb_key_view(&from), &part),
        OMB_OK);
    memport_set(rig->store, OMB_FAMILY_PART, omb_key_view(&to), omb_buf_view(&part));
    run(rig, do_read, &second);
    assert_int_equal(second.rc, OMB_UNAUTHENTIC);
    omb_buf_free(&part);
}

static void test_without_the_case_key_the_case_is_sealed(void **state)
{
    struct rig *rig = *state;
    struct work work = {0};
    struct omb_key key;
    const struct omb_reply *reply;

    run(rig, do_register, &work);
    rig_commit(rig);
    key = omb_key_case_secret(&work.id);
    memport_set(rig->store, OMB_FAMILY_KEY, omb_key_view(&key), OMB_VIEW_NONE);
    run(rig, do_read, &work);
    assert_int_equal(work.rc, OMB_SEALED);
    reply = rig_run(rig, do_note, &work);
    assert_true(omb_view_is(reply->error->code, "sealed"));
}

static void test_no_word_and_no_key_stands_in_the_store_in_the_clear(void **state)
{
    struct rig *rig = *state;
    struct work work = {0};
    struct omb_buf part = OMB_BUF_INIT;
    struct omb_key key;

    run(rig, do_register, &work);
    rig_commit(rig);
    key = part_key(&work, OMB_PART_BODY);
    assert_int_equal(
        omb_port_get(memport_port(rig->store), OMB_FAMILY_PART, omb_key_view(&key), &part), OMB_OK);
    assert_null(memmem(part.data, part.size, "charged", 7));
    key = omb_key_escrow(1, 1);
    assert_int_equal(
        omb_port_get(memport_port(rig->store), OMB_FAMILY_KEY, omb_key_view(&key), &part), OMB_OK);
    assert_null(
        memmem(part.data, part.size, omb_office_tip(rig->office)->escrow_key, OMB_KEY_SIZE));
    omb_buf_free(&part);
}

/* --- escrow --- */

static void test_escrow_opens_once_a_month_and_life(void **state)
{
    struct rig *rig = *state;
    struct work work = {0};

    run(rig, do_register, &work);
    run(rig, do_register, &work);
    rig_commit(rig);
    assert_int_equal(escrows(rig), 1);
    rig_pass(rig, 2 * OMB_DAY_MS); /* from 31 March to 2 April */
    run(rig, do_register, &work);
    rig_commit(rig);
    assert_int_equal(escrows(rig), 2);
    rig_reopen(rig);
    run(rig, do_story, &work);
    run(rig, do_register, &work);
    rig_commit(rig);
    assert_int_equal(escrows(rig), 3);
}

/* What the bank has in its hands: the stored records and parts, and the recovery key. */
struct bank {
    struct rig *rig;
    struct omb_arena arena;
};

static void bank_header(struct bank *bank, uint32_t number, uint64_t seq, struct omb_header *out)
{
    const struct omb_key key = omb_key_record(number, seq);
    struct omb_stored_record stored;
    struct omb_buf value = OMB_BUF_INIT;

    assert_int_equal(
        omb_port_get(memport_port(bank->rig->store), OMB_FAMILY_RECORD, omb_key_view(&key), &value),
        OMB_OK);
    assert_int_equal(omb_decode_stored_record(omb_buf_view(&value), &bank->arena, &stored, NULL),
                     OMB_OK);
    assert_int_equal(omb_header_decode(stored.header, &bank->arena, out, NULL, NULL), OMB_OK);
    omb_buf_free(&value);
}

static struct omb_escrow_secret bank_opens(struct bank *bank, uint32_t number, uint64_t seq)
{
    struct omb_escrow_secret secret;
    struct omb_buf plain = OMB_BUF_INIT;
    struct omb_header header;

    bank_header(bank, number, seq, &header);
    assert_int_equal(omb_box_open(bank->rig->recovery,
                                  OMB_AS(escrow_opened, header.facts->event)->sealed, &plain),
                     OMB_OK);
    assert_int_equal(omb_decode_escrow_secret(omb_buf_view(&plain), &bank->arena, &secret, NULL),
                     OMB_OK);
    omb_buf_free(&plain);
    return secret;
}

static void test_recovery_key_gives_back_the_office_s_secrets_once(void **state)
{
    struct rig *rig = *state;
    struct bank bank = {.rig = rig};
    struct omb_escrow_secret secret;
    struct work work = {0};

    omb_arena_init(&bank.arena, SIZE_MAX);
    secret = bank_opens(&bank, 1, 1);
    assert_memory_equal(secret.sealing_secret.data, omb_secret_bytes(rig->sealing), OMB_KEY_SIZE);
    assert_memory_equal(secret.transport_secret.data, omb_secret_bytes(rig->transport),
                        OMB_KEY_SIZE);
    rig_reopen(rig);
    run(rig, do_register, &work);
    rig_commit(rig);
    secret = bank_opens(&bank, 2, 1);
    assert_int_equal(secret.sealing_secret.size, 0);
    assert_int_equal(secret.transport_secret.size, 0);
    omb_arena_free(&bank.arena);
}

/* Recovery key -> escrow key -> case key, which is the committed one -> body. */
static void test_recovery_key_opens_a_case(void **state)
{
    struct rig *rig = *state;
    struct bank bank = {.rig = rig};
    struct omb_buf part = OMB_BUF_INIT, key = OMB_BUF_INIT;
    struct omb_escrow_secret escrow;
    struct work work = {0};
    struct omb_header header;
    struct omb_grants grants;
    struct omb_digest commitment;
    struct omb_key at, ad;

    omb_arena_init(&bank.arena, SIZE_MAX);
    run(rig, do_register, &work);
    rig_commit(rig);
    escrow = bank_opens(&bank, 1, 1);
    bank_header(&bank, work.record.number, work.record.seq, &header);
    at = part_key(&work, OMB_PART_GRANTS);
    assert_int_equal(
        omb_port_get(memport_port(rig->store), OMB_FAMILY_PART, omb_key_view(&at), &part), OMB_OK);
    assert_int_equal(omb_decode_grants(omb_buf_view(&part), &bank.arena, &grants, NULL), OMB_OK);
    ad = omb_key_case(&work.id);
    assert_int_equal(omb_open(escrow.key.data, grants.escrow->nonce.data, omb_key_view(&ad),
                              grants.escrow->sealed, &key),
                     OMB_OK);
    commitment = omb_case_key_commitment(key.data);
    assert_true(
        omb_digest_equal(&commitment, &OMB_AS(registered, header.facts->event)->key_commitment));
    omb_buf_free(&part);
    omb_buf_free(&key);
    omb_arena_free(&bank.arena);
}

/* --- erasure --- */

static void test_erasure_drops_every_part_and_the_key(void **state)
{
    struct rig *rig = *state;
    struct work work = {0};
    size_t parts;

    parts = memport_count(rig->store, OMB_FAMILY_PART);
    run(rig, do_register, &work);
    run(rig, do_note, &work);
    rig_commit(rig);
    run(rig, do_erase, &work);
    assert_true(omb_update_erased(rig->update));
    rig_commit(rig);
    assert_false(omb_update_erased(rig->update));
    assert_int_equal(memport_count(rig->store, OMB_FAMILY_PART), parts);
    assert_int_equal(memport_count(rig->store, OMB_FAMILY_KEY), 1);
    run(rig, do_read, &work);
    assert_int_equal(work.rc, OMB_ERASED);
}

struct index_count {
    size_t references;
};

static enum omb_rc count_references(void *arg, struct omb_view key, struct omb_view value)
{
    struct index_count *count = arg;

    (void)value;
    count->references += key.data[0] == OMB_INDEX_REFERENCE;
    return OMB_OK;
}

static size_t references(struct rig *rig)
{
    struct index_count count = {0};

    assert_int_equal(omb_port_scan(memport_port(rig->store), OMB_FAMILY_INDEX, OMB_VIEW_NONE,
                                   OMB_VIEW_NONE, false, count_references, &count),
                     OMB_OK);
    return count.references;
}

static void test_erasure_drops_the_reference_from_the_index(void **state)
{
    struct rig *rig = *state;
    struct work work = {0};

    run(rig, do_register, &work);
    rig_commit(rig);
    assert_int_equal(references(rig), 1);
    run(rig, do_erase, &work);
    rig_commit(rig);
    assert_int_equal(references(rig), 0);
}

static void test_words_after_an_erasure_are_refused(void **state)
{
    struct rig *rig = *state;
    struct work work = {0};
    const struct omb_reply *reply;

    run(rig, do_register, &work);
    run(rig, do_erase, &work);
    reply = rig_run(rig, do_note, &work);
    assert_true(omb_view_is(reply->error->code, "erased"));
}

static enum omb_rc do_amend(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct work *work = arg;
    const struct omb_extract extract = {.pseudonym = OMB_VIEW_LIT("p17")};
    static const struct omb_amended amended;
    const struct omb_facts facts = {.event = {OMB_EVENT_AMENDED, &amended}};
    const struct omb_draft draft = {
        .case_id = &work->id, .facts = &facts, .extract = &extract, .actor = OMB_VIEW_LIT("t17")};
    struct omb_casefile file;
    const enum omb_rc rc = omb_casefile_load(step, &work->id, &file, err);

    return rc == OMB_OK ? omb_casefile_write(step, &draft, &file, &work->record, err) : rc;
}

static void test_parts_that_come_after_an_erasure_are_not_stored(void **state)
{
    struct rig *rig = *state;
    struct work work = {0};

    run(rig, do_register, &work);
    run(rig, do_erase, &work);
    run(rig, do_amend, &work);
    run(rig, do_extract, &work);
    assert_int_equal(work.rc, OMB_NOT_FOUND);
}

static enum omb_rc do_verify(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct work *work = arg;
    uint32_t parts = 99;

    (void)arg;
    for (uint64_t seq = 1; seq <= step->office->tip.seq; seq++) {
        const enum omb_rc rc = omb_record_verify(step, step->office->tip.number, seq, &parts, err);

        if (rc != OMB_OK)
            return rc;
    }
    work->rc = OMB_OK;
    return OMB_OK;
}

static void test_the_log_verifies_after_an_erasure(void **state)
{
    struct rig *rig = *state;
    struct work work = {0};

    run(rig, do_register, &work);
    run(rig, do_erase, &work);
    rig_commit(rig);
    run(rig, do_verify, &work);
}

/* --- grants to others --- */

struct granting {
    struct work work;
    struct omb_office_ref to;
    struct omb_grant grant;
    uint8_t sealed[256];
};

static enum omb_rc do_grant(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct granting *granting = arg;
    enum omb_rc rc = do_register(step, &granting->work, err);

    if (rc == OMB_OK)
        rc = omb_office_by_code(step, OMB_VIEW_LIT("ho"), &granting->to, err);
    if (rc == OMB_OK)
        rc = omb_vault_grant(step, &granting->work.id, &granting->to, &granting->grant, err);
    if (rc == OMB_OK) {
        assert_true(granting->grant.sealed.size <= sizeof(granting->sealed));
        memcpy(granting->sealed, granting->grant.sealed.data, granting->grant.sealed.size);
        granting->grant.sealed.data = granting->sealed;
    }
    return rc;
}

static void test_a_grant_opens_with_the_recipient_s_sealing_key(void **state)
{
    struct rig rig;
    struct granting granting = {.work = {.rc = OMB_OK}};
    struct omb_buf plain = OMB_BUF_INIT;
    struct omb_grant_key key;

    (void)state;
    rig_open(&rig, 2);
    assert_null(rig_run(&rig, do_grant, &granting)->error);
    assert_int_equal(omb_box_open(rig.sealing, granting.grant.sealed, &plain), OMB_OK);
    assert_int_equal(omb_decode_grant_key(omb_buf_view(&plain), &rig.arena, &key, NULL), OMB_OK);
    assert_true(omb_office_id_equal(&key.recipient, &granting.to.office));
    assert_int_equal(key.case_id->serial, granting.work.id.serial);
    assert_int_equal(key.key.size, OMB_KEY_SIZE);
    omb_buf_free(&plain);
    rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_bodies_open_in_the_batch_that_wrote_them),
        RIG_TEST(test_bodies_open_again_after_a_restart),
        RIG_TEST(test_office_bodies_open_under_the_escrow_key_of_their_place),
        RIG_TEST(test_extracts_are_readable_without_a_key),
        RIG_TEST(test_a_changed_body_does_not_open),
        RIG_TEST(test_a_body_does_not_open_at_another_record),
        RIG_TEST(test_without_the_case_key_the_case_is_sealed),
        RIG_TEST(test_no_word_and_no_key_stands_in_the_store_in_the_clear),
        RIG_TEST(test_escrow_opens_once_a_month_and_life),
        RIG_TEST(test_recovery_key_gives_back_the_office_s_secrets_once),
        RIG_TEST(test_recovery_key_opens_a_case),
        RIG_TEST(test_erasure_drops_every_part_and_the_key),
        RIG_TEST(test_erasure_drops_the_reference_from_the_index),
        RIG_TEST(test_words_after_an_erasure_are_refused),
        RIG_TEST(test_parts_that_come_after_an_erasure_are_not_stored),
        RIG_TEST(test_the_log_verifies_after_an_erasure),
        cmocka_unit_test(test_a_grant_opens_with_the_recipient_s_sealing_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
