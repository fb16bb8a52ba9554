/* SPDX-License-Identifier: Apache-2.0 */
/* adacf.h: the parts of CFNet and AdaCFNet: a small network, a correlation filter in closed form that is learnt anew
 * in every frame, and a template that is its running mean. */
#ifndef DSLT_TRACKERS_ADACF_ADACF_H
#define DSLT_TRACKERS_ADACF_ADACF_H

#include "math/hann_search.h"
#include "nn/network.h"
#include "tracker/type.h"
#include "trackers/adacf/options.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const dslt_tracker_type dslt_type_adacf;

enum { DSLT_ADACF_INPUT = 255 }; /* side of the network's input, px */
enum {
  DSLT_ADACF_GATES = DSLT_NET_TAPS_MAX - 1
}; /* blocks of channel attention whose weights are kept, at most */

/* Of a workspace. */
typedef struct dslt_adacf_workspace {
  float *region;                  /* the frame's part that the levels are cut from */
  float *enlarged;                /* responses of all levels, enlarged */
  float *features;                /* of one crop */
  dslt_net *attention;            /* gives the channels' weights of one crop; NULL: the network has none */
  float *gates[DSLT_ADACF_GATES]; /* these weights */
} dslt_adacf_workspace;

/* Of a target. */
typedef struct dslt_adacf_target {
  const dslt_adacf_options *options;
  dslt_filter *filter;
  float *kernel;             /* the template */
  float *responses;          /* of all levels */
  float *fill;               /* the first frame's mean colour, for pixels outside the frame */
  dslt_target_state *before; /* the state before the frame */
  int gates;                 /* blocks of channel attention */
  dslt_channel_weights gate[DSLT_ADACF_GATES]; /* of the first frame; values [count] are owned */
} dslt_adacf_target;

static inline const dslt_adacf_options *dslt_adacf_shared_options(const dslt_shared *shared) {
  return dslt_adacf_options_of(shared->options);
}
static inline dslt_adacf_workspace *dslt_adacf_workspace_of(const dslt_feature_workspace *workspace) {
  return (dslt_adacf_workspace *)workspace->own;
}
static inline dslt_adacf_target *dslt_adacf_target_of(const dslt_target *t) {
  return (dslt_adacf_target *)t->own;
}

/* options.c */
enum { DSLT_ADACF_ROWS = 15, DSLT_ADACF_PRESETS = 2 };
extern const dslt_option_row dslt_adacf_rows[DSLT_ADACF_ROWS];
extern const dslt_preset dslt_adacf_presets[DSLT_ADACF_PRESETS];
int dslt_adacf_options_check(const dslt_common_options *common, const void *own);

/* features.c: the network's map, which is square. */
typedef struct dslt_adacf_map {
  int side, channels, stride;
  double flop, parameters; /* of the layers that it needs, for one crop */
  int gates;               /* layers whose one cell the map's channels, or earlier ones, are multiplied by */
  int gate[DSLT_ADACF_GATES], gate_channels[DSLT_ADACF_GATES];
} dslt_adacf_map;
/* DSLT_EWEIGHTS says why the weights do not suit the tracker. */
int dslt_adacf_map_of(dslt_adacf_map *out, const dslt_shared *shared);
int dslt_adacf_open(dslt_shared *shared);
int dslt_adacf_look(dslt_shared *shared, const dslt_image *frame);
int dslt_adacf_plan_net(dslt_net **out, const dslt_shared *shared, int n, int h, int w,
                        const dslt_net *share);
/* The network up to the layers that give channels their weights, of which there are some. */
int dslt_adacf_plan_gates(dslt_net **out, const dslt_shared *shared, const dslt_adacf_map *map);

/* plan.c: search area and memory */
int dslt_adacf_measure(dslt_search *out, const dslt_shared *shared, int frame_width, int frame_height,
                       const dslt_box *box);
int dslt_adacf_layout(dslt_feature_layout *out, const dslt_shared *shared, const dslt_search *search);
int dslt_adacf_plan_workspace(dslt_feature_workspace *workspace, dslt_shared *shared,
                              const dslt_search *search);
void dslt_adacf_free_workspace(dslt_feature_workspace *workspace, dslt_shared *shared);
int dslt_adacf_plan(dslt_target *t);
void dslt_adacf_free(dslt_target *t);

/* frame.c */
int dslt_adacf_learn(dslt_target *t, dslt_result *result);
int dslt_adacf_crop(dslt_target *t);
int dslt_adacf_frame(dslt_target *t);
int dslt_adacf_channel_weights(dslt_channel_weights *out, const dslt_target *t, int index);
int dslt_adacf_result(dslt_result *out, dslt_target *t, const dslt_frame_record *record);

/* archive.c */
int dslt_adacf_archive(dslt_target *t, dslt_archive *archive);

/* cost.c */
void dslt_adacf_cost(dslt_work out[DSLT_STAGE_COUNT], const dslt_target *t, const dslt_target_state *before,
                     const dslt_result *result);

#ifdef __cplusplus
}
#endif

#endif
