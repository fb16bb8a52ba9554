/* SPDX-License-Identifier: Apache-2.0 */
/* shard.h: which part of a run this process does, so that an array of jobs on many machines shares one folder
 * of results without communicating. */
#ifndef DSLT_EXPERIMENT_SHARD_H
#define DSLT_EXPERIMENT_SHARD_H

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dslt_shard {
  int index, count;     /* this one, counted from 0, of `count` >= 1 */
  const char *variable; /* the environment variable it was taken from; NULL: given, or there is only one */
} dslt_shard;

/* `text` is what --shard was given:
 *   "i/N"      shard i of N, 1 <= i <= N
 *   "auto/N"   N shards, i from the environment: JOB_COMPLETION_INDEX (Kubernetes, from 0), PARALLEL_SEQ (GNU
 *              parallel, from 1) or SLURM_ARRAY_TASK_ID (an array numbered 0..N-1)
 *   "auto"     i and N from the environment: SLURM_ARRAY_TASK_ID with _MIN, _STEP and _COUNT
 *   NULL       as "auto" inside a Slurm array, else the only shard. Inside a Kubernetes indexed job that is
 *              refused: every pod would do all the work.
 * DSLT_EOPTION says what is wrong or missing. */
int dslt_shard_parse(dslt_shard *out, const char *text);

#ifdef __cplusplus
}
#endif

#endif
