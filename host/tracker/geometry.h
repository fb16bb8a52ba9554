/* SPDX-License-Identifier: Apache-2.0 */
/* geometry.h: what the first frame fixes for a whole sequence: search area, grids, labels. */
#ifndef DSLT_TRACKER_GEOMETRY_H
#define DSLT_TRACKER_GEOMETRY_H

#include "backend/backend.h"
#include "nn/backbone.h"
#include "trackers/dslt/options.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Input pixels per cell of a layer, given which poolings are kept. */
int dslt_layer_stride(int layer, const dslt_dslt_options *options);

/* For VGG-16's taps as `options` name them. `box` is finite with sides of at least 1 px and `options` are checked; cannot fail then. */
int dslt_geometry_make(dslt_search *out, const dslt_dslt_options *options, int frame_width, int frame_height,
                       const dslt_box *box);

/* The same for any backbone, whose taps these are. */
int dslt_geometry_of_taps(dslt_search *out, const dslt_dslt_options *options, const dslt_tap taps[DSLT_TAPS],
                          int frame_width, int frame_height, const dslt_box *box);

/* The same for a frame and the taps that weights and options name. */
int dslt_geometry_for(dslt_search *out, const dslt_options *options, const dslt_weights *weights,
                      const dslt_image *frame, const dslt_box *box);

/* Size of the soft label's Gaussian, cells. */
void dslt_label_sigmas(float *sigma_x, float *sigma_y, const dslt_search *g,
                       const dslt_dslt_options *options);
/* The soft label on the response grid, [response_height][response_width], in [0, 1]. */
void dslt_soft_label(float *out, const dslt_search *g, const dslt_dslt_options *options);

/* The state as a box in the frame. */
dslt_box dslt_state_box(const dslt_target_state *state);
/* Where in the frame the response map lay when it was made around `state`. */
dslt_box dslt_response_window(const dslt_target_state *state, const dslt_search *g);

#ifdef __cplusplus
}
#endif

#endif
