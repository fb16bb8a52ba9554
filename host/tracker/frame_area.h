/* SPDX-License-Identifier: Apache-2.0 */
/* frame_area.h: the part of a frame that a search can read, so that of a large frame no more than that is copied to a
 * device. */
#ifndef DSLT_TRACKER_FRAME_AREA_H
#define DSLT_TRACKER_FRAME_AREA_H

#include "backend/types.h"
#include "math/search_rules.h"
#include "math/target_state.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What crops of any scale level around the state read of a frame; again = 1: also those around any place that such a
 * crop may show. */
dslt_frame_area dslt_search_reach(const dslt_search *search, const dslt_target_state *state, int again);

/* The least area that holds both. */
dslt_frame_area dslt_frame_area_join(const dslt_frame_area *a, const dslt_frame_area *b);

/* The area and an eighth of its sides around it, as far as the frame goes. */
dslt_frame_area dslt_frame_area_enlarge(const dslt_frame_area *area, int frame_width, int frame_height);

#ifdef __cplusplus
}
#endif

#endif
