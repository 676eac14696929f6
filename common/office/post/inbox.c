/*
 * Records that come. A frame is taken record by record; where one waits for another record or a
 * certificate, the rest of the frame is held and so is every frame behind it, within the credit
 * that was granted, and what it waits for is wanted. The cursor moves when a frame is done.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "office/post/ack.h"
#include "office/post/work.h"
#include "wire/limits.h"

#define WINDOW_MAX (2 * 1024 * 1024) /* two batches: one comes while the disk takes the other */
#define WINDOW_MIN (64 * 1024)
#define WINDOWS_ALL (64 * 1024 * 1024) /* of all children together */
#define TOLD_MAX 16                    /* refusals of one frame */

enum { ROUNDS = 3 }; /* through one frame beside the feed */
enum { ASK_ANEW = 3 }; /* tries of one record, after which what it lacks beside is asked for anew */

uint64_t omb_inbox_window(const struct omb_post *post, const struct omb_link *link)
{
    const uint64_t share = WINDOWS_ALL / (post->connected > 0 ? post->connected : 1);

    if (link->up || share > WINDOW_MAX)
        return WINDOW_MAX;
    return share < WINDOW_MIN ? WINDOW_MIN : share;
}

/* --- one frame --- */

/* A frame being taken. */
struct taking {
    struct omb_link *link;
    const struct omb_records *records;
    struct omb_missing_part *missing; /* of them, sorted; NULL: none */
    size_t at; /* of the record that is next */
    bool waits;
    struct omb_receipt stop; /* why it does */
    bool forked;
    struct omb_receipt fork; /* in the life that the peer writes */
    bool grew;               /* something came that was not here */
    unsigned told;           /* refusals */
};

static int by_digest(const void *a, const void *b)
{
    const struct omb_missing_part *x = a, *y = b;

    return OMB_ID_COMPARE(&x->digest, &y->digest);
}

/* Sorted once: a frame may name as many parts as it holds records, and more. */
static void begin(struct omb_step *step, struct taking *taking, struct omb_link *link,
                  const struct omb_records *records)
{
    const struct omb_missing_part_list *missing = &records->missing;

    *taking = (struct taking){.link = link, .records = records};
    if (missing->count == 0)
        return;
    taking->missing = OMB_ARENA_NEW(step->arena, struct omb_missing_part, missing->count);
    memcpy(taking->missing, missing->items, missing->count * sizeof(*missing->items));
    qsort(taking->missing, missing->count, sizeof(*missing->items), by_digest);
}

static uint32_t missing_of(const struct taking *taking, const struct omb_record *record)
{
    const struct omb_missing_part *found;
    struct omb_missing_part wanted;

    if (!taking->missing)
        return 0;
    wanted.digest = omb_record_digest(record->header);
    found = bsearch(&wanted, taking->missing, taking->records->missing.count, sizeof(wanted),
                    by_digest);
    return found ? found->parts : 0;
}

static bool is_own(const struct omb_link *link, const struct omb_receipt *receipt)
{
    return omb_office_id_equal(&receipt->office, &link->peer);
}

/* Whether that was asked for beside the feed since something came. */
static bool was_asked(const struct omb_link *link, const struct omb_digest *digest)
{
    if (omb_digest_none(digest))
        return false;
    for (size_t i = 0; i < OMB_ASKED_BESIDE; i++)
        if (omb_digest_equal(&link->asked[i], digest))
            return true;
    return false;
}

/* Whether it waits for the first record of the life that the peer writes, being of an older one. */
static bool needs_life(const struct omb_link *link, const struct omb_receipt *receipt)
{
    return is_own(link, receipt) && receipt->range.last == 1 &&
           omb_incarnation_equal(&receipt->range.incarnation, &link->life) &&
           !omb_incarnation_equal(&receipt->incarnation, &link->life);
}

static bool is_same_range(const struct omb_log_range *a, const struct omb_log_range *b)
{
    return omb_office_id_equal(&a->office, &b->office) &&
           omb_incarnation_equal(&a->incarnation, &b->incarnation) && a->first == b->first &&
           a->last == b->last;
}

/*
 * Whether all that it lacks was in ranges that were wanted twice, and nothing came but this: an
 * answer goes from the first of a range on, so the peer has none of what is before. Or it is the
 * record that a life goes on from, which was wanted by its digest and did not come.
 */
static bool came_without(const struct omb_link *link, const struct omb_receipt *receipt)
{
    const struct omb_log_range *lacks = &receipt->range;

    if (!link->up && link->wanted == 0 && receipt->of_chain && lacks->first == 0 &&
        was_asked(link, &receipt->certificate))
        return true;
    for (size_t i = 0; link->ranges_left > 0 && link->wanted == 0 && i < link->range_count; i++) {
        const struct omb_log_range *asked = &link->ranges[i];

        if (omb_office_id_equal(&asked->office, &lacks->office) &&
            omb_incarnation_equal(&asked->incarnation, &lacks->incarnation) &&
            asked->first <= lacks->first && asked->last >= receipt->seq)
            return true;
    }
    return false;
}

/*
 * Whether the peer is known to have no more of that life than what came; or not the record that
 * this one says it follows, in place of the one that is here. The life that it writes may go on
 * from what waits for that life: where nothing else helps, its first one is taken without.
 */
static bool holes_in(const struct omb_link *link, const struct omb_receipt *receipt)
{
    if (link->up && receipt->range.first == 0 && was_asked(link, &receipt->certificate))
        return true; /* a certificate before this one, which the parent has not got */
    if (link->retries >= OMB_RETRIES_OF_LIFE && receipt->seq == 1 && is_own(link, receipt) &&
        omb_incarnation_equal(&receipt->incarnation, &link->life))
        return true;
    if ((link->retries >= OMB_RETRIES && omb_digest_equal(&link->waiting, &receipt->digest)) ||
        came_without(link, receipt))
        return link->up || !omb_incarnation_equal(&receipt->incarnation, &link->life) ||
               !is_own(link, receipt) || (receipt->range.first == 0 && receipt->seq > 1);
    return receipt->parted.first == 0 && is_own(link, receipt) &&
           OMB_ID_COMPARE(&receipt->incarnation, &link->life) < 0;
}

/* A child hears of its own records, a few of each frame: it writes them again. */
static void tell_refused(struct omb_step *step, struct taking *taking,
                         const struct omb_receipt *receipt)
{
    const struct omb_refuse refuse = {
        .code = OMB_VIEW_LIT("record"),
        .words = omb_view_str(receipt->words),
        .record = receipt->digest,
    };

    omb_link_reason(taking->link, OMB_REFUSED_WORDS, (unsigned long long)receipt->seq,
                    receipt->words);
    if (taking->told++ < TOLD_MAX)
        omb_link_send(step, taking->link, OMB_FRAME_REFUSE, &refuse);
}

static enum omb_rc note_refused(struct omb_step *step, struct taking *taking,
                                const struct omb_receipt *receipt, struct omb_error *err)
{
    struct omb_link *link = taking->link;

    omb_link_error(link, receipt->words);
    if (!link->up && is_own(link, receipt))
        tell_refused(step, taking, receipt);
    if (!link->up && receipt->out_of_scope) /* it may have come there, and nobody has said so yet */
        link->passed_over = link->lacked = link->dirty = true;
    return omb_link_refused(step, link, receipt, err);
}

/*
 * What follows a record of an older life that was refused is a straggler once the next life is
 * here: its first record goes on from what was taken.
 */
static void wait_for_next_life(const struct omb_link *link, struct omb_receipt *receipt)
{
    if (!is_own(link, receipt) || OMB_ID_COMPARE(&receipt->incarnation, &link->life) >= 0)
        return;
    receipt->range.incarnation = link->life;
    receipt->range.first = receipt->range.last = 1;
}

/*
 * A record of an office below comes from above, or by way of a child that it stood below once: it
 * was lost down there, or that office came from elsewhere and its disk did not. It goes on down by
 * the comparison with the child above it.
 */
static void give_back(struct omb_step *step, const struct omb_link *link,
                      const struct omb_office_id *office)
{
    struct omb_office_id child;

    if (omb_office_id_equal(office, &link->peer)) /* as most are: nothing is to be looked up */
        return;
    child = omb_feed_child_above(step, office);
    if (!omb_office_id_none(&child) && !omb_office_id_equal(&child, &link->peer))
        omb_post_came_below(step, &child);
}

static enum omb_rc take_one(struct omb_step *step, struct taking *taking,
                            struct omb_intake *intake, const struct omb_record *record,
                            struct omb_error *err)
{
    struct omb_link *link = taking->link;
    const uint32_t missing = missing_of(taking, record);
    struct omb_receipt receipt;
    enum omb_rc rc = omb_intake_take(intake, record, missing, false, &receipt, err);

    if (rc == OMB_OK && receipt.kind == OMB_RECEIPT_WAITS && receipt.of_chain &&
        holes_in(link, &receipt)) {
        rc = omb_intake_take(intake, record, missing, true, &receipt, err);
        if (rc == OMB_OK && receipt.kind == OMB_RECEIPT_WAITS && receipt.range.first > 0)
            wait_for_next_life(link, &receipt);
    }
    if (rc != OMB_OK)
        return rc;
    switch (receipt.kind) {
    case OMB_RECEIPT_NEW:
        taking->grew = true;
        link->progress_at = step->input->now_ms;
        give_back(step, link, &receipt.office);
        if (!link->up)
            (void)omb_ack_grown(step->office->post, link, receipt.at.number);
        return OMB_OK;
    case OMB_RECEIPT_COMPLETED:
        taking->grew = true;
        return OMB_OK;
    case OMB_RECEIPT_DUPLICATE: /* by whatever way it came here: it is durable for this one, too */
        return link->up ? OMB_OK
                        : omb_ack_known(step, link, &receipt.office, receipt.at.number, err);
    case OMB_RECEIPT_WAITS:
        taking->waits = true;
        taking->stop = receipt;
        return OMB_OK;
    case OMB_RECEIPT_FORK:
        taking->grew |= receipt.at.seq > 0; /* of too many lines nothing is kept */
        if (!link->up && is_own(link, &receipt) &&
            omb_incarnation_equal(&receipt.incarnation, &link->life) &&
            (!taking->forked || receipt.seq < taking->fork.seq)) {
            taking->forked = true;
            taking->fork = receipt;
        }
        return OMB_OK;
    case OMB_RECEIPT_REFUSED:
        return note_refused(step, taking, &receipt, err);
    }
    return OMB_OK;
}

static enum omb_rc take_records(struct omb_step *step, struct taking *taking,
                                struct omb_error *err)
{
    struct omb_intake *intake = omb_intake_begin(step, &taking->link->peer, taking->link->up);
    enum omb_rc rc = OMB_OK;

    while (rc == OMB_OK && !taking->waits && taking->at < taking->records->records.count) {
        rc = take_one(step, taking, intake, &taking->records->records.items[taking->at], err);
        if (!taking->waits)
            taking->at++;
    }
    return rc == OMB_OK ? omb_intake_end(intake, err) : rc;
}

/* --- frames that wait --- */

static void hold(struct omb_link *link, const struct omb_records *records, size_t from,
                 size_t charge, bool in_front)
{
    struct omb_records rest = *records;
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_held *held;

    rest.records.items += from;
    rest.records.count -= from;
    omb_encode_records(&rest, &bytes);
    held = malloc(sizeof(*held) + bytes.size);
    OMB_ASSERT(held != NULL);
    *held = (struct omb_held){.charge = charge, .size = bytes.size};
    memcpy(held->bytes, bytes.data, bytes.size);
    omb_buf_free(&bytes);
    if (in_front) {
        held->next = link->held_first;
        link->held_first = held;
        if (!link->held_last)
            link->held_last = held;
    } else {
        if (link->held_last)
            link->held_last->next = held;
        else
            link->held_first = held;
        link->held_last = held;
    }
}

/* Says what the record waits for, and wants it, a few times. */
static void want_it(struct omb_step *step, struct omb_link *link,
                    const struct omb_receipt *receipt)
{
    struct omb_want want = {0};
    char hex[2 * OMB_KEY_ID_SIZE + 1];

    if (!omb_digest_equal(&link->waiting, &receipt->digest)) {
        link->waiting = receipt->digest;
        link->retries = 0;
    }
    if (receipt->of_chain && receipt->range.first == 0 && !link->up) {
        want.digests.items = &receipt->certificate;
        want.digests.count = 1;
        want.ranges.items = &receipt->parted;
        want.ranges.count = receipt->parted.first > 0;
        omb_link_reason(link, "waits for the record that %llu of %.*s goes on from",
                        (unsigned long long)receipt->seq,
                        OMB_VIEW_ARGS(omb_office_code_of(step, &receipt->office)));
    } else if (receipt->range.first > 0) {
        want.ranges.items = &receipt->range;
        want.ranges.count = 1;
        if (!link->reason || !strstr(link->reason, "was refused"))
            omb_link_reason(link, "waits for records %llu-%llu of %.*s",
                            (unsigned long long)receipt->range.first,
                            (unsigned long long)receipt->range.last,
                            OMB_VIEW_ARGS(omb_office_code_of(step, &receipt->range.office)));
    } else {
        want.digests.items = &receipt->certificate;
        want.digests.count = 1;
        omb_hex(omb_view(receipt->certificate.bytes, OMB_KEY_ID_SIZE), hex);
        omb_link_reason(link, "waits for the certificate of %.*s (%s)",
                        OMB_VIEW_ARGS(omb_office_code_of(step, &receipt->office)), hex);
    }
    if (link->retries >= (needs_life(link, receipt) ? OMB_RETRIES_OF_LIFE : OMB_RETRIES))
        return;
    /*
     * What came beside the feed in vain lacks something that is asked for level by level, one each
     * time; in between, what nobody up there has is done without (holes_in).
     */
    if (++link->retries % ASK_ANEW == 0)
        omb_want_anew(link);
    omb_want_send(step, link, &want);
    omb_want_above(step, link, &want);
}

static void done_with(struct omb_link *link, const struct omb_records *records, size_t charge)
{
    const struct omb_record *last = &records->records.items[records->records.count - 1];

    link->held.position = records->last;
    link->held.digest = omb_record_digest(last->header);
    link->give_back += charge;
    link->ack_due = link->dirty = true;
}

/* Its own log has a fork: nothing more is taken until it greets with another life. */
static enum omb_rc block_fork(struct omb_step *step, struct omb_link *link,
                              const struct omb_receipt *receipt, struct omb_error *err)
{
    char words[200];

    snprintf(words, sizeof(words), OMB_FORK_WORDS, (unsigned long long)receipt->seq);
    omb_link_error(link, words);
    omb_link_refuse(step, link->connection, false, "fork", words);
    omb_link_reset(link);
    return omb_link_to(step, link, OMB_LINK_BLOCKED, words, err);
}

/* Takes a frame of the feed as far as it goes. */
static enum omb_rc take_frame(struct omb_step *step, struct omb_link *link,
                              const struct omb_records *records, size_t charge,
                              bool *out_waits, struct omb_error *err)
{
    struct taking taking;
    enum omb_rc rc;

    begin(step, &taking, link, records);
    rc = take_records(step, &taking, err);
    if (rc != OMB_OK)
        return rc;
    *out_waits = taking.waits;
    if (!taking.waits)
        done_with(link, records, charge);
    if (taking.forked)
        return block_fork(step, link, &taking.fork, err);
    if (taking.waits) {
        hold(link, records, taking.at, charge, true);
        want_it(step, link, &taking.stop);
    }
    return OMB_OK;
}

/* A record of its own that was refused stays the reason until it greets again. */
static void waits_no_more(struct omb_link *link)
{
    memset(&link->waiting, 0, sizeof(link->waiting));
    link->retries = 0;
    if (link->reason && strncmp(link->reason, "waits for", 9) == 0)
        omb_link_reason(link, "%s", "");
}

enum omb_rc omb_inbox_retry(struct omb_step *step, struct omb_link *link, struct omb_error *err)
{
    bool waits = false;
    enum omb_rc rc = OMB_OK;

    omb_post_busy(step->office->post, link);
    while (rc == OMB_OK && !waits && link->held_first) {
        struct omb_held *held = link->held_first;
        struct omb_records records;

        link->held_first = held->next;
        if (!link->held_first)
            link->held_last = NULL;
        rc = omb_decode_records(omb_arena_copy(step->arena, omb_view(held->bytes, held->size)),
                                step->arena, &records, err);
        if (rc == OMB_OK)
            rc = take_frame(step, link, &records, held->charge, &waits, err);
        free(held);
    }
    if (rc == OMB_OK && !waits)
        waits_no_more(link);
    return rc;
}

/*
 * Notes that it is asked for; false: it was, and nothing came since. Two that wait for each other
 * would ask in turns for ever.
 */
static bool note_asked(struct omb_link *link, const struct omb_receipt *lacks)
{
    for (size_t i = 0; i < link->range_count; i++)
        if (is_same_range(&link->ranges[i], &lacks->range))
            return false;
    if (omb_digest_none(&lacks->certificate))
        return true;
    if (was_asked(link, &lacks->certificate))
        return false;
    link->asked[link->besides % OMB_ASKED_BESIDE] = lacks->certificate;
    return true;
}

/*
 * What the first of them lacks, a certificate before all: with it the others come again. Of a
 * child's side it may be what stands before it in its log, as when the word of an office that it
 * came here is all that was asked for; a comparison that is under way brings that by itself.
 */
static void want_beside(struct omb_step *step, struct omb_link *link,
                        const struct omb_receipt *lacks)
{
    const struct omb_want digest = {.digests = {&lacks->certificate, 1},
                                    .ranges = {&lacks->parted, lacks->parted.first > 0}};
    const struct omb_want before = {.ranges = {&lacks->range, 1}};
    const bool of_log = omb_digest_none(&lacks->certificate);

    if ((of_log && (lacks->range.first == 0 || link->up || link->page_due || link->page_rest)) ||
        link->besides >= OMB_BESIDES_MAX || !note_asked(link, lacks))
        return;
    link->besides++;
    if (of_log) {
        omb_want_ranges(step, link, &before);
        return;
    }
    omb_want_send(step, link, &digest);
    omb_want_above(step, link, &digest);
}

/* Which of two that wait says what is wanted; of another line the one that lies farther down. */
static bool comes_before(const struct omb_receipt *waits, const struct omb_receipt *chosen)
{
    if (chosen->parted.first > 0)
        return waits->parted.first > 0 && waits->seq < chosen->seq;
    return omb_digest_none(&chosen->certificate) &&
           (chosen->seq == 0 || !omb_digest_none(&waits->certificate));
}

/*
 * Takes what does not wait. What does is tried again after the others: what it lacks may stand
 * behind it in the same frame, as the life that says that another one ended stands behind that.
 */
static enum omb_rc take_in_rounds(struct omb_step *step, struct taking *taking,
                                  struct omb_receipt *out_lacks, struct omb_error *err)
{
    const struct omb_record_list *records = &taking->records->records;
    bool *done = OMB_ARENA_NEW(step->arena, bool, records->count);
    size_t left = records->count, before = left + 1;
    enum omb_rc rc = OMB_OK;

    for (unsigned round = 0; rc == OMB_OK && left < before && round < ROUNDS; round++) {
        struct omb_intake *intake =
            omb_intake_begin(step, &taking->link->peer, taking->link->up);

        before = left;
        *out_lacks = (struct omb_receipt){.seq = 0};
        for (size_t i = 0; rc == OMB_OK && i < records->count; i++) {
            if (done[i])
                continue;
            taking->waits = false;
            rc = take_one(step, taking, intake, &records->items[i], err);
            done[i] = !taking->waits;
            left -= done[i];
            if (taking->waits && comes_before(&taking->stop, out_lacks))
                *out_lacks = taking->stop;
        }
        if (rc == OMB_OK)
            rc = omb_intake_end(intake, err);
    }
    return rc;
}

/* Records beside the feed, in answer to a Want. What still waits is left out. */
static enum omb_rc take_beside(struct omb_step *step, struct omb_link *link,
                               const struct omb_records *records, struct omb_error *err)
{
    struct taking taking;
    struct omb_receipt lacks = {.seq = 0};
    enum omb_rc rc;

    if (link->wanted == 0)
        return omb_link_useless(step, link, err);
    link->wanted--;
    begin(step, &taking, link, records);
    rc = take_in_rounds(step, &taking, &lacks, err);
    if (rc != OMB_OK)
        return rc;
    if (taking.grew) { /* what was in vain may not be any more */
        link->retries = 0;
        link->ranges_left = 0;
        omb_want_anew(link);
    }
    want_beside(step, link, &lacks);
    if (!link->up && !omb_digest_none(&lacks.certificate))
        link->lacked = link->dirty = true;
    if (taking.forked)
        return block_fork(step, link, &taking.fork, err);
    if (!taking.grew && link->wanted == 0 && link->retries < OMB_RETRIES &&
        (lacks.of_chain || omb_digest_none(&lacks.certificate)))
        link->retries = OMB_RETRIES; /* it has no more than that; a certificate may be on its way */
    if (link->range_count > 0)
        rc = omb_want_more(step, link, err);
    if (rc == OMB_OK)
        rc = omb_want_parts_more(step, link, err);
    return rc == OMB_OK && link->held_first ? omb_inbox_retry(step, link, err) : rc;
}

/* Positions rise; the first frame of a greeting may begin anywhere, others behind it. */
static bool in_place(const struct omb_link *link, const struct omb_records *records)
{
    return records->records.count > 0 && records->last >= records->first &&
           records->last - records->first >= records->records.count - 1 &&
           (link->any_position || records->first > link->came);
}

enum omb_rc omb_inbox_records(struct omb_step *step, struct omb_link *link,
                              const struct omb_records *records, struct omb_error *err)
{
    const size_t charge = step->input->bytes.size;
    bool waits;
    enum omb_rc rc;

    if (records->first == 0 && records->last == 0)
        return take_beside(step, link, records, err);
    if (!link->any_position && records->last > 0 && records->last <= link->came) {
        link->ack_due = true;
        return omb_link_useless(step, link, err);
    }
    if (!omb_credit_use(&link->granted, charge))
        return omb_link_wrong(step, link, "it sent more than it was granted", err);
    if (records->first == 0 || !in_place(link, records))
        return omb_link_wrong(step, link, "its positions do not rise", err);
    link->any_position = false;
    link->came = records->last;
    if (link->held_first) { /* what its peer has got meanwhile may be what the first waits for */
        hold(link, records, 0, charge, false);
        if (link->wanted > 0)
            return OMB_OK;
        link->retries = 0;
        return omb_inbox_retry(step, link, err);
    }
    rc = take_frame(step, link, records, charge, &waits, err);
    if (rc == OMB_OK && !waits && link->greeted)
        waits_no_more(link);
    return rc;
}
