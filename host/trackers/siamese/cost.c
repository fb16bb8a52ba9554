/* SPDX-License-Identifier: Apache-2.0 */
/* cost.c: least work of a frame's stages, counted from the layers. */
#include <string.h>

#include "backend/precision.h"
#include "trackers/siamese/siamese.h"

void dslt_siamese_cost(dslt_work out[DSLT_STAGE_COUNT], const dslt_target *t, const dslt_target_state *before,
                       const dslt_result *result) {
  const double f32 = sizeof(float);
  const dslt_siamese_target *own = dslt_siamese_target_of(t);
  double backbone, head, parameters, side = own->shape.search_side;
  (void)before;
  (void)result;
  memset(out, 0, DSLT_STAGE_COUNT * sizeof *out);
  dslt_matching_work(&backbone, &head, &parameters, t->shared->weights);
  const double element = t->shared->options->common.precision == DSLT_PRECISION_BF16 ? 2.0 : f32;
  out[DSLT_STAGE_CROP].bytes = 3.0 * (1.0 + f32) * side * side;
  out[DSLT_STAGE_BACKBONE] = (dslt_work){backbone, element * parameters + 3.0 * f32 * side * side};
  out[DSLT_STAGE_HEAD].flop = head;
  out[DSLT_STAGE_LOCATE].bytes = 5.0 * f32 * own->rules.rows * own->rules.columns;
}
