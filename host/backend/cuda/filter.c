/* SPDX-License-Identifier: Apache-2.0 */
/* filter.c: what CFNet needs, on a GPU. */
#include "base/error.h"
#include "cuda.h"

static int not_yet(void) {
  return dslt_fail(DSLT_EUNSUPPORTED, "This tracker runs on the CPU only; use backend=cpu.");
}

int dslt_cuda_filter_plan(dslt_filter **out, dslt_backend *backend, const dslt_filter_desc *desc) {
  (void)out, (void)backend, (void)desc;
  return not_yet();
}

int dslt_cuda_filter_learn(dslt_filter *filter, float *kernel, const float *x, double rate) {
  (void)filter, (void)kernel, (void)x, (void)rate;
  return not_yet();
}

int dslt_cuda_filter_apply(dslt_filter *filter, float *y, const float *x, const float *kernel, int n) {
  (void)filter, (void)y, (void)x, (void)kernel, (void)n;
  return not_yet();
}

void dslt_cuda_filter_free(dslt_filter *filter) { (void)filter; }

int dslt_cuda_mean_colour(dslt_backend *backend, float *mean, const dslt_input_norm *norm) {
  (void)backend, (void)mean, (void)norm;
  return not_yet();
}

int dslt_cuda_crop_levels(dslt_backend *backend, float *out, float *region, const dslt_search *search,
                          const dslt_input_norm *norm, const float *fill, const dslt_target_state *place,
                          const dslt_target_state *size, int first_level, int count) {
  (void)backend, (void)out, (void)region, (void)search, (void)norm, (void)fill, (void)place, (void)size;
  (void)first_level, (void)count;
  return not_yet();
}

int dslt_cuda_hann_search(dslt_backend *backend, dslt_target_state *state, dslt_target_state *before,
                          float *enlarged, const float *responses, const dslt_search *search,
                          const dslt_hann_rules *rules) {
  (void)backend, (void)state, (void)before, (void)enlarged, (void)responses, (void)search, (void)rules;
  return not_yet();
}
