/* SPDX-License-Identifier: Apache-2.0 */
/* cpu.h: internal state of the CPU backend and functions that its source files share. */
#ifndef DSLT_BACKEND_CPU_CPU_H
#define DSLT_BACKEND_CPU_CPU_H

#include "backend/backend.h"

/* Hot loops are compiled for each x86-64 level and selected at load time. Off with sanitizers, which crash in
 * the resolvers. */
#if defined(__x86_64__) && defined(__gnu_linux__) && __GNUC__ >= 12 && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define DSLT_HOT __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), optimize("O3")))
#else
#define DSLT_HOT
#endif

typedef struct dslt_cpu_engine dslt_cpu_engine; /* oneDNN's engine and stream, or nothing */

/* Memory that planned operations share, since they run one at a time. May move while planning, never per
 * frame. */
typedef struct dslt_arena {
  void *data;
  size_t bytes;
} dslt_arena;

typedef struct dslt_cpu {
  dslt_backend base;
  int threads;
  int callers_threads; /* put back by end() */
  int precision;
  dslt_cpu_engine *engine;

  dslt_image frame;   /* current frame as BGR8 */
  uint8_t *converted; /* holds the converted frame if the caller's had another format */
  size_t converted_bytes;

  dslt_arena crop;        /* rows and tables of cropping; grows with the first frame */
  dslt_arena hog;         /* a picture's gradients; likewise */
  dslt_arena scratch;     /* scratch of the running operation */
  dslt_arena activations; /* what a backbone passes from layer to layer */
} dslt_cpu;

static inline dslt_cpu *dslt_cpu_of(dslt_backend *backend) { return (dslt_cpu *)backend; }

/* 64-byte aligned, zeroed; DSLT_EMEMORY says what it was for. */
int dslt_cpu_new(void **out, size_t bytes, const char *what);
/* Grow an arena to at least `bytes`. */
int dslt_cpu_reserve(dslt_arena *arena, size_t bytes);

/* Every operation of the tables: dslt_cpu_NAME. */
#define DSLT_CPU_PROTOTYPE(type, name, parameters) type dslt_cpu_##name parameters;
DSLT_DEVICE_OPERATIONS(DSLT_CPU_PROTOTYPE)
DSLT_NN_OPERATIONS(DSLT_CPU_PROTOTYPE)
DSLT_VISION_OPERATIONS(DSLT_CPU_PROTOTYPE)

/* onednn_engine.c or plain_net.c */
int dslt_cpu_engine_open(dslt_cpu_engine **out, dslt_cpu *cpu);
void dslt_cpu_engine_close(dslt_cpu_engine *engine);
int dslt_cpu_has_bf16(void);
/* "oneDNN 2.6.3" or "plain C loops". */
void dslt_cpu_library(char *out, size_t size);

/* A planned matrix product: C [m][n] = op(A) op(B), all row-major and packed; ta: A is stored [k][m], tb: B
 * is stored [n][k]. onednn_gemm.c or plain_gemm.c. */
typedef struct dslt_gemm dslt_gemm;
int dslt_gemm_plan(dslt_gemm **out, dslt_cpu *cpu, int ta, int tb, int m, int n, int k);
/* The same for a product computed by one thread inside a parallel region. */
int dslt_gemm_plan_alone(dslt_gemm **out, dslt_cpu *cpu, int ta, int tb, int m, int n, int k);
/* The same with A and B in bfloat16, where dslt_cpu_has_bf16(). */
int dslt_gemm_plan_bf16(dslt_gemm **out, dslt_cpu *cpu, int ta, int tb, int m, int n, int k);
int dslt_gemm_run(dslt_gemm *gemm, float *c, const void *a, const void *b);
void dslt_gemm_free(dslt_gemm *gemm);

#endif
