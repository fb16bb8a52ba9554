/* SPDX-License-Identifier: Apache-2.0 */
/* measures.h: the measures of each protocol, with their names in tables and files. */
#ifndef DSLT_EVAL_MEASURES_H
#define DSLT_EVAL_MEASURES_H

#include <stddef.h>

#include "eval/evaluate.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dslt_measure {
  const char *key;  /* "auc", as in JSON and CSV */
  const char *head; /* "AUC", as in tables */
  int shown;        /* 1: a column of the main table; 2: with tables of its own by sequence and attribute */
  size_t offset;    /* of a double in dslt_scores */
} dslt_measure;

/* The measures of a protocol; static storage. */
const dslt_measure *dslt_measures_of(int *count, dslt_eval_protocol protocol);
double dslt_measure_value(const dslt_measure *measure, const dslt_scores *scores);

/* "ope", "tre", "sre", "got10k". Static storage. */
const char *dslt_eval_protocol_name(dslt_eval_protocol protocol);

#ifdef __cplusplus
}
#endif

#endif
