/*
 * A daemon's sockets in a folder of their own, and clients beside them. A client that is not this
 * program's own speaks raw ZeroMQ, as foreign clients do.
 */
#ifndef OMB_TESTS_PLACE_H
#define OMB_TESTS_PLACE_H

#include "io/linknet.h"
#include "io/net.h"
#include "support/folder.h"

#define PATIENCE_MS 10000 /* after which something that must come has not */

struct pair {
    struct omb_secret *secret;
    uint8_t public_key[OMB_PUBLIC_SIZE];
};

struct place {
    struct test_folder folder;
    struct test_path api;
    struct test_path bell;
    struct test_path spare;  /* of a socket that a test makes */
    char endpoint[600];      /* of the api socket, and so on */
    char bell_endpoint[600];
    char spare_endpoint[600];
    struct pair server;
    struct pair teller;      /* admitted */
    struct pair branch;      /* of an office below, admitted to the link */
    struct pair stranger;
    struct omb_net *net;     /* NULL when a test closed it */
};

/* cmocka's setup and teardown: with the teller admitted, and TCP on ports that are free. */
int place_open(void **state);
int place_close(void **state);
enum omb_rc place_serve(struct place *place, const char *tcp, struct omb_error *err) OMB_MUST_USE;
void place_shut(struct place *place);

struct omb_client *client_at(struct place *place, const struct pair *who, const char *endpoint);
struct omb_client *client_of(struct place *place, const struct pair *who);
void client_says(struct omb_client *client, const char *text);
void client_hears(struct omb_client *client, const char *text);
/* Waits for the next message at the server. */
struct omb_net_message server_hears(struct place *place);
/* One request and its reply. */
void round_trip(struct place *place, struct omb_client *client);

/* The links of another office, which nobody is below. */
struct far_office {
    void *context;
    struct omb_zap *zap;
    struct omb_linknet *links;
};
struct far_office far_open(const struct pair *who, int64_t handshake_ms);
void far_close(struct far_office *far);
/* Dials the place; returns the link. */
uint64_t far_dials(struct far_office *far, struct place *place);
/* Waits for the next news, of links of one or of the other side. */
struct omb_link_news links_hear(struct omb_linknet *links);

/* The teller's own ZeroMQ socket. */
struct raw {
    void *context;
    void *socket;
    void *monitor;
};
struct raw raw_open(struct place *place, int type);
/* The branch's, at the listener; routing_id: NULL, or one that it chose. */
struct raw raw_branch(struct place *place, const char *routing_id);
void raw_close(struct raw *raw);

#endif
