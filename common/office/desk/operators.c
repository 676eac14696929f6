/*
 * Operators of the office: enrolled, given other roles or another key, revoked. Each is an event of
 * the office; names of staff go into the sealed body.
 */
#include <string.h>

#include "office/desk/read.h"

static enum omb_rc read_roles(const struct omb_views *codes, uint32_t *out, struct omb_error *err)
{
    static const struct omb_view known[] = {
#define ROLE_VIEW(name, word) {(const uint8_t *)(word), sizeof(word) - 1},
        OMB_ROLE_BITS(ROLE_VIEW)
#undef ROLE_VIEW
    };
    uint32_t roles = 0;

    for (size_t i = 0; i < codes->count; i++) {
        size_t role = 0;
        char near[128];

        while (role < OMB_ROLEIDX_COUNT && !omb_view_equal(codes->items[i], known[role]))
            role++;
        if (role == OMB_ROLEIDX_COUNT) {
            omb_text_nearest(codes->items[i], known, OMB_ROLEIDX_COUNT, OMB_ROLEIDX_COUNT, near,
                             sizeof(near));
            return omb_fail(err, OMB_UNKNOWN_CODE, "roles", "unknown role `%.*s`: %s%s",
                            OMB_VIEW_ARGS(omb_text_cut(codes->items[i], OMB_CODE_MAX)),
                            near[0] ? "did you mean " : "known are ",
                            near[0] ? near
                                    : "teller, handler, supervisor, analyst, auditor, admin");
        }
        roles |= 1u << role;
    }
    if (roles == 0)
        return omb_fail(err, OMB_MISSING, "roles", "an operator needs at least one role");
    *out = roles;
    return OMB_OK;
}

static const struct omb_operator *find(const struct omb_step *step, struct omb_view code)
{
    const struct omb_operator *operators;
    const size_t count = omb_office_operators(step->office, &operators);

    for (size_t i = 0; i < count; i++) {
        if (omb_view_is(code, operators[i].code))
            return &operators[i];
    }
    return NULL;
}

/* One key opens one door: two operators with one key could not be told apart. */
static enum omb_rc check_key(const struct omb_step *step, struct omb_view key,
                             struct omb_view code, struct omb_error *err)
{
    static const uint8_t zero[OMB_PUBLIC_SIZE];
    const struct omb_operator *operators;
    const size_t count = omb_office_operators(step->office, &operators);

    if (key.size != OMB_PUBLIC_SIZE || memcmp(key.data, zero, sizeof(zero)) == 0)
        return omb_fail(err, OMB_INVALID, "public_key", "a public key is %d bytes, not all zero",
                        OMB_PUBLIC_SIZE);
    for (size_t i = 0; i < count; i++) {
        if (memcmp(operators[i].key, key.data, OMB_PUBLIC_SIZE) == 0 &&
            !omb_view_is(code, operators[i].code))
            return omb_fail(err, OMB_REFUSED, "public_key", "that key is %s's already",
                            operators[i].code);
    }
    return OMB_OK;
}

/* Writes the event, then keeps the operator in memory and in the store. */
static enum omb_rc write_operator(struct omb_step *step, const struct omb_facts *facts,
                                  const struct omb_body *body, struct omb_operator *operator_,
                                  struct omb_view title, const struct omb_digest *enrolment,
                                  const struct omb_operator_done **out, struct omb_error *err)
{
    const struct omb_draft draft = {
        .facts = facts,
        .body = body,
        .actor = omb_view_str(step->who != NULL ? step->who->code : "system"),
    };
    struct omb_operator_done *done = OMB_ARENA_NEW(step->arena, struct omb_operator_done, 1);
    struct omb_operator_row row = {
        .code = omb_arena_copy(step->arena, omb_view_str(operator_->code)),
        .roles = omb_desk_roles(step, operator_->roles),
        .title = title,
        .public_key = omb_view(operator_->key, sizeof(operator_->key)),
        .revoked = operator_->revoked,
        .since = step->input->now_ms,
    };
    struct omb_appended appended;
    char hex[OMB_HEX_DIGEST_SIZE];
    enum omb_rc rc = omb_append(step, &draft, &appended, err);

    if (rc != OMB_OK)
        return rc;
    row.record = enrolment != NULL ? *enrolment : appended.digest;
    omb_office_set_operator(step, operator_, &row);
    omb_hex(OMB_VIEW_OF(appended.digest.bytes), hex);
    done->code = row.code;
    done->record = omb_arena_copy(step->arena, omb_view_str(hex));
    *out = done;
    return OMB_OK;
}

static enum omb_rc enrol(struct omb_step *step, struct omb_operator *operator_,
                         struct omb_view title, struct omb_view name,
                         const struct omb_operator_done **out, struct omb_error *err)
{
    const struct omb_operator_enrolled event = {
        .code = omb_view_str(operator_->code),
        .roles = omb_desk_roles(step, operator_->roles),
        .title = title,
        .public_key = omb_view(operator_->key, sizeof(operator_->key)),
    };
    const struct omb_facts facts = {.event = {OMB_EVENT_OPERATOR_ENROLLED, &event}};
    const struct omb_operator_body words = {.name = name};
    const struct omb_body body = {.event = {OMB_BODY_OPERATOR_ENROLLED, &words}};

    return write_operator(step, &facts, name.size ? &body : NULL, operator_, title, NULL, out, err);
}

enum omb_rc omb_desk_operator_add(struct omb_step *step, const void *ask, const void **out,
                                  struct omb_error *err)
{
    const struct omb_operator_add *add = ask;
    const struct omb_operator *known = find(step, add->code);
    struct omb_operator operator_ = {0};
    const struct omb_operator_done *done = NULL;
    enum omb_rc rc;

    if (!omb_text_is_code(add->code) || omb_view_is(add->code, "system"))
        return omb_fail(err, OMB_INVALID, "code",
                        "an operator code is of [a-z0-9-], to %d bytes, and not `system`",
                        OMB_CODE_MAX);
    if (known != NULL && !known->revoked)
        return omb_fail(err, OMB_EXISTS, "code", "operator %.*s is enrolled already",
                        OMB_VIEW_ARGS(add->code));
    rc = read_roles(&add->roles, &operator_.roles, err);
    if (rc == OMB_OK && add->title.size && !omb_text_is_code(add->title))
        rc = omb_fail(err, OMB_INVALID, "title", "a function title is a code of [a-z0-9-]");
    if (rc == OMB_OK)
        rc = check_key(step, add->public_key, add->code, err);
    if (rc == OMB_OK && known != NULL &&
        memcmp(known->key, add->public_key.data, OMB_PUBLIC_SIZE) == 0)
        rc = omb_fail(err, OMB_REFUSED, "public_key", "that key was revoked; make a new one");
    if (rc != OMB_OK)
        return rc;
    memcpy(operator_.code, add->code.data, add->code.size);
    memcpy(operator_.key, add->public_key.data, OMB_PUBLIC_SIZE);
    rc = enrol(step, &operator_, add->title, add->name, &done, err);
    *out = done;
    return rc;
}

/* The office must keep somebody who can mend what this operator did. */
static bool is_last_admin(const struct omb_step *step, const struct omb_operator *operator_)
{
    const struct omb_operator *operators;
    const size_t count = omb_office_operators(step->office, &operators);

    for (size_t i = 0; i < count; i++) {
        if (&operators[i] != operator_ && !operators[i].revoked &&
            (operators[i].roles & OMB_MAY(ADMIN)))
            return false;
    }
    return (operator_->roles & OMB_MAY(ADMIN)) != 0;
}

/* What is kept of an operator beside code, roles and key. */
static enum omb_rc read_row(struct omb_step *step, const char *code, struct omb_operator_row *out,
                            struct omb_error *err)
{
    const struct omb_key key = omb_key_operator(omb_view_str(code));
    struct omb_buf value = OMB_BUF_INIT;
    enum omb_rc rc = omb_port_get(step->port, OMB_FAMILY_OPERATOR, omb_key_view(&key), &value);

    if (rc == OMB_OK)
        rc = omb_decode_operator_row(omb_buf_view(&value), step->arena, out, NULL);
    if (rc != OMB_OK)
        rc = omb_fail(err, rc == OMB_IO ? rc : OMB_DAMAGED, NULL,
                      "the row of operator %s cannot be read", code);
    omb_buf_free(&value);
    return rc;
}

/* The row goes on naming the enrolment, where the name is. */
static enum omb_rc revoke(struct omb_step *step, struct omb_operator *operator_,
                          const struct omb_operator_row *row,
                          const struct omb_operator_done **out, struct omb_error *err)
{
    const struct omb_operator_revoked event = {.code = omb_view_str(operator_->code)};
    const struct omb_facts facts = {.event = {OMB_EVENT_OPERATOR_REVOKED, &event}};

    operator_->revoked = true;
    return write_operator(step, &facts, NULL, operator_, row->title, &row->record, out, err);
}

/* New roles, a new key, or both; what is not said stays. */
static enum omb_rc change_operator(struct omb_step *step, const struct omb_operator_change *change,
                                   struct omb_operator *operator_,
                                   const struct omb_operator_row *row,
                                   const struct omb_operator_done **out, struct omb_error *err)
{
    enum omb_rc rc = OMB_OK;

    if (change->roles.count == 0 && change->public_key.size == 0)
        return omb_fail(err, OMB_MISSING, "roles", "say new roles or a new key");
    if (change->roles.count)
        rc = read_roles(&change->roles, &operator_->roles, err);
    if (rc == OMB_OK && change->public_key.size)
        rc = check_key(step, change->public_key, change->code, err);
    if (rc != OMB_OK)
        return rc;
    if (change->public_key.size)
        memcpy(operator_->key, change->public_key.data, OMB_PUBLIC_SIZE);
    return enrol(step, operator_, row->title, omb_desk_operator_name(step, row), out, err);
}

enum omb_rc omb_desk_operator_change(struct omb_step *step, const void *ask, const void **out,
                                     struct omb_error *err)
{
    const struct omb_operator_change *change = ask;
    const struct omb_operator *known = find(step, change->code);
    const struct omb_operator_done *done = NULL;
    struct omb_operator_row row;
    struct omb_operator operator_;
    bool was_last;
    enum omb_rc rc;

    if (known == NULL)
        return omb_fail(err, OMB_NOT_FOUND, "code", "no operator %.*s here",
                        OMB_VIEW_ARGS(change->code));
    if (known->revoked)
        return omb_fail(err, OMB_REFUSED, "code",
                        "operator %s is revoked: only adding with a new key enrols again",
                        known->code);
    operator_ = *known;
    was_last = is_last_admin(step, known);
    rc = read_row(step, known->code, &row, err);
    if (rc == OMB_OK)
        rc = change->revoke ? revoke(step, &operator_, &row, &done, err)
                            : change_operator(step, change, &operator_, &row, &done, err);
    if (rc == OMB_OK && was_last && (change->revoke || !(operator_.roles & OMB_MAY(ADMIN))))
        rc = omb_fail(err, OMB_REFUSED, "code", "%s is the office's last admin", operator_.code);
    *out = done;
    return rc;
}
