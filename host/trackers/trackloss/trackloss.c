/* SPDX-License-Identifier: Apache-2.0 */
/* trackloss.c: the tracking-loss tracker's row in the list of trackers. */
#include "trackers/trackloss/trackloss.h"

const dslt_tracker_type dslt_type_trackloss = {
    .name = "trackloss",
    .summary = "Tracking Loss: a region proposal network's cells, matched by strategies (2018)",
    .weights = "trackloss",
    .options_size = sizeof(dslt_trackloss_options),
    .rows = dslt_trackloss_rows,
    .row_count = DSLT_TRACKLOSS_ROWS,
    .presets = dslt_trackloss_presets,
    .preset_count = DSLT_TRACKLOSS_PRESETS,
    .check = dslt_trackloss_options_check,
    .open = dslt_trackloss_open,
    .layout = dslt_trackloss_layout,
    .workspace_size = sizeof(dslt_trackloss_workspace),
    .plan_workspace = dslt_trackloss_plan_workspace,
    .free_workspace = dslt_trackloss_free_workspace,
    .measure = dslt_trackloss_measure,
    .target_size = sizeof(dslt_trackloss_target),
    .sections = DSLT_TRACKLOSS_SECTIONS,
    .plan = dslt_trackloss_plan,
    .free = dslt_trackloss_free,
    .archive = dslt_trackloss_archive,
    .learn = dslt_trackloss_learn,
    .frame = dslt_trackloss_frame,
    .result = dslt_trackloss_result,
    .cost = dslt_trackloss_cost,
};
