#include "io/linkwork.h"

#include <stdio.h>
#include <string.h>

/* --- news --- */

static void tell_made(struct omb_linkwork *work, const struct omb_link_news *news)
{
    work->stands = true;
    work->why[0] = '\0';
    OMB_LOG(work->log, NOTICE, "parent reached -> link is up", OMB_LOG_T("address", work->address),
            OMB_LOG_N("link", news->link));
}

/* A parent that stays away is tried often: that is told once, until the reason is another. */
static void tell_ended(struct omb_linkwork *work, const struct omb_link_news *news)
{
    char why[sizeof(work->why)];
    const bool stood = work->stands;

    snprintf(why, sizeof(why), "%.*s", OMB_VIEW_ARGS(news->bytes));
    work->stands = false;
    if (stood)
        OMB_LOG(work->log, WARNING, "link to the parent ended -> down", OMB_LOG_T("why", why),
                OMB_LOG_N("link", news->link));
    else if (strcmp(why, work->why) != 0)
        OMB_LOG(work->log, WARNING, "parent not reached -> down, tried again",
                OMB_LOG_T("why", why), OMB_LOG_N("link", news->link));
    else
        OMB_LOG(work->log, DEBUG, "parent not reached -> down, tried again",
                OMB_LOG_T("why", why), OMB_LOG_N("link", news->link));
    memcpy(work->why, why, sizeof(why));
}

static enum omb_input_kind take_news(struct omb_linkwork *work, const struct omb_link_news *news)
{
    switch (news->kind) {
    case OMB_LINK_MADE:
        tell_made(work, news);
        return OMB_INPUT_LINK_UP;
    case OMB_LINK_ENDED:
        tell_ended(work, news);
        return OMB_INPUT_LINK_DOWN;
    case OMB_LINK_FRAME:
        break;
    }
    if (news->fresh)
        OMB_LOG(work->log, INFO, "office below connected -> heard", OMB_LOG_N("link", news->link));
    return OMB_INPUT_FRAME;
}

bool omb_linkwork_next(struct omb_linkwork *work, struct omb_input *out)
{
    struct omb_link_news news;

    if (!omb_linknet_next(work->links, &news))
        return false;
    *out = (struct omb_input){.kind = take_news(work, &news),
                              .bytes = news.bytes,
                              .link = news.link,
                              .dialled = news.dialled,
                              .refused = news.refused};
    memcpy(out->peer, news.peer, sizeof(out->peer));
    return true;
}

/* --- what is wanted --- */

void omb_linkwork_admit(struct omb_linkwork *work, const struct omb_office *office)
{
    const uint8_t(*keys)[OMB_PUBLIC_SIZE];
    size_t count = omb_office_children(office, &keys);

    if (omb_linknet_admit(work->links, keys, count))
        OMB_LOG(work->log, NOTICE, "offices below changed -> keys admitted again",
                OMB_LOG_N("keys", count));
}

void omb_linkwork_send(struct omb_linkwork *work, const struct omb_update *update)
{
    const struct omb_send *sends;
    size_t count = omb_update_sends(update, &sends);

    for (size_t i = 0; i < count; i++)
        omb_linknet_send(work->links, sends[i].link, sends[i].dialled, sends[i].bytes);
}

void omb_linkwork_dial(struct omb_linkwork *work, const struct omb_dial *dial)
{
    uint64_t link;

    switch (dial->kind) {
    case OMB_DIAL_NONE:
        return;
    case OMB_DIAL_HANG_UP:
        if (omb_linknet_hang_up(work->links))
            OMB_LOG(work->log, NOTICE, "core asked -> parent hung up",
                    OMB_LOG_T("address", work->address));
        work->stands = false;
        return;
    case OMB_DIAL_CONNECT:
        snprintf(work->address, sizeof(work->address), "%.*s", OMB_VIEW_ARGS(dial->address));
        work->stands = false;
        link = omb_linknet_call(work->links, dial->address, dial->server_key);
        OMB_LOG(work->log, DEBUG, "core asked -> parent dialled",
                OMB_LOG_T("address", work->address), OMB_LOG_N("link", link));
        return;
    }
}

/* --- counts --- */

void omb_linkwork_tell(struct omb_linkwork *work)
{
    struct omb_link_counts counts = omb_linknet_counts(work->links), told = work->told;

    if (counts.refused > told.refused)
        OMB_LOG(work->log, WARNING, "key of no office below -> refused at the handshake",
                OMB_LOG_N("count", counts.refused - told.refused));
    if (counts.revoked > told.revoked)
        OMB_LOG(work->log, WARNING, "frame under a revoked key -> dropped",
                OMB_LOG_N("count", counts.revoked - told.revoked));
    if (counts.malformed > told.malformed)
        OMB_LOG(work->log, WARNING, "link message of the wrong frames -> dropped",
                OMB_LOG_N("count", counts.malformed - told.malformed));
    if (counts.endless > told.endless)
        OMB_LOG(work->log, WARNING, "more came over a link than is read -> connection ended",
                OMB_LOG_N("count", counts.endless - told.endless));
    if (counts.silent > told.silent)
        OMB_LOG(work->log, WARNING, "too many connections that say nothing -> ended",
                OMB_LOG_N("count", counts.silent - told.silent));
    if (counts.no_room > told.no_room)
        OMB_LOG(work->log, WARNING, "peer does not read -> frames dropped",
                OMB_LOG_N("count", counts.no_room - told.no_room));
    if (counts.no_peer > told.no_peer)
        OMB_LOG(work->log, NOTICE, "peer has left -> frames dropped",
                OMB_LOG_N("count", counts.no_peer - told.no_peer));
    if (counts.forgotten > told.forgotten)
        OMB_LOG(work->log, NOTICE, "offices below connected anew -> old connections ended",
                OMB_LOG_N("count", counts.forgotten - told.forgotten));
    work->told = counts;
}
