/* SPDX-License-Identifier: Apache-2.0 */
/* cost.h: how much arithmetic and memory traffic a frame of DSLT needs, counted from the planned shapes as
 * tracker/work.h says. `dslt bench` compares these with measured times and the machine's peak rates. */
#ifndef DSLT_TRACKERS_DSLT_COST_H
#define DSLT_TRACKERS_DSLT_COST_H

#include "nn/weights.h"
#include "tracker/target.h"
#include "tracker/work.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One convolution of the backbone at one crop's shape. */
typedef struct dslt_layer_cost {
  int height, width; /* of its output (and input), cells */
  int cin, cout;     /* channels */
  dslt_work work;    /* of one crop; bytes: input, weights, bias and output, in the backbone's precision */
} dslt_layer_cost;

typedef struct dslt_cost {
  dslt_layer_cost layer[DSLT_VGG_CONVS];
  int layers;
  dslt_work crop;      /* sampling one search area: source pixels read, input written */
  dslt_work backbone;  /* one crop through it: input and all taps; without weights */
  double weight_bytes; /* of the backbone, read once by each pass over a batch */
  dslt_work head;      /* the response of one crop */
  dslt_work locate;    /* one response map read */
  dslt_work store;     /* one sample copied */
  dslt_work step;      /* one training step on one sample: forward, backward, Adam */
  double sample_bytes; /* memory that one stored sample takes: its maps and the label */
  double parameters;   /* of the head, trained or not */
} dslt_cost;

/* Count for a search as dslt_dslt_search() gives it and checked options of DSLT; `weights` must have the
 * layers that they name (dslt_backbone_check()). Reads only widths, no weights. */
void dslt_cost_count(dslt_cost *out, const dslt_options *options, const dslt_weights *weights,
                     const dslt_search *search);

/* What one frame did. */
typedef struct dslt_tally {
  int crops;  /* search areas sampled, each run through the backbone */
  int passes; /* runs of the backbone over a batch of them */
  int maps;   /* responses made and searched */
  int copies; /* samples copied into the store */
  int steps;  /* training steps */
} dslt_tally;

/* What the last frame did for a target of DSLT: `before` is the state before it, `result` its result. A pass
 * over a batch counts in full for each target that shares it. */
void dslt_tally_frame(dslt_tally *out, const dslt_target *target, const dslt_target_state *before,
                      const dslt_result *result);

/* The work of each stage for a tally. */
void dslt_cost_stages(dslt_work out[DSLT_STAGE_COUNT], const dslt_cost *cost, const dslt_tally *tally);

#ifdef __cplusplus
}
#endif

#endif
