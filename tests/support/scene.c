#include "support/scene.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "unit/unit.h"
#include "wire/control.h"
#include "wire/shape.h"

/* Before any thread is made. */
void scene_init(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    omb_crypto_init();
    omb_wire_init();
}

int scene_open(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    sigset_t set;

    if (place_open(&scene->place_state) != 0)
        return -1;
    scene->place = scene->place_state;
    fake_open(&scene->driver);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    scene->lines = tmpfile();
    scene->log = (struct omb_log){.fd = fileno(scene->lines), .level = OMB_LOG_DEBUG};
    scene->loop = (struct omb_loop){.driver = &scene->driver,
                                    .net = scene->place->net,
                                    .log = &scene->log,
                                    .signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC),
                                    .tick_at = INT64_MAX,
                                    .link_tick_at = INT64_MAX};
    *state = scene;
    return scene->loop.signals < 0 ? -1 : 0;
}

int scene_close(void **state)
{
    struct scene *scene = *state;

    close(scene->loop.signals);
    fclose(scene->lines);
    fake_close(&scene->driver);
    place_close(&scene->place_state);
    free(scene);
    return 0;
}

enum omb_rc scene_run(struct scene *scene, struct omb_error *err)
{
    struct omb_error own = {0};

    return omb_loop_run(&scene->loop, err ? err : &own);
}

/* A Request with that id and nothing else. */
void scene_ask(struct omb_client *client, const char *id)
{
    const struct omb_request request = {.protocol = 1, .id = omb_view_str(id)};
    struct omb_buf bytes = OMB_BUF_INIT;

    omb_encode_request(&request, &bytes);
    assert_int_equal(omb_client_send(client, omb_buf_view(&bytes), NULL), OMB_OK);
    omb_buf_free(&bytes);
}

/* The next Reply must carry that id, and that code of a Refusal unless it is NULL. */
void scene_hears(struct omb_client *client, const char *id, const char *code)
{
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_error err = {0};
    struct omb_reply reply;
    struct omb_arena arena;

    if (omb_client_receive(client, PATIENCE_MS, &bytes, &err) != OMB_OK)
        fail_msg("%s", err.words);
    omb_arena_init(&arena, 1 << 20);
    assert_int_equal(omb_decode_reply(omb_buf_view(&bytes), &arena, &reply, NULL), OMB_OK);
    assert_true(omb_view_is(reply.id, id));
    assert_true((reply.error != NULL) == (code != NULL));
    if (code)
        assert_true(omb_view_is(reply.error->code, code));
    omb_arena_free(&arena);
    omb_buf_free(&bytes);
}

bool scene_logged(struct scene *scene, const char *what)
{
    char line[1024];
    bool found = false;

    rewind(scene->lines);
    while (!found && fgets(line, sizeof(line), scene->lines))
        found = strstr(line, what) != NULL;
    return found;
}
