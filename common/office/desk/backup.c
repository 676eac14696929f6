/*
 * Backups: one is asked for, how it goes is told, and after a restore the withholding of words is
 * ended by hand. Where the files go is the driver's to judge: the core knows no folders.
 */
#include "office/backup.h"

#include "base/civil.h"
#include "ledger/backup.h"
#include "office/desk.h"
#include "office/desk/read.h"
#include "office/restored.h"

enum { NAME_MAX_SIZE = 100, KEEP_MAX = 10000 };

static bool is_name(struct omb_view name)
{
    return name.size <= NAME_MAX_SIZE && name.data[0] != '-' && omb_backup_name_is_good(name);
}

/* "vsp-0045-20261128T211959.087Z": a small office makes two within a second. */
static struct omb_view name_by_time(struct omb_step *step)
{
    const struct omb_civil at = omb_civil_from_ms(step->input->now_ms);

    return omb_arena_printf(step->arena, "%.*s-%04d%02d%02dT%02d%02d%02d.%03dZ",
                            OMB_VIEW_ARGS(omb_office_self_code(step->office)), at.year, at.month,
                            at.day, at.hour, at.minute, at.second, at.millisecond);
}

enum omb_rc omb_desk_backup_create(struct omb_step *step, const void *ask, const void **out,
                                   struct omb_error *err)
{
    struct omb_backup_started *answer = OMB_ARENA_NEW(step->arena, struct omb_backup_started, 1);
    struct omb_backup_create wish = *(const struct omb_backup_create *)ask;
    enum omb_rc rc;

    if (wish.to.size > 0 && wish.to.data[0] != '/')
        return omb_fail(err, OMB_INVALID, "to",
                        "the folder for a backup is named from / on, as the daemon sees it");
    if (wish.name.size > 0 && !is_name(wish.name))
        return omb_fail(err, OMB_INVALID, "name",
                        "a backup's name has letters, digits, '.', '_' and '-', begins with a "
                        "letter or digit, and is no longer than %d",
                        NAME_MAX_SIZE);
    if (wish.keep > KEEP_MAX)
        return omb_fail(err, OMB_INVALID, "keep", "at most %d backups are kept by number",
                        KEEP_MAX);
    if (wish.name.size == 0)
        wish.name = name_by_time(step);
    rc = omb_backed_begin(step, &wish, err);
    if (rc != OMB_OK)
        return rc;
    answer->name = wish.name;
    *out = answer;
    return OMB_OK;
}

enum omb_rc omb_desk_backup_state(struct omb_step *step, const void *ask, const void **out,
                                  struct omb_error *err)
{
    struct omb_backup_state *answer = OMB_ARENA_NEW(step->arena, struct omb_backup_state, 1);

    (void)ask;
    *out = answer;
    return omb_backed_now(step, answer, err);
}

enum omb_rc omb_desk_backup_serve(struct omb_step *step, const void *ask, const void **out,
                                  struct omb_error *err)
{
    struct omb_backup_served *answer = OMB_ARENA_NEW(step->arena, struct omb_backup_served, 1);
    struct omb_appended record;
    enum omb_rc rc;

    (void)ask;
    rc = omb_restored_serve(step, &record, &answer->unheard, err);
    if (rc != OMB_OK)
        return rc;
    answer->record = omb_desk_hex(step->arena, OMB_VIEW_OF(record.digest.bytes));
    *out = answer;
    return OMB_OK;
}
