/* SPDX-License-Identifier: Apache-2.0 */
/* json.h: an evaluation as JSON; host/eval/README.md documents the members. */
#ifndef DSLT_EVAL_JSON_H
#define DSLT_EVAL_JSON_H

#include <jansson.h>
#include <stdio.h>

#include "base/json.h"
#include "eval/evaluate.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The document; the caller decrefs *out. DSLT_EMEMORY. */
int dslt_eval_json_make(json_t **out, const dslt_evaluation *evaluation);
/* One line, 17 digits. DSLT_EMEMORY, DSLT_EIO. */
int dslt_eval_json_draw(FILE *stream, const json_t *document);

#ifdef __cplusplus
}
#endif

#endif
