/* SPDX-License-Identifier: Apache-2.0 */
/* omp.h: OpenMP for the fuzzers, which are compiled without it and run everything in one thread. */
#ifndef DSLT_FUZZ_OMP_H
#define DSLT_FUZZ_OMP_H

static inline int omp_get_thread_num(void) { return 0; }
static inline int omp_get_num_threads(void) { return 1; }
static inline int omp_get_max_threads(void) { return 1; }
static inline void omp_set_num_threads(int threads) { (void)threads; }
static inline int omp_in_parallel(void) { return 0; }

#endif
