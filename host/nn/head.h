/* SPDX-License-Identifier: Apache-2.0 */
/* head.h: the regression network that learns on line (paper figure 2), over one to four taps: channel
 * reduction of each, upsampling and weighted sum (first residual connection), base and residual regression
 * and their sum (second residual connection). The paper's has two taps.
 *
 *   fused    = fuse_0 r_0 + fuse_1 up(r_1) + ...       r_i: reduced map of tap i, the finest first
 *   response = base * fused + residual * up(r_last)    base only, where there is one tap */
#ifndef DSLT_NN_HEAD_H
#define DSLT_NN_HEAD_H

#include "backend/backend.h"
#include "base/archive.h"
#include "nn/backbone.h"

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

typedef struct dslt_head_tap {
  int channels;
  int factor; /* its map is this many times smaller than the first one's: 1, 2, 4 or 8; 1 for the first */
  float fuse; /* its weight in the sum; without effect for a single tap */
} dslt_head_tap;

typedef struct dslt_head_shape {
  int map_height, map_width; /* first tap, cells; multiples of every factor */
  int taps;                  /* 1..DSLT_TAPS_MAX */
  dslt_head_tap tap[DSLT_TAPS_MAX];
  int channels;      /* after reduction */
  int reduce_kernel; /* 1 or 3 */
  int kernel_height, kernel_width;
  int fusion, residual, bias; /* as in dslt_options; a single tap has neither fusion nor residual */
  int train_reduction;        /* dslt_reduction */
  float regress_sigma;
  int batch; /* largest batch of dslt_head_forward(); batches of 1 and `batch` are planned */
} dslt_head_shape;

/* Which reductions and upsamplings learn at the rate `high`. */
typedef enum dslt_branch_rates {
  DSLT_BRANCH_NONE = 0,     /* none: all at `low` */
  DSLT_BRANCH_COARSEST = 1, /* the coarsest tap's */
  DSLT_BRANCH_COARSER = 2   /* those of all taps but the finest */
} dslt_branch_rates;

typedef struct dslt_head_rates {
  float low, high;  /* learning rates of the base and of the residual branch */
  float bias;       /* biases: times this */
  float decay;      /* weight decay */
  float decay_high; /* residual regression: times this */
  int branch;       /* dslt_branch_rates */
  dslt_adam_rule adam;
} dslt_head_rates;

/* Reductions start He-normal, the upsampling bilinear, the regressions Gaussian; all from `seed`. */
int dslt_head_create(dslt_head **out, dslt_backend *backend, const dslt_head_shape *shape, uint64_t seed);
void dslt_head_free(dslt_head *head);

/* Reset Adam's moments and step count, keep the weights. */
int dslt_head_reset_optimiser(dslt_head *head);

/* While the reductions learn, features are the backbone's taps: features[i] [n][h/f][w/f][channels of tap i].
 * Once they are frozen (with DSLT_REDUCTION_FIXED from the start), features are reduced maps, [channels] each,
 * which dslt_head_reduce() makes of taps: at most two, whatever the number of taps, since everything between
 * the taps and their sum is fixed then. The first is the sum of all taps but the coarsest (of two: the reduced
 * finer one), the second the reduced coarsest one. */

/* Number of maps of a sample's features, as they are stored: taps with DSLT_REDUCTION_LEARNS, reduced maps
 * otherwise; values[i] [DSLT_TAPS_MAX] becomes the values of map i. */
int dslt_head_features(size_t *values, const dslt_head_shape *shape);

/* 1: features are reduced maps. */
int dslt_head_frozen(const dslt_head *head);
/* Freeze reductions and upsampling. Does nothing with DSLT_REDUCTION_LEARNS. */
void dslt_head_freeze(dslt_head *head);
/* Reduced maps of taps, n = 1 or batch. DSLT_EINTERNAL with DSLT_REDUCTION_LEARNS. */
int dslt_head_reduce(dslt_head *head, float *const *reduced, float *const *taps, int n);

/* response [n][rh][rw] from features; n = 1 or batch. With DSLT_REDUCTION_FIRST not before the freeze. */
int dslt_head_forward(dslt_head *head, float *response, float *const *features, int n);

/* Loss and gradients of one sample's features, left in the parameters; *loss is backend memory. Frozen
 * parameters' gradients are not touched. */
int dslt_head_gradient(dslt_head *head, float *loss, float *const *features, const float *label,
                       const dslt_loss_spec *spec);
/* One Adam step along those gradients. */
int dslt_head_step(dslt_head *head, const dslt_head_rates *rates);
/* Both, in fewer operations where the backend can. */
int dslt_head_learn(dslt_head *head, float *loss, float *const *features, const float *label,
                    const dslt_loss_spec *spec, const dslt_head_rates *rates);

/* What it has learnt as entries of an archive: parameters, moments, and whether its reductions are frozen. To be read into a
 * head of the same shape; between begin() and end(). */
int dslt_head_archive(dslt_head *head, dslt_archive *archive);

/* Parameters, for tests. Those that the shape does not need are empty: of an unused tap, the
 * upsampling of a factor 1. */
typedef enum dslt_head_param {
  DSLT_HEAD_REDUCE = 0,               /* + tap: [k][k][channels of the tap][channels] */
  DSLT_HEAD_UPSAMPLE = DSLT_TAPS_MAX, /* + tap: [2f][2f][channels] */
  DSLT_HEAD_BASE = 2 * DSLT_TAPS_MAX, /* [kh][kw][channels] */
  DSLT_HEAD_RESIDUAL,                 /* [kh][kw][channels] */
  DSLT_HEAD_BIAS,                     /* [2]: base, residual */
  DSLT_HEAD_PARAMS
} dslt_head_param;
/* Borrowed; w and g are backend memory. `which`: dslt_head_param, plus the tap's number where it says so. */
const dslt_param *dslt_head_parameter(const dslt_head *head, int which);

#ifdef __cplusplus
}
#endif

#endif
