/* SPDX-License-Identifier: Apache-2.0 */
/* cuda.h: internal state of the CUDA backend and functions that its source files share. */
#ifndef DSLT_BACKEND_CUDA_CUDA_H
#define DSLT_BACKEND_CUDA_CUDA_H

#include <cuda_runtime_api.h>

#include "backend/backend.h"
#include "kernels.h"
#include "network.h"
#include "vendor.h"

typedef struct dslt_cudnn dslt_cudnn; /* cuDNN's handle and the cache of its plans; cudnn_handle.h */

/* Device memory that planned operations share, since they run one at a time. Grows while planning only. */
typedef struct dslt_device_arena {
  void *data;
  size_t bytes;
} dslt_device_arena;

/* Scratch memory for upsampling one shape; where its tickets lie depends on the shape. */
typedef struct dslt_upsample_scratch {
  int h, width, c, f;
  uint64_t used; /* value of the call counter at its last use */
  void *memory;
} dslt_upsample_scratch;

/* More shapes than the targets of a group have, each up to three (one for every tap but the finest), so that the
 * least recently used one is in no recorded frame. */
enum { DSLT_CUDA_FRAMES = 2, DSLT_UPSAMPLE_SHAPES = 3 * DSLT_GROUP_TARGETS + 8 };

/* One of the frame buffers used in turn: the next frame can be uploaded while the current one is
 * processed. */
typedef struct dslt_cuda_slot {
  void *pinned, *pixels;        /* host and device */
  size_t bytes;                 /* of each, enough for a whole frame */
  dslt_frame_area area;         /* the part of its frame that lies in both, packed */
  dslt_frame_view *pinned_view; /* host, pinned */
  cudaEvent_t uploaded;
  dslt_image ahead; /* the frame uploaded in advance; data NULL: none */
} dslt_cuda_slot;

/* The marks of a graph. */
enum { DSLT_CUDA_MARKS = 32 };
typedef struct dslt_cuda_marks {
  dslt_mark *there;                /* device [DSLT_CUDA_MARKS] */
  dslt_mark here[DSLT_CUDA_MARKS]; /* the same */
  int count, uploaded;
} dslt_cuda_marks;

typedef struct dslt_cuda {
  dslt_backend base;
  int device, callers_device;
  int precision;
  int any_order;              /* convolutions may sum in any order */
  char gpu[64];               /* its name */
  cudaStream_t stream;        /* everything but uploads */
  cudaStream_t upload, block; /* upload of frames; recording of a conditional block */
  cudaStream_t now;           /* stream of the current calls: stream, or block while one is recorded */
  const int32_t *when; /* kernels are skipped where it is 0; NULL: none is. For arguments: dslt_cuda_when() */
  dslt_cuda_marks *marks; /* of the present graph */
  const dslt_mark *due;   /* device memory: a stage has ended, whose time the next kernel takes; NULL: none */
  int notes;              /* 1: kernels note their ends */
  int noted;              /* dslt_end of the last launch */

  const dslt_cublas_api *blas;
  cublasHandle_t blas_handle;
  void *blas_workspace;
  dslt_cudnn *dnn; /* NULL: backbone by matrix products */

  dslt_cuda_slot slot[DSLT_CUDA_FRAMES];
  int slot_now;
  dslt_frame_view *view; /* device: the current frame */

  dslt_device_arena activations;  /* what a backbone passes from layer to layer */
  dslt_device_arena padded, sums; /* of a convolution by products: what it reads, and float32 sums */
  dslt_locate_scratch *locate;
  dslt_hann_scratch *hann;
  uint32_t *adam_ticket;
  dslt_upsample_scratch upsample[DSLT_UPSAMPLE_SHAPES];
  uint64_t upsamplings; /* number of calls so far */
  uint64_t moves; /* how often memory that recorded frames may name was given back: they are recorded anew */
} dslt_cuda;

static inline dslt_cuda *dslt_cuda_of(dslt_backend *backend) { return (dslt_cuda *)backend; }

/* Reports a CUDA error: what was being done and what to do about it. DSLT_OK, DSLT_EDEVICE or
 * DSLT_EDEVICE_MEMORY. */
int dslt_cuda_check(cudaError_t error, const char *doing);

/* Zeroed device memory; `what` it is for. The error sentence of DSLT_EDEVICE_MEMORY has the size needed and
 * how to need less. */
int dslt_cuda_new(void **out, dslt_cuda *cuda, size_t bytes, const char *what);
/* At least so many bytes; on failure the arena stays as it was, since other targets use it. Needs room for the old and the
 * new memory at once. */
int dslt_cuda_reserve(dslt_device_arena *arena, dslt_cuda *cuda, size_t bytes, const char *what);
/* marks.c: the argument `when` of the next kernel: the flag, or the mark that is due, which only one kernel gets. */
const int32_t *dslt_cuda_when(dslt_cuda *cuda);
/* Likewise of one that can note its end. */
const int32_t *dslt_cuda_when_noting(dslt_cuda *cuda, dslt_end end);
/* Before all that takes no `when`: take the time of a mark that is due in a launch of its own, unless it can wait. */
int dslt_cuda_settle(dslt_cuda *cuda);
/* Take it in any case. */
int dslt_cuda_stamp(dslt_cuda *cuda);
/* A graph's marks, whose memory and clock are on the device; upload those that were made while recording. */
int dslt_cuda_marks_open(dslt_cuda_marks *marks, dslt_cuda *cuda, dslt_clock *clock, dslt_mark *there);
int dslt_cuda_marks_upload(dslt_cuda_marks *marks, dslt_cuda *cuda);
/* A stage has ended. */
int dslt_cuda_mark_stage(dslt_cuda *cuda, dslt_cuda_marks *marks, int stage);
/* So has a conditional node with this flag; `before` was due when it began. */
int dslt_cuda_mark_block(dslt_cuda *cuda, const int32_t *flag, const dslt_mark *before);
/* Send the calls of the vendor libraries to `stream` too. */
int dslt_cuda_use_stream(dslt_cuda *cuda, cudaStream_t stream);

/* Every operation of the tables: dslt_cuda_NAME. */
#define DSLT_CUDA_PROTOTYPE(type, name, parameters) type dslt_cuda_##name parameters;
DSLT_DEVICE_OPERATIONS(DSLT_CUDA_PROTOTYPE)
DSLT_NN_OPERATIONS(DSLT_CUDA_PROTOTYPE)
DSLT_VISION_OPERATIONS(DSLT_CUDA_PROTOTYPE)

void dslt_cuda_frames_free(dslt_cuda *cuda); /* frame.c */

/* conv.c: what each cell's k x k neighbours hold, zeros beyond the border: [n h w][k][k][channels]; its size. */
int dslt_cuda_columns(dslt_cuda *cuda, float *columns, const float *x, int n, int h, int w, int channels,
                      int k);
size_t dslt_cuda_columns_bytes(int n, int h, int w, int channels, int k);

/* products.c: matrix products by cuBLAS, all matrices row-major and packed. A may be bfloat16, then B is too;
 * C is float32. */
int dslt_cuda_product(dslt_cuda *cuda, float *c, const void *a, const void *b, dslt_type type, int m, int n,
                      int k, int add);
/* Rows of a matrix, `pitch` values apart. */
typedef struct dslt_cuda_rows {
  const void *data;
  int pitch;
} dslt_cuda_rows;
/* C [m][n] = A B with A [m][k], the rows of C and A being apart. */
int dslt_cuda_product_rows(dslt_cuda *cuda, float *c, int c_pitch, const dslt_cuda_rows *a, const void *b,
                           dslt_type type, int m, int n, int k);
/* C [m][n] = A^T B with A [k][m], B [k][n], float32. */
int dslt_cuda_product_transposed(dslt_cuda *cuda, float *c, const float *a, const float *b, int m, int n,
                                 int k);
/* sums [n][h+2][w+2][cout] = 3 x 3 convolution of padded [n][h+2][w+2][cin] with w [9][cin][cout]; the border
 * of the result is undefined. */
int dslt_cuda_nine_products(dslt_cuda *cuda, float *sums, const void *padded, const void *w, dslt_type type,
                            int n, int h, int width, int cin, int cout);

#endif
