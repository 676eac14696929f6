#include "io/probe.h"

#include "io/socket.h"

/* Other outcomes than these two prove nothing, so the next attempt is waited for. */
static enum omb_rc judge(void *monitor, const char *endpoint, int64_t deadline_ms,
                         struct omb_error *err)
{
    for (;;) {
        switch (omb_monitor_wait(monitor, deadline_ms)) {
        case OMB_CONTACT_REFUSED:
            return OMB_OK;
        case OMB_CONTACT_MADE:
            return omb_fail(err, OMB_REFUSED, NULL,
                            "%s let in a key that nobody has enrolled: the check of keys does "
                            "not work", endpoint);
        case OMB_CONTACT_NONE:
            return omb_fail(err, OMB_UNREACHABLE, NULL,
                            "%s did not refuse an unknown key in time: the check of keys is not "
                            "shown to work", endpoint);
        case OMB_CONTACT_BEGUN:
        case OMB_CONTACT_BROKEN:
        case OMB_CONTACT_ABSENT:
        case OMB_CONTACT_LOST:
            break;
        }
    }
}

enum omb_rc omb_probe(void *context, const char *endpoint, int type,
                      const uint8_t server_key[OMB_PUBLIC_SIZE], int64_t deadline_ms,
                      struct omb_error *err)
{
    uint8_t seed[OMB_KEY_SIZE], public_key[OMB_PUBLIC_SIZE];
    struct omb_socket_setup setup = {.type = type, .send_queue = 1, .receive_queue = 1,
                                     .message_max = 1024, .public_key = public_key,
                                     .server_key = server_key};
    struct omb_secret *secret;
    void *socket = NULL, *monitor = NULL;
    enum omb_rc rc;

    omb_random(seed, sizeof(seed));
    secret = omb_secret_new(seed);
    omb_wipe(seed, sizeof(seed));
    omb_box_public(secret, public_key);
    setup.secret = secret;
    rc = omb_socket_open(context, &setup, &socket, err);
    if (rc != OMB_OK)
        goto out;
    rc = omb_monitor_open(context, socket, &monitor, err);
    if (rc != OMB_OK)
        goto out;
    rc = omb_socket_connect(socket, endpoint, err);
    if (rc == OMB_OK)
        rc = judge(monitor, endpoint, deadline_ms, err);
out:
    omb_monitor_close(monitor, socket);
    omb_socket_close(socket);
    omb_secret_free(secret);
    return rc;
}
