/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cmd_bench.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "backend/cpu/peak.h"
#include "base/atomic_file.h"
#include "base/error.h"
#include "cli/bench_measure.h"
#include "cli/bench_options.h"
#include "cli/bench_plot.h"
#include "cli/console.h"
#include "cli/exit_codes.h"
#include "cli/track_options.h"
#include "nn/weights.h"

/* Each thing that makes up the ceiling is measured for so long; some sixty of them take a few seconds. */
static const double ceiling_seconds = 0.05;

typedef struct bench {
  dslt_bench_command command;
  dslt_bench_items items;
  dslt_weights *weights;
  dslt_bench_report report;
} bench;

/* ---- before -------------------------------------------------------------------------------------- */

static int check_writable(const char *path) {
  dslt_atomic_file file = {0};
  if (!path) return DSLT_OK;
  DSLT_TRY(dslt_atomic_open(&file, path));
  dslt_atomic_abort(&file);
  return DSLT_OK;
}

/* The backend and the precision that the options get, in words; makes a tracker for it. From here on the
 * options name the precision that "auto" stands for: the ceiling is measured in the same. */
static int describe_backend(bench *b) {
  dslt_tracker *tracker = NULL;
  dslt_backend_info info;
  dslt_bench_report *r = &b->report;
  DSLT_TRY(dslt_tracker_create(&tracker, &b->command.tracker.options, b->weights));
  snprintf(r->backend, sizeof r->backend, "%s", dslt_tracker_backend(tracker));
  snprintf(r->precision, sizeof r->precision, "%s", dslt_tracker_precision(tracker));
  dslt_tracker_free(tracker);
  DSLT_TRY(dslt_options_set(&b->command.tracker.options, "precision", r->precision));
  for (int i = 0; dslt_backend_query(&info, i) == DSLT_OK; ++i) {
    if (strcmp(info.name, r->backend) != 0) continue;
    snprintf(r->device, sizeof r->device, "%s", info.device);
    snprintf(r->library, sizeof r->library, "%s", info.library);
  }
  return DSLT_OK;
}

static void describe(bench *b) {
  const time_t now = time(NULL);
  struct tm utc;
  dslt_bench_report *r = &b->report;
  r->command = &b->command;
  r->threads = dslt_cpu_threads(b->command.tracker.options.threads);
  dslt_weights_arch(r->arch, sizeof r->arch, b->weights);
  dslt_energy_find(&r->energy, "");
  if (gmtime_r(&now, &utc)) strftime(r->date, sizeof r->date, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

/* An exit code, its sentence printed. */
static int prepare(bench *b) {
  const dslt_bench_command *c = &b->command;
  int rc = DSLT_OK;
  for (int i = 0; rc == DSLT_OK && i < c->input_count; ++i)
    rc = dslt_bench_items_add(&b->items, c->inputs[i], c->box, c->sequences);
  if (rc < 0) return dslt_console_fail(rc, DSLT_EXIT_INPUT);
  rc = check_writable(c->out);
  if (rc == DSLT_OK) rc = check_writable(c->plot);
  if (rc < 0) return dslt_console_fail(rc, DSLT_EXIT_FAILED);
  rc = dslt_weights_load(&b->weights, c->tracker.weights);
  if (rc < 0) return dslt_console_fail(rc, DSLT_EXIT_WEIGHTS);
  describe(b);
  rc = describe_backend(b);
  return rc < 0 ? dslt_console_fail(rc, DSLT_EXIT_FAILED) : DSLT_EXIT_OK;
}

/* ---- measuring ----------------------------------------------------------------------------------- */

static int measure_ceiling(bench *b) {
  dslt_bench_ceiling *ceiling = &b->report.ceiling;
  const dslt_options *options = &b->command.tracker.options;
  const char *why = !b->command.ceiling ? "left out by --no-ceiling" : NULL;
  if (strcmp(b->report.backend, "cpu") != 0) why = "measured for the CPU alone";
  if (why) {
    snprintf(ceiling->words, sizeof ceiling->words, "%s", why);
    return DSLT_OK;
  }
  dslt_geometry geometry;
  DSLT_TRY(dslt_bench_geometry(&geometry, &b->items.list[0], options));
  return dslt_bench_ceiling_make(ceiling, options, b->weights, &geometry, ceiling_seconds);
}

/* Frames that will be tracked in all, or -1. */
static int64_t total_frames(const bench *b, const dslt_bench_setup *setup) {
  int64_t total = 0;
  for (int i = 0; i < b->items.count; ++i) {
    const int64_t frames = dslt_bench_item_frames(&b->items.list[i], setup->frames);
    if (frames < 0) return -1;
    total += frames;
  }
  return total * b->command.repeat * (setup->decoding ? 2 : 1) *
         (b->command.sweep ? b->command.value_count : 1);
}

static int measure(bench *b) {
  const dslt_bench_command *c = &b->command;
  dslt_progress progress;
  dslt_bench_setup setup = {.options = c->tracker.options,
                            .weights = b->weights,
                            .frames = c->frames,
                            .factor = 1.0,
                            .targets = 1,
                            .decoding = c->decoding && !c->sweep,
                            .energy = &b->report.energy,
                            .progress = &progress};
  if (c->sweep == DSLT_SWEEP_MEMORY) { /* count frames with a full store only */
    setup.warm = (int)c->values[c->value_count - 1] - 1;
    setup.frames += setup.warm;
  }
  dslt_load before, after;
  dslt_load_read(&before, "/proc/stat");
  dslt_progress_start(&progress, stderr, total_frames(b, &setup), c->quiet);
  int rc = c->sweep ? dslt_bench_sweep(&b->report, &b->items, &setup)
                    : dslt_bench_measure(&b->report, &b->items, &setup);
  dslt_progress_end(&progress);
  if (rc == DSLT_OK && !c->sweep) rc = measure_ceiling(b);
  dslt_load_read(&after, "/proc/stat");
  b->report.others = dslt_load_others(&before, &after, (int)sysconf(_SC_NPROCESSORS_ONLN));
  return rc;
}

/* ---- after --------------------------------------------------------------------------------------- */

static int write_report(const bench *b) {
  if (!b->command.out) return dslt_bench_write(stdout, &b->report);
  dslt_atomic_file file = {0};
  DSLT_TRY(dslt_atomic_open(&file, b->command.out));
  const int rc = dslt_bench_write(file.stream, &b->report);
  if (rc == DSLT_OK) return dslt_atomic_commit(&file);
  dslt_atomic_abort(&file);
  return rc;
}

static int run(bench *b) {
  const int exit_code = prepare(b);
  if (exit_code != DSLT_EXIT_OK) return exit_code;
  int rc = measure(b);
  if (rc < 0) return dslt_console_fail(rc, DSLT_EXIT_INPUT);
  rc = write_report(b);
  if (rc == DSLT_OK && b->command.plot) rc = dslt_bench_plot(b->command.plot, &b->report);
  return rc < 0 ? dslt_console_fail(rc, DSLT_EXIT_FAILED) : DSLT_EXIT_OK;
}

int dslt_cmd_bench(int argc, char **argv) {
  static bench b; /* the report is large */
  dslt_bench_command_parse(&b.command, argc, argv);
  int exit_code = DSLT_EXIT_OK;
  if (b.command.tracker.list)
    dslt_track_options_list(&b.command.tracker.options);
  else
    exit_code = run(&b);
  dslt_bench_report_free(&b.report);
  dslt_bench_items_free(&b.items);
  dslt_weights_free(b.weights);
  dslt_bench_command_free(&b.command);
  return exit_code;
}
