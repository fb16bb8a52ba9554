/* SPDX-License-Identifier: Apache-2.0 */
/* request.h: the settings of a benchmark, as given on the command line. */
#ifndef DSLT_BENCH_REQUEST_H
#define DSLT_BENCH_REQUEST_H

#include <stdint.h>

#include "dslt/dslt.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum dslt_bench_output {
  DSLT_BENCH_CONSOLE = 0,
  DSLT_BENCH_CSV = 1,
  DSLT_BENCH_JSON = 2
} dslt_bench_output;

typedef enum dslt_bench_sweep_kind {
  DSLT_SWEEP_NONE = 0,
  DSLT_SWEEP_TARGETS = 1, /* of a group on the same frames */
  DSLT_SWEEP_MEMORY = 2,  /* T: option memory */
  DSLT_SWEEP_LEVELS = 3,  /* option scale_levels */
  DSLT_SWEEP_SIZE = 4     /* frames and boxes times a factor */
} dslt_bench_sweep_kind;

enum { DSLT_SWEEP_MOST = 16, DSLT_BENCH_REPEAT_MOST = 64 };

/* What is measured and how it is written; all strings are borrowed. */
typedef struct dslt_bench_request {
  const dslt_options *options; /* of the tracker; borrowed */
  const char *weights;         /* as dslt_weights_load() takes it */
  char **inputs;               /* as dslt_bench_items_add() takes them */
  int input_count;
  const char *box;       /* or NULL */
  const char *sequences; /* or NULL */
  int64_t frames;        /* 0 = all */
  int repeat;
  int decoding, ceiling; /* 0: do not measure it */
  int compare_paper;
  dslt_bench_output output;
  const char *out; /* file, or NULL for standard output */
  dslt_bench_sweep_kind sweep;
  double values[DSLT_SWEEP_MOST]; /* of the sweep, ascending */
  int value_count;
  const char *plot;     /* or NULL */
  const char *roofline; /* NULL, or for dslt_roofline_do() */
  int argc;             /* the command line as it was given, "dslt bench ..." */
  char **argv;
} dslt_bench_request;

/* "targets", "memory", "levels", "size"; "" for none. */
const char *dslt_bench_sweep_name(dslt_bench_sweep_kind kind);

#ifdef __cplusplus
}
#endif

#endif
