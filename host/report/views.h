/* SPDX-License-Identifier: Apache-2.0 */
/* views.h: the views of a run: overlay video, response maps, window. */
#ifndef DSLT_REPORT_VIEWS_H
#define DSLT_REPORT_VIEWS_H

#include "dataset/boxes.h"
#include "media/media.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dslt_track_views {
  const char *overlay; /* video to write or NULL; borrowed, like the others */
  const char *dump;    /* existing or new folder for response maps or NULL */
  const char *title;   /* of the window, or NULL for none */
  double fps;          /* of the video; 0 = 25 */
  int aspect[2];       /* width : height of a pixel; {0} = square */
  double time;         /* of the frame that is shown next, seconds; NaN: at the rate */
  dslt_canvas canvas;
  dslt_video_writer *writer;
} dslt_track_views;

/* The data drawn for one target; all borrowed. */
typedef struct dslt_track_shown {
  const dslt_track_row *row;
  const dslt_box *truth;         /* NULL where unknown */
  const dslt_response *response; /* for --dump-response; NULL on the first frame */
} dslt_track_shown;

/* Truth in thin green, the tracker's box in orange, red when lost. Either box may be NULL. */
void dslt_draw_boxes(dslt_canvas *canvas, const dslt_box *truth, const dslt_box *box, int lost);

/* The response map as a heat map over its window, normalised to its maximum; the values are in the .npy files
 * and captions. A map without a positive cell stays dark. DSLT_EMEMORY. */
int dslt_draw_response(dslt_canvas *canvas, const dslt_response *response);

/* Make the folder of --dump-response and check that a video can be written (DSLT_EUNSUPPORTED without
 * OpenCV). Call before the first frame. */
int dslt_track_views_prepare(const dslt_track_views *views);
/* Show one frame with `count` targets: 1 = go on, 0 = the user closed the window, negative = error. A single
 * target is drawn as by dslt_draw_boxes(), several each in a colour of its own with its number, thin while
 * lost. Of several, response maps are named NNNNN-K. */
int dslt_track_views_frame(dslt_track_views *views, const dslt_image *frame, const dslt_track_shown *shown,
                           int count);
/* A sentence on frames or times that the video cannot represent, or "". Valid until _close. */
const char *dslt_track_views_note(const dslt_track_views *views);
/* Finish the video (with `keep` 0: drop it), close the window, free the canvas. */
int dslt_track_views_close(dslt_track_views *views, int keep);

#ifdef __cplusplus
}
#endif

#endif
