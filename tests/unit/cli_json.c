/* Do answers become the JSON that is promised? */
#include "unit.h"

#include <stdlib.h>

#include "cli/json.h"
#include "wire/control.h"

static void assert_json(json_t *take_value, const char *expected)
{
    char *text = json_dumps(take_value, JSON_COMPACT | JSON_ENCODE_ANY);

    assert_string_equal(text, expected);
    free(text);
    json_decref(take_value);
}

static void what_is_not_said_is_null_or_an_empty_list(void **state)
{
    const struct omb_act_done done = {.number = OMB_VIEW_NONE};
    (void)state;

    assert_json(omb_json_message(&omb_shape_act_done, &done),
                "{\"number\":null,\"answer_by\":null,\"record\":null,\"position\":null,"
                "\"warnings\":[],\"channels\":[],\"deadlines\":[]}");
}

static void instants_are_rfc_3339_in_utc(void **state)
{
    (void)state;
    assert_json(omb_json_when(INT64_C(1790848800000)), "\"2026-10-01T10:00:00.000Z\"");
    assert_json(omb_json_when(0), "null");
}

static void bytes_are_base64(void **state)
{
    (void)state;
    assert_json(omb_json_bytes(OMB_VIEW_LIT("\x01\x02\x03\xff")), "\"AQID/w==\"");
}

static void texts_keep_their_letters_and_lines(void **state)
{
    (void)state;
    assert_json(omb_json_text(OMB_VIEW_LIT("Клиент\n\"17\" 中")), "\"Клиент\\n\\\"17\\\" 中\"");
}

static void numbers_flags_and_nested_messages_are_themselves(void **state)
{
    const struct omb_deadline_view deadline = {
        .name = OMB_VIEW_LIT("decision"), .due = 1000, .limit = true};
    const struct omb_case_view view = {.deadlines = {&deadline, 1}, .score = 7};
    json_t *object = omb_json_message(&omb_shape_case_view, &view);
    (void)state;

    assert_int_equal(json_integer_value(json_object_get(object, "score")), 7);
    assert_true(json_is_false(json_object_get(object, "sealed")));
    assert_true(json_is_null(json_object_get(object, "client")));
    assert_json(json_incref(json_array_get(json_object_get(object, "deadlines"), 0)),
                "{\"name\":\"decision\",\"due\":\"1970-01-01T00:00:01.000Z\",\"limit\":true,"
                "\"breached\":false,\"extended\":false,\"met\":false}");
    json_decref(object);
}

static void a_oneof_stands_under_its_name(void **state)
{
    const struct omb_kept kept = {.promise = {{0xab}}};
    const struct omb_facts facts = {.event = {OMB_EVENT_KEPT, &kept}};
    const struct omb_facts noted = {.event = {OMB_EVENT_NOTED, NULL}};
    (void)state;

    assert_json(omb_json_message(&omb_shape_facts, &facts),
                "{\"kept\":{\"promise\":"
                "\"ab00000000000000000000000000000000000000000000000000000000000000\"}}");
    assert_json(omb_json_message(&omb_shape_facts, &noted), "{\"noted\":{}}");
}

static void a_case_has_every_field_that_is_promised(void **state)
{
    static const char *const promised[] = {
        "number",   "home",   "custodian", "status",  "kind",   "about",
        "channel",  "product", "issue",    "severity", "received_at", "deadlines",
        "first_asked", "responsible", "outcome", "answer", "client", "sealed",
        "erased",   "flags",  "events"};
    const struct omb_case_view view = {.score = 0};
    json_t *object = omb_json_message(&omb_shape_case_view, &view);
    (void)state;

    for (size_t i = 0; i < UNIT_COUNT(promised); i++)
        assert_non_null(json_object_get(object, promised[i]));
    json_decref(object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_said_is_null_or_an_empty_list),
        cmocka_unit_test(instants_are_rfc_3339_in_utc),
        cmocka_unit_test(bytes_are_base64),
        cmocka_unit_test(texts_keep_their_letters_and_lines),
        cmocka_unit_test(numbers_flags_and_nested_messages_are_themselves),
        cmocka_unit_test(a_oneof_stands_under_its_name),
        cmocka_unit_test(a_case_has_every_field_that_is_promised),
    };

    omb_wire_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
