/* SPDX-License-Identifier: Apache-2.0 */
/* type.h: what makes a tracker: one constant table, the only thing that the rooms above know of it. */
#ifndef DSLT_TRACKER_TYPE_H
#define DSLT_TRACKER_TYPE_H

#include "tracker/options.h"

#ifdef __cplusplus
extern "C" {
#endif

struct dslt_tracker_type {
  const char *name;    /* "dslt" */
  const char *summary; /* one line */

  size_t options_size; /* of the tracker's own struct of options, bytes */
  const dslt_option_row *rows;
  int row_count;
  const dslt_preset *presets;
  int preset_count;
  /* Do these options, each in its range, fit together? DSLT_EOPTION says which does not. May be NULL. */
  int (*check)(const dslt_common_options *common, const void *own);
};

/* Tracker `index` of this build, counted from 0; NULL past the end. The first one has the preset "default". */
const dslt_tracker_type *dslt_tracker_type_at(int index);

#ifdef __cplusplus
}
#endif

#endif
