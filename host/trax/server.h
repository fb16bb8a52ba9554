/* SPDX-License-Identifier: Apache-2.0 */
/* server.h: a tracker's side of a TraX session: hello, then boxes for the frames that the client sends. */
#ifndef DSLT_TRAX_SERVER_H
#define DSLT_TRAX_SERVER_H

#include "dslt/dslt.h"
#include "trax/stream.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { DSLT_TRAX_FIRST_VERSION = 1, DSLT_TRAX_LAST_VERSION = 4 };

/* All borrowed. */
typedef struct dslt_trax_setup {
  int version;         /* of the protocol, 1..4 */
  int single;          /* 1: version 4 offers one object at a time */
  int rectangles;      /* 1: the client is to turn polygons and masks into boxes */
  const char *name;    /* of the tracker, for the client */
  const char *summary; /* one line about it */
  const dslt_options *options;
  dslt_weights *weights;
} dslt_trax_setup;

/* Say hello and serve until the client's quit. Where the tracker cannot be made, nothing is said. What cannot be done (a malformed message, a region that cannot be
 * tracked, a frame that cannot be read) ends the session: the client gets quit with the sentence as trax.reason,
 * and the code and the sentence are the result. DSLT_EIO: the client went away without quit. */
int dslt_trax_serve(dslt_trax_stream *stream, const dslt_trax_setup *setup);

#ifdef __cplusplus
}
#endif

#endif
