/*
 * An office with its real desk: operators are hired, ask and act as clients of the protocol do, and
 * what they get back is decoded as a client would. On top of rig.h.
 */
#ifndef OMB_TESTS_DESKWORK_H
#define OMB_TESTS_DESKWORK_H

#include "support/rig.h"

/* A root office with t1 (teller), h1 (handler), s1 (supervisor), an1 (analyst), au1 (auditor). */
int desk_setup(void **state);
int desk_teardown(void **state);
#define DESK_TEST(test) cmocka_unit_test_setup_teardown(test, desk_setup, desk_teardown)

/* Enrols an operator by `admin`; roles separated by commas. */
void hire(struct rig *rig, const char *code, const char *roles);

/* One request under an id of its own. "admin" is there from the start. */
const struct omb_reply *ask_as(struct rig *rig, const char *who, uint32_t tag, const void *ask);
/* The same under this id: what a client repeats. */
const struct omb_reply *ask_again(struct rig *rig, const char *who, const char *id, uint32_t tag,
                                  const void *ask);

/* The answer; a refusal fails the test with its words. */
const void *answer_of(const struct omb_reply *reply);
#define ANSWER(shape, reply) ((const struct omb_##shape *)answer_of(reply))
#define ASK(rig, who, UPPER, ask_shape, shape, ...)                                                \
    ANSWER(shape, ask_as((rig), (who), OMB_ASK_##UPPER, &(struct omb_##ask_shape){__VA_ARGS__}))
/* Fails the test unless refused with this code; words, when not NULL, must be among its words. */
void must_refuse(const struct omb_reply *reply, const char *code, const char *words);

#define assert_text(view, text) assert_text_is((view), (text), __FILE__, __LINE__)
void assert_text_is(struct omb_view view, const char *text, const char *file, int line);
bool has_line(struct omb_views lines, const char *part);

/* --- cases --- */

/* A complaint to be registered; what a test does not change makes a plain one. */
struct complaint {
    struct omb_matter matter;
    struct omb_registered registered;
    struct omb_imported imported;
    struct omb_facts facts;
    struct omb_client client;
    struct omb_registered_body words;
    struct omb_body body;
    struct omb_extract extract;
    struct omb_act act;
};
void complaint_new(struct complaint *complaint);
struct omb_view complaint_send(struct rig *rig, const char *who, struct complaint *complaint);
/* A plain one by t1. */
struct omb_view new_case(struct rig *rig);
/* The same, which may be refused. */
const struct omb_reply *complaint_try(struct rig *rig);

/* An act of that type with these words; `text` NULL: no body. */
const struct omb_reply *act_on(struct rig *rig, const char *who, struct omb_view number,
                               uint32_t tag, const void *facts, const char *text);
#define ACT(rig, who, number, UPPER, shape, text, ...)                                             \
    act_on((rig), (who), (number), OMB_EVENT_##UPPER, &(struct omb_##shape){__VA_ARGS__}, (text))

const struct omb_case_view *show(struct rig *rig, const char *who, struct omb_view number);
/* Resolved as founded, answered by phone and closed, by h1. */
void settle(struct rig *rig, struct omb_view number);
const struct omb_event_view *event_of(const struct omb_event_view_list *events, const char *type);
bool has_code(struct omb_views codes, const char *code);

#endif
