/* SPDX-License-Identifier: Apache-2.0 */
/* dataset_truth.c: ground truth from its files, cut to the frames that the benchmark uses. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "dataset/boxes.h"
#include "dataset/dataset_internal.h"
#include "dataset/dataset_text.h"

static int no_memory(const char *name) {
  return dslt_fail(DSLT_EMEMORY, "Out of memory while reading the ground truth of %s.", name);
}

/* The file cannot be used: the sequence stays in the set and says why. */
static int spoilt(dslt_entry *entry, int code) {
  if (code == DSLT_EMEMORY) return code;
  entry->seen.state = DSLT_SEQUENCE_BAD_TRUTH;
  return dslt_entry_note(entry, "%s", dslt_last_error());
}

static int file_path(char out[DSLT_PATH], dslt_dataset *set, dslt_entry *entry, const char *file) {
  DSLT_TRY(dslt_entry_text(&entry->seen.truth_file, file));
  return dslt_set_path(out, set, "", file);
}

/* ---- the published range ------------------------------------------------------------------------- */

typedef struct window {
  int start, count; /* rows of the file that are used */
} window;

/* Which of `rows` rows belong to the published frames; every departure is noted. */
static int choose_rows(window *out, dslt_entry *entry, int rows) {
  const dslt_fact *fact = entry->fact;
  const char *name = entry->seen.name;
  const int published = fact->last - fact->first + 1, used = published - fact->omit;
  *out = (window){fact->omit, used};
  if (rows == published) return DSLT_OK;
  if (fact->omit && rows == used) {
    out->start = 0;
    return dslt_entry_note(
        entry,
        "%s: the ground truth has %d rows instead of the published %d; the rule: the first "
        "%d frames, which evaluation leaves out, are taken to be gone already.",
        name, rows, published, fact->omit);
  }
  if (fact->first > 1 && rows >= fact->last) {
    out->start = fact->first - 1 + fact->omit;
    return dslt_entry_note(entry,
                           "%s: the ground truth has %d rows instead of the published %d; the rule: row n is "
                           "taken for image n, and images %d to %d are used.",
                           name, rows, published, fact->first, fact->last);
  }
  if (rows > published)
    return dslt_entry_note(
        entry,
        "%s: the ground truth has %d rows instead of the published %d; the rule: the first "
        "%d are used and the other %d left out.",
        name, rows, published, published, rows - published);
  if (rows <= fact->omit) {
    entry->seen.state = DSLT_SEQUENCE_BAD_TRUTH;
    return dslt_entry_note(entry,
                           "%s: the ground truth has %d rows instead of the published %d, fewer than the %d "
                           "that evaluation leaves out: get the file again.",
                           name, rows, published, fact->omit);
  }
  out->count = rows - fact->omit;
  return dslt_entry_note(entry,
                         "%s: the ground truth has %d rows instead of the published %d; the rule: the "
                         "sequence ends with its ground truth, after %d frames.",
                         name, rows, published, out->count);
}

static int is_nan(const dslt_box *box) {
  return isnan(box->x) || isnan(box->y) || isnan(box->width) || isnan(box->height);
}

/* Take over `boxes` (owned by the entry from now on). */
static void accept(dslt_entry *entry, dslt_box *boxes, int count) {
  dslt_sequence *seen = &entry->seen;
  seen->state = DSLT_SEQUENCE_READY;
  seen->truth = boxes;
  seen->frames = seen->truth_known = count;
  for (int i = 0; i < count; i++) seen->nan_rows += is_nan(&boxes[i]);
}

int dslt_truth_read_published(dslt_dataset *set, dslt_entry *entry, const char *file) {
  char path[DSLT_PATH];
  DSLT_TRY(file_path(path, set, entry, file));
  dslt_box_list list = {0};
  const int rc = dslt_box_list_read_otb(&list, path);
  if (rc < 0) return spoilt(entry, rc);
  dslt_sequence *seen = &entry->seen;
  seen->truth_rows = list.count;
  seen->state = DSLT_SEQUENCE_READY;
  window rows;
  const int chosen = choose_rows(&rows, entry, list.count);
  if (chosen < 0 || seen->state != DSLT_SEQUENCE_READY) {
    dslt_box_list_free(&list);
    return chosen;
  }
  memmove(list.boxes, list.boxes + rows.start, (size_t)rows.count * sizeof *list.boxes);
  accept(entry, list.boxes, rows.count);
  seen->skipped = entry->fact->omit;
  seen->first_number = entry->fact->first + entry->fact->omit;
  entry->pairing = DSLT_PAIR_PUBLISHED;
  return DSLT_OK;
}

/* ---- whatever the file holds --------------------------------------------------------------------- */

int dslt_truth_read_rows(dslt_dataset *set, dslt_entry *entry, const char *file) {
  char path[DSLT_PATH];
  DSLT_TRY(file_path(path, set, entry, file));
  dslt_numbers table = {0};
  int rc = dslt_numbers_read(&table, path, 8, 0);
  if (rc < 0) return spoilt(entry, rc);
  if (table.columns != 4) {
    free(table.values);
    return spoilt(entry, dslt_fail(DSLT_EFORMAT, "%s holds %d numbers a line instead of x,y,w,h%s.", path,
                                   table.columns,
                                   table.columns == 8 ? "; polygons belong to the dataset \"vot\"" : ""));
  }
  dslt_box *boxes = malloc((size_t)table.rows * sizeof *boxes);
  if (!boxes) {
    free(table.values);
    return no_memory(entry->seen.name);
  }
  for (int i = 0; i < table.rows; i++) {
    const double *row = table.values + 4 * (size_t)i;
    boxes[i] = dslt_box_from_otb((dslt_box){row[0], row[1], row[2], row[3]});
    if (is_nan(&boxes[i])) boxes[i] = (dslt_box){NAN, NAN, NAN, NAN};
  }
  free(table.values);
  entry->seen.truth_rows = table.rows;
  accept(entry, boxes, table.rows);
  return DSLT_OK;
}

static dslt_box box_of_polygon(const double corners[8]) {
  for (int i = 0; i < 8; i++)
    if (isnan(corners[i])) return (dslt_box){NAN, NAN, NAN, NAN};
  return dslt_box_from_polygon(corners);
}

int dslt_truth_read_polygons(dslt_dataset *set, dslt_entry *entry, const char *file) {
  char path[DSLT_PATH];
  DSLT_TRY(file_path(path, set, entry, file));
  dslt_numbers table = {0};
  int rc = dslt_numbers_read(&table, path, 8, 0);
  if (rc < 0) return spoilt(entry, rc);
  if (table.columns != 4 && table.columns != 8) {
    free(table.values);
    return spoilt(entry, dslt_fail(DSLT_EFORMAT,
                                   "%s holds %d numbers a line instead of four corners (8) or x,y,w,h (4).",
                                   path, table.columns));
  }
  dslt_box *boxes = malloc((size_t)table.rows * sizeof *boxes);
  double *polygons = malloc((size_t)table.rows * 8 * sizeof *polygons);
  if (!boxes || !polygons) {
    free(boxes);
    free(polygons);
    free(table.values);
    return no_memory(entry->seen.name);
  }
  for (int i = 0; i < table.rows; i++) {
    const double *row = table.values + (size_t)table.columns * (size_t)i;
    double *corners = polygons + 8 * (size_t)i;
    if (table.columns == 8) {
      memcpy(corners, row, 8 * sizeof *corners);
    } else {
      const double left = row[0], top = row[1], right = left + row[2], bottom = top + row[3];
      const double clockwise[8] = {left, top, right, top, right, bottom, left, bottom};
      memcpy(corners, clockwise, sizeof clockwise);
    }
    boxes[i] = box_of_polygon(corners);
  }
  free(table.values);
  entry->seen.polygons = polygons;
  entry->seen.truth_rows = table.rows;
  accept(entry, boxes, table.rows);
  return DSLT_OK;
}

/* Pictures in the sequence's folder. */
static int count_pictures(int *out, dslt_dataset *set, const dslt_entry *entry) {
  char folder[DSLT_PATH];
  dslt_listing listing = {0};
  *out = 0;
  if (!entry->seen.folder[0]) return DSLT_OK;
  DSLT_TRY(dslt_set_path(folder, set, entry->seen.folder, ""));
  DSLT_TRY(dslt_listing_read(&listing, folder));
  *out = dslt_pictures_count(&listing);
  dslt_listing_free(&listing);
  return *out < 0 ? no_memory(entry->seen.name) : DSLT_OK;
}

int dslt_truth_extend(dslt_dataset *set, dslt_entry *entry) {
  dslt_sequence *seen = &entry->seen;
  int count = 0;
  if (seen->state != DSLT_SEQUENCE_READY || seen->truth_rows != 1) return DSLT_OK;
  DSLT_TRY(count_pictures(&count, set, entry));
  if (count <= 1) return DSLT_OK;
  dslt_box *boxes = realloc((dslt_box *)seen->truth, (size_t)count * sizeof *boxes);
  if (!boxes) return no_memory(seen->name);
  seen->truth = boxes;
  for (int i = seen->frames; i < count; i++) boxes[i] = (dslt_box){NAN, NAN, NAN, NAN};
  if (seen->polygons) {
    double *polygons = realloc((double *)seen->polygons, (size_t)count * 8 * sizeof *polygons);
    if (!polygons) return no_memory(seen->name);
    seen->polygons = polygons;
    for (int i = 8 * seen->frames; i < 8 * count; i++) polygons[i] = NAN;
  }
  seen->frames = count;
  if (set->row->kind.layout->results == DSLT_RESULTS_GOT10K) return DSLT_OK; /* as published */
  return dslt_entry_note(
      entry,
      "%s: ground truth for the first frame alone, but %d images; the rule: all frames are "
      "tracked, and only the first can be scored.",
      seen->name, count);
}

/* ---- labels -------------------------------------------------------------------------------------- */

static int add_label(dslt_entry *entry, const char *name, uint8_t *values) {
  dslt_sequence *seen = &entry->seen;
  const size_t count = (size_t)seen->label_count + 1;
  char *copy = strdup(name);
  dslt_frame_label *labels = copy ? realloc((dslt_frame_label *)seen->labels, count * sizeof *labels) : NULL;
  if (!labels) {
    free(copy);
    free(values);
    return no_memory(seen->name);
  }
  labels[count - 1] = (dslt_frame_label){copy, values};
  seen->labels = labels;
  seen->label_count = (int)count;
  return DSLT_OK;
}

int dslt_truth_read_label(dslt_dataset *set, dslt_entry *entry, const char *file, const char *name) {
  char path[DSLT_PATH];
  const dslt_sequence *seen = &entry->seen;
  DSLT_TRY(dslt_set_path(path, set, "", file));
  dslt_numbers table = {0};
  int rc = dslt_numbers_read(&table, path, 1, 1);
  if (rc == DSLT_EMEMORY) return rc;
  if (rc < 0) return dslt_entry_note(entry, "%s", dslt_last_error());
  uint8_t *values = calloc((size_t)seen->frames, 1);
  if (!values) rc = no_memory(seen->name);
  for (int i = 0; rc == DSLT_OK && i < table.rows; i++) {
    const double value = table.values[i];
    if (!(value >= 0 && value <= 255 && value == floor(value))) {
      rc = dslt_entry_note(entry, "%s holds a label that is no whole number from 0 to 255: it is left out.",
                           path);
      free(values);
      free(table.values);
      return rc;
    }
    if (i < seen->frames) values[i] = (uint8_t)value;
  }
  free(table.values);
  /* VOT's toolkit pads its tags with 0, and its files are often short: only more than one a frame is odd. */
  const int padded = set->row->kind.layout->labels_padded;
  if (rc == DSLT_OK && (table.rows > seen->frames || (!padded && table.rows < seen->frames)))
    rc = dslt_entry_note(entry, "%s: %s has %d values for %d frames; the rule: %s.", seen->name, file,
                         table.rows, seen->frames,
                         table.rows > seen->frames ? "those beyond the last frame are left out"
                                                   : "frames without one count as 0");
  if (rc < 0) {
    free(values);
    return rc;
  }
  return add_label(entry, name, values);
}
