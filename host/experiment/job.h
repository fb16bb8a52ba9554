/* SPDX-License-Identifier: Apache-2.0 */
/* job.h: one job of a run, done in a child process: tracks its frames and writes its results. */
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

/* Failures to write results begin with this text: a full disk affects every job. */
extern const char dslt_job_cannot_write[];

/* Track the job's sequence and write its times, its losses and last its boxes: if the boxes exist, everything
 * does. Reports the frames done to `line`. Only the first box comes from the ground truth, except in VOT's
 * supervised protocol, which starts again from it after a failure. Errors name the file or frame. */
int dslt_job_do(const dslt_job_world *world, const dslt_run_job *job, dslt_pool_line *line);

/* 1 if the job's file of boxes exists and has a row for each frame. */
int dslt_job_finished(const dslt_run_job *job, const char *results);

#ifdef __cplusplus
}
#endif

#endif
