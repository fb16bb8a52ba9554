/* SPDX-License-Identifier: Apache-2.0 */
/* onednn_engine.c: oneDNN's engine and stream. */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "onednn_compat.h"

int dslt_cpu_engine_open(dslt_cpu_engine **out, dslt_cpu *cpu) {
  (void)cpu;
  dslt_cpu_engine *e = calloc(1, sizeof *e);
  if (!e) return dslt_fail(DSLT_EMEMORY, "Out of memory while opening oneDNN.");
  int rc = dslt_onednn_check(dnnl_engine_create(&e->engine, dnnl_cpu, 0), "open the CPU");
  if (rc == DSLT_OK)
    rc = dslt_onednn_check(dnnl_stream_create(&e->stream, e->engine, dnnl_stream_default_flags),
                           "open a stream");
  if (rc < 0) {
    dslt_cpu_engine_close(e);
    return rc;
  }
  *out = e;
  return DSLT_OK;
}

void dslt_cpu_engine_close(dslt_cpu_engine *e) {
  if (!e) return;
  if (e->stream) dnnl_stream_destroy(e->stream);
  if (e->engine) dnnl_engine_destroy(e->engine);
  free(e);
}

int dslt_cpu_has_bf16(void) {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16") != 0;
#else
  return 0;
#endif
}

void dslt_cpu_library(char *out, size_t size) {
  const dnnl_version_t *v = dnnl_version();
  snprintf(out, size, "oneDNN %d.%d.%d", v->major, v->minor, v->patch);
}
