#include "office/post/walk.h"

#include "office/post/inside.h"

static enum omb_rc take_seq(void *arg, struct omb_view key, struct omb_view value)
{
    struct omb_walk *walk = arg;
    uint32_t number;

    (void)value;
    if (!omb_key_read_record(key, &number, &walk->items[walk->count]))
        return OMB_DAMAGED;
    return ++walk->count < OMB_WALK ? OMB_OK : OMB_STOP;
}

enum omb_rc omb_walk_log(struct omb_step *step, uint32_t number, uint64_t first, uint64_t last,
                         struct omb_walk *out, struct omb_error *err)
{
    const struct omb_key from = omb_key_record(number, first);
    const struct omb_key until = omb_key_record(number, last + 1);
    enum omb_rc rc;

    out->count = 0;
    rc = omb_port_scan(step->port, OMB_FAMILY_RECORD, omb_key_view(&from), omb_key_view(&until),
                       false, take_seq, out);
    omb_looked(step, out->count);
    return rc == OMB_OK ? rc : omb_fail(err, rc, NULL, "a log cannot be read");
}

void omb_looked(struct omb_step *step, size_t rows)
{
    step->office->post->looked += rows;
}

bool omb_looked_enough(const struct omb_step *step)
{
    const struct omb_post *post = step->office->post;

    return post->look_most > 0 && post->looked >= post->look_most;
}
