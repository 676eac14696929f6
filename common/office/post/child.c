/*
 * Who may connect from below: the office of a certificate that this office issued, that holds now
 * and was not revoked, with the transport key that it names. A child that was certified anew goes
 * on with its older keys until it has joined with the new ones.
 */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "office/post/work.h"

enum { OLDER_MAX = 4 };

static bool is_revoked(struct omb_step *step, const struct omb_digest *certificate)
{
    const struct omb_key key = omb_key_revocation(certificate);
    struct omb_buf value = OMB_BUF_INIT;
    const bool found =
        omb_port_get(step->port, OMB_FAMILY_OFFICE, omb_key_view(&key), &value) == OMB_OK;

    omb_buf_free(&value);
    return found;
}

static bool is_closed(struct omb_step *step, const struct omb_office_id *office)
{
    const struct omb_key key = omb_key_closing(office);
    struct omb_buf value = OMB_BUF_INIT;
    const bool found =
        omb_port_get(step->port, OMB_FAMILY_OFFICE, omb_key_view(&key), &value) == OMB_OK;

    omb_buf_free(&value);
    return found;
}

static enum omb_rc check_card(struct omb_step *step, const struct omb_office_card *card,
                              struct omb_error *err)
{
    const struct omb_certificate *inner = &card->certificate.inner;
    const int64_t now = step->input ? step->input->now_ms : inner->not_before;

    if (!omb_office_id_equal(&inner->parent, &step->office->self.office))
        return omb_fail(err, OMB_FORBIDDEN, "parent", "another office is its parent");
    if (is_revoked(step, &card->certificate.digest))
        return omb_fail(err, OMB_FORBIDDEN, "revoked", "its certificate was revoked");
    if (now >= inner->not_after)
        return omb_fail(err, OMB_FORBIDDEN, "expired", "its certificate has expired");
    return OMB_OK;
}

const struct omb_office_card *omb_child_card(struct omb_step *step,
                                             const struct omb_office_id *child,
                                             const uint8_t key[OMB_PUBLIC_SIZE],
                                             struct omb_error *err)
{
    const struct omb_office_card *card = omb_office_newest(step, child);

    if (!card || card->certificate.inner.depth == 0) {
        omb_fail(err, OMB_FORBIDDEN, "unknown", "it is no office below this one");
        return NULL;
    }
    if (check_card(step, card, err) != OMB_OK)
        return NULL;
    if (is_closed(step, child)) {
        omb_fail(err, OMB_FORBIDDEN, "closed", "it was closed");
        return NULL;
    }
    for (int i = 0; card && i <= OLDER_MAX; i++) {
        const struct omb_certificate *inner = &card->certificate.inner;

        if ((!key || (inner->transport_key.size == OMB_PUBLIC_SIZE &&
                      memcmp(inner->transport_key.data, key, OMB_PUBLIC_SIZE) == 0)) &&
            check_card(step, card, err) == OMB_OK)
            return card;
        card = omb_digest_none(&inner->previous) ? NULL : omb_office_card(step, &inner->previous);
    }
    omb_fail(err, OMB_FORBIDDEN, "key", "the line's key is not the one in its certificate");
    return NULL;
}

void omb_child_keys(struct omb_step *step, const struct omb_office_id *children, size_t count)
{
    struct omb_post *post = step->office->post;

    free(post->keys);
    post->keys = calloc(count * (OLDER_MAX + 1) + 1, sizeof(*post->keys));
    OMB_ASSERT(post->keys != NULL);
    post->key_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct omb_office_card *card = omb_office_newest(step, &children[i]);

        for (int j = 0; card && j <= OLDER_MAX; j++) {
            const struct omb_certificate *inner = &card->certificate.inner;

            if (inner->transport_key.size == OMB_PUBLIC_SIZE &&
                check_card(step, card, NULL) == OMB_OK)
                memcpy(post->keys[post->key_count++], inner->transport_key.data, OMB_PUBLIC_SIZE);
            card = omb_digest_none(&inner->previous) ? NULL
                                                     : omb_office_card(step, &inner->previous);
        }
    }
}
