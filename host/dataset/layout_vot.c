/* SPDX-License-Identifier: Apache-2.0 */
/* layout_vot.c: VOT: list.txt, a folder for each sequence with its frames (in color/ since 2018), polygons
 * and tags. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "dataset/dataset_internal.h"
#include "dataset/dataset_text.h"

/* The file `sequence` of newer sets tells where the frames are and how large. */
static int read_description(dslt_dataset *set, dslt_entry *entry, const char *video) {
  char file[DSLT_PATH], value[DSLT_PATH], place[DSLT_PATH], path[DSLT_PATH];
  DSLT_TRY(dslt_set_path(file, set, video, "sequence"));
  place[0] = '\0';
  if (dslt_is_file(file)) {
    char *text = NULL;
    size_t size = 0;
    const int rc = dslt_text_read(&text, &size, file);
    if (rc == DSLT_EMEMORY) return rc;
    if (rc < 0) return dslt_entry_note(entry, "%s", dslt_last_error());
    if (dslt_setting(value, sizeof value, text, "width")) entry->seen.width = atoi(value);
    if (dslt_setting(value, sizeof value, text, "height")) entry->seen.height = atoi(value);
    if (dslt_setting(value, sizeof value, text, "channels.color") && strrchr(value, '/')) {
      *strrchr(value, '/') = '\0';
      memcpy(place, value, strlen(value) + 1);
    }
    free(text);
  }
  if (!place[0] || strstr(place, "..") || place[0] == '/') memcpy(place, "color", sizeof "color");
  DSLT_TRY(dslt_path_join(value, video, place));
  DSLT_TRY(dslt_set_path(path, set, "", value));
  return dslt_entry_text(&entry->seen.folder, dslt_is_folder(path) ? value : video);
}

static int read_tags(dslt_dataset *set, dslt_entry *entry, const char *video) {
  char path[DSLT_PATH];
  DSLT_TRY(dslt_set_path(path, set, video, ""));
  dslt_listing listing = {0};
  DSLT_TRY(dslt_listing_read(&listing, path));
  int rc = DSLT_OK;
  for (int i = 0; rc >= 0 && i < listing.count; i++) {
    const char *name = listing.names[i];
    if (!dslt_has_extension(name, "tag") && !dslt_has_extension(name, "label")) continue;
    char file[DSLT_PATH], tag[DSLT_PATH];
    rc = dslt_path_join(file, video, name);
    if (rc == DSLT_OK) rc = dslt_path_join(tag, "", name);
    if (rc < 0) break;
    *strrchr(tag, '.') = '\0';
    rc = dslt_truth_read_label(set, entry, file, tag);
  }
  dslt_listing_free(&listing);
  return rc;
}

static int read_video(dslt_dataset *set, dslt_entry *entry, const char *video) {
  char file[DSLT_PATH], path[DSLT_PATH];
  entry->pairing = DSLT_PAIR_ONE;
  DSLT_TRY(read_description(set, entry, video));
  DSLT_TRY(dslt_path_join(file, video, "groundtruth.txt"));
  DSLT_TRY(dslt_set_path(path, set, "", file));
  if (!dslt_is_file(path)) {
    entry->seen.state = DSLT_SEQUENCE_NO_TRUTH;
    return dslt_entry_note(entry, "%s: %s is missing.", entry->seen.name, file);
  }
  DSLT_TRY(dslt_truth_read_polygons(set, entry, file));
  DSLT_TRY(dslt_truth_extend(set, entry));
  return entry->seen.state == DSLT_SEQUENCE_READY ? read_tags(set, entry, video) : DSLT_OK;
}

static int add_named(dslt_dataset *set, const dslt_listing *listing, const char *base, const char *name,
                     const dslt_fact *fact) {
  dslt_entry *entry = NULL;
  DSLT_TRY(dslt_set_add(&entry, set, name));
  entry->fact = fact;
  entry->pairing = DSLT_PAIR_ONE;
  const char *found = dslt_listing_match(listing, name);
  char video[DSLT_PATH], path[DSLT_PATH];
  DSLT_TRY(dslt_path_join(video, base, found ? found : name));
  DSLT_TRY(dslt_set_path(path, set, video, ""));
  if (found && dslt_is_folder(path)) return read_video(set, entry, video);
  const int alone = base[0] ? 0 : dslt_annotation_alone(set, entry, listing, dslt_truth_read_polygons);
  return alone < 0 ? alone : DSLT_OK;
}

/* No list: every folder with ground truth; without any, lone annotations. */
static int add_whatever(dslt_dataset *set, const dslt_listing *listing, const char *base) {
  for (int i = 0; i < listing->count; i++) {
    char video[DSLT_PATH], path[DSLT_PATH];
    DSLT_TRY(dslt_path_join(video, base, listing->names[i]));
    DSLT_TRY(dslt_set_path(path, set, video, "groundtruth.txt"));
    if (dslt_is_file(path)) DSLT_TRY(add_named(set, listing, base, listing->names[i], NULL));
  }
  return set->total || base[0] ? DSLT_OK
                               : dslt_annotations_all(set, listing, DSLT_PAIR_ONE, dslt_truth_read_polygons);
}

static int add_listed(dslt_dataset *set, const dslt_listing *listing, const char *base, const char *list) {
  dslt_names names = {0};
  DSLT_TRY(dslt_names_read(&names, list));
  int rc = DSLT_OK;
  for (int i = 0; rc == DSLT_OK && i < names.count; i++)
    rc = add_named(set, listing, base, names.names[i], NULL);
  dslt_names_free(&names);
  return rc;
}

static int read_all(dslt_dataset *set, const dslt_listing *listing, const char *base) {
  const dslt_fact *fact;
  for (int i = 0; (fact = dslt_kind_fact(set->row, i)); i++)
    DSLT_TRY(add_named(set, listing, base, fact->name, fact));
  if (set->row->facts) return DSLT_OK;
  char list[DSLT_PATH];
  DSLT_TRY(dslt_set_path(list, set, base, "list.txt"));
  return dslt_is_file(list) ? add_listed(set, listing, base, list) : add_whatever(set, listing, base);
}

static int read_vot_root(dslt_dataset *set) {
  char base[] = "sequences", path[DSLT_PATH]; /* a workspace of VOT's toolkit keeps them one deeper */
  DSLT_TRY(dslt_set_path(path, set, base, "list.txt"));
  if (!dslt_is_file(path)) base[0] = '\0';
  DSLT_TRY(dslt_set_path(path, set, base, ""));
  dslt_listing listing = {0};
  DSLT_TRY(dslt_listing_read(&listing, path));
  const int rc = read_all(set, &listing, base);
  dslt_listing_free(&listing);
  return rc;
}

/* ---- the sets ------------------------------------------------------------------------------------ */

static const dslt_kind_row vot_kinds[] = {
    {.kind =
         {.name = "vot2016",
          .title = "VOT-2016",
          .layout = &dslt_layout_vot,
          .sequences = 60,
          .files =
              "ROOT/NAME/00000001.jpg (or color/00000001.jpg), ROOT/NAME/groundtruth.txt with four corners a line, "
              "and tags as ROOT/NAME/occlusion.tag ..."},
     .facts = dslt_facts_vot2016,
     .fact_count = &dslt_facts_vot2016_count},
    {.kind = {.name = "vot",
              .title = "any VOT set",
              .layout = &dslt_layout_vot,
              .files =
                  "As vot2016; the sequences are those of ROOT/list.txt or, without one, every folder with a "
                  "groundtruth.txt."}},
};

const dslt_layout dslt_layout_vot = {.read = read_vot_root,
                                     .kinds = vot_kinds,
                                     .kind_count = sizeof vot_kinds / sizeof *vot_kinds,
                                     .results = DSLT_RESULTS_VOT,
                                     .nan_usual = 1,
                                     .labels_padded = 1};
