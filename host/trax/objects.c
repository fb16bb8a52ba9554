/* SPDX-License-Identifier: Apache-2.0 */
/* objects.c: a group of targets for each frame at which objects joined. */
#include "trax/objects.h"

#include "base/error.h"

static int make_group(dslt_trax_objects *o, int index) {
  return o->groups[index] ? DSLT_OK : dslt_group_create(&o->groups[index], o->options, o->weights);
}

int dslt_trax_objects_prepare(dslt_trax_objects *o) { return make_group(o, 0); }

int dslt_trax_objects_add(dslt_trax_objects *o, const dslt_box *box) {
  if (o->count + o->waits == DSLT_GROUP_TARGETS)
    return dslt_fail(DSLT_EARGUMENT, "At most %d objects can be tracked at a time.", DSLT_GROUP_TARGETS);
  o->waiting[o->waits++] = *box;
  return DSLT_OK;
}

static int update(dslt_trax_objects *o, const dslt_image *frame) {
  for (int i = 0, first = 0; i < o->used; i++) {
    DSLT_TRY(dslt_group_update(&o->results[first], o->groups[i], frame));
    first += dslt_group_count(o->groups[i]);
  }
  return DSLT_OK;
}

static int learn(dslt_trax_objects *o, const dslt_image *frame) {
  if (o->waits == 0) return DSLT_OK;
  DSLT_TRY(make_group(o, o->used));
  dslt_group *group = o->groups[o->used];
  DSLT_TRY(dslt_group_init(group, frame, o->waiting, o->waits));
  for (int i = 0; i < o->waits; i++) DSLT_TRY(dslt_group_init_result(&o->results[o->count + i], group, i));
  o->used++;
  o->count += o->waits;
  o->waits = 0;
  return DSLT_OK;
}

int dslt_trax_objects_frame(dslt_trax_objects *o, const dslt_image *frame) {
  DSLT_TRY(update(o, frame));
  return learn(o, frame);
}

void dslt_trax_objects_forget(dslt_trax_objects *o) { o->used = o->count = o->waits = 0; }

void dslt_trax_objects_free(dslt_trax_objects *o) {
  for (int i = 0; i < DSLT_GROUP_TARGETS; i++) {
    dslt_group_free(o->groups[i]);
    o->groups[i] = NULL;
  }
  dslt_trax_objects_forget(o);
}
