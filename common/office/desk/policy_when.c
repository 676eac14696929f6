/*
 * When the deadlines of a complaint would fall, received at some instant: what registration would
 * pin, told before there is a case.
 */
#include "cases/deadline.h"
#include "office/desk/read.h"

static enum omb_rc read_receipt(const struct omb_step *step, const struct omb_policy_when_ask *ask,
                                int64_t *out, struct omb_error *err)
{
    bool local;
    int64_t ms;

    if (ask->received_at && ask->received_local.size)
        return omb_fail(err, OMB_INVALID, "received_local",
                        "say `received_at` or `received_local`, not both");
    if (ask->received_local.size == 0) {
        *out = ask->received_at ? ask->received_at : step->input->now_ms;
        return OMB_OK;
    }
    if (omb_rfc3339_parse(ask->received_local, &ms, &local) != OMB_OK)
        return omb_fail(err, OMB_INVALID, "received_local",
                        "not a date and time as YYYY-MM-DD HH:MM");
    if (local) {
        const struct omb_civil civil = omb_civil_from_ms(ms);

        ms = omb_zone_instant(omb_office_zone(step->office), &civil);
    }
    *out = ms;
    return OMB_OK;
}

/* A date in the office's time; of a date that has no instant yet, what it waits for. */
static struct omb_view print_local(struct omb_step *step, const struct omb_profile *profile,
                                   const struct omb_deadline *deadline)
{
    const struct omb_zone *zone = omb_office_zone(step->office);
    char text[OMB_RFC3339_SIZE], term[16];

    if (deadline->due) {
        omb_rfc3339(deadline->due, omb_zone_offset(zone, deadline->due), text);
        return omb_arena_copy(step->arena, omb_view_str(text));
    }
    for (size_t i = 0; i < profile->count; i++) {
        if (!omb_view_is(deadline->code, profile->rows[i].code))
            continue;
        omb_term_print(profile->rows[i].term, term);
        return omb_arena_printf(step->arena, "%s after the answer", term);
    }
    return OMB_VIEW_LIT("after the answer");
}

enum omb_rc omb_desk_policy_when(struct omb_step *step, const void *ask, const void **out,
                                 struct omb_error *err)
{
    const struct omb_policy_when_ask *request = ask;
    const struct omb_policy *policy = omb_office_policy(step->office);
    const struct omb_zone *zone = omb_office_zone(step->office);
    const struct omb_view profile_code =
        request->profile.size ? request->profile : OMB_VIEW_LIT("bank-standard");
    const struct omb_view calendar_code =
        request->calendar.size ? request->calendar : OMB_VIEW_LIT("weekdays");
    struct omb_policy_when *answer = OMB_ARENA_NEW(step->arena, struct omb_policy_when, 1);
    struct omb_deadline *deadlines =
        OMB_ARENA_NEW(step->arena, struct omb_deadline, OMB_DEADLINES_MAX);
    struct omb_view *local = OMB_ARENA_NEW(step->arena, struct omb_view, OMB_DEADLINES_MAX);
    const struct omb_profile *profile;
    const struct omb_calendar *calendar;
    enum omb_rc rc =
        omb_policy_check_code(policy, "profile", profile_code, "profile", err);

    if (rc == OMB_OK)
        rc = omb_policy_check_code(policy, "calendar", calendar_code, "calendar", err);
    if (rc == OMB_OK)
        rc = read_receipt(step, request, &answer->received_at, err);
    if (rc != OMB_OK)
        return rc;
    profile = omb_policy_profile(policy, profile_code);
    calendar = omb_policy_calendar(policy, calendar_code);
    if (profile == NULL || calendar == NULL)
        return omb_fail(err, OMB_NOT_FOUND, "profile",
                        "the policy names that profile or calendar but does not define it");
    answer->deadlines.count =
        omb_deadlines_compute(profile, OMB_VIEW_LIT("complaint"), answer->received_at, calendar,
                              zone, deadlines);
    answer->deadlines.items = deadlines;
    for (size_t i = 0; i < answer->deadlines.count; i++)
        local[i] = print_local(step, profile, &deadlines[i]);
    answer->local = (struct omb_views){local, answer->deadlines.count};
    answer->profile = profile_code;
    answer->calendar = calendar_code;
    answer->zone = omb_view_str(zone->name);
    *out = answer;
    return OMB_OK;
}
