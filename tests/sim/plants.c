#include "sim/plants.h"

#include <stdio.h>
#include <string.h>

#include "ledger/link.h"
#include "office/post/compare.h"
#include "office/post/feed_work.h"
#include "office/post/inside.h"
#include "office/post/work.h"
#include "office/receive_inside.h"
#include "support/memport.h"

static const struct {
    const char *word, *breaks;
    unsigned invariant, seeds;
} plants[] = {
#define ROW(name, word, breaks, invariant, seeds)                                                  \
    [SIM_PLANT_##name] = {word, breaks, invariant, seeds},
    SIM_PLANT_TABLE(ROW)
#undef ROW
};

static enum sim_plant chosen;
static bool growing;
static unsigned calls;

bool sim_plant_choose(const char *word)
{
    for (unsigned i = SIM_PLANT_NONE + 1; i < SIM_PLANTS; i++)
        if (strcmp(plants[i].word, word) == 0) {
            chosen = (enum sim_plant)i;
            return true;
        }
    return false;
}

void sim_plants_list(void)
{
    for (unsigned i = SIM_PLANT_NONE + 1; i < SIM_PLANTS; i++)
        printf("%-22s invariant %u, %3u seeds: %s\n", plants[i].word, plants[i].invariant,
               plants[i].seeds, plants[i].breaks);
}

void sim_plants_grow(void)
{
    growing = true;
}

static bool is(enum sim_plant plant)
{
    return growing && chosen == plant;
}

/* The same, one call in so many. */
static bool is_now(enum sim_plant plant, unsigned one_in)
{
    return is(plant) && ++calls % one_in == 0;
}

/* Declares what the linker calls the function itself and the one in its place. */
#define WRAP(type, name, ...)                                                                      \
    type __real_##name(__VA_ARGS__);                                                               \
    type __wrap_##name(__VA_ARGS__);                                                               \
    type __wrap_##name(__VA_ARGS__)

/* --- the store and what is promised --- */

WRAP(void, memport_sync, struct memport *store)
{
    if (!is(SIM_PLANT_ACK_EARLY) || ++calls % 8 == 0)
        __real_memport_sync(store);
}

/* Nothing that was asked before is found under it. */
WRAP(struct omb_key, omb_key_request, struct omb_view operator_code, struct omb_view id)
{
    struct omb_key key = __real_omb_key_request(operator_code, id);

    if (is(SIM_PLANT_TWICE))
        omb_put_be32(key.bytes + key.size - 4, ++calls);
    return key;
}

WRAP(void, omb_delete, struct omb_writes *writes, enum omb_family family, struct omb_view key)
{
    if (!(is(SIM_PLANT_ERASED) && family == OMB_FAMILY_PART) &&
        !(is(SIM_PLANT_ERASED_KEY) && family == OMB_FAMILY_KEY))
        __real_omb_delete(writes, family, key);
}

WRAP(void, omb_put, struct omb_writes *writes, enum omb_family family, struct omb_view key,
     struct omb_view value)
{
    if (!(family == OMB_FAMILY_INDEX && is_now(SIM_PLANT_INDEX, 30)) &&
        !(family == OMB_FAMILY_JOURNAL && is_now(SIM_PLANT_JOURNAL, 20)))
        __real_omb_put(writes, family, key, value);
}

/* --- cases --- */

static void hide_later_rivals(struct omb_event *events, size_t count, bool *hidden)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i && !hidden[i]; k++) {
            const struct omb_event_row *mine = omb_event_row_of(&events[i]);
            const struct omb_event_row *theirs = omb_event_row_of(&events[k]);

            hidden[i] = mine != NULL && theirs != NULL && mine->spine && theirs->spine &&
                        !events[k].odd && !events[i].odd &&
                        omb_digest_equal(&events[i].after, &events[k].after);
        }
    for (size_t i = 0; i < count; i++)
        events[i].odd |= hidden[i];
}

/* What moves nothing moves the case. */
static void move_by(const struct omb_event *events, size_t count, struct omb_case *out)
{
    for (size_t i = 0; i < count && out->custodian != NULL; i++) {
        const struct omb_facts *facts = events[i].facts;

        if (facts == NULL || facts->event.value == NULL)
            continue;
        if (is(SIM_PLANT_STATUS) && facts->event.tag == OMB_EVENT_NOTED)
            out->row.status = OMB_VIEW_LIT("resolved");
        if (is(SIM_PLANT_CUSTODY) && facts->event.tag == OMB_EVENT_SHARED)
            out->row.custodian = OMB_AS(shared, facts->event)->to;
    }
}

/* Events are given in the order in which their logs became known here. */
WRAP(void, omb_fold, const struct omb_event *events, size_t count, const struct omb_policy *policy,
     const struct omb_seats *seats, struct omb_arena *arena, struct omb_case *out)
{
    struct omb_event *shown = (struct omb_event *)(uintptr_t)events;
    bool *hidden = OMB_ARENA_NEW(arena, bool, count);

    if (is(SIM_PLANT_ARRIVAL))
        hide_later_rivals(shown, count, hidden);
    __real_omb_fold(events, count, policy, seats, arena, out);
    move_by(events, count, out);
    for (size_t i = 0; i < count; i++)
        shown[i].odd &= !hidden[i];
}

static const struct omb_casefile *fed; /* the case whose feed is written just now */

WRAP(enum omb_rc, omb_feed_case, struct omb_step *step, const struct omb_casefile *file,
     struct omb_error *err)
{
    const struct omb_office_id *children;
    size_t count = 0;
    enum omb_rc rc;

    if (file->fresh_count > 0 && is_now(SIM_PLANT_SCOPE, 5))
        count = omb_feed_children(step, &children);
    for (size_t i = 0; i < count; i++)
        if (!omb_feed_in_scope(step, &children[i], &file->id))
            omb_feed_put(step, &children[i], &file->fresh[0]);
    fed = file;
    rc = __real_omb_feed_case(step, file, err);
    fed = NULL;
    return rc;
}

static bool is_fresh(const struct omb_casefile *file, const struct omb_row_at *at)
{
    for (size_t i = 0; i < file->fresh_count; i++)
        if (file->fresh[i].number == at->number && file->fresh[i].seq == at->seq)
            return true;
    return false;
}

WRAP(void, omb_feed_put, struct omb_step *step, const struct omb_office_id *child,
     const struct omb_row_at *at)
{
    if (is(SIM_PLANT_HISTORY) && fed != NULL && !is_fresh(fed, at))
        return;
    if (!is_now(SIM_PLANT_ROW, 20))
        __real_omb_feed_put(step, child, at);
}

/* Of the events in the order in which they apply: whether a fresh one stands before another. */
static bool comes_late(const struct omb_casefile *file)
{
    bool fresh_before = false;

    for (size_t i = 0; i < file->folded.judged_count; i++) {
        const size_t k = (size_t)(file->folded.judged[i].event - file->events);
        const bool fresh = is_fresh(file, &file->rows[k]);

        if (fresh_before && !fresh)
            return true;
        fresh_before |= fresh;
    }
    return false;
}

WRAP(enum omb_rc, omb_casefile_save, struct omb_step *step, struct omb_casefile *file,
     struct omb_error *err)
{
    struct omb_case_row row;

    if (is(SIM_PLANT_CLOCK))
        file->folded.row.registered_at = step->input->now_ms;
    if (is(SIM_PLANT_REFOLD) && step->source != NULL && !file->born && comes_late(file) &&
        omb_case_row_read(step, &file->id, &row, NULL) == OMB_OK)
        file->folded.row = row;
    return __real_omb_casefile_save(step, file, err);
}

/* --- writing --- */

WRAP(enum omb_rc, omb_case_next, struct omb_step *step, struct omb_case_id *out,
     struct omb_error *err)
{
    const enum omb_rc rc = __real_omb_case_next(step, out, err);

    if (rc == OMB_OK && out->serial > 1 && is_now(SIM_PLANT_NUMBER, 4))
        out->serial--;
    return rc;
}

WRAP(const struct omb_office_card *, omb_lineage_newest, struct omb_step *step,
     const struct omb_office_certificates *all)
{
    const struct omb_office_card *newest = __real_omb_lineage_newest(step, all);

    for (size_t i = 0; newest && is(SIM_PLANT_NEWEST) && i < all->count; i++) {
        const struct omb_office_card *card = omb_office_card(step, &all->items[i]);

        if (card && card->certificate.inner.not_before > newest->certificate.inner.not_before)
            newest = card;
    }
    return newest;
}

WRAP(enum omb_rc, omb_append, struct omb_step *step, const struct omb_draft *draft,
     struct omb_appended *out, struct omb_error *err)
{
    if (is(SIM_PLANT_LIFE))
        step->office->tip.must_open = false;
    return __real_omb_append(step, draft, out, err);
}

WRAP(enum omb_rc, omb_log_ready, struct omb_step *step, struct omb_error *err)
{
    if (is(SIM_PLANT_LIFE))
        step->office->tip.must_open = false;
    return __real_omb_log_ready(step, err);
}

WRAP(enum omb_rc, omb_vault_grant, struct omb_step *step, const struct omb_case_id *id,
     const struct omb_office_ref *to, struct omb_grant *out, struct omb_error *err)
{
    const struct omb_office_ref self = {.office = step->office->self.office,
                                        .certificate = step->office->own.digest};

    return __real_omb_vault_grant(step, id, is(SIM_PLANT_GRANT) ? &self : to, out, err);
}

/* --- what comes in --- */

WRAP(enum omb_rc, omb_proof_verify, const struct omb_digest *leaf, const struct omb_proof *proof,
     const uint8_t key[OMB_PUBLIC_SIZE], struct omb_proof_memo *memo, struct omb_error *err)
{
    return is(SIM_PLANT_PROOF) ? OMB_OK : __real_omb_proof_verify(leaf, proof, key, memo, err);
}

WRAP(enum omb_rc, omb_part_verify, const struct omb_header *header, uint32_t kind,
     struct omb_view bytes, struct omb_error *err)
{
    return is(SIM_PLANT_PART) ? OMB_OK : __real_omb_part_verify(header, kind, bytes, err);
}

WRAP(enum omb_rc, omb_chain_verify, const struct omb_header *header,
     const struct omb_header *before, const struct omb_digest *digest, struct omb_error *err)
{
    return is(SIM_PLANT_CHAIN) ? OMB_OK : __real_omb_chain_verify(header, before, digest, err);
}

WRAP(bool, omb_office_cut_off, struct omb_step *step, const struct omb_key_id *key,
     const struct omb_incarnation *incarnation, uint64_t seq, const struct omb_digest *digest)
{
    return !is(SIM_PLANT_REVOKED) && __real_omb_office_cut_off(step, key, incarnation, seq, digest);
}

/* Whoever signed: a proof of that key is enough. */
WRAP(enum omb_rc, omb_check_signer, struct omb_judging *judging)
{
    const enum omb_rc rc = __real_omb_check_signer(judging);

    if (!is(SIM_PLANT_SIGNER) || rc != OMB_STOP || judging->receipt->kind != OMB_RECEIPT_REFUSED ||
        strstr(judging->receipt->words, "is of another office") == NULL)
        return rc;
    return __real_omb_proof_verify(&judging->digest, judging->record->proof,
                                   judging->card->certificate.inner.signing_key.data, NULL,
                                   NULL) == OMB_OK
               ? OMB_OK
               : rc;
}

struct newer {
    const struct omb_incarnation *than;
    bool found;
};

static enum omb_rc see_life(void *arg, const struct omb_log *log)
{
    struct newer *newer = arg;

    newer->found |= OMB_ID_COMPARE(&log->row.incarnation, newer->than) > 0;
    return newer->found ? OMB_STOP : OMB_OK;
}

WRAP(enum omb_rc, omb_check_place, struct omb_judging *judging)
{
    struct newer newer = {&judging->header.incarnation, false};

    if (is(SIM_PLANT_STRAGGLER) &&
        omb_logs_each(judging->step, &judging->header.office, see_life, &newer, judging->err) ==
            OMB_OK &&
        newer.found) {
        judging->receipt->kind = OMB_RECEIPT_DUPLICATE;
        return OMB_STOP;
    }
    return __real_omb_check_place(judging);
}

/* --- links --- */

static enum { NOT, BY_HELLO, BY_WELCOME } greeting;
static struct omb_row_at last_row; /* that a greeting's cursor might mean */
static uint64_t last_position;

/* Nor does it matter whether so much was ever sent. */
static void believe(struct omb_link *link, const struct omb_cursor *cursor)
{
    if (is(SIM_PLANT_CURSOR) && link != NULL && cursor != NULL &&
        link->sent_ever < cursor->position)
        link->sent_ever = cursor->position;
}

WRAP(enum omb_rc, omb_greet_hello, struct omb_step *step, const struct omb_hello *hello,
     struct omb_error *err)
{
    enum omb_rc rc;

    believe(omb_post_peer(step->office->post, &hello->office), hello->cursor);
    greeting = BY_HELLO;
    last_row = (struct omb_row_at){0};
    rc = __real_omb_greet_hello(step, hello, err);
    greeting = NOT;
    return rc;
}

WRAP(enum omb_rc, omb_greet_welcome, struct omb_step *step, struct omb_link *link,
     const struct omb_hello *welcome, struct omb_error *err)
{
    enum omb_rc rc;

    believe(link, welcome->cursor);
    greeting = BY_WELCOME;
    rc = __real_omb_greet_welcome(step, link, welcome, err);
    greeting = NOT;
    return rc;
}

WRAP(enum omb_rc, omb_feed_next, struct omb_step *step, const struct omb_office_id *child,
     uint64_t after, uint64_t *out_position, struct omb_row_at *out, struct omb_error *err)
{
    const enum omb_rc rc = __real_omb_feed_next(step, child, after, out_position, out, err);

    if (rc == OMB_OK)
        last_row = *out;
    return rc;
}

WRAP(struct omb_key, omb_key_journal, uint64_t position)
{
    last_position = position;
    return __real_omb_key_journal(position);
}

static void find_row(struct omb_step *step)
{
    const struct omb_key key = __real_omb_key_journal(last_position);
    struct omb_buf value = OMB_BUF_INIT;
    bool from_above;

    if (omb_port_get(step->port, OMB_FAMILY_JOURNAL, omb_key_view(&key), &value) != OMB_OK ||
        !omb_read_journal(omb_buf_view(&value), &last_row.number, &last_row.seq, &from_above))
        last_row = (struct omb_row_at){0};
    omb_buf_free(&value);
}

WRAP(enum omb_rc, omb_record_place, struct omb_step *step, const struct omb_digest *digest,
     struct omb_row_at *out)
{
    if (!is(SIM_PLANT_CURSOR) || greeting == NOT)
        return __real_omb_record_place(step, digest, out);
    if (greeting == BY_WELCOME)
        find_row(step);
    if (last_row.number == 0)
        return __real_omb_record_place(step, digest, out);
    *out = last_row;
    return OMB_OK;
}

WRAP(void, omb_credit_grant, struct omb_window *credit, uint64_t bytes)
{
    __real_omb_credit_grant(credit, is(SIM_PLANT_CREDIT) ? bytes / 2 : bytes);
}

WRAP(bool, omb_credit_left, const struct omb_window *credit)
{
    return is(SIM_PLANT_FLOOD) || is(SIM_PLANT_WINDOW) || __real_omb_credit_left(credit);
}

WRAP(bool, omb_credit_use, struct omb_window *credit, size_t bytes)
{
    return __real_omb_credit_use(credit, bytes) || is(SIM_PLANT_WINDOW);
}

WRAP(enum omb_rc, omb_compare_logs_take, struct omb_step *step, const struct omb_office_id *child,
     const struct omb_compare *page, struct omb_want *out_want, struct omb_compare *out_rest,
     struct omb_error *err)
{
    const enum omb_rc rc =
        __real_omb_compare_logs_take(step, child, page, out_want, out_rest, err);

    if (rc == OMB_OK && is(SIM_PLANT_LOGS))
        *out_want = (struct omb_want){0};
    return rc;
}

WRAP(enum omb_rc, omb_compare_cases_answer, struct omb_step *step, const struct omb_compare *page,
     struct omb_compare *out, struct omb_error *err)
{
    const enum omb_rc rc = __real_omb_compare_cases_answer(step, page, out, err);

    if (rc == OMB_OK && is(SIM_PLANT_SILENT))
        out->cases.count = 0;
    return rc;
}

WRAP(enum omb_rc, omb_feed_give_back, struct omb_step *step, const struct omb_office_id *child,
     const struct omb_row_at *at, struct omb_error *err)
{
    return is(SIM_PLANT_LOST) ? OMB_OK : __real_omb_feed_give_back(step, child, at, err);
}
