/*
 * The events of one case in the order of the fold, each with the verdict on it and, when asked to
 * verify, with what its proof is worth.
 */
#include "office/desk/act.h"
#include "office/desk/view.h"

struct telling {
    struct omb_step *step;
    const struct omb_casefile *file;
    struct omb_history *history;
    struct omb_lines problems;
};

/* Damage is what a verification looks for: only a store that cannot be read at all ends it. */
static enum omb_rc verify_one(struct telling *tell, const struct omb_event *event,
                              struct omb_event_view *view, struct omb_error *err)
{
    const struct omb_row_at *at = omb_desk_row_of(tell->file, event);
    struct omb_error why = {0};
    uint32_t parts = 0;
    const enum omb_rc rc = omb_record_verify(tell->step, at->number, at->seq, &parts, &why);

    if (rc == OMB_IO)
        return omb_fail(err, rc, NULL, "%s", why.words);
    if (rc == OMB_OK) {
        tell->history->verified++;
        view->proof = OMB_VIEW_LIT("ok");
    } else {
        const struct omb_view place =
            omb_desk_place(tell->step, &event->office, &event->incarnation, event->seq);

        view->proof = omb_arena_copy(tell->step->arena, omb_view_str(why.words));
        omb_lines_add(&tell->problems, "%.*s: %s", OMB_VIEW_ARGS(place), why.words);
    }
    return OMB_OK;
}

static enum omb_rc tell_events(struct telling *tell, bool verify, struct omb_error *err)
{
    struct omb_step *step = tell->step;
    const struct omb_case *folded = &tell->file->folded;
    const bool reads = omb_desk_may_read(step, tell->file, NULL);
    struct omb_desk_room room = OMB_DESK_ROOM;
    struct omb_event_view *views =
        OMB_ARENA_NEW(step->arena, struct omb_event_view, folded->judged_count);

    for (size_t i = 0; i < folded->judged_count; i++) {
        const struct omb_judged *judged = &folded->judged[i];
        struct omb_body body;
        const bool said = reads && omb_desk_event_body(step, tell->file, judged->event, &body);
        enum omb_rc rc = OMB_OK;

        omb_desk_event_view(step, tell->file, judged, said ? &body : NULL, &room, &views[i]);
        if (verify)
            rc = verify_one(tell, judged->event, &views[i], err);
        if (rc != OMB_OK)
            return rc;
    }
    tell->history->events.items = views;
    tell->history->events.count = folded->judged_count;
    return OMB_OK;
}

enum omb_rc omb_desk_case_history(struct omb_step *step, const void *ask, const void **out,
                                  struct omb_error *err)
{
    const struct omb_history_ask *request = ask;
    struct omb_casefile file;
    struct telling tell = {.step = step, .file = &file, .problems = {.arena = step->arena}};
    enum omb_rc rc = omb_desk_find_case(step, request->number, &file, err);

    if (rc != OMB_OK)
        return rc;
    tell.history = OMB_ARENA_NEW(step->arena, struct omb_history, 1);
    tell.history->number = omb_act_number(step, &file.id);
    if (!file.folded.row.erased)
        tell.history->withheld = omb_desk_withheld(step, &file.id);
    rc = tell_events(&tell, request->verify, err);
    tell.history->problems = omb_lines_views(&tell.problems);
    *out = tell.history;
    return rc;
}
