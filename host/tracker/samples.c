/* SPDX-License-Identifier: Apache-2.0 */
/* samples.c: memory of training samples. */
#include "tracker/samples.h"

#include <stdio.h>
#include <string.h>

#include "backend/archive.h"
#include "base/error.h"

static int alloc_slots(float **out, const dslt_samples *s, dslt_backend *backend, size_t values) {
  void *memory;
  DSLT_TRY(backend->device->alloc(&memory, backend, (size_t)s->slots * values * sizeof(float)));
  *out = memory;
  return DSLT_OK;
}

int dslt_samples_create(dslt_samples *out, dslt_backend *backend, int slots, int maps, const size_t *values,
                        size_t label_values) {
  int rc = DSLT_OK;
  *out = (dslt_samples){.slots = slots, .maps = maps, .label_values = label_values};
  for (int i = 0; i < maps; ++i) {
    out->values[i] = values[i];
    rc = alloc_slots(&out->map[i], out, backend, values[i]);
    if (rc < 0) goto failed;
  }
  rc = alloc_slots(&out->label, out, backend, label_values);
  if (rc == DSLT_OK) return DSLT_OK;
failed:
  dslt_samples_free(out, backend);
  return rc;
}

void dslt_samples_free(dslt_samples *samples, dslt_backend *backend) {
  for (int i = 0; i < samples->maps; ++i) backend->device->release(backend, samples->map[i]);
  backend->device->release(backend, samples->label);
  memset(samples, 0, sizeof *samples);
}

int dslt_samples_archive(dslt_samples *s, dslt_backend *backend, dslt_archive *a) {
  const size_t slots = (size_t)s->slots;
  for (int i = 0; i < s->maps; ++i) {
    char name[DSLT_ARCHIVE_NAME_MAX];
    snprintf(name, sizeof name, "samples %d", i);
    DSLT_TRY(dslt_archive_memory(a, name, backend, s->map[i], slots * s->values[i] * sizeof(float)));
  }
  return dslt_archive_memory(a, "labels", backend, s->label, slots * s->label_values * sizeof(float));
}

float *dslt_samples_map(const dslt_samples *samples, int map, int slot) {
  return samples->map[map] + (size_t)slot * samples->values[map];
}

float *dslt_samples_label(const dslt_samples *samples, int slot) {
  return samples->label + (size_t)slot * samples->label_values;
}
