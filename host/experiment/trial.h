/* SPDX-License-Identifier: Apache-2.0 */
/* trial.h: checks before the first job that these options and weights can make a tracker, and on which
 * device. */
#ifndef DSLT_EXPERIMENT_TRIAL_H
#define DSLT_EXPERIMENT_TRIAL_H

#include "experiment/manifest.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Make the tracker in a child process of its own, because the parent must not touch a device (pool.h), and
 * describe its backend. `gpu`: CUDA_VISIBLE_DEVICES for the child, or NULL. Errors as
 * dslt_tracker_create(). */
int dslt_trial(dslt_backend_words *out, const dslt_run_request *request, dslt_weights *weights,
               const char *gpu);

#ifdef __cplusplus
}
#endif

#endif
