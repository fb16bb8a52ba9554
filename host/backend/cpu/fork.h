/* SPDX-License-Identifier: Apache-2.0 */
/* fork.h: detects that OpenMP's threads were lost by fork(). */
#ifndef DSLT_BACKEND_CPU_FORK_H
#define DSLT_BACKEND_CPU_FORK_H

/* 1 in the thread that came through fork() after OpenMP had started its threads for this library: OpenMP does
 * not notice that they no longer exist, and would wait for them for ever. Threads that the child itself
 * starts have a new pool. */
int dslt_cpu_threads_are_gone(void);
/* OpenMP is about to start threads here. */
void dslt_cpu_threads_start(void);

#endif
