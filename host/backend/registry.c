/* registry.c: which backends this build has, and opening one by name. */
#include <string.h>
#include <strings.h>

#include "backend.h"
#include "util/error.h"

#ifndef DSLT_CUDA
static void cuda_query(dslt_backend_info *out) {
  memset(out, 0, sizeof *out);
  out->name = "cuda";
  strcpy(out->device, "this build has no CUDA parts (configure with the CUDA toolkit on PATH)");
}
#else
#define cuda_query dslt_cuda_query
#endif

int dslt_backend_query(dslt_backend_info *out, int index) {
  if (!out) return dslt_fail(DSLT_EARGUMENT, "dslt_backend_query() was given no place for its answer.");
  switch (index) {
    case 0: dslt_cpu_backend.query(out); return DSLT_OK;
    case 1: cuda_query(out); return DSLT_OK;
    default:
      return dslt_fail(DSLT_EARGUMENT, "There is no backend number %d; they are numbered 0 and 1.", index);
  }
}

int dslt_backend_open(dslt_backend **out, const char *name, const dslt_backend_config *config) {
  if (strcasecmp(name, "cuda") == 0) {
    dslt_backend_info info;
    cuda_query(&info);
    return dslt_fail(DSLT_EBACKEND,
                     "Backend cuda cannot run here: %s. Use --backend cpu, or auto to fall back by itself.",
                     info.device);
  }
  if (strcasecmp(name, "cpu") != 0 && strcasecmp(name, "auto") != 0)
    return dslt_fail(DSLT_EOPTION, "There is no backend \"%s\"; choose auto, cpu or cuda.", name);
  return dslt_cpu_backend.open(out, config);
}
