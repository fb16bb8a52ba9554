/* SPDX-License-Identifier: Apache-2.0 */
/* finish.h: what can only be written once several jobs are done. */
#ifndef DSLT_EXPERIMENT_FINISH_H
#define DSLT_EXPERIMENT_FINISH_H

#include "experiment/draft.h"
#include "experiment/plan.h"

#ifdef __cplusplus
extern "C" {
#endif

/* SEQUENCE_time.txt beside the numbered results of GOT-10k and VOT, a column for each repetition, from the
 * files in times/, for each sequence of which all repetitions are there. Several shards may do it.
 * DSLT_EIO. */
int dslt_finish_times(const dslt_run_plan *plan, const dslt_dataset *set, const dslt_draft *draft);

/* Remove that file of one job, whose times are about to change. */
void dslt_finish_forget(const dslt_run_plan *plan, const dslt_run_job *job, const char *results);

#ifdef __cplusplus
}
#endif

#endif
