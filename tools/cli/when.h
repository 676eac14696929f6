/*
 * Instants and amounts as people write them. Times without an offset are local to the office.
 */
#ifndef OMB_CLI_WHEN_H
#define OMB_CLI_WHEN_H

#include "base/bytes.h"
#include "base/error.h"
#include "cases/zone.h"

/* Whether the text needs the office's zone to be understood. OMB_INVALID when it is no time. */
enum omb_rc omb_when_needs_zone(const char *text, bool *out, struct omb_error *err) OMB_MUST_USE;

/*
 * "2026-09-30", "2026-09-30 17:20", RFC 3339. A date alone is its first moment, or with end_of_day
 * 23:59:59.
 */
enum omb_rc omb_when_parse(const char *text, const struct omb_zone *zone, bool end_of_day,
                           int64_t *out, struct omb_error *err) OMB_MUST_USE;

/* "2026-09-30 17:20" in the zone; "" for 0, which says no date. */
#define OMB_WHEN_SIZE 32
void omb_when_print(int64_t ms, const struct omb_zone *zone, char out[OMB_WHEN_SIZE]);

/*
 * "250", "250.5", "250.00" in the minor units of the currency (ISO 4217: most have two decimals,
 * some none, three or four). OMB_INVALID says what is wrong.
 */
enum omb_rc omb_money_parse(const char *text, const char *currency, int64_t *out,
                            struct omb_error *err) OMB_MUST_USE;
unsigned omb_money_decimals(struct omb_view currency);
/* "250.00 RUB" */
#define OMB_MONEY_SIZE 48
void omb_money_print(int64_t minor, struct omb_view currency, char out[OMB_MONEY_SIZE]);

#endif
