/* SPDX-License-Identifier: Apache-2.0 */
/* engine.c: the steps of a benchmark in their order. */
#include "bench/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "backend/peak.h"
#include "base/atomic_file.h"
#include "base/error.h"
#include "bench/measure.h"
#include "bench/plot.h"
#include "nn/weights.h"
#include "trackers/dslt/dslt.h"

/* Time for each measurement of the peak rates; about sixty of them take a few seconds. */
static const double ceiling_seconds = 0.05;

typedef struct bench {
  dslt_bench_request request;
  dslt_options *options; /* the request's; describe_backend() settles the precision */
  dslt_bench_items items;
  dslt_weights *weights;
  dslt_bench_report report;
} bench;

/* ---- before -------------------------------------------------------------------------------------- */

/* Describes the backend and the precision that the options select; makes a tracker for it. Replaces precision
 * "auto" by the selected one, since the peak is measured in the same precision. */
static int describe_backend(bench *b) {
  dslt_tracker *tracker = NULL;
  dslt_backend_info info;
  dslt_bench_report *r = &b->report;
  DSLT_TRY(dslt_tracker_create(&tracker, b->options, b->weights));
  snprintf(r->backend, sizeof r->backend, "%s", dslt_tracker_backend(tracker));
  snprintf(r->precision, sizeof r->precision, "%s", dslt_tracker_precision(tracker));
  dslt_tracker_free(tracker);
  DSLT_TRY(dslt_options_set(b->options, "precision", r->precision));
  for (int i = 0; dslt_backend_query(&info, i) == DSLT_OK; i++) {
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
  r->request = &b->request;
  int64_t threads = 0;
  (void)dslt_options_get_integer(&threads, b->options, "threads");
  r->threads = dslt_cpu_threads((int)threads);
  dslt_weights_arch(r->arch, sizeof r->arch, b->weights);
  dslt_energy_find(&r->energy, "");
  if (gmtime_r(&now, &utc)) strftime(r->date, sizeof r->date, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

static int prepare(bench *b, dslt_bench_step *step) {
  const dslt_bench_request *request = &b->request;
  *step = DSLT_BENCH_INPUTS;
  for (int i = 0; i < request->input_count; i++)
    DSLT_TRY(dslt_bench_items_add(&b->items, request->inputs[i], request->box, request->sequences));
  *step = DSLT_BENCH_RESULTS;
  DSLT_TRY(dslt_atomic_check(request->out));
  DSLT_TRY(dslt_atomic_check(request->plot));
  *step = DSLT_BENCH_WEIGHTS;
  DSLT_TRY(dslt_weights_load(&b->weights, request->weights));
  describe(b);
  *step = DSLT_BENCH_RESULTS;
  return describe_backend(b);
}

/* ---- measuring ----------------------------------------------------------------------------------- */

static int measure_ceiling(bench *b) {
  dslt_bench_ceiling *ceiling = &b->report.ceiling;
  const dslt_options *options = b->options;
  const char *why = !b->request.ceiling ? "left out by --no-ceiling" : NULL;
  if (strcmp(b->report.backend, "cpu") != 0) why = "measured for the CPU alone";
  if (options->type != &dslt_type_dslt) why = "measured for DSLT alone";
  if (why) {
    snprintf(ceiling->words, sizeof ceiling->words, "%s", why);
    return DSLT_OK;
  }
  const dslt_bench_item *first = &b->items.list[0];
  dslt_search search;
  dslt_tap_list taps;
  int width, height;
  DSLT_TRY(dslt_bench_frame_size(&width, &height, first));
  DSLT_TRY(dslt_dslt_taps(&taps, dslt_dslt_options_of(options), b->weights));
  dslt_dslt_search(&search, dslt_dslt_options_of(options), &taps, width, height, &first->box);
  return dslt_bench_ceiling_make(ceiling, options, b->weights, &search, ceiling_seconds);
}

/* Frames that will be tracked in all, or -1. */
static int64_t total_frames(const bench *b, const dslt_bench_setup *setup) {
  int64_t total = 0;
  for (int i = 0; i < b->items.count; i++) {
    const int64_t frames = dslt_bench_item_frames(&b->items.list[i], setup->frames);
    if (frames < 0) return -1;
    total += frames;
  }
  return total * b->request.repeat * (setup->decoding ? 2 : 1) *
         (b->request.sweep ? b->request.value_count : 1);
}

static int measure(bench *b, const dslt_bench_observer *observer) {
  const dslt_bench_request *request = &b->request;
  dslt_bench_setup setup = {.options = b->options,
                            .weights = b->weights,
                            .frames = request->frames,
                            .factor = 1.0,
                            .targets = 1,
                            .decoding = request->decoding && !request->sweep,
                            .energy = &b->report.energy,
                            .observer = observer};
  if (request->sweep == DSLT_SWEEP_MEMORY) { /* count frames with a full store only */
    setup.warm = (int)request->values[request->value_count - 1] - 1;
    setup.frames += setup.warm;
  }
  dslt_load before, after;
  dslt_load_read(&before, "/proc/stat");
  if (observer->start) observer->start(observer->self, total_frames(b, &setup));
  int rc = request->sweep ? dslt_bench_sweep(&b->report, &b->items, &setup)
                          : dslt_bench_measure(&b->report, &b->items, &setup);
  if (observer->end) observer->end(observer->self);
  if (rc == DSLT_OK && !request->sweep) rc = measure_ceiling(b);
  dslt_load_read(&after, "/proc/stat");
  b->report.others = dslt_load_others(&before, &after, (int)sysconf(_SC_NPROCESSORS_ONLN));
  return rc;
}

/* ---- after --------------------------------------------------------------------------------------- */

static int write_report(const bench *b) {
  if (!b->request.out) return dslt_bench_write(stdout, &b->report);
  dslt_atomic_file file = {0};
  DSLT_TRY(dslt_atomic_open(&file, b->request.out));
  return dslt_atomic_end(&file, dslt_bench_write(file.stream, &b->report));
}

static int run(bench *b, dslt_bench_step *step, const dslt_bench_observer *observer) {
  DSLT_TRY(prepare(b, step));
  *step = DSLT_BENCH_INPUTS;
  DSLT_TRY(measure(b, observer));
  *step = DSLT_BENCH_RESULTS;
  DSLT_TRY(write_report(b));
  return b->request.plot ? dslt_bench_plot(b->request.plot, &b->report) : DSLT_OK;
}

int dslt_bench_do(dslt_bench_step *step, const dslt_bench_request *request,
                  const dslt_bench_observer *observer) {
  bench *b = calloc(1, sizeof *b); /* the report is large */
  *step = DSLT_BENCH_RESULTS;
  if (!b) return dslt_fail(DSLT_EMEMORY, "Out of memory while preparing the benchmark.");
  b->request = *request;
  int rc = dslt_options_clone(&b->options, request->options);
  b->request.options = b->options;
  if (rc == DSLT_OK) rc = run(b, step, observer);
  dslt_options_free(b->options);
  dslt_bench_report_free(&b->report);
  dslt_bench_items_free(&b->items);
  dslt_weights_free(b->weights);
  free(b);
  return rc;
}
