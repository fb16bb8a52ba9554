/* SPDX-License-Identifier: Apache-2.0 */
/* layout_uav.c: UAV123, UAV20L and UAV123@10fps: videos under data_seq/, of which sequences are pieces, and
 * ground truth under anno/. */
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

static int read_uav_root(dslt_dataset *set) {
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

/* ---- the sets ------------------------------------------------------------------------------------ */

#define UAV_FILES(set, frames)                                    \
  "ROOT/data_seq/" frames "/FOLDER/000001.jpg and ROOT/anno/" set \
  "/NAME.txt; sequences that share "                              \
  "a video name the same FOLDER."
static const dslt_kind_row uav_kinds[] = {
    {.kind = {.name = "uav123",
              .title = "UAV123",
              .layout = &dslt_layout_uav,
              .sequences = 123,
              .frames = 112578,
              .attributes = dslt_facts_uav_attributes,
              .attribute_count = 12,
              .files = UAV_FILES("UAV123", "UAV123")},
     .facts = dslt_facts_uav123,
     .fact_count = &dslt_facts_uav123_count,
     .part = "UAV123",
     .frames = "UAV123"},
    {.kind = {.name = "uav20l",
              .title = "UAV20L",
              .layout = &dslt_layout_uav,
              .sequences = 20,
              .frames = 58670,
              .files = UAV_FILES("UAV20L", "UAV123")},
     .facts = dslt_facts_uav20l,
     .fact_count = &dslt_facts_uav20l_count,
     .part = "UAV20L",
     .frames = "UAV123"},
    {.kind = {.name = "uav123_10fps",
              .title = "UAV123@10fps",
              .layout = &dslt_layout_uav,
              .sequences = 123,
              .frames = 37607,
              .attributes = dslt_facts_uav_attributes,
              .attribute_count = 12,
              .files = UAV_FILES("UAV123_10fps", "UAV123_10fps")},
     .facts = dslt_facts_uav123_10fps,
     .fact_count = &dslt_facts_uav123_10fps_count,
     .part = "UAV123_10fps",
     .frames = "UAV123_10fps"},
};

const dslt_layout dslt_layout_uav = {.read = read_uav_root,
                                     .kinds = uav_kinds,
                                     .kind_count = sizeof uav_kinds / sizeof *uav_kinds,
                                     .result_prefix = "uav_", /* pytracking's results */
                                     .nan_absent = 1,
                                     .nan_usual = 1,
                                     .pieces = 1};
