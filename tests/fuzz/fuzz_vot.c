/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer entry for VOT's files: the first byte picks trajectories or times, the rest is the text. What was
 * read is compared, region with region, by both rasterisers. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "eval/vot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int truth) {
  if (!truth) abort();
}

static void fuzz_regions(const char *text, size_t size) {
  dslt_vot_regions regions = {NULL, 0};
  int rc = dslt_vot_regions_parse(&regions, text, size, "fuzz");
  if (rc < 0) {
    require(rc == DSLT_EFORMAT && !regions.at && dslt_last_error()[0]);
    return;
  }
  require(regions.count > 0 && (size_t)regions.count <= size);
  const dslt_vot_frame frame =
      dslt_vot_frame_of(1 + (int)(size % 600), 1 + (int)(size % 400), DSLT_VOT_MATLAB, 0);
  for (int i = 0; i < regions.count && i < 16; i++) {
    const dslt_vot_region *a = &regions.at[i], *b = &regions.at[regions.count - 1];
    for (int convention = DSLT_VOT_MATLAB; convention <= DSLT_VOT_PYTHON; convention++) {
      double overlap = dslt_vot_overlap(a, b, frame, (dslt_vot_convention)convention);
      require(overlap >= 0 && overlap <= 1);
      require(overlap == dslt_vot_overlap(b, a, frame, (dslt_vot_convention)convention));
    }
  }
  dslt_vot_regions_free(&regions);
}

static void fuzz_times(const char *text, size_t size) {
  double *seconds = NULL;
  int frames = 0, repetitions = 0;
  int rc = dslt_vot_times_parse(&seconds, &frames, &repetitions, text, size, "fuzz");
  if (rc < 0) {
    require(rc == DSLT_EFORMAT && !seconds && dslt_last_error()[0]);
    return;
  }
  require(frames > 0 && repetitions > 0);
  for (size_t i = 0; i < (size_t)frames * (size_t)repetitions; i++)
    require(isnan(seconds[i]) || seconds[i] >= 0);
  free(seconds);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) return 0;
  if (data[0] & 1)
    fuzz_times((const char *)data + 1, size - 1);
  else
    fuzz_regions((const char *)data + 1, size - 1);
  return 0;
}
