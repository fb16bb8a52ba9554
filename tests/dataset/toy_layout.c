/* SPDX-License-Identifier: Apache-2.0 */
/* toy_layout.c: a dataset layout in full, as a new file host/dataset/layout_NAME.c would hold it: pictures in
 * ROOT/NAME/pictures, ground truth in ROOT/truth/NAME.csv. toy_layout_test.cpp opens it without a row in
 * DSLT_LAYOUTS, which is all that a real one needs besides. */
#include <string.h>

#include "base/error.h"
#include "dataset/dataset_internal.h"

extern const dslt_layout toy_layout;

static int add_sequence(dslt_dataset *set, const char *file) {
  char name[DSLT_PATH], truth[DSLT_PATH], pictures[DSLT_PATH];
  dslt_entry *entry = NULL;
  DSLT_TRY(dslt_path_join(name, "", file));
  *strrchr(name, '.') = '\0';
  DSLT_TRY(dslt_set_add(&entry, set, name));
  entry->pairing = DSLT_PAIR_FIRST;
  DSLT_TRY(dslt_path_join(pictures, name, "pictures"));
  DSLT_TRY(dslt_entry_text(&entry->seen.folder, pictures));
  DSLT_TRY(dslt_path_join(truth, "truth", file));
  return dslt_truth_read_rows(set, entry, truth);
}

static int read_toy(dslt_dataset *set) {
  char folder[DSLT_PATH];
  dslt_listing listing = {0};
  int rc = DSLT_OK;
  DSLT_TRY(dslt_set_path(folder, set, "truth", ""));
  if (!dslt_is_folder(folder)) return DSLT_OK; /* no sequence: the caller says so */
  DSLT_TRY(dslt_listing_read(&listing, folder));
  for (int i = 0; rc == DSLT_OK && i < listing.count; i++)
    if (dslt_has_extension(listing.names[i], "csv")) rc = add_sequence(set, listing.names[i]);
  dslt_listing_free(&listing);
  return rc;
}

static const dslt_kind_row toy_kinds[] = {
    {.kind = {.name = "toy",
              .title = "a toy set",
              .layout = &toy_layout,
              .files = "ROOT/NAME/pictures/0001.ppm and ROOT/truth/NAME.csv."}},
};

const dslt_layout toy_layout = {
    .read = read_toy, .kinds = toy_kinds, .kind_count = sizeof toy_kinds / sizeof *toy_kinds};
