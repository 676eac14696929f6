#include "office/desk.h"

#define ANYONE                                                                                    \
    (OMB_MAY(TELLER) | OMB_MAY(HANDLER) | OMB_MAY(SUPERVISOR) | OMB_MAY(ANALYST) |                \
     OMB_MAY(AUDITOR) | OMB_MAY(ADMIN))
#define STAFF (OMB_MAY(TELLER) | OMB_MAY(HANDLER) | OMB_MAY(SUPERVISOR))
#define READERS (STAFF | OMB_MAY(ANALYST) | OMB_MAY(AUDITOR))
#define INSPECTORS (OMB_MAY(AUDITOR) | OMB_MAY(ADMIN))

/* Who may ask what (design: trust, Operators and roles). */
static const struct omb_desk_row rows[] = {
    {OMB_ASK_ACT, STAFF, true, omb_desk_act},
    {OMB_ASK_IMPORT_BATCH, OMB_MAY(SUPERVISOR), true, omb_desk_import_batch},
    {OMB_ASK_OPERATOR_ADD, OMB_MAY(ADMIN), true, omb_desk_operator_add},
    {OMB_ASK_OPERATOR_CHANGE, OMB_MAY(ADMIN), true, omb_desk_operator_change},
    {OMB_ASK_STORE_REBUILD, OMB_MAY(ADMIN), true, omb_desk_store_rebuild},

    {OMB_ASK_OFFICE_CERTIFY, OMB_MAY(ADMIN), true, omb_desk_office_certify},
    {OMB_ASK_OFFICE_JOIN, OMB_MAY(ADMIN), true, omb_desk_office_join},
    {OMB_ASK_OFFICE_CHANGE, OMB_MAY(ADMIN), true, omb_desk_office_change},
    {OMB_ASK_OFFICE_RENEW, OMB_MAY(ADMIN), true, omb_desk_office_renew},
    {OMB_ASK_OFFICE_RECOVER, OMB_MAY(ADMIN), true, omb_desk_office_recover},

    {OMB_ASK_BACKUP_CREATE, OMB_MAY(ADMIN), true, omb_desk_backup_create},
    {OMB_ASK_BACKUP_SERVE, OMB_MAY(ADMIN), true, omb_desk_backup_serve},

    {OMB_ASK_LINK_RESYNC, OMB_MAY(ADMIN), true, omb_desk_link_resync},
    {OMB_ASK_SUBSCRIPTION_MOVE,
     OMB_MAY(HANDLER) | OMB_MAY(SUPERVISOR) | OMB_MAY(ANALYST) | OMB_MAY(AUDITOR), true,
     omb_desk_subscription_move},

    {OMB_ASK_STATUS, ANYONE, false, omb_desk_status},
    {OMB_ASK_CASE_SHOW, READERS, false, omb_desk_case_show},
    {OMB_ASK_CASE_HISTORY, READERS | OMB_MAY(ADMIN), false, omb_desk_case_history},
    {OMB_ASK_CASE_LIST, READERS, false, omb_desk_case_list},
    {OMB_ASK_LOG_LIST, INSPECTORS, false, omb_desk_log_list},
    {OMB_ASK_LOG_SHOW, INSPECTORS, false, omb_desk_log_show},
    {OMB_ASK_LOG_VERIFY, INSPECTORS, false, omb_desk_log_verify},
    {OMB_ASK_LOG_EXPORT, INSPECTORS, false, omb_desk_log_export},
    {OMB_ASK_EXPLAIN, INSPECTORS, false, omb_desk_explain},
    {OMB_ASK_REPORT, OMB_MAY(SUPERVISOR) | OMB_MAY(ANALYST) | OMB_MAY(AUDITOR), false,
     omb_desk_report},
    {OMB_ASK_CHANGES,
     OMB_MAY(HANDLER) | OMB_MAY(SUPERVISOR) | OMB_MAY(ANALYST) | OMB_MAY(AUDITOR), false,
     omb_desk_changes},
    {OMB_ASK_OFFICE_LIST, ANYONE, false, omb_desk_office_list},
    {OMB_ASK_OFFICE_SHOW, ANYONE, false, omb_desk_office_show},
    {OMB_ASK_OPERATOR_LIST, OMB_MAY(SUPERVISOR) | INSPECTORS, false, omb_desk_operator_list},
    {OMB_ASK_POLICY_WHEN, ANYONE, false, omb_desk_policy_when},
    {OMB_ASK_STORE_STATS, INSPECTORS, false, omb_desk_store_stats},
    {OMB_ASK_STORE_CHECK, INSPECTORS, false, omb_desk_store_check},
    {OMB_ASK_DOCTOR, INSPECTORS, false, omb_desk_doctor},
    {OMB_ASK_EXPORT_EVENTS, OMB_MAY(SUPERVISOR) | OMB_MAY(AUDITOR), false,
     omb_desk_export_events},
    {OMB_ASK_VOCABULARY, ANYONE, false, omb_desk_vocabulary},
    {OMB_ASK_LINK_LIST, INSPECTORS, false, omb_desk_link_list},
    {OMB_ASK_LINK_SHOW, INSPECTORS, false, omb_desk_link_show},
    {OMB_ASK_TREE, INSPECTORS, false, omb_desk_tree},
    {OMB_ASK_CASE_TRACE, READERS | OMB_MAY(ADMIN), false, omb_desk_case_trace},
    {OMB_ASK_LOG_FORKS, INSPECTORS, false, omb_desk_log_forks},
    {OMB_ASK_LOG_QUARANTINE, INSPECTORS, false, omb_desk_log_quarantine},
    {OMB_ASK_BACKUP_STATE, INSPECTORS, false, omb_desk_backup_state},
};

const struct omb_desk_row *omb_desk_row(uint32_t tag)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].tag == tag)
            return &rows[i];
    }
    return NULL;
}
