#include <ini.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/text.h"
#include "io/officedir.h"
#include "io/tzif.h"

enum { CONFIG_FILE_MAX = 65536 };

/* --- the keys --- */

enum kind { CODE, ZONE, LISTEN, REACH, PARENTS, SECRET, PLACE, LEVEL, FORMAT, COUNT, KEPT, DAYS };

#define LEVELS "error, warning, notice, info or debug"
#define FORMATS "text or json"
#define FIELD(name) offsetof(struct omb_config, name), sizeof(((struct omb_config *)NULL)->name)

static const struct row {
    const char *section, *key;
    enum kind kind;
    size_t offset, size;
    const char *standard; /* the value when the file does not say it */
    const char *comment;
} rows[] = {
    {"office", "code", CODE, FIELD(code), "", "The office's code, as its certificate says it."},
    {"office", "time-zone", ZONE, FIELD(zone), "UTC",
     "The office's time zone, e.g. Europe/Moscow: its days and deadlines are counted there."},
    {"client", "listen", LISTEN, FIELD(client_listen), "",
     "Where staff on other machines reach this office, e.g. tcp://127.0.0.1:7200."},
    {"client", "bell-listen", LISTEN, FIELD(bell_listen), "",
     "Where these are told that something changed, e.g. tcp://127.0.0.1:7201."},
    {"links", "listen", LISTEN, FIELD(listen), "",
     "Where the offices below reach this one, e.g. tcp://0.0.0.0:7100."},
    {"links", "advertise", REACH, FIELD(advertise), "",
     "The same as they must call it, when it is not the address above: 0.0.0.0 is none to call."},
    {"links", "parent", PARENTS, FIELD(parent), "",
     "Where the office above listens; several addresses, with commas or a line each."},
    {"keys", "passphrase-file", SECRET, FIELD(passphrase_file), "",
     "What opens the key files when they are sealed: a file, or fd:3 for a descriptor."},
    {"backup", "to", PLACE, FIELD(backup_to), "",
     "The folder for backups, on another disk than this one; without it, backups/ in here."},
    {"backup", "keep", KEPT, FIELD(backup_keep), "0",
     "How many good ones stay there: a new one removes the oldest. 0: all of them."},
    {"backup", "max-age", DAYS, FIELD(backup_max_age_days), "7",
     "How many days after the last good one the doctor warns. 0: never."},
    {"backup", "passphrase-file", PLACE, FIELD(backup_passphrase_file), "",
     "A file with a passphrase that opens the keys in them, beside the bank's recovery key."},
    {"daemon", "log-level", LEVEL, FIELD(log_level), "info",
     "The least that is logged: " LEVELS "."},
    {"daemon", "log-format", FORMAT, FIELD(log_format), "text", "How: " FORMATS "."},
    {"daemon", "batch-inputs", COUNT, FIELD(batch_inputs), "256",
     "How many requests are worked into one batch, signed and written together, at most."},
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static const char *const levels[] = {
    [OMB_LOG_ERROR] = "error", [OMB_LOG_WARNING] = "warning", [OMB_LOG_NOTICE] = "notice",
    [OMB_LOG_INFO] = "info",   [OMB_LOG_DEBUG] = "debug",
};
static const char *const formats[] = {[OMB_LOG_TEXT] = "text", [OMB_LOG_JSON] = "json"};

static const struct {
    uint32_t least, most;
} ranges[] = {[COUNT] = {1, 4096}, [KEPT] = {0, 10000}, [DAYS] = {0, 3650}};

/* --- values --- */

static enum omb_rc fail_value(struct omb_error *err, const char *what, const char *value)
{
    struct omb_view shown = omb_text_cut(omb_view_str(value), 100);

    return omb_fail(err, OMB_INVALID, NULL, "\"%.*s\" is not %s", OMB_VIEW_ARGS(shown), what);
}

static enum omb_rc find_word(const char *value, const char *const *words, size_t count,
                             const char *what, unsigned *out, struct omb_error *err)
{
    for (unsigned i = 0; i < count; i++) {
        if (words[i] && strcmp(words[i], value) == 0) {
            *out = i;
            return OMB_OK;
        }
    }
    return fail_value(err, what, value);
}

/* The next of several values with commas between; false: there is none. */
static bool next_of(const char **at, struct omb_view *out)
{
    *at += strspn(*at, " \t,");
    *out = omb_view(*at, strcspn(*at, " \t,"));
    *at += out->size;
    return out->size > 0;
}

static enum omb_rc check_parents(const char *value, struct omb_error *err)
{
    struct omb_view one;
    enum omb_rc rc = OMB_OK;
    size_t count = 0;

    while (rc == OMB_OK && next_of(&value, &one)) {
        rc = omb_endpoint_check(one, OMB_ENDPOINT_REACH, err);
        if (rc == OMB_OK && ++count > OMB_PARENTS_MAX)
            rc = omb_fail(err, OMB_LIMIT, NULL, "a parent has at most %d addresses",
                          OMB_PARENTS_MAX);
    }
    return rc;
}

size_t omb_config_parents(const struct omb_config *config, struct omb_view out[OMB_PARENTS_MAX])
{
    const char *at = config->parent;
    size_t count = 0;

    while (count < OMB_PARENTS_MAX && next_of(&at, &out[count]))
        count++;
    return count;
}

struct omb_view omb_config_advertised(const struct omb_config *config)
{
    const struct omb_view listen = omb_view_str(config->listen);

    if (config->advertise[0])
        return omb_view_str(config->advertise);
    return listen.size && omb_endpoint_check(listen, OMB_ENDPOINT_REACH, NULL) == OMB_OK
               ? listen
               : OMB_VIEW_NONE;
}

bool omb_config_lacks_advertise(const struct omb_config *config)
{
    return !config->advertise[0] && omb_endpoint_is_everywhere(omb_view_str(config->listen));
}

static enum omb_rc check_text(enum kind kind, const char *value, struct omb_error *err)
{
    struct omb_view text = omb_view_str(value);
    bool bare = value[0] == '\0' && kind != CODE && kind != ZONE;

    if (bare)
        return OMB_OK;
    if (kind == CODE && !omb_text_is_code(text))
        return fail_value(err, "an office's code: a-z, 0-9 and -, at most 96 of them", value);
    if (kind == ZONE && !omb_zone_is_name(text))
        return fail_value(err, "the name of a time zone, e.g. Europe/Moscow", value);
    if (kind == SECRET && value[0] != '/' && strncmp(value, "fd:", 3) != 0)
        return fail_value(err, "a path from / on, nor a descriptor such as fd:3", value);
    if (kind == PLACE && value[0] != '/')
        return fail_value(err, "a path from / on", value);
    if (kind == PARENTS)
        return check_parents(value, err);
    if (kind == LISTEN || kind == REACH)
        return omb_endpoint_check(
            text, kind == LISTEN ? OMB_ENDPOINT_LISTEN : OMB_ENDPOINT_REACH, err);
    return OMB_OK;
}

static enum omb_rc set_text(const struct row *row, const char *value, char *field,
                            struct omb_error *err)
{
    size_t size = strlen(value);
    enum omb_rc rc = check_text(row->kind, value, err);

    if (rc != OMB_OK)
        return rc;
    if (size >= row->size)
        return omb_fail(err, OMB_LIMIT, NULL, "the value has %zu bytes, more than %zu", size,
                        row->size - 1);
    memcpy(field, value, size + 1);
    return OMB_OK;
}

static enum omb_rc set_count(const struct row *row, const char *value, char *field,
                             struct omb_error *err)
{
    uint64_t number;
    uint32_t count;
    char what[64];

    if (omb_text_u64(omb_view_str(value), &number) != OMB_OK ||
        number < ranges[row->kind].least || number > ranges[row->kind].most) {
        snprintf(what, sizeof(what), "a number from %u to %u", (unsigned)ranges[row->kind].least,
                 (unsigned)ranges[row->kind].most);
        return fail_value(err, what, value);
    }
    count = (uint32_t)number;
    memcpy(field, &count, sizeof(count));
    return OMB_OK;
}

static enum omb_rc set(const struct row *row, const char *value, struct omb_config *config,
                       struct omb_error *err)
{
    unsigned found = 0;
    enum omb_rc rc = OMB_OK;

    switch (row->kind) {
    case CODE:
    case ZONE:
    case LISTEN:
    case REACH:
    case PARENTS:
    case SECRET:
    case PLACE:
        rc = set_text(row, value, (char *)config + row->offset, err);
        break;
    case LEVEL:
        rc = find_word(value, levels, sizeof(levels) / sizeof(levels[0]), LEVELS, &found, err);
        if (rc == OMB_OK)
            config->log_level = (enum omb_log_level)found;
        break;
    case FORMAT:
        rc = find_word(value, formats, sizeof(formats) / sizeof(formats[0]), FORMATS, &found, err);
        if (rc == OMB_OK)
            config->log_format = (enum omb_log_format)found;
        break;
    case COUNT:
    case KEPT:
    case DAYS:
        rc = set_count(row, value, (char *)config + row->offset, err);
        break;
    }
    return rc;
}

/* Apart by ", ", however they were said. */
static void show_parents(const char *at, struct omb_buf *out)
{
    const size_t before = out->size;
    struct omb_view one;

    while (next_of(&at, &one)) {
        if (out->size > before)
            omb_buf_add_str(out, ", ");
        omb_buf_add_view(out, one);
    }
}

/* The value as the file would say it. */
static void show(const struct row *row, const struct omb_config *config, struct omb_buf *out)
{
    uint32_t count;

    switch (row->kind) {
    case CODE:
    case ZONE:
    case LISTEN:
    case REACH:
    case SECRET:
    case PLACE:
        omb_buf_add_str(out, (const char *)config + row->offset);
        break;
    case PARENTS:
        show_parents((const char *)config + row->offset, out);
        break;
    case LEVEL:
        omb_buf_add_str(out, levels[config->log_level]);
        break;
    case FORMAT:
        omb_buf_add_str(out, formats[config->log_format]);
        break;
    case COUNT:
    case KEPT:
    case DAYS:
        memcpy(&count, (const char *)config + row->offset, sizeof(count));
        omb_buf_printf(out, "%u", (unsigned)count);
        break;
    }
}

void omb_config_defaults(struct omb_config *out)
{
    *out = (struct omb_config){.log_level = OMB_LOG_INFO};
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].kind != CODE) {
            enum omb_rc rc = set(&rows[i], rows[i].standard, out, NULL);

            OMB_ASSERT(rc == OMB_OK);
        }
    }
}

/* --- reading --- */

/* A file on its way through inih, which neither says lines to its handler nor minds long ones. */
struct reading {
    const char *path;
    const char *rest;
    int line;
    struct omb_config config;
    bool said[ROWS];
    struct omb_error failure; /* the first; rc OMB_OK until then */
};

static enum omb_rc fail_at(const char *path, int line, struct omb_error *err)
{
    const struct omb_view name = omb_text_cut(omb_view_str(path), 150);
    char prefix[200];

    (void)snprintf(prefix, sizeof(prefix), "%.*s:%d", OMB_VIEW_ARGS(name), line);
    return omb_fail_within(err, prefix);
}

static void fail_line(struct reading *reading, const char *section, const char *key)
{
    struct omb_error *failure = &reading->failure;

    (void)fail_at(reading->path, reading->line, failure);
    if (section) {
        (void)snprintf(failure->field, sizeof(failure->field), "%.30s.%.30s", section, key);
        omb_text_show(failure->field);
    }
}

/* For inih: the next line, as fgets would give it. */
static char *next_line(char *out, int size, void *stream)
{
    struct reading *reading = stream;
    size_t length = strcspn(reading->rest, "\n"), blank = strspn(reading->rest, " \t\r");
    bool ends = reading->rest[length] == '\n';

    if (reading->failure.rc != OMB_OK || (length == 0 && !ends))
        return NULL;
    reading->line++;
    if (length + 2 > (size_t)size) {
        (void)omb_fail(&reading->failure, OMB_LIMIT, NULL, "the line has %zu bytes, more than %d",
                       length, size - 2);
        fail_line(reading, NULL, NULL);
        return NULL;
    }
    /* inih would add it to the value above. */
    if (blank > 0 && blank < length && !strchr(";#", reading->rest[blank])) {
        (void)omb_fail(&reading->failure, OMB_INVALID, NULL, "the line begins with a space");
        fail_line(reading, NULL, NULL);
        return NULL;
    }
    memcpy(out, reading->rest, length);
    out[length] = '\n';
    out[length + 1] = '\0';
    reading->rest += length + (ends ? 1 : 0);
    return out;
}

static const struct row *find_row(const char *section, const char *key)
{
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(rows[i].section, section) == 0 && strcmp(rows[i].key, key) == 0)
            return &rows[i];
    return NULL;
}

/* ", not X": where the same key does stand. */
static enum omb_rc fail_misplaced(const char *section, const char *key, struct omb_error *err)
{
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(rows[i].key, key) == 0)
            return omb_fail(err, OMB_UNKNOWN_CODE, NULL, "\"%s\" stands in [%s], not in [%s]", key,
                            rows[i].section, section);
    return OMB_OK;
}

static enum omb_rc fail_unknown(const char *section, const char *key, struct omb_error *err)
{
    struct omb_view keys[ROWS], sections[ROWS];
    size_t key_count = 0, section_count = 0;
    char near[128];

    for (size_t i = 0; i < ROWS; i++) {
        if (strcmp(rows[i].section, section) == 0)
            keys[key_count++] = omb_view_str(rows[i].key);
        if (i == 0 || strcmp(rows[i].section, rows[i - 1].section) != 0)
            sections[section_count++] = omb_view_str(rows[i].section);
    }
    if (section[0] == '\0')
        return omb_fail(err, OMB_INVALID, NULL, "\"%s\" stands before the first [section]", key);
    if (key_count == 0) {
        omb_text_nearest(omb_view_str(section), sections, section_count, 2, near, sizeof(near));
        return omb_fail(err, OMB_UNKNOWN_CODE, NULL, "there is no section [%s]%s%s", section,
                        near[0] ? "; did you mean " : "", near);
    }
    if (fail_misplaced(section, key, err) != OMB_OK)
        return OMB_UNKNOWN_CODE;
    omb_text_nearest(omb_view_str(key), keys, key_count, 2, near, sizeof(near));
    return omb_fail(err, OMB_UNKNOWN_CODE, NULL, "there is no key \"%s\" in [%s]%s%s", key, section,
                    near[0] ? "; did you mean " : "", near);
}

/* The addresses of a further line join those before it: a line does not hold all. */
static enum omb_rc add_parents(struct reading *reading, const struct row *row, const char *value)
{
    struct omb_buf all = OMB_BUF_INIT;
    enum omb_rc rc;

    omb_buf_printf(&all, "%s, %s", reading->config.parent, value);
    rc = set(row, omb_buf_str(&all), &reading->config, &reading->failure);
    omb_buf_free(&all);
    return rc;
}

/* For inih: one key. Returns 1, as it asks. */
static int take_key(void *user, const char *section, const char *key, const char *value)
{
    struct reading *reading = user;
    const struct row *row = find_row(section, key);
    enum omb_rc rc;

    if (reading->failure.rc != OMB_OK)
        return 1;
    if (!row)
        rc = fail_unknown(section, key, &reading->failure);
    else if (reading->said[row - rows] && row->kind == PARENTS)
        rc = add_parents(reading, row, value);
    else if (reading->said[row - rows])
        rc = omb_fail(&reading->failure, OMB_INVALID, NULL, "\"%s\" is said a second time", key);
    else
        rc = set(row, value, &reading->config, &reading->failure);
    if (rc != OMB_OK)
        fail_line(reading, section, key);
    else
        reading->said[row - rows] = true;
    if (row && row->kind == ZONE)
        reading->config.zone_line = reading->line;
    return 1;
}

static enum omb_rc parse(const char *path, struct omb_buf *text, struct omb_config *out,
                         struct omb_error *err)
{
    struct reading reading = {.path = path};
    int wrong;

    if (!omb_text_utf8(omb_buf_view(text)))
        return omb_fail(err, OMB_INVALID, NULL, "%s is not text", path);
    reading.rest = omb_buf_str(text);
    omb_config_defaults(&reading.config);
    wrong = ini_parse_stream(next_line, &reading, take_key, &reading);
    if (wrong > 0 && (reading.failure.rc == OMB_OK || wrong < reading.line)) {
        reading.line = wrong;
        (void)omb_fail(&reading.failure, OMB_INVALID, NULL,
                       "the line is not [section], key = value or # comment");
        fail_line(&reading, NULL, NULL);
    }
    if (reading.failure.rc == OMB_OK && !reading.said[0])
        (void)omb_fail(&reading.failure, OMB_MISSING, "office.code", "%s: [office] code is missing",
                       path);
    if (reading.failure.rc != OMB_OK) {
        if (err)
            *err = reading.failure;
        return reading.failure.rc;
    }
    *out = reading.config;
    return OMB_OK;
}

enum omb_rc omb_config_read(const char *path, struct omb_config *out, struct omb_error *err)
{
    struct omb_buf text = OMB_BUF_INIT;
    enum omb_rc rc = omb_file_read(path, CONFIG_FILE_MAX, &text, err);

    if (rc == OMB_OK)
        rc = parse(path, &text, out, err);
    omb_buf_free(&text);
    return rc;
}

enum omb_rc omb_config_zone(const char *path, const struct omb_config *config,
                            struct omb_zone *out, struct omb_error *err)
{
    const enum omb_rc rc = omb_zone_load(config->zone, out, err);

    return rc == OMB_OK || config->zone_line == 0 ? rc : fail_at(path, config->zone_line, err);
}

/* --- writing --- */

static void add_parent_lines(const struct row *row, const char *at, struct omb_buf *out)
{
    struct omb_view one;

    while (next_of(&at, &one))
        omb_buf_printf(out, "%s = %.*s\n", row->key, OMB_VIEW_ARGS(one));
}

static void add_row(const struct row *row, const struct omb_config *config, struct omb_buf *out)
{
    struct omb_buf value = OMB_BUF_INIT;
    bool standard;

    show(row, config, &value);
    standard = omb_view_is(omb_buf_view(&value), row->standard);
    omb_buf_printf(out, "# %s\n", row->comment);
    if (row->kind == PARENTS && !standard)
        add_parent_lines(row, omb_buf_str(&value), out);
    else
        omb_buf_printf(out, "%s%s =%s%.*s\n", standard ? "#" : "", row->key,
                       value.size ? " " : "", OMB_VIEW_ARGS(omb_buf_view(&value)));
    omb_buf_free(&value);
}

static bool same(const struct omb_config *a, const struct omb_config *b)
{
    struct omb_buf one = OMB_BUF_INIT, other = OMB_BUF_INIT;
    bool equal;

    for (size_t i = 0; i < ROWS; i++) {
        show(&rows[i], a, &one);
        show(&rows[i], b, &other);
        omb_buf_add_u8(&one, 0);
        omb_buf_add_u8(&other, 0);
    }
    equal = omb_view_equal(omb_buf_view(&one), omb_buf_view(&other));
    omb_buf_free(&one);
    omb_buf_free(&other);
    return equal;
}

enum omb_rc omb_config_write(const char *path, const struct omb_config *config,
                             struct omb_error *err)
{
    struct omb_buf text = OMB_BUF_INIT;
    struct omb_config read;
    enum omb_rc rc;

    omb_buf_add_str(&text, "# An office of Ombud; see ombud.conf(5).\n");
    for (size_t i = 0; i < ROWS; i++) {
        if (i == 0 || strcmp(rows[i].section, rows[i - 1].section) != 0)
            omb_buf_printf(&text, "\n[%s]\n", rows[i].section);
        add_row(&rows[i], config, &text);
    }
    rc = parse(path, &text, &read, err);
    if (rc == OMB_OK && !same(&read, config))
        rc = omb_fail(err, OMB_INVALID, NULL,
                      "%s: a value holds what the file cannot say, such as a line's end or \" ;\"",
                      path);
    if (rc == OMB_OK)
        rc = omb_file_write(path, omb_buf_view(&text), 0644, err);
    omb_buf_free(&text);
    return rc;
}
