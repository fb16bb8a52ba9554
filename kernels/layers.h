/* SPDX-License-Identifier: Apache-2.0 */
/* layers.h: the launchers of a network's layers, apart from dense convolutions, which vendor libraries
 * compute. The formulas are those of host/math/layers.h. The rules of kernels.h hold; structs are host memory,
 * maps that are read and written are different memory unless it is said otherwise. */
#ifndef DSLT_KERNELS_LAYERS_H
#define DSLT_KERNELS_LAYERS_H

#include "kernels.h"
#include "math/layers.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A batch of maps in memory, [n][h + 2 border][w + 2 border][pitch]: the first `channels` values of a cell are
 * the map's. So one map may be written into a part of another's channels. Sides: 1 .. DSLT_LAYER_SIDE_MAX;
 * channels and pitch to DSLT_LAYER_CHANNELS_MAX. */
typedef struct dslt_layer_map {
  void *data;
  dslt_type type;
  int h, w;
  int channels, pitch;
  int border; /* 0 or 1: cells around each map; 1 in `finish` only */
} dslt_layer_map;

enum { DSLT_LAYER_SIDE_MAX = 1 << 16, DSLT_LAYER_CHANNELS_MAX = 1 << 17, DSLT_JOIN_INPUTS_MAX = 8 };

/* What is done to a sum before it is stored. */
typedef struct dslt_layer_end {
  int activation; /* dslt_activation */
  float slope;
  const float *bias;         /* as many as y's channels, or NULL */
  const dslt_layer_map *add; /* a map like y, added too; or NULL */
} dslt_layer_end;

typedef struct dslt_layer_window {
  int kernel[2], stride[2], dilation[2]; /* vertical first */
  int pad[4];                            /* top, left, bottom, right */
  int count_padding;                     /* of averages */
} dslt_layer_window;

typedef struct dslt_lrn_rule {
  int size, within; /* as in dslt_node */
  int channels;     /* that are summed; those behind them become 0 */
  float alpha, beta, k;
} dslt_lrn_rule;

/* y = activation(x + bias + add), of any types, paddings and pitches. Channels that x lacks and the border of
 * y become 0. y may be x where both lie alike in memory. */
int DSLT_LAUNCHER(finish)(dslt_stream stream, const dslt_layer_map *y, const dslt_layer_map *x,
                          const dslt_layer_end *end, int n, const int32_t *when);

/* Convolution of every channel by itself: output o reads channel o / multiplier. weights
 * [kernel][y->channels] of x's type. */
int DSLT_LAUNCHER(depthwise)(dslt_stream stream, const dslt_layer_map *y, const dslt_layer_map *x,
                             const void *weights, int multiplier, const dslt_layer_window *window,
                             const dslt_layer_end *end, int n, const int32_t *when);

/* The values that each output of a convolution reads, so that it is one matrix product a group:
 * columns [n][out_h][out_w][groups][kernel][x->channels / groups] of x's type, 0 where the kernel lies outside
 * of the map. */
int DSLT_LAUNCHER(columns)(dslt_stream stream, void *columns, const dslt_layer_map *x,
                           const dslt_layer_window *window, int groups, int out_h, int out_w, int n,
                           const int32_t *when);

/* Maximum (is_max 1) or average of each window; the windows' dilation is 1. end->bias and end->add are not
 * used, here and below. */
int DSLT_LAUNCHER(pool_window)(dslt_stream stream, const dslt_layer_map *y, const dslt_layer_map *x,
                               const dslt_layer_window *window, int is_max, const dslt_layer_end *end, int n,
                               const int32_t *when);

/* y of one cell: the average of all of x. */
int DSLT_LAUNCHER(global_average)(dslt_stream stream, const dslt_layer_map *y, const dslt_layer_map *x,
                                  const dslt_layer_end *end, int n, const int32_t *when);

int DSLT_LAUNCHER(lrn)(dslt_stream stream, const dslt_layer_map *y, const dslt_layer_map *x,
                       const dslt_lrn_rule *rule, const dslt_layer_end *end, int n, const int32_t *when);

/* Sum (is_product 0) or product of `count` (1 .. DSLT_JOIN_INPUTS_MAX) maps like y, of which those of one cell
 * count for every cell. y may be an input that is as large. */
int DSLT_LAUNCHER(join)(dslt_stream stream, const dslt_layer_map *y, const dslt_layer_map *x, int count,
                        int is_product, const dslt_layer_end *end, int n, const int32_t *when);

/* x enlarged by whole factors, which follow from the sides; linear 0: nearest, 1: bilinear. */
int DSLT_LAUNCHER(enlarge)(dslt_stream stream, const dslt_layer_map *y, const dslt_layer_map *x, int linear,
                           const dslt_layer_end *end, int n, const int32_t *when);

#ifdef __cplusplus
}
#endif

#endif
