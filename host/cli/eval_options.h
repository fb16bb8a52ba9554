/* SPDX-License-Identifier: Apache-2.0 */
/* eval_options.h: the command line of dslt eval. */
#ifndef DSLT_CLI_EVAL_OPTIONS_H
#define DSLT_CLI_EVAL_OPTIONS_H

#include "eval/evaluate.h"
#include "eval/output.h"
#include "eval/vot.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One result folder of the command line. */
typedef struct dslt_eval_source {
  char *name;   /* the tracker's; valid UTF-8 or ASCII is not promised; owned */
  char *folder; /* owned */
} dslt_eval_source;

typedef struct dslt_eval_request {
  dslt_eval_source *sources; /* owned */
  int source_count;
  const char *dataset, *root, *sequences; /* `sequences` NULL: all */
  dslt_eval_output output;
  int vot; /* 1: VOT's protocol; `options` is not used then */
  dslt_vot_rules vot_rules;
  dslt_evaluate_options options;
  int allow_missing;
} dslt_eval_request;

/* Parse or end the program with exit code 2 (0 after --help). Strings point into argv. */
void dslt_eval_options_parse(dslt_eval_request *out, int argc, char **argv);
void dslt_eval_request_free(dslt_eval_request *request);

/* The tracker and folder that one argument names: NAME=DIR, unless a folder of just that name exists; else
 * the last part of the path. DSLT_EARGUMENT: there is no name in it; DSLT_EMEMORY. */
int dslt_eval_source_parse(dslt_eval_source *out, const char *argument);

#ifdef __cplusplus
}
#endif

#endif
