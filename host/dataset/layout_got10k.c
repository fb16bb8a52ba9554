/* SPDX-License-Identifier: Apache-2.0 */
/* layout_got10k.c: GOT-10k: a folder for each split, with list.txt and a folder for each sequence. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "dataset/dataset_internal.h"
#include "dataset/dataset_text.h"

static int read_resolution(dslt_dataset *set, dslt_entry *entry, const char *video) {
  char file[DSLT_PATH], value[64];
  DSLT_TRY(dslt_set_path(file, set, video, "meta_info.ini"));
  if (!dslt_is_file(file)) return DSLT_OK;
  char *text = NULL;
  size_t size = 0;
  const int rc = dslt_text_read(&text, &size, file);
  if (rc == DSLT_EMEMORY) return rc;
  if (rc < 0) return dslt_entry_note(entry, "%s", dslt_last_error());
  int width = 0, height = 0;
  if (dslt_setting(value, sizeof value, text, "resolution") &&
      sscanf(value, " ( %d , %d )", &width, &height) == 2 && width > 0 && height > 0) {
    entry->seen.width = width;
    entry->seen.height = height;
  }
  free(text);
  return DSLT_OK;
}

static int read_labels(dslt_dataset *set, dslt_entry *entry, const char *video) {
  static const char *const names[] = {"absence", "cover", "cut_by_image"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char name[32], file[DSLT_PATH], path[DSLT_PATH];
    snprintf(name, sizeof name, "%s.label", names[i]);
    DSLT_TRY(dslt_path_join(file, video, name));
    DSLT_TRY(dslt_set_path(path, set, "", file));
    if (dslt_is_file(path)) DSLT_TRY(dslt_truth_read_label(set, entry, file, names[i]));
  }
  return DSLT_OK;
}

static int add_video(dslt_dataset *set, const dslt_listing *listing, const char *base, const char *name) {
  dslt_entry *entry = NULL;
  DSLT_TRY(dslt_set_add(&entry, set, name));
  entry->pairing = DSLT_PAIR_ONE;
  char video[DSLT_PATH], file[DSLT_PATH], path[DSLT_PATH];
  DSLT_TRY(dslt_path_join(video, base, name));
  DSLT_TRY(dslt_set_path(path, set, video, ""));
  if (!dslt_is_folder(path)) {
    const int alone = base[0] ? 0 : dslt_annotation_alone(set, entry, listing, dslt_truth_read_rows);
    return alone < 0 ? alone : DSLT_OK;
  }
  DSLT_TRY(dslt_entry_text(&entry->seen.folder, video));
  DSLT_TRY(dslt_path_join(file, video, "groundtruth.txt"));
  DSLT_TRY(dslt_set_path(path, set, "", file));
  if (!dslt_is_file(path)) {
    entry->seen.state = DSLT_SEQUENCE_NO_TRUTH;
    return dslt_entry_note(entry, "%s: %s is missing.", name, file);
  }
  DSLT_TRY(dslt_truth_read_rows(set, entry, file));
  if (entry->seen.state != DSLT_SEQUENCE_READY) return DSLT_OK;
  DSLT_TRY(dslt_truth_extend(set, entry)); /* the test split keeps all rows but the first to itself */
  DSLT_TRY(read_resolution(set, entry, video));
  return read_labels(set, entry, video);
}

static int read_split(dslt_dataset *set, const dslt_listing *listing, const char *base) {
  char path[DSLT_PATH];
  DSLT_TRY(dslt_set_path(path, set, base, "list.txt"));
  if (dslt_is_file(path)) {
    dslt_names names = {0};
    DSLT_TRY(dslt_names_read(&names, path));
    int rc = DSLT_OK;
    for (int i = 0; rc == DSLT_OK && i < names.count; i++) rc = add_video(set, listing, base, names.names[i]);
    dslt_names_free(&names);
    return rc;
  }
  for (int i = 0; i < listing->count; i++) {
    char video[DSLT_PATH];
    DSLT_TRY(dslt_path_join(video, base, listing->names[i]));
    DSLT_TRY(dslt_set_path(path, set, video, "groundtruth.txt"));
    if (dslt_is_file(path)) DSLT_TRY(add_video(set, listing, base, listing->names[i]));
  }
  if (set->total)
    return dslt_set_note(set, "There is no list.txt: every folder with a groundtruth.txt counts.");
  return base[0] ? DSLT_OK : dslt_annotations_all(set, listing, DSLT_PAIR_ONE, dslt_truth_read_rows);
}

/* The folder of the split below the root: "val", or "" when the root is the split itself. */
static int choose_split(char base[8], dslt_dataset *set) {
  char path[DSLT_PATH];
  const int any = !set->row->part[0];
  DSLT_TRY(dslt_set_path(path, set, "", "list.txt"));
  if (any && dslt_is_file(path)) return DSLT_OK;
  snprintf(base, 8, "%s", any ? "val" : set->row->part);
  DSLT_TRY(dslt_set_path(path, set, base, ""));
  if (!dslt_is_folder(path)) base[0] = '\0';
  return any && base[0] ? dslt_set_note(set, "The root holds several splits: val is used.") : DSLT_OK;
}

static int read_got10k_root(dslt_dataset *set) {
  char base[8] = "", path[DSLT_PATH];
  DSLT_TRY(choose_split(base, set));
  DSLT_TRY(dslt_set_path(path, set, base, ""));
  dslt_listing listing = {0};
  DSLT_TRY(dslt_listing_read(&listing, path));
  const int rc = read_split(set, &listing, base);
  dslt_listing_free(&listing);
  return rc;
}

/* ---- the sets ------------------------------------------------------------------------------------ */

#define GOT_FILES                                                                                       \
  "ROOT/list.txt, ROOT/NAME/00000001.jpg, groundtruth.txt, absence.label, cover.label, meta_info.ini; " \
  "ROOT may also be the folder above the splits."

static const dslt_kind_row got10k_kinds[] = {
    {.kind = {.name = "got10k",
              .title = "GOT-10k, the split that ROOT holds",
              .layout = &dslt_layout_got10k,
              .files = GOT_FILES " Then its split val is taken."},
     .part = ""},
    {.kind = {.name = "got10k-train",
              .title = "GOT-10k, split train",
              .layout = &dslt_layout_got10k,
              .files = GOT_FILES},
     .part = "train"},
    {.kind = {.name = "got10k-val",
              .title = "GOT-10k, split val",
              .layout = &dslt_layout_got10k,
              .files = GOT_FILES},
     .part = "val"},
    {.kind = {.name = "got10k-test",
              .title = "GOT-10k, split test (ground truth of the first frame only)",
              .layout = &dslt_layout_got10k,
              .files = GOT_FILES},
     .part = "test"},
};

const dslt_layout dslt_layout_got10k = {.read = read_got10k_root,
                                        .kinds = got10k_kinds,
                                        .kind_count = sizeof got10k_kinds / sizeof *got10k_kinds,
                                        .results = DSLT_RESULTS_GOT10K};
