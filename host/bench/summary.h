/* SPDX-License-Identifier: Apache-2.0 */
/* summary.h: the main figures of a benchmark, from the runs of all targets. */
#ifndef DSLT_BENCH_SUMMARY_H
#define DSLT_BENCH_SUMMARY_H

#include "bench/run.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Every figure is a double, so that several repetitions have a median and a spread each; NaN: not measured.
 * Over several targets: the median for rates and the first frame, all frames pooled for latency and stages,
 * the largest for memory. */
enum {
  DSLT_FIGURE_FPS = 0,     /* frames in memory, first frame apart */
  DSLT_FIGURE_FPS_INIT,    /* frames in memory, first frame included */
  DSLT_FIGURE_FPS_DECODE,  /* frames decoded meanwhile, first frame apart */
  DSLT_FIGURE_FPS_ALL,     /* frames decoded meanwhile, first frame included */
  DSLT_FIGURE_FPS_SLOWEST, /* as FPS, of the slowest target */
  DSLT_FIGURE_MEAN,        /* latency of a frame, ms */
  DSLT_FIGURE_P50,
  DSLT_FIGURE_P95,
  DSLT_FIGURE_P99,
  DSLT_FIGURE_MAX,
  DSLT_FIGURE_CPU,        /* processor time of a frame, all threads, ms */
  DSLT_FIGURE_INIT,       /* the first frame as a whole, ms */
  DSLT_FIGURE_INIT_TRAIN, /* of it, training, ms */
  DSLT_FIGURE_INIT_STEPS,
  DSLT_FIGURE_MEMORY,         /* largest resident size while tracking, MiB */
  DSLT_FIGURE_MEMORY_BEFORE,  /* ... and what the process had before */
  DSLT_FIGURE_MEMORY_FIRST,   /* what the first tracker added, MiB */
  DSLT_FIGURE_MEMORY_FURTHER, /* ... and each further one on the same frames */
  DSLT_FIGURE_JOULES,         /* a frame */
  DSLT_FIGURE_STAGE,          /* ms a frame, DSLT_STAGE_COUNT of them */
  DSLT_FIGURES = DSLT_FIGURE_STAGE + DSLT_STAGE_COUNT
};

typedef struct dslt_figure_info {
  const char *key;  /* "fps_with_init"; in JSON and CSV */
  const char *unit; /* "1/s", "ms", "MiB", "J", "" */
  const char *words;
} dslt_figure_info;
extern const dslt_figure_info dslt_figures[DSLT_FIGURES];
/* "crop", "backbone" ... */
extern const char *const dslt_stage_words[DSLT_STAGE_COUNT];

/* All figures of one repetition, from `count` targets' runs. DSLT_EMEMORY. */
int dslt_bench_figures(double out[DSLT_FIGURES], const dslt_bench_run *runs, int count);
/* The mean work of a frame, for each stage. */
void dslt_bench_work(dslt_work out[DSLT_STAGE_COUNT], const dslt_bench_run *runs, int count);

/* Rates of a single run, frames a second. */
double dslt_bench_fps(const dslt_bench_run *run);

#ifdef __cplusplus
}
#endif

#endif
