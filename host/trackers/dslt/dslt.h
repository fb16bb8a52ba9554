/* SPDX-License-Identifier: Apache-2.0 */
/* dslt.h: the parts of DSLT, "Deep Regression Tracking with Shrinkage Loss" (ECCV 2018): its row in the list
 * of trackers, and what it keeps of a workspace and of a target. */
#ifndef DSLT_TRACKERS_DSLT_DSLT_H
#define DSLT_TRACKERS_DSLT_DSLT_H

#include "nn/backbone.h"
#include "nn/head.h"
#include "tracker/type.h"
#include "trackers/dslt/options.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const dslt_tracker_type dslt_type_dslt;

/* The maps of one or more crops: taps of the backbone, or what the reductions make of them. Not there where the
 * first one is NULL. */
typedef struct dslt_map_list {
  float *map[DSLT_TAPS_MAX];
} dslt_map_list;

/* Of a workspace, beside the search's taps. */
typedef struct dslt_dslt_workspace {
  dslt_net *pyramid;    /* for all levels, where place and scale are searched one after the other. Borrowed */
  dslt_map_list levels; /* taps of a pyramid, [levels]; none without a separate pyramid */
  dslt_map_list moved;  /* taps at the new place; none if never needed */
  /* If the reductions do not learn on line, a target reduces its taps first and stores them reduced:
   * [searched], [levels], one. None where taps are stored. */
  dslt_map_list search_reduced, levels_reduced, moved_reduced;
  int stored;                          /* maps of a sample */
  size_t stored_values[DSLT_TAPS_MAX]; /* of each */
} dslt_dslt_workspace;

/* Of a target. */
typedef struct dslt_dslt_target {
  const dslt_dslt_options *options;
  dslt_head *head;
  dslt_samples samples;
  dslt_samples first; /* taps for first-frame training, if samples are stored reduced afterwards */
  float *response;    /* of the search, [rh][rw]; unused where all scales are searched at once */
  float *responses;   /* of all levels */
  float *losses;      /* of each first-frame step, [init_steps] */
  float label_peak;   /* largest value of the label */
} dslt_dslt_target;

/* Sections of a target's frame graph behind the frame's: a first-frame step on each augmented sample. */
enum { DSLT_DSLT_FIRST_SLOTS = 6, DSLT_DSLT_SECTION_STEP = DSLT_SECTION_FRAME + 1 };

static inline const dslt_dslt_options *dslt_dslt_shared_options(const dslt_shared *shared) {
  return dslt_dslt_options_of(shared->options);
}
static inline dslt_dslt_workspace *dslt_dslt_workspace_of(const dslt_feature_workspace *workspace) {
  return (dslt_dslt_workspace *)workspace->own;
}
static inline dslt_dslt_target *dslt_dslt_target_of(const dslt_target *t) {
  return (dslt_dslt_target *)t->own;
}
/* Are place and scale searched at once, all levels around the last place? */
static inline int dslt_dslt_joint(const dslt_dslt_options *o) {
  return o->scale_joint && o->scale_levels > 1;
}

/* options.c */
enum { DSLT_DSLT_ROWS = 69 };
extern const dslt_option_row dslt_dslt_rows[DSLT_DSLT_ROWS];
int dslt_dslt_options_check(const dslt_common_options *common, const void *own);

/* presets.c */
enum { DSLT_DSLT_PRESETS = 3 };
extern const dslt_preset dslt_dslt_presets[DSLT_DSLT_PRESETS];

/* search.c: search area, rules and label's size of a target, for a backbone with these taps. */
void dslt_dslt_search(dslt_search *out, const dslt_dslt_options *o, const dslt_tap_list *taps,
                      int frame_width, int frame_height, const dslt_box *box);
/* Standard deviations of the soft label on the grid of `area`. */
dslt_label_shape dslt_dslt_label_shape(const dslt_search_area *area, const dslt_dslt_options *o);
/* The taps that the options name in these weights. Cannot fail where dslt_backbone_check() passed, but for
 * memory. */
int dslt_dslt_taps(dslt_tap_list *out, const dslt_dslt_options *o, const dslt_weights *weights);
/* The head of a target with this search. */
int dslt_dslt_head_shape(dslt_head_shape *out, const dslt_shared *shared, const dslt_search *search);

/* workspace.c, plan.c: memory */
int dslt_dslt_layout(dslt_feature_layout *out, const dslt_shared *shared, const dslt_search *search);
int dslt_dslt_plan_workspace(dslt_feature_workspace *workspace, dslt_shared *shared,
                             const dslt_search *search);
void dslt_dslt_free_workspace(dslt_feature_workspace *workspace, dslt_shared *shared);
int dslt_dslt_plan(dslt_target *t);
void dslt_dslt_free(dslt_target *t);

/* learn.c: the first frame, and an update's steps on the stored samples */
int dslt_dslt_learn(dslt_target *t, dslt_result *result);
int dslt_dslt_learn_online(dslt_target *t);

/* frame.c */
int dslt_dslt_frame(dslt_target *t);
int dslt_dslt_result(dslt_result *out, dslt_target *t, const dslt_frame_record *record);

/* archive.c */
int dslt_dslt_archive(dslt_target *t, dslt_archive *archive);

/* cost.c */
void dslt_dslt_cost(dslt_work out[DSLT_STAGE_COUNT], const dslt_target *t, const dslt_target_state *before,
                    const dslt_result *result);

#ifdef __cplusplus
}
#endif

#endif
