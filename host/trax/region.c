/* SPDX-License-Identifier: Apache-2.0 */
/* region.c: rectangles, polygons and masks of the TraX protocol. */
#include "trax/region.h"

#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "dataset/boxes.h"

enum { LONGEST_NUMBER = 63, MOST_NUMBERS = 2 * DSLT_TRAX_MOST_CORNERS, LARGEST_SIDE = 16384 };
static const double largest = 1e9; /* px */

typedef enum kind { PLAIN, RECTANGLE, POLYGON, MASK } kind;

static int wrong(const char *text, const char *what) {
  return dslt_fail(DSLT_EFORMAT, "The region \"%.60s%s\" %s.", text, strlen(text) > 60 ? "..." : "", what);
}

/* The word before the numbers, if there is one. */
static kind take_kind(const char **at) {
  static const struct {
    const char *word;
    kind means;
  } words[] = {{"rect:", RECTANGLE},  {"rectangle:", RECTANGLE}, {"poly:", POLYGON},
               {"polygon:", POLYGON}, {"mask:", MASK},           {"m", MASK}};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    const size_t length = strlen(words[i].word);
    if (strncmp(*at, words[i].word, length) != 0) continue;
    *at += length;
    return words[i].means;
  }
  return PLAIN;
}

/* ---- masks --------------------------------------------------------------------------------------- */

/* A whole number of digits alone (a sign where `low` allows it) up to a comma or the end. */
static int take_whole(int64_t *out, const char **at, int64_t low, int64_t high) {
  const int minus = low < 0 && **at == '-';
  const char *digit = *at + minus;
  int64_t value = 0;
  if (*digit < '0' || *digit > '9') return 0;
  for (; *digit >= '0' && *digit <= '9'; digit++) {
    value = 10 * value + (*digit - '0');
    if (value > INT32_MAX) return 0;
  }
  if (*digit && *digit != ',') return 0;
  *at = *digit ? digit + 1 : digit;
  *out = minus ? -value : value;
  return *out >= low && *out <= high;
}

typedef struct extent {
  int64_t left, top, right, bottom; /* pixels, all included; right < 0: none yet */
} extent;

static void extend(extent *e, int64_t begin, int64_t length, int64_t width) {
  const int64_t top = begin / width, bottom = (begin + length - 1) / width;
  const int64_t left = bottom > top ? 0 : begin % width;
  const int64_t right = bottom > top ? width - 1 : (begin + length - 1) % width;
  if (e->right < 0) {
    *e = (extent){left, top, right, bottom};
    return;
  }
  if (left < e->left) e->left = left;
  if (right > e->right) e->right = right;
  e->bottom = bottom; /* runs come from top to bottom */
}

static int mask_box(dslt_box *out, const char *text, const char *at) {
  int64_t x, y, width, height, run;
  if (!take_whole(&x, &at, -(int64_t)largest, (int64_t)largest) ||
      !take_whole(&y, &at, -(int64_t)largest, (int64_t)largest) ||
      !take_whole(&width, &at, 1, LARGEST_SIDE) || !take_whole(&height, &at, 1, LARGEST_SIDE))
    return wrong(text, "is no mask: x,y,width,height in whole pixels and the lengths of runs belong there");
  extent e = {0, 0, -1, -1};
  int64_t done = 0;
  for (int inside = 0; *at; inside = !inside) {
    if (!take_whole(&run, &at, 0, width * height - done))
      return wrong(text, "is no mask: its runs are no whole numbers, or longer than the mask");
    if (inside && run > 0) extend(&e, done, run, width);
    done += run;
  }
  if (e.right < 0) return dslt_fail(DSLT_EBOX, "The mask %.60s holds no pixel of an object.", text);
  *out = (dslt_box){(double)(x + e.left), (double)(y + e.top), (double)(e.right - e.left + 1),
                    (double)(e.bottom - e.top + 1)};
  return DSLT_OK;
}

/* ---- numbers ------------------------------------------------------------------------------------- */

static int parse_number(double *out, const char *text, size_t length, locale_t c_locale) {
  char buffer[LONGEST_NUMBER + 1];
  if (length == 0 || length > LONGEST_NUMBER) return 0;
  for (size_t i = 0; i < length; i++)
    if (!strchr("0123456789.eE+-", text[i])) return 0;
  memcpy(buffer, text, length);
  buffer[length] = '\0';
  char *end;
  *out = strtod_l(buffer, &end, c_locale);
  return !*end && fabs(*out) <= largest;
}

/* All numbers of the text; how many, or 0 when there is anything else. */
static int parse_numbers(double *values, const char *at, locale_t c_locale) {
  for (int count = 0; count < MOST_NUMBERS;) {
    const size_t length = strcspn(at, ",");
    if (!parse_number(&values[count++], at, length, c_locale)) return 0;
    at += length;
    if (!*at++) return count;
  }
  return 0;
}

static int numbers_box(dslt_box *out, const char *text, const char *at, kind said) {
  double values[MOST_NUMBERS];
  locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  if (!c_locale) return dslt_fail(DSLT_EMEMORY, "Out of memory while reading a region.");
  const int count = parse_numbers(values, at, c_locale);
  freelocale(c_locale);
  if (count == 1 && said == PLAIN)
    return dslt_fail(DSLT_EBOX,
                     "The region \"%.60s\" is a code without a place; nothing can be tracked there.", text);
  if (count == 4 && said != POLYGON)
    *out = (dslt_box){values[0], values[1], values[2], values[3]};
  else if (count >= 6 && count % 2 == 0 && said != RECTANGLE)
    *out = dslt_box_from_corners(values, count / 2);
  else
    return wrong(text,
                 "is neither x,y,w,h nor the corners of a polygon (3 to 1024, finite numbers up to 1e9)");
  if (!(out->width > 0) || !(out->height > 0))
    return dslt_fail(DSLT_EBOX, "The region \"%.60s\" has no area.", text);
  return DSLT_OK;
}

int dslt_trax_region_box(dslt_box *out, const char *text) {
  const char *at = text;
  dslt_box box;
  const kind said = take_kind(&at);
  DSLT_TRY(said == MASK ? mask_box(&box, text, at) : numbers_box(&box, text, at, said));
  *out = box;
  return DSLT_OK;
}

void dslt_trax_region_write(char *out, size_t size, const dslt_box *box) {
  snprintf(out, size, "%.4f,%.4f,%.4f,%.4f", box->x, box->y, box->width, box->height);
}
