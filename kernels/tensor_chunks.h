/* SPDX-License-Identifier: Apache-2.0 */
/* tensor_chunks.h: all tensors of weights in one launch, as adam.cu and sgd.cu have them: a block takes some weights of one
 * tensor. */
#ifndef DSLT_KERNELS_TENSOR_CHUNKS_H
#define DSLT_KERNELS_TENSOR_CHUNKS_H

#include "kernels.h"

enum { DSLT_CHUNK_THREADS = 256, DSLT_CHUNK = 4 * DSLT_CHUNK_THREADS }; /* of a block; weights */

typedef struct dslt_tensor_chunks {
  dslt_param param[DSLT_ADAM_TENSORS_MAX];
  unsigned first_block[DSLT_ADAM_TENSORS_MAX + 1];
  int count;
} dslt_tensor_chunks;

/* The tensor of a block, and its weights *first .. *last - 1 of it; chunks->count: it has none. */
DSLT_HD int dslt_chunk_of(size_t *first, size_t *last, const dslt_tensor_chunks *chunks, unsigned block) {
  int which = 0;
  while (which < chunks->count && block >= chunks->first_block[which + 1]) ++which;
  if (which >= chunks->count) return which;
  const size_t count = chunks->param[which].count;
  *first = (size_t)(block - chunks->first_block[which]) * DSLT_CHUNK;
  *last = *first + DSLT_CHUNK < count ? *first + DSLT_CHUNK : count;
  return which;
}

/* For a launcher. `v`: the second moments are used. */
static inline int dslt_take_chunks(dslt_tensor_chunks *out, unsigned *blocks, const char *kernel,
                                   const dslt_param *params, int count, int v) {
  if (count < 0 || count > DSLT_ADAM_TENSORS_MAX || (count > 0 && !params))
    return dslt_fail(DSLT_EARGUMENT, "Kernel %s was given %d tensors; it takes 0 to %d.", kernel, count,
                     (int)DSLT_ADAM_TENSORS_MAX);
  size_t all = 0;
  *out = {};
  out->count = count;
  for (int i = 0; i < count; ++i) {
    const dslt_param *p = &params[i];
    if (p->count > 0 && (!p->w || !p->g || !p->m || (v && !p->v)))
      return dslt_fail(DSLT_EARGUMENT, "Kernel %s: tensor %d lacks weights, gradient or moments.", kernel, i);
    if (p->count / DSLT_CHUNK > 0x3fffffffu / DSLT_ADAM_TENSORS_MAX)
      return dslt_fail(DSLT_EARGUMENT, "Kernel %s: tensor %d has %zu weights, more than a grid holds.",
                       kernel, i, p->count);
    out->param[i] = *p;
    all += (p->count + DSLT_CHUNK - 1) / DSLT_CHUNK;
    out->first_block[i + 1] = (unsigned)all;
  }
  *blocks = (unsigned)all;
  return DSLT_OK;
}

#endif
