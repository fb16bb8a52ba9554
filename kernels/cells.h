/* SPDX-License-Identifier: Apache-2.0 */
/* cells.h: cells of channels-last maps of any pitch and type, several channels in one access, for the kernels
 * of layers.h. */
#ifndef DSLT_KERNELS_CELLS_H
#define DSLT_KERNELS_CELLS_H

#include "launch.h"
#include "layers.h"
#include "pack.h"

enum { DSLT_CELL_THREADS = 256, DSLT_CELL_BLOCKS_MAX = 8192 };

/* V neighbouring channels as they are stored. */
template <typename T, int V>
struct alignas(sizeof(T) * V) dslt_values {
  T v[V];
};

template <int V>
struct dslt_floats {
  float v[V];
};

template <typename T, int V>
__device__ static inline dslt_floats<V> dslt_read(const T *from) {
  const dslt_values<T, V> stored = *reinterpret_cast<const dslt_values<T, V> *>(from);
  dslt_floats<V> out;
#pragma unroll
  for (int i = 0; i < V; ++i) out.v[i] = dslt_get(&stored.v[i]);
  return out;
}

template <typename T, int V>
__device__ static inline void dslt_write(T *to, const dslt_floats<V> &values) {
  dslt_values<T, V> stored;
#pragma unroll
  for (int i = 0; i < V; ++i) dslt_put(&stored.v[i], values.v[i]);
  *reinterpret_cast<dslt_values<T, V> *>(to) = stored;
}

template <int V>
__device__ static inline dslt_floats<V> dslt_all(float value) {
  dslt_floats<V> out;
#pragma unroll
  for (int i = 0; i < V; ++i) out.v[i] = value;
  return out;
}

template <typename T, int V>
__device__ static inline void dslt_write_activated(T *to, dslt_floats<V> values, int activation,
                                                   float slope) {
#pragma unroll
  for (int i = 0; i < V; ++i) values.v[i] = dslt_activate(activation, slope, values.v[i]);
  dslt_write<T, V>(to, values);
}

/* Which channels of which cell the i-th item of a map is; neighbouring threads have neighbouring channels. */
struct dslt_place {
  int channel, x, y;
  size_t map;
};

__device__ static inline dslt_place dslt_place_of(size_t item, unsigned groups, int v, int h, int w) {
  dslt_place out;
  size_t cell = item / groups;
  out.channel = (int)(item % groups) * v;
  out.x = (int)(cell % (unsigned)w);
  cell /= (unsigned)w;
  out.y = (int)(cell % (unsigned)h);
  out.map = cell / (unsigned)h;
  return out;
}

/* Values before a cell of a map without border. */
__device__ static inline size_t dslt_cell_at(size_t map, int y, int x, int h, int w, int pitch) {
  return ((map * (size_t)h + (size_t)y) * (size_t)w + (size_t)x) * (size_t)pitch;
}

/* Channels that fit one access of 16 bytes; where a launch uses both types, as many for both. */
static inline int dslt_widest(const dslt_layer_map *map) { return map->type == DSLT_TYPE_BF16 ? 8 : 4; }

/* May `v` channels of this map be read or written at once? */
static inline int dslt_is_wide(const dslt_layer_map *map, int v) {
  return map->channels % v == 0 && map->pitch % v == 0 && dslt_aligned16(map->data);
}

static inline int dslt_check_map(const char *kernel, const dslt_layer_map *map) {
  if (!map || !map->data) return dslt_fail(DSLT_EARGUMENT, "Kernel %s needs maps in memory.", kernel);
  if (map->type != DSLT_TYPE_F32 && map->type != DSLT_TYPE_BF16)
    return dslt_fail(DSLT_EARGUMENT, "Kernel %s knows no type number %d.", kernel, (int)map->type);
  if (map->h < 1 || map->w < 1 || map->h > DSLT_LAYER_SIDE_MAX || map->w > DSLT_LAYER_SIDE_MAX ||
      map->channels < 1 || map->pitch < map->channels || map->pitch > DSLT_LAYER_CHANNELS_MAX)
    return dslt_fail(DSLT_EARGUMENT,
                     "Kernel %s was given a map of %d x %d cells with %d channels in a pitch of %d.", kernel,
                     map->w, map->h, map->channels, map->pitch);
  return DSLT_OK;
}

/* Checks of all layers: two maps in different memory, n of each, of one type, without borders. */
static inline int dslt_check_layer(const char *kernel, const dslt_layer_map *y, const dslt_layer_map *x,
                                   const dslt_layer_end *end, int n) {
  DSLT_TRY(dslt_check_map(kernel, y));
  DSLT_TRY(dslt_check_map(kernel, x));
  if (y->data == x->data)
    return dslt_fail(DSLT_EARGUMENT, "Kernel %s needs another place for its output.", kernel);
  if (y->type != x->type || y->border || x->border)
    return dslt_fail(DSLT_EARGUMENT, "Kernel %s needs maps of one type without borders.", kernel);
  if (n < 1 || !end || end->activation < 0 || end->activation >= DSLT_ACTIVATIONS)
    return dslt_fail(DSLT_EARGUMENT, "Kernel %s was given %d maps or an unknown activation.", kernel, n);
  return DSLT_OK;
}

static inline int dslt_check_window(const char *kernel, const dslt_layer_window *window) {
  for (int d = 0; d < 2; ++d)
    if (!window || window->kernel[d] < 1 || window->stride[d] < 1 || window->dilation[d] < 1 ||
        window->pad[d] < 0 || window->pad[d + 2] < 0)
      return dslt_fail(DSLT_EARGUMENT, "Kernel %s was given a window with sides out of range.", kernel);
  return DSLT_OK;
}

/* Items of V channels of a whole batch. */
static inline size_t dslt_items(const dslt_layer_map *y, int n, int v) {
  return (size_t)n * (size_t)(y->h + 2 * y->border) * (size_t)(y->w + 2 * y->border) *
         (size_t)(y->channels / v);
}

/* LAUNCH(T, V) with the type of y and, where `wide`, 16 bytes at once, else one channel. */
#define DSLT_CELL_KINDS(LAUNCH, y, wide)   \
  do {                                     \
    if ((y)->type == DSLT_TYPE_F32) {      \
      if (wide) return LAUNCH(float, 4);   \
      return LAUNCH(float, 1);             \
    }                                      \
    if (wide) return LAUNCH(dslt_bf16, 8); \
    return LAUNCH(dslt_bf16, 1);           \
  } while (0)

#endif
