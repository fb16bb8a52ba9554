/* SPDX-License-Identifier: Apache-2.0 */
/* fork.h: whether OpenMP's threads were left behind in another process. */
#ifndef DSLT_BACKEND_CPU_FORK_H
#define DSLT_BACKEND_CPU_FORK_H

/* 1 in the thread that came through fork() after OpenMP had started its threads for this library: OpenMP believes
 * that they still exist, and would wait for them for ever. Threads that the child starts begin afresh. */
int dslt_cpu_threads_are_gone(void);
/* OpenMP is about to start threads here. */
void dslt_cpu_threads_start(void);

#endif
