/* SPDX-License-Identifier: Apache-2.0 */
/* shared.h: what all targets of a tracker or a group have in common: backend, weights, options, and the
 * planned backbones, which keep one packed copy of the weights among them. */
#ifndef DSLT_TRACKER_SHARED_H
#define DSLT_TRACKER_SHARED_H

#include "backend/backend.h"
#include "nn/backbone.h"
#include "nn/weights.h"
#include "trackers/dslt/options.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A backbone kept for the next target of its size. */
typedef struct dslt_planned {
  dslt_net *net;
  int n, h, w;  /* batch and input size */
  int64_t used; /* by this plan last */
} dslt_planned;

typedef struct dslt_shared {
  dslt_options *options;        /* a copy */
  const dslt_dslt_options *own; /* its numbers of DSLT */
  const dslt_weights *weights;  /* borrowed */
  dslt_backend *backend;
  dslt_input_norm norm;
  dslt_tap taps[DSLT_TAPS]; /* of the backbone */
  dslt_planned *nets;       /* the first one owns the packed weights and goes last */
  int net_count, net_room;
  int64_t plan;   /* counts plans, for `used` */
  char note[256]; /* why backend "auto" does without a GPU, or "" */
} dslt_shared;

/* Check options (NULL: preset "default"; copied) and weights (borrowed) and open the backend. On failure
 * there is nothing to close. */
int dslt_shared_open(dslt_shared *out, const dslt_options *options, const dslt_weights *weights);
void dslt_shared_close(dslt_shared *s);

/* The backbone for inputs [n][h][w][3], planned unless an earlier plan left one; owned by `s`. Stays until
 * the plan after the next dslt_shared_new_plan(). */
int dslt_shared_net(dslt_net **out, dslt_shared *s, int n, int h, int w);
/* The backbones in use so far are no longer needed, but may be again. */
void dslt_shared_new_plan(dslt_shared *s);
/* Let go of what the present plan does not use, save the few used last. */
void dslt_shared_trim(dslt_shared *s);
/* Let go of all backbones, for their memory. None may be in use. */
void dslt_shared_forget(dslt_shared *s);

/* Zeroed backend memory. */
int dslt_shared_floats(float **out, dslt_shared *s, size_t count);

/* Is a frame's place searched in all scales at once? */
int dslt_shared_searches_levels(const dslt_shared *s);
const char *dslt_shared_precision(const dslt_shared *s);

#ifdef __cplusplus
}
#endif

#endif
