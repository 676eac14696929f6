#include "base/logline.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

static const char *level_word(enum omb_log_level level)
{
    switch (level) {
    case OMB_LOG_ERROR:
        return "error";
    case OMB_LOG_WARNING:
        return "warning";
    case OMB_LOG_NOTICE:
        return "notice";
    case OMB_LOG_INFO:
        return "info";
    case OMB_LOG_DEBUG:
        return "debug";
    }
    return "info";
}

/* A value that can stand without quotes. */
static bool is_plain(const char *text)
{
    size_t size = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                               "-_./:@+%,*#~");

    return size > 0 && text[size] == '\0';
}

/* A byte that must not stand in the line as it is: one value must never look like two lines. */
static void add_hidden(struct omb_buf *out, enum omb_log_format format, uint8_t c)
{
    if (c == '\n')
        omb_buf_add_str(out, "\\n");
    else if (c == '\r')
        omb_buf_add_str(out, "\\r");
    else if (c == '\t')
        omb_buf_add_str(out, "\\t");
    else if (format == OMB_LOG_TEXT)
        omb_buf_printf(out, "\\x%02x", c);
    else if (c < 0x80)
        omb_buf_printf(out, "\\u%04x", c);
    else
        omb_buf_add_str(out, "\\ufffd");
}

static void add_escaped(struct omb_buf *out, enum omb_log_format format, const char *text)
{
    struct omb_view view = omb_view_str(text);
    /* With broken UTF-8 or controls in it, every byte above ASCII is shown as a byte. */
    bool letters = omb_text_utf8(view) && !omb_text_has_controls(view);

    for (size_t i = 0; i < view.size; i++) {
        uint8_t c = view.data[i];

        if (c == '"' || c == '\\')
            omb_buf_add_u8(out, '\\');
        if (c < 0x20 || c == 0x7f || (c >= 0x80 && !letters))
            add_hidden(out, format, c);
        else
            omb_buf_add_u8(out, c);
    }
}

static void add_quoted(struct omb_buf *out, enum omb_log_format format, const char *text)
{
    omb_buf_add_u8(out, '"');
    add_escaped(out, format, text);
    omb_buf_add_u8(out, '"');
}

static void add_text_line(struct omb_buf *out, enum omb_log_level level, const char *what,
                          const struct omb_log_field *fields, size_t count)
{
    omb_buf_printf(out, "<%d>", (int)level);
    add_escaped(out, OMB_LOG_TEXT, what);
    for (size_t i = 0; i < count; i++) {
        omb_buf_printf(out, " %s=", fields[i].key);
        if (!fields[i].text)
            omb_buf_printf(out, "%" PRId64, fields[i].number);
        else if (is_plain(fields[i].text))
            omb_buf_add_str(out, fields[i].text);
        else
            add_quoted(out, OMB_LOG_TEXT, fields[i].text);
    }
}

static void add_json_line(struct omb_buf *out, enum omb_log_level level, const char *what,
                          const struct omb_log_field *fields, size_t count)
{
    omb_buf_printf(out, "{\"level\":\"%s\",\"message\":", level_word(level));
    add_quoted(out, OMB_LOG_JSON, what);
    for (size_t i = 0; i < count; i++) {
        omb_buf_add_u8(out, ',');
        add_quoted(out, OMB_LOG_JSON, fields[i].key);
        omb_buf_add_u8(out, ':');
        if (fields[i].text)
            add_quoted(out, OMB_LOG_JSON, fields[i].text);
        else
            omb_buf_printf(out, "%" PRId64, fields[i].number);
    }
    omb_buf_add_u8(out, '}');
}

void omb_log_line(struct omb_buf *out, enum omb_log_format format, enum omb_log_level level,
                  const char *what, const struct omb_log_field *fields, size_t count)
{
    switch (format) {
    case OMB_LOG_TEXT:
        add_text_line(out, level, what, fields, count);
        break;
    case OMB_LOG_JSON:
        add_json_line(out, level, what, fields, count);
        break;
    }
    omb_buf_add_u8(out, '\n');
}
