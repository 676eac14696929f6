/*
 * The tree below this office: where each stands by the newest certificates, what it said of itself,
 * and which offices a report may not know to the end. Direct children are known by their link. Of
 * what is below them the office in between names the links that do not run (post/health.c); one
 * that it does not name runs, and tells of itself every half minute.
 */
#include <stdlib.h>
#include <string.h>

#include "office/backup.h"
#include "office/desk/filter.h"
#include "office/desk/inspect.h"
#include "office/lost.h"

#define FRESH_MS (60 * OMB_SECOND_MS) /* a report is behind on whoever was not heard for so long */
#define MIB (UINT64_C(1024) * 1024)
#define ROOM_CRITICAL (64 * MIB)
#define ROOM_WARNING (1024 * MIB)
#define ROOM_DAYS 7

struct member {
    const struct omb_office_card *card;
    struct omb_view path;                  /* codes from the root down: the order of a tree */
    uint32_t depth;                        /* as the path has it */
    const struct member *parent;           /* NULL: this office, or one whose parent is not here */
    const char *ended;                     /* closed, revoked; NULL: it is neither */
    const struct omb_link_seen *link;      /* of a direct child */
    const struct omb_link_health *above;   /* the link as the office above it names it: ill */
    const struct omb_health *health;       /* what it says of itself; NULL: it never did */
    int64_t health_at;                     /* when that came here */
    bool self;
    bool stale;
    int64_t stale_since;
    bool unreachable;                      /* what is below it is not known either */
    int64_t silent_ms;                     /* since the office above heard it last, or this one */
};

struct family {
    struct omb_step *step;
    struct member *members;
    size_t count;
    const struct omb_link_seen **links;    /* by peer */
    size_t link_count;
    const struct omb_health_seen **healths; /* by office, the newest of each first */
    size_t health_count;
    struct omb_fork_health_list forks;      /* of the own log */
};

/* --- who there is --- */

static bool has_row(struct omb_step *step, const struct omb_key *key)
{
    struct omb_buf value = OMB_BUF_INIT;
    const bool has =
        omb_port_get(step->port, OMB_FAMILY_OFFICE, omb_key_view(key), &value) == OMB_OK;

    omb_buf_free(&value);
    return has;
}

const char *omb_desk_office_ended(struct omb_step *step, const struct omb_office_card *card)
{
    const struct omb_key closing = omb_key_closing(&card->seat.office);

    if (card->revoked) /* as one that was closed is in the end */
        return "revoked";
    return has_row(step, &closing) ? "closed" : NULL;
}

/*
 * Up from the office by newest certificates: its own says where those above it stood when it was
 * issued, and one of them may have come under another parent since.
 */
static void find_path(struct omb_step *step, struct member *member)
{
    struct omb_office_id ids[OMB_CHAIN_MAX] = {member->card->seat.office};
    struct omb_buf path = OMB_BUF_INIT;
    size_t count = 1;

    while (count < OMB_CHAIN_MAX) {
        ids[count] = ids[count - 1];
        if (!omb_office_climb(step, &ids[count]))
            break;
        count++;
    }
    member->depth = (uint32_t)count - 1;
    for (size_t i = count - 1; i > 0; i--) {
        omb_buf_add_view(&path, omb_office_code_of(step, &ids[i]));
        omb_buf_add_u8(&path, 0); /* before every character of a code: children follow at once */
    }
    omb_buf_add_view(&path, member->card->seat.code);
    member->path = omb_arena_copy(step->arena, omb_buf_view(&path));
    omb_buf_free(&path);
}

static int by_path(const void *a, const void *b)
{
    const struct member *first = a, *second = b;
    const int order = omb_view_compare(first->path, second->path);

    return order ? order : OMB_ID_COMPARE(&first->card->seat.office, &second->card->seat.office);
}

static enum omb_rc find_members(struct family *family, struct omb_error *err)
{
    struct omb_step *step = family->step;
    const struct omb_office_id *self = &omb_office_self(step->office)->office;
    struct omb_office_id *ids;
    size_t count;
    enum omb_rc rc = omb_desk_office_ids(step, &ids, &count, err);

    if (rc != OMB_OK)
        return rc;
    family->members = OMB_ARENA_NEW(step->arena, struct member, count);
    for (size_t i = 0; i < count; i++) {
        const struct omb_office_card *card = omb_office_newest(step, &ids[i]);

        if (card == NULL || !omb_office_is_within(step, &ids[i], self))
            continue;
        family->members[family->count] = (struct member){
            .card = card,
            .ended = omb_desk_office_ended(step, card),
            .self = omb_office_id_equal(&ids[i], self),
        };
        find_path(step, &family->members[family->count++]);
    }
    if (family->count > 0)
        qsort(family->members, family->count, sizeof(*family->members), by_path);
    return OMB_OK;
}

/* --- what is known of them --- */

static int by_peer(const void *a, const void *b)
{
    const struct omb_link_seen *const *first = a, *const *second = b;

    return OMB_ID_COMPARE(&(*first)->peer, &(*second)->peer);
}

static int by_office(const void *a, const void *b)
{
    const struct omb_health_seen *const *first = a, *const *second = b;
    const int order = OMB_ID_COMPARE(&(*first)->health->office, &(*second)->health->office);

    if (order != 0)
        return order;
    return (*first)->came_at > (*second)->came_at ? -1 : (*first)->came_at < (*second)->came_at;
}

static void find_views(struct family *family)
{
    struct omb_arena *arena = family->step->arena;
    const struct omb_link_seen *links;
    const struct omb_health_seen *healths;

    family->link_count = omb_post_links(family->step, &links);
    family->links = OMB_ARENA_NEW(arena, const struct omb_link_seen *, family->link_count);
    for (size_t i = 0; i < family->link_count; i++)
        family->links[i] = &links[i];
    if (family->link_count > 0)
        qsort(family->links, family->link_count, sizeof(*family->links), by_peer);
    family->health_count = omb_post_healths(family->step, &healths);
    family->healths = OMB_ARENA_NEW(arena, const struct omb_health_seen *, family->health_count);
    for (size_t i = 0; i < family->health_count; i++)
        family->healths[i] = &healths[i];
    if (family->health_count > 0)
        qsort(family->healths, family->health_count, sizeof(*family->healths), by_office);
}

static const struct omb_link_seen *find_link(const struct family *family,
                                             const struct omb_office_id *peer)
{
    size_t low = 0, high = family->link_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = OMB_ID_COMPARE(&family->links[middle]->peer, peer);

        if (order == 0)
            return family->links[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static const struct omb_health_seen *find_health(const struct family *family,
                                                 const struct omb_office_id *office)
{
    size_t low = 0, high = family->health_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (OMB_ID_COMPARE(&family->healths[middle]->health->office, office) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == family->health_count ||
        !omb_office_id_equal(&family->healths[low]->health->office, office))
        return NULL;
    return family->healths[low];
}

static const struct omb_link_health *link_below(const struct omb_health *health,
                                                const struct omb_office_id *peer)
{
    for (size_t i = 0; health != NULL && i < health->links.count; i++) {
        if (omb_office_id_equal(&health->links.items[i].peer, peer))
            return &health->links.items[i];
    }
    return NULL;
}

/* The office above it: members stand behind it in the order of the tree. */
static const struct member *parent_of(const struct family *family, const struct member *member)
{
    const struct omb_seat *seat = &member->card->seat;

    for (size_t i = (size_t)(member - family->members); i > 0; i--) {
        const struct member *before = &family->members[i - 1];

        if (before->depth < member->depth)
            return seat->above_count > 0 &&
                           omb_office_id_equal(&before->card->seat.office, &seat->above[0])
                       ? before
                       : NULL;
    }
    return NULL;
}

/* --- how far behind --- */

static void fall_behind(struct member *member, int64_t since)
{
    if (!member->stale || since < member->stale_since)
        member->stale_since = since;
    member->stale = true;
}

static void lose(struct member *member, int64_t since)
{
    fall_behind(member, since);
    member->unreachable = true;
}

static int64_t first_known(const struct member *member)
{
    return member->card->certificate.inner.not_before;
}

/* A line is found to have ended some time after it was heard last. 0: not known. */
static int64_t earlier_of(int64_t a, int64_t b)
{
    return b == 0 || (a != 0 && a < b) ? a : b;
}

static void judge_child(const struct family *family, struct member *member)
{
    const struct omb_link_seen *link = member->link;
    const int64_t now = family->step->input->now_ms;

    if (link == NULL || link->row.last_contact == 0) {
        lose(member, first_known(member));
        return;
    }
    if (!omb_view_is(omb_view_str(link->state), "live"))
        lose(member, earlier_of(link->since, link->row.last_contact));
    if (now - link->row.last_contact > FRESH_MS)
        lose(member, link->row.last_contact);
}

/* What the office above it told was so when it told it; as silent it has been since. */
static void judge_grandchild(const struct family *family, struct member *member)
{
    const struct member *parent = member->parent;
    const struct omb_link_health *above = member->above;
    const int64_t now = family->step->input->now_ms;

    if (parent->stale)
        fall_behind(member, parent->stale_since);
    member->unreachable = parent->unreachable;
    if (member->health == NULL) {
        lose(member, first_known(member));
        return;
    }
    if (above != NULL) {
        const int64_t since = earlier_of(above->since, above->last_contact);

        /* Never heard by the office above it, which lost its store: what came before is old. */
        member->silent_ms = above->last_contact > 0
                                ? parent->health->at - above->last_contact + now - parent->health_at
                                : now - member->health_at;
        lose(member, since ? since : member->health_at);
        return;
    }
    member->silent_ms = now - member->health_at;
    if (member->silent_ms > FRESH_MS)
        lose(member, member->health_at);
}

static void judge_backlog(struct member *member)
{
    const struct omb_health *health = member->health;

    if (health != NULL && health->backlog_records > 0)
        fall_behind(member, health->oldest_unacked ? health->oldest_unacked : health->at);
}

/* It called since: what the office above it told of the link before is over. */
static bool told_later(const struct member *member)
{
    return member->health != NULL && member->health_at > member->parent->health_at;
}

static void look_at(struct family *family, struct member *member)
{
    const struct omb_office_id *id = &member->card->seat.office;
    const struct omb_health_seen *seen = find_health(family, id);

    if (seen != NULL) {
        member->health = seen->health;
        member->health_at = seen->came_at;
    }
    if (member->self)
        return;
    member->parent = parent_of(family, member);
    member->link = find_link(family, id);
    if (member->parent != NULL && !member->parent->self && !told_later(member))
        member->above = link_below(member->parent->health, id);
    if (member->parent == NULL)
        lose(member, first_known(member));
    else if (member->parent->self)
        judge_child(family, member);
    else
        judge_grandchild(family, member);
    judge_backlog(member);
}

static enum omb_rc look(struct omb_step *step, struct family *out, struct omb_error *err)
{
    struct family family = {.step = step};
    enum omb_rc rc = find_members(&family, err);

    if (rc == OMB_OK)
        rc = omb_lost_forks(step, &family.forks, err);
    if (rc != OMB_OK)
        return rc;
    find_views(&family);
    for (size_t i = 0; i < family.count; i++)
        look_at(&family, &family.members[i]);
    *out = family;
    return OMB_OK;
}

/* --- stale --- */

static bool is_told_stale(const struct omb_desk_filter *filter, const struct member *member)
{
    return !member->self && member->ended == NULL && member->stale &&
           omb_desk_filter_takes(filter, &member->card->seat.office);
}

enum omb_rc omb_desk_stale(struct omb_step *step, const struct omb_desk_filter *filter,
                           struct omb_stale_office_list *out, struct omb_error *err)
{
    struct family family;
    struct omb_stale_office *stale;
    size_t count = 0;
    const enum omb_rc rc = look(step, &family, err);

    if (rc != OMB_OK)
        return rc;
    stale = OMB_ARENA_NEW(step->arena, struct omb_stale_office, family.count);
    for (size_t i = 0; i < family.count; i++) {
        const struct member *member = &family.members[i];

        if (is_told_stale(filter, member))
            stale[count++] = (struct omb_stale_office){member->card->seat.code,
                                                       member->stale_since};
    }
    out->items = stale;
    out->count = count;
    return OMB_OK;
}

/* --- levels --- */

static void judge_health(struct omb_step *step, const struct member *member,
                         struct omb_judgement *out)
{
    const struct omb_health *health = member->health;
    const int64_t lag =
        health != NULL && health->oldest_unacked ? health->at - health->oldest_unacked : 0;
    const struct omb_view ago = omb_ago(step->arena, lag);

    if (health == NULL)
        return;
    if (lag > OMB_LAG_MS)
        omb_judge(out, OMB_LEVEL_WARNING, "%llu records wait to go up, the oldest written %.*s ago",
                  (unsigned long long)health->backlog_records, OMB_VIEW_ARGS(ago));
    if (health->disk_free_bytes > 0 && health->disk_free_bytes < ROOM_WARNING)
        omb_judge(out,
                  health->disk_free_bytes < ROOM_CRITICAL ? OMB_LEVEL_CRITICAL : OMB_LEVEL_WARNING,
                  "%llu MiB free on its disk", (unsigned long long)(health->disk_free_bytes / MIB));
    if (health->disk_days_left > 0 && health->disk_days_left < ROOM_DAYS)
        omb_judge(out, OMB_LEVEL_WARNING, "its disk is full in %llu days",
                  (unsigned long long)health->disk_days_left);
    if (member->link == NULL && llabs(health->clock_offset_ms) > OMB_CLOCK_SLACK_MS)
        omb_judge(out, OMB_LEVEL_WARNING, "its clock is %lld s off the clock above it",
                  llabs(health->clock_offset_ms) / OMB_SECOND_MS);
}

/* The first on the way down to it of which nothing is heard. */
static const struct member *out_of_reach(const struct member *member)
{
    const struct member *lost = member->parent;

    while (lost->parent != NULL && lost->parent->unreachable)
        lost = lost->parent;
    return lost;
}

static void judge_below(struct omb_step *step, const struct member *member,
                        struct omb_judgement *out)
{
    const struct omb_view ago = omb_ago(step->arena, member->silent_ms);

    if (member->parent != NULL && member->parent->unreachable)
        omb_judge(out, OMB_LEVEL_UNKNOWN, "%.*s above it is out of reach",
                  OMB_VIEW_ARGS(out_of_reach(member)->card->certificate.inner.code));
    else if (member->above != NULL && omb_view_is(member->above->state, "blocked"))
        omb_judge(out, OMB_LEVEL_CRITICAL, "blocked: %.*s", OMB_VIEW_ARGS(member->above->reason));
    else if (member->parent == NULL || member->health == NULL)
        omb_judge(out, OMB_LEVEL_UNKNOWN, "never heard");
    else if (member->silent_ms > OMB_SILENT_MS)
        omb_judge(out, OMB_LEVEL_CRITICAL, "silent for %.*s", OMB_VIEW_ARGS(ago));
    else if (member->above != NULL && omb_view_is(member->above->state, "down"))
        omb_judge(out, OMB_LEVEL_WARNING, "down, heard %.*s ago%s%.*s", OMB_VIEW_ARGS(ago),
                  member->above->reason.size ? ": " : "", OMB_VIEW_ARGS(member->above->reason));
    if (member->health != NULL)
        omb_judge_forks(&member->health->forks, out);
    omb_judge_certificate(step, member->card, out);
}

static const struct omb_link_seen *link_up(const struct family *family)
{
    for (size_t i = 0; i < family->link_count; i++) {
        if (family->links[i]->up)
            return family->links[i];
    }
    return NULL;
}

static void judge_self(const struct family *family, const struct member *member,
                       struct omb_judgement *out)
{
    const struct omb_link_seen *up = link_up(family);

    if (up != NULL)
        omb_judge_link(family->step, up, out);
    else if (member->card->seat.depth > 0)
        omb_judge(out, OMB_LEVEL_UNKNOWN, "there is no link to its parent");
    omb_judge_forks(&family->forks, out);
    if (up == NULL)
        omb_judge_own_certificate(family->step, out);
}

static void judge_member(const struct family *family, const struct member *member,
                         struct omb_judgement *out)
{
    if (member->ended != NULL)
        omb_judge(out, OMB_LEVEL_OK, "%s", member->ended);
    else if (member->self)
        judge_self(family, member, out);
    else if (member->link != NULL)
        omb_judge_link(family->step, member->link, out);
    else if (member->parent != NULL && member->parent->self)
        omb_judge(out, OMB_LEVEL_UNKNOWN, "never heard");
    else
        judge_below(family->step, member, out);
    if (member->ended == NULL)
        judge_health(family->step, member, out);
}

/* --- the answer --- */

static struct omb_view state_of(const struct family *family, const struct member *member)
{
    const struct omb_link_seen *up = link_up(family);
    const struct omb_link_health *own;

    if (member->ended != NULL)
        return omb_view_str(member->ended);
    if (member->self && member->card->seat.depth == 0)
        return OMB_VIEW_LIT("root");
    if (member->self)
        return up != NULL ? omb_view_str(up->state) : OMB_VIEW_LIT("unknown");
    if (member->link != NULL)
        return omb_view_str(member->link->state);
    if (member->above != NULL)
        return member->above->state;
    own = member->parent != NULL ? link_below(member->health, &member->parent->card->seat.office)
                                 : NULL;
    return own != NULL ? own->state : OMB_VIEW_LIT("unknown");
}

static void show_health(const struct member *member, struct omb_tree_office *out)
{
    const struct omb_health *health = member->health;

    if (health == NULL)
        return;
    out->as_of = member->health_at;
    out->backlog = health->backlog_records;
    out->software = health->software;
    out->clock_offset_ms = health->clock_offset_ms;
    out->disk_free_bytes = health->disk_free_bytes;
    out->disk_days_left = health->disk_days_left;
    out->started_at = health->started_at;
    out->last_exit = health->last_exit;
    out->last_backup = health->last_backup;
    out->cases = health->cases;
    out->store_stalls = health->store_stalls;
}

/* This office needs nobody to tell it. */
static void show_self(const struct family *family, struct omb_tree_office *out)
{
    const struct omb_office_setup *lent = omb_office_lent(family->step->office);
    const struct omb_link_seen *up = link_up(family);

    out->as_of = family->step->input->now_ms;
    out->backlog = up != NULL ? up->lag_records : 0;
    out->clock_offset_ms = up != NULL ? -up->row.clock_offset_ms : 0;
    out->software = OMB_VIEW_LIT(OMB_SOFTWARE);
    out->started_at = lent->started_at;
    out->last_exit = lent->last_exit;
    out->last_backup = omb_backed_good_at(family->step->office);
    out->cases = omb_office_tip(family->step->office)->cases;
    omb_post_room(family->step->office, &out->disk_free_bytes, &out->store_stalls);
}

static void show_member(const struct family *family, const struct member *member,
                        struct omb_tree_office *out)
{
    const struct omb_certificate *inner = &member->card->certificate.inner;
    struct omb_judgement judgement = {.arena = family->step->arena};

    *out = (struct omb_tree_office){
        .code = inner->code,
        .name = inner->name,
        .kind = inner->kind,
        .depth = member->depth,
        .self = member->self,
        .state = state_of(family, member),
    };
    if (inner->depth > 0)
        out->parent = omb_office_code_of(family->step, &inner->parent);
    show_health(member, out);
    if (member->self)
        show_self(family, out);
    judge_member(family, member, &judgement);
    out->level = omb_view_str(omb_level_name(judgement.level));
    out->words = judgement.words;
}

enum omb_rc omb_desk_tree(struct omb_step *step, const void *ask, const void **out,
                          struct omb_error *err)
{
    struct omb_tree *answer = OMB_ARENA_NEW(step->arena, struct omb_tree, 1);
    struct omb_tree_office *offices;
    struct family family;
    const enum omb_rc rc = look(step, &family, err);

    (void)ask;
    if (rc != OMB_OK)
        return rc;
    offices = OMB_ARENA_NEW(step->arena, struct omb_tree_office, family.count);
    for (size_t i = 0; i < family.count; i++)
        show_member(&family, &family.members[i], &offices[i]);
    answer->offices.items = offices;
    answer->offices.count = family.count;
    *out = answer;
    return OMB_OK;
}
