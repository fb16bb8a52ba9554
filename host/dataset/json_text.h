/* SPDX-License-Identifier: Apache-2.0 */
/* json_text.h: any bytes as a JSON string. */
#ifndef DSLT_DATASET_JSON_TEXT_H
#define DSLT_DATASET_JSON_TEXT_H

#include <jansson.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A JSON string; bytes of text that is not UTF-8 become '?', so that a file of any name can be written down.
 * `text` NULL gives null. A new reference; NULL when memory runs out. */
json_t *dslt_json_text(const char *text);

#ifdef __cplusplus
}
#endif

#endif
