/* SPDX-License-Identifier: Apache-2.0 */
/* UAV123, UAV20L and UAV123@10fps: videos under data_seq/, of which sequences are pieces, and ground truth
 * under anno/. */
#include <stdio.h>

#include "base/error.h"
#include "dataset/dataset_internal.h"

/* Frames of the video, when they are there. */
static int use_frames(dslt_dataset *set, dslt_entry *entry) {
  const char *const places[] = {set->row->frames, set->row->part};
  for (int i = 0; i < 2; i++) {
    char place[DSLT_PATH], video[DSLT_PATH], path[DSLT_PATH];
    DSLT_TRY(dslt_path_join(place, "data_seq", places[i]));
    DSLT_TRY(dslt_path_join(video, place, entry->fact->folder));
    DSLT_TRY(dslt_set_path(path, set, "", video));
    if (dslt_is_folder(path)) return dslt_entry_text(&entry->seen.folder, video);
  }
  return DSLT_OK;
}

static int read_one(dslt_dataset *set, dslt_entry *entry, const dslt_listing *root) {
  char place[DSLT_PATH], file[DSLT_PATH], path[DSLT_PATH], name[300];
  DSLT_TRY(use_frames(set, entry));
  DSLT_TRY(dslt_path_join(place, "anno", set->row->part));
  snprintf(name, sizeof name, "%s.txt", entry->fact->name);
  DSLT_TRY(dslt_path_join(file, place, name));
  DSLT_TRY(dslt_set_path(path, set, "", file));
  if (dslt_is_file(path)) return dslt_truth_read_published(set, entry, file);
  const int alone = dslt_annotation_alone(set, entry, root, dslt_truth_read_published);
  if (alone != 0 || !entry->seen.folder[0]) return alone;
  entry->seen.state = DSLT_SEQUENCE_NO_TRUTH;
  return dslt_entry_note(entry, "%s: %s is missing.", entry->fact->name, file);
}

int dslt_layout_uav(dslt_dataset *set) {
  dslt_listing root = {0};
  DSLT_TRY(dslt_listing_read(&root, set->root));
  int rc = DSLT_OK;
  const dslt_fact *fact;
  for (int i = 0; rc >= 0 && (fact = dslt_kind_fact(set->row, i)); i++) {
    dslt_entry *entry = NULL;
    rc = dslt_set_add(&entry, set, fact->name);
    if (rc < 0) break;
    entry->fact = fact;
    entry->seen.attributes = fact->attributes;
    entry->seen.attributes_toolkit = fact->attributes_toolkit;
    rc = read_one(set, entry, &root);
  }
  dslt_listing_free(&root);
  return rc < 0 ? rc : DSLT_OK;
}
