/* SPDX-License-Identifier: Apache-2.0 */
/* report.cu: how long the stages of a frame take, measured by the device's clock, since events cannot be
 * recorded inside a graph's conditional nodes; and the report of a frame. */
#include "launch.h"

enum { THREADS = 128 };

static __global__ void stamp_kernel(const int32_t *when) { (void)dslt_skipped(when); }

static __global__ void __launch_bounds__(THREADS)
    report_kernel(dslt_report *out, dslt_clock *clock, const uint32_t *record, int words,
                  const int32_t *when) {
  int i = (int)threadIdx.x;
  if (dslt_skipped(when)) return;
  __syncthreads(); /* the first thread has taken the time */
  if (i < words) out->record[i] = record[i];
  if (i >= DSLT_STAGE_COUNT) return;
  out->stage_ns[i] = clock->stage_ns[i];
  clock->stage_ns[i] = 0;
}

extern "C" int DSLT_LAUNCHER(stamp)(dslt_stream stream, const int32_t *when) {
  if (!((uintptr_t)when & 1u)) return dslt_fail(DSLT_EARGUMENT, "Kernel stamp needs a mark.");
  return DSLT_LAUNCH(stamp_kernel, 1, 1, stream, when);
}

extern "C" int DSLT_LAUNCHER(report)(dslt_stream stream, dslt_report *out, dslt_clock *clock,
                                     const void *record, int words, const int32_t *when) {
  static_assert((int)DSLT_REPORT_WORDS_MAX <= (int)THREADS, "one thread a word");
  if (!out || !clock || words < 0 || words > DSLT_REPORT_WORDS_MAX || (words > 0 && !record))
    return dslt_fail(DSLT_EARGUMENT, "Kernel report needs a place, a clock and a record of up to %d words.",
                     (int)DSLT_REPORT_WORDS_MAX);
  return DSLT_LAUNCH(report_kernel, 1, THREADS, stream, out, clock, (const uint32_t *)record, words, when);
}
