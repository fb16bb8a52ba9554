/* SPDX-License-Identifier: Apache-2.0 */
/* eval_report.h: scores on their way out: the table on the console and the files asked for. */
#ifndef DSLT_CLI_EVAL_REPORT_H
#define DSLT_CLI_EVAL_REPORT_H

#include <stdio.h>

#include "cli/eval_options.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Something with scores, whatever its protocol. Each function draws on a stream and returns 0 or a negative
 * code. */
typedef struct dslt_eval_report {
  const void *self;
  int (*tables)(FILE *stream, const void *self, dslt_table_style style);
  int (*json)(FILE *stream, const void *self);
  int (*csv)(FILE *stream, const void *self);
} dslt_eval_report;

/* Write the files of the request, each whole or not at all, then the table on standard output, unless a file
 * is
 * "-". DSLT_EIO names the file. */
int dslt_eval_report_write(const dslt_eval_report *report, const dslt_eval_request *request);

#ifdef __cplusplus
}
#endif

#endif
