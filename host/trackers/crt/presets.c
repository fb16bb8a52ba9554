/* SPDX-License-Identifier: Apache-2.0 */
/* presets.c: the rows of the paper's table 1, and the authors' program. */
#include "trackers/crt/crt.h"

static const dslt_crt_options paper = {
    .feature = DSLT_CRT_CONV7,
    .early_pool = 0,
    .pca_channels = 64,
    .patch_width = 9,
    .patch_height = 5,
    .kernel_cells = 100,
    .stretch = 0,
    .max_side = 2048,
    .label_sigma = 0.1,
    .threshold = 0.1,
    .slope = 1,
    .amplitude = 0.1,
    .decay = 1000,
    .init_spread = 0.25,
    .adam_beta1 = 0.9,
    .adam_beta2 = 0.999,
    .adam_epsilon = 1e-8,
    .init_rate = 2e-8,
    .init_steps = 4000,
    .init_stop_loss = 0.02,
    .memory = 5,
    .memory_gap = 1,
    .update_interval = 1,
    .update_steps = 2,
    .online_rate = 5e-9,
    .update_gate = 0,
    .motion_sigma = 0.6,
    .motion_square = 0,
    .scale_levels = 3,
    .scale_step = 0.02,
    .whole_pixels = 0,
    .min_side = 5,
    .lost_ratio = 0.25,
};

static void fill(void *own, int feature) {
  dslt_crt_options *o = own;
  *o = paper;
  o->feature = feature;
}

/* Gradients are some thousand times smaller than VGG-16's features. The program's set of rates for them, with
 * the paper's geometry; its updates are slower by the same factor as those of the other features. */
static void fill_hog(dslt_common_options *common, void *own) {
  dslt_crt_options *o = own;
  (void)common;
  fill(own, DSLT_CRT_HOG);
  o->threshold = 0.03;
  o->slope = 3;
  o->decay = 2e-4;
  o->init_rate = 1e-5;
  o->init_stop_loss = 0.05;
  o->online_rate = 2.5e-6;
}

static void fill_conv2(dslt_common_options *common, void *own) { (void)common, fill(own, DSLT_CRT_CONV2); }
static void fill_conv4(dslt_common_options *common, void *own) { (void)common, fill(own, DSLT_CRT_CONV4); }
static void fill_conv7(dslt_common_options *common, void *own) { (void)common, fill(own, DSLT_CRT_CONV7); }
static void fill_conv10(dslt_common_options *common, void *own) { (void)common, fill(own, DSLT_CRT_CONV10); }
static void fill_conv13(dslt_common_options *common, void *own) { (void)common, fill(own, DSLT_CRT_CONV13); }

/* The program of December 2016. */
static void fill_released(dslt_common_options *common, void *own) {
  dslt_crt_options *o = own;
  (void)common;
  fill(own, DSLT_CRT_CONV7);
  o->early_pool = 1;
  o->stretch = 1;
  o->memory_gap = 2;
  o->motion_square = 1;
  o->whole_pixels = 1;
}

const dslt_preset dslt_crt_presets[DSLT_CRT_PRESETS] = {
    {"crt-hog", "CRT on histograms of oriented gradients; needs no network", fill_hog},
    {"crt-conv2", "CRT (2016) on VGG-16's conv1_2", fill_conv2},
    {"crt-conv4", "CRT on VGG-16's conv2_2", fill_conv4},
    {"crt-conv7", "CRT on VGG-16's conv3_3", fill_conv7},
    {"crt-conv10", "CRT on VGG-16's conv4_3, the paper's best", fill_conv10},
    {"crt-conv13", "CRT on VGG-16's conv5_3", fill_conv13},
    {"crt-released", "CRT with the numbers of the authors' program", fill_released},
};
