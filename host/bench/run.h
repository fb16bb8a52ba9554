/* SPDX-License-Identifier: Apache-2.0 */
/* run.h: tracks one target (or several) once and measures the times. */
#ifndef DSLT_BENCH_RUN_H
#define DSLT_BENCH_RUN_H

#include "bench/input.h"
#include "bench/machine.h"
#include "bench/observer.h"
#include "bench/stats.h"
#include "tracker/work.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How to run. */
typedef struct dslt_bench_setup {
  dslt_options *options; /* borrowed; a sweep changes them */
  dslt_weights *weights;
  int64_t frames; /* at most, the first among them; 0 = all */
  int warm;       /* warm-up frames, not counted: until the store is full */
  double factor;  /* frames are resized by this factor, > 0 */
  int targets;  /* of one group, 1..DSLT_GROUP_TARGETS: the first is the target, the others boxes of its size
                 * elsewhere in the frame */
  int decoding; /* 1: run a second time with the frames decoded ahead, as dslt track does */
  const dslt_energy *energy;
  const dslt_bench_observer *observer; /* receives the number of frames done; may be NULL */
  int64_t done;                        /* so far, for the observer */
  const dslt_bench_item *noted;        /* the input whose notes the observer got already */
} dslt_bench_setup;

/* The results of one target's run. Sums are over the frames after the first and the warm-up frames. */
typedef struct dslt_bench_run {
  int width, height;                      /* of the frames, px */
  int frames;                             /* counted ones */
  int warm;                               /* tracked before those */
  int lost;                               /* of them */
  dslt_series latency;                    /* ms that each of them took, all targets together */
  double cpu_seconds;                     /* processor time of them, all threads */
  double update_seconds;                  /* their sum */
  double init_seconds;                    /* dslt_group_init(), all targets together */
  dslt_result init;                       /* of the first target */
  double stage_ms[DSLT_STAGE_COUNT];      /* sums */
  dslt_work stage_work[DSLT_STAGE_COUNT]; /* sums */
  double joules;                          /* joules while tracking; NaN: unknown */
  /* resident MiB of the run with frames decoded ahead, NaN without `decoding` */
  double memory_before, memory_peak;
  /* MiB that the first target and each further one added once it had been learnt; NaN: there is none */
  double memory_first, memory_further;
  /* the run with frames decoded ahead: the whole loop, first frame included; NaN without `decoding` */
  double loop_seconds, loop_init_seconds;
  int loop_frames;
} dslt_bench_run;

/* Track `item`. Planning, weights already loaded and making the group are not counted; dslt_group_init() is,
 * by itself. Errors of the functions called; DSLT_EFORMAT when there are fewer than two frames. */
int dslt_bench_run_make(dslt_bench_run *out, const dslt_bench_item *item, dslt_bench_setup *setup);
void dslt_bench_run_free(dslt_bench_run *run);

/* The box of target number `index` in a frame: the given one for 0, else one of its size at the index-th
 * point of a sequence that fills the frame evenly. */
dslt_box dslt_bench_target(const dslt_box *first, int index, int frame_width, int frame_height);

/* Size of an item's first frame, px. */
int dslt_bench_frame_size(int *width, int *height, const dslt_bench_item *item);

#ifdef __cplusplus
}
#endif

#endif
