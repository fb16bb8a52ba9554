/* SPDX-License-Identifier: Apache-2.0 */
/* options.h: the numbers of DSLT, "Deep Regression Tracking with Shrinkage Loss" (ECCV 2018).
 *
 * "Paper" means its section 5.1 unless an equation is named. Where the paper is silent, preset `paper` takes
 * the released program's value for search area, prior, scale and limits, and the plainest choice for
 * training: Adam's own defaults, no augmentation, one step a sample, no more steps once they stop helping.
 * Values are given as paper / released. */
#ifndef DSLT_TRACKERS_DSLT_OPTIONS_H
#define DSLT_TRACKERS_DSLT_OPTIONS_H

#include "math/locate.h"
#include "math/loss.h"
#include "nn/backbone.h"
#include "nn/head.h"
#include "tracker/options.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dslt_dslt_options {
  /* search area */
  double frame_scale_side;  /* a larger target is brought to this side, px; 80; 0 = keep the frame */
  double frame_scale_limit; /* ... when a side is longer than this, px, or the area exceeds
                             * frame_scale_side^2; 160 */
  double search_width;      /* context left and right, times the target's width, grows with frame scale; 8 */
  double search_height;     /* context above and below, times the target's height, likewise; 4 */
  int search_square;        /* 1: a square of the same area instead; 0 */
  double search_min_area;   /* a smaller search area is enlarged to this, px^2; 40000 */
  double search_max_area;   /* a larger one is reduced to this, px^2; 0 = never; 0 */
  int search_max_side;      /* longest side of the network's input, px; 1024 */

  /* network (figure 2) */
  int low_layer;         /* of VGG-16's layers, dslt_layer of the finest tap; conv4_3 */
  int mid_layer;         /* dslt_layer of a tap between the two, or 0; 0 */
  int high_layer;        /* dslt_layer of the coarsest tap, above the others, or 0: a single tap; conv5_3 */
  int pool3;             /* keep the backbone's third pooling; 1 / 0 */
  int pool4;             /* keep the backbone's fourth pooling; 1 / 0 */
  int reduce_channels;   /* channels after reduction, 1..512; 128 */
  int reduce_kernel;     /* side of the reduction's kernel, 1 or 3; 1 / 3 */
  int train_reduction;   /* dslt_reduction, as text 0, 1 or first; 1 (preset default: first) */
  int fusion;            /* 1: first residual connection; 0: base uses the finest tap only (DSLT_m); 1 */
  dslt_option_list fuse; /* weight of each reduced and upsampled tap in the sum; 1 / 0.8, 0.2 */
  int residual;          /* 1: second residual connection, response = base + residual; 1 */
  int regress_max_side;  /* longest side of the regression kernel, cells; 64 */
  double regress_sigma;  /* deviation of the initial regression weights; 1e-7 */
  int regress_bias;      /* 1: the regressions have a trainable bias; 0 / 1 */
  double feature_scale;  /* further factor on all taps, on top of the weight file's own; 1 */

  /* soft label */
  double label_sigma;     /* deviation of the Gaussian, times the target's size in cells; 0.1 / 0.08 */
  double label_min_sigma; /* ... but at least this many cells; 0 */
  int label_on_cell; /* 1: the crop is placed so that the target's centre falls on a cell; 0: between cells; 1
                      * / 0 */
  int label_stretch; /* 1: stretched to [0, 1]; 0 / 1 */

  /* loss */
  int loss;                  /* dslt_loss; shrinkage / shrinkage_released */
  double shrink_a;           /* a: shrinkage speed, eq. 5; 10 */
  double shrink_c;           /* c: localisation of the shrinkage, eq. 5; 0.2 */
  double ohnm_threshold;     /* smallest |p - y| that OHNM keeps; 0.01 */
  double truncate_threshold; /* th of CRT's truncated loss; 0.1 */
  double released_alpha;     /* alpha of the released program's weight exp(alpha y) y; 1.6 */
  double truncate_alpha;     /* alpha of CRT's truncated loss; 1 */

  /* optimiser: Adam */
  double adam_beta1;   /* 0.9 / 0.6 */
  double adam_beta2;   /* 0.999 */
  double adam_epsilon; /* added after the root, outside the bias correction; 1e-8 */
  double weight_decay; /* lambda, eq. 1 and 7, added to the gradient; 0 / 5.1e-4 */
  double decay_high;   /* times this for the residual regression; 1 / 40 */
  double rate_bias;    /* learning rate of biases, times the branch's; 2 */
  int branch_rates; /* dslt_branch_rates: eta of the residual branch holds for the reduction and upsampling of
                        * no tap (0), of the coarsest (1), of all but the finest (2); 1 / 0 */

  /* first-frame training */
  double init_rate_low;    /* eta of the base branch (conv4_3); 2e-8 */
  double init_rate_high;   /* eta of the residual branch (conv5_3); 8e-7 */
  int init_steps;          /* at most this many steps, 1..100000; 100 */
  double init_stop_loss;   /* stop once the summed loss is below; 0 = never; 0 / 0.03 */
  double init_stop_change; /* stop once init_stop_window steps improve the loss by less than this share; 0 =
                            * never; 0.001 / 0 */
  int init_stop_window;    /* how many steps are compared with as many before them; 10 */
  int augment;             /* 1: four Gaussian blurs and the mirror image; 0 / 1 */

  /* on-line update */
  int memory;              /* T: stored samples, the first frame's among them, 1..64; 7 */
  int update_interval;     /* update every n-th frame; 0 = never; 1 */
  int update_steps;        /* steps on each stored sample in turn; 1 / 2 */
  double online_rate_low;  /* eta of the base branch; 5e-9 / 1e-8 */
  double online_rate_high; /* eta of the residual branch; 2e-7 / 4e-7 */

  /* localisation */
  double motion_sigma;     /* deviation of the motion prior, times the target's size; 0 = none; 0.65 */
  double motion_min_sigma; /* ... but at least this many cells; 0.5 */
  int subcell;             /* dslt_subcell; quadratic / bicubic */
  int mapping;             /* dslt_mapping; receptive / stretch */

  /* scale pyramid */
  int scale_levels;  /* odd, 1..9; 3 */
  double scale_step; /* ratio of neighbouring levels, > 1; 1.03 */
  int scale_joint;   /* 1: all levels are searched around the last place at once and the best one gives place
                      * and scale; 0: first the place, then all levels around the new place; 0 */
  double scale_gate; /* the pyramid is used only where the peak exceeds this; 0.35 */
  double scale_gate_ratio; /* ... and this share of its recent average; 0 */
  double scale_penalty;    /* factor on the score of every level but the middle one; 1 */
  double scale_rate; /* size = (1 - rate) old + rate new, new being the old size times the chosen level's
                      * ratio; 0.6 */

  /* limits and loss of the target */
  double min_side;   /* smallest side of a box, px; 5 */
  double lost_ratio; /* lost when the peak falls below this share of its recent average; 0.25 */
  double lost_rate;  /* share of a new peak in that running average; 0.1 */
  int lost_grace;    /* nothing counts as lost in the first frames, this many; 0 */
  int lost_hold;     /* 1: while lost keep the box and skip the update; 0 */
} dslt_dslt_options;

/* The numbers of DSLT in options of that tracker. */
static inline const dslt_dslt_options *dslt_dslt_options_of(const dslt_options *options) {
  return (const dslt_dslt_options *)options->own;
}

/* The part of the backbone that they need. */
dslt_backbone_spec dslt_dslt_backbone(const dslt_dslt_options *o);

#ifdef __cplusplus
}
#endif

#endif
