/* Names of events for people and JSON: those of the .proto file, with hyphens. */
#include "base/assert.h"
#include "wire/bridge.h"
#include "wire/header.h"

enum { EVENTS_MAX = 128, NAME_SIZE = 32 };

/* Filled by omb_wire_init(), before there are threads: the preprocessor cannot turn _ into -. */
static char names[EVENTS_MAX][NAME_SIZE];

void omb_event_names_init(void)
{
    for (size_t i = 0; i < omb_shape_facts.alternative_count; i++) {
        const struct omb_alternative *event = &omb_shape_facts.alternatives[i];
        size_t size = strlen(event->name);

        OMB_ASSERT(event->tag < EVENTS_MAX && size < NAME_SIZE);
        for (size_t at = 0; at < size; at++)
            names[event->tag][at] = event->name[at] == '_' ? '-' : event->name[at];
    }
}

const char *omb_event_name(uint32_t tag)
{
    return tag < EVENTS_MAX && names[tag][0] ? names[tag] : "unknown";
}

uint32_t omb_event_by_name(struct omb_view name)
{
    if (name.size == 0)
        return 0;
    for (uint32_t tag = 1; tag < EVENTS_MAX; tag++)
        if (omb_view_is(name, names[tag]))
            return tag;
    return 0;
}
