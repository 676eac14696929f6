#include "cli/when.h"

#include <stdio.h>
#include <string.h>

enum { DATE_SIZE = 10, CURRENCY_SIZE = 3, DIGITS_MAX = 15 };

static enum omb_rc read(const char *text, int64_t *out, bool *out_local, struct omb_error *err)
{
    if (omb_rfc3339_parse(omb_view_str(text), out, out_local) != OMB_OK)
        return omb_fail(err, OMB_INVALID, NULL,
                        "\"%s\" is no time: write 2026-09-30, \"2026-09-30 17:20\" or "
                        "2026-09-30T17:20:00+03:00", text);
    return OMB_OK;
}

enum omb_rc omb_when_needs_zone(const char *text, bool *out, struct omb_error *err)
{
    int64_t ms;

    return read(text, &ms, out, err);
}

enum omb_rc omb_when_parse(const char *text, const struct omb_zone *zone, bool end_of_day,
                           int64_t *out, struct omb_error *err)
{
    struct omb_civil civil;
    bool local;
    int64_t ms;
    enum omb_rc rc = read(text, &ms, &local, err);

    if (rc != OMB_OK)
        return rc;
    if (!local) {
        *out = ms;
        return OMB_OK;
    }
    civil = omb_civil_from_ms(ms);
    if (end_of_day && strlen(text) == DATE_SIZE)
        *out = omb_zone_end_of_day(zone, omb_days_from_civil(civil.year, civil.month, civil.day));
    else
        *out = omb_zone_instant(zone, &civil);
    return OMB_OK;
}

void omb_when_print(int64_t ms, const struct omb_zone *zone, char out[OMB_WHEN_SIZE])
{
    struct omb_civil civil;

    if (ms == 0) {
        out[0] = '\0';
        return;
    }
    civil = omb_zone_local(zone, ms);
    snprintf(out, OMB_WHEN_SIZE, "%04d-%02d-%02d %02d:%02d", (int)civil.year, (int)civil.month,
             (int)civil.day, (int)civil.hour, (int)civil.minute);
}

/* --- money --- */

/* ISO 4217: the currencies that do not have two decimals. */
static const struct {
    const char *code;
    unsigned decimals;
} odd_currencies[] = {
    {"BIF", 0}, {"CLP", 0}, {"DJF", 0}, {"GNF", 0}, {"ISK", 0}, {"JPY", 0}, {"KMF", 0},
    {"KRW", 0}, {"PYG", 0}, {"RWF", 0}, {"UGX", 0}, {"UYI", 0}, {"VND", 0}, {"VUV", 0},
    {"XAF", 0}, {"XOF", 0}, {"XPF", 0}, {"BHD", 3}, {"IQD", 3}, {"JOD", 3}, {"KWD", 3},
    {"LYD", 3}, {"OMR", 3}, {"TND", 3}, {"CLF", 4}, {"UYW", 4},
};

unsigned omb_money_decimals(struct omb_view currency)
{
    for (size_t i = 0; i < sizeof(odd_currencies) / sizeof(odd_currencies[0]); i++)
        if (omb_view_is(currency, odd_currencies[i].code))
            return odd_currencies[i].decimals;
    return 2;
}

static bool is_currency(const char *text)
{
    if (strlen(text) != CURRENCY_SIZE)
        return false;
    for (const char *at = text; *at; at++)
        if (*at < 'A' || *at > 'Z')
            return false;
    return true;
}

enum omb_rc omb_money_parse(const char *text, const char *currency, int64_t *out,
                            struct omb_error *err)
{
    size_t whole = strspn(text, "0123456789");
    size_t rest = text[whole] == '.' ? strspn(text + whole + 1, "0123456789") : 0;
    size_t size = whole + (text[whole] == '.' ? 1 + rest : 0);
    unsigned decimals;
    int64_t value = 0;

    if (!is_currency(currency))
        return omb_fail(err, OMB_INVALID, "currency",
                        "\"%s\" is no currency: write three capital letters, e.g. RUB", currency);
    if (whole == 0 || text[size] || (text[whole] == '.' && rest == 0))
        return omb_fail(err, OMB_INVALID, "redress", "\"%s\" is no amount: write 250 or 250.00",
                        text);
    decimals = omb_money_decimals(omb_view_str(currency));
    if (rest > decimals)
        return omb_fail(err, OMB_INVALID, "redress", "%s has %u decimals, \"%s\" has %zu", currency,
                        decimals, text, rest);
    if (whole + decimals > DIGITS_MAX)
        return omb_fail(err, OMB_INVALID, "redress", "\"%s\" is too large an amount", text);
    for (size_t i = 0; i < whole; i++)
        value = value * 10 + (text[i] - '0');
    for (unsigned i = 0; i < decimals; i++)
        value = value * 10 + (i < rest ? text[whole + 1 + i] - '0' : 0);
    *out = value;
    return OMB_OK;
}

void omb_money_print(int64_t minor, struct omb_view currency, char out[OMB_MONEY_SIZE])
{
    unsigned decimals = omb_money_decimals(currency);
    uint64_t size = minor < 0 ? (uint64_t)0 - (uint64_t)minor : (uint64_t)minor;
    uint64_t unit = 1;

    for (unsigned i = 0; i < decimals; i++)
        unit *= 10;
    if (decimals)
        snprintf(out, OMB_MONEY_SIZE, "%s%llu.%0*llu %.*s", minor < 0 ? "-" : "",
                 (unsigned long long)(size / unit), (int)decimals,
                 (unsigned long long)(size % unit), OMB_VIEW_ARGS(currency));
    else
        snprintf(out, OMB_MONEY_SIZE, "%s%llu %.*s", minor < 0 ? "-" : "",
                 (unsigned long long)size, OMB_VIEW_ARGS(currency));
}
