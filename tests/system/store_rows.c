/*
 * The rows of a store whose daemon is down, for system stories that need a store in a state which
 * no command brings about.
 *
 *     system_store_rows DIR dump FAMILY...        every row: family, key, value
 *     system_store_rows DIR clear FAMILY...       deletes every row
 *     system_store_rows DIR delete FAMILY KEY...  deletes these; keys in hex
 *     system_store_rows DIR put FAMILY KEY VALUE  one row; key and value in hex
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ids.h"
#include "io/store.h"

struct walk {
    enum omb_family family;
    struct omb_writes *writes;
};

static int fail(const struct omb_error *err)
{
    fprintf(stderr, "%s\n", err->words);
    return EXIT_FAILURE;
}

static bool find_family(const char *name, enum omb_family *out)
{
    for (int i = 0; i < OMB_FAMILY_COUNT; i++) {
        if (strcmp(omb_family_name((enum omb_family)i), name) == 0) {
            *out = (enum omb_family)i;
            return true;
        }
    }
    fprintf(stderr, "there is no family %s\n", name);
    return false;
}

static void print_hex(struct omb_view bytes)
{
    for (size_t i = 0; i < bytes.size; i++)
        printf("%02x", bytes.data[i]);
}

static enum omb_rc print_row(void *arg, struct omb_view key, struct omb_view value)
{
    const struct walk *walk = arg;

    printf("%s ", omb_family_name(walk->family));
    print_hex(key);
    putchar(' ');
    print_hex(value);
    putchar('\n');
    return OMB_OK;
}

static enum omb_rc delete_row(void *arg, struct omb_view key, struct omb_view value)
{
    const struct walk *walk = arg;

    (void)value;
    omb_delete(walk->writes, walk->family, key);
    return OMB_OK;
}

static int walk_families(struct omb_store *store, struct omb_writes *writes, omb_row_fn *each,
                         char **names)
{
    struct walk walk = {.writes = writes};

    for (; *names; names++) {
        enum omb_rc rc;

        if (!find_family(*names, &walk.family))
            return EXIT_FAILURE;
        rc = omb_port_scan(omb_store_port(store), walk.family, OMB_VIEW_NONE, OMB_VIEW_NONE, false,
                           each, &walk);
        if (rc != OMB_OK) {
            fprintf(stderr, "%s cannot be read: %s\n", *names, omb_rc_meaning(rc));
            return EXIT_FAILURE;
        }
    }
    return EXIT_SUCCESS;
}

static bool read_hex(const char *text, struct omb_buf *out)
{
    size_t size = strlen(text) / 2;

    omb_buf_clear(out);
    omb_buf_reserve(out, size + 1);
    if (omb_unhex(omb_view_str(text), out->data, size) != OMB_OK) {
        fprintf(stderr, "%s is not hex\n", text);
        return false;
    }
    out->size = size;
    return true;
}

static int put_row(struct omb_writes *writes, char **args)
{
    struct omb_buf key = OMB_BUF_INIT, value = OMB_BUF_INIT;
    enum omb_family family;
    bool put = args[0] && args[1] && args[2] && find_family(args[0], &family) &&
               read_hex(args[1], &key) && read_hex(args[2], &value);

    if (put)
        omb_put(writes, family, omb_buf_view(&key), omb_buf_view(&value));
    omb_buf_free(&key);
    omb_buf_free(&value);
    return put ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int delete_rows(struct omb_writes *writes, char **args)
{
    struct omb_buf key = OMB_BUF_INIT;
    enum omb_family family;
    bool known = find_family(*args++, &family);

    for (; known && *args; args++) {
        known = read_hex(*args, &key);
        if (known)
            omb_delete(writes, family, omb_buf_view(&key));
    }
    omb_buf_free(&key);
    return known ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run(struct omb_store *store, const char *what, char **args)
{
    struct omb_writes *writes = omb_writes_new();
    struct omb_error err = {0};
    int code = EXIT_FAILURE;

    omb_writes_reset(writes, omb_store_port(store));
    if (strcmp(what, "dump") == 0)
        code = walk_families(store, writes, print_row, args);
    else if (strcmp(what, "clear") == 0)
        code = walk_families(store, writes, delete_row, args);
    else if (strcmp(what, "delete") == 0)
        code = delete_rows(writes, args);
    else if (strcmp(what, "put") == 0)
        code = put_row(writes, args);
    if (code == EXIT_SUCCESS && omb_writes_count(writes) > 0 &&
        omb_store_commit(store, writes, true, &err) != OMB_OK)
        code = fail(&err);
    omb_writes_free(writes);
    return code;
}

int main(int argc, char **argv)
{
    struct omb_store *store;
    struct omb_error err = {0};
    int code;

    if (argc < 4) {
        fputs("usage: system_store_rows DIR dump|clear|delete|put FAMILY...\n", stderr);
        return EXIT_FAILURE;
    }
    if (omb_store_open(argv[1], OMB_STORE_OPEN, &store, &err) != OMB_OK)
        return fail(&err);
    code = run(store, argv[2], argv + 3);
    omb_store_close(store);
    return code;
}
