/*
 * Operators in memory: who may connect and in which roles. The table is small and read with every
 * request; changes of a step are taken back when the step is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "office/inside.h"
#include "office/logs.h"

static const char *const role_words[] = {
#define ROLE_WORD(name, word) word,
    OMB_ROLE_BITS(ROLE_WORD)
#undef ROLE_WORD
};

void omb_roles_words(uint32_t roles, const char *joint, char *out, size_t size)
{
    struct omb_buf text = OMB_BUF_INIT;
    const uint32_t known = (1u << OMB_ROLEIDX_COUNT) - 1;
    uint32_t left = roles & known;

    if (!left)
        omb_buf_add_str(&text, "no role");
    for (size_t i = 0; i < OMB_ROLEIDX_COUNT; i++) {
        if (!(left & 1u << i))
            continue;
        left &= ~(1u << i);
        if (text.size > 0)
            omb_buf_printf(&text, left ? ", " : " %s ", joint);
        omb_buf_add_str(&text, role_words[i]);
    }
    snprintf(out, size, "%s", omb_buf_str(&text));
    omb_buf_free(&text);
}

static uint32_t roles_of(const struct omb_views *words)
{
    uint32_t roles = 0;

    for (size_t i = 0; i < words->count; i++)
        for (size_t role = 0; role < OMB_ROLEIDX_COUNT; role++)
            if (omb_view_is(words->items[i], role_words[role]))
                roles |= 1u << role;
    return roles;
}

/* --- the table --- */

static void admit(struct omb_office *office)
{
    free(office->admitted);
    office->admitted = calloc(office->operator_count + 1, sizeof(*office->admitted));
    OMB_ASSERT(office->admitted != NULL);
    office->admitted_count = 0;
    for (size_t i = 0; i < office->operator_count; i++)
        if (!office->operators[i].revoked)
            memcpy(office->admitted[office->admitted_count++], office->operators[i].key,
                   OMB_PUBLIC_SIZE);
}

static struct omb_operator *add_operator(struct omb_office *office)
{
    if (office->operator_count == office->operator_capacity) {
        office->operator_capacity = office->operator_capacity ? office->operator_capacity * 2 : 16;
        office->operators =
            realloc(office->operators, office->operator_capacity * sizeof(*office->operators));
        OMB_ASSERT(office->operators != NULL);
    }
    return &office->operators[office->operator_count++];
}

static size_t index_of(const struct omb_office *office, const char *code)
{
    size_t i = 0;

    while (i < office->operator_count && strcmp(office->operators[i].code, code) != 0)
        i++;
    return i;
}

size_t omb_office_operators(const struct omb_office *office, const struct omb_operator **out)
{
    *out = office->operators;
    return office->operator_count;
}

const struct omb_operator *omb_operator_by_key(const struct omb_office *office,
                                               const uint8_t key[OMB_PUBLIC_SIZE])
{
    for (size_t i = 0; i < office->operator_count; i++)
        if (!office->operators[i].revoked &&
            memcmp(office->operators[i].key, key, OMB_PUBLIC_SIZE) == 0)
            return &office->operators[i];
    return NULL;
}

const struct omb_operator *omb_operator_by_code(const struct omb_office *office,
                                                struct omb_view code)
{
    for (size_t i = 0; i < office->operator_count; i++)
        if (omb_view_is(code, office->operators[i].code))
            return &office->operators[i];
    return NULL;
}

bool omb_office_admits(const struct omb_office *office, const uint8_t key[OMB_PUBLIC_SIZE])
{
    return omb_operator_by_key(office, key) != NULL;
}

size_t omb_office_admitted(const struct omb_office *office,
                           const uint8_t (**out_keys)[OMB_PUBLIC_SIZE])
{
    *out_keys = (const uint8_t(*)[OMB_PUBLIC_SIZE])office->admitted;
    return office->admitted_count;
}

/* --- changes --- */

static void note_undo(struct omb_office *office, size_t index, bool added)
{
    if (office->undo_count == office->undo_capacity) {
        office->undo_capacity = office->undo_capacity ? office->undo_capacity * 2 : 8;
        office->undo = realloc(office->undo, office->undo_capacity * sizeof(*office->undo));
        OMB_ASSERT(office->undo != NULL);
    }
    office->undo[office->undo_count++] =
        (struct omb_operator_undo){index, added, office->operators[index]};
}

void omb_operators_undo(struct omb_office *office, size_t count)
{
    if (office->undo_count == count)
        return;
    while (office->undo_count > count) {
        const struct omb_operator_undo *undo = &office->undo[--office->undo_count];

        if (undo->added)
            office->operator_count--;
        else
            office->operators[undo->index] = undo->was;
    }
    admit(office);
}

void omb_office_set_operator(struct omb_step *step, const struct omb_operator *operator_,
                             const struct omb_operator_row *row)
{
    struct omb_office *office = step->office;
    const struct omb_key key = omb_key_operator(omb_view_str(operator_->code));
    const size_t index = index_of(office, operator_->code);
    struct omb_buf value = OMB_BUF_INIT;

    if (index < office->operator_count) {
        note_undo(office, index, false);
    } else {
        *add_operator(office) = (struct omb_operator){0};
        note_undo(office, index, true);
    }
    office->operators[index] = *operator_;
    admit(office);
    step->update->operators_changed = true;
    omb_encode_operator_row(row, &value);
    omb_put(step->update->writes, OMB_FAMILY_OPERATOR, omb_key_view(&key), omb_buf_view(&value));
    omb_buf_free(&value);
}

/* --- what comes home --- */

/* The row of an operator, and whether the event came later in the own log than its enrolment. */
static enum omb_rc read_row(struct omb_step *step, const struct omb_header *event,
                            struct omb_view code, struct omb_operator_row *out, bool *out_later,
                            struct omb_error *err)
{
    const struct omb_key key = omb_key_operator(code);
    struct omb_buf value = OMB_BUF_INIT;
    struct omb_header header;
    struct omb_digest digest;
    struct omb_row_at at;
    int order;
    enum omb_rc rc = omb_port_get(step->port, OMB_FAMILY_OPERATOR, omb_key_view(&key), &value);

    if (rc == OMB_OK &&
        omb_decode_operator_row(omb_buf_view(&value), step->arena, out, NULL) != OMB_OK)
        rc = omb_fail(err, OMB_DAMAGED, NULL, "the row of an operator is damaged");
    omb_buf_free(&value);
    if (rc == OMB_OK)
        rc = omb_record_place(step, &out->record, &at);
    if (rc == OMB_OK)
        rc = omb_header_read(step, &at, &header, &digest, NULL, err);
    if (rc != OMB_OK)
        return rc;
    order = OMB_ID_COMPARE(&event->incarnation, &header.incarnation);
    *out_later = order > 0 || (order == 0 && event->seq > header.seq);
    return OMB_OK;
}

/* Whoever was revoked stays so: what comes home late gives nobody a right back. */
static void take_home(struct omb_step *step, const struct omb_operator_row *row)
{
    struct omb_operator operator_ = {.roles = roles_of(&row->roles), .revoked = row->revoked};

    memcpy(operator_.code, row->code.data, row->code.size);
    memcpy(operator_.key, row->public_key.data, OMB_PUBLIC_SIZE);
    omb_office_set_operator(step, &operator_, row);
}

enum omb_rc omb_operators_learn(struct omb_step *step, const struct omb_header *header,
                                const struct omb_digest *digest, struct omb_error *err)
{
    const struct omb_any *event = &header->facts->event;
    const bool revoked = event->tag == OMB_EVENT_OPERATOR_REVOKED;
    const struct omb_operator_enrolled *enrolled =
        revoked ? NULL : OMB_AS(operator_enrolled, *event);
    const struct omb_view code = revoked ? OMB_AS(operator_revoked, *event)->code : enrolled->code;
    struct omb_operator_row row = {.revoked = false};
    bool later = true;
    enum omb_rc rc;

    if (code.size == 0 || code.size > OMB_CODE_MAX ||
        (enrolled && enrolled->public_key.size != OMB_PUBLIC_SIZE))
        return OMB_OK;
    rc = read_row(step, header, code, &row, &later, err);
    if (rc == OMB_NOT_FOUND && !enrolled)
        return OMB_OK;
    if (rc != OMB_OK && rc != OMB_NOT_FOUND)
        return rc;
    if (rc == OMB_OK && (!later || row.revoked))
        return OMB_OK;
    if (enrolled)
        row = (struct omb_operator_row){.code = code,
                                        .roles = enrolled->roles,
                                        .title = enrolled->title,
                                        .public_key = enrolled->public_key,
                                        .since = header->time_ms,
                                        .record = *digest};
    row.revoked = revoked;
    take_home(step, &row);
    return OMB_OK;
}

/* --- loading --- */

struct loading {
    struct omb_office *office;
    struct omb_arena arena;
};

static enum omb_rc load_row(void *arg, struct omb_view key, struct omb_view value)
{
    struct loading *loading = arg;
    struct omb_operator_row row;
    struct omb_operator *operator_;

    if (omb_decode_operator_row(value, &loading->arena, &row, NULL) != OMB_OK ||
        !omb_view_equal(key, row.code) || row.code.size > OMB_CODE_MAX ||
        row.public_key.size != OMB_PUBLIC_SIZE)
        return OMB_DAMAGED;
    operator_ = add_operator(loading->office);
    *operator_ = (struct omb_operator){.roles = roles_of(&row.roles), .revoked = row.revoked};
    memcpy(operator_->code, row.code.data, row.code.size);
    memcpy(operator_->key, row.public_key.data, OMB_PUBLIC_SIZE);
    return OMB_OK;
}

enum omb_rc omb_operators_load(struct omb_office *office, const struct omb_port *port,
                               struct omb_error *err)
{
    struct loading loading = {.office = office};
    enum omb_rc rc;

    omb_arena_init(&loading.arena, SIZE_MAX);
    office->operator_count = 0;
    rc = omb_port_scan_prefix(port, OMB_FAMILY_OPERATOR, OMB_VIEW_NONE, load_row, &loading);
    if (rc != OMB_OK)
        rc = omb_fail(err, rc, NULL, "the operators in the store cannot be read");
    omb_arena_free(&loading.arena);
    admit(office);
    return rc;
}
