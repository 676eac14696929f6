#include "fuzz/seeds.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/assert.h"

static const char *folder;

static void make_folder(const char *path)
{
    if (mkdir(path, 0755) != 0 && errno != EEXIST) {
        perror(path);
        exit(1);
    }
}

void seeds_write(const char *target, const char *name, struct omb_view bytes)
{
    struct omb_buf path = OMB_BUF_INIT;
    FILE *file;

    omb_buf_printf(&path, "%s/%s", folder, target);
    make_folder(omb_buf_str(&path));
    omb_buf_printf(&path, "/%s", name);
    file = fopen(omb_buf_str(&path), "wb");
    if (!file || fwrite(bytes.data, 1, bytes.size, file) != bytes.size || fclose(file) != 0) {
        perror(omb_buf_str(&path));
        exit(1);
    }
    omb_buf_free(&path);
}

void seeds_write_as(const char *target, const char *name, uint8_t first, struct omb_view bytes)
{
    struct omb_buf all = OMB_BUF_INIT;

    omb_buf_add_u8(&all, first);
    omb_buf_add_view(&all, bytes);
    seeds_write(target, name, omb_buf_view(&all));
    omb_buf_free(&all);
}

void seeds_write_text(const char *target, const char *name, uint8_t first, const char *text)
{
    seeds_write_as(target, name, first, omb_view_str(text));
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    folder = argv[1];
    make_folder(folder);
    seeds_of_texts();
    seeds_of_papers();
    seeds_of_stage();
    return 0;
}
