#include "cli/bench_run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/console.h"
#include "track/geometry.h"
#include "util/error.h"

/* Trackers of one run, and what their frames cost. */
typedef struct crew {
  dslt_tracker **tracker;
  dslt_cost *cost;
  int count;
} crew;

static void crew_free(crew *c) {
  for (int i = 0; i < c->count; ++i) dslt_tracker_free(c->tracker[i]);
  free(c->tracker);
  free(c->cost);
  memset(c, 0, sizeof *c);
}

static int crew_make(crew *out, const dslt_bench_setup *setup) {
  crew c = {.tracker = calloc((size_t)setup->targets, sizeof(dslt_tracker *)),
            .cost = calloc((size_t)setup->targets, sizeof(dslt_cost))};
  int rc = c.tracker && c.cost ? DSLT_OK : dslt_fail(DSLT_EMEMORY, "Out of memory for the trackers.");
  for (int i = 0; rc == DSLT_OK && i < setup->targets; ++i) {
    rc = dslt_tracker_create(&c.tracker[i], &setup->options, setup->weights);
    if (rc == DSLT_OK) c.count++;
  }
  if (rc < 0)
    crew_free(&c);
  else
    *out = c;
  return rc;
}

dslt_box dslt_bench_target(const dslt_box *first, int index, int frame_width, int frame_height) {
  if (index == 0) return *first;
  /* steps of 1/g and 1/g^2, g^3 = g + 1, modulo one: Martin Roberts' generalised golden ratio */
  const double u = fmod(0.5 + 0.7548776662466927 * index, 1.0),
               v = fmod(0.5 + 0.5698402909980532 * index, 1.0);
  const double w = fmax(frame_width - first->width, 0), h = fmax(frame_height - first->height, 0);
  return (dslt_box){u * w, v * h, first->width, first->height};
}

static dslt_box scaled(const dslt_box *box, double factor) {
  return (dslt_box){factor * box->x, factor * box->y, factor * box->width, factor * box->height};
}

/* ---- the first frame ----------------------------------------------------------------------------- */

/* Learn every target; the clock runs in dslt_tracker_init() alone. */
static int learn(crew *c, dslt_bench_run *run, const dslt_bench_item *item, const dslt_bench_setup *setup,
                 const dslt_image *frame) {
  const dslt_box first = scaled(&item->box, setup->factor);
  const double before = dslt_memory_now();
  double last = before;
  for (int i = 0; i < c->count; ++i) {
    const dslt_box box = dslt_bench_target(&first, i, frame->width, frame->height);
    const double start = dslt_seconds();
    DSLT_TRY(dslt_tracker_init(c->tracker[i], frame, &box));
    run->init_seconds += dslt_seconds() - start;
    last = dslt_memory_now();
    if (i == 0) run->memory_first = last - before;
    dslt_geometry geometry;
    DSLT_TRY(dslt_geometry_make(&geometry, &setup->options, frame->width, frame->height, &box));
    dslt_cost_count(&c->cost[i], &setup->options, setup->weights, &geometry);
  }
  if (c->count > 1) run->memory_further = (last - before - run->memory_first) / (c->count - 1);
  run->width = frame->width;
  run->height = frame->height;
  return dslt_tracker_init_result(&run->init, c->tracker[0]);
}

/* ---- the frames behind it ------------------------------------------------------------------------ */

/* Processor time of this process, all threads. */
static double cpu_seconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int track_frame(crew *c, dslt_bench_run *run, const dslt_image *frame, int counted) {
  double seconds = 0, cpu = 0;
  for (int i = 0; i < c->count; ++i) {
    const dslt_pose pose = dslt_tally_pose(c->tracker[i]);
    dslt_result result;
    const double start = dslt_seconds(), cpu_start = cpu_seconds();
    DSLT_TRY(dslt_tracker_update(&result, c->tracker[i], frame));
    seconds += dslt_seconds() - start;
    cpu += cpu_seconds() - cpu_start;
    if (!counted) continue;
    dslt_tally tally;
    dslt_work work[DSLT_STAGE_COUNT];
    dslt_tally_frame(&tally, c->tracker[i], &pose, &result);
    dslt_cost_stages(work, &c->cost[i], &tally);
    for (int s = 0; s < DSLT_STAGE_COUNT; ++s) {
      run->stage_ms[s] += result.stage_ms[s];
      run->stage_work[s].flop += work[s].flop;
      run->stage_work[s].bytes += work[s].bytes;
    }
    run->lost += result.lost && i == 0;
  }
  if (!counted) {
    run->warm++;
    return DSLT_OK;
  }
  run->frames++;
  run->cpu_seconds += cpu;
  run->update_seconds += seconds;
  return dslt_series_push(&run->latency, 1e3 * seconds);
}

static void tell(dslt_bench_setup *setup) {
  setup->done++;
  if (setup->progress) dslt_progress_update(setup->progress, setup->done);
}

static int track_stretch(crew *c, dslt_bench_run *run, const dslt_bench_stretch *stretch, int from,
                         dslt_bench_setup *setup) {
  double before[DSLT_ENERGY_COUNTERS], after[DSLT_ENERGY_COUNTERS];
  for (; from < stretch->count && run->warm < setup->warm; ++from) {
    const dslt_image frame = dslt_bench_stretch_frame(stretch, from);
    DSLT_TRY(track_frame(c, run, &frame, 0));
    tell(setup);
  }
  const int metered = setup->energy && dslt_energy_read(before, setup->energy);
  for (int i = from; i < stretch->count; ++i) {
    const dslt_image frame = dslt_bench_stretch_frame(stretch, i);
    DSLT_TRY(track_frame(c, run, &frame, 1));
    tell(setup);
  }
  if (metered && dslt_energy_read(after, setup->energy))
    run->joules += dslt_energy_joules(setup->energy, before, after);
  else
    run->joules = NAN;
  return DSLT_OK;
}

/* Frames in memory: nothing but the tracker runs while the clock does. */
static int track_from_memory(crew *c, dslt_bench_run *run, const dslt_bench_item *item, dslt_bench_feed *feed,
                             dslt_bench_setup *setup) {
  dslt_bench_stretch stretch = {0};
  int rc = DSLT_OK, from = 1;
  while (rc == DSLT_OK) {
    rc = dslt_bench_stretch_fill(&stretch, feed, setup->factor);
    if (rc < 0 || stretch.count == 0) break;
    if (from == 1) {
      const dslt_image frame = dslt_bench_stretch_frame(&stretch, 0);
      rc = learn(c, run, item, setup, &frame);
      tell(setup);
    }
    if (rc == DSLT_OK) rc = track_stretch(c, run, &stretch, from, setup);
    from = 0;
  }
  dslt_bench_stretch_free(&stretch);
  return rc;
}

/* ---- decoded ahead ------------------------------------------------------------------------------- */

static int track_ahead(crew *c, dslt_bench_run *run, const dslt_bench_item *item, dslt_bench_feed *feed,
                       dslt_bench_setup *setup) {
  dslt_image frame;
  int rc;
  while ((rc = dslt_bench_feed_next(&frame, feed)) == 1) {
    dslt_result result;
    if (run->loop_frames == 0) {
      const double start = dslt_seconds();
      DSLT_TRY(dslt_tracker_init(c->tracker[0], &frame, &item->box));
      run->loop_init_seconds = dslt_seconds() - start;
    } else {
      DSLT_TRY(dslt_tracker_update(&result, c->tracker[0], &frame));
    }
    run->loop_frames++;
    tell(setup);
  }
  return rc;
}

/* ---- both ---------------------------------------------------------------------------------------- */

typedef int pass(crew *c, dslt_bench_run *run, const dslt_bench_item *item, dslt_bench_feed *feed,
                 dslt_bench_setup *setup);

static int with_crew(pass *make, dslt_bench_run *run, const dslt_bench_item *item, dslt_bench_setup *setup) {
  crew c = {0};
  dslt_bench_feed *feed = NULL;
  DSLT_TRY(crew_make(&c, setup));
  const double start = dslt_seconds();
  int rc = dslt_bench_feed_open(&feed, item, setup->frames);
  if (rc == DSLT_OK) rc = make(&c, run, item, feed, setup);
  run->loop_seconds = dslt_seconds() - start;
  dslt_bench_feed_close(feed);
  crew_free(&c);
  return rc;
}

static int run_both(dslt_bench_run *run, const dslt_bench_item *item, dslt_bench_setup *setup) {
  if (setup->decoding) {
    run->memory_before = dslt_memory_now();
    const int watched = dslt_memory_watch();
    DSLT_TRY(with_crew(track_ahead, run, item, setup));
    if (watched) run->memory_peak = dslt_memory_peak();
  }
  const double loop_seconds = run->loop_seconds;
  DSLT_TRY(with_crew(track_from_memory, run, item, setup));
  run->loop_seconds = setup->decoding ? loop_seconds : NAN;
  if (run->frames > 0) return DSLT_OK;
  return dslt_fail(DSLT_EFORMAT, "There are too few frames: at least %d are needed to measure one.",
                   setup->warm + 2);
}

int dslt_bench_run_make(dslt_bench_run *out, const dslt_bench_item *item, dslt_bench_setup *setup) {
  dslt_bench_run run = {.memory_before = NAN,
                        .memory_peak = NAN,
                        .memory_first = NAN,
                        .memory_further = NAN,
                        .loop_init_seconds = NAN};
  const int rc = run_both(&run, item, setup);
  if (rc < 0)
    dslt_bench_run_free(&run);
  else
    *out = run;
  return rc;
}

void dslt_bench_run_free(dslt_bench_run *run) {
  free(run->latency.values);
  memset(run, 0, sizeof *run);
}

int dslt_bench_geometry(dslt_geometry *out, const dslt_bench_item *item, const dslt_options *options) {
  dslt_bench_feed *feed = NULL;
  dslt_image frame;
  DSLT_TRY(dslt_bench_feed_open(&feed, item, 1));
  int rc = dslt_bench_feed_next(&frame, feed);
  if (rc == 1)
    rc = dslt_geometry_make(out, options, frame.width, frame.height, &item->box);
  else if (rc == 0)
    rc = dslt_fail(DSLT_EFORMAT, "%s holds no frame.", item->name);
  dslt_bench_feed_close(feed);
  return rc;
}
