/* SPDX-License-Identifier: Apache-2.0 */
/* samples.h: memory for the stored samples: the features of past frames (taps, or what the reductions make of
 * them) and their soft labels. Which slot is used when stands in math/sample_ring.h. */
#ifndef DSLT_TRACKER_SAMPLES_H
#define DSLT_TRACKER_SAMPLES_H

#include "backend/backend.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dslt_samples {
  int slots; /* allocated, >= capacity: first-frame training borrows the rest for augmented samples */
  float *low, *high, *label; /* [slots][values] */
  size_t low_values, high_values, label_values;
} dslt_samples;

int dslt_samples_create(dslt_samples *out, dslt_backend *backend, int capacity, int slots, size_t low_values,
                        size_t high_values, size_t label_values);
void dslt_samples_free(dslt_samples *samples, dslt_backend *backend);

float *dslt_samples_low(const dslt_samples *samples, int slot);
float *dslt_samples_high(const dslt_samples *samples, int slot);
float *dslt_samples_label(const dslt_samples *samples, int slot);

#ifdef __cplusplus
}
#endif

#endif
