/* SPDX-License-Identifier: Apache-2.0 */
/* regress_plan.h: what regress.cu and regress_backward.cu share: arguments, sizes of tiles, and how the scratch memory is
 * divided. */
#ifndef DSLT_KERNELS_REGRESS_PLAN_H
#define DSLT_KERNELS_REGRESS_PLAN_H

#include "launch.h"
#include "pack.h"

enum {
  WARP = 32,
  WARPS = 4,
  THREADS = WARP * WARPS,
  TILE = 8,           /* columns a warp holds */
  WEIGHT_BLOCKS = 264 /* blocks for the weights' gradient: two for each multiprocessor of an H200 */
};

struct regress_args {
  dslt_regress_layer layer[DSLT_REGRESS_LAYERS_MAX];
  int h, w, c, kh, kw, oh, ow;
  int layers;
  float *partial;
  uint32_t *tickets;
};

/* Is this the last of `need` blocks that take this ticket? Called by one thread after a barrier. */
__device__ static inline int came_last(uint32_t *ticket, int need) {
  __threadfence();
  return atomicInc(ticket, (uint32_t)need - 1) == (uint32_t)need - 1;
}

/* ---- sizes --------------------------------------------------------------------------------------- */

static inline int up(int count, int by) { return (count + by - 1) / by; }

/* The size of `sizes` that wastes least for `count` items, the larger of equals. */
static inline int regress_best_tile(int count, const int *sizes, int choices) {
  int best = sizes[0];
  for (int i = 1; i < choices; ++i)
    if (up(count, sizes[i]) * sizes[i] <= up(count, best) * best) best = sizes[i];
  return best;
}

static inline int regress_kernel_columns(int kw) {
  static const int sizes[] = {4, 5, 6, 8};
  return regress_best_tile(kw, sizes, 4);
}

/* Packs of four need a multiple of four channels and aligned maps. With 64 channels or fewer they would leave half of
 * the lanes or more without work. */
static inline int regress_pack(const regress_args *a) {
  if (a->c % 4 != 0 || a->c <= WARP * 2) return 1;
  for (int i = 0; i < a->layers; ++i) {
    const dslt_regress_layer *l = &a->layer[i];
    if (!dslt_aligned16(l->x) || !dslt_aligned16(l->w) || !dslt_aligned16(l->d_x)) return 1;
  }
  return 4;
}

static inline int regress_slices(const dslt_regress_shape *s, int pack) {
  int pieces = s->kh * up(s->kw, regress_kernel_columns(s->kw)) * up(s->c, WARP * pack);
  int most = up(s->h - s->kh + 1, WARPS), wanted = WEIGHT_BLOCKS / pieces;
  return wanted < 1 ? 1 : (wanted < most ? wanted : most);
}

static inline int regress_shape_is_good(const dslt_regress_shape *s, int count) {
  return s && s->n >= 1 && s->n <= DSLT_LEVELS_MAX && s->h >= 1 && s->h <= DSLT_MAP_SIDE_MAX && s->w >= 1 &&
         s->w <= DSLT_MAP_SIDE_MAX && s->c >= 1 && s->c <= DSLT_CHANNELS_MAX && s->kh >= 1 && s->kh <= s->h &&
         s->kw >= 1 && s->kw <= s->w && count >= 1 && count <= DSLT_REGRESS_LAYERS_MAX;
}

/* Of the tickets: as many as response rows, or pieces of the weights, whichever is more; and the loss's. */
static inline size_t regress_ticket_count(const dslt_regress_shape *s, int count) {
  size_t rows = (size_t)s->n * (size_t)(s->h - s->kh + 1);
  size_t pieces = (size_t)s->kh * (size_t)up(s->kw, regress_kernel_columns(s->kw)) * (size_t)up(s->c, WARP);
  return (rows > pieces ? rows : pieces) * (size_t)count + 1;
}

static inline size_t whole_lines(size_t bytes) { return (bytes + 63) / 64 * 64; }

static inline size_t regress_ticket_bytes(const dslt_regress_shape *s, int count) {
  return whole_lines(regress_ticket_count(s, count) * sizeof(uint32_t));
}

/* Of the losses of a response's rows, behind the tickets. */
static inline size_t regress_loss_bytes(const dslt_regress_shape *s) {
  return whole_lines((size_t)(s->h - s->kh + 1) * 2 * sizeof(double));
}

/* ---- arguments ----------------------------------------------------------------------------------- */

static inline int regress_prepare(regress_args *a, const dslt_regress_shape *s,
                                  const dslt_regress_layer *layers, int count, void *scratch) {
  if (!s || !layers || !scratch)
    return dslt_fail(DSLT_EARGUMENT, "Kernel regress needs a shape, layers and scratch memory.");
  if (!regress_shape_is_good(s, count))
    return dslt_fail(
        DSLT_EARGUMENT,
        "Kernel regress was given %d layers of %d maps of %d x %d x %d and a kernel of %d x %d; it "
        "takes 1 or 2 layers, 1 to %d maps with sides to %d and %d channels, and a kernel that fits.",
        count, s->n, s->h, s->w, s->c, s->kh, s->kw, (int)DSLT_LEVELS_MAX, (int)DSLT_MAP_SIDE_MAX,
        (int)DSLT_CHANNELS_MAX);
  *a = {};
  for (int i = 0; i < count; ++i) {
    a->layer[i] = layers[i];
    if (!layers[i].x || !layers[i].w)
      return dslt_fail(DSLT_EARGUMENT, "Kernel regress: layer %d lacks a map or weights.", i);
  }
  a->layers = count;
  a->h = s->h;
  a->w = s->w;
  a->c = s->c;
  a->kh = s->kh;
  a->kw = s->kw;
  a->oh = s->h - s->kh + 1;
  a->ow = s->w - s->kw + 1;
  a->tickets = (uint32_t *)scratch;
  a->partial = (float *)((char *)scratch + regress_ticket_bytes(s, count) + regress_loss_bytes(s));
  return DSLT_OK;
}

#endif
