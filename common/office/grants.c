/*
 * Grants to this office: the key of a case, sealed for it by whoever held it (design: records,
 * Parts). What comes in one is hostile: it must name this case and this office, and the key must
 * be the one that the registration committed to. So it is with what home sealed for itself and the
 * bank, under an escrow key: a registration that a disk had lost brings its key home with it.
 */
#include <string.h>

#include "base/assert.h"
#include "office/inside.h"
#include "wire/limits.h"

enum {
    TRIES = 4,     /* grants of one record that are opened; honest ones have one */
    RECORDS = 256, /* records of one case that are looked at: a fold takes no second */
};

static enum omb_rc read_grants(struct omb_step *step, const struct omb_row_at *at,
                               struct omb_grants *out)
{
    const struct omb_key key = omb_key_part(at->number, at->seq, OMB_PART_GRANTS);
    struct omb_buf part = OMB_BUF_INIT;
    enum omb_rc rc = omb_port_get(step->port, OMB_FAMILY_PART, omb_key_view(&key), &part);

    if (rc == OMB_OK && omb_decode_grants(omb_arena_copy(step->arena, omb_buf_view(&part)),
                                          step->arena, out, NULL) != OMB_OK)
        rc = OMB_UNAUTHENTIC;
    omb_buf_free(&part);
    return rc;
}

static bool fits(const struct omb_step *step, const struct omb_casefile *file,
                 const struct omb_grant_key *grant)
{
    const struct omb_registered *registered =
        OMB_AS(registered, file->folded.registered->facts->event);
    struct omb_digest commitment;

    if (grant->case_id == NULL || !omb_case_id_equal(grant->case_id, &file->id) ||
        !omb_office_id_equal(&grant->recipient, &step->office->self.office) ||
        grant->key.size != OMB_KEY_SIZE)
        return false;
    commitment = omb_case_key_commitment(grant->key.data);
    return omb_digest_equal(&commitment, &registered->key_commitment);
}

static bool open_grant(struct omb_step *step, const struct omb_casefile *file,
                       const struct omb_grant *grant, uint8_t out[OMB_KEY_SIZE])
{
    struct omb_buf plain = OMB_BUF_INIT;
    struct omb_grant_key key;
    struct omb_arena arena;
    bool opened;

    omb_arena_init(&arena, OMB_PART_MAX * OMB_DECODE_FACTOR);
    omb_buf_reserve(&plain, grant->sealed.size);
    opened = omb_box_open(step->office->setup.sealing, grant->sealed, &plain) == OMB_OK &&
             omb_decode_grant_key(omb_buf_view(&plain), &arena, &key, NULL) == OMB_OK &&
             fits(step, file, &key);
    if (opened)
        memcpy(out, key.key.data, OMB_KEY_SIZE);
    omb_buf_wipe(&plain);
    omb_arena_wipe(&arena); /* what was decoded is a copy */
    return opened;
}

static enum omb_rc try_grants(struct omb_step *step, const struct omb_casefile *file,
                              const struct omb_grants *grants, uint8_t out[OMB_KEY_SIZE])
{
    size_t tries = 0;

    for (size_t i = 0; i < grants->offices.count && tries < TRIES; i++) {
        const struct omb_grant *grant = &grants->offices.items[i];

        if (!omb_office_id_equal(&grant->recipient, &step->office->self.office))
            continue;
        if (open_grant(step, file, grant, out))
            return OMB_OK;
        tries++;
    }
    return tries > 0 ? OMB_UNAUTHENTIC : OMB_NOT_FOUND;
}

enum omb_rc omb_vault_try_grant(struct omb_step *step, const struct omb_casefile *file,
                                size_t index, uint8_t out[OMB_KEY_SIZE])
{
    struct omb_grants grants;
    enum omb_rc rc;

    OMB_ASSERT(index < file->event_count);
    if (file->folded.registered == NULL)
        return OMB_NOT_FOUND;
    rc = read_grants(step, &file->rows[index], &grants);
    return rc == OMB_OK ? try_grants(step, file, &grants, out) : rc;
}

/* --- what home sealed for itself --- */

/* The escrow key and what it opens: the case key, with the case's id beside it. */
static enum omb_rc open_with_escrow(struct omb_step *step, const struct omb_escrow_grant *grant,
                                    const struct omb_case_id *id, struct omb_buf *out)
{
    const struct omb_key ad = omb_key_case(id);
    uint8_t escrow[OMB_KEY_SIZE];
    struct omb_row_at at;
    enum omb_rc rc;

    if (grant->nonce.size != OMB_NONCE_SIZE || grant->sealed.size != OMB_KEY_SIZE + OMB_TAG_SIZE)
        return OMB_UNAUTHENTIC;
    rc = omb_record_place(step, &grant->escrow, &at);
    if (rc == OMB_OK)
        rc = omb_vault_escrow_key(step, &at, escrow);
    if (rc != OMB_OK)
        return rc == OMB_NOT_FOUND ? OMB_SEALED : rc;
    rc = omb_open(escrow, grant->nonce.data, omb_key_view(&ad), grant->sealed, out);
    omb_wipe(escrow, sizeof(escrow));
    return rc == OMB_OK ? OMB_OK : OMB_UNAUTHENTIC;
}

enum omb_rc omb_vault_open_escrow(struct omb_step *step, const struct omb_row_at *at,
                                  const struct omb_case_id *id, const struct omb_registered *facts,
                                  uint8_t out[OMB_KEY_SIZE])
{
    uint8_t room[OMB_KEY_SIZE + OMB_TAG_SIZE];
    struct omb_buf key = {room, 0, sizeof(room)};
    struct omb_digest commitment;
    struct omb_grants grants;
    enum omb_rc rc = read_grants(step, at, &grants);

    if (rc == OMB_OK)
        rc = grants.escrow ? open_with_escrow(step, grants.escrow, id, &key) : OMB_NOT_FOUND;
    if (rc != OMB_OK)
        return rc;
    commitment = omb_case_key_commitment(key.data);
    if (omb_digest_equal(&commitment, &facts->key_commitment))
        memcpy(out, key.data, OMB_KEY_SIZE);
    else
        rc = OMB_UNAUTHENTIC;
    omb_wipe(room, sizeof(room));
    return rc;
}

/* OMB_SEALED: it was not registered here, or what opens it is with the bank only. */
static enum omb_rc take_own(struct omb_step *step, const struct omb_casefile *file,
                            uint8_t out[OMB_KEY_SIZE])
{
    const struct omb_event *registered = file->folded.registered;
    enum omb_rc rc;

    if (!omb_office_id_equal(&registered->office, &step->office->self.office))
        return OMB_SEALED;
    rc = omb_vault_open_escrow(step, &file->rows[registered - file->events], &file->id,
                               OMB_AS(registered, registered->facts->event), out);
    if (rc == OMB_OK)
        return omb_vault_regained(step, &file->id, out);
    return rc == OMB_NOT_FOUND || rc == OMB_UNAUTHENTIC ? OMB_SEALED : rc;
}

/* --- what others granted --- */

/*
 * The next record with a grant for this office, by an office that had a key to give; the count of
 * events: there is none. Such a record names the office, so the others need not be opened.
 */
static size_t next_for_self(const struct omb_step *step, const struct omb_casefile *file,
                            size_t from)
{
    const struct omb_office_id *self = &step->office->self.office;

    for (; from < file->event_count; from++) {
        const struct omb_event *event = &file->events[from];

        if (!event->odd && event->has_grants && omb_case_gives_key(&file->folded, event) &&
            omb_office_id_equal(&omb_event_to(event)->office, self))
            break;
    }
    return from;
}

enum omb_rc omb_vault_take_grants(struct omb_step *step, const struct omb_casefile *file,
                                  struct omb_error *err)
{
    const struct omb_event *registered = file->folded.registered;
    size_t i = next_for_self(step, file, 0);
    uint8_t key[OMB_KEY_SIZE];
    size_t tried = 0;
    enum omb_rc rc;

    if (registered == NULL || file->folded.row.erased ||
        (i == file->event_count &&
         !omb_office_id_equal(&registered->office, &step->office->self.office)))
        return OMB_OK;
    rc = omb_vault_case_key(step, &file->id, key);
    if (rc == OMB_SEALED)
        rc = take_own(step, file, key);
    for (; rc == OMB_SEALED && i < file->event_count && tried++ < RECORDS;
         i = next_for_self(step, file, i + 1)) {
        rc = omb_vault_try_grant(step, file, i, key);
        if (rc == OMB_OK)
            rc = omb_vault_regained(step, &file->id, key);
        else if (rc == OMB_NOT_FOUND || rc == OMB_UNAUTHENTIC)
            rc = OMB_SEALED;
    }
    omb_wipe(key, sizeof(key));
    if (rc == OMB_OK || rc == OMB_SEALED || rc == OMB_ERASED)
        return OMB_OK;
    return omb_fail(err, rc, NULL, "the keys of the case cannot be read");
}
