/* SPDX-License-Identifier: Apache-2.0 */
/* measure.c: repetitions and sweeps. */
#include "bench/measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* The values of each run for its target's line. */
enum { LINE_FPS, LINE_P95, LINE_INIT, LINE_VALUES };

/* Storage for `count` targets' runs, and for the results of several repetitions. */
typedef struct workplace {
  dslt_bench_run *runs; /* [count] */
  double *figures;      /* [repeat][DSLT_FIGURES] */
  double *lines;        /* [repeat][count][LINE_VALUES] */
  int count, repeat;
} workplace;

static void workplace_free(workplace *w) {
  free(w->runs);
  free(w->figures);
  free(w->lines);
}

static int workplace_make(workplace *out, int count, int repeat) {
  const size_t n = (size_t)count, r = (size_t)repeat;
  *out = (workplace){.count = count, .repeat = repeat};
  out->runs = calloc(n, sizeof *out->runs);
  out->figures = calloc(r * DSLT_FIGURES, sizeof *out->figures);
  out->lines = calloc(r * n * LINE_VALUES, sizeof *out->lines);
  if (out->runs && out->figures && out->lines) return DSLT_OK;
  workplace_free(out);
  return dslt_fail(DSLT_EMEMORY, "Out of memory for %d targets.", count);
}

static void keep_line(double line[LINE_VALUES], dslt_bench_run *run) {
  line[LINE_FPS] = dslt_bench_fps(run);
  dslt_stats_sort(run->latency.values, run->latency.count);
  line[LINE_P95] = dslt_stats_percentile(run->latency.values, run->latency.count, 95);
  line[LINE_INIT] = 1e3 * run->init_seconds;
}

/* One repetition over all targets; w->runs stay valid, also after an error. */
static int measure_once(workplace *w, const dslt_bench_items *items, dslt_bench_setup *setup, int turn) {
  for (int i = 0; i < w->count; i++) {
    const int rc = dslt_bench_run_make(&w->runs[i], &items->list[i], setup);
    if (rc < 0) return dslt_fail_prefix(rc, items->list[i].name);
    keep_line(w->lines + ((size_t)turn * (size_t)w->count + (size_t)i) * LINE_VALUES, &w->runs[i]);
  }
  return dslt_bench_figures(w->figures + (size_t)turn * DSLT_FIGURES, w->runs, w->count);
}

static void free_runs(workplace *w) {
  for (int i = 0; i < w->count; i++) dslt_bench_run_free(&w->runs[i]);
}

/* All repetitions; the last one's runs stay valid. */
static int measure(workplace *w, const dslt_bench_items *items, dslt_bench_setup *setup) {
  for (int turn = 0; turn < w->repeat; turn++) {
    free_runs(w);
    DSLT_TRY(measure_once(w, items, setup, turn));
  }
  return DSLT_OK;
}

static void spreads(dslt_spread out[DSLT_FIGURES], const workplace *w) {
  for (int i = 0; i < DSLT_FIGURES; i++)
    out[i] = dslt_stats_spread(w->figures + i, (size_t)w->repeat, DSLT_FIGURES);
}

static dslt_spread line_spread(const workplace *w, int target, int value) {
  return dslt_stats_spread(w->lines + (size_t)target * LINE_VALUES + (size_t)value, (size_t)w->repeat,
                           (size_t)w->count * LINE_VALUES);
}

static int fill_report(dslt_bench_report *report, const workplace *w, const dslt_bench_items *items) {
  report->targets = calloc((size_t)w->count, sizeof *report->targets);
  if (!report->targets) return dslt_fail(DSLT_EMEMORY, "Out of memory for %d targets.", w->count);
  report->target_count = w->count;
  for (int i = 0; i < w->count; i++) {
    const dslt_bench_run *run = &w->runs[i];
    report->targets[i] = (dslt_bench_target_line){.name = items->list[i].name,
                                                  .width = run->width,
                                                  .height = run->height,
                                                  .frames = run->frames,
                                                  .lost = run->lost,
                                                  .fps = line_spread(w, i, LINE_FPS),
                                                  .p95 = line_spread(w, i, LINE_P95),
                                                  .init = line_spread(w, i, LINE_INIT)};
  }
  spreads(report->figure, w);
  dslt_bench_work(report->work, w->runs, w->count);
  return DSLT_OK;
}

int dslt_bench_measure(dslt_bench_report *report, const dslt_bench_items *items, dslt_bench_setup *setup) {
  workplace w;
  DSLT_TRY(workplace_make(&w, items->count, report->request->repeat));
  int rc = measure(&w, items, setup);
  if (rc == DSLT_OK) rc = fill_report(report, &w, items);
  free_runs(&w);
  workplace_free(&w);
  return rc;
}

/* ---- sweeps -------------------------------------------------------------------------------------- */

static int set_value(dslt_bench_setup *setup, dslt_bench_sweep_kind kind, double value) {
  char number[32];
  snprintf(number, sizeof number, "%d", (int)value);
  switch (kind) {
    case DSLT_SWEEP_TARGETS: setup->targets = (int)value; break;
    case DSLT_SWEEP_MEMORY: DSLT_TRY(dslt_options_set(setup->options, "memory", number)); break;
    case DSLT_SWEEP_LEVELS: DSLT_TRY(dslt_options_set(setup->options, "scale_levels", number)); break;
    case DSLT_SWEEP_SIZE: setup->factor = value; break;
    case DSLT_SWEEP_NONE: break;
  }
  return dslt_options_check(setup->options);
}

static int measure_point(dslt_bench_point *out, workplace *w, const dslt_bench_items *items,
                         dslt_bench_setup *setup) {
  DSLT_TRY(measure(w, items, setup));
  out->width = w->runs[0].width;
  out->height = w->runs[0].height;
  spreads(out->figure, w);
  return DSLT_OK;
}

int dslt_bench_sweep(dslt_bench_report *report, const dslt_bench_items *items, dslt_bench_setup *setup) {
  const dslt_bench_request *request = report->request;
  workplace w;
  report->points = calloc((size_t)request->value_count, sizeof *report->points);
  if (!report->points) return dslt_fail(DSLT_EMEMORY, "Out of memory for the sweep.");
  DSLT_TRY(workplace_make(&w, items->count, request->repeat));
  int rc = DSLT_OK;
  for (int i = 0; rc == DSLT_OK && i < request->value_count; i++) {
    rc = set_value(setup, request->sweep, request->values[i]);
    report->points[i].value = request->values[i];
    if (rc == DSLT_OK) rc = measure_point(&report->points[i], &w, items, setup);
    if (rc == DSLT_OK) report->point_count = i + 1;
  }
  free_runs(&w);
  workplace_free(&w);
  return rc;
}
