/* SPDX-License-Identifier: Apache-2.0 */
/* gpus.c: the table of GPUs. */
#include "bench/gpus.h"

#include <ctype.h>
#include <stdio.h>

/* Data sheets print the rates of tensor cores with "sparsity" too, which is twice these. */
static const dslt_gpu gpus[] = {
    {"H200", 989e12, 494e12, 67e12, 4.8e12, "NVIDIA H200 data sheet, SXM"},
    {"H100", 989e12, 494e12, 67e12, 3.35e12, "NVIDIA H100 data sheet, SXM"},
    {"A100", 312e12, 156e12, 19.5e12, 2.039e12, "NVIDIA A100 data sheet, 80 GB SXM"},
    {"L40S", 362e12, 183e12, 91.6e12, 864e9, "NVIDIA L40S data sheet"},
    {"RTX 4090", 165.2e12, 82.6e12, 82.6e12, 1008e9, "NVIDIA Ada GPU architecture white paper"},
    {"RTX 3080", 59.5e12, 29.8e12, 29.8e12, 760e9, "NVIDIA Ampere GA102 white paper, 10 GB"},
    {"Jetson Orin", 42.5e12, 21.2e12, 5.3e12, 204.8e9, "NVIDIA Jetson AGX Orin technical brief, 64 GB"},
    {"T4", 0, 0, 8.1e12, 320e9, "NVIDIA Turing architecture white paper"},
};
enum { GPUS = sizeof gpus / sizeof *gpus };

/* An empty kernel that waits for the one before it in a graph takes longer on every GPU that has been published on. What
 * this machine's GPU takes: dslt_bench_kernels, launch_us. */
const double dslt_gpu_node_seconds = 1e-6;
const char dslt_gpu_node_source[] =
    "assumed: 1 us a node, less than an empty kernel takes in a chain on GPUs so far; dslt_bench_kernels "
    "measures it "
    "(launch_us)";

const dslt_gpu *dslt_gpu_at(int index) { return index >= 0 && index < GPUS ? &gpus[index] : NULL; }

/* The next letter or digit in lower case, 0 at the end. */
static int next_letter(const char **p) {
  while (**p && !isalnum((unsigned char)**p)) ++*p;
  return **p ? tolower((unsigned char)*(*p)++) : 0;
}

static int same_name(const char *a, const char *b) {
  int letter;
  do {
    letter = next_letter(&a);
    if (letter != next_letter(&b)) return 0;
  } while (letter);
  return 1;
}

const dslt_gpu *dslt_gpu_find(const char *name) {
  for (int i = 0; i < GPUS; i++)
    if (same_name(gpus[i].name, name)) return &gpus[i];
  return NULL;
}

const char *dslt_gpu_names(char *out, size_t size) {
  size_t used = 0;
  if (size > 0) *out = '\0';
  for (int i = 0; i < GPUS && used < size; i++)
    used += (size_t)snprintf(out + used, size - used, "%s%s", i ? ", " : "", gpus[i].name);
  return out;
}

dslt_precision dslt_gpu_precision(const dslt_gpu *gpu, dslt_precision wanted) {
  if (wanted != DSLT_PRECISION_AUTO) return wanted;
  return gpu->bf16 > 0 ? DSLT_PRECISION_BF16 : DSLT_PRECISION_F32;
}

double dslt_gpu_flops(const dslt_gpu *gpu, dslt_precision precision) {
  switch (precision) {
    case DSLT_PRECISION_BF16: return gpu->bf16;
    case DSLT_PRECISION_TF32: return gpu->tf32 > 0 ? gpu->tf32 : gpu->f32;
    default: return gpu->f32;
  }
}

const char *dslt_gpu_precision_name(dslt_precision precision) {
  switch (precision) {
    case DSLT_PRECISION_BF16: return "bf16";
    case DSLT_PRECISION_TF32: return "tf32";
    default: return "f32";
  }
}
