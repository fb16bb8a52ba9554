/* SPDX-License-Identifier: Apache-2.0 */
/* operations.c: the operations that are one kernel each: the arguments of the tables, plus the stream and the
 * flag of the conditional block. */
#include <stdlib.h>

#include "base/error.h"
#include "cuda.h"
#include "net.h"

int dslt_cuda_crop(dslt_backend *backend, float *out, dslt_net *reader, const dslt_search *g,
                   const dslt_input_norm *norm, const dslt_target_state *state, int first_level, int count) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  const dslt_layer_map to = dslt_net_pictures(reader, out, count, g->area.input_height, g->area.input_width);
  return dslt_kernel_crop(cuda->now, to.data, to.type, to.channels, cuda->view, g, norm, state, first_level,
                          count, dslt_cuda_when_noting(cuda, DSLT_END_CROP));
}

int dslt_cuda_crop_boxes(dslt_backend *backend, float *out, dslt_net *reader, int h, int w,
                         const dslt_input_norm *norm, const dslt_box *boxes, int count) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  const dslt_layer_map to = dslt_net_pictures(reader, out, count, h, w);
  return dslt_kernel_crop_boxes(cuda->now, to.data, to.type, to.channels, cuda->view, h, w, norm, boxes,
                                count, dslt_cuda_when_noting(cuda, DSLT_END_CROP));
}

int dslt_cuda_crop_levels(dslt_backend *backend, float *out, float *region, const dslt_search *search,
                          const dslt_input_norm *norm, const float *fill, const dslt_target_state *place,
                          const dslt_target_state *size, int first_level, int count) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  return dslt_kernel_crop_levels(cuda->now, out, region, cuda->view, search, norm, fill, place, size,
                                 first_level, count, dslt_cuda_when(cuda));
}

int dslt_cuda_mean_colour(dslt_backend *backend, float *mean, const dslt_input_norm *norm) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  return dslt_kernel_mean_colour(cuda->now, mean, cuda->view, norm, dslt_cuda_when(cuda));
}

int dslt_cuda_augment(dslt_backend *backend, float *out, const float *in, int h, int w, float sigma,
                      int axis) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  DSLT_TRY(dslt_cuda_settle(cuda));
  return dslt_kernel_augment(cuda->now, out, DSLT_TYPE_F32, 3, in, h, w, sigma, axis);
}

int dslt_cuda_hog(dslt_backend *backend, float *out, float *histograms, const float *in, int n, int h, int w,
                  int cell) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  return dslt_kernel_hog(cuda->now, out, histograms, in, n, h, w, cell, dslt_cuda_when(cuda));
}

/* ---- upsampling ---------------------------------------------------------------------------------- */

int dslt_cuda_upsample_forward(dslt_backend *backend, float *y, const float *x, const float *w, int n, int h,
                               int width, int c, int f) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  return dslt_kernel_upsample_forward(cuda->now, y, NULL, NULL, 0.0f, 0.0f, x, w, n, h, width, c, f,
                                      dslt_cuda_when(cuda));
}

/* The scratch of this shape; if there is none, an empty entry or the least recently used one. */
static dslt_upsample_scratch *scratch_place(dslt_cuda *cuda, int h, int width, int c, int f) {
  dslt_upsample_scratch *best = cuda->upsample;
  for (int i = 0; i < DSLT_UPSAMPLE_SHAPES; ++i) {
    dslt_upsample_scratch *s = &cuda->upsample[i];
    if (s->memory && s->h == h && s->width == width && s->c == c && s->f == f) return s;
    if (s->used < best->used) best = s;
  }
  return best;
}

/* Allocated at the first call for a shape, which is never recorded. */
static int scratch_of(void **out, dslt_cuda *cuda, int h, int width, int c, int f) {
  dslt_upsample_scratch *s = scratch_place(cuda, h, width, c, f);
  if (!s->memory || s->h != h || s->width != width || s->c != c || s->f != f) {
    if (s->memory) ++cuda->moves;
    cudaFree(s->memory);
    *s = (dslt_upsample_scratch){.h = h, .width = width, .c = c, .f = f};
    DSLT_TRY(dslt_cuda_new(&s->memory, cuda, dslt_kernel_upsample_scratch(h, width, c, f), "the upsampling"));
  }
  s->used = ++cuda->upsamplings;
  *out = s->memory;
  return DSLT_OK;
}

int dslt_cuda_upsample_backward(dslt_backend *backend, float *d_x, float *d_w, const float *x, const float *w,
                                const float *d_y, int h, int width, int c, int f) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  void *scratch = NULL;
  DSLT_TRY(scratch_of(&scratch, cuda, h, width, c, f));
  return dslt_kernel_upsample_backward(cuda->now, d_x, d_w, x, w, d_y, 1.0f, NULL, h, width, c, f, scratch,
                                       dslt_cuda_when(cuda));
}

/* ---- regression ---------------------------------------------------------------------------------- */

struct dslt_regress {
  dslt_cuda *cuda;
  dslt_regress_shape shape;
  void *scratch;
};

int dslt_cuda_regress_plan(dslt_regress **out, dslt_backend *backend, int n, int h, int w, int c, int kh,
                           int kw) {
  if (kh < 1 || kw < 1 || kh > h || kw > w)
    return dslt_fail(DSLT_EINTERNAL, "A %d x %d regression kernel does not fit a %d x %d map.", kh, kw, h, w);
  dslt_regress *r = calloc(1, sizeof *r);
  if (!r) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning the regression.");
  r->cuda = dslt_cuda_of(backend);
  r->shape = (dslt_regress_shape){n, h, w, c, kh, kw};
  int rc = dslt_cuda_new(&r->scratch, r->cuda, dslt_kernel_regress_scratch(&r->shape, 1), "the regression");
  if (rc < 0) {
    dslt_cuda_regress_free(r);
    return rc;
  }
  *out = r;
  return DSLT_OK;
}

int dslt_cuda_regress_forward(dslt_regress *r, float *y, const float *x, const float *w) {
  dslt_regress_layer layer = {.x = x, .w = w, .y = y};
  return dslt_kernel_regress_forward(r->cuda->now, &r->shape, &layer, 1, r->scratch, dslt_cuda_when(r->cuda));
}

int dslt_cuda_regress_backward(dslt_regress *r, float *d_x, float *d_w, const float *x, const float *w,
                               const float *d_y) {
  dslt_regress_layer layer = {.x = x, .w = w, .d_x = d_x, .d_w = d_w};
  return dslt_kernel_regress_backward(r->cuda->now, &r->shape, &layer, 1, d_y, r->scratch,
                                      dslt_cuda_when(r->cuda));
}

void dslt_cuda_regress_free(dslt_regress *r) {
  if (!r) return;
  if (r->scratch) cudaFree(r->scratch);
  free(r);
}

/* ---- sums, loss, step ---------------------------------------------------------------------------- */

int dslt_cuda_axpby(dslt_backend *backend, float *y, float a, const float *x, float b, const float *z,
                    size_t count) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  return dslt_kernel_axpby(cuda->now, y, a, x, b, z, count, dslt_cuda_when(cuda));
}

int dslt_cuda_sum_responses(dslt_backend *backend, float *response, const float *base, const float *residual,
                            const float *bias, size_t count) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  return dslt_kernel_sum_responses(cuda->now, response, base, residual, bias, count, dslt_cuda_when(cuda));
}

int dslt_cuda_loss(dslt_backend *backend, float *d_response, float *d_bias, float *value, const float *base,
                   const float *residual, const float *bias, const float *label, size_t count,
                   const dslt_loss_spec *spec) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  return dslt_kernel_loss(cuda->now, d_response, d_bias, value, base, residual, bias, label, count, spec,
                          dslt_cuda_when(cuda));
}

int dslt_cuda_adam(dslt_backend *backend, const dslt_param *params, int count, const dslt_adam_rule *rule,
                   int32_t *step) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  return dslt_kernel_adam(cuda->now, params, count, rule, step, cuda->adam_ticket, dslt_cuda_when(cuda));
}

int dslt_cuda_early_stop(dslt_backend *backend, dslt_training *training, float *losses, const float *loss,
                         const dslt_stop_rule *rule) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  DSLT_TRY(dslt_cuda_settle(cuda));
  return dslt_kernel_early_stop(cuda->now, training, losses, loss, rule);
}

int dslt_cuda_snr(dslt_backend *backend, float *values, const float *response, size_t count,
                  const dslt_training *training) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  return dslt_kernel_snr(cuda->now, values, response, count, training, dslt_cuda_when(cuda));
}

/* ---- state --------------------------------------------------------------------------------------- */

int dslt_cuda_locate(dslt_backend *backend, dslt_target_state *state, const float *response,
                     const dslt_search *g) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  return dslt_kernel_locate(cuda->now, state, response, g, cuda->locate, dslt_cuda_when(cuda));
}

int dslt_cuda_choose_scale(dslt_backend *backend, dslt_target_state *state, const float *responses,
                           const dslt_search *g) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  return dslt_kernel_choose_scale(cuda->now, state, responses, g, cuda->locate, dslt_cuda_when(cuda));
}

int dslt_cuda_locate_levels(dslt_backend *backend, dslt_target_state *state, const float *responses,
                            const dslt_search *g) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  return dslt_kernel_locate_levels(cuda->now, state, responses, g, cuda->locate, dslt_cuda_when(cuda));
}

int dslt_cuda_match_template(dslt_backend *backend, float *out, const float *map, const float *filters,
                             int cells, int channels, int count) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  return dslt_kernel_match_template(cuda->now, out, map, filters, cells, channels, count,
                                    dslt_cuda_when(cuda));
}

int dslt_cuda_follow_template(dslt_backend *backend, float *filters, float *mean, const float *first,
                              const float *seen, const dslt_target_state *state,
                              const dslt_template_rules *rules) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  return dslt_kernel_follow_template(cuda->now, filters, mean, first, seen, state, rules,
                                     dslt_cuda_when(cuda));
}

int dslt_cuda_locate_match(dslt_backend *backend, dslt_target_state *state, const float *scores,
                           const float *distances, const dslt_match_rules *rules,
                           const dslt_match_response *response, const dslt_search *search) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  return dslt_kernel_locate_match(cuda->now, state, scores, distances, rules, response, search,
                                  dslt_cuda_when(cuda));
}

int dslt_cuda_hann_search(dslt_backend *backend, dslt_target_state *state, dslt_target_state *before,
                          float *enlarged, const float *responses, const dslt_search *search,
                          const dslt_hann_rules *rules) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  return dslt_kernel_hann_search(cuda->now, state, before, enlarged, responses, search, rules, cuda->hann,
                                 dslt_cuda_when(cuda));
}

int dslt_cuda_decide(dslt_backend *backend, dslt_decision *decision, int32_t *learns,
                     const dslt_target_state *state, const dslt_sample_ring *ring,
                     const dslt_update_policy *policy) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  DSLT_TRY(dslt_cuda_settle(cuda));
  return dslt_kernel_decide(cuda->now, decision, learns, state, ring, policy);
}

int dslt_cuda_store_label(dslt_backend *backend, float *labels, const dslt_sample_ring *ring,
                          const dslt_target_state *state, const dslt_search *search) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  return dslt_kernel_store_label(cuda->now, labels, ring, state, search, dslt_cuda_when(cuda));
}

int dslt_cuda_store_sample(dslt_backend *backend, dslt_sample_ring *ring, float *const *store,
                           const dslt_sample_sources *s, const dslt_target_state *state,
                           const dslt_decision *decision) {
  dslt_cuda *cuda = dslt_cuda_of(backend);
  dslt_sample_copy copy = {.maps = s->maps};
  for (int i = 0; i < s->maps; ++i) {
    copy.bytes[i] = s->values[i] * sizeof(float);
    copy.store[i] = store[i];
    for (int origin = 0; origin < DSLT_ORIGINS; ++origin) copy.source[origin][i] = s->map[origin][i];
  }
  return dslt_kernel_store_sample(cuda->now, ring, &copy, state, decision,
                                  dslt_cuda_when_noting(cuda, DSLT_END_SAMPLE));
}
