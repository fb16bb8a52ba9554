/* SPDX-License-Identifier: Apache-2.0 */
/* objects.c: a group of targets that grows as objects join. */
#include "trax/objects.h"

#include "base/error.h"

int dslt_trax_objects_prepare(dslt_trax_objects *o) {
  return o->group ? DSLT_OK : dslt_group_create(&o->group, o->options, o->weights);
}

int dslt_trax_objects_add(dslt_trax_objects *o, const dslt_box *box) {
  if (o->count + o->waits == DSLT_GROUP_TARGETS)
    return dslt_fail(DSLT_EARGUMENT, "At most %d objects can be tracked at a time.", DSLT_GROUP_TARGETS);
  o->waiting[o->waits++] = *box;
  return DSLT_OK;
}

static int learn(dslt_trax_objects *o, const dslt_image *frame) {
  if (o->waits == 0) return DSLT_OK;
  DSLT_TRY(dslt_trax_objects_prepare(o));
  const int before = o->count;
  if (before == 0) /* those of one size search together */
    DSLT_TRY(dslt_group_init(o->group, frame, o->waiting, o->waits));
  for (int i = 0; before > 0 && i < o->waits; i++) DSLT_TRY(dslt_group_add(o->group, frame, &o->waiting[i]));
  o->count += o->waits;
  o->waits = 0;
  for (int i = before; i < o->count; i++) DSLT_TRY(dslt_group_init_result(&o->results[i], o->group, i));
  return DSLT_OK;
}

int dslt_trax_objects_frame(dslt_trax_objects *o, const dslt_image *frame) {
  if (o->count > 0) DSLT_TRY(dslt_group_update(o->results, o->group, frame));
  return learn(o, frame);
}

void dslt_trax_objects_forget(dslt_trax_objects *o) { o->count = o->waits = 0; }

void dslt_trax_objects_free(dslt_trax_objects *o) {
  dslt_group_free(o->group);
  o->group = NULL;
  dslt_trax_objects_forget(o);
}
