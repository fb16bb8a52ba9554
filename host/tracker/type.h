/* SPDX-License-Identifier: Apache-2.0 */
/* type.h: the interface of a tracker: one constant table, through which all other code uses it. The functions
 * from `learn` on are called between begin() and end() of the backend. */
#ifndef DSLT_TRACKER_TYPE_H
#define DSLT_TRACKER_TYPE_H

#include "tracker/frame_area.h"
#include "tracker/options.h"
#include "tracker/target.h"
#include "tracker/work.h"

#ifdef __cplusplus
extern "C" {
#endif

struct dslt_tracker_type {
  const char *name;    /* "dslt" */
  const char *summary; /* one line */
  const char *weights; /* shipped weights that suit it, a name for dslt_weights_load(); NULL: none */

  /* ---- options ---- */
  size_t options_size; /* of the tracker's own struct of options, bytes */
  const dslt_option_row *rows;
  int row_count;
  const dslt_preset *presets;
  int preset_count;
  /* Do these options, each in its range, fit together? DSLT_EOPTION says which does not. May be NULL. */
  int (*check)(const dslt_common_options *common, const void *own);

  /* ---- what targets share ---- */
  /* Check the weights against the options and set `norm`; the backend is not open yet. DSLT_EWEIGHTS. */
  int (*open)(dslt_shared *shared);
  /* Look at the first frame of a video, before measure(): `shared->variant` may say which of the weights'
   * networks to plan. May be NULL. */
  int (*look)(dslt_shared *shared, const dslt_image *frame);
  /* Plan the network for inputs [n][h][w][3]; `share` (may be NULL) is an earlier plan to take weights from.
   * *out stays NULL where the options need no network. The function is NULL where the tracker has none. Without
   * one, each target is searched by itself. */
  int (*plan_net)(dslt_net **out, const dslt_shared *shared, int n, int h, int w, const dslt_net *share);
  /* What a workspace for searches like this one holds. */
  int (*layout)(dslt_feature_layout *out, const dslt_shared *shared, const dslt_search *search);
  size_t workspace_size; /* of the tracker's own part of a workspace, bytes; 0 = none */
  /* Fill that part, which is zeroed before. free_workspace() frees it, also after a failure. Both may be
   * NULL. */
  int (*plan_workspace)(dslt_feature_workspace *workspace, dslt_shared *shared, const dslt_search *search);
  void (*free_workspace)(dslt_feature_workspace *workspace, dslt_shared *shared);

  /* ---- one target ---- */
  /* Search area and rules of a target; `box` is checked and lies in a frame of that size. */
  int (*measure)(dslt_search *out, const dslt_shared *shared, int frame_width, int frame_height,
                 const dslt_box *box);
  size_t target_size; /* of the tracker's own part of a target, bytes */
  int sections;       /* of a target's frame graph, 1 or more; section 0 is the frame */
  int learns_in_turn; /* 1: an update's steps are made on each stored sample, 0: on all of them at once */
  /* Heads, sample memory and buffers of a target, whose own part is zeroed before; also its ring, policy and
   * list of losses. free() frees it, also after a failure. */
  int (*plan)(dslt_target *t);
  void (*free)(dslt_target *t);
  /* List all memory of the target that a frame reads and an earlier frame wrote, as entries of an archive: after plan(), to
   * read it, or later, to write it; between begin() and end(). What plan() makes of options, weights and box is not listed.
   * NULL: targets cannot be saved. */
  int (*archive)(dslt_target *t, dslt_archive *archive);
  /* Learn the target on the backend's current frame; steps, loss and peak go into `result`. */
  int (*learn)(dslt_target *t, dslt_result *result);
  /* Crop the frame's search into dslt_target_input(). NULL: the levels around the middle one, by crop(). */
  int (*crop)(dslt_target *t);
  /* What the calls of the next frame read of it, or, ahead = 1, those of the frame after that. NULL: DSLT_READS_ALL. */
  dslt_reads (*reads)(const dslt_target *t, int ahead);
  /* The calls of one frame. A device may record them, so they must be the same for every frame and not wait:
   * decisions about a frame are made in backend memory. */
  int (*frame)(dslt_target *t);
  /* Fill in the frame's result. `record` is the target's; t->seen still holds the state before the frame.
   * Box, lost and stage times are filled in already. */
  int (*result)(dslt_result *out, dslt_target *t, const dslt_frame_record *record);
  /* Block `index` of channel attention, as dslt_tracker_init_channels() gives it: 1, or 0 past the last one. NULL: the
   * tracker has none. */
  int (*channel_weights)(dslt_channel_weights *out, const dslt_target *t, int index);
  /* Least work of each stage of a frame that began at `before` and gave `result`; for dslt bench. */
  void (*cost)(dslt_work out[DSLT_STAGE_COUNT], const dslt_target *t, const dslt_target_state *before,
               const dslt_result *result);
};

/* Tracker `index` of this build, counted from 0; NULL past the end. The first one has the preset
 * "default". */
const dslt_tracker_type *dslt_tracker_type_at(int index);

#ifdef __cplusplus
}
#endif

#endif
