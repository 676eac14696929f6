#include "base/ids.h"

#include <string.h>

static bool all_zero(const uint8_t *bytes, size_t size)
{
    uint8_t any = 0;

    for (size_t i = 0; i < size; i++)
        any |= bytes[i];
    return any == 0;
}

bool omb_office_id_equal(const struct omb_office_id *a, const struct omb_office_id *b)
{
    return OMB_ID_COMPARE(a, b) == 0;
}

bool omb_office_id_none(const struct omb_office_id *id)
{
    return all_zero(id->bytes, sizeof(id->bytes));
}

bool omb_digest_equal(const struct omb_digest *a, const struct omb_digest *b)
{
    return OMB_ID_COMPARE(a, b) == 0;
}

bool omb_digest_none(const struct omb_digest *digest)
{
    return all_zero(digest->bytes, sizeof(digest->bytes));
}

bool omb_incarnation_equal(const struct omb_incarnation *a, const struct omb_incarnation *b)
{
    return OMB_ID_COMPARE(a, b) == 0;
}

struct omb_key_id omb_key_id_of(const struct omb_digest *certificate)
{
    struct omb_key_id id;

    memcpy(id.bytes, certificate->bytes, sizeof(id.bytes));
    return id;
}

uint32_t omb_incarnation_number(const struct omb_incarnation *incarnation)
{
    return omb_be32(incarnation->bytes);
}
