/*
 * What invented complaints are made of: sentences in four languages. Placeholders: {p} the product,
 * {a} an amount with its currency, {d} a number of days, {n} four digits. How they are put together
 * is cli/generate.c.
 */
#ifndef OMB_CLI_INVENTED_H
#define OMB_CLI_INVENTED_H

enum {
    OMB_INVENTED_LANGUAGES = 4,
    OMB_INVENTED_PRODUCTS = 6,
    OMB_INVENTED_ISSUES = 7,
    OMB_INVENTED_WISHES = 6,
    OMB_INVENTED_OPENINGS = 6,
    OMB_INVENTED_EVENTS = 3,
    OMB_INVENTED_DETAILS = 6,
    OMB_INVENTED_EFFECTS = 6,
    OMB_INVENTED_ANSWERS = 3,
};

extern const char *const omb_invented_products[OMB_INVENTED_PRODUCTS];
extern const char *const omb_invented_issues[OMB_INVENTED_ISSUES];
extern const char *const omb_invented_wishes[OMB_INVENTED_WISHES];

struct omb_invented_language {
    const char *currency;
    const char *between; /* sentences */
    const char *products[OMB_INVENTED_PRODUCTS];
    const char *openings[OMB_INVENTED_OPENINGS];
    const char *events[OMB_INVENTED_ISSUES][OMB_INVENTED_EVENTS];
    const char *details[OMB_INVENTED_DETAILS];
    const char *effects[OMB_INVENTED_EFFECTS];
    const char *wishes[OMB_INVENTED_WISHES];
    const char *suggestions[OMB_INVENTED_ANSWERS];
    const char *commendations[OMB_INVENTED_ANSWERS];
    const char *founded[OMB_INVENTED_ANSWERS];
    const char *unfounded[OMB_INVENTED_ANSWERS];
};

extern const struct omb_invented_language omb_invented[OMB_INVENTED_LANGUAGES];

#endif
