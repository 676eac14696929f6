/*
 * Every maximum that bytes from outside are held against, in one place. Frame and wire limits never
 * change within a protocol range (design: replication).
 */
#ifndef OMB_WIRE_LIMITS_H
#define OMB_WIRE_LIMITS_H

#include <assert.h>
#include <stdint.h>

#include "base/text.h"

#define OMB_DEPTH_MAX 8                    /* nested messages */
#define OMB_REPEATED_MAX 65536             /* items of one repeated field */
#define OMB_LINE_MAX 512                   /* bytes of a one-line text */
#define OMB_TEXT_MAX (64 * 1024)           /* bytes of a narrative, an answer, a note */
#define OMB_POLICY_TEXT_MAX (192 * 1024)   /* bytes of a policy */
#define OMB_HEADER_MAX (256 * 1024)        /* bytes of a header: a policy is the largest */
#define OMB_PART_MAX (512 * 1024)          /* bytes of a sealed part */
#define OMB_RECORD_MAX (2 * 1024 * 1024)   /* header, proof and all parts */
#define OMB_PROOF_LEVELS_MAX 16            /* of a Merkle path: batches to 65536 */
#define OMB_CERTIFICATE_MAX (16 * 1024)
#define OMB_SUCCEEDS_MAX 64                /* closed offices that one office stands in for */
#define OMB_BACKUP_MANIFEST_MAX (16 * 1024 * 1024) /* of a backup: some 100 bytes a file */
#define OMB_BACKUP_KEYS_MAX (4 * 1024 * 1024)      /* its sealed keys */
#define OMB_REQUEST_MAX (4 * 1024 * 1024)  /* one message of a client */
#define OMB_REPLY_MAX (16 * 1024 * 1024)
#define OMB_FRAME_MAX (4 * 1024 * 1024)    /* one message of a link */
#define OMB_REQUEST_ID_MAX 32
#define OMB_PAGE_MAX 1000                  /* rows of one page of a long answer */
#define OMB_IMPORT_ROWS_MAX 1000           /* rows of one import batch */
#define OMB_THEN_MAX 8                     /* further acts of one request */
#define OMB_WHEN_MIN INT64_C(-62135510400000) /* 0001-01-02T00:00Z: with any offset still a date */
#define OMB_WHEN_MAX INT64_C(253402214400000) /* 9999-12-31T00:00Z */
#define OMB_DECODE_FACTOR 16               /* decoded memory per byte of input ... */
#define OMB_DECODE_FLOOR (64 * 1024)       /* ... and what is always allowed */

static_assert(OMB_TEXT_MAX * 6 < OMB_PART_MAX, "a body of full texts fits a part");
static_assert(OMB_POLICY_TEXT_MAX < OMB_HEADER_MAX, "a policy fits a header");
static_assert(OMB_HEADER_MAX + 3 * OMB_PART_MAX < OMB_RECORD_MAX, "a record holds its parts");
static_assert(OMB_RECORD_MAX < OMB_FRAME_MAX, "a frame holds a record");
static_assert(OMB_CODE_MAX <= OMB_LINE_MAX, "a code is a line");

#endif
