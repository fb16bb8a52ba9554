/* SPDX-License-Identifier: Apache-2.0 */
/* follow_template.cu: a step of a template that follows its target. */
#include "math/template.h"

#include "launch.h"

enum { THREADS = 64 };

/* One block: a cell of the template. */
static __global__ void __launch_bounds__(THREADS)
    follow_template_kernel(float *filters, float *mean, const float *__restrict__ first,
                           const float *__restrict__ seen, const dslt_target_state *state,
                           dslt_template_rules rules, const int32_t *when) {
  if (dslt_skipped(when) || !dslt_template_learns(&rules, state)) return;
  const float share = dslt_template_share(&rules, state);
  const int cell = (int)blockIdx.x, count = rules.cells * rules.cells;
  const float weight = dslt_template_weight(&rules, cell, state->width, state->height);
  for (int c = (int)threadIdx.x; c < rules.channels; c += THREADS) {
    const int at = cell * rules.channels + c;
    filters[c * count + cell] = dslt_template_filter(&rules, share, &mean[at], first[at], weight * seen[at]);
  }
}

extern "C" int DSLT_LAUNCHER(follow_template)(dslt_stream stream, float *filters, float *mean,
                                              const float *first, const float *seen,
                                              const dslt_target_state *state,
                                              const dslt_template_rules *rules, const int32_t *when) {
  if (!filters || !mean || !first || !seen || !state || !rules)
    return dslt_fail(DSLT_EARGUMENT, "Kernel follow_template needs filters, features, a state and rules.");
  if (rules->cells < 1 || rules->cells > DSLT_TEMPLATE_CELLS_MAX || rules->channels < 1 ||
      rules->channels > DSLT_CHANNELS_MAX)
    return dslt_fail(
        DSLT_EARGUMENT,
        "Kernel follow_template was given a template of %d cells a side and %d channels; it takes 1 to %d and 1 to %d.",
        rules->cells, rules->channels, (int)DSLT_TEMPLATE_CELLS_MAX, (int)DSLT_CHANNELS_MAX);
  return DSLT_LAUNCH(follow_template_kernel, (unsigned)(rules->cells * rules->cells), THREADS, stream,
                     filters, mean, first, seen, state, *rules, when);
}
