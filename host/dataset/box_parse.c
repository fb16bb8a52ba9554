/* SPDX-License-Identifier: Apache-2.0 */
/* box_parse.c: boxes and ground-truth files as text. */
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/row.h"
#include "dataset/boxes.h"

enum { MAX_LINE = 1000, MAX_NUMBER = 64, MAX_VALUES = 8 };
static const size_t max_file = (size_t)64 << 20;
static const double max_coordinate = 1e9; /* px; beyond it the difference of two edges loses sub-pixels */

/* ---- conversions --------------------------------------------------------------------------------- */

dslt_box dslt_box_from_otb(dslt_box otb) {
  otb.x -= 1;
  otb.y -= 1;
  return otb;
}

dslt_box dslt_box_to_otb(dslt_box box) {
  box.x += 1;
  box.y += 1;
  return box;
}

dslt_box dslt_box_from_corners(const double *corners, int count) {
  double left = corners[0], right = corners[0], top = corners[1], bottom = corners[1];
  double sum_x = 0, sum_y = 0, doubled_area = 0;
  for (int i = 0; i < count; i++) {
    const double *next = &corners[2 * ((i + 1) % count)];
    double x = corners[2 * i], y = corners[2 * i + 1], next_x = next[0], next_y = next[1];
    left = fmin(left, x);
    right = fmax(right, x);
    top = fmin(top, y);
    bottom = fmax(bottom, y);
    sum_x += x;
    sum_y += y;
    /* Relative to the first corner: far from the origin the products would cancel. */
    doubled_area += (x - corners[0]) * (next_y - corners[1]) - (next_x - corners[0]) * (y - corners[1]);
  }
  double bounds = (right - left) * (bottom - top);
  double scale = bounds > 0 ? sqrt(fabs(doubled_area) / 2 / bounds) : 0;
  dslt_box box = {.width = scale * (right - left), .height = scale * (bottom - top)};
  box.x = sum_x / count - box.width / 2;
  box.y = sum_y / count - box.height / 2;
  return box;
}

dslt_box dslt_box_from_polygon(const double corners[8]) { return dslt_box_from_corners(corners, 4); }

/* ---- one line of numbers ------------------------------------------------------------------------- */

static int is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
static int is_separator(char c) { return c == ',' || c == ';'; }

static const char *skip_blanks(const char *at, const char *end) {
  while (at < end && is_blank(*at)) at++;
  return at;
}

/* Decimal notation and NaN only: what else strtod takes (hexadecimal, infinity) has no place in a box
 * file. */
static int is_number_text(const char *text, size_t length) {
  if (length && (*text == '-' || *text == '+')) text++, length--;
  if (length == 3 && strncasecmp(text, "nan", 3) == 0) return 1;
  for (size_t i = 0; i < length; i++)
    if (!strchr("0123456789.eE+-", text[i]) || !text[i]) return 0;
  return length > 0;
}

static int parse_number(double *out, const char *text, size_t length, locale_t c_locale) {
  char buffer[MAX_NUMBER + 1];
  if (length > MAX_NUMBER || !is_number_text(text, length)) return -1;
  memcpy(buffer, text, length);
  buffer[length] = '\0';
  char *end;
  *out = strtod_l(buffer, &end, c_locale);
  return *end ? -1 : 0;
}

/* Read the numbers of [at, end), at most MAX_VALUES, into `values`. Returns how many, or -1 with a reason
 * that reads on after "Line 3 of FILE ". */
static int parse_values(double *values, const char *at, const char *end, locale_t c_locale,
                        const char **reason) {
  int count = 0;
  if ((*reason = dslt_row_oddity(at, end))) return -1;
  at = skip_blanks(at, end);
  while (at < end) {
    const char *stop = at;
    while (stop < end && !is_blank(*stop) && !is_separator(*stop)) stop++;
    if (count == MAX_VALUES) {
      *reason = "holds more than eight numbers";
      return -1;
    }
    if (parse_number(&values[count], at, (size_t)(stop - at), c_locale) != 0) {
      *reason =
          stop == at ? "has a separator where a number belongs" : "holds something that is not a number";
      return -1;
    }
    if (!isnan(values[count]) && !(fabs(values[count]) <= max_coordinate)) {
      *reason = "holds a number beyond 1e9";
      return -1;
    }
    count++;
    at = skip_blanks(stop, end);
    if (at < end && is_separator(*at)) {
      at = skip_blanks(at + 1, end);
      if (at == end) {
        *reason = "ends with a separator";
        return -1;
      }
    }
  }
  return count;
}

int dslt_box_parse(dslt_box *out, const char *text) {
  if (!out || !text) return dslt_fail(DSLT_EARGUMENT, "The box to parse is missing.");
  size_t length = strnlen(text, MAX_LINE + 1);
  if (length > MAX_LINE)
    return dslt_fail(DSLT_EBOX, "The box is longer than %d characters: write x,y,w,h.", MAX_LINE);
  locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  if (!c_locale) return dslt_fail(DSLT_EMEMORY, "Out of memory while reading a box.");
  double values[MAX_VALUES];
  const char *reason = NULL;
  int count = parse_values(values, text, text + length, c_locale, &reason);
  freelocale(c_locale);
  if (count < 0)
    return dslt_fail(DSLT_EBOX, "Box \"%.80s\" %s: write four numbers x,y,w,h in pixels.", text, reason);
  if (count != 4)
    return dslt_fail(DSLT_EBOX, "Box \"%.80s\" holds %d number%s instead of four: write x,y,w,h in pixels.",
                     text, count, count == 1 ? "" : "s");
  for (int i = 0; i < 4; i++)
    if (isnan(values[i])) return dslt_fail(DSLT_EBOX, "Box \"%.80s\" holds NaN: write finite numbers.", text);
  if (!(values[2] > 0) || !(values[3] > 0))
    return dslt_fail(DSLT_EBOX, "Box \"%.80s\" has no area: width and height must be above zero.", text);
  *out = (dslt_box){values[0], values[1], values[2], values[3]};
  return DSLT_OK;
}

/* ---- a file of boxes ----------------------------------------------------------------------------- */

static dslt_box box_of_row(const double *values, int count) {
  for (int i = 0; i < count; i++)
    if (isnan(values[i])) return (dslt_box){NAN, NAN, NAN, NAN};
  if (count == 8) return dslt_box_from_polygon(values);
  return dslt_box_from_otb((dslt_box){values[0], values[1], values[2], values[3]});
}

static int append(dslt_box_list *list, int *capacity, dslt_box box) {
  if (list->count == *capacity) {
    int larger = *capacity ? *capacity * 2 : 256;
    dslt_box *grown = realloc(list->boxes, (size_t)larger * sizeof *grown);
    if (!grown) return dslt_fail(DSLT_EMEMORY, "Out of memory after %d boxes.", list->count);
    list->boxes = grown;
    *capacity = larger;
  }
  list->boxes[list->count++] = box;
  return DSLT_OK;
}

static int parse_rows(dslt_box_list *list, const char *text, size_t size, const char *name,
                      locale_t c_locale) {
  const char *at = text, *end = text + size;
  int capacity = 0, columns = 0, first_empty = 0;
  if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) at += 3; /* byte-order mark of Windows editors */
  for (int line = 1; at < end; line++) {
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    const char *stop = newline ? newline : end;
    const char *next = newline ? newline + 1 : end;
    if (stop - at > MAX_LINE)
      return dslt_fail(DSLT_EFORMAT,
                       "Line %d of %s is longer than %d characters: this is not a file of boxes.", line, name,
                       MAX_LINE);
    double values[MAX_VALUES];
    const char *reason = NULL;
    int count = parse_values(values, at, stop, c_locale, &reason);
    at = next;
    if (count == 0) {
      if (!first_empty) first_empty = line;
      continue;
    }
    if (count < 0) return dslt_fail(DSLT_EFORMAT, "Line %d of %s %s.", line, name, reason);
    if (first_empty)
      return dslt_fail(DSLT_EFORMAT, "Line %d of %s is empty, yet boxes follow: each frame needs its row.",
                       first_empty, name);
    if (count != 4 && count != 8)
      return dslt_fail(DSLT_EFORMAT,
                       "Line %d of %s holds %d number%s: expected x,y,w,h or eight polygon corners.", line,
                       name, count, count == 1 ? "" : "s");
    if (columns && count != columns)
      return dslt_fail(DSLT_EFORMAT, "Line %d of %s holds %d numbers, the lines before it %d.", line, name,
                       count, columns);
    columns = count;
    DSLT_TRY(append(list, &capacity, box_of_row(values, count)));
  }
  if (list->count == 0) return dslt_fail(DSLT_EFORMAT, "%s holds no boxes.", name);
  return DSLT_OK;
}

int dslt_box_list_parse_otb(dslt_box_list *out, const char *text, size_t size, const char *name) {
  if (!out || !name || (!text && size)) return dslt_fail(DSLT_EARGUMENT, "The text of boxes is missing.");
  if (size > max_file)
    return dslt_fail(DSLT_EFORMAT, "%s is larger than 64 MiB: this is not a file of boxes.", name);
  if (size == 0) return dslt_fail(DSLT_EFORMAT, "%s is empty: it should hold one box a line.", name);
  locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  if (!c_locale) return dslt_fail(DSLT_EMEMORY, "Out of memory while reading %s.", name);
  dslt_box_list list = {0};
  int rc = parse_rows(&list, text, size, name, c_locale);
  freelocale(c_locale);
  if (rc < 0) {
    free(list.boxes);
    return rc;
  }
  *out = list;
  return DSLT_OK;
}

int dslt_box_list_read_otb(dslt_box_list *out, const char *path) {
  if (!out || !path || !path[0]) return dslt_fail(DSLT_EARGUMENT, "The name of the box file is empty.");
  const dslt_file_limits limits = {.most = max_file, .what = "a file of boxes", .pipes = 1};
  char *data = NULL;
  size_t size = 0;
  DSLT_TRY(dslt_file_read(&data, &size, path, &limits));
  int rc = dslt_box_list_parse_otb(out, data, size, path);
  free(data);
  return rc;
}

void dslt_box_list_free(dslt_box_list *list) {
  if (!list) return;
  free(list->boxes);
  list->boxes = NULL;
  list->count = 0;
}
