/* SPDX-License-Identifier: Apache-2.0 */
/* engine.h: a whole run: set, plan, manifest, child processes, and continuing an earlier run.
 *
 * RESULTS/                 manifest.json, and the boxes as plan.h names them
 *   times/NAME.txt         seconds for each frame, the first one's training included; NaN where nothing ran
 *   times/NAME.files       a hash of the files that were read (inputs.h)
 *   losses/NAME.json       {"sequence", "repetition", "part", "seed", "loss", "frames", "inits", "init_steps",
 *                          "updates", "update_steps", "init_losses": [...] (of the first training),
 *                          "inputs": hashes of what was read; what changed since is done again (inputs.h)}
 *   failed/NAME.txt        why a job failed; gone when it succeeds
 *   .partial/              files not complete yet
 * For VOT's unsupervised protocol these are times/unsupervised/NAME.txt and so on.
 *
 * NAME/NAME_time.txt of GOT-10k and VOT (a column a repetition) is made once all repetitions are there. Boxes
 * and losses are the same bytes in every run; times are not, so they have a separate folder. */
#ifndef DSLT_EXPERIMENT_ENGINE_H
#define DSLT_EXPERIMENT_ENGINE_H

#include <signal.h>

#include "experiment/plan.h"
#include "experiment/pool.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The step at which a run failed. */
typedef enum dslt_run_step { DSLT_STEP_SET = 0, DSLT_STEP_WEIGHTS = 1, DSLT_STEP_RESULTS = 2 } dslt_run_step;

typedef struct dslt_run_result {
  dslt_run_step step;
  int jobs;         /* in this shard */
  int before;       /* of them, finished by an earlier run */
  int changed;      /* of them, done again because ground truth or frames changed */
  int done;         /* finished now */
  int failed;       /* sentences in failed/ */
  int left;         /* neither: stopped before they ended */
  int all;          /* jobs of all shards */
  int absent;       /* published sequences that the root lacks and that were not asked for by name */
  int cannot_write; /* 1: stopped because results could not be written (disk full ...) */
} dslt_run_result;

/* Callbacks that report progress; members may be NULL. */
typedef struct dslt_run_observer {
  void *self;
  /* A remark before the start. */
  void (*note)(void *self, const char *sentence);
  /* Before the first job: `frames` to do now, in `jobs` jobs, `slots` at a time. */
  void (*start)(void *self, int64_t frames, int jobs, int slots);
  void (*progress)(void *self, int64_t frames);
  /* A job has ended. outcome->code < 0: failed, outcome->text is the sentence and
   * outcome->units the frames it had done. */
  void (*job)(void *self, const dslt_run_job *job, const dslt_pool_outcome *outcome);
  const volatile sig_atomic_t *stop; /* not 0: end soon, without incomplete files; may be NULL */
} dslt_run_observer;

/* Do the run, or what an earlier one left. A failed job is reported to the observer and counted, but is not
 * an error of this function; the caller must have only one thread (pool.h). Errors: those of
 * dslt_dataset_open(), dslt_dataset_select(), dslt_weights_load(), dslt_manifest_settle(), another run active
 * in the folder (DSLT_ESTATE), a tracker that cannot be made with these options and weights, and results that
 * cannot be written before the start. */
int dslt_run_do(dslt_run_result *out, const dslt_run_request *request, const dslt_run_observer *observer);

#ifdef __cplusplus
}
#endif

#endif
