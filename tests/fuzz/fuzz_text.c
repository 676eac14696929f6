/*
 * Does a value that people write mean the same when it is shown and read again? The first byte
 * picks the kind of value, the rest is its text; for the command line it is a word a line.
 */
#define _GNU_SOURCE /* strsep */
#include <string.h>

#include "base/assert.h"
#include "base/text.h"
#include "cases/deadline.h"
#include "cases/number.h"
#include "cli/fill.h"
#include "cli/titles.h"
#include "cli/when.h"
#include "io/officedir.h"
#include "io/tzif.h"

#include "fuzz/check.h"
#include "fuzz/fuzz.h"

enum { WORDS_MAX = 32 };

/* Two hours east, three in the summer of 2026. */
static struct omb_transition changes[] = {
    {INT64_C(1774746000000), 3 * 3600},
    {INT64_C(1792890000000), 2 * 3600},
};
static const struct omb_zone east = {"East/Two", 2 * 3600, changes, 2};

static struct omb_arena arena;

/* --- numbers and digits --- */

static void read_u64(struct omb_view text)
{
    uint64_t value;

    if (omb_text_u64(text, &value) == OMB_OK)
        OMB_ASSERT(
            omb_view_equal(omb_arena_printf(&arena, "%llu", (unsigned long long)value), text));
}

static void read_digits(struct omb_view text)
{
    struct omb_buf bytes = OMB_BUF_INIT, back = OMB_BUF_INIT;
    uint8_t raw[64];
    char hex[2 * sizeof(raw) + 1];

    if (text.size <= 2 * sizeof(raw) && omb_unhex(text, raw, text.size / 2) == OMB_OK) {
        OMB_ASSERT(text.size % 2 == 0);
        omb_hex(omb_view(raw, text.size / 2), hex);
        for (size_t i = 0; i < text.size; i++)
            OMB_ASSERT(hex[i] == (char)text.data[i] || hex[i] == (char)(text.data[i] + 'a' - 'A'));
    }
    if (omb_unbase64(text, &bytes) == OMB_OK) {
        omb_base64(omb_buf_view(&bytes), &back);
        OMB_ASSERT(omb_view_equal(omb_buf_view(&back), text));
    } else {
        OMB_ASSERT(bytes.size == 0);
    }
    omb_buf_free(&bytes);
    omb_buf_free(&back);
}

static void read_money(struct omb_view text)
{
    struct omb_view piece = fuzz_piece(&text);
    const char *currency = omb_arena_str(&arena, piece), *amount = omb_arena_str(&arena, text);
    char shown[OMB_MONEY_SIZE], *space;
    struct omb_error err = {0};
    int64_t minor, back;
    const enum omb_rc rc = omb_money_parse(amount, currency, &minor, &err);

    if (rc != OMB_OK) {
        OMB_ASSERT(err.words[0] != '\0');
        return;
    }
    omb_money_print(minor, omb_view_str(currency), shown);
    space = strchr(shown, ' ');
    OMB_ASSERT(space && strcmp(space + 1, currency) == 0);
    *space = '\0';
    OMB_ASSERT(omb_money_parse(shown, currency, &back, &err) == OMB_OK && back == minor);
}

/* --- times --- */

static void read_time(struct omb_view text)
{
    char shown[OMB_RFC3339_SIZE];
    int64_t ms, back;
    bool local;

    if (omb_rfc3339_parse(text, &ms, &local) != OMB_OK)
        return;
    omb_rfc3339(ms, 0, shown);
    OMB_ASSERT(omb_rfc3339_parse(omb_view_str(shown), &back, &local) == OMB_OK);
    OMB_ASSERT(back == ms && !local);
    omb_rfc3339(ms, 14 * 3600, shown);
    OMB_ASSERT(strlen(shown) < sizeof(shown));
}

static void read_when(struct omb_view text)
{
    const char *words = omb_arena_str(&arena, text);
    char shown[OMB_WHEN_SIZE];
    struct omb_error err = {0};
    int64_t first, last, back;

    if (omb_when_parse(words, &east, false, &first, &err) != OMB_OK) {
        OMB_ASSERT(omb_when_parse(words, &east, true, &last, &err) == OMB_INVALID);
        return;
    }
    OMB_ASSERT(omb_when_parse(words, &east, true, &last, &err) == OMB_OK && last >= first);
    omb_when_print(first, &east, shown);
    if (first != 0 && omb_when_parse(shown, &east, false, &back, &err) == OMB_OK)
        /* Seconds are not shown, and of two equal local times the earlier is meant. */
        OMB_ASSERT(back <= first && first - back < OMB_HOUR_MS + 60 * OMB_SECOND_MS);
}

static void read_term(struct omb_view text)
{
    struct omb_term term, back;
    char shown[16];

    if (omb_term_parse(text, &term) != OMB_OK)
        return;
    omb_term_print(term, shown);
    OMB_ASSERT(omb_view_is(text, shown));
    OMB_ASSERT(omb_term_parse(omb_view_str(shown), &back) == OMB_OK && back.count == term.count &&
               back.unit == term.unit);
}

/* --- names --- */

static void read_case_number(struct omb_view text)
{
    struct omb_number number, back;
    struct omb_case_id id = {.home = {{1}}, .incarnation = {{2}}};
    struct omb_error err = {0};
    char shown[OMB_NUMBER_EXACT_SIZE];
    enum omb_rc rc = omb_number_parse(text, &number, &err);

    fuzz_said(rc, &err);
    if (rc != OMB_OK)
        return;
    OMB_ASSERT(omb_text_is_code(omb_view_str(number.code)) && number.serial > 0);
    id.year = number.year;
    id.serial = number.serial;
    if (number.exact)
        id.incarnation = number.life;
    (number.exact ? omb_number_print_exact : omb_number_print)(&id, omb_view_str(number.code),
                                                              shown);
    OMB_ASSERT(omb_number_parse(omb_view_str(shown), &back, &err) == OMB_OK);
    OMB_ASSERT(omb_number_matches(&back, &id));
    OMB_ASSERT(omb_number_matches(&number, &id) == (strcmp(number.check, back.check) == 0));
    /* But for its check and capitals the text was that number. */
    OMB_ASSERT(strlen(shown) == text.size);
}

static void read_names(struct omb_view text)
{
    struct omb_error err = {0};
    enum omb_rc listen, reach;

    if (omb_zone_is_name(text))
        OMB_ASSERT(text.size < 64 && text.data[0] != '/' && !memchr(text.data, '.', text.size));
    listen = omb_endpoint_check(text, OMB_ENDPOINT_LISTEN, &err);
    reach = omb_endpoint_check(text, OMB_ENDPOINT_REACH, &err);
    fuzz_said(reach, &err);
    OMB_ASSERT(reach != OMB_OK || listen == OMB_OK);
}

static void read_text(struct omb_view text)
{
    static const struct omb_view known[] = {OMB_VIEW_LIT("received_at"), OMB_VIEW_LIT("product"),
                                            OMB_VIEW_LIT("reply_methods"), OMB_VIEW_LIT("issue")};
    char near[24];
    struct omb_buf clean = OMB_BUF_INIT;
    const bool well = omb_text_utf8(text);

    OMB_ASSERT(!omb_text_is_plain(text) || (well && !omb_text_has_controls(text)));
    OMB_ASSERT(!omb_text_is_code(text) || omb_text_is_plain(text));
    for (size_t max = 0; max < text.size; max += 1 + max / 4) {
        const struct omb_view cut = omb_text_cut(text, max);

        OMB_ASSERT(cut.size <= max && (!well || (omb_text_utf8(cut) && cut.size + 4 > max)));
    }
    omb_text_nearest(text, known, 4, 8, near, sizeof(near));
    OMB_ASSERT(strlen(near) < sizeof(near));
    for (int one_line = 0; one_line < 2; one_line++) {
        omb_buf_clear(&clean);
        (void)omb_text_clean(text, 64, one_line, &clean);
        OMB_ASSERT(clean.size <= 64 && omb_text_utf8(omb_buf_view(&clean)));
        OMB_ASSERT(!omb_text_has_controls(omb_buf_view(&clean)));
    }
    omb_buf_free(&clean);
}

/* --- the command line --- */

static enum omb_rc zone(void *ctx, const struct omb_zone **out, struct omb_error *err)
{
    (void)ctx;
    (void)err;
    *out = &east;
    return OMB_OK;
}

static bool names_files(const struct omb_args *args)
{
    for (size_t i = 0; i < args->verb->options.count; i++) {
        const enum omb_opt opt = (enum omb_opt)args->verb->options.items[i];

        if (omb_args_has(args, opt) && omb_options[opt].kind == OMB_OPTION_TEXT_FILE)
            return true;
    }
    return false;
}

static void fill(const struct omb_args *args)
{
    const struct omb_fill how = {
        .arena = &arena, .zone = zone, .currency = omb_args_get(args, OMB_OPT_CURRENCY)};
    struct omb_filter *filter = OMB_ARENA_NEW(&arena, struct omb_filter, 1);
    struct omb_act act = {.facts = NULL};
    struct omb_error err = {0};
    enum omb_rc rc = omb_fill_message(&how, args, &omb_shape_filter, filter, &err);

    if (rc == OMB_OK && omb_shape_check(&omb_shape_filter, filter, &err) == OMB_OK)
        fuzz_again(&omb_shape_filter, filter, &arena);
    if (args->verb->event == 0)
        return;
    rc = omb_fill_act(&how, args, args->verb->event, &act, &err);
    if (rc == OMB_OK && omb_shape_check(&omb_shape_act, &act, &err) == OMB_OK)
        fuzz_again(&omb_shape_act, &act, &arena);
}

static void read_line(struct omb_view text)
{
    char *words[WORDS_MAX + 2] = {(char *)(uintptr_t) "ombud"};
    char *rest = omb_arena_str(&arena, text);
    struct omb_args args;
    struct omb_error err = {0};
    int count = 1;
    enum omb_rc rc;

    while (rest && *rest && count <= WORDS_MAX)
        words[count++] = strsep(&rest, "\n");
    rc = omb_args_parse(count, words, &args, &err);
    OMB_ASSERT(rc == OMB_OK || rc == OMB_INVALID);
    OMB_ASSERT(rc == OMB_OK || err.words[0] != '\0');
    if (rc == OMB_OK && args.verb && !names_files(&args))
        fill(&args);
    omb_args_free(&args);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(struct omb_view) = {
        read_u64,  read_digits,      read_money, read_time, read_when,
        read_term, read_case_number, read_names, read_text, read_line,
    };
    struct omb_view text = omb_view(data, size);
    uint8_t which;

    omb_crypto_init();
    omb_wire_init();
    which = fuzz_byte(&text);
    omb_arena_init(&arena, SIZE_MAX / 2);
    readers[which % (sizeof(readers) / sizeof(readers[0]))](text);
    omb_arena_free(&arena);
    return 0;
}
