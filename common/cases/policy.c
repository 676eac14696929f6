#include "cases/policy.h"

#include "base/assert.h"
#include "base/text.h"
#include "wire/facts.h"

enum { MOST_NEAREST = 3, SHORT_LIST = 12 };

/* --- finding --- */

const struct omb_vocabulary *omb_policy_vocabulary(const struct omb_policy *policy,
                                                   const char *name)
{
    for (size_t i = 0; i < policy->vocabulary_count; i++)
        if (strcmp(policy->vocabularies[i].name, name) == 0)
            return &policy->vocabularies[i];
    return NULL;
}

const struct omb_profile *omb_policy_profile(const struct omb_policy *policy, struct omb_view code)
{
    for (size_t i = 0; i < policy->profile_count; i++)
        if (omb_view_is(code, policy->profiles[i].code))
            return &policy->profiles[i];
    return NULL;
}

const struct omb_calendar *omb_policy_calendar(const struct omb_policy *policy,
                                               struct omb_view code)
{
    for (size_t i = 0; i < policy->calendar_count; i++)
        if (omb_view_is(code, policy->calendars[i].code))
            return &policy->calendars[i];
    return NULL;
}

/* --- one code --- */

static const struct omb_vocabulary *must_find(const struct omb_policy *policy, const char *name)
{
    const struct omb_vocabulary *vocabulary = omb_policy_vocabulary(policy, name);

    OMB_ASSERT(vocabulary != NULL);
    return vocabulary;
}

static bool lists(const struct omb_vocabulary *vocabulary, struct omb_view code)
{
    for (size_t i = 0; i < vocabulary->count; i++)
        if (omb_view_equal(vocabulary->codes[i], code))
            return true;
    return false;
}

bool omb_policy_knows(const struct omb_policy *policy, const char *vocabulary, struct omb_view code)
{
    return lists(must_find(policy, vocabulary), code);
}

static enum omb_rc fail_with_list(const struct omb_vocabulary *vocabulary, struct omb_view code,
                                  const char *field, struct omb_error *err)
{
    struct omb_buf list = OMB_BUF_INIT;
    enum omb_rc rc;

    for (size_t i = 0; i < vocabulary->count; i++) {
        omb_buf_add_str(&list, i == 0 ? "" : i + 1 == vocabulary->count ? " or " : ", ");
        omb_buf_add_view(&list, vocabulary->codes[i]);
    }
    rc = omb_fail(err, OMB_UNKNOWN_CODE, field, "unknown %s `%.*s`: it must be %s", field,
                  OMB_VIEW_ARGS(code), omb_buf_str(&list));
    omb_buf_free(&list);
    return rc;
}

static enum omb_rc check_code(const struct omb_vocabulary *vocabulary, struct omb_view code,
                              const char *field, struct omb_error *err)
{
    char nearest[3 * OMB_CODE_MAX];

    if (code.size == 0 || lists(vocabulary, code))
        return OMB_OK;
    /* What is no code may be anything, a client's words too: it is not repeated. */
    if (!omb_text_is_code(code))
        return omb_fail(err, OMB_INVALID, field,
                        "%s is not a code: a code is 1 to %d of a-z, 0-9 and -", field,
                        OMB_CODE_MAX);
    omb_text_nearest(code, vocabulary->codes, vocabulary->count, MOST_NEAREST, nearest,
                     sizeof(nearest));
    if (nearest[0] != '\0')
        return omb_fail(err, OMB_UNKNOWN_CODE, field, "unknown %s `%.*s`: did you mean %s?", field,
                        OMB_VIEW_ARGS(code), nearest);
    if (vocabulary->count <= SHORT_LIST)
        return fail_with_list(vocabulary, code, field, err);
    return omb_fail(err, OMB_UNKNOWN_CODE, field,
                    "unknown %s `%.*s`: it is none of the %zu codes of the vocabulary %s", field,
                    OMB_VIEW_ARGS(code), vocabulary->count, vocabulary->name);
}

enum omb_rc omb_policy_check_code(const struct omb_policy *policy, const char *vocabulary,
                                  struct omb_view code, const char *field, struct omb_error *err)
{
    return check_code(must_find(policy, vocabulary), code, field, err);
}

/* --- the codes of an event --- */

/* Which vocabulary a field takes its codes from. */
struct coded {
    uint32_t event;
    const char *within; /* the nested message that has the field; NULL: the event itself */
    const char *field;
    const char *vocabulary;
};

#define OF_MATTER(event)                                                                           \
    {event, "matter", "kind", "kind"}, {event, "matter", "channel", "channel"},                    \
        {event, "matter", "product", "product"}, {event, "matter", "issue", "issue"},              \
        {event, "matter", "severity", "severity"}, {event, "matter", "segment", "segment"},        \
        {event, "matter", "wish", "wish"}, {event, "matter", "reply_methods", "reply_methods"}

static const struct coded coded[] = {
    OF_MATTER(OMB_EVENT_REGISTERED),
    {OMB_EVENT_REGISTERED, NULL, "profile", "profile"},
    {OMB_EVENT_REGISTERED, NULL, "calendar", "calendar"},
    OF_MATTER(OMB_EVENT_AMENDED),
    {OMB_EVENT_AMENDED, NULL, "cleared", "cleared"},
    {OMB_EVENT_ACKNOWLEDGED, NULL, "method", "method"},
    {OMB_EVENT_CONTACTED, NULL, "method", "method"},
    {OMB_EVENT_CONTACTED, NULL, "direction", "direction"},
    {OMB_EVENT_PROMISED, NULL, "to", "promised.to"},
    {OMB_EVENT_CLASSIFIED, NULL, "product", "product"},
    {OMB_EVENT_CLASSIFIED, NULL, "issue", "issue"},
    {OMB_EVENT_CLASSIFIED, NULL, "severity", "severity"},
    {OMB_EVENT_CLASSIFIED, NULL, "risks", "risks"},
    {OMB_EVENT_PLANNED, NULL, "cause", "cause"},
    {OMB_EVENT_LINKED, NULL, "relation", "relation"},
    {OMB_EVENT_EXTENDED, NULL, "limit", "limit"},
    {OMB_EVENT_EXTENDED, NULL, "ground", "ground"},
    {OMB_EVENT_EXTENDED, NULL, "method", "method"},
    {OMB_EVENT_ESCALATED, NULL, "ground", "ground"},
    {OMB_EVENT_TAKEN_OVER, NULL, "ground", "ground"},
    {OMB_EVENT_RESOLVED, NULL, "outcome", "outcome"},
    {OMB_EVENT_RESOLVED, NULL, "bank_error", "bank_error"},
    {OMB_EVENT_RESOLVED, NULL, "cause", "cause"},
    {OMB_EVENT_RESOLVED, NULL, "remedies", "remedies"},
    {OMB_EVENT_RESOLVED, NULL, "prevent", "prevent"},
    {OMB_EVENT_ANSWERED, NULL, "method", "answered.method"},
    {OMB_EVENT_ANSWERED, NULL, "routes", "routes"},
    {OMB_EVENT_CLOSED, NULL, "accepts", "accepts"},
    {OMB_EVENT_REOPENED, NULL, "ground", "ground"},
    {OMB_EVENT_WITHDRAWN, NULL, "method", "method"},
    {OMB_EVENT_REBASED, NULL, "profile", "profile"},
    {OMB_EVENT_REBASED, NULL, "calendar", "calendar"},
    {OMB_EVENT_ERASED, NULL, "ground", "erased.ground"},
    {OMB_EVENT_ERASURE_CONFIRMED, NULL, "ground", "erased.ground"},
    {OMB_EVENT_OPERATOR_ENROLLED, NULL, "roles", "roles"},
    {OMB_EVENT_ASSIST_RAISED, NULL, "reason", "reason"},
    {OMB_EVENT_GOOD_STORY, NULL, "topic", "topic"},
};

/* The field of a row in an event of its type; NULL: the message that has it is absent. */
static const void *find_field(const struct coded *row, const struct omb_facts *facts,
                              const struct omb_shape_field **out_field)
{
    const struct omb_shape *shape = omb_shape_alternative(&omb_shape_facts, row->event)->shape;
    const void *message = facts->event.value;

    if (row->within != NULL) {
        const struct omb_shape_field *nested = omb_shape_field(shape, omb_view_str(row->within));

        OMB_ASSERT(nested != NULL && nested->kind == OMB_KIND_one);
        memcpy(&message, omb_shape_at(nested, message), sizeof(message));
        shape = nested->sub;
    }
    *out_field = omb_shape_field(shape, omb_view_str(row->field));
    OMB_ASSERT(*out_field != NULL);
    return message == NULL ? NULL : omb_shape_at(*out_field, message);
}

static enum omb_rc check_field(const struct omb_vocabulary *vocabulary, const struct coded *row,
                               const struct omb_facts *facts, struct omb_error *err)
{
    const struct omb_shape_field *field;
    const void *value = find_field(row, facts, &field);
    const struct omb_views *codes = value;
    enum omb_rc rc = OMB_OK;

    OMB_ASSERT(field->kind == OMB_KIND_code || field->kind == OMB_KIND_codes);
    if (value == NULL)
        return OMB_OK;
    if (field->kind == OMB_KIND_code)
        return check_code(vocabulary, *(const struct omb_view *)value, row->field, err);
    for (size_t i = 0; i < codes->count && rc == OMB_OK; i++)
        rc = check_code(vocabulary, codes->items[i], row->field, err);
    return rc;
}

enum omb_rc omb_policy_check_facts(const struct omb_policy *policy, const struct omb_facts *facts,
                                   bool imported, struct omb_error *err)
{
    for (size_t i = 0; i < sizeof(coded) / sizeof(*coded); i++) {
        const struct omb_vocabulary *vocabulary;
        enum omb_rc rc;

        if (coded[i].event != facts->event.tag)
            continue;
        vocabulary = must_find(policy, coded[i].vocabulary);
        if (imported && !vocabulary->closed)
            continue;
        rc = check_field(vocabulary, &coded[i], facts, err);
        if (rc != OMB_OK)
            return rc;
    }
    return OMB_OK;
}
