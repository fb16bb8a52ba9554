/* SPDX-License-Identifier: Apache-2.0 */
/* inputs.h: hashes of a job's inputs, stored with its results, so that a continued run detects inputs that
 * have changed. RESULTS/losses/NAME.json has a member "inputs" with two hashes: "ground_truth" of the
 * sequence and "pictures" of the bytes of the job's frames. RESULTS/times/NAME.files holds a hash of the
 * files' names, sizes, times and inode numbers: if it is unchanged, the contents are taken to be unchanged;
 * if it differs (a copy of the set), the contents are compared. */
#ifndef DSLT_EXPERIMENT_INPUTS_H
#define DSLT_EXPERIMENT_INPUTS_H

#include <jansson.h>
#include <stdint.h>

#include "experiment/draft.h"
#include "experiment/plan.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dslt_inputs {
  uint64_t truth, files;
} dslt_inputs;

/* Record the state of the job's inputs before they are read. DSLT_EIO: a frame is missing. */
int dslt_inputs_look(dslt_inputs *out, dslt_dataset *set, const dslt_run_job *job);
/* The member; *out is a new reference. Reads the frames' files. DSLT_EIO, DSLT_EMEMORY. */
int dslt_inputs_describe(json_t **out, const dslt_inputs *inputs, dslt_dataset *set, const dslt_run_job *job);
/* Write the hash of the files into the draft as `name`. DSLT_EIO, DSLT_EMEMORY. */
int dslt_inputs_stamp(const dslt_inputs *inputs, const dslt_draft *draft, const char *name);
/* What has changed since the job's results were made: "ground truth" or "frames"; NULL: nothing, or unknown
 * (results of an older version, no frames on disk). Static storage. */
const char *dslt_inputs_changed(dslt_dataset *set, const dslt_run_job *job, const char *results);

#ifdef __cplusplus
}
#endif

#endif
