/*
 * Does a key file that is read hold the key that was written, and does nothing tell of it? The
 * first byte says whether there is a passphrase, which is hashed plainly here (passphrase.c).
 */
#include <string.h>

#include "base/assert.h"
#include "crypto/keyfile.h"

#include "fuzz/check.h"
#include "fuzz/fuzz.h"

static void check_same(const struct omb_keyfile *a, const struct omb_keyfile *b)
{
    OMB_ASSERT(strcmp(a->use, b->use) == 0 && strcmp(a->name, b->name) == 0);
    OMB_ASSERT(memcmp(a->public_key, b->public_key, OMB_PUBLIC_SIZE) == 0);
    OMB_ASSERT((a->secret == NULL) == (b->secret == NULL));
    OMB_ASSERT(!a->secret ||
               memcmp(omb_secret_bytes(a->secret), omb_secret_bytes(b->secret), OMB_KEY_SIZE) == 0);
}

static void write_again(const struct omb_keyfile *key, struct omb_view passphrase)
{
    const uint8_t salt_and_nonce[40] = {7};
    struct omb_buf text = OMB_BUF_INIT;
    struct omb_keyfile back;
    struct omb_error err = {0};
    enum omb_rc rc = omb_keyfile_write(key, passphrase, salt_and_nonce, &text, &err);

    OMB_ASSERT(rc == OMB_OK);
    rc = omb_keyfile_read(omb_buf_view(&text), passphrase, &back, &err);
    OMB_ASSERT(rc == OMB_OK);
    check_same(key, &back);
    omb_keyfile_free(&back);
    if (key->secret && passphrase.size > 0) {
        rc = omb_keyfile_read(omb_buf_view(&text), OMB_VIEW_LIT("another"), &back, &err);
        OMB_ASSERT(rc == OMB_UNAUTHENTIC);
        rc = omb_keyfile_read(omb_buf_view(&text), OMB_VIEW_NONE, &back, &err);
        OMB_ASSERT(rc == OMB_UNAUTHENTIC);
    }
    omb_buf_wipe(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct omb_view text = omb_view(data, size), passphrase = OMB_VIEW_NONE;
    struct omb_keyfile key;
    struct omb_error err = {0};
    uint8_t public_key[OMB_PUBLIC_SIZE];
    enum omb_rc rc;

    omb_crypto_init();
    if (fuzz_byte(&text) & 1)
        passphrase = OMB_VIEW_LIT("passphrase of a test");
    rc = omb_keyfile_read(text, passphrase, &key, &err);
    fuzz_said(rc, &err);
    if (rc != OMB_OK) {
        fuzz_untold_digits(&err, text);
        return 0;
    }
    if (key.secret) {
        OMB_ASSERT(omb_keyfile_public(key.use, key.secret, public_key) == OMB_OK);
        OMB_ASSERT(memcmp(public_key, key.public_key, OMB_PUBLIC_SIZE) == 0);
    }
    write_again(&key, OMB_VIEW_NONE);
    write_again(&key, OMB_VIEW_LIT("passphrase of a test"));
    omb_keyfile_free(&key);
    return 0;
}
