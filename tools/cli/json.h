/*
 * Messages as JSON, by the tables of shapes: names are those of the .proto files. Instants are
 * RFC 3339 in UTC, bytes (and the paths of proofs) standard base64, ids and digests lower-case hex.
 * What is not said is null (texts, instants, messages) or [] (lists); nothing is left out.
 */
#ifndef OMB_CLI_JSON_H
#define OMB_CLI_JSON_H

#include <jansson.h>

#include "wire/shape.h"

/* The caller owns what comes back. A oneof stands under the name of what it holds. */
json_t *omb_json_message(const struct omb_shape *shape, const void *message);
json_t *omb_json_text(struct omb_view text);   /* empty: null */
json_t *omb_json_when(int64_t ms);             /* 0: null */
json_t *omb_json_bytes(struct omb_view bytes); /* empty: null */

/* Prints a value and a line end. */
void omb_json_print(json_t *take_value, bool one_line);

/*
 * A list as it comes: an array with an element a line, or with `lines` the elements alone. Begins
 * zeroed; one that is not ended because something failed shows that it is not whole.
 */
struct omb_json_list {
    bool lines; /* --json-lines */
    size_t count;
};
void omb_json_list_add(struct omb_json_list *list, json_t *take_value);
void omb_json_list_end(struct omb_json_list *list);

#endif
