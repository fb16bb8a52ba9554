/* SPDX-License-Identifier: Apache-2.0 */
/* feature_workspace.h: networks and memory for crops and taps, to extract features from search areas of one
 * size. Targets of that size use it in turn. */
#ifndef DSLT_TRACKER_FEATURE_WORKSPACE_H
#define DSLT_TRACKER_FEATURE_WORKSPACE_H

#include "tracker/shared.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A tracker's requirements for a workspace. */
typedef struct dslt_feature_layout {
  int searched;                         /* crops of one search, all of the same size, 1 or more */
  int crops;                            /* crops that a target needs at once for other purposes */
  int taps;                             /* of the network; 0 without one */
  size_t tap_values[DSLT_NET_TAPS_MAX]; /* of one crop */
} dslt_feature_layout;

typedef struct dslt_feature_workspace {
  int input_height, input_width; /* px */
  int batch;                     /* searches whose features fit at once; 0: not open */
  int searched;                  /* crops of one search */
  int taps;
  size_t input_values, tap_values[DSLT_NET_TAPS_MAX]; /* of one crop */
  dslt_net *single;                                   /* for one crop; of `shared`, NULL without a network */
  dslt_net *search;                                   /* for the crops of one search; likewise */
  float *input;                                       /* crops, [.][input_height][input_width][3] */
  float *tap[DSLT_NET_TAPS_MAX];                      /* of the searches, [batch][searched] */
  void *own;                                          /* the tracker's own part */
} dslt_feature_workspace;

/* For searches like this one, `batch` of them at once; plans the network for one crop, `search` is the
 * caller's to plan. On failure there is nothing to close. Closing gives both networks back. */
int dslt_feature_workspace_open(dslt_feature_workspace *out, dslt_shared *shared, const dslt_search *search,
                                int batch);
void dslt_feature_workspace_close(dslt_feature_workspace *workspace, dslt_shared *shared);

#ifdef __cplusplus
}
#endif

#endif
