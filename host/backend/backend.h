/* SPDX-License-Identifier: Apache-2.0 */
/* backend.h: the interface between trackers and hardware, as three tables of operations: device.h (memory,
 * frames, recorded calls), nn.h (networks and learning), vision.h (cropping, peak search, samples). cpu/ and
 * cuda/ implement them; all other code uses only these tables.
 *
 * Memory. Pointers to maps, weights, states and flags are backend memory from alloc(): host memory on the
 * CPU, device memory on a GPU. Descriptions, rules and arrays of tensors are host memory. Maps are float32,
 * channels last: [n][h][w][c]. The target's state lives in backend memory too, so that a frame runs without
 * the host.
 *
 * Order. Calls between begin() and end() run in order on one stream; download() and end() wait for it.
 * Functions return DSLT_OK or a negative code with a sentence in the thread's last error. */
#ifndef DSLT_BACKEND_BACKEND_H
#define DSLT_BACKEND_BACKEND_H

#include "backend/device.h"
#include "backend/nn.h"
#include "backend/precision.h"
#include "backend/types.h"
#include "backend/vision.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dslt_backend_type {
  const char *name;
  /* 1: backend memory may be read and written by the host between calls, and results are there when a call
   * returns. */
  int host_visible;
  /* Largest number of targets whose searches should share one run of the backbone; 1: no batching. */
  int searches_at_once;
  const dslt_device_ops *device;
  const dslt_nn_ops *nn;
  const dslt_vision_ops *vision;
} dslt_backend_type;

struct dslt_backend {
  const dslt_backend_type *type;
  const dslt_device_ops *device; /* the type's tables */
  const dslt_nn_ops *nn;
  const dslt_vision_ops *vision;
  int precision;  /* dslt_precision in use, never DSLT_PRECISION_AUTO; set by dslt_backend_open() */
  char note[256]; /* what the user should know of this backend, set while it opens; "" if there is nothing */
};

/* ---- registry ------------------------------------------------------------------------------------ */

extern const dslt_backend_type dslt_cpu_backend;
#ifdef DSLT_CUDA
extern const dslt_backend_type dslt_cuda_backend;
#endif

/* Find the backend "auto", "cpu" or "cuda" and open it. DSLT_EBACKEND says why one cannot run. */
int dslt_backend_open(dslt_backend **out, const char *name, const dslt_backend_config *config);
/* For backends: fill the common part of an opened backend. */
void dslt_backend_init(dslt_backend *backend, const dslt_backend_type *type);
/* end() after calls that returned rc. Gives back the first failure, with its own sentence. */
int dslt_backend_end(dslt_backend *backend, int rc);
/* As dslt_backend_open(); if "auto" finds no usable GPU although the build supports one, note [size] gets a
 * sentence with the reason, else the backend's own note. */
int dslt_backend_open_noting(dslt_backend **out, char *note, size_t size, const char *name,
                             const dslt_backend_config *config);

#ifdef __cplusplus
}
#endif

#endif
