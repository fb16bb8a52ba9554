/* SPDX-License-Identifier: Apache-2.0 */
/* backend.h: what a tracker needs from a machine, as one table of functions. cpu/ and cuda/ fulfil it; the
 * story in track/ is written against it once.
 *
 * Memory. `float *` arguments named x, w, y, dx ... are backend memory from alloc(): host memory on the CPU,
 * device memory on a GPU. Maps are float32, channels last: [n][h][w][c]. The state lives in backend memory
 * too, so that a whole frame can run without a word from the host.
 *
 * Order. Calls between begin() and end() run in order on one stream; download() and end() wait for it.
 * Functions return DSLT_OK or a negative code with a sentence in the thread's last error. */
#ifndef DSLT_BACKEND_BACKEND_H
#define DSLT_BACKEND_BACKEND_H

#include <stdint.h>

#include "backend/graph.h"
#include "backend/precision.h"
#include "dslt/dslt.h"
#include "math/adam.h"
#include "math/loss.h"
#include "math/search_rules.h"
#include "math/stop.h"
#include "math/target_state.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DSLT_BACKEND_API_VERSION 2

typedef struct dslt_backend dslt_backend;
typedef struct dslt_net dslt_net;   /* a planned backbone for one batch size and input size */
typedef struct dslt_conv dslt_conv; /* a planned same-size convolution of the head */
typedef struct dslt_regress
    dslt_regress;                     /* a planned regression convolution: many channels to one, no padding */
typedef struct dslt_whole dslt_whole; /* a planned head as a whole */
typedef struct dslt_flow dslt_flow;   /* the way of a frame through one sequence */

typedef struct dslt_backend_config {
  int threads;   /* CPU threads, 0 = the cores at hand */
  int precision; /* dslt_precision of the backbone */
  int any_order; /* 1: sums may come in any order, and other bytes in another run */
} dslt_backend_config;

/* ---- backbone ------------------------------------------------------------------------------------ */

typedef struct dslt_net_desc {
  int n, h, w;             /* input: [n][h][w][c], c as graph->layer[0] says */
  const dslt_graph *graph; /* checked; need not outlive planning */
  int taps;
  int tap[DSLT_NET_TAPS_MAX]; /* layers whose outputs are wanted; only what they depend on is computed */
  /* Give a layer's weights as float32, [channels][cin / groups][kernel], and its bias [channels]. */
  int (*load)(void *context, int layer, float *weights, float *bias);
  void *context;
  const dslt_net *share; /* take packed weights from this net of the same layers, or NULL */
} dslt_net_desc;

/* ---- training ------------------------------------------------------------------------------------ */

/* The head as a whole: 1 x 1 reductions of two taps, upsampling, weighted sum, both regressions. */
typedef struct dslt_whole_desc {
  int n, h, w, factor; /* maps; cells of the low one; the high one is `factor` times smaller */
  int low_channels, high_channels, channels;
  int kh, kw;           /* regression kernel, cells */
  int fusion, residual; /* as in dslt_options */
  float fuse_low, fuse_high;
  int reduced;   /* 1: the inputs are reduced maps, [channels] each; there are no reductions */
  int deep;      /* 1: backward gives the gradients of reductions and upsampling too */
  int backwards; /* 1: backward is wanted at all; n = 1 */
} dslt_whole_desc;

/* Weights or gradients, laid out as for the single operations; what a shape has not may be NULL. */
typedef struct dslt_whole_tensors {
  float *reduce_low, *reduce_high; /* [low_channels][channels], [high_channels][channels] */
  float *upsample;                 /* [2 factor][2 factor][channels] */
  float *base, *residual;          /* [kh][kw][channels] */
} dslt_whole_tensors;

/* ---- the way of a frame --------------------------------------------------------------------------- */

/* What a frame still has to do depends on what was found in it. Those decisions are made and kept where the
 * state is, so that the calls of a frame are the same for every frame; a backend may record them once and
 * replay them. */
typedef struct dslt_flow_desc {
  dslt_target_state *state; /* backend memory, borrowed */
  int capacity;             /* stored samples, the first frame's among them, 1..DSLT_SAMPLES_MAX */
  int interval;             /* an update is due every so many frames; 0 = never */
  int hold;                 /* 1: no update while the target is lost */
  int joint;                /* 1: place and scale are searched together, so a level is always the sample */
} dslt_flow_desc;

enum { DSLT_SAMPLES_MAX = 64 };

/* Parts of a sequence that are recorded separately: the frame, a first-frame step on sample `slot`. */
enum { DSLT_PART_FRAME = 0, DSLT_PART_STEP = 1, DSLT_PARTS = DSLT_PART_STEP + DSLT_SAMPLES_MAX };

/* What a block of calls hangs on. */
typedef enum dslt_condition {
  DSLT_IF_PYRAMID = 0,  /* the scale gate is open */
  DSLT_IF_LOOK = 1,     /* the sample needs a look at the new place */
  DSLT_IF_UPDATE = 2,   /* store a sample and learn */
  DSLT_IF_TRAINING = 3, /* first-frame training goes on */
  DSLT_IF_SLOT = 4      /* + slot: this frame's update learns from the slot; only inside DSLT_IF_UPDATE */
} dslt_condition;

/* Where a frame's sample may come from: taps of the search, of the pyramid (a batch, of which state->level
 * counts), of the new place looked at once more. A pair that cannot be the source is NULL. */
typedef struct dslt_sample_sources {
  const float *low, *high, *low_levels, *high_levels, *low_look, *high_look;
  size_t low_values, high_values; /* of one crop */
} dslt_sample_sources;

/* What the host hears of a frame. */
typedef struct dslt_flow_report {
  dslt_target_state state;
  float loss;                        /* of the last training step of all */
  int32_t learnt;                    /* samples this frame's update learnt from; 0: no update */
  double stage_ms[DSLT_STAGE_COUNT]; /* since the last report */
} dslt_flow_report;

/* ---- the table ----------------------------------------------------------------------------------- */

typedef struct dslt_backend_ops {
  int api_version;
  const char *name;
  /* 1: backend memory may be read and written by the host between calls, and results are there when a call
   * returns. */
  int host_visible;
  /* Searches of several targets that are worth one run of the backbone, at most; 1: each by itself. */
  int searches_at_once;

  void (*query)(dslt_backend_info *out);
  int (*open)(dslt_backend **out, const dslt_backend_config *config);
  void (*close)(dslt_backend *backend);
  /* Bracket every group of calls: binds threads or device, and puts the caller's settings back. */
  int (*begin)(dslt_backend *backend);
  int (*end)(dslt_backend *backend);

  int (*alloc)(void **out, dslt_backend *backend, size_t bytes); /* zeroed, 64-byte aligned */
  void (*release)(dslt_backend *backend, void *memory);
  int (*upload)(dslt_backend *backend, void *dst, const void *src, size_t bytes);
  int (*download)(dslt_backend *backend, void *dst, const void *src, size_t bytes);
  int (*copy)(dslt_backend *backend, void *dst, const void *src, size_t bytes);
  int (*clear)(dslt_backend *backend, void *dst, size_t bytes); /* to zero bytes */

  /* Make `image` the current frame; it must stay readable until end(). */
  int (*frame)(dslt_backend *backend, const dslt_image *image);
  /* Begin to bring `image` over while the current frame is worked on: it is read in this call alone. Where
   * the next frame() names the very same pixels and layout, it finds them there; another one forgets them,
   * and NULL does. */
  int (*prefetch)(dslt_backend *backend, const dslt_image *image);
  /* Sample `count` search areas around the state, level i of the pyramid at scale_step^(first_level + i), into
   * out [count][input_height][input_width][3]. */
  int (*crop)(dslt_backend *backend, float *out, const dslt_search *geometry, const dslt_input_norm *norm,
              const dslt_target_state *state, int first_level, int count);
  /* 5 x 5 Gaussian blur of deviation `sigma` (> 0), edges replicated, or the mirror image about input column
   * `axis` (sigma 0). */
  int (*augment)(dslt_backend *backend, float *out, const float *in, int h, int w, float sigma, int axis);

  int (*net_plan)(dslt_net **out, dslt_backend *backend, const dslt_net_desc *desc);
  /* taps[i] [n][h][w][c]: as the graph's map of that layer says. */
  int (*net_run)(dslt_net *net, const float *input, float *const *taps);
  void (*net_free)(dslt_net *net);

  /* y [n][h][w][cout] = x [n][h][w][cin] * w [k][k][cin][cout], padding (k-1)/2, no bias; k = 1 or 3. */
  int (*conv_plan)(dslt_conv **out, dslt_backend *backend, int n, int h, int w, int cin, int cout, int k);
  int (*conv_forward)(dslt_conv *conv, float *y, const float *x, const float *w);
  int (*conv_backward_weights)(dslt_conv *conv, float *dw, const float *x, const float *dy);
  void (*conv_free)(dslt_conv *conv);

  /* Transposed convolution, one filter a channel: x [n][h][w][c] -> y [n][h*f][w*f][c], w [2f][2f][c], stride
   * f, padding f/2; f even. */
  int (*upsample_forward)(dslt_backend *backend, float *y, const float *x, const float *w, int n, int h,
                          int width, int c, int f);
  int (*upsample_backward)(dslt_backend *backend, float *dx, float *dw, const float *x, const float *w,
                           const float *dy, int h, int width, int c, int f);

  /* y = a x + b z over count values; z may be NULL (b ignored); y may be x or z. */
  int (*axpby)(dslt_backend *backend, float *y, float a, const float *x, float b, const float *z,
               size_t count);

  /* y [n][h-kh+1][w-kw+1] = valid correlation of x [n][h][w][c] with w [kh][kw][c]. Backward is for n = 1: dx
   * is overwritten, dw too; dx may be NULL. */
  int (*regress_plan)(dslt_regress **out, dslt_backend *backend, int n, int h, int w, int c, int kh, int kw);
  int (*regress_forward)(dslt_regress *regress, float *y, const float *x, const float *w);
  int (*regress_backward)(dslt_regress *regress, float *dx, float *dw, const float *x, const float *w,
                          const float *dy);
  void (*regress_free)(dslt_regress *regress);

  /* All four or none (NULL): the head's passes in one call each, where a backend gains by seeing all of it.
   * A plan may leave *out NULL: that shape is better served piece by piece. */
  int (*whole_plan)(dslt_whole **out, dslt_backend *backend, const dslt_whole_desc *desc);
  /* response [n][h-kh+1][w-kw+1] = base + residual regression, without biases. */
  int (*whole_forward)(dslt_whole *whole, float *response, const float *low, const float *high,
                       const dslt_whole_tensors *weights);
  /* Gradients at what the last forward was given, from the response's. */
  int (*whole_backward)(dslt_whole *whole, const dslt_whole_tensors *gradients, const float *low,
                        const float *high, const dslt_whole_tensors *weights, const float *d_response);
  void (*whole_free)(dslt_whole *whole);

  /* response = base + residual (NULL: none) + bias[0] + bias[1] (NULL: none), over count values. */
  int (*respond)(dslt_backend *backend, float *response, const float *base, const float *residual,
                 const float *bias, size_t count);
  /* The same sum, the loss against `label` and its gradient in one pass: gradient [count], dbias[0..1] = its
   * sum, *value = the summed loss. */
  int (*loss)(dslt_backend *backend, float *gradient, float *dbias, float *value, const float *base,
              const float *residual, const float *bias, const float *label, size_t count,
              const dslt_loss_spec *spec);
  /* One Adam step on every tensor; *step (backend memory) counts from 0 and is incremented. */
  int (*adam)(dslt_backend *backend, const dslt_param *params, int count, const dslt_adam_rule *rule,
              int32_t *step);

  /* Find the target in response [response_height][response_width]; writes the state. */
  int (*locate)(dslt_backend *backend, dslt_target_state *state, const float *response,
                const dslt_search *geometry);
  /* Choose among `levels` responses, level i at scale_step^(i - (levels-1)/2); writes scale and level. */
  int (*choose_scale)(dslt_backend *backend, dslt_target_state *state, const float *responses,
                      const dslt_search *geometry);
  /* Both at once: search all `levels` responses around the last place, move to the best one's maximum, write
   * scale, level and the label's place. */
  int (*locate_levels)(dslt_backend *backend, dslt_target_state *state, const float *responses,
                       const dslt_search *geometry);
  /* The soft label of the sample that is kept: a Gaussian around (state->label_x, state->label_y), into
   * label [response_height][response_width]. */
  int (*label)(dslt_backend *backend, float *label, const dslt_target_state *state,
               const dslt_search *geometry);
  /* dst = batch[state->level], items of `count` floats. */
  int (*take_level)(dslt_backend *backend, float *dst, const float *batch, const dslt_target_state *state,
                    size_t count);

  /* A new sequence; `seen` is the state of its first frame, slot 0 its sample. The backend must outlive it. */
  int (*flow_open)(dslt_flow **out, dslt_backend *backend, const dslt_flow_desc *desc,
                   const dslt_target_state *seen);
  void (*flow_free)(dslt_flow *flow);
  /* Begin a part. *run = 1: make its calls now; 0: they were recorded and run again by themselves. Then
   * flow_recorded() with the calls' result: DSLT_OK, a negative code, or 1: recording did not work, begin the
   * part again. The calls of a part must be the same every time, and none of them may ask the host. */
  int (*flow_record)(int *run, dslt_flow *flow, int part);
  int (*flow_recorded)(dslt_flow *flow, int rc);
  /* Bracket calls that hang on a condition. *run = 0: leave them out. One level of nesting, whose inner
   * condition implies the outer one. */
  int (*flow_if)(int *run, dslt_flow *flow, int condition);
  int (*flow_end_if)(dslt_flow *flow);
  /* After locate or locate_levels: decide what this frame still has to do. */
  int (*flow_decide)(dslt_flow *flow);
  /* Put the sample into the next slot of low_store [capacity][low_values] and high_store, slot 0 excepted;
   * and, where label_store [capacity][response cells] is not NULL, its own label as in label(). */
  int (*flow_store)(dslt_flow *flow, float *low_store, float *high_store, float *label_store,
                    const dslt_sample_sources *sources, const dslt_search *geometry);
  /* Note *loss in losses [rule->limit] (backend memory) and judge it: DSLT_IF_TRAINING. */
  int (*flow_judge)(dslt_flow *flow, float *losses, const float *loss, const dslt_stop_rule *rule);
  /* What was begun since the last mark belongs to `stage`; -1 starts the clock. */
  int (*flow_mark)(dslt_flow *flow, int stage);
  /* Gather the report, as the last call of a part; then, outside of it, wait for it and read it. */
  int (*flow_gather)(dslt_flow *flow, const float *loss);
  int (*flow_report)(dslt_flow_report *out, dslt_flow *flow);
  int (*flow_training)(dslt_training *out, dslt_flow *flow);
} dslt_backend_ops;

struct dslt_backend {
  const dslt_backend_ops *ops;
  int precision; /* dslt_precision in use, never DSLT_PRECISION_AUTO; set by dslt_backend_open() */
};

/* ---- registry ------------------------------------------------------------------------------------ */

extern const dslt_backend_ops dslt_cpu_backend;
#ifdef DSLT_CUDA
void dslt_cuda_query(dslt_backend_info *out);
extern const dslt_backend_ops dslt_cuda_backend;
#endif

/* Find the table for "auto", "cpu" or "cuda" and open it. DSLT_EBACKEND says why one cannot run. */
int dslt_backend_open(dslt_backend **out, const char *name, const dslt_backend_config *config);
/* end() after calls that returned rc. Gives back the first failure, with its own sentence. */
int dslt_backend_end(dslt_backend *backend, int rc);
/* The same; where "auto" would rather have a GPU and has to do without, note [size] gets the sentence that
 * says why, else "". */
int dslt_backend_open_noting(dslt_backend **out, char *note, size_t size, const char *name,
                             const dslt_backend_config *config);

#ifdef __cplusplus
}
#endif

#endif
