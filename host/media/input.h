/* SPDX-License-Identifier: Apache-2.0 */
/* input.h: interface of one kind of input, two functions; source.c creates inputs, reader.c reads them in its
 * thread. */
#ifndef DSLT_MEDIA_INPUT_H
#define DSLT_MEDIA_INPUT_H

#include <stdatomic.h>
#include <stdbool.h>

#include "media/decode.h"
#include "media/media.h"

typedef struct dslt_input {
  /* Read the next frame into `out`, or skip it with `out` NULL. 1, 0 at the end, negative. `stop` becomes
   * true when the reader is closed; a call that may wait for a device or network checks it regularly and
   * returns 0. */
  int (*next)(dslt_frame *out, void *self, const atomic_bool *stop);
  void (*free)(void *self);
  void *self;
  dslt_source_info info; /* `frames` and `about`: of all that the input has */
  bool live;             /* frames that are not read in time are replaced by newer ones */
  bool slow;             /* all are kept, but they may arrive with delays */
  bool flows;            /* a live view may pass over frames: not files, which wait */
} dslt_input;

/* Open `name` as media.h's dslt_source_open() describes. `notes` outlives the input. */
int dslt_input_open(dslt_input *out, const char *name, const dslt_source_options *options, dslt_notes *notes);
/* The functions in video.c: a video by its path or address, a camera by its number. */
/* A descriptor of the request belongs to the input, and is closed at once where that cannot be opened. */
int dslt_input_open_video(dslt_input *out, const dslt_video_request *request);
int dslt_input_open_camera(dslt_input *out, int number);

#endif
