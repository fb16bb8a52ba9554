/* SPDX-License-Identifier: Apache-2.0 */
/* trackloss.c: the tracking-loss tracker's row in the list of trackers. */
#include "trackers/trackloss/trackloss.h"

/* With shared maps only the search areas are read, but for frames in which training boxes may be taken: those are drawn
 * from farther away. */
static dslt_reads reads(const dslt_target *t, int ahead) {
  const dslt_trackloss_options *o = dslt_trackloss_target_of(t)->options;
  if (!o->shared_maps) return DSLT_READS_ALL;
  if (o->collect_interval < 1) return DSLT_READS_SEARCH;
  return t->decided < 0 || (t->decided + 1 + ahead) % o->collect_interval == 0 ? DSLT_READS_ALL
                                                                               : DSLT_READS_SEARCH;
}

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
    .reads = reads,
    .frame = dslt_trackloss_frame,
    .result = dslt_trackloss_result,
    .cost = dslt_trackloss_cost,
};
