/*
 * Backups as the core knows them: that one runs, and how the last ones ended. Making one is io's
 * (io/backup.h): the core lets in who may ask, hands the wish to the driver with the update, and is
 * told with OMB_INPUT_BACKUP how it goes on and how it ended, a BackupState each time. What ended
 * is kept in the row `backup` of meta and told by the doctor and with the health.
 */
#ifndef OMB_OFFICE_BACKUP_H
#define OMB_OFFICE_BACKUP_H

#include "office/corridor.h"

/* What is kept in memory of it. */
struct omb_backed {
    bool running;       /* asked for, and not told yet that it ended */
    struct omb_buf now; /* a BackupState, encoded; empty: none was ever asked for */
    int64_t good_at;    /* of it: the last good one; 0: there is none */
    uint32_t max_age_days;
};

enum omb_rc omb_backed_load(struct omb_office *office, struct omb_error *err) OMB_MUST_USE;
void omb_backed_free(struct omb_backed *backed);

/* OMB_INPUT_BACKUP. */
enum omb_rc omb_backed_input(struct omb_step *step, struct omb_error *err) OMB_MUST_USE;
/* How it stands, in the step's arena. */
enum omb_rc omb_backed_now(struct omb_step *step, struct omb_backup_state *out,
                           struct omb_error *err) OMB_MUST_USE;
/* The driver is to make one, once the batch is durable. OMB_BUSY: one runs. */
enum omb_rc omb_backed_begin(struct omb_step *step, const struct omb_backup_create *wish,
                             struct omb_error *err) OMB_MUST_USE;
/* The instant that the last good one shows; 0: there is none. */
int64_t omb_backed_good_at(const struct omb_office *office);
/* How old the last good one may be before the doctor warns. */
uint32_t omb_backed_max_age_days(const struct omb_office *office);

/* What a backup says of its office. */
struct omb_office_about {
    struct omb_view code;
    struct omb_office_id office;
    struct omb_incarnation incarnation; /* newest life of its log, with head and digest */
    uint64_t head;
    struct omb_digest digest;
    uint64_t records, cases;
    uint8_t anchor[OMB_PUBLIC_SIZE];
    uint8_t recovery[OMB_PUBLIC_SIZE];
    struct omb_views certificates; /* SignedCertificates: its own first, up to the root's */
};
enum omb_rc omb_office_tell(struct omb_office *office, struct omb_arena *arena,
                            struct omb_office_about *out, struct omb_error *err) OMB_MUST_USE;

#endif
