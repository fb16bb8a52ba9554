/* SPDX-License-Identifier: Apache-2.0 */
/* group.h: several targets in one video: one frame, one backend, one copy of the weights; targets of one
 * input size search through the backbone together. A tracker is a group of one. */
#ifndef DSLT_TRACKER_GROUP_H
#define DSLT_TRACKER_GROUP_H

#include "tracker/target.h"
#include "tracker/work.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A target that leaves a batch of several stays in it, untracked, until the others have left, because the batch's network
 * and addresses are fixed. Who joins has a batch of its own. So there may be twice as many as are tracked. */
enum { DSLT_GROUP_SLOTS = 2 * DSLT_GROUP_TARGETS };

/* Targets of one workspace whose searches are one batch. */
typedef struct dslt_search_batch {
  dslt_feature_workspace *workspace;
  int first, count;        /* in the group's order; count 0: nobody is left */
  int tracked;             /* of them, those that have not left */
  dslt_net *net;           /* for the whole batch; NULL for a target that searches by itself. Of `shared` */
  dslt_frame_graph *graph; /* of the batch; NULL likewise */
} dslt_search_batch;

struct dslt_group {
  dslt_shared shared;
  int at_once; /* searches in a batch at most; 0 = the backend's choice */

  /* one video: made by init, NULL before */
  int ready, count;                   /* init succeeded; targets that are tracked */
  int slot[DSLT_GROUP_TARGETS];       /* [count] where target number i lies */
  dslt_target *targets;               /* [DSLT_GROUP_SLOTS], unplanned ones are free; they never move */
  uint8_t *left;                      /* [DSLT_GROUP_SLOTS] 1: not tracked any more */
  dslt_feature_workspace *workspaces; /* [DSLT_GROUP_SLOTS], one for each input size; they never move */
  int workspace_count;                /* of them, those that are open */
  dslt_search_batch *batches;         /* [DSLT_GROUP_SLOTS] */
  int batch_count;
  int *order;         /* [DSLT_GROUP_SLOTS] slots batch by batch */
  int ordered;        /* entries of it that belong to a batch */
  dslt_result *fresh; /* [DSLT_GROUP_SLOTS] results of the frame being tracked */
  int frame_width, frame_height;
  dslt_image next; /* announced by prefetch; data NULL: none */
};

/* The parts of the public functions that a tracker shares. Arguments are checked by the caller, save frames
 * and boxes. dslt_group_open() fills the struct, with nothing to close on failure. */
int dslt_group_open(dslt_group *out, const dslt_options *options, const dslt_weights *weights);
void dslt_group_close(dslt_group *group);
int dslt_group_learn(dslt_group *group, const dslt_image *frame, const dslt_box *boxes, int count);
int dslt_group_track(dslt_result *results, dslt_group *group, const dslt_image *frame);
int dslt_group_announce(dslt_group *group, const dslt_image *frame);

/* For tests: how many searches a batch of the next init holds at most, 1..64; 0 = the backend's choice. */
void dslt_group_set_batch(dslt_group *group, int at_once);
/* Target number `index` of an initialised group. */
const dslt_target *dslt_group_target(const dslt_group *group, int index);

/* The least work, stage by stage, of the frame that took target number `target` of an initialised group from
 * `before` to `result`. A run over a batch counts in full for each target that shares it. */
void dslt_group_work(dslt_work out[DSLT_STAGE_COUNT], const dslt_group *group, int target,
                     const dslt_target_state *before, const dslt_result *result);

/* batch_planning.c: sort the targets of these searches into workspaces and batches, and plan them all; undo
 * it. */
int dslt_group_plan(dslt_group *group, const dslt_search *searches, int count);
/* Plan one more target, which searches by itself, in a free slot; its number becomes group->count, which the caller raises
 * when it has learnt. After a failure, and to let target number `index` go: dslt_group_drop() of its slot. */
int dslt_group_plan_one(int *slot, dslt_group *group, const dslt_search *search);
void dslt_group_drop(dslt_group *group, int slot);
void dslt_group_unplan(dslt_group *group);

#ifdef __cplusplus
}
#endif

#endif
