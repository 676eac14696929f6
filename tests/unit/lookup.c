/* Records, offices and positions: are they found by every name, and is every lie about them seen?
 */
#include <stdio.h>

#include "cases/number.h"
#include "office/inside.h"
#include "support/casework.h"
#include "support/rig.h"
#include "unit.h"
#include "wire/header.h"

struct work {
    struct omb_case_id id;
    struct omb_appended record;
    char text[128]; /* what is looked for */
    struct omb_row_at at;
    struct omb_office_ref ref;
    char code[128];
    size_t above;
    uint64_t position;
    uint32_t parts;
    struct omb_error err;
    enum omb_rc rc;
};

/* --- scripts --- */

static enum omb_rc do_register(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct work *work = arg;

    return casework_register(step, false, &work->id, &work->record, err);
}

static enum omb_rc do_find(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct work *work = arg;

    (void)err;
    work->rc = omb_record_find(step, omb_view_str(work->text), &work->at, &work->err);
    return OMB_OK;
}

static enum omb_rc do_verify(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct work *work = arg;

    (void)err;
    work->rc =
        omb_record_verify(step, work->record.number, work->record.seq, &work->parts, &work->err);
    return OMB_OK;
}

static enum omb_rc do_office(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct work *work = arg;
    const struct omb_seat *seat;

    (void)err;
    work->rc = omb_office_by_code(step, omb_view_str(work->text), &work->ref, &work->err);
    if (work->rc != OMB_OK)
        return OMB_OK;
    snprintf(work->code, sizeof(work->code), "%.*s",
             OMB_VIEW_ARGS(omb_office_code_of(step, &work->ref.office)));
    seat = omb_office_seat(step, &work->ref);
    assert_non_null(seat);
    work->above = seat->above_count;
    return OMB_OK;
}

static enum omb_rc do_position(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct work *work = arg;

    (void)err;
    work->rc = omb_position_parse(step, omb_view_str(work->text), &work->position, &work->err);
    return OMB_OK;
}

/* --- helpers --- */

static void run(struct rig *rig, rig_script *script, struct work *work)
{
    work->err = (struct omb_error){0};
    assert_null(rig_run(rig, script, work)->error);
}

static struct work registered(struct rig *rig)
{
    struct work work = {.rc = OMB_OK};

    run(rig, do_register, &work);
    rig_commit(rig);
    return work;
}

static void assert_says(const struct work *work, enum omb_rc rc, const char *words)
{
    assert_int_equal(work->rc, rc);
    if (!strstr(work->err.words, words))
        fail_msg("\"%s\" does not say \"%s\"", work->err.words, words);
}

static void reference(struct work *work, size_t digits)
{
    char hex[OMB_HEX_DIGEST_SIZE];

    omb_hex(OMB_VIEW_OF(work->record.digest.bytes), hex);
    snprintf(work->text, sizeof(work->text), "%.*s", (int)digits, hex);
}

/* --- records by name --- */

static void test_every_prefix_of_a_digest_finds_its_record(void **state)
{
    struct rig *rig = *state;
    struct work work = registered(rig);

    for (size_t digits = 8; digits <= 64; digits++) {
        reference(&work, digits);
        run(rig, do_find, &work);
        assert_int_equal(work.rc, OMB_OK);
        assert_int_equal(work.at.seq, work.record.seq);
    }
}

static void test_every_wrong_digit_misses(void **state)
{
    struct rig *rig = *state;
    struct work work = registered(rig);

    for (size_t digit = 0; digit < 64; digit++) {
        reference(&work, 64);
        work.text[digit] = work.text[digit] == '0' ? '1' : '0';
        run(rig, do_find, &work);
        assert_says(&work, OMB_NOT_FOUND, "begins so");
    }
}

static void test_office_and_number_find_a_record_of_the_newest_life(void **state)
{
    struct rig *rig = *state;
    struct work old = registered(rig), work;

    rig_reopen(rig);
    work = registered(rig);
    snprintf(work.text, sizeof(work.text), "ho/%d", 2);
    run(rig, do_find, &work);
    assert_int_equal(work.rc, OMB_OK);
    assert_int_equal(work.at.number, work.record.number);
    snprintf(work.text, sizeof(work.text), "ho/%d", 3); /* only the first life has that many */
    run(rig, do_find, &work);
    assert_int_equal(work.at.number, old.record.number);
    snprintf(work.text, sizeof(work.text), "ho/4");
    run(rig, do_find, &work);
    assert_says(&work, OMB_NOT_FOUND, "record 4");
}

static void test_what_names_no_record_is_said(void **state)
{
    static const char *const wrong[] = {"",    "1234567", "g2345678", "1234-5678",
                                        "ho/", "ho/0",    "ho/x"};
    struct rig *rig = *state;
    struct work work = registered(rig);

    for (size_t i = 0; i < UNIT_COUNT(wrong); i++) {
        snprintf(work.text, sizeof(work.text), "%s", wrong[i]);
        run(rig, do_find, &work);
        assert_int_equal(work.rc, OMB_INVALID);
        assert_true(work.err.words[0] != '\0');
    }
}

/* --- verifying --- */

static void test_a_whole_record_verifies_with_its_parts(void **state)
{
    struct rig *rig = *state;
    struct work work = registered(rig);

    run(rig, do_verify, &work);
    assert_int_equal(work.rc, OMB_OK);
    assert_int_equal(work.parts, 3);
}

static void get_row(struct rig *rig, enum omb_family family, const struct omb_key *key,
                    struct omb_buf *out)
{
    assert_int_equal(omb_port_get(memport_port(rig->store), family, omb_key_view(key), out),
                     OMB_OK);
}

static void test_every_changed_byte_of_a_stored_record_is_seen(void **state)
{
    struct rig *rig = *state;
    struct work work = registered(rig);
    const struct omb_key key = omb_key_record(work.record.number, work.record.seq);
    struct omb_buf value = OMB_BUF_INIT;

    get_row(rig, OMB_FAMILY_RECORD, &key, &value);
    for (size_t i = 0; i < value.size; i++) {
        value.data[i] ^= 0x01;
        memport_set(rig->store, OMB_FAMILY_RECORD, omb_key_view(&key), omb_buf_view(&value));
        run(rig, do_verify, &work);
        assert_int_equal(work.rc, OMB_UNAUTHENTIC);
        assert_true(work.err.words[0] != '\0');
        value.data[i] ^= 0x01;
    }
    omb_buf_free(&value);
}

static void test_every_changed_byte_of_a_part_is_seen(void **state)
{
    static const enum omb_part_kind kinds[] = {OMB_PART_BODY, OMB_PART_GRANTS, OMB_PART_EXTRACT};
    struct rig *rig = *state;
    struct work work = registered(rig);

    for (size_t kind = 0; kind < UNIT_COUNT(kinds); kind++) {
        const struct omb_key key = omb_key_part(work.record.number, work.record.seq, kinds[kind]);
        struct omb_buf value = OMB_BUF_INIT;

        get_row(rig, OMB_FAMILY_PART, &key, &value);
        for (size_t i = 0; i < value.size; i++) {
            value.data[i] ^= 0x80;
            memport_set(rig->store, OMB_FAMILY_PART, omb_key_view(&key), omb_buf_view(&value));
            run(rig, do_verify, &work);
            assert_int_equal(work.rc, OMB_UNAUTHENTIC);
            value.data[i] ^= 0x80;
        }
        memport_set(rig->store, OMB_FAMILY_PART, omb_key_view(&key), omb_buf_view(&value));
        omb_buf_free(&value);
    }
}

static void test_a_part_that_is_gone_is_no_lie(void **state)
{
    struct rig *rig = *state;
    struct work work = registered(rig);
    const struct omb_key key = omb_key_part(work.record.number, work.record.seq, OMB_PART_BODY);

    memport_set(rig->store, OMB_FAMILY_PART, omb_key_view(&key), OMB_VIEW_NONE);
    run(rig, do_verify, &work);
    assert_int_equal(work.rc, OMB_OK);
    assert_int_equal(work.parts, 2);
}

static void test_a_gap_before_a_record_is_seen(void **state)
{
    struct rig *rig = *state;
    struct work work = registered(rig);
    const struct omb_key key = omb_key_record(work.record.number, work.record.seq - 1);

    memport_set(rig->store, OMB_FAMILY_RECORD, omb_key_view(&key), OMB_VIEW_NONE);
    run(rig, do_verify, &work);
    assert_says(&work, OMB_UNAUTHENTIC, "the record before it is not here");
}

static void test_another_record_in_its_place_is_seen(void **state)
{
    struct rig *rig = *state;
    struct work first = registered(rig), second = registered(rig);
    const struct omb_key from = omb_key_record(first.record.number, first.record.seq);
    const struct omb_key to = omb_key_record(second.record.number, second.record.seq);
    struct omb_buf value = OMB_BUF_INIT;

    get_row(rig, OMB_FAMILY_RECORD, &from, &value);
    memport_set(rig->store, OMB_FAMILY_RECORD, omb_key_view(&to), omb_buf_view(&value));
    run(rig, do_verify, &second);
    assert_says(&second, OMB_UNAUTHENTIC, "stored as record");
    omb_buf_free(&value);
}

static void test_a_life_whose_beginning_is_cut_off_is_seen(void **state)
{
    struct rig *rig = *state;
    struct work work = registered(rig);
    struct omb_key key = omb_key_digest(&work.record.digest);

    rig_reopen(rig);
    work = registered(rig);
    work.record.seq = 1; /* escrow opened, the first of the second life */
    run(rig, do_verify, &work);
    assert_int_equal(work.rc, OMB_OK);
    memport_set(rig->store, OMB_FAMILY_DIGEST, omb_key_view(&key), OMB_VIEW_NONE);
    run(rig, do_verify, &work);
    assert_says(&work, OMB_UNAUTHENTIC, "continues is not here");
}

static void test_a_record_without_its_certificate_is_said(void **state)
{
    struct rig *rig = *state;
    struct work work = registered(rig);
    const struct omb_key key = omb_key_certificate(&omb_office_self(rig->office)->certificate);
    struct omb_buf value = OMB_BUF_INIT;
    struct omb_office_cache *fresh = omb_cache_new();

    get_row(rig, OMB_FAMILY_OFFICE, &key, &value);
    memport_set(rig->store, OMB_FAMILY_OFFICE, omb_key_view(&key), OMB_VIEW_NONE);
    omb_cache_free(rig->office->cache);
    rig->office->cache = fresh;
    run(rig, do_verify, &work);
    assert_says(&work, OMB_UNAUTHENTIC, "certificate is not here");
    omb_buf_free(&value);
}

static void test_a_digest_row_that_names_another_record_is_seen(void **state)
{
    struct rig *rig = *state;
    struct work work = registered(rig);
    const struct omb_key key = omb_key_digest(&work.record.digest);
    uint8_t place[12];

    omb_put_place(place, work.record.number, work.record.seq - 1);
    memport_set(rig->store, OMB_FAMILY_DIGEST, omb_key_view(&key), OMB_VIEW_OF(place));
    run(rig, do_verify, &work);
    assert_says(&work, OMB_UNAUTHENTIC, "names another record");
}

/* The head office's own key cannot write into a branch's log. */
static void sign_as(struct rig *rig, struct work *work, const struct omb_digest *certificate,
                    const struct omb_signer *signer)
{
    const struct omb_key at = omb_key_record(work->record.number, work->record.seq);
    struct omb_buf row = OMB_BUF_INIT, bytes = OMB_BUF_INIT;
    struct omb_stored_record stored;
    struct omb_header header;
    struct omb_proof proof;
    struct omb_digest leaf;
    struct omb_key key;
    uint8_t place[12];

    get_row(rig, OMB_FAMILY_RECORD, &at, &row);
    assert_int_equal(omb_decode_stored_record(omb_buf_view(&row), &rig->arena, &stored, NULL),
                     OMB_OK);
    assert_int_equal(omb_header_decode(stored.header, &rig->arena, &header, NULL, NULL), OMB_OK);
    header.key = omb_key_id_of(certificate);
    omb_encode_header(&header, &bytes);
    leaf = omb_record_digest(omb_buf_view(&bytes));
    omb_batch_sign(signer, &leaf, 1, &rig->arena, &proof);
    stored = (struct omb_stored_record){omb_buf_view(&bytes), &proof};
    omb_buf_clear(&row);
    omb_encode_stored_record(&stored, &row);
    memport_set(rig->store, OMB_FAMILY_RECORD, omb_key_view(&at), omb_buf_view(&row));
    key = omb_key_digest(&leaf);
    omb_put_place(place, work->record.number, work->record.seq);
    memport_set(rig->store, OMB_FAMILY_DIGEST, omb_key_view(&key), OMB_VIEW_OF(place));
    omb_buf_free(&row);
    omb_buf_free(&bytes);
}

static void test_a_record_that_another_office_signed_is_seen(void **state)
{
    struct rig rig;
    struct work work, head = {.text = "ho"};

    (void)state;
    rig_open(&rig, 2);
    work = registered(&rig);
    run(&rig, do_office, &head);
    sign_as(&rig, &work, &omb_office_self(rig.office)->certificate, rig.signers[0]);
    run(&rig, do_verify, &work);
    assert_int_equal(work.rc, OMB_OK); /* signed anew by its own office it holds */
    sign_as(&rig, &work, &head.ref.certificate, rig.signers[2]);
    run(&rig, do_verify, &work);
    assert_says(&work, OMB_UNAUTHENTIC, "certificate is of another office");
    rig_free(&rig);
}

/* --- offices --- */

static void test_offices_above_are_known_by_code_and_seat(void **state)
{
    static const struct {
        const char *code;
        size_t above;
    } offices[] = {{"vsp-0045", 2}, {"north", 1}, {"ho", 0}};
    struct rig rig;

    (void)state;
    rig_open(&rig, 2);
    assert_true(omb_view_is(omb_office_code(rig.office), "vsp-0045"));
    for (size_t i = 0; i < UNIT_COUNT(offices); i++) {
        struct work work = {.rc = OMB_OK};

        snprintf(work.text, sizeof(work.text), "%s", offices[i].code);
        run(&rig, do_office, &work);
        assert_int_equal(work.rc, OMB_OK);
        assert_string_equal(work.code, offices[i].code);
        assert_int_equal(work.above, offices[i].above);
    }
    rig_free(&rig);
}

static void test_an_unknown_office_is_said_with_the_nearest(void **state)
{
    struct rig rig;
    struct work work = {.text = "nroth"};

    (void)state;
    rig_open(&rig, 2);
    run(&rig, do_office, &work);
    assert_says(&work, OMB_NOT_FOUND, "near to it: north");
    snprintf(work.text, sizeof(work.text), "No Code");
    run(&rig, do_office, &work);
    assert_int_equal(work.rc, OMB_INVALID);
    rig_free(&rig);
}

/* --- positions --- */

static void test_positions_are_read_as_they_are_printed(void **state)
{
    struct rig *rig = *state;
    struct work work = {.text = "e0e0e0e0-2"};

    run(rig, do_position, &work);
    assert_int_equal(work.rc, OMB_OK);
    assert_int_equal(work.position, 2);
}

static void test_a_position_of_another_store_says_what_to_do(void **state)
{
    struct rig *rig = *state;
    struct work work = {.text = "e0e0e0e1-2"};

    run(rig, do_position, &work);
    assert_says(&work, OMB_REFUSED, "start from the beginning");
    snprintf(work.text, sizeof(work.text), "e0e0e0e0-3");
    run(rig, do_position, &work);
    assert_says(&work, OMB_REFUSED, "start from the beginning");
}

static void test_what_is_no_position_is_said(void **state)
{
    static const char *const wrong[] = {"",           "2",          "e0e0e0e0-",  "e0e0e0e0-x",
                                        "e0e0e0e0_2", "zzzzzzzz-2", "e0e0e0e0-02"};
    struct rig *rig = *state;

    for (size_t i = 0; i < UNIT_COUNT(wrong); i++) {
        struct work work = {.rc = OMB_OK};

        snprintf(work.text, sizeof(work.text), "%s", wrong[i]);
        run(rig, do_position, &work);
        assert_says(&work, OMB_INVALID, "as an answer gave it");
    }
}

/* --- cases by their numbers --- */

static enum omb_rc do_find_case(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct work *work = arg;
    char number[OMB_NUMBER_SIZE];

    (void)err;
    omb_number_print(&work->id, omb_office_code_of(step, &work->id.home), number);
    work->rc = omb_casefile_find(step, omb_view_str(number), &work->id, &work->err);
    return OMB_OK;
}

/* A case that says that it replaces that one. */
static enum omb_rc do_replace(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct work *work = arg;
    const struct omb_matter matter = {
        .kind = OMB_VIEW_LIT("complaint"), .channel = OMB_VIEW_LIT("book"),
        .product = OMB_VIEW_LIT("cards"),  .issue = OMB_VIEW_LIT("fees"),
        .severity = OMB_VIEW_LIT("normal"), .received_at = step->input->now_ms};
    struct omb_registered registered = {.matter = &matter, .formerly = {&work->id, 1}};
    const struct omb_facts facts = {.event = {OMB_EVENT_REGISTERED, &registered}};
    struct omb_grants grants = {0};
    struct omb_case_id id;
    const struct omb_draft draft = {
        .case_id = &id, .facts = &facts, .grants = &grants, .actor = OMB_VIEW_LIT("t17")};
    struct omb_casefile file = {0};
    struct omb_appended record;
    enum omb_rc rc = omb_case_next(step, &id, err);

    if (rc == OMB_OK)
        rc = omb_vault_new_case(step, &id, &registered.key_commitment, &grants, err);
    if (rc == OMB_OK)
        rc = omb_casefile_write(step, &draft, &file, &record, err);
    return rc == OMB_OK ? omb_casefile_save(step, &file, err) : rc;
}

/* However many say so: the number belongs to the case that has it. */
static void test_a_number_is_taken_from_no_case(void **state)
{
    struct rig *rig = *state;
    struct work work = registered(rig);
    const struct omb_case_id id = work.id;

    for (size_t i = 0; i < 10; i++)
        run(rig, do_replace, &work);
    run(rig, do_find_case, &work);
    assert_says(&work, OMB_OK, "");
    assert_memory_equal(&work.id, &id, sizeof(id));
}

static enum omb_rc do_replacing(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct omb_case_id ids[OMB_FORMERLY_MAX];
    struct work *work = arg;

    return omb_casefile_replacing(step, &work->id, ids, &work->above, err);
}

/* Only its home gives a case another number. */
static void test_a_stranger_replaces_no_case(void **state)
{
    struct rig *rig = *state;
    struct work work = registered(rig);

    work.id.home.bytes[0] ^= 1;
    run(rig, do_replace, &work);
    run(rig, do_replacing, &work);
    assert_int_equal(work.above, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_every_prefix_of_a_digest_finds_its_record),
        RIG_TEST(test_every_wrong_digit_misses),
        RIG_TEST(test_office_and_number_find_a_record_of_the_newest_life),
        RIG_TEST(test_what_names_no_record_is_said),
        RIG_TEST(test_a_whole_record_verifies_with_its_parts),
        RIG_TEST(test_every_changed_byte_of_a_stored_record_is_seen),
        RIG_TEST(test_every_changed_byte_of_a_part_is_seen),
        RIG_TEST(test_a_part_that_is_gone_is_no_lie),
        RIG_TEST(test_a_gap_before_a_record_is_seen),
        RIG_TEST(test_another_record_in_its_place_is_seen),
        RIG_TEST(test_a_number_is_taken_from_no_case),
        RIG_TEST(test_a_stranger_replaces_no_case),
        RIG_TEST(test_a_life_whose_beginning_is_cut_off_is_seen),
        RIG_TEST(test_a_record_without_its_certificate_is_said),
        RIG_TEST(test_a_digest_row_that_names_another_record_is_seen),
        cmocka_unit_test(test_a_record_that_another_office_signed_is_seen),
        cmocka_unit_test(test_offices_above_are_known_by_code_and_seat),
        cmocka_unit_test(test_an_unknown_office_is_said_with_the_nearest),
        RIG_TEST(test_positions_are_read_as_they_are_printed),
        RIG_TEST(test_a_position_of_another_store_says_what_to_do),
        RIG_TEST(test_what_is_no_position_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
