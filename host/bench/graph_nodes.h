/* SPDX-License-Identifier: Apache-2.0 */
/* graph_nodes.h: how many nodes the CUDA graph of a frame has, stage by stage, for each preset as it stands. The graph itself
 * cannot be made without CUDA, so the numbers are kept here; tests/emulated/nodes_test.cpp records every preset's
 * graph on the emulated GPU and fails where one differs, so they are the real ones and also the budget that a change
 * must not exceed. */
#ifndef DSLT_BENCH_GRAPH_NODES_H
#define DSLT_BENCH_GRAPH_NODES_H

#include "dslt/dslt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Behind the stages: conditions, the report. */
enum { DSLT_NODES_OTHER = DSLT_STAGE_COUNT, DSLT_NODES_PARTS };

typedef struct dslt_graph_nodes {
  const char *preset;
  int all[DSLT_NODES_PARTS]; /* of the graph */
  int spared
      [DSLT_NODES_PARTS]; /* of them, in a conditional node that does not run in a frame in which the ones before run:
                                 * features extracted again, which the scale pyramid's replace */
} dslt_graph_nodes;

/* Preset `index`, counted from 0; NULL past the end. */
const dslt_graph_nodes *dslt_graph_nodes_at(int index);
/* Of a preset; NULL: not known. */
const dslt_graph_nodes *dslt_graph_nodes_of(const char *preset);

#ifdef __cplusplus
}
#endif

#endif
