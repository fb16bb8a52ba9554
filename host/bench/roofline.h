/* SPDX-License-Identifier: Apache-2.0 */
/* roofline.h: how fast a frame could be on a named GPU, without that GPU: its operations, bytes and graph nodes stage by
 * stage, and the time that the GPU needs for them at least. */
#ifndef DSLT_BENCH_ROOFLINE_H
#define DSLT_BENCH_ROOFLINE_H

#include <stdio.h>

#include "bench/engine.h"
#include "bench/gpus.h"
#include "bench/graph_nodes.h"
#include "tracker/work.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum dslt_roofline_bound {
  DSLT_BOUND_NONE,
  DSLT_BOUND_ARITHMETIC,
  DSLT_BOUND_MEMORY,
  DSLT_BOUND_NODES
} dslt_roofline_bound;

/* One stage, or what is behind all of them (index DSLT_NODES_OTHER): nodes alone. */
typedef struct dslt_roofline_part {
  dslt_work work;
  int nodes;      /* that run; -1: not known */
  double floor_s; /* seconds: the longest of arithmetic, moving the bytes and the nodes one after the other */
  dslt_roofline_bound bound;
} dslt_roofline_part;

typedef struct dslt_roofline {
  const dslt_gpu *gpu;
  dslt_precision precision;
  int nodes; /* of the whole graph, those that do not run in this frame among them; -1: not known */
  dslt_roofline_part part[DSLT_NODES_PARTS];
  double floor_s; /* the parts' sum: they run one after the other */
} dslt_roofline;

/* The parts of a frame in which everything runs: search, pyramid, sample and training on a full store. `work` as the tracker counts
 * it, `nodes` NULL: not known. DSLT_EUNSUPPORTED: the GPU has no such arithmetic. */
int dslt_roofline_make(dslt_roofline *out, const dslt_gpu *gpu, dslt_precision precision,
                       const dslt_work work[DSLT_STAGE_COUNT], const dslt_graph_nodes *nodes);

typedef struct dslt_roofline_page {
  const char *preset, *weights, *input;
  int width, height;         /* of the frame, px */
  const dslt_roofline *list; /* of one frame, at least one */
  int count;
} dslt_roofline_page;

/* roofline_write.c: write it. DSLT_EMEMORY, DSLT_EIO. */
int dslt_roofline_write(FILE *stream, const dslt_roofline_page *page, dslt_bench_output output);

/* For request->roofline (a GPU's name, or "cuda": all of them) and the first of request->inputs, whose first frame is learnt
 * on the CPU in as few steps as possible; written as request->output and request->out say. */
int dslt_roofline_do(dslt_bench_step *step, const dslt_bench_request *request);

#ifdef __cplusplus
}
#endif

#endif
