/*
 * Runs a fuzz target over the files of a directory without libFuzzer: each file whole, cut at every
 * byte, and with every byte changed. Fails when there is no file.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#include "fuzz.h"

enum { FILE_MAX = 64 * 1024 };

/* A copy of just this size, so that reading on is noticed. */
static void run(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + (size == 0));

    if (!copy)
        abort();
    if (size > 0)
        memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void replay(uint8_t *data, size_t size)
{
    run(data, size);
    for (size_t cut = 0; cut < size; cut++)
        run(data, cut);
    for (size_t at = 0; at < size; at++) {
        uint8_t saved = data[at];

        data[at] = (uint8_t)(saved + 1);
        run(data, size);
        data[at] = (uint8_t)(saved ^ 0x80);
        run(data, size);
        data[at] = 0xff;
        run(data, size);
        data[at] = saved;
    }
}

static int replay_file(const char *directory, const char *name)
{
    static uint8_t data[FILE_MAX];
    struct omb_buf path = OMB_BUF_INIT;
    FILE *file;
    size_t size;

    omb_buf_printf(&path, "%s/%s", directory, name);
    file = fopen(omb_buf_str(&path), "rb");
    omb_buf_free(&path);
    if (!file)
        return -1;
    size = fread(data, 1, sizeof(data), file);
    fclose(file);
    replay(data, size);
    return 0;
}

int main(int argc, char **argv)
{
    const struct dirent *entry;
    unsigned files = 0;
    DIR *directory;

    if (argc != 2) {
        fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
        return 2;
    }
    directory = opendir(argv[1]);
    if (!directory) {
        perror(argv[1]);
        return 1;
    }
    while ((entry = readdir(directory))) {
        if (entry->d_name[0] == '.')
            continue;
        if (replay_file(argv[1], entry->d_name) != 0) {
            perror(entry->d_name);
            closedir(directory);
            return 1;
        }
        files++;
    }
    closedir(directory);
    printf("%u files\n", files);
    return files > 0 ? 0 : 1;
}
