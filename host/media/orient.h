/* SPDX-License-Identifier: Apache-2.0 */
/* orient.h: the eight orientations of a stored picture, numbered as in EXIF, also for videos: 1 upright, 2
 * mirrored left to right, 3 turned by 180 degrees, 4 mirrored top to bottom, 5 mirrored on the main diagonal,
 * 6 to be turned clockwise, 7 mirrored on the other diagonal, 8 to be turned counter-clockwise. */
#ifndef DSLT_MEDIA_ORIENT_H
#define DSLT_MEDIA_ORIENT_H

#include <stdint.h>

#include "media/decode.h"

#ifdef __cplusplus
extern "C" {
#endif

/* 1: width and height are exchanged. */
int dslt_orient_swaps(int orientation);
/* The transformation of the stored picture: "turned by 90 degrees clockwise" ... */
const char *dslt_orient_words(int orientation);
/* The orientation that a 3 x 3 display matrix (16.16 fixed point, row vectors, as in the header of an MP4's
 * track) asks for; 0 when it is none of the eight. */
int dslt_orient_from_matrix(const int32_t matrix[9]);
/* Report the rotation of a video's frames, for which its container or its coded pictures ask. */
void dslt_orient_tell(int orientation, const dslt_video_request *request);
/* Write `stored` upright to `out`. DSLT_EMEMORY, DSLT_EFRAME. */
int dslt_orient_frame(dslt_frame *out, const dslt_frame *stored, int orientation);

#ifdef __cplusplus
}
#endif

#endif
