/* SPDX-License-Identifier: Apache-2.0 */
/* output.h: output of scores: the table on the console and the files asked for. */
#ifndef DSLT_EVAL_OUTPUT_H
#define DSLT_EVAL_OUTPUT_H

#include <stdio.h>

#include "eval/tables.h"
#include "eval/vot_board.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Destinations of scores: files, "-" for standard output, or NULL; and which tables are printed. */
typedef struct dslt_eval_output {
  const char *json, *csv, *markdown, *latex;
  dslt_eval_parts parts;
} dslt_eval_output;

/* Write the files, each whole or not at all, then the table on standard output, unless a file is "-".
 * DSLT_EIO names the file; DSLT_EMEMORY. */
int dslt_evaluation_write(const dslt_evaluation *evaluation, const dslt_eval_output *output);
/* The same for VOT's scores. */
int dslt_vot_board_write(const dslt_vot_board *board, const dslt_eval_output *output);

#ifdef __cplusplus
}
#endif

#endif
