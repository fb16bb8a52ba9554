/* SPDX-License-Identifier: Apache-2.0 */
/* machine.h: description of the computer, for the manifest, and how many processes it can run at a time. */
#ifndef DSLT_EXPERIMENT_MACHINE_H
#define DSLT_EXPERIMENT_MACHINE_H

#include <jansson.h>

#include "base/json.h"

#ifdef __cplusplus
extern "C" {
#endif

/* {"host", "system", "cpu", "cores", "memory_mib"}; what is unknown is null. A new reference; NULL when
 * memory is out. */
json_t *dslt_machine_describe(void);

/* Processes to run at a time on the CPU with `threads` threads each (0: all cores): cores / threads, and a
 * GiB of free memory for each; >= 1. */
int dslt_machine_jobs(int threads);

#ifdef __cplusplus
}
#endif

#endif
