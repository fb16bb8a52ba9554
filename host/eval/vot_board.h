/* SPDX-License-Identifier: Apache-2.0 */
/* vot_board.h: several trackers' VOT results against one set: accuracy, robustness, EAO, ranks. */
#ifndef DSLT_EVAL_VOT_BOARD_H
#define DSLT_EVAL_VOT_BOARD_H

#include <stdio.h>

#include "eval/evaluate.h"
#include "eval/table.h"
#include "eval/vot_measures.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dslt_vot_tracker {
  dslt_result_source source;
  dslt_vot_score score;
  int missing;                           /* sequences without a result */
  int64_t frames_limit;                  /* of each sequence, by the folder's manifest; 0: all */
  char *refused;                         /* why it could not be scored, or NULL; owned */
  double rank_accuracy, rank_robustness; /* 0: not ranked */
} dslt_vot_tracker;

typedef struct dslt_vot_board {
  dslt_dataset *set; /* borrowed */
  dslt_vot_rules rules;
  dslt_vot_sequence *sequences; /* of those with ground truth in every frame; owned */
  int unusable;             /* sequences left out because their ground truth lacks frames or is unusable */
  char *note;               /* why, a sentence for each on a line of its own; NULL: none; owned */
  dslt_vot_region *regions; /* their truth, one sequence after the other; owned */
  int sequence_count;
  dslt_vot_tracker *trackers; /* in the order given; owned */
  int count;
  int *order; /* indexes of trackers, best EAO first; owned */
} dslt_vot_board;

/* Score every source by VOT's supervised protocol. A folder that cannot be scored is no error: the reason is
 * recorded in its tracker. Sources' strings are borrowed. DSLT_EFORMAT: the set has no ground truth that is
 * asked for; DSLT_EIO, DSLT_EMEMORY. Free with dslt_vot_board_free(), also after an error. */
int dslt_vot_board_make(dslt_vot_board *out, dslt_dataset *set, const dslt_result_source *sources, int count,
                        const dslt_vot_rules *rules);
void dslt_vot_board_free(dslt_vot_board *board);

/* The three formats of output.h. DSLT_EMEMORY. */
int dslt_vot_board_tables(FILE *stream, const dslt_vot_board *board, dslt_table_style style,
                          int per_sequence);
int dslt_vot_board_json(FILE *stream, const dslt_vot_board *board);
void dslt_vot_board_csv(FILE *stream, const dslt_vot_board *board);

#ifdef __cplusplus
}
#endif

#endif
