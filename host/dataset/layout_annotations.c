/* SPDX-License-Identifier: Apache-2.0 */
/* layout_annotations.c: roots without frames: one annotation SEQUENCE.txt a sequence. Every layout takes
 * them. */
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "dataset/dataset_internal.h"

typedef int (*reader)(dslt_dataset *, dslt_entry *, const char *);

/* Text files that benchmarks keep beside ground truth, or that make the root a sequence itself. */
static int is_other_text(const char *name) {
  static const char *const names[] = {"list.txt", "testing_set.txt",    "training_set.txt", "attributes.txt",
                                      "nlp.txt",  "full_occlusion.txt", "out_of_view.txt"};
  static const char *const heads[] = {"readme", "groundtruth"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcasecmp(name, names[i]) == 0) return 1;
  for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
    if (strncasecmp(name, heads[i], strlen(heads[i])) == 0) return 1;
  return 0;
}

static int is_annotation(const dslt_dataset *set, const char *name) {
  char path[DSLT_PATH];
  return dslt_has_extension(name, "txt") && !is_other_text(name) &&
         dslt_set_path(path, set, "", name) == DSLT_OK && dslt_is_file(path);
}

int dslt_annotation_alone(dslt_dataset *set, dslt_entry *entry, const dslt_listing *listing, reader read) {
  const char *name = entry->seen.name, *best = NULL;
  int best_fit = DSLT_FIT_BARE; /* car11.txt must not stand in for car1_1 */
  for (int i = 0; i < listing->count; i++) {
    const char *candidate = listing->names[i];
    if (!dslt_has_extension(candidate, "txt")) continue;
    const int fit = dslt_name_fit(candidate, strlen(candidate) - 4, name, strlen(name));
    if (fit > best_fit && is_annotation(set, candidate)) best = candidate, best_fit = fit;
  }
  if (!best) return 0;
  DSLT_TRY(read(set, entry, best));
  return 1;
}

int dslt_annotations_all(dslt_dataset *set, const dslt_listing *listing, dslt_pairing pairing, reader read) {
  for (int i = 0; i < listing->count; i++) {
    if (!is_annotation(set, listing->names[i])) continue;
    char name[DSLT_PATH];
    DSLT_TRY(dslt_path_join(name, "", listing->names[i]));
    name[strlen(name) - 4] = '\0';
    dslt_entry *entry = NULL;
    DSLT_TRY(dslt_set_add(&entry, set, name));
    entry->pairing = pairing;
    DSLT_TRY(read(set, entry, listing->names[i]));
  }
  return DSLT_OK;
}
