/*
 * Changes of the tree that the office above decides: a certificate revoked, an office closed with
 * another one in its place; an office let go to another parent, by one above both of them
 * (design: trust, Offices).
 */
#include <string.h>

#include "office/desk/enrol.h"
#include "office/issue.h"
#include "office/logs.h"

#define LIVES_MAX 2048 /* of one office in a revocation; a header holds no more */

/* The office that is changed. */
struct subject {
    const struct omb_office_change *change;
    struct omb_office_ref ref;
    const struct omb_office_card *card;
    struct omb_lines notes;
};

static bool is_closed(const struct omb_step *step, const struct omb_office_id *office)
{
    const struct omb_key key = omb_key_closing(office);
    struct omb_buf value = OMB_BUF_INIT;
    const enum omb_rc rc =
        omb_port_get(step->port, OMB_FAMILY_OFFICE, omb_key_view(&key), &value);

    omb_buf_free(&value);
    return rc == OMB_OK;
}

static bool is_child(const struct omb_step *step, const struct omb_office_card *card)
{
    return omb_office_id_equal(&card->certificate.inner.parent,
                               &omb_office_self(step->office)->office);
}

/* An office that this one certified, by its code; `field` is to blame. */
static enum omb_rc find_child(struct omb_step *step, struct omb_view code, const char *field,
                              struct omb_office_ref *out, const struct omb_office_card **out_card,
                              struct omb_error *err)
{
    enum omb_rc rc = omb_desk_office(step, code, field, out, err);

    if (rc != OMB_OK)
        return rc;
    *out_card = omb_office_card(step, &out->certificate);
    if (*out_card == NULL || !is_child(step, *out_card))
        return omb_fail(err, OMB_REFUSED, field,
                        "%.*s is not directly below this office: ask the one that certified it",
                        OMB_VIEW_ARGS(code));
    return OMB_OK;
}

/* One further down, too: who lets it go must know where to. */
static enum omb_rc find_below(struct omb_step *step, struct omb_view code, const char *field,
                              struct omb_office_ref *out, const struct omb_office_card **out_card,
                              struct omb_error *err)
{
    const struct omb_office_id *self = &omb_office_self(step->office)->office;
    enum omb_rc rc = omb_desk_office(step, code, field, out, err);

    if (rc != OMB_OK)
        return rc;
    *out_card = omb_office_card(step, &out->certificate);
    if (*out_card && omb_office_is_within(step, &out->office, self) &&
        !omb_office_id_equal(&out->office, self))
        return OMB_OK;
    return omb_fail(err, OMB_REFUSED, field, "%.*s is not below this office: ask one above it",
                    OMB_VIEW_ARGS(code));
}

static enum omb_rc check_certified(const struct omb_office_card *card, const char *field,
                                   struct omb_error *err)
{
    if (!card->revoked)
        return OMB_OK;
    return omb_fail(err, OMB_EXISTS, field, "the certificate of %.*s is revoked already",
                    OMB_VIEW_ARGS(card->certificate.inner.code));
}

/* What names it by a certificate that nobody else believes would wait with them. */
static enum omb_rc check_came(struct omb_step *step, const struct omb_office_card *card,
                              const char *field, struct omb_error *err)
{
    bool came;
    const enum omb_rc rc = omb_office_has_come(step, card, &came, err);

    if (rc != OMB_OK || came)
        return rc;
    return omb_fail(err, OMB_REFUSED, field,
                    "%.*s was certified here and has not come yet: with its `office join` it does; "
                    "one that never will stands with its old parent still",
                    OMB_VIEW_ARGS(card->certificate.inner.code));
}

static enum omb_rc check_stands(struct omb_step *step, const struct omb_office_card *card,
                                const char *field, struct omb_error *err)
{
    const struct omb_view code = card->certificate.inner.code;

    if (card->revoked)
        return check_certified(card, field, err);
    if (is_closed(step, &card->certificate.inner.office))
        return omb_fail(err, OMB_EXISTS, field, "%.*s is closed already", OMB_VIEW_ARGS(code));
    return check_came(step, card, field, err);
}

/* --- revoke --- */

/* The newest of them, in a ring: lives come in rising order. */
struct lives {
    struct omb_log_position *items;
    size_t count; /* ever */
};

static enum omb_rc take_life(void *arg, const struct omb_log *log)
{
    struct lives *lives = arg;

    if (log->row.line > 0 || log->row.head == 0)
        return OMB_OK;
    lives->items[lives->count++ % LIVES_MAX] = (struct omb_log_position){
        .incarnation = log->row.incarnation, .seq = log->row.head, .digest = log->row.digest};
    return OMB_OK;
}

/*
 * What is held here of its logs keeps effect, and nothing behind it. Of an office that opened more
 * lives than can be named the oldest are left out, and lose it.
 */
static enum omb_rc revoke(struct omb_step *step, struct subject *subject, struct omb_view *out,
                          struct omb_error *err)
{
    struct lives lives = {OMB_ARENA_NEW(step->arena, struct omb_log_position, LIVES_MAX), 0};
    struct omb_office_revoked event = {.certificate = subject->ref.certificate,
                                       .ground = subject->change->ground};
    const struct omb_facts facts = {.event = {OMB_EVENT_OFFICE_REVOKED, &event}};
    struct omb_appended appended;
    enum omb_rc rc = omb_logs_each(step, &subject->ref.office, take_life, &lives, err);

    if (rc != OMB_OK)
        return rc;
    event.until.items = lives.items;
    event.until.count = lives.count < LIVES_MAX ? lives.count : LIVES_MAX;
    rc = omb_desk_office_event(step, &facts, &appended, out, err);
    if (rc == OMB_OK && lives.count > LIVES_MAX)
        omb_lines_add(&subject->notes,
                      "of its %zu oldest incarnations no record keeps effect: a revocation names "
                      "%d at most",
                      lives.count - LIVES_MAX, LIVES_MAX);
    if (rc == OMB_OK)
        omb_lines_add(&subject->notes,
                      "its records up to here keep effect, of %zu incarnation%s; it needs new "
                      "keys to come back",
                      event.until.count, event.until.count == 1 ? "" : "s");
    return rc;
}

/* --- move --- */

static enum omb_rc move(struct omb_step *step, struct subject *subject, struct omb_view *out,
                        struct omb_error *err)
{
    const struct omb_view to = subject->change->parent;
    struct omb_office_ref parent;
    const struct omb_office_moved event = {.office = &subject->ref, .parent = &parent};
    const struct omb_facts facts = {.event = {OMB_EVENT_OFFICE_MOVED, &event}};
    const struct omb_office_card *card;
    struct omb_appended appended;
    enum omb_rc rc = omb_desk_office(step, to, "parent", &parent, err);

    if (rc == OMB_NOT_FOUND && omb_office_self(step->office)->above_count > 0)
        return omb_fail(err, rc, "parent",
                        "no office %.*s is known here: an office above both moves it",
                        OMB_VIEW_ARGS(to));
    if (rc != OMB_OK)
        return rc;
    card = omb_office_card(step, &parent.certificate);
    if (card == NULL || omb_office_is_within(step, &parent.office, &subject->ref.office))
        return omb_fail(err, OMB_REFUSED, "parent", "%.*s cannot stand below %.*s",
                        OMB_VIEW_ARGS(subject->change->code), OMB_VIEW_ARGS(to));
    if (omb_office_id_equal(&parent.office, &subject->card->certificate.inner.parent))
        return omb_fail(err, OMB_EXISTS, "parent", "%.*s stands below %.*s already",
                        OMB_VIEW_ARGS(subject->change->code), OMB_VIEW_ARGS(to));
    if (omb_view_is(card->certificate.inner.kind, "branch"))
        return omb_fail(err, OMB_REFUSED, "parent", "%.*s is a branch and certifies nobody",
                        OMB_VIEW_ARGS(to));
    rc = check_came(step, card, "parent", err);
    if (rc != OMB_OK)
        return rc;
    rc = omb_desk_office_event(step, &facts, &appended, out, err);
    if (rc == OMB_OK)
        omb_lines_add(&subject->notes,
                      "now `office request` at %.*s, `office certify` at %.*s, and `office join` "
                      "at %.*s",
                      OMB_VIEW_ARGS(subject->change->code), OMB_VIEW_ARGS(to),
                      OMB_VIEW_ARGS(subject->change->code));
    return rc;
}

/* --- close --- */

static void add_once(struct omb_views *all, struct omb_view *items, struct omb_view id)
{
    for (size_t i = 0; i < all->count; i++)
        if (omb_view_equal(items[i], id))
            return;
    items[all->count++] = id;
}

/* Of whom an office stands in for only one above them can say that another one does. */
static enum omb_rc check_inherited(struct omb_step *step, const struct omb_office_card *card,
                                   struct omb_error *err)
{
    const struct omb_views *succeeds = &card->certificate.inner.succeeds;
    const struct omb_office_id *self = &omb_office_self(step->office)->office;

    for (size_t i = 0; i < succeeds->count; i++) {
        const struct omb_office_card *closed =
            omb_office_stood_in_for(step, card, succeeds->items[i]);

        if (closed && !omb_seat_is_above(&closed->seat, self))
            return omb_fail(err, OMB_REFUSED, "code",
                            "%.*s stands in for %.*s, which is not below this office: move it "
                            "below an office above both, which can close it",
                            OMB_VIEW_ARGS(card->certificate.inner.code),
                            OMB_VIEW_ARGS(closed->certificate.inner.code));
    }
    return OMB_OK;
}

/*
 * The successor's next certificate says that it stands in for the closed office too, and for all
 * that the closed one stood in for.
 */
static enum omb_rc certify_successor(struct omb_step *step, const struct omb_office_card *card,
                                     const struct omb_office_card *closed, struct omb_error *err)
{
    const struct omb_certificate *was = &card->certificate.inner;
    const struct omb_certificate *ends = &closed->certificate.inner;
    struct omb_certificate certificate = *was;
    struct omb_view *succeeds = OMB_ARENA_NEW(step->arena, struct omb_view,
                                              was->succeeds.count + ends->succeeds.count + 1);
    struct omb_known_certificate issued;
    struct omb_appended record;
    const int64_t soonest = step->input->now_ms + OMB_DAY_MS;

    certificate.succeeds = (struct omb_views){succeeds, 0};
    for (size_t i = 0; i < was->succeeds.count; i++)
        add_once(&certificate.succeeds, succeeds, was->succeeds.items[i]);
    for (size_t i = 0; i < ends->succeeds.count; i++)
        if (omb_office_stood_in_for(step, closed, ends->succeeds.items[i]))
            add_once(&certificate.succeeds, succeeds, ends->succeeds.items[i]);
    add_once(&certificate.succeeds, succeeds, OMB_VIEW_OF(ends->office.bytes));
    certificate.previous = card->certificate.digest;
    certificate.not_after = was->not_after > soonest ? was->not_after : soonest;
    return omb_issue(step, &certificate, 0, was, &issued, &record, err);
}

static enum omb_rc count_case(void *arg, struct omb_view key, struct omb_view value)
{
    (void)key;
    (void)value;
    ++*(size_t *)arg;
    return OMB_OK;
}

/* Only the closing office can give the keys of its cases away. */
static enum omb_rc note_keys(struct omb_step *step, struct subject *subject, struct omb_error *err)
{
    size_t cases = 0;
    const enum omb_rc rc = omb_desk_scan(step, OMB_FAMILY_CASE,
                                         OMB_VIEW_OF(subject->ref.office.bytes), NULL, count_case,
                                         &cases, err);

    if (rc == OMB_OK && cases > 0)
        omb_lines_add(&subject->notes,
                      "%.*s gives the keys of its cases (%zu are known here) to %.*s while its "
                      "daemon runs: let it run until `link list` shows no lag, then "
                      "`office revoke` it",
                      OMB_VIEW_ARGS(subject->change->code), cases,
                      OMB_VIEW_ARGS(subject->change->successor));
    return rc;
}

static void note_custody(struct subject *subject)
{
    omb_lines_add(&subject->notes,
                  "cases of other offices that %.*s was to decide nobody decides until an "
                  "office above has taken them over: `case list --status open` shows whose "
                  "they are",
                  OMB_VIEW_ARGS(subject->change->code));
}

static enum omb_rc close_office(struct omb_step *step, struct subject *subject,
                                struct omb_view *out, struct omb_error *err)
{
    struct omb_office_ref successor;
    const struct omb_office_closed event = {.office = &subject->ref, .successor = &successor};
    const struct omb_facts facts = {.event = {OMB_EVENT_OFFICE_CLOSED, &event}};
    const struct omb_office_card *card;
    struct omb_appended appended;
    enum omb_rc rc =
        find_child(step, subject->change->successor, "successor", &successor, &card, err);

    if (rc == OMB_OK && omb_office_id_equal(&successor.office, &subject->ref.office))
        rc = omb_fail(err, OMB_INVALID, "successor", "an office does not stand in for itself");
    if (rc == OMB_OK)
        rc = check_stands(step, card, "successor", err);
    if (rc == OMB_OK)
        rc = check_inherited(step, subject->card, err);
    if (rc == OMB_OK)
        rc = omb_issue_may(step, err);
    if (rc == OMB_OK)
        rc = omb_desk_office_event(step, &facts, &appended, out, err);
    if (rc == OMB_OK)
        rc = certify_successor(step, card, subject->card, err);
    if (rc == OMB_OK)
        rc = note_keys(step, subject, err);
    if (rc == OMB_OK)
        note_custody(subject);
    return rc;
}

/* --- all three --- */

/* A revocation is for ever: what was mistyped would be, too. */
static enum omb_rc check_ground(struct omb_view ground, struct omb_error *err)
{
    static const char *const grounds[] = {"stolen", "lost", "misused", "other"};

    for (size_t i = 0; i < sizeof(grounds) / sizeof(grounds[0]); i++)
        if (omb_view_is(ground, grounds[i]))
            return OMB_OK;
    if (ground.size == 0)
        return OMB_OK;
    return omb_fail(err, OMB_UNKNOWN_CODE, "ground",
                    "unknown ground `%.*s`: it must be stolen, lost, misused or other",
                    OMB_VIEW_ARGS(ground));
}

static enum omb_rc run(struct omb_step *step, struct subject *subject, struct omb_view *out,
                       struct omb_error *err)
{
    const struct omb_office_change *change = subject->change;
    const int said =
        (change->revoke ? 1 : 0) + (change->parent.size ? 1 : 0) + (change->successor.size ? 1 : 0);
    enum omb_rc rc;

    if (said != 1)
        return omb_fail(err, OMB_INVALID, NULL, "say one of revoke, parent and successor");
    rc = check_ground(change->ground, err);
    if (rc != OMB_OK)
        return rc;
    if (change->revoke)
        return revoke(step, subject, out, err);
    return change->parent.size ? move(step, subject, out, err)
                               : close_office(step, subject, out, err);
}

enum omb_rc omb_desk_office_change(struct omb_step *step, const void *ask, const void **out,
                                   struct omb_error *err)
{
    struct omb_office_changed *answer = OMB_ARENA_NEW(step->arena, struct omb_office_changed, 1);
    struct subject subject = {.change = ask, .notes = {.arena = step->arena}};
    enum omb_rc rc =
        (subject.change->parent.size ? find_below : find_child)(
            step, subject.change->code, "code", &subject.ref, &subject.card, err);

    if (rc == OMB_OK)
        rc = subject.change->revoke ? check_certified(subject.card, "code", err)
                                    : check_stands(step, subject.card, "code", err);
    if (rc == OMB_OK)
        rc = run(step, &subject, &answer->record, err);
    if (rc != OMB_OK)
        return rc;
    answer->code = subject.change->code;
    answer->notes = omb_lines_views(&subject.notes);
    *out = answer;
    return OMB_OK;
}
