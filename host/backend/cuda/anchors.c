/* SPDX-License-Identifier: Apache-2.0 */
/* anchors.c: proposal heads on a GPU, and the operations of the tracking-loss tracker that are one kernel each. A head is
 * matrix products of what its 3 x 3 kernels see, some maps at a time, as on the CPU; float32, or TF32 where the precision
 * allows. Nothing here waits for the host. */
#include "anchors.h"

#include <stdlib.h>

#include "base/error.h"
#include "cuda.h"

enum {
  ROWS = 9408,
  TAPS = 9
}; /* of a product at most, unless one map has more: 48 maps of 14 x 14; of a kernel */

struct dslt_anchors {
  dslt_cuda *cuda;
  int side, channels, hidden, count;
  int maps;       /* of a product */
  int32_t *cells; /* device */
  void *scratch;  /* of anchor_turn() */
  float *part;    /* [9 channels][hidden], of one product */
};

/* Where the parameters, or their gradients, lie. */
typedef struct parameters {
  float *kernels, *bias, *out, *last;
} parameters;

static size_t width_of(const dslt_anchors *a) { return TAPS * (size_t)a->channels; }

static parameters parameters_of(const dslt_anchors *a, const float *w) {
  parameters p;
  p.kernels = (float *)(uintptr_t)w;
  p.bias = p.kernels + width_of(a) * (size_t)a->hidden;
  p.out = p.bias + a->hidden;
  p.last = p.out + DSLT_ANCHOR_OUTPUTS * (size_t)a->hidden;
  return p;
}

/* Columns and the layer between lie in memory that all planned operations share. */
static int plan(dslt_anchors *a, const dslt_anchors_desc *desc) {
  dslt_cuda *cuda = a->cuda;
  const size_t rows = (size_t)a->maps * (size_t)a->count, cells = (size_t)a->count * sizeof(int32_t);
  const size_t hidden = (size_t)a->hidden;
  void *memory;
  DSLT_TRY(dslt_cuda_new(&memory, cuda, cells, "a proposal head"));
  a->cells = memory;
  DSLT_TRY(dslt_cuda_upload(&cuda->base, a->cells, desc->cells, cells));
  DSLT_TRY(dslt_cuda_new(&a->scratch, cuda, dslt_kernel_anchor_turn_scratch(a->hidden), "a proposal head"));
  DSLT_TRY(dslt_cuda_new(&memory, cuda, width_of(a) * hidden * sizeof(float), "a proposal head"));
  a->part = memory;
  DSLT_TRY(dslt_cuda_reserve(&cuda->padded, cuda, rows * width_of(a) * sizeof(float), "a proposal head"));
  return dslt_cuda_reserve(&cuda->sums, cuda, rows * hidden * sizeof(float), "a proposal head");
}

int dslt_cuda_anchors_plan(dslt_anchors **out, dslt_backend *backend, const dslt_anchors_desc *desc) {
  if (desc->count < 1 || desc->count > DSLT_ANCHORS_MAX || desc->channels < 1 || desc->hidden < 1)
    return dslt_fail(DSLT_EINTERNAL, "A proposal head of %d cells and %d channels was asked for.",
                     desc->count, desc->channels);
  dslt_anchors *a = calloc(1, sizeof *a);
  if (!a) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning a proposal head.");
  *a = (dslt_anchors){.cuda = dslt_cuda_of(backend),
                      .side = desc->side,
                      .channels = desc->channels,
                      .hidden = desc->hidden,
                      .count = desc->count,
                      .maps = desc->count < ROWS ? ROWS / desc->count : 1};
  const int rc = plan(a, desc);
  if (rc < 0)
    dslt_cuda_anchors_free(a);
  else
    *out = a;
  return rc;
}

void dslt_cuda_anchors_free(dslt_anchors *a) {
  if (!a) return;
  if (a->cells) cudaFree(a->cells);
  if (a->scratch) cudaFree(a->scratch);
  if (a->part) cudaFree(a->part);
  free(a);
}

/* The columns of maps first .. first + a->maps - 1 of n, and the layer between without its bias; its rows. */
static int run_layer(int *rows, dslt_anchors *a, const float *x, const int32_t *item, const float *w,
                     int first, int n) {
  dslt_cuda *cuda = a->cuda;
  const dslt_anchor_rows these = {.side = a->side,
                                  .channels = a->channels,
                                  .count = a->count,
                                  .cells = a->cells,
                                  .item = item,
                                  .first = first,
                                  .rows = (n - first < a->maps ? n - first : a->maps) * a->count};
  *rows = these.rows;
  DSLT_TRY(dslt_kernel_anchor_columns(cuda->now, cuda->padded.data, x, &these, dslt_cuda_when(cuda)));
  return dslt_cuda_product(cuda, cuda->sums.data, cuda->padded.data, w, DSLT_TYPE_F32, these.rows, a->hidden,
                           (int)width_of(a), 0);
}

int dslt_cuda_anchors_forward(dslt_anchors *a, float *scores, const float *x, const int32_t *item,
                              const float *w, int n) {
  dslt_cuda *cuda = a->cuda;
  const parameters p = parameters_of(a, w);
  int rows;
  for (int first = 0; first < n; first += a->maps) {
    float *to = scores + (size_t)first * (size_t)a->count * DSLT_ANCHOR_OUTPUTS;
    DSLT_TRY(run_layer(&rows, a, x, item, w, first, n));
    DSLT_TRY(dslt_kernel_anchor_outputs(cuda->now, to, cuda->sums.data, p.bias, p.out, p.last, rows,
                                        a->hidden, dslt_cuda_when(cuda)));
  }
  return DSLT_OK;
}

int dslt_cuda_anchors_backward(dslt_anchors *a, float *d_w, const float *x, const int32_t *item,
                               const float *w, const float *d_scores, int n) {
  dslt_cuda *cuda = a->cuda;
  const parameters p = parameters_of(a, w), d = parameters_of(a, d_w);
  const size_t kernels = width_of(a) * (size_t)a->hidden;
  int rows;
  for (int first = 0; first < n; first += a->maps) {
    const float *from = d_scores + (size_t)first * (size_t)a->count * DSLT_ANCHOR_OUTPUTS;
    DSLT_TRY(run_layer(&rows, a, x, item, w, first, n));
    DSLT_TRY(dslt_kernel_anchor_turn(cuda->now, cuda->sums.data, d.bias, d.out, d.last, p.bias, p.out, from,
                                     rows, a->hidden, first > 0, a->scratch, dslt_cuda_when(cuda)));
    DSLT_TRY(dslt_cuda_product_transposed(cuda, first == 0 ? d.kernels : a->part, cuda->padded.data,
                                          cuda->sums.data, (int)width_of(a), a->hidden, rows));
    if (first > 0)
      DSLT_TRY(dslt_kernel_axpby(cuda->now, d.kernels, 1.0f, d.kernels, 1.0f, a->part, kernels,
                                 dslt_cuda_when(cuda)));
  }
  return DSLT_OK;
}

/* ---- operations that are one kernel each --------------------------------------------------------- */

int dslt_cuda_draw_boxes(dslt_backend *backend, dslt_box *boxes, dslt_box *crops, int count,
                         const dslt_draw_rules *rules, const dslt_target_state *state, const int32_t *frame) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  return dslt_kernel_draw_boxes(cuda->now, boxes, crops, count, rules, state, frame, dslt_cuda_when(cuda));
}

int dslt_cuda_choose_boxes(dslt_backend *backend, dslt_target_state *state, dslt_decision *decision,
                           dslt_choice *choice, float *response, const float *scores, const dslt_box *boxes,
                           int count, const dslt_choice_rules *rules, const dslt_search *search) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  return dslt_kernel_choose_boxes(cuda->now, state, decision, choice, response, scores, boxes, count, rules,
                                  search, dslt_cuda_when(cuda));
}

int dslt_cuda_anchor_scores(dslt_backend *backend, float *means, const float *scores, int n, int count,
                            int kind, float share, int first) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  return dslt_kernel_anchor_scores(cuda->now, means, scores, n, count, kind, share, first,
                                   dslt_cuda_when(cuda));
}

int dslt_cuda_sampled_scores(dslt_backend *backend, float *means, const float *scores, const dslt_box *boxes,
                             int n, int kind, const dslt_anchor_sampling *sampling,
                             const dslt_target_state *state, const dslt_search *search, float share,
                             int first) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  return dslt_kernel_sampled_scores(cuda->now, means, scores, boxes, n, kind, sampling, state, search, share,
                                    first, dslt_cuda_when(cuda));
}

int dslt_cuda_anchor_loss(dslt_backend *backend, float *d_scores, float *value, const float *scores, int n,
                          int positives, int count, const dslt_anchor_loss_spec *spec, int first) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  return dslt_kernel_anchor_loss(cuda->now, d_scores, value, scores, n, positives, count, spec, first,
                                 dslt_cuda_when(cuda));
}

int dslt_cuda_draw_items(dslt_backend *backend, int32_t *item, int count, const dslt_item_ring *ring,
                         const dslt_item_draw *draw) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  return dslt_kernel_draw_items(cuda->now, item, count, ring, draw, dslt_cuda_when(cuda));
}

int dslt_cuda_hardest_items(dslt_backend *backend, int32_t *hardest, int count, const float *scores,
                            const int32_t *item, int n) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  return dslt_kernel_hardest_items(cuda->now, hardest, count, scores, item, n, dslt_cuda_when(cuda));
}

int dslt_cuda_store_items(dslt_backend *backend, float *store, dslt_item_ring *ring, const float *x,
                          size_t values, int count) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  return dslt_kernel_store_items(cuda->now, store, ring, x, values, count, dslt_cuda_when(cuda));
}

int dslt_cuda_sgd(dslt_backend *backend, const dslt_param *params, int count, float momentum) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  return dslt_kernel_sgd(cuda->now, params, count, momentum, dslt_cuda_when(cuda));
}
