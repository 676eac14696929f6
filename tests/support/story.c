#include "support/story.h"

static uint64_t story_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

struct omb_view code(const char *text)
{
    return omb_view_str(text);
}

struct omb_digest story_digest(uint64_t seed)
{
    struct omb_digest digest;

    for (size_t i = 0; i < sizeof(digest.bytes); i += 8)
        omb_put_be64(digest.bytes + i, story_random(&seed));
    return digest;
}

static const struct omb_seat *story_find(void *ctx, const struct omb_office_ref *ref)
{
    struct story *s = ctx;

    for (int i = 0; i < OFFICES; i++)
        if (omb_digest_equal(&s->seats[i].certificate, &ref->certificate))
            return s->hidden[i] ? NULL : &s->seats[i];
    return NULL;
}

struct omb_seats story_seats(struct story *s)
{
    return (struct omb_seats){s, story_find};
}

static void story_seat(struct story *s, enum office office, const char *name,
                              enum office parent)
{
    struct omb_seat *seat = &s->seats[office];

    memset(seat->office.bytes, 0x10 + (int)office, sizeof(seat->office.bytes));
    seat->certificate = story_digest(1000 + (uint64_t)office);
    seat->code = omb_view_str(name);
    if (office == HEAD || office == STRANGER)
        return;
    seat->above[0] = s->seats[parent].office;
    memcpy(&seat->above[1], s->seats[parent].above, sizeof(seat->above) - sizeof(seat->above[0]));
    seat->above_count = s->seats[parent].above_count + 1;
    seat->depth = s->seats[parent].depth + 1;
}

static struct story *story_new(void)
{
    struct story *s = calloc(1, sizeof(*s));

    assert_non_null(s);
    omb_wire_init();
    omb_arena_init(&s->arena, 64 << 20);
    omb_arena_init(&s->folded, 256 << 20);
    s->events = calloc(STORY_MAX, sizeof(s->events[0]));
    assert_non_null(s->events);
    story_seat(s, HEAD, "head", HEAD);
    story_seat(s, NORTH, "north", HEAD);
    story_seat(s, SOUTH, "south", HEAD);
    story_seat(s, CITY, "city", NORTH);
    story_seat(s, LAKE, "lake", NORTH);
    story_seat(s, PORT, "port", SOUTH);
    story_seat(s, CARDS, "cards", HEAD);
    story_seat(s, STRANGER, "stranger", HEAD);
    s->seats[CARDS].service = true;
    s->id = (struct omb_case_id){.home = s->seats[CITY].office, .year = 2026, .serial = 7};
    s->id.incarnation.bytes[3] = 1;
    s->policy = omb_policy_0;
    s->actor = "t1";
    return s;
}

int story_setup(void **state)
{
    *state = story_new();
    return 0;
}

int story_teardown(void **state)
{
    struct story *s = *state;

    omb_arena_free(&s->arena);
    omb_arena_free(&s->folded);
    free(s->events);
    free(s);
    return 0;
}

/* --- telling --- */

void *story_keep(struct story *s, const void *value, size_t size)
{
    return memcpy(omb_arena_get(&s->arena, size), value, size);
}

const struct omb_office_ref *ref(struct story *s, enum office office)
{
    struct omb_office_ref to = {s->seats[office].office, s->seats[office].certificate};

    return story_keep(s, &to, sizeof(to));
}

struct omb_views codes(struct story *s, const char *one, const char *two)
{
    struct omb_view items[] = {omb_view_str(one), omb_view_str(two)};

    return (struct omb_views){story_keep(s, items, sizeof(items)), two ? 2 : 1};
}

/* `after` is the number of an event of the story; -1: none. Returns the number of the new event. */
int story_say(struct story *s, enum office who, int after, uint32_t tag,
                            const void *facts, size_t size)
{
    struct omb_event *event = &s->events[s->count];
    struct omb_facts all = {{tag, size > 0 ? story_keep(s, facts, size) : ""}};

    assert_in_range(s->count, 0, STORY_MAX - 1);
    *event = (struct omb_event){
        .digest = story_digest(s->count + 1),
        .office = s->seats[who].office,
        .incarnation = s->id.incarnation,
        .seq = ++s->seqs[who],
        .seat = &s->seats[who],
        .actor = omb_view_str(s->actor),
        .time_ms = BEGIN + (int64_t)s->count * OMB_HOUR_MS,
        .case_id = s->id,
        .facts = story_keep(s, &all, sizeof(all)),
        .has_grants = true,
    };
    if (after >= 0)
        event->after = s->events[after].digest;
    return (int)s->count++;
}

const struct omb_digest *digest_of(struct story *s, int number)
{
    return &s->events[number].digest;
}

int story_register(struct story *s)
{
    struct omb_matter matter = {
        .kind = code("complaint"), .channel = code("book"), .product = code("cards"),
        .issue = code("fees"),     .severity = code("normal"), .received_at = BEGIN,
        .first_asked = code("t1"),
    };
    struct omb_deadline deadlines[] = {
        {code("first-response"), DAYS(1), false}, {code("target"), DAYS(1), false},
        {code("decision"), DECISION, true},       {code("maximum"), MAXIMUM, true},
        {code("survey"), 0, false},
    };

    return SAY(s, CITY, -1, REGISTERED, registered,
               .matter = story_keep(s, &matter, sizeof(matter)), .profile = code("bank-standard"),
               .calendar = code("weekdays"), .zone = code("Europe/Madrid"),
               .deadlines = {story_keep(s, deadlines, sizeof(deadlines)), 5});
}

struct omb_matter *story_matter(struct story *s, int number)
{
    return (struct omb_matter *)SAID(s, number, registered)->matter;
}

/* --- folding --- */

void fold_events(struct story *s, const struct omb_event *events, size_t count)
{
    struct omb_seats seats = story_seats(s);

    omb_arena_reset(&s->folded);
    omb_fold(events, count, &s->policy, &seats, &s->folded, &s->c);
}

static void write_judged(const struct omb_judged *judged, struct omb_buf *out)
{
    omb_buf_add(out, judged->event->digest.bytes, sizeof(judged->event->digest.bytes));
    omb_buf_add_be32(out, (uint32_t)judged->verdict);
    omb_buf_add(out, judged->by.bytes, sizeof(judged->by.bytes));
    omb_buf_add_str(out, judged->why ? judged->why : "");
    omb_buf_add_be32(out, judged->place);
    omb_buf_add_be32(out, (uint32_t)judged->status_after);
}

/* All that a fold says, as bytes: the encoded row first. */
static void write_case(const struct omb_case *c, struct omb_buf *out)
{
    omb_encode_case_row(&c->row, out);
    for (size_t i = 0; i < c->judged_count; i++)
        write_judged(&c->judged[i], out);
    for (size_t i = 0; i < c->party_count; i++)
        omb_buf_add(out, c->parties[i].bytes, sizeof(c->parties[i].bytes));
    for (size_t i = 0; i < c->holder_count; i++)
        omb_buf_add(out, c->holders[i].bytes, sizeof(c->holders[i].bytes));
    for (size_t i = 0; i < c->corrected_count; i++) {
        omb_buf_add_view(out, c->corrected[i].field);
        omb_buf_add_view(out, c->corrected[i].value);
        omb_buf_add(out, c->corrected[i].by->digest.bytes, OMB_DIGEST_SIZE);
    }
    for (size_t i = 0; i < c->promise_count; i++) {
        omb_buf_add(out, c->promises[i].event->digest.bytes, OMB_DIGEST_SIZE);
        omb_buf_add_u8(out, c->promises[i].kept);
    }
    for (size_t i = 0; i < c->tie_count; i++)
        omb_buf_add(out, c->ties[i].event->digest.bytes, OMB_DIGEST_SIZE);
    omb_buf_add_be32(out, c->superseded);
}

static void compare_fold(struct story *s, const struct omb_event *events, size_t count,
                                const struct omb_buf *expected)
{
    struct omb_buf got = OMB_BUF_INIT;

    fold_events(s, events, count);
    write_case(&s->c, &got);
    assert_int_equal(got.size, expected->size);
    assert_memory_equal(got.data, expected->data, got.size);
    omb_buf_free(&got);
}

void swap_events(struct omb_event *a, struct omb_event *b)
{
    struct omb_event third = *a;

    *a = *b;
    *b = third;
}

/* Heap's algorithm. */
static void every_order(struct story *s, struct omb_event *events, size_t n, size_t count,
                               const struct omb_buf *expected)
{
    if (n <= 1) {
        compare_fold(s, events, count, expected);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        every_order(s, events, n - 1, count, expected);
        swap_events(&events[n % 2 == 0 ? i : 0], &events[n - 1]);
    }
}

/* Some events twice, in random order. */
static void random_orders(struct story *s, const struct omb_buf *expected)
{
    struct omb_event *events = calloc(2 * s->count, sizeof(events[0]));

    assert_non_null(events);
    for (int round = 0; round < SHUFFLES; round++) {
        size_t count = s->count;

        memcpy(events, s->events, s->count * sizeof(events[0]));
        for (size_t i = 0; i < s->count; i++)
            if (story_random(&s->random) % 3 == 0)
                events[count++] = s->events[i];
        for (size_t i = count; i > 1; i--)
            swap_events(&events[i - 1], &events[story_random(&s->random) % i]);
        compare_fold(s, events, count, expected);
    }
    free(events);
}

/* Folds the story as told and in other orders; all must say the same. The last fold is as told. */
void fold(struct story *s)
{
    struct omb_buf expected = OMB_BUF_INIT;

    fold_events(s, s->events, s->count);
    write_case(&s->c, &expected);
    if (s->count <= ALL_ORDERS) {
        struct omb_event *events = calloc(s->count, sizeof(events[0]));

        assert_non_null(events);
        memcpy(events, s->events, s->count * sizeof(events[0]));
        every_order(s, events, s->count, s->count, &expected);
        free(events);
    }
    random_orders(s, &expected);
    omb_buf_free(&expected);
    fold_events(s, s->events, s->count);
}

/* --- asking --- */

const struct omb_judged *judged(struct story *s, int number)
{
    for (size_t i = 0; i < s->c.judged_count; i++)
        if (omb_digest_equal(&s->c.judged[i].event->digest, digest_of(s, number)))
            return &s->c.judged[i];
    fail_msg("event %d was not judged", number);
    return NULL;
}

enum omb_verdict verdict(struct story *s, int number)
{
    return judged(s, number)->verdict;
}

void assert_view_is(struct omb_view view, const char *text, const char *file,
                                  int line)
{
    if (!omb_view_is(view, text)) {
        print_error("expected \"%s\", got \"%.*s\"\n", text, OMB_VIEW_ARGS(view));
        _fail(file, line);
    }
}

void assert_by(struct story *s, int number, int by)
{
    assert_true(omb_digest_equal(&judged(s, number)->by, digest_of(s, by)));
}

void assert_custody(struct story *s, enum office office)
{
    assert_ptr_equal(s->c.custodian, &s->seats[office]);
    assert_true(omb_office_id_equal(&s->c.row.custodian->office, &s->seats[office].office));
}

bool has_flag(struct story *s, const char *flag)
{
    for (size_t i = 0; i < s->c.row.flags.count; i++)
        if (omb_view_is(s->c.row.flags.items[i], flag))
            return true;
    return false;
}

bool is_party(struct story *s, enum office office)
{
    for (size_t i = 0; i < s->c.party_count; i++)
        if (omb_office_id_equal(&s->c.parties[i], &s->seats[office].office))
            return true;
    return false;
}

const struct omb_deadline_row *deadline(struct story *s, const char *name)
{
    for (size_t i = 0; i < s->c.row.deadlines.count; i++)
        if (omb_view_is(s->c.row.deadlines.items[i].code, name))
            return &s->c.row.deadlines.items[i];
    fail_msg("no deadline %s", name);
    return NULL;
}

