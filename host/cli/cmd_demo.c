/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_demo.c: dslt demo: tracks a synthetic clip while it is rendered; needs no files. */
#include "cli/cmd_demo.h"

#include <argp.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/error.h"
#include "cli/console.h"
#include "cli/exit_codes.h"
#include "cli/parse_options.h"
#include "cli/progress.h"
#include "cli/tracker_choice.h"
#include "eval/track_truth.h"
#include "media/scene.h"
#include "report/filmstrip.h"
#include "report/track_summary.h"
#include "report/views.h"

static const double demo_fps = 25;
enum { MAX_PATH = 4096 };

/* ---- arguments ----------------------------------------------------------------------------------- */

typedef struct demo_options {
  const char *out, *weights, *preset, *backend;
  int frames; /* 0 = the clip's own length */
  int64_t seed;
  int threads;
} demo_options;

enum { KEY_FRAMES = 0x100, KEY_PRESET, KEY_SEED, KEY_BACKEND, KEY_THREADS };

static const struct argp_option table[] = {
    {"out", 'o', "DIR", 0, "Folder for track.mp4, boxes.txt and filmstrip.png (default: demo)", 1},
    {"frames", KEY_FRAMES, "N", 0, "Length of the clip (default 150)", 1},
    {"seed", KEY_SEED, "N", 0, "Seed of the clip (default 1)", 1},
    {"weights", 'w', "FILE", 0,
     "Network: one that is built in (siamese or slim; default: the preset's own), a safetensors file, or random:ARCH[:SEED]",
     2},
    {"preset", KEY_PRESET, "NAME", 0,
     "default (what we recommend), dslt, paper, released, or another tracker's, such as crt-conv7 (dslt info lists them all)",
     2},
    {"backend", KEY_BACKEND, "NAME", 0, "auto (default), cpu or cuda", 2},
    {"threads", KEY_THREADS, "N", 0, "CPU threads; 0 (default) = the cores at hand", 2},
    {0}};
static const char doc[] =
    "Render a clip with known ground truth (a textured object over a moving background, with scale change, "
    "rotation, blur "
    "and occlusion), track it and write the result."
    "\v"
    "Examples:\n"
    "  dslt demo\n"
    "  dslt demo --out /tmp/demo --frames 40 --preset released\n"
    "\n" DSLT_EXIT_HELP;

static error_t parse_key(int key, char *value, struct argp_state *state) {
  demo_options *out = state->input;
  static char name[] = "dslt demo";
  dslt_argp_name(state, key, name);
  switch (key) {
    case ARGP_KEY_INIT: break;
    case 'o': out->out = value; break;
    case 'w': out->weights = value; break;
    case KEY_PRESET: out->preset = value; break;
    case KEY_BACKEND: out->backend = value; break;
    case KEY_FRAMES: out->frames = (int)dslt_usage_integer(state, "--frames", value, 2, 100000); break;
    case KEY_SEED: out->seed = dslt_usage_integer(state, "--seed", value, 0, INT64_MAX); break;
    case KEY_THREADS: out->threads = (int)dslt_usage_integer(state, "--threads", value, 0, 1024); break;
    case ARGP_KEY_ARG: dslt_usage_error(state, "dslt demo takes no argument, but \"%s\" was given.", value);
    default: return ARGP_ERR_UNKNOWN;
  }
  return 0;
}

/* ---- the run ------------------------------------------------------------------------------------- */

typedef struct demo {
  const demo_options *options;
  dslt_options *tracker_options;
  int has_opencv;
  int frames;
  dslt_scene *scene;
  dslt_weights *weights;
  dslt_tracker *tracker;
  dslt_canvas canvas;
  dslt_track_row *rows;
  dslt_box *truth;
  dslt_track_views views;
  dslt_filmstrip strip;
  dslt_track_figures figures;
  dslt_track_report report;
  char video_path[MAX_PATH], boxes_path[MAX_PATH], strip_path[MAX_PATH];
} demo;

static int make_folder(const char *path) {
  struct stat status;
  if (mkdir(path, 0777) == 0) return DSLT_OK;
  int reason = errno;
  if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) return DSLT_OK;
  return dslt_fail(DSLT_EIO, "Cannot make the folder %s: %s.", path,
                   strerror(reason == EEXIST ? ENOTDIR : reason));
}

static int join(char *out, const char *folder, const char *name) {
  if (snprintf(out, MAX_PATH, "%s/%s", folder, name) >= MAX_PATH)
    return dslt_fail(DSLT_EIO, "The folder's name %.60s... is too long.", folder);
  return DSLT_OK;
}

static int make_places(demo *d) {
  DSLT_TRY(make_folder(d->options->out));
  DSLT_TRY(join(d->video_path, d->options->out, "track.mp4"));
  DSLT_TRY(join(d->boxes_path, d->options->out, "boxes.txt"));
  return join(d->strip_path, d->options->out, d->has_opencv ? "filmstrip.png" : "filmstrip.ppm");
}

static int choose_options(demo *d) {
  char threads[16];
  snprintf(threads, sizeof threads, "%d", d->options->threads);
  DSLT_TRY(dslt_options_create(&d->tracker_options, d->options->preset
                                                        ? d->options->preset
                                                        : dslt_suitable_preset(d->options->weights)));
  DSLT_TRY(dslt_options_set(d->tracker_options, "backend", d->options->backend));
  return dslt_options_set(d->tracker_options, "threads", threads);
}

static int make_scene(demo *d) {
  dslt_scene_options options;
  dslt_scene_defaults(&options);
  options.seed = (uint64_t)d->options->seed;
  if (d->options->frames) options.frames = d->options->frames;
  DSLT_TRY(dslt_scene_create(&d->scene, &options));
  d->frames = dslt_scene_frames(d->scene);
  d->rows = calloc((size_t)d->frames, sizeof *d->rows);
  d->truth = calloc((size_t)d->frames, sizeof *d->truth);
  if (!d->rows || !d->truth) return dslt_fail(DSLT_EMEMORY, "Out of memory for %d frames.", d->frames);
  return DSLT_OK;
}

static int add_to_strip(demo *d, int index, const dslt_response *response) {
  for (int cell = 0; cell < DSLT_FILMSTRIP_CELLS; cell++)
    if (dslt_filmstrip_frame(cell, d->frames) == index)
      return dslt_filmstrip_add(&d->strip, &d->canvas, &d->rows[index], &d->truth[index], response);
  return DSLT_OK;
}

static int track_frame(demo *d, int index) {
  DSLT_TRY(dslt_scene_render(&d->canvas, &d->truth[index], d->scene, index));
  dslt_image image = dslt_canvas_image(&d->canvas);
  dslt_result result;
  dslt_response response;
  double before = dslt_seconds();
  if (index == 0) {
    DSLT_TRY(dslt_tracker_init(d->tracker, &image, &d->truth[0]));
    d->report.init_seconds = dslt_seconds() - before;
    DSLT_TRY(dslt_tracker_init_result(&result, d->tracker));
    d->figures.init_steps = result.steps;
    d->figures.init_loss = result.loss;
    d->rows[0] = (dslt_track_row){.frame = 0, .box = d->truth[0], .peak = 1};
  } else {
    DSLT_TRY(dslt_tracker_update(&result, d->tracker, &image));
    dslt_track_report_add(&d->report, &result, dslt_seconds() - before);
    d->rows[index] =
        (dslt_track_row){.frame = index, .box = result.box, .peak = result.peak, .lost = result.lost};
    DSLT_TRY(dslt_tracker_response(&response, d->tracker));
    DSLT_TRY(add_to_strip(d, index, &response));
  }
  d->report.frames = index + 1;
  const dslt_track_shown shown = {&d->rows[index], &d->truth[index], NULL};
  return dslt_track_views_frame(&d->views, &image, &shown, 1);
}

static int track_clip(demo *d) {
  dslt_progress progress;
  dslt_progress_start(&progress, stderr, d->frames, 0);
  double before = dslt_seconds();
  int rc = DSLT_OK;
  for (int i = 0; rc >= 0 && i < d->frames; i++) {
    rc = track_frame(d, i);
    dslt_progress_update(&progress, i + 1);
  }
  d->report.loop_seconds = dslt_seconds() - before;
  dslt_progress_end(&progress);
  int closed = dslt_track_views_close(&d->views, rc >= 0);
  return rc < 0 ? rc : closed;
}

static int write_results(demo *d) {
  DSLT_TRY(dslt_track_write(d->boxes_path, DSLT_FORMAT_OTB, d->rows, d->frames));
  dslt_track_truth truth = {.boxes = d->truth, .count = d->frames};
  DSLT_TRY(dslt_track_truth_score(&d->figures.ope, &truth, d->rows, d->frames));
  d->figures.scored = 1;
  d->figures.truth_count = d->frames;
  char title[160];
  snprintf(
      title, sizeof title,
      "dslt demo: %d frames, mean overlap %.2f (green: truth, orange: tracker; below: the scaled response)",
      d->frames, d->figures.ope.mean_overlap);
  return dslt_filmstrip_save(&d->strip, title, d->strip_path);
}

static void print_next(void) {
  static const char text[] =
      "Next, with a video of your own (X,Y is the top-left corner of the box in its first frame):\n"
      "  %s track VIDEO --box X,Y,WIDTH,HEIGHT --overlay tracked.mp4 --out boxes.txt\n"
      "  %s track VIDEO --select --overlay tracked.mp4    (draw the box; needs a display)\n";
  printf(text, program_invocation_name, program_invocation_name);
}

/* Runs all steps; the exit code depends on the step that failed. */
static int run_demo(demo *d) {
  int rc = choose_options(d);
  if (rc < 0) return dslt_console_fail(rc, DSLT_EXIT_USAGE);
  rc = make_places(d);
  if (rc == DSLT_OK) rc = make_scene(d);
  if (rc < 0) return dslt_console_fail(rc, DSLT_EXIT_FAILED);
  if (!d->report.weights) d->report.weights = dslt_options_weights(d->tracker_options);
  rc = dslt_weights_load(&d->weights, d->report.weights);
  if (rc < 0) return dslt_console_fail(rc, DSLT_EXIT_WEIGHTS);
  rc = dslt_tracker_create(&d->tracker, d->tracker_options, d->weights);
  if (rc < 0) return dslt_console_fail(rc, DSLT_EXIT_FAILED);
  d->report.options = d->tracker_options;
  d->report.backend = dslt_tracker_backend(d->tracker);
  d->report.precision = dslt_tracker_precision(d->tracker);
  if (dslt_tracker_note(d->tracker)[0]) dslt_console_error("%s", dslt_tracker_note(d->tracker));
  rc = track_clip(d);
  if (rc >= 0) rc = write_results(d);
  if (rc < 0) return dslt_console_fail(rc, DSLT_EXIT_FAILED);
  dslt_track_report_print(stdout, &d->report);
  printf("frames per second: %.2f\nmean overlap: %.4f\n",
         (double)d->report.updates / d->report.update_seconds, d->figures.ope.mean_overlap);
  if (d->has_opencv)
    printf("wrote %s, %s and %s\n", d->video_path, d->boxes_path, d->strip_path);
  else
    printf("wrote %s and %s; no video, because this build has no OpenCV\n", d->boxes_path, d->strip_path);
  print_next();
  return DSLT_EXIT_OK;
}

int dslt_cmd_demo(int argc, char **argv) {
  static const struct argp_child children[] = {{&dslt_argp_help, 0, NULL, 0}, {0}};
  static const struct argp argp = {table, parse_key, NULL, doc, children, NULL, NULL};
  demo_options options = {.out = "demo", .backend = "auto", .seed = 1};
  dslt_parse_options(&argp, "dslt demo", argc, argv, &options);
  demo d = {.options = &options};
  d.has_opencv = dslt_media_writes_pictures();
  d.report.weights = options.weights;
  d.report.target = &d.figures;
  d.report.targets = 1;
  if (d.has_opencv) d.views.overlay = d.video_path;
  d.views.fps = demo_fps;
  d.views.time = NAN;
  int exit_code = run_demo(&d);
  dslt_track_views_close(&d.views, 0);
  dslt_filmstrip_free(&d.strip);
  dslt_tracker_free(d.tracker);
  dslt_options_free(d.tracker_options);
  dslt_weights_free(d.weights);
  dslt_scene_free(d.scene);
  dslt_canvas_free(&d.canvas);
  free(d.rows);
  free(d.truth);
  return exit_code;
}
