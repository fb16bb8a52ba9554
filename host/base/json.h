/* SPDX-License-Identifier: Apache-2.0 */
/* json.h: numbers and texts as JSON values, whatever they hold. */
#ifndef DSLT_BASE_JSON_H
#define DSLT_BASE_JSON_H

#include <jansson.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A JSON string; bytes of text that is not UTF-8 become '?', so that a file of any name can be written down.
 * `text` NULL gives null. A new reference; NULL when memory runs out. */
json_t *dslt_json_text(const char *text);
/* Put a value under `key`, whose bytes that are not UTF-8 become '?' too; takes the reference `value` in any case. 0, or -1 when
 * memory runs out or one of them is NULL. */
int dslt_json_set(json_t *object, const char *key, json_t *value);
/* A JSON number; null for NaN and infinities, which JSON does not have. A new reference; NULL when memory
 * runs out. */
json_t *dslt_json_number(double value);
/* values[count] as an array of dslt_json_number(). A new reference; NULL when memory runs out. */
json_t *dslt_json_numbers(const double *values, int count);
json_t *dslt_json_floats(const float *values, int count);

#ifdef __cplusplus
}
#endif

#endif
