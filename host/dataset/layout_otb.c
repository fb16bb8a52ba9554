/* SPDX-License-Identifier: Apache-2.0 */
/* layout_otb.c: OTB and Temple-Color 128: a folder for each video, its frames in img/, its ground truth
 * beside them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "dataset/dataset_internal.h"
#include "dataset/dataset_text.h"

/* The folder of the video: the published one, or one named after the target (Jogging-1), as some copies have
 * it. NULL when there is neither. */
static const char *video_folder(const dslt_dataset *set, const dslt_listing *root, const dslt_fact *fact) {
  const char *const wanted[] = {fact->folder, fact->name};
  for (int i = 0; i < 2; i++) {
    const char *name = dslt_listing_match(root, wanted[i]);
    char path[DSLT_PATH];
    if (name && dslt_set_path(path, set, "", name) == DSLT_OK && dslt_is_folder(path)) return name;
  }
  return NULL;
}

static int use_frames(dslt_dataset *set, dslt_entry *entry, const char *video) {
  char images[DSLT_PATH], path[DSLT_PATH];
  DSLT_TRY(dslt_path_join(images, video, "img"));
  DSLT_TRY(dslt_set_path(path, set, "", images));
  return dslt_entry_text(&entry->seen.folder, dslt_is_folder(path) ? images : video);
}

/* ---- OTB ----------------------------------------------------------------------------------------- */

static int shares_folder(const dslt_fact *fact) {
  int others = 0;
  for (int i = 0; i < dslt_facts_otb100_count; i++)
    others += strcmp(dslt_facts_otb100[i].folder, fact->folder) == 0;
  return others > 1;
}

static int read_otb(dslt_dataset *set, dslt_entry *entry, const char *video) {
  static const char usual[] = "groundtruth_rect.txt";
  const dslt_fact *fact = entry->fact;
  char file[DSLT_PATH], path[DSLT_PATH];
  DSLT_TRY(use_frames(set, entry, video));
  DSLT_TRY(dslt_path_join(file, video, fact->truth));
  DSLT_TRY(dslt_set_path(path, set, "", file));
  if (dslt_is_file(path)) return dslt_truth_read_published(set, entry, file);
  /* A copy that gave each target its own folder has but one file in it. */
  const int own = !shares_folder(fact) || dslt_name_fit(video, strlen(video), fact->name, strlen(fact->name));
  DSLT_TRY(dslt_path_join(file, video, usual));
  DSLT_TRY(dslt_set_path(path, set, "", file));
  if (own && dslt_is_file(path)) return dslt_truth_read_published(set, entry, file);
  entry->seen.state = DSLT_SEQUENCE_NO_TRUTH;
  return dslt_entry_note(entry, "%s: %s/%s is missing.", fact->name, video, fact->truth);
}

static void attach_omitted(dslt_entry *entry) {
  for (int i = 0; i < dslt_facts_otb_omitted_count; i++) {
    const dslt_fact_omitted *omitted = &dslt_facts_otb_omitted[i];
    if (strcmp(omitted->name, entry->seen.name) != 0) continue;
    entry->seen.omitted = omitted->ranges;
    entry->seen.omitted_count = omitted->count;
  }
}

/* ---- Temple-Color 128 ---------------------------------------------------------------------------- */

/* The range that came with the data; it should be the published one. */
static int compare_range(dslt_dataset *set, dslt_entry *entry, const char *video) {
  char name[300], file[DSLT_PATH], path[DSLT_PATH];
  snprintf(name, sizeof name, "%s_frames.txt", entry->fact->name);
  DSLT_TRY(dslt_path_join(file, video, name));
  DSLT_TRY(dslt_set_path(path, set, "", file));
  if (!dslt_is_file(path)) return DSLT_OK;
  dslt_numbers range = {0};
  const int rc = dslt_numbers_read(&range, path, 2, 0);
  if (rc == DSLT_EMEMORY) return rc;
  if (rc < 0) return dslt_entry_note(entry, "%s", dslt_last_error());
  const dslt_fact *fact = entry->fact;
  int noted = DSLT_OK;
  if (range.rows * range.columns != 2)
    noted = dslt_entry_note(entry, "%s: %s should hold two numbers, the first and the last frame.",
                            fact->name, file);
  else if (range.values[0] != fact->first || range.values[1] != fact->last)
    noted = dslt_entry_note(entry,
                            "%s: %s says frames %g to %g, published are %d to %d; the rule: the published "
                            "range is used.",
                            fact->name, file, range.values[0], range.values[1], fact->first, fact->last);
  free(range.values);
  return noted;
}

static int read_tc128(dslt_dataset *set, dslt_entry *entry, const char *video) {
  char name[300], folder[DSLT_PATH], file[DSLT_PATH];
  DSLT_TRY(use_frames(set, entry, video));
  DSLT_TRY(dslt_set_path(folder, set, video, ""));
  dslt_listing listing = {0};
  DSLT_TRY(dslt_listing_read(&listing, folder));
  snprintf(name, sizeof name, "%s_gt.txt", entry->fact->name);
  const char *found = dslt_listing_match(&listing, name); /* some differ from their folder in case */
  int rc = dslt_path_join(file, video, found ? found : name);
  const int there = found != NULL;
  dslt_listing_free(&listing);
  DSLT_TRY(rc);
  if (!there) {
    entry->seen.state = DSLT_SEQUENCE_NO_TRUTH;
    return dslt_entry_note(entry, "%s: %s is missing.", entry->fact->name, file);
  }
  DSLT_TRY(dslt_truth_read_published(set, entry, file));
  return entry->seen.state == DSLT_SEQUENCE_READY ? compare_range(set, entry, video) : DSLT_OK;
}

/* ---- both ---------------------------------------------------------------------------------------- */

static int read_all(dslt_dataset *set, const dslt_listing *root,
                    int (*read)(dslt_dataset *, dslt_entry *, const char *)) {
  const dslt_fact *fact;
  for (int i = 0; (fact = dslt_kind_fact(set->row, i)); i++) {
    dslt_entry *entry = NULL;
    DSLT_TRY(dslt_set_add(&entry, set, fact->name));
    entry->fact = fact;
    entry->seen.attributes = fact->attributes;
    entry->seen.attributes_toolkit = fact->attributes_toolkit;
    if (set->row->kind.layout == &dslt_layout_otb) attach_omitted(entry);
    const char *video = video_folder(set, root, fact);
    if (video)
      DSLT_TRY(read(set, entry, video));
    else
      DSLT_TRY(dslt_annotation_alone(set, entry, root, dslt_truth_read_published));
  }
  return DSLT_OK;
}

static int read_root(dslt_dataset *set, int (*read)(dslt_dataset *, dslt_entry *, const char *)) {
  dslt_listing root = {0};
  DSLT_TRY(dslt_listing_read(&root, set->root));
  const int rc = read_all(set, &root, read);
  dslt_listing_free(&root);
  return rc < 0 ? rc : DSLT_OK;
}

static int read_otb_root(dslt_dataset *set) { return read_root(set, read_otb); }
static int read_tc128_root(dslt_dataset *set) { return read_root(set, read_tc128); }

/* ---- the sets ------------------------------------------------------------------------------------ */

#define OTB_FILES                                                                                           \
  "ROOT/NAME/img/0001.jpg and ROOT/NAME/groundtruth_rect.txt (groundtruth_rect.1.txt and .2.txt where one " \
  "video has two targets)."
static const dslt_kind_row otb_kinds[] = {
    {.kind = {.name = "otb2013",
              .title = "OTB-2013",
              .layout = &dslt_layout_otb,
              .sequences = 51,
              .frames = 29491,
              .attributes = dslt_facts_otb_attributes,
              .attribute_count = 11,
              .files = OTB_FILES},
     .facts = dslt_facts_otb100,
     .fact_count = &dslt_facts_otb100_count,
     .member = DSLT_MEMBER_OTB2013},
    {.kind = {.name = "otb50",
              .title = "OTB-50",
              .layout = &dslt_layout_otb,
              .sequences = 50,
              .frames = 26972,
              .attributes = dslt_facts_otb_attributes,
              .attribute_count = 11,
              .files = OTB_FILES},
     .facts = dslt_facts_otb100,
     .fact_count = &dslt_facts_otb100_count,
     .member = DSLT_MEMBER_OTB50},
    {.kind = {.name = "otb100",
              .title = "OTB-100",
              .layout = &dslt_layout_otb,
              .sequences = 100,
              .frames = 59040,
              .attributes = dslt_facts_otb_attributes,
              .attribute_count = 11,
              .files = OTB_FILES},
     .facts = dslt_facts_otb100,
     .fact_count = &dslt_facts_otb100_count},
};

const dslt_layout dslt_layout_otb = {
    .read = read_otb_root, .kinds = otb_kinds, .kind_count = sizeof otb_kinds / sizeof *otb_kinds};

static const dslt_kind_row tc128_kinds[] = {
    {.kind =
         {.name = "tc128",
          .title = "Temple-Color 128",
          .layout = &dslt_layout_tc128,
          .sequences = 129,
          .frames = 55346,
          .files =
              "ROOT/NAME/img/0001.jpg, ROOT/NAME/NAME_gt.txt and ROOT/NAME/NAME_frames.txt (first,last)."},
     .facts = dslt_facts_tc128,
     .fact_count = &dslt_facts_tc128_count},
};

const dslt_layout dslt_layout_tc128 = {
    .read = read_tc128_root, .kinds = tc128_kinds, .kind_count = sizeof tc128_kinds / sizeof *tc128_kinds};
