/* SPDX-License-Identifier: Apache-2.0 */
/* ablation.c: scores the variants on the sequences that all of them finished. */
#include "experiment/ablation.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "dataset/boxes.h"
#include "eval/ope.h"
#include "experiment/draft.h"
#include "experiment/job.h"
#include "experiment/plan.h"

static int no_memory(void) { return dslt_fail(DSLT_EMEMORY, "Out of memory while scoring the ablation."); }

/* What is open while scoring. */
typedef struct scoring {
  const dslt_study *study;
  const dslt_run_request *request;
  dslt_dataset *set;
  dslt_run_plan plan;
  char *folders[DSLT_VARIANTS_MAX];
  const char **losses, **times; /* the scored sequences' files, borrowed from the plan */
} scoring;

static int open_scoring(scoring *s) {
  DSLT_TRY(dslt_dataset_open(&s->set, s->request->dataset, s->request->root));
  DSLT_TRY(dslt_dataset_select(s->set, s->request->sequences));
  DSLT_TRY(dslt_run_plan_make(&s->plan, s->set, s->request));
  s->losses = calloc((size_t)s->plan.count + 1, sizeof *s->losses);
  s->times = calloc((size_t)s->plan.count + 1, sizeof *s->times);
  if (!s->losses || !s->times) return no_memory();
  for (int i = 0; i < s->study->count; i++)
    DSLT_TRY(dslt_results_path(&s->folders[i], s->request->out, s->study->variants[i].name));
  return DSLT_OK;
}

static void close_scoring(scoring *s) {
  for (int i = 0; i < DSLT_VARIANTS_MAX; i++) free(s->folders[i]);
  free(s->losses);
  free(s->times);
  dslt_run_plan_free(&s->plan);
  dslt_dataset_free(s->set);
}

static int score(dslt_ablation_score *out, const scoring *s, const dslt_run_job *job, int variant) {
  char *path = NULL;
  DSLT_TRY(dslt_results_path(&path, s->folders[variant], job->boxes));
  dslt_box_list boxes = {0};
  int rc = dslt_box_list_read_otb(&boxes, path);
  free(path);
  DSLT_TRY(rc);
  dslt_ope ope;
  const dslt_sequence *sequence = dslt_dataset_at(s->set, job->sequence);
  if (boxes.count != job->frames)
    rc = dslt_fail(DSLT_EFORMAT, "%s of %s has %d rows, not %d.", job->boxes, s->folders[variant],
                   boxes.count, job->frames);
  else
    rc = dslt_ope_score(&ope, boxes.boxes, sequence->truth, job->frames);
  dslt_box_list_free(&boxes);
  DSLT_TRY(rc);
  *out = (dslt_ablation_score){.precision20 = ope.precision20, .auc = ope.auc, .success50 = ope.op50};
  return DSLT_OK;
}

/* The frames behind the first, and their seconds. */
static int add_times(double *frames, double *seconds, const char *folder, const char *times) {
  char *path = NULL;
  DSLT_TRY(dslt_results_path(&path, folder, times));
  FILE *stream = fopen(path, "re");
  int rc = stream ? DSLT_OK : dslt_fail(DSLT_EIO, "%s cannot be read: %s.", path, strerror(errno));
  char line[64];
  for (int row = 0; stream && fgets(line, sizeof line, stream); row++) {
    const double value = strtod(line, NULL);
    if (row == 0 || !isfinite(value)) continue;
    *frames += 1;
    *seconds += value;
  }
  if (stream) fclose(stream);
  free(path);
  return rc;
}

static int is_finished(const scoring *s, const dslt_run_job *job, int variant) {
  return !job->trouble && dslt_job_finished(job, s->folders[variant]);
}

/* Optional variants of which nothing is there are left out. */
static void count_finished(dslt_ablation *out, const scoring *s) {
  for (int i = 0; i < s->study->count; i++) {
    for (int k = 0; k < s->plan.count; k++) out->finished[i] += is_finished(s, &s->plan.jobs[k], i);
    out->left_out[i] = s->study->variants[i].optional && out->finished[i] == 0;
  }
}

static int score_sequence(dslt_ablation *out, const scoring *s, const dslt_run_job *job) {
  for (int i = 0; i < s->study->count; i++)
    if (!out->left_out[i] && !is_finished(s, job, i)) return DSLT_OK;
  for (int i = 0; i < s->study->count; i++)
    if (!out->left_out[i]) DSLT_TRY(score(&out->scores[i][out->count], s, job, i));
  out->sequences[out->count] = strdup(dslt_dataset_at(s->set, job->sequence)->name);
  if (!out->sequences[out->count]) return no_memory();
  s->times[out->count] = job->times;
  out->attributes[out->count] = dslt_dataset_at(s->set, job->sequence)->attributes;
  s->losses[out->count++] = job->losses;
  out->frames += job->frames;
  return DSLT_OK;
}

static int reserve(dslt_ablation *out, const scoring *s) {
  size_t room = (size_t)s->plan.count + 1;
  out->title = strdup(dslt_dataset_kind_of(s->set)->title);
  out->sequences = calloc(room, sizeof *out->sequences);
  out->attributes = calloc(room, sizeof *out->attributes);
  out->attribute_list = dslt_dataset_kind_of(s->set)->attributes;
  out->attribute_count = dslt_dataset_kind_of(s->set)->attribute_count;
  int good = out->title && out->sequences && out->attributes;
  for (int i = 0; i < s->study->count; i++) {
    out->scores[i] = calloc(room, sizeof *out->scores[i]);
    good = good && out->scores[i];
  }
  return good ? DSLT_OK : no_memory();
}

static int score_all(dslt_ablation *out, const scoring *s) {
  DSLT_TRY(reserve(out, s));
  out->planned = s->plan.count;
  out->frames_limit = s->request->frames;
  count_finished(out, s);
  for (int i = 0; i < s->plan.count; i++) DSLT_TRY(score_sequence(out, s, &s->plan.jobs[i]));
  if (out->count == 0)
    return dslt_fail(DSLT_EIO, "No sequence was finished by all %d variants, so there is nothing to compare.",
                     s->study->count);
  for (int i = 0; i < s->study->count; i++) {
    if (out->left_out[i]) continue;
    double frames = 0, seconds = 0;
    for (int k = 0; k < out->count; k++) {
      if (s->study->networks) DSLT_TRY(add_times(&frames, &seconds, s->folders[i], s->times[k]));
      out->mean[i].precision20 += out->scores[i][k].precision20 / out->count;
      out->mean[i].auc += out->scores[i][k].auc / out->count;
      out->mean[i].success50 += out->scores[i][k].success50 / out->count;
    }
    out->fps[i] = seconds > 0 ? frames / seconds : NAN;
    DSLT_TRY(dslt_convergence_read(&out->convergence[i], s->folders[i], s->losses,
                                   (const char *const *)out->sequences, out->count));
  }
  return DSLT_OK;
}

double dslt_ablation_second(const dslt_ablation *ablation, const dslt_ablation_score *score) {
  return ablation->study->success ? score->success50 : score->auc;
}

int dslt_ablation_score_all(dslt_ablation *out, const dslt_study *study, const dslt_run_request *request) {
  memset(out, 0, sizeof *out);
  out->study = study;
  scoring s = {.study = study, .request = request};
  int rc = open_scoring(&s);
  if (rc == DSLT_OK) rc = score_all(out, &s);
  close_scoring(&s);
  return rc;
}

void dslt_ablation_free(dslt_ablation *a) {
  for (int i = 0; a->sequences && i < a->count; i++) free(a->sequences[i]);
  free(a->sequences);
  free(a->title);
  free(a->attributes);
  for (int i = 0; i < DSLT_VARIANTS_MAX; i++) {
    free(a->scores[i]);
    dslt_convergence_free(&a->convergence[i]);
  }
  memset(a, 0, sizeof *a);
}
