/*
 * CRC-32C (Castagnoli, RFC 3720 appendix B.4), the checksum of RocksDB's own files: for looking at
 * these files before RocksDB does. Against accidents, not against people.
 */
#ifndef OMB_IO_CRC32C_H
#define OMB_IO_CRC32C_H

#include "base/bytes.h"

/* The checksum of what `crc` is of (0: of nothing), followed by these bytes. */
uint32_t omb_crc32c(uint32_t crc, struct omb_view bytes) OMB_MUST_USE;

#endif
