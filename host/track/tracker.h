/* tracker.h: the tracker's parts, shared by the files that tell its story. */
#ifndef DSLT_TRACK_TRACKER_H
#define DSLT_TRACK_TRACKER_H

#include "backend/backend.h"
#include "net/head.h"
#include "net/weights.h"
#include "samples.h"

struct dslt_tracker {
  dslt_options options;
  const dslt_weights *weights;
  dslt_backend *backend;
  const dslt_backend_ops *ops;
  dslt_input_norm norm;

  /* one sequence: planned by init, NULL before */
  int ready; /* init succeeded */
  dslt_geometry geometry;
  dslt_net *single, *pyramid; /* batch of one, batch of all scales (NULL where there is one scale) */
  dslt_head *head;
  dslt_samples samples;
  float *input;                    /* [levels][input_height][input_width][3] */
  float *low, *high;               /* taps of one crop */
  float *low_levels, *high_levels; /* taps of the pyramid's crops */
  float *response;                 /* of the search, [rh][rw] */
  float *responses;                /* of the pyramid */
  float *label, *loss;
  float label_peak;                                /* largest value of the label */
  dslt_pose *pose;                                 /* in backend memory */
  size_t low_values, high_values, response_values; /* of one crop */

  /* the host's view */
  dslt_pose seen;  /* pose after the last frame */
  dslt_box window; /* where the last response map lay */
  float *response_host;
  int response_made, response_fetched;
  float *init_losses; /* [init_steps] */
  dslt_result init_result;
  int64_t frames; /* since init */
};

/* Bring targets, plans and memory in place for a first frame; undo it all. */
int dslt_tracker_plan(dslt_tracker *t, const dslt_image *frame, const dslt_box *box);
void dslt_tracker_unplan(dslt_tracker *t);

/* learn.c: training on the first frame's sample, and on the stored samples. Times and losses go into
 * `result`. */
int dslt_tracker_learn_first(dslt_tracker *t, dslt_result *result);
int dslt_tracker_learn_online(dslt_tracker *t, dslt_result *result);

/* Milliseconds of a monotonic clock. */
double dslt_now_ms(void);

#endif
