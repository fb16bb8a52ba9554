/* SPDX-License-Identifier: Apache-2.0 */
/* frame_graph.c: recorded frames. A section's calls run directly the first time, which loads every kernel and
 * plan; the second time they are recorded into a CUDA graph, which is launched from then on. Conditional
 * blocks become conditional nodes of the graph; where the driver does not support these, and in the first
 * run, the kernels in them test the flag themselves, and vendor libraries always run but their results are
 * ignored. With DSLT_CUDA_GRAPHS=0 in the environment (for debuggers) nothing is recorded. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cuda.h"

typedef enum graph_mode { MODE_DIRECT, MODE_RECORDING } graph_mode;

/* Device memory of a graph. */
typedef struct graph_memory {
  dslt_clock clock;
  dslt_mark mark[DSLT_CUDA_MARKS];
} graph_memory;

/* One section. */
typedef struct graph_section {
  int ran;                                  /* 1: has run directly */
  int flags;                                /* of its blocks that become nodes, as the direct run met them */
  const int32_t *flag[DSLT_CONDITIONS_MAX]; /* ... the first of them */
  cudaGraphExec_t graph;                    /* NULL: not recorded yet */
  uint64_t moves;                           /* the backend's, when it was recorded */
} graph_section;

struct dslt_frame_graph {
  dslt_cuda *cuda;
  graph_memory *memory; /* device */
  dslt_cuda_marks marks;
  dslt_report *report; /* host, pinned; the last kernel writes there */
  size_t reported;     /* bytes of the record in it */
  graph_mode mode;
  int graphs, nodes;          /* 1: graphs, and conditional nodes in them, have not failed yet */
  int depth;                  /* of conditional blocks */
  int in_node;                /* 1: the outermost one is a node that is being recorded ... */
  const int32_t *node_flag;   /* ... with this flag ... */
  const dslt_mark *node_due;  /* ... and this mark due when it began */
  const int32_t *outer;       /* flag of the outer block */
  dslt_conditions conditions; /* of the section that is being recorded, set by one kernel */
  graph_section *now;         /* between begin and end */
  int sections;
  graph_section section[];
};

int dslt_cuda_graph_open(dslt_frame_graph **out, dslt_backend *backend, int sections) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  const char *wanted = getenv("DSLT_CUDA_GRAPHS");
  void *memory = NULL, *pinned = NULL;
  dslt_frame_graph *graph = calloc(1, sizeof *graph + (size_t)sections * sizeof *graph->section);
  if (!graph) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning a frame.");
  graph->cuda = cuda;
  graph->sections = sections;
  graph->graphs = !wanted || strcmp(wanted, "0") != 0;
  graph->nodes = CUDART_VERSION >= 12040 && !(wanted && strcmp(wanted, "plain") == 0);
  int rc = dslt_cuda_new(&memory, cuda, sizeof *graph->memory, "the frame's clock");
  if (rc < 0) goto failed;
  graph->memory = memory;
  rc = dslt_cuda_marks_open(&graph->marks, cuda, &graph->memory->clock, graph->memory->mark);
  if (rc < 0) goto failed;
  rc = dslt_cuda_check(cudaHostAlloc(&pinned, sizeof *graph->report, cudaHostAllocDefault), "pinning memory");
  if (rc < 0) goto failed;
  graph->report = pinned;
  *out = graph;
  return DSLT_OK;
failed:
  dslt_cuda_graph_free(graph);
  return rc;
}

void dslt_cuda_graph_free(dslt_frame_graph *graph) {
  if (!graph) return;
  graph->cuda->due = NULL; /* may be one of this graph's */
  for (int i = 0; i < graph->sections; ++i)
    if (graph->section[i].graph) cudaGraphExecDestroy(graph->section[i].graph);
  if (graph->report) cudaFreeHost(graph->report);
  if (graph->memory) cudaFree(graph->memory);
  free(graph);
}

/* ---- recording ----------------------------------------------------------------------------------- */

static int launch(dslt_frame_graph *graph) {
  return dslt_cuda_check(cudaGraphLaunch(graph->now->graph, graph->cuda->stream),
                         "launching a recorded frame");
}

/* What names memory that has moved since, because somebody who joined needed more, is not launched any more: the section
 * begins anew, directly. */
static void drop_outdated(graph_section *now, const dslt_cuda *cuda) {
  if (!now->graph || now->moves == cuda->moves) return;
  cudaGraphExecDestroy(now->graph); /* a launch that still runs ends first */
  now->graph = NULL;
  now->ran = 0;
}

int dslt_cuda_graph_begin(int *run, dslt_frame_graph *graph, int section) {
  if (section < 0 || section >= graph->sections)
    return dslt_fail(DSLT_EINTERNAL, "There is no section number %d in this frame graph.", section);
  graph->now = &graph->section[section];
  drop_outdated(graph->now, graph->cuda);
  *run = graph->now->graph == NULL;
  graph->depth = graph->in_node = 0;
  graph->conditions.count = 0;
  graph->mode = MODE_DIRECT;
  if (!*run) return launch(graph);
  if (!graph->now->ran) graph->now->flags = 0;
  if (!graph->graphs || !graph->now->ran) return DSLT_OK;
  /* relaxed: other calls of a vendor library, such as allocations, must not end the recording */
  cudaError_t error = cudaStreamBeginCapture(graph->cuda->stream, cudaStreamCaptureModeRelaxed);
  if (error == cudaSuccess) {
    graph->mode = MODE_RECORDING;
    graph->now->moves = graph->cuda->moves;
    graph->cuda->notes = graph->nodes;
    graph->cuda->marks = &graph->marks;
  } else {
    (void)cudaGetLastError();
    graph->graphs = 0;
  }
  return DSLT_OK;
}

/* Recording failed: retry without conditional nodes, then without graphs; or fail, if tests request that. */
static int fall_back(dslt_frame_graph *graph, int rc, cudaError_t error) {
  (void)cudaGetLastError();
  const char *strict = getenv("DSLT_CUDA_STRICT");
  if (strict && strcmp(strict, "1") == 0)
    return rc < 0 ? rc
                  : dslt_cuda_check(error == cudaSuccess ? cudaErrorUnknown : error, "recording a frame");
  if (graph->nodes)
    graph->nodes = 0;
  else
    graph->graphs = 0;
  return 1;
}

/* End a block that an error left open. */
static int leave_block(dslt_frame_graph *graph) {
  dslt_cuda *cuda = graph->cuda;
  cuda->due = NULL;
  cuda->when = NULL;
  if (graph->in_node) {
    cudaGraph_t body;
    (void)cudaStreamEndCapture(cuda->block, &body);
    graph->in_node = 0;
  }
  graph->depth = 0;
  return cuda->now == cuda->stream ? DSLT_OK : dslt_cuda_use_stream(cuda, cuda->stream);
}

/* After a failed recording nothing has run yet, so any error but a lost device can be retried. */
static int give_up_recording(dslt_frame_graph *graph, int rc, cudaError_t error) {
  graph->now->graph = NULL;
  if (cudaStreamSynchronize(graph->cuda->stream) != cudaSuccess)
    return dslt_cuda_check(cudaGetLastError(), "recording a frame");
  return fall_back(graph, rc, error);
}

int dslt_cuda_graph_end(dslt_frame_graph *graph, int rc) {
  dslt_cuda *cuda = graph->cuda;
  graph_section *now = graph->now;
  if (now->graph) return rc; /* was launched */
  if (rc == DSLT_OK) rc = dslt_cuda_stamp(cuda);
  cuda->due = NULL;
  cuda->notes = 0;
  if (graph->depth > 0) {
    int left = leave_block(graph);
    if (rc == DSLT_OK) rc = left;
  }
  if (graph->mode == MODE_DIRECT) {
    if (rc == DSLT_OK) now->ran = 1;
    return rc;
  }
  graph->mode = MODE_DIRECT;
  cudaGraph_t recorded = NULL;
  cudaError_t error = cudaStreamEndCapture(cuda->stream, &recorded);
  if (rc == DSLT_OK && error == cudaSuccess && recorded)
    error = cudaGraphInstantiate(&now->graph, recorded, 0);
  if (recorded) cudaGraphDestroy(recorded);
  if (rc < 0 || error != cudaSuccess || !now->graph) return give_up_recording(graph, rc, error);
  DSLT_TRY(dslt_cuda_marks_upload(&graph->marks, cuda));
  return launch(graph);
}

/* ---- conditions ---------------------------------------------------------------------------------- */

#if CUDART_VERSION >= 12040
/* The graph that `stream` is being recorded into, and what the next node depends on. */
typedef struct capture {
  cudaGraph_t graph;
  const cudaGraphNode_t *after;
  size_t count;
} capture;

static cudaError_t read_capture(capture *out, cudaStream_t stream) {
  enum cudaStreamCaptureStatus status;
#if CUDART_VERSION >= 13000
  cudaError_t error =
      cudaStreamGetCaptureInfo(stream, &status, NULL, &out->graph, &out->after, NULL, &out->count);
#else
  cudaError_t error =
      cudaStreamGetCaptureInfo_v2(stream, &status, NULL, &out->graph, &out->after, &out->count);
#endif
  if (error == cudaSuccess && status != cudaStreamCaptureStatusActive)
    error = cudaErrorStreamCaptureInvalidated;
  return error;
}

/* Append an IF node to what is recorded so far; *body is the graph inside it. */
static cudaError_t add_node(cudaGraph_t *body, cudaStream_t stream, cudaGraphConditionalHandle handle) {
  capture now;
  cudaError_t error = read_capture(&now, stream);
  if (error != cudaSuccess) return error;
  struct cudaGraphNodeParams params;
  memset(&params, 0, sizeof params);
  params.type = cudaGraphNodeTypeConditional;
  params.conditional.handle = handle;
  params.conditional.type = cudaGraphCondTypeIf;
  params.conditional.size = 1;
  cudaGraphNode_t node;
#if CUDART_VERSION >= 13000
  error = cudaGraphAddNode(&node, now.graph, now.after, NULL, now.count, &params);
  if (error == cudaSuccess)
    error = cudaStreamUpdateCaptureDependencies(stream, &node, NULL, 1, cudaStreamSetCaptureDependencies);
#else
  error = cudaGraphAddNode(&node, now.graph, now.after, now.count, &params);
  if (error == cudaSuccess)
    error = cudaStreamUpdateCaptureDependencies(stream, &node, 1, cudaStreamSetCaptureDependencies);
#endif
  if (error == cudaSuccess) *body = params.conditional.phGraph_out[0];
  return error;
}

/* One kernel for the conditions of blocks with these flags. */
static int set_conditions(dslt_conditions *list, dslt_cuda *cuda, const int32_t *const *flag, int flags) {
  capture now;
  cudaError_t error = read_capture(&now, cuda->stream);
  for (int i = 0; i < flags && error == cudaSuccess; ++i) {
    cudaGraphConditionalHandle handle = 0;
    error = cudaGraphConditionalHandleCreate(&handle, now.graph, 0, cudaGraphCondAssignDefault);
    list->handle[i] = handle;
    list->flag[i] = flag[i];
    list->count = i + 1;
  }
  DSLT_TRY(dslt_cuda_check(error, "making a condition"));
  return dslt_kernel_condition(cuda->stream, list, dslt_cuda_when(cuda));
}

static int find_condition(const dslt_conditions *list, const int32_t *flag) {
  for (int i = 0; i < list->count; ++i)
    if (list->flag[i] == flag) return i;
  return -1;
}

/* The condition of the next block. The section's first one sets those of all that the direct run met, since their flags
 * do not change any more. */
static int condition_of(cudaGraphConditionalHandle *out, dslt_frame_graph *graph, const int32_t *flag) {
  dslt_conditions *all = &graph->conditions, alone = {0};
  if (all->count == 0 && graph->now->flags > 0)
    DSLT_TRY(set_conditions(all, graph->cuda, graph->now->flag, graph->now->flags));
  const int place = find_condition(all, flag);
  if (place < 0) {
    DSLT_TRY(set_conditions(&alone, graph->cuda, &flag, 1));
    *out = alone.handle[0];
    return DSLT_OK;
  }
  *out = all->handle[place];
  all->flag[place] = NULL; /* it is for one node */
  return DSLT_OK;
}

static int enter_node(dslt_frame_graph *graph, const int32_t *flag) {
  dslt_cuda *cuda = graph->cuda;
  cudaGraph_t body = NULL;
  cudaGraphConditionalHandle handle = 0;
  DSLT_TRY(condition_of(&handle, graph, flag));
  DSLT_TRY(dslt_cuda_check(add_node(&body, cuda->stream, handle), "making a conditional node"));
  DSLT_TRY(dslt_cuda_check(
      cudaStreamBeginCaptureToGraph(cuda->block, body, NULL, NULL, 0, cudaStreamCaptureModeRelaxed),
      "recording a conditional node"));
  graph->in_node = 1;
  graph->node_flag = flag;
  graph->node_due = cuda->due;
  cuda->noted = DSLT_END_NONE;
  return dslt_cuda_use_stream(cuda, cuda->block);
}
#else
static int enter_node(dslt_frame_graph *graph, const int32_t *flag) {
  (void)graph;
  (void)flag;
  return dslt_fail(DSLT_EINTERNAL, "This build's CUDA toolkit has no conditional nodes.");
}
#endif

/* A flag that several blocks have is remembered once and each but the first gets a condition of its own. */
static void remember(graph_section *section, const int32_t *flag) {
  for (int i = 0; i < section->flags; ++i)
    if (section->flag[i] == flag) return;
  if (section->flags < DSLT_CONDITIONS_MAX) section->flag[section->flags++] = flag;
}

int dslt_cuda_graph_if(int *run, dslt_frame_graph *graph, const int32_t *flag, int light) {
  *run = 1;
  if (graph->depth > 1) return dslt_fail(DSLT_EINTERNAL, "Conditional blocks nest once.");
  const int heavy = graph->depth == 0 && !light,
            node = graph->mode == MODE_RECORDING && graph->nodes && heavy;
  if (heavy && !graph->now->ran) remember(graph->now, flag);
  ++graph->depth;
  if (node) return enter_node(graph, flag);
  DSLT_TRY(dslt_cuda_settle(graph->cuda));
  if (graph->depth == 2) graph->outer = graph->cuda->when;
  graph->cuda->when = flag;
  return DSLT_OK;
}

int dslt_cuda_graph_end_if(dslt_frame_graph *graph) {
  dslt_cuda *cuda = graph->cuda;
  if (graph->depth < 1) return dslt_fail(DSLT_EINTERNAL, "No conditional block is open.");
  const int leaves_node = graph->in_node && graph->depth == 1;
  /* a stamp here, since the block may not run */
  DSLT_TRY(leaves_node ? dslt_cuda_mark_block(cuda, graph->node_flag, graph->node_due)
                       : dslt_cuda_settle(cuda));
  cuda->when = graph->depth == 2 ? graph->outer : NULL;
  --graph->depth;
  if (!leaves_node) return DSLT_OK;
  graph->in_node = 0;
  cudaGraph_t body;
  int rc = dslt_cuda_check(cudaStreamEndCapture(cuda->block, &body), "recording a conditional node");
  int back = dslt_cuda_use_stream(cuda, cuda->stream);
  return rc < 0 ? rc : back;
}

/* ---- clock and report ---------------------------------------------------------------------------- */

int dslt_cuda_graph_mark(dslt_frame_graph *graph, int stage) {
  if (stage < -1 || stage >= DSLT_STAGE_COUNT)
    return dslt_fail(DSLT_EINTERNAL, "There is no stage number %d.", stage);
  return dslt_cuda_mark_stage(graph->cuda, &graph->marks, stage);
}

int dslt_cuda_graph_report(dslt_frame_graph *graph, const void *record, size_t bytes) {
  dslt_cuda *cuda = graph->cuda;
  if (bytes > sizeof graph->report->record || bytes % sizeof(uint32_t) != 0)
    return dslt_fail(DSLT_EINTERNAL, "A frame's report of %zu bytes was asked for; it holds up to %zu.",
                     bytes, sizeof graph->report->record);
  graph->reported = bytes;
  return dslt_kernel_report(cuda->now, graph->report, &graph->memory->clock, record,
                            (int)(bytes / sizeof(uint32_t)), dslt_cuda_when(cuda));
}

int dslt_cuda_graph_wait(void *record, double *stage_ms, dslt_frame_graph *graph) {
  DSLT_TRY(dslt_cuda_check(cudaStreamSynchronize(graph->cuda->stream), "tracking into a frame"));
  if (graph->reported) memcpy(record, graph->report->record, graph->reported);
  for (int i = 0; i < DSLT_STAGE_COUNT; ++i) stage_ms[i] = (double)graph->report->stage_ns[i] * 1e-6;
  return DSLT_OK;
}
