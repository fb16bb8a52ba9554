/* SPDX-License-Identifier: Apache-2.0 */
/* eval_json.h: an evaluation as JSON; host/eval/README.md documents the members. */
#ifndef DSLT_CLI_EVAL_JSON_H
#define DSLT_CLI_EVAL_JSON_H

#include <jansson.h>
#include <stdio.h>

#include "dataset/json_text.h"
#include "eval/evaluate.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The document; the caller decrefs *out. DSLT_EMEMORY. */
int dslt_eval_json_make(json_t **out, const dslt_evaluation *evaluation);
/* One line, 17 digits. DSLT_EMEMORY, DSLT_EIO. */
int dslt_eval_json_draw(FILE *stream, const json_t *document);

/* A JSON string; bytes that are no UTF-8 become '?', so that a folder of any name can be written. NULL when
 * memory runs out. */
json_t *dslt_json_text(const char *text);

#ifdef __cplusplus
}
#endif

#endif
