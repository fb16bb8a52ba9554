/* SPDX-License-Identifier: Apache-2.0 */
#include "json_text.h"

#include <stdlib.h>
#include <string.h>

json_t *dslt_json_text(const char *text) {
  if (!text) return json_null();
  json_t *value = json_string(text);
  if (value) return value;
  char *copy = strdup(text);
  if (!copy) return NULL;
  for (char *c = copy; *c; c++)
    if ((unsigned char)*c >= 0x80) *c = '?';
  value = json_string(copy);
  free(copy);
  return value;
}
