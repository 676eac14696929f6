#include "io/loop.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/statvfs.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/assert.h"
#include "io/clock.h"
#include "io/refusal.h"

#define TICK_PAUSE_MS 250      /* between two ticks, whatever the core asks for */
#define LINK_TICK_PAUSE_MS 5   /* the same for links, which count in parts of a second */
#define DISK_MS 10000          /* how old what is known of the disk may be */
#define FRAME_BYTES_MAX 1048576 /* of frames in one batch, so that requests are not held up */
#define HEALTH_BUSY_MS 1000    /* how often the store is asked while there is work */
#define HEALTH_IDLE_MS 5000    /* and while there is none */
#define COUNTS_MS 5000         /* how often counts that rose are told */
#define DRAIN_MAX 65536        /* requests refused at most when the office cannot go on */

/* --- the batch --- */

static enum omb_rc step(struct omb_loop *loop, struct omb_input *input, struct omb_error *err)
{
    omb_driver_stamp(input);
    return omb_driver_step(loop->driver, input, err);
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* In how many ms a tick is due, by whichever clock; at most `rest`. */
static int64_t tick_in(const struct omb_loop *loop, int64_t rest)
{
    int64_t now = omb_clock_monotonic_ms();

    if (loop->tick_at != INT64_MAX)
        rest = sooner(rest,
                      later(loop->tick_at - omb_clock_wall_ms(), loop->tick_not_before - now));
    if (loop->link_tick_at != INT64_MAX)
        rest = sooner(rest, later(loop->link_tick_at, loop->link_tick_not_before) - now);
    return rest;
}

/* 0: not known. */
static uint64_t disk_free(struct omb_loop *loop, int64_t now)
{
    struct statvfs disk;

    if (loop->disk_seen_at != 0 && now - loop->disk_seen_at < DISK_MS)
        return loop->disk_free_bytes;
    loop->disk_seen_at = now;
    loop->disk_free_bytes = 0;
    if (statvfs(loop->driver->dir, &disk) == 0)
        loop->disk_free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
    return loop->disk_free_bytes;
}

static enum omb_rc step_tick(struct omb_loop *loop, struct omb_error *err)
{
    int64_t now = omb_clock_monotonic_ms();
    struct omb_input input = {.kind = OMB_INPUT_TICK,
                              .disk_free_bytes = disk_free(loop, now),
                              .store_stalls = omb_store_stalls(loop->driver->store)};

    if (loop->tick_at <= omb_clock_wall_ms())
        loop->tick_not_before = now + TICK_PAUSE_MS;
    loop->link_tick_not_before = now + LINK_TICK_PAUSE_MS;
    loop->tick_at = INT64_MAX; /* until the update says when the next is wanted */
    loop->link_tick_at = INT64_MAX;
    loop->ticked = true;
    return step(loop, &input, err);
}

static enum omb_rc step_request(struct omb_loop *loop, const struct omb_net_message *message,
                                struct omb_error *err)
{
    struct omb_input input = {.kind = OMB_INPUT_REQUEST,
                              .bytes = message->bytes,
                              .reply_to = message->from};

    for (size_t i = 0; i < OMB_PUBLIC_SIZE; i++)
        input.peer[i] = message->peer[i];
    return step(loop, &input, err);
}

/* A request that was not worked has no reply in the update: it is refused here. */
static void refuse_message(struct omb_loop *loop, const struct omb_net_message *message,
                           const struct omb_error *why)
{
    struct omb_buf reply = OMB_BUF_INIT;

    omb_refuse_request(message->bytes, why, &reply);
    omb_net_reply(loop->net, message->from, omb_buf_view(&reply));
    omb_buf_free(&reply);
}

/* Nothing of the batch was written: no reply that it made may leave. */
static void refuse_batch(struct omb_loop *loop, const struct omb_error *why)
{
    const struct omb_reply_out *replies;
    size_t count = omb_update_replies(loop->driver->update, &replies);
    struct omb_buf reply = OMB_BUF_INIT;

    for (size_t i = 0; i < count; i++) {
        omb_buf_clear(&reply);
        omb_refuse_instead(replies[i].bytes, why, &reply);
        omb_net_reply(loop->net, replies[i].to, omb_buf_view(&reply));
    }
    omb_buf_free(&reply);
}

static void refuse_waiting(struct omb_loop *loop, const struct omb_error *why)
{
    struct omb_net_message message;

    for (size_t i = 0; i < DRAIN_MAX && omb_net_receive(loop->net, &message) == OMB_OK; i++)
        refuse_message(loop, &message, why);
}

static void admit(struct omb_loop *loop)
{
    const uint8_t(*keys)[OMB_PUBLIC_SIZE];
    size_t count = omb_office_admitted(loop->driver->office, &keys);

    omb_net_admit(loop->net, keys, count);
    OMB_LOG(loop->log, NOTICE, "operators changed -> keys admitted again",
            OMB_LOG_N("keys", count));
}

static bool watch(int wake, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    return epoll_ctl(wake, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* Without a place in the epoll its end is seen all the same, half a second later. */
static void begin_backup(struct omb_loop *loop, const struct omb_backup_create *wish)
{
    int fd = -1;

    omb_backwork_start(&loop->backup, loop->driver, wish, loop->log, &fd);
    if (fd >= 0 && !watch(loop->wake, fd))
        OMB_LOG(loop->log, WARNING, "the end of a backup -> seen late, no epoll for it",
                OMB_LOG_N("fd", fd));
}

/* The batch is durable: now everybody may know. Whoever was just enrolled may connect at once. What
 * it says of timers is old when a tick was worked since. */
static void deliver(struct omb_loop *loop, const struct omb_update *update)
{
    const struct omb_reply_out *replies;
    const struct omb_bell *bells;
    size_t reply_count = omb_update_replies(update, &replies);
    size_t bell_count = omb_update_bells(update, &bells);

    if (omb_update_operators_changed(update))
        admit(loop);
    if (omb_update_children_changed(update))
        omb_linkwork_admit(&loop->links, loop->driver->office);
    omb_linkwork_send(&loop->links, update);
    for (size_t i = 0; i < reply_count; i++)
        omb_net_reply(loop->net, replies[i].to, replies[i].bytes);
    for (size_t i = 0; i < bell_count; i++)
        omb_net_ring(loop->net, bells[i].topic, bells[i].position);
    omb_linkwork_dial(&loop->links, omb_update_dial(update));
    if (omb_update_backup(update))
        begin_backup(loop, omb_update_backup(update));
    if (!loop->ticked || update == loop->driver->update) {
        loop->tick_at = omb_update_timer(update);
        loop->link_tick_at = omb_update_link_timer(update);
    }
    OMB_LOG(loop->log, DEBUG, "batch -> durable, told", OMB_LOG_N("replies", reply_count),
            OMB_LOG_N("rows", omb_writes_count(omb_update_writes(update))));
}

/*
 * Tells the held batch when its sync has ended; with `wait` that is awaited. Of one whose sync
 * failed nobody knows whether it is on the disk: an answer and a refusal could both be untrue, so
 * its clients hear that the office left, and ask the same again when it is back.
 */
static enum omb_rc settle(struct omb_loop *loop, bool wait, struct omb_error *err)
{
    bool done = false;
    enum omb_rc rc;

    if (!loop->holding)
        return OMB_OK;
    rc = omb_syncer_take(loop->syncer, wait, &done, err);
    if (!done)
        return OMB_OK;
    loop->holding = false;
    if (rc == OMB_OK)
        deliver(loop, loop->held);
    return rc;
}

/* Written and not yet durable: the batch is held, and the next is built in the other update. */
static void hold(struct omb_loop *loop)
{
    struct omb_update *written = loop->driver->update;

    OMB_ASSERT(!loop->holding);
    loop->driver->update = loop->held;
    loop->held = written;
    loop->holding = true;
    omb_syncer_ask(loop->syncer);
}

/* A request, if one waits. After an error out_message is the one that could not be worked. */
static enum omb_rc next_request(struct omb_loop *loop, bool *out_worked,
                                struct omb_net_message *out_message, struct omb_error *err)
{
    enum omb_rc rc;

    *out_worked = omb_net_receive(loop->net, out_message) == OMB_OK;
    if (!*out_worked)
        return OMB_OK;
    rc = step_request(loop, out_message, err);
    if (rc == OMB_OK)
        *out_message = (struct omb_net_message){0};
    return rc;
}

/* News of a link, if there is any; *room: bytes that frames may still have in this batch. */
static enum omb_rc next_news(struct omb_loop *loop, bool *out_worked, size_t *room,
                             struct omb_error *err)
{
    struct omb_input input;

    *out_worked = *room > 0 && omb_linkwork_next(&loop->links, &input);
    if (!*out_worked)
        return OMB_OK;
    *room -= input.bytes.size < *room ? input.bytes.size : *room;
    return step(loop, &input, err);
}

/*
 * Works what waits, at most as much as the configuration lets into one batch, a request and news of
 * a link in turn. After an error out_message is the request that could not be worked, if it was
 * one.
 */
static enum omb_rc step_all(struct omb_loop *loop, size_t *out_inputs,
                            struct omb_net_message *out_message, struct omb_error *err)
{
    size_t most = loop->driver->config.batch_inputs, room = FRAME_BYTES_MAX;
    bool asked = true, heard = true;
    struct omb_input told;
    enum omb_rc rc = OMB_OK;

    if (most > OMB_NET_WAITING / 2) /* the held batch's clients wait as well */
        most = OMB_NET_WAITING / 2;
    if (tick_in(loop, 1) <= 0) {
        rc = step_tick(loop, err);
        ++*out_inputs;
    }
    if (rc == OMB_OK && omb_backwork_next(&loop->backup, loop->log, &told)) {
        rc = step(loop, &told, err);
        ++*out_inputs;
    }
    while (rc == OMB_OK && *out_inputs < most && (asked || heard)) {
        rc = next_request(loop, &asked, out_message, err);
        if (rc == OMB_OK && *out_inputs + asked < most)
            rc = next_news(loop, &heard, &room, err);
        else
            heard = false;
        *out_inputs += (size_t)asked + (size_t)heard;
        if (rc == OMB_OK)
            rc = settle(loop, false, err);
    }
    return rc;
}

static enum omb_rc write_and_tell(struct omb_loop *loop, struct omb_error *err)
{
    bool durable = false;
    /* First: after a write that fails the store cannot say what became of those before it. */
    enum omb_rc rc = settle(loop, true, err);

    if (rc == OMB_OK)
        rc = omb_driver_write(loop->driver, &durable, err);
    if (rc != OMB_OK)
        return rc;
    if (durable)
        deliver(loop, loop->driver->update);
    else
        hold(loop);
    return OMB_OK;
}

static enum omb_rc run_batch(struct omb_loop *loop, struct omb_error *err)
{
    struct omb_net_message message = {0};
    size_t inputs = 0;
    enum omb_rc rc;

    loop->ticked = false;
    rc = settle(loop, false, err);
    omb_driver_begin(loop->driver);
    if (rc == OMB_OK)
        rc = step_all(loop, &inputs, &message, err);
    if (rc == OMB_OK && inputs > 0)
        rc = write_and_tell(loop, err);
    if (rc != OMB_OK) {
        refuse_batch(loop, err);
        refuse_message(loop, &message, err);
    }
    return rc;
}

/* What was written last may yet be durable: its clients are told so, the others are refused. */
static void leave(struct omb_loop *loop, const struct omb_error *why)
{
    struct omb_error late = {0};

    (void)settle(loop, true, &late);
    refuse_waiting(loop, why);
}

/* --- beside the work --- */

/* What a running daemon may change. */
static void take_config(struct omb_driver *driver, const struct omb_config *config)
{
    driver->config.batch_inputs = config->batch_inputs;
    driver->config.backup_keep = config->backup_keep;
    driver->config.backup_max_age_days = config->backup_max_age_days;
    memcpy(driver->config.backup_to, config->backup_to, sizeof(config->backup_to));
    memcpy(driver->config.backup_passphrase_file, config->backup_passphrase_file,
           sizeof(config->backup_passphrase_file));
    omb_office_set_backup_max_age(driver->office, config->backup_max_age_days);
}

static void read_again(struct omb_loop *loop)
{
    struct omb_config config;
    struct omb_error err = {0};
    char path[sizeof(loop->driver->dir)];
    enum omb_rc rc = omb_dir_path(loop->driver->dir, "ombud.conf", path, sizeof(path), &err);

    if (rc == OMB_OK)
        rc = omb_config_read(path, &config, &err);
    if (rc != OMB_OK) {
        omb_log_error(loop->log, OMB_LOG_ERROR, "reload -> refused, all stays as it was", &err);
        return;
    }
    loop->log->level = config.log_level;
    take_config(loop->driver, &config);
    if (!loop->format_fixed)
        loop->log->format = config.log_format;
    OMB_LOG(loop->log, NOTICE,
            "reload -> log, batch size and [backup] read again, the rest at next start",
            OMB_LOG_N("log_level", config.log_level));
}

static void reload(struct omb_loop *loop)
{
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)omb_clock_monotonic_ms() * 1000);
    read_again(loop);
    sd_notify(0, "READY=1");
}

static void take_signals(struct omb_loop *loop)
{
    struct signalfd_siginfo info;

    while (read(loop->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo == SIGHUP) {
            reload(loop);
            continue;
        }
        OMB_LOG(loop->log, NOTICE, "signal -> stopping", OMB_LOG_N("signal", info.ssi_signo));
        loop->stopping = true;
    }
}

static enum omb_rc look_at_store(struct omb_loop *loop, int64_t now, struct omb_error *err)
{
    if (now - loop->health_seen_at < HEALTH_BUSY_MS)
        return OMB_OK;
    loop->health_seen_at = now;
    return omb_store_health(loop->driver->store, err);
}

static void tell_watchdog(struct omb_loop *loop, int64_t now)
{
    if (loop->watchdog_ms == 0 || now - loop->watchdog_told_at < loop->watchdog_ms)
        return;
    loop->watchdog_told_at = now;
    sd_notify(0, "WATCHDOG=1");
}

/* Says what rose since it was last told, so that a flood of strangers is one line in 5 s. */
static void tell_counts(struct omb_loop *loop, int64_t now)
{
    struct omb_net_counts counts, told = loop->counts_told;

    if (now - loop->counts_told_at < COUNTS_MS)
        return;
    loop->counts_told_at = now;
    counts = omb_net_counts(loop->net);
    if (counts.refused > told.refused)
        OMB_LOG(loop->log, WARNING, "unknown key -> refused at the handshake",
                OMB_LOG_N("count", counts.refused - told.refused));
    if (counts.revoked > told.revoked)
        OMB_LOG(loop->log, WARNING, "request under a revoked key -> refused",
                OMB_LOG_N("count", counts.revoked - told.revoked));
    if (counts.malformed > told.malformed)
        OMB_LOG(loop->log, WARNING, "message of the wrong frames -> dropped",
                OMB_LOG_N("count", counts.malformed - told.malformed));
    if (counts.endless > told.endless)
        OMB_LOG(loop->log, WARNING, "more came than is read -> connection ended",
                OMB_LOG_N("count", counts.endless - told.endless));
    if (counts.silent > told.silent)
        OMB_LOG(loop->log, WARNING, "too many connections that say nothing -> ended",
                OMB_LOG_N("count", counts.silent - told.silent));
    if (counts.unread > told.unread || counts.gone > told.gone)
        OMB_LOG(loop->log, NOTICE, "client left or does not read -> its reply is lost",
                OMB_LOG_N("unread", counts.unread - told.unread),
                OMB_LOG_N("gone", counts.gone - told.gone));
    loop->counts_told = counts;
    omb_linkwork_tell(&loop->links);
}

/* How long nothing needs to be done unless something comes in. */
static int64_t rest_ms(const struct omb_loop *loop)
{
    int64_t now = omb_clock_monotonic_ms(), rest = loop->health_seen_at + HEALTH_IDLE_MS - now;

    if (loop->watchdog_ms > 0)
        rest = sooner(rest, loop->watchdog_told_at + loop->watchdog_ms - now);
    rest = omb_backwork_rest(&loop->backup, tick_in(loop, rest));
    return rest > 0 ? rest : 0;
}

static enum omb_rc sync_store(void *ctx, struct omb_error *err)
{
    return omb_store_sync(ctx, err);
}

static enum omb_rc begin(struct omb_loop *loop, struct omb_error *err)
{
    enum omb_rc rc = omb_syncer_start(sync_store, loop->driver->store, &loop->syncer, err);

    if (rc != OMB_OK)
        return rc;
    loop->held = omb_update_new();
    loop->wake = epoll_create1(EPOLL_CLOEXEC);
    if (loop->wake < 0 || !watch(loop->wake, loop->signals) ||
        !watch(loop->wake, omb_syncer_fd(loop->syncer)))
        return omb_fail(err, OMB_IO, NULL, "an epoll cannot be had: %s", strerror(errno));
    return OMB_OK;
}

static void end(struct omb_loop *loop)
{
    omb_backwork_stop(&loop->backup);
    omb_syncer_stop(loop->syncer);
    if (loop->held)
        omb_update_free(loop->held);
    if (loop->wake > 0)
        close(loop->wake);
}

static enum omb_rc run(struct omb_loop *loop, struct omb_error *err)
{
    enum omb_rc rc = OMB_OK;

    while (rc == OMB_OK && !loop->stopping) {
        int64_t now;

        rc = omb_net_wait(loop->net, loop->wake, rest_ms(loop), err);
        if (rc == OMB_OK)
            rc = run_batch(loop, err);
        now = omb_clock_monotonic_ms();
        if (rc == OMB_OK)
            rc = look_at_store(loop, now, err);
        tell_watchdog(loop, now);
        tell_counts(loop, now);
        take_signals(loop);
    }
    if (rc == OMB_OK)
        rc = settle(loop, true, err);
    if (rc != OMB_OK)
        leave(loop, err);
    return rc;
}

enum omb_rc omb_loop_run(struct omb_loop *loop, struct omb_error *err)
{
    enum omb_rc rc;

    OMB_ASSERT(loop->driver->config.batch_inputs > 0);
    loop->links.links = omb_net_links(loop->net);
    loop->links.log = loop->log;
    rc = begin(loop, err);
    if (rc == OMB_OK)
        rc = run(loop, err);
    end(loop);
    return rc;
}
