/* SPDX-License-Identifier: Apache-2.0 */
/* live_options.h: the command line of dslt live. */
#ifndef DSLT_CLI_LIVE_OPTIONS_H
#define DSLT_CLI_LIVE_OPTIONS_H

#include "cli/track_options.h"
#include "live/server.h"

typedef struct dslt_live_options {
  dslt_track_options
      track; /* what it has in common with dslt track; `overlay` is the video that is recorded */
  dslt_live_address address; /* strings are borrowed from argv */
  int fast;                  /* 1: a file goes as fast as it is tracked */
} dslt_live_options;

/* As dslt_track_options_parse(); `track.tracker` is owned by the caller. */
void dslt_live_options_parse(dslt_live_options *out, int argc, char **argv);

#endif
