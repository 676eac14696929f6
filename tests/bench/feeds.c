/*
 * What it costs to serve one child, counted: a head office in memory with CHILDREN offices below
 * it has RECORDS complaints about each of them waiting; one of these comes and is served. Prints
 * one JSON object: what the head office asked of its store for each record that it sent, and how
 * many rows of all children lay there. The numbers are the same in every run.
 *
 *     bench_feeds CHILDREN RECORDS
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/text.h"
#include "ledger/enrol.h"
#include "support/tree.h"

#define CHILDREN_MAX 1000

static void code_of(uint64_t child, char out[32])
{
    snprintf(out, 32, "vsp-%04" PRIu64, child);
}

/* An office that never comes: it has keys and a certificate. */
static void certify_absent(struct tree_office *head, uint64_t child)
{
    const struct omb_digest seed = omb_hash("bench/child", OMB_VIEW_OF(((uint8_t[]){
        (uint8_t)(child >> 8), (uint8_t)child})));
    struct omb_signer *signer = omb_signer_from_seed(seed.bytes);
    struct omb_secret *secret = omb_secret_new(seed.bytes);
    uint8_t signing[OMB_PUBLIC_SIZE], box[OMB_PUBLIC_SIZE];
    struct omb_buf request = OMB_BUF_INIT;
    char code[32];
    struct omb_office_wish wish = {
        .version = 1,
        .kind = OMB_VIEW_LIT("branch"),
        .signing_key = OMB_VIEW_OF(signing),
        .transport_key = OMB_VIEW_OF(box),
        .sealing_key = OMB_VIEW_OF(box),
        .at = head->tree->now_ms,
    };

    code_of(child, code);
    wish.code = wish.name = omb_view_str(code);
    omb_signer_public(signer, signing);
    omb_box_public(secret, box);
    omb_enrol_ask(&wish, signer, NULL, &request);
    (void)ASK(&head->rig, "admin", OFFICE_CERTIFY, office_certify, office_issued,
              .request = omb_buf_view(&request));
    omb_buf_free(&request);
    omb_secret_free(secret);
    omb_signer_free(signer);
}

static void register_all(struct tree_office *head, uint64_t children, uint64_t records)
{
    for (uint64_t i = 0; i < children * records; i++) {
        struct complaint complaint;
        char code[32];

        code_of(i % children + 1, code);
        complaint_new(&complaint);
        complaint.act.about = omb_view_str(code);
        (void)complaint_send(&head->rig, "t1", &complaint);
        if (i % 64 == 63)
            rig_commit(&head->rig);
    }
}

/* Records that crossed from the head office since frame `from`. */
static uint64_t sent_since(struct tree *tree, size_t from)
{
    uint64_t count = 0;

    for (size_t i = from; i < tree->frame_count; i++) {
        struct omb_frame frame;

        if (tree->frames[i].to->parent != tree->frames[i].from ||
            omb_decode_frame(tree->frames[i].bytes, &tree->scratch, &frame, NULL) != OMB_OK ||
            frame.message.tag != OMB_FRAME_RECORDS)
            continue;
        count += OMB_AS(records, frame.message)->records.count;
    }
    return count;
}

static struct memport_reads less(struct memport_reads a, struct memport_reads b)
{
    return (struct memport_reads){a.gets - b.gets, a.scans - b.scans, a.rows - b.rows};
}

/* What a stretch of time costs in which nothing but ticks and pings happens, and then the rest. */
static void serve(struct tree *tree, struct tree_office *head, struct tree_office *child,
                  uint64_t children)
{
    const size_t frames = tree->frame_count;
    const size_t feed = memport_count(head->rig.store, OMB_FAMILY_FEED);
    struct memport_reads before = memport_reads(head->rig.store), served, idle;
    uint64_t sent;

    tree_mend(child);
    tree_settle(tree);
    served = less(memport_reads(head->rig.store), before);
    before = memport_reads(head->rig.store);
    tree_settle(tree);
    idle = less(memport_reads(head->rig.store), before);
    served = less(served, idle);
    sent = sent_since(tree, frames);
    OMB_ASSERT(sent > 0);
    printf("{\"children\":%" PRIu64 ",\"rows_waiting\":%zu,\"sent\":%" PRIu64
           ",\"gets_per_record\":%.2f,\"scans_per_record\":%.2f,\"rows_per_record\":%.2f}\n",
           children, feed, sent, (double)served.gets / (double)sent,
           (double)served.scans / (double)sent, (double)served.rows / (double)sent);
}

int main(int argc, char **argv)
{
    uint64_t children, records;
    struct tree_office *head, *child;
    struct tree *tree;
    char code[32];

    if (argc != 3 || omb_text_u64(omb_view_str(argv[1]), &children) != OMB_OK || children == 0 ||
        children > CHILDREN_MAX || omb_text_u64(omb_view_str(argv[2]), &records) != OMB_OK ||
        records == 0) {
        fprintf(stderr, "usage: bench_feeds CHILDREN RECORDS\n");
        return 2;
    }
    tree = tree_new();
    code_of(1, code);
    head = tree_add(tree, "ho", "head", NULL);
    child = tree_add(tree, code, "branch", head);
    tree_settle(tree);
    tree_cut(child);
    for (uint64_t i = 2; i <= children; i++)
        certify_absent(head, i);
    tree_settle(tree);
    register_all(head, children, records);
    tree_settle(tree);
    serve(tree, head, child, children);
    tree->checked = true;
    tree_free(tree);
    return 0;
}
