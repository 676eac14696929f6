/*
 * The desk: operators' requests. One table row per request: its tag, who may ask it, and the
 * function that answers. A request in no row is refused; a role that may not is told which could.
 * Families of requests live in desk/, one file each.
 */
#ifndef OMB_OFFICE_DESK_H
#define OMB_OFFICE_DESK_H

#include "office/corridor.h"

/*
 * Answers one request: `ask` is the decoded alternative; *out is a message of the alternative of
 * the same tag in Reply, in the step's arena. A refusal rolls the step back and is sent as words.
 */
typedef enum omb_rc omb_desk_fn(struct omb_step *step, const void *ask, const void **out,
                                struct omb_error *err);

struct omb_desk_row {
    uint32_t tag;   /* OMB_ASK_* */
    uint32_t may;   /* OMB_MAY(...) bits; acts are judged by their event's row as well */
    bool writes;    /* kept under (operator, id); repeated: the first result again */
    omb_desk_fn *answer;
};

const struct omb_desk_row *omb_desk_row(uint32_t tag);

/* acts: desk/act.c, desk/register.c, desk/import.c, desk/operators.c */
omb_desk_fn omb_desk_act, omb_desk_import_batch, omb_desk_operator_add, omb_desk_operator_change;
/* cases: desk/show.c, desk/history.c, desk/list.c, desk/report.c */
omb_desk_fn omb_desk_case_show, omb_desk_case_history, omb_desk_case_list, omb_desk_report;
/* logs: desk/logs.c, desk/verify.c, desk/explain.c, desk/changes.c, desk/export.c */
omb_desk_fn omb_desk_log_list, omb_desk_log_show, omb_desk_log_verify, omb_desk_log_export,
    omb_desk_explain, omb_desk_changes, omb_desk_export_events;
/* the office: desk/offices.c, desk/status.c, desk/policy_when.c, desk/doctor.c */
omb_desk_fn omb_desk_status, omb_desk_office_list, omb_desk_office_show, omb_desk_operator_list,
    omb_desk_policy_when, omb_desk_vocabulary, omb_desk_doctor;
/* the tree: desk/enrol.c, desk/reshape.c */
omb_desk_fn omb_desk_office_certify, omb_desk_office_join, omb_desk_office_change;
/* links and the tree: desk/peers.c, desk/tree.c, desk/trace.c, desk/forks.c, desk/quarantine.c,
   desk/subscriptions.c */
omb_desk_fn omb_desk_link_list, omb_desk_link_show, omb_desk_link_resync, omb_desk_tree,
    omb_desk_case_trace, omb_desk_log_forks, omb_desk_log_quarantine, omb_desk_subscription_move;
/* recovery: desk/recover.c, desk/renew.c */
omb_desk_fn omb_desk_office_recover, omb_desk_office_renew;
/* the store: desk/stats.c, desk/check.c, desk/rebuild.c */
omb_desk_fn omb_desk_store_rebuild, omb_desk_store_stats, omb_desk_store_check;
/* backups and after a restore: desk/backup.c */
omb_desk_fn omb_desk_backup_create, omb_desk_backup_state, omb_desk_backup_serve;

/* Puts "prefix." before the field of an error, if it names one. */
void omb_desk_within(struct omb_error *err, const char *prefix);
/* Names the field that is to blame for an error that came from below. */
void omb_desk_blame(struct omb_error *err, const char *field);
/* An office by its code, or an error that blames the field. */
enum omb_rc omb_desk_office(struct omb_step *step, struct omb_view code, const char *field,
                            struct omb_office_ref *out, struct omb_error *err) OMB_MUST_USE;

/* Why the words of a restored case are not shown yet (office/restored.h); empty: they are. */
struct omb_view omb_desk_withheld(struct omb_step *step, const struct omb_case_id *id);
/* Whether this operator may read the bodies of a case (role, grant, recusal, confidential). */
bool omb_desk_may_read(struct omb_step *step, const struct omb_casefile *file,
                       struct omb_error *err);

#endif
