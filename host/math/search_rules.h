/* SPDX-License-Identifier: Apache-2.0 */
/* search_rules.h: how a target is searched for in a search area: peak search, scale search, loss of the
 * target. Policy and limits only; the geometry is in search_area.h. */
#ifndef DSLT_MATH_SEARCH_RULES_H
#define DSLT_MATH_SEARCH_RULES_H

#include "math/search_area.h"

enum { DSLT_LEVELS_MAX = 9 }; /* of a scale pyramid */

/* How the maximum is located to less than a cell. */
typedef enum dslt_subcell {
  DSLT_SUBCELL_NONE = 0,      /* the strongest cell */
  DSLT_SUBCELL_QUADRATIC = 1, /* a parabola through the strongest cell and its neighbours, in x and in y */
  DSLT_SUBCELL_BICUBIC = 2,   /* the maximum of the response enlarged bicubically to the search area */
  DSLT_SUBCELL_GAUSSIAN = 3 /* the prior chooses the peak; a Gaussian through the response's own maximum there
                             * and its neighbours gives the place */
} dslt_subcell;

/* Search for the maximum of a response map. */
typedef struct dslt_peak_rules {
  int subcell;            /* dslt_subcell */
  float sigma_x, sigma_y; /* of the motion prior, cells; 0 = none */
} dslt_peak_rules;

/* How a level's size follows from the present one; level i is `d` = i - (levels - 1) / 2 from the middle. */
typedef enum dslt_scaling {
  DSLT_SCALING_RATIO = 0, /* step^d times the present size: the aspect ratio stays that of the first frame */
  DSLT_SCALING_PIXELS = 1 /* each side grows by d * max(1, round(step * side)) pixels, and the box moves and
                           * grows by whole pixels, so its aspect ratio may change */
} dslt_scaling;

/* Scale pyramid. */
typedef struct dslt_scale_rules {
  int levels;
  int scaling; /* dslt_scaling */
  double step;
  double rate; /* size = (1 - rate) old + rate new */
  double gate,
      gate_ratio;  /* least score, absolute and relative to the mean score, for which scales are compared */
  double penalty;  /* factor on the score of every level but the middle one */
  double min, max; /* limits of the size relative to the first */
} dslt_scale_rules;

/* A target is lost where its score falls below `ratio` times the mean score. */
typedef struct dslt_lost_rules {
  double ratio;
  double rate; /* of the running mean of scores */
  int hold;    /* 1: a lost target stays where it was */
  int grace;   /* scores to collect before the first comparison */
} dslt_lost_rules;

/* Standard deviations of the soft label, cells. */
typedef struct dslt_label_shape {
  float sigma_x, sigma_y;
} dslt_label_shape;

typedef struct dslt_search {
  dslt_search_area area;
  dslt_peak_rules peak;
  dslt_scale_rules scale;
  dslt_lost_rules lost;
  dslt_label_shape label;
} dslt_search;

#endif
