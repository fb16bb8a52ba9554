/* SPDX-License-Identifier: Apache-2.0 */
/* filmstrip.h: one picture of a clip: some frames with their boxes, and below each the response map. */
#ifndef DSLT_REPORT_FILMSTRIP_H
#define DSLT_REPORT_FILMSTRIP_H

#include "dataset/boxes.h"
#include "media/media.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { DSLT_FILMSTRIP_COLUMNS = 4, DSLT_FILMSTRIP_ROWS = 2, DSLT_FILMSTRIP_CELLS = 8 };

typedef struct dslt_filmstrip {
  dslt_canvas sheet;
  int frame_width, frame_height; /* of a frame in the sheet, px */
  int window_height;             /* of a search window in the sheet, px; 0 until the first cell */
  int cells;                     /* filled so far */
} dslt_filmstrip;

/* Frame number of cell `cell` in a clip of `frames` >= 2 frames: evenly spread, frame 1 first, the last one
 * last. A short clip repeats none: cells past its end give -1. */
int dslt_filmstrip_frame(int cell, int frames);
/* Add the next cell; the first one creates the sheet and determines its proportions. `truth` may be NULL. */
int dslt_filmstrip_add(dslt_filmstrip *strip, const dslt_canvas *frame, const dslt_track_row *row,
                       const dslt_box *truth, const dslt_response *response);
/* Write the title and save (see dslt_canvas_save for the extension). DSLT_ESTATE without a cell. */
int dslt_filmstrip_save(dslt_filmstrip *strip, const char *title, const char *path);
void dslt_filmstrip_free(dslt_filmstrip *strip);

#ifdef __cplusplus
}
#endif

#endif
