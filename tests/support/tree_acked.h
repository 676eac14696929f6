/*
 * What an office of a tree (support/tree.h) said it holds durably: the witnesses of its acks, noted
 * as they leave, whoever lives to hear them. A store that is put back or begins anew said nothing.
 */
#ifndef OMB_TESTS_TREE_ACKED_H
#define OMB_TESTS_TREE_ACKED_H

#include "wire/link.h"

struct tree_office;

/* Of each life of a log the farthest. */
struct tree_acked {
    struct omb_witness_statement *items;
    size_t count;
};

void tree_acked_note(struct tree_office *office, struct omb_view frame);
void tree_acked_forget(struct tree_office *office);
/* Fails unless the office holds all of it, without a hole. */
void tree_check_acked(const struct tree_office *office);

#endif
