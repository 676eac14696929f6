#include "wire/kind.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "wire/limits.h"

#define KIND(kind, form_, type_, ...)                                                              \
    [OMB_KIND_##kind] = {                                                                          \
        .form = OMB_FORM_##form_, .type = PROTOBUF_C_TYPE_##type_, __VA_ARGS__}

const struct omb_kind_traits omb_kinds[] = {
    KIND(code, TEXT, STRING, .max = OMB_CODE_MAX),
    KIND(line, TEXT, STRING, .max = OMB_LINE_MAX),
    KIND(text, TEXT, STRING, .max = OMB_TEXT_MAX),
    KIND(policy_text, TEXT, STRING, .max = OMB_POLICY_TEXT_MAX),
    KIND(bytes, BYTES, BYTES, ),
    KIND(codes, TEXTS, STRING, .repeated = true, .max = OMB_CODE_MAX),
    KIND(lines, TEXTS, STRING, .repeated = true, .max = OMB_LINE_MAX),
    KIND(blobs, BLOBS, BYTES, .repeated = true),
    KIND(u32, NUMBER, UINT32, .size = sizeof(uint32_t)),
    KIND(u64, NUMBER, UINT64, .size = sizeof(uint64_t)),
    KIND(i64, NUMBER, INT64, .size = sizeof(int64_t)),
    KIND(i64s, NUMBERS, INT64, .repeated = true, .size = sizeof(int64_t)),
    KIND(when, NUMBER, INT64, .size = sizeof(int64_t)),
    KIND(flag, FLAG, BOOL, .size = sizeof(bool)),
    KIND(id, FIXED, BYTES, .size = OMB_OFFICE_ID_SIZE),
    KIND(keyid, FIXED, BYTES, .size = OMB_KEY_ID_SIZE),
    KIND(life, FIXED, BYTES, .size = OMB_INCARNATION_SIZE),
    KIND(digest, FIXED, BYTES, .size = OMB_DIGEST_SIZE),
    KIND(digest0, FIXED0, BYTES, .size = OMB_DIGEST_SIZE),
    KIND(digests, FIXEDS, BYTES, .repeated = true, .size = OMB_DIGEST_SIZE),
    KIND(one, ONE, MESSAGE, ),
    KIND(many, MANY, MESSAGE, .repeated = true),
    KIND(any, ANY, MESSAGE, ),
};

static bool has_line_break(struct omb_view text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] == '\n' || text.data[i] == '\r' || text.data[i] == '\t')
            return true;
    return false;
}

static const char *text_fault(enum omb_kind kind, struct omb_view value, enum omb_rc *out_rc)
{
    if (value.size > omb_kinds[kind].max) {
        *out_rc = OMB_LIMIT;
        return "the text is too long";
    }
    *out_rc = OMB_INVALID;
    if (kind == OMB_KIND_code || kind == OMB_KIND_codes) {
        bool empty = kind == OMB_KIND_code && value.size == 0;

        return empty || omb_text_is_code(value) ? NULL : "a code is made of a-z, 0-9 and hyphens";
    }
    if (omb_text_is_plain(value)) /* most texts are, and nothing more is to be asked of them */
        return NULL;
    if (!omb_text_utf8(value))
        return "the text is not UTF-8 (or holds a NUL)";
    if (omb_text_has_controls(value))
        return "the text holds control characters";
    if ((kind == OMB_KIND_line || kind == OMB_KIND_lines) && has_line_break(value))
        return "the text is to stand on one line, without tabs";
    return NULL;
}

static const char *size_fault(enum omb_kind kind, struct omb_view value)
{
    bool empty = omb_kinds[kind].form == OMB_FORM_FIXED && value.size == 0;

    if (empty || value.size == omb_kinds[kind].size)
        return NULL;
    switch (omb_kinds[kind].size) {
    case OMB_INCARNATION_SIZE:
        return "an incarnation has 12 bytes";
    case OMB_DIGEST_SIZE:
        return "a digest has 32 bytes";
    default:
        return "an id has 16 bytes";
    }
}

const char *omb_kind_fault(enum omb_kind kind, struct omb_view value, enum omb_rc *out_rc)
{
    const char *fault = NULL;

    switch (omb_kinds[kind].form) {
    case OMB_FORM_TEXT:
    case OMB_FORM_TEXTS:
        return text_fault(kind, value, out_rc);
    case OMB_FORM_FIXED:
    case OMB_FORM_FIXED0:
    case OMB_FORM_FIXEDS:
        fault = size_fault(kind, value);
        break;
    case OMB_FORM_BYTES:
    case OMB_FORM_BLOBS:
    case OMB_FORM_NUMBER:
    case OMB_FORM_NUMBERS:
    case OMB_FORM_FLAG:
    case OMB_FORM_ONE:
    case OMB_FORM_MANY:
    case OMB_FORM_ANY:
        break;
    }
    if (fault)
        *out_rc = OMB_INVALID;
    return fault;
}

const char *omb_when_fault(int64_t ms)
{
    bool shown = ms >= OMB_WHEN_MIN && ms <= OMB_WHEN_MAX;

    return shown ? NULL : "the date is outside the years 1 to 9999";
}

/* Writes the path into out (size bytes) and returns its length; what does not fit is left out. */
static size_t put_path(const struct omb_step *step, char *out, size_t size)
{
    size_t used = 0;
    int more;

    out[0] = '\0';
    if (!step || !step->name)
        return 0;
    used = put_path(step->up, out, size);
    if (step->indexed)
        more = snprintf(out + used, size - used, "%s%s[%zu]", used ? "." : "", step->name,
                        step->index);
    else
        more = snprintf(out + used, size - used, "%s%s", used ? "." : "", step->name);
    if (more < 0 || (size_t)more >= size - used)
        return size - 1;
    return used + (size_t)more;
}

/* The field of an error is short; of a long path its end says more than its beginning. */
static const char *tail(const char *path, size_t length, size_t room)
{
    const char *dot;

    if (length < room)
        return path;
    dot = strchr(path + (length - room), '.');
    return dot ? dot + 1 : path + (length - room) + 1;
}

enum omb_rc omb_step_fail(const struct omb_step *step, enum omb_rc rc, const char *fault,
                          struct omb_error *err)
{
    char path[320];
    size_t length;

    if (!err)
        return rc;
    length = put_path(step, path, sizeof(path));
    if (length == 0)
        return omb_fail(err, rc, NULL, "the message: %s", fault);
    return omb_fail(err, rc, tail(path, length, sizeof(err->field)), "%s: %s", path, fault);
}
