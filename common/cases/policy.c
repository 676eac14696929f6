#include "cases/policy.h"

#include <stddef.h>
#include <string.h>

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
    bool of_matter; /* the field is in the event's matter */
    bool many;
    size_t matter; /* where the event has its matter */
    size_t at;     /* of the field */
    const char *field;
    const char *vocabulary;
};

#define IS_MANY(s, member)                                                                         \
    _Generic(((struct omb_##s *)NULL)->member, struct omb_view : false, struct omb_views : true)
#define FIELD(s, member)                                                                           \
    .many = IS_MANY(s, member), .at = offsetof(struct omb_##s, member), .field = #member

#define CODES(upper, s, member, words)                                                             \
    {.event = OMB_EVENT_##upper, FIELD(s, member), .vocabulary = words}
#define OF_MATTER_ONE(upper, s, member)                                                            \
    {.event = OMB_EVENT_##upper, .of_matter = true, .matter = offsetof(struct omb_##s, matter),    \
     FIELD(matter, member), .vocabulary = #member}
#define OF_MATTER(upper, s)                                                                        \
    OF_MATTER_ONE(upper, s, kind), OF_MATTER_ONE(upper, s, channel),                               \
        OF_MATTER_ONE(upper, s, product), OF_MATTER_ONE(upper, s, issue),                          \
        OF_MATTER_ONE(upper, s, severity), OF_MATTER_ONE(upper, s, segment),                       \
        OF_MATTER_ONE(upper, s, wish), OF_MATTER_ONE(upper, s, reply_methods)

static const struct coded coded[] = {
    OF_MATTER(REGISTERED, registered),
    CODES(REGISTERED, registered, profile, "profile"),
    CODES(REGISTERED, registered, calendar, "calendar"),
    OF_MATTER(AMENDED, amended),
    CODES(AMENDED, amended, cleared, "cleared"),
    CODES(ACKNOWLEDGED, acknowledged, method, "method"),
    CODES(CONTACTED, contacted, method, "method"),
    CODES(CONTACTED, contacted, direction, "direction"),
    CODES(PROMISED, promised, to, "promised.to"),
    CODES(CLASSIFIED, classified, product, "product"),
    CODES(CLASSIFIED, classified, issue, "issue"),
    CODES(CLASSIFIED, classified, severity, "severity"),
    CODES(CLASSIFIED, classified, risks, "risks"),
    CODES(PLANNED, planned, cause, "cause"),
    CODES(LINKED, linked, relation, "relation"),
    CODES(EXTENDED, extended, limit, "limit"),
    CODES(EXTENDED, extended, ground, "ground"),
    CODES(EXTENDED, extended, method, "method"),
    CODES(ESCALATED, escalated, ground, "ground"),
    CODES(RETURNED, returned, ground, "ground"),
    CODES(DELEGATED, delegated, ground, "ground"),
    CODES(SHARED, shared, ground, "ground"),
    CODES(ASKED, asked, ground, "ground"),
    CODES(TAKEN_OVER, taken_over, ground, "ground"),
    CODES(RESOLVED, resolved, outcome, "outcome"),
    CODES(RESOLVED, resolved, bank_error, "bank_error"),
    CODES(RESOLVED, resolved, cause, "cause"),
    CODES(RESOLVED, resolved, remedies, "remedies"),
    CODES(RESOLVED, resolved, prevent, "prevent"),
    CODES(ANSWERED, answered, method, "answered.method"),
    CODES(ANSWERED, answered, routes, "routes"),
    CODES(CLOSED, closed, accepts, "accepts"),
    CODES(REOPENED, reopened, ground, "ground"),
    CODES(WITHDRAWN, withdrawn, method, "method"),
    CODES(REBASED, rebased, profile, "profile"),
    CODES(REBASED, rebased, calendar, "calendar"),
    CODES(ERASED, erased, ground, "erased.ground"),
    CODES(ERASURE_CONFIRMED, erasure_confirmed, ground, "erased.ground"),
    CODES(OPERATOR_ENROLLED, operator_enrolled, roles, "roles"),
    CODES(ASSIST_RAISED, assist_raised, reason, "reason"),
    CODES(GOOD_STORY, good_story, topic, "topic"),
};

/* The codes of a row's field in an event of its type: none where the matter is absent. */
static struct omb_views codes_of(const struct coded *row, const struct omb_facts *facts)
{
    const uint8_t *message = facts->event.value;
    struct omb_views codes = {0};

    if (row->of_matter)
        memcpy(&message, message + row->matter, sizeof(message));
    if (message == NULL)
        return codes;
    if (row->many)
        memcpy(&codes, message + row->at, sizeof(codes));
    else
        codes = (struct omb_views){(const struct omb_view *)(const void *)(message + row->at), 1};
    return codes;
}

static enum omb_rc check_field(const struct omb_policy *policy, const struct coded *row,
                               struct omb_views codes, bool imported, struct omb_error *err)
{
    const struct omb_vocabulary *vocabulary = must_find(policy, row->vocabulary);
    enum omb_rc rc = OMB_OK;

    if (imported && !vocabulary->closed)
        return OMB_OK;
    for (size_t i = 0; i < codes.count && rc == OMB_OK; i++)
        rc = check_code(vocabulary, codes.items[i], row->field, err);
    return rc;
}

enum omb_rc omb_policy_check_facts(const struct omb_policy *policy, const struct omb_facts *facts,
                                   bool imported, struct omb_error *err)
{
    for (size_t i = 0; i < sizeof(coded) / sizeof(*coded); i++) {
        struct omb_views codes;
        enum omb_rc rc;

        if (coded[i].event != facts->event.tag)
            continue;
        codes = codes_of(&coded[i], facts);
        if (codes.count == 0 || (codes.count == 1 && codes.items[0].size == 0))
            continue;
        rc = check_field(policy, &coded[i], codes, imported, err);
        if (rc != OMB_OK)
            return rc;
    }
    return OMB_OK;
}
