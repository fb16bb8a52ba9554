/* SPDX-License-Identifier: Apache-2.0 */
/* proc.c: reads the lines of a file of /proc. */
#include "base/proc.h"

#include <stdio.h>
#include <string.h>

int dslt_proc_value(char *out, size_t size, const char *file, const char *key) {
  FILE *stream = fopen(file, "re");
  if (!stream) return 0;
  char line[512];
  int found = 0;
  const size_t length = strlen(key);
  while (!found && fgets(line, sizeof line, stream)) {
    const char *value = line + length;
    if (strncmp(line, key, length) != 0) continue;
    value += strspn(value, " \t");
    if (*value != ':') continue;
    value += 1 + strspn(value + 1, " \t");
    snprintf(out, size, "%.*s", (int)strcspn(value, "\n"), value);
    found = 1;
  }
  fclose(stream);
  return found;
}
