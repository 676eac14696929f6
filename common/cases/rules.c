#include "cases/rules.h"

#include "base/assert.h"
#include "cases/finding.h"

/* --- words --- */

#define H OMB_RIGHT_HOME
#define C OMB_RIGHT_CUSTODIAN
#define A OMB_RIGHT_ABOVE
#define R OMB_RIGHT_RESOLVER
#define P OMB_RIGHT_PARTY

/* set, what it is called, the sentence of a verdict */
static const struct words {
    uint32_t set;
    const char *called;
    const char *why;
} rights_words[] = {
#define WHO(set, called) {set, called, "only " called " may do that there"},
    WHO(H, "the home office")
    WHO(C, "the custodian")
    WHO(A, "an office above the custodian")
    WHO(P, "a party of the case")
    WHO(C | H, "the custodian or the home office")
    WHO(H | R, "the home office or the office that resolved it")
    WHO(H | A, "the home office or an office above the custodian")
    WHO(H | R | A, "the home office, the office that resolved it or one above the custodian")
    WHO(OMB_RIGHT_ASKED, "the office that was asked")
    WHO(OMB_RIGHT_ABOVE_HOME, "an office above the home office")
    WHO(OMB_RIGHT_KEYHOLDER, "an office that holds the key of the case")
#undef WHO
};

#define OPEN OMB_IN(OPEN)
#define RESOLVED OMB_IN(RESOLVED)
#define ANSWERED OMB_IN(ANSWERED)
#define ENDED (OMB_IN(CLOSED) | OMB_IN(WITHDRAWN))

static const struct words statuses_words[] = {
#define NEEDS(set, called) {set, called, "needs " called " there"},
    NEEDS(OPEN, "an open case")
    NEEDS(RESOLVED, "a resolved case")
    NEEDS(ANSWERED, "an answered case")
    NEEDS(OPEN | RESOLVED, "an open or resolved case")
    NEEDS(OPEN | RESOLVED | ANSWERED, "a case that is neither closed nor withdrawn")
    NEEDS(ANSWERED | ENDED, "an answered, closed or withdrawn case")
    NEEDS(RESOLVED | ANSWERED | ENDED, "a resolved, answered, closed or withdrawn case")
    NEEDS(OPEN | RESOLVED | ANSWERED | ENDED, "a registered case")
    NEEDS(OMB_IN(WAITING), "a new case")
#undef NEEDS
};

#undef H
#undef C
#undef A
#undef R
#undef P
#undef OPEN
#undef RESOLVED
#undef ANSWERED
#undef ENDED

static const struct words *find_words(const struct words *table, size_t count, uint32_t set)
{
    for (size_t i = 0; i < count; i++)
        if (table[i].set == set)
            return &table[i];
    OMB_ASSERT(false && "every set in events.def has words");
    return NULL;
}

static const struct words *of_rights(uint32_t rights)
{
    return find_words(rights_words, sizeof(rights_words) / sizeof(rights_words[0]), rights);
}

static const struct words *of_statuses(uint32_t statuses)
{
    return find_words(statuses_words, sizeof(statuses_words) / sizeof(statuses_words[0]),
                      statuses);
}

const char *omb_rights_words(uint32_t rights)
{
    return of_rights(rights)->called;
}

const char *omb_statuses_words(uint32_t statuses)
{
    return of_statuses(statuses)->called;
}

/* --- rights and status --- */

bool omb_ids_have(const struct omb_office_id *ids, size_t count, const struct omb_office_id *id)
{
    size_t low = 0;

    while (low < count) {
        size_t middle = low + (count - low) / 2;
        int order = OMB_ID_COMPARE(&ids[middle], id);

        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            count = middle;
    }
    return false;
}

static bool is_custodian(const struct omb_place *place, const struct omb_seat *author)
{
    if (omb_office_id_equal(&author->office, &place->custodian->office))
        return true;
    /* Custody at home is custody of whoever counts as home, or a closed office would hold it. */
    return omb_office_id_equal(&place->custodian->office, &place->home->office) &&
           omb_seat_counts_as(author, place->home);
}

static bool is_above_home(const struct omb_place *place, const struct omb_seat *author, bool home)
{
    return place->home->above_count == 0 ? home : omb_seat_is_above(place->home, &author->office);
}

static bool has_right(uint32_t rights, const struct omb_place *place,
                      const struct omb_seat *author)
{
    const struct omb_office_id *office = &author->office;
    bool home = omb_seat_counts_as(author, place->home);

    if (rights & OMB_RIGHT_HOME && home)
        return true;
    if (rights & OMB_RIGHT_CUSTODIAN && is_custodian(place, author))
        return true;
    if (rights & OMB_RIGHT_ABOVE && omb_seat_is_above(place->custodian, office))
        return true;
    if (rights & OMB_RIGHT_RESOLVER && place->resolver &&
        omb_office_id_equal(place->resolver, office))
        return true;
    if (rights & OMB_RIGHT_PARTY &&
        (home || omb_ids_have(place->parties, place->party_count, office)))
        return true;
    if (rights & OMB_RIGHT_ASKED && place->asked && omb_office_id_equal(place->asked, office))
        return true;
    if (rights & OMB_RIGHT_ABOVE_HOME && is_above_home(place, author, home))
        return true;
    return rights & OMB_RIGHT_KEYHOLDER &&
           (home || is_custodian(place, author) ||
            omb_ids_have(place->holders, place->holder_count, office));
}

enum omb_verdict omb_rules_judge(const struct omb_event_row *row, const struct omb_place *place,
                                 const struct omb_seat *author, const char **out_why)
{
    /* Before `registered` there is no home to compare with: the caller looked at the case id. */
    if (place->home && !has_right(row->rights, place, author)) {
        *out_why = of_rights(row->rights)->why;
        return OMB_VERDICT_NO_RIGHT;
    }
    if (!(row->in >> place->status & 1)) {
        *out_why = of_statuses(row->in)->why;
        return OMB_VERDICT_BAD_STATUS;
    }
    return OMB_VERDICT_EFFECT;
}

struct omb_place omb_rules_place(const struct omb_case *now)
{
    return (struct omb_place){
        .status = now->status,
        .home = now->home,
        .custodian = now->custodian,
        .resolver = omb_office_id_none(&now->row.resolver) ? NULL : &now->row.resolver,
        .parties = now->parties,
        .party_count = now->party_count,
        .holders = now->holders,
        .holder_count = now->holder_count,
    };
}

/* --- events that answer another --- */

static const char *answer_why(const struct omb_event *event, const struct omb_event *target)
{
    if (event->facts->event.tag == OMB_EVENT_ACCEPTED &&
        (!omb_office_id_equal(&event->office, &target->office) ||
         !omb_view_equal(event->actor, OMB_AS(assigned, target->facts->event)->responsible)))
        return "only the operator whom the assignment names may accept it";
    /* Above another office needs no second look: the right already asks for a different one. */
    if (event->facts->event.tag == OMB_EVENT_ERASURE_CONFIRMED &&
        omb_office_id_equal(&event->office, &target->office) &&
        omb_view_equal(event->actor, target->actor) && !omb_view_is(event->actor, "system"))
        return "another supervisor than the one who asked must confirm an erasure";
    return NULL;
}

enum omb_verdict omb_rules_answer(const struct omb_event *event, const struct omb_event *target,
                                  const char **out_why, const char **out_field)
{
    const struct omb_event_row *row = omb_event_row_of(event);
    const struct omb_event_row *other = omb_event_row_of(target);
    const char *why;

    OMB_ASSERT(row && row->answers);
    if (out_field)
        *out_field = NULL;
    if (!other || !omb_view_is(omb_view_str(row->answers), other->name)) {
        *out_why = "names a record of another type than the one it answers";
        return OMB_VERDICT_RULE;
    }
    why = answer_why(event, target);
    if (why)
        *out_why = why;
    return why ? OMB_VERDICT_RULE : OMB_VERDICT_EFFECT;
}
