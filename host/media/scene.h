/* SPDX-License-Identifier: Apache-2.0 */
/* scene.h: a synthetic clip with known ground truth: a textured object over a moving cluttered background,
 * with scale change, rotation, motion blur and a partial occlusion. Pure C, no files, no third-party pixels;
 * the same seed gives the same bytes. Used by the demo, the tests and the benchmarks. */
#ifndef DSLT_MEDIA_SCENE_H
#define DSLT_MEDIA_SCENE_H

#include "media/media.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What happens to the object between 40 and 60 % of the clip. */
typedef enum dslt_scene_event {
  DSLT_SCENE_NO_EVENT = 0,
  DSLT_SCENE_HIDE = 1,  /* a wall of twice its width passes before it; it moves on behind */
  DSLT_SCENE_LEAVE = 2, /* it leaves the frame on the left and comes back from the right */
  DSLT_SCENE_CUT = 3    /* the clip goes on at another time: object and background are elsewhere at once */
} dslt_scene_event;

typedef struct dslt_scene_options {
  int width, height;                  /* pixels, 32..4096 each; 480 x 360 */
  int frames;                         /* >= 1; 150 */
  uint64_t seed;                      /* 1 */
  double object_width, object_height; /* size in the first frame, px, >= 4; 64 x 80 */
  int motion;                         /* 1: the object moves, by at most 14 px a frame at the default size */
  int scale;                          /* 1: its size changes smoothly, by a factor within 0.74..1.36 */
  int rotation;                       /* 1: it turns, within +-22 degrees */
  int blur;                           /* 1: motion blur in 22..34 % and 80..90 % of the clip */
  int occlusion;  /* 1: a post half as wide as the object passes before it once, in 48..76 % */
  int background; /* 1: the background and other toys move; 0: they are still */
  int event;      /* dslt_scene_event; none. With one, the post of `occlusion` stays away */
} dslt_scene_options;

typedef struct dslt_scene dslt_scene;

/* All defaults as written above, every effect on. */
void dslt_scene_defaults(dslt_scene_options *out);
/* `options` NULL = defaults. DSLT_EARGUMENT: out of range, or the object does not fit into the frame at its
 * largest. */
/* Read "scene:SEED", "scene:SEED:WIDTHxHEIGHT", or either with ":hide", ":leave" or ":cut" behind it; the object shrinks and grows with the frame, the rest are
 * defaults. DSLT_EARGUMENT says how it is written. */
int dslt_scene_parse(dslt_scene_options *out, const char *name);
int dslt_scene_create(dslt_scene **out, const dslt_scene_options *options);
/* Frame `index` (0-based) as BGR8 into the canvas ({0} or made before; it takes the scene's size) and its
 * ground truth (may be NULL): the axis-aligned box of the object as if unoccluded and unrotated, centre and
 * size exact to 1/4096 px, inside the frame. During an event NaN where less than half of the
 * object's width can be seen. Any order and from several threads; each call depends on
 * `index` alone. DSLT_EARGUMENT, DSLT_EMEMORY. */
int dslt_scene_render(dslt_canvas *out, dslt_box *truth, const dslt_scene *scene, int index);
int dslt_scene_frames(const dslt_scene *scene);
void dslt_scene_free(dslt_scene *scene);

#ifdef __cplusplus
}
#endif

#endif
