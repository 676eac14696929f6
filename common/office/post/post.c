/*
 * The post of an office: its links, found by connection and by peer.
 */
#include "office/post/post.h"

#include <stdlib.h>

#include "base/assert.h"
#include "office/inside.h"

struct omb_post {
    size_t link_count;
};

struct omb_post *omb_post_new(void)
{
    struct omb_post *post = calloc(1, sizeof(*post));

    OMB_ASSERT(post != NULL);
    return post;
}

void omb_post_free(struct omb_post *post)
{
    free(post);
}

enum omb_rc omb_post_open(struct omb_office *office, struct omb_error *err)
{
    (void)office;
    (void)err;
    return OMB_OK;
}

enum omb_rc omb_post_input(struct omb_step *step, struct omb_error *err)
{
    (void)step;
    (void)err;
    return OMB_OK;
}

enum omb_rc omb_post_tick(struct omb_step *step, struct omb_error *err)
{
    (void)step;
    (void)err;
    return OMB_OK;
}

enum omb_rc omb_post_pump(struct omb_step *step, struct omb_error *err)
{
    (void)step;
    (void)err;
    return OMB_OK;
}

void omb_post_tree_changed(struct omb_step *step)
{
    step->update->children_changed = true;
}
