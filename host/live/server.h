/* SPDX-License-Identifier: Apache-2.0 */
/* server.h: serves a session's page by HTTP, with civetweb. A build without it has no server (no_server.c). */
#ifndef DSLT_LIVE_SERVER_H
#define DSLT_LIVE_SERVER_H

#include "live/session.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dslt_live_server dslt_live_server;

typedef struct dslt_live_address {
  const char *bind; /* an IPv4 or IPv6 address in numbers */
  int port;         /* 0 = a free one */
  int token;        /* 1: ask for a token on loopback too; elsewhere that is always so */
} dslt_live_address;

/* Serve `session`, which outlives the server, in threads of its own. DSLT_EUNSUPPORTED: built without civetweb, or that without IPv6; DSLT_EARGUMENT: no
 * address; DSLT_EIO: the port is taken, or may not be opened. */
int dslt_live_server_start(dslt_live_server **out, dslt_live_session *session,
                           const dslt_live_address *address);
/* The page's whole address, with its token. Valid until _stop. */
const char *dslt_live_server_url(const dslt_live_server *server);
int dslt_live_server_port(const dslt_live_server *server);
/* End the session (dslt_live_session_end) and wait for the threads; NULL is allowed. */
void dslt_live_server_stop(dslt_live_server *server);

/* "civetweb 1.15", or NULL in a build without it. Static storage. */
const char *dslt_live_server_library(void);

#ifdef __cplusplus
}
#endif

#endif
