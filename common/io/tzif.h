/*
 * Time zones as the system's tzdata keeps them: TZif (RFC 9636), versions 1 to 4. Transitions are
 * read from the file and carried on to the end of 2100 by the rule at its end, so that nothing of
 * the process's own time zone is asked. Reading the file itself is omb_zone_load in officedir.h.
 */
#ifndef OMB_IO_TZIF_H
#define OMB_IO_TZIF_H

#include "base/error.h"
#include "cases/zone.h"

/* The last year for which the rule at the end of a file is carried on. */
#define OMB_ZONE_LAST_YEAR 2100

/* "Europe/Moscow", "Etc/GMT-3": parts of letters, digits, _, + and -, no dots, not from / on. */
bool omb_zone_is_name(struct omb_view name);

/*
 * The bytes of a TZif file, whatever they are. The transitions are the caller's (omb_zone_free);
 * the name is left empty. OMB_DAMAGED with what is wrong in words; also where leap seconds are
 * counted, which UTC here is without.
 */
enum omb_rc omb_tzif_read(struct omb_view bytes, struct omb_zone *out,
                          struct omb_error *err) OMB_MUST_USE;

/* --- the rule, in tzrule.c --- */

/* A day of each year and a time of it, in seconds of local time from its midnight. */
struct omb_zone_day {
    enum { OMB_DAY_MONTH, OMB_DAY_JULIAN, OMB_DAY_ZERO } kind; /* Mm.w.d, Jn, n */
    int32_t month, week, weekday; /* 1-12, 1-5 (5: the last), 0 Sunday to 6 */
    int32_t day;                  /* Jn: 1-365 without 29 February; n: 0-365 */
    int32_t time_s;
};

/* What POSIX calls TZ: "EST5EDT,M3.2.0,M11.1.0". */
struct omb_zone_rule {
    int32_t standard_s, summer_s; /* offsets: local = UTC + offset */
    bool has_summer;
    struct omb_zone_day starts, ends;
};

/* OMB_INVALID: not such a rule. */
enum omb_rc omb_zone_rule_read(struct omb_view text, struct omb_zone_rule *out) OMB_MUST_USE;
/* The instants in seconds at which summer time begins and ends in a year. */
int64_t omb_zone_rule_starts(const struct omb_zone_rule *rule, int32_t year);
int64_t omb_zone_rule_ends(const struct omb_zone_rule *rule, int32_t year);

#endif
