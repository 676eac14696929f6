/*
 * Events as tests of the corridor write them, straight through it: no rule of a desk is asked.
 */
#ifndef OMB_TESTS_CASEWORK_H
#define OMB_TESTS_CASEWORK_H

#include "office/corridor.h"

#define CASEWORK_WORDS "Client 17 was charged twice"
#define CASEWORK_NAME "Client 17"

/* A complaint with a body and an extract (reference SRC-1), of the source `test` when imported. */
enum omb_rc casework_register(struct omb_step *step, bool imported, struct omb_case_id *out,
                              struct omb_appended *out_record, struct omb_error *err) OMB_MUST_USE;
/* `noted` with these words, after the newest spine record; saves the case. */
enum omb_rc casework_note(struct omb_step *step, const struct omb_case_id *id, const char *words,
                          struct omb_appended *out_record, struct omb_error *err) OMB_MUST_USE;
/* Any event of the case without a body, by this operator; saves the case. */
enum omb_rc casework_write(struct omb_step *step, const struct omb_case_id *id, const char *actor,
                           uint32_t tag, const void *facts, struct omb_appended *out_record,
                           struct omb_error *err) OMB_MUST_USE;
/* Withdrawn, then erased by t17 and confirmed by t18: the texts are gone. */
enum omb_rc casework_erase(struct omb_step *step, const struct omb_case_id *id,
                           struct omb_error *err) OMB_MUST_USE;
/* An event of the office, with a body. */
enum omb_rc casework_story(struct omb_step *step, const char *words,
                           struct omb_appended *out_record, struct omb_error *err) OMB_MUST_USE;

#endif
