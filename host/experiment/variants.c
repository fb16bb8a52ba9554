/* SPDX-License-Identifier: Apache-2.0 */
/* variants.c: the studies' tables of variants. */
#include "experiment/variants.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/error.h"
#include "experiment/networks.h"
#include "nn/weights.h"

/* ---- DSLT, section 5.3 --------------------------------------------------------------------------- */

enum { LOSSES = 1, LAYERS = 2 };

static const dslt_variant dslt_variants[] = {
    {"DSLT",
     "shrinkage loss; both taps (VGG-16: conv4_3 and conv5_3), connected",
     LOSSES | LAYERS,
     NULL,
     0,
     {{NULL, NULL}},
     NAN,
     NAN,
     "-",
     "-"},
    {"L2", "square loss", LOSSES, NULL, 0, {{"loss", "l2"}}, 0.870, 0.642, "87.0", "64.2"},
    {"L3",
     "focal loss for regression: the cube of the error",
     LOSSES,
     NULL,
     0,
     {{"loss", "l3"}},
     NAN,
     NAN,
     "-",
     "-"},
    {"OHNM",
     "square loss of the samples whose error is at least 0.01",
     LOSSES,
     NULL,
     0,
     {{"loss", "ohnm"}, {"ohnm_threshold", "0.01"}},
     NAN,
     NAN,
     "-",
     "-"},
    {"DSLT_m",
     "layers not connected",
     LAYERS,
     NULL,
     0,
     {{"fusion", "0"}},
     NAN,
     NAN,
     "DSLT - 0.3",
     "DSLT - 0.1"},
    {"DSLT_34",
     "conv3_3 with conv4_3",
     LAYERS,
     NULL,
     1,
     {{"low_layer", "conv3_3"}, {"high_layer", "conv4_3"}},
     NAN,
     NAN,
     "-",
     "-"},
    {"DSLT_35",
     "conv3_3 with conv5_3",
     LAYERS,
     NULL,
     1,
     {{"low_layer", "conv3_3"}, {"high_layer", "conv5_3"}},
     NAN,
     NAN,
     "-",
     "-"},
};

/* Has option `key` one of two values? */
static int is_one_of(const dslt_options *options, const char *key, const char *a, const char *b) {
  char value[64];
  return dslt_options_get(value, sizeof value, options, key) == DSLT_OK &&
         (strcmp(value, a) == 0 || strcmp(value, b) == 0);
}

static int check_dslt(const dslt_options *o) {
  const char *wrong = !is_one_of(o, "loss", "shrinkage", "shrinkage_released") ? "loss"
                      : !is_one_of(o, "fusion", "1", "1")                      ? "fusion"
                      : !is_one_of(o, "low_layer", "conv4_3", "conv4_3")       ? "low_layer"
                      : !is_one_of(o, "high_layer", "conv5_3", "conv5_3")      ? "high_layer"
                                                                               : NULL;
  if (!wrong) return DSLT_OK;
  return dslt_fail(
      DSLT_EOPTION,
      "The ablation sets option %s itself, and DSLT, with which it compares, needs its usual value: leave "
      "out --set %s.",
      wrong, wrong);
}

/* ---- CRT, tables 1 to 3 -------------------------------------------------------------------------- */

enum { FEATURES = 1, MINING = 2, PATCHES = 4 };

static const dslt_variant crt_variants[] = {
    {"conv2",
     "conv1_2; th 0.1, a 1; patch of 9 x 5 objects",
     FEATURES | MINING | PATCHES,
     NULL,
     0,
     {{NULL, NULL}},
     0.764,
     0.689,
     "76.4",
     "68.9"},
    {"HOG",
     "histograms of oriented gradients",
     FEATURES,
     "crt-hog",
     0,
     {{NULL, NULL}},
     0.752,
     0.681,
     "75.2",
     "68.1"},
    {"conv4", "conv2_2", FEATURES, "crt-conv4", 0, {{NULL, NULL}}, 0.795, 0.673, "79.5", "67.3"},
    {"conv7", "conv3_3", FEATURES, "crt-conv7", 0, {{NULL, NULL}}, 0.780, 0.702, "78.0", "70.2"},
    {"conv10", "conv4_3", FEATURES, "crt-conv10", 1, {{NULL, NULL}}, 0.835, 0.757, "83.5", "75.7"},
    {"conv13", "conv5_3", FEATURES, "crt-conv13", 1, {{NULL, NULL}}, 0.769, 0.688, "76.9", "68.8"},
    {"plain",
     "every error counts, and alike: th 0, a 0",
     MINING,
     NULL,
     0,
     {{"threshold", "0"}, {"slope", "0"}},
     0.681,
     0.586,
     "68.1",
     "58.6"},
    {"7x5", "patch of 7 x 5 objects", PATCHES, NULL, 0, {{"patch_width", "7"}}, 0.732, 0.662, "73.2", "66.2"},
    {"5x3",
     "patch of 5 x 3 objects",
     PATCHES,
     NULL,
     0,
     {{"patch_width", "5"}, {"patch_height", "3"}},
     0.686,
     0.641,
     "68.6",
     "64.1"},
    {"3x3",
     "patch of 3 x 3 objects",
     PATCHES,
     NULL,
     0,
     {{"patch_width", "3"}, {"patch_height", "3"}},
     0.668,
     0.617,
     "66.8",
     "61.7"},
};

static int check_crt(const dslt_options *o) {
  const char *wrong = !is_one_of(o, "feature", "conv2", "conv2") ? "feature"
                      : !is_one_of(o, "threshold", "0.1", "0.1") ? "threshold"
                      : !is_one_of(o, "slope", "1", "1")         ? "slope"
                      : !is_one_of(o, "patch_width", "9", "9")   ? "patch_width"
                      : !is_one_of(o, "patch_height", "5", "5")  ? "patch_height"
                                                                 : NULL;
  if (!wrong) return DSLT_OK;
  return dslt_fail(
      DSLT_EOPTION,
      "CRT's ablation sets option %s itself and begins with preset crt-conv2: leave out --set %s and "
      "--preset.",
      wrong, wrong);
}

/* ---- tracking loss, tables 1 and 2 --------------------------------------------------------------- */

enum { STRATEGIES = 1, ENSEMBLE = 2 };

static const dslt_variant trackloss_variants[] = {
    {"1+4",
     "softmax loss, first and fourth strategy",
     STRATEGIES | ENSEMBLE,
     NULL,
     0,
     {{NULL, NULL}},
     NAN,
     0.41,
     "-",
     "41 (text: 46); EAO .324"},
    {"1", "first strategy: 12 anchors", STRATEGIES, NULL, 0, {{"strategy", "1"}}, NAN, 0.39, "-", "39"},
    {"2", "second strategy: 36 anchors", STRATEGIES, NULL, 0, {{"strategy", "2"}}, NAN, 0.38, "-", "38"},
    {"3", "third strategy: 100 anchors", STRATEGIES, NULL, 0, {{"strategy", "3"}}, NAN, 0.36, "-", "36"},
    {"4", "fourth strategy: 196 anchors", STRATEGIES, NULL, 0, {{"strategy", "4"}}, NAN, 0.43, "-", "43"},
    {"infogain1",
     "infogain loss, H = [.9 .1; .1 .9]",
     ENSEMBLE,
     "trackloss-infogain1",
     0,
     {{NULL, NULL}},
     NAN,
     NAN,
     "-",
     "EAO .317"},
    {"infogain2",
     "infogain loss, H = [.8 .2; .2 .8]",
     ENSEMBLE,
     "trackloss-infogain2",
     0,
     {{NULL, NULL}},
     NAN,
     NAN,
     "-",
     "EAO .337"},
    {"infogain3",
     "infogain loss, H = [.7 .3; .3 .7]",
     ENSEMBLE,
     "trackloss-infogain3",
     0,
     {{NULL, NULL}},
     NAN,
     NAN,
     "-",
     "EAO .293"},
    {"sigmoid",
     "sigmoid cross-entropy",
     ENSEMBLE,
     "trackloss-sigmoid",
     0,
     {{NULL, NULL}},
     NAN,
     NAN,
     "-",
     "EAO .321"},
    {"hinge", "hinge loss", ENSEMBLE, "trackloss-hinge", 0, {{NULL, NULL}}, NAN, NAN, "-", "EAO .338"},
    {"ensemble",
     "a branch for each of the four losses",
     ENSEMBLE,
     "trackloss-ensemble",
     0,
     {{NULL, NULL}},
     NAN,
     NAN,
     "-",
     "EAO .350"},
};

/* Of the same variants. The ensemble's rank by accuracy cannot be read in the paper's text. */
static const dslt_study_vot trackloss_vot[] = {
    {0.52, 0.41, 0.324, 2.65, 4.35}, {0.47, 0.39, NAN, NAN, NAN},   {0.45, 0.38, NAN, NAN, NAN},
    {0.41, 0.36, NAN, NAN, NAN},     {0.47, 0.43, NAN, NAN, NAN},   {NAN, NAN, 0.317, 2.88, 4.73},
    {NAN, NAN, 0.337, 2.63, 3.88},   {NAN, NAN, 0.293, 3.07, 5.73}, {NAN, NAN, 0.321, 2.97, 4.65},
    {NAN, NAN, 0.338, 2.53, 3.60},   {NAN, NAN, 0.350, NAN, 2.98},
};

static int check_trackloss(const dslt_options *o) {
  const char *wrong = !is_one_of(o, "loss", "softmax", "softmax") ? "loss"
                      : !is_one_of(o, "strategy", "1+4", "1+4")   ? "strategy"
                                                                  : NULL;
  if (!wrong) return DSLT_OK;
  return dslt_fail(
      DSLT_EOPTION,
      "The tracking loss's ablation sets option %s itself and begins with preset trackloss-softmax: "
      "leave out --set %s and --preset.",
      wrong, wrong);
}

/* ---- AdaCFNet, figure 9 and table II ------------------------------------------------------------- */

enum { BASE = 0, WITH_SE = 1 }; /* places in the list */

static const dslt_network_kind adacfnet_kinds[] = {
    {"CFNet", "cfnet", "logistic loss", {{-1, NAN, NAN}, {-1, NAN, NAN}}, 77.2, 74.3, 75},
    {"CFNet+SE",
     "se",
     "squeeze-and-excitation blocks, logistic loss",
     {{BASE, 3.5, 3.0}, {-1, NAN, NAN}},
     NAN,
     NAN,
     NAN},
    {"CFNet+focal", "focal", "focal logistic loss", {{BASE, NAN, NAN}, {-1, NAN, NAN}}, NAN, NAN, NAN},
    {"CFNet+SE+focal",
     "se-focal",
     "AdaCFNet: blocks and focal logistic loss",
     {{WITH_SE, 2.1, 1.5}, {BASE, 5.6, 4.5}},
     82.8,
     77.1,
     66},
};

static const dslt_network_kinds adacfnet_list = {adacfnet_kinds,
                                                 sizeof adacfnet_kinds / sizeof *adacfnet_kinds};

static int check_adacfnet(const dslt_options *o) {
  if (strcmp(dslt_options_tracker(o), "adacf") == 0) return DSLT_OK;
  return dslt_fail(DSLT_EOPTION, "AdaCFNet's ablation needs preset adacfnet or cfnet: leave out --preset %s.",
                   dslt_options_preset(o));
}

/* ---- the list ------------------------------------------------------------------------------------ */

static const dslt_study studies[] = {
    {.paper = "dslt",
     .preset = "paper",
     .variants = dslt_variants,
     .count = sizeof dslt_variants / sizeof *dslt_variants,
     .tables = {{"losses", "loss"}, {"layers", "layers"}},
     .note =
         "The paper's numbers are for OTB-2015 (100 sequences) with the original VGG-16. Its text prints "
         "only those of "
         "L2 (precision 87.0, AUC 64.2) and how far DSLT_m lies below DSLT (0.3 and 0.1 points). Those of "
         "DSLT, L3, "
         "OHNM, DSLT_34 and DSLT_35 are drawn in its figure 10 and missing here, as are the curves and "
         "iterations of "
         "figure 11.",
     .check_base = check_dslt},
    {.paper = "crt",
     .preset = "crt-conv2",
     .variants = crt_variants,
     .count = sizeof crt_variants / sizeof *crt_variants,
     .tables = {{"features", "feature"}, {"mining", "th, a"}, {"patches", "patch"}},
     .success = 1,
     .note =
         "The paper's numbers are for OTB-50 with the original VGG-16: its tables 1, 2 and 3. Its table 4, scores by "
         "attribute, is what dslt eval --attributes prints of these folders.",
     .check_base = check_crt},
    {.paper = "trackloss",
     .preset = "trackloss-softmax",
     .variants = trackloss_variants,
     .count = sizeof trackloss_variants / sizeof *trackloss_variants,
     .tables = {{"strategies", "strategy"}, {"losses", "loss"}},
     .note =
         "The paper's numbers are for VOT-2016 with ZF: of its table 1 the average overlap without resets, which the AUC "
         "here is, too; of its table 2 the expected average overlap (EAO). --protocol vot repeats both tables as the "
         "paper made them.",
     .vot = trackloss_vot,
     .vot_note =
         "The paper's numbers are for the 60 sequences of VOT-2016, whole, with ZF; its ranks are among other trackers.",
     .check_base = check_trackloss},
    {.paper = "adacfnet",
     .preset = "adacfnet",
     .kinds = &adacfnet_list,
     .note =
         "The paper's numbers are for OTB-2013 with networks trained on 4,417 videos of ImageNet VID: gains from its figure "
         "9, scores from its table II. Its figure 11, AUC by attribute, is drawn without numbers.",
     .check_base = check_adacfnet},
};

enum { STUDIES = sizeof studies / sizeof *studies };

const dslt_study *dslt_study_at(int index) { return index >= 0 && index < STUDIES ? &studies[index] : NULL; }

int dslt_study_find(const dslt_study **out, const char *paper) {
  for (int i = 0; i < STUDIES; i++)
    if (strcmp(studies[i].paper, paper) == 0) {
      *out = &studies[i];
      return DSLT_OK;
    }
  return dslt_fail(DSLT_EOPTION,
                   "There are no ablations of the paper \"%s\"; choose dslt, crt, trackloss or adacfnet.",
                   paper);
}

int dslt_variant_fits(int *out, const dslt_variant *variant, const char *weights) {
  int names_layers = 0;
  for (int i = 0; i < DSLT_VARIANT_SETTINGS && variant->settings[i].key; i++)
    names_layers |= variant->optional && strcmp(variant->settings[i].key, "low_layer") == 0;
  *out = 1;
  if (!names_layers) return DSLT_OK;
  dslt_weights *loaded;
  DSLT_TRY(dslt_weights_load(&loaded, weights));
  *out = loaded->network == NULL;
  dslt_weights_free(loaded);
  return DSLT_OK;
}

int dslt_variant_apply(dslt_options *options, const dslt_variant *variant) {
  for (int i = 0; i < DSLT_VARIANT_SETTINGS && variant->settings[i].key; i++)
    DSLT_TRY(dslt_options_set(options, variant->settings[i].key, variant->settings[i].value));
  return dslt_options_check(options);
}
