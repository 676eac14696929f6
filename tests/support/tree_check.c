/*
 * What must hold of a tree in every story, judged apart from the core: who may hear of a case is
 * read off the records of all offices together and off the tree as the test drew it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/assert.h"
#include "cases/number.h"
#include "support/tree_drive.h"
#include "wire/rows.h"

/* --- logs --- */

static void check_logs(struct tree_office *office)
{
    struct omb_view cursor = OMB_VIEW_NONE;
    const struct omb_log_verified *page;

    tree_tick(office);
    do {
        page = ASK(&office->rig, "au1", LOG_VERIFY, log_verify_ask, log_verified,
                   .cursor = cursor);
        for (size_t i = 0; i < page->problems.count; i++)
            print_error("%s: %.*s\n", office->code, OMB_VIEW_ARGS(page->problems.items[i]));
        assert_int_equal(page->problems.count, 0);
        cursor = page->cursor;
    } while (cursor.size > 0);
    tree_keep(office);
}

/* --- rows of a case --- */

static const struct omb_reply *ask_case(struct tree_office *office, struct omb_view number)
{
    const struct omb_case_ask ask = {.number = number};

    tree_tick(office);
    return ask_as(&office->rig, "s1", OMB_ASK_CASE_SHOW, &ask);
}

struct other {
    struct tree_office *mine, *theirs;
};

/* What each event does there, and why not. */
static void say_events(struct tree_office *office, const struct omb_case_id *id)
{
    char number[OMB_NUMBER_SIZE];
    const struct omb_reply *reply;
    const struct omb_case_view *view;

    omb_number_print(id, omb_view_str(tree_code_of(office->tree, &id->home)), number);
    reply = ask_case(office, omb_view_str(number));
    if (reply->error != NULL)
        return;
    view = reply->answer.value;
    for (size_t i = 0; i < view->events.count; i++) {
        const struct omb_event_view *event = &view->events.items[i];

        print_error("  %.*s %llu of %.*s %.8s: %s %.*s\n", OMB_VIEW_ARGS(event->type),
                    (unsigned long long)event->seq, OMB_VIEW_ARGS(event->office),
                    (const char *)event->digest.data, event->effect ? "has effect" : "no effect",
                    OMB_VIEW_ARGS(event->why));
    }
}

static void say_row(struct tree *tree, struct tree_office *office, struct omb_view value)
{
    struct omb_arena *arena = &tree->arena;
    struct omb_case_row row;

    if (omb_decode_case_row(value, arena, &row, NULL) != OMB_OK || row.case_id == NULL)
        return;
    print_error("%s: serial %llu is %.*s after %u events, spine %02x%02x%02x%02x\n",
                office->code, (unsigned long long)row.case_id->serial,
                OMB_VIEW_ARGS(row.status), row.events, row.spine.bytes[0],
                row.spine.bytes[1], row.spine.bytes[2], row.spine.bytes[3]);
    say_events(office, row.case_id);
}

static const struct tree_office *home_of(const struct tree *tree, struct omb_view key)
{
    for (size_t i = 0; i < tree->count; i++)
        if (memcmp(key.data, tree->offices[i]->id.bytes, OMB_OFFICE_ID_SIZE) == 0)
            return tree->offices[i];
    return NULL;
}

/*
 * Whether the office may have let the case go with a party of it that went to another region: it
 * keeps what it has of it, and hears no more. Of cases of its own side it hears all.
 */
static bool lets_go(const struct tree_office *office, const struct tree_office *home)
{
    const struct tree *tree = office->tree;

    if (home != NULL && tree_is_below(home, office, false))
        return false;
    for (size_t i = 0; i < tree->count; i++)
        if (tree->offices[i]->moves > 0 && tree_is_below(tree->offices[i], office, true) &&
            !tree_is_below(tree->offices[i], office, false))
            return true;
    return false;
}

static enum omb_rc compare_row(void *arg, struct omb_view key, struct omb_view value)
{
    const struct other *pair = arg;
    const struct tree_office *home = home_of(pair->mine->tree, key);
    struct omb_buf theirs = OMB_BUF_INIT;

    if (lets_go(pair->mine, home) || lets_go(pair->theirs, home))
        return OMB_OK;
    if (omb_port_get(memport_port(pair->theirs->rig.store), OMB_FAMILY_CASE, key, &theirs) ==
            OMB_OK &&
        !omb_view_equal(value, omb_buf_view(&theirs))) {
        say_row(pair->mine->tree, pair->mine, value);
        say_row(pair->mine->tree, pair->theirs, omb_buf_view(&theirs));
        fail_msg("%s and %s see a case differently", pair->mine->code, pair->theirs->code);
    }
    omb_buf_free(&theirs);
    return OMB_OK;
}

static void check_rows(struct tree_office *mine, struct tree_office *theirs)
{
    struct other pair = {mine, theirs};

    OMB_ASSERT(omb_port_scan(memport_port(mine->rig.store), OMB_FAMILY_CASE, OMB_VIEW_NONE,
                             OMB_VIEW_NONE, false, compare_row, &pair) == OMB_OK);
}

/* --- scopes --- */

/* A case and an office that is a party of it. */
struct party {
    struct omb_case_id id;
    struct omb_office_id office;
};
/* A case whose records name another one: who may hear of the first is told that. */
struct mention {
    struct omb_case_id by, of;
};
/* Both its headers are in `fork found`, which goes to who holds records from there on. */
struct forked {
    struct omb_office_id office;
    struct omb_incarnation incarnation;
    uint64_t seq;
    struct omb_case_id of;
};
struct parties {
    struct tree *tree;
    struct party *items;
    size_t count, capacity;
    struct mention *mentions;
    size_t mention_count, mention_capacity;
    struct forked *forks;
    size_t fork_count;
};

static void add_party(struct parties *parties, const struct omb_case_id *id,
                      const struct omb_office_id *office)
{
    for (size_t i = 0; i < parties->count; i++)
        if (omb_case_id_equal(&parties->items[i].id, id) &&
            omb_office_id_equal(&parties->items[i].office, office))
            return;
    if (parties->count == parties->capacity) {
        parties->capacity = parties->capacity ? 2 * parties->capacity : 32;
        parties->items =
            realloc(parties->items, parties->capacity * sizeof(*parties->items));
        OMB_ASSERT(parties->items != NULL);
    }
    parties->items[parties->count++] = (struct party){*id, *office};
}

static void add_mention(struct parties *parties, const struct omb_case_id *by,
                        const struct omb_case_id *of)
{
    if (parties->mention_count == parties->mention_capacity) {
        parties->mention_capacity = parties->mention_capacity ? 2 * parties->mention_capacity : 32;
        parties->mentions = realloc(parties->mentions,
                                    parties->mention_capacity * sizeof(*parties->mentions));
        OMB_ASSERT(parties->mentions != NULL);
    }
    parties->mentions[parties->mention_count++] = (struct mention){*by, *of};
}

/* Every office and every other case that a message names, however deep. */
static void add_named(struct parties *parties, const struct omb_case_id *id,
                      const struct omb_shape *shape, const void *message)
{
    for (size_t i = 0; i < shape->field_count; i++) {
        const struct omb_shape_field *field = &shape->fields[i];
        const void *at = omb_shape_at(field, message);

        if (field->kind == OMB_KIND_many && field->sub == &omb_shape_case_id) {
            const struct omb_case_id_list *list = at;

            for (size_t k = 0; k < list->count; k++)
                add_mention(parties, id, &list->items[k]);
        } else if (field->kind == OMB_KIND_any) {
            const struct omb_any *any = at;

            if (any->tag != 0 && any->value != NULL)
                add_named(parties, id, omb_shape_alternative(shape, any->tag)->shape, any->value);
        } else if (field->kind == OMB_KIND_one) {
            const void *inner = *(const void *const *)at;

            if (inner != NULL && field->sub == &omb_shape_office_ref)
                add_party(parties, id, &((const struct omb_office_ref *)inner)->office);
            else if (inner != NULL && field->sub == &omb_shape_case_id)
                add_mention(parties, id, inner);
            else if (inner != NULL)
                add_named(parties, id, field->sub, inner);
        }
    }
}

static void add_fork(struct parties *parties, const struct omb_fork_found *found,
                     struct omb_view bytes)
{
    struct omb_header header;

    if (omb_header_decode(bytes, &parties->tree->scratch, &header, NULL, NULL) != OMB_OK ||
        header.case_id == NULL)
        return;
    parties->forks =
        realloc(parties->forks, (parties->fork_count + 1) * sizeof(*parties->forks));
    OMB_ASSERT(parties->forks != NULL);
    parties->forks[parties->fork_count++] =
        (struct forked){found->office, found->incarnation, found->seq, *header.case_id};
}

static void add_event(struct parties *parties, const struct omb_facts *facts)
{
    const struct omb_fork_found *found;

    if (facts == NULL || facts->event.tag != OMB_EVENT_FORK_FOUND)
        return;
    found = OMB_AS(fork_found, facts->event);
    add_fork(parties, found, found->first_header);
    add_fork(parties, found, found->second_header);
}

/* The header of a row, until the next one is read. */
static struct omb_header header_of(struct parties *parties, struct omb_view row)
{
    struct omb_arena *arena = &parties->tree->scratch;
    struct omb_stored_record stored;
    struct omb_header header;

    omb_arena_reset(arena);
    OMB_ASSERT(omb_decode_stored_record(row, arena, &stored, NULL) == OMB_OK);
    OMB_ASSERT(omb_header_decode(stored.header, arena, &header, NULL, NULL) == OMB_OK);
    return header;
}

static enum omb_rc add_record(void *arg, struct omb_view key, struct omb_view value)
{
    struct parties *parties = arg;
    const struct omb_header header = header_of(parties, value);

    (void)key;
    if (header.case_id == NULL) {
        add_event(parties, header.facts);
        return OMB_OK;
    }
    add_party(parties, header.case_id, &header.case_id->home);
    add_party(parties, header.case_id, &header.office);
    if (header.facts != NULL)
        add_named(parties, header.case_id, &omb_shape_facts, header.facts);
    return OMB_OK;
}

/* Who holds a record of that life, from the place of the fork on, is told what forked. */
static enum omb_rc add_forked(void *arg, struct omb_view key, struct omb_view value)
{
    struct parties *parties = arg;
    const struct omb_header header = header_of(parties, value);

    (void)key;
    for (size_t i = 0; header.case_id != NULL && i < parties->fork_count; i++) {
        const struct forked *fork = &parties->forks[i];

        if (omb_office_id_equal(&fork->office, &header.office) &&
            omb_incarnation_equal(&fork->incarnation, &header.incarnation) &&
            fork->seq <= header.seq)
            add_mention(parties, header.case_id, &fork->of);
    }
    return OMB_OK;
}

static bool is_at_or_below(const struct tree *tree, const struct omb_office_id *id,
                           const struct tree_office *top)
{
    for (size_t i = 0; i < tree->count; i++)
        if (omb_office_id_equal(&tree->offices[i]->id, id) &&
            tree_is_below(tree->offices[i], top, true))
            return true;
    return false;
}

static bool in_scope(const struct parties *parties, const struct omb_case_id *id,
                     const struct tree_office *child)
{
    for (size_t i = 0; i < parties->count; i++)
        if (omb_case_id_equal(&parties->items[i].id, id) &&
            is_at_or_below(parties->tree, &parties->items[i].office, child))
            return true;
    return false;
}

/* Of forks of an office everybody below it is told. */
static bool is_below_fork(const struct parties *parties, const struct omb_case_id *id,
                          const struct tree_office *child)
{
    for (size_t i = 0; i < parties->fork_count; i++)
        for (size_t k = 0; k < parties->tree->count; k++)
            if (omb_case_id_equal(&parties->forks[i].of, id) &&
                omb_office_id_equal(&parties->forks[i].office, &parties->tree->offices[k]->id) &&
                tree_is_below(child, parties->tree->offices[k], true))
                return true;
    return false;
}

static bool may_hear_of(const struct parties *parties, const struct omb_case_id *id,
                        const struct tree_office *child)
{
    for (size_t i = 0; i < parties->mention_count; i++)
        if (omb_case_id_equal(&parties->mentions[i].of, id) &&
            in_scope(parties, &parties->mentions[i].by, child))
            return true;
    return is_below_fork(parties, id, child) || in_scope(parties, id, child);
}

static void check_scope(const struct parties *parties, const struct tree_office *child)
{
    for (size_t i = 0; i < parties->count; i++) {
        struct omb_buf bytes = OMB_BUF_INIT;

        if (may_hear_of(parties, &parties->items[i].id, child))
            continue;
        omb_encode_case_id(&parties->items[i].id, &bytes);
        if (tree_came_down(child, omb_buf_view(&bytes)))
            fail_msg("%s heard of case %llu, which is none of its business", child->code,
                     (unsigned long long)parties->items[i].id.serial);
        omb_buf_free(&bytes);
    }
}

static void see_records(struct parties *parties, omb_row_fn *fn)
{
    const struct tree *tree = parties->tree;

    for (size_t i = 0; i < tree->count + tree->lost_count; i++) {
        const struct memport *store = i < tree->count ? tree->offices[i]->rig.store
                                                      : tree->lost[i - tree->count];

        OMB_ASSERT(omb_port_scan(memport_port(store), OMB_FAMILY_RECORD, OMB_VIEW_NONE,
                                 OMB_VIEW_NONE, false, fn, parties) == OMB_OK);
    }
}

/* Whoever was made a party by a record that nobody has any more was one when it was there. */
static void check_scopes(struct tree *tree)
{
    struct parties parties = {.tree = tree};

    see_records(&parties, add_record);
    if (parties.fork_count > 0)
        see_records(&parties, add_forked);
    for (size_t i = 0; i < tree->count; i++)
        if (tree->offices[i]->parent != NULL)
            check_scope(&parties, tree->offices[i]);
    free(parties.items);
    free(parties.mentions);
    free(parties.forks);
}

void tree_check(struct tree *tree)
{
    for (size_t i = 0; i < tree->count; i++)
        if (tree->offices[i]->running && !tree->offices[i]->gone)
            check_logs(tree->offices[i]);
    for (size_t i = 0; i < tree->count; i++)
        for (size_t j = i + 1; j < tree->count; j++)
            if (tree->offices[i]->running && tree->offices[j]->running &&
                !tree->offices[i]->gone && !tree->offices[j]->gone)
                check_rows(tree->offices[i], tree->offices[j]);
    check_scopes(tree);
    tree->checked = true;
}

/* --- one case --- */

void tree_agree(struct tree *tree, struct omb_view number, const char *status,
                const char *custodian, ...)
{
    va_list offices;
    struct tree_office *office;

    (void)tree;
    va_start(offices, custodian);
    while ((office = va_arg(offices, struct tree_office *)) != NULL) {
        const struct omb_reply *reply = ask_case(office, number);
        const struct omb_case_view *view;

        if (reply->error != NULL)
            print_error("%s: ", office->code);
        view = answer_of(reply);
        if (!omb_view_is(view->status, status) || !omb_view_is(view->custodian, custodian))
            print_error("%s: ", office->code);
        assert_text(view->status, status);
        assert_text(view->custodian, custodian);
    }
    va_end(offices);
}

bool tree_holds(const struct tree_office *office, struct omb_view number)
{
    return ask_case((struct tree_office *)(uintptr_t)office, number)->error == NULL;
}

const struct omb_event_view *tree_event_of(struct tree_office *office, struct omb_view number,
                                           const char *type)
{
    const struct omb_case_view *view = answer_of(ask_case(office, number));

    return event_of(&view->events, type);
}

const struct omb_peer_view *tree_link(struct tree_office *office, const struct tree_office *peer)
{
    const struct omb_peer_list_ask ask = {};
    const struct omb_peer_list *list;

    tree_tick(office);
    list = answer_of(ask_as(&office->rig, "admin", OMB_ASK_LINK_LIST, &ask));
    for (size_t i = 0; i < list->peers.count; i++)
        if (omb_view_is(list->peers.items[i].peer, peer->code))
            return &list->peers.items[i];
    return NULL;
}
