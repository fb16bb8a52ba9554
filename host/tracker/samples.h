/* SPDX-License-Identifier: Apache-2.0 */
/* samples.h: the store of the last T samples: the features of past frames (taps, or what the reductions make
 * of them) and their soft labels in backend memory. Slot 0 holds the first frame for ever, the others take
 * turns. */
#ifndef DSLT_TRACKER_SAMPLES_H
#define DSLT_TRACKER_SAMPLES_H

#include "backend/backend.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dslt_samples {
  int capacity; /* T */
  int slots;    /* allocated, >= capacity: first-frame training borrows the rest for augmented samples */
  int count;    /* filled, the first frame's among them */
  int next;     /* slot the next sample goes to; 0 where capacity is 1 */
  float *low, *high, *label; /* [slots][values] */
  size_t low_values, high_values, label_values;
} dslt_samples;

int dslt_samples_create(dslt_samples *out, dslt_backend *backend, int capacity, int slots, size_t low_values,
                        size_t high_values, size_t label_values);
void dslt_samples_free(dslt_samples *samples, dslt_backend *backend);

float *dslt_samples_low(const dslt_samples *samples, int slot);
float *dslt_samples_high(const dslt_samples *samples, int slot);
float *dslt_samples_label(const dslt_samples *samples, int slot);

/* The slot for a new sample, or -1 where only the first frame is kept. The slot counts as filled from here
 * on. */
int dslt_samples_advance(dslt_samples *samples);

#ifdef __cplusplus
}
#endif

#endif
