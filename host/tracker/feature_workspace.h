/* SPDX-License-Identifier: Apache-2.0 */
/* feature_workspace.h: all that it takes to look at a frame with search areas of one size: the backbones, and memory for
 * crops and features. Targets of that size use it in turn. */
#ifndef DSLT_TRACKER_FEATURE_WORKSPACE_H
#define DSLT_TRACKER_FEATURE_WORKSPACE_H

#include "shared.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Both maps of one or more crops. */
typedef struct dslt_features {
  float *low, *high;
} dslt_features;

typedef struct dslt_feature_workspace {
  int input_height, input_width;   /* px */
  int batch;                       /* searches whose features there is room for */
  int searched;                    /* crops of one search: every level of the pyramid, or one */
  dslt_net *single, *pyramid;      /* for one crop; for all levels, NULL where none is run. Borrowed */
  float *input;                    /* crops, [.][input_height][input_width][3] */
  float *low, *high;               /* taps of the searches, [batch][searched] */
  float *low_levels, *high_levels; /* of a pyramid; NULL where there is none besides the search */
  float *low_moved, *high_moved;   /* extracted again at the new place; NULL where that is never wanted */
  size_t input_values, low_values, high_values; /* of one crop */
  /* Where the reductions do not learn on line, a target reduces its features before anything else is done
   * with them, and stores them so: [searched], [levels], one. NULL where taps are stored. */
  dslt_features search_reduced, levels_reduced, moved_reduced;
  size_t low_stored, high_stored; /* values of one sample's maps */
} dslt_feature_workspace;

/* For targets of this geometry's input size, `batch` of them searched at once. The backbones of searches are
 * the caller's to plan, `pyramid` where one target searches all levels alone. On failure there is nothing to
 * close. */
int dslt_feature_workspace_open(dslt_feature_workspace *out, dslt_shared *shared, const dslt_search *geometry,
                                int batch);
void dslt_feature_workspace_close(dslt_feature_workspace *workspace, dslt_shared *shared);

#ifdef __cplusplus
}
#endif

#endif
