/* SPDX-License-Identifier: Apache-2.0 */
/* stream.h: the two directions of a TraX session, message by message. Lines that are no messages are passed over. */
#ifndef DSLT_TRAX_STREAM_H
#define DSLT_TRAX_STREAM_H

#include <stddef.h>
#include <stdio.h>

#include "trax/message.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The longest message, bytes: one frame of 7680 x 4320 pixels in Base64 fits. */
#define DSLT_TRAX_LONGEST ((size_t)160 << 20)

typedef struct dslt_trax_stream {
  int in;           /* file descriptor to read from; closed with the stream, as are the next two */
  FILE *out;        /* flushed after each message */
  FILE *log;        /* a copy of both directions, long arguments cut; NULL: none */
  const char *self; /* the side that writes, "S" for a server and "C" for a client; for the log */
  int patience;     /* ms to wait for the other side; 0: for ever */
  char *bytes;      /* read and not yet consumed: [at, have) of `room` */
  size_t at, have, room;
  int passing; /* 1: within a line that is no message */
  int ended;   /* 1: nothing more comes */
} dslt_trax_stream;

/* A server's stream as the environment asks for it: TRAX_SOCKET names a port on 127.0.0.1 to connect to; otherwise
 * TRAX_IN and TRAX_OUT name file descriptors in place of standard input and output. `log` is the name of a file or
 * NULL. DSLT_EIO, DSLT_EARGUMENT. Close the stream, also after a failure. */
int dslt_trax_stream_server(dslt_trax_stream *out, const char *log);
/* A stream over a pair of file descriptors, which become its own. DSLT_EIO. Close the stream, also after a failure. */
int dslt_trax_stream_open(dslt_trax_stream *out, int in, int to, const char *self);
void dslt_trax_stream_close(dslt_trax_stream *stream);

/* Wait for the next message: 1, or 0 at the end. Its strings stay valid until the next call. DSLT_EFORMAT: the line
 * is malformed or longer than DSLT_TRAX_LONGEST; DSLT_EIO: it cannot be read, or patience has ended; DSLT_EMEMORY. */
int dslt_trax_stream_read(dslt_trax_message *out, dslt_trax_stream *stream);
/* DSLT_EIO: the other side does not read any more. */
int dslt_trax_stream_write(dslt_trax_stream *stream, const dslt_trax_message *message);

#ifdef __cplusplus
}
#endif

#endif
