/* SPDX-License-Identifier: Apache-2.0 */
/* options.c: the table of options, and the presets. */
#include "trackers/adacf/options.h"

#include <math.h>

#include "base/error.h"
#include "trackers/adacf/adacf.h"

#define INT(name, symbol, low, high, help) DSLT_ROW_INT(dslt_adacf_options, name, symbol, low, high, help)
#define REAL(name, symbol, low, high, help) DSLT_ROW_REAL(dslt_adacf_options, name, symbol, low, high, help)

const dslt_option_row dslt_adacf_rows[DSLT_ADACF_ROWS] = {
    REAL(context, "", 0, 4, "context around the target, times the sum of its sides"),
    REAL(exemplar_side, "", 16, 255, "input pixels that target and context cover"),
    INT(grey_network, "", 0, 1, "grey videos are given to the weights' second network, if there is one"),

    REAL(filter_lambda, "lambda", 0.000001, 1000000, "regularisation of the correlation filter"),
    REAL(filter_sigma, "", 0.1, 64, "deviation of the filter's target, cells"),
    INT(filter_margin, "", 1, 64, "cells cut from each side of the filter"),
    REAL(template_rate, "", 0, 1, "share of a frame's filter in the template; 0 = it is never learnt again"),

    INT(enlarge, "", 1, 16, "factor by which responses are enlarged"),
    REAL(window_influence, "", 0, 1, "share of the Hann window in the score"),

    INT(scale_levels, "", 1, 9, "levels of the scale pyramid, odd"),
    REAL(scale_step, "", 1.0001, 1.5, "ratio of neighbouring levels"),
    REAL(scale_penalty, "", 0, 1, "factor on the score of every level but the middle one"),
    REAL(scale_rate, "", 0, 1, "size = (1 - rate) old + rate new"),
    REAL(scale_min, "", 0.01, 1, "smallest search area, times the first"),
    REAL(scale_max, "", 1, 100, "largest search area, times the first"),
};

int dslt_adacf_options_check(const dslt_common_options *common, const void *own) {
  const dslt_adacf_options *o = own;
  (void)common;
  if (o->scale_levels % 2 == 0)
    return dslt_fail(DSLT_EOPTION, "Option scale_levels must be odd (1, 3, 5 ...).");
  if (pow(o->scale_step, o->scale_levels - 1) > 4.0)
    return dslt_fail(
        DSLT_EOPTION,
        "Options scale_levels and scale_step: the largest level must be at most 4 times the smallest.");
  return DSLT_OK;
}

/* The authors' numbers for the network with two layers; AdaCFNet states no others. */
static void fill_cfnet(dslt_common_options *common, void *own) {
  (void)common;
  *(dslt_adacf_options *)own = (dslt_adacf_options){
      .context = 0.5,
      .exemplar_side = 127,
      .grey_network = 1,
      .filter_lambda = 10,
      .filter_sigma = 2,
      .filter_margin = 16,
      .template_rate = 0.005,
      .enlarge = 8,
      .window_influence = 0.2625,
      .scale_levels = 3,
      .scale_step = 1.0575,
      .scale_penalty = 0.978,
      .scale_rate = 0.52,
      .scale_min = 0.2,
      .scale_max = 5,
  };
}

const dslt_preset dslt_adacf_presets[DSLT_ADACF_PRESETS] = {
    {"cfnet", "CFNet-conv2 as its authors ran it; needs their weights", fill_cfnet},
    {"adacfnet",
     "AdaCFNet: the same tracker, its network with channel attention, trained by weights/adacfnet",
     fill_cfnet},
};
