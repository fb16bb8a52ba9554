/* SPDX-License-Identifier: Apache-2.0 */
/* ablation.h: compares the scores of a study's variants.
 *
 * OUT/NAME/ is the folder of results of variant NAME (engine.h); OUT also holds
 *   ablation.json     everything below
 *   ablation.md       the table
 *   curves.csv        variant,step,mean_loss,relative_loss,running (figure 11, left)
 *   iterations.csv    variant,sequence,init_steps,update_steps,updates (figure 11, right) */
#ifndef DSLT_EXPERIMENT_ABLATION_H
#define DSLT_EXPERIMENT_ABLATION_H

#include <stdio.h>

#include "dataset/dataset.h"
#include "experiment/convergence.h"
#include "experiment/request.h"
#include "experiment/variants.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dslt_ablation_score {
  double precision20, auc, success50; /* one pass, MATLAB's convention (ope.h) */
} dslt_ablation_score;

typedef struct dslt_ablation {
  const dslt_study *study;
  int left_out[DSLT_VARIANTS_MAX]; /* 1: optional, and no sequence of it is finished */
  char *title;                     /* of the set; owned */
  char **sequences;                /* those that every variant finished; owned */
  int count;                       /* of them */
  int planned;                     /* sequences in the set */
  int64_t frames;                  /* scored, by each variant */
  int64_t frames_limit;
  dslt_ablation_score *scores[DSLT_VARIANTS_MAX];  /* [count] each; owned */
  dslt_ablation_score mean[DSLT_VARIANTS_MAX];     /* over the sequences */
  int finished[DSLT_VARIANTS_MAX];                 /* sequences that the variant finished */
  dslt_convergence convergence[DSLT_VARIANTS_MAX]; /* of the same sequences, in the same order */
  double fps[DSLT_VARIANTS_MAX];        /* networks: frames behind each sequence's first, by their seconds */
  uint32_t *attributes;                 /* [count]: masks over the set's list; owned */
  const dslt_attribute *attribute_list; /* of the set, static storage */
  int attribute_count;
} dslt_ablation;

/* Read and score what is in request->out/NAME for every variant. Sequences that a variant has not finished
 * are left out for all. DSLT_EIO when no sequence is left; others as dslt_dataset_open() and
 * dslt_convergence_read(). Free with dslt_ablation_free(), also after an error. */
int dslt_ablation_score_all(dslt_ablation *out, const dslt_study *study, const dslt_run_request *request);
/* The score beside precision: the study's choice of `score`. */
double dslt_ablation_second(const dslt_ablation *ablation, const dslt_ablation_score *score);
void dslt_ablation_free(dslt_ablation *ablation);

/* The table as text. */
void dslt_ablation_print(FILE *stream, const dslt_ablation *ablation);
/* What `variants.h` calls a study of networks has further tables and members of its JSON (networks.h).
 * The four files in the folder `out`, each whole or not at all. DSLT_EIO, DSLT_EMEMORY. */
int dslt_ablation_save(const dslt_ablation *ablation, const char *out);

#ifdef __cplusplus
}
#endif

#endif
