/* SPDX-License-Identifier: Apache-2.0 */
/* follow.c: the targets of a session. */
#include "live/follow.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"

int dslt_live_follow_open(dslt_live_follow *out, const dslt_options *options, dslt_weights *weights) {
  out->weights = weights;
  DSLT_TRY(dslt_options_clone(&out->options, options));
  return dslt_group_create(&out->group, out->options, weights);
}

void dslt_live_follow_close(dslt_live_follow *follow) {
  dslt_group_free(follow->group);
  dslt_options_free(follow->options);
  free(follow->maps);
  memset(follow, 0, sizeof *follow);
}

/* ---- who is followed ----------------------------------------------------------------------------- */

static int find(const dslt_live_follow *f, int number) {
  for (int i = 0; i < f->count; i++)
    if (f->target[i].number == number) return i;
  return dslt_fail(DSLT_EARGUMENT, "There is no target %d.", number);
}

static void take_result(dslt_live_target *t, const dslt_result *result) {
  t->box = result->box;
  t->peak = result->peak;
  t->lost = result->lost;
  t->found = result->found;
  t->steps = result->steps;
  t->loss = result->loss;
  t->map_width = t->map_height = 0;
}

/* What was learnt, as group's target number `index`. */
static int take_learnt(dslt_live_target *out, const dslt_group *group, int index, int number) {
  dslt_result result;
  DSLT_TRY(dslt_group_init_result(&result, group, index));
  *out = (dslt_live_target){.number = number};
  take_result(out, &result);
  return DSLT_OK;
}

static int remove_at(dslt_live_follow *f, int index) {
  DSLT_TRY(dslt_group_remove(f->group, index));
  memmove(&f->target[index], &f->target[index + 1], (size_t)(--f->count - index) * sizeof *f->target);
  return DSLT_OK;
}

int dslt_live_follow_learn(dslt_live_follow *f, const dslt_image *frame, const dslt_box *box, int number) {
  int before = -1;
  if (number) {
    before = find(f, number);
    if (before < 0) return before;
  } else if (f->count == DSLT_LIVE_TARGETS) {
    return dslt_fail(DSLT_EARGUMENT, "At most %d targets are followed at a time; remove one first.",
                     DSLT_LIVE_TARGETS);
  }
  dslt_live_target fresh;
  DSLT_TRY(dslt_group_add(f->group, frame, box)); /* behind the others, so that these stay after a failure */
  DSLT_TRY(take_learnt(&fresh, f->group, f->count, number ? number : f->given + 1));
  if (before >= 0) {
    DSLT_TRY(dslt_group_remove(f->group, before));
    memmove(&f->target[before], &f->target[before + 1], (size_t)(--f->count - before) * sizeof *f->target);
  } else {
    f->given++;
  }
  f->target[f->count] = fresh;
  return f->count++;
}

int dslt_live_follow_remove(dslt_live_follow *f, int number) {
  const int index = find(f, number);
  return index < 0 ? index : remove_at(f, index);
}

int dslt_live_follow_clear(dslt_live_follow *f) {
  while (f->count > 0) DSLT_TRY(remove_at(f, f->count - 1));
  return DSLT_OK;
}

/* ---- options ------------------------------------------------------------------------------------- */

/* All targets in a group of their own with other options. */
static int learn_all(dslt_live_target *out, const dslt_live_follow *f, dslt_group *group,
                     const dslt_image *frame) {
  dslt_box boxes[DSLT_LIVE_TARGETS];
  if (f->count == 0) return DSLT_OK;
  for (int i = 0; i < f->count; i++) boxes[i] = f->target[i].box;
  DSLT_TRY(dslt_group_init(group, frame, boxes, f->count));
  for (int i = 0; i < f->count; i++) DSLT_TRY(take_learnt(&out[i], group, i, f->target[i].number));
  return DSLT_OK;
}

int dslt_live_follow_set(dslt_live_follow *f, const dslt_image *frame, const char *key, const char *value) {
  dslt_options *options = NULL;
  dslt_group *group = NULL;
  dslt_live_target learnt[DSLT_LIVE_TARGETS];
  int rc;
  DSLT_TRY_OR_DONE(dslt_options_clone(&options, f->options));
  DSLT_TRY_OR_DONE(dslt_options_set(options, key, value));
  DSLT_TRY_OR_DONE(dslt_options_check(options));
  DSLT_TRY_OR_DONE(dslt_group_create(&group, options, f->weights));
  DSLT_TRY_OR_DONE(learn_all(learnt, f, group, frame));
  dslt_options *old_options = f->options;
  dslt_group *old_group = f->group;
  f->options = options, f->group = group;
  options = old_options, group = old_group;
  memcpy(f->target, learnt, (size_t)f->count * sizeof *learnt);
done:
  dslt_group_free(group);
  dslt_options_free(options);
  return rc;
}

/* ---- tracking ------------------------------------------------------------------------------------ */

/* The response as bytes, 255 being its largest value; negative ones count as 0. */
static int keep_map(dslt_live_follow *f, dslt_live_target *t, int index) {
  dslt_response response;
  DSLT_TRY(dslt_group_response(&response, f->group, index));
  const size_t cells = (size_t)response.width * (size_t)response.height;
  if (f->map_bytes + cells > f->map_room) {
    uint8_t *grown = realloc(f->maps, 2 * (f->map_bytes + cells));
    if (!grown) return dslt_fail(DSLT_EMEMORY, "Out of memory for response maps.");
    f->maps = grown;
    f->map_room = 2 * (f->map_bytes + cells);
  }
  float most = 0;
  for (size_t i = 0; i < cells; i++)
    if (response.data[i] > most) most = response.data[i];
  for (size_t i = 0; i < cells; i++) {
    const float share = most > 0 ? response.data[i] / most : 0;
    f->maps[f->map_bytes + i] = share > 0 ? (uint8_t)(share * 255 + 0.5F) : 0;
  }
  t->map_width = response.width;
  t->map_height = response.height;
  t->map_at = f->map_bytes;
  t->map_most = most;
  t->map_window = response.window;
  f->map_bytes += cells;
  return DSLT_OK;
}

int dslt_live_follow_update(dslt_live_follow *f, const dslt_image *frame, int maps) {
  f->map_bytes = 0;
  memset(f->stage_ms, 0, sizeof f->stage_ms);
  f->track_ms = 0;
  if (f->count == 0) return DSLT_OK;
  const double before = dslt_seconds();
  DSLT_TRY(dslt_group_update(f->results, f->group, frame));
  f->track_ms = 1e3 * (dslt_seconds() - before);
  for (int i = 0; i < f->count; i++) {
    take_result(&f->target[i], &f->results[i]);
    for (int s = 0; s < DSLT_STAGE_COUNT; s++) f->stage_ms[s] += f->results[i].stage_ms[s];
    if (maps) DSLT_TRY(keep_map(f, &f->target[i], i));
  }
  return DSLT_OK;
}
