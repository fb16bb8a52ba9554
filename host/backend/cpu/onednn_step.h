/* SPDX-License-Identifier: Apache-2.0 */
/* onednn_step.h: one oneDNN primitive with its arguments, ready to run any number of times. */
#ifndef DSLT_BACKEND_CPU_ONEDNN_STEP_H
#define DSLT_BACKEND_CPU_ONEDNN_STEP_H

#include "onednn_compat.h"

typedef struct dslt_step {
  dnnl_primitive_t primitive;
  dnnl_exec_arg_t args[6];
  int count; /* of args; the scratchpad is the last when there is one */
  int has_scratch;
} dslt_step;

/* Make the primitive of a planned descriptor, which stays the caller's; reserves its scratch in the CPU's
 * arena. */
int dslt_step_make(dslt_step *step, dslt_cpu *cpu, dnnl_primitive_desc_t pd);
/* Add an argument of layout `md` (copied). `data` may be NULL when dslt_step_set() gives it before each
 * run. */
int dslt_step_arg(dslt_step *step, dslt_cpu *cpu, int kind, dslt_md md, const void *data);
int dslt_step_set(dslt_step *step, int kind, const void *data);
int dslt_step_run(dslt_step *step, dslt_cpu *cpu);
void dslt_step_free(dslt_step *step);

#endif
