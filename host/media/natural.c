/* SPDX-License-Identifier: Apache-2.0 */
/* natural.c: natural order of file names: numbers by value, letters without case. */
#include "media/natural.h"

#include <string.h>

static int is_digit(unsigned char c) { return c >= '0' && c <= '9'; }
static int lower(unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; } /* no locale */

int dslt_natural_compare(const char *a, const char *b) {
  const unsigned char *p = (const unsigned char *)a, *q = (const unsigned char *)b;
  while (*p && *q) {
    if (is_digit(*p) && is_digit(*q)) {
      while (*p == '0') p++;
      while (*q == '0') q++;
      const unsigned char *p0 = p, *q0 = q;
      while (is_digit(*p)) p++;
      while (is_digit(*q)) q++;
      if (p - p0 != q - q0) return p - p0 < q - q0 ? -1 : 1;
      const int order = memcmp(p0, q0, (size_t)(p - p0));
      if (order) return order;
    } else {
      if (lower(*p) != lower(*q)) return lower(*p) < lower(*q) ? -1 : 1;
      p++;
      q++;
    }
  }
  if (*p || *q) return *p ? 1 : -1;
  return strcmp(a, b); /* img1 and img01, a and A */
}
