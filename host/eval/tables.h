/* SPDX-License-Identifier: Apache-2.0 */
/* tables.h: an evaluation as tables and as CSV. */
#ifndef DSLT_EVAL_TABLES_H
#define DSLT_EVAL_TABLES_H

#include <stdio.h>

#include "eval/evaluate.h"
#include "eval/table.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dslt_eval_parts {
  int per_sequence, attributes; /* 1: also these tables */
} dslt_eval_parts;

/* Trackers ranked, best first, then the tables asked for. Numbers have three decimals, as in the legends of
 * the toolkits' plots. DSLT_EMEMORY. */
int dslt_eval_tables_draw(FILE *stream, const dslt_evaluation *evaluation, dslt_table_style style,
                          dslt_eval_parts parts);
/* Everything, one row a tracker and scope: tracker,scope,name,sequences,frames,auc,... with 17 digits; scope
 * is overall, attribute or sequence. */
void dslt_eval_csv_draw(FILE *stream, const dslt_evaluation *evaluation);
/* A name as a CSV field: in quotes when it holds a comma, a quote or a line break. */
void dslt_csv_name(FILE *stream, const char *text);

#ifdef __cplusplus
}
#endif

#endif
