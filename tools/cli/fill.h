/*
 * From options to messages: an option names a field (cli/options.def), the table of the shape says
 * what the field holds, and the text is read as that. Required fields are the daemon's to judge.
 */
#ifndef OMB_CLI_FILL_H
#define OMB_CLI_FILL_H

#include "cases/zone.h"
#include "cli/parse.h"
#include "wire/control.h"

/* What reading a value may need beside its text. */
struct omb_fill {
    struct omb_arena *arena; /* owns the message and its texts */
    /* The office's zone, asked for only when a local time is said. */
    enum omb_rc (*zone)(void *ctx, const struct omb_zone **out, struct omb_error *err);
    void *ctx;
    const char *currency;    /* of amounts; NULL: not said */
};

/* Where an option's value goes in an act of an event; root NULL: the event has no such field. */
struct omb_place_of {
    const struct omb_shape *root;          /* the event's facts or body, extract, or act */
    const struct omb_shape_field *nested;  /* the message inside root; NULL: root itself */
    const struct omb_shape_field *field;
};
struct omb_place_of omb_fill_place(uint32_t event, const struct omb_option *option);

/*
 * Fills the options that were said and that the event has fields for; others are left for whoever
 * else may want them. Facts are always there, body and extract when something is in them.
 * OMB_INVALID: a value cannot be read; OMB_MISSING: an amount without its currency; else what the
 * zone or a file of text met.
 */
enum omb_rc omb_fill_act(const struct omb_fill *fill, const struct omb_args *args, uint32_t event,
                         struct omb_act *out, struct omb_error *err) OMB_MUST_USE;

/*
 * The same, value after value, as the cells of a table come: begin, set, end. An error says what
 * the cell must hold, and does not repeat what it does.
 */
struct omb_act_parts {
    uint32_t event;
    const struct omb_shape *facts_shape, *body_shape;
    void *facts, *body, *extract;
    struct omb_act *act;
};
void omb_fill_begin(const struct omb_fill *fill, uint32_t event, struct omb_act *out,
                    struct omb_act_parts *out_parts);
enum omb_rc omb_fill_set(const struct omb_fill *fill, struct omb_act_parts *parts,
                         const struct omb_place_of *place, const char *what, struct omb_view text,
                         struct omb_error *err) OMB_MUST_USE;
void omb_fill_end(const struct omb_fill *fill, struct omb_act_parts *parts);

/* The same for a message with the fields of the options, e.g. a filter; out is zeroed or filled. */
enum omb_rc omb_fill_message(const struct omb_fill *fill, const struct omb_args *args,
                             const struct omb_shape *shape, void *out,
                             struct omb_error *err) OMB_MUST_USE;

/* One value by itself. `what` names it in errors. */
enum omb_rc omb_fill_value(const struct omb_fill *fill, const struct omb_shape_field *field,
                           bool end_of_day, const char *what, struct omb_view text, void *message,
                           struct omb_error *err) OMB_MUST_USE;

/* "a,b , c" without blanks and empty items. */
struct omb_views omb_fill_split(struct omb_arena *arena, struct omb_view text);

#endif
