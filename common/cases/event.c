#include "cases/event.h"

#include <string.h>

#include "base/assert.h"

bool omb_seat_is_above(const struct omb_seat *seat, const struct omb_office_id *upper)
{
    for (; seat; seat = seat->later) {
        OMB_ASSERT(seat->above_count <= sizeof(seat->above) / sizeof(seat->above[0]));
        for (size_t i = 0; i < seat->above_count; i++)
            if (omb_office_id_equal(&seat->above[i], upper))
                return true;
    }
    return false;
}

static const struct omb_succession *find_succession(const struct omb_seat *seat,
                                                    const struct omb_office_id *closed)
{
    for (size_t i = 0; i < seat->succeeds_count; i++)
        if (omb_office_id_equal(&seat->succeeds[i].closed, closed))
            return &seat->succeeds[i];
    return NULL;
}

bool omb_seat_counts_as(const struct omb_seat *seat, const struct omb_seat *other)
{
    const struct omb_succession *said = other ? find_succession(seat, &other->office) : NULL;

    if (other && omb_office_id_equal(&seat->office, &other->office))
        return true;
    return said && omb_seat_is_above(other, &said->by);
}

bool omb_seat_is_said_to_be(const struct omb_seat *seat, const struct omb_office_id *office)
{
    return omb_office_id_equal(&seat->office, office) || find_succession(seat, office) != NULL;
}

const char *omb_status_name(enum omb_case_status status)
{
    static const char *const names[] = {
#define STATUS_NAME(name, word) [OMB_STATUS_##name] = word,
        OMB_STATUS_TABLE(STATUS_NAME)
#undef STATUS_NAME
    };

    OMB_ASSERT(status < OMB_STATUS_COUNT);
    return names[status];
}

#define E(upper, name_, verb_, rights_, least_, system_, spine_, in_, offered_, sealed_, answers_, \
          summary_)                                                                                \
    [OMB_EVENT_##upper - 1] = {.tag = OMB_EVENT_##upper,                                           \
                               .name = #name_,                                                     \
                               .verb = verb_,                                                      \
                               .rights = rights_,                                                  \
                               .least = OMB_ROLE_##least_,                                         \
                               .system = system_,                                                  \
                               .spine = spine_,                                                    \
                               .in = in_,                                                          \
                               .offered = offered_,                                                \
                               .sealed = sealed_,                                                  \
                               .answers = answers_,                                                \
                               .summary = summary_},
static const struct omb_event_row rows[] = {
#include "cases/events.def"
};
#undef E

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

const struct omb_event_row *omb_event_rows(size_t *out_count)
{
    *out_count = ROW_COUNT;
    return rows;
}

const struct omb_event_row *omb_event_row(uint32_t tag)
{
    return tag >= 1 && tag <= ROW_COUNT ? &rows[tag - 1] : NULL;
}

const struct omb_event_row *omb_event_row_by_verb(struct omb_view verb)
{
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (omb_view_is(verb, rows[i].verb))
            return &rows[i];
    return NULL;
}

const struct omb_event_row *omb_event_row_of(const struct omb_event *event)
{
    return event->facts ? omb_event_row(event->facts->event.tag) : NULL;
}

const struct omb_digest *omb_event_answers(const struct omb_event *event)
{
    const struct omb_any facts = event->facts->event;

    switch (facts.tag) {
    case OMB_EVENT_KEPT:
        return &OMB_AS(kept, facts)->promise;
    case OMB_EVENT_ACCEPTED:
        return &OMB_AS(accepted, facts)->assignment;
    case OMB_EVENT_UNLINKED:
        return &OMB_AS(unlinked, facts)->link;
    case OMB_EVENT_REPLIED:
        return &OMB_AS(replied, facts)->question;
    case OMB_EVENT_ATTENDED:
        return &OMB_AS(attended, facts)->rating;
    case OMB_EVENT_ACTION_DONE:
        return &OMB_AS(action_done, facts)->resolution;
    case OMB_EVENT_ERASURE_CONFIRMED:
        return &OMB_AS(erasure_confirmed, facts)->erasure;
    }
    return NULL;
}

const struct omb_office_ref *omb_event_to(const struct omb_event *event)
{
    const struct omb_any facts = event->facts->event;

    switch (facts.tag) {
    case OMB_EVENT_REGISTERED:
        return OMB_AS(registered, facts)->custodian;
    case OMB_EVENT_ESCALATED:
        return OMB_AS(escalated, facts)->to;
    case OMB_EVENT_RETURNED:
        return OMB_AS(returned, facts)->to;
    case OMB_EVENT_DELEGATED:
        return OMB_AS(delegated, facts)->to;
    case OMB_EVENT_GRANTED:
        return OMB_AS(granted, facts)->to;
    case OMB_EVENT_SHARED:
        return OMB_AS(shared, facts)->to;
    case OMB_EVENT_ASKED:
        return OMB_AS(asked, facts)->to;
    }
    return NULL;
}
