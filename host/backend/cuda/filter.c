/* SPDX-License-Identifier: Apache-2.0 */
/* filter.c: CFNet's correlation filter on a GPU. Its response is that of a regression with the template for a
 * kernel. */
#include <stdlib.h>

#include "base/error.h"
#include "cuda.h"

struct dslt_filter {
  dslt_cuda *cuda;
  dslt_filter_shape shape;
  int batch;
  void *learning;    /* scratch memory of filter_learn, with its tables */
  void *one, *whole; /* of the correlation, for one map and for `batch` */
};

static dslt_regress_shape correlation_of(const dslt_filter *f, int n) {
  const int side = f->shape.side, kernel = side - 2 * f->shape.margin;
  return (dslt_regress_shape){n, side, side, f->shape.channels, kernel, kernel};
}

static int new_scratch(void **out, dslt_cuda *cuda, size_t bytes) {
  if (bytes == 0)
    return dslt_fail(DSLT_EUNSUPPORTED,
                     "The CUDA backend has no correlation filter of this size or for so many levels; use "
                     "backend=cpu.");
  return dslt_cuda_new(out, cuda, bytes, "the correlation filter");
}

static int upload_tables(dslt_filter *f) {
  const size_t bytes = dslt_kernel_filter_tables(NULL, &f->shape);
  float *tables = calloc(1, bytes);
  if (!tables) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning the correlation filter.");
  (void)dslt_kernel_filter_tables(tables, &f->shape);
  const int rc = dslt_cuda_upload(&f->cuda->base, f->learning, tables, bytes);
  free(tables);
  return rc;
}

static int plan(dslt_filter *f) {
  const dslt_regress_shape one = correlation_of(f, 1), whole = correlation_of(f, f->batch);
  DSLT_TRY(new_scratch(&f->learning, f->cuda, dslt_kernel_filter_scratch(&f->shape)));
  DSLT_TRY(upload_tables(f));
  DSLT_TRY(new_scratch(&f->one, f->cuda, dslt_kernel_regress_scratch(&one, 1)));
  return f->batch > 1 ? new_scratch(&f->whole, f->cuda, dslt_kernel_regress_scratch(&whole, 1)) : DSLT_OK;
}

int dslt_cuda_filter_plan(dslt_filter **out, dslt_backend *backend, const dslt_filter_desc *desc) {
  if (desc->side < 2 || desc->margin < 0 || 2 * desc->margin >= desc->side || desc->channels < 1)
    return dslt_fail(DSLT_EINTERNAL, "A correlation filter of %d cells without %d on each side is empty.",
                     desc->side, desc->margin);
  dslt_filter *f = calloc(1, sizeof *f);
  if (!f) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning the correlation filter.");
  f->cuda = dslt_cuda_of(backend);
  f->batch = desc->batch;
  f->shape = (dslt_filter_shape){.side = desc->side,
                                 .channels = desc->channels,
                                 .margin = desc->margin,
                                 .lambda = (float)desc->lambda,
                                 .sigma = desc->sigma};
  const int rc = plan(f);
  if (rc < 0)
    dslt_cuda_filter_free(f);
  else
    *out = f;
  return rc;
}

void dslt_cuda_filter_free(dslt_filter *f) {
  if (!f) return;
  void *const memory[] = {f->learning, f->one, f->whole};
  for (size_t i = 0; i < sizeof memory / sizeof *memory; ++i)
    if (memory[i]) cudaFree(memory[i]);
  free(f);
}

int dslt_cuda_filter_learn(dslt_filter *f, float *kernel, const float *x, double rate) {
  return dslt_kernel_filter_learn(f->cuda->now, kernel, x, &f->shape, f->learning, (float)rate,
                                  dslt_cuda_when(f->cuda));
}

/* A whole batch at once, other numbers of maps one by one: scratch memory holds tickets, whose places depend on the
 * number. */
int dslt_cuda_filter_apply(dslt_filter *f, float *y, const float *x, const float *kernel, int n) {
  const int at_once = n == f->batch ? n : 1;
  const dslt_regress_shape shape = correlation_of(f, at_once);
  const size_t map = (size_t)shape.h * (size_t)shape.w * (size_t)shape.c;
  const size_t response = (size_t)(shape.h - shape.kh + 1) * (size_t)(shape.w - shape.kw + 1);
  void *scratch = at_once > 1 ? f->whole : f->one;
  for (int i = 0; i < n; i += at_once) {
    const dslt_regress_layer layer = {.x = x + (size_t)i * map, .w = kernel, .y = y + (size_t)i * response};
    DSLT_TRY(dslt_kernel_regress_forward(f->cuda->now, &shape, &layer, 1, scratch, dslt_cuda_when(f->cuda)));
  }
  return DSLT_OK;
}
