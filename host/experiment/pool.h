/* SPDX-License-Identifier: Apache-2.0 */
/* pool.h: tasks in child processes, so that one that crashes or is killed for memory does not affect the
 * others.
 *
 * Children are forked without exec. The parent must therefore have only one thread, and must not have used
 * OpenMP or a GPU before: their state would be invalid in the child. A child gets SIGKILL when its parent
 * dies, ignores Ctrl-C (the parent decides) and reads nothing from standard input. */
#ifndef DSLT_EXPERIMENT_POOL_H
#define DSLT_EXPERIMENT_POOL_H

#include <signal.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { DSLT_POOL_TEXT = 1000 };

typedef struct dslt_pool_outcome {
  int code;                  /* what the task returned; DSLT_EINTERNAL when its process ended by itself */
  double seconds;            /* wall time of the child */
  long pid;                  /* it has ended */
  int64_t units;             /* the latest count reported */
  char text[DSLT_POOL_TEXT]; /* code < 0: the sentence; else the text given to dslt_pool_say() */
} dslt_pool_outcome;

/* A task's end of the pipe to its parent. */
typedef struct dslt_pool_line {
  int fd;
  double told; /* time of the last message */
  char text[DSLT_POOL_TEXT];
} dslt_pool_line;

typedef struct dslt_pool {
  int tasks, slots; /* task 0 .. tasks - 1, at most `slots` at a time, started in that order */
  void *self;       /* handed to the callbacks */
  /* In the child. The slot is 0 .. slots - 1; its return value becomes outcome.code. */
  int (*work)(void *self, int task, int slot, dslt_pool_line *line);
  /* In the parent; may be NULL. `units` is the latest count reported by the task. */
  void (*progress)(void *self, int task, int64_t units);
  /* In the parent: the task has ended. A negative answer means: start no further task. */
  int (*done)(void *self, int task, const dslt_pool_outcome *outcome);
  const volatile sig_atomic_t *stop; /* not 0: kill all children and return; may be NULL */
} dslt_pool;

/* Run all tasks; returns when the last child has ended. 1 = all tasks ended, 0 = stopped early (by `stop` or
 * by `done`), negative = a child could not be started: DSLT_EMEMORY, the others are killed. Killed children's
 * tasks are not handed to `done`; their ids are (`gone`, may be NULL). */
int dslt_pool_run(const dslt_pool *pool, void (*gone)(void *self, long pid));

/* Tell the parent how far the task is; messages less than a tenth of a second apart are dropped. */
void dslt_pool_tell(dslt_pool_line *line, int64_t units);
/* Leave a text for outcome.text. */
void dslt_pool_say(dslt_pool_line *line, const char *text);

#ifdef __cplusplus
}
#endif

#endif
