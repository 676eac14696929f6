/* What neighbours and clients of a small bank say (fuzz/stage.h). */
#include <string.h>

#include "base/assert.h"
#include "fuzz/seeds.h"
#include "fuzz/stage.h"
#include "wire/enrol.h"

enum { FRAME, RAW, HELLO, LINE, HO = 4, TICK = 8 };      /* fuzz_link.c */
enum { T1, H1, S1, S2, AN1, AU1, ADMIN, NOBODY, HOURS }; /* fuzz_control.c */
enum { BOTH_GREET = 3 };

static struct omb_buf script;

static void begin(uint8_t flags)
{
    omb_buf_clear(&script);
    omb_buf_add_u8(&script, flags);
}

static void add(uint8_t kind, struct omb_view bytes)
{
    omb_buf_add_u8(&script, kind);
    omb_buf_add_be16(&script, (uint16_t)bytes.size);
    omb_buf_add_view(&script, bytes);
}

static void add_frame(uint8_t kind, uint32_t tag, const void *message)
{
    const struct omb_frame frame = {.message = {tag, message}};
    struct omb_buf bytes = OMB_BUF_INIT;

    omb_encode_frame(&frame, &bytes);
    add(kind, omb_buf_view(&bytes));
    omb_buf_free(&bytes);
}

/* --- records --- */

/* A draft: who writes it and where it stands is left out. */
static struct omb_view draft(struct omb_arena *arena, const struct omb_case_id *id, uint32_t tag,
                             const void *event, bool follows)
{
    const struct omb_facts facts = {.event = {tag, event}};
    struct omb_header header = {.case_id = id, .facts = &facts};
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_view view;

    if (follows)
        memcpy(header.after.bytes + OMB_DIGEST_SIZE - 2, (const uint8_t[]){STAGE_MARK, STAGE_SPINE},
               2);
    omb_encode_header(&header, &bytes);
    view = omb_arena_copy(arena, omb_buf_view(&bytes));
    omb_buf_free(&bytes);
    return view;
}

/* The first has a body, and grants its key to north. */
static void add_records(uint8_t kind, const struct omb_view *headers, size_t count,
                        const struct omb_body *body)
{
    struct omb_grant grant = {.sealed = OMB_VIEW_NONE};
    const struct omb_grants grants = {.offices = {&grant, 1}};
    struct omb_buf said = OMB_BUF_INIT, granted = OMB_BUF_INIT;
    struct omb_record items[8] = {{.header = OMB_VIEW_NONE}};
    const struct omb_records records = {.first = UINT64_MAX, .records = {items, count}};

    OMB_ASSERT(count <= 8);
    for (size_t i = 0; i < count; i++) {
        items[i].header = headers[i];
    }
    memcpy(grant.recipient.bytes + OMB_OFFICE_ID_SIZE - 2, (const uint8_t[]){STAGE_MARK, 2}, 2);
    omb_encode_body(body, &said);
    omb_encode_grants(&grants, &granted);
    items[0].body = omb_buf_view(&said);
    items[0].grants = omb_buf_view(&granted);
    add_frame(kind, OMB_FRAME_RECORDS, &records);
    omb_buf_free(&said);
    omb_buf_free(&granted);
}

static struct omb_case_id case_number(uint8_t home, uint64_t serial)
{
    struct omb_case_id id = {.year = 2026, .serial = serial};

    id.home.bytes[OMB_OFFICE_ID_SIZE - 2] = STAGE_MARK;
    id.home.bytes[OMB_OFFICE_ID_SIZE - 1] = home;
    id.incarnation.bytes[OMB_INCARNATION_SIZE - 2] = STAGE_MARK;
    id.incarnation.bytes[OMB_INCARNATION_SIZE - 1] = home;
    return id;
}

static void records(struct omb_arena *arena)
{
    const struct omb_case_id old = case_number(STAGE_BRANCH, 1), new = case_number(STAGE_BRANCH, 3);
    const struct omb_matter matter = {.kind = OMB_VIEW_LIT("complaint"),
                                      .channel = OMB_VIEW_LIT("book"),
                                      .product = OMB_VIEW_LIT("cards"),
                                      .issue = OMB_VIEW_LIT("fees")};
    const struct omb_registered registered = {.matter = &matter};
    const struct omb_client client = {.name = OMB_VIEW_LIT("Client 17")};
    const struct omb_registered_body words = {.client = &client,
                                              .narrative = OMB_VIEW_LIT("charged twice")};
    const struct omb_text_body text = {.text = OMB_VIEW_LIT("called back")};
    const struct omb_body body = {.event = {OMB_EVENT_REGISTERED, &words}};
    const struct omb_body note = {.event = {OMB_EVENT_NOTED, &text}};
    struct omb_office_ref up = {.office = {{0}}};
    const struct omb_escalated escalated = {.to = &up, .ground = OMB_VIEW_LIT("amount")};
    const struct omb_closed closed = {.accepts = OMB_VIEW_LIT("yes")};
    const struct omb_noted noted;
    struct omb_view headers[3];

    memcpy(up.office.bytes + OMB_OFFICE_ID_SIZE - 2, (const uint8_t[]){STAGE_MARK, 2}, 2);
    headers[0] = draft(arena, &new, OMB_EVENT_REGISTERED, &registered, false);
    headers[1] = draft(arena, &new, OMB_EVENT_NOTED, &noted, true);
    headers[2] = draft(arena, &new, OMB_EVENT_ESCALATED, &escalated, true);
    begin(BOTH_GREET);
    add_records(FRAME, headers, 3, &body);
    add(TICK, OMB_VIEW_NONE);
    seeds_write("link", "branch-registers", omb_buf_view(&script));
    headers[0] = draft(arena, &old, OMB_EVENT_NOTED, &noted, true);
    headers[1] = draft(arena, &old, OMB_EVENT_CLOSED, &closed, true);
    begin(BOTH_GREET);
    add_records(HO + FRAME, headers, 2, &note);
    add(TICK, OMB_VIEW_NONE);
    add_records(FRAME, headers, 1, &note);
    seeds_write("link", "head-office-writes", omb_buf_view(&script));
}

static struct omb_digest digest(uint8_t which)
{
    struct omb_digest known = {{0}};

    known.bytes[OMB_DIGEST_SIZE - 2] = STAGE_MARK;
    known.bytes[OMB_DIGEST_SIZE - 1] = which;
    return known;
}

/* The head office certifies an office, north one again, and ends it. */
static void certificates(struct omb_arena *arena)
{
    const struct omb_body none = {.event = {0, NULL}};
    struct omb_certificate inner = {.code = OMB_VIEW_LIT("south"),
                                    .name = OMB_VIEW_LIT("South"),
                                    .kind = OMB_VIEW_LIT("regional")};
    struct omb_buf bytes = OMB_BUF_INIT, outer = OMB_BUF_INIT;
    struct omb_office_certified certified;
    const struct omb_office_revoked revoked = {.certificate = digest(STAGE_CERTIFICATE),
                                               .ground = OMB_VIEW_LIT("lost")};
    struct omb_view headers[2];

    omb_encode_certificate(&inner, &bytes);
    omb_encode_signed_certificate(
        &(struct omb_signed_certificate){.certificate = omb_buf_view(&bytes)}, &outer);
    certified.certificate = omb_buf_view(&outer);
    headers[0] = draft(arena, NULL, OMB_EVENT_OFFICE_CERTIFIED, &certified, false);
    headers[1] = draft(arena, NULL, OMB_EVENT_OFFICE_REVOKED, &revoked, false);
    begin(BOTH_GREET);
    add_records(HO + FRAME, headers, 2, &none);
    add(TICK, OMB_VIEW_NONE);
    seeds_write("link", "head-office-certifies", omb_buf_view(&script));
    omb_buf_free(&bytes);
    omb_buf_free(&outer);
}

/* --- other frames --- */

static void greetings(void)
{
    const struct omb_hello hello = {.protocol_min = 1, .protocol_max = 1};
    struct omb_buf bytes = OMB_BUF_INIT;

    omb_encode_hello(&hello, &bytes);
    begin(0);
    add(HELLO, omb_buf_view(&bytes));
    add(LINE, OMB_VIEW_NONE);
    add(HELLO, omb_buf_view(&bytes));
    add(HO + LINE, OMB_VIEW_NONE);
    add(HO + HELLO, omb_buf_view(&bytes));
    add(HO + LINE, OMB_VIEW_LIT("the line is cut"));
    add(TICK, OMB_VIEW_LIT("\xff\xff"));
    seeds_write("link", "greetings", omb_buf_view(&script));
    omb_buf_free(&bytes);
}

static void questions(void)
{
    const struct omb_digest digests[] = {digest(3), digest(12)};
    const struct omb_missing_part part = {digest(12), 7};
    struct omb_log_range range = {.first = 1, .last = 9};
    const struct omb_want want = {{digests, 2}, {&range, 1}, {&part, 1}};
    struct omb_life life = {.head = 4, .digest = digest(4), .count = 4};
    const struct omb_case_id id = case_number(STAGE_BRANCH, 1);
    const struct omb_case_sum sum = {&id, 3, OMB_VIEW_LIT("0123456789abcdef0123456789abcdef")};
    const struct omb_compare compare = {.cases = {&sum, 1}, .logs = {&life, 1}, .last = true};
    const struct omb_cursor cursor = {1, digest(STAGE_NEWEST)};
    const struct omb_witness_statement said = {.seq = 3, .digest = digest(3)};
    struct omb_buf statement = OMB_BUF_INIT;
    struct omb_witness witness;
    const struct omb_ack ack = {&cursor, {&witness, 1}};

    memcpy(range.office.bytes + OMB_OFFICE_ID_SIZE - 2, (const uint8_t[]){STAGE_MARK, 2}, 2);
    memcpy(range.incarnation.bytes + OMB_INCARNATION_SIZE - 2, (const uint8_t[]){STAGE_MARK, 2}, 2);
    life.office = range.office;
    life.incarnation = range.incarnation;
    omb_encode_witness_statement(&said, &statement);
    witness = (struct omb_witness){omb_buf_view(&statement), NULL};
    for (uint8_t peer = 0; peer < 2; peer++) {
        begin(BOTH_GREET);
        add_frame(HO * peer + FRAME, OMB_FRAME_WANT, &want);
        add_frame(HO * peer + FRAME, OMB_FRAME_CREDIT, &(struct omb_credit){1 << 20});
        add_frame(HO * peer + FRAME, OMB_FRAME_COMPARE, &compare);
        add_frame(HO * peer + FRAME, OMB_FRAME_ACK, &ack);
        add_frame(HO * peer + FRAME, OMB_FRAME_PING, &(struct omb_ping){.sent = 1, .number = 1});
        add_frame(HO * peer + FRAME, OMB_FRAME_HEALTH, &(struct omb_health){.cases = 2});
        add(TICK, OMB_VIEW_NONE);
        seeds_write("link", peer ? "head-office-asks" : "branch-asks", omb_buf_view(&script));
    }
    omb_buf_free(&statement);
}

/* --- clients --- */

static void add_request(uint8_t who, uint32_t tag, const void *ask)
{
    const struct omb_request request = {.ask = {tag, ask}};
    struct omb_buf bytes = OMB_BUF_INIT;

    omb_encode_request(&request, &bytes);
    add(who, omb_buf_view(&bytes));
    omb_buf_free(&bytes);
}

static void acts(void)
{
    const struct omb_matter matter = {.channel = OMB_VIEW_LIT("book"),
                                      .product = OMB_VIEW_LIT("cards"),
                                      .issue = OMB_VIEW_LIT("fees")};
    const struct omb_registered registered = {.matter = &matter};
    const struct omb_client client = {.name = OMB_VIEW_LIT("Client 17")};
    const struct omb_registered_body words = {.client = &client,
                                              .narrative = OMB_VIEW_LIT("Client 17 was charged")};
    const struct omb_body body = {.event = {OMB_EVENT_REGISTERED, &words}};
    const struct omb_facts facts = {.event = {OMB_EVENT_REGISTERED, &registered}};
    const struct omb_resolved resolved = {.outcome = OMB_VIEW_LIT("founded"),
                                          .cause = OMB_VIEW_LIT("process"),
                                          .bank_error = OMB_VIEW_LIT("yes")};
    const struct omb_resolved_body answer = {.answer = OMB_VIEW_LIT("the fee is paid back")};
    const struct omb_facts decided = {.event = {OMB_EVENT_RESOLVED, &resolved}};
    const struct omb_body told = {.event = {OMB_EVENT_RESOLVED, &answer}};

    begin(0);
    add_request(T1, OMB_ASK_ACT, &(struct omb_act){.facts = &facts, .body = &body});
    add_request(S1, OMB_ASK_ACT,
                &(struct omb_act){.number = OMB_VIEW_LIT("#0"), .facts = &decided, .body = &told});
    add_request(AN1, OMB_ASK_CASE_SHOW, &(struct omb_case_ask){.number = OMB_VIEW_LIT("#0")});
    add(HOURS, OMB_VIEW_LIT("\x20"));
    seeds_write("control", "acts", omb_buf_view(&script));
}

static void tables(void)
{
    const struct omb_matter matter = {.kind = OMB_VIEW_LIT("complaint"),
                                      .channel = OMB_VIEW_LIT("other"),
                                      .product = OMB_VIEW_LIT("cards"),
                                      .issue = OMB_VIEW_LIT("fees"),
                                      .received_at = RIG_START_MS - OMB_DAY_MS};
    const struct omb_imported imported = {.source = OMB_VIEW_LIT("csv")};
    const struct omb_registered registered = {.matter = &matter, .imported = &imported};
    const struct omb_facts facts = {.event = {OMB_EVENT_REGISTERED, &registered}};
    const struct omb_extract extract = {.reference = OMB_VIEW_LIT("SRC-0001")};
    const struct omb_act act = {.facts = &facts, .extract = &extract};
    const struct omb_import_row rows[] = {{1, extract.reference, &act},
                                          {2, OMB_VIEW_LIT("SRC-0002"), &act}};
    const struct omb_view by[] = {OMB_VIEW_LIT("office"), OMB_VIEW_LIT("product")};
    const struct omb_view measures[] = {OMB_VIEW_LIT("registered"), OMB_VIEW_LIT("open")};

    begin(0);
    add_request(ADMIN, OMB_ASK_IMPORT_BATCH,
                &(struct omb_import_batch){.source = OMB_VIEW_LIT("csv"), .rows = {rows, 2}});
    add_request(S1, OMB_ASK_IMPORT_BATCH,
                &(struct omb_import_batch){.source = OMB_VIEW_LIT("csv"), .rows = {rows, 2}});
    add_request(AN1, OMB_ASK_REPORT,
                &(struct omb_report_ask){.by = {by, 2}, .measures = {measures, 2}, .top = 5});
    seeds_write("control", "tables", omb_buf_view(&script));
}

static void people_and_offices(void)
{
    const uint8_t key[32] = {0x42};
    const struct omb_view role = OMB_VIEW_LIT("handler");
    const struct omb_office_wish wish = {.code = OMB_VIEW_LIT("vsp-0046"),
                                         .name = OMB_VIEW_LIT("Outlet 46"),
                                         .kind = OMB_VIEW_LIT("branch")};
    struct omb_buf inner = OMB_BUF_INIT, request = OMB_BUF_INIT;

    omb_encode_office_wish(&wish, &inner);
    omb_encode_office_request(&(struct omb_office_request){.wish = omb_buf_view(&inner)}, &request);
    begin(0);
    add_request(ADMIN, OMB_ASK_OPERATOR_ADD,
                &(struct omb_operator_add){.code = OMB_VIEW_LIT("h2"),
                                           .name = OMB_VIEW_LIT("Operator of this test"),
                                           .roles = {&role, 1},
                                           .public_key = OMB_VIEW_OF(key)});
    add_request(ADMIN, OMB_ASK_OPERATOR_CHANGE,
                &(struct omb_operator_change){.code = OMB_VIEW_LIT("h2"), .revoke = true});
    add_request(ADMIN, OMB_ASK_OFFICE_CERTIFY,
                &(struct omb_office_certify){.request = omb_buf_view(&request)});
    add_request(AU1, OMB_ASK_LOG_SHOW, &(struct omb_log_show_ask){.limit = 3});
    add_request(AU1, OMB_ASK_EXPLAIN, &(struct omb_explain_ask){.record = OMB_VIEW_LIT("%3")});
    seeds_write("control", "people-and-offices", omb_buf_view(&script));
    omb_buf_free(&inner);
    omb_buf_free(&request);
}

/* Each request that there is, with nothing said: by the supervisor and by admin. */
static void empty_requests(void)
{
    for (size_t i = 0; i < omb_shape_request.alternative_count; i++) {
        const struct omb_alternative *ask = &omb_shape_request.alternatives[i];

        begin(0);
        add_request(S1, ask->tag, NULL);
        add_request(ADMIN, ask->tag, NULL);
        add_request(AU1, ask->tag, NULL);
        seeds_write("control", ask->name, omb_buf_view(&script));
    }
}

static void cursors(void)
{
    begin(0);
    add_request(S1, OMB_ASK_CASE_LIST, &(struct omb_case_list_ask){.limit = 1});
    add_request(S1, OMB_ASK_CASE_LIST,
                &(struct omb_case_list_ask){.limit = 1, .cursor = OMB_VIEW_LIT("%0")});
    add_request(AU1, OMB_ASK_CHANGES, &(struct omb_changes_ask){.limit = 2});
    add_request(AU1, OMB_ASK_CHANGES,
                &(struct omb_changes_ask){.limit = 2, .since = OMB_VIEW_LIT("%1")});
    seeds_write("control", "cursors", omb_buf_view(&script));
}

void seeds_of_stage(void)
{
    struct omb_arena arena;

    omb_wire_init();
    omb_arena_init(&arena, SIZE_MAX);
    records(&arena);
    certificates(&arena);
    greetings();
    questions();
    acts();
    tables();
    people_and_offices();
    empty_requests();
    cursors();
    omb_arena_free(&arena);
    omb_buf_free(&script);
}
