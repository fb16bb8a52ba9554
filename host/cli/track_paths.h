/* track_paths.h: no result may destroy what the run reads, or another result. */
#ifndef DSLT_CLI_TRACK_PATHS_H
#define DSLT_CLI_TRACK_PATHS_H

#include "cli/track_options.h"

/* DSLT_EOPTION names both sides where a result would replace the input, the weights, the ground truth, one of
 * the input folder's pictures or another result, or where a result's name cannot serve. */
int dslt_track_paths_check(const dslt_track_options *options);

#endif
