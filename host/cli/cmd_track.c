/* dslt track: the first frame teaches the tracker, each further one gives a row. */
#include "cli/cmd_track.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/console.h"
#include "cli/exit_codes.h"
#include "cli/progress.h"
#include "cli/track_options.h"
#include "cli/track_report.h"
#include "cli/track_truth.h"
#include "cli/track_views.h"
#include "media/media.h"
#include "util/atomic_file.h"
#include "util/error.h"

/* Everything a run holds; track_free() releases it whatever was reached. */
typedef struct run {
  const dslt_track_options *options;
  dslt_weights *weights;
  dslt_tracker *tracker;
  dslt_source *source;
  dslt_source_info info;
  dslt_track_truth truth;
  dslt_box first;
  dslt_track_row *rows;
  int count, capacity;
  dslt_track_views views;
  dslt_track_report report;
} run;

/* ---- Ctrl-C -------------------------------------------------------------------------------------- */

static volatile sig_atomic_t caught_signal;

static void catch_signal(int number) { caught_signal = number; }

/* The first signal ends the run after the present frame; a second one ends the program at once. */
static void catch_signals(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = catch_signal;
  action.sa_flags = (int)SA_RESETHAND | SA_RESTART;
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
}

/* ---- before the first frame ---------------------------------------------------------------------- */

/* Find out now, not after an hour of tracking, that a result has no place to go. */
static int check_writable(const char *path) {
  if (!path || strcmp(path, "-") == 0) return DSLT_OK;
  dslt_atomic_file file = {0};
  DSLT_TRY(dslt_atomic_open(&file, path));
  dslt_atomic_abort(&file);
  return DSLT_OK;
}

static int find_target(run *r) {
  const dslt_track_options *options = r->options;
  static const char prefix[] = "otb:";
  if (options->select) return DSLT_OK;
  if (!options->box) {
    DSLT_TRY(dslt_track_truth_scene(&r->truth, options->input, options->start));
  } else if (strncmp(options->box, prefix, sizeof prefix - 1) == 0) {
    DSLT_TRY(dslt_track_truth_read(&r->truth, options->box + sizeof prefix - 1, options->start));
  } else {
    return dslt_box_parse(&r->first, options->box);
  }
  r->first = r->truth.boxes[0];
  return DSLT_OK;
}

static int grow_rows(run *r, int capacity) {
  dslt_track_row *rows = realloc(r->rows, (size_t)capacity * sizeof *rows);
  if (!rows) return dslt_fail(DSLT_EMEMORY, "Out of memory after %d frames.", r->count);
  r->rows = rows;
  r->capacity = capacity;
  return DSLT_OK;
}

/* Open all that the run needs, cheap checks first. Returns an exit code, its sentence printed. */
static int prepare(run *r) {
  const dslt_track_options *options = r->options;
  int rc = find_target(r);
  if (rc < 0) return dslt_console_fail(rc, DSLT_EXIT_INPUT);
  rc = check_writable(options->out);
  if (rc == DSLT_OK) rc = check_writable(options->summary);
  if (rc == DSLT_OK) rc = check_writable(options->overlay);
  if (rc == DSLT_OK) rc = dslt_track_views_prepare(&r->views);
  if (rc < 0) return dslt_console_fail(rc, DSLT_EXIT_FAILED);
  rc = dslt_weights_load(&r->weights, options->weights);
  if (rc < 0) return dslt_console_fail(rc, DSLT_EXIT_WEIGHTS);
  dslt_source_options source_options = {.start = options->start, .limit = options->frames};
  rc = dslt_source_open(&r->source, options->input, &source_options);
  if (rc < 0) return dslt_console_fail(rc, DSLT_EXIT_INPUT);
  dslt_source_info_get(&r->info, r->source);
  r->views.fps = r->info.fps;
  rc = dslt_tracker_create(&r->tracker, &options->tracker, r->weights);
  if (rc < 0) return dslt_console_fail(rc, DSLT_EXIT_FAILED);
  r->report.backend = dslt_tracker_backend(r->tracker);
  r->report.precision = dslt_tracker_precision(r->tracker);
  const char *note = dslt_tracker_note(r->tracker);
  if (note[0] && !options->quiet) dslt_console_error("%s", note);
  rc = grow_rows(r, r->info.frames > 0 && r->info.frames < 1000000 ? (int)r->info.frames : 4096);
  return rc < 0 ? dslt_console_fail(rc, DSLT_EXIT_FAILED) : DSLT_EXIT_OK;
}

/* ---- frame by frame ------------------------------------------------------------------------------ */

static int add_row(run *r, const dslt_box *box, double peak, int lost) {
  if (r->count == r->capacity) {
    if (r->count > INT32_MAX / 2) return dslt_fail(DSLT_EMEMORY, "More than %d frames in one run.", r->count);
    DSLT_TRY(grow_rows(r, r->capacity * 2));
  }
  r->rows[r->count] = (dslt_track_row){.frame = r->count, .box = *box, .peak = peak, .lost = lost};
  r->count++;
  r->report.frames = r->count;
  return DSLT_OK;
}

static int show(run *r, const dslt_image *frame, const dslt_response *response) {
  int i = r->count - 1;
  const dslt_box *truth = i < r->truth.count ? &r->truth.boxes[i] : NULL;
  return dslt_track_views_frame(&r->views, frame, &r->rows[i], truth, response);
}

static int select_box(dslt_box *out, const dslt_image *frame) {
  dslt_canvas canvas = {0};
  DSLT_TRY(dslt_canvas_from_image(&canvas, frame));
  int rc = dslt_window_select(out, &canvas, "Draw the target, then press Enter");
  dslt_canvas_free(&canvas);
  return rc;
}

/* 1 = go on, 0 = the user closed the window, negative = error. */
static int first_frame(run *r, const dslt_image *frame) {
  if (r->options->select) DSLT_TRY(select_box(&r->first, frame));
  double before = dslt_seconds();
  DSLT_TRY(dslt_tracker_init(r->tracker, frame, &r->first));
  r->report.init_seconds = dslt_seconds() - before;
  dslt_result result;
  DSLT_TRY(dslt_tracker_init_result(&result, r->tracker));
  r->report.init_steps = result.steps;
  r->report.init_loss = result.loss;
  DSLT_TRY(add_row(r, &r->first, 1, 0)); /* given, not found: certain */
  return show(r, frame, NULL);
}

static int next_frame(run *r, const dslt_image *frame) {
  dslt_result result;
  double before = dslt_seconds();
  DSLT_TRY(dslt_tracker_update(&result, r->tracker, frame));
  dslt_track_report_add(&r->report, &result, dslt_seconds() - before);
  DSLT_TRY(add_row(r, &result.box, result.peak, result.lost));
  dslt_response response;
  if (r->options->dump_response) DSLT_TRY(dslt_tracker_response(&response, r->tracker));
  return show(r, frame, r->options->dump_response ? &response : NULL);
}

/* Print what stopped the run at frame `index` of it, with the frame's number in the input and its name. */
static int stopped(const run *r, int index, int rc, int otherwise, const char *name) {
  long long number = (long long)r->options->start + index;
  const char *sentence = dslt_last_error();
  if (name && name[0] && !strstr(sentence, name))
    dslt_console_error("Frame %lld (%s): %s", number, name, sentence);
  else
    dslt_console_error("Frame %lld: %s", number, sentence);
  return dslt_exit_code(rc, otherwise);
}

static int track(run *r) {
  dslt_progress progress;
  dslt_progress_start(&progress, stderr, r->info.frames, r->options->quiet);
  double before = dslt_seconds();
  int exit_code = DSLT_EXIT_OK, rc = 1;
  while (rc == 1 && !caught_signal) {
    dslt_image frame;
    const char *name = "";
    rc = dslt_source_next(&frame, &name, NULL, r->source);
    if (rc < 0) {
      dslt_progress_end(&progress);
      exit_code = stopped(r, r->count, rc, DSLT_EXIT_INPUT, "");
    }
    if (rc != 1) break;
    int count = r->count;
    rc = count == 0 ? first_frame(r, &frame) : next_frame(r, &frame);
    if (rc < 0) {
      dslt_progress_end(&progress);
      exit_code = stopped(r, count, rc, DSLT_EXIT_FAILED, name);
      break;
    }
    dslt_progress_update(&progress, r->count);
  }
  r->report.loop_seconds = dslt_seconds() - before;
  dslt_progress_end(&progress);
  if (exit_code == DSLT_EXIT_OK && r->count == 0 && !caught_signal) {
    dslt_console_error("%s holds no frame%s.", r->options->input,
                       r->options->start ? " after those --start skips" : "");
    exit_code = DSLT_EXIT_INPUT;
  }
  return exit_code;
}

/* ---- after the last frame ------------------------------------------------------------------------ */

/* Write everything there is, whether the run ended well or not; every failure is told. */
static int finish(run *r, int exit_code) {
  const dslt_track_options *options = r->options;
  int worst = exit_code;
  int rc = dslt_track_views_close(&r->views, r->count > 0);
  if (rc < 0) worst = dslt_console_fail(rc, DSLT_EXIT_FAILED);
  if (r->count == 0) return worst;
  if (options->out) {
    rc = dslt_track_write(options->out, options->format, r->rows, r->count);
    if (rc < 0)
      worst = dslt_console_fail(rc, DSLT_EXIT_FAILED);
    else if (exit_code != DSLT_EXIT_OK && strcmp(options->out, "-") != 0)
      dslt_console_error("The %d boxes up to there are in %s.", r->count, options->out);
  }
  if (r->truth.count) {
    r->report.truth_count = r->truth.count;
    rc = dslt_track_truth_score(&r->report.ope, &r->truth, r->rows, r->count);
    r->report.scored = rc == DSLT_OK;
    if (rc < 0) worst = dslt_console_fail(rc, DSLT_EXIT_FAILED);
  }
  if (options->summary) {
    rc = dslt_track_report_save(&r->report, options->summary);
    if (rc < 0) worst = dslt_console_fail(rc, DSLT_EXIT_FAILED);
  }
  int boxes_on_stdout = options->out && strcmp(options->out, "-") == 0;
  if (!options->quiet) dslt_track_report_print(boxes_on_stdout ? stderr : stdout, &r->report);
  /* What stopped the run says more than what then failed to be written. */
  return exit_code != DSLT_EXIT_OK ? exit_code : worst;
}

static void track_free(run *r) {
  dslt_source_close(r->source);
  dslt_tracker_free(r->tracker);
  dslt_weights_free(r->weights);
  dslt_track_truth_free(&r->truth);
  free(r->rows);
}

int dslt_cmd_track(int argc, char **argv) {
  dslt_track_options options;
  dslt_track_options_parse(&options, argc, argv);
  if (options.list_options) {
    dslt_track_options_list(&options.tracker);
    return DSLT_EXIT_OK;
  }
  run r = {.options = &options};
  r.report.options = &options.tracker;
  r.report.weights = options.weights;
  r.report.backend = r.report.precision = "";
  r.views.overlay = options.overlay;
  r.views.dump = options.dump_response;
  r.views.title = options.show ? "dslt" : NULL;
  catch_signals();
  int exit_code = prepare(&r);
  if (exit_code == DSLT_EXIT_OK) {
    exit_code = track(&r);
    if (exit_code == DSLT_EXIT_OK && caught_signal) {
      dslt_console_error("Interrupted after %d frames.", r.count);
      exit_code = DSLT_EXIT_SIGNAL + caught_signal;
    }
    exit_code = finish(&r, exit_code);
  }
  track_free(&r);
  return exit_code;
}
