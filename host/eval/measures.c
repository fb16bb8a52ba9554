/* SPDX-License-Identifier: Apache-2.0 */
/* measures.c: the tables of measures. */
#include "eval/measures.h"

static const dslt_measure one_pass[] = {
    {"auc", "AUC", 2, offsetof(dslt_scores, auc)},
    {"precision20", "P20", 2, offsetof(dslt_scores, precision20)},
    {"norm_precision20", "NP20", 1, offsetof(dslt_scores, norm_precision20)},
    {"norm_precision_auc", "NP AUC", 0, offsetof(dslt_scores, norm_precision_auc)},
    {"op50", "OP50", 1, offsetof(dslt_scores, op50)},
    {"op75", "OP75", 1, offsetof(dslt_scores, op75)},
    {"mean_overlap", "overlap", 0, offsetof(dslt_scores, mean_overlap)},
};

static const dslt_measure got10k[] = {
    {"ao", "AO", 2, offsetof(dslt_scores, ao)},
    {"sr50", "SR50", 2, offsetof(dslt_scores, sr50)},
    {"sr75", "SR75", 1, offsetof(dslt_scores, sr75)},
    {"auc", "AUC", 0, offsetof(dslt_scores, auc)},
};

const dslt_measure *dslt_measures_of(int *count, dslt_eval_protocol protocol) {
  const int pooled = protocol == DSLT_EVAL_GOT10K;
  *count = pooled ? (int)(sizeof got10k / sizeof *got10k) : (int)(sizeof one_pass / sizeof *one_pass);
  return pooled ? got10k : one_pass;
}

double dslt_measure_value(const dslt_measure *measure, const dslt_scores *scores) {
  return *(const double *)(const void *)((const char *)scores + measure->offset);
}

const char *dslt_eval_protocol_name(dslt_eval_protocol protocol) {
  static const char *const names[] = {"ope", "tre", "sre", "got10k"};
  return names[protocol];
}
