/* SPDX-License-Identifier: Apache-2.0 */
/* folder.h: protocol "folder" of VOT's toolkit (0.8.1 and later): a whole sequence and its objects as files. */
#ifndef DSLT_TRAX_FOLDER_H
#define DSLT_TRAX_FOLDER_H

#include "dslt/dslt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* All borrowed. */
typedef struct dslt_trax_folder_setup {
  const char *folder;
  const dslt_options *options;
  dslt_weights *weights;
} dslt_trax_folder_setup;

/* Read frames_color.txt (a path a line, relative ones below the folder) and every query_ID.txt (the number of its first
 * frame, from 0; its region; further lines are passed over), track, and write output_ID.txt, a line for every frame
 * with "0" before the first, and output_ID_confidence.txt. The outputs appear when all is tracked. DSLT_EIO,
 * DSLT_EFORMAT, DSLT_EBOX and what tracking gives; sentences name the file. */
int dslt_trax_folder_run(const dslt_trax_folder_setup *setup);

#ifdef __cplusplus
}
#endif

#endif
