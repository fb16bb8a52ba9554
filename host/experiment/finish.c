/* SPDX-License-Identifier: Apache-2.0 */
/* finish.c: collects the times of repetitions in one file. */
#include "experiment/finish.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "eval/vot.h"
#include "experiment/job.h"

/* "baseline/bag/bag_time.txt" from "baseline/bag/bag_001.txt". */
static int time_name(char **out, const char *boxes) {
  const char *end = strrchr(boxes, '_');
  if (!end || asprintf(out, "%.*s_time.txt", (int)(end - boxes), boxes) < 0)
    return dslt_fail(DSLT_EMEMORY, "Out of memory while gathering times.");
  return DSLT_OK;
}

/* All repetitions of a sequence are consecutive in the plan. */
static int all_there(const dslt_run_job *jobs, int count, const char *results) {
  for (int i = 0; i < count; i++)
    if (jobs[i].trouble || !dslt_job_finished(&jobs[i], results)) return 0;
  return 1;
}

static int read_column(double *out, const dslt_run_job *job, const char *results) {
  char *path = NULL;
  DSLT_TRY(dslt_results_path(&path, results, job->times));
  double *values = NULL;
  int frames = 0, columns = 0;
  int rc;
  DSLT_TRY_OR_DONE(dslt_vot_times_read(&values, &frames, &columns, path));
  if (frames != job->frames || columns != 1)
    DSLT_TRY_OR_DONE(dslt_fail(DSLT_EFORMAT,
                               "%s has %d rows, not %d: remove it and the boxes that belong to it.", path,
                               frames, job->frames));
  memcpy(out, values, (size_t)frames * sizeof *out);
done:
  free(values);
  free(path);
  return rc;
}

/* seconds[count][frames] of all repetitions into the file `name` of the results. */
static int write_columns(const dslt_run_job *jobs, int count, const dslt_draft *draft, const char *name) {
  static const char file[] = "time.txt";
  const size_t frames = (size_t)jobs->frames;
  char *temp = NULL;
  double *seconds = malloc(frames * (size_t)count * sizeof *seconds);
  int rc = seconds ? DSLT_OK : dslt_fail(DSLT_EMEMORY, "Out of memory while gathering times.");
  if (rc < 0) goto done;
  for (int i = 0; i < count; i++)
    if ((rc = read_column(seconds + frames * (size_t)i, &jobs[i], draft->results)) < 0) goto done;
  if ((rc = dslt_draft_path(&temp, draft, file)) < 0) goto done;
  if ((rc = dslt_vot_times_write(temp, seconds, jobs->frames, count)) < 0) goto done;
  rc = dslt_draft_publish(draft, file, name);
done:
  free(temp);
  free(seconds);
  return rc;
}

static int gather(const dslt_run_job *jobs, int count, const dslt_draft *draft) {
  char *name = NULL, *path = NULL;
  int rc = time_name(&name, jobs->boxes);
  if (rc < 0 || (rc = dslt_results_path(&path, draft->results, name)) < 0) goto done;
  if (access(path, F_OK) != 0) rc = write_columns(jobs, count, draft, name);
done:
  free(path);
  free(name);
  return rc;
}

int dslt_finish_times(const dslt_run_plan *plan, const dslt_dataset *set, const dslt_draft *draft) {
  int official =
      plan->layout == DSLT_FILES_VOT || dslt_dataset_kind_of(set)->layout->results == DSLT_RESULTS_GOT10K;
  if (plan->layout == DSLT_FILES_FLAT || !official) return DSLT_OK;
  for (int i = 0, count; i < plan->count; i += count) {
    for (count = 1; i + count < plan->count && plan->jobs[i + count].sequence == plan->jobs[i].sequence;)
      count++;
    if (all_there(&plan->jobs[i], count, draft->results)) DSLT_TRY(gather(&plan->jobs[i], count, draft));
  }
  return DSLT_OK;
}

void dslt_finish_forget(const dslt_run_plan *plan, const dslt_run_job *job, const char *results) {
  char *name = NULL, *path = NULL;
  if (plan->layout == DSLT_FILES_FLAT) return;
  if (time_name(&name, job->boxes) == DSLT_OK && dslt_results_path(&path, results, name) == DSLT_OK)
    unlink(path);
  free(path);
  free(name);
}
