/* SPDX-License-Identifier: Apache-2.0 */
/* search_area.h: the geometry of a search area: which part of the frame is the network's input, and which
 * part of its input a cell of the response covers. Fixed by the first frame. */
#ifndef DSLT_MATH_SEARCH_AREA_H
#define DSLT_MATH_SEARCH_AREA_H

/* From response cells to input pixels. */
typedef enum dslt_mapping {
  DSLT_MAPPING_RECEPTIVE = 0, /* a cell is the centre of its receptive window: exact */
  DSLT_MAPPING_STRETCH = 1 /* the response is stretched over the search area, as the released program does */
} dslt_mapping;

enum { DSLT_BOXES_MAX = 4096 }; /* candidate boxes cropped in one batch */

typedef struct dslt_search_area {
  int frame_width, frame_height;      /* px */
  double target_width, target_height; /* in the first frame, px */
  double ratio_x, ratio_y; /* frame pixels per input pixel, across and down, while the target has its first
                            * size; they differ where the input is stretched */
  int input_width, input_height;       /* of the network, px */
  double anchor_x, anchor_y;           /* input coordinate onto which the target's centre is mapped, px */
  int stride;                          /* input pixels per cell */
  int map_width, map_height;           /* feature map, cells */
  int kernel_width, kernel_height;     /* regression kernel, cells */
  int response_width, response_height; /* map - kernel + 1 */
  float centre_x, centre_y;            /* response coordinate of the anchor: the peak of a target at rest */
  int mapping;                         /* dslt_mapping */
} dslt_search_area;

/* Normalisation of network inputs: (pixel - mean) / deviation, in the network's channel order. */
typedef struct dslt_input_norm {
  int rgb; /* 1: red first; 0: blue first */
  float mean[3], inverse_deviation[3];
} dslt_input_norm;

#endif
