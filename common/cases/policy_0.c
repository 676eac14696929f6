/*
 * Policy 0: what every office knows before the head office has published a policy. The sources of
 * the terms are design/complaints.md, Policy, and the laws named there.
 */
#include "cases/policy.h"

/* --- vocabularies --- */

#define W(text) {(const uint8_t *)("" text), sizeof(text) - 1}
#define CODES(name) static const struct omb_view name[]

CODES(kinds) = {W("complaint"), W("claim"), W("suggestion"), W("commendation")};
CODES(severities) = {W("low"), W("normal"), W("high"), W("critical")};
CODES(statuses) = {W("waiting"),  W("open"),   W("resolved"),
                   W("answered"), W("closed"), W("withdrawn")};
CODES(outcomes) = {W("founded"),  W("partly"),   W("unfounded"), W("not-for-us"),
                   W("accepted"), W("declined"), W("thanked")};
CODES(decided) = {W("founded"), W("partly"), W("unfounded"), W("not-for-us")};
CODES(thanked) = {W("accepted"), W("declined"), W("thanked")};
CODES(yes_no) = {W("yes"), W("no"), W("unknown")};
CODES(prevents) = {W("none"), W("process"), W("training"), W("system")};
CODES(relations) = {W("same-matter"), W("duplicate"), W("related"), W("repeat")};
CODES(directions) = {W("to-client"), W("from-client")};
CODES(risk_flags) = {W("compliance"), W("reputation"), W("fraud"), W("legal")};
CODES(promised_to) = {W("client"), W("office")};
CODES(limits) = {W("decision"), W("maximum")};
CODES(roles) = {W("teller"),  W("handler"), W("supervisor"),
                W("analyst"), W("auditor"), W("admin")};
CODES(watched) = {W("cases"),   W("escalations"), W("resolutions"),
                  W("overdue"), W("attention"),   W("offices")};
/*
 * Fields of a registration that `amended` may empty, as codes: with - for _. Kind, channel, receipt
 * and who was first asked (R15) a case always has.
 */
CODES(clearable) = {W("about"),      W("product"),      W("issue"),     W("severity"), W("segment"),
                    W("vulnerable"), W("confidential"), W("anonymous"), W("wish"),
                    W("reply-methods")};

#define REPLY_METHODS W("in-person"), W("phone"), W("sms"), W("email"), W("post")
#define OTHER_CHANNELS                                                                             \
    W("book"), W("contact-centre"), W("internet"), W("chat"), W("social"), W("questionnaire"),     \
        W("other")

CODES(channels) = {W("book"),  W("in-person"), W("phone"), W("contact-centre"),
                   W("sms"),   W("email"),     W("post"),  W("internet"),
                   W("chat"),  W("social"),    W("questionnaire"), W("other")};
CODES(reply_methods) = {REPLY_METHODS};
CODES(methods) = {REPLY_METHODS, OTHER_CHANNELS};
CODES(answer_methods) = {REPLY_METHODS, W("none-anonymous"), W("unreachable")};

CODES(products) = {W("cards"), W("deposits"), W("loans"), W("payments"), W("accounts"), W("other")};
#define ISSUES                                                                                     \
    W("fees"), W("interest"), W("service"), W("delay"), W("fraud"), W("error"), W("other")
CODES(issues) = {ISSUES};
CODES(causes) = {ISSUES, W("process"), W("staff"), W("system"), W("waiting-time")};
CODES(segments) = {W("mass"), W("vip"), W("business")};
CODES(wishes) = {W("explanation"),  W("correction"), W("refund"),
                 W("compensation"), W("apology"),    W("other")};
CODES(remedies) = {W("apology"),      W("correction"),  W("refund"),
                   W("compensation"), W("explanation"), W("other")};
#define GROUNDS W("amount"), W("authority"), W("time"), W("client-asks"), W("other")
CODES(grounds) = {GROUNDS};
CODES(erasure_grounds) = {GROUNDS, W("retention")};
CODES(routes) = {W("supervisor"), W("head-office"), W("ombudsman"), W("regulator"), W("court")};
CODES(assist_reasons) = {W("dispute"), W("counter-pause"), W("queue"), W("other")};
CODES(story_topics) = {W("fraud"), W("service"), W("other")};

CODES(profile_codes) = {W("bank-standard"), W("cn-2020"), W("ru-442"),
                        W("eu-psd2"),       W("uk-disp"), W("us-cfpb")};
CODES(calendar_codes) = {W("weekdays")};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define CLOSED(name, codes) {(name), (codes), COUNT(codes), true}
#define LISTED(name, codes) {(name), (codes), COUNT(codes), false}

static const struct omb_vocabulary vocabularies[] = {
    CLOSED("kind", kinds),
    LISTED("channel", channels),
    LISTED("product", products),
    LISTED("issue", issues),
    CLOSED("severity", severities),
    LISTED("segment", segments),
    LISTED("wish", wishes),
    LISTED("reply_methods", reply_methods),
    LISTED("method", methods),
    LISTED("answered.method", answer_methods),
    CLOSED("direction", directions),
    CLOSED("promised.to", promised_to),
    CLOSED("risks", risk_flags),
    LISTED("cause", causes),
    CLOSED("relation", relations),
    CLOSED("limit", limits),
    LISTED("ground", grounds),
    LISTED("erased.ground", erasure_grounds),
    CLOSED("outcome", outcomes),
    CLOSED("outcome.complaint", decided),
    CLOSED("outcome.claim", decided),
    CLOSED("outcome.suggestion", thanked),
    CLOSED("outcome.commendation", thanked),
    CLOSED("bank_error", yes_no),
    LISTED("remedies", remedies),
    CLOSED("prevent", prevents),
    LISTED("routes", routes),
    CLOSED("accepts", yes_no),
    CLOSED("cleared", clearable),
    CLOSED("status", statuses),
    CLOSED("topics", watched),
    CLOSED("roles", roles),
    LISTED("reason", assist_reasons),
    LISTED("topic", story_topics),
    CLOSED("profile", profile_codes),
    CLOSED("calendar", calendar_codes),
};

/* --- profiles of deadlines --- */

#define H(n) {(n), OMB_UNIT_HOURS}
#define D(n) {(n), OMB_UNIT_DAYS}
#define WD(n) {(n), OMB_UNIT_WORKING_DAYS}
#define WEEKS(n) {(n), OMB_UNIT_WEEKS}

/*
 * First response within 24 h and a survey within 7 d are the banks' own (R1, R13, R54) and stand in
 * every profile. Where a law knows no internal target, the target is the decision's term.
 */
#define ROWS(target, decision, maximum)                                                            \
    {                                                                                              \
        {"first-response", H(24), false}, {"target", target, false},                               \
        {"decision", decision, true}, {"maximum", maximum, true}, {"survey", D(7), false},         \
    }

/* R2, R5, R6. */
static const struct omb_profile_row bank_standard[] = ROWS(H(24), WD(15), WD(45));
/* CBIRC order 2020 no. 3: 15 d, complicated cases 30 d, and with approval 30 d more. */
static const struct omb_profile_row cn_2020[] = ROWS(D(15), D(15), D(60));
/* 442-FZ: 15 wd, and 10 wd more with notice. */
static const struct omb_profile_row ru_442[] = ROWS(WD(15), WD(15), WD(25));
/* Art. 101: 15 wd; after a holding reply 35 wd, never more. */
static const struct omb_profile_row eu_psd2[] = ROWS(WD(15), WD(15), WD(35));
/* Summary resolution by the end of the third wd, final response in 8 w, which nothing extends.
 * Complaints about payments have the terms of eu-psd2. */
static const struct omb_profile_row uk_disp[] = ROWS(WD(3), WEEKS(8), WEEKS(8));
/* 15 d; reported as in progress, 60 d. */
static const struct omb_profile_row us_cfpb[] = ROWS(D(15), D(15), D(60));

#define PROFILE(code, rows) {(code), (rows), COUNT(rows)}

static const struct omb_profile profiles[] = {
    PROFILE("bank-standard", bank_standard), PROFILE("cn-2020", cn_2020),
    PROFILE("ru-442", ru_442),               PROFILE("eu-psd2", eu_psd2),
    PROFILE("uk-disp", uk_disp),             PROFILE("us-cfpb", us_cfpb),
};

const struct omb_policy omb_policy_0 = {
    .version = 0,
    .vocabularies = vocabularies,
    .vocabulary_count = COUNT(vocabularies),
    .profiles = profiles,
    .profile_count = COUNT(profiles),
    .calendars = &omb_calendar_weekdays,
    .calendar_count = 1,
    .hand_overs_max = 3,
    .shelved = WD(5),
    .attention_max = 3, /* R54 */
};
