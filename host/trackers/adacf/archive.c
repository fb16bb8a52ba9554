/* SPDX-License-Identifier: Apache-2.0 */
/* archive.c: the template of a target, for saving. */
#include "backend/archive.h"

#include <stdio.h>

#include "base/error.h"
#include "trackers/adacf/adacf.h"

int dslt_adacf_archive(dslt_target *t, dslt_archive *a) {
  const dslt_adacf_target *own = dslt_adacf_target_of(t);
  const dslt_search_area *area = &t->search.area;
  const size_t cells = (size_t)area->map_width * (size_t)area->map_height;
  const size_t channels = t->workspace->tap_values[0] / cells;
  const size_t kernel = (size_t)area->kernel_width * (size_t)area->kernel_height * channels;
  DSLT_TRY(dslt_archive_memory(a, "template", t->backend, own->kernel, kernel * sizeof *own->kernel));
  for (int i = 0; i < own->gates; ++i) {
    const dslt_channel_weights *gate = &own->gate[i];
    char name[32];
    snprintf(name, sizeof name, "channel weights %d", i);
    DSLT_TRY(dslt_archive_bytes(a, name, (float *)gate->values, (size_t)gate->count * sizeof *gate->values));
  }
  return dslt_archive_memory(a, "mean colour", t->backend, own->fill, 3 * sizeof *own->fill);
}
