/* SPDX-License-Identifier: Apache-2.0 */
/* samples.h: memory of training samples: feature maps of past frames (taps, or what reductions make of them)
 * and their labels, in backend memory. math/sample_ring.h decides which slot is next. */
#ifndef DSLT_TRACKER_SAMPLES_H
#define DSLT_TRACKER_SAMPLES_H

#include "backend/backend.h"
#include "base/archive.h"
#include "math/sample_ring.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dslt_samples {
  int slots;                           /* 0: there is no memory */
  int maps;                            /* of one sample */
  float *map[DSLT_SAMPLE_MAPS_MAX];    /* [slots][values] each */
  size_t values[DSLT_SAMPLE_MAPS_MAX]; /* of one sample's map */
  float *label;                        /* [slots][label_values] */
  size_t label_values;
} dslt_samples;

/* Zeroed memory for `slots` samples of `maps` (1..DSLT_SAMPLE_MAPS_MAX) maps with values[maps]. On failure
 * there is nothing to free. */
int dslt_samples_create(dslt_samples *out, dslt_backend *backend, int slots, int maps, const size_t *values,
                        size_t label_values);
void dslt_samples_free(dslt_samples *samples, dslt_backend *backend);
/* All slots as entries of an archive, to be read into memory of the same sizes. */
int dslt_samples_archive(dslt_samples *samples, dslt_backend *backend, dslt_archive *archive);

/* Map number `map` of the sample in `slot`, and the sample's label. */
float *dslt_samples_map(const dslt_samples *samples, int map, int slot);
float *dslt_samples_label(const dslt_samples *samples, int slot);

#ifdef __cplusplus
}
#endif

#endif
