/* SPDX-License-Identifier: Apache-2.0 */
/* frames.c: the frames of one sequence by their numbers, decoded ahead (media/ahead.h). */
#include "experiment/frames.h"

#include <limits.h>
#include <stdlib.h>

#include "base/error.h"
#include "media/ahead.h"

enum { AHEAD = 3 };

struct dslt_frames {
  dslt_dataset *set;
  int index;
  int end;  /* first frame behind the range */
  int last; /* frame that was asked for last; first - 1 before */
  dslt_ahead *ahead;
};

/* In the thread. */
static int decode(dslt_frame *out, void *self, int64_t number, const atomic_bool *stop) {
  const dslt_frames *f = self;
  char path[PATH_MAX];
  (void)stop; /* files on disk */
  DSLT_TRY(dslt_dataset_frame_path(path, sizeof path, f->set, f->index, (int)number));
  DSLT_TRY(dslt_picture_load(out, path, NULL)); /* as stored */
  return 1;
}

static int check_there(dslt_dataset *set, int index, int first, int count) {
  const dslt_sequence *sequence = dslt_dataset_at(set, index);
  if (!sequence || first < 0 || count < 1 || first > sequence->frames - count)
    return dslt_fail(DSLT_EARGUMENT, "There is no such sequence or range of frames.");
  int found = 0;
  DSLT_TRY(dslt_dataset_locate(&found, set, index));
  if (found == 0) {
    char path[PATH_MAX];
    DSLT_TRY(dslt_dataset_frame_path(path, sizeof path, set, index, first));
    return dslt_fail(DSLT_EIO, "%s has no frames on disk.", sequence->name);
  }
  /* Check for missing frames before the run starts, not hours later. */
  for (int i = first; found < sequence->frames && i < first + count; i++) {
    char path[PATH_MAX];
    DSLT_TRY(dslt_dataset_frame_path(path, sizeof path, set, index, i));
  }
  return DSLT_OK;
}

int dslt_frames_open(dslt_frames **out, dslt_dataset *set, int index, int first, int count) {
  DSLT_TRY(check_there(set, index, first, count));
  dslt_frames *f = calloc(1, sizeof *f);
  if (!f) return dslt_fail(DSLT_EMEMORY, "Out of memory while opening the frames.");
  f->set = set;
  f->index = index;
  f->end = first + count;
  f->last = first - 1;
  const dslt_ahead_spec spec = {.decode = decode,
                                .self = f,
                                .name = "frames",
                                .first = first,
                                .end = f->end,
                                .ahead = AHEAD,
                                .held = 1,
                                .by_number = true};
  const int rc = dslt_ahead_start(&f->ahead, &spec);
  if (rc < 0) {
    free(f);
    return rc;
  }
  *out = f;
  return DSLT_OK;
}

int dslt_frames_get(dslt_image *out, dslt_frames *f, int frame) {
  if (frame <= f->last || frame >= f->end)
    return dslt_fail(DSLT_EARGUMENT, "Frame %d is not ahead in this range of frames.", frame);
  f->last = frame;
  const dslt_frame *got = NULL;
  DSLT_TRY(dslt_ahead_take(&got, f->ahead, frame));
  *out = (dslt_image){got->pixels, got->width, got->height, got->stride, got->format};
  return DSLT_OK;
}

void dslt_frames_close(dslt_frames *f) {
  if (!f) return;
  dslt_ahead_stop(f->ahead);
  free(f);
}
