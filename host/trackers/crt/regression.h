/* SPDX-License-Identifier: Apache-2.0 */
/* regression.h: CRT's convolution of the object's size to one channel, with a bias: response, loss and gradient
 * of a sample, Adam. */
#ifndef DSLT_TRACKERS_CRT_REGRESSION_H
#define DSLT_TRACKERS_CRT_REGRESSION_H

#include "backend/backend.h"
#include "base/archive.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dslt_crt_regression {
  dslt_backend *backend;
  dslt_regress *one, *all; /* for a sample and for a search's levels */
  size_t weights;          /* of the kernel [kh][kw][channels]; the bias follows them */
  size_t response_values;  /* of one map */
  float *w;                /* [weights] kernel, bias, 0 */
  float *gradient;         /* likewise, of the last sample */
  float *sum;              /* ... of several samples */
  float *m, *v, *zero;     /* Adam's moments; zeros */
  float *response;         /* [levels] without bias; the first one is the last sample's too */
  float *d_response;
  int32_t *step;
} dslt_crt_regression;

typedef struct dslt_crt_regression_shape {
  int map_height, map_width, channels; /* of a sample */
  int kernel_height, kernel_width;     /* cells */
  int levels;                          /* of a search */
} dslt_crt_regression_shape;

/* Learning rate and weight decay with Adam's other numbers. */
typedef struct dslt_crt_rule {
  float rate, decay;
  dslt_adam_rule adam;
} dslt_crt_rule;

/* Memory and plans; dslt_crt_regression_free() undoes it, also after a failure. */
int dslt_crt_regression_plan(dslt_crt_regression *out, dslt_backend *backend,
                             const dslt_crt_regression_shape *shape);
void dslt_crt_regression_free(dslt_crt_regression *r);
/* Draw the kernel from a Gaussian of deviation `sigma`; the bias becomes 0. */
int dslt_crt_regression_draw(dslt_crt_regression *r, double sigma, uint64_t seed);
/* Forget Adam's moments and steps. */
int dslt_crt_regression_reset(dslt_crt_regression *r);
/* Weights and moments as entries of an archive, to be read into a regression of the same shape. */
int dslt_crt_regression_archive(dslt_crt_regression *r, dslt_archive *archive);
/* responses [levels] of a search's features. */
int dslt_crt_regression_respond(dslt_crt_regression *r, float *responses, const float *features, int levels);
/* *loss (backend memory) of a sample, without the weight decay's share, and its gradient. */
int dslt_crt_regression_gradient(dslt_crt_regression *r, float *loss, const float *features,
                                 const float *label, const dslt_loss_spec *spec);
/* The sum of gradients: begin with 0; add share times the last one. */
int dslt_crt_regression_clear_sum(dslt_crt_regression *r);
int dslt_crt_regression_add(dslt_crt_regression *r, float share);
/* A step along `gradient`: the last one, or the sum. */
int dslt_crt_regression_step(dslt_crt_regression *r, float *gradient, const dslt_crt_rule *rule);

#ifdef __cplusplus
}
#endif

#endif
