/* SPDX-License-Identifier: Apache-2.0 */
/* vot_report.c: VOT's measures as JSON. */
#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "base/json.h"
#include "eval/vot_measures.h"

static json_t *rules_json(const dslt_vot_rules *rules) {
  return json_pack("{s:i, s:i, s:i, s:f, s:[i,i], s:f}", "repetitions", rules->repetitions, "skip",
                   rules->skip, "burn_in", rules->burn_in, "failure_overlap", rules->failure_overlap,
                   "eao_interval", rules->eao_low, rules->eao_high, "sensitivity", rules->sensitivity);
}

static json_t *overall_json(const dslt_vot_score *score) {
  return json_pack(
      "{s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:I, s:i}", "eao",
      dslt_json_number(score->eao), "eao_lengths", score->eao_lengths, "accuracy",
      dslt_json_number(score->accuracy), "accuracy_pooled", dslt_json_number(score->accuracy_pooled),
      "accuracy_weighted", dslt_json_number(score->accuracy_weighted), "robustness",
      dslt_json_number(score->robustness), "failures_total", dslt_json_number(score->failures_total),
      "failures_weighted", dslt_json_number(score->failures_weighted), "failures_per_100",
      dslt_json_number(score->failures_per_100), "reliability", dslt_json_number(score->reliability),
      "no_reset_overlap", dslt_json_number(score->no_reset), "frames_per_second",
      dslt_json_number(score->frames_per_second), "sequences", score->sequences, "frames",
      (json_int_t)score->frames, "runs", score->runs);
}

static json_t *sequences_json(const dslt_vot_score *score) {
  json_t *out = json_object();
  for (int s = 0; out && s < score->sequences; s++) {
    const dslt_vot_sequence_score *one = &score->sequence[s];
    json_t *item =
        json_pack("{s:i, s:i, s:i, s:o, s:o, s:o, s:o}", "frames", one->frames, "runs", one->runs,
                  "scored_frames", one->scored, "accuracy", dslt_json_number(one->accuracy), "failures",
                  dslt_json_number(one->failures), "reliability", dslt_json_number(one->reliability),
                  "no_reset_overlap", dslt_json_number(one->no_reset));
    char nameless[24];
    snprintf(nameless, sizeof nameless, "%d", s);
    if (dslt_json_set(out, one->name ? one->name : nameless, item) != 0) {
      json_decref(out);
      out = NULL;
    }
  }
  return out;
}

static json_t *curve_json(const dslt_vot_score *score) {
  json_t *out = json_array();
  for (int i = 0; out && i < score->curve_length; i++) {
    if (json_array_append_new(out, dslt_json_number(score->curve[i])) != 0) {
      json_decref(out);
      out = NULL;
    }
  }
  return out;
}

int dslt_vot_score_json(json_t **out, const dslt_vot_score *score) {
  if (!out || !score || score->sequences < 1)
    return dslt_fail(DSLT_EARGUMENT, "There are no VOT scores to write.");
  /* json_pack releases its arguments even when it fails, so nothing leaks. */
  *out = json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "protocol", "vot", "convention",
                   dslt_vot_convention_name(score->rules.convention), "rules", rules_json(&score->rules),
                   "overall", overall_json(score), "curve", curve_json(score), "sequences",
                   sequences_json(score));
  if (*out) return DSLT_OK;
  return dslt_fail(DSLT_EMEMORY, "Out of memory for the VOT scores, or a sequence's name is not UTF-8.");
}
