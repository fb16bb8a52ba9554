/* SPDX-License-Identifier: Apache-2.0 */
/* check.h: validates the frames and boxes that callers pass. */
#ifndef DSLT_TRACKER_CHECK_H
#define DSLT_TRACKER_CHECK_H

#include "dslt/dslt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* DSLT_EFRAME says what is wrong with the frame. */
int dslt_image_check(const dslt_image *image);
/* ... or that its size differs from the first one's. */
int dslt_image_check_size(const dslt_image *image, int width, int height);
/* DSLT_EBOX says why the box cannot be tracked on this frame. */
int dslt_box_check(const dslt_box *box, const dslt_image *frame);
/* 1 when the box, and what lies around it up to its own size away, has one colour, so that nothing can be
 * learnt. The box has passed dslt_box_check(). */
int dslt_box_is_blank(const dslt_box *box, const dslt_image *frame);

#ifdef __cplusplus
}
#endif

#endif
