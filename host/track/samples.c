#include "samples.h"

#include <string.h>

#include "util/error.h"

int dslt_samples_create(dslt_samples *out, dslt_backend *backend, int capacity, int slots, size_t low_values,
                        size_t high_values) {
  memset(out, 0, sizeof *out);
  out->capacity = capacity;
  out->slots = slots < capacity ? capacity : slots;
  out->count = 1;
  out->next = capacity > 1 ? 1 : 0;
  out->low_values = low_values;
  out->high_values = high_values;
  void *memory;
  DSLT_TRY(backend->ops->alloc(&memory, backend, (size_t)out->slots * low_values * sizeof(float)));
  out->low = memory;
  int rc = backend->ops->alloc(&memory, backend, (size_t)out->slots * high_values * sizeof(float));
  if (rc < 0) {
    dslt_samples_free(out, backend);
    return rc;
  }
  out->high = memory;
  return DSLT_OK;
}

void dslt_samples_free(dslt_samples *samples, dslt_backend *backend) {
  backend->ops->release(backend, samples->low);
  backend->ops->release(backend, samples->high);
  memset(samples, 0, sizeof *samples);
}

float *dslt_samples_low(const dslt_samples *samples, int slot) {
  return samples->low + (size_t)slot * samples->low_values;
}

float *dslt_samples_high(const dslt_samples *samples, int slot) {
  return samples->high + (size_t)slot * samples->high_values;
}

int dslt_samples_advance(dslt_samples *s) {
  if (s->capacity < 2) return -1;
  int slot = s->next;
  s->next = slot + 1 < s->capacity ? slot + 1 : 1;
  if (s->count < s->capacity) ++s->count;
  return slot;
}
