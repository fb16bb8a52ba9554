/* SPDX-License-Identifier: Apache-2.0 */
/* crt.c: CRT's row in the list of trackers. */
#include "trackers/crt/crt.h"

#include "base/error.h"
#include "nn/backbone.h"

static int open_shared(dslt_shared *s) {
  const dslt_crt_options *o = dslt_crt_options_of(s->options);
  if (o->feature == DSLT_CRT_HOG) {
    s->norm = (dslt_input_norm){.inverse_deviation = {1.0f, 1.0f, 1.0f}}; /* pixels as they are */
    return DSLT_OK;
  }
  DSLT_TRY(dslt_crt_check_weights(o, s->weights));
  s->norm = dslt_backbone_norm(s->weights);
  return DSLT_OK;
}

static int measure(dslt_search *out, const dslt_shared *s, int frame_width, int frame_height,
                   const dslt_box *box) {
  dslt_crt_search(out, dslt_crt_options_of(s->options), frame_width, frame_height, box);
  return DSLT_OK;
}

static dslt_reads reads(const dslt_target *t, int ahead) {
  (void)t;
  (void)ahead;
  return DSLT_READS_SEARCH;
}

const dslt_tracker_type dslt_type_crt = {
    .name = "crt",
    .summary = "Convolutional Regression for Visual Tracking (2016)",
    .weights = "slim",
    .options_size = sizeof(dslt_crt_options),
    .rows = dslt_crt_rows,
    .row_count = DSLT_CRT_ROWS,
    .presets = dslt_crt_presets,
    .preset_count = DSLT_CRT_PRESETS,
    .check = dslt_crt_options_check,
    .open = open_shared,
    .plan_net = dslt_crt_plan_net,
    .layout = dslt_crt_layout,
    .workspace_size = sizeof(dslt_crt_workspace),
    .plan_workspace = dslt_crt_plan_workspace,
    .free_workspace = dslt_crt_free_workspace,
    .measure = measure,
    .target_size = sizeof(dslt_crt_target),
    .sections = DSLT_CRT_SECTIONS,
    .plan = dslt_crt_plan,
    .free = dslt_crt_free,
    .archive = dslt_crt_archive,
    .learn = dslt_crt_learn,
    .reads = reads,
    .frame = dslt_crt_frame,
    .result = dslt_crt_result,
    .cost = dslt_crt_cost,
};
