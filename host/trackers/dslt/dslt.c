/* SPDX-License-Identifier: Apache-2.0 */
/* dslt.c: DSLT's row in the list of trackers. */
#include "trackers/dslt/dslt.h"

#include "base/error.h"
#include "nn/backbone.h"

static int open_shared(dslt_shared *s) {
  const dslt_backbone_spec spec = dslt_dslt_backbone(dslt_dslt_shared_options(s));
  DSLT_TRY(dslt_backbone_check(s->weights, &spec));
  s->norm = dslt_backbone_norm(s->weights);
  return DSLT_OK;
}

static int plan_net(dslt_net **out, const dslt_shared *s, int n, int h, int w, const dslt_net *share) {
  const dslt_backbone_spec spec = dslt_dslt_backbone(dslt_dslt_shared_options(s));
  return dslt_backbone_plan(out, s->backend, s->weights, &spec, n, h, w, share);
}

static int measure(dslt_search *out, const dslt_shared *s, int frame_width, int frame_height,
                   const dslt_box *box) {
  const dslt_dslt_options *o = dslt_dslt_shared_options(s);
  dslt_tap_list taps;
  DSLT_TRY(dslt_dslt_taps(&taps, o, s->weights));
  dslt_dslt_search(out, o, &taps, frame_width, frame_height, box);
  return DSLT_OK;
}

/* For the scale pyramid and for a sample at the new place, unless all scales were searched at once. */
static dslt_reads reads(const dslt_target *t, int ahead) {
  (void)ahead;
  return t->workspace->searched == 1 ? DSLT_READS_MOVED : DSLT_READS_SEARCH;
}

const dslt_tracker_type dslt_type_dslt = {
    .name = "dslt",
    .summary = "Deep Regression Tracking with Shrinkage Loss (ECCV 2018)",
    .weights = "slim",
    .options_size = sizeof(dslt_dslt_options),
    .rows = dslt_dslt_rows,
    .row_count = DSLT_DSLT_ROWS,
    .presets = dslt_dslt_presets,
    .preset_count = DSLT_DSLT_PRESETS,
    .check = dslt_dslt_options_check,
    .open = open_shared,
    .plan_net = plan_net,
    .layout = dslt_dslt_layout,
    .workspace_size = sizeof(dslt_dslt_workspace),
    .plan_workspace = dslt_dslt_plan_workspace,
    .free_workspace = dslt_dslt_free_workspace,
    .measure = measure,
    .target_size = sizeof(dslt_dslt_target),
    .sections = DSLT_DSLT_SECTION_STEP + DSLT_DSLT_FIRST_SLOTS,
    .learns_in_turn = 1,
    .plan = dslt_dslt_plan,
    .free = dslt_dslt_free,
    .archive = dslt_dslt_archive,
    .learn = dslt_dslt_learn,
    .reads = reads,
    .frame = dslt_dslt_frame,
    .result = dslt_dslt_result,
    .cost = dslt_dslt_cost,
};
