/* Keys of a registration that lost a fork: are they laid aside, and kept once when they come again?
 */
#include <string.h>

#include "office/inside.h"
#include "support/casework.h"
#include "support/rig.h"
#include "unit.h"

struct work {
    struct omb_case_id id;
    struct omb_appended record;
};

static enum omb_rc do_register(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct work *work = arg;

    return casework_register(step, true, &work->id, &work->record, err);
}

static enum omb_rc do_lose(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct work *work = arg;

    (void)err;
    return omb_vault_lose_case_key(step, &work->id);
}

static enum omb_rc do_regain_other(struct omb_step *step, void *arg, struct omb_error *err)
{
    static const uint8_t other[OMB_KEY_SIZE] = {7};
    struct work *work = arg;

    (void)err;
    return omb_vault_regained(step, &work->id, other);
}

/* By a grant, while the lost row still holds it. */
static enum omb_rc do_regain(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct work *work = arg;
    uint8_t key[OMB_KEY_SIZE];
    enum omb_rc rc = omb_vault_case_key(step, &work->id, key);

    (void)err;
    if (rc == OMB_OK)
        rc = omb_vault_lose_case_key(step, &work->id);
    return rc == OMB_OK ? omb_vault_regained(step, &work->id, key) : rc;
}

static bool has_key(const struct rig *rig, struct omb_key key)
{
    struct omb_buf value = OMB_BUF_INIT;
    const struct omb_port *port = memport_port(rig->store);
    const enum omb_rc rc = omb_port_get(port, OMB_FAMILY_KEY, omb_key_view(&key), &value);

    omb_buf_free(&value);
    return rc == OMB_OK;
}

static void a_key_that_comes_again_is_kept_once(void **state)
{
    struct rig *rig = *state;
    struct work work = {0};

    (void)rig_run(rig, do_register, &work);
    (void)rig_run(rig, do_regain, &work);
    rig_commit(rig);
    assert_true(has_key(rig, omb_key_case_secret(&work.id)));
    assert_false(has_key(rig, omb_key_lost_secret(&work.id)));
    (void)rig_run(rig, do_lose, &work);
    (void)rig_run(rig, do_regain_other, &work);
    rig_commit(rig);
    assert_true(has_key(rig, omb_key_case_secret(&work.id)));
    assert_true(has_key(rig, omb_key_lost_secret(&work.id)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {RIG_TEST(a_key_that_comes_again_is_kept_once)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
