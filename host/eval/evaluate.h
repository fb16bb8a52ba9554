/* SPDX-License-Identifier: Apache-2.0 */
/* evaluate.h: several trackers' result folders against one set: scores by sequence, overall and by
 * attribute. */
#ifndef DSLT_EVAL_EVALUATE_H
#define DSLT_EVAL_EVALUATE_H

#include <stdint.h>

#include "dataset/dataset.h"
#include "eval/convention.h"
#include "eval/got10k.h"
#include "eval/ope.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum dslt_eval_protocol {
  DSLT_EVAL_OPE = 0,   /* one pass */
  DSLT_EVAL_TRE = 1,   /* from up to 20 frames (tre_sre.h) */
  DSLT_EVAL_SRE = 2,   /* from 12 shifted boxes */
  DSLT_EVAL_GOT10K = 3 /* AO and SR (got10k.h) */
} dslt_eval_protocol;

typedef struct dslt_evaluate_options {
  dslt_eval_protocol protocol;
  dslt_convention convention;
  int toolkit_attributes; /* 1: OTB's attributes as in the public tb100 toolkit, not as on the web site */
  int common;             /* 1: only sequences that every tracker was scored on */
  int per_frame;          /* 1: keep each frame's overlap, error and box of a sequence's first run */
} dslt_evaluate_options;

/* ---- numbers ------------------------------------------------------------------------------------- */

/* Scores of a sequence, or their mean over several. In protocol GOT-10k `bins` is 101 and everything but auc,
 * success, ao, sr50, sr75 is zero; elsewhere 21, and the last three are zero. */
typedef struct dslt_scores {
  int sequences;  /* number of sequences averaged */
  int64_t frames; /* frames counted, all runs */
  int bins;
  double success[DSLT_GOT10K_BINS];
  double precision[DSLT_PRECISION_BINS], norm_precision[DSLT_PRECISION_BINS];
  double auc, precision20, norm_precision20, norm_precision_auc, op50, op75, mean_overlap;
  double ao, sr50, sr75;
} dslt_scores;

typedef enum dslt_cell_state {
  DSLT_CELL_MISSING = 0, /* no file */
  DSLT_CELL_REFUSED = 1, /* a file that cannot be scored */
  DSLT_CELL_SCORED = 2,
  DSLT_CELL_DROPPED = 3 /* scored, but left out by `common` */
} dslt_cell_state;

/* One tracker on one sequence. */
typedef struct dslt_cell {
  dslt_cell_state state;
  char *note; /* why it was not scored, a full sentence; NULL when scored; owned */
  int runs;
  dslt_ope ope;    /* the counts behind the scores, all runs added; of these two */
  dslt_got10k got; /* the one that fits the protocol */
  dslt_scores scores;
  double *overlaps, *errors; /* per frame of the first run, `frames` each, owned; NULL unless asked for. NAN:
                              * no number. errors stays NULL in protocol GOT-10k */
  dslt_box *boxes;           /* the results of these frames, 0-based; as `overlaps`. NaN: no box */
  int frames;
} dslt_cell;

typedef struct dslt_tracker_scores {
  char *name, *folder; /* owned */
  char *note;          /* "" or a sentence about the folder; owned */
  dslt_cell *cells;    /* [sequence_count], owned */
  int scored, missing, refused, dropped;
  dslt_scores overall;     /* sequences = 0 when nothing was scored */
  dslt_scores *attributes; /* [attribute_count], owned; sequences = 0: none has it */
} dslt_tracker_scores;

/* Borrows the set: free it afterwards. */
typedef struct dslt_evaluation {
  const dslt_dataset *set;
  dslt_evaluate_options options;
  int *sequences; /* indexes in the set of those with ground truth, in its order; owned */
  int sequence_count;
  dslt_tracker_scores *trackers; /* in the order given; owned */
  int tracker_count;
  int *ranking; /* indexes of trackers, best first (auc, or ao in protocol GOT-10k; then name); owned */
  int failures; /* sequences missing or refused, over all trackers */
  int absent;   /* sequences of the set without usable ground truth */
} dslt_evaluation;

/* ---- evaluation ---------------------------------------------------------------------------------- */

typedef struct dslt_result_source {
  const char *name, *folder;
} dslt_result_source;

/* Score every source. Missing and unusable files are not errors: they are recorded in the cells. DSLT_EIO: a
 * folder cannot be read; DSLT_EFORMAT: the set has no ground truth to score with; DSLT_EMEMORY. Free with
 * dslt_evaluation_free(), also after an error. */
int dslt_evaluate(dslt_evaluation *out, const dslt_dataset *set, const dslt_result_source *sources, int count,
                  const dslt_evaluate_options *options);
void dslt_evaluation_free(dslt_evaluation *evaluation);

/* Sequence number `index` of the evaluation, 0 <= index < sequence_count. */
const dslt_sequence *dslt_evaluation_sequence(const dslt_evaluation *evaluation, int index);
/* Its attributes according to the list that was asked for. */
uint32_t dslt_evaluation_attributes(const dslt_evaluation *evaluation, int index);

/* ---- parts, for tests and other callers ---------------------------------------------------------- */

void dslt_scores_of_ope(dslt_scores *out, const dslt_ope *ope);
void dslt_scores_of_got10k(dslt_scores *out, const dslt_got10k *got);
/* Mean over the scored cells i with wanted[i] (NULL: all): the curves first, the numbers from them; in
 * protocol GOT-10k the frames are pooled. */
void dslt_scores_mean(dslt_scores *out, const dslt_cell *cells, const uint8_t *wanted, int count,
                      const dslt_evaluate_options *options);

#ifdef __cplusplus
}
#endif

#endif
