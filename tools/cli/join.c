#define _GNU_SOURCE
#include "cli/join.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/text.h"
#include "cli/birth.h"
#include "cli/target.h"
#include "io/clock.h"
#include "io/driver.h"

enum { WISH_FILE_MAX = 4096 };

static enum omb_rc read_config(const char *dir, struct omb_config *out, struct omb_error *err)
{
    char path[4096];
    enum omb_rc rc = omb_dir_path(dir, "ombud.conf", path, sizeof(path), err);

    return rc == OMB_OK ? omb_config_read(path, out, err) : rc;
}

static enum omb_rc write_config(const char *dir, const struct omb_config *config,
                                struct omb_error *err)
{
    char path[4096];
    enum omb_rc rc = omb_dir_path(dir, "ombud.conf", path, sizeof(path), err);

    return rc == OMB_OK ? omb_config_write(path, config, err) : rc;
}

/* --- what the office wished to be --- */

/* The value of the first line that begins with the key, if any: names may hold anything else. */
static bool take_value(struct omb_view text, const char *key, char *out, size_t size)
{
    const struct omb_view wanted = omb_view_str(key);

    while (text.size > 0) {
        const uint8_t *end = memchr(text.data, '\n', text.size);
        const struct omb_view line =
            omb_view(text.data, end ? (size_t)(end - text.data) : text.size);
        const size_t step = line.size + (end ? 1 : 0);

        if (omb_view_starts(line, wanted)) {
            const size_t length = line.size - wanted.size;

            if (length >= size)
                return false;
            memcpy(out, line.data + wanted.size, length);
            out[length] = '\0';
            return true;
        }
        text = omb_view(text.data + step, text.size - step);
    }
    return true;
}

enum omb_rc omb_join_wished(const char *dir, struct omb_wished *out, struct omb_error *err)
{
    struct omb_buf text = OMB_BUF_INIT;
    struct omb_wished wished = {.name = ""};
    uint64_t number = 0;
    char path[4096], previous[OMB_HEX_DIGEST_SIZE] = "", life[16] = "";
    enum omb_rc rc = omb_dir_path(dir, "keys/request.conf", path, sizeof(path), err);

    if (rc == OMB_OK)
        rc = omb_private_read(path, WISH_FILE_MAX, &text, err);
    if (rc == OMB_OK) {
        const struct omb_view lines = omb_buf_view(&text);

        if (!take_value(lines, "name = ", wished.name, sizeof(wished.name)) ||
            !take_value(lines, "kind = ", wished.kind, sizeof(wished.kind)) ||
            !take_value(lines, "previous = ", previous, sizeof(previous)) ||
            !take_value(lines, "life = ", life, sizeof(life)))
            rc = omb_fail(err, OMB_DAMAGED, NULL, "%s: a line of it is too long", path);
        else if (!*wished.name || !*wished.kind)
            rc = omb_fail(err, OMB_DAMAGED, NULL, "%s does not say name and kind of the office",
                          path);
        else if (*previous && omb_unhex(omb_view_str(previous), wished.previous.bytes,
                                        OMB_DIGEST_SIZE) != OMB_OK)
            rc = omb_fail(err, OMB_DAMAGED, NULL, "%s: the previous certificate is no digest",
                          path);
        else if (*life && (omb_text_u64(omb_view_str(life), &number) != OMB_OK ||
                           number >= UINT32_MAX))
            rc = omb_fail(err, OMB_DAMAGED, NULL, "%s: the life of the log is no number", path);
        wished.life = (uint32_t)number;
    }
    if (rc == OMB_OK)
        *out = wished;
    omb_buf_free(&text);
    return rc;
}

enum omb_rc omb_join_wish_again(const char *dir, const struct omb_wished *wished,
                                struct omb_error *err)
{
    struct omb_buf text = OMB_BUF_INIT;
    char path[4096], previous[OMB_HEX_DIGEST_SIZE];
    enum omb_rc rc = omb_dir_path(dir, "keys/request.conf", path, sizeof(path), err);

    omb_hex(OMB_VIEW_OF(wished->previous.bytes), previous);
    omb_buf_printf(&text, "name = %s\nkind = %s\nprevious = %s\nlife = %u\n", wished->name,
                   wished->kind, previous, wished->life);
    if (rc == OMB_OK)
        rc = omb_file_write(path, omb_buf_view(&text), 0600, err);
    omb_buf_free(&text);
    return rc;
}

/* --- is there a store --- */

enum omb_rc omb_join_is_first(const char *dir, bool *out, struct omb_error *err)
{
    char path[4096];
    enum omb_rc rc = omb_dir_path(dir, "db", path, sizeof(path), err);

    if (rc != OMB_OK)
        return rc;
    *out = access(path, F_OK) != 0;
    return OMB_OK;
}

/* --- checks --- */

enum omb_rc omb_join_check_advertise(const struct omb_config *config, struct omb_error *err)
{
    if (!omb_config_lacks_advertise(config))
        return OMB_OK;
    return omb_fail(err, OMB_MISSING, NULL,
                    "in ombud.conf, [links] listen = %s is every address of this machine, and "
                    "none that an office below can call: say that one too, as `office init "
                    "--advertise` would",
                    config->listen);
}

static enum omb_rc check_key(struct omb_view certified, const uint8_t *held, struct omb_error *err)
{
    if (memcmp(certified.data, held, OMB_PUBLIC_SIZE) == 0)
        return OMB_OK;
    return omb_fail(err, OMB_REFUSED, NULL,
                    "the certificate is for other keys than this office holds: make the bundle "
                    "from its own request");
}

static enum omb_rc check_own(const struct omb_certificate *certificate,
                             const struct omb_config *config, const struct omb_office_keys *keys,
                             struct omb_error *err)
{
    uint8_t signing[OMB_PUBLIC_SIZE], sealing[OMB_PUBLIC_SIZE];
    const struct omb_view code = omb_view_str(config->code);
    struct omb_office_id made;
    enum omb_rc rc;

    if (!omb_view_equal(certificate->code, code))
        return omb_fail(err, OMB_REFUSED, NULL,
                        "this is a certificate for another office: it is of %.*s, this is %s",
                        OMB_VIEW_ARGS(certificate->code), config->code);
    omb_signer_public(keys->signer, signing);
    omb_box_public(keys->sealing, sealing);
    rc = check_key(certificate->signing_key, signing, err);
    if (rc == OMB_OK)
        rc = check_key(certificate->transport_key, keys->transport_public, err);
    if (rc == OMB_OK)
        rc = check_key(certificate->sealing_key, sealing, err);
    if (rc != OMB_OK)
        return rc;
    made = omb_certify_office_id(code, signing);
    if (omb_digest_none(&certificate->previous) &&
        !omb_office_id_equal(&made, &certificate->office))
        return omb_fail(err, OMB_REFUSED, NULL,
                        "the certificate gives this office another id than its code and key make");
    return omb_certify_valid_at(certificate, omb_clock_wall_ms(), err);
}

/* An anchor that was put there before is the one that counts. */
static enum omb_rc check_pinned(const char *dir, const char *part, struct omb_view given,
                                const char *what, struct omb_error *err)
{
    uint8_t pinned[OMB_PUBLIC_SIZE];
    char path[4096];
    enum omb_rc rc = omb_dir_path(dir, part, path, sizeof(path), err);

    if (rc != OMB_OK || access(path, F_OK) != 0)
        return rc;
    rc = omb_public_key_read(path, pinned, err);
    if (rc == OMB_OK && memcmp(pinned, given.data, sizeof(pinned)) != 0)
        rc = omb_fail(err, OMB_REFUSED, NULL, "the bundle is of another bank: its %s is not the "
                                              "one in %s",
                      what, path);
    return rc;
}

static enum omb_rc set_parent(const struct omb_known_bundle *bundle, struct omb_config *config,
                              struct omb_error *err)
{
    const struct omb_views addresses = bundle->content.addresses;
    size_t used = 0;

    if (addresses.count == 0)
        return OMB_OK;
    for (size_t i = 0; i < addresses.count; i++) {
        const struct omb_view one = addresses.items[i];
        enum omb_rc rc = omb_endpoint_check(one, OMB_ENDPOINT_REACH, err);

        if (rc != OMB_OK)
            return omb_fail_within(err, "an address of the office above");
        if (used + one.size + 3 > sizeof(config->parent))
            return omb_fail(err, OMB_LIMIT, NULL, "the addresses of the office above are too long");
        used += (size_t)snprintf(config->parent + used, sizeof(config->parent) - used, "%s%.*s",
                                 i ? ", " : "", OMB_VIEW_ARGS(one));
    }
    return OMB_OK;
}

/* --- the first certificate --- */

/* An office that joins, and what stood there before. */
struct joining {
    const char *dir;
    const struct omb_known_bundle *bundle;
    struct omb_config before, config;
    uint8_t admin_key[OMB_PUBLIC_SIZE];
    uint32_t life;
};

static enum omb_rc check_all(struct joining *joining, struct omb_error *err)
{
    const struct omb_bundle_content *content = &joining->bundle->content;
    struct omb_office_keys keys = {.signer = NULL};
    char path[4096];
    enum omb_rc rc = read_config(joining->dir, &joining->before, err);

    joining->config = joining->before;
    if (rc == OMB_OK)
        rc = omb_join_check_advertise(&joining->before, err);
    if (rc == OMB_OK)
        rc = omb_office_keys_load(joining->dir, &joining->before, &keys, err);
    if (rc == OMB_OK)
        rc = check_own(&joining->bundle->chain[0].inner, &joining->before, &keys, err);
    if (rc == OMB_OK)
        rc = check_pinned(joining->dir, "keys/anchor.pub", content->anchor, "anchor", err);
    if (rc == OMB_OK)
        rc = check_pinned(joining->dir, "keys/recovery.pub", content->recovery, "recovery key",
                          err);
    if (rc == OMB_OK)
        rc = set_parent(joining->bundle, &joining->config, err);
    if (rc == OMB_OK)
        rc = omb_dir_path(joining->dir, "operators/admin.key", path, sizeof(path), err);
    if (rc == OMB_OK)
        rc = omb_public_key_read(path, joining->admin_key, err);
    omb_office_keys_free(&keys);
    return rc;
}

static enum omb_rc pin(const struct joining *joining, const char *part, const char *use,
                       struct omb_view key, struct omb_error *err)
{
    const struct omb_certificate *root =
        &joining->bundle->chain[joining->bundle->count - 1].inner;
    struct omb_keyfile file = {.secret = NULL};
    char path[4096];
    enum omb_rc rc = omb_dir_path(joining->dir, part, path, sizeof(path), err);

    snprintf(file.use, sizeof(file.use), "%s", use);
    snprintf(file.name, sizeof(file.name), "%.*s", OMB_VIEW_ARGS(root->code));
    memcpy(file.public_key, key.data, sizeof(file.public_key));
    return rc == OMB_OK ? omb_key_save(path, &file, OMB_VIEW_NONE, err) : rc;
}

static void list_certificates(const struct omb_known_certificate *items, size_t count,
                              struct omb_buf *out)
{
    for (size_t i = 0; i < count; i++) {
        omb_buf_add_be32(out, (uint32_t)items[i].signed_bytes.size);
        omb_buf_add_view(out, items[i].signed_bytes);
    }
}

static enum omb_rc make_store(const struct joining *joining, struct omb_error *err)
{
    const struct omb_known_bundle *bundle = joining->bundle;
    struct omb_buf list = OMB_BUF_INIT, earlier = OMB_BUF_INIT;
    struct omb_office_birth birth = {.zone = omb_view_str(joining->config.zone),
                                     .life = joining->life,
                                     .now_ms = omb_clock_wall_ms()};
    enum omb_rc rc;

    list_certificates(bundle->chain, bundle->count, &list);
    list_certificates(bundle->earlier, bundle->earlier_count, &earlier);
    birth.certificates = omb_buf_view(&list);
    birth.earlier = omb_buf_view(&earlier);
    memcpy(birth.anchor, bundle->content.anchor.data, sizeof(birth.anchor));
    memcpy(birth.recovery, bundle->content.recovery.data, sizeof(birth.recovery));
    memcpy(birth.admin_key, joining->admin_key, sizeof(birth.admin_key));
    omb_random(birth.epoch, sizeof(birth.epoch));
    rc = omb_birth_store(joining->dir, &birth, err);
    omb_buf_free(&list);
    omb_buf_free(&earlier);
    return rc;
}

static void remove_part(const char *dir, const char *part)
{
    char path[4096];

    if (omb_dir_path(dir, part, path, sizeof(path), NULL) == OMB_OK)
        (void)unlink(path);
}

static bool is_there(const char *dir, const char *part)
{
    char path[4096];

    return omb_dir_path(dir, part, path, sizeof(path), NULL) == OMB_OK && access(path, F_OK) == 0;
}

/* The store comes last: an office that has one has joined. */
static enum omb_rc write_all(const struct joining *joining, struct omb_error *err)
{
    const struct omb_bundle_content *content = &joining->bundle->content;
    const bool anchor = is_there(joining->dir, "keys/anchor.pub");
    const bool recovery = is_there(joining->dir, "keys/recovery.pub");
    enum omb_rc rc = write_config(joining->dir, &joining->config, err);

    if (rc == OMB_OK)
        rc = pin(joining, "keys/anchor.pub", "anchor", content->anchor, err);
    if (rc == OMB_OK)
        rc = pin(joining, "keys/recovery.pub", "recovery", content->recovery, err);
    if (rc == OMB_OK)
        rc = make_store(joining, err);
    if (rc == OMB_OK) {
        remove_part(joining->dir, "keys/request.conf");
        return rc;
    }
    if (!anchor)
        remove_part(joining->dir, "keys/anchor.pub");
    if (!recovery)
        remove_part(joining->dir, "keys/recovery.pub");
    (void)!write_config(joining->dir, &joining->before, NULL);
    return rc;
}

enum omb_rc omb_join_first(const char *dir, const struct omb_known_bundle *bundle,
                           struct omb_error *err)
{
    struct joining joining = {.dir = dir, .bundle = bundle};
    struct omb_wished wished = {.life = 0};
    sigset_t ends, before;
    enum omb_rc rc = check_all(&joining, err);

    if (rc == OMB_OK)
        rc = omb_join_wished(dir, &wished, err);
    if (rc != OMB_OK && rc != OMB_NOT_FOUND)
        return rc;
    joining.life = wished.life;
    /* An office half joined would be in the way of the next attempt. */
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGHUP);
    sigprocmask(SIG_BLOCK, &ends, &before);
    rc = write_all(&joining, err);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return rc;
}

enum omb_rc omb_join_parent(const char *dir, const struct omb_known_bundle *bundle,
                            bool *out_changed, struct omb_error *err)
{
    struct omb_config config, before;
    enum omb_rc rc = read_config(dir, &before, err);

    config = before;
    if (rc == OMB_OK)
        rc = set_parent(bundle, &config, err);
    if (rc != OMB_OK)
        return rc;
    *out_changed = strcmp(config.parent, before.parent) != 0;
    return *out_changed ? write_config(dir, &config, err) : OMB_OK;
}
