/* SPDX-License-Identifier: Apache-2.0 */
/* layout_folder.c: any set laid out like OTB: the root's folders are the sequences. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/error.h"
#include "dataset/dataset_internal.h"

/* "groundtruth_rect.txt" gives the target ""; "groundtruth_rect.2.txt" gives "2". 0 for other names. */
static int target_of(char target[32], const char *file) {
  static const char stem[] = "groundtruth_rect.";
  const size_t length = strlen(file), head = sizeof stem - 1;
  if (length < head + 3 || strncasecmp(file, stem, head) != 0 || strcasecmp(file + length - 3, "txt") != 0)
    return 0;
  if (length == head + 3) {
    target[0] = '\0';
    return 1;
  }
  const size_t size = length - head - 4; /* without ".txt" */
  if (file[length - 4] != '.' || size == 0 || size >= 32) return 0;
  memcpy(target, file + head, size);
  target[size] = '\0';
  return 1;
}

static int is_empty(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && status.st_size == 0;
}

static int add_target(dslt_dataset *set, const char *video, const char *file, const char *target) {
  char name[DSLT_PATH], images[DSLT_PATH], path[DSLT_PATH], truth[DSLT_PATH];
  DSLT_TRY(dslt_path_join(truth, video, file));
  DSLT_TRY(dslt_set_path(path, set, "", truth));
  /* OTB itself ships an empty file for a target of Human4 that is not used. */
  if (target[0] && is_empty(path)) return dslt_set_note(set, "%s is empty: that target is left out.", truth);
  snprintf(name, sizeof name, "%s%s%s", video, target[0] ? "-" : "", target);
  dslt_entry *entry = NULL;
  DSLT_TRY(dslt_set_add(&entry, set, name));
  entry->pairing = DSLT_PAIR_FIRST;
  DSLT_TRY(dslt_path_join(images, video, "img"));
  DSLT_TRY(dslt_set_path(path, set, "", images));
  DSLT_TRY(dslt_entry_text(&entry->seen.folder, dslt_is_folder(path) ? images : video));
  DSLT_TRY(dslt_truth_read_rows(set, entry, truth));
  return dslt_truth_extend(set, entry);
}

static int add_video(dslt_dataset *set, const char *video) {
  char folder[DSLT_PATH], images[DSLT_PATH], target[32];
  DSLT_TRY(dslt_set_path(folder, set, video, ""));
  if (!dslt_is_folder(folder)) return DSLT_OK;
  dslt_listing listing = {0};
  DSLT_TRY(dslt_listing_read(&listing, folder));
  int rc = DSLT_OK, targets = 0;
  for (int i = 0; rc == DSLT_OK && i < listing.count; i++) {
    if (!target_of(target, listing.names[i])) continue;
    rc = add_target(set, video, listing.names[i], target);
    targets++;
  }
  dslt_listing_free(&listing);
  if (rc < 0 || targets) return rc;
  /* A folder of frames that nobody annotated is a sequence that cannot be used, not one to pass over. */
  DSLT_TRY(dslt_path_join(images, folder, "img"));
  if (!dslt_is_folder(images)) return DSLT_OK;
  dslt_entry *entry = NULL;
  DSLT_TRY(dslt_set_add(&entry, set, video));
  entry->seen.state = DSLT_SEQUENCE_NO_TRUTH;
  DSLT_TRY(dslt_path_join(images, video, "img"));
  DSLT_TRY(dslt_entry_text(&entry->seen.folder, images));
  return dslt_entry_note(entry, "%s: %s/groundtruth_rect.txt is missing.", video, video);
}

static int read_folder_root(dslt_dataset *set) {
  dslt_listing root = {0};
  DSLT_TRY(dslt_listing_read(&root, set->root));
  int rc = DSLT_OK;
  for (int i = 0; rc == DSLT_OK && i < root.count; i++) rc = add_video(set, root.names[i]);
  if (rc == DSLT_OK && !set->total)
    rc = dslt_annotations_all(set, &root, DSLT_PAIR_FIRST, dslt_truth_read_rows);
  dslt_listing_free(&root);
  return rc;
}

/* ---- the sets ------------------------------------------------------------------------------------ */

static const dslt_kind_row folder_kinds[] = {
    {.kind =
         {.name = "folder",
          .title = "any OTB-like set",
          .layout = &dslt_layout_folder,
          .files =
              "ROOT/NAME/img/0001.jpg and ROOT/NAME/groundtruth_rect.txt (x,y,w,h a line, 1-based) for any NAME; "
              "groundtruth_rect.1.txt and .2.txt make the sequences NAME-1 and NAME-2."}},
};

const dslt_layout dslt_layout_folder = {.read = read_folder_root,
                                        .kinds = folder_kinds,
                                        .kind_count = sizeof folder_kinds / sizeof *folder_kinds};
