/* SPDX-License-Identifier: Apache-2.0 */
/* summary.c: the figures of a benchmark, from its runs. */
#include "bench/summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

const dslt_figure_info dslt_figures[DSLT_FIGURES] = {
    [DSLT_FIGURE_FPS] = {"fps", "1/s", "frames in memory, first frame apart"},
    [DSLT_FIGURE_FPS_INIT] = {"fps_with_init", "1/s", "frames in memory, first frame's training included"},
    [DSLT_FIGURE_FPS_DECODE] = {"fps_with_decode", "1/s", "frames decoded meanwhile, first frame apart"},
    [DSLT_FIGURE_FPS_ALL] = {"fps_with_all", "1/s", "frames decoded meanwhile, training included"},
    [DSLT_FIGURE_FPS_SLOWEST] = {"fps_slowest", "1/s", "slowest target, frames in memory"},
    [DSLT_FIGURE_MEAN] = {"ms_mean", "ms", "mean latency of a frame"},
    [DSLT_FIGURE_P50] = {"ms_p50", "ms", "latency that half of the frames keep"},
    [DSLT_FIGURE_P95] = {"ms_p95", "ms", "latency that 95 % keep"},
    [DSLT_FIGURE_P99] = {"ms_p99", "ms", "latency that 99 % keep"},
    [DSLT_FIGURE_MAX] = {"ms_max", "ms", "slowest frame"},
    [DSLT_FIGURE_CPU] = {"cpu_ms", "ms", "processor time of a frame, all threads"},
    [DSLT_FIGURE_INIT] = {"init_ms", "ms", "first frame: planning, features and training"},
    [DSLT_FIGURE_INIT_TRAIN] = {"init_train_ms", "ms", "of it, training"},
    [DSLT_FIGURE_INIT_STEPS] = {"init_steps", "", "training steps on the first frame"},
    [DSLT_FIGURE_MEMORY] = {"memory_peak_mib", "MiB", "largest resident size while tracking"},
    [DSLT_FIGURE_MEMORY_BEFORE] = {"memory_before_mib", "MiB", "resident before the tracker was made"},
    [DSLT_FIGURE_MEMORY_FIRST] = {"memory_first_mib", "MiB", "added by the first target"},
    [DSLT_FIGURE_MEMORY_FURTHER] = {"memory_further_mib", "MiB", "added by each further target"},
    [DSLT_FIGURE_JOULES] = {"joules_per_frame", "J", "energy of a frame"},
    [DSLT_FIGURE_STAGE + DSLT_STAGE_CROP] = {"stage_crop_ms", "ms", "crop"},
    [DSLT_FIGURE_STAGE + DSLT_STAGE_BACKBONE] = {"stage_backbone_ms", "ms", "backbone"},
    [DSLT_FIGURE_STAGE + DSLT_STAGE_HEAD] = {"stage_head_ms", "ms", "head"},
    [DSLT_FIGURE_STAGE + DSLT_STAGE_LOCATE] = {"stage_locate_ms", "ms", "locate"},
    [DSLT_FIGURE_STAGE + DSLT_STAGE_STORE] = {"stage_store_ms", "ms", "store"},
    [DSLT_FIGURE_STAGE + DSLT_STAGE_UPDATE] = {"stage_update_ms", "ms", "update"},
};

const char *const dslt_stage_words[DSLT_STAGE_COUNT] = {"crop",   "backbone", "head",
                                                        "locate", "store",    "update"};

/* ---- one run ------------------------------------------------------------------------------------- */

static double rate(double count, double seconds) { return seconds > 0 ? count / seconds : NAN; }

double dslt_bench_fps(const dslt_bench_run *r) { return rate(r->frames, r->update_seconds); }
static double fps_init(const dslt_bench_run *r) {
  return rate(r->frames + 1, r->update_seconds + r->init_seconds);
}
static double fps_decode(const dslt_bench_run *r) {
  return rate(r->loop_frames - 1, r->loop_seconds - r->loop_init_seconds);
}
static double fps_all(const dslt_bench_run *r) { return rate(r->loop_frames, r->loop_seconds); }
static double init_ms(const dslt_bench_run *r) { return 1e3 * r->init_seconds; }
static double init_train_ms(const dslt_bench_run *r) { return r->init.stage_ms[DSLT_STAGE_UPDATE]; }
static double init_steps(const dslt_bench_run *r) { return r->init.steps; }

/* ---- all targets --------------------------------------------------------------------------------- */

typedef double figure_of(const dslt_bench_run *run);

static double median_of(figure_of *figure, double *room, const dslt_bench_run *runs, int count) {
  size_t known = 0;
  for (int i = 0; i < count; i++) {
    const double value = figure(&runs[i]);
    if (!isnan(value)) room[known++] = value;
  }
  return dslt_stats_median(room, known);
}

static double largest(double a, double b) { return isnan(a) || b > a ? b : a; }

static int pool_latency(double out[DSLT_FIGURES], const dslt_bench_run *runs, int count) {
  dslt_series all = {0};
  double sum = 0;
  for (int i = 0; i < count; i++)
    for (size_t j = 0; j < runs[i].latency.count; j++) {
      sum += runs[i].latency.values[j];
      const int rc = dslt_series_push(&all, runs[i].latency.values[j]);
      if (rc == DSLT_OK) continue;
      free(all.values);
      return rc;
    }
  dslt_stats_sort(all.values, all.count);
  out[DSLT_FIGURE_MEAN] = rate(sum, (double)all.count);
  out[DSLT_FIGURE_P50] = dslt_stats_percentile(all.values, all.count, 50);
  out[DSLT_FIGURE_P95] = dslt_stats_percentile(all.values, all.count, 95);
  out[DSLT_FIGURE_P99] = dslt_stats_percentile(all.values, all.count, 99);
  out[DSLT_FIGURE_MAX] = dslt_stats_percentile(all.values, all.count, 100);
  free(all.values);
  return DSLT_OK;
}

static void pool_sums(double out[DSLT_FIGURES], const dslt_bench_run *runs, int count) {
  double frames = 0, joules = 0, cpu = 0, stage[DSLT_STAGE_COUNT] = {0};
  for (int i = 0; i < count; i++) {
    const dslt_bench_run *r = &runs[i];
    frames += r->frames;
    joules += r->joules;
    cpu += r->cpu_seconds;
    for (int s = 0; s < DSLT_STAGE_COUNT; s++) stage[s] += r->stage_ms[s];
    out[DSLT_FIGURE_MEMORY] = largest(out[DSLT_FIGURE_MEMORY], r->memory_peak);
    out[DSLT_FIGURE_MEMORY_BEFORE] = largest(out[DSLT_FIGURE_MEMORY_BEFORE], r->memory_before);
    out[DSLT_FIGURE_MEMORY_FIRST] = largest(out[DSLT_FIGURE_MEMORY_FIRST], r->memory_first);
    out[DSLT_FIGURE_MEMORY_FURTHER] = largest(out[DSLT_FIGURE_MEMORY_FURTHER], r->memory_further);
    const double fps = dslt_bench_fps(r);
    if (!(out[DSLT_FIGURE_FPS_SLOWEST] <= fps)) out[DSLT_FIGURE_FPS_SLOWEST] = fps;
  }
  out[DSLT_FIGURE_CPU] = rate(1e3 * cpu, frames);
  out[DSLT_FIGURE_JOULES] = rate(joules, frames);
  for (int s = 0; s < DSLT_STAGE_COUNT; s++) out[DSLT_FIGURE_STAGE + s] = rate(stage[s], frames);
}

int dslt_bench_figures(double out[DSLT_FIGURES], const dslt_bench_run *runs, int count) {
  double *room = malloc((size_t)count * sizeof *room);
  if (!room) return dslt_fail(DSLT_EMEMORY, "Out of memory while summing up.");
  for (int i = 0; i < DSLT_FIGURES; i++) out[i] = NAN;
  out[DSLT_FIGURE_FPS] = median_of(dslt_bench_fps, room, runs, count);
  out[DSLT_FIGURE_FPS_INIT] = median_of(fps_init, room, runs, count);
  out[DSLT_FIGURE_FPS_DECODE] = median_of(fps_decode, room, runs, count);
  out[DSLT_FIGURE_FPS_ALL] = median_of(fps_all, room, runs, count);
  out[DSLT_FIGURE_INIT] = median_of(init_ms, room, runs, count);
  out[DSLT_FIGURE_INIT_TRAIN] = median_of(init_train_ms, room, runs, count);
  out[DSLT_FIGURE_INIT_STEPS] = median_of(init_steps, room, runs, count);
  free(room);
  pool_sums(out, runs, count);
  return pool_latency(out, runs, count);
}

void dslt_bench_work(dslt_work out[DSLT_STAGE_COUNT], const dslt_bench_run *runs, int count) {
  double frames = 0;
  memset(out, 0, DSLT_STAGE_COUNT * sizeof *out);
  for (int i = 0; i < count; i++) {
    frames += runs[i].frames;
    for (int s = 0; s < DSLT_STAGE_COUNT; s++) {
      out[s].flop += runs[i].stage_work[s].flop;
      out[s].bytes += runs[i].stage_work[s].bytes;
    }
  }
  for (int s = 0; s < DSLT_STAGE_COUNT; s++) {
    out[s].flop /= frames;
    out[s].bytes /= frames;
  }
}
