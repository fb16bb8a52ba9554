/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer entry for videos: the file is opened as the program opens it, and its first frames are read. */
#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "media/ffmpeg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FRAMES = 30 };

static void require(int truth) {
  if (!truth) abort();
}

static void read_frames(dslt_ff_video *video) {
  const atomic_bool stop = false;
  dslt_frame frame = {0};
  int rc = 1;
  for (int i = 0; i < FRAMES && rc > 0; i++) {
    rc = dslt_ff_video_next(i % 3 == 2 ? NULL : &frame, video, &stop);
    if (rc > 0) require(frame.width > 0 && frame.height > 0 && isfinite(frame.time));
  }
  dslt_frame_free(&frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const int file = memfd_create("video", 0);
  if (file < 0 || write(file, data, size) != (ssize_t)size) abort();
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  dslt_notes notes;
  dslt_notes_init(&notes);
  const dslt_video_request request = {.path = path, .notes = &notes};
  dslt_video_facts facts;
  dslt_ff_video *video = NULL;
  const int orientation = dslt_mp4_orientation(path);
  require(orientation >= 0 && orientation <= 8);
  if (dslt_ff_video_open(&video, &facts, &request) == DSLT_OK) {
    require(facts.aspect[0] > 0 && facts.aspect[1] > 0 && facts.orientation >= 0 && facts.orientation <= 8);
    read_frames(video);
    dslt_ff_video_close(video);
  }
  dslt_notes_free(&notes);
  close(file);
  return 0;
}
