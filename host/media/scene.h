/* scene.h: a clip of our own with known ground truth: a textured object over a moving cluttered background, with
 * scale change, rotation, motion blur and a partial occlusion. Pure C, no files, no third-party pixels; the same
 * seed gives the same bytes. Used by the demo, the tests and the benchmarks. */
#ifndef DSLT_MEDIA_SCENE_H
#define DSLT_MEDIA_SCENE_H

#include "media.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dslt_scene_options {
  int width, height;   /* pixels; 480 x 360 */
  int frames;          /* 150 */
  uint64_t seed;       /* 1 */
  double object_width, object_height; /* size in the first frame, px; 64 x 80 */
  int motion;          /* 1: the object moves */
  int scale;           /* 1: its size changes smoothly, by a factor within 0.7..1.5 */
  int rotation;        /* 1: it turns, within +-25 degrees */
  int blur;            /* 1: motion blur on some stretches of the clip */
  int occlusion;       /* 1: a bar crosses about half of it once */
  int background;      /* 1: the background drifts; 0: it stands still */
} dslt_scene_options;

typedef struct dslt_scene dslt_scene;

/* All defaults as written above, every effect on. */
void dslt_scene_defaults(dslt_scene_options *out);
int dslt_scene_create(dslt_scene **out, const dslt_scene_options *options);
/* Frame `index` (0-based) as BGR8 into the canvas and its ground truth: the axis-aligned box of the object as if
 * unoccluded and unrotated (centre and size are exact). Any order; each call depends on `index` alone. */
int dslt_scene_render(dslt_canvas *out, dslt_box *truth, const dslt_scene *scene, int index);
int dslt_scene_frames(const dslt_scene *scene);
void dslt_scene_free(dslt_scene *scene);

#ifdef __cplusplus
}
#endif

#endif
