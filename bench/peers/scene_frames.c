/* SPDX-License-Identifier: Apache-2.0 */
/* scene_frames.c: the frames of a rendered clip as PPM files and its ground truth, for programs that cannot
 * render it themselves:
 *
 *     dslt_scene_frames scene:1:640x360 FRAMES FOLDER
 *
 * writes FOLDER/img/0001.ppm ... and FOLDER/groundtruth_rect.txt (x,y,width,height, 1-based as in OTB). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "media/media.h"
#include "media/scene.h"

static int render(const char *name, int frames, const char *folder) {
  char path[4096];
  dslt_scene_options options;
  dslt_scene *scene = NULL;
  dslt_canvas canvas = {0};
  snprintf(path, sizeof path, "%s/groundtruth_rect.txt", folder);
  FILE *truth = fopen(path, "w");
  if (!truth) {
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    return -1;
  }
  int rc = dslt_scene_parse(&options, name);
  if (rc == DSLT_OK) rc = dslt_scene_create(&scene, &options);
  for (int i = 0; rc == DSLT_OK && i < frames && i < dslt_scene_frames(scene); ++i) {
    dslt_box box;
    snprintf(path, sizeof path, "%s/img/%04d.ppm", folder, i + 1);
    rc = dslt_scene_render(&canvas, &box, scene, i);
    if (rc == DSLT_OK) rc = dslt_canvas_save(&canvas, path);
    if (rc == DSLT_OK)
      fprintf(truth, "%.17g,%.17g,%.17g,%.17g\n", box.x + 1, box.y + 1, box.width, box.height);
  }
  if (rc < 0) fprintf(stderr, "%s\n", dslt_last_error());
  dslt_canvas_free(&canvas);
  dslt_scene_free(scene);
  if (fclose(truth) != 0 && rc == DSLT_OK) {
    fprintf(stderr, "%s/groundtruth_rect.txt: %s\n", folder, strerror(errno));
    rc = -1;
  }
  return rc;
}

int main(int argc, char **argv) {
  char images[4096];
  int frames = argc == 4 ? atoi(argv[2]) : 0;
  if (frames < 1) {
    fprintf(stderr, "Usage: %s scene:SEED[:WIDTHxHEIGHT] FRAMES FOLDER\n", argv[0]);
    return 2;
  }
  snprintf(images, sizeof images, "%s/img", argv[3]);
  if ((mkdir(argv[3], 0777) != 0 && errno != EEXIST) || (mkdir(images, 0777) != 0 && errno != EEXIST)) {
    fprintf(stderr, "%s: %s\n", images, strerror(errno));
    return 1;
  }
  return render(argv[1], frames, argv[3]) < 0;
}
