/* SPDX-License-Identifier: Apache-2.0 */
/* flow.c: the way of a frame on the CPU: nothing is recorded, conditions are looked at when they are met. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "cpu.h"

typedef enum source { SOURCE_SEARCH, SOURCE_LEVELS, SOURCE_LOOK } source;

struct dslt_flow {
  dslt_flow_desc desc;
  double cx, cy; /* the state's centre when the last frame was decided */
  int64_t frame; /* frames decided on, the first one's not counted */
  int update, look, learnt;
  source source;   /* of this frame's sample */
  int count, next; /* samples in the store, and the slot of the next one */
  dslt_training training;
  float loss;
  double since, stage_ms[DSLT_STAGE_COUNT];
};

static double now_ms(void) { return 1e3 * dslt_seconds(); }

int dslt_cpu_flow_open(dslt_flow **out, dslt_backend *backend, const dslt_flow_desc *desc,
                       const dslt_target_state *seen) {
  (void)backend;
  dslt_flow *flow = calloc(1, sizeof *flow);
  if (!flow) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning the way of a frame.");
  flow->desc = *desc;
  flow->cx = seen->cx;
  flow->cy = seen->cy;
  flow->count = 1;
  flow->next = desc->capacity > 1 ? 1 : 0;
  flow->training.go = 1;
  flow->since = now_ms();
  *out = flow;
  return DSLT_OK;
}

void dslt_cpu_flow_free(dslt_flow *flow) { free(flow); }

int dslt_cpu_flow_record(int *run, dslt_flow *flow, int part) {
  (void)flow;
  (void)part;
  *run = 1;
  return DSLT_OK;
}

int dslt_cpu_flow_recorded(dslt_flow *flow, int rc) {
  (void)flow;
  return rc;
}

int dslt_cpu_flow_if(int *run, dslt_flow *flow, int condition) {
  switch (condition) {
    case DSLT_IF_PYRAMID: *run = flow->desc.state->pyramid; break;
    case DSLT_IF_LOOK: *run = flow->look; break;
    case DSLT_IF_UPDATE: *run = flow->update; break;
    case DSLT_IF_TRAINING: *run = flow->training.go; break;
    default: *run = flow->update && condition - DSLT_IF_SLOT < flow->count; break;
  }
  return DSLT_OK;
}

int dslt_cpu_flow_end_if(dslt_flow *flow) {
  (void)flow;
  return DSLT_OK;
}

/* The pyramid's chosen level is the sample; without a pyramid the search's own features serve where the
 * target stood still, else the new place is looked at once more. */
int dslt_cpu_flow_decide(dslt_flow *flow) {
  const dslt_flow_desc *d = &flow->desc;
  int moved = flow->cx != d->state->cx || flow->cy != d->state->cy;
  ++flow->frame;
  flow->cx = d->state->cx;
  flow->cy = d->state->cy;
  flow->update = d->interval > 0 && flow->frame % d->interval == 0 && !(d->state->lost && d->hold);
  flow->source = d->joint || d->state->pyramid ? SOURCE_LEVELS : (moved ? SOURCE_LOOK : SOURCE_SEARCH);
  flow->look = flow->update && d->capacity > 1 && flow->source == SOURCE_LOOK;
  flow->learnt = 0;
  return DSLT_OK;
}

static void store_tap(float *slot, const dslt_flow *flow, const float *search, const float *levels,
                      const float *look, size_t values) {
  const float *from = flow->source == SOURCE_LEVELS ? levels + values * (size_t)flow->desc.state->level
                                                    : (flow->source == SOURCE_LOOK ? look : search);
  memcpy(slot, from, values * sizeof *slot);
}

int dslt_cpu_flow_store(dslt_flow *flow, float *low_store, float *high_store, float *label_store,
                        const dslt_sample_sources *s, const dslt_search *g) {
  int capacity = flow->desc.capacity;
  if (capacity < 2) return DSLT_OK;
  size_t slot = (size_t)flow->next;
  size_t cells = (size_t)g->area.response_width * (size_t)g->area.response_height;
  if (label_store) DSLT_TRY(dslt_cpu_label(NULL, label_store + slot * cells, flow->desc.state, g));
  store_tap(low_store + slot * s->low_values, flow, s->low, s->low_levels, s->low_look, s->low_values);
  store_tap(high_store + slot * s->high_values, flow, s->high, s->high_levels, s->high_look, s->high_values);
  flow->next = flow->next + 1 < capacity ? flow->next + 1 : 1;
  if (flow->count < capacity) ++flow->count;
  return DSLT_OK;
}

int dslt_cpu_flow_judge(dslt_flow *flow, float *losses, const float *loss, const dslt_stop_rule *rule) {
  dslt_judge(&flow->training, losses, *loss, rule);
  return DSLT_OK;
}

int dslt_cpu_flow_mark(dslt_flow *flow, int stage) {
  double now = now_ms();
  if (stage >= 0) flow->stage_ms[stage] += now - flow->since;
  flow->since = now;
  return DSLT_OK;
}

int dslt_cpu_flow_gather(dslt_flow *flow, const float *loss) {
  flow->loss = *loss;
  flow->learnt = flow->update ? flow->count : 0;
  return DSLT_OK;
}

int dslt_cpu_flow_report(dslt_flow_report *out, dslt_flow *flow) {
  out->state = *flow->desc.state;
  out->loss = flow->loss;
  out->learnt = flow->learnt;
  memcpy(out->stage_ms, flow->stage_ms, sizeof out->stage_ms);
  memset(flow->stage_ms, 0, sizeof flow->stage_ms);
  return DSLT_OK;
}

int dslt_cpu_flow_training(dslt_training *out, dslt_flow *flow) {
  *out = flow->training;
  return DSLT_OK;
}
