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

/* A network, in use or kept for the next target of its size. */
typedef struct dslt_planned {
  dslt_net *net;
  int variant;  /* which of the weights' networks */
  int n, h, w;  /* batch and input size */
  int users;    /* who took it and has not given it back */
  int64_t used; /* `uses` when it was taken or given back last */
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
  int64_t uses;   /* how often a network was taken or given back */
  char note[256]; /* why backend "auto" does without a GPU, or "" */
} dslt_shared;

/* Check options (NULL: the preset that suits the weights; copied) and weights (borrowed) and open the backend. On failure
 * there is nothing to close. */
int dslt_shared_open(dslt_shared *out, const dslt_options *options, const dslt_weights *weights);
void dslt_shared_close(dslt_shared *s);

enum { DSLT_NETS_KEPT = 8 }; /* enough for a few sizes in a few batch sizes */

/* The network for inputs [n][h][w][3], planned unless there is one; owned by `s`. Stays where it is until
 * dslt_shared_net_release(), which each success needs once; NULL is allowed there. */
int dslt_shared_net(dslt_net **out, dslt_shared *s, int n, int h, int w);
void dslt_shared_net_release(dslt_shared *s, const dslt_net *net);
/* Free networks that nobody uses, the longest unused first, until `keep` of all are left. Owners of packed weights stay. */
void dslt_shared_trim(dslt_shared *s, int keep);
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
