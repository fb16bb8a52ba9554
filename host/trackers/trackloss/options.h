/* SPDX-License-Identifier: Apache-2.0 */
/* options.h: the numbers of the tracking-loss tracker, "Tracking Loss: Converting Object Detector to Robust Visual
 * Tracker" (2018). The paper leaves its on-line loop to MDNet (CVPR 2016); of those numbers MDNet's are given second
 * where the presets take others. */
#ifndef DSLT_TRACKERS_TRACKLOSS_OPTIONS_H
#define DSLT_TRACKERS_TRACKLOSS_OPTIONS_H

#include "tracker/options.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One branch with this loss, or one for each of the first four. */
typedef enum dslt_trackloss_loss {
  DSLT_TRACKLOSS_SOFTMAX = 0, /* as dslt_anchor_loss_kind */
  DSLT_TRACKLOSS_INFOGAIN = 1,
  DSLT_TRACKLOSS_SIGMOID = 2,
  DSLT_TRACKLOSS_HINGE = 3,
  DSLT_TRACKLOSS_HINGE2 = 4,
  DSLT_TRACKLOSS_ENSEMBLE = 5
} dslt_trackloss_loss;

enum { DSLT_TRACKLOSS_BRANCHES = 4, DSLT_TRACKLOSS_BOTH = 5 }; /* strategies 1 and 4 together */

typedef struct dslt_trackloss_options {
  /* loss */
  int loss;     /* dslt_trackloss_loss */
  int strategy; /* 1..4: dslt_matching_strategy; DSLT_TRACKLOSS_BOTH */
  dslt_option_list
      alpha; /* weight of the first strategy's head: softmax, infogain, sigmoid, hinge; 1, 1, 4, 3 */
  dslt_option_list beta;    /* ... of the fourth's, and of the second's and third's; 10, 10, 1, 9 */
  dslt_option_list rate;    /* learning rate; 5e-4, 5e-4, 2e-4, 5e-4 */
  double infogain_diagonal; /* H = [d, 1 - d; 1 - d, d]; 0.8 */
  double momentum, decay;   /* 0.9, 5e-4 */
  double init_sigma;        /* deviation of the first weights; 0.01 */
  int head_channels;        /* of the proposal layer; 256 */

  /* crop */
  int input_side; /* px; 0 = 203 where the network's map has a stride of 16, else 107 */
  double context; /* px around the box, for a side of 107; 16 */

  /* search */
  int candidates;           /* 256 */
  double candidate_shift;   /* largest shift, times the mean side; 0.6 */
  double candidate_zoom;    /* largest exponent of scale_factor; 1 */
  double candidate_stretch; /* ... of the aspect; 0 */
  double scale_factor;      /* 1.05 */
  double widen, widen_max;  /* the shift while the target is missed; 1.1, 1.5 */
  int shared_maps; /* 1: candidates are read from maps of whole search areas; 0: each has a crop; 1 / 0 */
  int best;        /* the box is the mean of so many; 5 */
  double success;  /* found where their mean score is above; 0.5 */
  double min_side; /* px; 10 */

  /* training boxes */
  int init_positives, init_negatives;             /* of the first frame; 64, 256 (MDNet: 500, 5000) */
  int positives, negatives;                       /* of later ones; 16, 48 (50, 200) */
  int collect_interval;                           /* of every n-th frame; 5 (1) */
  int positive_memory, negative_memory;           /* that are kept; 256, 384 (about 5000, 4000) */
  int recent_positives;                           /* learnt from while the target is missed; 64 (1000) */
  double positive_overlap;                        /* least; 0.7 */
  double init_negative_overlap, negative_overlap; /* most; 0.5, 0.3 */
  double positive_shift, positive_zoom;           /* 0.1, 5 */

  /* steps */
  int init_steps;                       /* 30 */
  int update_interval;                  /* 10; 0 = never */
  int update_steps;                     /* 10 */
  int batch_positives, batch_negatives; /* 8, 24 (32, 96) */
  int mined;                            /* negatives of which the hardest are taken; 96 (1024) */
} dslt_trackloss_options;

#ifdef __cplusplus
}
#endif

#endif
