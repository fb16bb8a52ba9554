/* SPDX-License-Identifier: Apache-2.0 */
/* input.h: one kind of input behind two calls; source.c makes them, reader.c drives them in its thread. */
#ifndef DSLT_MEDIA_INPUT_H
#define DSLT_MEDIA_INPUT_H

#include <stdatomic.h>
#include <stdbool.h>

#include "media/decode.h"
#include "media/media.h"

typedef struct dslt_input {
  /* Next frame into `out`, or past it with `out` NULL. 1, 0 at the end, negative. `stop` turns true when
   * nobody waits any more; a call that may wait for the outside world looks at it now and then and gives
   * 0. */
  int (*next)(dslt_frame *out, void *self, const atomic_bool *stop);
  void (*free)(void *self);
  void *self;
  dslt_source_info info; /* `frames` and `about`: of all that the input has */
  bool live;             /* frames that nobody took are replaced by newer ones */
  bool slow;             /* all are kept, but they come at somebody else's pace */
} dslt_input;

/* Open `name` as media.h's dslt_source_open() describes. `notes` outlives the input. */
int dslt_input_open(dslt_input *out, const char *name, int as_stored, dslt_notes *notes);
/* The parts of it that stand in video.c: a video by its path or address, a camera by its number. */
int dslt_input_open_video(dslt_input *out, const dslt_video_request *request);
int dslt_input_open_camera(dslt_input *out, int number);

#endif
