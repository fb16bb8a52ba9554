/* SPDX-License-Identifier: Apache-2.0 */
/* cuda.h: the CUDA backend's own state and the pieces it is made of. */
#ifndef DSLT_BACKEND_CUDA_CUDA_H
#define DSLT_BACKEND_CUDA_CUDA_H

#include <cuda_runtime_api.h>

#include "backend/backend.h"
#include "kernels.h"
#include "network.h"
#include "vendor.h"

typedef struct dslt_cudnn dslt_cudnn; /* cuDNN's handle and the plans it knows; cudnn_conv.c */

/* Device memory that planned operations share, since they run one at a time. Grows while planning only. */
typedef struct dslt_device_arena {
  void *data;
  size_t bytes;
} dslt_device_arena;

/* Scratch memory of an upsampling of one shape: its tickets have their own places. */
typedef struct dslt_upsample_scratch {
  int h, width, c, f;
  uint64_t used; /* counts calls: when it was last asked for */
  void *memory;
} dslt_upsample_scratch;

/* More shapes than a group has targets, so that the one unused for longest is in no recorded frame. */
enum { DSLT_CUDA_FRAMES = 2, DSLT_UPSAMPLE_SHAPES = DSLT_GROUP_TARGETS + 8 };

/* One of the frames that take turns: the next may be brought over while the last is worked on. */
typedef struct dslt_cuda_slot {
  void *pinned, *pixels;        /* host and device */
  size_t bytes;                 /* of each */
  dslt_frame_view *pinned_view; /* host, pinned */
  cudaEvent_t uploaded;
  dslt_image ahead; /* what was brought over ahead of its turn; data NULL: nothing */
} dslt_cuda_slot;

typedef struct dslt_cuda {
  dslt_backend base;
  int device, callers_device;
  int precision;
  int any_order;              /* convolutions may sum in any order */
  char gpu[64];               /* its name */
  cudaStream_t stream;        /* everything but uploads */
  cudaStream_t upload, block; /* pixels; what is being recorded of a conditional block */
  cudaStream_t now;           /* where calls go: stream, or block while one is recorded */
  const int32_t *when;        /* kernels are skipped where it is 0; NULL: none is */

  const dslt_cublas_api *blas;
  cublasHandle_t blas_handle;
  void *blas_workspace;
  dslt_cudnn *dnn; /* NULL: backbone by matrix products */

  dslt_cuda_slot slot[DSLT_CUDA_FRAMES];
  int slot_now;
  dslt_frame_view *view; /* device: the current frame */

  dslt_device_arena activations[2]; /* what a backbone passes from layer to layer */
  dslt_device_arena padded, sums;   /* of a 3 x 3 convolution by nine products */
  dslt_locate_scratch *locate;
  uint32_t *adam_ticket;
  dslt_upsample_scratch upsample[DSLT_UPSAMPLE_SHAPES];
  uint64_t upsamplings; /* asked for so far */
} dslt_cuda;

static inline dslt_cuda *dslt_cuda_of(dslt_backend *backend) { return (dslt_cuda *)backend; }

/* A CUDA error as a sentence: what was being done, and what helps. DSLT_OK, DSLT_EDEVICE or
 * DSLT_EDEVICE_MEMORY. */
int dslt_cuda_check(cudaError_t error, const char *doing);

/* Zeroed device memory; `what` it is for. DSLT_EDEVICE_MEMORY says how much was wanted and what would need
 * less. */
int dslt_cuda_new(void **out, dslt_cuda *cuda, size_t bytes, const char *what);
int dslt_cuda_reserve(dslt_device_arena *arena, dslt_cuda *cuda, size_t bytes, const char *what);
/* Send the calls of the vendor libraries to `stream` too. */
int dslt_cuda_use_stream(dslt_cuda *cuda, cudaStream_t stream);

/* frame.c */
int dslt_cuda_op_frame(dslt_backend *backend, const dslt_image *image);
int dslt_cuda_op_prefetch(dslt_backend *backend, const dslt_image *image);
void dslt_cuda_frames_free(dslt_cuda *cuda);

/* net.c */
int dslt_cuda_net_plan(dslt_net **out, dslt_backend *backend, const dslt_net_desc *desc);
int dslt_cuda_net_run(dslt_net *net, const float *input, float *const *taps);
void dslt_cuda_net_free(dslt_net *net);

/* products.c: matrix products by cuBLAS, all matrices row-major and packed. A may be bfloat16, then B is too;
 * C is float32. */
int dslt_cuda_product(dslt_cuda *cuda, float *c, const void *a, const void *b, dslt_type type, int m, int n,
                      int k, int add);
/* C [m][n] = A^T B with A [k][m], B [k][n], float32. */
int dslt_cuda_product_transposed(dslt_cuda *cuda, float *c, const float *a, const float *b, int m, int n,
                                 int k);
/* sums [n][h+2][w+2][cout] = 3 x 3 convolution of padded [n][h+2][w+2][cin] with w [9][cin][cout]; what it
 * leaves in the border is of no use. */
int dslt_cuda_nine_products(dslt_cuda *cuda, float *sums, const void *padded, const void *w, dslt_type type,
                            int n, int h, int width, int cin, int cout);

/* conv.c */
int dslt_cuda_conv_plan(dslt_conv **out, dslt_backend *backend, int n, int h, int w, int cin, int cout,
                        int k);
int dslt_cuda_conv_forward(dslt_conv *conv, float *y, const float *x, const float *w);
int dslt_cuda_conv_backward_weights(dslt_conv *conv, float *dw, const float *x, const float *dy);
void dslt_cuda_conv_free(dslt_conv *conv);

/* head.c */
int dslt_cuda_op_crop(dslt_backend *backend, float *out, const dslt_search *g, const dslt_input_norm *norm,
                      const dslt_target_state *state, int first_level, int count);
int dslt_cuda_op_augment(dslt_backend *backend, float *out, const float *in, int h, int w, float sigma,
                         int axis);
int dslt_cuda_op_upsample_forward(dslt_backend *backend, float *y, const float *x, const float *w, int n,
                                  int h, int width, int c, int f);
int dslt_cuda_op_upsample_backward(dslt_backend *backend, float *dx, float *dw, const float *x,
                                   const float *w, const float *dy, int h, int width, int c, int f);
int dslt_cuda_op_axpby(dslt_backend *backend, float *y, float a, const float *x, float b, const float *z,
                       size_t count);
int dslt_cuda_regress_plan(dslt_regress **out, dslt_backend *backend, int n, int h, int w, int c, int kh,
                           int kw);
int dslt_cuda_op_regress_forward(dslt_regress *regress, float *y, const float *x, const float *w);
int dslt_cuda_op_regress_backward(dslt_regress *regress, float *dx, float *dw, const float *x, const float *w,
                                  const float *dy);
void dslt_cuda_regress_free(dslt_regress *regress);
int dslt_cuda_op_respond(dslt_backend *backend, float *response, const float *base, const float *residual,
                         const float *bias, size_t count);
int dslt_cuda_op_loss(dslt_backend *backend, float *gradient, float *dbias, float *value, const float *base,
                      const float *residual, const float *bias, const float *label, size_t count,
                      const dslt_loss_spec *spec);
int dslt_cuda_op_adam(dslt_backend *backend, const dslt_param *params, int count, const dslt_adam_rule *rule,
                      int32_t *step);
int dslt_cuda_op_locate(dslt_backend *backend, dslt_target_state *state, const float *response,
                        const dslt_search *g);
int dslt_cuda_op_choose_scale(dslt_backend *backend, dslt_target_state *state, const float *responses,
                              const dslt_search *g);
int dslt_cuda_op_locate_levels(dslt_backend *backend, dslt_target_state *state, const float *responses,
                               const dslt_search *g);
int dslt_cuda_op_label(dslt_backend *backend, float *label, const dslt_target_state *state,
                       const dslt_search *g);
int dslt_cuda_op_take_level(dslt_backend *backend, float *dst, const float *batch,
                            const dslt_target_state *state, size_t count);

/* flow.c */
int dslt_cuda_flow_open(dslt_flow **out, dslt_backend *backend, const dslt_flow_desc *desc,
                        const dslt_target_state *seen);
void dslt_cuda_flow_free(dslt_flow *flow);
int dslt_cuda_flow_record(int *run, dslt_flow *flow, int part);
int dslt_cuda_flow_recorded(dslt_flow *flow, int rc);
int dslt_cuda_flow_if(int *run, dslt_flow *flow, int condition);
int dslt_cuda_flow_end_if(dslt_flow *flow);
int dslt_cuda_flow_decide(dslt_flow *flow);
int dslt_cuda_flow_store(dslt_flow *flow, float *low_store, float *high_store, float *label_store,
                         const dslt_sample_sources *sources, const dslt_search *geometry);
int dslt_cuda_flow_judge(dslt_flow *flow, float *losses, const float *loss, const dslt_stop_rule *rule);
int dslt_cuda_flow_mark(dslt_flow *flow, int stage);
int dslt_cuda_flow_gather(dslt_flow *flow, const float *loss);
int dslt_cuda_flow_report(dslt_flow_report *out, dslt_flow *flow);
int dslt_cuda_flow_training(dslt_training *out, dslt_flow *flow);

#endif
