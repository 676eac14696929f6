/*
 * Case numbers as people see them: vsp-0045-2026-000123-7k = office code, year of registration,
 * serial of at least six digits, and two check characters (base32 without look-alikes) over the
 * whole case id. They catch typing errors and tell apart two cases that a rolled-back store gave
 * one serial (design: records, Numbers).
 */
#ifndef OMB_CASES_NUMBER_H
#define OMB_CASES_NUMBER_H

#include "base/error.h"
#include "wire/facts.h"

#define OMB_NUMBER_SIZE (OMB_CODE_MAX + 48)

/* The number as text with a NUL. `code` is the home office's code. */
void omb_number_print(const struct omb_case_id *id, struct omb_view code, char out[OMB_NUMBER_SIZE]);

/* A number taken apart; which case it is (the incarnation) takes a look-up by the caller. */
struct omb_number {
    struct omb_view code; /* into the text */
    uint32_t year;
    uint64_t serial;
    char check[3];
};

/* OMB_INVALID says what is wrong: form, year, serial, or a character no number has. */
enum omb_rc omb_number_parse(struct omb_view text, struct omb_number *out,
                             struct omb_error *err) OMB_MUST_USE;

/* Whether the check characters are this case's. */
bool omb_number_matches(const struct omb_number *number, const struct omb_case_id *id);

#endif
