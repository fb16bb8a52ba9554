/* SPDX-License-Identifier: Apache-2.0 */
/* dslt.h: the parts of DSLT's row in the list of trackers. */
#ifndef DSLT_TRACKERS_DSLT_DSLT_H
#define DSLT_TRACKERS_DSLT_DSLT_H

#include "tracker/type.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const dslt_tracker_type dslt_type_dslt;

/* options.c */
enum { DSLT_DSLT_ROWS = 69 };
extern const dslt_option_row dslt_dslt_rows[DSLT_DSLT_ROWS];
int dslt_dslt_options_check(const dslt_common_options *common, const void *own);

/* presets.c */
enum { DSLT_DSLT_PRESETS = 3 };
extern const dslt_preset dslt_dslt_presets[DSLT_DSLT_PRESETS];

#ifdef __cplusplus
}
#endif

#endif
