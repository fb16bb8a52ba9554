/* SPDX-License-Identifier: Apache-2.0 */
/* dataset_files.h: folders and names, as the readers of benchmark sets need them. */
#ifndef DSLT_DATASET_DATASET_FILES_H
#define DSLT_DATASET_DATASET_FILES_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { DSLT_PATH = 4096 }; /* bytes of a path's buffer, the final NUL included */

/* "`folder`/`name`" into `out`, or the non-empty one of the two. DSLT_EARGUMENT when it does not fit. */
int dslt_path_join(char out[DSLT_PATH], const char *folder, const char *name);
/* 1 when `path` is a folder / a regular file (links followed), else 0. */
int dslt_is_folder(const char *path);
int dslt_is_file(const char *path);
/* 1 when `name` ends in `.extension`, regardless of case, with something before it. */
int dslt_has_extension(const char *name, const char *extension);

/* How well two names fit: the same, but for the case, but for which of - _ . stands where, but for having any
 * of them. 0: not at all. */
enum { DSLT_FIT_NONE = 0, DSLT_FIT_BARE = 1, DSLT_FIT_SEPARATORS = 2, DSLT_FIT_CASE = 3, DSLT_FIT_EXACT = 4 };
/* `a` and `b` need no NUL within their lengths. */
int dslt_name_fit(const char *a, size_t a_length, const char *b, size_t b_length);

/* The names in a folder, sorted as strcmp() does; hidden ones are left out. */
typedef struct dslt_listing {
  char **names;
  int count;
} dslt_listing;

/* DSLT_EIO: the folder cannot be read. Free with dslt_listing_free() after success. */
int dslt_listing_read(dslt_listing *out, const char *folder);
void dslt_listing_free(dslt_listing *listing);
/* The name that fits `name` best, at least but for separators, or NULL. Borrowed. */
const char *dslt_listing_match(const dslt_listing *listing, const char *name);

#ifdef __cplusplus
}
#endif

#endif
