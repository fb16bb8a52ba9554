/* SPDX-License-Identifier: Apache-2.0 */
/* dataset_frames.c: which file is which frame. Folders are read when frames are first asked for. */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "dataset/dataset_internal.h"

static const char *const extensions[] = {"jpg", "jpeg", "png", "bmp", "ppm", "pgm", "tif", "tiff", "webp"};
enum { EXTENSIONS = sizeof extensions / sizeof *extensions, MAX_DIGITS = 18 };

typedef struct picture {
  char *name; /* borrowed from the listing */
  int64_t number;
  int rank; /* of its extension */
} picture;

static int extension_rank(const char *name) {
  for (int i = 0; i < EXTENSIONS; i++)
    if (dslt_has_extension(name, extensions[i])) return i;
  return -1;
}

/* The number at the end of the name, before the extension; -1 without one. */
static int64_t number_of(const char *name) {
  const char *end = strrchr(name, '.'), *at = end;
  while (at > name && isdigit((unsigned char)at[-1])) at--;
  while (end - at > 1 && *at == '0') at++;
  if (at == end || end - at > MAX_DIGITS) return -1;
  int64_t number = 0;
  for (; at < end; at++) number = 10 * number + (*at - '0');
  return number;
}

/* By names without their endings. */
static int by_stem(const picture *p, const picture *q) {
  const size_t n = (size_t)(strrchr(p->name, '.') - p->name), m = (size_t)(strrchr(q->name, '.') - q->name);
  const int order = memcmp(p->name, q->name, n < m ? n : m);
  return order ? order : (n > m) - (n < m);
}

static int by_number(const void *a, const void *b) {
  const picture *p = a, *q = b;
  if (p->number != q->number) return p->number < q->number ? -1 : 1;
  const int order = p->number < 0 ? by_stem(p, q) : p->rank - q->rank;
  return order ? order : strcmp(p->name, q->name);
}

/* Are they most likely the same frame, as 1.jpg and 1.png? */
static int twins(const picture *p, const picture *q) {
  return p->number == q->number && (p->number >= 0 || by_stem(p, q) == 0);
}

typedef struct twin_names {
  const char *one, *other; /* borrowed from the listing */
} twin_names;

/* The pictures of a listing, in order, without the later one of twins, of which `first` names the first. Returns how
 * many. */
static int collect(picture *pictures, dslt_entry *entry, twin_names *first, const dslt_listing *listing) {
  int count = 0, numbered = 0;
  for (int i = 0; i < listing->count; i++) {
    const int rank = extension_rank(listing->names[i]);
    if (rank < 0) continue;
    pictures[count] = (picture){listing->names[i], number_of(listing->names[i]), rank};
    numbered += pictures[count++].number >= 0;
  }
  entry->images = count;
  entry->numbered = numbered > 0;
  qsort(pictures, (size_t)count, sizeof *pictures, by_number);
  const int unnumbered = numbered ? count - numbered : 0, usable = count - unnumbered;
  entry->unnumbered = unnumbered;
  memmove(pictures, pictures + unnumbered, (size_t)usable * sizeof *pictures);
  count = 0;
  for (int i = 0; i < usable; i++) {
    const int again = count && twins(&pictures[count - 1], &pictures[i]);
    if (again && !entry->duplicates++) *first = (twin_names){pictures[count - 1].name, pictures[i].name};
    if (!again) pictures[count++] = pictures[i];
  }
  return count;
}

int dslt_pictures_count(const dslt_listing *listing) {
  dslt_entry entry = {0};
  twin_names pair;
  picture *pictures = malloc((size_t)(listing->count + 1) * sizeof *pictures);
  const int count = pictures ? collect(pictures, &entry, &pair, listing) : -1;
  free(pictures);
  return count;
}

static const picture *find_number(const picture *pictures, int count, int64_t number) {
  int low = 0, high = count;
  while (low < high) {
    const int middle = low + (high - low) / 2;
    if (pictures[middle].number < number)
      low = middle + 1;
    else
      high = middle;
  }
  return low < count && pictures[low].number == number ? &pictures[low] : NULL;
}

/* ---- pairing ------------------------------------------------------------------------------------- */

/* The number of frame 0, where the benchmark publishes it. */
static int published_start(int64_t *out, dslt_entry *entry, const picture *pictures, int count) {
  const dslt_sequence *seen = &entry->seen;
  const dslt_fact *fact = entry->fact;
  *out = seen->first_number;
  /* Repackaged copies number a cut-out video from 1 again; they hold exactly the published images. */
  if (fact->first > 1 && pictures[0].number <= 1 && count == fact->last - fact->first + 1 &&
      !find_number(pictures, count, fact->last)) {
    *out = pictures[0].number + fact->omit;
    return dslt_entry_note(entry,
                           "%s: the images are numbered from %d to %d instead of the published %d to %d; the "
                           "rule: they are taken for the same frames, renumbered.",
                           seen->name, (int)pictures[0].number, (int)pictures[count - 1].number, fact->first,
                           fact->last);
  }
  return DSLT_OK;
}

/* An OTB-like folder may hold OTB's own David, whose truth starts at image 300. */
static const dslt_fact *known_range(const dslt_sequence *seen, const picture *pictures, int count) {
  for (int i = 0; i < dslt_facts_otb100_count; i++) {
    const dslt_fact *fact = &dslt_facts_otb100[i];
    if (strcmp(fact->name, seen->name) != 0) continue;
    const int fits = fact->last - fact->first + 1 == seen->frames && fact->first > pictures[0].number &&
                     find_number(pictures, count, fact->first) && find_number(pictures, count, fact->last);
    return fits ? fact : NULL;
  }
  return NULL;
}

static int open_start(int64_t *out, dslt_entry *entry, const picture *pictures, int count) {
  const dslt_sequence *seen = &entry->seen;
  *out = pictures[0].number;
  if (entry->pairing == DSLT_PAIR_ONE && *out > 1) *out = 1;
  const dslt_fact *fact =
      entry->pairing == DSLT_PAIR_FIRST && count > seen->frames ? known_range(seen, pictures, count) : NULL;
  if (fact) {
    *out = fact->first;
    return dslt_entry_note(entry,
                           "%s: %d images, but ground truth for %d frames; the rule: the images %d to %d of "
                           "OTB's sequence of this name are used.",
                           seen->name, count, seen->frames, fact->first, fact->last);
  }
  return dslt_entry_note(
      entry,
      "%s: %d images, but ground truth for %d frames; the rule: row n belongs to the image "
      "with the number %lld + n, and %s.",
      seen->name, count, seen->frames, (long long)*out - 1,
      count > seen->frames ? "images without a row are not used"
                           : "rows without an image stay frames that are missing");
}

static int take(dslt_entry *entry, int frame, const picture *from) {
  if (!from) return DSLT_OK;
  entry->files[frame] = strdup(from->name);
  if (!entry->files[frame])
    return dslt_fail(DSLT_EMEMORY, "Out of memory while looking for the frames of %s.", entry->seen.name);
  entry->found++;
  return DSLT_OK;
}

static int pair(dslt_entry *entry, const picture *pictures, int count) {
  const int frames = entry->seen.frames, numbered = pictures[0].number >= 0;
  if (numbered) {
    const int64_t missing = pictures[count - 1].number - pictures[0].number + 1 - count;
    entry->gaps = missing > INT32_MAX ? INT32_MAX : (int)missing;
  }
  int in_order = !numbered || (entry->pairing != DSLT_PAIR_PUBLISHED && count == frames);
  int64_t start = 0;
  if (!in_order) {
    DSLT_TRY(entry->pairing == DSLT_PAIR_PUBLISHED ? published_start(&start, entry, pictures, count)
                                                   : open_start(&start, entry, pictures, count));
  } else if (count != frames) {
    DSLT_TRY(dslt_entry_note(entry,
                             "%s: %d images without numbers, but ground truth for %d frames; the rule: they "
                             "are paired in the order of their names.",
                             entry->seen.name, count, frames));
  }
  for (int i = 0; i < frames; i++)
    DSLT_TRY(take(entry, i,
                  in_order ? (i < count ? &pictures[i] : NULL) : find_number(pictures, count, start + i)));
  entry->unused = count - entry->found;
  return DSLT_OK;
}

static int locate(dslt_dataset *set, dslt_entry *entry) {
  entry->files = calloc((size_t)entry->seen.frames, sizeof *entry->files);
  if (!entry->files)
    return dslt_fail(DSLT_EMEMORY, "Out of memory while looking for the frames of %s.", entry->seen.name);
  if (!entry->seen.folder[0]) return DSLT_OK;
  char folder[DSLT_PATH];
  DSLT_TRY(dslt_set_path(folder, set, entry->seen.folder, ""));
  dslt_listing listing = {0};
  twin_names same = {NULL, NULL};
  DSLT_TRY(dslt_listing_read(&listing, folder));
  picture *pictures = malloc((size_t)(listing.count + 1) * sizeof *pictures);
  int rc = pictures ? DSLT_OK : dslt_fail(DSLT_EMEMORY, "Out of memory while listing %s.", folder);
  const int count = rc == DSLT_OK ? collect(pictures, entry, &same, &listing) : 0;
  if (rc == DSLT_OK && count) rc = pair(entry, pictures, count);
  if (rc == DSLT_OK && same.one && asprintf(&entry->twins, "%s and %s", same.one, same.other) < 0) {
    entry->twins = NULL;
    rc = dslt_fail(DSLT_EMEMORY, "Out of memory while listing %s.", folder);
  }
  free(pictures);
  dslt_listing_free(&listing);
  return rc;
}

static void forget(dslt_entry *entry) {
  for (int i = 0; entry->files && i < entry->seen.frames; i++) free(entry->files[i]);
  free(entry->files);
  free(entry->twins);
  entry->files = NULL;
  entry->twins = NULL;
  entry->found = entry->images = entry->duplicates = entry->unnumbered = entry->unused = entry->gaps = 0;
}

/* ---- the calls ----------------------------------------------------------------------------------- */

int dslt_dataset_locate(int *found, dslt_dataset *set, int index) {
  if (!dslt_dataset_at(set, index))
    return dslt_fail(DSLT_EARGUMENT, "The dataset has no sequence number %d.", index);
  dslt_entry *entry = set->entries[index];
  if (!entry->located && entry->seen.state == DSLT_SEQUENCE_READY) {
    const int rc = locate(set, entry);
    if (rc < 0) {
      forget(entry);
      return rc;
    }
    entry->located = 1;
  }
  *found = entry->found;
  return DSLT_OK;
}

int dslt_dataset_frame_path(char *out, size_t size, dslt_dataset *set, int index, int frame) {
  int found = 0;
  DSLT_TRY(dslt_dataset_locate(&found, set, index));
  const dslt_entry *entry = set->entries[index];
  const dslt_sequence *seen = &entry->seen;
  if (frame < 0 || frame >= seen->frames)
    return dslt_fail(DSLT_EARGUMENT, "%s has no frame %d; it has %d.", seen->name, frame, seen->frames);
  if (!seen->folder[0])
    return dslt_fail(DSLT_EIO, "%s has an annotation but no frames under %s.", seen->name, set->root);
  if (entry->twins)
    return dslt_fail(
        DSLT_EFORMAT, "%s/%s holds frames twice: %d of its %d pictures %s, like %s. Leave one of each there.",
        set->root, seen->folder, entry->duplicates, entry->images,
        entry->numbered ? "bear the number of another" : "differ from another only in their ending",
        entry->twins);
  if (!entry->files[frame]) {
    if (seen->first_number >= 0)
      return dslt_fail(DSLT_EIO, "Frame %d of %s is missing: %s/%s/%0*d.%s is not there.", frame, seen->name,
                       set->root, seen->folder, entry->fact ? entry->fact->digits : 4,
                       seen->first_number + frame, extensions[0]);
    return dslt_fail(DSLT_EIO, "Frame %d of %s is missing: %s/%s holds %d of its %d frames.", frame,
                     seen->name, set->root, seen->folder, found, seen->frames);
  }
  char path[DSLT_PATH];
  DSLT_TRY(dslt_set_path(path, set, seen->folder, entry->files[frame]));
  const size_t length = strlen(path);
  if (length >= size)
    return dslt_fail(DSLT_EARGUMENT, "The path %.60s... is longer than the buffer of %zu bytes.", path, size);
  memcpy(out, path, length + 1);
  return DSLT_OK;
}
