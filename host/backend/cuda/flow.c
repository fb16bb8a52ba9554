/* SPDX-License-Identifier: Apache-2.0 */
/* flow.c: the way of a frame on the device. A part's calls run once as they come, which loads every kernel
 * and plan; the second time they are recorded into a CUDA graph, which is launched from then on. Blocks that
 * hang on a condition become conditional nodes of the graph; where the driver has none, and in the first run,
 * the kernels in them look at the flag themselves, and vendor libraries run in vain. Without any graph
 * (DSLT_CUDA_GRAPHS=0 in the environment, for debuggers) it is always so. */
#include "flow.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cuda.h"

/* Device memory of a flow. */
typedef struct flow_state {
  dslt_turn turn;
  dslt_ring ring;
  dslt_training training;
  dslt_clock clock;
  dslt_gathered gathered;
  int32_t learn[DSLT_SAMPLES_MAX];
} flow_state;

typedef enum flow_mode { MODE_DIRECT, MODE_RECORDING } flow_mode;

struct dslt_flow {
  dslt_cuda *cuda;
  dslt_flow_desc desc;
  flow_state *state;       /* device */
  dslt_gathered *gathered; /* host, pinned */
  flow_mode mode;
  int part;
  int graphs, nodes;              /* 1: graphs, and conditional nodes in them, are still to be tried */
  int depth;                      /* of conditional blocks */
  int in_node;                    /* 1: the outermost one is a node that is being recorded */
  const int32_t *outer;           /* flag of the outer block */
  unsigned char made[DSLT_PARTS]; /* 1: has run once */
  cudaGraphExec_t graph[DSLT_PARTS];
};

int dslt_cuda_flow_open(dslt_flow **out, dslt_backend *backend, const dslt_flow_desc *desc,
                        const dslt_target_state *seen) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  if (desc->capacity < 1 || desc->capacity > DSLT_SAMPLES_MAX)
    return dslt_fail(DSLT_EINTERNAL, "A store of %d samples was asked for; it holds 1 to %d.", desc->capacity,
                     (int)DSLT_SAMPLES_MAX);
  dslt_flow *flow = calloc(1, sizeof *flow);
  if (!flow) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning the way of a frame.");
  const char *wanted = getenv("DSLT_CUDA_GRAPHS");
  flow->cuda = cuda;
  flow->desc = *desc;
  flow->graphs = !wanted || strcmp(wanted, "0") != 0;
  flow->nodes = CUDART_VERSION >= 12040 && !(wanted && strcmp(wanted, "plain") == 0);
  void *state = NULL, *gathered = NULL;
  int rc = dslt_cuda_new(&state, cuda, sizeof *flow->state, "the way of a frame");
  flow->state = state;
  if (rc == DSLT_OK)
    rc = dslt_cuda_check(cudaHostAlloc(&gathered, sizeof *flow->gathered, cudaHostAllocDefault),
                         "pinning memory");
  flow->gathered = gathered;
  flow_state first = {
      .turn = {.cx = seen->cx,
               .cy = seen->cy,
               .interval = desc->interval,
               .hold = desc->hold,
               .joint = desc->joint},
      .ring = {.capacity = desc->capacity, .count = 1, .next = desc->capacity > 1 ? 1 : 0},
      .training = {.go = 1},
  };
  if (rc == DSLT_OK) rc = backend->ops->upload(backend, flow->state, &first, sizeof first);
  if (rc < 0) {
    dslt_cuda_flow_free(flow);
    return rc;
  }
  *out = flow;
  return DSLT_OK;
}

void dslt_cuda_flow_free(dslt_flow *flow) {
  if (!flow) return;
  for (int i = 0; i < DSLT_PARTS; ++i)
    if (flow->graph[i]) cudaGraphExecDestroy(flow->graph[i]);
  if (flow->gathered) cudaFreeHost(flow->gathered);
  if (flow->state) cudaFree(flow->state);
  free(flow);
}

/* ---- recording ----------------------------------------------------------------------------------- */

static int launch(dslt_flow *flow, int part) {
  return dslt_cuda_check(cudaGraphLaunch(flow->graph[part], flow->cuda->stream),
                         "launching a recorded frame");
}

int dslt_cuda_flow_record(int *run, dslt_flow *flow, int part) {
  if (part < 0 || part >= DSLT_PARTS) return dslt_fail(DSLT_EINTERNAL, "There is no part number %d.", part);
  *run = flow->graph[part] == NULL;
  flow->part = part;
  flow->depth = flow->in_node = 0;
  flow->mode = MODE_DIRECT;
  if (!*run) return launch(flow, part);
  if (!flow->graphs || !flow->made[part]) return DSLT_OK;
  /* relaxed: what a vendor library does besides launching must not end the recording */
  cudaError_t error = cudaStreamBeginCapture(flow->cuda->stream, cudaStreamCaptureModeRelaxed);
  if (error == cudaSuccess) {
    flow->mode = MODE_RECORDING;
  } else {
    (void)cudaGetLastError();
    flow->graphs = 0;
  }
  return DSLT_OK;
}

/* What recording needs did not work here: go without it, first without conditional nodes, then altogether; or
 * say so, where tests ask for that. */
static int retreat(dslt_flow *flow, int rc, cudaError_t error) {
  (void)cudaGetLastError();
  const char *strict = getenv("DSLT_CUDA_STRICT");
  if (strict && strcmp(strict, "1") == 0)
    return rc < 0 ? rc
                  : dslt_cuda_check(error == cudaSuccess ? cudaErrorUnknown : error, "recording a frame");
  if (flow->nodes)
    flow->nodes = 0;
  else
    flow->graphs = 0;
  return 1;
}

/* End a block that an error left open. */
static int leave_block(dslt_flow *flow) {
  dslt_cuda *cuda = flow->cuda;
  cuda->when = NULL;
  if (flow->in_node) {
    cudaGraph_t body;
    (void)cudaStreamEndCapture(cuda->block, &body);
    flow->in_node = 0;
  }
  flow->depth = 0;
  return cuda->now == cuda->stream ? DSLT_OK : dslt_cuda_use_stream(cuda, cuda->stream);
}

int dslt_cuda_flow_recorded(dslt_flow *flow, int rc) {
  dslt_cuda *cuda = flow->cuda;
  if (flow->graph[flow->part]) return rc; /* was launched */
  if (flow->depth > 0) {
    int left = leave_block(flow);
    if (rc == DSLT_OK) rc = left;
  }
  if (flow->mode == MODE_DIRECT) {
    if (rc == DSLT_OK) flow->made[flow->part] = 1;
    return rc;
  }
  flow->mode = MODE_DIRECT;
  cudaGraph_t graph = NULL;
  cudaError_t error = cudaStreamEndCapture(cuda->stream, &graph);
  if (rc == DSLT_OK && error == cudaSuccess && graph)
    error = cudaGraphInstantiate(&flow->graph[flow->part], graph, 0);
  if (graph) cudaGraphDestroy(graph);
  if (rc < 0 || error != cudaSuccess || !flow->graph[flow->part]) {
    flow->graph[flow->part] = NULL;
    /* nothing has run yet; only a device that is lost ends it here */
    if (cudaStreamSynchronize(cuda->stream) != cudaSuccess)
      return dslt_cuda_check(cudaGetLastError(), "recording a frame");
    return retreat(flow, rc, error);
  }
  return launch(flow, flow->part);
}

/* ---- conditions ---------------------------------------------------------------------------------- */

static const int32_t *flag_of(const dslt_flow *flow, int condition) {
  switch (condition) {
    case DSLT_IF_PYRAMID: return &flow->desc.state->pyramid;
    case DSLT_IF_LOOK: return &flow->state->turn.look;
    case DSLT_IF_UPDATE: return &flow->state->turn.update;
    case DSLT_IF_TRAINING: return &flow->state->training.go;
    default: return &flow->state->learn[condition - DSLT_IF_SLOT];
  }
}

#if CUDART_VERSION >= 12040
/* The graph that `stream` is being recorded into, and what the next node depends on. */
typedef struct capture {
  cudaGraph_t graph;
  const cudaGraphNode_t *after;
  size_t count;
} capture;

static cudaError_t look_at_capture(capture *out, cudaStream_t stream) {
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

/* Put an IF node behind what is recorded so far; *body is the graph inside it. */
static cudaError_t add_node(cudaGraph_t *body, cudaStream_t stream, cudaGraphConditionalHandle handle) {
  capture now;
  cudaError_t error = look_at_capture(&now, stream);
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

static int enter_node(dslt_flow *flow, const int32_t *flag) {
  dslt_cuda *cuda = flow->cuda;
  capture now;
  cudaGraph_t body = NULL;
  cudaGraphConditionalHandle handle = 0;
  cudaError_t error = look_at_capture(&now, cuda->stream);
  if (error == cudaSuccess)
    error = cudaGraphConditionalHandleCreate(&handle, now.graph, 0, cudaGraphCondAssignDefault);
  DSLT_TRY(dslt_cuda_check(error, "making a condition"));
  DSLT_TRY(dslt_cuda_condition(cuda->stream, handle, flag));
  DSLT_TRY(dslt_cuda_check(add_node(&body, cuda->stream, handle), "making a conditional node"));
  DSLT_TRY(dslt_cuda_check(
      cudaStreamBeginCaptureToGraph(cuda->block, body, NULL, NULL, 0, cudaStreamCaptureModeRelaxed),
      "recording a conditional node"));
  flow->in_node = 1;
  return dslt_cuda_use_stream(cuda, cuda->block);
}
#else
static int enter_node(dslt_flow *flow, const int32_t *flag) {
  (void)flow;
  (void)flag;
  return dslt_fail(DSLT_EINTERNAL, "This build's CUDA toolkit has no conditional nodes.");
}
#endif

/* Training steps and slots hold little besides own kernels: their flags are cheaper than a node. */
static int worth_a_node(const dslt_flow *flow, int condition) {
  return flow->mode == MODE_RECORDING && flow->nodes && flow->depth == 0 && condition != DSLT_IF_TRAINING &&
         condition < DSLT_IF_SLOT;
}

int dslt_cuda_flow_if(int *run, dslt_flow *flow, int condition) {
  const int32_t *flag = flag_of(flow, condition);
  *run = 1;
  if (flow->depth > 1) return dslt_fail(DSLT_EINTERNAL, "Conditional blocks nest once.");
  int node = worth_a_node(flow, condition);
  ++flow->depth;
  if (node) return enter_node(flow, flag);
  if (flow->depth == 2) flow->outer = flow->cuda->when;
  flow->cuda->when = flag;
  return DSLT_OK;
}

int dslt_cuda_flow_end_if(dslt_flow *flow) {
  dslt_cuda *cuda = flow->cuda;
  if (flow->depth < 1) return dslt_fail(DSLT_EINTERNAL, "No conditional block is open.");
  cuda->when = flow->depth == 2 ? flow->outer : NULL;
  if (--flow->depth > 0 || !flow->in_node) return DSLT_OK;
  flow->in_node = 0;
  cudaGraph_t body;
  int rc = dslt_cuda_check(cudaStreamEndCapture(cuda->block, &body), "recording a conditional node");
  int back = dslt_cuda_use_stream(cuda, cuda->stream);
  return rc < 0 ? rc : back;
}

/* ---- the frame's own calls ----------------------------------------------------------------------- */

int dslt_cuda_flow_decide(dslt_flow *flow) {
  flow_state *s = flow->state;
  return dslt_cuda_decide(flow->cuda->now, &s->turn, s->learn, flow->desc.state, &s->ring);
}

int dslt_cuda_flow_store(dslt_flow *flow, float *low_store, float *high_store, float *label_store,
                         const dslt_sample_sources *s, const dslt_search *geometry) {
  dslt_cuda *cuda = flow->cuda;
  dslt_ring *ring = &flow->state->ring;
  const dslt_taps_view sources[DSLT_SOURCES] = {[DSLT_SOURCE_SEARCH] = {s->low, s->high},
                                                [DSLT_SOURCE_LEVELS] = {s->low_levels, s->high_levels},
                                                [DSLT_SOURCE_LOOK] = {s->low_look, s->high_look}};
  if (label_store)
    DSLT_TRY(dslt_cuda_sample_label(cuda->now, label_store, ring, flow->desc.state, geometry, cuda->when));
  return dslt_cuda_store_sample(cuda->now, ring, low_store, high_store, sources, flow->desc.state,
                                &flow->state->turn, s->low_values * sizeof(float),
                                s->high_values * sizeof(float), cuda->when);
}

int dslt_cuda_flow_judge(dslt_flow *flow, float *losses, const float *loss, const dslt_stop_rule *rule) {
  return dslt_cuda_judge(flow->cuda->now, &flow->state->training, losses, loss, rule);
}

int dslt_cuda_flow_mark(dslt_flow *flow, int stage) {
  return dslt_cuda_stamp(flow->cuda->now, &flow->state->clock, stage);
}

int dslt_cuda_flow_gather(dslt_flow *flow, const float *loss) {
  flow_state *s = flow->state;
  cudaStream_t stream = flow->cuda->now;
  DSLT_TRY(dslt_cuda_gather(stream, &s->gathered, &s->clock, flow->desc.state, loss, &s->turn, &s->ring));
  return dslt_cuda_check(
      cudaMemcpyAsync(flow->gathered, &s->gathered, sizeof s->gathered, cudaMemcpyDeviceToHost, stream),
      "reading a frame's result");
}

int dslt_cuda_flow_report(dslt_flow_report *out, dslt_flow *flow) {
  DSLT_TRY(dslt_cuda_check(cudaStreamSynchronize(flow->cuda->stream), "tracking into a frame"));
  const dslt_gathered *g = flow->gathered;
  out->state = g->state;
  out->loss = g->loss;
  out->learnt = g->learnt;
  for (int i = 0; i < DSLT_STAGE_COUNT; ++i) out->stage_ms[i] = (double)g->stage_ns[i] * 1e-6;
  return DSLT_OK;
}

int dslt_cuda_flow_training(dslt_training *out, dslt_flow *flow) {
  dslt_backend *backend = &flow->cuda->base;
  return backend->ops->download(backend, out, &flow->state->training, sizeof *out);
}
