/* SPDX-License-Identifier: Apache-2.0 */
/* options.h: every number of the siamese tracker. Sizes of template and search area belong to the weights. */
#ifndef DSLT_TRACKERS_SIAMESE_OPTIONS_H
#define DSLT_TRACKERS_SIAMESE_OPTIONS_H

#include "tracker/options.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dslt_siamese_options {
  /* choice of the cell and update of the box */
  double window;        /* share of the cosine window in the choice */
  double shape_penalty; /* strength of the penalty on changes of size and aspect ratio */
  double size_rate;     /* share of the new size, times the score */
  double min_side;      /* smallest side of a box, px */
  double box_fit;     /* how near reported boxes come to the way in which the first one was drawn; 0 = not */
  double lost_score;  /* lost where the score is below this */
  int lost_hold;      /* 1: a lost target keeps its box */
  int seek_after;     /* lost frames before every second search tries another part of the frame; 0 = never */
  double doubt;       /* other parts are tried, too, where the score is below this share of its mean */
  double found_score; /* least score with which a target is taken up again in another part */

  /* the template: part the first frame's features, part the running mean of those found since */
  double template_rate;  /* of the running mean, every update; 0 = the template stays the first frame's */
  double template_trust; /* mean score from which the first frame's features alone are the template */
  double template_score; /* nothing is learnt below this; at this mean score the mean alone is it */

  /* the regression that learns on line (DSLT's head on the backbone's fine and coarse maps) */
  double blend;           /* its share in the score; 0 = there is none */
  int reduce_channels;    /* channels after reduction */
  double label_sigma;     /* deviation of the soft label, cells of the fine map */
  double shrink_a;        /* a: shrinkage speed (DSLT's eq. 5) */
  double shrink_c;        /* c: localisation of the shrinkage */
  double weight_decay;    /* lambda */
  int init_steps;         /* first frame: steps */
  double init_rate_low;   /* first frame: learning rate of the base regression */
  double init_rate_high;  /* first frame: learning rate of the residual regression */
  int memory;             /* T: stored samples, the first frame's among them */
  int update_interval;    /* update every n-th frame; 0 = never */
  int update_spread;      /* frames over which an update's learning is spread, at most update_interval */
  double update_score;    /* no update where the score is below this */
  int update_steps;       /* steps on each stored sample */
  double online_rate_low; /* update: learning rates */
  double online_rate_high;
} dslt_siamese_options;

static inline const dslt_siamese_options *dslt_siamese_options_of(const dslt_options *options) {
  return (const dslt_siamese_options *)options->own;
}

#ifdef __cplusplus
}
#endif

#endif
