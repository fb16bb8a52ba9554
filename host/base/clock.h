/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h: the clocks that every room measures with. */
#ifndef DSLT_BASE_CLOCK_H
#define DSLT_BASE_CLOCK_H

#ifdef __cplusplus
extern "C" {
#endif

/* Seconds of a clock that never jumps. */
double dslt_seconds(void);
/* Processor time of this process so far, all threads, seconds. */
double dslt_cpu_seconds(void);

#ifdef __cplusplus
}
#endif

#endif
