/* SPDX-License-Identifier: Apache-2.0 */
/* video.c: videos and cameras as inputs. FFmpeg's libraries read videos where this build has them: OpenCV's
 * reader reports neither damage nor times, and orientation unreliably. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "media/ffmpeg.h"
#include "media/input.h"
#include "media/orient.h"

typedef struct video {
  dslt_ff_video *ffmpeg; /* one of the two */
  dslt_cv_video *opencv;
  char *path;     /* NULL: a camera */
  int descriptor; /* of a pipe; -1: none */
  int64_t passed;
} video;

static void video_free(void *self) {
  video *v = self;
  dslt_ff_video_close(v->ffmpeg);
  dslt_cv_video_close(v->opencv);
  if (v->descriptor >= 0) close(v->descriptor);
  free(v->path);
  free(v);
}

static int open_reader(video *v, dslt_video_facts *facts, const dslt_video_request *request) {
  if (dslt_ff_version()) return dslt_ff_video_open(&v->ffmpeg, facts, request);
  if (!request->piped) return dslt_cv_video_open(&v->opencv, facts, request, 0);
  return dslt_fail(DSLT_EUNSUPPORTED, "%s cannot be read: videos through pipes need a build with FFmpeg.",
                   request->path);
}

static int video_next(dslt_frame *out, void *self, const atomic_bool *stop) {
  video *v = self;
  const int rc = v->ffmpeg ? dslt_ff_video_next(out, v->ffmpeg, stop) : dslt_cv_video_next(out, v->opencv);
  if (rc < 0) {
    char where[64];
    snprintf(where, sizeof where, "frame %lld", (long long)v->passed);
    dslt_fail_prefix(rc, where);
    return dslt_fail_prefix(rc, v->path ? v->path : "The camera");
  }
  if (rc > 0) {
    v->passed++;
    return rc;
  }
  if (atomic_load(stop)) return 0;
  if (!v->path) return dslt_fail(DSLT_EIO, "The camera stopped after %lld frames.", (long long)v->passed);
  if (v->passed == 0) return dslt_fail(DSLT_EFORMAT, "%s holds no frame that can be decoded.", v->path);
  return 0;
}

int dslt_input_open_video(dslt_input *out, const dslt_video_request *request) {
  dslt_video_facts facts = {0};
  video *v = calloc(1, sizeof *v);
  if (!v || !(v->path = strdup(request->path))) {
    free(v);
    if (request->piped) close(request->descriptor);
    return dslt_fail(DSLT_EMEMORY, "No memory to open %s.", request->path);
  }
  v->descriptor = request->piped ? request->descriptor : -1;
  const int rc = open_reader(v, &facts, request);
  if (rc < 0) {
    video_free(v);
    return rc;
  }
  dslt_orient_tell(facts.orientation, request);
  *out = (dslt_input){.next = video_next,
                      .free = video_free,
                      .self = v,
                      .info = {.frames = -1,
                               .about = facts.about,
                               .fps = facts.fps,
                               .kind = "video",
                               .aspect = {facts.aspect[0], facts.aspect[1]}},
                      .slow = request->address || request->piped,
                      .flows = request->address || request->piped};
  return DSLT_OK;
}

int dslt_input_open_camera(dslt_input *out, int number) {
  dslt_video_facts facts = {0};
  video *v = calloc(1, sizeof *v);
  if (!v) return dslt_fail(DSLT_EMEMORY, "No memory to open camera %d.", number);
  v->descriptor = -1;
  const int rc = dslt_cv_video_open(&v->opencv, &facts, NULL, number);
  if (rc < 0) {
    video_free(v);
    return rc;
  }
  *out =
      (dslt_input){.next = video_next,
                   .free = video_free,
                   .self = v,
                   .info = {.frames = -1, .about = -1, .fps = facts.fps, .kind = "camera", .aspect = {1, 1}},
                   .live = true,
                   .flows = true};
  return DSLT_OK;
}
