/* SPDX-License-Identifier: Apache-2.0 */
/* vot_truth.c: reads VOT's regions and the size of the frames. */
#include "eval/vot_truth.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "media/decode.h"

int dslt_vot_truth_read(dslt_vot_region *out, const dslt_dataset *set, const dslt_sequence *sequence) {
  char path[PATH_MAX];
  if (snprintf(path, sizeof path, "%s/%s", dslt_dataset_root(set), sequence->truth_file) >= (int)sizeof path)
    return dslt_fail(DSLT_EIO, "The path of %s is too long.", sequence->truth_file);
  dslt_vot_regions regions = {NULL, 0};
  DSLT_TRY(dslt_vot_regions_read(&regions, path));
  int rc = DSLT_OK;
  if (regions.count < sequence->frames)
    rc = dslt_fail(DSLT_EFORMAT, "%s holds %d rows, but %s has %d frames.", path, regions.count,
                   sequence->name, sequence->frames);
  else
    memcpy(out, regions.at, (size_t)sequence->frames * sizeof *out);
  dslt_vot_regions_free(&regions);
  return rc;
}

int dslt_sequence_size(int *width, int *height, dslt_dataset *set, int index) {
  const dslt_sequence *sequence = dslt_dataset_at(set, index);
  *width = sequence->width;
  *height = sequence->height;
  if (*width > 0 && *height > 0) return DSLT_OK;
  *width = *height = 0;
  char path[PATH_MAX];
  dslt_frame first = {0};
  DSLT_TRY(dslt_dataset_frame_path(path, sizeof path, set, index, 0));
  int rc = dslt_picture_load(&first, path, NULL);
  if (rc == DSLT_OK) {
    *width = first.width;
    *height = first.height;
  }
  dslt_frame_free(&first);
  return rc;
}
