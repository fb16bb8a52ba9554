/* SPDX-License-Identifier: Apache-2.0 */
/* vot_runs.h: what vot_measures.c and vot_rank.c share: checked series, means over runs, and a tracker's
 * folder turned into series. */
#ifndef DSLT_EVAL_VOT_RUNS_H
#define DSLT_EVAL_VOT_RUNS_H

#include "eval/vot_measures.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Whether series, lengths and rules fit together as dslt_vot_measure() demands. */
int dslt_vot_series_check(const dslt_vot_series *series, int count, const int *lengths, int sequences,
                          const dslt_vot_rules *rules);

/* Mean overlap of each frame of `sequence` over the runs that are scored there; NaN where none is. mean:
 * [frames]. */
void dslt_vot_frame_means(double *mean, const dslt_vot_series *series, int count, int sequence, int frames,
                          const dslt_vot_rules *rules);

/* A tracker's folder. Series that are measured are in `series`; `no_reset` has one a sequence, with 0 frames
 * where there is none. Arrays are owned, names and truth borrowed from the sequences. */
typedef struct dslt_vot_load {
  dslt_vot_series *series;
  int count, capacity;
  dslt_vot_series *no_reset; /* [sequences] */
  int *lengths;              /* [sequences] */
  const char **names;        /* [sequences] */
  int sequences;             /* those with at least one run */
  int missing;               /* those without */
  int refused;               /* those with a file that cannot be used, left out */
  char *note;                /* why, a sentence for each on a line of its own; NULL: none; owned */
  int unsupervised;          /* 1: no sequence has a measured run, only their no-reset runs are used */
  double seconds;            /* from the files of times */
  long timed;                /* frames that `seconds` covers */
} dslt_vot_load;

/* Parameters and errors as for dslt_vot_score_folder(). Free with dslt_vot_load_free(). If a file of times
 * cannot be read, only the speed is missing. */
int dslt_vot_load_folder(dslt_vot_load *out, const char *folder, const dslt_vot_sequence *sequences,
                         int count, int allow, const dslt_vot_rules *rules);
void dslt_vot_load_free(dslt_vot_load *load);

#ifdef __cplusplus
}
#endif

#endif
