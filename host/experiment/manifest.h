/* SPDX-License-Identifier: Apache-2.0 */
/* manifest.h: RESULTS/manifest.json records how the results were made; runs that add to them must use the
 * same settings.
 *
 * {"format": 1, "program": "dslt", "version", "created" (UTC), "command": [...],
 *  "dataset": {"kind", "title", "root", "sequences" (number), "frames", "names": [...],
 *              "notes": {SEQUENCE: what is odd about it}, "note"},
 *  "protocol" (of the run that began; VOT's two share a folder), "repeat", "frames_limit" (0: none),
 *  "tracker": {"preset", "backend", "options": {KEY: text, ...}},
 *  "weights": {"path", "sha256" (null: build without libcrypto), "bytes", "arch", "source", "license"},
 *  "machine": {"host", "system", "cpu", "cores", "memory_mib", "device", "library"}: the one that began */
#ifndef DSLT_EXPERIMENT_MANIFEST_H
#define DSLT_EXPERIMENT_MANIFEST_H

#include <jansson.h>

#include "dataset/dataset.h"
#include "experiment/draft.h"
#include "experiment/request.h"
#include "nn/weights.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dslt_backend_words {
  char name[16]; /* "cpu" or "cuda" */
  char device[128], library[128];
} dslt_backend_words;

/* Build it. *out is a new reference. DSLT_EMEMORY. */
int dslt_manifest_make(json_t **out, const dslt_run_request *request, const dslt_dataset *set,
                       const dslt_weights *weights, const dslt_backend_words *backend);
/* Write it to the results, unless there is one: then the two are compared in everything that determines the
 * boxes (version, set, protocol, repetitions, frame limit, weights, options); root, sequences, command line
 * and machine may differ. DSLT_EOPTION names the first difference. DSLT_EIO, DSLT_EFORMAT, DSLT_EMEMORY. */
int dslt_manifest_settle(const json_t *manifest, const dslt_draft *draft);
/* Compare two manifests; `path` names the older one in the sentence. DSLT_EOPTION as above. */
int dslt_manifest_compare(const json_t *older, const json_t *newer, const char *path);

#ifdef __cplusplus
}
#endif

#endif
