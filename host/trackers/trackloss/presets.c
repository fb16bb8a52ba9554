/* SPDX-License-Identifier: Apache-2.0 */
/* presets.c: the rows of the paper's table 2. */
#include "trackers/trackloss/trackloss.h"

static const dslt_trackloss_options paper = {
    .loss = DSLT_TRACKLOSS_SOFTMAX,
    .strategy = DSLT_TRACKLOSS_BOTH,
    .alpha = {4, {1, 1, 4, 3}},
    .beta = {4, {10, 10, 1, 9}},
    .rate = {4, {5e-4, 5e-4, 2e-4, 5e-4}},
    .infogain_diagonal = 0.8,
    .momentum = 0.9,
    .decay = 5e-4,
    .init_sigma = 0.01,
    .head_channels = 256,
    .input_side = 0,
    .context = 16,
    .candidates = 256,
    .candidate_shift = 0.6,
    .candidate_zoom = 1,
    .candidate_stretch = 0,
    .scale_factor = 1.05,
    .widen = 1.1,
    .widen_max = 1.5,
    .shared_maps = 1,
    .best = 5,
    .success = 0.5,
    .min_side = 10,
    .init_positives = 64,
    .init_negatives = 256,
    .positives = 16,
    .negatives = 48,
    .collect_interval = 5,
    .positive_memory = 256,
    .negative_memory = 384,
    .recent_positives = 64,
    .positive_overlap = 0.7,
    .init_negative_overlap = 0.5,
    .negative_overlap = 0.3,
    .positive_shift = 0.1,
    .positive_zoom = 5,
    .init_steps = 30,
    .update_interval = 10,
    .update_steps = 10,
    .batch_positives = 8,
    .batch_negatives = 24,
    .mined = 48,
};

static void fill(void *own, int loss, double diagonal) {
  dslt_trackloss_options *o = own;
  *o = paper;
  o->loss = loss;
  o->infogain_diagonal = diagonal;
}

#define FILL(name, loss, diagonal)                                  \
  static void fill_##name(dslt_common_options *common, void *own) { \
    (void)common;                                                   \
    fill(own, loss, diagonal);                                      \
  }
FILL(softmax, DSLT_TRACKLOSS_SOFTMAX, 0.8)
FILL(infogain1, DSLT_TRACKLOSS_INFOGAIN, 0.9)
FILL(infogain2, DSLT_TRACKLOSS_INFOGAIN, 0.8)
FILL(infogain3, DSLT_TRACKLOSS_INFOGAIN, 0.7)
FILL(sigmoid, DSLT_TRACKLOSS_SIGMOID, 0.8)
FILL(hinge, DSLT_TRACKLOSS_HINGE, 0.8)
FILL(ensemble, DSLT_TRACKLOSS_ENSEMBLE, 0.8)

const dslt_preset dslt_trackloss_presets[DSLT_TRACKLOSS_PRESETS] = {
    {"trackloss-softmax", "Tracking Loss (2018) with softmax logistic loss", fill_softmax},
    {"trackloss-infogain1", "... with infogain loss, H = [0.9 0.1; 0.1 0.9]", fill_infogain1},
    {"trackloss-infogain2", "... with infogain loss, H = [0.8 0.2; 0.2 0.8]", fill_infogain2},
    {"trackloss-infogain3", "... with infogain loss, H = [0.7 0.3; 0.3 0.7]", fill_infogain3},
    {"trackloss-sigmoid", "... with sigmoid cross-entropy", fill_sigmoid},
    {"trackloss-hinge", "... with hinge loss", fill_hinge},
    {"trackloss-ensemble", "... with a branch for each of the four losses, the paper's best", fill_ensemble},
};
