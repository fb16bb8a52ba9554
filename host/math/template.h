/* SPDX-License-Identifier: Apache-2.0 */
/* template.h: a matching head's template that follows its target: the filters are part the first frame's features, part
 * the running mean of those at the places where the target was found since. The worse the first frame's serve, the more
 * the mean counts. Formulas for host and kernels. */
#ifndef DSLT_MATH_TEMPLATE_H
#define DSLT_MATH_TEMPLATE_H

#include "base/hd.h"
#include "math/match.h"
#include "math/target_state.h"

/* Of a template's side. */
enum { DSLT_TEMPLATE_CELLS_MAX = 64 };

typedef struct dslt_template_rules {
  int cells, channels; /* of the template's map, [cells][cells][channels] */
  float side, stride;  /* of the template, input px; cell (cells / 2, cells / 2) lies on its centre */
  float around;        /* features around the target are multiplied by this, those inside of it by 1 */
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

/* Share of the cells in row or column `at` that lies within `extent` input px of the centre. */
DSLT_HD float dslt_template_cover(const dslt_template_rules *rules, int at, float extent) {
  const float reach = 0.5f * rules->stride, centre = rules->stride * (float)(at - rules->cells / 2),
              low = centre - reach > -extent ? centre - reach : -extent,
              high = centre + reach < extent ? centre + reach : extent;
  return high > low ? (high - low) / rules->stride : 0.0f;
}

/* What the features of a cell are multiplied by, of a target of width x height: the template shows it with context. */
DSLT_HD float dslt_template_weight(const dslt_template_rules *rules, int cell, double width, double height) {
  const double scale = (double)rules->side / dslt_match_side(width, height);
  const float across = dslt_template_cover(rules, cell % rules->cells, (float)(0.5 * width * scale)),
              down = dslt_template_cover(rules, cell / rules->cells, (float)(0.5 * height * scale));
  return rules->around + (1.0f - rules->around) * across * down;
}

/* One value of the filters, and of the running mean, from the value seen now, weighted. */
DSLT_HD float dslt_template_filter(const dslt_template_rules *rules, float share, float *mean, float first,
                                   float seen) {
  *mean = (1.0f - rules->rate) * *mean + rules->rate * seen;
  return rules->factor * ((1.0f - share) * first + share * *mean);
}

#endif
