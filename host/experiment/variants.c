/* SPDX-License-Identifier: Apache-2.0 */
/* variants.c: the table of variants. */
#include "experiment/variants.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/error.h"

static const dslt_variant variants[DSLT_VARIANTS] = {
    {"DSLT", "shrinkage loss; conv4_3 and conv5_3, connected", 1, 1, {{NULL, NULL}}, NAN, NAN, "-", "-"},
    {"L2", "square loss", 1, 0, {{"loss", "l2"}}, 0.870, 0.642, "87.0", "64.2"},
    {"L3", "focal loss for regression: the cube of the error", 1, 0, {{"loss", "l3"}}, NAN, NAN, "-", "-"},
    {"OHNM",
     "square loss of the samples whose error is at least 0.01",
     1,
     0,
     {{"loss", "ohnm"}, {"ohnm_threshold", "0.01"}},
     NAN,
     NAN,
     "-",
     "-"},
    {"DSLT_m", "layers not connected", 0, 1, {{"fusion", "0"}}, NAN, NAN, "DSLT - 0.3", "DSLT - 0.1"},
    {"DSLT_34",
     "conv3_3 with conv4_3",
     0,
     1,
     {{"low_layer", "conv3_3"}, {"high_layer", "conv4_3"}},
     NAN,
     NAN,
     "-",
     "-"},
    {"DSLT_35",
     "conv3_3 with conv5_3",
     0,
     1,
     {{"low_layer", "conv3_3"}, {"high_layer", "conv5_3"}},
     NAN,
     NAN,
     "-",
     "-"},
};

const dslt_variant *dslt_variant_at(int index) {
  return index >= 0 && index < DSLT_VARIANTS ? &variants[index] : NULL;
}

/* Has option `key` one of two values? */
static int is_one_of(const dslt_options *options, const char *key, const char *a, const char *b) {
  char value[64];
  return dslt_options_get(value, sizeof value, options, key) == DSLT_OK &&
         (strcmp(value, a) == 0 || strcmp(value, b) == 0);
}

int dslt_variant_check_base(const dslt_options *o) {
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

int dslt_variant_apply(dslt_options *options, const dslt_variant *variant) {
  enum { SETTINGS = sizeof variant->settings / sizeof *variant->settings };
  for (int i = 0; i < SETTINGS && variant->settings[i].key; i++)
    DSLT_TRY(dslt_options_set(options, variant->settings[i].key, variant->settings[i].value));
  return dslt_options_check(options);
}

const char *dslt_variants_paper_note(void) {
  return "The paper's numbers are for OTB-2015 (100 sequences) with the original VGG-16. Its text prints "
         "only those of "
         "L2 (precision 87.0, AUC 64.2) and how far DSLT_m lies below DSLT (0.3 and 0.1 points). Those of "
         "DSLT, L3, "
         "OHNM, DSLT_34 and DSLT_35 are drawn in its figure 10 and missing here, as are the curves and "
         "iterations of "
         "figure 11.";
}
