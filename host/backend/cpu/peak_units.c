/* SPDX-License-Identifier: Apache-2.0 */
/* peak_units.c: the peak of the processor's multiply-add units: a loop whose operands never leave the
 * registers, in enough independent chains to hide their latency. */
#include <omp.h>

#include "backend/peak.h"
#include "base/clock.h"
#include "cpu.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define DSLT_X86 1
#endif

/* Chains hide a latency of up to 6 cycles at 2 a cycle in the 16 registers of AVX2, of 12 in the 32 of AVX-512. */
enum { CHAINS_AVX2 = 12, CHAINS_AVX512 = 24, ROUNDS = 4096 };

/* Each runs ROUNDS multiply-adds in every chain, keeps values near 1 and gives one back, so that no part can be left
 * out. */
typedef float (*unit_loop)(float factor, float addend);

#ifdef DSLT_X86
__attribute__((target("avx512f"))) static float loop_avx512(float factor, float addend) {
  const __m512 m = _mm512_set1_ps(factor), b = _mm512_set1_ps(addend);
  __m512 a[CHAINS_AVX512];
  for (int i = 0; i < CHAINS_AVX512; ++i) a[i] = _mm512_set1_ps(1.0f + (float)i * addend);
  for (int round = 0; round < ROUNDS; ++round)
#pragma GCC unroll 24
    for (int i = 0; i < CHAINS_AVX512; ++i) a[i] = _mm512_fmadd_ps(a[i], m, b);
  for (int i = 1; i < CHAINS_AVX512; ++i) a[0] = _mm512_add_ps(a[0], a[i]);
  return _mm512_reduce_add_ps(a[0]);
}

__attribute__((target("avx2,fma"))) static float loop_avx2(float factor, float addend) {
  const __m256 m = _mm256_set1_ps(factor), b = _mm256_set1_ps(addend);
  __m256 a[CHAINS_AVX2];
  float out[8];
  for (int i = 0; i < CHAINS_AVX2; ++i) a[i] = _mm256_set1_ps(1.0f + (float)i * addend);
  for (int round = 0; round < ROUNDS; ++round)
#pragma GCC unroll 12
    for (int i = 0; i < CHAINS_AVX2; ++i) a[i] = _mm256_fmadd_ps(a[i], m, b);
  for (int i = 1; i < CHAINS_AVX2; ++i) a[0] = _mm256_add_ps(a[0], a[i]);
  _mm256_storeu_ps(out, a[0]);
  return out[0];
}

/* Pairs of bfloat16 products with float32 sums. */
__attribute__((target("avx512f,avx512bf16"))) static float loop_bf16(float factor, float addend) {
  const __m512 ones = _mm512_set1_ps(addend);
  const __m512bh m = _mm512_cvtne2ps_pbh(_mm512_set1_ps(factor), ones), b = _mm512_cvtne2ps_pbh(ones, ones);
  __m512 a[CHAINS_AVX512];
  for (int i = 0; i < CHAINS_AVX512; ++i) a[i] = _mm512_set1_ps((float)i);
  for (int round = 0; round < ROUNDS; ++round)
#pragma GCC unroll 24
    for (int i = 0; i < CHAINS_AVX512; ++i) a[i] = _mm512_dpbf16_ps(a[i], m, b);
  for (int i = 1; i < CHAINS_AVX512; ++i) a[0] = _mm512_add_ps(a[0], a[i]);
  return _mm512_reduce_add_ps(a[0]);
}
#endif

/* The widest loop that this processor has, and how many operations a round of it does; NULL: none. */
static unit_loop widest(int *operations, int precision) {
  *operations = 0;
#ifdef DSLT_X86
  if (precision == DSLT_PRECISION_BF16) {
    *operations = 64 * CHAINS_AVX512;
    return __builtin_cpu_supports("avx512bf16") ? loop_bf16 : NULL;
  }
  *operations = 32 * CHAINS_AVX512;
  if (__builtin_cpu_supports("avx512f")) return loop_avx512;
  *operations = 16 * CHAINS_AVX2;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return loop_avx2;
#endif
  (void)precision;
  return NULL;
}

/* Least seconds of one loop. A loop takes microseconds, so that a good part of them are not interrupted. */
static double least_seconds(unit_loop loop, double seconds) {
  volatile float sink;
  double least = 0.0;
  const double end = dslt_seconds() + seconds;
  for (int run = 0; run < 10 || dslt_seconds() < end; ++run) {
    const double before = dslt_seconds();
    sink = loop(0.9999f, 1e-4f);
    const double taken = dslt_seconds() - before;
    if (run == 0 || taken < least) least = taken;
  }
  (void)sink;
  return least;
}

double dslt_cpu_unit_peak(int threads, int precision, double seconds) {
  int operations;
  const unit_loop loop = widest(&operations, precision);
  double flops = 0.0;
  if (!loop) return 0.0;
#pragma omp parallel num_threads(threads) reduction(+ : flops)
  flops += (double)operations * ROUNDS / least_seconds(loop, seconds);
  return flops;
}
