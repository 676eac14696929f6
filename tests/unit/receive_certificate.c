/* A region tells of certificates that no region may give: the record is kept, and does nothing. */
#include "ledger/enrol.h"
#include "office/desk.h"
#include "office/inside.h"
#include "office/logs.h"
#include "office/receive_inside.h"
#include "support/crossing.h"
#include "unit.h"
#include "wire/rows.h"

static enum omb_rc do_tell(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct omb_office_certified certified = {.certificate = *(struct omb_view *)arg};
    const struct omb_facts facts = {.event = {OMB_EVENT_OFFICE_CERTIFIED, &certified}};
    const struct omb_draft draft = {.facts = &facts, .actor = OMB_VIEW_LIT("admin")};
    struct omb_appended record;

    return omb_append(step, &draft, &record, err);
}

/* North issues it for the outlet and tells the head office. */
static void tell(struct crossing *crossing, const struct omb_certificate *inner,
                 struct omb_digest *out)
{
    struct omb_view bytes = crossing_certify(crossing, NORTH, inner, out);

    crossing_run(&crossing->rigs[NORTH], do_tell, &bytes);
}

static const struct omb_receipt *hear(struct crossing *crossing)
{
    const struct parcels all = crossing_pack(crossing, &crossing->rigs[NORTH]);
    const struct parcels own = crossing_of(crossing, &all, &crossing->refs[NORTH].office);

    return &crossing_give(crossing, HO, NORTH, own.items, own.count)[own.count - 1];
}

static bool knows(struct crossing *crossing, const struct omb_digest *digest)
{
    return crossing_has(&crossing->rigs[HO], OMB_FAMILY_OFFICE, omb_key_certificate(digest));
}

static struct omb_certificate further(struct crossing *crossing)
{
    const struct omb_known_certificate first = crossing_certificate(crossing, OUTLET);
    struct omb_certificate inner = first.inner;

    inner.previous = first.digest;
    inner.not_before++;
    return inner;
}

static void must_do_nothing(struct crossing *crossing, const struct omb_certificate *inner)
{
    struct omb_digest digest;

    tell(crossing, inner, &digest);
    assert_int_equal(hear(crossing)->kind, OMB_RECEIPT_NEW);
    assert_false(knows(crossing, &digest));
}

static void one_as_it_should_be_counts(void **state)
{
    struct crossing *crossing = *state;
    const struct omb_certificate inner = further(crossing);
    struct omb_digest digest;

    tell(crossing, &inner, &digest);
    assert_int_equal(hear(crossing)->kind, OMB_RECEIPT_NEW);
    assert_true(knows(crossing, &digest));
}

/* The author of the record that carries it at the head office. */
static struct omb_office_id carrier_of(struct crossing *crossing, const struct omb_digest *digest)
{
    const struct omb_port *port = memport_port(crossing->rigs[HO].store);
    const struct omb_key key = omb_key_carrier(digest);
    struct omb_buf value = OMB_BUF_INIT;
    struct omb_log_row row;
    struct omb_row_at at;
    struct omb_key log;

    assert_int_equal(omb_port_get(port, OMB_FAMILY_OFFICE, omb_key_view(&key), &value), OMB_OK);
    assert_true(omb_read_place(omb_buf_view(&value), &at.number, &at.seq));
    log = omb_key_log(at.number);
    assert_int_equal(omb_port_get(port, OMB_FAMILY_LOG, omb_key_view(&log), &value), OMB_OK);
    assert_int_equal(omb_decode_log_row(omb_buf_view(&value), &crossing->arena, &row, NULL),
                     OMB_OK);
    omb_buf_free(&value);
    return row.office;
}

/* It says more than its parent's, whichever came first, and whatever is known already. */
static void the_word_of_the_office_itself_carries_it(void **state)
{
    struct crossing *crossing = *state;
    const struct omb_certificate inner = further(crossing);
    struct omb_digest digest;
    struct omb_view bytes = crossing_certify(crossing, NORTH, &inner, &digest);
    struct omb_office_id author;
    struct parcels all, own;

    crossing_run(&crossing->rigs[NORTH], do_tell, &bytes);
    (void)hear(crossing);
    author = carrier_of(crossing, &digest);
    assert_true(omb_office_id_equal(&author, &crossing->refs[NORTH].office));
    crossing_run(&crossing->rigs[OUTLET], do_tell, &bytes);
    all = crossing_pack(crossing, &crossing->rigs[OUTLET]);
    own = crossing_of(crossing, &all, &crossing->refs[OUTLET].office);
    (void)crossing_give(crossing, HO, NORTH, own.items, own.count);
    author = carrier_of(crossing, &digest);
    assert_true(omb_office_id_equal(&author, &crossing->refs[OUTLET].office));
    tell(crossing, &inner, &digest); /* and it stays */
    (void)hear(crossing);
    author = carrier_of(crossing, &digest);
    assert_true(omb_office_id_equal(&author, &crossing->refs[OUTLET].office));
}

static enum omb_rc do_take(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct omb_known_certificate known;

    assert_int_equal(omb_certify_read(*(struct omb_view *)arg, step->arena, &known, err), OMB_OK);
    omb_certificate_keep(step, &known);
    omb_identity_take(step, &known);
    return OMB_OK;
}

/* Who lacks it could not judge the record that brings it. */
static void what_is_signed_under_itself_carries_nothing(void **state)
{
    struct crossing *crossing = *state;
    const struct omb_certificate inner = further(crossing);
    struct omb_digest digest;
    struct omb_view bytes = crossing_certify(crossing, NORTH, &inner, &digest);
    struct omb_office_id author;
    struct parcels all, own;

    crossing_run(&crossing->rigs[NORTH], do_tell, &bytes);
    (void)hear(crossing);
    crossing_run(&crossing->rigs[OUTLET], do_take, &bytes);
    crossing_run(&crossing->rigs[OUTLET], do_tell, &bytes);
    all = crossing_pack(crossing, &crossing->rigs[OUTLET]);
    own = crossing_of(crossing, &all, &crossing->refs[OUTLET].office);
    assert_memory_equal(own.headers[own.count - 1].key.bytes, digest.bytes, OMB_KEY_ID_SIZE);
    assert_int_equal(crossing_give(crossing, HO, NORTH, own.items, own.count)[own.count - 1].kind,
                     OMB_RECEIPT_NEW);
    author = carrier_of(crossing, &digest);
    assert_true(omb_office_id_equal(&author, &crossing->refs[NORTH].office));
}

struct evidence {
    const struct omb_record *record;
    const struct omb_header *header;
};

static enum omb_rc do_put_aside(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct evidence *evidence = arg;
    const struct omb_header *header = evidence->header;
    const struct omb_digest digest = omb_record_digest(evidence->record->header);
    const struct omb_stored_record stored = {evidence->record->header, evidence->record->proof};
    struct omb_log log;
    const enum omb_rc rc =
        omb_log_make(step, &header->office, &header->incarnation, 1, &log, err);

    log.row.count = 1;
    log.row.head = header->seq;
    log.row.digest = digest;
    omb_put_stored(step, &(struct omb_row_at){log.number, header->seq}, &stored, &digest);
    omb_log_put(step, &log);
    return rc;
}

static enum omb_rc do_find_standing(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct evidence *evidence = arg;
    const struct omb_digest digest = omb_record_digest(evidence->record->header);
    struct omb_row_at at;
    struct omb_log log;

    assert_int_equal(omb_record_place(step, &digest, &at), OMB_OK);
    assert_int_equal(omb_log_by_number(step, at.number, &log, err), OMB_OK);
    assert_int_equal(log.row.line, 0);
    assert_int_equal(log.row.count, 1);
    return OMB_OK;
}

/* Of that life nothing stood until then: its log begins with what comes back. */
static void one_that_stood_aside_comes_back_as_the_first_of_its_life(void **state)
{
    struct crossing *crossing = *state;
    const struct omb_certificate inner = further(crossing);
    struct omb_digest digest;
    struct evidence evidence;
    struct parcels all, own;

    tell(crossing, &inner, &digest);
    all = crossing_pack(crossing, &crossing->rigs[NORTH]);
    own = crossing_of(crossing, &all, &crossing->refs[NORTH].office);
    (void)crossing_give(crossing, OTHER, NORTH, own.items, own.count);
    rig_reopen(&crossing->rigs[NORTH]);
    tell(crossing, &inner, &digest);
    all = crossing_pack(crossing, &crossing->rigs[NORTH]);
    evidence = (struct evidence){&all.items[all.count - 1], &all.headers[all.count - 1]};
    assert_int_equal(evidence.header->seq, 1);
    crossing_run(&crossing->rigs[OTHER], do_put_aside, &evidence);
    assert_int_equal(crossing_give(crossing, OTHER, NORTH, evidence.record, 1)->kind,
                     OMB_RECEIPT_DUPLICATE);
    crossing_run(&crossing->rigs[OTHER], do_find_standing, &evidence);
}

struct asking {
    struct omb_buf request;
    size_t succeeds; /* of the certificate that is issued */
};

static enum omb_rc do_certify(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct asking *asking = arg;
    const struct omb_office_certify ask = {.request = omb_buf_view(&asking->request)};
    struct omb_known_bundle bundle;
    const void *issued = NULL;
    enum omb_rc rc = omb_desk_office_certify(step, &ask, &issued, err);

    if (rc == OMB_OK)
        rc = omb_enrol_read_bundle(((const struct omb_office_issued *)issued)->bundle, step->arena,
                                   &bundle, err);
    if (rc == OMB_OK)
        asking->succeeds = bundle.chain[0].inner.succeeds.count;
    return rc;
}

/*
 * North says that its outlet stands in for the head office, which counts for nobody. Asked for a
 * further certificate, by the one before, the head office does not say it for north.
 */
static void a_false_succession_is_not_said_again_from_above(void **state)
{
    struct crossing *crossing = *state;
    const struct omb_known_certificate first = crossing_certificate(crossing, OUTLET);
    const struct omb_view closed = OMB_VIEW_OF(crossing->refs[HO].office.bytes);
    struct omb_certificate inner = further(crossing);
    const struct omb_office_wish wish = {.version = 1,
                                         .code = inner.code,
                                         .name = inner.name,
                                         .kind = inner.kind,
                                         .signing_key = inner.signing_key,
                                         .transport_key = inner.transport_key,
                                         .sealing_key = inner.sealing_key,
                                         .at = crossing->rigs[HO].now_ms,
                                         .previous = first.digest};
    struct asking asking = {.request = OMB_BUF_INIT, .succeeds = 1};
    struct omb_digest digest;

    inner.succeeds = (struct omb_views){&closed, 1};
    tell(crossing, &inner, &digest);
    (void)hear(crossing);
    assert_true(knows(crossing, &digest));
    omb_enrol_ask(&wish, crossing->rigs[OUTLET].signers[0], NULL, &asking.request);
    crossing_run(&crossing->rigs[HO], do_certify, &asking);
    assert_int_equal(asking.succeeds, 0);
    omb_buf_free(&asking.request);
}

static void one_at_another_depth_does_nothing(void **state)
{
    struct crossing *crossing = *state;
    struct omb_certificate inner = further(crossing);

    inner.depth += 3;
    must_do_nothing(crossing, &inner);
}

static void one_that_may_certify_deeper_than_its_issuer_does_nothing(void **state)
{
    struct crossing *crossing = *state;
    struct omb_certificate inner = further(crossing);

    inner.kind = OMB_VIEW_LIT("regional");
    inner.certify_depth = crossing_certificate(crossing, NORTH).inner.certify_depth + 1;
    must_do_nothing(crossing, &inner);
}

static void one_below_another_office_does_nothing(void **state)
{
    struct crossing *crossing = *state;
    struct omb_certificate inner = further(crossing);

    inner.parent = crossing->refs[OTHER].office;
    must_do_nothing(crossing, &inner);
}

/* An office that nobody ever saw cannot be what another one became. */
static void one_that_goes_on_from_another_office_does_nothing(void **state)
{
    struct crossing *crossing = *state;
    struct omb_certificate inner = further(crossing);

    inner.office.bytes[0] ^= 1;
    must_do_nothing(crossing, &inner);
}

/* Of another bank: nobody here has what issued it, and nobody can bring it. */
static void one_of_a_foreign_issuer_waits_and_never_counts(void **state)
{
    struct crossing *crossing = *state;
    struct omb_certificate inner = further(crossing);
    struct omb_digest digest;

    inner.issuer.bytes[0] ^= 1;
    tell(crossing, &inner, &digest);
    assert_int_equal(hear(crossing)->kind, OMB_RECEIPT_WAITS);
    assert_false(knows(crossing, &digest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CROSSING_TEST(one_as_it_should_be_counts),
        CROSSING_TEST(the_word_of_the_office_itself_carries_it),
        CROSSING_TEST(what_is_signed_under_itself_carries_nothing),
        CROSSING_TEST(one_that_stood_aside_comes_back_as_the_first_of_its_life),
        CROSSING_TEST(a_false_succession_is_not_said_again_from_above),
        CROSSING_TEST(one_at_another_depth_does_nothing),
        CROSSING_TEST(one_that_may_certify_deeper_than_its_issuer_does_nothing),
        CROSSING_TEST(one_below_another_office_does_nothing),
        CROSSING_TEST(one_that_goes_on_from_another_office_does_nothing),
        CROSSING_TEST(one_of_a_foreign_issuer_waits_and_never_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
