/* SPDX-License-Identifier: Apache-2.0 */
/* plan.h: a run as a list of jobs in a fixed order: sequences, repetitions of each, parts of each (TRE, SRE),
 * with the names of their result files. Every shard makes the same plan. */
#ifndef DSLT_EXPERIMENT_PLAN_H
#define DSLT_EXPERIMENT_PLAN_H

#include "dataset/dataset.h"
#include "experiment/request.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum dslt_run_layout {
  DSLT_FILES_FLAT = 0,     /* NAME.txt, NAME.tre01.txt, NAME.sre01.txt */
  DSLT_FILES_NUMBERED = 1, /* NAME/NAME_001.txt: repetitions, and GOT-10k in any case */
  DSLT_FILES_VOT = 2       /* baseline/NAME/NAME_001.txt or unsupervised/NAME/NAME_001.txt */
} dslt_run_layout;

typedef struct dslt_run_job {
  int sequence;        /* index in the set */
  int repetition;      /* from 1 */
  int part;            /* TRE segment or SRE variation, from 1; 0: neither */
  int start, frames;   /* first frame and number of them; the result has a row for each */
  int shard;           /* the shard that does it, from 0 */
  const char *trouble; /* why it cannot be done, borrowed from the set; NULL: it can */
  dslt_box first;      /* the truth on frame `start`; SRE varies it once the frames' size is known */
  char *name;          /* "Crossing", "Crossing, repetition 2"; owned, as are the paths below */
  char *boxes, *times, *losses, *stamp, *failed; /* relative to the results' folder */
} dslt_run_job;

typedef struct dslt_run_plan {
  dslt_run_layout layout;
  dslt_run_job *jobs; /* in the set's order; owned */
  int count;
} dslt_run_plan;

/* The protocol that fits the set: VOT's supervised one for VOT's layout, else one pass. */
dslt_run_protocol dslt_run_default_protocol(const dslt_dataset_kind *kind);

/* Jobs for every sequence of the set (remove first what must not run), assigned to request->shard.count
 * shards: longest first, each to the shard with the fewest frames. DSLT_EOPTION: a protocol that the set has
 * no data for. DSLT_EMEMORY. */
int dslt_run_plan_make(dslt_run_plan *out, const dslt_dataset *set, const dslt_run_request *request);
void dslt_run_plan_free(dslt_run_plan *plan);

#ifdef __cplusplus
}
#endif

#endif
