/* SPDX-License-Identifier: Apache-2.0 */
/* dataset_text.h: the small text files of benchmark sets: tables of numbers, lists of names, settings. */
#ifndef DSLT_DATASET_DATASET_TEXT_H
#define DSLT_DATASET_DATASET_TEXT_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The whole file, NUL-terminated (it may hold further NULs); `*size` without that one. free() it. DSLT_EIO;
 * DSLT_EFORMAT beyond 64 MiB; DSLT_EMEMORY. */
int dslt_text_read(char **out, size_t *size, const char *path);

/* Rows of numbers, row-major. free() `values`. */
typedef struct dslt_numbers {
  double *values; /* rows x columns; NaN where the text says so */
  int rows, columns;
} dslt_numbers;

/* Parse numbers apart by commas, semicolons, blanks or tabs, one row a line; CR and a missing last newline
 * are fine, empty lines are fine at the end only. All rows are equally long, and no longer than
 * `max_columns`. `flat` nonzero: lines may have any length, and all numbers come as one column. Infinities
 * and hexadecimal numbers are refused. `name` goes into the sentences. DSLT_EFORMAT, DSLT_EMEMORY. */
int dslt_numbers_parse(dslt_numbers *out, const char *text, size_t size, const char *name, int max_columns,
                       int flat);
/* The same from a file. */
int dslt_numbers_read(dslt_numbers *out, const char *path, int max_columns, int flat);

/* Names of a list file, one a line, blanks around them removed, empty lines skipped. Each is a plain file
 * name: no slash, no control character, not "." or "..", at most 200 bytes (DSLT_EFORMAT names the line). */
typedef struct dslt_names {
  char **names;
  int count;
} dslt_names;

int dslt_names_parse(dslt_names *out, const char *text, size_t size, const char *name);
int dslt_names_read(dslt_names *out, const char *path);
void dslt_names_free(dslt_names *names);

/* Value of the line "key = value" or "key: value" in NUL-terminated text, blanks around it removed, cut to
 * `room` bytes. 1 when there is such a line, else 0. */
int dslt_setting(char *out, size_t room, const char *text, const char *key);

#ifdef __cplusplus
}
#endif

#endif
