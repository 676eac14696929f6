/* A parent says what is not so: what can its word cost the office below it? */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "office/inside.h"
#include "office/post/inside.h"
#include "support/tree.h"

/* A branch whose daemon runs by hand; a test speaks for its parent, frame by frame. */
struct below {
    struct tree *tree;
    struct tree_office *ho, *branch;
    uint64_t line;
    struct omb_frame heard[64]; /* what the branch said over it in the last batch */
    size_t heard_count;
    bool dials, hangs_up;
};

static void work(struct below *below, struct omb_input *input)
{
    struct rig *rig = &below->branch->rig;
    const struct omb_send *sends;
    struct omb_error err = {0};
    size_t count;

    below->heard_count = 0;
    if (rig_step(rig, input, &err) != OMB_OK ||
        omb_office_close(rig->office, rig->update, &err) != OMB_OK)
        fail_msg("the branch stops: %s", err.words);
    below->dials |= omb_update_dial(rig->update)->kind == OMB_DIAL_CONNECT;
    below->hangs_up |= omb_update_dial(rig->update)->kind == OMB_DIAL_HANG_UP;
    count = omb_update_sends(rig->update, &sends);
    for (size_t i = 0; i < count; i++) {
        assert_true(below->heard_count < sizeof(below->heard) / sizeof(below->heard[0]));
        assert_int_equal(omb_decode_frame(omb_arena_copy(&below->tree->arena, sends[i].bytes),
                                          &below->tree->arena, &below->heard[below->heard_count++],
                                          NULL),
                         OMB_OK);
    }
    memport_commit(rig->store, omb_update_writes(rig->update));
    omb_update_begin(rig->update, rig->office);
}

static void pass(struct below *below, int64_t ms)
{
    struct omb_input input = {.kind = OMB_INPUT_TICK};

    below->tree->now_ms += ms;
    tree_tick(below->branch);
    work(below, &input);
}

static void say(struct below *below, uint32_t tag, const void *message)
{
    const struct omb_frame frame = {.message = {tag, message}};
    struct omb_input input = {.kind = OMB_INPUT_FRAME, .link = below->line, .dialled = true};
    struct omb_buf bytes = OMB_BUF_INIT;

    omb_encode_frame(&frame, &bytes);
    input.bytes = omb_buf_view(&bytes);
    work(below, &input);
    omb_buf_free(&bytes);
}

static const void *hears(const struct below *below, uint32_t tag)
{
    for (size_t i = 0; i < below->heard_count; i++)
        if (below->heard[i].message.tag == tag)
            return below->heard[i].message.value;
    return NULL;
}

/* Time passes until the branch dials; the line stands, and its greeting is heard. */
static const struct omb_hello *answer_call(struct below *below)
{
    struct omb_input input = {.kind = OMB_INPUT_LINK_UP, .link = ++below->line};

    below->dials = below->hangs_up = false;
    for (int i = 0; i < 200 && !below->dials; i++)
        pass(below, 1000);
    assert_true(below->dials);
    work(below, &input);
    assert_non_null(hears(below, OMB_FRAME_HELLO));
    return hears(below, OMB_FRAME_HELLO);
}

static int below_setup(void **state)
{
    struct below *below = calloc(1, sizeof(*below));

    assert_non_null(below);
    below->tree = tree_new();
    below->tree->checked = true;
    below->line = 8000;
    below->ho = tree_add(below->tree, "ho", "head", NULL);
    below->branch = tree_add(below->tree, "vsp-0045", "branch", below->ho);
    tree_settle(below->tree);
    tree_cut(below->branch);
    tree_pass(below->tree, 60000);
    assert_text(tree_link(below->branch, below->ho)->state, "down");
    *state = below;
    return 0;
}

static int below_teardown(void **state)
{
    struct below *below = *state;

    tree_free(below->tree);
    free(below);
    return 0;
}

#define BELOW_TEST(test) cmocka_unit_test_setup_teardown(test, below_setup, below_teardown)

static struct omb_hello welcome_of(struct below *below)
{
    return (struct omb_hello){
        .protocol_min = 1,
        .protocol_max = 1,
        .office = below->ho->id,
        .store_epoch = OMB_VIEW_OF(below->ho->rig.office->epoch),
        .clock = below->branch->rig.now_ms,
        .software = OMB_VIEW_LIT("liar 1.0"),
    };
}

static size_t lives_of(const struct below *below)
{
    return memport_count(below->branch->rig.store, OMB_FAMILY_LOG);
}

/* --- lives --- */

/* The branch writes, the line breaks, and the parent knows of a life that nobody opened. */
static void claim_a_life(struct below *below, uint32_t ahead)
{
    struct omb_hello welcome = welcome_of(below);
    struct omb_life life = {.office = below->branch->id, .head = 3, .count = 3, .digest = {{9}}};
    const struct omb_input down = {.kind = OMB_INPUT_LINK_DOWN, .link = below->line};

    (void)answer_call(below);
    life.incarnation = below->branch->rig.office->tip.incarnation;
    omb_put_be32(life.incarnation.bytes, omb_incarnation_number(&life.incarnation) + ahead);
    welcome.yours = (struct omb_life_list){&life, 1};
    say(below, OMB_FRAME_WELCOME, &welcome);
    (void)new_case(&below->branch->rig);
    if (!below->hangs_up) {
        struct omb_input input = down;

        work(below, &input);
    }
}

static void a_parents_word_opens_few_lives(void **state)
{
    struct below *below = *state;
    const size_t before = lives_of(below);
    const struct omb_peer_view *link;

    for (int i = 0; i < 40; i++)
        claim_a_life(below, 1);
    assert_true(lives_of(below) > before);
    assert_true(lives_of(below) <= before + OMB_ANEW_MAX);
    link = tree_link(below->branch, below->ho);
    assert_text(link->state, "blocked");
    assert_true(omb_view_is(link->last_error, "it says again and again that records of this "
                                              "office's log are lost"));
}

/* --- a link that is blocked --- */

static void a_blocked_link_is_not_dialled_at_one_moment_by_all(void **state)
{
    struct below *below = *state;
    int64_t first = 0;
    bool differ = false;

    for (int i = 0; i < 6; i++) {
        struct omb_hello welcome = welcome_of(below);
        int64_t wait;

        welcome.office = below->branch->id;
        (void)answer_call(below);
        say(below, OMB_FRAME_WELCOME, &welcome);
        assert_true(below->hangs_up);
        wait = below->branch->rig.office->post->try_at - below->branch->rig.monotonic_ms;
        assert_true(wait >= OMB_BLOCKED_MS && wait <= OMB_BLOCKED_MS * 3 / 2);
        differ |= first != 0 && wait != first;
        first = wait;
    }
    assert_true(differ);
}

/* --- what it says of the link --- */

/* A parent that holds less than it acknowledged: an older copy of its store runs there. */
static void what_the_parent_says_otherwise_is_shown(void **state)
{
    struct below *below = *state;
    const struct omb_peer_ask ask = {.peer = OMB_VIEW_LIT("ho")};
    struct omb_link_health seen = {.peer = below->branch->id, .state = OMB_VIEW_LIT("live")};
    const struct omb_health health = {
        .at = below->branch->rig.now_ms, .links = {&seen, 1}, .office = below->ho->id};
    const struct omb_peer_detail *shown;
    struct omb_hello hello = welcome_of(below);
    const struct omb_cursor acked = below->branch->rig.office->post->up->acked;

    hello.cursor = &acked;
    (void)answer_call(below);
    say(below, OMB_FRAME_WELCOME, &hello);
    pass(below, 1000);
    seen.acked = 900;
    seen.since = health.at;
    say(below, OMB_FRAME_HEALTH, &health);
    shown = answer_of(ask_as(&below->branch->rig, "admin", OMB_ASK_LINK_SHOW, &ask));
    assert_text(shown->there->state, "live");
    assert_int_equal(shown->disagreements.count, 2);
    assert_non_null(strstr(omb_arena_str(&below->tree->arena, shown->disagreements.items[0]),
                           "there it is held up to 0"));
    assert_non_null(strstr(omb_arena_str(&below->tree->arena, shown->disagreements.items[1]),
                           "there it is acknowledged up to 900"));
}

/* It names a row that another copy of this office sent: what came before it is there. */
static void what_a_parent_acknowledged_is_shown_unless_it_was_put_back(void **state)
{
    struct below *below = *state;
    struct omb_hello hello = welcome_of(below);
    const uint64_t before = tree_link(below->branch, below->ho)->acked;
    const struct omb_cursor other = {.position = before, .digest = {{7}}};

    assert_true(before > 0);
    hello.cursor = &other;
    (void)answer_call(below);
    say(below, OMB_FRAME_WELCOME, &hello);
    assert_int_equal(tree_link(below->branch, below->ho)->acked, before);
    work(below, &(struct omb_input){.kind = OMB_INPUT_LINK_DOWN, .link = below->line});
    assert_int_equal(tree_link(below->branch, below->ho)->acked, before);
    assert_int_equal(tree_link(below->branch, below->ho)->lag_records, 0);
    hello.store_epoch = OMB_VIEW_LIT("0123456789abcdef");
    (void)answer_call(below);
    say(below, OMB_FRAME_WELCOME, &hello);
    assert_int_equal(tree_link(below->branch, below->ho)->acked, 0);
}

static void a_parent_speaks_of_one_link(void **state)
{
    struct below *below = *state;
    struct omb_link_health seen[2] = {{.peer = below->branch->id}, {.peer = below->branch->id}};
    const struct omb_health health = {.links = {seen, 2}, .office = below->ho->id};
    const struct omb_hello hello = welcome_of(below);

    (void)answer_call(below);
    say(below, OMB_FRAME_WELCOME, &hello);
    say(below, OMB_FRAME_HEALTH, &health);
    assert_text(tree_link(below->branch, below->ho)->state, "blocked");
    assert_text(tree_link(below->branch, below->ho)->reason,
                "it tells a health that is not its to tell");
}

/* --- every lie has its price, and it is small --- */

enum { FRAMES = 100 };

static void welcome(struct below *below)
{
    const struct omb_hello hello = welcome_of(below);

    (void)answer_call(below);
    say(below, OMB_FRAME_WELCOME, &hello);
    assert_non_null(hears(below, OMB_FRAME_CREDIT));
}

static void welcomes_again(struct below *below, size_t i)
{
    const struct omb_hello hello = welcome_of(below);

    (void)i;
    say(below, OMB_FRAME_WELCOME, &hello);
}

static void greets_as_a_child(struct below *below, size_t i)
{
    const struct omb_hello hello = welcome_of(below);

    (void)i;
    say(below, OMB_FRAME_HELLO, &hello);
}

/* The branch's own journal, as if it had come from above. */
static const struct omb_records *own_records(struct below *below)
{
    for (size_t i = 0; i < below->tree->frame_count; i++) {
        const struct tree_frame *frame = &below->tree->frames[i];
        struct omb_frame *message = OMB_ARENA_NEW(&below->tree->arena, struct omb_frame, 1);

        if (frame->from == below->branch &&
            omb_decode_frame(frame->bytes, &below->tree->arena, message, NULL) == OMB_OK &&
            message->message.tag == OMB_FRAME_RECORDS)
            return message->message.value;
    }
    fail_msg("the branch sent no records");
    return NULL;
}

static void forges(struct below *below, size_t i)
{
    struct omb_record record = own_records(below)->records.items[0];
    const struct omb_records records = {i + 1, i + 1, {&record, 1}, {NULL, 0}};
    struct omb_view copy = omb_arena_copy(&below->tree->arena, record.header);

    ((uint8_t *)(uintptr_t)copy.data)[copy.size - 1 - i % 8] ^= 0x40;
    record.header = copy;
    say(below, OMB_FRAME_RECORDS, &records);
}

static void gives_back_what_is_here(struct below *below, size_t i)
{
    struct omb_record record = own_records(below)->records.items[0];
    const struct omb_records records = {i + 1, i + 1, {&record, 1}, {NULL, 0}};

    say(below, OMB_FRAME_RECORDS, &records);
}

static void refuses_records_of_nobody(struct below *below, size_t i)
{
    struct omb_refuse refuse = {.code = OMB_VIEW_LIT("record"), .words = OMB_VIEW_LIT("a lie")};

    omb_put_be64(refuse.record.bytes, i + 1);
    say(below, OMB_FRAME_REFUSE, &refuse);
}

static void acknowledges_too_much(struct below *below, size_t i)
{
    const struct omb_cursor cursor = {.position = 5000 + i, .digest = {{3}}};

    say(below, OMB_FRAME_ACK, &(struct omb_ack){.cursor = &cursor});
}

static void wants_all(struct below *below, size_t i)
{
    const struct omb_tip *tip = &below->branch->rig.office->tip;
    struct omb_log_range range = {below->branch->id, tip->incarnation, 1, UINT64_MAX};

    (void)i;
    say(below, OMB_FRAME_WANT, &(struct omb_want){.ranges = {&range, 1}});
}

/* One case that is here, five hundred times: each would be summed up. */
static void compares_one_case(struct below *below, size_t i)
{
    struct omb_case_sum *sums =
        OMB_ARENA_NEW(&below->tree->arena, struct omb_case_sum, OMB_COMPARE_PAGE_MAX);
    struct omb_case_id *id = OMB_ARENA_NEW(&below->tree->arena, struct omb_case_id, 1);

    (void)i;
    *id = (struct omb_case_id){.home = below->branch->id,
                               .incarnation = below->branch->rig.office->tip.incarnation,
                               .year = 2026,
                               .serial = 1};
    for (size_t k = 0; k < OMB_COMPARE_PAGE_MAX; k++)
        sums[k] = (struct omb_case_sum){id, 1, OMB_VIEW_LIT("0123456789abcdef0123456789abcdef")};
    say(below, OMB_FRAME_COMPARE,
        &(struct omb_compare){.cases = {sums, OMB_COMPARE_PAGE_MAX}, .last = true});
}

static void says_how_it_sees_the_link(struct below *below, size_t i)
{
    struct omb_link_health seen = {.peer = below->branch->id, .held = i};

    say(below, OMB_FRAME_HEALTH,
        &(struct omb_health){.at = below->branch->rig.now_ms, .links = {&seen, 1},
                             .office = below->ho->id});
}

struct lie {
    const char *name;
    void (*tell)(struct below *below, size_t i);
    int64_t bytes; /* by which the store grows */
    uint64_t rows; /* read for one frame, on the average */
    size_t answers;
    const char *state, *words;
};

static const struct lie lies[] = {
    {"a welcome again", welcomes_again, 200, 2, 0, "catching-up", ""},
    {"a greeting from above", greets_as_a_child, 200, 2, 0, "blocked",
     "it sent a frame out of its order"},
    {"forged records", forges, 6000, 8, 2 * FRAMES, "catching-up", ""},
    {"records that are here", gives_back_what_is_here, 400, 12, 2 * FRAMES, "catching-up", ""},
    {"refusals of no record", refuses_records_of_nobody, 0, 4, 0, "catching-up", ""},
    {"acks of what was not sent", acknowledges_too_much, 200, 4, 2, "blocked",
     "it acknowledges what was not sent"},
    {"wants of all", wants_all, 0, 120, FRAMES, "catching-up", ""},
    {"how it sees the link", says_how_it_sees_the_link, 400, 4, 0, "catching-up", ""},
    {"one case compared without end", compares_one_case, 200, 1200, FRAMES, "blocked",
     "it asks for more than is looked up for one office"},
};

static uint64_t rows_read(const struct memport *store)
{
    const struct memport_reads reads = memport_reads(store);

    return reads.gets + reads.rows;
}

static void tell(struct below *below, const struct lie *lie)
{
    const struct memport *store = below->branch->rig.store;
    const struct omb_peer_view *link;
    size_t answers = 0;
    uint64_t rows;
    int64_t bytes;
    const char *state, *words;

    (void)new_case(&below->branch->rig);
    welcome(below);
    bytes = (int64_t)memport_bytes(store);
    rows = rows_read(store);
    for (size_t i = 0; i < FRAMES; i++) {
        lie->tell(below, i);
        answers += below->heard_count;
    }
    bytes = (int64_t)memport_bytes(store) - bytes;
    rows = (rows_read(store) - rows) / FRAMES;
    link = tree_link(below->branch, below->ho);
    state = omb_arena_str(&below->tree->arena, link->state);
    words =
        omb_arena_str(&below->tree->arena, link->reason.size > 0 ? link->reason : link->last_error);
    print_message("%-31s kept %5lld bytes, a frame %4llu rows, %3zu answers; %s: %s\n", lie->name,
                  (long long)bytes, (unsigned long long)rows, answers, state, words);
    assert_true(bytes <= lie->bytes);
    assert_true(rows <= lie->rows);
    assert_true(answers <= lie->answers);
    assert_string_equal(state, lie->state);
    assert_true(strncmp(words, lie->words, strlen(lie->words)) == 0);
}

static void of_every_lie_little_is_kept_and_it_costs_little(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(lies); i++) {
        void *below = NULL;

        assert_int_equal(below_setup(&below), 0);
        tell(below, &lies[i]);
        below_teardown(&below);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BELOW_TEST(a_parents_word_opens_few_lives),
        BELOW_TEST(a_blocked_link_is_not_dialled_at_one_moment_by_all),
        BELOW_TEST(what_the_parent_says_otherwise_is_shown),
        BELOW_TEST(what_a_parent_acknowledged_is_shown_unless_it_was_put_back),
        BELOW_TEST(a_parent_speaks_of_one_link),
        cmocka_unit_test(of_every_lie_little_is_kept_and_it_costs_little),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
