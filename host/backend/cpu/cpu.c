/* SPDX-License-Identifier: Apache-2.0 */
/* cpu.c: opening the CPU backend, its memory, its table. */
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

static void query(dslt_backend_info *out) {
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

int dslt_cpu_alloc(void **out, size_t bytes, const char *what) {
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
  DSLT_TRY(dslt_cpu_alloc(&data, bytes, "scratch memory"));
  free(arena->data);
  arena->data = data;
  arena->bytes = bytes;
  return DSLT_OK;
}

static void close_backend(dslt_backend *backend) {
  if (!backend) return;
  dslt_cpu *cpu = dslt_cpu_of(backend);
  dslt_cpu_engine_close(cpu->engine);
  free(cpu->converted);
  free(cpu->crop.data);
  free(cpu->scratch.data);
  free(cpu->activations.data);
  free(cpu);
}

static int open_backend(dslt_backend **out, const dslt_backend_config *config) {
  if (config->precision == DSLT_PRECISION_BF16 && !dslt_cpu_has_bf16())
    return dslt_fail(DSLT_EUNSUPPORTED,
                     "This processor (or build) has no bfloat16 arithmetic; use precision f32.");
  dslt_cpu *cpu = calloc(1, sizeof *cpu);
  if (!cpu) return dslt_fail(DSLT_EMEMORY, "Out of memory while opening the CPU backend.");
  cpu->base.ops = &dslt_cpu_backend;
  cpu->threads = config->threads > 0 ? config->threads : omp_get_max_threads();
  if (dslt_cpu_threads_are_gone()) cpu->threads = 1;
  cpu->precision = config->precision;
  int rc = dslt_cpu_engine_open(&cpu->engine, cpu);
  if (rc < 0) {
    close_backend(&cpu->base);
    return rc;
  }
  *out = &cpu->base;
  return DSLT_OK;
}

static int begin(dslt_backend *backend) {
  dslt_cpu *cpu = dslt_cpu_of(backend);
  if (cpu->threads > 1 && dslt_cpu_threads_are_gone())
    return dslt_fail(
        DSLT_ESTATE,
        "This tracker was made before fork(), and its threads did not come along. Make a tracker in the "
        "child (it gets one thread), or start the child's work in a thread of its own.");
  if (cpu->threads > 1) dslt_cpu_threads_start();
  cpu->callers_threads = omp_get_max_threads();
  omp_set_num_threads(cpu->threads);
  return DSLT_OK;
}

static int end(dslt_backend *backend) {
  dslt_cpu *cpu = dslt_cpu_of(backend);
  omp_set_num_threads(cpu->callers_threads);
  memset(&cpu->frame, 0, sizeof cpu->frame); /* the caller's pixels are only borrowed for the call */
  return DSLT_OK;
}

static int alloc_memory(void **out, dslt_backend *backend, size_t bytes) {
  (void)backend;
  return dslt_cpu_alloc(out, bytes, "the tracker");
}

static void release_memory(dslt_backend *backend, void *memory) {
  (void)backend;
  free(memory);
}

static int copy_memory(dslt_backend *backend, void *dst, const void *src, size_t bytes) {
  (void)backend;
  if (bytes) memcpy(dst, src, bytes);
  return DSLT_OK;
}

static int clear_memory(dslt_backend *backend, void *dst, size_t bytes) {
  (void)backend;
  if (bytes) memset(dst, 0, bytes);
  return DSLT_OK;
}

const dslt_backend_ops dslt_cpu_backend = {
    .api_version = DSLT_BACKEND_API_VERSION,
    .name = "cpu",
    .host_visible = 1,
    .searches_at_once = 1,
    .query = query,
    .open = open_backend,
    .close = close_backend,
    .begin = begin,
    .end = end,
    .alloc = alloc_memory,
    .release = release_memory,
    .upload = copy_memory,
    .download = copy_memory,
    .copy = copy_memory,
    .clear = clear_memory,
    .frame = dslt_cpu_frame,
    .prefetch = dslt_cpu_prefetch,
    .crop = dslt_cpu_crop,
    .augment = dslt_cpu_augment,
    .net_plan = dslt_cpu_net_plan,
    .net_run = dslt_cpu_net_run,
    .net_free = dslt_cpu_net_free,
    .conv_plan = dslt_cpu_conv_plan,
    .conv_forward = dslt_cpu_conv_forward,
    .conv_backward_weights = dslt_cpu_conv_backward_weights,
    .conv_free = dslt_cpu_conv_free,
    .upsample_forward = dslt_cpu_upsample_forward,
    .upsample_backward = dslt_cpu_upsample_backward,
    .axpby = dslt_cpu_axpby,
    .regress_plan = dslt_cpu_regress_plan,
    .regress_forward = dslt_cpu_regress_forward,
    .regress_backward = dslt_cpu_regress_backward,
    .regress_free = dslt_cpu_regress_free,
    .whole_plan = dslt_cpu_whole_plan,
    .whole_forward = dslt_cpu_whole_forward,
    .whole_backward = dslt_cpu_whole_backward,
    .whole_free = dslt_cpu_whole_free,
    .respond = dslt_cpu_respond,
    .loss = dslt_cpu_loss,
    .adam = dslt_cpu_adam,
    .locate = dslt_cpu_locate,
    .choose_scale = dslt_cpu_choose_scale,
    .locate_levels = dslt_cpu_locate_levels,
    .label = dslt_cpu_label,
    .take_level = dslt_cpu_take_level,
    .flow_open = dslt_cpu_flow_open,
    .flow_free = dslt_cpu_flow_free,
    .flow_record = dslt_cpu_flow_record,
    .flow_recorded = dslt_cpu_flow_recorded,
    .flow_if = dslt_cpu_flow_if,
    .flow_end_if = dslt_cpu_flow_end_if,
    .flow_decide = dslt_cpu_flow_decide,
    .flow_store = dslt_cpu_flow_store,
    .flow_judge = dslt_cpu_flow_judge,
    .flow_mark = dslt_cpu_flow_mark,
    .flow_gather = dslt_cpu_flow_gather,
    .flow_report = dslt_cpu_flow_report,
    .flow_training = dslt_cpu_flow_training,
};
