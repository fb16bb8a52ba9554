/* SPDX-License-Identifier: Apache-2.0 */
/* evaluate_cell.c: one tracker on one sequence. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "dataset/boxes.h"
#include "eval/evaluate_cell.h"
#include "eval/tre_sre.h"
#include "eval/vot.h"

/* ---- one run of one sequence --------------------------------------------------------------------- */

typedef struct cell_job {
  const dslt_evaluate_options *options;
  const dslt_dataset_kind *kind;
  const dslt_sequence *sequence;
  const uint8_t *cover;                       /* GOT-10k, or NULL */
  const uint8_t *visible;                     /* LaSOT, or NULL */
  int64_t frames_limit;                       /* frames that were tracked at most; 0: all */
  int starts[DSLT_TRE_SEGMENTS], start_count; /* TRE; for the others one start at frame 0 */
  dslt_cell *cell;
} cell_job;

/* A file that cannot be scored is recorded in the cell and is no error of the evaluation; running out of
 * memory is. */
static int refuse(dslt_cell *cell, int rc) {
  if (rc == DSLT_EMEMORY) return rc;
  cell->state = DSLT_CELL_REFUSED;
  free(cell->note);
  cell->note = strdup(dslt_last_error());
  return cell->note ? DSLT_OK : dslt_fail(DSLT_EMEMORY, "Out of memory for a sentence.");
}

static int check_count(const cell_job *job, const char *path, int rows, int start) {
  const dslt_sequence *sequence = job->sequence;
  const int expected = sequence->frames - start;
  if (rows == expected || rows == sequence->truth_known - start) return DSLT_OK;
  if (job->frames_limit > 0 && job->frames_limit < expected && rows == job->frames_limit) return DSLT_OK;
  char hint[160] = "";
  if (sequence->skipped > 0 && start == 0 && rows == expected + sequence->skipped)
    snprintf(hint, sizeof hint, " The benchmark's one-pass evaluation leaves out the first %d frames.",
             sequence->skipped);
  return dslt_fail(DSLT_EFORMAT, "%s holds %d row%s, but %s has %d frame%s%s.%s", path, rows,
                   rows == 1 ? "" : "s", sequence->name, expected, expected == 1 ? "" : "s",
                   start > 0 ? " from the segment's start on" : "", hint);
}

/* Keep box, overlap and error of each frame; NAN where there is none or the frame does not count. */
static int keep_frames(dslt_cell *cell, const dslt_box *results, const dslt_frame_score *frames,
                       const double *overlaps, int count) {
  cell->frames = count;
  cell->overlaps = malloc((size_t)count * sizeof *cell->overlaps);
  cell->boxes = malloc((size_t)count * sizeof *cell->boxes);
  if (frames) cell->errors = malloc((size_t)count * sizeof *cell->errors);
  if (!cell->overlaps || !cell->boxes || (frames && !cell->errors))
    return dslt_fail(DSLT_EMEMORY, "Out of memory for %d frames.", count);
  memcpy(cell->boxes, results, (size_t)count * sizeof *results);
  for (int i = 0; i < count; i++) {
    if (!frames) {
      cell->overlaps[i] = overlaps[i] < 0 ? NAN : overlaps[i];
      continue;
    }
    cell->overlaps[i] = frames[i].counted ? frames[i].overlap : NAN;
    cell->errors[i] =
        frames[i].counted && frames[i].valid && isfinite(frames[i].error) ? frames[i].error : NAN;
  }
  return DSLT_OK;
}

static int score_boxes(cell_job *job, const dslt_box *results, int count, int start, int keep) {
  const dslt_sequence *sequence = job->sequence;
  const dslt_box *truth = sequence->truth + start;
  dslt_frame_score *frames = NULL;
  double *overlaps = NULL;
  int rc = DSLT_OK;
  if (job->options->protocol == DSLT_EVAL_GOT10K) {
    if (keep && !(overlaps = malloc((size_t)count * sizeof *overlaps)))
      return dslt_fail(DSLT_EMEMORY, "Out of memory for %d frames.", count);
    dslt_got10k_scene scene = {sequence->width, sequence->height, job->cover};
    dslt_got10k got;
    rc = dslt_got10k_score(&got, &scene, results, truth, count, overlaps);
    if (rc == DSLT_OK) dslt_got10k_add(&job->cell->got, &got);
  } else {
    if (keep && !(frames = malloc((size_t)count * sizeof *frames)))
      return dslt_fail(DSLT_EMEMORY, "Out of memory for %d frames.", count);
    dslt_scoring scoring = {job->options->convention, job->kind->layout->nan_absent,
                            job->visible ? job->visible + start : NULL};
    dslt_ope ope;
    rc = dslt_ope_score_by(&ope, &scoring, results, truth, count, frames);
    if (rc == DSLT_OK) dslt_ope_add(&job->cell->ope, &ope);
  }
  if (rc == DSLT_OK && keep) rc = keep_frames(job->cell, results, frames, overlaps, count);
  free(frames);
  free(overlaps);
  return rc;
}

/* VOT's regions as boxes: the first frame's is the ground truth, and a frame without one has none. */
static int read_regions(dslt_box_list *out, const cell_job *job, const char *path) {
  dslt_vot_regions regions = {NULL, 0};
  DSLT_TRY(dslt_vot_regions_read(&regions, path));
  dslt_box *boxes = malloc((size_t)regions.count * sizeof *boxes);
  for (int i = 0; boxes && i < regions.count; i++) {
    const dslt_vot_region *region = &regions.at[i];
    boxes[i] = (dslt_box){NAN, NAN, NAN, NAN};
    if (dslt_vot_is_region(region->kind))
      boxes[i] = dslt_vot_box(region);
    else if (region->kind == DSLT_VOT_INIT && i < job->sequence->frames)
      boxes[i] = job->sequence->truth[i];
  }
  *out = (dslt_box_list){.boxes = boxes, .count = regions.count};
  dslt_vot_regions_free(&regions);
  return boxes ? DSLT_OK : dslt_fail(DSLT_EMEMORY, "Out of memory for the boxes of %s.", path);
}

static int score_file(cell_job *job, const dslt_result_file *file, int start) {
  dslt_box_list list = {0};
  const int keep = job->options->per_frame && job->cell->runs == 0;
  const int known = job->sequence->truth_known - start;
  DSLT_TRY(file->regions ? read_regions(&list, job, file->path) : dslt_box_list_read_otb(&list, file->path));
  int rc = check_count(job, file->path, list.count, start);
  if (rc < 0) goto done;
  rc = score_boxes(job, list.boxes, list.count < known ? list.count : known, start, keep);
  if (rc < 0 && rc != DSLT_EMEMORY) dslt_fail_prefix(rc, file->path);
done:
  dslt_box_list_free(&list);
  return rc;
}

/* ---- one tracker on one sequence ----------------------------------------------------------------- */

static int begin_job(cell_job *job) {
  const dslt_sequence *sequence = job->sequence;
  if (sequence->truth_known < sequence->frames && job->kind->layout->results == DSLT_RESULTS_GOT10K)
    return dslt_fail(DSLT_EFORMAT, "The ground truth of %s is withheld: only %d of %d rows are known.",
                     sequence->name, sequence->truth_known, sequence->frames);
  job->starts[0] = 0;
  job->start_count = 1;
  if (job->options->protocol == DSLT_EVAL_TRE)
    DSLT_TRY(dslt_tre_starts_of(job->starts, &job->start_count, sequence));
  return DSLT_OK;
}

/* TRE and SRE need all runs. */
static int check_runs(const cell_job *job, const dslt_result_file *files, int count) {
  const dslt_eval_protocol protocol = job->options->protocol;
  for (int i = 1; i < count; i++)
    if (files[i].run == files[i - 1].run)
      return dslt_fail(DSLT_EFORMAT, "%s and %s are both results of %s: keep one of them.", files[i - 1].path,
                       files[i].path, job->sequence->name);
  if (protocol == DSLT_EVAL_OPE || protocol == DSLT_EVAL_GOT10K) {
    if (count > 1 && files[0].run == 0)
      return dslt_fail(DSLT_EFORMAT, "%s exists as well as repetitions such as %s: keep one or the others.",
                       files[0].path, files[1].path);
    return DSLT_OK;
  }
  const int wanted = protocol == DSLT_EVAL_TRE ? job->start_count : DSLT_SRE_SHIFTS;
  const char *word = protocol == DSLT_EVAL_TRE ? "tre" : "sre";
  for (int i = 0; i < wanted; i++)
    if (i >= count || files[i].run != i + 1)
      return dslt_fail(DSLT_EFORMAT,
                       "%s needs %d files, %s.%s01.txt to %s.%s%02d.txt; %d are there and %s%02d is not.",
                       job->sequence->name, wanted, job->sequence->name, word, job->sequence->name, word,
                       wanted, count, word, i + 1);
  if (count > wanted)
    return dslt_fail(DSLT_EFORMAT, "%s is one too many: %s has %d runs.", files[wanted].path,
                     job->sequence->name, wanted);
  return DSLT_OK;
}

static int run_job(cell_job *job, const dslt_result_file *files, int count) {
  DSLT_TRY(begin_job(job));
  DSLT_TRY(check_runs(job, files, count));
  for (int i = 0; i < count; i++) {
    const int start = job->options->protocol == DSLT_EVAL_TRE ? job->starts[i] : 0;
    DSLT_TRY(score_file(job, &files[i], start));
    job->cell->runs++;
  }
  return DSLT_OK;
}

static int finish_job(cell_job *job) {
  dslt_cell *cell = job->cell;
  if (job->options->protocol == DSLT_EVAL_GOT10K) {
    if (cell->got.frames < 1)
      return dslt_fail(DSLT_EFORMAT, "%s has no frame that counts: the target is hidden throughout.",
                       job->sequence->name);
    dslt_scores_of_got10k(&cell->scores, &cell->got);
  } else {
    dslt_scores_of_ope(&cell->scores, &cell->ope);
  }
  cell->state = DSLT_CELL_SCORED;
  return DSLT_OK;
}

static const uint8_t *find_label(const dslt_sequence *sequence, const char *name) {
  for (int i = 0; i < sequence->label_count; i++)
    if (strcmp(sequence->labels[i].name, name) == 0) return sequence->labels[i].values;
  return NULL;
}

/* LaSOT's targets are visible where neither label is set. *out: NULL when the set has no such labels;
 * owned. */
static int make_visible(uint8_t **out, const dslt_sequence *sequence) {
  *out = NULL;
  const uint8_t *occluded = find_label(sequence, "full_occlusion");
  const uint8_t *outside = find_label(sequence, "out_of_view");
  if (!occluded && !outside) return DSLT_OK;
  uint8_t *visible = malloc((size_t)sequence->frames);
  if (!visible) return dslt_fail(DSLT_EMEMORY, "Out of memory for %d frames.", sequence->frames);
  for (int i = 0; i < sequence->frames; i++)
    visible[i] = !(occluded && occluded[i]) && !(outside && outside[i]);
  *out = visible;
  return DSLT_OK;
}

int dslt_evaluate_cell(dslt_cell *cell, const dslt_evaluation *evaluation, int index,
                       const dslt_result_file *files, int count, int64_t frames_limit) {
  cell_job job = {.options = &evaluation->options,
                  .kind = dslt_dataset_kind_of(evaluation->set),
                  .sequence = dslt_evaluation_sequence(evaluation, index),
                  .frames_limit = frames_limit,
                  .cell = cell};
  if (count == 0) {
    dslt_fail(DSLT_EIO, "There is no result file for %s.", job.sequence->name);
    DSLT_TRY(refuse(cell, DSLT_EIO));
    cell->state = DSLT_CELL_MISSING;
    return DSLT_OK;
  }
  uint8_t *visible = NULL;
  DSLT_TRY(make_visible(&visible, job.sequence));
  job.visible = visible;
  job.cover = find_label(job.sequence, "cover");
  int rc = run_job(&job, files, count);
  free(visible);
  if (rc == DSLT_OK) rc = finish_job(&job);
  return rc < 0 ? refuse(cell, rc) : DSLT_OK;
}
