/* kernels.h: the launchers of the hand-written kernels, for the CUDA backend. Each does on a stream what the
 * operation of the same name in host/backend/backend.h does, on the same layouts.
 *
 * Pointers are device memory unless marked "host". A launcher checks shapes and that the launch was accepted,
 * and returns DSLT_OK, DSLT_EARGUMENT or DSLT_EDEVICE with a sentence in the thread's last error; it does not
 * wait. None of them asks the host anything on the way, so all may be captured in a graph; host arguments are
 * read before the launcher returns. Sums have one fixed order: the same input gives the same bytes. */
#ifndef DSLT_KERNELS_KERNELS_H
#define DSLT_KERNELS_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "backend/backend.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct CUstream_st *dslt_stream; /* the same type as cudaStream_t */

enum {
  DSLT_CELLS_MAX = 1 << 20,      /* of a response map */
  DSLT_RESPONSE_SIDE_MAX = 1024, /* as in the CPU backend */
  DSLT_ADAM_TENSORS_MAX = 16,
  DSLT_LOCATE_SLICES = 32 /* blocks that share the bicubic search of one response */
};

/* response[i] = base[i] + residual[i] + bias[0] + bias[1], 1 <= count; residual and bias may be NULL. */
int dslt_cuda_respond(dslt_stream stream, float *response, const float *base, const float *residual,
                      const float *bias, size_t count);

/* The same sum, the loss against `label` and its gradient, in one pass: gradient [count], dbias [2] = its
 * sum, value [1] = the summed loss. 1 <= count <= DSLT_CELLS_MAX; residual and bias may be NULL; spec: host.
 */
int dslt_cuda_loss(dslt_stream stream, float *gradient, float *dbias, float *value, const float *base,
                   const float *residual, const float *bias, const float *label, size_t count,
                   const dslt_loss_spec *spec);

/* One Adam step on `count` (0..DSLT_ADAM_TENSORS_MAX) tensors; params: host array of device pointers; rule:
 * host. *step counts from 0 and is incremented. *ticket is 0 before and after; launches that may overlap need
 * a ticket each. */
int dslt_cuda_adam(dslt_stream stream, const dslt_param *params, int count, const dslt_adam_rule *rule,
                   int32_t *step, uint32_t *ticket);

/* The soft label on the response grid of `geometry` (host), sigmas in cells, > 0; stretch: to [0, 1]. */
int dslt_cuda_label(dslt_stream stream, float *label, const dslt_geometry *geometry, float sigma_x,
                    float sigma_y, int stretch);

/* The strongest place one block found: its score and its index in the searched grid, row-major; -1: none. */
typedef struct dslt_candidate {
  float score;
  int32_t index;
} dslt_candidate;

/* Device memory of locate and choose_scale, zeroed once. Launches that may overlap need one each. */
typedef struct dslt_locate_scratch {
  uint32_t ticket; /* 0 before and after */
  dslt_candidate found[DSLT_LEVELS_MAX][DSLT_LOCATE_SLICES];
} dslt_locate_scratch;

/* Find the target in response [response_height][response_width] and move the pose. Among equal scores the
 * first in row-major order wins. geometry: host. */
int dslt_cuda_locate(dslt_stream stream, dslt_pose *pose, const float *response,
                     const dslt_geometry *geometry, dslt_locate_scratch *scratch);

/* Choose among geometry->levels responses and rescale the pose; the same size wins ties. */
int dslt_cuda_choose_scale(dslt_stream stream, dslt_pose *pose, const float *responses,
                           const dslt_geometry *geometry, dslt_locate_scratch *scratch);

/* dst = batch[pose->level], items of `count` >= 1 floats. */
int dslt_cuda_take_level(dslt_stream stream, float *dst, const float *batch, const dslt_pose *pose,
                         size_t count);

/* The turn of the sample store, in device memory: what host/track/samples.h keeps on the host. Starts as
 * {capacity, 1, capacity > 1 ? 1 : 0, 0}: slot 0 holds the first frame. */
typedef struct dslt_ring {
  int32_t capacity, count, next;
  uint32_t ticket; /* 0 before and after */
} dslt_ring;

/* Put a sample into the ring's next slot and advance it: low_store [capacity][low_count] takes
 * low[pose->level], high_store likewise. pose NULL: item 0. Slot 0 is never written; a ring of one slot stays
 * as it is. */
int dslt_cuda_store_sample(dslt_stream stream, dslt_ring *ring, float *low_store, float *high_store,
                           const float *low, const float *high, const dslt_pose *pose, size_t low_count,
                           size_t high_count);

#ifdef __cplusplus
}
#endif

#endif
