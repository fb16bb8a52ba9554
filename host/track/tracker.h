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
  float *low_look, *high_look;     /* taps of a look at the new place; NULL where none is ever wanted */
  float *response;                 /* of the search, [rh][rw]; unused where all scales are searched at once */
  const float *shown;              /* the response map of the last frame */
  float *responses;                /* of the pyramid */
  float *loss, *losses;            /* of the last step; of each first-frame step, [init_steps] */
  dslt_flow *flow;
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
  char note[256]; /* why the tracker does without a GPU, or "" */
  int64_t frames; /* since init */
};

/* Bring targets, plans and memory in place for a first frame; undo it all. */
int dslt_tracker_plan(dslt_tracker *t, const dslt_image *frame, const dslt_box *box);
void dslt_tracker_unplan(dslt_tracker *t);

/* Is the frame's place searched in all scales at once? */
int dslt_tracker_searches_levels(const dslt_tracker *t);

/* Make a part's calls or let the backend replay them; `calls` may be made twice and keeps nothing itself. */
int dslt_tracker_run(dslt_tracker *t, int part, int (*calls)(dslt_tracker *t, int argument), int argument);

/* learn.c: training on the first frame's sample: steps and last loss go into `result`; and the calls of an
 * update on the stored samples. */
int dslt_tracker_learn_first(dslt_tracker *t, dslt_result *result);
int dslt_tracker_learn_online(dslt_tracker *t);

#endif
