/*
 * Case numbers as people see them: vsp-0045-2026-000123-7k = office code, year of registration,
 * serial of at least six digits, and two check characters over the whole case id. They catch typing
 * errors and tell apart two cases that a rolled-back store gave one serial (design: records,
 * Numbers). Which case a number names is looked up by the caller.
 *
 *     check = (text + life) mod 1021
 *     text    "code-year-serial" read as a number to base 10 whose digits are the ASCII values
 *     life    first 8 bytes, big-endian, of BLAKE2b-256("ombud/number/1\0" || home || incarnation)
 *
 * printed as two digits to base 32, the higher first, of 0123456789abcdefghjkmnpqrstvwxyz: no look-
 * alikes i, l, o, u.
 *
 * 1021 is prime, below 1024, and 10 is a primitive root of it, so the weights 10^k of all positions
 * of a number differ and none is 0. Therefore, within one life of an office's log:
 *   - every wrong character is noticed: it changes the sum by (difference < 256) * weight;
 *   - so is every swap of two characters, neighbours or not: by difference * (weight - weight');
 *   - and whatever happens to three neighbouring digits: by less than 1000, and not by 0.
 * An error that leads to another office that exists, or to a serial of another life, is noticed but
 * for 1 in 1021; as are two cases of one serial told apart.
 */
#ifndef OMB_CASES_NUMBER_H
#define OMB_CASES_NUMBER_H

#include "base/error.h"
#include "base/text.h"
#include "wire/facts.h"

#define OMB_NUMBER_SIZE (OMB_CODE_MAX + 48)
#define OMB_NUMBER_EXACT_SIZE (OMB_NUMBER_SIZE + 1 + 2 * OMB_INCARNATION_SIZE)

/* The number as text with a NUL. `code` is the home office's code. */
void omb_number_print(const struct omb_case_id *id, struct omb_view code,
                      char out[OMB_NUMBER_SIZE]);
/* The same with the life behind it: no other case has that. */
void omb_number_print_exact(const struct omb_case_id *id, struct omb_view code,
                            char out[OMB_NUMBER_EXACT_SIZE]);

/* A number taken apart; which case it is (the incarnation) takes a look-up by the caller. */
struct omb_number {
    char code[OMB_CODE_MAX + 1]; /* in lower case, however it was typed */
    uint32_t year;
    uint64_t serial;
    char check[3];
    bool exact; /* the life was typed, too */
    struct omb_incarnation life;
};

/*
 * Capitals count as small letters; nothing else is forgiven. OMB_INVALID says what is wrong: the
 * form, the office code, year, serial, a character that no check has, or the life.
 */
enum omb_rc omb_number_parse(struct omb_view text, struct omb_number *out,
                             struct omb_error *err) OMB_MUST_USE;

/*
 * Whether year, serial, check characters and life, if it was typed, are this case's, whose home
 * office has number->code.
 */
bool omb_number_matches(const struct omb_number *number, const struct omb_case_id *id);

#endif
