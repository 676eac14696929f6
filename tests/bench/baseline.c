/*
 * What this machine can do at all, beside the figures of the office: synced appends of one small
 * record a second to the file system of DIR, and Ed25519 signatures and verifications a second.
 *
 *     bench_baseline DIR APPENDS SIGNATURES
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/text.h"
#include "crypto/crypto.h"

static double now_s(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double appends_per_s(const char *dir, uint64_t count)
{
    char path[512];
    const char record[1024] = {0};
    double began;
    int fd;

    snprintf(path, sizeof(path), "%s/baseline.tmp", dir);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    OMB_ASSERT(fd >= 0);
    began = now_s();
    for (uint64_t i = 0; i < count; i++) {
        OMB_ASSERT(write(fd, record, sizeof(record)) == (ssize_t)sizeof(record));
        OMB_ASSERT(fdatasync(fd) == 0);
    }
    began = now_s() - began;
    close(fd);
    unlink(path);
    return (double)count / began;
}

int main(int argc, char **argv)
{
    static const uint8_t seed[OMB_SEED_SIZE] = {1};
    uint8_t public_key[OMB_PUBLIC_SIZE], signature[OMB_SIGNATURE_SIZE];
    struct omb_signer *signer;
    uint64_t appends, signatures;
    double synced, began, signed_s, verified_s;

    if (argc != 4 || omb_text_u64(omb_view_str(argv[2]), &appends) != OMB_OK || appends == 0 ||
        omb_text_u64(omb_view_str(argv[3]), &signatures) != OMB_OK || signatures == 0) {
        fprintf(stderr, "usage: bench_baseline DIR APPENDS SIGNATURES\n");
        return 2;
    }
    omb_crypto_init();
    signer = omb_signer_from_seed(seed);
    omb_signer_public(signer, public_key);
    synced = appends_per_s(argv[1], appends);
    began = now_s();
    for (uint64_t i = 0; i < signatures; i++)
        omb_sign(signer, "ombud/batch/1", OMB_VIEW_OF(public_key), signature);
    signed_s = now_s() - began;
    began = now_s();
    for (uint64_t i = 0; i < signatures; i++)
        OMB_ASSERT(omb_verify(public_key, "ombud/batch/1", OMB_VIEW_OF(public_key), signature));
    verified_s = now_s() - began;
    omb_signer_free(signer);
    printf("{\"synced_appends_per_s\":%.0f,\"signatures_per_s\":%.0f,"
           "\"verifications_per_s\":%.0f}\n",
           synced, (double)signatures / signed_s, (double)signatures / verified_s);
    return 0;
}
