#include "io/lastexit.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "io/officedir.h"

#define RUNNING "running"

static enum omb_rc write_word(const char *dir, const char *word, struct omb_error *err)
{
    char path[4096], line[OMB_LAST_EXIT_MAX + 1];
    enum omb_rc rc = omb_dir_path(dir, "run/last-exit", path, sizeof(path), err);

    if (rc != OMB_OK)
        return rc;
    snprintf(line, sizeof(line), "%s\n", word);
    return omb_file_write(path, omb_view_str(line), 0600, err);
}

/* What anybody may have put there is told upward: a line of text, or nothing. */
static void read_word(const char *dir, char out[OMB_LAST_EXIT_MAX])
{
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_view line = OMB_VIEW_NONE;
    char path[4096];

    if (omb_dir_path(dir, "run/last-exit", path, sizeof(path), NULL) == OMB_OK &&
        omb_file_read(path, OMB_LAST_EXIT_MAX, &bytes, NULL) == OMB_OK &&
        omb_text_utf8(omb_buf_view(&bytes)))
        line = omb_view(bytes.data, strcspn(omb_buf_str(&bytes), "\n"));
    line = omb_text_cut(line, OMB_LAST_EXIT_MAX - 1);
    snprintf(out, OMB_LAST_EXIT_MAX, "%.*s", OMB_VIEW_ARGS(line));
    omb_buf_free(&bytes);
}

enum omb_rc omb_last_exit_begin(const char *dir, char out[OMB_LAST_EXIT_MAX],
                                struct omb_error *err)
{
    char run[4096];
    enum omb_rc rc = omb_dir_path(dir, "run", run, sizeof(run), err);

    if (rc == OMB_OK)
        rc = omb_folder_make(run, 0700, err);
    if (rc != OMB_OK)
        return rc;
    read_word(dir, out);
    if (strcmp(out, RUNNING) == 0)
        snprintf(out, OMB_LAST_EXIT_MAX, "killed");
    return write_word(dir, RUNNING, err);
}

void omb_last_exit_end(const char *dir, const struct omb_error *why)
{
    char word[OMB_LAST_EXIT_MAX] = "clean";

    if (why) {
        struct omb_view words = omb_text_cut(omb_view_str(why->words), sizeof(word) - 20);

        snprintf(word, sizeof(word), "failed: %.*s", OMB_VIEW_ARGS(words));
    }
    (void)write_word(dir, word, NULL);
}
