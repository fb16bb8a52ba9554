/* SPDX-License-Identifier: Apache-2.0 */
/* trackloss.h: the parts of the tracking-loss tracker: candidates scored by proposal heads that learn on line, over a
 * fixed network. */
#ifndef DSLT_TRACKERS_TRACKLOSS_TRACKLOSS_H
#define DSLT_TRACKERS_TRACKLOSS_TRACKLOSS_H

#include "math/anchors.h"
#include "nn/network.h"
#include "tracker/type.h"
#include "trackers/trackloss/options.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const dslt_tracker_type dslt_type_trackloss;

enum {
  DSLT_TRACKLOSS_CHUNK = 16, /* crops that go through the network together */
  DSLT_TRACKLOSS_LEVELS = 3, /* search areas, with shared maps */
  DSLT_TRACKLOSS_HEADS_MAX = 2 * DSLT_TRACKLOSS_BRANCHES
};

/* The network's map of a crop, which is square. */
typedef struct dslt_trackloss_map {
  int input_side, side, channels, stride;
  double flop, parameters; /* of the layers that it needs, for one crop */
} dslt_trackloss_map;

/* Of a workspace. */
typedef struct dslt_trackloss_workspace {
  dslt_trackloss_map map;
  dslt_net *net;   /* for DSLT_TRACKLOSS_CHUNK crops */
  float *features; /* of a chunk */
  /* with shared maps: search areas, the largest as wide as candidates are shifted */
  dslt_trackloss_map area;
  dslt_net *area_net;
  float *area_features;
} dslt_trackloss_workspace;

/* A proposal head. */
typedef struct dslt_trackloss_head {
  dslt_anchors *anchors; /* borrowed from the target's, one for each mask */
  int count;             /* anchors of its mask */
  int strategy;
  dslt_anchor_loss_spec loss;
  float rate;
  float *w, *g, *m; /* parameters, gradient, momentum */
} dslt_trackloss_head;

/* Of a target. */
typedef struct dslt_trackloss_target {
  const dslt_trackloss_options *options;
  dslt_anchors *anchors[2]; /* of the masks */
  dslt_anchors *area;       /* all cells of a search area; NULL without shared maps */
  dslt_trackloss_head head[DSLT_TRACKLOSS_HEADS_MAX];
  int heads, branches;
  dslt_draw_rules candidates, positives, init_positives, negatives, init_near, init_far;
  dslt_choice_rules choosing;
  uint64_t positive_key, negative_key; /* of the draws from the stores */

  dslt_box *boxes, *crops; /* of one draw */
  float *means;            /* their scores, or those of mined items */
  float *scores;           /* of a head, [maps][anchors][2] */
  float *d_scores;
  float *store; /* maps of training boxes: first those of the target */
  dslt_item_ring *positive, *negative;
  dslt_choice *choice;
  int32_t *mined, *batch; /* items */
  float *response, *losses;
} dslt_trackloss_target;

/* Sections of a target's frame graph. */
enum { DSLT_TRACKLOSS_SECTION_STEP = DSLT_SECTION_FRAME + 1, DSLT_TRACKLOSS_SECTIONS };

static inline const dslt_trackloss_options *dslt_trackloss_options_of(const dslt_options *options) {
  return (const dslt_trackloss_options *)options->own;
}
static inline dslt_trackloss_workspace *dslt_trackloss_workspace_of(const dslt_feature_workspace *workspace) {
  return (dslt_trackloss_workspace *)workspace->own;
}
static inline dslt_trackloss_target *dslt_trackloss_target_of(const dslt_target *t) {
  return (dslt_trackloss_target *)t->own;
}

/* options.c, presets.c */
enum { DSLT_TRACKLOSS_ROWS = 42, DSLT_TRACKLOSS_PRESETS = 7 };
extern const dslt_option_row dslt_trackloss_rows[DSLT_TRACKLOSS_ROWS];
extern const dslt_preset dslt_trackloss_presets[DSLT_TRACKLOSS_PRESETS];
int dslt_trackloss_options_check(const dslt_common_options *common, const void *own);

/* network.c */
/* DSLT_EWEIGHTS says why the weights do not suit the tracker. */
int dslt_trackloss_map_of(dslt_trackloss_map *out, const dslt_trackloss_options *o,
                          const dslt_weights *weights);
int dslt_trackloss_open(dslt_shared *shared);
/* The same for the search area of shared maps. */
int dslt_trackloss_area_of(dslt_trackloss_map *out, const dslt_trackloss_options *o,
                           const dslt_weights *weights);
/* The network for n crops; `share`: an earlier one or NULL. */
int dslt_trackloss_plan_net(dslt_net **out, const dslt_shared *shared, const dslt_trackloss_map *map, int n,
                            const dslt_net *share);
/* A crop's side over its box's. */
double dslt_trackloss_grow(const dslt_trackloss_options *o);

/* plan.c: search area and memory */
int dslt_trackloss_measure(dslt_search *out, const dslt_shared *shared, int frame_width, int frame_height,
                           const dslt_box *box);
int dslt_trackloss_layout(dslt_feature_layout *out, const dslt_shared *shared, const dslt_search *search);
int dslt_trackloss_plan_workspace(dslt_feature_workspace *workspace, dslt_shared *shared,
                                  const dslt_search *search);
void dslt_trackloss_free_workspace(dslt_feature_workspace *workspace, dslt_shared *shared);
int dslt_trackloss_plan(dslt_target *t);
void dslt_trackloss_free(dslt_target *t);

/* heads.c: the branches' proposal heads */
/* The masks of a strategy, one or two; their number. */
int dslt_trackloss_strategies(int out[2], const dslt_trackloss_options *o);
int dslt_trackloss_plan_heads(dslt_target *t, const dslt_trackloss_map *map);
void dslt_trackloss_free_heads(dslt_target *t);
/* Scores of maps x, means [n]: item and x as anchors_forward() takes them. */
int dslt_trackloss_score(dslt_target *t, float *means, const float *x, const int32_t *item, int n);
/* Scores of the drawn boxes from the search areas' maps. */
int dslt_trackloss_score_areas(dslt_target *t);
/* One step of every head on the items of the batch; the loss goes into the record. */
int dslt_trackloss_step(dslt_target *t);

/* learn.c */
int dslt_trackloss_learn(dslt_target *t, dslt_result *result);
/* Training boxes around the present place into the stores. */
int dslt_trackloss_collect(dslt_target *t);
int dslt_trackloss_learn_online(dslt_target *t);
/* The maps of crops first .. first + n - 1 of the target's, n to DSLT_TRACKLOSS_CHUNK, in the workspace. */
int dslt_trackloss_extract(dslt_target *t, int first, int n);

/* frame.c */
int dslt_trackloss_frame(dslt_target *t);
int dslt_trackloss_result(dslt_result *out, dslt_target *t, const dslt_frame_record *record);

/* archive.c */
int dslt_trackloss_archive(dslt_target *t, dslt_archive *archive);

/* cost.c */
void dslt_trackloss_cost(dslt_work out[DSLT_STAGE_COUNT], const dslt_target *t,
                         const dslt_target_state *before, const dslt_result *result);

#ifdef __cplusplus
}
#endif

#endif
