/*
 * The daemon's loop on real sockets over a core of a few lines (support/fake_office.h).
 */
#ifndef OMB_TESTS_SCENE_H
#define OMB_TESTS_SCENE_H

#include <stdio.h>

#include "io/loop.h"
#include "support/fake_office.h"
#include "support/place.h"

struct scene {
    void *place_state;
    struct place *place;
    struct omb_driver driver;
    struct omb_log log;
    struct omb_loop loop;
    FILE *lines;
};

/* First of all, in main. */
void scene_init(void);
/* cmocka's setup and teardown. */
int scene_open(void **state);
int scene_close(void **state);
/* Until the fake stops it; err may be NULL. */
enum omb_rc scene_run(struct scene *scene, struct omb_error *err) OMB_MUST_USE;
/* A Request with that id and nothing else. */
void scene_ask(struct omb_client *client, const char *id);
/* The next Reply must carry that id, and that code of a Refusal unless it is NULL. */
void scene_hears(struct omb_client *client, const char *id, const char *code);
/* Whether a line of the log says that. */
bool scene_logged(struct scene *scene, const char *what);

#endif
