/* SPDX-License-Identifier: Apache-2.0 */
/* cpu.c: the CPU backend's creation, memory and operation tables. */
#include "cpu.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cores.h"
#include "base/error.h"
#include "base/proc.h"
#include "fork.h"

static void read_processor_name(char *out, size_t size) {
  if (!dslt_proc_value(out, size, "/proc/cpuinfo", "model name")) snprintf(out, size, "processor");
}

void dslt_cpu_query(dslt_backend_info *out) {
  memset(out, 0, sizeof *out);
  out->name = "cpu";
  out->compiled = 1;
  out->available = 1;
  out->bf16 = dslt_cpu_has_bf16();
  char processor[80];
  read_processor_name(processor, sizeof processor);
  int cores = dslt_cores();
  snprintf(out->device, sizeof out->device, "%s, %d core%s", processor, cores, cores == 1 ? "" : "s");
  dslt_cpu_library(out->library, sizeof out->library);
}

int dslt_cpu_new(void **out, size_t bytes, const char *what) {
  size_t rounded = (bytes + 63) & ~(size_t)63;
  if (rounded == 0) rounded = 64;
  void *memory = rounded < bytes ? NULL : aligned_alloc(64, rounded);
  if (!memory)
    return dslt_fail(
        DSLT_EMEMORY,
        "Out of memory: %s needs %.1f MB. A smaller search area (search_width, search_height) or "
        "narrower weights need less.",
        what, (double)bytes / 1e6);
  memset(memory, 0, rounded);
  *out = memory;
  return DSLT_OK;
}

int dslt_cpu_reserve(dslt_arena *arena, size_t bytes) {
  if (bytes <= arena->bytes) return DSLT_OK;
  void *data = NULL;
  DSLT_TRY(dslt_cpu_new(&data, bytes, "scratch memory"));
  free(arena->data);
  arena->data = data;
  arena->bytes = bytes;
  return DSLT_OK;
}

void dslt_cpu_close(dslt_backend *backend) {
  if (!backend) return;
  dslt_cpu *cpu = dslt_cpu_of(backend);
  dslt_cpu_engine_close(cpu->engine);
  free(cpu->converted);
  free(cpu->crop.data);
  free(cpu->hog.data);
  free(cpu->scratch.data);
  free(cpu->activations.data);
  free(cpu);
}

int dslt_cpu_open(dslt_backend **out, const dslt_backend_config *config) {
  if (config->precision == DSLT_PRECISION_BF16 && !dslt_cpu_has_bf16())
    return dslt_fail(DSLT_EUNSUPPORTED,
                     "This processor (or build) has no bfloat16 arithmetic; use precision f32.");
  dslt_cpu *cpu = calloc(1, sizeof *cpu);
  if (!cpu) return dslt_fail(DSLT_EMEMORY, "Out of memory while opening the CPU backend.");
  dslt_backend_init(&cpu->base, &dslt_cpu_backend);
  cpu->threads = config->threads > 0 ? config->threads : omp_get_max_threads();
  if (dslt_cpu_threads_are_gone()) cpu->threads = 1;
  cpu->precision = config->precision;
  int rc = dslt_cpu_engine_open(&cpu->engine, cpu);
  if (rc < 0) {
    dslt_cpu_close(&cpu->base);
    return rc;
  }
  *out = &cpu->base;
  return DSLT_OK;
}

int dslt_cpu_begin(dslt_backend *backend) {
  dslt_cpu *cpu = dslt_cpu_of(backend);
  if (cpu->threads > 1 && dslt_cpu_threads_are_gone())
    return dslt_fail(
        DSLT_ESTATE,
        "This tracker was made before fork(), and its threads do not exist in the child. Make a tracker in the "
        "child (it gets one thread), or start the child's work in a thread of its own.");
  if (cpu->threads > 1) dslt_cpu_threads_start();
  cpu->callers_threads = omp_get_max_threads();
  omp_set_num_threads(cpu->threads);
  return DSLT_OK;
}

int dslt_cpu_end(dslt_backend *backend) {
  dslt_cpu *cpu = dslt_cpu_of(backend);
  omp_set_num_threads(cpu->callers_threads);
  memset(&cpu->frame, 0, sizeof cpu->frame); /* the caller's pixels are only borrowed for the call */
  return DSLT_OK;
}

int dslt_cpu_alloc(void **out, dslt_backend *backend, size_t bytes) {
  (void)backend;
  return dslt_cpu_new(out, bytes, "the tracker");
}

void dslt_cpu_release(dslt_backend *backend, void *memory) {
  (void)backend;
  free(memory);
}

int dslt_cpu_upload(dslt_backend *backend, void *dst, const void *src, size_t bytes) {
  (void)backend;
  if (bytes) memcpy(dst, src, bytes);
  return DSLT_OK;
}

int dslt_cpu_download(dslt_backend *backend, void *dst, const void *src, size_t bytes) {
  return dslt_cpu_upload(backend, dst, src, bytes);
}

int dslt_cpu_clear(dslt_backend *backend, void *dst, size_t bytes) {
  (void)backend;
  if (bytes) memset(dst, 0, bytes);
  return DSLT_OK;
}

#define ENTRY(type, name, parameters) .name = dslt_cpu_##name,
static const dslt_device_ops device_ops = {DSLT_DEVICE_OPERATIONS(ENTRY)};
static const dslt_nn_ops nn_ops = {DSLT_NN_OPERATIONS(ENTRY)};
static const dslt_vision_ops vision_ops = {DSLT_VISION_OPERATIONS(ENTRY)};

const dslt_backend_type dslt_cpu_backend = {.name = "cpu",
                                            .host_visible = 1,
                                            .searches_at_once = 1,
                                            .device = &device_ops,
                                            .nn = &nn_ops,
                                            .vision = &vision_ops};
