/* SPDX-License-Identifier: Apache-2.0 */
/* dataset_check.c: what is missing or odd in a set on disk. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "dataset/dataset_internal.h"

const char *dslt_finding_name(dslt_finding_kind kind) {
  static const char *const names[] = {"absent", "truth", "count",     "no-frames", "gap",
                                      "nan",    "box",   "duplicate", "empty",     "set"};
  return names[kind];
}

static int add(dslt_findings *findings, dslt_finding_kind kind, int problem, const char *sequence,
               const char *format, ...) __attribute__((format(printf, 5, 6)));

static int add(dslt_findings *findings, dslt_finding_kind kind, int problem, const char *sequence,
               const char *format, ...) {
  const size_t count = (size_t)findings->count + 1;
  dslt_finding *list = realloc(findings->list, count * sizeof *list);
  char *text = NULL, *name = list ? strdup(sequence) : NULL;
  if (list) findings->list = list;
  va_list arguments;
  va_start(arguments, format);
  const int length = name ? vasprintf(&text, format, arguments) : -1;
  va_end(arguments);
  if (length < 0) {
    free(name);
    return dslt_fail(DSLT_EMEMORY, "Out of memory while checking %s.", sequence);
  }
  findings->list[findings->count++] = (dslt_finding){kind, problem, name, text};
  findings->problems += problem;
  return DSLT_OK;
}

void dslt_findings_free(dslt_findings *findings) {
  if (!findings) return;
  for (int i = 0; i < findings->count; i++) {
    free((char *)findings->list[i].sequence);
    free((char *)findings->list[i].text);
  }
  free(findings->list);
  *findings = (dslt_findings){0};
}

/* ---- ground truth -------------------------------------------------------------------------------- */

static int check_nan(dslt_findings *findings, const dslt_dataset *set, const dslt_entry *entry) {
  const dslt_sequence *seen = &entry->seen;
  const int expected = entry->fact ? entry->fact->nan_rows : -1;
  /* Cut or lengthened truth has been reported by its counts; its NaN rows tell nothing more. */
  if (seen->nan_rows == 0 && expected <= 0) return DSLT_OK;
  if (expected >= 0 && expected != seen->nan_rows)
    return add(findings, DSLT_FINDING_NAN, 1, seen->name,
               "%s: %d rows of the ground truth are NaN, published are %d.", seen->name, seen->nan_rows,
               expected);
  return add(findings, DSLT_FINDING_NAN, !set->row->kind.layout->nan_usual, seen->name,
             "%s: %d of %d rows of the ground truth are NaN%s.", seen->name, seen->nan_rows,
             seen->truth_known, expected >= 0 ? ", as published: the target is not in these frames" : "");
}

static int check_boxes(dslt_findings *findings, const dslt_entry *entry) {
  const dslt_sequence *seen = &entry->seen;
  const dslt_box *first = &seen->truth[0];
  if (!(first->width > 0 && first->height > 0) || isnan(first->x + first->y))
    DSLT_TRY(add(findings, DSLT_FINDING_BOX, 1, seen->name,
                 "%s: the first frame has no box with an area, so no tracker can start on it.", seen->name));
  int flat = 0, outside = 0;
  for (int i = 1; i < seen->truth_known; i++) {
    const dslt_box *box = &seen->truth[i];
    if (isnan(box->x)) continue;
    if (!(box->width > 0 && box->height > 0))
      flat++;
    else if (!seen->polygons && (box->x < 0 || box->y < 0))
      outside++;
  }
  if (flat)
    DSLT_TRY(
        add(findings, DSLT_FINDING_BOX, 0, seen->name,
            "%s: %d of %d boxes of the ground truth have no area; evaluation counts these frames as invalid.",
            seen->name, flat, seen->truth_known));
  if (outside)
    DSLT_TRY(add(
        findings, DSLT_FINDING_BOX, 0, seen->name,
        "%s: %d of %d boxes of the ground truth reach beyond the image's left or upper edge; OTB's toolkit "
        "counts these frames as invalid.",
        seen->name, outside, seen->truth_known));
  return DSLT_OK;
}

/* ---- frames -------------------------------------------------------------------------------------- */

static int check_gaps(dslt_findings *findings, const dslt_entry *entry) {
  const dslt_sequence *seen = &entry->seen;
  const int missing = seen->frames - entry->found;
  int first = 0, last = 0;
  if (missing) {
    while (entry->files[first]) first++;
    for (last = seen->frames - 1; entry->files[last];) last--;
    if (seen->first_number >= 0)
      return add(findings, DSLT_FINDING_GAP, 1, seen->name,
                 "%s: %d of %d images are missing in %s, the first with number %d, the last with %d.",
                 seen->name, missing, seen->frames, seen->folder, seen->first_number + first,
                 seen->first_number + last);
    return add(findings, DSLT_FINDING_GAP, 1, seen->name,
               "%s: %d of %d frames have no image in %s, the first is frame %d, the last frame %d (counted "
               "from 0).",
               seen->name, missing, seen->frames, seen->folder, first, last);
  }
  if (entry->gaps && entry->pairing != DSLT_PAIR_PUBLISHED)
    return add(findings, DSLT_FINDING_GAP, 1, seen->name,
               "%s: the image numbers in %s skip %d; there are as many images as rows of ground truth, so "
               "they are paired in order.",
               seen->name, seen->folder, entry->gaps);
  return DSLT_OK;
}

static int check_sizes(dslt_findings *findings, const dslt_dataset *set, const dslt_entry *entry) {
  const dslt_sequence *seen = &entry->seen;
  int empty = 0, first = -1;
  for (int i = 0; i < seen->frames; i++) {
    char path[DSLT_PATH];
    struct stat status;
    if (!entry->files[i]) continue;
    DSLT_TRY(dslt_set_path(path, set, seen->folder, entry->files[i]));
    if (stat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) continue;
    if (first < 0) first = i;
    empty++;
  }
  return empty ? add(findings, DSLT_FINDING_EMPTY, 1, seen->name,
                     "%s: %d of the images in %s are empty or no files, the first is %s.", seen->name, empty,
                     seen->folder, entry->files[first])
               : DSLT_OK;
}

static int check_frames(dslt_findings *findings, const dslt_dataset *set, const dslt_entry *entry) {
  const dslt_sequence *seen = &entry->seen;
  if (entry->images == 0)
    return add(findings, DSLT_FINDING_NO_FRAMES, 1, seen->name, "%s: there is ground truth but no image%s%s.",
               seen->name, seen->folder[0] ? " in " : "", seen->folder);
  DSLT_TRY(check_gaps(findings, entry));
  DSLT_TRY(check_sizes(findings, set, entry));
  if (entry->duplicates)
    DSLT_TRY(add(
        findings, DSLT_FINDING_DUPLICATE, 1, seen->name,
        "%s: %d images in %s bear a number or name that another one bears too, like %s; such a folder is not "
        "tracked.",
        seen->name, entry->duplicates, seen->folder, entry->twins));
  if (entry->unnumbered)
    DSLT_TRY(add(findings, DSLT_FINDING_DUPLICATE, 1, seen->name,
                 "%s: %d images in %s bear no number and are not used.", seen->name, entry->unnumbered,
                 seen->folder));
  /* David and Football1 are published with more images than ground truth; pieces of UAV videos always are. */
  if (entry->unused && entry->pairing == DSLT_PAIR_PUBLISHED && !set->row->kind.layout->pieces)
    DSLT_TRY(add(findings, DSLT_FINDING_COUNT, 0, seen->name,
                 "%s: %d images in %s, of which the %d of the published range %d to %d are used.", seen->name,
                 entry->images, seen->folder, seen->frames, seen->first_number,
                 seen->first_number + seen->frames - 1));
  return DSLT_OK;
}

/* ---- one after the other ------------------------------------------------------------------------- */

static int check_entry(dslt_findings *findings, dslt_dataset *set, int index) {
  const dslt_entry *entry = set->entries[index];
  const dslt_sequence *seen = &entry->seen;
  const char *name = seen->name;
  if (seen->state == DSLT_SEQUENCE_ABSENT)
    return add(findings, DSLT_FINDING_ABSENT, 1, name, "%s: neither frames nor ground truth are there.",
               name);
  if (seen->state != DSLT_SEQUENCE_READY) return add(findings, DSLT_FINDING_TRUTH, 1, name, "%s", seen->note);
  int found = 0;
  DSLT_TRY(dslt_dataset_locate(&found, set, index));
  if (seen->note[0]) DSLT_TRY(add(findings, DSLT_FINDING_COUNT, 1, name, "%s", seen->note));
  DSLT_TRY(check_nan(findings, set, entry));
  DSLT_TRY(check_boxes(findings, entry));
  DSLT_TRY(check_frames(findings, set, entry));
  findings->whole += found == seen->frames && !entry->twins;
  return DSLT_OK;
}

int dslt_dataset_check(dslt_findings *out, dslt_dataset *set) {
  dslt_findings findings = {0};
  int rc = DSLT_OK;
  if (set->note[0]) rc = add(&findings, DSLT_FINDING_SET, 0, "", "%s", set->note);
  for (int i = 0; rc == DSLT_OK && i < set->count; i++) rc = check_entry(&findings, set, i);
  if (rc < 0) {
    dslt_findings_free(&findings);
    return rc;
  }
  *out = findings;
  return DSLT_OK;
}
