/* SPDX-License-Identifier: Apache-2.0 */
/* options.h: the numbers of CFNet, "End-to-end representation learning for Correlation Filter based tracking" (CVPR
 * 2017), and of AdaCFNet, "Robust Visual Tracking with Channel Attention and Focal Loss" (2019), which keeps CFNet's
 * tracker and changes the network and its training. */
#ifndef DSLT_TRACKERS_ADACF_OPTIONS_H
#define DSLT_TRACKERS_ADACF_OPTIONS_H

#include "tracker/options.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dslt_adacf_options {
  double context;       /* around the target on every side, times the mean of its sides, halved; 0.5 */
  double exemplar_side; /* input pixels that target and context cover; 127 of 255 */
  int grey_network;     /* 1: grey videos are given to the file's second network, if there is one; 1 */

  double filter_lambda; /* regularisation of the filter; 10 */
  double filter_sigma;  /* deviation of the filter's target, cells; 2 */
  int filter_margin;    /* cells cut from each side of the filter; 16 */
  double template_rate; /* share of a frame's filter in the template; 0 = never learnt again; 0.005 */

  int enlarge;             /* responses are enlarged by this factor; 8 */
  double window_influence; /* share of the Hann window in the score; 0.2625 */

  int scale_levels;     /* odd, 1..9; 3 */
  double scale_step;    /* ratio of neighbouring levels; 1.0575 */
  double scale_penalty; /* factor on the score of every level but the middle one; 0.978 */
  double scale_rate;    /* size = (1 - rate) old + rate new; 0.52 */
  double scale_min;     /* limits of the search area's size relative to the first; 0.2 */
  double scale_max;     /* 5 */
} dslt_adacf_options;

static inline const dslt_adacf_options *dslt_adacf_options_of(const dslt_options *options) {
  return (const dslt_adacf_options *)options->own;
}

#ifdef __cplusplus
}
#endif

#endif
