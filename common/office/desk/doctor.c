/*
 * Doctor: what an administrator should know about this office now, each finding with its level. It
 * looks; it mends nothing.
 */
#include <stdio.h>

#include "base/assert.h"
#include "office/backup.h"
#include "office/desk/inspect.h"
#include "office/duty/duty.h"
#include "office/logs.h"
#include "office/lost.h"
#include "office/restored.h"

#define LINKS_SHOWN 20 /* that are not well, one by one */
#define LOSS_SHOWN_MS (30 * OMB_DAY_MS)

struct visit {
    struct omb_step *step;
    struct omb_finding *findings;
    size_t count, room;
    struct omb_log life; /* the newest in which the office has a record, from check_newest on */
    struct omb_error *err;
};

static void find(struct visit *visit, const char *check, const char *level, struct omb_view words)
{
    OMB_ASSERT(visit->count < visit->room);
    visit->findings[visit->count++] = (struct omb_finding){
        .check = omb_view_str(check),
        .level = omb_view_str(level),
        .words = words,
    };
}

#define SAY(visit, ...) omb_arena_printf((visit)->step->arena, __VA_ARGS__)

/* --- one function a check --- */

/* New records are dated no earlier than the newest: a clock set back makes all dates wrong. */
static enum omb_rc check_clock(struct visit *visit)
{
    const int64_t now = visit->step->input->now_ms;
    const int64_t newest = omb_office_tip(visit->step->office)->time_ms;

    if (newest > now + OMB_CLOCK_SLACK_MS)
        find(visit, "clock", "critical",
             SAY(visit, "the clock is %lld s behind the newest record of the log",
                 (long long)((newest - now) / OMB_SECOND_MS)));
    else
        find(visit, "clock", "ok", OMB_VIEW_LIT("not behind the newest record"));
    return OMB_OK;
}

static enum omb_rc check_certificate(struct visit *visit)
{
    const struct omb_office_card *card =
        omb_office_card(visit->step, &omb_office_self(visit->step->office)->certificate);
    const int64_t now = visit->step->input->now_ms;
    char until[OMB_RFC3339_SIZE];
    const struct omb_certificate *inner;
    const char *next;

    if (card == NULL) {
        find(visit, "certificate", "critical",
             OMB_VIEW_LIT("the office's own is not in the store"));
        return OMB_OK;
    }
    inner = &card->certificate.inner;
    omb_rfc3339(inner->not_after, 0, until);
    next = inner->depth == 0 ? "only the bank's anchor key can sign the next"
                             : "`office request` asks for the next";
    if (now < inner->not_before)
        find(visit, "certificate", "warning", OMB_VIEW_LIT("not valid yet: is the clock right?"));
    else if (now > inner->not_after)
        find(visit, "certificate", "critical", SAY(visit, "expired at %s: %s", until, next));
    else if (now > inner->not_after - OMB_CERTIFICATE_SOON_MS)
        find(visit, "certificate", "warning", SAY(visit, "expires at %s: %s", until, next));
    else
        find(visit, "certificate", "ok", SAY(visit, "valid until %s", until));
    if (!card->complete)
        find(visit, "issuers", "critical",
             OMB_VIEW_LIT("a certificate between the office and the root is not here: "
                          "`office join`"));
    return OMB_OK;
}

/* An office needs somebody for each thing that must be done. */
static enum omb_rc check_operators(struct visit *visit)
{
    static const struct {
        uint32_t roles;
        const char *words;
    } needed[] = {
        {OMB_MAY(TELLER) | OMB_MAY(HANDLER) | OMB_MAY(SUPERVISOR),
         "nobody can register cases: `operator add --role teller`"},
        {OMB_MAY(HANDLER) | OMB_MAY(SUPERVISOR),
         "nobody can resolve or answer cases: `operator add --role handler`"},
        {OMB_MAY(SUPERVISOR),
         "nobody can escalate, extend or erase: `operator add --role supervisor`"},
        {OMB_MAY(ADMIN), "nobody can enrol operators"},
    };
    const struct omb_operator *operators;
    const size_t count = omb_office_operators(visit->step->office, &operators);
    size_t missing = 0, active = 0;

    for (size_t i = 0; i < count; i++)
        active += !operators[i].revoked;
    for (size_t n = 0; n < sizeof(needed) / sizeof(needed[0]); n++) {
        bool there = false;

        for (size_t i = 0; i < count; i++)
            there = there || (!operators[i].revoked && (operators[i].roles & needed[n].roles));
        if (!there) {
            find(visit, "operators", "warning", omb_view_str(needed[n].words));
            missing++;
        }
    }
    if (missing == 0)
        find(visit, "operators", "ok", SAY(visit, "%zu enrolled, every role is held", active));
    return OMB_OK;
}

/* --- counters --- */

struct tally {
    uint64_t rows;
    bool more;
};

static enum omb_rc count_row(void *arg, struct omb_view key, struct omb_view value)
{
    struct tally *tally = arg;

    (void)key;
    (void)value;
    if (tally->rows == OMB_SCAN_MAX) {
        tally->more = true;
        return OMB_STOP;
    }
    tally->rows++;
    return OMB_OK;
}

static enum omb_rc check_counter(struct visit *visit, enum omb_family family, uint64_t counter)
{
    struct tally tally = {0};
    const enum omb_rc rc =
        omb_desk_scan(visit->step, family, OMB_VIEW_NONE, NULL, count_row, &tally, visit->err);
    const char *name = omb_family_name(family);

    if (rc != OMB_OK)
        return rc;
    if (tally.more ? counter < tally.rows : counter != tally.rows)
        find(visit, "counters", "critical",
             SAY(visit, "the store says %llu rows of `%s` but holds %s%llu: `store rebuild`",
                 (unsigned long long)counter, name, tally.more ? "over " : "",
                 (unsigned long long)tally.rows));
    else
        find(visit, "counters", "ok",
             SAY(visit, "%llu rows of `%s`%s", (unsigned long long)counter, name,
                 tally.more ? ", not all were counted" : ""));
    return OMB_OK;
}

static enum omb_rc check_counters(struct visit *visit)
{
    const struct omb_tip *tip = omb_office_tip(visit->step->office);
    enum omb_rc rc = check_counter(visit, OMB_FAMILY_CASE, tip->cases);

    return rc == OMB_OK ? check_counter(visit, OMB_FAMILY_RECORD, tip->records) : rc;
}

/* Lives come in rising order; lines that lost a fork are no life of it. */
static enum omb_rc take_life(void *arg, const struct omb_log *log)
{
    if (log->row.line == 0 && log->row.head > 0)
        *(struct omb_log *)arg = *log;
    return OMB_OK;
}

/* An office that lost a fork, or was put back, has opened a life and written nothing in it yet. */
static enum omb_rc check_newest(struct visit *visit)
{
    const struct omb_tip *tip = omb_office_tip(visit->step->office);
    struct omb_error why = {0};
    const struct omb_log *life = &visit->life;
    uint32_t parts;
    enum omb_rc rc = omb_logs_each(visit->step, &omb_office_self(visit->step->office)->office,
                                   take_life, &visit->life, visit->err);

    if (rc != OMB_OK)
        return rc;
    if (life->row.head == 0) {
        find(visit, "newest-record", "warning", OMB_VIEW_LIT("the log is empty"));
        return OMB_OK;
    }
    rc = omb_record_verify(visit->step, life->number, life->row.head, &parts, &why);
    if (rc == OMB_IO)
        return omb_fail(visit->err, rc, NULL, "%s", why.words);
    if (rc != OMB_OK)
        find(visit, "newest-record", "critical",
             SAY(visit, "record %llu: %s: see `log verify`", (unsigned long long)life->row.head,
                 why.words));
    else if (tip->seq == 0)
        find(visit, "newest-record", "ok",
             SAY(visit,
                 "the next event opens a new life of the log; before it record %llu of number %u "
                 "is authentic",
                 (unsigned long long)life->row.head,
                 omb_incarnation_number(&life->row.incarnation)));
    else
        find(visit, "newest-record", "ok",
             SAY(visit, "record %llu is authentic", (unsigned long long)life->row.head));
    return OMB_OK;
}

static enum omb_rc check_incarnation(struct visit *visit)
{
    const struct omb_tip *tip = omb_office_tip(visit->step->office);

    if (tip->must_open || tip->seq == 0)
        find(visit, "incarnation", "ok", OMB_VIEW_LIT("the next event opens a new one"));
    else
        find(visit, "incarnation", "ok",
             SAY(visit, "number %u is open", omb_incarnation_number(&tip->incarnation)));
    return OMB_OK;
}

/* Said only while it is so. */
static enum omb_rc check_folding(struct visit *visit)
{
    if (omb_duty_refolds(visit->step))
        find(visit, "cases", "ok",
             OMB_VIEW_LIT("some are folded again, since the standing of an office changed"));
    return OMB_OK;
}

/* The key under which new cases are escrowed opens with a month's first registration. */
static enum omb_rc check_escrow(struct visit *visit)
{
    const struct omb_step *step = visit->step;
    const struct omb_tip *tip = omb_office_tip(step->office);
    const struct omb_civil local =
        omb_zone_local(omb_office_zone(step->office), step->input->now_ms);

    if (omb_digest_none(&tip->escrow) && visit->life.row.head == 0)
        find(visit, "escrow", "warning", OMB_VIEW_LIT("no escrow key was opened yet"));
    else if (tip->escrow_month == (uint32_t)local.year * 12 + (uint32_t)local.month - 1)
        find(visit, "escrow", "ok", OMB_VIEW_LIT("this month's key is open"));
    else
        find(visit, "escrow", "ok", OMB_VIEW_LIT("the next registration opens this month's key"));
    return OMB_OK;
}

/* --- own cases that cannot be read --- */

struct sealed_count {
    struct omb_aside aside;
    uint64_t cases, looked_at;
};

static enum omb_rc count_sealed(void *arg, struct omb_view key, struct omb_view value)
{
    struct sealed_count *count = arg;
    struct omb_step *step = &count->aside.step;
    struct omb_buf secret = OMB_BUF_INIT;
    struct omb_case_row row;
    struct omb_case_id id;
    struct omb_key at;
    enum omb_rc rc;

    (void)value;
    if (!omb_key_read_case(key, &id))
        return OMB_DAMAGED;
    at = omb_key_case_secret(&id);
    rc = omb_port_get(step->port, OMB_FAMILY_KEY, omb_key_view(&at), &secret);
    omb_buf_wipe(&secret);
    if (rc == OMB_NOT_FOUND) {
        rc = omb_case_row_read(step, &id, &row, NULL);
        count->cases += rc == OMB_OK && !row.erased;
        omb_arena_reset(&count->aside.arena);
    }
    return rc == OMB_OK && ++count->looked_at == OMB_SCAN_MAX ? OMB_STOP : rc;
}

/* Registered here, and the key to the words is only with the bank: the store was put back. */
static enum omb_rc check_case_keys(struct visit *visit)
{
    const struct omb_view self = OMB_VIEW_OF(omb_office_self(visit->step->office)->office.bytes);
    struct sealed_count count = {.cases = 0};
    enum omb_rc rc;

    omb_aside_begin(&count.aside, visit->step);
    rc = omb_desk_scan(&count.aside.step, OMB_FAMILY_CASE, self, NULL, count_sealed, &count,
                       visit->err);
    omb_aside_end(&count.aside);
    if (rc != OMB_OK)
        return rc;
    if (count.cases)
        find(visit, "case-keys", "critical",
             SAY(visit,
                 "%llu own cases%s cannot be read here, their keys are with the bank: stop "
                 "the daemon and say `office recover`",
                 (unsigned long long)count.cases,
                 count.looked_at == OMB_SCAN_MAX ? " or more" : ""));
    else
        find(visit, "case-keys", "ok", OMB_VIEW_LIT("every own case can be read here"));
    return OMB_OK;
}

/* --- overdue --- */

struct due_count {
    int64_t now_ms;
    uint64_t overdue;
};

/* Index rows of dates ascend by date. */
static enum omb_rc count_due(void *arg, struct omb_view key, struct omb_view value)
{
    struct due_count *count = arg;

    (void)value;
    if (key.size < 9)
        return OMB_DAMAGED;
    if ((int64_t)omb_be64(key.data + 1) >= count->now_ms)
        return OMB_STOP;
    count->overdue++;
    return OMB_OK;
}

static enum omb_rc check_overdue(struct visit *visit)
{
    const struct omb_key prefix = omb_key_index(OMB_INDEX_DUE, OMB_VIEW_NONE, NULL);
    struct due_count count = {.now_ms = visit->step->input->now_ms};
    const enum omb_rc rc = omb_desk_scan(visit->step, OMB_FAMILY_INDEX, omb_key_view(&prefix), NULL,
                                         count_due, &count, visit->err);

    if (rc != OMB_OK)
        return rc;
    if (count.overdue)
        find(visit, "overdue", "warning",
             SAY(visit, "%llu cases are past the date promised to the client: see `case due`",
                 (unsigned long long)count.overdue));
    else
        find(visit, "overdue", "ok", OMB_VIEW_LIT("no case is past its date"));
    return OMB_OK;
}

/* --- what the store lost --- */

/* What the offices above and below hold of it comes home; the rest people must know of. */
static enum omb_rc check_loss(struct visit *visit)
{
    const struct omb_key key = omb_key_meta(OMB_META_LOSS);
    struct omb_buf value = OMB_BUF_INIT;
    const enum omb_rc rc =
        omb_port_get(visit->step->port, OMB_FAMILY_META, omb_key_view(&key), &value);
    const int64_t now = visit->step->input->now_ms;
    char at[OMB_RFC3339_SIZE], count[24] = "";

    if (rc == OMB_OK && value.size == OMB_META_LOSS_SIZE &&
        now - (int64_t)omb_be64(value.data) < LOSS_SHOWN_MS) {
        omb_rfc3339((int64_t)omb_be64(value.data), 0, at);
        if (omb_be64(value.data + 8) > 0)
            snprintf(count, sizeof(count), "%llu ",
                     (unsigned long long)omb_be64(value.data + 8));
        find(visit, "loss", "warning",
             SAY(visit, "%swrites that had been synced were given up at %s: see that the cases of "
                        "the days before are there", count, at));
    }
    omb_buf_free(&value);
    return rc == OMB_NOT_FOUND ? OMB_OK : rc;
}

/* --- the offices above and below --- */

static enum omb_rc check_links(struct visit *visit)
{
    const struct omb_link_seen *links;
    const size_t count = omb_post_links(visit->step, &links);
    size_t ill = 0;

    for (size_t i = 0; i < count; i++) {
        const struct omb_view code = omb_office_code_of(visit->step, &links[i].peer);
        struct omb_judgement judgement = {.arena = visit->step->arena};

        omb_judge_link(visit->step, &links[i], &judgement);
        if (judgement.level == OMB_LEVEL_OK || ++ill > LINKS_SHOWN)
            continue;
        find(visit, "links", judgement.level == OMB_LEVEL_CRITICAL ? "critical" : "warning",
             SAY(visit, "%.*s: %.*s", OMB_VIEW_ARGS(code), OMB_VIEW_ARGS(judgement.words)));
    }
    if (ill > LINKS_SHOWN)
        find(visit, "links", "warning",
             SAY(visit, "and %zu more: see `link check`", ill - LINKS_SHOWN));
    if (ill == 0)
        find(visit, "links", "ok", SAY(visit, "%zu, all of them well", count));
    return OMB_OK;
}

struct lacking {
    struct visit *visit;
    uint64_t count;
    int64_t since;
};

static enum omb_rc visit_missing(void *arg, struct omb_view key, struct omb_view value)
{
    struct lacking *lack = arg;
    struct omb_missing_row row;

    (void)key;
    if (omb_decode_missing_row(value, lack->visit->step->arena, &row, NULL) != OMB_OK)
        return omb_fail(lack->visit->err, OMB_DAMAGED, NULL,
                        "the row of a missing part cannot be read");
    if (lack->since == 0 || row.since < lack->since)
        lack->since = row.since;
    return ++lack->count < OMB_SCAN_MAX ? OMB_OK : OMB_STOP;
}

/* Without an age that is said nobody is reminded; a failure is told all the same. */
static enum omb_rc check_backup(struct visit *visit)
{
    const uint32_t days = omb_backed_max_age_days(visit->step->office);
    const int64_t now = visit->step->input->now_ms;
    struct omb_backup_state state;
    char good[OMB_RFC3339_SIZE], failed[OMB_RFC3339_SIZE];
    const enum omb_rc rc = omb_backed_now(visit->step, &state, visit->err);

    if (rc != OMB_OK)
        return rc;
    omb_rfc3339(state.good_at, 0, good);
    omb_rfc3339(state.failed_at, 0, failed);
    if (state.failed_at)
        find(visit, "backup", "warning",
             SAY(visit, "the one of %s failed: %.*s", failed, OMB_VIEW_ARGS(state.failure)));
    if (state.good_at == 0)
        find(visit, "backup", days ? "warning" : "ok",
             OMB_VIEW_LIT("none was ever made: `ombud backup create`"));
    else if (days && state.good_at < now - (int64_t)days * OMB_DAY_MS)
        find(visit, "backup", "warning",
             SAY(visit, "the last good one is of %s, over %u days ago: %.*s", good, days,
                 OMB_VIEW_ARGS(state.good_path)));
    else
        find(visit, "backup", "ok",
             SAY(visit, "the last good one is of %s: %.*s", good, OMB_VIEW_ARGS(state.good_path)));
    return OMB_OK;
}

static enum omb_rc check_restored(struct visit *visit)
{
    const int64_t made_at = omb_restored_made_at(visit->step->office);
    struct omb_buf codes = OMB_BUF_INIT;
    struct omb_views unheard;
    char at[OMB_RFC3339_SIZE];
    const enum omb_rc rc = omb_restored_unheard(visit->step, &unheard, visit->err);

    if (rc != OMB_OK || made_at == 0)
        return rc;
    omb_rfc3339(made_at, 0, at);
    for (size_t i = 0; i < unheard.count && codes.size < 256; i++)
        omb_buf_printf(&codes, "%s%.*s", i ? ", " : "", OMB_VIEW_ARGS(unheard.items[i]));
    find(visit, "restored", "warning",
         SAY(visit,
             "from a backup of %s: words of its cases are withheld until %s%.*s%s`ombud "
             "backup serve-anyway`",
             at, codes.size ? "it has compared with " : "", OMB_VIEW_ARGS(omb_buf_view(&codes)),
             codes.size ? ", or " : ""));
    omb_buf_free(&codes);
    return OMB_OK;
}

static enum omb_rc check_parts(struct visit *visit)
{
    const struct omb_key prefix = omb_key_missing(NULL);
    struct lacking lack = {.visit = visit};
    char since[OMB_RFC3339_SIZE];
    const enum omb_rc rc = omb_desk_scan(visit->step, OMB_FAMILY_PEER, omb_key_view(&prefix), NULL,
                                         visit_missing, &lack, visit->err);

    if (rc != OMB_OK)
        return rc;
    omb_rfc3339(lack.since, 0, since);
    if (lack.count)
        find(visit, "parts", "warning",
             SAY(visit, "%llu records lack a part, the first since %s: see `link list`",
                 (unsigned long long)lack.count, since));
    else
        find(visit, "parts", "ok", OMB_VIEW_LIT("none is missing"));
    return OMB_OK;
}

static enum omb_rc check_refused(struct visit *visit)
{
    const struct omb_key prefix = omb_key_refused(NULL);
    struct tally tally = {.rows = 0};
    const enum omb_rc rc = omb_desk_scan(visit->step, OMB_FAMILY_PEER, omb_key_view(&prefix), NULL,
                                         count_row, &tally, visit->err);

    if (rc == OMB_OK && tally.rows > 0)
        find(visit, "refused", "critical",
             SAY(visit,
                 "%llu of this office's records were refused by the office above: "
                 "`office renew` writes them again",
                 (unsigned long long)tally.rows));
    return rc;
}

/* What stands aside here has no effect: people must know of it until it was written again. */
static enum omb_rc check_lost(struct visit *visit)
{
    struct omb_fork_health_list forks;
    enum omb_rc rc = omb_lost_forks(visit->step, &forks, visit->err);
    bool all = true;

    for (size_t i = 0; rc == OMB_OK && i < forks.count; i++)
        all = all && forks.items[i].renewed;
    if (!all)
        find(visit, "forks", "warning",
             OMB_VIEW_LIT("what this office lost to a fork was not written again: `office renew`"));
    return rc;
}

static void count_event(void *arg, const struct omb_event *event)
{
    (void)event;
    ++*(uint64_t *)arg;
}

static enum omb_rc check_logs(struct visit *visit)
{
    uint64_t quarantined = 0, forks = 0;
    enum omb_rc rc = omb_desk_flagged_each(visit->step, OMB_FLAGGED_QUARANTINED, count_event,
                                           &quarantined, visit->err);

    if (rc == OMB_OK)
        rc = omb_desk_fork_count(visit->step, &forks, visit->err);
    if (rc != OMB_OK)
        return rc;
    if (quarantined)
        find(visit, "quarantine", "warning",
             SAY(visit, "%llu records or more are kept without effect: see `log quarantine`",
                 (unsigned long long)quarantined));
    else
        find(visit, "quarantine", "ok", OMB_VIEW_LIT("every act in a case took effect or lost"));
    if (forks)
        find(visit, "forks", "warning",
             SAY(visit, "%llu: see `log forks`", (unsigned long long)forks));
    else
        find(visit, "forks", "ok", OMB_VIEW_LIT("none is known"));
    return OMB_OK;
}

enum omb_rc omb_desk_doctor(struct omb_step *step, const void *ask, const void **out,
                            struct omb_error *err)
{
    static enum omb_rc (*const checks[])(struct visit *) = {
        check_clock,     check_certificate, check_operators, check_counters,
        check_newest,    check_incarnation, check_escrow,    check_folding,
        check_case_keys, check_overdue,     check_links,     check_parts,
        check_refused,   check_logs,        check_lost,      check_backup,
        check_restored,  check_loss,
    };
    struct omb_doctor *answer = OMB_ARENA_NEW(step->arena, struct omb_doctor, 1);
    struct visit visit = {.step = step, .room = 64, .err = err};

    (void)ask;
    visit.findings = OMB_ARENA_NEW(step->arena, struct omb_finding, visit.room);
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        const enum omb_rc rc = checks[i](&visit);

        if (rc != OMB_OK)
            return rc;
    }
    answer->findings.items = visit.findings;
    answer->findings.count = visit.count;
    *out = answer;
    return OMB_OK;
}
