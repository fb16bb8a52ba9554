/* SPDX-License-Identifier: Apache-2.0 */
/* cores.h: how many processor cores there are to work with. */
#ifndef DSLT_BASE_CORES_H
#define DSLT_BASE_CORES_H

#ifdef __cplusplus
extern "C" {
#endif

/* Cores that this process may run on, which a container or taskset may have cut; >= 1. */
int dslt_cores(void);

#ifdef __cplusplus
}
#endif

#endif
