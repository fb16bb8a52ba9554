/* SPDX-License-Identifier: Apache-2.0 */
/* first_sight.h: a target in noise, until it is seen again. On frames of noise that have nothing to do with each other
 * every tracker finds some best response, a place by chance, so nothing may be searched for until a frame repeats the
 * first one's noise or shows its target. Judged by pixels, which holds for every tracker and backend. */
#ifndef DSLT_TRACKER_FIRST_SIGHT_H
#define DSLT_TRACKER_FIRST_SIGHT_H

#include "base/archive.h"
#include "dslt/dslt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the first frame showed in a box and around it. */
typedef struct dslt_first_sight dslt_first_sight;

/* Judge the first frame; the box has passed dslt_box_check() on it. *out stays NULL where it shows more than noise in
 * and around the box, so that there is nothing to wait for. DSLT_EMEMORY. */
int dslt_first_sight_open(dslt_first_sight **out, const dslt_image *frame, const dslt_box *box);
void dslt_first_sight_close(dslt_first_sight *sight);
/* *sight as entries of an archive, or that there is none (NULL); reading makes it anew. */
int dslt_first_sight_archive(dslt_first_sight **sight, dslt_archive *archive, int frame_width,
                             int frame_height, const dslt_box *box);
/* 1: this frame, of the same size, shows the first one's target or its surroundings again, at most about the target's
 * size away. */
int dslt_first_sight_again(dslt_first_sight *sight, const dslt_image *frame);

#ifdef __cplusplus
}
#endif

#endif
