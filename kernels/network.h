/* SPDX-License-Identifier: Apache-2.0 */
/* network.h: the launchers behind the backbone and the reductions: conversion between the layouts of vendor
 * libraries, and pooling. The rules of kernels.h hold. */
#ifndef DSLT_KERNELS_NETWORK_H
#define DSLT_KERNELS_NETWORK_H

#include "layers.h"

enum { DSLT_TAPS_TAKEN_MAX = 8 };

#ifdef __cplusplus
extern "C" {
#endif

/* A batch of maps in memory: [n][h + 2 border][w + 2 border][channels]. */
typedef struct dslt_map {
  void *data;
  dslt_type type;
  int channels; /* as stored */
  int border;   /* 0 or 1: cells around each map */
} dslt_map;

/* dst = src, cell by cell, from one such layout to another. Channels that src lacks and the border of dst
 * become 0; channels that dst lacks and the border of src are left out. bias (float32, as many as the fewer
 * channels; may be NULL) is added and relu (0 or 1) applied to what is inside. dst and src are different
 * memory, both structs host; n from 1, h and w to DSLT_MAP_SIDE_MAX, channels to DSLT_CHANNELS_MAX. */
int DSLT_LAUNCHER(remap)(dslt_stream stream, const dslt_map *dst, const dslt_map *src, const float *bias,
                         int relu, int n, int h, int w, const int32_t *when);

/* y [n][h/2][w/2][c] = the maximum of each 2 x 2 cells of x [n][h][w][c], both of `type`; h, w >= 2. */
int DSLT_LAUNCHER(pool)(dslt_stream stream, void *y, const void *x, dslt_type type, int n, int h, int w,
                        int c, const int32_t *when);

/* y[i] = x[i] for `count` maps (1 .. DSLT_TAPS_TAKEN_MAX) in one launch: x of one type, y packed float32, of x's sides and channels.
 * Host arrays; without borders. */
int DSLT_LAUNCHER(take_taps)(dslt_stream stream, const dslt_layer_map *y, const dslt_layer_map *x, int count,
                             int n, const int32_t *when);

#ifdef __cplusplus
}
#endif

#endif
