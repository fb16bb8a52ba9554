/* SPDX-License-Identifier: Apache-2.0 */
/* head.h: the regression network that learns on line (paper figure 2): channel reduction of two taps,
 * upsampling and fusion (first residual connection), base and residual regression and their sum (second
 * residual connection). */
#ifndef DSLT_NN_HEAD_H
#define DSLT_NN_HEAD_H

#include "backend/backend.h"

#ifdef __cplusplus
extern "C" {
#endif

/* When the reductions learn. Reductions that do not learn on line are applied once and samples are stored
 * reduced, which takes less memory and time. */
typedef enum dslt_reduction {
  DSLT_REDUCTION_FIXED = 0,  /* reductions and deconvolution keep their random initial weights */
  DSLT_REDUCTION_LEARNS = 1, /* they learn, on the first frame and on line */
  DSLT_REDUCTION_FIRST = 2   /* they learn on the first frame only */
} dslt_reduction;

typedef struct dslt_head dslt_head;

typedef struct dslt_head_shape {
  int map_height, map_width; /* low tap, cells */
  int factor;                /* the high tap is this many times smaller: 1, 2 or 4 */
  int low_channels, high_channels;
  int channels;      /* after reduction */
  int reduce_kernel; /* 1 or 3 */
  int kernel_height, kernel_width;
  int fusion, residual, bias; /* as in dslt_options */
  int train_reduction;        /* dslt_reduction */
  float fuse_low, fuse_high;
  float regress_sigma;
  int batch; /* largest batch of dslt_head_forward(); batches of 1 and `batch` are planned */
} dslt_head_shape;

typedef struct dslt_head_rates {
  float low, high;  /* learning rates of the base and of the residual branch */
  float bias;       /* biases: times this */
  float decay;      /* weight decay */
  float decay_high; /* residual regression: times this */
  int branch;       /* 1: the high layer's reduction and upsampling learn at `high` too, 0: at `low` */
  dslt_adam_rule adam;
} dslt_head_rates;

/* Reductions start He-normal, the upsampling bilinear, the regressions Gaussian; all from `seed`. */
int dslt_head_create(dslt_head **out, dslt_backend *backend, const dslt_head_shape *shape, uint64_t seed);
void dslt_head_free(dslt_head *head);

/* Reset Adam's moments and step count, keep the weights. */
int dslt_head_reset_optimiser(dslt_head *head);

/* While the reductions learn, features are the backbone's taps: low [n][h][w][low_channels], high
 * [n][h/f][w/f][high_channels]. Once they are frozen (with DSLT_REDUCTION_FIXED from the start), features are
 * reduced maps, [channels] each, which dslt_head_reduce() makes of taps. */

/* 1: features are reduced maps. */
int dslt_head_frozen(const dslt_head *head);
/* Freeze reductions and upsampling. Does nothing with DSLT_REDUCTION_LEARNS. */
void dslt_head_freeze(dslt_head *head);
/* Reduced maps of taps, n = 1 or batch; `high` is unchanged in a network without a high branch.
 * DSLT_EINTERNAL with DSLT_REDUCTION_LEARNS. */
int dslt_head_reduce(dslt_head *head, float *low, float *high, const float *tap_low, const float *tap_high,
                     int n);

/* response [n][rh][rw] from features; n = 1 or batch. With DSLT_REDUCTION_FIRST not before the freeze. */
int dslt_head_forward(dslt_head *head, float *response, const float *low, const float *high, int n);

/* Loss and gradients of one sample's features, left in the parameters; *loss is backend memory. Frozen
 * parameters' gradients are not touched. */
int dslt_head_gradient(dslt_head *head, float *loss, const float *low, const float *high, const float *label,
                       const dslt_loss_spec *spec);
/* One Adam step along those gradients. */
int dslt_head_step(dslt_head *head, const dslt_head_rates *rates);

/* Parameters, for tests and checkpoints. */
typedef enum dslt_head_param {
  DSLT_HEAD_REDUCE_LOW = 0,  /* [k][k][low_channels][channels] */
  DSLT_HEAD_REDUCE_HIGH = 1, /* [k][k][high_channels][channels] */
  DSLT_HEAD_UPSAMPLE = 2,    /* [2f][2f][channels]; empty where factor = 1 */
  DSLT_HEAD_BASE = 3,        /* [kh][kw][channels] */
  DSLT_HEAD_RESIDUAL = 4,    /* [kh][kw][channels] */
  DSLT_HEAD_BIAS = 5,        /* [2]: base, residual */
  DSLT_HEAD_PARAMS = 6
} dslt_head_param;
/* Borrowed; w and g are backend memory. */
const dslt_param *dslt_head_parameter(const dslt_head *head, dslt_head_param which);

#ifdef __cplusplus
}
#endif

#endif
