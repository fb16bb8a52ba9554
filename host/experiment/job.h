/* SPDX-License-Identifier: Apache-2.0 */
/* job.h: one job of a run, done in a child process: its frames through a tracker, its results onto the
 * disk. */
#ifndef DSLT_EXPERIMENT_JOB_H
#define DSLT_EXPERIMENT_JOB_H

#include "experiment/plan.h"
#include "experiment/pool.h"
#include "nn/weights.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What all jobs of a run share; borrowed. */
typedef struct dslt_job_world {
  const dslt_run_request *request;
  dslt_dataset *set;
  dslt_weights *weights;
  const dslt_run_plan *plan;
} dslt_job_world;

/* Sentences of failures that come from writing results begin with this: a full disk concerns every job. */
extern const char dslt_job_cannot_write[];

/* Track the job's sequence and publish its times, its losses and last its boxes: where they are, all is.
 * Tells `line` the frames done. Only the first box comes from the ground truth, except in VOT's supervised
 * protocol, which starts again from it after a failure. Errors name the file or frame. */
int dslt_job_do(const dslt_job_world *world, const dslt_run_job *job, dslt_pool_line *line);

/* 1 when the job's file of boxes is there and has a row for each frame. */
int dslt_job_finished(const dslt_run_job *job, const char *results);

#ifdef __cplusplus
}
#endif

#endif
