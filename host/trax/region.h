/* SPDX-License-Identifier: Apache-2.0 */
/* region.h: regions of the TraX protocol as text, and the boxes that dslt tracks for them. */
#ifndef DSLT_TRAX_REGION_H
#define DSLT_TRAX_REGION_H

#include <stddef.h>

#include "dslt/dslt.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { DSLT_TRAX_MOST_CORNERS = 1024 };

/* The box of a region:
 *   x,y,w,h                 itself
 *   x1,y1,x2,y2,x3,y3,...   a polygon of 3 to DSLT_TRAX_MOST_CORNERS corners: the box of its area around the mean of
 *                           its corners, as dslt_box_from_corners() makes it for VOT's ground truth
 *   mask:x,y,w,h,n,n,...    a mask at (x, y), its pixels row by row as lengths of runs, the first run outside of the
 *                           object: the enclosing box. Result files' spelling m x,y,... is read as well
 * The words rect:, poly: and mask: may stand in front. Numbers are decimal, at most 1e9. DSLT_EFORMAT: not such a
 * text; DSLT_EBOX: a region of no area, or a single number, which is a code without a place. */
int dslt_trax_region_box(dslt_box *out, const char *text);

/* "x,y,w,h" with four decimals. 64 bytes are enough for boxes up to 1e9 px. */
void dslt_trax_region_write(char *out, size_t size, const dslt_box *box);

#ifdef __cplusplus
}
#endif

#endif
