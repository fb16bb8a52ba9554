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

/* Where a frame's crops may lie. */
typedef enum dslt_reads {
  DSLT_READS_ALL = 0,    /* anywhere: the frame is copied whole */
  DSLT_READS_SEARCH = 1, /* around the last place, of any scale level */
  DSLT_READS_MOVED = 2   /* also around any place that such a crop shows */
} dslt_reads;

dslt_frame_area dslt_search_reach(const dslt_search *search, const dslt_target_state *state,
                                  dslt_reads reads);

/* The least area that holds both. */
dslt_frame_area dslt_frame_area_join(const dslt_frame_area *a, const dslt_frame_area *b);

/* The area and an eighth of its sides around it, as far as the frame goes. */
dslt_frame_area dslt_frame_area_enlarge(const dslt_frame_area *area, int frame_width, int frame_height);

#ifdef __cplusplus
}
#endif

#endif
