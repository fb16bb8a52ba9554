/* SPDX-License-Identifier: Apache-2.0 */
/* evaluate_cell.h: one tracker's files of one sequence, for evaluate.c. */
#ifndef DSLT_EVAL_EVALUATE_CELL_H
#define DSLT_EVAL_EVALUATE_CELL_H

#include "eval/evaluate.h"
#include "eval/results.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Read and score the `count` files of sequence `index` of the evaluation, sorted by run; `frames_limit` as in
 * dslt_result_folder. `cell` is zero at first. Files that are missing or cannot be scored are recorded in the
 * cell and are no error. DSLT_EMEMORY. */
int dslt_evaluate_cell(dslt_cell *cell, const dslt_evaluation *evaluation, int index,
                       const dslt_result_file *files, int count, int64_t frames_limit);

#ifdef __cplusplus
}
#endif

#endif
