/*
 * Acknowledgements: what came is durable when the batch is, so acks leave with it. Upward each log
 * that grew gets a witness, all of a batch under one signature; witnesses from above are kept and
 * told to the child at or above the log's office (design: records, Log and incarnation).
 */
#include "office/post/ack.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "office/post/own.h"
#include "office/post/work.h"
#include "wire/limits.h"

/* --- those that are due in this batch --- */

bool omb_ack_grown(struct omb_post *post, struct omb_link *link, uint32_t number)
{
    for (size_t i = post->grown_count; i > 0 && i + 8 > post->grown_count; i--)
        if (post->grown[i - 1].number == number && post->grown[i - 1].link == link)
            return false;
    if (post->grown_count == post->grown_capacity) {
        post->grown_capacity = post->grown_capacity ? post->grown_capacity * 2 : 64;
        post->grown = realloc(post->grown, post->grown_capacity * sizeof(*post->grown));
        OMB_ASSERT(post->grown != NULL);
    }
    post->grown[post->grown_count++] = (struct omb_grown){link, number};
    return true;
}

static void relay(struct omb_step *step, struct omb_link *link, struct omb_view bytes)
{
    struct omb_post *post = step->office->post;

    if (post->relayed_count == post->relayed_capacity) {
        post->relayed_capacity = post->relayed_capacity ? post->relayed_capacity * 2 : 64;
        post->relayed = realloc(post->relayed, post->relayed_capacity * sizeof(*post->relayed));
        OMB_ASSERT(post->relayed != NULL);
    }
    post->relayed[post->relayed_count++] =
        (struct omb_relayed){link, omb_arena_copy(&step->update->arena, bytes)};
    omb_post_busy(post, link);
}

/* A log that is held without holes: how far is what a witness says. */
static enum omb_rc state_log(struct omb_step *step, uint32_t number,
                             struct omb_witness_statement *out, bool *out_whole,
                             struct omb_error *err)
{
    struct omb_office *office = step->office;
    struct omb_log log;
    enum omb_rc rc = omb_log_by_number(step, number, &log, err);

    if (rc != OMB_OK)
        return rc;
    *out_whole = log.row.line == 0 && log.row.count == log.row.head && log.row.head > 0;
    *out = (struct omb_witness_statement){
        .witness = office->self.office,
        .key = office->key_id,
        .office = log.row.office,
        .incarnation = log.row.incarnation,
        .seq = log.row.head,
        .digest = log.row.digest,
        .time_ms = step->input->now_ms,
    };
    return OMB_OK;
}

static int by_link(const void *a, const void *b)
{
    const struct omb_grown *x = a, *y = b;

    if (x->link != y->link)
        return (uintptr_t)x->link < (uintptr_t)y->link ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* One signature for all logs that grew: a witness for each, in the order of the links. */
static enum omb_rc sign_grown(struct omb_step *step, struct omb_witness **out,
                              struct omb_error *err)
{
    struct omb_post *post = step->office->post;
    struct omb_witness_statement *said;
    size_t count = 0;

    *out = NULL;
    if (post->grown_count == 0)
        return OMB_OK;
    qsort(post->grown, post->grown_count, sizeof(*post->grown), by_link);
    said = OMB_ARENA_NEW(step->arena, struct omb_witness_statement, post->grown_count);
    for (size_t i = 0; i < post->grown_count && count < OMB_BATCH_MAX; i++) {
        bool whole = false;
        enum omb_rc rc;

        if (count > 0 && by_link(&post->grown[i], &post->grown[count - 1]) == 0)
            continue;
        rc = state_log(step, post->grown[i].number, &said[count], &whole, err);
        if (rc != OMB_OK)
            return rc;
        if (whole)
            post->grown[count++] = post->grown[i];
    }
    post->grown_count = count;
    if (count == 0)
        return OMB_OK;
    *out = OMB_ARENA_NEW(step->arena, struct omb_witness, count);
    omb_witness_sign(step->office->setup.signer, said, count, step->arena, *out);
    return OMB_OK;
}

static size_t relayed_to(struct omb_step *step, struct omb_link *link, struct omb_witness *out)
{
    const struct omb_post *post = step->office->post;
    size_t count = 0;

    for (size_t i = 0; i < post->relayed_count; i++)
        if (post->relayed[i].link == link &&
            omb_decode_witness(post->relayed[i].bytes, step->arena, &out[count], NULL) == OMB_OK)
            count++;
    return count;
}

/* As many frames as it takes: a branch of a large tree hears of thousands of logs at a time. */
static void send_acks(struct omb_step *step, struct omb_link *link,
                      const struct omb_witness *witnesses, size_t count)
{
    bool cursor = link->ack_due && link->held.position > 0;

    while (cursor || count > 0) {
        const size_t now = count < OMB_WITNESSES_MAX ? count : OMB_WITNESSES_MAX;
        const struct omb_ack ack = {
            .cursor = cursor ? &link->held : NULL,
            .witnesses = {witnesses, now},
        };

        omb_link_send(step, link, OMB_FRAME_ACK, &ack);
        cursor = false;
        witnesses += now;
        count -= now;
    }
    link->ack_due = false;
    if (link->give_back == 0)
        return;
    omb_credit_grant(&link->granted, link->give_back);
    omb_link_send(step, link, OMB_FRAME_CREDIT, &(struct omb_credit){link->give_back});
    link->give_back = 0;
}

enum omb_rc omb_ack_send(struct omb_step *step, struct omb_error *err)
{
    struct omb_post *post = step->office->post;
    struct omb_witness *signed_, *all;
    enum omb_rc rc = sign_grown(step, &signed_, err);

    if (rc != OMB_OK)
        return rc;
    all = OMB_ARENA_NEW(step->arena, struct omb_witness,
                        post->grown_count + post->relayed_count + 1);
    for (struct omb_link *link = post->busy; link; link = link->next_busy) {
        size_t count = 0;

        if (!link->greeted || link->connection == 0)
            continue;
        for (size_t i = 0; i < post->grown_count; i++)
            if (post->grown[i].link == link)
                all[count++] = signed_[i];
        count += relayed_to(step, link, all + count);
        send_acks(step, link, all, count);
    }
    post->grown_count = post->relayed_count = 0;
    return OMB_OK;
}

/* --- what a child has, whichever way it came --- */

struct retold {
    struct omb_step *step;
    struct omb_link *link;
    size_t count;
};

static enum omb_rc see_witness(void *arg, struct omb_view key, struct omb_view value)
{
    struct retold *retold = arg;

    (void)key;
    relay(retold->step, retold->link, value);
    return ++retold->count < OMB_WITNESSES_MAX ? OMB_OK : OMB_STOP;
}

/* What this office holds of a log, and what those above said of it. */
static enum omb_rc retell_log(struct retold *retold, uint32_t number, struct omb_error *err)
{
    struct omb_step *step = retold->step;
    const struct omb_key prefix = omb_key_witness(number, NULL);
    enum omb_rc rc;

    if (step->office->post->relayed_count >= OMB_WITNESSES_MAX || /* a greeting tells the rest */
        !omb_ack_grown(step->office->post, retold->link, number))
        return OMB_OK;
    rc = omb_port_scan_prefix(step->port, OMB_FAMILY_PEER, omb_key_view(&prefix), see_witness,
                              retold);
    return rc == OMB_OK ? rc
                        : omb_fail(err, rc, NULL, "the witnesses in the store cannot be read");
}

enum omb_rc omb_ack_known(struct omb_step *step, struct omb_link *link,
                          const struct omb_office_id *office, uint32_t number,
                          struct omb_error *err)
{
    struct retold retold = {.step = step, .link = link};
    bool below = omb_office_id_equal(office, &link->peer);
    enum omb_rc rc = OMB_OK;

    if (!below) /* that its office stands there may be said behind it in the same frame */
        rc = omb_office_came_below(step, office, &link->peer, &below, err);
    return rc == OMB_OK && below ? retell_log(&retold, number, err) : rc;
}

struct taken {
    struct retold retold;
    uint32_t number; /* of the row before */
    struct omb_error *err;
};

static enum omb_rc see_taken(void *arg, const struct omb_row_at *at)
{
    struct taken *taken = arg;
    struct omb_step *step = taken->retold.step;
    struct omb_office_id child;
    struct omb_log log;
    enum omb_rc rc;

    if (at->number == taken->number)
        return OMB_OK;
    taken->number = at->number;
    rc = omb_log_by_number(step, at->number, &log, taken->err);
    if (rc != OMB_OK)
        return rc;
    child = omb_feed_child_above(step, &log.row.office);
    return omb_office_id_equal(&child, &taken->retold.link->peer)
               ? retell_log(&taken->retold, at->number, taken->err)
               : OMB_OK;
}

/*
 * A record that was given back: that it is durable up here was said by the way that it came, or
 * before its office lost it, and nobody keeps the word for what it has not got.
 */
enum omb_rc omb_ack_taken(struct omb_step *step, struct omb_link *link, uint64_t position,
                          struct omb_error *err)
{
    struct taken taken = {.retold = {step, link, 0}, .err = err};

    return omb_feed_acked(step, &link->peer, position, see_taken, &taken, err);
}

/* --- acks that come --- */

static enum omb_rc is_newer(struct omb_step *step, const struct omb_key *key, uint64_t seq,
                            bool *out, struct omb_error *err)
{
    struct omb_buf value = OMB_BUF_INIT;
    struct omb_witness_statement said;
    struct omb_witness witness;
    enum omb_rc rc = omb_port_get(step->port, OMB_FAMILY_PEER, omb_key_view(key), &value);

    *out = true;
    if (rc == OMB_OK) {
        const struct omb_view bytes = omb_arena_copy(step->arena, omb_buf_view(&value));

        if (omb_decode_witness(bytes, step->arena, &witness, NULL) == OMB_OK &&
            omb_witness_read(&witness, step->arena, &said, NULL) == OMB_OK)
            *out = said.seq < seq;
    } else if (rc != OMB_NOT_FOUND) {
        rc = omb_fail(err, rc, NULL, "the witnesses in the store cannot be read");
    }
    omb_buf_free(&value);
    return rc == OMB_NOT_FOUND ? OMB_OK : rc;
}

static bool is_above(const struct omb_office *office, const struct omb_office_id *id)
{
    for (size_t i = 0; i < office->self.above_count; i++)
        if (omb_office_id_equal(&office->self.above[i], id))
            return true;
    return false;
}

/* Whether an office above says so, with a key that it was certified. */
static bool holds(struct omb_step *step, const struct omb_witness *witness,
                  const struct omb_witness_statement *said)
{
    const struct omb_office_card *card = omb_office_card_by_key(step, &said->key);

    return card && omb_office_id_equal(&card->certificate.inner.office, &said->witness) &&
           is_above(step->office, &said->witness) &&
           omb_office_card_check(step, card, NULL) == OMB_OK &&
           omb_witness_verify(witness, card->certificate.inner.signing_key.data,
                              &step->office->post->memo, NULL) == OMB_OK;
}

static void keep_witness(struct omb_step *step, const struct omb_key *key,
                         const struct omb_witness *witness,
                         const struct omb_witness_statement *said)
{
    struct omb_buf *value = &step->office->post->row;
    struct omb_office_id child;
    struct omb_link *link;

    omb_buf_clear(value);
    omb_encode_witness(witness, value);
    omb_put(step->update->writes, OMB_FAMILY_PEER, omb_key_view(key), omb_buf_view(value));
    if (omb_office_id_equal(&said->office, &step->office->self.office)) {
        omb_own_confirm(step, &said->incarnation, said->seq, &said->digest);
        return;
    }
    child = omb_feed_child_above(step, &said->office);
    link = omb_office_id_none(&child) ? NULL : omb_post_peer(step->office->post, &child);
    if (link && link->greeted && link->connection != 0)
        relay(step, link, omb_buf_view(value));
}

/* Of another line than the one that stands here a witness says nothing: a fork shows by itself. */
static bool stands_here(struct omb_step *step, const struct omb_log *log,
                        const struct omb_witness_statement *said)
{
    struct omb_row_at at;

    return omb_record_place(step, &said->digest, &at) == OMB_OK && at.number == log->number &&
           at.seq == said->seq;
}

/* One that does not hold, or is of a log that is not here, says nothing. */
static enum omb_rc take_witness(struct omb_step *step, const struct omb_witness *witness,
                                struct omb_error *err)
{
    struct omb_witness_statement said;
    struct omb_log log;
    struct omb_key key;
    bool newer;
    enum omb_rc rc;

    if (omb_witness_read(witness, step->arena, &said, NULL) != OMB_OK ||
        !holds(step, witness, &said))
        return OMB_OK;
    rc = omb_log_find(step, &said.office, &said.incarnation, 0, &log, err);
    if (rc == OMB_OK && !stands_here(step, &log, &said))
        return OMB_OK;
    if (rc != OMB_OK)
        return rc == OMB_NOT_FOUND ? OMB_OK : rc;
    key = omb_key_witness(log.number, &said.witness);
    rc = is_newer(step, &key, said.seq, &newer, err);
    if (rc == OMB_OK && newer)
        keep_witness(step, &key, witness, &said);
    return rc;
}

enum omb_rc omb_ack_came(struct omb_step *step, struct omb_link *link, const struct omb_ack *ack,
                         struct omb_error *err)
{
    enum omb_rc rc = OMB_OK;

    if (ack->witnesses.count > OMB_WITNESSES_MAX || (!link->up && ack->witnesses.count > 0))
        return omb_link_wrong(step, link, "its ack holds witnesses that are not its to give", err);
    if (ack->cursor) {
        const struct omb_cursor *cursor = ack->cursor;

        if (cursor->position > link->sent_record)
            return omb_link_wrong(step, link, "it acknowledges what was not sent", err);
        if (cursor->position > link->acked.position && cursor->position > link->start) {
            link->progress_at = link->last_ack = step->input->now_ms;
            link->acked = *cursor;
            if (link->acked_most < cursor->position)
                link->acked_most = cursor->position;
            link->dirty = true;
            omb_outbox_acked(step, link, cursor->position);
            if (!link->up)
                rc = omb_ack_taken(step, link, cursor->position, err);
        }
    }
    for (size_t i = 0; rc == OMB_OK && i < ack->witnesses.count; i++)
        rc = take_witness(step, &ack->witnesses.items[i], err);
    return rc;
}

/* One that names no own record that stands here says nothing. */
enum omb_rc omb_ack_refused(struct omb_step *step, struct omb_link *link,
                            const struct omb_digest *record, const char *words,
                            struct omb_error *err)
{
    const struct omb_key key = omb_key_refused(record);
    struct omb_buf *value = &step->office->post->row;
    struct omb_refused_record row = {
        .at = step->input->now_ms,
        .digest = *record,
        .office = step->office->self.office,
        .why = omb_view_str(words),
    };
    struct omb_row_at at;
    struct omb_log log;
    enum omb_rc rc = omb_record_place(step, record, &at);

    if (rc == OMB_OK)
        rc = omb_log_by_number(step, at.number, &log, err);
    if (rc == OMB_NOT_FOUND || (rc == OMB_OK && !omb_office_id_equal(&log.row.office, &row.office)))
        return omb_link_useless(step, link, err);
    if (rc != OMB_OK)
        return rc;
    row.incarnation = log.row.incarnation;
    row.seq = at.seq;
    omb_link_error(link, words);
    omb_link_reason(link, OMB_REFUSED_WORDS, (unsigned long long)at.seq, words);
    omb_buf_clear(value);
    omb_encode_refused_record(&row, value);
    omb_put(step->update->writes, OMB_FAMILY_PEER, omb_key_view(&key), omb_buf_view(value));
    return OMB_OK;
}

/* --- at a greeting --- */

/* Of the newest life. */
static enum omb_rc retell(struct retold *retold, const struct omb_office_id *office,
                          struct omb_error *err)
{
    struct omb_step *step = retold->step;
    struct omb_life_list lives;
    struct omb_log log;
    enum omb_rc rc = omb_compare_lives(step, office, &lives, err);

    if (rc != OMB_OK || lives.count == 0)
        return rc;
    rc = omb_log_find(step, office, &lives.items[lives.count - 1].incarnation, 0, &log, err);
    return rc == OMB_OK ? retell_log(retold, log.number, err) : rc;
}

struct family {
    struct omb_office_id *items;
    size_t count;
};

static enum omb_rc see_below(void *arg, struct omb_view key, struct omb_view value)
{
    struct family *family = arg;

    (void)value;
    if (key.size != 1 + 2 * OMB_OFFICE_ID_SIZE)
        return OMB_DAMAGED;
    memcpy(family->items[family->count++].bytes, key.data + 1 + OMB_OFFICE_ID_SIZE,
           OMB_OFFICE_ID_SIZE);
    return family->count < OMB_WITNESSES_MAX ? OMB_OK : OMB_STOP;
}

enum omb_rc omb_ack_greeted(struct omb_step *step, struct omb_link *link, struct omb_error *err)
{
    struct retold retold = {.step = step, .link = link};
    struct family family = {
        .items = OMB_ARENA_NEW(step->arena, struct omb_office_id, OMB_WITNESSES_MAX), .count = 1};
    enum omb_rc rc = OMB_OK;

    family.items[0] = link->peer;
    for (size_t i = 0; rc == OMB_OK && i < family.count && retold.count < OMB_WITNESSES_MAX; i++) {
        const struct omb_key prefix = omb_key_below(&family.items[i], NULL);

        rc = retell(&retold, &family.items[i], err);
        if (rc != OMB_OK || family.count == OMB_WITNESSES_MAX)
            continue;
        rc = omb_port_scan_prefix(step->port, OMB_FAMILY_OFFICE, omb_key_view(&prefix), see_below,
                                  &family);
        if (rc != OMB_OK)
            rc = omb_fail(err, rc, NULL, "the offices in the store cannot be read");
    }
    return rc;
}
