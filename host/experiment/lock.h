/* SPDX-License-Identifier: Apache-2.0 */
/* lock.h: one run at a time in a folder of results, or one for each shard. The lock is on the open file
 * RESULTS/.partial/lock, so it ends with the processes that hold it, however they end. */
#ifndef DSLT_EXPERIMENT_LOCK_H
#define DSLT_EXPERIMENT_LOCK_H

#include "experiment/shard.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dslt_lock {
  int fd;     /* -1: none is held */
  char *path; /* owned */
} dslt_lock;

/* Take the lock of a shard (a run without shards takes all). RESULTS/.partial must exist. DSLT_ESTATE:
 * another run is active; DSLT_EIO, DSLT_EMEMORY. Where the file system has no locks, there is none. */
int dslt_lock_take(dslt_lock *out, const char *results, const dslt_shard *shard);
/* Release it; the last one removes the file. Does nothing if none is held. */
void dslt_lock_drop(dslt_lock *lock);

#ifdef __cplusplus
}
#endif

#endif
