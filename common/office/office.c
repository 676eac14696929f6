/*
 * The steps: one input at a time, each on a savepoint. Which request does what is desk.h; what
 * every event goes through is corridor.h.
 */
#include "office/office.h"

#include <string.h>

#include "base/assert.h"
#include "office/desk.h"
#include "office/inside.h"
#include "office/receive.h"
#include "office/savepoint.h"
#include "wire/limits.h"
#include "wire/request.h"

#define CLOCK_JUMP_MS (60 * OMB_SECOND_MS)

enum { PROTOCOL = 1, SETTLE_AT = OMB_BATCH_MAX / 2 };

/* --- savepoints --- */

struct omb_writes *omb_step_writes(struct omb_step *step)
{
    return step->update->writes;
}

void omb_step_save(struct omb_step *step, struct omb_savepoint *out)
{
    *out = (struct omb_savepoint){
        .tip = step->office->tip,
        .writes = omb_writes_mark(step->update->writes),
        .bells = step->update->bell_count,
        .pending = step->update->pending_count,
        .operators = step->office->undo_count,
        .timer = step->update->timer,
        .restored = step->office->restored,
        .backing_up = step->office->backed.running,
        .backup = step->update->backup,
    };
}

void omb_step_restore(struct omb_step *step, const struct omb_savepoint *to)
{
    step->office->tip = to->tip;
    omb_writes_rollback(step->update->writes, to->writes);
    step->update->bell_count = to->bells;
    omb_update_unpend(step->update, to->pending);
    omb_operators_undo(step->office, to->operators);
    omb_vault_forget_key(step->update);
    step->update->timer = to->timer;
    step->office->restored = to->restored;
    step->office->backed.running = to->backing_up;
    step->update->backup = to->backup;
}

/* --- START --- */

static enum omb_rc enrol_admin(struct omb_step *step, struct omb_error *err)
{
    static const struct omb_view role = {(const uint8_t *)"admin", 5};
    const struct omb_operator_enrolled enrolled = {
        .code = OMB_VIEW_LIT("admin"),
        .roles = {&role, 1},
        .public_key = OMB_VIEW_OF(step->office->admin_key),
    };
    const struct omb_facts facts = {.event = {OMB_EVENT_OPERATOR_ENROLLED, &enrolled}};
    const struct omb_draft draft = {.facts = &facts, .actor = OMB_VIEW_LIT("system")};
    struct omb_operator_row row = {
        .code = enrolled.code,
        .roles = enrolled.roles,
        .public_key = enrolled.public_key,
        .since = omb_log_time(step),
    };
    struct omb_operator admin = {.code = "admin", .roles = OMB_MAY(ADMIN)};
    struct omb_appended record;
    enum omb_rc rc = omb_append(step, &draft, &record, err);

    if (rc != OMB_OK)
        return rc;
    memcpy(admin.key, step->office->admin_key, sizeof(admin.key));
    row.record = record.digest;
    omb_office_set_operator(step, &admin, &row);
    return OMB_OK;
}

/*
 * What was written before this start may have been lost with a part of the store, and nobody has
 * confirmed otherwise: the next record opens a new life of the log. A new log begins at once.
 */
static enum omb_rc start(struct omb_step *step, struct omb_error *err)
{
    enum omb_rc rc;

    step->office->tip.must_open = true;
    if (step->office->tip.records > 0)
        return omb_restored_start(step, err);
    rc = omb_vault_escrow(step, err);
    return rc == OMB_OK ? enrol_admin(step, err) : rc;
}

/* --- REQUEST --- */

/* One request being answered. */
struct asking {
    struct omb_step *step;
    struct omb_request request;
    const struct omb_desk_row *row;
    struct omb_digest digest;
};

static void reply(struct omb_step *step, const struct omb_reply *message)
{
    struct omb_buf *buf = &step->update->row;

    omb_buf_clear(buf);
    omb_encode_reply(message, buf);
    omb_update_reply(step->update, step->input->reply_to, omb_buf_view(buf));
}

static void refuse(struct omb_step *step, struct omb_view id, const struct omb_error *err)
{
    const struct omb_refusal refusal = {
        .code = omb_view_str(omb_rc_word(err->rc)),
        .words = omb_view_str(err->words),
        .field = omb_view_str(err->field),
    };

    reply(step, &(struct omb_reply){.id = id, .error = &refusal});
}

/* Whoever asks; a copy, since the table of operators may move under the step. */
static enum omb_rc find_operator(struct omb_step *step, struct omb_error *err)
{
    const struct omb_operator *known =
        step->input->local_admin ? omb_operator_by_code(step->office, OMB_VIEW_LIT("admin"))
                                 : omb_operator_by_key(step->office, step->input->peer);
    struct omb_operator *who = OMB_ARENA_NEW(step->arena, struct omb_operator, 1);

    if (known && !known->revoked)
        *who = *known;
    else if (step->input->local_admin) /* whoever holds the directory, whatever became of admin */
        *who = (struct omb_operator){.code = "admin", .roles = OMB_MAY(ADMIN)};
    else
        return omb_fail(err, OMB_FORBIDDEN, NULL, "the key is of no operator of this office");
    step->who = who;
    return OMB_OK;
}

static enum omb_rc check_form(const struct omb_request *request, struct omb_error *err)
{
    if (request->protocol != PROTOCOL)
        return omb_fail(err, OMB_LATER, "protocol", "this office speaks protocol %d, not %u",
                        PROTOCOL, request->protocol);
    if (request->id.size == 0 || request->id.size > OMB_REQUEST_ID_MAX)
        return omb_fail(err, OMB_INVALID, "id", "a request's id has 1 to %d bytes, not %zu",
                        OMB_REQUEST_ID_MAX, request->id.size);
    if (request->ask.tag == 0)
        return omb_fail(err, OMB_MISSING, "ask", "the request asks for nothing");
    return OMB_OK;
}

static enum omb_rc check_role(const struct omb_step *step, const struct omb_desk_row *row,
                              struct omb_error *err)
{
    char need[96], have[96];

    if (!row)
        return omb_fail(err, OMB_FORBIDDEN, "ask", "no role of this office may ask for that");
    if (row->may & step->who->roles)
        return OMB_OK;
    omb_roles_words(row->may, "or", need, sizeof(need));
    omb_roles_words(step->who->roles, "and", have, sizeof(have));
    return omb_fail(err, OMB_FORBIDDEN, NULL, "this takes the role %s; %s has %s", need,
                    step->who->code, have);
}

static enum omb_rc read_request(struct asking *asking, struct omb_error *err)
{
    struct omb_step *step = asking->step;
    const struct omb_view bytes = step->input->bytes;
    enum omb_rc rc;

    if (bytes.size > OMB_REQUEST_MAX)
        return omb_fail(err, OMB_LIMIT, NULL, "a request has at most %d bytes, this has %zu",
                        OMB_REQUEST_MAX, bytes.size);
    rc = omb_decode_request(bytes, step->arena, &asking->request, err);
    if (rc == OMB_OK)
        rc = check_form(&asking->request, err);
    if (rc == OMB_OK)
        rc = find_operator(step, err);
    if (rc != OMB_OK)
        return rc;
    asking->row = omb_desk_row(asking->request.ask.tag);
    return check_role(step, asking->row, err);
}

/* --- a write is done once per operator and id --- */

static struct omb_key request_key(const struct asking *asking)
{
    return omb_key_request(omb_view_str(asking->step->who->code), asking->request.id);
}

/* OMB_EXISTS: it was answered before, and that answer was sent again. */
static enum omb_rc look_for_repeat(struct asking *asking, struct omb_error *err)
{
    struct omb_step *step = asking->step;
    const struct omb_key key = request_key(asking);
    struct omb_buf value = OMB_BUF_INIT;
    struct omb_request_row row;
    enum omb_rc rc = omb_port_get(step->port, OMB_FAMILY_REQUEST, omb_key_view(&key), &value);

    asking->digest = omb_hash("ombud/request/1", step->input->bytes);
    if (rc == OMB_NOT_FOUND) {
        rc = OMB_OK;
    } else if (rc != OMB_OK) {
        rc = omb_fail(err, rc, NULL, "the request ids in the store cannot be read");
    } else if (omb_decode_request_row(omb_buf_view(&value), step->arena, &row, NULL) != OMB_OK) {
        rc = omb_fail(err, OMB_DAMAGED, NULL, "a row of the request ids is damaged");
    } else if (!omb_digest_equal(&row.digest, &asking->digest)) {
        rc = omb_fail(err, OMB_CONFLICT, "id",
                      "another request of %s had this id: a repeated request must be the same",
                      step->who->code);
    } else {
        omb_update_reply(step->update, step->input->reply_to, row.reply);
        rc = OMB_EXISTS;
    }
    omb_buf_free(&value);
    return rc;
}

static void keep_request(struct asking *asking, struct omb_view reply_bytes)
{
    struct omb_step *step = asking->step;
    const int64_t now = step->input->now_ms > 0 ? step->input->now_ms : 1;
    const struct omb_request_row row = {asking->digest, now, reply_bytes};
    const struct omb_key key = request_key(asking);
    struct omb_buf *value = &step->update->kept; /* the reply stands in `row` */

    omb_buf_clear(value);
    omb_encode_request_row(&row, value);
    omb_put(step->update->writes, OMB_FAMILY_REQUEST, omb_key_view(&key), omb_buf_view(value));
    omb_tick_kept(step, now);
}

/* --- answering --- */

/*
 * Nothing is written on what may be damaged. A question that meets a damaged row is refused and the
 * others stand: whoever looks for the damage must not be stopped by it.
 */
static bool is_fatal(const struct asking *asking, enum omb_rc rc)
{
    const bool writes = asking->row == NULL || asking->row->writes;

    return rc == OMB_IO || rc == OMB_FULL || (rc == OMB_DAMAGED && writes);
}

/* Questions about logs see every record proven, also those of this batch. */
static bool shows_proofs(uint32_t tag)
{
    return tag == OMB_ASK_LOG_LIST || tag == OMB_ASK_LOG_SHOW || tag == OMB_ASK_LOG_VERIFY ||
           tag == OMB_ASK_LOG_EXPORT || tag == OMB_ASK_EXPLAIN || tag == OMB_ASK_CASE_HISTORY ||
           tag == OMB_ASK_STORE_REBUILD || tag == OMB_ASK_STORE_CHECK || tag == OMB_ASK_DOCTOR;
}

static enum omb_rc run(struct asking *asking, struct omb_error *err)
{
    struct omb_step *step = asking->step;
    struct omb_buf *buf = &step->update->row;
    const void *answer = NULL;
    struct omb_reply message = {.id = asking->request.id};
    enum omb_rc rc = asking->row->answer(step, asking->request.ask.value, &answer, err);

    if (rc != OMB_OK) {
        const uint32_t tag = asking->request.ask.tag;

        omb_desk_within(err, omb_shape_alternative(&omb_shape_request, tag)->name);
        return rc;
    }
    OMB_ASSERT(answer != NULL);
    message.answer = (struct omb_any){asking->request.ask.tag, answer};
    /* What a client could not read must not be sent, least of all kept. */
    if (omb_shape_check(&omb_shape_reply, &message, err) != OMB_OK)
        return omb_fail(err, OMB_LIMIT, err->field, "the answer cannot be said: %s", err->words);
    omb_buf_clear(buf);
    omb_encode_reply(&message, buf);
    if (buf->size > OMB_REPLY_MAX)
        return omb_fail(err, OMB_LIMIT, NULL, "the answer has %zu bytes, at most %d are sent",
                        buf->size, OMB_REPLY_MAX);
    omb_update_reply(step->update, step->input->reply_to, omb_buf_view(buf));
    if (asking->row->writes)
        keep_request(asking, omb_buf_view(buf));
    return OMB_OK;
}

static enum omb_rc answer_request(struct omb_step *step, struct omb_error *err)
{
    struct asking asking = {.step = step};
    struct omb_error why = {0};
    struct omb_savepoint before;
    enum omb_rc rc = read_request(&asking, &why);

    if (rc == OMB_OK && shows_proofs(asking.request.ask.tag))
        omb_settle(step->office, step->update);
    omb_step_save(step, &before);
    if (rc == OMB_OK && asking.row->writes)
        rc = look_for_repeat(&asking, &why);
    if (rc == OMB_OK)
        rc = run(&asking, &why);
    else if (rc == OMB_EXISTS && why.rc == OMB_OK)
        rc = OMB_OK;
    if (rc != OMB_OK) {
        omb_step_restore(step, &before);
        if (why.rc != rc)
            omb_fail(&why, rc, NULL, "%s", omb_rc_meaning(rc));
        if (is_fatal(&asking, rc))
            *err = why;
        else
            refuse(step, omb_request_id(step->input->bytes), &why);
    }
    omb_wipe(&before, sizeof(before));
    return is_fatal(&asking, rc) ? rc : OMB_OK;
}

/* --- one input --- */

/* A clock that jumps against the one nobody sets shows a machine put back to an earlier state. */
static void watch_clocks(struct omb_office *office, const struct omb_input *input)
{
    const int64_t wall = input->now_ms - office->wall_ms;
    const int64_t monotonic = input->monotonic_ms - office->monotonic_ms;

    if (office->clock_known &&
        (wall - monotonic > CLOCK_JUMP_MS || monotonic - wall > CLOCK_JUMP_MS)) {
        office->tip.must_open = true;
        omb_post_put_back(office);
    }
    office->clock_known = true;
    office->wall_ms = input->now_ms;
    office->monotonic_ms = input->monotonic_ms;
}

static enum omb_rc work(struct omb_step *step, struct omb_error *err)
{
    enum omb_rc rc;

    switch (step->input->kind) {
    case OMB_INPUT_START:
        return start(step, err);
    case OMB_INPUT_REQUEST:
        return answer_request(step, err);
    case OMB_INPUT_TICK:
        rc = omb_tick(step, err);
        return rc == OMB_OK ? omb_post_tick(step, err) : rc;
    case OMB_INPUT_FRAME:
    case OMB_INPUT_LINK_UP:
    case OMB_INPUT_LINK_DOWN:
        return omb_post_input(step, err);
    case OMB_INPUT_BACKUP:
        return omb_backed_input(step, err);
    }
    return OMB_OK;
}

enum omb_rc omb_office_step(struct omb_office *office, const struct omb_input *input,
                            struct omb_update *update, struct omb_error *err)
{
    struct omb_step step = {
        .office = office,
        .update = update,
        .input = input,
        .port = omb_writes_port(update->writes),
        .arena = &update->step_arena,
    };
    struct omb_error ignored;
    enum omb_rc rc;

    OMB_ASSERT(update->office == office);
    omb_arena_reset(&update->step_arena);
    omb_cache_trim(office->cache);
    if (office->tree_changed) {
        omb_cache_empty(office->cache);
        omb_feed_forget(office);
    }
    office->tree_changed = false;
    office->undo_count = 0;
    if (update->pending_count - update->signed_count > SETTLE_AT)
        omb_settle(office, update);
    watch_clocks(office, input);
    omb_cache_begin(&step);
    omb_drbg_init(&step.drbg, input->seed);
    rc = input->kind == OMB_INPUT_FRAME ? OMB_OK : omb_follow_moved(&step, err ? err : &ignored);
    if (rc == OMB_OK)
        rc = work(&step, err ? err : &ignored);
    omb_wipe(&step.drbg, sizeof(step.drbg));
    omb_vault_forget_key(update);
    return rc;
}

enum omb_rc omb_office_close(struct omb_office *office, struct omb_update *update,
                             struct omb_error *err)
{
    const struct omb_input now = {.now_ms = office->wall_ms, .monotonic_ms = office->monotonic_ms};
    struct omb_step step = {
        .office = office,
        .update = update,
        .input = &now,
        .port = omb_writes_port(update->writes),
        .arena = &update->step_arena,
    };
    enum omb_rc rc;

    OMB_ASSERT(update->office == office);
    rc = omb_follow_moved(&step, err);
    if (rc != OMB_OK)
        return rc;
    omb_settle(office, update);
    rc = omb_post_pump(&step, err);
    office->refolding.cost = 0;
    omb_update_ring(update);
    return rc;
}
