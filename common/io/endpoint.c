#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "io/officedir.h"

/* What stands behind tcp:// and in front of the last colon, and what is behind that. */
struct parts {
    struct omb_view host, port;
};

static bool split(struct omb_view endpoint, struct parts *out)
{
    const struct omb_view scheme = OMB_VIEW_LIT("tcp://");
    struct omb_view rest;
    size_t colon;

    if (!omb_view_starts(endpoint, scheme))
        return false;
    rest = omb_view(endpoint.data + scheme.size, endpoint.size - scheme.size);
    for (colon = rest.size; colon > 0 && rest.data[colon - 1] != ':';)
        colon--;
    if (colon == 0)
        return false;
    out->host = omb_view(rest.data, colon - 1);
    out->port = omb_view(rest.data + colon, rest.size - colon);
    return true;
}

static bool all_of(struct omb_view text, const char *others)
{
    for (size_t i = 0; i < text.size; i++)
        if (!isalnum(text.data[i]) && !strchr(others, text.data[i]))
            return false;
    return text.size > 0 && !memchr(text.data, '\0', text.size);
}

static bool is_host(struct omb_view host)
{
    if (host.size > 2 && host.data[0] == '[' && host.data[host.size - 1] == ']')
        return all_of(omb_view(host.data + 1, host.size - 2), ":.%");
    return all_of(host, ".-_");
}

/* `*`, or zero however it is written: 0.0.0.0, [::], [::0]. */
static bool is_wildcard(struct omb_view host)
{
    if (omb_view_is(host, "*"))
        return true;
    for (size_t i = 0; i < host.size; i++)
        if (!strchr("0.:[]", host.data[i]))
            return false;
    return is_host(host);
}

static bool is_port(struct omb_view port)
{
    uint64_t number;

    return omb_text_u64(port, &number) == OMB_OK && number <= UINT16_MAX;
}

static bool is_any_port(struct omb_view port)
{
    return omb_view_is(port, "*") || omb_view_is(port, "0");
}

enum omb_rc omb_endpoint_check(struct omb_view endpoint, enum omb_endpoint_use use,
                               struct omb_error *err)
{
    struct omb_view shown = omb_text_cut(endpoint, 200);
    struct parts parts;

    if (!split(endpoint, &parts))
        return omb_fail(err, OMB_INVALID, NULL, "\"%.*s\" is not an endpoint, tcp://HOST:PORT",
                        OMB_VIEW_ARGS(shown));
    if (!is_wildcard(parts.host) && !is_host(parts.host))
        return omb_fail(err, OMB_INVALID, NULL,
                        "the host of \"%.*s\" is not a name, an address or an IPv6 address in []",
                        OMB_VIEW_ARGS(shown));
    if (!is_any_port(parts.port) && !is_port(parts.port))
        return omb_fail(err, OMB_INVALID, NULL, "the port of \"%.*s\" is not a number up to 65535",
                        OMB_VIEW_ARGS(shown));
    if (use == OMB_ENDPOINT_REACH && (is_wildcard(parts.host) || is_any_port(parts.port)))
        return omb_fail(err, OMB_INVALID, NULL,
                        "nobody can connect to \"%.*s\": it must name one host and port",
                        OMB_VIEW_ARGS(shown));
    return OMB_OK;
}

bool omb_endpoint_is_everywhere(struct omb_view endpoint)
{
    struct parts parts;

    return split(endpoint, &parts) && is_wildcard(parts.host);
}
