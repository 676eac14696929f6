/*
 * The sentence that goes with a result code: what is wrong, and in which field.
 *
 * An error never holds a client's words, a name or a key: it names fields, codes and places.
 * Every parameter `err` may be NULL; then only the code is returned.
 */
#ifndef OMB_BASE_ERROR_H
#define OMB_BASE_ERROR_H

#include "base/rc.h"

struct omb_error {
    enum omb_rc rc;
    char field[64];  /* the field that is wrong, "" when none is to blame */
    char words[448]; /* a sentence without a full stop */
};

/*
 * Fills *err (when not NULL) and returns rc, so that a refusal is one line:
 *     return omb_fail(err, OMB_MISSING, "product", "a complaint needs a product");
 * field may be NULL. Words over the size are cut at a character. Bytes from outside that are no
 * UTF-8 or control a terminal show as question marks: words and field are one line each.
 */
enum omb_rc omb_fail(struct omb_error *err, enum omb_rc rc, const char *field, const char *format,
                     ...) __attribute__((format(printf, 4, 5)));

/*
 * Puts "prefix: " before the words of an error that came from below; returns err->rc. Without err
 * the code is lost and OMB_INVALID comes back: who steers by the code keeps it.
 */
enum omb_rc omb_fail_within(struct omb_error *err, const char *prefix);

#endif
