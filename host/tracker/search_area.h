/* SPDX-License-Identifier: Apache-2.0 */
/* search_area.h: what the first frame fixes for a whole sequence: which area of a frame is the network's
 * input, the grid of its response, and the label on that grid. */
#ifndef DSLT_TRACKER_SEARCH_AREA_H
#define DSLT_TRACKER_SEARCH_AREA_H

#include "dslt/dslt.h"
#include "math/search_rules.h"
#include "math/target_state.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A tracker's requirements for its search area. */
typedef struct dslt_search_wishes {
  double frame_side;         /* a larger target is brought to this side, px; 0 = keep the frame */
  double frame_limit;        /* ... when a side is longer than this, px, or the area exceeds frame_side^2 */
  double context_w;          /* context left and right, times the target's width, shrinks with the frame */
  double context_h;          /* context above and below, times the target's height, likewise */
  int square;                /* 1: a square of the same area instead */
  double min_area, max_area; /* a smaller area is enlarged, a larger one reduced, px^2; max_area 0 = never */
  int max_side;              /* longest side of the network's input, px */
  int stride;                /* input pixels per cell of the response */
  int coarse;                /* input pixels per cell of the coarsest map; the input is a multiple of it */
  int kernel_max;            /* longest side of the regression kernel, cells */
  int on_cell;               /* 1: the target's centre falls on a cell of the response; 0: between cells */
  int mapping;               /* dslt_mapping */
  double shift; /* input pixels from the middle of a cell's own pixels to the middle of what it sees */
} dslt_search_wishes;

/* The search area of `box`, which is finite with sides of at least 1 px. *target_w and *target_h become the
 * target's size in the network's input, px. */
void dslt_search_area_make(dslt_search_area *out, double *target_w, double *target_h,
                           const dslt_search_wishes *wishes, int frame_width, int frame_height,
                           const dslt_box *box);

/* The Gaussian label on the response grid, [response_height][response_width], in [0, 1]; stretch = 1: its
 * least and largest value become 0 and 1. */
void dslt_soft_label(float *out, const dslt_search *search, int stretch);

/* The state as a box in the frame. */
dslt_box dslt_state_box(const dslt_target_state *state);
/* Where in the frame the response map lay when it was made around `state` at scale level `level`. */
dslt_box dslt_response_window(const dslt_target_state *state, const dslt_search *search, int level);

#ifdef __cplusplus
}
#endif

#endif
