/* SPDX-License-Identifier: Apache-2.0 */
/* page.c: scores the folders, writes the page's data, and starts the script that generates it. */
#include "report/page.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/python.h"
#include "eval/json.h"
#include "report/frames.h"

enum { WORST = 3, PLAYED = 1000 /* frames of a sequence that the page can choose from */ };

/* ---- evaluation ---------------------------------------------------------------------------------- */

static int focus_index(int *out, const dslt_page_request *request) {
  *out = 0;
  if (!request->focus) return DSLT_OK;
  for (int i = 0; i < request->source_count; i++)
    if (strcmp(request->sources[i].name, request->focus) == 0) {
      *out = i;
      return DSLT_OK;
    }
  return dslt_fail(DSLT_EOPTION, "--focus: no result folder is called \"%s\".", request->focus);
}

/* Report what could not be scored. Returns the number. */
static int tell_gaps(const dslt_evaluation *evaluation, void (*gap)(const char *sentence)) {
  int scored = 0;
  for (int t = 0; t < evaluation->tracker_count; t++) {
    const dslt_tracker_scores *tracker = &evaluation->trackers[t];
    for (int i = 0; i < evaluation->sequence_count; i++) {
      const dslt_cell *cell = &tracker->cells[i];
      scored += cell->state == DSLT_CELL_SCORED;
      if (!gap || (cell->state != DSLT_CELL_MISSING && cell->state != DSLT_CELL_REFUSED)) continue;
      char sentence[2048];
      snprintf(sentence, sizeof sentence, "%s: %s: %s", tracker->name,
               dslt_evaluation_sequence(evaluation, i)->name, cell->note ? cell->note : "not scored.");
      gap(sentence);
    }
  }
  return scored;
}

/* eval.json, without the frames: those are in separate, more compact files. */
static int write_evaluation(const char *folder, dslt_evaluation *evaluation) {
  char path[PATH_MAX];
  if (snprintf(path, sizeof path, "%s/eval.json", folder) >= (int)sizeof path)
    return dslt_fail(DSLT_EARGUMENT, "The folder's path is too long: %s.", folder);
  for (int t = 0; t < evaluation->tracker_count; t++)
    for (int i = 0; i < evaluation->sequence_count; i++) {
      dslt_cell *cell = &evaluation->trackers[t].cells[i];
      free(cell->overlaps);
      free(cell->errors);
      free(cell->boxes);
      cell->overlaps = cell->errors = NULL;
      cell->boxes = NULL;
    }
  json_t *document = NULL;
  DSLT_TRY(dslt_eval_json_make(&document, evaluation));
  FILE *stream = fopen(path, "we");
  int rc =
      stream ? dslt_eval_json_draw(stream, document) : dslt_fail(DSLT_EIO, "%s: %s.", path, strerror(errno));
  if (stream && fclose(stream) != 0 && rc == DSLT_OK)
    rc = dslt_fail(DSLT_EIO, "%s: %s.", path, strerror(errno));
  json_decref(document);
  return rc;
}

/* 128 plus the number of the signal that was caught, or DSLT_OK. */
static int caught(const dslt_page_request *request) {
  const int number = request->stop ? (int)*request->stop : 0;
  return number ? 128 + number : DSLT_OK;
}

/* Fill `folder` with eval.json and what frames.h describes. */
static int evaluate(int *gaps, const char *folder, const dslt_page_request *request,
                    void (*gap)(const char *sentence)) {
  int focus, rc;
  dslt_dataset *set = NULL;
  dslt_evaluation evaluation = {0};
  dslt_evaluate_options options = {
      .convention = request->convention, .common = request->common, .per_frame = 1};
  DSLT_TRY(focus_index(&focus, request));
  if ((rc = dslt_dataset_open(&set, request->dataset, request->root)) < 0) goto done;
  options.protocol =
      dslt_dataset_kind_of(set)->layout->results == DSLT_RESULTS_GOT10K ? DSLT_EVAL_GOT10K : DSLT_EVAL_OPE;
  if ((rc = dslt_dataset_select(set, request->sequences)) < 0) goto done;
  rc = dslt_evaluate(&evaluation, set, request->sources, request->source_count, &options);
  if (rc < 0 || (rc = caught(request))) goto done;
  dslt_report_frames wanted = {.focus = focus, .worst = WORST, .played = PLAYED, .stop = request->stop};
  if (request->player_megabytes == 0) wanted.played = 0;
  if (request->no_thumbnails) wanted.worst = wanted.played = 0;
  rc = dslt_report_frames_write(folder, &evaluation, set, &wanted);
  if (rc < 0 || (rc = caught(request))) goto done;
  if ((rc = write_evaluation(folder, &evaluation)) < 0) goto done;
  *gaps = evaluation.failures;
  if (tell_gaps(&evaluation, gap) == 0)
    rc = dslt_fail(DSLT_EFORMAT, "Nothing could be scored, so there is no page to write.");
done:
  dslt_evaluation_free(&evaluation);
  dslt_dataset_free(set);
  return rc;
}

/* ---- generating the page ------------------------------------------------------------------------- */

typedef struct command {
  char **argument;
  int count;
} command;

static void add(command *c, const char *option, const char *value) {
  if (!value) return;
  c->argument[c->count++] = (char *)option; /* exec's type is not const */
  c->argument[c->count++] = (char *)value;
}

static int draw(const char *folder, const dslt_page_request *request) {
  static const dslt_python_script script = {
      "report/main.py", "The report", "Python 3.9 or newer with matplotlib 3.5, Pillow and Jinja2 or newer",
      "python3-matplotlib python3-pil python3-jinja2"};
  char scores[PATH_MAX + 32], frames[PATH_MAX + 32], megabytes[16];
  snprintf(scores, sizeof scores, "%s/eval.json", folder);
  snprintf(frames, sizeof frames, "%s/frames.json", folder);
  snprintf(megabytes, sizeof megabytes, "%d", request->player_megabytes);
  command c = {.argument = calloc(2 * (size_t)request->extra_count + 24, sizeof(char *))};
  if (!c.argument) return dslt_fail(DSLT_EMEMORY, "Not enough memory to start Python.");
  if (request->source_count > 0) {
    add(&c, "--eval", scores);
    add(&c, "--frames", frames);
    add(&c, "--focus", request->focus);
    add(&c, "--player-megabytes", megabytes);
  }
  for (int i = 0; i < request->extra_count; i++) add(&c, request->extras[i].option, request->extras[i].file);
  add(&c, "--output", request->out);
  add(&c, "--plots", request->plots);
  add(&c, "--title", request->title);
  if (request->no_thumbnails) c.argument[c.count++] = (char *)"--no-thumbnails";
  const int code = dslt_python_run(&script, c.count, c.argument);
  free(c.argument);
  return code;
}

int dslt_page_make(dslt_page_result *out, const dslt_page_request *request,
                   void (*gap)(const char *sentence)) {
  char folder[PATH_MAX];
  *out = (dslt_page_result){.evaluated = 1};
  DSLT_TRY(dslt_temporary_folder(folder, sizeof folder, "dslt-report"));
  int rc = request->source_count > 0 ? evaluate(&out->gaps, folder, request, gap) : DSLT_OK;
  out->evaluated = rc == DSLT_OK;
  if (rc == DSLT_OK) rc = caught(request);
  if (rc == DSLT_OK) rc = draw(folder, request);
  dslt_folder_remove(folder);
  return rc;
}
