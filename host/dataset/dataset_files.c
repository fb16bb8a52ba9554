/* SPDX-License-Identifier: Apache-2.0 */
/* dataset_files.c: paths, listings, and how well two names fit. */
#include "dataset/dataset_files.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/error.h"

int dslt_path_join(char out[DSLT_PATH], const char *folder, const char *name) {
  const int both = folder[0] && name[0] && folder[strlen(folder) - 1] != '/';
  const int length = snprintf(out, DSLT_PATH, "%s%s%s", folder, both ? "/" : "", name);
  if (length < 0 || length >= DSLT_PATH)
    return dslt_fail(DSLT_EARGUMENT, "The path %.60s.../%.60s is longer than %d characters.", folder, name,
                     DSLT_PATH - 1);
  return DSLT_OK;
}

int dslt_is_folder(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

int dslt_is_file(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

int dslt_has_extension(const char *name, const char *extension) {
  const char *dot = strrchr(name, '.');
  return dot && dot != name && strcasecmp(dot + 1, extension) == 0;
}

/* ---- names --------------------------------------------------------------------------------------- */

static int is_separator(char c) { return c == '-' || c == '_' || c == '.'; }

static int same_letter(char a, char b) { return tolower((unsigned char)a) == tolower((unsigned char)b); }

static int same_bare(const char *a, const char *a_end, const char *b, const char *b_end) {
  for (;;) {
    while (a < a_end && is_separator(*a)) a++;
    while (b < b_end && is_separator(*b)) b++;
    if (a == a_end || b == b_end) return a == a_end && b == b_end;
    if (!same_letter(*a++, *b++)) return 0;
  }
}

int dslt_name_fit(const char *a, size_t a_length, const char *b, size_t b_length) {
  int fit = DSLT_FIT_EXACT;
  for (size_t i = 0; a_length == b_length && i < a_length; i++) {
    int here = DSLT_FIT_NONE;
    if (a[i] == b[i])
      here = DSLT_FIT_EXACT;
    else if (same_letter(a[i], b[i]))
      here = DSLT_FIT_CASE;
    else if (is_separator(a[i]) && is_separator(b[i]))
      here = DSLT_FIT_SEPARATORS;
    if (here < fit) fit = here;
  }
  if (a_length == b_length && fit != DSLT_FIT_NONE) return fit;
  return same_bare(a, a + a_length, b, b + b_length) ? DSLT_FIT_BARE : DSLT_FIT_NONE;
}

/* ---- folders ------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int collect(dslt_listing *listing, DIR *dir, const char *folder) {
  int room = 0;
  for (;;) {
    errno = 0;
    const struct dirent *entry = readdir(dir);
    if (!entry) {
      if (errno) return dslt_fail(DSLT_EIO, "The folder %s cannot be read: %s.", folder, strerror(errno));
      return DSLT_OK;
    }
    if (entry->d_name[0] == '.') continue;
    if (listing->count == room) {
      const int larger = room ? 2 * room : 128;
      char **names = realloc(listing->names, (size_t)larger * sizeof *names);
      if (!names) return dslt_fail(DSLT_EMEMORY, "Out of memory while listing %s.", folder);
      listing->names = names;
      room = larger;
    }
    char *name = strdup(entry->d_name);
    if (!name) return dslt_fail(DSLT_EMEMORY, "Out of memory while listing %s.", folder);
    listing->names[listing->count++] = name;
  }
}

int dslt_listing_read(dslt_listing *out, const char *folder) {
  DIR *dir = opendir(folder);
  if (!dir) return dslt_fail(DSLT_EIO, "The folder %s cannot be read: %s.", folder, strerror(errno));
  dslt_listing listing = {0};
  const int rc = collect(&listing, dir, folder);
  closedir(dir);
  if (rc < 0) {
    dslt_listing_free(&listing);
    return rc;
  }
  if (listing.count) qsort(listing.names, (size_t)listing.count, sizeof *listing.names, by_name);
  *out = listing;
  return DSLT_OK;
}

void dslt_listing_free(dslt_listing *listing) {
  for (int i = 0; i < listing->count; i++) free(listing->names[i]);
  free(listing->names);
  *listing = (dslt_listing){0};
}

const char *dslt_listing_match(const dslt_listing *listing, const char *name) {
  const char *best = NULL;
  int best_fit = DSLT_FIT_BARE;
  for (int i = 0; i < listing->count; i++) {
    const char *candidate = listing->names[i];
    const int fit = dslt_name_fit(candidate, strlen(candidate), name, strlen(name));
    if (fit > best_fit) best = candidate, best_fit = fit;
  }
  return best;
}
