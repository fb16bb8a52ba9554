/* SPDX-License-Identifier: Apache-2.0 */
/* cpu.h: the CPU backend's own state and the pieces it is made of. */
#ifndef DSLT_BACKEND_CPU_CPU_H
#define DSLT_BACKEND_CPU_CPU_H

#include "backend/backend.h"

/* Hot loops are compiled for each x86-64 level and picked at load time. Sanitizers do not mix with the
 * resolvers. */
#if defined(__x86_64__) && defined(__gnu_linux__) && __GNUC__ >= 12 && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define DSLT_HOT __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), optimize("O3")))
#else
#define DSLT_HOT
#endif

typedef struct dslt_cpu_engine dslt_cpu_engine; /* oneDNN's engine and stream, or nothing */

/* Memory that planned operations share, since they run one at a time. May move while planning, never per
 * frame. */
typedef struct dslt_arena {
  void *data;
  size_t bytes;
} dslt_arena;

typedef struct dslt_cpu {
  dslt_backend base;
  int threads;
  int callers_threads; /* put back by end() */
  int precision;
  dslt_cpu_engine *engine;

  dslt_image frame;   /* current frame as BGR8 */
  uint8_t *converted; /* holds it where the caller's was something else */
  size_t converted_bytes;

  dslt_arena crop;        /* rows and tables of cropping; grows with the first frame */
  dslt_arena scratch;     /* what a single operation needs while it runs */
  dslt_arena activations; /* what a backbone passes from layer to layer */
} dslt_cpu;

static inline dslt_cpu *dslt_cpu_of(dslt_backend *backend) { return (dslt_cpu *)backend; }

/* 64-byte aligned, zeroed; DSLT_EMEMORY says what it was for. */
int dslt_cpu_alloc(void **out, size_t bytes, const char *what);
/* Grow an arena to at least `bytes`. */
int dslt_cpu_reserve(dslt_arena *arena, size_t bytes);

/* frame.c, crop.c */
int dslt_cpu_frame(dslt_backend *backend, const dslt_image *image);
int dslt_cpu_prefetch(dslt_backend *backend, const dslt_image *image);
int dslt_cpu_crop(dslt_backend *backend, float *out, const dslt_search *g, const dslt_input_norm *norm,
                  const dslt_target_state *state, int first_level, int count);
int dslt_cpu_augment(dslt_backend *backend, float *out, const float *in, int h, int w, float sigma, int axis);

/* onednn_net.c or plain_net.c */
int dslt_cpu_engine_open(dslt_cpu_engine **out, dslt_cpu *cpu);
void dslt_cpu_engine_close(dslt_cpu_engine *engine);
int dslt_cpu_has_bf16(void);
/* "oneDNN 2.6.3" or "plain C loops". */
void dslt_cpu_library(char *out, size_t size);
int dslt_cpu_net_plan(dslt_net **out, dslt_backend *backend, const dslt_net_desc *desc);
int dslt_cpu_net_run(dslt_net *net, const float *input, float *const *taps);
void dslt_cpu_net_free(dslt_net *net);

/* onednn_conv.c or plain_conv.c */
int dslt_cpu_conv_plan(dslt_conv **out, dslt_backend *backend, int n, int h, int w, int cin, int cout, int k);
int dslt_cpu_conv_forward(dslt_conv *conv, float *y, const float *x, const float *w);
int dslt_cpu_conv_backward_weights(dslt_conv *conv, float *dw, const float *x, const float *dy);
void dslt_cpu_conv_free(dslt_conv *conv);

/* A planned matrix product: C [m][n] = op(A) op(B), all row-major and packed; ta: A is stored [k][m], tb: B
 * is stored [n][k]. onednn_gemm.c or plain_gemm.c. */
typedef struct dslt_gemm dslt_gemm;
int dslt_gemm_plan(dslt_gemm **out, dslt_cpu *cpu, int ta, int tb, int m, int n, int k);
/* The same for a product that one thread computes alone while others may compute theirs: inside parallel
 * regions. */
int dslt_gemm_plan_alone(dslt_gemm **out, dslt_cpu *cpu, int ta, int tb, int m, int n, int k);
int dslt_gemm_run(dslt_gemm *gemm, float *c, const float *a, const float *b);
void dslt_gemm_free(dslt_gemm *gemm);

/* regress.c */
int dslt_cpu_regress_plan(dslt_regress **out, dslt_backend *backend, int n, int h, int w, int c, int kh,
                          int kw);
int dslt_cpu_regress_forward(dslt_regress *r, float *y, const float *x, const float *w);
int dslt_cpu_regress_backward(dslt_regress *r, float *dx, float *dw, const float *x, const float *w,
                              const float *dy);
void dslt_cpu_regress_free(dslt_regress *r);

/* whole.c */
int dslt_cpu_whole_plan(dslt_whole **out, dslt_backend *backend, const dslt_whole_desc *desc);
int dslt_cpu_whole_forward(dslt_whole *whole, float *response, const float *low, const float *high,
                           const dslt_whole_tensors *weights);
int dslt_cpu_whole_backward(dslt_whole *whole, const dslt_whole_tensors *gradients, const float *low,
                            const float *high, const dslt_whole_tensors *weights, const float *d_response);
void dslt_cpu_whole_free(dslt_whole *whole);

/* elementwise.c */
int dslt_cpu_axpby(dslt_backend *backend, float *y, float a, const float *x, float b, const float *z,
                   size_t count);
int dslt_cpu_respond(dslt_backend *backend, float *response, const float *base, const float *residual,
                     const float *bias, size_t count);
int dslt_cpu_loss(dslt_backend *backend, float *gradient, float *dbias, float *value, const float *base,
                  const float *residual, const float *bias, const float *label, size_t count,
                  const dslt_loss_spec *spec);
int dslt_cpu_adam(dslt_backend *backend, const dslt_param *params, int count, const dslt_adam_rule *rule,
                  int32_t *step);

/* upsample.c */
int dslt_cpu_upsample_forward(dslt_backend *backend, float *y, const float *x, const float *w, int n, int h,
                              int width, int c, int f);
int dslt_cpu_upsample_backward(dslt_backend *backend, float *dx, float *dw, const float *x, const float *w,
                               const float *dy, int h, int width, int c, int f);

/* locate.c */
int dslt_cpu_locate(dslt_backend *backend, dslt_target_state *state, const float *response,
                    const dslt_search *g);
int dslt_cpu_locate_levels(dslt_backend *backend, dslt_target_state *state, const float *responses,
                           const dslt_search *g);
int dslt_cpu_label(dslt_backend *backend, float *label, const dslt_target_state *state, const dslt_search *g);
int dslt_cpu_choose_scale(dslt_backend *backend, dslt_target_state *state, const float *responses,
                          const dslt_search *g);
int dslt_cpu_take_level(dslt_backend *backend, float *dst, const float *batch, const dslt_target_state *state,
                        size_t count);

/* flow.c */
int dslt_cpu_flow_open(dslt_flow **out, dslt_backend *backend, const dslt_flow_desc *desc,
                       const dslt_target_state *seen);
void dslt_cpu_flow_free(dslt_flow *flow);
int dslt_cpu_flow_record(int *run, dslt_flow *flow, int part);
int dslt_cpu_flow_recorded(dslt_flow *flow, int rc);
int dslt_cpu_flow_if(int *run, dslt_flow *flow, int condition);
int dslt_cpu_flow_end_if(dslt_flow *flow);
int dslt_cpu_flow_decide(dslt_flow *flow);
int dslt_cpu_flow_store(dslt_flow *flow, float *low_store, float *high_store, float *label_store,
                        const dslt_sample_sources *sources, const dslt_search *g);
int dslt_cpu_flow_judge(dslt_flow *flow, float *losses, const float *loss, const dslt_stop_rule *rule);
int dslt_cpu_flow_mark(dslt_flow *flow, int stage);
int dslt_cpu_flow_gather(dslt_flow *flow, const float *loss);
int dslt_cpu_flow_report(dslt_flow_report *out, dslt_flow *flow);
int dslt_cpu_flow_training(dslt_training *out, dslt_flow *flow);

#endif
