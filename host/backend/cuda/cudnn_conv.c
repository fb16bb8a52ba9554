/* SPDX-License-Identifier: Apache-2.0 */
/* cudnn_conv.c: the choice of the engine that runs a convolution, and its run. */
#include "cudnn_conv.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cudnn_graph.h"
#include "cudnn_handle.h"

#if DSLT_CUDNN

enum {
  CANDIDATES_MAX = 128, /* engine configurations that are considered; float32's first one is about the 25th */
  READY_MAX = 12,       /* that are measured: of those that come ready with cuDNN a plan costs nothing, ... */
  COMPILED_MAX = 4,     /* ... of the others half a second */
  REPEATS = 5,
  WORKSPACE_MAX = 256 << 20 /* bytes */
};
struct dslt_cudnn_conv {
  dslt_cudnn *dnn;
  dslt_descriptors graph;
  cudnnBackendDescriptor_t operations, config, plan;
  dslt_plan_choice choice;
  int fused, adds;   /* 1: bias and activation, and a map to add, are part of it */
  int64_t workspace; /* bytes */
};

/* ---- engine configurations ----------------------------------------------------------------------- */

/* Does a numerical note leave float32 results what they are? */
static int is_harmless(cudnnBackendNumericalNote_t note) {
#if CUDNN_VERSION >= 90100
  return note == CUDNN_NUMERICAL_NOTE_STRICT_NAN_PROP;
#else /* which has no such note */
  (void)note;
  return 0;
#endif
}

/* Is this engine configuration allowed? Sets its engine. Float32 means float32 sums and products: no tensor
 * cores, which would round, and no transforms. */
static int allowed(const dslt_cudnn_conv *conv, cudnnBackendDescriptor_t config, dslt_type type,
                   int64_t *engine) {
  const dslt_cudnn_api *api = conv->dnn->api;
  int exact = type == DSLT_TYPE_F32 && conv->dnn->cuda->precision == DSLT_PRECISION_F32;
  cudnnBackendDescriptor_t d = NULL;
  cudnnBackendNumericalNote_t notes[CUDNN_NUMERICAL_NOTE_TYPE_COUNT];
  int64_t got = 0, count = 0;
  if (api->descriptor_create(CUDNN_BACKEND_ENGINE_DESCRIPTOR, &d) != CUDNN_STATUS_SUCCESS) return 0;
  cudnnStatus_t status =
      api->get(config, CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &got, &d);
  if (status == CUDNN_STATUS_SUCCESS)
    status = api->get(d, CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64, 1, &got, engine);
  if (status == CUDNN_STATUS_SUCCESS)
    status = api->get(d, CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE,
                      CUDNN_NUMERICAL_NOTE_TYPE_COUNT, &count, notes);
  (void)api->descriptor_destroy(d);
  if (status != CUDNN_STATUS_SUCCESS) return 0;
  for (int64_t i = 0; i < count && i < CUDNN_NUMERICAL_NOTE_TYPE_COUNT; ++i) {
    if (notes[i] == CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION) return 0;
    if (notes[i] == CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC) {
      if (!conv->dnn->cuda->any_order) return 0;
      continue;
    }
    /* float16's range instead of float32's */
    if (type == DSLT_TYPE_F32 && notes[i] == CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS) return 0;
    if (exact && !is_harmless(notes[i])) return 0;
  }
  return 1;
}

/* 1: the engine is compiled when its plan is made; -1 where cuDNN does not say. */
static int is_compiled(const dslt_cudnn *dnn, cudnnBackendDescriptor_t config) {
  cudnnBackendBehaviorNote_t notes[CUDNN_BEHAVIOR_NOTE_TYPE_COUNT];
  cudnnBackendDescriptor_t d = NULL;
  int64_t got = 0, count = 0;
  int compiled = 0;
  if (dnn->api->descriptor_create(CUDNN_BACKEND_ENGINE_DESCRIPTOR, &d) != CUDNN_STATUS_SUCCESS) return -1;
  cudnnStatus_t status =
      dnn->api->get(config, CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &got, &d);
  if (status == CUDNN_STATUS_SUCCESS)
    status = dnn->api->get(d, CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE, CUDNN_TYPE_BEHAVIOR_NOTE,
                           CUDNN_BEHAVIOR_NOTE_TYPE_COUNT, &count, notes);
  for (int64_t i = 0; status == CUDNN_STATUS_SUCCESS && i < count; ++i)
    compiled |= notes[i] == CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION;
  (void)dnn->api->descriptor_destroy(d);
  return status == CUDNN_STATUS_SUCCESS ? compiled : -1;
}

/* The engine configurations that one of cuDNN's heuristics proposes, best first; the caller destroys them. */
static int list_ways(cudnnBackendDescriptor_t out[CANDIDATES_MAX], dslt_cudnn_conv *conv, int mode) {
  dslt_descriptors h = {.api = conv->dnn->api};
  cudnnBackendHeurMode_t heuristic = (cudnnBackendHeurMode_t)mode;
  cudnnBackendDescriptor_t d = dslt_descriptors_make(&h, CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  int64_t count = 0, got = 0;
  int made = 0;
  dslt_descriptors_set_one(&h, d, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, conv->operations);
  dslt_descriptors_set(&h, d, CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1, &heuristic);
#ifdef DSLT_CUDNN_DESCRIPTIONS
  if (conv->dnn->device) dslt_descriptors_set_one(&h, d, CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, conv->dnn->device);
#endif
  dslt_descriptors_finish(&h, d);
  if (h.status == CUDNN_STATUS_SUCCESS)
    dslt_descriptors_note(
        &h, h.api->get(d, CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR, 0, &count, NULL));
  if (h.status != CUDNN_STATUS_SUCCESS) count = 0;
  if (count > CANDIDATES_MAX) count = CANDIDATES_MAX;
  while (made < count &&
         h.api->descriptor_create(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, &out[made]) == CUDNN_STATUS_SUCCESS)
    ++made;
  if (made > 0)
    dslt_descriptors_note(
        &h, h.api->get(d, CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR, made, &got, out));
  int good = h.status == CUDNN_STATUS_SUCCESS && got > 0 ? (int)(got < made ? got : made) : 0;
  while (made > good) (void)h.api->descriptor_destroy(out[--made]);
  dslt_descriptors_drop(&h);
  return good;
}

static void drop_plan(dslt_cudnn_conv *conv) {
  const dslt_cudnn_api *api = conv->dnn->api;
  if (conv->plan) (void)api->descriptor_destroy(conv->plan);
  if (conv->config) (void)api->descriptor_destroy(conv->config);
  conv->plan = conv->config = NULL;
}

/* Make the plan for one engine configuration, which the conv owns from here on. Returns 1 on success. */
static int take_way(dslt_cudnn_conv *conv, cudnnBackendDescriptor_t config) {
  const dslt_cudnn_api *api = conv->dnn->api;
  int64_t got = 0;
  conv->config = config;
  conv->workspace = 0;
  cudnnStatus_t s = api->descriptor_create(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR, &conv->plan);
  if (s == CUDNN_STATUS_SUCCESS && conv->dnn->handle)
    s = api->set(conv->plan, CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, 1, &conv->dnn->handle);
#ifdef DSLT_CUDNN_DESCRIPTIONS
  if (s == CUDNN_STATUS_SUCCESS && conv->dnn->device)
    s = api->set(conv->plan, CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
                 &conv->dnn->device);
#endif
  if (s == CUDNN_STATUS_SUCCESS)
    s = api->set(conv->plan, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
                 &config);
  if (s == CUDNN_STATUS_SUCCESS) s = api->finalize(conv->plan);
  if (s == CUDNN_STATUS_SUCCESS)
    s = api->get(conv->plan, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1, &got,
                 &conv->workspace);
  if (s == CUDNN_STATUS_SUCCESS && conv->workspace <= WORKSPACE_MAX &&
      dslt_cuda_reserve(&conv->dnn->workspace, conv->dnn->cuda, (size_t)conv->workspace, "cuDNN") == DSLT_OK)
    return 1;
  drop_plan(conv);
  return 0;
}

/* ---- choice of an engine ------------------------------------------------------------------------- */

static int run_on(dslt_cudnn_conv *conv, const dslt_conv_memory *m) {
  return dslt_cudnn_conv_run(conv, m->y, m->x, m->weights, m->bias, m->add);
}

/* Milliseconds of a run after a warm-up run; negative on failure. */
static float measure(dslt_cudnn_conv *conv, const dslt_conv_memory *m) {
  cudaStream_t stream = conv->dnn->cuda->stream;
  cudaEvent_t from = NULL, to = NULL;
  float ms = -1.0f;
  int ok = cudaEventCreate(&from) == cudaSuccess && cudaEventCreate(&to) == cudaSuccess &&
           run_on(conv, m) == DSLT_OK && cudaEventRecord(from, stream) == cudaSuccess;
  for (int i = 0; ok && i < REPEATS; ++i) ok = run_on(conv, m) == DSLT_OK;
  if (ok && cudaEventRecord(to, stream) == cudaSuccess && cudaEventSynchronize(to) == cudaSuccess)
    if (cudaEventElapsedTime(&ms, from, to) != cudaSuccess) ms = -1.0f;
  if (from) cudaEventDestroy(from);
  if (to) cudaEventDestroy(to);
  return ms;
}

/* Which engine configurations are tried. */
typedef struct search {
  int mode;      /* the heuristic that proposes them */
  int wanted;    /* only the one with this index, or -1 */
  int measuring; /* 0: the first one that works is taken */
  int compiled;  /* -1, or only those that are (1) or are not (0) compiled when they are planned */
} search;

/* Try the configurations of one heuristic. Keeps the fastest one's plan. */
static int choose_among(dslt_plan_choice *out, dslt_cudnn_conv *conv, const dslt_conv_case *shape,
                        const dslt_conv_memory *memory, const search *by) {
  cudnnBackendDescriptor_t ways[CANDIDATES_MAX];
  int count = list_ways(ways, conv, by->mode), tried = 0;
  const int most = by->compiled == 1 ? COMPILED_MAX : READY_MAX;
  float best = -1.0f;
  cudnnBackendDescriptor_t best_plan = NULL, best_config = NULL;
  int64_t best_workspace = 0;
  for (int i = 0; i < count; ++i) {
    int64_t engine = -1;
    int skip = (by->wanted >= 0 && i != by->wanted) || tried >= (by->measuring ? most : 1) ||
               !allowed(conv, ways[i], shape->type, &engine) ||
               (by->compiled >= 0 && is_compiled(conv->dnn, ways[i]) != by->compiled);
    if (skip) {
      (void)conv->dnn->api->descriptor_destroy(ways[i]);
      continue;
    }
    if (!take_way(conv, ways[i])) continue;
    float ms = by->measuring ? measure(conv, memory) : 0.0f;
    if (ms < 0.0f || (best_plan && ms >= best)) {
      drop_plan(conv);
    } else {
      if (best_plan) (void)conv->dnn->api->descriptor_destroy(best_plan);
      if (best_config) (void)conv->dnn->api->descriptor_destroy(best_config);
      best_plan = conv->plan;
      best_config = conv->config;
      best_workspace = conv->workspace;
      conv->plan = conv->config = NULL;
      best = ms;
      *out = (dslt_plan_choice){conv->fused, by->mode, i, engine};
    }
    ++tried;
  }
  conv->plan = best_plan;
  conv->config = best_config;
  conv->workspace = best_workspace;
  return best_plan != NULL;
}

static int begin_graph(dslt_cudnn_conv *conv, const dslt_conv_case *shape, int fused) {
  drop_plan(conv);
  dslt_descriptors_drop(&conv->graph);
  conv->graph.status = CUDNN_STATUS_SUCCESS;
  conv->fused = fused;
  conv->operations = dslt_cudnn_graph(&conv->graph, shape, fused, conv->dnn->handle);
  return conv->graph.status == CUDNN_STATUS_SUCCESS;
}

/* Other activations are left to a kernel of ours: cuDNN would compile an engine for them when it runs. */
static int can_fuse(const dslt_conv_case *shape) {
  return !shape->plain &&
         (shape->activation == DSLT_ACTIVATION_NONE || shape->activation == DSLT_ACTIVATION_RELU);
}

/* What is measured differs from run to run, so it must be kept, unless that is allowed. */
static int can_measure(const dslt_cudnn *dnn) { return dnn->cache.path[0] != '\0' || dnn->cuda->any_order; }

/* Choose by measurement: with addend, bias and activation inside if any engine supports that, else without.
 * Engines that must be compiled, which takes a second for each plan of each process, come last. */
static int choose(dslt_plan_choice *out, dslt_cudnn_conv *conv, const dslt_conv_case *shape,
                  const dslt_conv_memory *memory) {
  static const int modes[] = {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK};
  search by = {.wanted = -1};
  for (by.compiled = 0; by.compiled < 2; ++by.compiled)
    for (int fused = can_fuse(shape); fused >= 0; --fused) {
      if (!begin_graph(conv, shape, fused)) continue;
      /* what is not fused is not kept, so it must not depend on a measurement */
      by.measuring = memory && can_measure(conv->dnn) && fused == can_fuse(shape);
      for (int i = 0; i < 2; ++i) {
        by.mode = modes[i];
        if (choose_among(out, conv, shape, memory, &by)) return 1;
      }
    }
  *out = (dslt_plan_choice){0, 0, -1, -1};
  return 0;
}

/* Use the cached choice; 0 if it is no longer available. */
static int repeat(const dslt_plan_choice *known, dslt_cudnn_conv *conv, const dslt_conv_case *shape) {
  dslt_plan_choice again;
  const search by = {known->mode, known->index, 0, -1};
  return begin_graph(conv, shape, known->fused) && choose_among(&again, conv, shape, NULL, &by) &&
         again.engine == known->engine;
}

/* Keep what was measured. Another process may have measured the same shape meanwhile: then its choice is taken, so that
 * this run computes as every later one does. */
static int keep(dslt_plan_choice *choice, dslt_cudnn_conv *conv, const dslt_conv_case *shape,
                const int key[DSLT_PLAN_KEY]) {
  const dslt_plan_choice mine = *choice;
  dslt_plan_cache_add(&conv->dnn->cache, key, choice);
  if (choice->fused == mine.fused && choice->mode == mine.mode && choice->index == mine.index &&
      choice->engine == mine.engine)
    return 1;
  if (repeat(choice, conv, shape)) return 1;
  *choice = mine;
  return repeat(choice, conv, shape);
}

/* Added to the precision in the cache's key. */
enum { ANY_ORDER = 16 };

static void key_of(int key[DSLT_PLAN_KEY], const dslt_cuda *cuda, const dslt_conv_case *s) {
  const int numbers[DSLT_PLAN_KEY] = {s->n,
                                      s->h,
                                      s->w,
                                      s->cin,
                                      s->cout,
                                      s->type,
                                      cuda->precision + (cuda->any_order ? ANY_ORDER : 0),
                                      s->kernel[0],
                                      s->kernel[1],
                                      s->stride[0],
                                      s->stride[1],
                                      s->dilation[0],
                                      s->dilation[1],
                                      s->pad[0],
                                      s->pad[1],
                                      s->pad[2],
                                      s->pad[3],
                                      s->groups,
                                      s->x_pitch,
                                      s->y_pitch,
                                      s->add_pitch,
                                      s->activation,
                                      s->plain,
                                      s->transposed};
  memcpy(key, numbers, sizeof numbers);
}

/* A verdict has a key of its own, which no convolution has. */
static void verdict_key(int key[DSLT_PLAN_KEY], const dslt_cuda *cuda, const dslt_conv_case *shape) {
  key_of(key, cuda, shape);
  key[0] = -shape->n;
}

int dslt_cudnn_verdict(const dslt_cuda *cuda, const dslt_conv_case *shape) {
  int key[DSLT_PLAN_KEY];
  dslt_plan_choice choice;
  if (!cuda->dnn) return -1;
  verdict_key(key, cuda, shape);
  if (dslt_plan_cache_find(&choice, &cuda->dnn->cache, key)) return choice.fused != 0;
  return can_measure(cuda->dnn) ? -1 : 0;
}

int dslt_cudnn_keep_verdict(dslt_cuda *cuda, const dslt_conv_case *shape, int verdict) {
  int key[DSLT_PLAN_KEY];
  dslt_plan_choice choice = {.fused = verdict};
  if (!cuda->dnn) return verdict;
  verdict_key(key, cuda, shape);
  dslt_plan_cache_add(&cuda->dnn->cache, key, &choice);
  return choice.fused != 0;
}

int dslt_cudnn_conv_plan(dslt_cudnn_conv **out, dslt_cuda *cuda, const dslt_conv_case *s,
                         const dslt_conv_memory *memory) {
  *out = NULL;
  if (!cuda->dnn) return DSLT_OK;
  int key[DSLT_PLAN_KEY];
  key_of(key, cuda, s);
  dslt_cudnn_conv *conv = calloc(1, sizeof *conv);
  if (!conv) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning a convolution.");
  conv->dnn = cuda->dnn;
  conv->graph.api = cuda->dnn->api;
  conv->adds = s->add_pitch > 0;
  dslt_plan_choice choice;
  int found = 0;
  if (dslt_plan_cache_find(&choice, &cuda->dnn->cache, key)) found = repeat(&choice, conv, s);
  if (!found) {
    found = choose(&choice, conv, s, memory);
    /* what went wrong once must not stay so: the next start tries again */
    if (found && choice.fused == can_fuse(s)) found = keep(&choice, conv, s, key);
  }
  conv->choice = choice;
  if (found)
    *out = conv;
  else
    dslt_cudnn_conv_free(conv);
  return dslt_cuda_check(cudaStreamSynchronize(cuda->stream), "trying convolutions");
}

int dslt_cudnn_conv_fused(const dslt_cudnn_conv *conv) { return conv->fused; }

dslt_conv_facts dslt_cudnn_conv_facts(const dslt_cudnn_conv *conv) {
  return (dslt_conv_facts){conv->fused, conv->choice.index, is_compiled(conv->dnn, conv->config),
                           (size_t)conv->workspace};
}

int dslt_cudnn_conv_run(dslt_cudnn_conv *conv, void *y, const void *x, const void *weights, const void *bias,
                        const void *add) {
  dslt_cudnn *dnn = conv->dnn;
  dslt_descriptors h = {.api = dnn->api};
  const int64_t ids[5] = {DSLT_TENSOR_X, DSLT_TENSOR_WEIGHTS, DSLT_TENSOR_Y, DSLT_TENSOR_BIAS,
                          DSLT_TENSOR_ADD};
  const void *pointers[5] = {x, weights, y, bias, add};
  const int64_t count = conv->fused ? 4 + conv->adds : 3;
  DSLT_TRY(dslt_cuda_settle(dnn->cuda));
  cudnnBackendDescriptor_t pack = dslt_descriptors_make(&h, CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  dslt_descriptors_set(&h, pack, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, count, pointers);
  dslt_descriptors_set(&h, pack, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, count, ids);
  dslt_descriptors_set(&h, pack, CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1,
                       &dnn->workspace.data);
  dslt_descriptors_finish(&h, pack);
  if (h.status == CUDNN_STATUS_SUCCESS)
    dslt_descriptors_note(&h, h.api->execute(dnn->handle, conv->plan, pack));
  dslt_descriptors_drop(&h);
  if (h.status == CUDNN_STATUS_SUCCESS) return DSLT_OK;
  return dslt_fail(DSLT_EDEVICE,
                   "cuDNN failed at a convolution: %s. Try DSLT_CUDNN=0 in the environment, or "
                   "--backend cpu.",
                   dnn->api->error_text(h.status));
}

void dslt_cudnn_conv_free(dslt_cudnn_conv *conv) {
  if (!conv) return;
  drop_plan(conv);
  dslt_descriptors_drop(&conv->graph);
  free(conv);
}

#else /* built without cuDNN's headers */

int dslt_cudnn_conv_plan(dslt_cudnn_conv **out, dslt_cuda *cuda, const dslt_conv_case *shape,
                         const dslt_conv_memory *memory) {
  (void)cuda;
  (void)shape;
  (void)memory;
  *out = NULL;
  return DSLT_OK;
}
int dslt_cudnn_conv_fused(const dslt_cudnn_conv *conv) {
  (void)conv;
  return 0;
}
dslt_conv_facts dslt_cudnn_conv_facts(const dslt_cudnn_conv *conv) {
  (void)conv;
  return (dslt_conv_facts){0};
}
int dslt_cudnn_conv_run(dslt_cudnn_conv *conv, void *y, const void *x, const void *weights, const void *bias,
                        const void *add) {
  (void)add;
  (void)conv;
  (void)y;
  (void)x;
  (void)weights;
  (void)bias;
  return DSLT_EINTERNAL; /* never called: no conv can exist */
}
void dslt_cudnn_conv_free(dslt_cudnn_conv *conv) { (void)conv; }
int dslt_cudnn_verdict(const dslt_cuda *cuda, const dslt_conv_case *shape) {
  (void)cuda;
  (void)shape;
  return -1;
}
int dslt_cudnn_keep_verdict(dslt_cuda *cuda, const dslt_conv_case *shape, int verdict) {
  (void)cuda;
  (void)shape;
  return verdict;
}

#endif
