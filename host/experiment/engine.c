/* SPDX-License-Identifier: Apache-2.0 */
/* engine.c: a run from the set to the last job. */
#include "experiment/engine.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "experiment/draft.h"
#include "experiment/finish.h"
#include "experiment/inputs.h"
#include "experiment/job.h"
#include "experiment/lock.h"
#include "experiment/machine.h"
#include "experiment/manifest.h"
#include "experiment/trial.h"
#include "media/decode.h"

/* Everything a run owns; run_free() releases it at any stage. */
typedef struct run {
  const dslt_run_request *request;
  const dslt_run_observer *observer;
  dslt_run_result *result;
  dslt_dataset *set;
  dslt_weights *weights;
  dslt_run_plan plan;
  dslt_draft draft;
  dslt_lock lock;
  int *todo; /* indexes of the plan's jobs, longest first */
  int todo_count;
  int64_t *told;       /* [todo_count] frames done by each */
  int64_t frames_done; /* their sum */
  char **gpus;         /* parts of `gpu_text` */
  char *gpu_text;
  int gpu_count;
} run;

static int no_memory(void) { return dslt_fail(DSLT_EMEMORY, "Out of memory while preparing the run."); }

static void note(const run *r, const char *sentence) {
  if (sentence[0] && r->observer->note) r->observer->note(r->observer->self, sentence);
}

/* ---- the set ------------------------------------------------------------------------------------- */

/* Leave out what the root lacks, unless it was asked for by name. */
static int drop_absent(run *r) {
  int count = dslt_dataset_count(r->set), absent = 0;
  size_t size = 1;
  for (int i = 0; i < count; i++) {
    const dslt_sequence *sequence = dslt_dataset_at(r->set, i);
    absent += sequence->state == DSLT_SEQUENCE_ABSENT;
    size += strlen(sequence->name) + 1;
  }
  if (absent == 0 || r->request->sequences) return DSLT_OK;
  char *names = malloc(size), *end = names, words[160];
  if (!names) return no_memory();
  *names = '\0';
  for (int i = 0; i < count; i++) {
    const dslt_sequence *sequence = dslt_dataset_at(r->set, i);
    if (sequence->state == DSLT_SEQUENCE_ABSENT) continue;
    end += sprintf(end, "%s%s", end == names ? "" : ",", sequence->name);
  }
  int rc = dslt_dataset_select(r->set, names);
  free(names);
  DSLT_TRY(rc);
  r->result->absent = absent;
  snprintf(words, sizeof words, "%d of the %d sequences of %.60s are not there and are left out.", absent,
           count, dslt_dataset_kind_of(r->set)->title);
  note(r, words);
  return DSLT_OK;
}

/* Pictures of a set may have an EXIF orientation; its ground truth, like every benchmark's, refers to pixels
 * as they are stored. */
static void tell_orientation(const run *r) {
  enum { LOOKED_AT = 20 };
  int count = dslt_dataset_count(r->set);
  for (int i = 0; i < count && i < LOOKED_AT; i++) {
    char path[PATH_MAX], words[PATH_MAX + 200];
    int orientation = 1;
    if (dslt_dataset_at(r->set, i)->state != DSLT_SEQUENCE_READY ||
        dslt_dataset_frame_path(path, sizeof path, r->set, i, 0) < 0 ||
        dslt_picture_orientation(&orientation, path) < 0 || orientation == 1)
      continue;
    snprintf(
        words, sizeof words,
        "%s has an EXIF orientation (%d). Pixels are taken as stored, for boxes of ground truth count them so.",
        path, orientation);
    note(r, words);
    return;
  }
}

static int open_set(run *r) {
  DSLT_TRY(dslt_dataset_open(&r->set, r->request->dataset, r->request->root));
  note(r, dslt_dataset_note(r->set));
  DSLT_TRY(dslt_dataset_select(r->set, r->request->sequences));
  DSLT_TRY(drop_absent(r));
  for (int i = 0; i < dslt_dataset_count(r->set); i++) {
    const dslt_sequence *sequence = dslt_dataset_at(r->set, i);
    char words[1200];
    if (sequence->state != DSLT_SEQUENCE_READY || !sequence->note[0])
      continue; /* sequences without frames fail with their note */
    snprintf(words, sizeof words, "%s: %s", sequence->name, sequence->note);
    note(r, words);
  }
  if (dslt_dataset_count(r->set) == 0)
    return dslt_fail(DSLT_EIO, "There is no sequence in %s.", r->request->root);
  tell_orientation(r);
  return DSLT_OK;
}

/* ---- what to do ---------------------------------------------------------------------------------- */

/* A folder with result files but without a manifest was not made by this program. */
static int check_foreign(const run *r) {
  char *path = NULL;
  DSLT_TRY(dslt_results_path(&path, r->request->out, "manifest.json"));
  int ours = access(path, F_OK) == 0;
  free(path);
  for (int i = 0; !ours && i < r->plan.count; i++) {
    DSLT_TRY(dslt_results_path(&path, r->request->out, r->plan.jobs[i].boxes));
    int there = access(path, F_OK) == 0;
    free(path);
    if (there)
      return dslt_fail(
          DSLT_EOPTION,
          "%s holds %s but no manifest.json, so it is not a folder of dslt run; give another --out.",
          r->request->out, r->plan.jobs[i].boxes);
  }
  return DSLT_OK;
}

static int longer_first(const void *a, const void *b, void *self) {
  const dslt_run_job *jobs = self;
  int x = *(const int *)a, y = *(const int *)b;
  if (jobs[x].frames != jobs[y].frames) return jobs[x].frames < jobs[y].frames ? 1 : -1;
  return x - y;
}

/* 1 if an earlier run did the job from the present inputs; else reports what has changed. */
static int is_done(run *r, const dslt_run_job *job) {
  enum { MOST_NOTES = 12 };
  if (job->trouble || !dslt_job_finished(job, r->request->out)) return 0;
  const char *what = dslt_inputs_changed(r->set, job, r->request->out);
  if (!what) return 1;
  char words[600];
  snprintf(words, sizeof words, "%.400s: its %s changed since its results were made, so it is done again.",
           job->name, what);
  if (r->result->changed++ < MOST_NOTES) note(r, words);
  if (r->result->changed == MOST_NOTES) note(r, "Others that changed are not named.");
  dslt_finish_forget(&r->plan, job, r->request->out);
  return 0;
}

static int find_todo(run *r) {
  const dslt_run_plan *plan = &r->plan;
  r->todo = malloc(((size_t)plan->count + 1) * sizeof *r->todo);
  r->told = calloc((size_t)plan->count + 1, sizeof *r->told);
  if (!r->todo || !r->told) return no_memory();
  r->result->all = plan->count;
  for (int i = 0; i < plan->count; i++) {
    const dslt_run_job *job = &plan->jobs[i];
    if (job->shard != r->request->shard.index) continue;
    r->result->jobs++;
    if (is_done(r, job))
      r->result->before++;
    else
      r->todo[r->todo_count++] = i;
  }
  qsort_r(r->todo, (size_t)r->todo_count, sizeof *r->todo, longer_first, plan->jobs);
  r->result->left = r->todo_count;
  return DSLT_OK;
}

static int split_gpus(run *r) {
  if (!r->request->gpus) return DSLT_OK;
  r->gpu_text = strdup(r->request->gpus);
  r->gpus = calloc(strlen(r->request->gpus) + 1, sizeof *r->gpus);
  if (!r->gpu_text || !r->gpus) return no_memory();
  char *rest = NULL;
  for (char *part = strtok_r(r->gpu_text, ",", &rest); part; part = strtok_r(NULL, ",", &rest))
    r->gpus[r->gpu_count++] = part;
  return r->gpu_count ? DSLT_OK : dslt_fail(DSLT_EOPTION, "--gpus takes numbers or names, \"0,1\".");
}

/* CPU threads of one job. */
static int job_threads(const run *r) {
  int64_t threads = 1;
  (void)dslt_options_get_integer(&threads, r->request->tracker, "threads");
  return (int)threads;
}

static int slots(const run *r, const char *backend) {
  int count = r->request->jobs;
  if (count <= 0) count = r->gpu_count;
  if (count <= 0) count = strcmp(backend, "cuda") == 0 ? 1 : dslt_machine_jobs(job_threads(r));
  if (count > r->todo_count) count = r->todo_count;
  return count < 1 ? 1 : count;
}

/* ---- doing it ------------------------------------------------------------------------------------ */

static int work(void *self, int task, int slot, dslt_pool_line *line) {
  run *r = self;
  if (r->gpu_count) setenv("CUDA_VISIBLE_DEVICES", r->gpus[slot % r->gpu_count], 1);
  const dslt_job_world world = {r->request, r->set, r->weights, &r->plan};
  return dslt_job_do(&world, &r->plan.jobs[r->todo[task]], line);
}

static void progress(void *self, int task, int64_t frames) {
  run *r = self;
  r->frames_done += frames - r->told[task];
  r->told[task] = frames;
  if (r->observer->progress) r->observer->progress(r->observer->self, r->frames_done);
}

/* Write it to RESULTS/failed too. If the disk is full this fails as well; the sentence is also on standard
 * error. */
static void record_failure(const run *r, const dslt_run_job *job, const dslt_pool_outcome *outcome) {
  char text[DSLT_POOL_TEXT + 2];
  int length = snprintf(text, sizeof text, "%s\n", outcome->text);
  (void)!dslt_draft_write(&r->draft, job->failed, text, (size_t)length);
}

static void forget_failure(const run *r, const dslt_run_job *job) {
  char *path = NULL;
  if (dslt_results_path(&path, r->request->out, job->failed) < 0) return;
  unlink(path);
  free(path);
}

static int job_ended(void *self, int task, const dslt_pool_outcome *outcome) {
  run *r = self;
  const dslt_run_job *job = &r->plan.jobs[r->todo[task]];
  dslt_draft_remove(r->request->out, outcome->pid); /* a crash leaves its drafts behind */
  r->result->left--;
  if (outcome->code < 0) {
    r->result->failed++;
    record_failure(r, job, outcome);
  } else {
    r->result->done++;
    progress(r, task, job->frames);
    forget_failure(r, job);
  }
  if (r->observer->job) r->observer->job(r->observer->self, job, outcome);
  if (outcome->code < 0 &&
      strncmp(outcome->text, dslt_job_cannot_write, strlen(dslt_job_cannot_write)) == 0) {
    r->result->cannot_write = 1; /* results of further jobs could not be written either */
    return -1;
  }
  return 0;
}

static void child_gone(void *self, long pid) { dslt_draft_remove(((run *)self)->request->out, pid); }

static int do_jobs(run *r, const char *backend) {
  int64_t frames = 0;
  for (int i = 0; i < r->todo_count; i++) frames += r->plan.jobs[r->todo[i]].frames;
  const dslt_pool pool = {.tasks = r->todo_count,
                          .slots = slots(r, backend),
                          .self = r,
                          .work = work,
                          .progress = progress,
                          .done = job_ended,
                          .stop = r->observer->stop};
  if (r->observer->start) r->observer->start(r->observer->self, frames, r->todo_count, pool.slots);
  int rc = r->todo_count ? dslt_pool_run(&pool, child_gone) : DSLT_OK;
  return rc < 0 ? rc : DSLT_OK;
}

static int prepare(run *r, dslt_backend_words *backend) {
  DSLT_TRY(split_gpus(r));
  DSLT_TRY(open_set(r));
  r->result->step = DSLT_STEP_WEIGHTS;
  DSLT_TRY(dslt_weights_load(&r->weights, r->request->weights));
  DSLT_TRY(dslt_trial(backend, r->request, r->weights, r->gpu_count ? r->gpus[0] : NULL));
  r->result->step = DSLT_STEP_RESULTS;
  DSLT_TRY(dslt_run_plan_make(&r->plan, r->set, r->request));
  DSLT_TRY(check_foreign(r));
  DSLT_TRY(dslt_draft_open(&r->draft, r->request->out));
  DSLT_TRY(dslt_lock_take(&r->lock, r->request->out, &r->request->shard));
  dslt_draft_sweep(r->request->out);
  json_t *manifest = NULL;
  DSLT_TRY(dslt_manifest_make(&manifest, r->request, r->set, r->weights, backend));
  int rc = dslt_manifest_settle(manifest, &r->draft);
  json_decref(manifest);
  DSLT_TRY(rc);
  return find_todo(r);
}

static void run_free(run *r) {
  if (r->draft.folder) dslt_draft_sweep(r->request->out); /* a killed run's children may have ended later */
  dslt_draft_close(&r->draft);
  dslt_lock_drop(&r->lock);
  dslt_run_plan_free(&r->plan);
  dslt_weights_free(r->weights);
  dslt_dataset_free(r->set);
  free(r->todo);
  free(r->told);
  free(r->gpus);
  free(r->gpu_text);
}

int dslt_run_do(dslt_run_result *out, const dslt_run_request *request, const dslt_run_observer *observer) {
  memset(out, 0, sizeof *out);
  run r = {.request = request, .observer = observer, .result = out, .lock = {.fd = -1}};
  dslt_backend_words backend = {0};
  int rc;
  DSLT_TRY_OR_DONE(prepare(&r, &backend));
  DSLT_TRY_OR_DONE(do_jobs(&r, backend.name));
  if (!out->cannot_write) DSLT_TRY_OR_DONE(dslt_finish_times(&r.plan, r.set, &r.draft));
done:
  run_free(&r);
  return rc;
}
