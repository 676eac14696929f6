/*
 * One case, whole: what it is, where it stands, its dates, its words and its events.
 */
#include <string.h>

#include "office/desk/act.h"
#include "office/desk/view.h"

struct showing {
    struct omb_step *step;
    const struct omb_casefile *file;
    struct omb_case_view *view;
    bool reads; /* bodies too */
    struct omb_desk_room room;
    struct omb_client_view *client;
};

static struct omb_view code_of_ref(struct omb_step *step, const struct omb_office_ref *ref,
                                   const struct omb_office_id *otherwise)
{
    return omb_office_code_of(step, ref != NULL ? &ref->office : otherwise);
}

static struct omb_view actor_of(struct omb_step *step, const struct omb_office_id *office,
                                struct omb_view code)
{
    return code.size > 0 ? omb_desk_actor(step, office, code) : code;
}

static void show_matter(const struct showing *show, const struct omb_matter *matter)
{
    struct omb_case_view *view = show->view;

    view->about = code_of_ref(show->step, matter->about, &show->file->id.home);
    view->kind = matter->kind;
    view->channel = matter->channel;
    view->product = matter->product;
    view->issue = matter->issue;
    view->severity = matter->severity;
    view->received_at = matter->received_at;
    view->segment = matter->segment;
    view->wish = matter->wish;
    view->anonymous = matter->anonymous;
    view->confidential = matter->confidential;
    view->vulnerable = matter->vulnerable;
    view->reply_methods = matter->reply_methods;
}

static void show_row(const struct showing *show)
{
    const struct omb_case_row *row = &show->file->folded.row;
    struct omb_case_view *view = show->view;

    view->number = omb_act_number(show->step, &show->file->id);
    view->home = omb_office_code_of(show->step, &show->file->id.home);
    view->custodian = code_of_ref(show->step, row->custodian, &show->file->id.home);
    view->status = row->status;
    view->first_asked = actor_of(show->step, &show->file->id.home, row->first_asked);
    view->responsible = actor_of(show->step, &row->responsible_office, row->responsible);
    view->outcome = row->outcome;
    view->cause = row->cause;
    view->bank_error = row->bank_error;
    view->registered_at = row->registered_at;
    view->resolved_at = row->resolved_at;
    view->answered_at = row->answered_at;
    view->closed_at = row->closed_at;
    view->score = row->score;
    view->flags = row->flags;
    view->hand_overs = row->hand_overs;
    view->erased = row->erased;
    if (row->matter != NULL)
        show_matter(show, row->matter);
}

/*
 * A date is breached when it passed unmet, or was met too late. What an import does not date may
 * have been in time.
 */
static void show_deadlines(const struct showing *show)
{
    const struct omb_case_row *row = &show->file->folded.row;
    const int64_t now = show->step->input->now_ms;
    struct omb_deadline_view *views =
        OMB_ARENA_NEW(show->step->arena, struct omb_deadline_view, row->deadlines.count);

    for (size_t i = 0; i < row->deadlines.count; i++) {
        const struct omb_deadline_row *deadline = &row->deadlines.items[i];
        const bool met = deadline->met_at != 0;
        const int64_t until = met ? deadline->met_at : now;

        views[i] = (struct omb_deadline_view){
            .name = deadline->code,
            .due = deadline->due,
            .limit = deadline->limit,
            .extended = deadline->extended,
            .met = met,
            .breached = deadline->due != 0 && until > deadline->due && (met || !row->undated),
        };
    }
    show->view->deadlines.items = views;
    show->view->deadlines.count = row->deadlines.count;
}

static void show_extract(const struct showing *show)
{
    const struct omb_casefile *file = show->file;

    for (size_t i = 0; i < file->event_count; i++) {
        const uint32_t tag = file->events[i].facts->event.tag;
        struct omb_extract extract;

        if ((tag != OMB_EVENT_REGISTERED && tag != OMB_EVENT_AMENDED) ||
            omb_vault_extract(show->step, &file->rows[i], &extract) != OMB_OK)
            continue;
        if (extract.pseudonym.size)
            show->view->pseudonym = extract.pseudonym;
        if (extract.reference.size)
            show->view->reference = extract.reference;
    }
}

/* --- words --- */

static void replace(struct omb_view *value, struct omb_view with)
{
    if (with.size)
        *value = with;
}

static void show_registered(struct showing *show, const struct omb_registered_body *words)
{
    replace(&show->view->narrative, words->narrative);
    if (words->client == NULL)
        return;
    replace(&show->client->name, words->client->name);
    replace(&show->client->phone, words->client->phone);
    replace(&show->client->email, words->client->email);
    replace(&show->client->address, words->client->address);
    replace(&show->client->account, words->client->account);
}

/* What an event that took effect says about the case as a whole. */
static void show_body(struct showing *show, const struct omb_judged *judged,
                      const struct omb_body *body)
{
    if (judged->verdict != OMB_VERDICT_EFFECT)
        return;
    if (body->event.tag == OMB_BODY_REGISTERED || body->event.tag == OMB_BODY_AMENDED)
        show_registered(show, OMB_AS(registered_body, body->event));
    else if (body->event.tag == OMB_BODY_RESOLVED && judged->event == show->file->folded.resolved)
        show->view->answer = OMB_AS(resolved_body, body->event)->answer;
    else if (body->event.tag == OMB_BODY_ANSWERED && show->view->answer.size == 0 &&
             show->file->folded.resolved != NULL)
        show->view->answer = OMB_AS(text_body, body->event)->text;
}

static void show_events(struct showing *show)
{
    const struct omb_case *folded = &show->file->folded;
    struct omb_event_view *views =
        OMB_ARENA_NEW(show->step->arena, struct omb_event_view, folded->judged_count);

    show->client = OMB_ARENA_NEW(show->step->arena, struct omb_client_view, 1);
    for (size_t i = 0; i < folded->judged_count; i++) {
        const struct omb_judged *judged = &folded->judged[i];
        struct omb_body body;
        const bool said =
            show->reads && omb_desk_event_body(show->step, show->file, judged->event, &body);

        if (said)
            show_body(show, judged, &body);
        omb_desk_event_view(show->step, show->file, judged, said ? &body : NULL, &show->room,
                            &views[i]);
    }
    if (show->reads)
        show->view->client = show->client;
    show->view->events.items = views;
    show->view->events.count = folded->judged_count;
}

/* --- what was corrected, promised and tied --- */

static void show_corrected(const struct showing *show)
{
    const struct omb_case *folded = &show->file->folded;
    struct omb_corrected_value *views =
        OMB_ARENA_NEW(show->step->arena, struct omb_corrected_value, folded->corrected_count);

    for (size_t i = 0; i < folded->corrected_count; i++) {
        const struct omb_old_value *old = &folded->corrected[i];

        views[i] = (struct omb_corrected_value){
            .field = old->field,
            .value = old->value,
            .by = omb_desk_actor(show->step, &old->by->office, old->by->actor),
            .at = old->by->time_ms,
        };
    }
    show->view->corrected.items = views;
    show->view->corrected.count = folded->corrected_count;
}

static void show_promises(const struct showing *show)
{
    const struct omb_case *folded = &show->file->folded;
    struct omb_promise_view *views =
        OMB_ARENA_NEW(show->step->arena, struct omb_promise_view, folded->promise_count);

    for (size_t i = 0; i < folded->promise_count; i++) {
        const struct omb_promise *promise = &folded->promises[i];
        const struct omb_any *what = &promise->event->facts->event;
        struct omb_promise_view *view = &views[i];

        view->record = omb_desk_hex(show->step->arena, OMB_VIEW_OF(promise->event->digest.bytes));
        view->kept = promise->kept;
        if (what->tag == OMB_EVENT_PROMISED) {
            view->due = OMB_AS(promised, *what)->due;
            view->to = OMB_AS(promised, *what)->to;
        } else {
            view->due = OMB_AS(asked, *what)->due;
            view->to = code_of_ref(show->step, OMB_AS(asked, *what)->to, &promise->event->office);
        }
        view->broken =
            !promise->kept && view->due != 0 && show->step->input->now_ms > view->due;
    }
    show->view->promises.items = views;
    show->view->promises.count = folded->promise_count;
}

static void show_links(const struct showing *show)
{
    const struct omb_case *folded = &show->file->folded;
    struct omb_link_view *views =
        OMB_ARENA_NEW(show->step->arena, struct omb_link_view, folded->tie_count);

    for (size_t i = 0; i < folded->tie_count; i++) {
        const struct omb_event *event = folded->ties[i].event;
        const struct omb_linked *linked = OMB_AS(linked, event->facts->event);

        views[i] = (struct omb_link_view){
            .record = omb_desk_hex(show->step->arena, OMB_VIEW_OF(event->digest.bytes)),
            .other = omb_act_number(show->step, linked->other),
            .relation = linked->relation,
        };
    }
    show->view->links.items = views;
    show->view->links.count = folded->tie_count;
}

/* --- what a lost fork left --- */

static enum omb_rc show_formerly(const struct showing *show, struct omb_error *err)
{
    const struct omb_case_row *row = &show->file->folded.row;
    struct omb_view *numbers = OMB_ARENA_NEW(show->step->arena, struct omb_view, OMB_FORMERLY_MAX);
    struct omb_case_id ids[OMB_FORMERLY_MAX];
    size_t count = 0;
    const enum omb_rc rc =
        omb_casefile_replacing(show->step, &show->file->id, ids, &count, err);

    if (row->formerly.count > 0)
        show->view->formerly = omb_act_number(show->step, &row->formerly.items[0]);
    for (size_t i = 0; i < count; i++)
        numbers[i] = omb_act_number(show->step, &ids[i]);
    show->view->namesakes = (struct omb_views){numbers, count};
    return rc;
}

/* --- the key --- */

/*
 * A custodian without the key waits for home, which grants it when it hears of the custody. Home
 * itself, when its store lost the key, asks nobody: `office recover` is the way.
 */
static void show_key_asked(const struct showing *show)
{
    const struct omb_case *folded = &show->file->folded;
    const struct omb_seat *self = omb_office_self(show->step->office);

    if (!show->view->sealed || folded->row.erased)
        return;
    show->view->key_lost = omb_office_id_equal(&show->file->id.home, &self->office);
    if (show->view->key_lost || folded->custodian == NULL ||
        !omb_office_id_equal(&folded->custodian->office, &self->office))
        return;
    show->view->key_asked_of = show->view->home;
    for (size_t i = 0; i < folded->judged_count; i++)
        if (omb_digest_equal(&folded->judged[i].event->digest, &folded->spine))
            show->view->key_asked_at = folded->judged[i].event->time_ms;
}

/* --- the request --- */

/* `sealed` is about this office, whoever asks. */
static bool is_sealed(struct omb_step *step, const struct omb_case_id *id)
{
    uint8_t key[OMB_KEY_SIZE];
    const enum omb_rc rc = omb_vault_case_key(step, id, key);

    omb_wipe(key, sizeof(key));
    return rc == OMB_SEALED;
}

enum omb_rc omb_desk_case_show(struct omb_step *step, const void *ask, const void **out,
                               struct omb_error *err)
{
    const struct omb_case_ask *request = ask;
    struct omb_casefile file;
    struct showing show = {.step = step, .file = &file, .room = OMB_DESK_ROOM};
    enum omb_rc rc = omb_desk_find_case(step, request->number, &file, err);

    if (rc != OMB_OK)
        return rc;
    show.view = OMB_ARENA_NEW(step->arena, struct omb_case_view, 1);
    show.reads = omb_desk_may_read(step, &file, NULL);
    show.view->sealed = is_sealed(step, &file.id);
    show_row(&show);
    show_key_asked(&show);
    show_deadlines(&show);
    if (!file.folded.row.erased)
        show.view->withheld = omb_desk_withheld(step, &file.id);
    if (omb_desk_reads_bodies(omb_desk_asking(step)) && show.view->withheld.size == 0)
        show_extract(&show);
    show_events(&show);
    show_corrected(&show);
    show_promises(&show);
    show_links(&show);
    *out = show.view;
    return show_formerly(&show, err);
}
