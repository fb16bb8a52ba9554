/* SPDX-License-Identifier: Apache-2.0 */
/* presets.c: DSLT's three sets of numbers: our own, the paper, the authors' program. */
#include "backend/precision.h"
#include "trackers/dslt/dslt.h"
#include "trackers/dslt/options.h"

static const dslt_dslt_options paper = {
    .frame_scale_side = 80,
    .frame_scale_limit = 160,
    .search_width = 8,
    .search_height = 4,
    .search_min_area = 40000,
    .search_square = 0,
    .search_max_area = 0,
    .search_max_side = 1024,
    .low_layer = DSLT_CONV4_3,
    .high_layer = DSLT_CONV5_3,
    .pool3 = 1,
    .pool4 = 1,
    .reduce_channels = 128,
    .reduce_kernel = 1,
    .train_reduction = 1,
    .fusion = 1,
    .fuse = {1, {1}},
    .residual = 1,
    .regress_max_side = 64,
    .regress_sigma = 1e-7,
    .regress_bias = 0,
    .feature_scale = 1,
    .label_sigma = 0.1,
    .label_min_sigma = 0,
    .label_on_cell = 1,
    .label_stretch = 0,
    .loss = DSLT_LOSS_SHRINKAGE,
    .shrink_a = 10,
    .shrink_c = 0.2,
    .ohnm_threshold = 0.01,
    .truncate_threshold = 0.1,
    .released_alpha = 1.6,
    .truncate_alpha = 1,
    .adam_beta1 = 0.9,
    .adam_beta2 = 0.999,
    .adam_epsilon = 1e-8,
    .weight_decay = 0,
    .decay_high = 1,
    .rate_bias = 2,
    .branch_rates = 1,
    .init_rate_low = 2e-8,
    .init_rate_high = 8e-7,
    .init_steps = 100,
    .init_stop_loss = 0,
    .init_stop_change = 0.001,
    .init_stop_window = 10,
    .augment = 0,
    .memory = 7,
    .update_interval = 1,
    .update_steps = 1,
    .online_rate_low = 5e-9,
    .online_rate_high = 2e-7,
    .motion_sigma = 0.65,
    .motion_min_sigma = 0.5,
    .subcell = DSLT_SUBCELL_QUADRATIC,
    .mapping = DSLT_MAPPING_RECEPTIVE,
    .scale_levels = 3,
    .scale_step = 1.03,
    .scale_joint = 0,
    .scale_gate = 0.35,
    .scale_gate_ratio = 0,
    .scale_penalty = 1,
    .scale_rate = 0.6,
    .min_side = 5,
    .lost_ratio = 0.25,
    .lost_rate = 0.1,
    .lost_grace = 0,
    .lost_hold = 0,
};

static void fill_paper(dslt_common_options *common, void *own) {
  (void)common;
  *(dslt_dslt_options *)own = paper;
}

static void fill_released(dslt_common_options *common, void *own) {
  dslt_dslt_options *o = own;
  fill_paper(common, o);
  o->pool3 = o->pool4 = 0;
  o->reduce_kernel = 3;
  o->fuse = (dslt_option_list){2, {0.8, 0.2}};
  o->regress_bias = 1;
  o->label_sigma = 0.08;
  o->label_on_cell = 0;
  o->label_stretch = 1;
  o->loss = DSLT_LOSS_SHRINKAGE_RELEASED;
  o->adam_beta1 = 0.6;
  o->weight_decay = 5.1e-4;
  o->decay_high = 40;
  o->branch_rates = 0;
  o->init_stop_loss = 0.03;
  o->init_stop_change = 0;
  o->augment = 1;
  o->update_steps = 2;
  o->online_rate_low = 1e-8;
  o->online_rate_high = 4e-7;
  o->subcell = DSLT_SUBCELL_BICUBIC;
  o->mapping = DSLT_MAPPING_STRETCH;
}

/* The effect of each difference from the paper: bench/presets.md. */
static void fill_dslt(dslt_common_options *common, void *own) {
  dslt_dslt_options *o = own;
  fill_paper(common, o);
  common->precision = DSLT_PRECISION_AUTO;
  o->frame_scale_side = 0; /* the area rules below bring every target to the same size instead */
  o->search_width = o->search_height = 4;
  o->search_square = 1;
  o->search_min_area = o->search_max_area = 65536; /* 256 x 256 */
  o->train_reduction = DSLT_REDUCTION_FIRST;
  o->label_min_sigma = 1;
  o->init_stop_change = 0;
  o->subcell = DSLT_SUBCELL_GAUSSIAN;
  o->scale_joint = 1;
  o->scale_step = 1.05;
  o->scale_gate = 0;
  o->scale_gate_ratio = 0.6;
  o->scale_penalty = 0.95;
  o->lost_ratio = 0.6;
  o->lost_grace = 10;
  o->lost_hold = 1;
}

const dslt_preset dslt_dslt_presets[DSLT_DSLT_PRESETS] = {
    {"dslt", "DSLT as we recommend it: fast, and more exact than the paper's numbers", fill_dslt},
    {"paper", "DSLT with the numbers of the publication (ECCV 2018)", fill_paper},
    {"released", "DSLT with the numbers of the authors' released program", fill_released},
};
