/* SPDX-License-Identifier: Apache-2.0 */
/* row.c: recognises masks and decimal commas. */
#include "base/row.h"

#include <ctype.h>
#include <stddef.h>

static int is_digit(char c) { return isdigit((unsigned char)c) != 0; }

static int separates(char c) { return c == ' ' || c == '\t' || c == '\r' || c == ';'; }

/* A comma with a digit on either side. */
static int is_inner(const char *comma, const char *begin, const char *end) {
  return comma > begin && comma + 1 < end && is_digit(comma[-1]) && is_digit(comma[1]);
}

/* Four words, none with more than one comma, some with one, and no comma outside of them. */
static int has_decimal_commas(const char *begin, const char *end) {
  int words = 0, commas = 0;
  for (const char *at = begin; at < end;) {
    int inside = 0;
    while (at < end && separates(*at)) at++;
    if (at == end) break;
    words++;
    for (; at < end && !separates(*at); at++) {
      if (*at != ',') continue;
      if (!is_inner(at, begin, end)) return 0;
      inside++;
    }
    if (inside > 1) return 0;
    commas += inside;
  }
  return words == 4 && commas > 0;
}

const char *dslt_row_oddity(const char *at, const char *end) {
  while (at < end && separates(*at)) at++;
  if (end - at > 1 && *at == 'm' && is_digit(at[1]))
    return "holds a mask, as VOT has them since 2020: dslt reads rectangles x,y,w,h and polygons of four corners, "
           "so convert the masks first";
  if (has_decimal_commas(at, end))
    return "seems to hold decimal commas, such as 12,5: write decimal points, as in 12.5";
  return NULL;
}
