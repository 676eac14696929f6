#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/text.h"
#include "io/store_internal.h"

/* So that what to do still fits behind them, and a place before. */
enum { PATH_SHOWN = 80, MESSAGE_SHOWN = 170 };

enum trouble { DAMAGE, SHORTAGE, OCCUPIED, STRANGE_FAMILY, OTHER };

/* RocksDB says what happened in English only; the first row that is found in it decides. */
static const struct phrase {
    const char *text;
    enum trouble trouble;
} phrases[] = {
    {"No space left on device", SHORTAGE},
    {"Disk quota exceeded", SHORTAGE},
    {"Space limit reached", SHORTAGE},
    {"While lock file", OCCUPIED},
    {"lock hold by current process", OCCUPIED},
    {"Column families not opened", STRANGE_FAMILY},
    {"Column family not found", DAMAGE},
    {"Corruption", DAMAGE},
    {"No such file or directory", DAMAGE},
    {"does not exist", DAMAGE},
};

static enum trouble trouble_of(const char *message)
{
    for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
        if (strstr(message, phrases[i].text))
            return phrases[i].trouble;
    return OTHER;
}

/* One line of text whatever it holds: names of files and keys may be anything. */
static void make_plain(char *message)
{
    for (char *c = message; *c != '\0'; c++)
        if (*c < ' ' || *c > '~')
            *c = ' ';
}

/* Files are named from the store's folder on: what is before it may be long, and is said anyway. */
static void drop_path(char *message, const char *path)
{
    size_t size = strlen(path);
    char *found;

    while (size > 0 && (found = strstr(message, path)) != NULL && found[size] == '/')
        memmove(found, found + size + 1, strlen(found + size + 1) + 1);
}

enum omb_rc omb_store_translate(const char *path, char *take_message, bool opening,
                                struct omb_error *err)
{
    struct omb_view place = omb_text_cut(omb_view_str(path), PATH_SHOWN), why;
    enum omb_rc rc = OMB_IO;

    OMB_ASSERT(take_message != NULL);
    drop_path(take_message, path);
    make_plain(take_message);
    why = omb_text_cut(omb_view_str(take_message), MESSAGE_SHOWN);
    switch (trouble_of(take_message)) {
    case DAMAGE:
        rc = omb_fail(err, OMB_DAMAGED, NULL,
                      "the store %.*s is damaged (%.*s); %s" STORE_WAY_OUT,
                      OMB_VIEW_ARGS(place), OMB_VIEW_ARGS(why),
                      opening ? "nothing was changed: " : "");
        break;
    case SHORTAGE:
        rc = omb_fail(err, OMB_FULL, NULL, "no space is left for the store %.*s (%.*s)",
                      OMB_VIEW_ARGS(place), OMB_VIEW_ARGS(why));
        break;
    case OCCUPIED:
        rc = omb_fail(err, OMB_BUSY, NULL,
                      "the store %.*s is in use by another process, most likely the office's "
                      "daemon",
                      OMB_VIEW_ARGS(place));
        break;
    case STRANGE_FAMILY:
        rc = omb_fail(err, OMB_LATER, NULL,
                      "the store %.*s was written by a later version of this program (%.*s)",
                      OMB_VIEW_ARGS(place), OMB_VIEW_ARGS(why));
        break;
    case OTHER:
        rc = omb_fail(err, OMB_IO, NULL, "the store %.*s cannot be used (%.*s)",
                      OMB_VIEW_ARGS(place), OMB_VIEW_ARGS(why));
        break;
    }
    rocksdb_free(take_message);
    return rc;
}

enum omb_rc omb_store_broke(struct omb_store *store, char *take_message, struct omb_error *err)
{
    struct omb_error found;
    enum omb_rc rc = omb_store_translate(store->path, take_message, false, &found);

    if (store->failure.rc == OMB_OK)
        store->failure = found;
    if (err)
        *err = found;
    return rc;
}
