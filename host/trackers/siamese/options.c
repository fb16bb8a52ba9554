/* SPDX-License-Identifier: Apache-2.0 */
/* options.c: the siamese tracker's table of options and its preset. */
#include "trackers/siamese/options.h"

#include "backend/precision.h"
#include "trackers/siamese/siamese.h"

#define INT(name, symbol, low, high, help) DSLT_ROW_INT(dslt_siamese_options, name, symbol, low, high, help)
#define REAL(name, symbol, low, high, help) DSLT_ROW_REAL(dslt_siamese_options, name, symbol, low, high, help)

const dslt_option_row dslt_siamese_rows[DSLT_SIAMESE_ROWS] = {
    REAL(window, "", 0, 1, "share of the cosine window in the choice of the box"),
    REAL(shape_penalty, "", 0, 10, "strength of the penalty on changes of size and aspect ratio"),
    REAL(size_rate, "", 0, 1, "share of the new size, times the score"),
    REAL(min_side, "", 1, 1024, "smallest side of a box, px"),
    REAL(
        box_fit, "", 0, 1,
        "share of the first box's difference from the network's that later boxes have; 0 = they are the network's"),
    REAL(lost_score, "", 0, 1, "lost where the score is below this"),
    INT(lost_hold, "", 0, 1, "while lost keep the box and skip the update"),
    INT(seek_after, "", 0, 1000000,
        "lost frames before every second search tries another part of the frame; 0 = never"),
    REAL(doubt, "", 0, 1,
         "a target is searched for in other parts, too, while its score is below this share of its mean"),
    REAL(found_score, "", 0, 1, "least score with which a target is taken up again in another part"),

    REAL(
        template_rate, "", 0, 1,
        "rate, every update, of the running mean of the features found since the first frame; 0 = the template "
        "stays the first frame's"),
    REAL(template_trust, "", 0, 1, "mean score from which the first frame's features alone are the template"),
    REAL(
        template_score, "", 0, 1,
        "the running mean learns nothing where the score is below this, and is the whole template where the mean "
        "score is"),

    REAL(blend, "", 0, 1, "share of the on-line regression in the score; 0 = there is none"),
    INT(reduce_channels, "", 1, 512, "regression: channels after reduction"),
    REAL(label_sigma, "", 0.1, 64, "regression: deviation of the soft label, cells"),
    REAL(shrink_a, "a", 0, 1000, "regression: shrinkage speed"),
    REAL(shrink_c, "c", 0, 1, "regression: localisation of the shrinkage"),
    REAL(weight_decay, "lambda", 0, 1, "regression: weight decay"),
    INT(init_steps, "", 1, 100000, "first frame: steps"),
    REAL(init_rate_low, "eta", 0, 1, "first frame: learning rate of the base branch"),
    REAL(init_rate_high, "eta", 0, 1, "first frame: learning rate of the residual branch"),
    INT(memory, "T", 1, 64, "stored samples, the first frame's among them"),
    INT(update_interval, "", 0, 1000000, "update every n-th frame; 0 = never"),
    INT(update_spread, "", 1, 1000000,
        "an update's learning is spread over as many frames, so that none takes long; at most update_interval"),
    REAL(update_score, "", 0, 1, "no update where the score is below this"),
    INT(update_steps, "", 1, 1000, "steps on each stored sample"),
    REAL(online_rate_low, "eta", 0, 1, "update: learning rate of the base branch"),
    REAL(online_rate_high, "eta", 0, 1, "update: learning rate of the residual branch"),
};

static const dslt_siamese_options recommended = {
    .window = 0.15,
    .shape_penalty = 0.05,
    .size_rate = 0.8,
    .min_side = 5,
    .box_fit = 0.4,
    .lost_score = 0.5,
    .lost_hold = 1,
    .seek_after = 3,
    .doubt = 0.6,
    .found_score = 0.8,
    .template_rate = 0.2,
    .template_trust = 1,
    .template_score = 0.5,
    .blend = 0.3,
    .reduce_channels = 64,
    .label_sigma = 1,
    .shrink_a = 10,
    .shrink_c = 0.2,
    .weight_decay = 0,
    .init_steps = 60,
    .init_rate_low = 1e-5,
    .init_rate_high = 1e-5,
    .memory = 7,
    .update_interval = 3,
    .update_spread = 3,
    .update_score = 0.5,
    .update_steps = 1,
    .online_rate_low = 2e-6,
    .online_rate_high = 2e-6,
};

static void fill_default(dslt_common_options *common, void *own) {
  common->precision = DSLT_PRECISION_AUTO;
  *(dslt_siamese_options *)own = recommended;
}

const dslt_preset dslt_siamese_presets[DSLT_SIAMESE_PRESETS] = {
    {"default",
     "what we recommend: matching network with boxes of any shape, and DSLT's regression learning on line",
     fill_default},
};
