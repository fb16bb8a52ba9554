/* SPDX-License-Identifier: Apache-2.0 */
/* vot_rank.h: ranks of several trackers, equal where the difference is not significant.
 *
 * As the MATLAB toolkit does it: trackers are ordered by accuracy and by failures; two of them count as equal
 * in accuracy when a Wilcoxon signed-rank test on the paired per-frame overlaps does not reject at level
 * alpha, and in robustness when a rank-sum test on the failures of all runs does not; each takes the mean of
 * the ranks of all that equal it, its own included (`adapted_ranks`, mode mean). What is left out, because it
 * needs annotations that only the dataset ships: ranks per attribute (the published tables average over the
 * attributes' per-frame tags; here all frames are pooled) and the practical difference, a per-frame value
 * below which overlaps count as equal. VOT-2016's main order is EAO, which needs neither. */
#ifndef DSLT_EVAL_VOT_RANK_H
#define DSLT_EVAL_VOT_RANK_H

#include "eval/vot_measures.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the tests compare. Every tracker needs the same sequences in the same order. */
typedef struct dslt_vot_sample {
  double *overlap; /* [frames] mean over runs, all sequences in a row; NaN where no run is scored; owned */
  long frames;
  double *failures;   /* [sequences][repetitions]; missing runs hold the mean of the others; owned */
  int failures_count; /* sequences x repetitions */
  double accuracy;    /* mean of the overlaps that are not NaN; 0 without any */
  double total;       /* failures of one run over all sequences */
} dslt_vot_sample;

/* From the series that dslt_vot_measure() takes. Free with dslt_vot_sample_free(). */
int dslt_vot_sample_make(dslt_vot_sample *out, const dslt_vot_series *series, int count, const int *lengths,
                         int sequences, const dslt_vot_rules *rules);
/* From a result folder; the parameters of dslt_vot_score_folder(), nothing may be missing. */
int dslt_vot_sample_folder(dslt_vot_sample *out, const char *folder, const dslt_vot_sequence *sequences,
                           int count, const dslt_vot_rules *rules);
void dslt_vot_sample_free(dslt_vot_sample *sample);

/* Ranks from 1, halves and other fractions where trackers are equal. accuracy, robustness: [count]. alpha: in
 * (0, 1), published 0.05; 0 gives plain ranks without tests. DSLT_EARGUMENT when samples differ in size. */
int dslt_vot_ranks(double *accuracy, double *robustness, const dslt_vot_sample *samples, int count,
                   double alpha);

/* Two-sided p of the Wilcoxon signed-rank test on pairs (x, y), those with a NaN left out, zero differences
 * dropped; exact up to 15 differences, beyond a normal approximation with correction for ties and without one
 * for continuity (MATLAB's signrank). *used: pairs without NaN. 1 when nothing differs; NaN when memory runs
 * out. */
double dslt_vot_signed_rank(long *used, const double *x, const double *y, long count);
/* Two-sided p of the rank-sum test by normal approximation with corrections for ties and continuity (MATLAB's
 * ranksum for 10 and more values a side). 1 when all values are equal; NaN when memory runs out. */
double dslt_vot_rank_sum(const double *x, long x_count, const double *y, long y_count);

#ifdef __cplusplus
}
#endif

#endif
