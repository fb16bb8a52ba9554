/* SPDX-License-Identifier: Apache-2.0 */
/* layout_lasot.c: LaSOT: a folder for each class, in it one for each sequence. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "dataset/dataset_internal.h"
#include "dataset/dataset_text.h"

static int read_labels(dslt_dataset *set, dslt_entry *entry, const char *video) {
  static const char *const names[] = {"full_occlusion", "out_of_view"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char name[32], file[DSLT_PATH], path[DSLT_PATH];
    snprintf(name, sizeof name, "%s.txt", names[i]);
    DSLT_TRY(dslt_path_join(file, video, name));
    DSLT_TRY(dslt_set_path(path, set, "", file));
    if (dslt_is_file(path)) DSLT_TRY(dslt_truth_read_label(set, entry, file, names[i]));
  }
  return DSLT_OK;
}

/* `video` is relative to the root; `entry` is new. */
static int read_video(dslt_dataset *set, dslt_entry *entry, const char *video) {
  char images[DSLT_PATH], file[DSLT_PATH], path[DSLT_PATH];
  entry->pairing = DSLT_PAIR_ONE;
  DSLT_TRY(dslt_path_join(images, video, "img"));
  DSLT_TRY(dslt_set_path(path, set, "", images));
  if (dslt_is_folder(path)) DSLT_TRY(dslt_entry_text(&entry->seen.folder, images));
  DSLT_TRY(dslt_path_join(file, video, "groundtruth.txt"));
  DSLT_TRY(dslt_set_path(path, set, "", file));
  if (!dslt_is_file(path)) {
    entry->seen.state = DSLT_SEQUENCE_NO_TRUTH;
    return dslt_entry_note(entry, "%s: %s is missing.", entry->seen.name, file);
  }
  DSLT_TRY(dslt_truth_read_rows(set, entry, file));
  DSLT_TRY(dslt_truth_extend(set, entry));
  return entry->seen.state == DSLT_SEQUENCE_READY ? read_labels(set, entry, video) : DSLT_OK;
}

/* ---- with a list --------------------------------------------------------------------------------- */

static int add_listed(dslt_dataset *set, const dslt_listing *root, const char *name) {
  dslt_entry *entry = NULL;
  DSLT_TRY(dslt_set_add(&entry, set, name));
  entry->pairing = DSLT_PAIR_ONE;
  char class_name[DSLT_PATH], video[DSLT_PATH], path[DSLT_PATH];
  DSLT_TRY(dslt_path_join(class_name, "", name));
  char *dash = strrchr(class_name, '-'); /* airplane-1 lies in airplane */
  if (dash) *dash = '\0';
  const char *const places[] = {class_name, ""};
  for (int i = 0; i < 2; i++) {
    DSLT_TRY(dslt_path_join(video, places[i], name));
    DSLT_TRY(dslt_set_path(path, set, video, ""));
    if (dslt_is_folder(path)) return read_video(set, entry, video);
  }
  const int alone = dslt_annotation_alone(set, entry, root, dslt_truth_read_rows);
  return alone < 0 ? alone : DSLT_OK;
}

static int read_list(dslt_dataset *set, const dslt_listing *root, const char *path) {
  dslt_names names = {0};
  DSLT_TRY(dslt_names_read(&names, path));
  int rc = DSLT_OK;
  for (int i = 0; rc == DSLT_OK && i < names.count; i++) rc = add_listed(set, root, names.names[i]);
  dslt_names_free(&names);
  return rc < 0 ? rc : dslt_set_note(set, "Only the sequences of testing_set.txt are used.");
}

/* ---- without one --------------------------------------------------------------------------------- */

static int is_video(const dslt_dataset *set, const char *video) {
  char path[DSLT_PATH];
  return dslt_set_path(path, set, video, "groundtruth.txt") == DSLT_OK && dslt_is_file(path);
}

static int add_video(dslt_dataset *set, const char *name, const char *video) {
  dslt_entry *entry = NULL;
  DSLT_TRY(dslt_set_add(&entry, set, name));
  return read_video(set, entry, video);
}

static int add_class(dslt_dataset *set, const char *class_name) {
  char path[DSLT_PATH];
  DSLT_TRY(dslt_set_path(path, set, class_name, ""));
  if (!dslt_is_folder(path)) return DSLT_OK;
  dslt_listing listing = {0};
  DSLT_TRY(dslt_listing_read(&listing, path));
  const size_t length = strlen(class_name);
  int rc = DSLT_OK;
  for (int i = 0; rc == DSLT_OK && i < listing.count; i++) {
    const char *name = listing.names[i];
    char video[DSLT_PATH];
    if (strncmp(name, class_name, length) != 0 || name[length] != '-') continue;
    rc = dslt_path_join(video, class_name, name);
    if (rc == DSLT_OK && is_video(set, video)) rc = add_video(set, name, video);
  }
  dslt_listing_free(&listing);
  return rc;
}

static int read_folders(dslt_dataset *set, const dslt_listing *root) {
  for (int i = 0; i < root->count; i++) {
    const char *name = root->names[i];
    char images[DSLT_PATH];
    DSLT_TRY(dslt_set_path(images, set, name, "img"));
    if (is_video(set, name) && dslt_is_folder(images)) /* one class alone: its sequences lie in the root */
      DSLT_TRY(add_video(set, name, name));
    else
      DSLT_TRY(add_class(set, name));
  }
  if (set->total)
    return dslt_set_note(set, "There is no testing_set.txt: every sequence in the root is used.");
  return dslt_annotations_all(set, root, DSLT_PAIR_ONE, dslt_truth_read_rows);
}

static int read_lasot_root(dslt_dataset *set) {
  char path[DSLT_PATH];
  DSLT_TRY(dslt_set_path(path, set, "", "testing_set.txt"));
  dslt_listing root = {0};
  DSLT_TRY(dslt_listing_read(&root, set->root));
  const int rc = dslt_is_file(path) ? read_list(set, &root, path) : read_folders(set, &root);
  dslt_listing_free(&root);
  return rc;
}

/* ---- the sets ------------------------------------------------------------------------------------ */

static const dslt_kind_row lasot_kinds[] = {
    {.kind =
         {.name = "lasot",
          .title = "LaSOT",
          .layout = &dslt_layout_lasot,
          .files =
              "ROOT/CLASS/CLASS-1/img/00000001.jpg, groundtruth.txt, full_occlusion.txt and out_of_view.txt; where "
              "ROOT/testing_set.txt lies there, only the sequences that it names."}},
};

const dslt_layout dslt_layout_lasot = {
    .read = read_lasot_root, .kinds = lasot_kinds, .kind_count = sizeof lasot_kinds / sizeof *lasot_kinds};
