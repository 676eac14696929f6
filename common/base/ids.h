/*
 * Names of things in bytes: offices, lives of logs, digests, cases. How people see them (codes and
 * case numbers) is cases/number.h. An id of zero bytes only says "none".
 */
#ifndef OMB_BASE_IDS_H
#define OMB_BASE_IDS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/bytes.h"

#define OMB_OFFICE_ID_SIZE 16
#define OMB_INCARNATION_SIZE 12
#define OMB_DIGEST_SIZE 32
#define OMB_KEY_ID_SIZE 16
#define OMB_HEX_DIGEST_SIZE (2 * OMB_DIGEST_SIZE + 1)

struct omb_office_id {
    uint8_t bytes[OMB_OFFICE_ID_SIZE];
};
struct omb_incarnation {
    uint8_t bytes[OMB_INCARNATION_SIZE]; /* big-endian number of the life, then 8 random */
};
struct omb_digest {
    uint8_t bytes[OMB_DIGEST_SIZE];
};
struct omb_key_id {
    uint8_t bytes[OMB_KEY_ID_SIZE]; /* the first bytes of the digest of the signing certificate */
};

#define OMB_ID_COMPARE(a, b) memcmp((a)->bytes, (b)->bytes, sizeof((a)->bytes))

bool omb_office_id_equal(const struct omb_office_id *a, const struct omb_office_id *b);
bool omb_office_id_none(const struct omb_office_id *id);
bool omb_digest_equal(const struct omb_digest *a, const struct omb_digest *b);
bool omb_digest_none(const struct omb_digest *digest);
bool omb_incarnation_equal(const struct omb_incarnation *a, const struct omb_incarnation *b);
struct omb_key_id omb_key_id_of(const struct omb_digest *certificate);
uint32_t omb_incarnation_number(const struct omb_incarnation *incarnation);

/* Lower-case hex; out holds 2 * size + 1 characters. */
void omb_hex(struct omb_view bytes, char *out);
/* Fills exactly `size` bytes from 2 * size hex digits of either case. */
enum omb_rc omb_unhex(struct omb_view text, uint8_t *out, size_t size) OMB_MUST_USE;

/* Standard base64 with padding, appended. */
void omb_base64(struct omb_view bytes, struct omb_buf *out);
/* The other direction, of exactly what omb_base64 writes; else OMB_INVALID and nothing appended. */
enum omb_rc omb_unbase64(struct omb_view text, struct omb_buf *out) OMB_MUST_USE;

#endif
