/* SPDX-License-Identifier: Apache-2.0 */
/* options.h: the numbers of CRT, "Convolutional Regression for Visual Tracking" (Chen and Tao, 2016).
 *
 * Values are given as paper / released program where the two differ; where the paper is silent its presets take
 * the program's. */
#ifndef DSLT_TRACKERS_CRT_OPTIONS_H
#define DSLT_TRACKERS_CRT_OPTIONS_H

#include "tracker/options.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the regression reads: gradients, or the output of VGG-16's n-th convolution. */
typedef enum dslt_crt_feature {
  DSLT_CRT_HOG = 0,
  DSLT_CRT_CONV2 = 2,
  DSLT_CRT_CONV4 = 4,
  DSLT_CRT_CONV7 = 7,
  DSLT_CRT_CONV10 = 10,
  DSLT_CRT_CONV13 = 13
} dslt_crt_feature;

typedef struct dslt_crt_options {
  /* features */
  int feature; /* dslt_crt_feature */
  int early_pool; /* conv2: 1: the first pooling comes before conv1_2, the second behind it; 0: both behind; 0 / 1 */
  int pca_channels; /* more channels than these are projected on as many principal directions; 0 = never; 64 */

  /* search area */
  double patch_width, patch_height; /* train and search patch, times the object's size; 9 and 5 */
  int kernel_cells;                 /* area of the object, cells; 100 */
  int stretch; /* 1: the object is stretched to whole cells, and the patch to whole kernels; 0: its aspect is kept; 0 / 1 */
  int max_side; /* longest side of the network's input, px; 2048 */

  /* label and loss (section 3.2) */
  double label_sigma; /* deviation of the Gaussian, times the object's size; 0.1 */
  double threshold;   /* th, eq. 3; 0.1 */
  double slope;       /* a of the weight A exp(a y), eq. 4; 1 */
  double amplitude;   /* A; 1 as printed, 0.1 in the program and here, since the stop at 0.02 belongs to it */
  double decay;       /* lambda, on weights and bias; 1000 */

  /* optimiser: Adam */
  double
      init_spread; /* deviation of the first weights, over the kernel's values times their mean size; 0.25 */
  double adam_beta1, adam_beta2, adam_epsilon; /* 0.9, 0.999, 1e-8 */
  double init_rate;                            /* first frame: learning rate; 2e-8 */
  int init_steps;                              /* ... at most this many steps; 4000 */
  double init_stop_loss;                       /* ... until the loss is below; 0.02 */

  /* update */
  int memory;          /* past frames that an update learns from; 5 */
  int memory_gap;      /* of which every n-th counts: t, t - n ...; 1 / 2 */
  int update_interval; /* update every n-th frame; 0 = never; 1 */
  int update_steps;    /* 2 */
  double online_rate;  /* learning rate; 5e-9 */
  double update_gate;  /* no update where the peak is below; 0 (the program had 0.2 before November 2016) */

  /* localisation and size */
  double motion_sigma; /* deviation of the motion map, times the object's size; 0 = none; 0.6 */
  int motion_square;   /* 1: of a square as large as the object, on both axes; 0 / 1 */
  int scale_levels;    /* scaled objects; 3 */
  double scale_step;   /* share by which neighbours differ; 0.02 */
  int whole_pixels;    /* 1: boxes are whole pixels, and sides grow by at least one; 0 / 1 */
  double min_side;     /* smallest side of a box, px; 5 */
  double lost_ratio;   /* reported as lost when the peak falls below this share of its recent average; 0.25 */
} dslt_crt_options;

#ifdef __cplusplus
}
#endif

#endif
