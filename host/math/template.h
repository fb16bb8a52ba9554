/* SPDX-License-Identifier: Apache-2.0 */
/* template.h: a matching head's template that follows its target: the filters are part the first frame's features, part
 * the running mean of those at the places where the target was found since. The worse the first frame's serve, the more
 * the mean counts. Formulas for host and kernels. */
#ifndef DSLT_MATH_TEMPLATE_H
#define DSLT_MATH_TEMPLATE_H

#include "base/hd.h"
#include "math/target_state.h"

/* Of a template's side. */
enum { DSLT_TEMPLATE_CELLS_MAX = 64 };

typedef struct dslt_template_rules {
  int cells, channels; /* of the template's map, [cells][cells][channels] */
  float factor;        /* a filter is the features times this */
  float rate;          /* of the running mean, 0..1; 0 = the template stays the first frame's */
  float trust;         /* mean score from which the first frame's features alone are the template */
  float score;         /* nothing is learnt below this; at this mean score the running mean alone is it */
} dslt_template_rules;

/* Does the template learn from this frame? Not where the target is lost or doubted, when the last search may have been
 * elsewhere. */
DSLT_HD int dslt_template_learns(const dslt_template_rules *rules, const dslt_target_state *state) {
  return rules->rate > 0.0f && !state->lost && state->missed == 0 && state->score >= (double)rules->score;
}

/* Share of the running mean in the filters, 0..1. */
DSLT_HD float dslt_template_share(const dslt_template_rules *rules, const dslt_target_state *state) {
  const float short_of = rules->trust - (float)state->mean_score, span = rules->trust - rules->score;
  if (!(short_of > 0.0f)) return 0.0f;
  return short_of < span ? short_of / span : 1.0f;
}

/* One value of the filters, and of the running mean, from the value seen now. */
DSLT_HD float dslt_template_filter(const dslt_template_rules *rules, float share, float *mean, float first,
                                   float seen) {
  *mean = (1.0f - rules->rate) * *mean + rules->rate * seen;
  return rules->factor * ((1.0f - share) * first + share * *mean);
}

#endif
