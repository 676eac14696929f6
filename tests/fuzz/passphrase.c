/*
 * What makes a passphrase slow to guess is left out of what is linked with this: a plain hash
 * stands in its place (-Wl,--wrap=omb_passphrase_key).
 */
#include <string.h>

#include "crypto/crypto.h"

enum omb_rc __wrap_omb_passphrase_key(struct omb_view passphrase, const uint8_t salt[16],
                                      uint8_t out[OMB_KEY_SIZE]);

enum omb_rc __wrap_omb_passphrase_key(struct omb_view passphrase, const uint8_t salt[16],
                                      uint8_t out[OMB_KEY_SIZE])
{
    const struct omb_view parts[] = {passphrase, omb_view(salt, 16)};
    const struct omb_digest digest = omb_hash_parts("test/passphrase", parts, 2);

    memcpy(out, digest.bytes, OMB_KEY_SIZE);
    return OMB_OK;
}
