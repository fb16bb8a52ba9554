/* SPDX-License-Identifier: Apache-2.0 */
/* box_fit.h: how a user's boxes differ from the network's. People draw boxes closer or wider; what the first frame
 * shows of it goes into the boxes that are reported, while the search goes on with the network's own. */
#ifndef DSLT_TRACKERS_SIAMESE_BOX_FIT_H
#define DSLT_TRACKERS_SIAMESE_BOX_FIT_H

#include "dslt/dslt.h"
#include "math/match.h"

#ifdef __cplusplus
extern "C" {
#endif

/* In shares of the network's box. */
typedef struct dslt_box_fit {
  float x, y;          /* from its centre to the user's */
  float width, height; /* by how much the user's is larger; 0 = not */
} dslt_box_fit;

/* Of a larger difference in size as much is taken, since it may be the network's mistake. */
#define DSLT_BOX_FIT_LARGEST 1.2

/* What brings the head's box of the first frame by `share` (0..1) of the way to the user's, which has the crop's centre and
 * `width` x `height` input px. */
dslt_box_fit dslt_box_fit_of(const dslt_match *head, double width, double height, double share);

/* The user's box where the network's is `box`: its centre in the frame, no larger than the frame. */
dslt_box dslt_box_fitted(const dslt_box *box, const dslt_box_fit *fit, int frame_width, int frame_height);

#ifdef __cplusplus
}
#endif

#endif
