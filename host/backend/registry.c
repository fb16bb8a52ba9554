/* SPDX-License-Identifier: Apache-2.0 */
/* registry.c: which backends this build has, and opening one by name. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "backend.h"
#include "base/error.h"

#ifndef DSLT_CUDA
static void cuda_query(dslt_backend_info *out) {
  memset(out, 0, sizeof *out);
  out->name = "cuda";
  strcpy(out->device, "this build has no CUDA parts (configure with the CUDA toolkit on PATH)");
}
static int cuda_open_raw(dslt_backend **out, const dslt_backend_config *config) {
  (void)out;
  (void)config;
  return DSLT_EBACKEND; /* never called: cuda_query() reports that the backend is not available */
}
#else
#define cuda_query dslt_cuda_backend.device->query
#define cuda_open_raw dslt_cuda_backend.device->open
#endif

void dslt_backend_init(dslt_backend *backend, const dslt_backend_type *type) {
  backend->type = type;
  backend->device = type->device;
  backend->nn = type->nn;
  backend->vision = type->vision;
}

/* Precision auto depends on what the device supports. */
static int open_with(dslt_backend **out, int (*open)(dslt_backend **, const dslt_backend_config *),
                     void (*query)(dslt_backend_info *), const dslt_backend_config *config) {
  dslt_backend_config settled = *config;
  if (settled.precision == DSLT_PRECISION_AUTO) {
    dslt_backend_info info;
    query(&info);
    settled.precision = info.bf16 ? DSLT_PRECISION_BF16 : DSLT_PRECISION_F32;
  }
  DSLT_TRY(open(out, &settled));
  (*out)->precision = settled.precision;
  return DSLT_OK;
}

static int cuda_open(dslt_backend **out, const dslt_backend_config *config) {
  return open_with(out, cuda_open_raw, cuda_query, config);
}

static int cpu_open(dslt_backend **out, const dslt_backend_config *config) {
  return open_with(out, dslt_cpu_backend.device->open, dslt_cpu_backend.device->query, config);
}

int dslt_backend_query(dslt_backend_info *out, int index) {
  if (!out) return dslt_fail(DSLT_EARGUMENT, "dslt_backend_query() was given no place for its answer.");
  switch (index) {
    case 0: dslt_cpu_backend.device->query(out); return DSLT_OK;
    case 1: cuda_query(out); return DSLT_OK;
    default:
      return dslt_fail(DSLT_EARGUMENT, "There is no backend number %d; they are numbered 0 and 1.", index);
  }
}

static int open_cuda(dslt_backend **out, const dslt_backend_config *config) {
  dslt_backend_info info;
  cuda_query(&info);
  if (info.available) return cuda_open(out, config);
  return dslt_fail(DSLT_EBACKEND,
                   "Backend cuda cannot run here: %s. Use --backend cpu, or auto to fall back by itself.",
                   info.device);
}

/* Choose a GPU if there is one. A build with CUDA that finds no usable GPU reports why in the note. */
static int open_auto(dslt_backend **out, char *note, size_t size, const dslt_backend_config *config) {
  dslt_backend_info info;
  cuda_query(&info);
  if (info.available) {
    if (cuda_open(out, config) == DSLT_OK) return DSLT_OK;
    snprintf(note, size, "Tracking on the CPU, since the GPU failed: %s", dslt_last_error());
  } else if (info.compiled) {
    snprintf(note, size, "Tracking on the CPU: %s.", info.device);
  }
  return cpu_open(out, config);
}

int dslt_backend_open_noting(dslt_backend **out, char *note, size_t size, const char *name,
                             const dslt_backend_config *config) {
  int rc;
  if (size > 0) note[0] = '\0';
  if (strcasecmp(name, "cuda") == 0)
    rc = open_cuda(out, config);
  else if (strcasecmp(name, "cpu") == 0)
    rc = cpu_open(out, config);
  else if (strcasecmp(name, "auto") == 0)
    rc = open_auto(out, note, size, config);
  else
    rc = dslt_fail(DSLT_EOPTION, "There is no backend \"%s\"; choose auto, cpu or cuda.", name);
  if (rc == DSLT_OK && size > 1 && !note[0]) snprintf(note, size, "%s", (*out)->note);
  return rc;
}

int dslt_backend_open(dslt_backend **out, const char *name, const dslt_backend_config *config) {
  char note[1];
  return dslt_backend_open_noting(out, note, sizeof note, name, config);
}

int dslt_backend_end(dslt_backend *backend, int rc) {
  if (rc >= 0) return backend->device->end(backend);
  char sentence[1024];
  snprintf(sentence, sizeof sentence, "%s", dslt_last_error());
  (void)backend->device->end(backend);
  return dslt_fail(rc, "%s", sentence);
}
