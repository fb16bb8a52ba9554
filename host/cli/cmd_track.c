/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_track.c: dslt track: the tracker is initialised on the first frame, each further one gives a row. */
#include "cli/cmd_track.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/atomic_file.h"
#include "base/clock.h"
#include "base/error.h"
#include "cli/console.h"
#include "cli/exit_codes.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "cli/track_options.h"
#include "cli/track_paths.h"
#include "media/media.h"
#include "report/targets.h"
#include "report/track_summary.h"
#include "report/views.h"

/* Everything a run owns; track_free() releases it at any stage. */
typedef struct run {
  const dslt_track_options *options;
  dslt_weights *weights;
  dslt_group *group;
  dslt_source *source;
  dslt_source_info info;
  dslt_track_targets targets;
  dslt_track_views views;
  dslt_track_report report;
  dslt_source_delay delay; /* of the present frame */
} run;

/* ---- before the first frame ---------------------------------------------------------------------- */

/* Check before tracking that results can be written. */
static int check_places(const run *r) {
  const dslt_track_options *options = r->options;
  for (int i = 0; i < dslt_track_out_files(options); ++i) {
    char path[PATH_MAX];
    DSLT_TRY(dslt_track_out_file(path, options, i));
    DSLT_TRY(dslt_atomic_check(path));
  }
  DSLT_TRY(dslt_atomic_check(options->summary));
  DSLT_TRY(dslt_atomic_check(options->overlay));
  return dslt_track_views_prepare(&r->views);
}

static void take_group(run *r) {
  r->report.backend = dslt_group_backend(r->group);
  r->report.precision = dslt_group_precision(r->group);
  r->report.target = r->targets.figures;
  r->report.targets = r->targets.count;
  const char *note = dslt_group_note(r->group);
  if (note[0] && !r->options->quiet) dslt_console_error("%s", note);
}

/* Open all that the run needs, cheap checks first. Returns an exit code, its sentence printed. */
static int prepare(run *r) {
  const dslt_track_options *options = r->options;
  const dslt_target_request request = {options->box, options->boxes, options->select, options->input,
                                       options->start};
  int rc = dslt_track_targets_find(&r->targets, &request);
  if (rc < 0) return dslt_console_fail(rc, DSLT_EXIT_INPUT);
  rc = check_places(r);
  if (rc < 0) return dslt_console_fail(rc, DSLT_EXIT_FAILED);
  rc = dslt_weights_load(&r->weights, options->weights);
  if (rc < 0) return dslt_console_fail(rc, DSLT_EXIT_WEIGHTS);
  /* two: the frame that is tracked and the one announced */
  dslt_source_options source_options = {.start = options->start,
                                        .limit = options->frames,
                                        .held = 2,
                                        .as_stored = options->as_stored,
                                        .live = options->live,
                                        .interrupt = &dslt_signal_caught};
  rc = dslt_source_open(&r->source, options->input, &source_options);
  if (rc < 0) return dslt_signals_exit_code(dslt_console_fail(rc, DSLT_EXIT_INPUT));
  dslt_source_info_get(&r->info, r->source);
  r->report.live = options->live && r->info.drops;
  if (options->live && !r->info.drops && !options->quiet)
    dslt_console_error("--live is for cameras, addresses and pipes; every frame of %s is tracked.",
                       options->input);
  r->views.fps = r->info.fps;
  memcpy(r->views.aspect, r->info.aspect, sizeof r->views.aspect);
  rc = dslt_group_create(&r->group, options->tracker, r->weights);
  if (rc < 0) return dslt_console_fail(rc, DSLT_EXIT_FAILED);
  take_group(r);
  rc = dslt_track_targets_reserve(&r->targets,
                                  r->info.about > 0 && r->info.about < 1000000 ? (int)r->info.about : 4096);
  return rc < 0 ? dslt_console_fail(rc, DSLT_EXIT_FAILED) : DSLT_EXIT_OK;
}

/* ---- frame by frame ------------------------------------------------------------------------------ */

static int select_box(dslt_box *out, const dslt_image *frame) {
  dslt_canvas canvas = {0};
  DSLT_TRY(dslt_canvas_from_image(&canvas, frame));
  int rc = dslt_window_select(out, &canvas, "Draw the target, then press Enter");
  dslt_canvas_free(&canvas);
  return rc;
}

/* Do boxes go to standard output frame by frame? */
static int flows(const run *r) {
  return r->options->out && strcmp(r->options->out, "-") == 0 && dslt_box_format_flows(r->options->format);
}

/* A row for each target, and the views. 1 = go on, 0 = the user closed the window, negative = error. */
static int keep(run *r, const dslt_image *frame, const dslt_result *results, const dslt_response *responses) {
  const dslt_track_moment moment = {.time = r->views.time,
                                    .live = r->report.live,
                                    .latency_ms = 1e3 * (dslt_seconds() - r->delay.arrived),
                                    .dropped = r->delay.dropped};
  DSLT_TRY(dslt_track_targets_add(&r->targets, results, &moment));
  r->report.dropped = r->delay.dropped;
  if (r->report.live && results) DSLT_TRY(dslt_series_push(&r->report.latency_ms, moment.latency_ms));
  r->report.frames = r->targets.frames;
  if (flows(r)) DSLT_TRY(dslt_track_targets_print(&r->targets, r->options->format));
  return dslt_track_views_frame(&r->views, frame, dslt_track_targets_shown(&r->targets, responses),
                                r->targets.count);
}

static void tell_blank(const run *r, int target) {
  char which[32] = "The target";
  if (r->targets.count > 1) snprintf(which, sizeof which, "Target %d", target + 1);
  if (!r->options->quiet)
    dslt_console_error(
        "%s cannot be learnt: the picture has one colour there and around it. Its box stays where it is, and every "
        "frame counts as lost.",
        which);
}

/* Of the second frame. */
static void tell_unseen(const run *r, int target) {
  char which[32] = "The target";
  if (r->targets.count > 1) snprintf(which, sizeof which, "Target %d", target + 1);
  if (!r->options->quiet)
    dslt_console_error(
        "%s is noise in the first frame and not to be seen in the next. Until a frame shows it again, its box stays "
        "where it is, and frames count as lost; --set first_sight=0 searches at once.",
        which);
}

static int first_frame(run *r, const dslt_image *frame) {
  dslt_track_targets *t = &r->targets;
  if (r->options->select) DSLT_TRY(select_box(&t->first[0], frame));
  double before = dslt_seconds();
  DSLT_TRY(dslt_group_init(r->group, frame, t->first, t->count));
  r->report.init_seconds = dslt_seconds() - before;
  for (int i = 0; i < t->count; i++) {
    dslt_result result;
    DSLT_TRY(dslt_group_init_result(&result, r->group, i));
    t->figures[i].init_steps = result.steps;
    t->figures[i].init_loss = result.loss;
    t->figures[i].unlearnt = result.lost;
    t->figures[i].group = r->group;
    t->figures[i].member = i;
    if (result.lost) tell_blank(r, i);
  }
  return keep(r, frame, NULL, NULL);
}

/* A frame in which nothing was searched for. */
static int is_unseen(const dslt_result *result, const dslt_box *first) {
  return result->lost && result->peak == 0 && result->box.x == first->x && result->box.y == first->y;
}

static int next_frame(run *r, const dslt_image *frame) {
  dslt_track_targets *t = &r->targets;
  double before = dslt_seconds();
  DSLT_TRY(dslt_group_update(t->results, r->group, frame));
  dslt_track_report_add(&r->report, t->results, dslt_seconds() - before);
  for (int i = 0; t->frames == 1 && i < t->count; i++)
    if (is_unseen(&t->results[i], &t->first[i]) && !t->figures[i].unlearnt) tell_unseen(r, i);
  int dump = r->options->dump_response != NULL;
  for (int i = 0; dump && i < t->count; i++) DSLT_TRY(dslt_group_response(&t->responses[i], r->group, i));
  return keep(r, frame, t->results, dump ? t->responses : NULL);
}

/* Print the error at frame `index` of the run, with the frame's number in the input and its name. */
static int stopped(const run *r, int index, int rc, int otherwise, const char *name) {
  long long number = (long long)r->options->start + index;
  const char *sentence = dslt_last_error();
  if (name && name[0] && !strstr(sentence, name))
    dslt_console_error("Frame %lld (%s): %s", number, name, sentence);
  else
    dslt_console_error("Frame %lld: %s", number, sentence);
  return dslt_exit_code(rc, otherwise);
}

/* A frame of the input, and what dslt_source_next() said when it was asked for. */
typedef struct fetched {
  int rc;
  dslt_image image;
  const char *name;
  double time; /* in its container, seconds; NaN: none */
  dslt_source_delay delay;
} fetched;

/* Print the remarks on the input. */
static void tell_notes(const run *r, dslt_progress *progress) {
  char note[1024];
  while (dslt_source_note(note, sizeof note, r->source)) {
    dslt_progress_end(progress);
    if (!r->options->quiet) dslt_console_error("%s", note);
  }
}

static fetched fetch(run *r) {
  fetched f = {.name = ""};
  f.rc = dslt_source_next(&f.image, &f.name, NULL, r->source);
  f.time = dslt_source_time(r->source);
  dslt_source_delay_get(&f.delay, r->source);
  return f;
}

/* Reads one frame ahead, so that it can be uploaded to a GPU meanwhile; live input is not read ahead. Errors
 * of a frame are reported when it is tracked. */
static fetched fetch_ahead(run *r) {
  fetched f = {.rc = 1, .name = ""};
  if (r->info.live) return f;
  f = fetch(r);
  if (f.rc == 1 && r->targets.frames > 0) (void)dslt_group_prefetch(r->group, &f.image);
  return f;
}

static int track(run *r) {
  dslt_progress progress;
  dslt_progress_start(&progress, stderr, r->info.about, r->options->quiet);
  progress.estimate = r->info.frames < 0;
  double before = dslt_seconds();
  int exit_code = DSLT_EXIT_OK, go_on = 1;
  fetched frame = fetch(r);
  tell_notes(r, &progress);
  while (frame.rc == 1 && go_on == 1 && !dslt_signal_caught) {
    fetched ahead = fetch_ahead(r);
    int count = r->targets.frames;
    r->views.time = frame.time;
    r->delay = frame.delay;
    go_on = count == 0 ? first_frame(r, &frame.image) : next_frame(r, &frame.image);
    if (go_on < 0) {
      dslt_progress_end(&progress);
      exit_code = stopped(r, count, go_on, DSLT_EXIT_FAILED, frame.name);
      break;
    }
    dslt_progress_update(&progress, r->targets.frames);
    if (go_on == 1 && !dslt_signal_caught) frame = r->info.live || ahead.rc < 0 ? fetch(r) : ahead;
    tell_notes(r, &progress);
  }
  r->report.loop_seconds = dslt_seconds() - before;
  dslt_progress_end(&progress);
  if (frame.rc < 0) exit_code = stopped(r, r->targets.frames, frame.rc, DSLT_EXIT_INPUT, "");
  if (exit_code == DSLT_EXIT_OK && r->targets.frames == 0 && !dslt_signal_caught) {
    dslt_console_error("%s holds no frame%s.", r->options->input,
                       r->options->start ? " after those --start skips" : "");
    exit_code = DSLT_EXIT_INPUT;
  }
  r->report.damaged = dslt_source_damaged(r->source);
  return exit_code;
}

/* ---- after the last frame ------------------------------------------------------------------------ */

/* After an error, report what was written. */
static void tell_where(const run *r) {
  char path[PATH_MAX];
  int files = dslt_track_out_files(r->options);
  if (files > 1 && dslt_track_out_file(path, r->options, 0) == DSLT_OK)
    dslt_console_error("The boxes of the %d frames up to there are in %s and its %d fellow%s.",
                       r->targets.frames, path, files - 1, files == 2 ? "" : "s");
  else
    dslt_console_error("The %d boxes up to there are in %s.", r->targets.frames * r->targets.count,
                       r->options->out);
}

/* Write all results, also after an error; every failure is reported. */
static int finish(run *r, int exit_code) {
  const dslt_track_options *options = r->options;
  int worst = exit_code;
  const char *note = dslt_track_views_note(&r->views);
  if (note[0] && !options->quiet) dslt_console_error("%s", note);
  int rc = dslt_track_views_close(&r->views, r->targets.frames > 0);
  if (rc < 0) worst = dslt_console_fail(rc, DSLT_EXIT_FAILED);
  if (r->targets.frames == 0) return worst;
  if (options->out && !flows(r)) {
    rc = dslt_track_targets_write(&r->targets, options->out, options->format);
    if (rc < 0)
      worst = dslt_console_fail(rc, DSLT_EXIT_FAILED);
    else if (exit_code != DSLT_EXIT_OK && strcmp(options->out, "-") != 0)
      tell_where(r);
  }
  dslt_track_report_sort(&r->report);
  rc = dslt_track_targets_score(&r->targets);
  if (rc < 0) worst = dslt_console_fail(rc, DSLT_EXIT_FAILED);
  if (options->summary) {
    rc = dslt_track_report_save(&r->report, options->summary);
    if (rc < 0) worst = dslt_console_fail(rc, DSLT_EXIT_FAILED);
  }
  int boxes_on_stdout = options->out && strcmp(options->out, "-") == 0;
  if (!options->quiet) dslt_track_report_print(boxes_on_stdout ? stderr : stdout, &r->report);
  /* The error that ended the run takes precedence over later errors of writing. */
  return exit_code != DSLT_EXIT_OK ? exit_code : worst;
}

/* Damaged spots were skipped; with --strict that makes a complete run fail. */
static int judge_damage(const run *r, int exit_code) {
  if (!r->options->strict || r->report.damaged == 0 || exit_code != DSLT_EXIT_OK) return exit_code;
  dslt_console_error("%s is damaged in %lld place%s, and --strict was given.", r->options->input,
                     (long long)r->report.damaged, r->report.damaged == 1 ? "" : "s");
  return DSLT_EXIT_FAILED;
}

static void track_free(run *r) {
  dslt_source_close(r->source);
  dslt_group_free(r->group);
  dslt_weights_free(r->weights);
  dslt_track_targets_free(&r->targets);
  free(r->report.latency_ms.values);
}

int dslt_cmd_track(int argc, char **argv) {
  dslt_track_options options;
  dslt_track_options_parse(&options, argc, argv);
  if (options.list_options) {
    dslt_track_options_list(options.tracker);
    dslt_options_free(options.tracker);
    return DSLT_EXIT_OK;
  }
  run r = {.options = &options};
  r.report.options = options.tracker;
  r.report.weights = options.weights;
  r.report.backend = r.report.precision = "";
  r.views.overlay = options.overlay;
  r.views.dump = options.dump_response;
  r.views.title = options.show ? "dslt" : NULL;
  dslt_signals_catch();
  int exit_code = prepare(&r);
  if (exit_code == DSLT_EXIT_OK) {
    exit_code = track(&r);
    if (exit_code == DSLT_EXIT_OK && dslt_signal_caught) {
      dslt_console_error("Interrupted after %d frames.", r.targets.frames);
      exit_code = dslt_signals_exit_code(exit_code);
    }
    exit_code = judge_damage(&r, finish(&r, exit_code));
  }
  track_free(&r);
  dslt_options_free(options.tracker);
  return exit_code;
}
