/* SPDX-License-Identifier: Apache-2.0 */
/* hd.h: the mark of functions that both the host and the kernels compile. */
#ifndef DSLT_BASE_HD_H
#define DSLT_BASE_HD_H

#ifdef __CUDACC__
#define DSLT_HD __host__ __device__ static inline
#else
#define DSLT_HD static inline
#endif

#endif
