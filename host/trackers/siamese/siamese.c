/* SPDX-License-Identifier: Apache-2.0 */
/* siamese.c: the siamese tracker's row in the list of trackers. */
#include "trackers/siamese/siamese.h"

#include "base/error.h"
#include "nn/backbone.h"

static int open_shared(dslt_shared *s) {
  dslt_matching_shape shape;
  DSLT_TRY(dslt_matching_shape_of(&shape, s->weights));
  s->norm = dslt_backbone_norm(s->weights);
  return DSLT_OK;
}

static int plan_net(dslt_net **out, const dslt_shared *s, int n, int h, int w, const dslt_net *share) {
  if (h != w)
    return dslt_fail(DSLT_EINTERNAL, "A matching network was planned for %d x %d pixels; areas are square.",
                     w, h);
  return dslt_matching_plan_backbone(out, s->backend, s->weights, n, h, share);
}

/* The template is cropped where the target is found, and the network may put that anywhere. */
static dslt_reads reads(const dslt_target *t, int ahead) {
  const int follows = dslt_siamese_target_of(t)->following.rate > 0 && dslt_target_updates(t, ahead);
  return follows ? DSLT_READS_ALL : DSLT_READS_SEARCH;
}

const dslt_tracker_type dslt_type_siamese = {
    .name = "siamese",
    .summary = "Matching network trained off line, with DSLT's regression learning on line",
    .weights = "siamese",
    .options_size = sizeof(dslt_siamese_options),
    .rows = dslt_siamese_rows,
    .row_count = DSLT_SIAMESE_ROWS,
    .presets = dslt_siamese_presets,
    .preset_count = DSLT_SIAMESE_PRESETS,
    .open = open_shared,
    .plan_net = plan_net,
    .layout = dslt_siamese_layout,
    .workspace_size = sizeof(dslt_siamese_workspace),
    .plan_workspace = dslt_siamese_plan_workspace,
    .free_workspace = dslt_siamese_free_workspace,
    .measure = dslt_siamese_measure,
    .target_size = sizeof(dslt_siamese_target),
    .sections = DSLT_SIAMESE_SECTIONS,
    .learns_in_turn = 1,
    .plan = dslt_siamese_plan,
    .free = dslt_siamese_free,
    .archive = dslt_siamese_archive,
    .learn = dslt_siamese_learn,
    .reads = reads,
    .frame = dslt_siamese_frame,
    .result = dslt_siamese_result,
    .cost = dslt_siamese_cost,
};
