/*
 * Whatever happens in whatever order: lines are cut and slow, daemons stop, stores are put back,
 * clocks jump, and everybody acts on what they see. When it is over, does everybody agree?
 *
 * The seed says what happens. OMB_SEED plays one alone, with OMB_SEEDS so many from it on.
 */
#include <stdlib.h>
#include <string.h>

#include "office/keys.h"
#include "support/tree_drive.h"
#include "support/whim.h"
#include "trace/bank.h"

enum { SEEDS = 15, TURNS = 120, CASES_MAX = 40 };

struct affair {
    struct omb_view number;
    struct tree_office *home;
    struct omb_case_id id;
    bool lost; /* home was put back before anybody else had it, and may give the number again */
};

struct weather {
    struct tree *tree;
    struct whim whim;
    struct affair affairs[CASES_MAX];
    size_t count, written, refused;
    struct memport *copy; /* of one office, to be put back to */
    struct tree_office *copied;
};

static uint32_t below(struct weather *weather, uint32_t sides)
{
    return whim_below(&weather->whim, sides);
}

static struct tree_office *somebody(struct weather *weather)
{
    return weather->tree->offices[below(weather, (uint32_t)weather->tree->count)];
}

/* --- cases --- */

static bool has_row(const struct tree_office *office, const struct omb_case_id *id)
{
    const struct omb_key key = omb_key_case(id);
    struct omb_buf value = OMB_BUF_INIT;
    const bool has = omb_port_get(memport_port(office->rig.store), OMB_FAMILY_CASE,
                                  omb_key_view(&key), &value) == OMB_OK;

    omb_buf_free(&value);
    return has;
}

/* The one case that the store did not have before. */
static enum omb_rc take_new(void *arg, struct omb_view key, struct omb_view value)
{
    struct weather *weather = arg;
    struct omb_case_id *out = &weather->affairs[weather->count].id;

    (void)value;
    if (!omb_key_read_case(key, out))
        return OMB_DAMAGED;
    for (size_t i = 0; i < weather->count; i++)
        if (!weather->affairs[i].lost &&
            memcmp(&weather->affairs[i].id, out, sizeof(*out)) == 0)
            return OMB_OK;
    return OMB_STOP;
}

static void register_one(struct weather *weather, struct tree_office *office)
{
    struct affair *affair = &weather->affairs[weather->count];
    struct complaint complaint;
    const struct omb_reply *reply;

    complaint_new(&complaint);
    if (below(weather, 5) == 0)
        complaint.act.custodian = omb_view_str(somebody(weather)->code);
    tree_tick(office);
    tree_tell(weather->tree, "%s t1 registers", office->code);
    reply = ask_as(&office->rig, "t1", OMB_ASK_ACT, &complaint.act);
    if (reply->error)
        return; /* for an office that is not below */
    affair->number = OMB_AS(act_done, reply->answer)->number;
    affair->home = office;
    tree_keep(office);
    assert_int_equal(omb_port_scan(memport_port(office->rig.store), OMB_FAMILY_CASE,
                                   OMB_VIEW_NONE, OMB_VIEW_NONE, false, take_new, weather),
                     OMB_OK);
    weather->count++;
}

/* A case that the office has, the newer the likelier. */
static const struct affair *some_affair(struct weather *weather, const struct tree_office *office)
{
    for (unsigned i = 0; i < 8; i++) {
        const uint32_t back = below(weather, 1 + below(weather, (uint32_t)weather->count));
        const struct affair *affair = &weather->affairs[weather->count - 1 - back];

        if (has_row(office, &affair->id))
            return affair;
    }
    return NULL;
}

/* The acts that move a case; the others come on a whim. */
static void make_spine(struct weather *weather, struct omb_act *act)
{
    static const struct omb_escalated up = {.ground = OMB_VIEW_LIT("amount")};
    static const struct omb_taken_over over = {.ground = OMB_VIEW_LIT("time")};
    static const struct omb_resolved decided = {.outcome = OMB_VIEW_LIT("founded"),
                                                .cause = OMB_VIEW_LIT("fees")};
    static const struct omb_answered answered = {.method = OMB_VIEW_LIT("phone")};
    static const struct omb_reopened again = {.ground = OMB_VIEW_LIT("client-asks")};
    static const struct omb_erased erased = {.ground = OMB_VIEW_LIT("client-asks")};
    static const struct omb_erasure_confirmed confirmed = {.ground = OMB_VIEW_LIT("client-asks")};
    static const struct omb_withdrawn withdrawn = {.method = OMB_VIEW_LIT("phone")};
    static const struct omb_returned back;
    static const struct omb_delegated down;
    static const struct omb_shared shared;
    static const struct {
        uint32_t tag;
        const void *event;
    } acts[] = {
        {OMB_EVENT_ESCALATED, &up},     {OMB_EVENT_ESCALATED, &up},
        {OMB_EVENT_RETURNED, &back},    {OMB_EVENT_DELEGATED, &down},
        {OMB_EVENT_TAKEN_OVER, &over},  {OMB_EVENT_TAKEN_OVER, &over},
        {OMB_EVENT_RESOLVED, &decided}, {OMB_EVENT_ANSWERED, &answered},
        {OMB_EVENT_REOPENED, &again},   {OMB_EVENT_WITHDRAWN, &withdrawn},
        {OMB_EVENT_SHARED, &shared},    {OMB_EVENT_ERASED, &erased},
        {OMB_EVENT_ERASURE_CONFIRMED, &confirmed},
    };
    struct omb_facts *facts = OMB_ARENA_NEW(&weather->tree->arena, struct omb_facts, 1);
    struct omb_body *body = OMB_ARENA_NEW(&weather->tree->arena, struct omb_body, 1);
    static const struct omb_resolved_body findings = {.findings = OMB_VIEW_LIT("looked into"),
                                                      .answer = OMB_VIEW_LIT("paid back")};
    static const struct omb_text_body words = {.text = OMB_VIEW_LIT("so it was")};
    const uint32_t i = below(weather, UNIT_COUNT(acts));

    facts->event = (struct omb_any){acts[i].tag, acts[i].event};
    *act = (struct omb_act){.facts = facts};
    if (omb_shape_alternative(&omb_shape_body, acts[i].tag) == NULL)
        return;
    body->event = (struct omb_any){acts[i].tag, acts[i].tag == OMB_EVENT_RESOLVED
                                                    ? (const void *)&findings
                                                    : &words};
    act->body = body;
}

static bool names_office(const struct omb_act *act)
{
    const struct omb_shape_field *to =
        omb_shape_field(omb_shape_alternative(&omb_shape_facts, act->facts->event.tag)->shape,
                        OMB_VIEW_LIT("to"));

    return to != NULL && to->kind == OMB_KIND_one;
}

/* What may not be done is refused, and that is well. */
static void act_in(struct weather *weather, struct tree_office *office,
                   const struct affair *affair, bool spine)
{
    const char *who = below(weather, 4) == 0 ? "s2" : "s1";
    const struct omb_reply *reply;
    struct omb_act act;

    tree_tick(office);
    weather->whim.now_ms = office->rig.now_ms;
    if (spine)
        make_spine(weather, &act);
    else
        act = *whim_act(&weather->whim, &weather->tree->arena, false);
    act.number = affair->number;
    act.to = names_office(&act) ? omb_view_str(somebody(weather)->code) : OMB_VIEW_NONE;
    reply = ask_as(&office->rig, who, OMB_ASK_ACT, &act);
    weather->written += reply->error == NULL;
    weather->refused += reply->error != NULL;
    tree_tell(weather->tree, "%s %s writes %s of %.*s %.*s%s", office->code, who,
              omb_event_name(act.facts->event.tag), OMB_VIEW_ARGS(affair->number),
              OMB_VIEW_ARGS(act.to), reply->error ? ": refused" : "");
}

static void act(struct weather *weather, struct tree_office *office)
{
    const struct affair *affair = some_affair(weather, office);

    if (affair != NULL)
        act_in(weather, office, affair, below(weather, 3) > 0);
}

/* All who have the case move it at once, before any has heard of another. */
static void quarrel(struct weather *weather, const struct tree_office *about)
{
    const struct affair *affair = some_affair(weather, about);

    for (size_t i = 0; affair != NULL && i < weather->tree->count; i++) {
        struct tree_office *office = weather->tree->offices[i];

        for (unsigned tries = 0; tries < 4; tries++)
            if (office->running && has_row(office, &affair->id))
                act_in(weather, office, affair, true);
    }
}

/* --- what befalls offices and lines --- */

/* What its store had alone is lost with it. */
static void note_lost(struct weather *weather)
{
    for (size_t i = 0; i < weather->count; i++) {
        bool held = false;

        for (size_t k = 0; k < weather->tree->count; k++)
            held |= has_row(weather->tree->offices[k], &weather->affairs[i].id);
        weather->affairs[i].lost |= !held;
    }
}

static void put_back(struct weather *weather, struct tree_office *office)
{
    if (weather->copy == NULL) {
        tree_tell(weather->tree, "%s is copied", office->code);
        weather->copy = tree_backup(office);
        weather->copied = office;
        return;
    }
    tree_roll_back(weather->copied, weather->copy);
    weather->copy = NULL;
    note_lost(weather);
}

static void stop_or_start(struct weather *weather, struct tree_office *office)
{
    (void)weather;
    if (office->running)
        tree_stop(office);
    else
        tree_start(office);
}

static void cut_or_mend(struct weather *weather, struct tree_office *office)
{
    (void)weather;
    if (office->parent == NULL)
        return;
    if (office->cut)
        tree_mend(office);
    else
        tree_cut(office);
}

static void slow_down(struct weather *weather, struct tree_office *office)
{
    office->up_ms = 1 + (int64_t)below(weather, below(weather, 3) == 0 ? 5000 : 20);
    office->down_ms = 1 + (int64_t)below(weather, below(weather, 3) == 0 ? 5000 : 20);
    tree_tell(weather->tree, "the line of %s takes %lld and %lld ms", office->code,
              (long long)office->up_ms, (long long)office->down_ms);
}

static void set_clock(struct weather *weather, struct tree_office *office)
{
    static const int64_t far[] = {1000, INT64_C(2085978496000)};
    const uint32_t way = below(weather, 4);

    if (office->running)
        tree_set_clock(office, way < 2 ? far[way]
                                       : weather->tree->now_ms +
                                             ((int64_t)below(weather, 600) - 300) * 1000);
}

static void resync(struct weather *weather, struct tree_office *office)
{
    const struct omb_link_resync ask = {.peer = omb_view_str(somebody(weather)->code)};

    if (!office->running)
        return;
    tree_tick(office);
    (void)ask_as(&office->rig, "admin", OMB_ASK_LINK_RESYNC, &ask);
    tree_tell(weather->tree, "%s resyncs with %.*s", office->code, OMB_VIEW_ARGS(ask.peer));
}

/* Of a hundred turns. */
static const struct {
    uint32_t share;
    void (*befalls)(struct weather *weather, struct tree_office *office);
} misfortunes[] = {
    {3, stop_or_start}, {8, cut_or_mend}, {4, put_back},
    {3, slow_down},     {2, set_clock},   {2, resync},
};

static void one_turn(struct weather *weather)
{
    struct tree_office *office = somebody(weather);
    uint32_t what = below(weather, 100);

    for (size_t i = 0; i < UNIT_COUNT(misfortunes); i++) {
        if (what < misfortunes[i].share) {
            misfortunes[i].befalls(weather, office);
            return;
        }
        what -= misfortunes[i].share;
    }
    if (!office->running)
        tree_start(office);
    if (weather->count == 0 || (what < 12 && weather->count < CASES_MAX))
        register_one(weather, office);
    else if (what < 24)
        quarrel(weather, office);
    else
        act(weather, office);
}

/* --- and when it is over --- */

static void calm_down(struct weather *weather)
{
    tree_tell(weather->tree, "the weather is over");
    for (size_t i = 0; i < weather->tree->count; i++) {
        struct tree_office *office = weather->tree->offices[i];

        if (!office->running)
            tree_start(office);
        if (office->cut)
            tree_mend(office);
    }
    tree_settle(weather->tree);
}

/* What was acknowledged is with home and everybody above, unless it was lost with its only disk. */
static void check_affair(const struct affair *affair)
{
    for (const struct tree_office *at = affair->home; at != NULL; at = at->parent)
        if (!affair->lost && !has_row(at, &affair->id))
            fail_msg("%s lacks %.*s", at->code, OMB_VIEW_ARGS(affair->number));
}

/*
 *     ho ─┬─ west ─── hall ─── side ─┬─ vsp-0001
 *         ├─ vsp-0003                └─ vsp-0002
 *         └─ card-centre
 */
static void build_tower(struct tree *tree)
{
    struct tree_office *ho = tree_add(tree, "ho", "head", NULL);
    struct tree_office *west = tree_add(tree, "west", "regional", ho);
    struct tree_office *hall = tree_add(tree, "hall", "regional", west);
    struct tree_office *side = tree_add(tree, "side", "regional", hall);

    tree_add_service(tree, "card-centre", ho);
    tree_add(tree, "vsp-0001", "branch", side);
    tree_add(tree, "vsp-0002", "branch", side);
    tree_add(tree, "vsp-0003", "branch", ho);
    tree_settle(tree);
}

static void play(uint64_t seed, void **state)
{
    struct weather weather = {.tree = *state = tree_new()};

    whim_init(&weather.whim, seed);
    tree_tell(weather.tree, "the weather of seed %llu", (unsigned long long)seed);
    if (seed % 3 == 0)
        build_tower(weather.tree);
    else
        (void)bank_build(weather.tree);
    for (size_t i = 0; i < TURNS; i++) {
        one_turn(&weather);
        tree_pass(weather.tree,
                  (int64_t)below(&weather, below(&weather, 4) == 0 ? 40000 : 30));
    }
    calm_down(&weather);
    tree_tell(weather.tree, "%zu cases, %zu acts written, %zu refused", weather.count,
              weather.written, weather.refused);
    tree_check_whole(weather.tree);
    for (size_t i = 0; i < weather.count; i++)
        check_affair(&weather.affairs[i]);
    memport_free(weather.copy);
    tree_free(weather.tree);
    *state = NULL;
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text ? strtoull(text, NULL, 10) : otherwise;
}

static void test_everybody_agrees_after_any_weather(void **state)
{
    const uint64_t first = from_environment("OMB_SEED", 1);
    const uint64_t count = from_environment("OMB_SEEDS", getenv("OMB_SEED") ? 1 : SEEDS);

    for (uint64_t seed = first; seed < first + count; seed++)
        play(seed, state);
}

/* A weather that failed tells its story. */
static int end(void **state)
{
    if (*state != NULL)
        tree_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_everybody_agrees_after_any_weather, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
