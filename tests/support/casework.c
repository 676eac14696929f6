#include "support/casework.h"

static const struct omb_view teller = {(const uint8_t *)"t17", 3};

enum omb_rc casework_register(struct omb_step *step, bool imported, struct omb_case_id *out,
                              struct omb_appended *out_record, struct omb_error *err)
{
    const struct omb_matter matter = {
        .kind = OMB_VIEW_LIT("complaint"),
        .channel = OMB_VIEW_LIT("book"),
        .product = OMB_VIEW_LIT("cards"),
        .issue = OMB_VIEW_LIT("fees"),
        .severity = OMB_VIEW_LIT("normal"),
        .received_at = step->input->now_ms,
        .first_asked = teller,
    };
    const struct omb_deadline decision = {
        .code = OMB_VIEW_LIT("decision"),
        .due = step->input->now_ms + 15 * OMB_DAY_MS,
        .limit = true,
    };
    const struct omb_imported source = {.source = OMB_VIEW_LIT("test")};
    struct omb_registered registered = {
        .matter = &matter,
        .profile = OMB_VIEW_LIT("bank-standard"),
        .calendar = OMB_VIEW_LIT("weekdays"),
        .zone = OMB_VIEW_LIT("UTC"),
        .deadlines = {&decision, 1},
        .imported = imported ? &source : NULL,
    };
    const struct omb_client client = {.name = OMB_VIEW_LIT(CASEWORK_NAME)};
    const struct omb_registered_body words = {.client = &client,
                                              .narrative = OMB_VIEW_LIT(CASEWORK_WORDS)};
    const struct omb_body body = {.event = {OMB_BODY_REGISTERED, &words}};
    const struct omb_extract extract = {.reference = OMB_VIEW_LIT("SRC-1")};
    const struct omb_facts facts = {.event = {OMB_EVENT_REGISTERED, &registered}};
    struct omb_grants grants = {0};
    const struct omb_draft draft = {
        .case_id = out,
        .facts = &facts,
        .body = &body,
        .extract = &extract,
        .grants = &grants,
        .actor = teller,
    };
    struct omb_casefile file = {0};
    enum omb_rc rc = omb_case_next(step, out, err);

    if (rc == OMB_OK)
        rc = omb_vault_new_case(step, out, &registered.key_commitment, &grants, err);
    if (rc == OMB_OK)
        rc = omb_casefile_write(step, &draft, &file, out_record, err);
    return rc == OMB_OK ? omb_casefile_save(step, &file, err) : rc;
}

static enum omb_rc write_one(struct omb_step *step, const struct omb_case_id *id,
                             struct omb_view actor, const struct omb_facts *facts,
                             const struct omb_body *body, struct omb_appended *out_record,
                             struct omb_error *err)
{
    struct omb_draft draft = {.case_id = id, .facts = facts, .body = body, .actor = actor};
    struct omb_casefile file;
    enum omb_rc rc = omb_casefile_load(step, id, &file, err);

    if (rc != OMB_OK)
        return rc;
    draft.after = file.folded.spine;
    rc = omb_casefile_write(step, &draft, &file, out_record, err);
    return rc == OMB_OK ? omb_casefile_save(step, &file, err) : rc;
}

enum omb_rc casework_note(struct omb_step *step, const struct omb_case_id *id, const char *words,
                          struct omb_appended *out_record, struct omb_error *err)
{
    static const struct omb_noted noted;
    const struct omb_facts facts = {.event = {OMB_EVENT_NOTED, &noted}};
    const struct omb_text_body text = {omb_view_str(words)};
    const struct omb_body body = {.event = {OMB_BODY_NOTED, &text}};

    return write_one(step, id, teller, &facts, &body, out_record, err);
}

enum omb_rc casework_write(struct omb_step *step, const struct omb_case_id *id, const char *actor,
                           uint32_t tag, const void *event, struct omb_appended *out_record,
                           struct omb_error *err)
{
    const struct omb_facts facts = {.event = {tag, event}};

    return write_one(step, id, omb_view_str(actor), &facts, NULL, out_record, err);
}

enum omb_rc casework_erase(struct omb_step *step, const struct omb_case_id *id,
                           struct omb_error *err)
{
    const struct omb_withdrawn withdrawn = {OMB_VIEW_LIT("phone"), step->input->now_ms};
    const struct omb_erased erased = {OMB_VIEW_LIT("client-asks")};
    struct omb_erasure_confirmed confirmed = {.ground = OMB_VIEW_LIT("client-asks")};
    struct omb_appended record;
    enum omb_rc rc = casework_write(step, id, "t17", OMB_EVENT_WITHDRAWN, &withdrawn, &record, err);

    if (rc == OMB_OK)
        rc = casework_write(step, id, "t17", OMB_EVENT_ERASED, &erased, &record, err);
    if (rc != OMB_OK)
        return rc;
    confirmed.erasure = record.digest;
    return casework_write(step, id, "t18", OMB_EVENT_ERASURE_CONFIRMED, &confirmed, &record, err);
}

enum omb_rc casework_story(struct omb_step *step, const char *words,
                           struct omb_appended *out_record, struct omb_error *err)
{
    const struct omb_good_story story = {.topic = OMB_VIEW_LIT("fraud-stopped")};
    const struct omb_facts facts = {.event = {OMB_EVENT_GOOD_STORY, &story}};
    const struct omb_text_body text = {omb_view_str(words)};
    const struct omb_body body = {.event = {OMB_BODY_GOOD_STORY, &text}};
    const struct omb_draft draft = {.facts = &facts, .body = &body, .actor = teller};

    return omb_append(step, &draft, out_record, err);
}
