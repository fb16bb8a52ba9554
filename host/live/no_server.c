/* SPDX-License-Identifier: Apache-2.0 */
/* no_server.c: replaces server.c in a build without civetweb. */
#ifndef DSLT_CIVETWEB
#include "base/error.h"
#include "live/server.h"

int dslt_live_server_start(dslt_live_server **out, dslt_live_session *session,
                           const dslt_live_address *address) {
  (void)out, (void)session, (void)address;
  return dslt_fail(
      DSLT_EUNSUPPORTED,
      "dslt live needs civetweb, which this build does not have; install libcivetweb-dev and build again.");
}

const char *dslt_live_server_url(const dslt_live_server *server) {
  (void)server;
  return "";
}

int dslt_live_server_port(const dslt_live_server *server) {
  (void)server;
  return 0;
}

void dslt_live_server_stop(dslt_live_server *server) { (void)server; }

const char *dslt_live_server_library(void) { return NULL; }
#else
typedef int dslt_live_no_server_is_empty;
#endif
