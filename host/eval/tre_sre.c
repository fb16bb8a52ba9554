/* SPDX-License-Identifier: Apache-2.0 */
/* tre_sre.c: starts of TRE and first boxes of SRE. */
#include "eval/tre_sre.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "dataset/boxes.h"
#include "dataset/dataset.h"

/* ---- TRE ----------------------------------------------------------------------------------------- */

static int may_start(const dslt_box *truth, int frame, const dslt_tre_range *omitted, int omitted_count) {
  for (int i = 0; i < omitted_count; i++)
    if (frame >= omitted[i].first && frame <= omitted[i].last) return 0;
  dslt_box otb = dslt_box_to_otb(truth[frame]); /* comparisons with NaN are false */
  return otb.x > 0 && otb.y > 0 && otb.width > 0 && otb.height > 0;
}

int dslt_tre_starts(int starts[DSLT_TRE_SEGMENTS], int *count, const dslt_box *truth, int frames,
                    const dslt_tre_range *omitted, int omitted_count) {
  if (!starts || !count || !truth || (omitted_count > 0 && !omitted))
    return dslt_fail(DSLT_EARGUMENT, "The segments of a sequence need its ground truth.");
  const int last_start = frames - DSLT_TRE_SHORTEST;
  int candidates = 0;
  for (int i = 0; i <= last_start; i++) candidates += may_start(truth, i, omitted, omitted_count);
  if (candidates == 0)
    return dslt_fail(
        DSLT_EBOX,
        "No frame may begin a TRE segment: it needs a valid box and %d frames from it to the end, "
        "and the sequence has %d.",
        DSLT_TRE_SHORTEST, frames);
  /* MATLAB: floor(1 : n/19 : n), then n itself; candidates counted from 1. */
  const int steps = DSLT_TRE_SEGMENTS - 1;
  int wanted[DSLT_TRE_SEGMENTS], segments = 0;
  for (int k = 0; k * (long long)candidates <= (long long)steps * (candidates - 1); k++)
    wanted[segments++] = 1 + (int)(k * (long long)candidates / steps);
  wanted[segments++] = candidates;
  int seen = 0, filled = 0;
  for (int i = 0; i <= last_start && filled < segments; i++) {
    if (!may_start(truth, i, omitted, omitted_count)) continue;
    seen++;
    while (filled < segments && wanted[filled] == seen) starts[filled++] = i;
  }
  *count = segments;
  return DSLT_OK;
}

int dslt_tre_starts_of(int starts[DSLT_TRE_SEGMENTS], int *count, const struct dslt_sequence *sequence) {
  dslt_tre_range *ranges = NULL;
  if (sequence->omitted_count > 0) {
    ranges = malloc((size_t)sequence->omitted_count * sizeof *ranges);
    if (!ranges) return dslt_fail(DSLT_EMEMORY, "Out of memory for the segments of %s.", sequence->name);
    for (int i = 0; i < sequence->omitted_count; i++) {
      ranges[i].first = sequence->omitted[i].first - sequence->first_number;
      ranges[i].last = sequence->omitted[i].last - sequence->first_number;
    }
  }
  int rc = dslt_tre_starts(starts, count, sequence->truth, sequence->frames, ranges, sequence->omitted_count);
  free(ranges);
  return rc < 0 ? dslt_fail_prefix(rc, sequence->name) : DSLT_OK;
}

/* ---- SRE ----------------------------------------------------------------------------------------- */

static const char *const shift_names[DSLT_SRE_SHIFTS] = {"left",    "right",    "up",         "down",
                                                         "topLeft", "topRight", "bottomLeft", "bottomRight",
                                                         "scale_8", "scale_9",  "scale_11",   "scale_12"};

const char *dslt_sre_name(int shift) {
  return shift >= 0 && shift < DSLT_SRE_SHIFTS ? shift_names[shift] : NULL;
}

/* One corner moves outwards, the opposite one stays. `to_left`, `to_top`: which corner. */
static dslt_box move_corner(dslt_box box, int to_left, int to_top) {
  double right = box.x + box.width - 1, bottom = box.y + box.height - 1;
  if (to_left)
    box.x = round(box.x - 0.1 * box.width);
  else
    right = round(right + 0.1 * box.width);
  if (to_top)
    box.y = round(box.y - 0.1 * box.height);
  else
    bottom = round(bottom + 0.1 * box.height);
  box.width = right - box.x + 1;
  box.height = bottom - box.y + 1;
  return box;
}

static dslt_box scale_about_centre(dslt_box box, double ratio) {
  double x = box.x + box.width / 2, y = box.y + box.height / 2;
  double width = ratio * box.width, height = ratio * box.height;
  return (dslt_box){round(x - width / 2), round(y - height / 2), round(width), round(height)};
}

dslt_box dslt_sre_box(dslt_box truth, int shift, int width, int height) {
  static const double ratios[] = {0.8, 0.9, 1.1, 1.2};
  dslt_box box = dslt_box_to_otb(truth);
  const double by_x = ceil(0.1 * box.width), by_y = ceil(0.1 * box.height);
  switch (shift) {
    case 0: box.x -= by_x; break;
    case 1: box.x += by_x; break;
    case 2: box.y -= by_y; break;
    case 3: box.y += by_y; break;
    case 4: box = move_corner(box, 1, 1); break;
    case 5: box = move_corner(box, 0, 1); break;
    case 6: box = move_corner(box, 1, 0); break;
    case 7: box = move_corner(box, 0, 0); break;
    default:
      if (shift >= 8 && shift < DSLT_SRE_SHIFTS) box = scale_about_centre(box, ratios[shift - 8]);
  }
  if (box.x < 1) box.x = 1;
  if (box.y < 1) box.y = 1;
  if (box.x + box.width - 1 > width) box.width = width - box.x + 1;
  if (box.y + box.height - 1 > height) box.height = height - box.y + 1;
  return dslt_box_from_otb(box);
}

/* ---- files --------------------------------------------------------------------------------------- */

void dslt_tre_file_name(char *out, size_t size, const char *sequence, int segment) {
  snprintf(out, size, "%s.tre%02d.txt", sequence, segment + 1);
}

void dslt_sre_file_name(char *out, size_t size, const char *sequence, int shift) {
  snprintf(out, size, "%s.sre%02d.txt", sequence, shift + 1);
}
