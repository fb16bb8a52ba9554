/* SPDX-License-Identifier: Apache-2.0 */
/* samples.c: memory for the stored samples. */
#include "samples.h"

#include <string.h>

#include "base/error.h"

static int alloc_slots(float **out, const dslt_samples *s, dslt_backend *backend, size_t values) {
  void *memory;
  DSLT_TRY(backend->device->alloc(&memory, backend, (size_t)s->slots * values * sizeof(float)));
  *out = memory;
  return DSLT_OK;
}

int dslt_samples_create(dslt_samples *out, dslt_backend *backend, int capacity, int slots, size_t low_values,
                        size_t high_values, size_t label_values) {
  memset(out, 0, sizeof *out);
  out->slots = slots < capacity ? capacity : slots;
  out->low_values = low_values;
  out->high_values = high_values;
  out->label_values = label_values;
  int rc = alloc_slots(&out->low, out, backend, low_values);
  if (rc == DSLT_OK) rc = alloc_slots(&out->high, out, backend, high_values);
  if (rc == DSLT_OK) rc = alloc_slots(&out->label, out, backend, label_values);
  if (rc < 0) dslt_samples_free(out, backend);
  return rc;
}

void dslt_samples_free(dslt_samples *samples, dslt_backend *backend) {
  backend->device->release(backend, samples->low);
  backend->device->release(backend, samples->high);
  backend->device->release(backend, samples->label);
  memset(samples, 0, sizeof *samples);
}

float *dslt_samples_low(const dslt_samples *samples, int slot) {
  return samples->low + (size_t)slot * samples->low_values;
}

float *dslt_samples_high(const dslt_samples *samples, int slot) {
  return samples->high + (size_t)slot * samples->high_values;
}

float *dslt_samples_label(const dslt_samples *samples, int slot) {
  return samples->label + (size_t)slot * samples->label_values;
}
