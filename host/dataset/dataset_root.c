/* SPDX-License-Identifier: Apache-2.0 */
/* dataset_root.c: which folder was meant, when the given one holds no sequence; and which kind of set a
 * folder holds. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "dataset/dataset_internal.h"

enum { MAX_CHILDREN = 200 }; /* looked at below a wrong root; more would take long on a home folder */

/* How many sequences of the kind `root` has something of; 0 when it cannot be read. `nearby`: nobody named
 * this folder, so text files that happen to hold numbers are not taken for annotations of a set without a
 * list. */
static int present_in(const dslt_kind_row *row, const char *root, int nearby) {
  dslt_dataset *set = NULL;
  if (!dslt_is_folder(root) || dslt_dataset_open_plainly(&set, row, root) < 0) return 0;
  int present = 0;
  for (int i = 0; i < set->count; i++) {
    const dslt_sequence *seen = &set->entries[i]->seen;
    /* Of a published name, a folder of that name is enough; elsewhere only ground truth makes a sequence. */
    if (row->facts)
      present += seen->state != DSLT_SEQUENCE_ABSENT;
    else
      present += seen->state == DSLT_SEQUENCE_READY && (seen->folder[0] || !nearby);
  }
  dslt_dataset_free(set);
  return present;
}

/* The folder above; 0 when `path` is the topmost or does not tell. */
static int parent_of(char out[DSLT_PATH], const char *path) {
  if (strcmp(path, ".") == 0) return dslt_path_join(out, "..", "") == DSLT_OK;
  if (strcmp(path, "..") == 0 || (strlen(path) > 2 && strcmp(path + strlen(path) - 3, "/..") == 0))
    return dslt_path_join(out, path, "..") == DSLT_OK;
  if (dslt_path_join(out, path, "") != DSLT_OK) return 0;
  char *slash = strrchr(out, '/');
  if (!slash) return dslt_path_join(out, ".", "") == DSLT_OK;
  if (slash == out) slash++; /* the root folder itself */
  if (!*slash) return 0;
  *slash = '\0';
  return 1;
}

typedef struct best {
  char path[DSLT_PATH];
  int present;
} best;

static void consider(best *found, const dslt_kind_row *row, const char *path) {
  const int present = present_in(row, path, 1);
  if (present <= found->present) return;
  found->present = present;
  memcpy(found->path, path, strlen(path) + 1);
}

/* Look above, twice, and below, once. */
static void search(best *found, const dslt_kind_row *row, const char *root) {
  char path[DSLT_PATH], above[DSLT_PATH];
  dslt_listing listing = {0};
  if (dslt_listing_read(&listing, root) == DSLT_OK) {
    for (int i = 0; i < listing.count && i < MAX_CHILDREN; i++)
      if (dslt_path_join(path, root, listing.names[i]) == DSLT_OK) consider(found, row, path);
    dslt_listing_free(&listing);
  }
  if (!parent_of(path, root)) return;
  consider(found, row, path);
  if (parent_of(above, path)) consider(found, row, above);
}

static int guess(const dslt_kind_row **out, const char *root) {
  const dslt_kind_row *listed = NULL, *free_form = NULL, *partly = NULL;
  int most_listed = 0, most_free = 0, most_partly = 0;
  const dslt_dataset_kind *kind;
  for (int i = 0; (kind = dslt_dataset_kind_at(i)); i++) {
    const dslt_kind_row *row = dslt_kind_row_of(kind);
    if (row->part && row->part[0] && !row->facts) continue; /* a split: "got10k" stands for it */
    const int present = present_in(row, root, 0);
    if (kind->sequences && 2 * present >= kind->sequences && present > most_listed)
      listed = row, most_listed = present;
    if (!kind->sequences && present > most_free) free_form = row, most_free = present;
    if (present > most_partly) partly = row, most_partly = present;
  }
  *out = listed ? listed : free_form ? free_form : partly;
  return listed ? most_listed : free_form ? most_free : most_partly;
}

int dslt_dataset_guess(const dslt_dataset_kind **out, int *sequences, const char *root) {
  if (!out || !root || !root[0]) return dslt_fail(DSLT_EARGUMENT, "The folder of the dataset is missing.");
  if (!dslt_is_folder(root))
    return dslt_fail(DSLT_EIO, "%s is %s: give the folder that holds the dataset.", root,
                     dslt_is_file(root) ? "a file" : "not there");
  const dslt_kind_row *row = NULL;
  const int present = guess(&row, root);
  if (row) {
    *out = &row->kind;
    if (sequences) *sequences = present;
    return DSLT_OK;
  }
  best found = {{0}, 0};
  const dslt_dataset_kind *kind;
  for (int i = 0; (kind = dslt_dataset_kind_at(i)); i++) search(&found, dslt_kind_row_of(kind), root);
  const int there = found.present ? guess(&row, found.path) : 0;
  if (there)
    return dslt_fail(DSLT_EIO, "%s holds no sequences of a dataset, but %s looks right: it has %d of %s.",
                     root, found.path, there, row->kind.title);
  return dslt_fail(
      DSLT_EIO, "%s holds no sequences of a dataset: \"dslt dataset list\" shows how their files lie.", root);
}

int dslt_root_fail(const dslt_dataset *set) {
  const dslt_kind_row *row = set->row;
  best found = {{0}, 0};
  search(&found, row, set->root);
  if (found.present)
    return dslt_fail(DSLT_EIO, "%s holds no sequence of %s, but %s looks right: it has %d.", set->root,
                     row->kind.title, found.path, found.present);
  const dslt_kind_row *other = NULL;
  const int present = guess(&other, set->root);
  if (other)
    return dslt_fail(DSLT_EIO, "%s holds no sequence of %s; it looks like the dataset \"%s\" (%d sequences).",
                     set->root, row->kind.title, other->kind.name, present);
  return dslt_fail(DSLT_EIO, "%s holds no sequence of %s. Expected: %s", set->root, row->kind.title,
                   row->kind.files);
}
