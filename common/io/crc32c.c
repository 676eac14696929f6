#include "io/crc32c.h"

#include <pthread.h>

#define POLYNOMIAL UINT32_C(0x82f63b78) /* reflected */

static uint32_t table[256];
static pthread_once_t made = PTHREAD_ONCE_INIT;

static void make_table(void)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;

        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
        table[byte] = crc;
    }
}

uint32_t omb_crc32c(uint32_t crc, struct omb_view bytes)
{
    (void)pthread_once(&made, make_table);
    crc = ~crc;
    for (size_t i = 0; i < bytes.size; i++)
        crc = (crc >> 8) ^ table[(crc ^ bytes.data[i]) & 0xff];
    return ~crc;
}
