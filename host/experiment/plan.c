/* SPDX-License-Identifier: Apache-2.0 */
/* plan.c: jobs, the names of their files, and their shards. */
#include "experiment/plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "eval/tre_sre.h"

static const char *const protocol_names[] = {"ope", "tre", "sre", "vot", "vot-unsupervised"};
enum { PROTOCOLS = sizeof protocol_names / sizeof *protocol_names };

int dslt_run_protocol_parse(dslt_run_protocol *out, const char *name) {
  for (int i = 0; i < PROTOCOLS; i++) {
    if (strcmp(name, protocol_names[i]) != 0) continue;
    *out = (dslt_run_protocol)i;
    return DSLT_OK;
  }
  return dslt_fail(DSLT_EOPTION,
                   "There is no protocol \"%s\"; choose ope, tre, sre, vot or vot-unsupervised.", name);
}

const char *dslt_run_protocol_name(dslt_run_protocol protocol) { return protocol_names[protocol]; }

dslt_run_protocol dslt_run_default_protocol(const dslt_dataset_kind *kind) {
  return kind->layout->results == DSLT_RESULTS_VOT ? DSLT_RUN_VOT : DSLT_RUN_OPE;
}

static int no_memory(void) { return dslt_fail(DSLT_EMEMORY, "Out of memory while planning the run."); }

/* ---- names --------------------------------------------------------------------------------------- */

static int is_vot(dslt_run_protocol protocol) {
  return protocol == DSLT_RUN_VOT || protocol == DSLT_RUN_VOT_UNSUPERVISED;
}

static dslt_run_layout layout_of(const dslt_dataset_kind *kind, const dslt_run_request *request) {
  if (is_vot(request->protocol)) return DSLT_FILES_VOT;
  int numbered = request->repeat > 1 || kind->layout->results == DSLT_RESULTS_GOT10K;
  return numbered && request->protocol == DSLT_RUN_OPE ? DSLT_FILES_NUMBERED : DSLT_FILES_FLAT;
}

/* "Crossing", "Crossing_002", "Crossing.tre03": unique in the run. */
static int make_stem(char **out, const dslt_run_plan *plan, const dslt_run_job *job, const char *sequence,
                     dslt_run_protocol protocol) {
  int length = plan->layout != DSLT_FILES_FLAT ? asprintf(out, "%s_%03d", sequence, job->repetition)
               : job->part ? asprintf(out, "%s.%s%02d", sequence, dslt_run_protocol_name(protocol), job->part)
                           : asprintf(out, "%s", sequence);
  return length < 0 ? no_memory() : DSLT_OK;
}

static int make_name(char **out, const dslt_run_job *job, const char *sequence,
                     const dslt_run_request *request) {
  int length = job->part             ? asprintf(out, "%s, %s %d", sequence,
                                    request->protocol == DSLT_RUN_TRE ? "segment" : "variation", job->part)
               : request->repeat > 1 ? asprintf(out, "%s, repetition %d", sequence, job->repetition)
                                     : asprintf(out, "%s", sequence);
  return length < 0 ? no_memory() : DSLT_OK;
}

static int make_boxes(char **out, const dslt_run_plan *plan, const char *sequence, const char *stem,
                      dslt_run_protocol protocol) {
  const char *experiment = protocol == DSLT_RUN_VOT ? "baseline" : "unsupervised";
  int length = 0;
  switch (plan->layout) {
    case DSLT_FILES_FLAT: length = asprintf(out, "%s.txt", stem); break;
    case DSLT_FILES_NUMBERED: length = asprintf(out, "%s/%s.txt", sequence, stem); break;
    case DSLT_FILES_VOT: length = asprintf(out, "%s/%s/%s.txt", experiment, sequence, stem); break;
  }
  return length < 0 ? no_memory() : DSLT_OK;
}

static int name_files(dslt_run_job *job, const dslt_run_plan *plan, const char *sequence,
                      const dslt_run_request *request) {
  char *stem = NULL;
  DSLT_TRY(make_stem(&stem, plan, job, sequence, request->protocol));
  int rc;
  DSLT_TRY_OR_DONE(make_name(&job->name, job, sequence, request));
  DSLT_TRY_OR_DONE(make_boxes(&job->boxes, plan, sequence, stem, request->protocol));
  /* VOT's two protocols share a folder of results, so that they are scored together. */
  const char *part = request->protocol == DSLT_RUN_VOT_UNSUPERVISED ? "unsupervised/" : "";
  if (asprintf(&job->times, "times/%s%s.txt", part, stem) < 0 ||
      asprintf(&job->losses, "losses/%s%s.json", part, stem) < 0 ||
      asprintf(&job->stamp, "times/%s%s.files", part, stem) < 0 ||
      asprintf(&job->failed, "failed/%s%s.txt", part, stem) < 0)
    DSLT_TRY_OR_DONE(no_memory());
done:
  free(stem);
  return rc;
}

/* ---- jobs ---------------------------------------------------------------------------------------- */

typedef struct planner {
  dslt_run_plan *plan;
  const dslt_run_request *request;
  int room;
} planner;

static int add_job(planner *p, dslt_run_job job, const dslt_sequence *sequence) {
  dslt_run_plan *plan = p->plan;
  if (plan->count == p->room) {
    int room = p->room ? 2 * p->room : 256;
    dslt_run_job *jobs = realloc(plan->jobs, (size_t)room * sizeof *jobs);
    if (!jobs) return no_memory();
    plan->jobs = jobs;
    p->room = room;
  }
  if (p->request->frames && job.frames > p->request->frames) job.frames = (int)p->request->frames;
  plan->jobs[plan->count] = job;
  return name_files(&plan->jobs[plan->count++], plan, sequence->name, p->request);
}

static const char *first_box_trouble(const dslt_box *box) {
  int good = isfinite(box->x) && isfinite(box->y) && isfinite(box->width) && isfinite(box->height) &&
             box->width > 0 && box->height > 0;
  return good ? NULL : "Its ground truth has no target on the first frame.";
}

static int add_whole(planner *p, int index, const dslt_sequence *sequence) {
  int ready = sequence->state == DSLT_SEQUENCE_READY && sequence->frames > 0;
  for (int i = 1; i <= p->request->repeat; i++) {
    dslt_run_job job = {.sequence = index, .repetition = i, .frames = sequence->frames};
    if (ready) {
      job.first = sequence->truth[0];
      job.trouble = first_box_trouble(&job.first);
      if (p->request->protocol == DSLT_RUN_VOT && sequence->truth_known < sequence->frames)
        job.trouble =
            "Its ground truth is known for the first frame alone, and protocol vot needs it in every frame; "
            "give --protocol vot-unsupervised.";
    } else {
      job.trouble = sequence->note[0]                         ? sequence->note
                    : sequence->state == DSLT_SEQUENCE_ABSENT ? "The root does not have it."
                                                              : "Its ground truth cannot be used.";
    }
    DSLT_TRY(add_job(p, job, sequence));
  }
  return DSLT_OK;
}

static int add_segments(planner *p, int index, const dslt_sequence *sequence) {
  int starts[DSLT_TRE_SEGMENTS], count = 0;
  int rc = dslt_tre_starts_of(starts, &count, sequence);
  if (rc == DSLT_EBOX) {
    dslt_run_job job = {.sequence = index, .repetition = 1, .part = 1};
    job.trouble = "No frame of it can begin a segment of TRE: twenty frames must be left.";
    return add_job(p, job, sequence);
  }
  DSLT_TRY(rc);
  for (int i = 0; i < count; i++) {
    dslt_run_job job = {.sequence = index, .repetition = 1, .part = i + 1, .start = starts[i]};
    job.frames = sequence->frames - starts[i];
    job.first = sequence->truth[starts[i]];
    job.trouble = first_box_trouble(&job.first);
    DSLT_TRY(add_job(p, job, sequence));
  }
  return DSLT_OK;
}

static int add_variations(planner *p, int index, const dslt_sequence *sequence) {
  for (int i = 0; i < DSLT_SRE_SHIFTS; i++) {
    dslt_run_job job = {.sequence = index, .repetition = 1, .part = i + 1, .frames = sequence->frames};
    job.first = sequence->truth[0]; /* varied once the size of the frames is known */
    job.trouble = first_box_trouble(&job.first);
    DSLT_TRY(add_job(p, job, sequence));
  }
  return DSLT_OK;
}

static int add_sequence(planner *p, int index, const dslt_sequence *sequence) {
  dslt_run_protocol protocol = p->request->protocol;
  int usable = sequence->state == DSLT_SEQUENCE_READY && sequence->frames > 0;
  if (usable && protocol == DSLT_RUN_TRE) return add_segments(p, index, sequence);
  if (usable && protocol == DSLT_RUN_SRE) return add_variations(p, index, sequence);
  return add_whole(p, index, sequence);
}

/* ---- shards -------------------------------------------------------------------------------------- */

static int by_length(const void *a, const void *b) {
  const dslt_run_job *const *x = a, *const *y = b;
  if ((*x)->frames != (*y)->frames) return (*x)->frames < (*y)->frames ? 1 : -1;
  return *x < *y ? -1 : *x > *y;
}

static int deal(dslt_run_plan *plan, int shards) {
  if (shards == 1 || plan->count == 0) return DSLT_OK;
  dslt_run_job **order = malloc((size_t)plan->count * sizeof *order);
  int64_t *load = calloc((size_t)shards, sizeof *load);
  int rc = order && load ? DSLT_OK : no_memory();
  if (rc < 0) goto done;
  for (int i = 0; i < plan->count; i++) order[i] = &plan->jobs[i];
  qsort(order, (size_t)plan->count, sizeof *order, by_length);
  for (int i = 0; i < plan->count; i++) {
    int least = 0;
    for (int k = 1; k < shards; k++)
      if (load[k] < load[least]) least = k;
    order[i]->shard = least;
    load[least] += order[i]->frames + 1; /* jobs that only report a failure are spread too */
  }
done:
  free(order);
  free(load);
  return rc;
}

int dslt_run_plan_make(dslt_run_plan *out, const dslt_dataset *set, const dslt_run_request *request) {
  int parts = request->protocol == DSLT_RUN_TRE || request->protocol == DSLT_RUN_SRE;
  if (parts && request->repeat > 1)
    return dslt_fail(DSLT_EOPTION,
                     "--repeat has no meaning for protocol %s, which runs each sequence %d times anyway.",
                     dslt_run_protocol_name(request->protocol),
                     request->protocol == DSLT_RUN_TRE ? DSLT_TRE_SEGMENTS : DSLT_SRE_SHIFTS);
  dslt_run_plan plan = {.layout = layout_of(dslt_dataset_kind_of(set), request)};
  planner p = {.plan = &plan, .request = request};
  int rc = DSLT_OK;
  for (int i = 0; rc == DSLT_OK && i < dslt_dataset_count(set); i++)
    rc = add_sequence(&p, i, dslt_dataset_at(set, i));
  if (rc == DSLT_OK) rc = deal(&plan, request->shard.count);
  if (rc < 0) {
    dslt_run_plan_free(&plan);
    return rc;
  }
  *out = plan;
  return DSLT_OK;
}

void dslt_run_plan_free(dslt_run_plan *plan) {
  for (int i = 0; i < plan->count; i++) {
    dslt_run_job *job = &plan->jobs[i];
    free(job->name);
    free(job->boxes);
    free(job->times);
    free(job->losses);
    free(job->stamp);
    free(job->failed);
  }
  free(plan->jobs);
  memset(plan, 0, sizeof *plan);
}
