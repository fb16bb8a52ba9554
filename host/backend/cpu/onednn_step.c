/* SPDX-License-Identifier: Apache-2.0 */
/* onednn_step.c: one oneDNN primitive with its arguments: made once, run every frame. */
#include "onednn_step.h"

#include <string.h>

#include "base/error.h"

int dslt_step_arg(dslt_step *step, dslt_cpu *cpu, int kind, dslt_md md, const void *data) {
  dnnl_memory_t memory;
  void *handle = data ? (void *)(uintptr_t)data : DNNL_MEMORY_NONE;
  DSLT_TRY(dslt_onednn_check(dnnl_memory_create(&memory, md, cpu->engine->engine, handle),
                             "describe an argument"));
  step->args[step->count].arg = kind;
  step->args[step->count].memory = memory;
  ++step->count;
  return DSLT_OK;
}

int dslt_step_make(dslt_step *step, dslt_cpu *cpu, dnnl_primitive_desc_t pd) {
  memset(step, 0, sizeof *step);
  size_t scratch = dslt_pd_scratch(pd);
  int rc = dslt_cpu_reserve(&cpu->scratch, scratch);
  if (rc == DSLT_OK)
    rc = dslt_onednn_check(dnnl_primitive_create(&step->primitive, pd), "create a primitive");
  if (rc == DSLT_OK && scratch > 0) {
    rc = dslt_step_arg(step, cpu, DNNL_ARG_SCRATCHPAD, dslt_pd_md(pd, dnnl_query_scratchpad_md), NULL);
    step->has_scratch = rc == DSLT_OK;
  }
  if (rc < 0) dslt_step_free(step);
  return rc;
}

int dslt_step_set(dslt_step *step, int kind, const void *data) {
  for (int i = 0; i < step->count; ++i)
    if (step->args[i].arg == kind)
      return dslt_onednn_check(dnnl_memory_set_data_handle(step->args[i].memory, (void *)(uintptr_t)data),
                               "set an argument");
  return dslt_fail(DSLT_EINTERNAL, "A primitive has no argument %d.", kind);
}

int dslt_step_run(dslt_step *step, dslt_cpu *cpu) {
  /* The scratch may have moved since planning: another plan can grow it. */
  if (step->has_scratch) DSLT_TRY(dslt_step_set(step, DNNL_ARG_SCRATCHPAD, cpu->scratch.data));
  DSLT_TRY(
      dslt_onednn_check(dnnl_primitive_execute(step->primitive, cpu->engine->stream, step->count, step->args),
                        "run a primitive"));
  return dslt_onednn_check(dnnl_stream_wait(cpu->engine->stream), "finish a primitive");
}

void dslt_step_free(dslt_step *step) {
  for (int i = 0; i < step->count; ++i) dnnl_memory_destroy(step->args[i].memory);
  if (step->primitive) dnnl_primitive_destroy(step->primitive);
  memset(step, 0, sizeof *step);
}
