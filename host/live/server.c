/* SPDX-License-Identifier: Apache-2.0 */
/* server.c: serves a session's page by HTTP. civetweb has no folder to serve: every request comes here. */
#ifdef DSLT_CIVETWEB
#include "live/server.h"

#include <arpa/inet.h>
#include <civetweb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "live/guard.h"
#include "live/page.h"

/* Threads of civetweb, each busy as long as a request waits for a frame, and how many of them may wait. */
#define THREADS "20"
enum { MOST_READERS = 14 };
/* How long a request waits for something new, seconds. */
static const double longest_wait = 10;

struct dslt_live_server {
  dslt_live_session *session;
  dslt_live_guard guard;
  struct mg_context *context;
  atomic_int busy;    /* requests that are being answered */
  atomic_int readers; /* those of them that wait for a frame */
  atomic_int started;
  int port;
  atomic_int stopped;
  struct sockaddr_storage door; /* where the page is served, for connections of our own */
  char url[160];
  char trouble[256]; /* civetweb's first complaint while starting */
};

/* ---- answers ------------------------------------------------------------------------------------- */

/* Nothing is kept, nothing else may be loaded, no other page may show this one. */
static const char common[] =
    "Cache-Control: no-store\r\n"
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "X-Content-Type-Options: nosniff\r\n";

static void answer(struct mg_connection *c, int status, const char *type, const void *data, size_t size,
                   const char *more) {
  mg_printf(c, "HTTP/1.1 %d %s\r\n%s%sContent-Type: %s\r\nContent-Length: %zu\r\nConnection: %s\r\n\r\n",
            status, mg_get_response_code_text(c, status), common, more, type, size,
            status < 400 || status == 422 ? "keep-alive" : "close");
  if (size) mg_write(c, data, size);
}

static void say(struct mg_connection *c, int status, const char *sentence) {
  char line[DSLT_LIVE_SENTENCE + 2];
  const int length = snprintf(line, sizeof line, "%s\n", sentence);
  answer(c, status, "text/plain; charset=utf-8", line, (size_t)length,
         status == 405 ? "Allow: GET, POST\r\n" : "");
}

/* ---- what is asked for --------------------------------------------------------------------------- */

/* A number of the query, 0 where there is none. */
static int64_t number_in(const char *query, const char *name) {
  char text[24];
  if (!query || mg_get_var(query, strlen(query), name, text, sizeof text) <= 0) return 0;
  return strtoll(text, NULL, 10);
}

static void send_frame(struct mg_connection *c, dslt_live_server *s, const char *query) {
  unsigned char *bytes = NULL;
  size_t size = 0;
  if (atomic_fetch_add(&s->readers, 1) >= MOST_READERS) {
    say(c, 503, "Too many pages are open.");
  } else {
    const int rc = dslt_live_session_read(&bytes, &size, s->session, number_in(query, "after"),
                                          number_in(query, "picture"), longest_wait);
    if (rc == 1)
      answer(c, 200, "application/octet-stream", bytes, size, "");
    else if (rc == 0)
      answer(c, 200, "application/octet-stream", "", 0, "");
    else
      say(c, rc == DSLT_ESTATE ? 410 : 500, dslt_last_error());
  }
  atomic_fetch_sub(&s->readers, 1);
  free(bytes);
}

static void send_options(struct mg_connection *c, dslt_live_server *s) {
  char *text = NULL;
  if (dslt_live_session_describe(&text, s->session) < 0)
    say(c, 500, dslt_last_error());
  else
    answer(c, 200, "application/json", text, strlen(text), "");
  free(text);
}

static void send_boxes(struct mg_connection *c, dslt_live_server *s, dslt_box_format format) {
  char *text = NULL;
  size_t size = 0;
  FILE *stream = open_memstream(&text, &size);
  int rc = stream ? dslt_live_rows_write(stream, format, dslt_live_session_rows(s->session))
                  : dslt_fail(DSLT_EMEMORY, "Out of memory for the boxes.");
  if (stream && fclose(stream) != 0 && rc == DSLT_OK)
    rc = dslt_fail(DSLT_EMEMORY, "Out of memory for the boxes.");
  if (rc < 0)
    say(c, 500, dslt_last_error());
  else if (format == DSLT_FORMAT_CSV)
    answer(c, 200, "text/csv; charset=utf-8", text, size,
           "Content-Disposition: attachment; filename=\"boxes.csv\"\r\n");
  else
    answer(c, 200, "application/x-ndjson", text, size,
           "Content-Disposition: attachment; filename=\"boxes.jsonl\"\r\n");
  free(text);
}

static void take_command(struct mg_connection *c, dslt_live_server *s, long long length) {
  char text[DSLT_LIVE_MESSAGE_BYTES], sentence[DSLT_LIVE_SENTENCE];
  dslt_live_message message;
  size_t got = 0; /* the judge let no more than fits through */
  while (got < (size_t)length) {
    const int n = mg_read(c, text + got, (size_t)length - got);
    if (n <= 0) {
      say(c, 400, "The message ended early.");
      return;
    }
    got += (size_t)n;
  }
  if (dslt_live_message_parse(&message, text, got) < 0) {
    say(c, 400, dslt_last_error());
    return;
  }
  const int rc = dslt_live_session_ask(sentence, s->session, &message);
  if (rc < 0)
    say(c, rc == DSLT_EMEMORY || rc == DSLT_EINTERNAL ? 500 : 422, sentence);
  else
    answer(c, 204, "text/plain", "", 0, "");
}

static void serve(struct mg_connection *c, dslt_live_server *s, dslt_live_place place,
                  const struct mg_request_info *info) {
  dslt_live_file file;
  if (dslt_live_page_file(&file, place)) {
    answer(c, 200, file.type, file.data, file.size, "");
    return;
  }
  switch (place) {
    case DSLT_LIVE_FRAME: send_frame(c, s, info->query_string); break;
    case DSLT_LIVE_OPTIONS: send_options(c, s); break;
    case DSLT_LIVE_CSV: send_boxes(c, s, DSLT_FORMAT_CSV); break;
    case DSLT_LIVE_JSONL: send_boxes(c, s, DSLT_FORMAT_JSONL); break;
    case DSLT_LIVE_COMMAND: take_command(c, s, info->content_length); break;
    default: say(c, 404, "There is nothing here.");
  }
}

/* Called for every request, before civetweb looks at it. */
static int begin(struct mg_connection *c) {
  const struct mg_request_info *info = mg_get_request_info(c);
  dslt_live_server *s = info->user_data;
  const dslt_live_request request = {.method = info->request_method,
                                     .path = info->local_uri,
                                     .host = mg_get_header(c, "Host"),
                                     .origin = mg_get_header(c, "Origin"),
                                     .site = mg_get_header(c, "Sec-Fetch-Site"),
                                     .mode = mg_get_header(c, "Sec-Fetch-Mode"),
                                     .type = mg_get_header(c, "Content-Type"),
                                     .length = info->content_length};
  dslt_live_verdict verdict;
  atomic_fetch_add(&s->busy, 1);
  dslt_live_judge(&verdict, &s->guard, &request);
  if (verdict.status == 200)
    serve(c, s, verdict.place, info);
  else
    say(c, verdict.status, verdict.why);
  atomic_fetch_sub(&s->busy, 1);
  return 1;
}

/* ---- life ---------------------------------------------------------------------------------------- */

/* Keeps civetweb from writing to standard error; the complaint about a port is worth showing. */
static int keep_trouble(const struct mg_connection *c, const char *message) {
  const struct mg_context *context = mg_get_context(c);
  dslt_live_server *s = context ? mg_get_user_data(context) : NULL;
  if (s && !atomic_load(&s->started) && !s->trouble[0])
    snprintf(s->trouble, sizeof s->trouble, "%s", message);
  return 1;
}

/* An address that means all of this machine's also takes connections to itself. */
static void find_door(dslt_live_server *s, const char *bind_to) {
  struct sockaddr_in *four = (struct sockaddr_in *)&s->door;
  struct sockaddr_in6 *six = (struct sockaddr_in6 *)&s->door;
  if (strchr(bind_to, ':')) {
    six->sin6_family = AF_INET6;
    six->sin6_port = htons((uint16_t)s->port);
    inet_pton(AF_INET6, bind_to, &six->sin6_addr);
  } else {
    four->sin_family = AF_INET;
    four->sin_port = htons((uint16_t)s->port);
    inet_pton(AF_INET, bind_to, &four->sin_addr);
  }
}

static int start(dslt_live_server *s, const dslt_live_address *a) {
  char place[80];
  const int six = strchr(a->bind, ':') != NULL;
  snprintf(place, sizeof place, six ? "[%s]:%d" : "%s:%d", a->bind, a->port);
  const char *options[] = {"listening_ports",
                           place,
                           "num_threads",
                           THREADS,
                           "request_timeout_ms",
                           "10000",
                           "enable_keep_alive",
                           "yes",
                           "keep_alive_timeout_ms",
                           "3000",
                           "max_request_size",
                           "8192",
                           "tcp_nodelay",
                           "1",
                           "enable_directory_listing",
                           "no",
                           NULL};
  const struct mg_callbacks callbacks = {.begin_request = begin, .log_message = keep_trouble};
  struct mg_server_port ports[2];
  s->context = mg_start(&callbacks, s, options);
  atomic_store(&s->started, 1);
  if (!s->context)
    return dslt_fail(DSLT_EIO, "Port %d of %s cannot be opened%s%s.%s", a->port, a->bind,
                     s->trouble[0] ? ": " : "", s->trouble,
                     a->port ? " Another program may have it: --port 0 takes a free one." : "");
  if (mg_get_server_ports(s->context, 2, ports) < 1)
    return dslt_fail(DSLT_EINTERNAL, "The page's port is not known.");
  s->port = ports[0].port;
  find_door(s, a->bind);
  return DSLT_OK;
}

/* An address that a browser takes: one that means all of this machine's becomes its name. */
static void write_url(dslt_live_server *s, const char *bind) {
  char host[64];
  if (strcmp(bind, "0.0.0.0") == 0 || strcmp(bind, "::") == 0) {
    if (gethostname(host, sizeof host) != 0) strcpy(host, "localhost");
    host[sizeof host - 1] = '\0';
  } else {
    snprintf(host, sizeof host, strchr(bind, ':') ? "[%s]" : "%s", bind);
  }
  snprintf(s->url, sizeof s->url, "http://%s:%d/%s%s", host, s->port, s->guard.token,
           s->guard.token[0] ? "/" : "");
}

int dslt_live_server_start(dslt_live_server **out, dslt_live_session *session,
                           const dslt_live_address *address) {
  const int loopback = dslt_live_is_loopback(address->bind);
  if (loopback < 0)
    return dslt_fail(DSLT_EARGUMENT,
                     "--bind takes an address in numbers, such as 127.0.0.1 or 0.0.0.0, not \"%s\".",
                     address->bind);
  if (strchr(address->bind, ':') && !mg_check_feature(MG_FEATURES_IPV6))
    return dslt_fail(DSLT_EUNSUPPORTED,
                     "--bind %s: civetweb was built without IPv6 here; give an IPv4 address.", address->bind);
  dslt_live_server *s = calloc(1, sizeof *s);
  if (!s) return dslt_fail(DSLT_EMEMORY, "Out of memory for the page's server.");
  int rc;
  mg_init_library(0);
  s->session = session;
  s->guard.loopback = loopback;
  if (!loopback || address->token) DSLT_TRY_OR_DONE(dslt_live_token(s->guard.token));
  DSLT_TRY_OR_DONE(start(s, address));
  write_url(s, address->bind);
done:
  if (rc < 0) {
    dslt_live_server_stop(s);
    return rc;
  }
  *out = s;
  return DSLT_OK;
}

const char *dslt_live_server_url(const dslt_live_server *server) { return server->url; }

int dslt_live_server_port(const dslt_live_server *server) { return server->port; }

/* civetweb waits up to two seconds for a connection before it sees that it is to stop: give it some. */
static void *knock(void *self) {
  dslt_live_server *s = self;
  const struct timespec moment = {0, 10000000};
  while (!atomic_load(&s->stopped)) {
    nanosleep(&moment, NULL);
    const int socket_to = socket(s->door.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket_to < 0) break;
    (void)connect(socket_to, (const struct sockaddr *)&s->door, sizeof s->door); /* whatever comes of it */
    close(socket_to);
  }
  return NULL;
}

/* Once it is told to stop, civetweb breaks answers off: let those be written that are due, for a second at most. */
static void wait_for_answers(dslt_live_server *s) {
  const struct timespec moment = {0, 5000000};
  for (int i = 0; i < 200 && atomic_load(&s->busy) > 0; i++) nanosleep(&moment, NULL);
}

static void stop(dslt_live_server *s) {
  pthread_t knocker;
  wait_for_answers(s);
  const int knocks = pthread_create(&knocker, NULL, knock, s) == 0;
  mg_stop(s->context);
  atomic_store(&s->stopped, 1);
  if (knocks) pthread_join(knocker, NULL);
}

void dslt_live_server_stop(dslt_live_server *server) {
  if (!server) return;
  dslt_live_session_end(server->session);
  if (server->context) stop(server);
  mg_exit_library();
  free(server);
}

const char *dslt_live_server_library(void) { return "civetweb " CIVETWEB_VERSION; }
#else
typedef int dslt_live_server_is_empty;
#endif
