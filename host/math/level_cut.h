/* SPDX-License-Identifier: Apache-2.0 */
/* level_cut.h: the scale pyramid of CFNet's released tracker, in whole pixels. The largest level's square is
 * cut from the frame and resized so that the smallest level's square would have the network's input size;
 * every level is cut from that region and resized once more. All sides and corners are rounded. */
#ifndef DSLT_MATH_LEVEL_CUT_H
#define DSLT_MATH_LEVEL_CUT_H

#include <math.h>

#include "math/imresize.h"
#include "math/power.h"
#include "math/search_rules.h"
#include "math/target_state.h"

enum { DSLT_CUT_SIDE_MAX = 65536 }; /* of a square in the frame, px */

typedef struct dslt_level_cut {
  int x, y, side; /* of the largest square, in the frame; may lie outside of it */
  int smallest;   /* side of the smallest one */
  int region;     /* side of the resized region */
} dslt_level_cut;

DSLT_HD int dslt_whole_side(double side) {
  const double rounded = round(side);
  return rounded < 1.0 ? 1 : (rounded < DSLT_CUT_SIDE_MAX ? (int)rounded : DSLT_CUT_SIDE_MAX);
}

/* Side of level `level`, frame px, while the target has size `scale` relative to its first. */
DSLT_HD int dslt_level_side(const dslt_search *g, double scale, int level) {
  const int middle = (g->scale.levels - 1) / 2;
  return dslt_whole_side(g->area.ratio_x * g->area.input_width * scale *
                         dslt_whole_power(g->scale.step, level - middle));
}

/* First pixel of a square of `side` around the frame coordinate `centre`. */
DSLT_HD int dslt_cut_corner(double centre, int side) {
  const double corner = round(centre + 1.0 - 0.5 * (side + 1)) - 1.0;
  return corner < -1e6 ? -1000000 : (corner > 1e6 ? 1000000 : (int)corner);
}

/* The squares around the place of `place`, for the size of `size`. */
DSLT_HD dslt_level_cut dslt_level_cut_of(const dslt_search *g, const dslt_target_state *place,
                                         const dslt_target_state *size) {
  dslt_level_cut cut;
  cut.side = dslt_level_side(g, size->scale, g->scale.levels - 1);
  cut.smallest = dslt_level_side(g, size->scale, 0);
  cut.region = (int)round((double)g->area.input_width * cut.side / cut.smallest);
  cut.x = dslt_cut_corner(place->cx, cut.side);
  cut.y = dslt_cut_corner(place->cy, cut.side);
  return cut;
}

/* Side of a level's square in the region, and its first pixel, which is the same for both axes. A level as large as the
 * region begins one pixel before it, as the released program has it. */
DSLT_HD int dslt_level_in_region(int *first, const dslt_search *g, const dslt_level_cut *cut, double scale,
                                 int level) {
  const int side = (int)round((double)g->area.input_width * dslt_level_side(g, scale, level) / cut->smallest);
  *first = (int)round(0.5 * (cut->region - side)) - 1;
  return side;
}

/* Longest side that a region can have: sides of 1 and 2 pixels are the worst case of rounding. */
DSLT_HD int dslt_region_side_max(const dslt_search *g) {
  const double ratio = dslt_whole_power(g->scale.step, g->scale.levels - 1);
  return (int)ceil(g->area.input_width * (2.0 * ratio + 1.0));
}

#endif
