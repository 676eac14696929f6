/* Is every oddity of the wire format that protobuf-c lets pass refused, with its place? */
#include "unit.h"

#include "wire/control.h"
#include "wire/facts.h"
#include "wire/limits.h"
#include "wire/link.h"
#include "wire/parts.h"

struct wire_case {
    const struct omb_shape *shape;
    const char *bytes;
    size_t size;
    enum omb_rc rc;
    const char *field;
    const char *words; /* within the sentence */
};

#define BYTES(literal) literal, sizeof(literal) - 1
#define D32 "0123456789abcdef0123456789ABCDEF"

static enum omb_rc decode(const struct omb_shape *shape, struct omb_view bytes,
                          struct omb_error *err)
{
    /* A copy of just this size, so that reading on is noticed. */
    struct omb_buf exact = OMB_BUF_INIT;
    struct omb_arena arena;
    void *message;
    enum omb_rc rc;

    omb_arena_init(&arena, SIZE_MAX / 2);
    message = omb_arena_get(&arena, shape->size);
    omb_buf_add_view(&exact, bytes);
    rc = omb_shape_decode(shape, omb_buf_view(&exact), &arena, message, NULL, err);
    omb_buf_free(&exact);
    omb_arena_free(&arena);
    return rc;
}

static void ask(const struct wire_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct omb_error err = {0};
        enum omb_rc rc = decode(cases[i].shape, omb_view(cases[i].bytes, cases[i].size), &err);

        if (rc != cases[i].rc)
            fail_msg("case %zu: %s, %s", i, omb_rc_word(rc), err.words);
        if (rc != OMB_OK && strcmp(err.field, cases[i].field) != 0)
            fail_msg("case %zu: field %s, %s", i, err.field, err.words);
        if (rc != OMB_OK && !strstr(err.words, cases[i].words))
            fail_msg("case %zu: %s", i, err.words);
    }
}

static void what_is_in_order_passes(void **state)
{
    static const struct wire_case cases[] = {
        {&omb_shape_matter, BYTES(""), OMB_OK, NULL, NULL},
        {&omb_shape_matter,
         BYTES("\x0a\x01x\x1a\x04"
               "book\x72\x01"
               "a\x72\x01"
               "b"),
         OMB_OK, NULL, NULL},
        {&omb_shape_text_body, BYTES("\x0a\x05tw\no\t"), OMB_OK, NULL, NULL},
        {&omb_shape_report_row,
         BYTES("\x0a\x00\x0a\x01x\x12\x0c\x00\x05\xff\xff\xff\xff\xff\xff"
               "\xff\xff\xff\x01"),
         OMB_OK, NULL, NULL},
        /* Written out though empty or zero. */
        {&omb_shape_deadline, BYTES("\x0a\x00\x10\x00\x18\x00"), OMB_OK, NULL, NULL},
        {&omb_shape_kept, BYTES("\x0a\x00"), OMB_OK, NULL, NULL},
        {&omb_shape_report_row, BYTES("\x12\x00"), OMB_OK, NULL, NULL},
        {&omb_shape_facts, BYTES("\x3a\x00"), OMB_OK, NULL, NULL},
    };
    (void)state;
    ask(cases, UNIT_COUNT(cases));
}

static void fields_come_once_and_in_order(void **state)
{
    static const struct wire_case cases[] = {
        {&omb_shape_cursor, BYTES("\x08\x01\x08\x02"), OMB_INVALID, "position", "twice"},
        {&omb_shape_cursor, BYTES("\x12\x20" D32 "\x08\x02"), OMB_INVALID, "position", "ascend"},
        {&omb_shape_refusal, BYTES("\x0a\x01x\x12\x01y\x0a\x01z"), OMB_INVALID, "code", "ascend"},
        {&omb_shape_report_row, BYTES("\x0a\x01x\x12\x01\x05\x0a\x01y"), OMB_INVALID, "keys[0]",
         "ascend"},
        {&omb_shape_report_row, BYTES("\x12\x01\x05\x12\x01\x05"), OMB_INVALID, "values[1]",
         "twice"},
        {&omb_shape_facts, BYTES("\x3a\x00\x3a\x00"), OMB_INVALID, "noted", "twice"},
        {&omb_shape_facts, BYTES("\x3a\x00\x42\x00"), OMB_INVALID, "classified",
         "only one of the alternatives"},
    };
    (void)state;
    ask(cases, UNIT_COUNT(cases));
}

static void unknown_fields_are_refused(void **state)
{
    static const struct wire_case cases[] = {
        {&omb_shape_cursor, BYTES("\x18\x01"), OMB_INVALID, "", "field number 3 is not known"},
        {&omb_shape_facts, BYTES("\xfa\x03\x00"), OMB_INVALID, "", "field number 63 is not known"},
        {&omb_shape_registered, BYTES("\x0a\x02\x78\x01"), OMB_INVALID, "matter",
         "matter: field number 15"},
        {&omb_shape_noted, BYTES("\x0d\x01\x02\x03\x04"), OMB_INVALID, "", "not known"},
        {&omb_shape_noted, BYTES("\x09\x01\x02\x03\x04\x05\x06\x07\x08"), OMB_INVALID, "",
         "not known"},
    };
    (void)state;
    ask(cases, UNIT_COUNT(cases));
}

static void what_cannot_be_walked_is_refused(void **state)
{
    static const struct wire_case cases[] = {
        {&omb_shape_cursor, BYTES("\x80"), OMB_INVALID, "", "tag"},
        {&omb_shape_cursor, BYTES("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"), OMB_INVALID, "",
         "tag"},
        {&omb_shape_cursor, BYTES("\x00\x01"), OMB_INVALID, "", "out of range"},
        {&omb_shape_cursor, BYTES("\x80\x80\x80\x80\x10\x01"), OMB_INVALID, "", "out of range"},
        {&omb_shape_cursor, BYTES("\x0b\x0c"), OMB_INVALID, "", "wire type"},
        {&omb_shape_cursor, BYTES("\x0c"), OMB_INVALID, "", "wire type"},
        {&omb_shape_cursor, BYTES("\x0f\x01"), OMB_INVALID, "", "wire type"},
        {&omb_shape_cursor, BYTES("\x08"), OMB_INVALID, "", "end inside"},
        {&omb_shape_cursor, BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), OMB_INVALID, "",
         "end inside"},
        {&omb_shape_cursor, BYTES("\x12\x21" D32), OMB_INVALID, "", "end inside"},
        {&omb_shape_cursor, BYTES("\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), OMB_INVALID, "",
         "end inside"},
        {&omb_shape_registered, BYTES("\x0a\x02\x0a\x05xyz"), OMB_INVALID, "matter", "end inside"},
        {&omb_shape_noted, BYTES("\x0d\x01\x02\x03"), OMB_INVALID, "", "end inside"},
        {&omb_shape_noted, BYTES("\x09\x01\x02\x03\x04\x05\x06\x07"), OMB_INVALID, "",
         "end inside"},
    };
    (void)state;
    ask(cases, UNIT_COUNT(cases));
}

static void varints_take_no_more_bytes_than_they_need(void **state)
{
    static const struct wire_case cases[] = {
        {&omb_shape_cursor, BYTES("\x08\x81\x00"), OMB_INVALID, "position", "more bytes"},
        {&omb_shape_cursor, BYTES("\x88\x00\x01"), OMB_INVALID, "position", "more bytes"},
        {&omb_shape_refusal, BYTES("\x0a\x81\x00x"), OMB_INVALID, "code", "more bytes"},
        {&omb_shape_facts, BYTES("\x3a\x80\x00"), OMB_INVALID, "noted", "more bytes"},
        {&omb_shape_report_row, BYTES("\x12\x02\x85\x00"), OMB_INVALID, "values[0]", "more bytes"},
        {&omb_shape_report_row, BYTES("\x12\x01\x85"), OMB_INVALID, "values[0]", "cut short"},
    };
    (void)state;
    ask(cases, UNIT_COUNT(cases));
}

static void wire_types_are_those_of_the_field(void **state)
{
    static const struct wire_case cases[] = {
        {&omb_shape_cursor, BYTES("\x0a\x01\x01"), OMB_INVALID, "position", "wire type"},
        {&omb_shape_cursor, BYTES("\x10\x01"), OMB_INVALID, "digest", "wire type"},
        {&omb_shape_cursor, BYTES("\x0d\x01\x02\x03\x04"), OMB_INVALID, "position", "wire type"},
        {&omb_shape_registered, BYTES("\x08\x01"), OMB_INVALID, "matter", "wire type"},
        {&omb_shape_report_row, BYTES("\x10\x05"), OMB_INVALID, "values[0]", "wire type"},
    };
    (void)state;
    ask(cases, UNIT_COUNT(cases));
}

static void values_obey_their_kind(void **state)
{
    static const struct wire_case cases[] = {
        {&omb_shape_matter,
         BYTES("\x1a\x04"
               "Book"),
         OMB_INVALID, "channel", "channel: a code is made of"},
        {&omb_shape_matter,
         BYTES("\x72\x01"
               "a\x72\x00"),
         OMB_INVALID, "reply_methods[1]", "a code is made of"},
        {&omb_shape_refusal, BYTES("\x12\x02x\x00"), OMB_INVALID, "words", "UTF-8"},
        {&omb_shape_refusal, BYTES("\x12\x02\xc3("), OMB_INVALID, "words", "UTF-8"},
        {&omb_shape_refusal, BYTES("\x12\x03\xed\xa0\x80"), OMB_INVALID, "words", "UTF-8"},
        {&omb_shape_refusal, BYTES("\x12\x02x\x1b"), OMB_INVALID, "words", "control characters"},
        {&omb_shape_refusal, BYTES("\x12\x02x\n"), OMB_INVALID, "words", "on one line"},
        {&omb_shape_text_body, BYTES("\x0a\x02x\x07"), OMB_INVALID, "text", "control characters"},
        {&omb_shape_report_row, BYTES("\x0a\x01x\x0a\x01\xff"), OMB_INVALID, "keys[1]", "UTF-8"},
        {&omb_shape_kept, BYTES("\x0a\x01x"), OMB_INVALID, "promise", "a digest has 32 bytes"},
        {&omb_shape_kept, BYTES("\x0a\x21" D32 "x"), OMB_INVALID, "promise", "32 bytes"},
        {&omb_shape_case_id, BYTES("\x0a\x0fxxxxxxxxxxxxxxx"), OMB_INVALID, "home",
         "an id has 16 bytes"},
        {&omb_shape_case_id, BYTES("\x12\x01x"), OMB_INVALID, "incarnation",
         "an incarnation has 12 bytes"},
        {&omb_shape_want, BYTES("\x0a\x20" D32 "\x0a\x00"), OMB_INVALID, "digests[1]", "32 bytes"},
        {&omb_shape_case_id, BYTES("\x18\x80\x80\x80\x80\x10"), OMB_INVALID, "year", "32 bits"},
        {&omb_shape_deadline, BYTES("\x18\x02"), OMB_INVALID, "limit", "a flag is 0 or 1"},
        {&omb_shape_deadline, BYTES("\x10\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), OMB_INVALID, "due",
         "years 1 to 9999"},
        {&omb_shape_deadline, BYTES("\x10\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), OMB_INVALID,
         "due", "years 1 to 9999"},
    };
    (void)state;
    ask(cases, UNIT_COUNT(cases));
}

static void add_varint(struct omb_buf *out, size_t value)
{
    for (; value > 0x7f; value >>= 7)
        omb_buf_add_u8(out, (uint8_t)(value | 0x80));
    omb_buf_add_u8(out, (uint8_t)value);
}

/* Appends tag, length and content. */
static void add_field(struct omb_buf *out, uint8_t number, struct omb_view content)
{
    add_varint(out, (size_t)number << 3 | 2);
    add_varint(out, content.size);
    omb_buf_add_view(out, content);
}

static void ask_length(const struct omb_shape *shape, uint8_t number, size_t size, enum omb_rc want)
{
    struct omb_buf text = OMB_BUF_INIT, bytes = OMB_BUF_INIT;
    struct omb_error err = {0};

    for (size_t i = 0; i < size; i++)
        omb_buf_add_u8(&text, 'a');
    add_field(&bytes, number, omb_buf_view(&text));
    if (decode(shape, omb_buf_view(&bytes), &err) != want)
        fail_msg("%s of %zu: %s", shape->name, size, err.words);
    omb_buf_free(&text);
    omb_buf_free(&bytes);
}

static void texts_have_a_greatest_length(void **state)
{
    (void)state;
    ask_length(&omb_shape_matter, 1, OMB_CODE_MAX, OMB_OK);
    ask_length(&omb_shape_matter, 1, OMB_CODE_MAX + 1, OMB_LIMIT);
    ask_length(&omb_shape_matter, 14, OMB_CODE_MAX + 1, OMB_LIMIT);
    ask_length(&omb_shape_refusal, 2, OMB_LINE_MAX, OMB_OK);
    ask_length(&omb_shape_refusal, 2, OMB_LINE_MAX + 1, OMB_LIMIT);
    ask_length(&omb_shape_report_row, 1, OMB_LINE_MAX + 1, OMB_LIMIT);
    ask_length(&omb_shape_text_body, 1, OMB_TEXT_MAX, OMB_OK);
    ask_length(&omb_shape_text_body, 1, OMB_TEXT_MAX + 1, OMB_LIMIT);
    ask_length(&omb_shape_policy_published, 3, OMB_POLICY_TEXT_MAX, OMB_OK);
    ask_length(&omb_shape_policy_published, 3, OMB_POLICY_TEXT_MAX + 1, OMB_LIMIT);
    ask_length(&omb_shape_record, 3, OMB_REPLY_MAX + 1, OMB_LIMIT);
}

/* An act within an act, as the further acts of a request are, `depth` messages in all. */
static void nest(struct omb_buf *out, size_t depth)
{
    omb_buf_clear(out);
    for (size_t i = 1; i < depth; i++) {
        struct omb_buf outer = OMB_BUF_INIT;

        add_field(&outer, 10, omb_buf_view(out));
        omb_buf_free(out);
        *out = outer;
    }
}

static void messages_nest_to_a_depth(void **state)
{
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_error err = {0};
    (void)state;

    nest(&bytes, OMB_DEPTH_MAX);
    assert_int_equal(decode(&omb_shape_act, omb_buf_view(&bytes), &err), OMB_OK);
    nest(&bytes, OMB_DEPTH_MAX + 1);
    assert_int_equal(decode(&omb_shape_act, omb_buf_view(&bytes), &err), OMB_LIMIT);
    assert_string_equal(err.words, "then[0].then[0].then[0].then[0].then[0].then[0].then[0]."
                                   "then[0]: messages are nested too deeply");
    assert_int_equal(strlen(err.field), sizeof(err.field) - 1);
    /* Enough to run a recursion without a bound out of its stack. */
    nest(&bytes, 20000);
    assert_true(bytes.size > 74000);
    assert_int_equal(decode(&omb_shape_act, omb_buf_view(&bytes), &err), OMB_LIMIT);
    omb_buf_free(&bytes);
}

/* A list of `count` times the same item in field 1. */
static void ask_many(const struct omb_shape *shape, struct omb_view item, size_t count,
                     enum omb_rc want, const char *words)
{
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_error err = {0};

    for (size_t i = 0; i < count; i++)
        add_field(&bytes, 1, item);
    assert_int_equal(decode(shape, omb_buf_view(&bytes), &err), want);
    if (want != OMB_OK && !strstr(err.words, words))
        fail_msg("%s", err.words);
    omb_buf_free(&bytes);
}

static void lists_have_a_greatest_length(void **state)
{
    (void)state;
    ask_many(&omb_shape_report_row, OMB_VIEW_LIT("vsp-0045"), OMB_REPEATED_MAX, OMB_OK, NULL);
    ask_many(&omb_shape_report_row, OMB_VIEW_LIT("vsp-0045"), OMB_REPEATED_MAX + 1, OMB_LIMIT,
             "keys[65536]: the list is too long");
    ask_many(&omb_shape_case_list, OMB_VIEW_NONE, 512 * 1024, OMB_LIMIT,
             "cases[65536]: the list is too long");
}

static void packed_lists_have_a_greatest_length(void **state)
{
    struct omb_buf zeros = OMB_BUF_INIT, bytes = OMB_BUF_INIT;
    struct omb_error err = {0};
    (void)state;

    for (size_t i = 0; i < OMB_REPEATED_MAX; i++)
        omb_buf_add_u8(&zeros, 0);
    add_field(&bytes, 2, omb_buf_view(&zeros));
    assert_int_equal(decode(&omb_shape_report_row, omb_buf_view(&bytes), &err), OMB_OK);
    omb_buf_clear(&bytes);
    omb_buf_add_u8(&zeros, 0);
    add_field(&bytes, 2, omb_buf_view(&zeros));
    assert_int_equal(decode(&omb_shape_report_row, omb_buf_view(&bytes), &err), OMB_LIMIT);
    omb_buf_free(&zeros);
    omb_buf_free(&bytes);
}

static void small_bytes_cannot_take_much_memory(void **state)
{
    (void)state;
    ask_many(&omb_shape_case_list, OMB_VIEW_NONE, 100, OMB_OK, NULL);
    ask_many(&omb_shape_case_list, OMB_VIEW_NONE, OMB_REPEATED_MAX, OMB_LIMIT, "too much memory");
}

static void a_full_arena_refuses_instead_of_stopping(void **state)
{
    struct omb_text_body body;
    struct omb_error err = {0};
    struct omb_arena arena;
    (void)state;

    omb_arena_init(&arena, 16);
    assert_int_equal(omb_decode_text_body(OMB_VIEW_LIT("\x0a\x05words"), &arena, &body, &err),
                     OMB_LIMIT);
    omb_arena_free(&arena);
}

static void a_page_of_full_rows_is_within_the_budget(void **state)
{
    static struct omb_case_summary rows[OMB_PAGE_MAX];
    struct omb_view flags[] = {OMB_VIEW_LIT("attention")};
    struct omb_case_list list = {.cases = {rows, OMB_PAGE_MAX}}, got;
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_error err = {0};
    struct omb_arena arena;
    (void)state;

    for (size_t i = 0; i < OMB_PAGE_MAX; i++) {
        struct omb_view *texts[] = {&rows[i].number,   &rows[i].home,       &rows[i].custodian,
                                    &rows[i].status,   &rows[i].kind,       &rows[i].about,
                                    &rows[i].channel,  &rows[i].product,    &rows[i].issue,
                                    &rows[i].severity, &rows[i].segment,    &rows[i].outcome,
                                    &rows[i].cause,    &rows[i].responsible};

        for (size_t at = 0; at < UNIT_COUNT(texts); at++)
            *texts[at] = OMB_VIEW_LIT("abcd");
        rows[i].received_at = rows[i].registered_at = rows[i].answer_by = INT64_C(1790000000000);
        rows[i].overdue = true;
        rows[i].flags = (struct omb_views){flags, 1};
    }
    omb_encode_case_list(&list, &bytes);
    omb_arena_init(&arena, SIZE_MAX / 2);
    if (omb_decode_case_list(omb_buf_view(&bytes), &arena, &got, &err) != OMB_OK)
        fail_msg("%s", err.words);
    assert_int_equal(got.cases.count, OMB_PAGE_MAX);
    omb_arena_free(&arena);
    omb_buf_free(&bytes);
}

static void a_report_of_short_rows_is_within_the_budget(void **state)
{
    static const int64_t values[] = {1};
    static struct omb_report_row rows[OMB_REPEATED_MAX];
    struct omb_view keys[] = {OMB_VIEW_LIT("cards")};
    struct omb_report report = {.rows = {rows, OMB_REPEATED_MAX}}, got;
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_error err = {0};
    struct omb_arena arena;
    (void)state;

    for (size_t i = 0; i < OMB_REPEATED_MAX; i++)
        rows[i] = (struct omb_report_row){{keys, 1}, {values, 1}};
    omb_encode_report(&report, &bytes);
    omb_arena_init(&arena, SIZE_MAX / 2);
    if (omb_decode_report(omb_buf_view(&bytes), &arena, &got, &err) != OMB_OK)
        fail_msg("%s", err.words);
    assert_int_equal(got.rows.count, OMB_REPEATED_MAX);
    omb_arena_free(&arena);
    omb_buf_free(&bytes);
}

static void a_failure_leaves_the_message_as_it_was(void **state)
{
    struct omb_cursor cursor = {.position = 7};
    struct omb_arena arena;
    (void)state;

    omb_arena_init(&arena, 1 << 20);
    assert_int_equal(omb_decode_cursor(OMB_VIEW_LIT("\x08\x01\x08\x02"), &arena, &cursor, NULL),
                     OMB_INVALID);
    assert_int_equal(cursor.position, 7);
    omb_arena_free(&arena);
}

static void a_fault_is_named_with_its_whole_path(void **state)
{
    struct omb_buf act = OMB_BUF_INIT, row = OMB_BUF_INIT, batch = OMB_BUF_INIT;
    struct omb_buf request = OMB_BUF_INIT;
    struct omb_error err = {0};
    (void)state;

    /* facts.registered.matter.reply_methods = "B" */
    add_field(&act, 2,
              OMB_VIEW_LIT("\x0a\x05\x0a\x03\x72\x01"
                           "B"));
    add_field(&row, 3, omb_buf_view(&act));
    add_field(&batch, 2, omb_buf_view(&row));
    add_field(&request, 17, omb_buf_view(&batch));
    assert_int_equal(decode(&omb_shape_import_batch, omb_buf_view(&batch), &err), OMB_INVALID);
    assert_string_equal(err.field, "rows[0].act.facts.registered.matter.reply_methods[0]");
    assert_int_equal(decode(&omb_shape_request, omb_buf_view(&request), &err), OMB_INVALID);
    assert_string_equal(err.words, "import_batch.rows[0].act.facts.registered.matter."
                                   "reply_methods[0]: a code is made of a-z, 0-9 and hyphens");
    /* What is too long to be a field keeps its end. */
    assert_string_equal(err.field, "rows[0].act.facts.registered.matter.reply_methods[0]");
    omb_buf_free(&act);
    omb_buf_free(&row);
    omb_buf_free(&batch);
    omb_buf_free(&request);
}

static void a_reply_of_a_later_version_is_read(void **state)
{
    struct omb_refusal refusal;
    struct omb_reply reply;
    struct omb_arena arena;
    (void)state;

    omb_arena_init(&arena, 1 << 20);
    assert_int_equal(omb_shape_decode_tolerant(&omb_shape_refusal,
                                               OMB_VIEW_LIT("\x0a\x01x\x22\x03new\x28\x05"), &arena,
                                               &refusal, NULL),
                     OMB_OK);
    assert_true(omb_view_is(refusal.code, "x"));
    /* Unknown inside a nested message, and an answer that is unknown as a whole. */
    assert_int_equal(omb_shape_decode_tolerant(
                         &omb_shape_reply, OMB_VIEW_LIT("\x12\x06\x0a\x01y\x7a\x01z\xfa\x3f\x00"),
                         &arena, &reply, NULL),
                     OMB_OK);
    assert_true(omb_view_is(reply.error->code, "y"));
    assert_int_equal(reply.answer.tag, 0);
    /* Everything else is as strict as ever. */
    assert_int_equal(omb_shape_decode_tolerant(&omb_shape_refusal, OMB_VIEW_LIT("\x0a\x02x\xff"),
                                               &arena, &refusal, NULL),
                     OMB_INVALID);
    omb_arena_free(&arena);
}

static void a_built_message_is_held_to_the_same_rules(void **state)
{
    struct omb_view codes[] = {OMB_VIEW_LIT("letter"), OMB_VIEW_LIT("E-mail")};
    struct omb_matter matter = {.product = OMB_VIEW_LIT("cards")};
    struct omb_registered registered = {.matter = &matter};
    struct omb_facts facts = {.event = {OMB_EVENT_REGISTERED, &registered}};
    struct omb_act act = {.facts = &facts};
    struct omb_error err = {0};
    (void)state;

    assert_int_equal(omb_shape_check(&omb_shape_act, &act, &err), OMB_OK);
    matter.product = OMB_VIEW_LIT("Cards");
    assert_int_equal(omb_shape_check(&omb_shape_act, &act, &err), OMB_INVALID);
    assert_string_equal(err.field, "facts.registered.matter.product");
    matter.product = OMB_VIEW_NONE;
    matter.reply_methods = (struct omb_views){codes, 2};
    assert_int_equal(omb_shape_check(&omb_shape_act, &act, &err), OMB_INVALID);
    assert_string_equal(err.field, "facts.registered.matter.reply_methods[1]");
    matter.reply_methods.count = 1;
    matter.received_at = OMB_WHEN_MAX + 1;
    assert_int_equal(omb_shape_check(&omb_shape_act, &act, &err), OMB_INVALID);
    assert_string_equal(err.field, "facts.registered.matter.received_at");
    matter.received_at = 0;
    facts.event.tag = 63;
    assert_int_equal(omb_shape_check(&omb_shape_act, &act, &err), OMB_INVALID);
    assert_string_equal(err.field, "facts.event");
}

static void a_built_message_does_not_nest_too_deeply(void **state)
{
    struct omb_act acts[OMB_DEPTH_MAX + 1] = {0};
    (void)state;

    for (size_t i = 0; i + 1 < UNIT_COUNT(acts); i++)
        acts[i].then = (struct omb_act_list){&acts[i + 1], 1};
    assert_int_equal(omb_shape_check(&omb_shape_act, &acts[1], NULL), OMB_OK);
    assert_int_equal(omb_shape_check(&omb_shape_act, &acts[0], NULL), OMB_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_in_order_passes),
        cmocka_unit_test(fields_come_once_and_in_order),
        cmocka_unit_test(unknown_fields_are_refused),
        cmocka_unit_test(what_cannot_be_walked_is_refused),
        cmocka_unit_test(varints_take_no_more_bytes_than_they_need),
        cmocka_unit_test(wire_types_are_those_of_the_field),
        cmocka_unit_test(values_obey_their_kind),
        cmocka_unit_test(texts_have_a_greatest_length),
        cmocka_unit_test(messages_nest_to_a_depth),
        cmocka_unit_test(lists_have_a_greatest_length),
        cmocka_unit_test(packed_lists_have_a_greatest_length),
        cmocka_unit_test(small_bytes_cannot_take_much_memory),
        cmocka_unit_test(a_full_arena_refuses_instead_of_stopping),
        cmocka_unit_test(a_page_of_full_rows_is_within_the_budget),
        cmocka_unit_test(a_report_of_short_rows_is_within_the_budget),
        cmocka_unit_test(a_failure_leaves_the_message_as_it_was),
        cmocka_unit_test(a_fault_is_named_with_its_whole_path),
        cmocka_unit_test(a_reply_of_a_later_version_is_read),
        cmocka_unit_test(a_built_message_is_held_to_the_same_rules),
        cmocka_unit_test(a_built_message_does_not_nest_too_deeply),
    };

    omb_wire_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
