/* SPDX-License-Identifier: Apache-2.0 */
/* request.h: the settings of a run, as given on the command line. */
#ifndef DSLT_EXPERIMENT_REQUEST_H
#define DSLT_EXPERIMENT_REQUEST_H

#include "dslt/dslt.h"
#include "experiment/shard.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum dslt_run_protocol {
  DSLT_RUN_OPE = 0,             /* each sequence once from its first frame */
  DSLT_RUN_TRE = 1,             /* from 20 places of each sequence */
  DSLT_RUN_SRE = 2,             /* from 12 shifted or scaled first boxes */
  DSLT_RUN_VOT = 3,             /* VOT's supervised run: started again after each failure */
  DSLT_RUN_VOT_UNSUPERVISED = 4 /* VOT's run without resets */
} dslt_run_protocol;

/* "ope", "tre", "sre", "vot", "vot-unsupervised"; DSLT_EOPTION lists them. */
int dslt_run_protocol_parse(dslt_run_protocol *out, const char *name);
const char *dslt_run_protocol_name(dslt_run_protocol protocol);

/* All strings are borrowed. */
typedef struct dslt_run_request {
  const char *dataset, *root; /* as dslt_dataset_open() takes them */
  const char *sequences;      /* comma-separated names; NULL: all that the root has */
  const char *out;            /* the results' folder */
  const char *weights;        /* as dslt_weights_load() takes it */
  const dslt_options *tracker;
  dslt_run_protocol protocol;
  int repeat;       /* repetitions, 1..999; number k runs with the seed tracker.seed + k - 1 */
  int64_t frames;   /* at most this many of each sequence; 0 = all */
  int jobs;         /* child processes at a time; 0 = as cores and memory allow, or one for each GPU */
  const char *gpus; /* "0,1": CUDA_VISIBLE_DEVICES of the children in turn; NULL: untouched */
  dslt_shard shard;
  int argc; /* the command line, for the manifest */
  char **argv;
} dslt_run_request;

#ifdef __cplusplus
}
#endif

#endif
