/* SPDX-License-Identifier: Apache-2.0 */
/* batch.c: several matrix products of one shape in one launch. cuBLAS reads the addresses of the matrices from device
 * memory, so a list of them is uploaded when it is first met, outside of a recording, and kept. */
#include "batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum { LISTS = 64, ADDRESSES = 3 * DSLT_CUDA_BATCH_MAX };

/* The addresses of all A, all B and all C. */
typedef struct list {
  int count; /* of products */
  const void *address[ADDRESSES];
} list;

struct dslt_cuda_batches {
  dslt_cuda *cuda;
  const void **there; /* device [LISTS][ADDRESSES] */
  int lists;
  list list[LISTS];
};

int dslt_cuda_batches_create(dslt_cuda_batches **out, dslt_cuda *cuda) {
  void *memory = NULL;
  dslt_cuda_batches *batches = calloc(1, sizeof *batches);
  if (!batches) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning matrix products.");
  batches->cuda = cuda;
  const int rc = dslt_cuda_new(&memory, cuda, sizeof(void *) * LISTS * ADDRESSES, "matrix products");
  batches->there = memory;
  if (rc < 0)
    dslt_cuda_batches_free(batches);
  else
    *out = batches;
  return rc;
}

void dslt_cuda_batches_free(dslt_cuda_batches *batches) {
  if (!batches) return;
  if (batches->there) cudaFree(batches->there);
  free(batches);
}

static list list_of(const dslt_cuda_batch *b) {
  list out = {.count = b->count};
  for (int i = 0; i < b->count; ++i) {
    out.address[i] = b->a[i];
    out.address[b->count + i] = b->b[i];
    out.address[2 * b->count + i] = b->c[i];
  }
  return out;
}

/* Member by member: between them are bytes without a meaning. */
static int is_same(const list *a, const list *b) {
  return a->count == b->count && memcmp(a->address, b->address, sizeof a->address) == 0;
}

static int is_recording(const dslt_cuda *cuda) {
  enum cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
  return cudaStreamIsCapturing(cuda->now, &status) != cudaSuccess || status != cudaStreamCaptureStatusNone;
}

/* The list's addresses in device memory; NULL: it is new, and they cannot be uploaded now or there is no more room. */
static int find_list(const void ***out, dslt_cuda_batches *batches, const dslt_cuda_batch *b) {
  const list wanted = list_of(b);
  for (int i = 0; i < batches->lists; ++i)
    if (is_same(&batches->list[i], &wanted)) {
      *out = batches->there + i * ADDRESSES;
      return DSLT_OK;
    }
  *out = NULL;
  if (batches->lists == LISTS || is_recording(batches->cuda)) return DSLT_OK;
  const void **there = batches->there + batches->lists * ADDRESSES;
  DSLT_TRY(dslt_cuda_upload(&batches->cuda->base, there, wanted.address, sizeof wanted.address));
  batches->list[batches->lists++] = wanted;
  *out = there;
  return DSLT_OK;
}

static int one_by_one(dslt_cuda *cuda, const dslt_cuda_batch *b) {
  for (int i = 0; i < b->count; ++i) {
    if (b->transposed)
      DSLT_TRY(dslt_cuda_product_transposed(cuda, b->c[i], b->a[i], b->b[i], b->m, b->n, b->k));
    else
      DSLT_TRY(dslt_cuda_product(cuda, b->c[i], b->a[i], b->b[i], DSLT_TYPE_F32, b->m, b->n, b->k, 0));
  }
  return DSLT_OK;
}

int dslt_cuda_batch_products(dslt_cuda_batches *batches, const dslt_cuda_batch *b) {
  const void **there = NULL;
  if (b->count < 1 || b->count > DSLT_CUDA_BATCH_MAX)
    return dslt_fail(DSLT_EINTERNAL, "%d matrix products were asked for at once.", b->count);
  DSLT_TRY(find_list(&there, batches, b));
  if (!there) return one_by_one(batches->cuda, b);
  return dslt_cuda_product_list(batches->cuda, there, b);
}
