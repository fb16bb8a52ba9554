/* SPDX-License-Identifier: Apache-2.0 */
/* json.c: the values of json.h, with jansson. */
#include "base/json.h"

#include <math.h>
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

int dslt_json_set(json_t *object, const char *key, json_t *value) {
  json_t *text = dslt_json_text(key);
  const int rc =
      json_object_set_new(object, json_string_value(text), value); /* releases the value on failure */
  json_decref(text);
  return rc;
}

json_t *dslt_json_number(double value) { return isfinite(value) ? json_real(value) : json_null(); }

json_t *dslt_json_numbers(const double *values, int count) {
  json_t *array = json_array();
  for (int i = 0; array && i < count; i++) {
    if (json_array_append_new(array, dslt_json_number(values[i])) == 0) continue;
    json_decref(array);
    return NULL;
  }
  return array;
}

json_t *dslt_json_floats(const float *values, int count) {
  json_t *array = json_array();
  for (int i = 0; array && i < count; i++) {
    if (json_array_append_new(array, dslt_json_number((double)values[i])) == 0) continue;
    json_decref(array);
    return NULL;
  }
  return array;
}
