#include "cli/generate.h"

#include <string.h>

#include "base/civil.h"
#include "cli/csv.h"
#include "cli/invented.h"
#include "cli/run.h"

/* All of them lie in the past, whenever this is run: 2023-01-01 to 2024-12-31. */
#define FIRST_DAY 19358
#define DAYS 730
#define DEFAULT_COUNT 100
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const char *const columns[] = {
    "reference",   "kind",     "channel",  "product",       "issue",       "severity",
    "segment",     "received_at", "client_name", "phone",   "email",       "account",
    "wish",        "reply_methods", "narrative", "outcome", "bank_error",  "cause",
    "redress",     "currency", "answer",   "resolved_at",   "answered_at", "answer_method",
    "closed_at",   "accepts"};

static const char *const channels[] = {"book", "in-person", "phone", "contact-centre",
                                       "email", "post", "internet", "chat"};
static const char *const severities[] = {"normal", "normal", "normal", "low", "high", "critical"};
static const char *const segments[] = {"mass", "mass", "mass", "business", "vip"};
static const char *const methods[] = {"in-person", "phone", "sms", "email", "post"};

/* SplitMix64: small, and the same everywhere. */
struct dice {
    uint64_t state;
};

static uint64_t roll(struct dice *dice)
{
    uint64_t z = dice->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static size_t pick(struct dice *dice, size_t count)
{
    return (size_t)(roll(dice) % count);
}

static bool happens(struct dice *dice, size_t percent)
{
    return pick(dice, 100) < percent;
}

/* One complaint while it is written. */
struct invented {
    struct dice *dice;
    const struct omb_invented_language *language;
    size_t product, issue, wish;
    char amount[32];   /* 350.00 */
    unsigned days, digits;
    int64_t received_ms;
};

/* --- texts --- */

static void add_place(const struct invented *in, char which, struct omb_buf *out)
{
    if (which == 'p')
        omb_buf_add_str(out, in->language->products[in->product]);
    else if (which == 'a')
        omb_buf_printf(out, "%s %s", in->amount, in->language->currency);
    else if (which == 'd')
        omb_buf_printf(out, "%u", in->days);
    else
        omb_buf_printf(out, "%04u", in->digits);
}

static void add_sentence(const struct invented *in, const char *sentence, struct omb_buf *out)
{
    if (out->size && out->data[out->size - 1] != '\n')
        omb_buf_add_str(out, in->language->between);
    for (const char *at = sentence; *at; at++) {
        if (*at == '{') {
            add_place(in, at[1], out);
            at += 2;
        } else {
            omb_buf_add_u8(out, (uint8_t)*at);
        }
    }
}

static void add_narrative(const struct invented *in, struct omb_buf *out)
{
    const struct omb_invented_language *language = in->language;

    if (happens(in->dice, 70))
        add_sentence(in, language->openings[pick(in->dice, OMB_INVENTED_OPENINGS)], out);
    add_sentence(in, language->events[in->issue][pick(in->dice, OMB_INVENTED_EVENTS)], out);
    add_sentence(in, language->details[pick(in->dice, OMB_INVENTED_DETAILS)], out);
    if (happens(in->dice, 60))
        add_sentence(in, language->effects[pick(in->dice, OMB_INVENTED_EFFECTS)], out);
    if (happens(in->dice, 25))
        omb_buf_add_str(out, "\n");
    add_sentence(in, language->wishes[in->wish], out);
}

/* --- cells --- */

static void cell(struct omb_buf *line, const char *text)
{
    omb_csv_add(line, omb_view_str(text), line->size == 0);
}

static void cell_when(struct omb_buf *line, int64_t ms)
{
    struct omb_civil civil = omb_civil_from_ms(ms);
    char text[32];

    snprintf(text, sizeof(text), "%04d-%02d-%02d %02d:%02d", (int)civil.year, (int)civil.month,
             (int)civil.day, (int)civil.hour, (int)civil.minute);
    cell(line, text);
}

static void cells_none(struct omb_buf *line, size_t count)
{
    while (count--)
        cell(line, "");
}

static void cells_client(struct dice *dice, struct omb_buf *line)
{
    size_t client = 1 + pick(dice, 9999);
    char text[64];

    snprintf(text, sizeof(text), "Client %zu", client);
    cell(line, text);
    snprintf(text, sizeof(text), "+000 000 %04zu", client);
    cell(line, happens(dice, 80) ? text : "");
    snprintf(text, sizeof(text), "client%zu@example.org", client);
    cell(line, happens(dice, 60) ? text : "");
    snprintf(text, sizeof(text), "0000%08zu", client * 7919);
    cell(line, text);
}

/* What became of it: outcome, bank_error, ... accepts. */
static void cells_ending(const struct invented *in, bool complaint, bool thanks,
                         struct omb_buf *line)
{
    static const char *const causes[] = {"process", "staff", "system", "waiting-time", "error"};
    struct dice *dice = in->dice;
    const struct omb_invented_language *language = in->language;
    bool founded = happens(dice, 55);
    bool pays = complaint && founded && happens(dice, 40);
    int64_t resolved = in->received_ms + (int64_t)(1 + pick(dice, 30 * 24)) * OMB_HOUR_MS;
    int64_t answered = resolved + (int64_t)(1 + pick(dice, 72)) * OMB_HOUR_MS;
    struct omb_buf answer = OMB_BUF_INIT;

    add_sentence(in,
                 (founded ? language->founded
                          : language->unfounded)[pick(dice, OMB_INVENTED_ANSWERS)],
                 &answer);
    cell(line, thanks      ? "thanked"
               : complaint ? (founded ? "founded" : "unfounded")
                           : (founded ? "accepted" : "declined"));
    cell(line, !complaint ? "" : founded && happens(dice, 60) ? "yes" : "no");
    cell(line, complaint ? causes[pick(dice, LENGTH(causes))] : "");
    cell(line, pays ? in->amount : "");
    cell(line, pays ? language->currency : "");
    cell(line, complaint ? omb_buf_str(&answer) : "");
    cell_when(line, resolved);
    cell_when(line, answered);
    cell(line, methods[pick(dice, LENGTH(methods))]);
    cell_when(line, answered + (int64_t)(1 + pick(dice, 48)) * OMB_HOUR_MS);
    cell(line, founded ? "yes" : happens(dice, 50) ? "unknown" : "no");
    omb_buf_free(&answer);
}

/* --- a row --- */

static void draw(struct invented *in)
{
    struct dice *dice = in->dice;

    in->language = &omb_invented[pick(dice, OMB_INVENTED_LANGUAGES)];
    in->product = pick(dice, OMB_INVENTED_PRODUCTS);
    in->issue = pick(dice, OMB_INVENTED_ISSUES);
    in->wish = pick(dice, OMB_INVENTED_WISHES);
    in->days = 2 + (unsigned)pick(dice, 58);
    in->digits = (unsigned)pick(dice, 10000);
    snprintf(in->amount, sizeof(in->amount), "%zu.%02zu", 5 + pick(dice, 4995), pick(dice, 100));
    in->received_ms = ((int64_t)FIRST_DAY + (int64_t)pick(dice, DAYS)) * OMB_DAY_MS +
                      (int64_t)(8 * 60 + pick(dice, 11 * 60)) * 60 * OMB_SECOND_MS;
}

static void write_row(uint64_t seed, uint64_t number, struct omb_buf *line)
{
    /* A row does not depend on those before it. */
    struct dice dice = {seed ^ (number * UINT64_C(0xd1342543de82ef95))};
    struct invented in = {.dice = &dice};
    struct omb_buf text = OMB_BUF_INIT;
    size_t kind = pick(&dice, 100);
    bool complaint = kind < 95, thanks = kind >= 98;
    char reference[64];

    draw(&in);
    if (complaint)
        add_narrative(&in, &text);
    else
        add_sentence(&in,
                     (thanks ? in.language->commendations
                             : in.language->suggestions)[pick(&dice, OMB_INVENTED_ANSWERS)],
                     &text);
    snprintf(reference, sizeof(reference), "gen-%llu-%llu", (unsigned long long)seed,
             (unsigned long long)number);
    cell(line, reference);
    cell(line, kind < 90   ? "complaint"
               : complaint ? "claim"
               : thanks    ? "commendation"
                           : "suggestion");
    cell(line, channels[pick(&dice, LENGTH(channels))]);
    cell(line, omb_invented_products[in.product]);
    cell(line, omb_invented_issues[in.issue]);
    cell(line, severities[pick(&dice, LENGTH(severities))]);
    cell(line, segments[pick(&dice, LENGTH(segments))]);
    cell_when(line, in.received_ms);
    cells_client(&dice, line);
    cell(line, complaint ? omb_invented_wishes[in.wish] : "");
    cell(line, methods[pick(&dice, LENGTH(methods))]);
    cell(line, omb_buf_str(&text));
    if (happens(&dice, 70))
        cells_ending(&in, complaint, thanks, line);
    else
        cells_none(line, 11);
    omb_buf_add_u8(line, '\n');
    omb_buf_free(&text);
}

void omb_generate(FILE *file, uint64_t count, uint64_t seed)
{
    struct omb_buf line = OMB_BUF_INIT;

    for (size_t i = 0; i < LENGTH(columns); i++)
        cell(&line, columns[i]);
    omb_buf_add_u8(&line, '\n');
    for (uint64_t number = 1; number <= count; number++) {
        fwrite(line.data, 1, line.size, file);
        omb_buf_clear(&line);
        write_row(seed, number, &line);
    }
    fwrite(line.data, 1, line.size, file);
    omb_buf_free(&line);
}

enum omb_exit omb_run_generate(struct omb_cli *cli)
{
    struct omb_error err;
    uint64_t count, seed;

    if (omb_args_number(&cli->args, OMB_OPT_COUNT_ROWS, DEFAULT_COUNT, &count, &err) != OMB_OK ||
        omb_args_number(&cli->args, OMB_OPT_SEED, 1, &seed, &err) != OMB_OK)
        return omb_cli_fail_value(&err);
    omb_generate(stdout, count, seed);
    return OMB_EXIT_DONE;
}
