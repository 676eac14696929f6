#include "support/visitor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/assert.h"
#include "office/inside.h"

int visitor_setup(void **state)
{
    struct visitor *visitor = calloc(1, sizeof(*visitor));

    OMB_ASSERT(visitor != NULL);
    visitor->tree = tree_new();
    visitor->tree->checked = true;
    visitor->ho = tree_add(visitor->tree, "ho", "head", NULL);
    visitor->north = tree_add(visitor->tree, "north", "regional", visitor->ho);
    tree_cut(visitor->north);
    visitor->branch = tree_add(visitor->tree, "vsp-0045", "branch", visitor->north);
    tree_settle(visitor->tree);
    tree_tick(visitor->ho);
    visitor->key = visitor->north->transport;
    visitor->line = 7001;
    *state = visitor;
    return 0;
}

int visitor_teardown(void **state)
{
    struct visitor *visitor = *state;

    tree_free(visitor->tree);
    free(visitor);
    return 0;
}

static void hear(struct visitor *visitor)
{
    const struct omb_send *sends;
    const size_t count = omb_update_sends(visitor->ho->rig.update, &sends);

    for (size_t i = 0; i < count; i++) {
        if (sends[i].link != visitor->line)
            continue;
        assert_true(visitor->heard_count < sizeof(visitor->heard) / sizeof(visitor->heard[0]));
        assert_int_equal(
            omb_decode_frame(omb_arena_copy(&visitor->tree->arena, sends[i].bytes),
                             &visitor->tree->arena, &visitor->heard[visitor->heard_count++], NULL),
            OMB_OK);
    }
}

static void work(struct visitor *visitor, struct omb_input *input)
{
    struct rig *rig = &visitor->ho->rig;
    struct omb_error err = {0};

    visitor->heard_count = 0;
    if (rig_step(rig, input, &err) != OMB_OK ||
        omb_office_close(rig->office, rig->update, &err) != OMB_OK)
        fail_msg("ho stops: %s", err.words);
    hear(visitor);
    memport_commit(rig->store, omb_update_writes(rig->update));
    omb_update_begin(rig->update, rig->office);
}

void visitor_say_bytes(struct visitor *visitor, struct omb_view bytes)
{
    struct omb_input input = {.kind = OMB_INPUT_FRAME, .bytes = bytes, .link = visitor->line};

    memcpy(input.peer, visitor->key, sizeof(input.peer));
    work(visitor, &input);
}

void visitor_say(struct visitor *visitor, uint32_t tag, const void *message)
{
    const struct omb_frame frame = {.message = {tag, message}};
    struct omb_buf bytes = OMB_BUF_INIT;

    omb_encode_frame(&frame, &bytes);
    visitor_say_bytes(visitor, omb_buf_view(&bytes));
    omb_buf_free(&bytes);
}

void visitor_pass(struct visitor *visitor, int64_t ms)
{
    struct omb_input input = {.kind = OMB_INPUT_TICK};

    visitor->tree->now_ms += ms;
    tree_tick(visitor->ho);
    work(visitor, &input);
}

const void *visitor_hears(const struct visitor *visitor, uint32_t tag)
{
    for (size_t i = 0; i < visitor->heard_count; i++)
        if (visitor->heard[i].message.tag == tag)
            return visitor->heard[i].message.value;
    return NULL;
}

void visitor_refused(const struct visitor *visitor, const char *code)
{
    const struct omb_refuse *refuse = HEARS(visitor, REFUSE, refuse);

    if (!refuse)
        fail_msg("not refused: %s was expected", code);
    if (!omb_view_is(refuse->code, code))
        fail_msg("refused as %.*s (%.*s), not as %s", OMB_VIEW_ARGS(refuse->code),
                 OMB_VIEW_ARGS(refuse->words), code);
}

struct omb_hello visitor_hello(struct visitor *visitor)
{
    const struct omb_tip *tip = &visitor->north->rig.office->tip;
    struct omb_life *life = OMB_ARENA_NEW(&visitor->tree->arena, struct omb_life, 1);

    *life = (struct omb_life){visitor->north->id, tip->incarnation, tip->seq, tip->prev, tip->seq};
    return (struct omb_hello){
        .protocol_min = 1,
        .protocol_max = 1,
        .office = visitor->north->id,
        .own = {life, 1},
        .store_epoch = OMB_VIEW_OF(visitor->north->rig.office->epoch),
        .clock = visitor->ho->rig.now_ms,
        .software = OMB_VIEW_LIT("visitor 1.0"),
    };
}

void visitor_greet(struct visitor *visitor)
{
    const struct omb_hello hello = visitor_hello(visitor);

    visitor_say(visitor, OMB_FRAME_HELLO, &hello);
    assert_non_null(HEARS(visitor, WELCOME, hello));
    assert_non_null(HEARS(visitor, CREDIT, credit));
}

/* --- north's journal --- */

struct walk {
    struct visitor *visitor;
    struct omb_record *items;
    size_t count;
};

static enum omb_rc see(void *arg, struct omb_view key, struct omb_view value)
{
    struct walk *walk = arg;
    struct rig *rig = &walk->visitor->north->rig;
    struct omb_step step = {.office = rig->office,
                            .update = rig->update,
                            .port = omb_writes_port(rig->update->writes),
                            .arena = &walk->visitor->tree->arena};
    struct omb_row_at at;
    struct omb_header header;
    struct omb_error err;
    uint32_t missing;
    bool above;

    (void)key;
    OMB_ASSERT(omb_read_journal(value, &at.number, &at.seq, &above));
    OMB_ASSERT(omb_record_whole(&step, &at, &walk->items[walk->count++], &header, &missing,
                                &err) == OMB_OK);
    return OMB_OK;
}

struct omb_records visitor_journal(struct visitor *visitor, uint64_t first, uint64_t last)
{
    const struct omb_key from = omb_key_journal(first), until = omb_key_journal(last + 1);
    struct walk walk = {
        visitor, OMB_ARENA_NEW(&visitor->tree->arena, struct omb_record, last - first + 1), 0};

    OMB_ASSERT(omb_port_scan(memport_port(visitor->north->rig.store), OMB_FAMILY_JOURNAL,
                             omb_key_view(&from), omb_key_view(&until), false, see,
                             &walk) == OMB_OK);
    return (struct omb_records){first, last, {walk.items, walk.count}, {NULL, 0}};
}

void visitor_give_journal(struct visitor *visitor)
{
    const struct omb_records records =
        visitor_journal(visitor, 1, visitor->north->rig.office->tip.seq);

    visitor_greet(visitor);
    visitor_say(visitor, OMB_FRAME_RECORDS, &records);
    assert_non_null(HEARS(visitor, ACK, ack));
}
