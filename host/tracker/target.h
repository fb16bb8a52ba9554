/* SPDX-License-Identifier: Apache-2.0 */
/* target.h: one target: what was learnt of it and where it is. Borrows a feature workspace shared by targets
 * of equal search size. */
#ifndef DSLT_TRACKER_TARGET_H
#define DSLT_TRACKER_TARGET_H

#include "feature_workspace.h"
#include "math/decision.h"
#include "math/early_stopping.h"
#include "nn/head.h"
#include "samples.h"
#include "shared.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sections of a target's frame graph: a frame, and a first-frame step on each sample slot. */
enum { DSLT_FIRST_SLOTS = 6, DSLT_SECTION_FRAME = 0, DSLT_SECTION_STEP = 1, DSLT_SECTIONS = 7 };

/* What a frame reads and decides, in backend memory; the host is told all that comes before `learns`. */
typedef struct dslt_frame_record {
  dslt_target_state state;
  dslt_decision decision;
  dslt_sample_ring ring;
  dslt_training training;
  float loss;                       /* of the last training step */
  int32_t learns[DSLT_SAMPLES_MAX]; /* flags: the frame's update learns from this slot */
} dslt_frame_record;

typedef struct dslt_target {
  dslt_shared *shared;
  const dslt_dslt_options *options; /* the shared ones, like the next two */
  dslt_backend *backend;
  const dslt_device_ops *device; /* the backend's tables */
  const dslt_nn_ops *nn;
  const dslt_vision_ops *vision;

  dslt_search geometry;
  dslt_feature_workspace *workspace; /* borrowed */
  int batch_index;                   /* of its searches in the workspace's batch */
  int alone;                         /* 1: searches by itself; 0: its group has done so before its calls */
  dslt_head *head;
  dslt_samples samples;
  dslt_samples first; /* taps that the first frame learns from where samples are stored reduced after it */
  float *response;    /* of the search, [rh][rw]; unused where all scales are searched at once */
  float *responses;   /* of the pyramid */
  const float *shown; /* the response map of the last frame */
  float *losses;      /* of each first-frame step, [init_steps] */
  dslt_frame_graph *graph;
  dslt_update_policy policy;
  float label_peak;          /* largest value of the label */
  dslt_frame_record *record; /* in backend memory */
  size_t response_values;    /* of one map */

  /* the host's view */
  dslt_target_state seen; /* state after the last frame */
  dslt_box window;        /* where the last response map lay */
  float *response_host;
  int response_made, response_fetched;
  float *init_losses; /* [init_steps] */
  dslt_result init_result;
} dslt_target;

/* plan.c: memory and plans for a target of this geometry; undo it all, whatever was reached. */
int dslt_target_plan(dslt_target *t, dslt_shared *shared, dslt_feature_workspace *workspace,
                     const dslt_search *geometry);
void dslt_target_unplan(dslt_target *t);

/* Learn a planned target, `box` on the backend's current frame. */
int dslt_target_learn(dslt_target *t, const dslt_box *box);
/* Begin to track into the backend's current frame; dslt_target_result() waits for the end. */
int dslt_target_frame(dslt_target *t);
int dslt_target_result(dslt_result *out, dslt_target *t);
/* As dslt_tracker_response(); DSLT_ESTATE before the first frame. */
int dslt_target_response(dslt_response *out, dslt_target *t);

/* The target's share of the search: `searched` crops around its state into its places of the workspace's input. */
int dslt_target_crop(dslt_target *t);

/* Make a section's calls or let the backend replay them; `calls` may be made twice and keeps nothing itself. */
int dslt_run_section(dslt_backend *backend, dslt_frame_graph *graph, int section,
                     int (*calls)(void *context, int argument), void *context, int argument);

/* learn.c: training on the first frame's sample: steps and last loss go into `result`; and the calls of an
 * update on the stored samples. */
int dslt_target_learn_first(dslt_target *t, dslt_result *result);
int dslt_target_learn_online(dslt_target *t);

#ifdef __cplusplus
}
#endif

#endif
