/*
 * A point to return to within a step: a request that is refused leaves nothing behind, and the rows
 * of one import batch fail one by one. It is a copy of what is small of the state in memory, and
 * marks in the rest. Nothing that came over a link lies between one and its return: what the office
 * learns of others (cards, closings, records that change sides) is not in it.
 */
#ifndef OMB_OFFICE_SAVEPOINT_H
#define OMB_OFFICE_SAVEPOINT_H

#include "office/restored.h"

struct omb_savepoint {
    struct omb_tip tip;
    size_t writes;
    size_t bells;
    size_t pending;   /* records appended in this batch */
    size_t operators; /* changes of operators in this step */
    int64_t timer;
    struct omb_withholding restored;
    bool backing_up; /* one runs */
    const struct omb_backup_create *backup;
};

void omb_step_save(struct omb_step *step, struct omb_savepoint *out);
void omb_step_restore(struct omb_step *step, const struct omb_savepoint *to);

#endif
