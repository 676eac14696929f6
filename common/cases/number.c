#include "cases/number.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/assert.h"
#include "crypto/crypto.h"

enum { MODULUS = 1021, BASE = 10, YEAR_DIGITS = 4, SERIAL_DIGITS = 6, CHECK_SIZE = 2 };

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

/* --- printing --- */

static uint32_t weigh(const char *text)
{
    uint32_t sum = 0;

    for (; *text != '\0'; text++)
        sum = (sum * BASE + (uint8_t)*text) % MODULUS;
    return sum;
}

static uint32_t weigh_life(const struct omb_case_id *id)
{
    struct omb_view parts[] = {OMB_VIEW_OF(id->home.bytes), OMB_VIEW_OF(id->incarnation.bytes)};
    struct omb_digest digest = omb_hash_parts("ombud/number/1", parts, 2);

    return (uint32_t)(omb_be64(digest.bytes) % MODULUS);
}

/* Writes "code-year-serial" and returns its length. */
static size_t print_stem(struct omb_view code, uint32_t year, uint64_t serial,
                         char out[OMB_NUMBER_SIZE])
{
    int length;

    OMB_ASSERT(code.size <= OMB_CODE_MAX);
    length = snprintf(out, OMB_NUMBER_SIZE, "%.*s-%0*" PRIu32 "-%0*" PRIu64, OMB_VIEW_ARGS(code),
                      YEAR_DIGITS, year, SERIAL_DIGITS, serial);
    OMB_ASSERT(length > 0 && length + 1 + CHECK_SIZE < OMB_NUMBER_SIZE);
    return (size_t)length;
}

/* The check characters of a stem, with a NUL. */
static void print_check(const char *stem, const struct omb_case_id *id, char out[CHECK_SIZE + 1])
{
    uint32_t check = (weigh(stem) + weigh_life(id)) % MODULUS;

    out[0] = alphabet[check / 32];
    out[1] = alphabet[check % 32];
    out[2] = '\0';
}

void omb_number_print(const struct omb_case_id *id, struct omb_view code,
                      char out[OMB_NUMBER_SIZE])
{
    size_t length = print_stem(code, id->year, id->serial, out);
    char check[CHECK_SIZE + 1];

    print_check(out, id, check);
    out[length] = '-';
    memcpy(out + length + 1, check, sizeof(check));
}

void omb_number_print_exact(const struct omb_case_id *id, struct omb_view code,
                            char out[OMB_NUMBER_EXACT_SIZE])
{
    size_t length;

    omb_number_print(id, code, out);
    length = strlen(out);
    out[length] = '/';
    omb_hex(OMB_VIEW_OF(id->incarnation.bytes), out + length + 1);
}

bool omb_number_matches(const struct omb_number *number, const struct omb_case_id *id)
{
    char stem[OMB_NUMBER_SIZE], check[CHECK_SIZE + 1];

    if (number->year != id->year || number->serial != id->serial ||
        (number->exact && !omb_incarnation_equal(&number->life, &id->incarnation)))
        return false;
    print_stem(omb_view_str(number->code), id->year, id->serial, stem);
    print_check(stem, id, check);
    return memcmp(check, number->check, sizeof(check)) == 0;
}

/* --- parsing --- */

static enum omb_rc wrong(struct omb_error *err, const char *words)
{
    return omb_fail(err, OMB_INVALID, "number", "not a case number: %s", words);
}

static enum omb_rc copy_lower(struct omb_view text, char out[OMB_NUMBER_SIZE],
                              struct omb_error *err)
{
    if (text.size == 0)
        return wrong(err, "it is empty");
    if (text.size >= OMB_NUMBER_SIZE)
        return wrong(err, "it is too long");
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];

        if (c >= 'A' && c <= 'Z')
            c = (uint8_t)(c - 'A' + 'a');
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
            return omb_fail(err, OMB_INVALID, "number",
                            "not a case number: the %zu. character is none of a-z, 0-9 and -",
                            i + 1);
        out[i] = (char)c;
    }
    out[text.size] = '\0';
    return OMB_OK;
}

/* Cuts what stands behind the last hyphen off `text`; NULL when there is no hyphen. */
static char *cut_last(char *text)
{
    char *hyphen = strrchr(text, '-');

    if (hyphen == NULL)
        return NULL;
    *hyphen = '\0';
    return hyphen + 1;
}

static bool is_digits(const char *text)
{
    return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static enum omb_rc parse_year(const char *text, uint32_t *out, struct omb_error *err)
{
    uint32_t year = 0;

    if (strlen(text) != YEAR_DIGITS || !is_digits(text))
        return wrong(err, "the year must be four digits, as in vsp-0045-2026-000123-7k");
    for (; *text != '\0'; text++)
        year = year * 10 + (uint32_t)(*text - '0');
    if (year == 0)
        return wrong(err, "there is no year 0000");
    *out = year;
    return OMB_OK;
}

static enum omb_rc parse_serial(const char *text, uint64_t *out, struct omb_error *err)
{
    uint64_t serial;

    if (!is_digits(text) || strlen(text) < SERIAL_DIGITS)
        return wrong(err, "the serial behind the year must be six digits or more");
    if (strlen(text) > SERIAL_DIGITS && text[0] == '0')
        return wrong(err, "a serial of more than six digits does not begin with 0");
    while (text[0] == '0' && text[1] != '\0')
        text++;
    if (omb_text_u64(omb_view_str(text), &serial) != OMB_OK)
        return wrong(err, "the serial is too large");
    if (serial == 0)
        return wrong(err, "serials begin at 000001");
    *out = serial;
    return OMB_OK;
}

static enum omb_rc parse_check(const char *text, char out[CHECK_SIZE + 1], struct omb_error *err)
{
    if (strlen(text) != CHECK_SIZE)
        return wrong(err, "it must end in two check characters, as in vsp-0045-2026-000123-7k");
    for (const char *c = text; *c != '\0'; c++)
        if (strchr(alphabet, *c) == NULL)
            return omb_fail(err, OMB_INVALID, "number",
                            "not a case number: `%c` is never a check character (nor are i, l, o "
                            "and u)", *c);
    memcpy(out, text, CHECK_SIZE + 1);
    return OMB_OK;
}

static enum omb_rc parse_code(const char *text, char out[OMB_CODE_MAX + 1], struct omb_error *err)
{
    if (!omb_text_is_code(omb_view_str(text)))
        return wrong(err, *text == '\0' ? "it has no office code" : "the office code is too long");
    memcpy(out, text, strlen(text) + 1);
    return OMB_OK;
}

/* Takes the life and the stroke before it off the text, if they are there. */
static enum omb_rc cut_life(struct omb_view *text, struct omb_number *out, struct omb_error *err)
{
    const uint8_t *stroke = text->size > 0 ? memchr(text->data, '/', text->size) : NULL;
    struct omb_view life;

    if (stroke == NULL)
        return OMB_OK;
    life = omb_view(stroke + 1, text->size - (size_t)(stroke - text->data) - 1);
    text->size = (size_t)(stroke - text->data);
    if (omb_unhex(life, out->life.bytes, sizeof(out->life.bytes)) != OMB_OK)
        return omb_fail(err, OMB_INVALID, "number",
                        "not a case number: behind the stroke stand %zu hexadecimal digits, as "
                        "`log list` shows an incarnation",
                        2 * sizeof(out->life.bytes));
    out->exact = true;
    return OMB_OK;
}

enum omb_rc omb_number_parse(struct omb_view text, struct omb_number *out, struct omb_error *err)
{
    char lower[OMB_NUMBER_SIZE];
    char *check, *serial, *year;
    struct omb_number number = {0};
    enum omb_rc rc = cut_life(&text, &number, err);

    if (rc == OMB_OK)
        rc = copy_lower(text, lower, err);
    if (rc != OMB_OK)
        return rc;
    check = cut_last(lower);
    serial = check == NULL ? NULL : cut_last(lower);
    year = serial == NULL ? NULL : cut_last(lower);
    if (year == NULL)
        return wrong(err, "it needs an office code, year, serial and check characters, as in "
                          "vsp-0045-2026-000123-7k");
    rc = parse_check(check, number.check, err);
    if (rc == OMB_OK)
        rc = parse_serial(serial, &number.serial, err);
    if (rc == OMB_OK)
        rc = parse_year(year, &number.year, err);
    if (rc == OMB_OK)
        rc = parse_code(lower, number.code, err);
    if (rc == OMB_OK)
        *out = number;
    return rc;
}
