/* SPDX-License-Identifier: Apache-2.0 */
/* dslt.c: DSLT's row in the list of trackers. */
#include "trackers/dslt/dslt.h"

#include "trackers/dslt/options.h"

const dslt_tracker_type dslt_type_dslt = {
    .name = "dslt",
    .summary = "Deep Regression Tracking with Shrinkage Loss (ECCV 2018)",
    .options_size = sizeof(dslt_dslt_options),
    .rows = dslt_dslt_rows,
    .row_count = DSLT_DSLT_ROWS,
    .presets = dslt_dslt_presets,
    .preset_count = DSLT_DSLT_PRESETS,
    .check = dslt_dslt_options_check,
};
