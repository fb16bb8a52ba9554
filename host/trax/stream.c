/* SPDX-License-Identifier: Apache-2.0 */
/* stream.c: opens a TraX session's streams, finds messages in what comes, sends and records them. */
#include "trax/stream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"

enum { FIRST_ROOM = 1 << 16, LOGGED = 200 /* characters of an argument */, LARGEST_DESCRIPTOR = 1 << 20 };

/* ---- opening ------------------------------------------------------------------------------------- */

/* A whole number from the environment; `otherwise` where the variable is not set, -1 where it is no such number. */
static int from_environment(const char *name, int otherwise, int largest) {
  const char *text = getenv(name);
  if (!text) return otherwise;
  const size_t digits = strspn(text, "0123456789");
  if (digits == 0 || digits > 7 || text[digits] || atoi(text) > largest) return -1;
  return atoi(text);
}

static int connect_to(int *out, int port) {
  const struct sockaddr_in place = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  const int one = 1, made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (made < 0 || connect(made, (const struct sockaddr *)&place, sizeof place) != 0) {
    const int reason = errno;
    if (made >= 0) close(made);
    return dslt_fail(DSLT_EIO, "Port %d of this machine, which TRAX_SOCKET names, cannot be reached: %s.",
                     port, strerror(reason));
  }
  setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); /* only a matter of speed */
  *out = made;
  return DSLT_OK;
}

int dslt_trax_stream_open(dslt_trax_stream *out, int in, int to, const char *self) {
  *out = (dslt_trax_stream){.in = in, .self = self};
  if ((out->out = fdopen(to, "w"))) return DSLT_OK;
  const int reason = errno;
  close(to);
  return dslt_fail(DSLT_EIO, "File descriptor %d cannot be written to: %s.", to, strerror(reason));
}

static int open_socket(dslt_trax_stream *out) {
  int made = -1;
  const int port = from_environment("TRAX_SOCKET", -1, 65535);
  if (port < 1)
    return dslt_fail(DSLT_EARGUMENT, "TRAX_SOCKET=%s is no number of a port.", getenv("TRAX_SOCKET"));
  DSLT_TRY(connect_to(&made, port));
  const int to = fcntl(made, F_DUPFD_CLOEXEC, 0);
  if (to >= 0) return dslt_trax_stream_open(out, made, to, "S");
  close(made);
  return dslt_fail(DSLT_EIO, "The connection cannot be used for both directions: %s.", strerror(errno));
}

/* Copies, so that closing the stream closes neither standard input nor output. */
static int open_descriptors(dslt_trax_stream *out) {
  const int from = from_environment("TRAX_IN", STDIN_FILENO, LARGEST_DESCRIPTOR);
  const int to = from_environment("TRAX_OUT", STDOUT_FILENO, LARGEST_DESCRIPTOR);
  const int in = from < 0 ? -1 : fcntl(from, F_DUPFD_CLOEXEC, 3);
  const int out_copy = to < 0 ? -1 : fcntl(to, F_DUPFD_CLOEXEC, 3);
  if (in >= 0 && out_copy >= 0) return dslt_trax_stream_open(out, in, out_copy, "S");
  if (in >= 0) close(in);
  if (out_copy >= 0) close(out_copy);
  return dslt_fail(DSLT_EARGUMENT, "%s is no open file descriptor.",
                   in < 0 ? (getenv("TRAX_IN") ? "TRAX_IN" : "Standard input")
                          : (getenv("TRAX_OUT") ? "TRAX_OUT" : "Standard output"));
}

int dslt_trax_stream_server(dslt_trax_stream *out, const char *log) {
  *out = (dslt_trax_stream){.in = -1};
  DSLT_TRY(getenv("TRAX_SOCKET") ? open_socket(out) : open_descriptors(out));
  if (!log || (out->log = fopen(log, "we"))) return DSLT_OK;
  return dslt_fail(DSLT_EIO, "%s cannot be written: %s.", log, strerror(errno));
}

void dslt_trax_stream_close(dslt_trax_stream *stream) {
  if (stream->in >= 0) close(stream->in);
  if (stream->out) fclose(stream->out);
  if (stream->log) fclose(stream->log);
  free(stream->bytes);
  *stream = (dslt_trax_stream){.in = -1};
}

/* ---- the record ---------------------------------------------------------------------------------- */

static void log_text(FILE *log, const char *text) {
  const size_t length = strlen(text);
  fprintf(log, "%.*s", LOGGED, text);
  if (length > LOGGED) fprintf(log, "...(%zu bytes)", length);
}

static void record(dslt_trax_stream *s, const char *side, const dslt_trax_message *m) {
  if (!s->log) return;
  fprintf(s->log, "%s> %s", side, dslt_trax_type_name(m->type));
  for (int i = 0; i < m->arguments; i++) {
    fputc(' ', s->log);
    log_text(s->log, m->argument[i]);
  }
  for (int i = 0; i < m->properties; i++) {
    fprintf(s->log, " %s=", m->property[i].key);
    log_text(s->log, m->property[i].value);
  }
  fputc('\n', s->log);
  fflush(s->log);
}

/* ---- reading ------------------------------------------------------------------------------------- */

/* Room behind what is there: what was consumed goes, and the buffer grows when that is not enough. */
static int make_room(dslt_trax_stream *s) {
  if (s->at > 0) {
    memmove(s->bytes, s->bytes + s->at, s->have - s->at);
    s->have -= s->at;
    s->at = 0;
  }
  if (s->have + 1 < s->room) return DSLT_OK;
  const size_t room = s->room ? 2 * s->room : FIRST_ROOM;
  char *bytes = realloc(s->bytes, room);
  if (!bytes) return dslt_fail(DSLT_EMEMORY, "Out of memory for a TraX message of %zu bytes.", s->have);
  s->bytes = bytes;
  s->room = room;
  return DSLT_OK;
}

/* Read what there is. A line that cannot become a message is not kept. */
static int fill(dslt_trax_stream *s) {
  DSLT_TRY(make_room(s));
  struct pollfd in = {.fd = s->in, .events = POLLIN};
  if (s->patience && poll(&in, 1, s->patience) == 0)
    return dslt_fail(DSLT_EIO, "Nothing came for %d seconds.", s->patience / 1000);
  const ssize_t n = read(s->in, s->bytes + s->have, s->room - 1 - s->have);
  if (n < 0 && errno == EINTR) return DSLT_OK;
  if (n < 0) return dslt_fail(DSLT_EIO, "TraX messages cannot be read: %s.", strerror(errno));
  if (n == 0) s->ended = 1;
  s->have += (size_t)n;
  return DSLT_OK;
}

/* Pass over the bytes that belong to no message. */
static void skip_others(dslt_trax_stream *s) {
  while (s->at < s->have) {
    char *line = s->bytes + s->at;
    const size_t size = s->have - s->at, known = sizeof DSLT_TRAX_PREFIX - 1;
    if (!s->passing && memcmp(line, DSLT_TRAX_PREFIX, size < known ? size : known) == 0) return;
    const char *end = memchr(line, '\n', size);
    s->passing = end == NULL;
    s->at = end ? (size_t)(end + 1 - s->bytes) : s->have;
  }
}

int dslt_trax_stream_read(dslt_trax_message *out, dslt_trax_stream *s) {
  if (!s->bytes) DSLT_TRY(make_room(s));
  for (size_t searched = 0;;) { /* bytes of the line that are known to hold no end */
    skip_others(s);
    char *line = s->bytes + s->at;
    const size_t size = s->have - s->at;
    char *end = size > searched ? memchr(line + searched, '\n', size - searched) : NULL;
    if (!end && s->ended) return 0; /* what lacks its end was cut off */
    if (size > DSLT_TRAX_LONGEST && (!end || (size_t)(end - line) > DSLT_TRAX_LONGEST))
      return dslt_fail(DSLT_EFORMAT, "A TraX message is longer than %zu MiB.", DSLT_TRAX_LONGEST >> 20);
    if (end) {
      s->at += (size_t)(end + 1 - line);
      size_t length = (size_t)(end - line);
      if (length && line[length - 1] == '\r') length--;
      DSLT_TRY(dslt_trax_parse(out, line, length));
      record(s, *s->self == 'S' ? "C" : "S", out);
      return 1;
    }
    searched = size;
    DSLT_TRY(fill(s));
  }
}

/* ---- writing ------------------------------------------------------------------------------------- */

int dslt_trax_stream_write(dslt_trax_stream *s, const dslt_trax_message *message) {
  record(s, s->self, message);
  dslt_trax_write(s->out, message);
  if (fflush(s->out) == 0 && !ferror(s->out)) return DSLT_OK;
  return dslt_fail(DSLT_EIO, "Nobody reads the TraX messages any more: %s.", strerror(errno));
}
