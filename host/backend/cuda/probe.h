/* SPDX-License-Identifier: Apache-2.0 */
/* probe.h: what the CUDA runtime reports about this machine, and its description in words. These are separate
 * functions, so that the descriptions can be tested without the hardware. */
#ifndef DSLT_BACKEND_CUDA_PROBE_H
#define DSLT_BACKEND_CUDA_PROBE_H

#include <stdint.h>

#include "dslt/dslt.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum dslt_cuda_state {
  DSLT_CUDA_READY = 0,     /* a device that the compiled kernels run on */
  DSLT_CUDA_NO_DRIVER,     /* none installed */
  DSLT_CUDA_OLD_DRIVER,    /* older than the runtime in this build needs */
  DSLT_CUDA_NO_DEVICE,     /* a driver, but no device, or all hidden by CUDA_VISIBLE_DEVICES */
  DSLT_CUDA_OLD_DEVICE,    /* no compiled kernel fits any device */
  DSLT_CUDA_NO_CUBLAS,     /* a device, but the library of matrix products cannot be opened */
  DSLT_CUDA_DRIVER_TROUBLE /* any other error, with the driver's text */
} dslt_cuda_state;

typedef struct dslt_cuda_facts {
  dslt_cuda_state state;
  int runtime, driver; /* CUDA versions, 1000 * major + 10 * minor; driver 0: none */
  int devices;
  int index;           /* of the device below */
  char name[256];      /* of the first usable device, else of the first */
  uint64_t memory;     /* bytes */
  int major, minor;    /* compute capability */
  const char *trouble; /* error text of the driver or the loader, if there is one; static storage */
  int cublas, cudnn;   /* versions, 10000 * major + 100 * minor + patch; 0: not found */
} dslt_cuda_facts;

/* Query the runtime and, if there is a device, the vendor libraries. Creates no context and uses no device
 * memory; returns at once without a driver. */
void dslt_cuda_facts_read(dslt_cuda_facts *out);

/* What the kernels are compiled for, as numbers such as 75: machine code, and PTX, which the driver compiles. */
typedef struct dslt_cuda_code {
  const int *machine, *ptx;
  int machines, ptxs;
} dslt_cuda_code;

/* 1 when they run on a device of this compute capability; integrated 1: one on the processor's chip. */
int dslt_cuda_fits(const dslt_cuda_code *code, int major, int minor, int integrated);

/* Fill every field of `out` from the facts. */
void dslt_cuda_describe(dslt_backend_info *out, const dslt_cuda_facts *facts);

#ifdef __cplusplus
}
#endif

#endif
