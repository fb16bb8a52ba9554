/* SPDX-License-Identifier: Apache-2.0 */
/* target.h: one target of any tracker: where it is, the record of its frame, and the tracker's own part of
 * it. Borrows a feature workspace shared by targets of equal search size. */
#ifndef DSLT_TRACKER_TARGET_H
#define DSLT_TRACKER_TARGET_H

#include "math/decision.h"
#include "math/early_stopping.h"
#include "tracker/feature_workspace.h"
#include "tracker/first_sight.h"
#include "tracker/samples.h"
#include "tracker/search_area.h"
#include "tracker/shared.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { DSLT_SECTION_FRAME = 0 }; /* of a target's frame graph; the tracker's own sections follow */

/* What a frame reads and decides, in backend memory; all members before `learns` are copied to the host. */
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
  const dslt_tracker_type *type; /* the shared one, like the next four */
  dslt_backend *backend;
  const dslt_device_ops *device;
  const dslt_nn_ops *nn;
  const dslt_vision_ops *vision;

  dslt_search search;                /* area and rules */
  dslt_feature_workspace *workspace; /* borrowed */
  int batch_index;                   /* of its searches in the workspace's batch */
  int alone;                         /* 1: runs its own search; 0: its group runs it as part of a batch */
  dslt_frame_graph *graph;
  dslt_frame_record *record; /* in backend memory */
  void *own;                 /* the tracker's own part: heads, samples, buffers */

  /* set by the tracker's plan() */
  dslt_sample_ring ring; /* of the samples as the second frame finds it; for one sample unless set */
  dslt_update_policy policy;
  float *init_losses; /* host memory, one for each first-frame step; may be NULL. Freed with the target */
  float *init_snr;    /* likewise: the response's signal-to-noise ratio */

  /* the host's view */
  dslt_target_state seen; /* state after the last frame */
  int32_t decided;        /* frames that were decided on (decision.h); -1: not known */
  const float *shown;     /* the response map of the last frame, in backend memory */
  size_t response_values; /* of one map */
  dslt_box window;        /* where it lay */
  float *response_host;
  int response_made, response_fetched;
  dslt_result init_result, last_result;
  dslt_box kept; /* the first box */
  int blank;     /* 1: the first frame showed one colour, so the box is kept and the target counts as lost */
  dslt_first_sight
      *sight; /* of a target in noise that was not seen since the first frame; else NULL. Owned */
  int waits;  /* 1: it is not to be seen in the present frame either, and not searched for */
} dslt_target;

/* Memory and plans for a target with this search; free them, also after an incomplete creation. */
int dslt_target_plan(dslt_target *t, dslt_shared *shared, dslt_feature_workspace *workspace,
                     const dslt_search *search);
void dslt_target_unplan(dslt_target *t);

/* Learn a planned target, `box` on the backend's current frame. */
int dslt_target_learn(dslt_target *t, const dslt_box *box);
/* Does it wait in the next frame too? */
void dslt_target_look(dslt_target *t, const dslt_image *frame);
/* May the next frame, or, ahead = 1, the one after it, end with an update? */
int dslt_target_updates(const dslt_target *t, int ahead);
/* Begin to track into the backend's current frame, unless it waits; dslt_target_result() waits for the end. */
int dslt_target_frame(dslt_target *t);
int dslt_target_result(dslt_result *out, dslt_target *t);
/* As dslt_tracker_response(); DSLT_ESTATE before the first frame. */
int dslt_target_response(dslt_response *out, dslt_target *t);

/* As dslt_tracker_init_channels(). */
int dslt_target_channels(dslt_channel_weights *out, const dslt_target *t, int index);

/* target_archive.c: a target as entries of an archive. Reading, `t` is planned, and its search, `kept` and `blank` are set. */
int dslt_target_archive(dslt_target *t, dslt_archive *archive);

/* ---- for trackers -------------------------------------------------------------------------------- */

/* Make a section's calls or let the backend replay them; `calls` may be called twice and must not keep
 * state. */
int dslt_run_section(dslt_backend *backend, dslt_frame_graph *graph, int section,
                     int (*calls)(void *context, int argument), void *context, int argument);
/* Add the time since the last mark to `stage`. */
int dslt_target_mark(dslt_target *t, dslt_stage stage);
/* `count` crops around the state, from level `first_level` on, into `input`; reader: as for the backend's crop(). */
int dslt_target_crop(dslt_target *t, float *input, dslt_net *reader, int first_level, int count);
/* Where the target's crops and taps lie in those of all searches of its workspace. */
float *dslt_target_input(const dslt_target *t);
float *dslt_target_tap(const dslt_target *t, int tap);
/* The search around the last place: its crops, and their taps where there is a network; unless the group has
 * done it for a batch. Marks both stages. */
int dslt_target_crop_search(dslt_target *t);
int dslt_target_search(dslt_target *t);
/* The frame's response is `map`, in backend memory until the next frame, made around `state` at level
 * `level`. */
void dslt_target_show(dslt_target *t, const float *map, const dslt_target_state *state, int level);

#ifdef __cplusplus
}
#endif

#endif
