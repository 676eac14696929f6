#include "io/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/text.h"
#include "io/clock.h"
#include "io/driver.h"
#include "io/linknet.h"
#include "io/log.h"
#include "io/loop.h"
#include "io/options.h"
#include "io/socket.h"
#include "wire/shape.h"

#define FILES_MIN 1024 /* below this a few hundred clients would be too many */

struct service {
    const struct omb_daemon *daemon;
    struct omb_options options;
    struct omb_log log;
    struct omb_driver driver;
    struct omb_net *net;
    int signals;
    int64_t started_ms; /* monotonic */
};

/* --- what can be checked before anything is opened --- */

static bool is_picked_port(const char *endpoint)
{
    const char *colon = strrchr(endpoint, ':');

    return colon && (strcmp(colon, ":*") == 0 || strcmp(colon, ":0") == 0);
}

static enum omb_rc check_bell(const struct omb_config *config, struct omb_error *err)
{
    if (!is_picked_port(config->bell_listen))
        return OMB_OK;
    return omb_fail(err, OMB_INVALID, "client.bell-listen",
                    "bell-listen \"%s\" needs a fixed port: clients are told it before it is open",
                    config->bell_listen);
}

static enum omb_rc check_config(const char *dir, struct omb_error *err)
{
    struct omb_config config;
    struct omb_zone zone = {0};
    char path[4096];
    enum omb_rc rc = omb_dir_path(dir, "ombud.conf", path, sizeof(path), err);

    if (rc == OMB_OK)
        rc = omb_config_read(path, &config, err);
    if (rc == OMB_OK)
        rc = check_bell(&config, err);
    if (rc == OMB_OK)
        rc = omb_config_zone(path, &config, &zone, err);
    if (rc == OMB_OK)
        printf("%s: nothing is wrong\n", path);
    omb_zone_free(&zone);
    return rc;
}

/* --- what the process needs --- */

/* One that is closed would be taken by a file of the store, and log lines be written into it. */
static void hold_standard_descriptors(void)
{
    int fd = STDIN_FILENO;

    while (fd >= 0 && fd <= STDERR_FILENO)
        fd = open("/dev/null", O_RDWR);
    if (fd >= 0)
        close(fd);
}

/*
 * Keys and words of clients are in memory, also in copies that libraries make: no core file may
 * hold them, nor may another process of the same user read them.
 */
static void keep_memory_private(void)
{
    OMB_ASSERT(prctl(PR_SET_DUMPABLE, 0) == 0);
}

/*
 * Out of file descriptors libzmq spins, so the limit is raised as far as it goes and looked at.
 * Each client takes one; the store takes its own.
 */
static enum omb_rc raise_file_limit(struct omb_error *err)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return omb_fail(err, OMB_IO, NULL, "the limit of open files: %s", strerror(errno));
    limit.rlim_cur = limit.rlim_max;
    if (limit.rlim_cur < FILES_MIN)
        return omb_fail(err, OMB_LIMIT, NULL,
                        "this process may open %llu files, it needs %d (ulimit -n, LimitNOFILE)",
                        (unsigned long long)limit.rlim_cur, FILES_MIN);
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        return omb_fail(err, OMB_IO, NULL, "the limit of open files: %s", strerror(errno));
    return OMB_OK;
}

/* Before any thread is made, so that each of them leaves the signals to the loop. */
static enum omb_rc take_over_signals(struct service *service, struct omb_error *err)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return omb_fail(err, OMB_IO, NULL, "signals: %s", strerror(errno));
    service->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (service->signals < 0)
        return omb_fail(err, OMB_IO, NULL, "signals: %s", strerror(errno));
    return OMB_OK;
}

/* --- starting --- */

static void begin_logging(struct service *service)
{
    const struct omb_config *config = &service->driver.config;

    service->log.level = config->log_level;
    if (!service->options.format_said)
        service->log.format = config->log_format;
}

/* The first input opens an incarnation of the log where one is due, before anybody may ask. */
static enum omb_rc begin_log(struct service *service, struct omb_error *err)
{
    struct omb_input input = {.kind = OMB_INPUT_START};

    omb_driver_stamp(&input);
    return omb_driver_once(&service->driver, &input, NULL, err);
}

/* A port that was picked is known only now; a wildcard names no place that others can reach. */
static void advertise(struct service *service)
{
    const struct omb_view bound =
        omb_view_str(omb_linknet_endpoint(omb_net_links(service->net)));

    if (!service->driver.config.advertise[0] &&
        omb_endpoint_check(bound, OMB_ENDPOINT_REACH, NULL) == OMB_OK)
        omb_office_set_advertise(service->driver.office, bound);
}

static enum omb_rc open_net(struct service *service, struct omb_error *err)
{
    const struct omb_driver *driver = &service->driver;
    const struct omb_config *config = &driver->config;
    char api[OMB_ENDPOINT_MAX], bell[OMB_ENDPOINT_MAX];
    struct omb_net_setup setup = {.ipc_path = api, .bell_path = bell};
    enum omb_rc rc = omb_socket_path(driver->dir, "run/api.sock", api, sizeof(api), err);

    if (rc == OMB_OK)
        rc = omb_socket_path(driver->dir, "run/bell.sock", bell, sizeof(bell), err);
    if (rc != OMB_OK)
        return rc;
    setup.client_listen = config->client_listen[0] ? config->client_listen : NULL;
    setup.bell_listen = config->bell_listen[0] ? config->bell_listen : NULL;
    if (service->daemon->takes_children && config->listen[0])
        setup.links_listen = config->listen;
    setup.transport = driver->keys.transport;
    memcpy(setup.transport_public, driver->keys.transport_public, OMB_PUBLIC_SIZE);
    rc = omb_net_open(&setup, &service->net, err);
    if (rc != OMB_OK)
        return rc;
    omb_office_set_listen(driver->office, omb_view_str(omb_net_client_endpoint(service->net)));
    advertise(service);
    return OMB_OK;
}

/* Opens each door to those who are enrolled for it, and shows that it is shut to others. */
static enum omb_rc open_doors(struct service *service, struct omb_error *err)
{
    const uint8_t(*keys)[OMB_PUBLIC_SIZE];
    size_t count = omb_office_admitted(service->driver.office, &keys);

    omb_net_admit(service->net, keys, count);
    count = omb_office_children(service->driver.office, &keys);
    (void)omb_linknet_admit(omb_net_links(service->net), keys, count);
    return omb_net_self_test(service->net, err);
}

static void say_what_is_not_served(const struct service *service)
{
    const char *listen = service->driver.config.listen;

    if (!listen[0] && service->daemon->takes_children)
        OMB_LOG(&service->log, WARNING, "[links] listen is not set -> no office below can connect",
                OMB_LOG_T("program", service->daemon->program));
    if (listen[0] && !service->daemon->takes_children)
        OMB_LOG(&service->log, WARNING, "[links] listen is set -> offices below need ombud-hub",
                OMB_LOG_T("listen", listen));
    if (service->daemon->takes_children && omb_config_lacks_advertise(&service->driver.config))
        OMB_LOG(&service->log, WARNING,
                "[links] listen names every address, advertise none -> bundles say none",
                OMB_LOG_T("listen", listen));
}

static void say_serving(const struct service *service)
{
    struct omb_view code = omb_office_code(service->driver.office);
    const char *listen = omb_net_client_endpoint(service->net);
    const char *links = omb_linknet_endpoint(omb_net_links(service->net));
    const char *parent = service->driver.config.parent;
    const char *last_exit = service->driver.last_exit;
    char office[OMB_CODE_MAX + 1];

    snprintf(office, sizeof(office), "%.*s", OMB_VIEW_ARGS(code));
    OMB_LOG(&service->log, NOTICE, "serving", OMB_LOG_T("office", office),
            OMB_LOG_T("program", service->daemon->program), OMB_LOG_T("version", OMB_SOFTWARE),
            OMB_LOG_T("dir", service->driver.dir),
            OMB_LOG_T("listen", listen[0] ? listen : "none"),
            OMB_LOG_T("bell", service->driver.bell),
            OMB_LOG_T("links", links[0] ? links : "none"),
            OMB_LOG_T("parent", parent[0] ? parent : "none"),
            OMB_LOG_T("last_exit", last_exit[0] ? last_exit : "unknown"),
            OMB_LOG_N("start_ms", omb_clock_monotonic_ms() - service->started_ms));
    sd_notifyf(0, "READY=1\nSTATUS=serving office %s", office);
}

static enum omb_rc start(struct service *service, struct omb_error *err)
{
    enum omb_rc rc = raise_file_limit(err);

    if (rc == OMB_OK)
        rc = take_over_signals(service, err);
    if (rc == OMB_OK)
        rc = omb_driver_open_for(
            service->daemon->takes_children ? OMB_DRIVER_HUB : OMB_DRIVER_NODE,
            service->options.dir, &service->driver, err);
    if (rc != OMB_OK)
        return rc;
    omb_backup_sweep(service->driver.dir);
    begin_logging(service);
    rc = check_bell(&service->driver.config, err);
    if (rc == OMB_OK)
        rc = begin_log(service, err);
    if (rc == OMB_OK)
        rc = open_net(service, err);
    if (rc == OMB_OK)
        rc = open_doors(service, err);
    if (rc == OMB_OK) {
        say_what_is_not_served(service);
        say_serving(service);
    }
    return rc;
}

/* --- running and stopping --- */

/* Twice as often as the watchdog wants, so that one late round does not end us. */
static int64_t watchdog_ms(void)
{
    uint64_t usec = 0;

    return sd_watchdog_enabled(0, &usec) > 0 ? (int64_t)(usec / 2000) : 0;
}

static enum omb_rc run(struct service *service, struct omb_error *err)
{
    struct omb_loop loop = {.driver = &service->driver,
                            .net = service->net,
                            .log = &service->log,
                            .format_fixed = service->options.format_said,
                            .signals = service->signals,
                            .backup = {.make = omb_backup_make},
                            .tick_at = omb_update_timer(service->driver.update),
                            .link_tick_at = omb_update_link_timer(service->driver.update),
                            .watchdog_ms = watchdog_ms(),
                            .counts_told = omb_net_counts(service->net),
                            .links.told =
                                omb_linknet_counts(omb_net_links(service->net))};
    enum omb_rc rc = omb_loop_run(&loop, err);

    if (rc != OMB_OK)
        omb_log_error(&service->log, OMB_LOG_ERROR, "the office cannot go on -> stopping", err);
    return rc;
}

static void stop(struct service *service, const struct omb_error *why)
{
    sd_notify(0, "STOPPING=1");
    omb_net_close(service->net);
    omb_driver_note_end(&service->driver, why);
    omb_driver_close(&service->driver);
    if (service->signals >= 0)
        close(service->signals);
}

int omb_daemon_main(const struct omb_daemon *daemon, int argc, char **argv)
{
    struct service service = {.daemon = daemon,
                              .log = {.fd = STDERR_FILENO, .level = OMB_LOG_INFO},
                              .signals = -1,
                              .started_ms = omb_clock_monotonic_ms()};
    struct omb_error err = {0};
    enum omb_rc rc;

    omb_options_parse(daemon->program, daemon->does, argc, argv, &service.options);
    service.log.format = service.options.format;
    umask(077);
    hold_standard_descriptors();
    keep_memory_private();
    omb_crypto_init();
    omb_wire_init();
    if (service.options.check_config) {
        rc = check_config(service.options.dir, &err);
        if (rc != OMB_OK)
            fprintf(stderr, "%s: %s\n", daemon->program, err.words);
        return rc == OMB_OK ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    rc = start(&service, &err);
    if (rc != OMB_OK)
        omb_log_error(&service.log, OMB_LOG_ERROR, "the office cannot start -> ending", &err);
    else
        rc = run(&service, &err);
    stop(&service, rc == OMB_OK ? NULL : &err);
    if (rc == OMB_OK)
        OMB_LOG(&service.log, NOTICE, "stopped", OMB_LOG_T("program", daemon->program));
    return rc == OMB_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
