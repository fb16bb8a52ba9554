/* SPDX-License-Identifier: Apache-2.0 */
/* draw.h: a box drawn into a frame. */
#ifndef DSLT_GSTREAMER_DRAW_H
#define DSLT_GSTREAMER_DRAW_H

#include "dslt/dslt.h"

/* The edges of `box`, two pixels wide, cut at the frame's; red where `lost`, else green, in grey frames white. */
void dslt_gst_draw(const dslt_image *frame, void *pixels, const dslt_box *box, int lost);

#endif
