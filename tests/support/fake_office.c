#include "support/fake_office.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "wire/control.h"

/* The core and the store have no place for a test's wishes, so they stand here. */
struct fake fake;

struct omb_update {
    struct fake_reply replies[FAKE_REPLIES];
    struct omb_reply_out out[FAKE_REPLIES];
    size_t count;
    size_t writes;
    struct omb_buf frames[FAKE_SENDS];
    struct omb_send sends[FAKE_SENDS];
    size_t send_count, frame_count, frame_bytes;
    struct omb_dial dial;
};

struct omb_office {
    int nothing;
};

static struct omb_office office;

void fake_open(struct omb_driver *driver)
{
    fake = (struct fake){.timer = INT64_MAX, .link_timer = INT64_MAX};
    *driver = (struct omb_driver){.update = omb_update_new(), .office = &office};
    driver->config.batch_inputs = 64;
    memcpy(driver->dir, "/nowhere", sizeof("/nowhere"));
}

void fake_close(struct omb_driver *driver)
{
    omb_update_free(driver->update);
}

/* --- office/office.h --- */

struct omb_update *omb_update_new(void)
{
    struct omb_update *update = calloc(1, sizeof(*update));

    OMB_ASSERT(update);
    return update;
}

void omb_update_free(struct omb_update *update)
{
    for (size_t i = 0; i < FAKE_REPLIES; i++)
        omb_buf_free(&update->replies[i].bytes);
    for (size_t i = 0; i < FAKE_SENDS; i++)
        omb_buf_free(&update->frames[i]);
    free(update);
}

void omb_update_begin(struct omb_update *update, const struct omb_office *on)
{
    (void)on;
    update->count = 0;
    update->writes = 0;
    update->send_count = 0;
    update->frame_count = 0;
    update->frame_bytes = 0;
    update->dial = (struct omb_dial){.kind = OMB_DIAL_NONE};
    fake.batches++;
}

const struct omb_writes *omb_update_writes(const struct omb_update *update)
{
    return (const struct omb_writes *)update;
}

bool omb_update_must_sync(const struct omb_update *update)
{
    return update->writes > 0;
}

bool omb_update_erased(const struct omb_update *update)
{
    (void)update;
    return fake.erasing;
}

size_t omb_update_replies(const struct omb_update *update, const struct omb_reply_out **out)
{
    *out = update->out;
    return update->count;
}

size_t omb_update_bells(const struct omb_update *update, const struct omb_bell **out)
{
    static const struct omb_bell bell = {"cases", {(const uint8_t *)"1", 1}};

    *out = &bell;
    return update->writes > 0 ? 1 : 0;
}

int64_t omb_update_timer(const struct omb_update *update)
{
    (void)update;
    return fake.timer;
}

int64_t omb_update_link_timer(const struct omb_update *update)
{
    (void)update;
    return fake.link_timer;
}

size_t omb_update_sends(const struct omb_update *update, const struct omb_send **out)
{
    *out = update->sends;
    return update->send_count;
}

const struct omb_dial *omb_update_dial(const struct omb_update *update)
{
    return &update->dial;
}

bool omb_update_children_changed(const struct omb_update *update)
{
    (void)update;
    return fake.children_change;
}

bool omb_update_operators_changed(const struct omb_update *update)
{
    (void)update;
    return fake.operators_change;
}

const struct omb_backup_create *omb_update_backup(const struct omb_update *update)
{
    (void)update;
    return NULL;
}

void omb_office_set_backup_max_age(struct omb_office *of, uint32_t days)
{
    (void)of;
    (void)days;
}

enum omb_rc omb_office_open(const struct omb_office_setup *setup, struct omb_office **out,
                            struct omb_error *err)
{
    (void)setup;
    (void)err;
    *out = &office;
    return OMB_OK;
}

void omb_office_free(struct omb_office *gone)
{
    (void)gone;
}

size_t omb_office_admitted(const struct omb_office *of, const uint8_t (**out)[OMB_PUBLIC_SIZE])
{
    (void)of;
    *out = fake.admitted;
    return fake.admitted_count;
}

size_t omb_office_children(const struct omb_office *of, const uint8_t (**out)[OMB_PUBLIC_SIZE])
{
    (void)of;
    *out = fake.children;
    return fake.child_count;
}

static void answer(struct omb_update *update, const struct omb_input *input)
{
    struct fake_reply *reply = &update->replies[update->count];
    struct omb_request request = {0};
    struct omb_arena arena;

    OMB_ASSERT(update->count < FAKE_REPLIES);
    omb_arena_init(&arena, 1 << 20);
    if (omb_decode_request(input->bytes, &arena, &request, NULL) != OMB_OK)
        request.id = OMB_VIEW_NONE;
    omb_buf_clear(&reply->bytes);
    omb_encode_reply(&(struct omb_reply){.id = request.id}, &reply->bytes);
    update->out[update->count++] =
        (struct omb_reply_out){input->reply_to, omb_buf_view(&reply->bytes)};
    omb_arena_free(&arena);
}

static void step_request(struct omb_update *update, const struct omb_input *input)
{
    fake.requests++;
    memcpy(fake.newest_peer, input->peer, sizeof(fake.newest_peer));
    if (!fake.reading)
        update->writes++;
    answer(update, input);
    if (update->count > fake.largest)
        fake.largest = update->count;
}

static void send_back(struct omb_update *update, const struct omb_input *input,
                      struct omb_view bytes)
{
    struct omb_buf *frame = &update->frames[update->send_count];

    OMB_ASSERT(update->send_count < FAKE_SENDS);
    omb_buf_clear(frame);
    omb_buf_add_view(frame, bytes);
    update->sends[update->send_count++] =
        (struct omb_send){input->link, input->dialled, omb_buf_view(frame)};
}

static void step_frame(struct omb_update *update, const struct omb_input *input)
{
    fake.frames++;
    update->frame_count++;
    update->frame_bytes += input->bytes.size;
    if (update->frame_count > fake.frames_in_batch)
        fake.frames_in_batch = update->frame_count;
    if (update->frame_bytes > fake.bytes_in_batch)
        fake.bytes_in_batch = update->frame_bytes;
    if (!fake.reading)
        update->writes++;
    if (fake.echoing)
        send_back(update, input, input->bytes);
}

static void step_news(struct omb_update *update, const struct omb_input *input)
{
    const size_t size = input->bytes.size < sizeof(fake.newest_words) - 1
                            ? input->bytes.size
                            : sizeof(fake.newest_words) - 1;

    fake.newest_news = *input;
    fake.newest_news.bytes = OMB_VIEW_NONE;
    if (size > 0)
        memcpy(fake.newest_words, input->bytes.data, size);
    fake.newest_words[size] = '\0';
    if (input->kind == OMB_INPUT_FRAME)
        step_frame(update, input);
    if (input->kind == OMB_INPUT_LINK_UP && fake.greeting)
        send_back(update, input, OMB_VIEW_LIT("hello"));
    fake.ups += input->kind == OMB_INPUT_LINK_UP;
    fake.downs += input->kind == OMB_INPUT_LINK_DOWN;
}

static void step_tick(const struct omb_input *input)
{
    fake.ticks++;
    fake.disk_free_bytes = input->disk_free_bytes;
    fake.stalls_told = input->store_stalls;
}

/* What is wanted once is wanted of the next batch alone. */
static void ask_to_dial(struct omb_update *update)
{
    if (fake.dial.kind == OMB_DIAL_NONE)
        return;
    update->dial = fake.dial;
    fake.dial.kind = OMB_DIAL_NONE;
}

static void note(enum omb_input_kind kind)
{
    static const char letters[] = {[OMB_INPUT_START] = 's',   [OMB_INPUT_REQUEST] = 'r',
                                   [OMB_INPUT_TICK] = 't',    [OMB_INPUT_FRAME] = 'f',
                                   [OMB_INPUT_LINK_UP] = 'u', [OMB_INPUT_LINK_DOWN] = 'd'};
    const size_t at = strlen(fake.order);

    if (at + 1 < sizeof(fake.order))
        fake.order[at] = letters[kind];
}

static bool is_over(void)
{
    return (fake.stop_after > 0 && fake.requests >= fake.stop_after) ||
           (fake.stop_after_ticks > 0 && fake.ticks >= fake.stop_after_ticks) ||
           (fake.stop_after_frames > 0 && fake.frames >= fake.stop_after_frames) ||
           (fake.stop_after_ups > 0 && fake.ups >= fake.stop_after_ups) ||
           (fake.stop_after_downs > 0 && fake.downs >= fake.stop_after_downs);
}

enum omb_rc omb_office_step(struct omb_office *at, const struct omb_input *input,
                            struct omb_update *update, struct omb_error *err)
{
    (void)at;
    fake.newest_input_ms = input->now_ms;
    memcpy(fake.newest_seed, input->seed, sizeof(fake.newest_seed));
    note(input->kind);
    ask_to_dial(update);
    if (input->kind == OMB_INPUT_TICK)
        step_tick(input);
    else if (input->kind != OMB_INPUT_REQUEST)
        step_news(update, input);
    else if (fake.fail_step_at > 0 && fake.requests + 1 == fake.fail_step_at)
        return omb_fail(err, OMB_DAMAGED, NULL, "a row is not what was written");
    else
        step_request(update, input);
    if (is_over())
        kill(getpid(), SIGTERM);
    return OMB_OK;
}

enum omb_rc omb_office_close(struct omb_office *at, struct omb_update *update,
                             struct omb_error *err)
{
    (void)at;
    (void)update;
    (void)err;
    return OMB_OK;
}

size_t omb_writes_count(const struct omb_writes *writes)
{
    return ((const struct omb_update *)(const void *)writes)->writes;
}

/* --- io/store.h --- */

enum omb_rc omb_store_open(const char *dir, enum omb_store_mode mode, struct omb_store **out,
                           struct omb_error *err)
{
    (void)dir;
    (void)mode;
    (void)out;
    return omb_fail(err, OMB_IO, NULL, "there is no store here");
}

void omb_store_close(struct omb_store *store)
{
    (void)store;
}

const struct omb_port *omb_store_port(const struct omb_store *store)
{
    (void)store;
    return NULL;
}

enum omb_rc omb_store_commit(struct omb_store *store, const struct omb_writes *writes, bool sync,
                             struct omb_error *err)
{
    (void)store;
    (void)writes;
    fake.commits++;
    if (fake.synced != fake.syncs)
        fake.early_commits++;
    if (sync)
        fake.synced_commits++;
    if (fake.commit_rc != OMB_OK)
        return omb_fail(err, fake.commit_rc, NULL, "no space left on the device");
    return OMB_OK;
}

enum omb_rc omb_store_sync(struct omb_store *store, struct omb_error *err)
{
    (void)store;
    fake.syncs++;
    if (fake.on_sync)
        fake.on_sync();
    fake.synced++;
    if (fake.sync_rc != OMB_OK)
        return omb_fail(err, fake.sync_rc, NULL, "the disk does not answer");
    return OMB_OK;
}

enum omb_rc omb_store_forget(struct omb_store *store, const struct omb_writes *writes,
                             struct omb_error *err)
{
    (void)store;
    (void)writes;
    (void)err;
    fake.forgets++;
    return OMB_OK;
}

uint64_t omb_store_stalls(const struct omb_store *store)
{
    (void)store;
    return fake.stalls;
}

enum omb_rc omb_store_health(struct omb_store *store, struct omb_error *err)
{
    (void)store;
    if (fake.on_health)
        fake.on_health();
    if (fake.health_rc != OMB_OK)
        return omb_fail(err, fake.health_rc, NULL, "the store met an error in the background");
    return OMB_OK;
}
