/* SPDX-License-Identifier: Apache-2.0 */
/* dataset_text.c: parsers of tables, lists and settings. */
#include "dataset/dataset_text.h"

#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/file.h"
#include "base/row.h"

enum { MAX_NUMBER = 64, MAX_NAME = 200 };
static const size_t max_file = (size_t)64 << 20;

/* ---- whole files --------------------------------------------------------------------------------- */

int dslt_text_read(char **out, size_t *size, const char *path) {
  const dslt_file_limits limits = {.most = max_file, .what = "an annotation"};
  return dslt_file_read(out, size, path, &limits);
}

/* ---- numbers ------------------------------------------------------------------------------------- */

static int is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
static int is_comma(char c) { return c == ',' || c == ';'; }

static int parse_number(double *out, const char *text, size_t length, locale_t c_locale) {
  char buffer[MAX_NUMBER + 1];
  if (length == 0 || length > MAX_NUMBER) return -1;
  memcpy(buffer, text, length);
  buffer[length] = '\0';
  const char *digits = buffer + (*buffer == '-' || *buffer == '+');
  if (strcasecmp(digits, "nan") != 0 && strspn(digits, "0123456789.eE+-") != strlen(digits)) return -1;
  char *end;
  *out = strtod_l(buffer, &end, c_locale);
  return end == buffer || (size_t)(end - buffer) != length || isinf(*out) ? -1 : 0;
}

/* A table while it grows. */
typedef struct growth {
  double *values;
  size_t count, room;
} growth;

static int grow(growth *table, double value, const char *name) {
  if (table->count == table->room) {
    const size_t larger = table->room ? 2 * table->room : 1024;
    double *values = realloc(table->values, larger * sizeof *values);
    if (!values) return dslt_fail(DSLT_EMEMORY, "Out of memory while reading %s.", name);
    table->values = values;
    table->room = larger;
  }
  table->values[table->count++] = value;
  return DSLT_OK;
}

/* Append the numbers of the line [at, end). Returns how many, or a code. */
static int parse_line(growth *table, const char *at, const char *end, int line, const char *name,
                      locale_t c_locale) {
  int count = 0, open = 0; /* open: a comma waits for its number */
  for (;;) {
    while (at < end && is_blank(*at)) at++;
    if (at == end) {
      if (open) return dslt_fail(DSLT_EFORMAT, "Line %d of %s ends with a separator.", line, name);
      return count;
    }
    const char *stop = at;
    while (stop < end && !is_blank(*stop) && !is_comma(*stop)) stop++;
    double value;
    if (parse_number(&value, at, (size_t)(stop - at), c_locale) != 0)
      return dslt_fail(DSLT_EFORMAT, "Line %d of %s holds something that is not a number.", line, name);
    DSLT_TRY(grow(table, value, name));
    count++;
    while (stop < end && is_blank(*stop)) stop++;
    open = stop < end && is_comma(*stop);
    at = stop + open;
  }
}

static int parse_rows(dslt_numbers *out, growth *table, const char *text, size_t size, const char *name,
                      int max_columns, int flat, locale_t c_locale) {
  const char *at = text, *end = text + size;
  int first_empty = 0;
  if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) at += 3; /* byte-order mark of Windows editors */
  for (int line = 1; at < end; line++) {
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    const char *stop = newline ? newline : end;
    const char *oddity = flat ? NULL : dslt_row_oddity(at, stop);
    if (oddity) return dslt_fail(DSLT_EFORMAT, "Line %d of %s %s.", line, name, oddity);
    const int count = parse_line(table, at, stop, line, name, c_locale);
    if (count < 0) return count;
    at = newline ? newline + 1 : end;
    if (count == 0) {
      if (!first_empty) first_empty = line;
      continue;
    }
    if (flat) continue;
    if (first_empty)
      return dslt_fail(DSLT_EFORMAT, "Line %d of %s is empty, yet numbers follow: each frame needs its row.",
                       first_empty, name);
    if (count > max_columns)
      return dslt_fail(DSLT_EFORMAT, "Line %d of %s holds %d numbers, at most %d were expected.", line, name,
                       count, max_columns);
    if (out->columns && count != out->columns)
      return dslt_fail(DSLT_EFORMAT, "Line %d of %s holds %d numbers, the lines before it %d.", line, name,
                       count, out->columns);
    out->columns = count;
    out->rows++;
  }
  if (table->count == 0) return dslt_fail(DSLT_EFORMAT, "%s holds no numbers.", name);
  if (flat) out->rows = (int)table->count, out->columns = 1;
  return DSLT_OK;
}

int dslt_numbers_parse(dslt_numbers *out, const char *text, size_t size, const char *name, int max_columns,
                       int flat) {
  if (size > max_file)
    return dslt_fail(DSLT_EFORMAT, "%s is larger than 64 MiB: this is no annotation.", name);
  locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  if (!c_locale) return dslt_fail(DSLT_EMEMORY, "Out of memory while reading %s.", name);
  growth table = {0};
  dslt_numbers numbers = {0};
  const int rc = parse_rows(&numbers, &table, text, size, name, max_columns, flat, c_locale);
  freelocale(c_locale);
  if (rc < 0) {
    free(table.values);
    return rc;
  }
  numbers.values = table.values;
  *out = numbers;
  return DSLT_OK;
}

int dslt_numbers_read(dslt_numbers *out, const char *path, int max_columns, int flat) {
  char *text = NULL;
  size_t size = 0;
  DSLT_TRY(dslt_text_read(&text, &size, path));
  const int rc = dslt_numbers_parse(out, text, size, path, max_columns, flat);
  free(text);
  return rc;
}

/* ---- names --------------------------------------------------------------------------------------- */

static int is_plain_name(const char *text, size_t length) {
  if (length > MAX_NAME || (length == 1 && text[0] == '.') || (length == 2 && memcmp(text, "..", 2) == 0))
    return 0;
  for (size_t i = 0; i < length; i++)
    if ((unsigned char)text[i] < ' ' || text[i] == 127 || text[i] == '/') return 0;
  return 1;
}

static int add_name(dslt_names *names, int *room, const char *text, size_t length, const char *file) {
  if (names->count == *room) {
    const int larger = *room ? 2 * *room : 64;
    char **grown = realloc(names->names, (size_t)larger * sizeof *grown);
    if (!grown) return dslt_fail(DSLT_EMEMORY, "Out of memory while reading %s.", file);
    names->names = grown;
    *room = larger;
  }
  char *copy = strndup(text, length);
  if (!copy) return dslt_fail(DSLT_EMEMORY, "Out of memory while reading %s.", file);
  names->names[names->count++] = copy;
  return DSLT_OK;
}

static int parse_names(dslt_names *names, const char *text, size_t size, const char *file) {
  const char *at = text, *end = text + size;
  int room = 0;
  if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) at += 3;
  for (int line = 1; at < end; line++) {
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    const char *stop = newline ? newline : end;
    while (at < stop && is_blank(*at)) at++;
    while (stop > at && is_blank(stop[-1])) stop--;
    if (stop > at) {
      if (!is_plain_name(at, (size_t)(stop - at)))
        return dslt_fail(DSLT_EFORMAT, "Line %d of %s is not the name of a sequence.", line, file);
      DSLT_TRY(add_name(names, &room, at, (size_t)(stop - at), file));
    }
    at = newline ? newline + 1 : end;
  }
  if (names->count == 0) return dslt_fail(DSLT_EFORMAT, "%s names no sequence.", file);
  return DSLT_OK;
}

int dslt_names_parse(dslt_names *out, const char *text, size_t size, const char *name) {
  dslt_names names = {0};
  const int rc = parse_names(&names, text, size, name);
  if (rc < 0) {
    dslt_names_free(&names);
    return rc;
  }
  *out = names;
  return DSLT_OK;
}

int dslt_names_read(dslt_names *out, const char *path) {
  char *text = NULL;
  size_t size = 0;
  DSLT_TRY(dslt_text_read(&text, &size, path));
  const int rc = dslt_names_parse(out, text, size, path);
  free(text);
  return rc;
}

void dslt_names_free(dslt_names *names) {
  for (int i = 0; i < names->count; i++) free(names->names[i]);
  free(names->names);
  *names = (dslt_names){0};
}

/* ---- settings ------------------------------------------------------------------------------------ */

int dslt_setting(char *out, size_t room, const char *text, const char *key) {
  const size_t length = strlen(key);
  for (const char *line = text; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
    const char *at = line + strspn(line, " \t");
    if (strncmp(at, key, length) != 0) continue;
    at += length;
    at += strspn(at, " \t");
    if (*at != '=' && *at != ':') continue;
    at++;
    at += strspn(at, " \t");
    size_t size = strcspn(at, "\r\n");
    while (size && is_blank(at[size - 1])) size--;
    if (size >= room) size = room - 1;
    memcpy(out, at, size);
    out[size] = '\0';
    return 1;
  }
  return 0;
}
