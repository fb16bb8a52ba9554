/* SPDX-License-Identifier: Apache-2.0 */
/* adacf.c: the row of CFNet and AdaCFNet in the list of trackers. */
#include "trackers/adacf/adacf.h"

/* The filter is learnt at the new place. */
static dslt_reads reads(const dslt_target *t, int ahead) {
  (void)ahead;
  return dslt_adacf_target_of(t)->options->template_rate != 0.0 ? DSLT_READS_MOVED : DSLT_READS_SEARCH;
}

const dslt_tracker_type dslt_type_adacf = {
    .name = "adacf",
    .summary = "CFNet (CVPR 2017), and AdaCFNet: channel attention and focal loss (2019)",
    .weights = "adacfnet",
    .options_size = sizeof(dslt_adacf_options),
    .rows = dslt_adacf_rows,
    .row_count = DSLT_ADACF_ROWS,
    .presets = dslt_adacf_presets,
    .preset_count = DSLT_ADACF_PRESETS,
    .check = dslt_adacf_options_check,
    .open = dslt_adacf_open,
    .look = dslt_adacf_look,
    .plan_net = dslt_adacf_plan_net,
    .layout = dslt_adacf_layout,
    .workspace_size = sizeof(dslt_adacf_workspace),
    .plan_workspace = dslt_adacf_plan_workspace,
    .free_workspace = dslt_adacf_free_workspace,
    .measure = dslt_adacf_measure,
    .target_size = sizeof(dslt_adacf_target),
    .sections = 1,
    .plan = dslt_adacf_plan,
    .free = dslt_adacf_free,
    .archive = dslt_adacf_archive,
    .learn = dslt_adacf_learn,
    .crop = dslt_adacf_crop,
    .reads = reads,
    .frame = dslt_adacf_frame,
    .result = dslt_adacf_result,
    .channel_weights = dslt_adacf_channel_weights,
    .cost = dslt_adacf_cost,
};
