/* SPDX-License-Identifier: Apache-2.0 */
/* run.c: tracks with frames in memory and with frames decoded ahead, and records the times. */
#include "bench/run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "tracker/group.h"

/* The targets of one run, and the work of their frames. */
typedef struct targets {
  dslt_group *group;
  dslt_box *box;
  dslt_target_state *state; /* ahead of the frame */
  dslt_result *result;
  int count;
} targets;

static void targets_free(targets *c) {
  dslt_group_free(c->group);
  free(c->box);
  free(c->state);
  free(c->result);
  memset(c, 0, sizeof *c);
}

static int targets_make(targets *out, const dslt_bench_setup *setup) {
  const size_t count = (size_t)setup->targets;
  targets c = {.box = calloc(count, sizeof(dslt_box)),
               .state = calloc(count, sizeof(dslt_target_state)),
               .result = calloc(count, sizeof(dslt_result)),
               .count = setup->targets};
  int rc = c.box && c.state && c.result ? DSLT_OK : dslt_fail(DSLT_EMEMORY, "Out of memory for the targets.");
  if (rc == DSLT_OK) rc = dslt_group_create(&c.group, setup->options, setup->weights);
  if (rc < 0)
    targets_free(&c);
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

/* What a single target adds to the resident size, MiB. */
static int weigh_one(double *mib, const dslt_bench_setup *setup, const dslt_image *frame,
                     const dslt_box *box) {
  const double before = dslt_memory_now();
  dslt_group *group = NULL;
  DSLT_TRY(dslt_group_create(&group, setup->options, setup->weights));
  const int rc = dslt_group_init(group, frame, box, 1);
  *mib = dslt_memory_now() - before;
  dslt_group_free(group);
  return rc;
}

/* Learn the targets; only dslt_group_init() is timed. */
static int learn(targets *c, dslt_bench_run *run, const dslt_bench_item *item, const dslt_bench_setup *setup,
                 const dslt_image *frame) {
  const dslt_box first = scaled(&item->box, setup->factor);
  for (int i = 0; i < c->count; i++) {
    c->box[i] = dslt_bench_target(&first, i, frame->width, frame->height);
  }
  const double before = dslt_memory_now();
  if (c->count > 1) DSLT_TRY(weigh_one(&run->memory_first, setup, frame, &first));
  const double start = dslt_seconds();
  DSLT_TRY(dslt_group_init(c->group, frame, c->box, c->count));
  run->init_seconds = dslt_seconds() - start;
  const double added = dslt_memory_now() - before;
  if (c->count > 1)
    run->memory_further = (added - run->memory_first) / (c->count - 1);
  else
    run->memory_first = added;
  run->width = frame->width;
  run->height = frame->height;
  return dslt_group_init_result(&run->init, c->group, 0);
}

/* ---- the frames behind it ------------------------------------------------------------------------ */

static void add_target(dslt_bench_run *run, const targets *c, int target) {
  const dslt_result *result = &c->result[target];
  dslt_work work[DSLT_STAGE_COUNT];
  dslt_group_work(work, c->group, target, &c->state[target], result);
  for (int s = 0; s < DSLT_STAGE_COUNT; s++) {
    run->stage_ms[s] += result->stage_ms[s];
    run->stage_work[s].flop += work[s].flop;
    run->stage_work[s].bytes += work[s].bytes;
  }
}

static int track_frame(targets *c, dslt_bench_run *run, const dslt_image *frame, int counted) {
  for (int i = 0; i < c->count; i++) c->state[i] = dslt_group_target(c->group, i)->seen;
  const double start = dslt_seconds(), cpu_start = dslt_cpu_seconds();
  DSLT_TRY(dslt_group_update(c->result, c->group, frame));
  const double seconds = dslt_seconds() - start, cpu = dslt_cpu_seconds() - cpu_start;
  if (!counted) {
    run->warm++;
    return DSLT_OK;
  }
  for (int i = 0; i < c->count; i++) add_target(run, c, i);
  run->lost += c->result[0].lost != 0;
  run->frames++;
  run->cpu_seconds += cpu;
  run->update_seconds += seconds;
  return dslt_series_push(&run->latency, 1e3 * seconds);
}

static void tell(dslt_bench_setup *setup) {
  setup->done++;
  if (setup->observer && setup->observer->progress)
    setup->observer->progress(setup->observer->self, setup->done);
}

static int track_stretch(targets *c, dslt_bench_run *run, const dslt_bench_stretch *stretch, int from,
                         dslt_bench_setup *setup) {
  double before[DSLT_ENERGY_COUNTERS], after[DSLT_ENERGY_COUNTERS];
  for (; from < stretch->count && run->warm < setup->warm; from++) {
    const dslt_image frame = dslt_bench_stretch_frame(stretch, from);
    DSLT_TRY(track_frame(c, run, &frame, 0));
    tell(setup);
  }
  const int metered = setup->energy && dslt_energy_read(before, setup->energy);
  for (int i = from; i < stretch->count; i++) {
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

/* Frames in memory: only the tracker is timed. */
static int track_from_memory(targets *c, dslt_bench_run *run, const dslt_bench_item *item,
                             dslt_bench_feed *feed, dslt_bench_setup *setup) {
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

static int track_ahead(targets *c, dslt_bench_run *run, const dslt_bench_item *item, dslt_bench_feed *feed,
                       dslt_bench_setup *setup) {
  dslt_image frame;
  int rc;
  while ((rc = dslt_bench_feed_next(&frame, feed)) == 1) {
    if (run->loop_frames == 0) {
      const double start = dslt_seconds();
      DSLT_TRY(dslt_group_init(c->group, &frame, &item->box, 1));
      run->loop_init_seconds = dslt_seconds() - start;
    } else {
      DSLT_TRY(dslt_group_update(c->result, c->group, &frame));
    }
    run->loop_frames++;
    tell(setup);
  }
  return rc;
}

/* ---- both ---------------------------------------------------------------------------------------- */

typedef int pass(targets *c, dslt_bench_run *run, const dslt_bench_item *item, dslt_bench_feed *feed,
                 dslt_bench_setup *setup);

/* Report each input's notes once, though it is read several times. */
static void tell_notes(dslt_bench_setup *setup, const dslt_bench_item *item, dslt_bench_feed *feed) {
  char note[1024];
  if (!setup->observer || !setup->observer->note || setup->noted == item) return;
  while (dslt_bench_feed_note(note, sizeof note, feed)) setup->observer->note(setup->observer->self, note);
  setup->noted = item;
}

static int with_targets(pass *make, dslt_bench_run *run, const dslt_bench_item *item,
                        dslt_bench_setup *setup) {
  targets c = {0};
  dslt_bench_feed *feed = NULL;
  DSLT_TRY(targets_make(&c, setup));
  const double start = dslt_seconds();
  int rc = dslt_bench_feed_open(&feed, item, setup->frames);
  if (rc == DSLT_OK) rc = make(&c, run, item, feed, setup);
  run->loop_seconds = dslt_seconds() - start;
  if (rc == DSLT_OK) tell_notes(setup, item, feed);
  dslt_bench_feed_close(feed);
  targets_free(&c);
  return rc;
}

static int run_both(dslt_bench_run *run, const dslt_bench_item *item, dslt_bench_setup *setup) {
  if (setup->decoding) {
    run->memory_before = dslt_memory_now();
    const int watched = dslt_memory_watch();
    DSLT_TRY(with_targets(track_ahead, run, item, setup));
    if (watched) run->memory_peak = dslt_memory_peak();
  }
  const double loop_seconds = run->loop_seconds;
  DSLT_TRY(with_targets(track_from_memory, run, item, setup));
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

int dslt_bench_frame_size(int *width, int *height, const dslt_bench_item *item) {
  dslt_bench_feed *feed = NULL;
  dslt_image frame;
  DSLT_TRY(dslt_bench_feed_open(&feed, item, 1));
  int rc = dslt_bench_feed_next(&frame, feed);
  if (rc == 1) {
    *width = frame.width;
    *height = frame.height;
    rc = DSLT_OK;
  } else if (rc == 0) {
    rc = dslt_fail(DSLT_EFORMAT, "%s holds no frame.", item->name);
  }
  dslt_bench_feed_close(feed);
  return rc;
}
