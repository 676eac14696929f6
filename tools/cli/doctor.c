/*
 * `doctor`: what can be found out from outside (directory, configuration, keys, room on the disk,
 * whether the daemon answers), then what the office finds in itself.
 */
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "cli/run.h"
#include "io/officedir.h"

#define MIB (UINT64_C(1024) * 1024)
#define ROOM_CRITICAL (64 * MIB)
#define ROOM_WARNING (1024 * MIB)

enum { FINDINGS_MAX = 256 };

struct findings {
    struct omb_cli *cli;
    struct omb_finding items[FINDINGS_MAX];
    size_t count;
    bool critical, ill;
};

static void add(struct findings *all, struct omb_view check, struct omb_view level,
                struct omb_view words)
{
    struct omb_arena *arena = &all->cli->arena;

    if (omb_view_is(level, "critical"))
        all->critical = true;
    if (!omb_view_is(level, "ok"))
        all->ill = true;
    if (all->count < FINDINGS_MAX)
        all->items[all->count++] = (struct omb_finding){omb_arena_copy(arena, check),
                                                        omb_arena_copy(arena, level),
                                                        omb_arena_copy(arena, words)};
}

static void say(struct findings *all, const char *check, const char *level, const char *words)
{
    add(all, omb_view_str(check), omb_view_str(level), omb_view_str(words));
}

/* --- from outside --- */

static void check_keys(struct findings *all, const char *dir, const struct omb_config *config)
{
    struct omb_office_keys keys = {.signer = NULL};
    struct omb_error err;

    if (omb_office_keys_load(dir, config, &keys, &err) == OMB_OK)
        say(all, "keys", "ok", "signing, transport and sealing key open");
    else
        say(all, "keys", "critical", err.words);
    omb_office_keys_free(&keys);
}

static void check_files(struct findings *all, const char *dir)
{
    struct omb_config config;
    struct omb_zone zone;
    struct omb_error err;
    char path[4096];

    if (omb_dir_path(dir, "ombud.conf", path, sizeof(path), &err) != OMB_OK ||
        omb_config_read(path, &config, &err) != OMB_OK) {
        say(all, "configuration", "critical", err.words);
        return;
    }
    say(all, "configuration", "ok", path);
    if (omb_config_zone(path, &config, &zone, &err) == OMB_OK) {
        say(all, "time-zone", "ok", config.zone);
        omb_zone_free(&zone);
    } else {
        say(all, "time-zone", "critical", err.words);
    }
    /* A descriptor is the daemon's alone. */
    if (strncmp(config.passphrase_file, "fd:", 3) != 0)
        check_keys(all, dir, &config);
}

static void check_room(struct findings *all, const char *dir)
{
    struct statvfs fs;
    uint64_t room;
    char words[64];

    if (statvfs(dir, &fs) != 0) {
        say(all, "disk", "warning", "the room on the disk cannot be found out");
        return;
    }
    room = (uint64_t)fs.f_bavail * fs.f_frsize;
    if (room >= ROOM_WARNING) {
        snprintf(words, sizeof(words), "%llu MiB free", (unsigned long long)(room / MIB));
        say(all, "disk", "ok", words);
        return;
    }
    snprintf(words, sizeof(words), "%llu MiB free: the daemon ends when none is left",
             (unsigned long long)(room / MIB));
    say(all, "disk", room < ROOM_CRITICAL ? "critical" : "warning", words);
}

/* --- the office itself --- */

static void ask_office(struct findings *all)
{
    const void *answer;
    const struct omb_doctor *doctor;
    struct omb_error err;

    if (omb_session_driver(all->cli->session))
        say(all, "daemon", "warning", "no daemon runs: the store was opened by this command");
    else
        say(all, "daemon", "ok", "answers");
    if (omb_session_ask(all->cli->session, OMB_ASK_DOCTOR, NULL, &answer, &err) != OMB_OK) {
        say(all, "office", "critical", err.words);
        return;
    }
    doctor = answer;
    for (size_t i = 0; i < doctor->findings.count; i++)
        add(all, doctor->findings.items[i].check, doctor->findings.items[i].level,
            doctor->findings.items[i].words);
}

static enum omb_exit print_findings(struct omb_cli *cli, const struct findings *all)
{
    const struct omb_doctor doctor = {.findings = {all->items, all->count}};
    struct omb_table table;

    if (cli->json) {
        omb_cli_print_json(cli, &omb_shape_doctor, &doctor);
    } else {
        omb_table_init(&table);
        omb_table_column(&table, "check", false);
        omb_table_column(&table, "level", false);
        omb_table_column(&table, "finding", false);
        for (size_t i = 0; i < all->count; i++) {
            omb_table_text(&table, all->items[i].check);
            omb_table_text(&table, all->items[i].level);
            omb_table_text(&table, all->items[i].words);
        }
        omb_cli_print_table(&table);
        omb_table_free(&table);
        if (all->ill)
            puts("\nWhat to do about each: `man ombud-faults`.");
    }
    return all->critical ? OMB_EXIT_FAILED : OMB_EXIT_DONE;
}

enum omb_exit omb_run_doctor(struct omb_cli *cli)
{
    struct findings *all = omb_arena_get(&cli->arena, sizeof(*all));
    const struct omb_target *target = &cli->target;
    struct omb_error err;

    all->cli = cli;
    if (omb_target_find(&cli->args, &cli->target, &err) != OMB_OK)
        return omb_cli_fail_value(&err);
    if (*target->dir) {
        check_files(all, target->dir);
        check_room(all, target->dir);
    }
    if (omb_session_open(target, OMB_REACH_OFFICE, &cli->session, &err) == OMB_OK) {
        ask_office(all);
        omb_session_close(cli->session);
        cli->session = NULL;
    } else if (err.rc == OMB_UNREACHABLE && !*target->dir) {
        return omb_cli_fail(&err);
    } else {
        say(all, "office", "critical", err.words);
    }
    return print_findings(cli, all);
}
