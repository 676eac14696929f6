/*
 * Finding a case by its printed number; reading its derived row is casefile.c.
 */
#include <stdio.h>

#include "cases/number.h"
#include "office/inside.h"

struct candidates {
    const struct omb_number *number;
    struct omb_case_id found;
    size_t count, matching;
};

static enum omb_rc take_candidate(void *arg, struct omb_view key, struct omb_view value)
{
    struct candidates *candidates = arg;
    enum omb_index_kind kind;
    struct omb_view text;
    struct omb_case_id id;

    (void)value;
    if (!omb_key_read_index(key, &kind, &text, &id))
        return OMB_DAMAGED;
    candidates->count++;
    if (omb_number_matches(candidates->number, &id)) {
        candidates->found = id;
        candidates->matching++;
    }
    return OMB_OK;
}

enum omb_rc omb_casefile_find(struct omb_step *step, struct omb_view number,
                              struct omb_case_id *out, struct omb_error *err)
{
    struct omb_number parsed;
    struct candidates candidates = {.number = &parsed};
    char value[OMB_NUMBER_SIZE];
    struct omb_office_ref home;
    struct omb_key prefix;
    enum omb_rc rc = omb_number_parse(number, &parsed, err);

    if (rc != OMB_OK)
        return rc;
    snprintf(value, sizeof(value), "%s-%u-%llu", parsed.code, parsed.year,
             (unsigned long long)parsed.serial);
    prefix = omb_key_index(OMB_INDEX_NUMBER, omb_view_str(value), NULL);
    rc = omb_port_scan_prefix(step->port, OMB_FAMILY_INDEX, omb_key_view(&prefix), take_candidate,
                              &candidates);
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the case numbers in the store cannot be read");
    if (candidates.count == 0) {
        rc = omb_office_by_code(step, omb_view_str(parsed.code), &home, err);
        if (rc != OMB_OK)
            return rc;
        return omb_fail(err, OMB_NOT_FOUND, "number", "no case %llu of %u of %s is here",
                        (unsigned long long)parsed.serial, parsed.year, parsed.code);
    }
    if (candidates.matching == 0)
        return omb_fail(err, OMB_NOT_FOUND, "number",
                        "the check characters %s do not belong to case %llu of %u of %s: "
                        "something is mistyped",
                        parsed.check, (unsigned long long)parsed.serial, parsed.year, parsed.code);
    if (candidates.matching > 1)
        return omb_fail(err, OMB_INVALID, "number", "%zu cases here have this number",
                        candidates.matching);
    *out = candidates.found;
    return OMB_OK;
}
