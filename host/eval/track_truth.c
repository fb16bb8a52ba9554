/* SPDX-License-Identifier: Apache-2.0 */
/* track_truth.c: ground truth from a file or a scene, for a run of dslt track. */
#include "eval/track_truth.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "media/scene.h"

int dslt_track_truth_read(dslt_track_truth *out, const char *path, int64_t start) {
  dslt_box_list list = {0};
  DSLT_TRY(dslt_box_list_read_otb(&list, path));
  if (start >= list.count) {
    int rc = dslt_fail(DSLT_EBOX, "%s holds %d rows, so --start %lld leaves no box to begin with.", path,
                       list.count, (long long)start);
    dslt_box_list_free(&list);
    return rc;
  }
  const dslt_box *first = &list.boxes[start];
  if (!isfinite(first->x) || !(first->width > 0) || !(first->height > 0)) {
    dslt_box_list_free(&list);
    return dslt_fail(DSLT_EBOX,
                     "Row %lld of %s has no target to begin with: choose another frame with --start.",
                     (long long)start + 1, path);
  }
  memmove(list.boxes, first, (size_t)(list.count - start) * sizeof *first);
  out->boxes = list.boxes;
  out->count = (int)(list.count - start);
  return DSLT_OK;
}

static int render_truth(dslt_track_truth *out, const dslt_scene *scene, int64_t start) {
  int frames = dslt_scene_frames(scene);
  if (start >= frames)
    return dslt_fail(DSLT_EBOX, "The scene has %d frames, so --start %lld leaves none.", frames,
                     (long long)start);
  int count = frames - (int)start;
  dslt_box *boxes = malloc((size_t)count * sizeof *boxes);
  if (!boxes) return dslt_fail(DSLT_EMEMORY, "Out of memory for %d boxes.", count);
  dslt_canvas canvas = {0};
  int rc = DSLT_OK;
  for (int i = 0; rc == DSLT_OK && i < count; i++)
    rc = dslt_scene_render(&canvas, &boxes[i], scene, (int)start + i);
  dslt_canvas_free(&canvas);
  if (rc < 0) {
    free(boxes);
    return rc;
  }
  out->boxes = boxes;
  out->count = count;
  return DSLT_OK;
}

int dslt_track_truth_scene(dslt_track_truth *out, const char *input, int64_t start) {
  dslt_scene_options options;
  DSLT_TRY(dslt_scene_parse(&options, input));
  dslt_scene *scene = NULL;
  DSLT_TRY(dslt_scene_create(&scene, &options));
  int rc = render_truth(out, scene, start);
  dslt_scene_free(scene);
  return rc;
}

void dslt_track_truth_free(dslt_track_truth *truth) {
  free(truth->boxes);
  memset(truth, 0, sizeof *truth);
}

int dslt_track_truth_score(dslt_ope *out, const dslt_track_truth *truth, const dslt_track_row *rows,
                           int count) {
  if (count > truth->count) count = truth->count;
  if (count < 1) return dslt_fail(DSLT_EARGUMENT, "There is no frame to score.");
  dslt_box *boxes = malloc((size_t)count * sizeof *boxes);
  if (!boxes) return dslt_fail(DSLT_EMEMORY, "Out of memory for %d boxes.", count);
  for (int i = 0; i < count; i++) boxes[i] = rows[i].box;
  int rc = dslt_ope_score(out, boxes, truth->boxes, count);
  free(boxes);
  return rc;
}
