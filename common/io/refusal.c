#include "io/refusal.h"

#include "wire/control.h"
#include "wire/request.h"

static void refuse(struct omb_view id, const struct omb_error *why, struct omb_buf *out)
{
    const struct omb_refusal refusal = {.code = omb_view_str(omb_rc_word(why->rc)),
                                        .words = omb_view_str(why->words)};
    const struct omb_reply reply = {.id = id, .error = &refusal};

    omb_encode_reply(&reply, out);
}

void omb_refuse_request(struct omb_view request, const struct omb_error *why, struct omb_buf *out)
{
    refuse(omb_request_id(request), why, out);
}

void omb_refuse_instead(struct omb_view reply, const struct omb_error *why, struct omb_buf *out)
{
    refuse(omb_reply_id(reply), why, out);
}
