/* SPDX-License-Identifier: Apache-2.0 */
/* shared.h: what all targets of a tracker or a group have in common: backend, weights, options, and the
 * planned networks, which keep one packed copy of the weights among them. */
#ifndef DSLT_TRACKER_SHARED_H
#define DSLT_TRACKER_SHARED_H

#include "backend/backend.h"
#include "nn/weights.h"
#include "tracker/options.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A network kept for the next target of its size. */
typedef struct dslt_planned {
  dslt_net *net;
  int variant;  /* which of the weights' networks */
  int n, h, w;  /* batch and input size */
  int64_t used; /* by this plan last */
} dslt_planned;

typedef struct dslt_shared {
  dslt_options *options;         /* a copy */
  const dslt_tracker_type *type; /* theirs */
  const dslt_weights *weights;   /* borrowed */
  dslt_backend *backend;
  dslt_input_norm norm; /* of network inputs */
  int variant; /* which of the weights' networks the present video needs; 0 unless the tracker says so */
  dslt_planned *nets; /* the first one of a variant owns the packed weights and is freed after the others */
  int net_count, net_room;
  int64_t plan;   /* counts plans, for `used` */
  char note[256]; /* why backend "auto" does without a GPU, or "" */
} dslt_shared;

/* Check options (NULL: the preset that suits the weights; copied) and weights (borrowed) and open the backend. On failure
 * there is nothing to close. */
int dslt_shared_open(dslt_shared *out, const dslt_options *options, const dslt_weights *weights);
void dslt_shared_close(dslt_shared *s);

/* The network for inputs [n][h][w][3], planned unless an earlier plan left one; owned by `s`. Stays until the
 * plan after the next dslt_shared_new_plan(). */
int dslt_shared_net(dslt_net **out, dslt_shared *s, int n, int h, int w);
/* The networks in use so far are no longer needed, but may be again. */
void dslt_shared_new_plan(dslt_shared *s);
/* Free what the present plan does not use, except the few used last. */
void dslt_shared_trim(dslt_shared *s);
/* Free all networks, for their memory. None may be in use. */
void dslt_shared_forget(dslt_shared *s);

/* Zeroed backend memory. */
int dslt_shared_floats(float **out, dslt_shared *s, size_t count);

/* Name of the backbone's arithmetic: "f32", "bf16" or "tf32". Static storage. */
const char *dslt_shared_precision(const dslt_shared *s);

#ifdef __cplusplus
}
#endif

#endif
