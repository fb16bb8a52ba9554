/* SPDX-License-Identifier: Apache-2.0 */
/* archive.c: what the heads have learnt of a target and the boxes that they learn from, for saving. */
#include "backend/archive.h"

#include "base/error.h"
#include "trackers/trackloss/trackloss.h"

static int archive_ring(dslt_target *t, dslt_archive *a, const char *name, dslt_item_ring *there) {
  static const dslt_field fields[] = {DSLT_FIELD(INT, dslt_item_ring, count, 0, DSLT_ITEMS_MAX),
                                      DSLT_FIELD(INT, dslt_item_ring, next, 0, DSLT_ITEMS_MAX)};
  dslt_item_ring ring;
  DSLT_TRY(t->device->download(t->backend, &ring, there, sizeof ring));
  DSLT_TRY(dslt_archive_fields(a, name, &ring, fields, 2));
  if (ring.count > ring.capacity || ring.next >= ring.capacity)
    return dslt_archive_damaged("a store of training boxes holds more than it has room for.");
  return a->reading ? t->device->upload(t->backend, there, &ring, sizeof ring) : DSLT_OK;
}

int dslt_trackloss_archive(dslt_target *t, dslt_archive *a) {
  const dslt_trackloss_target *own = dslt_trackloss_target_of(t);
  const dslt_trackloss_options *o = own->options;
  const dslt_trackloss_map *map = &dslt_trackloss_workspace_of(t->workspace)->map;
  const size_t values = (size_t)map->side * (size_t)map->side * (size_t)map->channels;
  const size_t items = (size_t)o->positive_memory + (size_t)o->negative_memory;
  const size_t head = dslt_anchors_values(map->channels, o->head_channels) * sizeof(float);
  DSLT_TRY(archive_ring(t, a, "boxes of the target", own->positive));
  DSLT_TRY(archive_ring(t, a, "boxes of the background", own->negative));
  DSLT_TRY(dslt_archive_memory(a, "maps of boxes", t->backend, own->store, items * values * sizeof(float)));
  for (int i = 0; i < own->heads; ++i) {
    DSLT_TRY(dslt_archive_memory(a, "head", t->backend, own->head[i].w, head));
    DSLT_TRY(dslt_archive_memory(a, "momentum", t->backend, own->head[i].m, head));
  }
  return DSLT_OK;
}
