/*
 * Offices of one bank in one process, each on a store of its own, and records that a test carries
 * from one to the other by hand: through the inbound door, without links. Each office knows the
 * certificates of its own chain alone; the others come as records.
 *
 *     HO --- NORTH --- OUTLET (vsp-0045)
 *                  \-- OTHER  (vsp-0046)
 */
#ifndef OMB_TESTS_CROSSING_H
#define OMB_TESTS_CROSSING_H

#include "office/receive.h"
#include "support/rig.h"

enum place { HO, NORTH, OUTLET, OTHER, PLACES };

struct crossing {
    struct rig rigs[PLACES];
    struct omb_office_ref refs[PLACES];
    struct omb_buf papers[PLACES]; /* SignedCertificates */
    struct omb_arena arena;        /* of records and receipts */
};

int crossing_setup(void **state);
int crossing_teardown(void **state);
#define CROSSING_TEST(test) cmocka_unit_test_setup_teardown(test, crossing_setup, crossing_teardown)

/* Works in an office outside any request, and commits; what it returns must be OMB_OK. */
typedef enum omb_rc crossing_script(struct omb_step *step, void *arg, struct omb_error *err);
void crossing_run(struct rig *rig, crossing_script *script, void *arg);

/* Records of an office's journal, in its order, as they cross a link. */
struct parcels {
    struct omb_record *items;
    struct omb_header *headers;
    size_t count;
};
struct parcels crossing_pack(struct crossing *crossing, struct rig *rig);
/* The same from a position of it on, counted from 1. */
struct parcels crossing_pack_from(struct crossing *crossing, struct rig *rig, size_t first);
/* Those of one author. */
struct parcels crossing_of(struct crossing *crossing, const struct parcels *all,
                           const struct omb_office_id *office);

/* Hands records to an office in one frame of the office `from`; the receipts, one each. */
const struct omb_receipt *crossing_give(struct crossing *crossing, enum place to, enum place from,
                                        const struct omb_record *records, size_t count);
const struct omb_receipt *crossing_give_as(struct crossing *crossing, struct rig *to,
                                           const struct omb_office_id *from, bool from_above,
                                           bool holes, const struct omb_record *records,
                                           size_t count);
/* All of them must be of this kind. */
void crossing_must(const struct omb_receipt *receipts, size_t count, enum omb_receipt_kind kind);

/* The certificate of an office, and one as that office would issue it. */
struct omb_known_certificate crossing_certificate(struct crossing *crossing, enum place of);
struct omb_view crossing_certify(struct crossing *crossing, enum place by,
                                 const struct omb_certificate *inner, struct omb_digest *out);
/* A case in the office; whether both hold the same row of it. */
void crossing_register(struct rig *rig, struct omb_case_id *out);
void crossing_note(struct rig *rig, const struct omb_case_id *id, const char *words);
bool crossing_same_case(struct rig *a, struct rig *b, const struct omb_case_id *id);
bool crossing_holds_case(struct rig *rig, const struct omb_case_id *id);
/* How many records of this event the office holds in its journal. */
size_t crossing_count(struct crossing *crossing, struct rig *rig, uint32_t tag);
/* Whether a row is there. */
bool crossing_has(struct rig *rig, enum omb_family family, struct omb_key key);

#endif
