#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assert.h"
#include "io/backup_inside.h"
#include "wire/limits.h"

enum { LISTED_MAX = 10000, PARTIAL_MAX = 100 };

/* --- one manifest --- */

enum omb_rc omb_backup_open(const char *path, struct omb_arena *arena, struct omb_known_backup *out,
                            struct omb_error *err)
{
    struct omb_buf bytes = OMB_BUF_INIT;
    char file[4096];
    enum omb_rc rc = omb_backup_path(path, OMB_VIEW_LIT("manifest"), file, err);

    if (rc == OMB_OK)
        rc = omb_file_read(file, OMB_BACKUP_MANIFEST_MAX, &bytes, err);
    if (rc == OMB_OK) {
        rc = omb_backup_read(omb_arena_copy(arena, omb_buf_view(&bytes)), arena, out, err);
        if (rc != OMB_OK)
            (void)omb_fail_within(err, "manifest");
    }
    omb_buf_free(&bytes);
    return rc;
}

/* --- a folder of them --- */

/* Without reading it: what is missing or cut shows in the sizes. */
static enum omb_rc check_sizes(const char *path, const struct omb_known_backup *known,
                               struct omb_error *err)
{
    for (size_t i = 0; i < known->manifest.files.count; i++) {
        const struct omb_backup_file *file = &known->manifest.files.items[i];
        char inner[4096];
        struct stat st;
        const enum omb_rc rc = omb_backup_path(path, file->path, inner, err);

        if (rc != OMB_OK)
            return rc;
        if (lstat(inner, &st) != 0)
            return omb_fail(err, OMB_DAMAGED, NULL, "%.*s: %s", OMB_VIEW_ARGS(file->path),
                            strerror(errno));
        if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != file->size)
            return omb_fail(err, OMB_DAMAGED, NULL, "%.*s has %llu bytes, not %llu",
                            OMB_VIEW_ARGS(file->path), (unsigned long long)st.st_size,
                            (unsigned long long)file->size);
    }
    return OMB_OK;
}

static void see(const char *folder, struct omb_view name, struct omb_arena *arena,
                struct omb_backup_seen *out)
{
    struct omb_known_backup *known = OMB_ARENA_NEW(arena, struct omb_known_backup, 1);
    struct omb_error why = {0};
    enum omb_rc rc;

    *out = (struct omb_backup_seen){
        .name = name, .path = omb_arena_printf(arena, "%s/%.*s", folder, OMB_VIEW_ARGS(name))};
    rc = omb_backup_open((const char *)out->path.data, arena, known, &why);
    if (rc == OMB_OK) {
        out->known = known;
        rc = check_sizes((const char *)out->path.data, known, &why);
    }
    out->good = rc == OMB_OK;
    if (rc != OMB_OK)
        out->problem = omb_arena_copy(arena, omb_view_str(why.words));
}

static int by_time(const void *a, const void *b)
{
    const struct omb_backup_seen *one = a, *other = b;

    if (!one->known || !other->known)
        return one->known ? -1 : other->known ? 1 : omb_view_compare(one->name, other->name);
    if (one->known->manifest.made_at != other->known->manifest.made_at)
        return one->known->manifest.made_at < other->known->manifest.made_at ? -1 : 1;
    return omb_view_compare(one->name, other->name);
}

static bool is_folder(const char *folder, struct omb_view name)
{
    char path[4096];
    struct stat st;

    return omb_backup_path(folder, name, path, NULL) == OMB_OK && lstat(path, &st) == 0 &&
           S_ISDIR(st.st_mode);
}

/* Names that begin with a dot and end so. */
static void each_hidden(const char *folder, const char *end,
                        void (*visit)(void *arg, struct omb_view name), void *arg)
{
    const size_t tail = strlen(end);
    DIR *names = opendir(folder);
    const struct dirent *entry;

    while (names && (entry = readdir(names)) != NULL) {
        const size_t size = strlen(entry->d_name);

        if (entry->d_name[0] == '.' && size > 1 + tail &&
            strcmp(entry->d_name + size - tail, end) == 0)
            visit(arg, omb_view_str(entry->d_name));
    }
    if (names)
        (void)closedir(names);
}

struct listing {
    const char *folder;
    struct omb_arena *arena;
    struct omb_backup_seen *seen;
    size_t count, room;
};

static void see_partial(void *arg, struct omb_view name)
{
    struct listing *all = arg;

    if (all->count < all->room && is_folder(all->folder, name))
        all->seen[all->count++] = (struct omb_backup_seen){
            .name = omb_arena_copy(all->arena, name),
            .path = omb_arena_printf(all->arena, "%s/%.*s", all->folder, OMB_VIEW_ARGS(name)),
            .problem =
                OMB_VIEW_LIT("it is being made, or was cut off: it goes with the next"),
        };
}

enum omb_rc omb_backup_list(const char *folder, struct omb_arena *arena,
                            struct omb_backup_seen **out, size_t *out_count, struct omb_error *err)
{
    struct omb_view *names = NULL;
    struct listing all = {.folder = folder, .arena = arena};
    size_t count = 0;
    enum omb_rc rc = omb_backup_names(folder, arena, &names, &count, err);

    if (rc != OMB_OK)
        return rc;
    if (count > LISTED_MAX)
        return omb_fail(err, OMB_LIMIT, NULL, "%.300s holds more than %d names", folder,
                        LISTED_MAX);
    all.room = count + PARTIAL_MAX;
    all.seen = OMB_ARENA_NEW(arena, struct omb_backup_seen, all.room);
    for (size_t i = 0; i < count; i++)
        if (is_folder(folder, names[i]))
            see(folder, names[i], arena, &all.seen[all.count++]);
    each_hidden(folder, OMB_BACKUP_PARTIAL, see_partial, &all);
    if (all.count > 1)
        qsort(all.seen, all.count, sizeof(*all.seen), by_time);
    *out = all.seen;
    *out_count = all.count;
    return OMB_OK;
}

/* --- those that go --- */

#define REMOVED ".removed"

/* It is no backup any more before the first of its files goes. */
static enum omb_rc remove_one(const char *folder, const struct omb_backup_seen *one,
                              struct omb_buf *removed, struct omb_error *err)
{
    char hidden[4096];
    const int size =
        snprintf(hidden, sizeof(hidden), "%s/.%.*s" REMOVED, folder, OMB_VIEW_ARGS(one->name));
    enum omb_rc rc;

    if (size < 0 || (size_t)size >= sizeof(hidden))
        return omb_fail(err, OMB_LIMIT, NULL, "a path in %.200s is too long", folder);
    if (rename((const char *)one->path.data, hidden) != 0)
        return omb_fail(err, OMB_IO, NULL, "%.*s cannot be removed: %s", OMB_VIEW_ARGS(one->path),
                        strerror(errno));
    omb_buf_add_view(removed, one->name);
    omb_buf_add_str(removed, "\n");
    rc = omb_backup_sync(folder, err);
    return rc == OMB_OK ? omb_backup_remove(hidden, err) : rc;
}

/* What cannot be removed now is tried again after the next backup. */
static void finish_removal(void *arg, struct omb_view name)
{
    const struct listing *where = arg;
    char path[4096];

    if (omb_backup_path(where->folder, name, path, NULL) != OMB_OK ||
        omb_backup_remove(path, NULL) != OMB_OK)
        return;
}

enum omb_rc omb_backup_prune(const char *folder, const struct omb_office_id *office,
                             struct omb_view made, uint32_t keep, struct omb_buf *removed,
                             struct omb_error *err)
{
    struct listing where = {.folder = folder};
    struct omb_backup_seen *seen = NULL;
    size_t count = 0, good = 0;
    struct omb_arena arena;
    enum omb_rc rc;

    each_hidden(folder, REMOVED, finish_removal, &where);
    if (keep == 0)
        return OMB_OK;
    omb_arena_init(&arena, SIZE_MAX);
    rc = omb_backup_list(folder, &arena, &seen, &count, err);
    for (size_t i = 0; rc == OMB_OK && i < count; i++)
        good += seen[i].good && omb_office_id_equal(&seen[i].known->manifest.office, office);
    for (size_t i = 0; rc == OMB_OK && i < count && good > keep; i++) {
        if (!seen[i].good || !omb_office_id_equal(&seen[i].known->manifest.office, office) ||
            omb_view_equal(seen[i].name, made))
            continue;
        rc = remove_one(folder, &seen[i], removed, err);
        good--;
    }
    omb_arena_free(&arena);
    return rc;
}
