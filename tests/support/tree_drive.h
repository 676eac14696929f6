/*
 * The insides of support/tree.h: how its offices are driven.
 */
#ifndef OMB_TESTS_TREE_DRIVE_H
#define OMB_TESTS_TREE_DRIVE_H

#include "support/tree.h"
#include "wire/header.h"

void tree_input(struct tree_office *office, struct omb_input *input);
/*
 * Closes the batch and keeps it; then what it sends is under way and its timers are armed. The
 * office may be gone after that, when a fault waited for it (tree_disk.h).
 */
void tree_keep(struct tree_office *office);
/* The sync that is under way, if any, ends just now. */
void tree_sync_now(struct tree_office *office);
/* The office's core is gone and its lines with it; `sent`: frames that had left still arrive. */
void tree_leave(struct tree_office *office, bool sent);
/* Something of the office's own happens in so many ms. */
void tree_wake_later(struct tree_office *office, enum tree_what what, int64_t ms, uint64_t ordinal);
/* The connection is gone with all that is under way on it; the child is told why, if any. */
void tree_line_down(struct tree_office *child, const char *why);
/* The certificate by which the office signs. */
struct omb_digest tree_certificate(const struct tree_office *office);
/* The same; false: the parent refused, or nobody was told that it did not. */
bool tree_try_enrol(struct tree_office *office, struct tree_office *parent,
                    const struct omb_digest *previous, struct omb_buf *out_bundle);
/*
 * The second half of tree_move: a certificate of that office, by which it joins. False: one of them
 * refused, or nobody was told that it did not.
 */
bool tree_try_come_under(struct tree_office *office, struct tree_office *to);
/*
 * Its disk is gone: the parent, which must run, certifies a new signing key, and the office begins
 * with an empty store in the life after `life`. False: the parent refused, and all is as it was.
 */
bool tree_begin_anew(struct tree_office *office, uint32_t life);
/* Asks the parent for a certificate; `anew`: it names the one that it has. Appends the bundle. */
void tree_enrol(struct tree_office *office, bool anew, struct omb_buf *out_bundle);
/* A part of tree_check_whole: stored parts are those that headers name (tree_parts.c). */
void tree_check_parts(struct tree *tree);
/* The code of an office of the tree. */
const char *tree_code_of(const struct tree *tree, const struct omb_office_id *id);
/* Fails unless nothing waits between them, and nobody was told a lie (tree_rest.c). */
void tree_check_link(struct tree_office *child, struct tree_office *parent);
/* Fails unless the derived rows of the office are what its records say. */
void tree_check_store(struct tree_office *office);
/* Fails unless the steps of each case form one chain there, and custody follows (tree_spine.c). */
void tree_check_spines(struct tree_office *office);
/* A record that has effect there: fails when it was signed behind a revocation (tree_cut.c). */
void tree_check_cut(struct tree_office *office, const struct omb_header *header,
                    const struct omb_digest *digest);
/* One line about a frame; false: it is not worth one (pings, credit, health). */
bool tree_describe(struct tree *tree, const struct tree_frame *frame, struct omb_buf *out,
                   bool *out_moves);

#endif
