/*
 * In place of the real desk: `act` is answered by the function that a test gave to rig_run. Whoever
 * links this must not link the real one.
 */
#include "office/desk.h"
#include "support/rig.h"

static struct {
    rig_script *fn;
    void *arg;
} script;

static enum omb_rc answer(struct omb_step *step, const void *ask, const void **out,
                          struct omb_error *err)
{
    struct omb_act_done *done = OMB_ARENA_NEW(step->arena, struct omb_act_done, 1);

    (void)ask;
    done->position = omb_position_print(step, omb_office_tip(step->office)->journal);
    *out = done;
    return script.fn(step, script.arg, err);
}

const struct omb_desk_row *omb_desk_row(uint32_t tag)
{
    static const struct omb_desk_row act = {OMB_ASK_ACT, OMB_MAY(TELLER) | OMB_MAY(ADMIN), true,
                                            answer};
    static const struct omb_desk_row history = {OMB_ASK_CASE_HISTORY, OMB_MAY(AUDITOR), false,
                                                answer};

    if (tag == OMB_ASK_ACT)
        return &act;
    return tag == OMB_ASK_CASE_HISTORY ? &history : NULL;
}

void rig_script_set(rig_script *fn, void *arg)
{
    script.fn = fn;
    script.arg = arg;
}

const struct omb_reply *rig_run_as(struct rig *rig, const uint8_t key[OMB_PUBLIC_SIZE],
                                   struct omb_view id, rig_script *fn, void *arg)
{
    static const struct omb_act nothing;
    const struct omb_request request = {.protocol = 1, .id = id, .ask = {OMB_ASK_ACT, &nothing}};

    rig_script_set(fn, arg);
    return rig_request(rig, key, &request);
}

const struct omb_reply *rig_run(struct rig *rig, rig_script *fn, void *arg)
{
    uint8_t id[8];

    omb_put_be64(id, ++rig->ids);
    return rig_run_as(rig, rig->admin, OMB_VIEW_OF(id), fn, arg);
}
