/* SPDX-License-Identifier: Apache-2.0 */
/* nearest.c: edit distance between names. */
#include "nearest.h"

#include <string.h>

enum { MAX_NAME = 31 };

static int smaller(int a, int b) { return a < b ? a : b; }

/* Levenshtein's distance of two names of at most MAX_NAME characters, one row at a time. */
static int edit_distance(const char *a, const char *b) {
  int row[MAX_NAME + 1];
  int width = (int)strlen(b);
  for (int j = 0; j <= width; j++) row[j] = j;
  for (int i = 1; a[i - 1]; i++) {
    int diagonal = row[0];
    row[0] = i;
    for (int j = 1; j <= width; j++) {
      int replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = smaller(replaced, smaller(row[j], row[j - 1]) + 1);
    }
  }
  return row[width];
}

int dslt_nearest(const char *text, const char *const *names, int count) {
  size_t length = strlen(text);
  if (length == 0 || length > MAX_NAME) return -1;
  int best = -1, best_distance = length <= 3 ? 2 : 3; /* more edits than this and it is another word */
  for (int i = 0; i < count; i++) {
    if (strlen(names[i]) > MAX_NAME) continue;
    int distance = edit_distance(text, names[i]);
    if (distance <= best_distance - (best >= 0)) best = i, best_distance = distance;
  }
  return best;
}
