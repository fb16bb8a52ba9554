/* SPDX-License-Identifier: Apache-2.0 */
/* crt.h: the parts of CRT, "Convolutional Regression for Visual Tracking" (2016): its row in the list of
 * trackers, and what it keeps of a workspace and of a target. */
#ifndef DSLT_TRACKERS_CRT_CRT_H
#define DSLT_TRACKERS_CRT_CRT_H

#include "tracker/type.h"
#include "trackers/crt/options.h"
#include "trackers/crt/regression.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const dslt_tracker_type dslt_type_crt;

enum { DSLT_CRT_STRIDE = 4 }; /* input pixels a cell: two poolings, or HOG's cells */

/* Of a workspace. */
typedef struct dslt_crt_workspace {
  float *gradients, *histograms;    /* HOG of all levels' crops; NULL with a network */
  dslt_conv *project_one, *project; /* on the principal directions, one crop and all levels'; NULL without */
  float *projected;                 /* [levels]; NULL without */
} dslt_crt_workspace;

/* Of a target. */
typedef struct dslt_crt_target {
  const dslt_crt_options *options;
  dslt_crt_regression regression;
  dslt_samples samples;
  float *basis, *shift; /* [channels][pca_channels]; [levels][cells][pca_channels]. NULL without */
  float *responses;     /* of all levels */
  float *losses, *snr;  /* of each first-frame step, [init_steps] */
  double kept;          /* share of the variance that the principal directions keep; 1 without */
} dslt_crt_target;

/* Sections of a target's frame graph. */
enum { DSLT_CRT_SECTION_STEP = DSLT_SECTION_FRAME + 1, DSLT_CRT_SECTIONS };

static inline const dslt_crt_options *dslt_crt_options_of(const dslt_options *options) {
  return (const dslt_crt_options *)options->own;
}
static inline dslt_crt_workspace *dslt_crt_workspace_of(const dslt_feature_workspace *workspace) {
  return (dslt_crt_workspace *)workspace->own;
}
static inline dslt_crt_target *dslt_crt_target_of(const dslt_target *t) { return (dslt_crt_target *)t->own; }
/* Past frames that are kept, so that every memory_gap-th of them is there. */
static inline int dslt_crt_slots(const dslt_crt_options *o) { return (o->memory - 1) * o->memory_gap + 1; }

/* options.c */
enum { DSLT_CRT_ROWS = 33 };
extern const dslt_option_row dslt_crt_rows[DSLT_CRT_ROWS];
int dslt_crt_options_check(const dslt_common_options *common, const void *own);

/* presets.c */
enum { DSLT_CRT_PRESETS = 7 };
extern const dslt_preset dslt_crt_presets[DSLT_CRT_PRESETS];

/* search.c: search area and rules of a target. */
void dslt_crt_search(dslt_search *out, const dslt_crt_options *o, int frame_width, int frame_height,
                     const dslt_box *box);

/* network.c: the part of VGG-16 that makes the features. */
/* Are the layers there? DSLT_EWEIGHTS. */
int dslt_crt_check_weights(const dslt_crt_options *o, const dslt_weights *weights);
int dslt_crt_plan_net(dslt_net **out, const dslt_shared *shared, int n, int h, int w, const dslt_net *share);
/* Operations of one picture of h x w, and the parameters. */
void dslt_crt_network_work(double *flop, double *parameters, const dslt_crt_options *o,
                           const dslt_weights *weights, int h, int w);

/* features.c: from crops to what is regressed. */
/* Channels before and after the projection. */
int dslt_crt_channels(const dslt_crt_options *o, const dslt_weights *weights);
int dslt_crt_projected(const dslt_crt_options *o, const dslt_weights *weights);
int dslt_crt_layout(dslt_feature_layout *out, const dslt_shared *shared, const dslt_search *search);
int dslt_crt_plan_workspace(dslt_feature_workspace *workspace, dslt_shared *shared,
                            const dslt_search *search);
void dslt_crt_free_workspace(dslt_feature_workspace *workspace, dslt_shared *shared);
/* The features of all levels of the frame's search, after dslt_target_search(). Borrowed. */
int dslt_crt_search_features(const float **out, dslt_target *t);
/* Those of the first frame, into `out` [cells][channels]; fits the principal directions. */
int dslt_crt_first_features(float *out, dslt_target *t);

/* plan.c */
int dslt_crt_plan(dslt_target *t);
void dslt_crt_free(dslt_target *t);

/* learn.c: the first frame, and an update from the stored samples */
int dslt_crt_learn(dslt_target *t, dslt_result *result);
int dslt_crt_learn_online(dslt_target *t);

/* frame.c */
int dslt_crt_frame(dslt_target *t);
int dslt_crt_result(dslt_result *out, dslt_target *t, const dslt_frame_record *record);

/* archive.c */
int dslt_crt_archive(dslt_target *t, dslt_archive *archive);

/* cost.c */
void dslt_crt_cost(dslt_work out[DSLT_STAGE_COUNT], const dslt_target *t, const dslt_target_state *before,
                   const dslt_result *result);

#ifdef __cplusplus
}
#endif

#endif
