/* Content of events about what the case is about: registration, amendment, classification. */
#include "cases/content.h"

bool omb_content_registered(struct omb_content *c)
{
    const struct omb_registered *facts = c->facts.value;
    const struct omb_matter *matter = facts->matter;

    if (!omb_digest_none(&c->event->after))
        return omb_content_refused(c, "a registration follows no other record");
    if (!matter)
        return omb_content_missing(c, "matter", "a registration says what the case is about");
    if (matter->kind.size == 0)
        return omb_content_missing(c, "kind", "a registration says which kind of case it is");
    if (omb_kind_bit(matter->kind) == 0)
        return omb_content_invalid(c, "kind", "the kind is none that a case can have");
    if (matter->received_at == 0)
        return omb_content_missing(c, "received_at",
                                   "a registration says when the case was received");
    if (!omb_content_has_codes(c, "reply_methods", matter->reply_methods) ||
        !omb_content_has_deadlines(c, &facts->deadlines))
        return false;
    if (!facts->custodian)
        return true;
    if (!omb_content_find_seat(c, facts->custodian, "custodian"))
        return false;
    if (!omb_seat_is_above(c->out->to, &c->event->office))
        return omb_content_invalid(c, "custodian",
                                   "a registration gives custody to an office below home only");
    return true;
}

/* --- fields of the matter --- */

static bool is_field_code(struct omb_view code, const char *name)
{
    size_t i = 0;

    for (; i < code.size && name[i] != '\0'; i++)
        if (code.data[i] != (name[i] == '_' ? '-' : (uint8_t)name[i]))
            return false;
    return i == code.size && name[i] == '\0';
}

const struct omb_shape_field *omb_matter_clearable(struct omb_view code)
{
    if (OMB_IS_ONE_OF(code, "kind", "received-at", "channel", "first-asked"))
        return NULL;
    for (size_t i = 0; i < omb_shape_matter.field_count; i++)
        if (is_field_code(code, omb_shape_matter.fields[i].name))
            return &omb_shape_matter.fields[i];
    return NULL;
}

bool omb_content_amended(struct omb_content *c)
{
    const struct omb_amended *facts = c->facts.value;

    if (!facts->matter && facts->cleared.count == 0)
        return omb_content_missing(c, "matter", "an amendment says what it changes");
    if (facts->matter && facts->matter->kind.size > 0 && omb_kind_bit(facts->matter->kind) == 0)
        return omb_content_invalid(c, "kind", "the kind is none that a case can have");
    for (size_t i = 0; i < facts->cleared.count; i++)
        if (!omb_matter_clearable(facts->cleared.items[i]))
            return omb_content_invalid(c, "cleared", "clears a field that cannot be empty");
    return !facts->matter || omb_content_has_codes(c, "reply_methods",
                                                   facts->matter->reply_methods);
}

bool omb_content_classified(struct omb_content *c)
{
    const struct omb_classified *facts = c->facts.value;

    if (facts->product.size + facts->issue.size + facts->severity.size + facts->risks.count == 0)
        return omb_content_missing(c, "product",
                                   "a classification says product, issue, severity or risks");
    return omb_content_has_codes(c, "risks", facts->risks);
}
