/* The insides of the core and those of io/ cannot be included together. */
#include "bench/branch_state.h"

#include "office/post/inside.h"

bool branch_is_live(const struct omb_office *office)
{
    return office->post->up != NULL && office->post->up->state == OMB_LINK_LIVE;
}
