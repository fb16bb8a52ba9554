/* SPDX-License-Identifier: Apache-2.0 */
/* frame_graph.c: sections of calls on the CPU: nothing is recorded; the flag of a block is read when the
 * block begins. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "cpu.h"

struct dslt_frame_graph {
  double since, stage_ms[DSLT_STAGE_COUNT];
  const void *record; /* of the last report */
  size_t bytes;
};

static double now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

int dslt_cpu_graph_open(dslt_frame_graph **out, dslt_backend *backend, int sections) {
  (void)backend;
  (void)sections;
  dslt_frame_graph *graph = calloc(1, sizeof *graph);
  if (!graph) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning a frame.");
  graph->since = now_ms();
  *out = graph;
  return DSLT_OK;
}

void dslt_cpu_graph_free(dslt_frame_graph *graph) { free(graph); }

int dslt_cpu_graph_begin(int *run, dslt_frame_graph *graph, int section) {
  (void)graph;
  (void)section;
  *run = 1;
  return DSLT_OK;
}

int dslt_cpu_graph_end(dslt_frame_graph *graph, int rc) {
  (void)graph;
  return rc;
}

int dslt_cpu_graph_if(int *run, dslt_frame_graph *graph, const int32_t *flag, int light) {
  (void)graph;
  (void)light;
  *run = *flag != 0;
  return DSLT_OK;
}

int dslt_cpu_graph_end_if(dslt_frame_graph *graph) {
  (void)graph;
  return DSLT_OK;
}

int dslt_cpu_graph_mark(dslt_frame_graph *graph, int stage) {
  double now = now_ms();
  if (stage >= 0) graph->stage_ms[stage] += now - graph->since;
  graph->since = now;
  return DSLT_OK;
}

int dslt_cpu_graph_report(dslt_frame_graph *graph, const void *record, size_t bytes) {
  graph->record = record;
  graph->bytes = bytes;
  return DSLT_OK;
}

int dslt_cpu_graph_wait(void *record, double *stage_ms, dslt_frame_graph *graph) {
  if (graph->bytes) memcpy(record, graph->record, graph->bytes);
  memcpy(stage_ms, graph->stage_ms, sizeof graph->stage_ms);
  memset(graph->stage_ms, 0, sizeof graph->stage_ms);
  return DSLT_OK;
}
