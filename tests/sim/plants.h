/*
 * Planted faults: the product as it would be with one mistake in it. Calls between its files are
 * taken over by the linker (--wrap) in this program alone; a plant that was chosen makes one of
 * them do the wrong thing once the bank stands, also where the product judges itself, as a mistake
 * that somebody made would. Each must be caught within the number of seeds that its row says.
 */
#ifndef OMB_TESTS_SIM_PLANTS_H
#define OMB_TESTS_SIM_PLANTS_H

#include <stdbool.h>
#include <stddef.h>

/* name, what it breaks, which invariant (design: architecture) catches it, within so many seeds */
#define SIM_PLANT_TABLE(X)                                                                         \
    X(ACK_EARLY, "ack-before-sync",                                                                \
      "answers and frames leave before the disk has what they promise", 1, 80)                     \
    X(ARRIVAL, "fold-by-arrival",                                                                  \
      "of two events behind one record the one that came first takes effect", 4, 25)               \
    X(CLOCK, "fold-by-clock", "a row of a case holds when this office saw it", 4, 25)              \
    X(STATUS, "status-by-note", "a note moves the status of a case", 5, 25)                        \
    X(CUSTODY, "custody-by-share", "who is let into a case decides it", 5, 25)                     \
    X(SCOPE, "scope-leak", "a record goes to a child whom its case does not concern", 6, 25)       \
    X(HISTORY, "scope-without-history",                                                            \
      "a case that enters a scope brings nothing of what was written before", 7, 60)               \
    X(CURSOR, "cursor-without-digest",                                                             \
      "a greeting is believed by its position, whatever record stands there", 7, 200)              \
    X(NUMBER, "number-reused", "a case now and then gets the number of the one before", 3, 25)     \
    X(LIFE, "life-not-opened", "a store that was put back goes on in the life it had", 3, 25)      \
    X(GRANT, "grant-to-another", "the key of a case is sealed for another office", 6, 25)          \
    X(PROOF, "proof-unchecked", "a record is kept whatever its proof", 2, 60)                      \
    X(PART, "part-unchecked", "a part is kept whatever its digest", 2, 60)                         \
    X(SIGNER, "signer-unchecked", "an office may sign in the name of another", 3, 60)              \
    X(CHAIN, "chain-unchecked", "a record is kept whatever record it says it follows", 7, 60)      \
    X(REVOKED, "revocation-ignored", "what a revoked key signed later has effect", 4, 60)          \
    X(NEWEST, "newest-by-date",                                                                    \
      "an office stands where its certificate of the newest date says", 7, 100)                    \
    X(REFOLD, "refold-skipped",                                                                    \
      "what comes late and belongs before what was folded does not change the case", 4, 25)        \
    X(ERASED, "erased-kept", "the parts of an erased case stay", 6, 60)                            \
    X(ERASED_KEY, "erased-key-kept", "the key of an erased case stays", 6, 60)                     \
    X(STRAGGLER, "straggler-dropped", "what comes late of an older life is not kept", 7, 25)       \
    X(TWICE, "request-twice", "a request that is repeated is done again", 3, 25)                   \
    X(CREDIT, "credit-lost", "some of the credit for frames is not counted", 7, 60)                \
    X(FLOOD, "credit-ignored", "frames leave whatever credit there is", 7, 25)                     \
    X(WINDOW, "window-ignored", "frames are sent and kept whatever credit there is", 8, 100)       \
    X(JOURNAL, "journal-row-lost", "a record is left out of the way up now and then", 7, 25)       \
    X(LOGS, "logs-not-compared", "a comparison of logs wants nothing", 7, 40)                      \
    X(INDEX, "index-stale", "a row of the index is forgotten now and then", 4, 25)                 \
    X(SILENT, "compare-silent", "a comparison of cases says that all are alike", 7, 60)            \
    X(ROW, "feed-row-lost", "a record is left out of a child's feed now and then", 7, 40)          \
    X(LOST, "lost-not-given-back", "what a disk lost is not given back to it", 7, 25)

enum sim_plant {
    SIM_PLANT_NONE,
#define SIM_PLANT_ENUM(name, word, breaks, invariant, seeds) SIM_PLANT_##name,
    SIM_PLANT_TABLE(SIM_PLANT_ENUM)
#undef SIM_PLANT_ENUM
        SIM_PLANTS
};

/* Chooses it for the rest of this process; false: there is none of that name. */
bool sim_plant_choose(const char *word);
/* One line for each: name, invariant, seeds, what it breaks. */
void sim_plants_list(void);
/* From now on the one that was chosen does its harm. */
void sim_plants_grow(void);

#endif
