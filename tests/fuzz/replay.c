/*
 * Runs a fuzz target over the files of folders without libFuzzer: each file whole, then variations
 * of it, spread evenly over all there are: cut at a byte, or with a byte changed; and what the
 * target's own mutator makes of it. Fails when there is no file.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#include "fuzz/fuzz.h"

enum { FILE_MAX = 64 * 1024, MUTATIONS = 24, WAYS = 3 };

/* Of targets that have them. */
#pragma weak LLVMFuzzerCustomMutator
#pragma weak LLVMFuzzerCustomCrossOver

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

static void run_changed(uint8_t *data, size_t size, size_t at, size_t way)
{
    const uint8_t saved = data[at];
    const uint8_t others[WAYS] = {(uint8_t)(saved + 1), (uint8_t)(saved ^ 0x80), 0xff};

    data[at] = others[way];
    run(data, size);
    data[at] = saved;
}

static void vary(uint8_t *data, size_t size, size_t most)
{
    const size_t all = size * (1 + WAYS);
    const size_t stride = most > 0 && all > most ? (all + most - 1) / most : 1;

    for (size_t n = 0; most > 0 && n < all; n += stride) {
        if (n % (1 + WAYS) == 0)
            run(data, n / (1 + WAYS));
        else
            run_changed(data, size, n / (1 + WAYS), n % (1 + WAYS) - 1);
    }
}

/* --- the target's own mutator --- */

static uint32_t chance;

static uint32_t draw(uint32_t sides)
{
    chance = chance * 1664525 + 1013904223;
    return (chance >> 8) % sides;
}

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size)
{
    if (size == 0 || (size < max_size && draw(4) == 0)) {
        if (max_size > 0)
            data[size++] = (uint8_t)draw(256);
    } else if (draw(4) == 0) {
        size--;
    } else {
        data[draw((uint32_t)size)] ^= (uint8_t)(1u << draw(8));
    }
    return size;
}

static void mutate(const uint8_t *data, size_t size, const uint8_t *other, size_t other_size)
{
    static uint8_t room[FILE_MAX];

    for (unsigned seed = 1; LLVMFuzzerCustomMutator && seed <= MUTATIONS; seed++) {
        chance = seed;
        memcpy(room, data, size);
        run(room, LLVMFuzzerCustomMutator(room, size, sizeof(room), seed));
    }
    for (unsigned seed = 1; LLVMFuzzerCustomCrossOver && seed <= MUTATIONS / 4; seed++)
        run(room,
            LLVMFuzzerCustomCrossOver(data, size, other, other_size, room, sizeof(room), seed));
}

/* --- files --- */

static int replay_file(const char *directory, const char *name, size_t most)
{
    static uint8_t data[FILE_MAX], before[FILE_MAX];
    static size_t before_size;
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
    run(data, size);
    vary(data, size, most);
    mutate(data, size, before, before_size);
    memcpy(before, data, size);
    before_size = size;
    return 0;
}

/* How many files there were; -1: not all could be read. */
static long replay_folder(const char *name, size_t most)
{
    struct dirent **entries;
    const int count = scandir(name, &entries, NULL, alphasort);
    long files = 0;

    for (int i = 0; i < count; i++) {
        if (files >= 0 && entries[i]->d_name[0] != '.')
            files = replay_file(name, entries[i]->d_name, most) == 0 ? files + 1 : -1;
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return count < 0 ? -1 : files;
}

int main(int argc, char **argv)
{
    long files = 0;

    if (argc < 3) {
        fprintf(stderr, "usage: %s VARIATIONS-OF-A-FILE FOLDER...\n", argv[0]);
        return 2;
    }
    for (int i = 2; i < argc; i++) {
        const long more = replay_folder(argv[i], (size_t)strtoul(argv[1], NULL, 10));

        if (more < 0) {
            perror(argv[i]);
            return 1;
        }
        files += more;
    }
    printf("%ld files\n", files);
    return files > 0 ? 0 : 1;
}
