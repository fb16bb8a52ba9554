/* SPDX-License-Identifier: Apache-2.0 */
/* ablation_vot.h: a study's tables by VOT's protocol: the runs of its variants with and without resets beside the
 * paper's numbers.
 *
 * OUT/NAME/ is the folder of results of variant NAME; OUT also holds
 *   vot.json      what dslt eval --protocol vot --json writes of these folders
 *   ablation.md   the tables */
#ifndef DSLT_EXPERIMENT_ABLATION_VOT_H
#define DSLT_EXPERIMENT_ABLATION_VOT_H

#include <stdio.h>

#include "eval/vot_board.h"
#include "experiment/request.h"
#include "experiment/variants.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dslt_ablation_vot {
  const dslt_study *study;
  dslt_dataset *set;
  char *folders[DSLT_VARIANTS_MAX]; /* owned */
  dslt_result_source sources[DSLT_VARIANTS_MAX];
  dslt_vot_board board; /* its trackers are the study's variants, in their order */
} dslt_ablation_vot;

/* Is variant number `index` one of the table whose numbers are without resets? */
int dslt_ablation_vot_no_reset(const dslt_study *study, int index);
/* Score what is in request->out/NAME for every variant of a study that has numbers by VOT's protocol. What is missing
 * there has no score. DSLT_EFORMAT, DSLT_EIO, DSLT_EMEMORY. Free with dslt_ablation_vot_free(), also after an error. */
int dslt_ablation_vot_score(dslt_ablation_vot *out, const dslt_study *study, const dslt_run_request *request,
                            const dslt_vot_rules *rules);
void dslt_ablation_vot_free(dslt_ablation_vot *ablation);
/* Does every variant have a score on every sequence? */
int dslt_ablation_vot_whole(const dslt_ablation_vot *ablation);

/* The tables as text. DSLT_EMEMORY. */
int dslt_ablation_vot_print(FILE *stream, const dslt_ablation_vot *ablation);
/* The two files in the folder `out`, each whole or not at all. DSLT_EIO, DSLT_EMEMORY. */
int dslt_ablation_vot_save(const dslt_ablation_vot *ablation, const char *out);

#ifdef __cplusplus
}
#endif

#endif
