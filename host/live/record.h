/* SPDX-License-Identifier: Apache-2.0 */
/* record.h: the video that a session records: the one that the command line names, and nothing else. */
#ifndef DSLT_LIVE_RECORD_H
#define DSLT_LIVE_RECORD_H

#include "live/session.h"

/* Zero-initialise, then set the first three. */
typedef struct dslt_live_record {
  const char *path; /* NULL = nothing is recorded */
  double fps;
  int aspect[2];
  int on; /* 1: frames are added */
  int64_t frames;
  dslt_canvas canvas;
  dslt_video_writer *writer;
} dslt_live_record;

/* Add a frame with its boxes where recording is on. Errors of the video writer; recording is off then. */
int dslt_live_record_frame(dslt_live_record *record, const dslt_image *frame, const dslt_live_target *targets,
                           int count);
/* Finish the video; without frames there is none. */
int dslt_live_record_close(dslt_live_record *record);

#endif
