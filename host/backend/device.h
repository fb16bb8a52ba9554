/* SPDX-License-Identifier: Apache-2.0 */
/* device.h: what a backend does with memory, frames and recorded calls. The list below is the only place that
 * names these operations: structure, prototypes, both tables and the tests are made from it. */
#ifndef DSLT_BACKEND_DEVICE_H
#define DSLT_BACKEND_DEVICE_H

#include "backend/types.h"

/* Largest record of dslt_frame_graph's report, bytes. */
enum { DSLT_REPORT_BYTES_MAX = 512 };

/* clang-format off */
#define DSLT_DEVICE_OPERATIONS(XX)                                                                               \
  XX(void, query, (dslt_backend_info *out))                                                                      \
  XX(int, open, (dslt_backend **out, const dslt_backend_config *config))                                         \
  XX(void, close, (dslt_backend *backend))                                                                       \
  /* Bracket every group of calls: bind threads or device; restore the caller's settings. */                     \
  XX(int, begin, (dslt_backend *backend))                                                                        \
  XX(int, end, (dslt_backend *backend))                                                                          \
                                                                                                                 \
  /* Backend memory, zeroed, 64-byte aligned. */                                                                 \
  XX(int, alloc, (void **out, dslt_backend *backend, size_t bytes))                                              \
  XX(void, release, (dslt_backend *backend, void *memory))                                                       \
  XX(int, upload, (dslt_backend *backend, void *dst, const void *src, size_t bytes))                             \
  XX(int, download, (dslt_backend *backend, void *dst, const void *src, size_t bytes))                           \
  XX(int, clear, (dslt_backend *backend, void *dst, size_t bytes)) /* to zero bytes */                           \
                                                                                                                 \
  /* Make `image` the current frame; it must stay readable until end(). Operations read at most the pixels of    \
   * `reads` until the next frame; NULL: all. */                                                                 \
  XX(int, frame, (dslt_backend *backend, const dslt_image *image, const dslt_frame_area *reads))                 \
  /* Begin to upload `image`, or this part of it, while the current frame is processed; it is read in this call  \
   * alone. The next frame() uses the copy if it names the same pixels and layout and reads no others; another   \
   * image, or NULL here, discards it. */                                                                        \
  XX(int, prefetch, (dslt_backend *backend, const dslt_image *image, const dslt_frame_area *reads))              \
                                                                                                                 \
  /* Sections of calls that repeat every frame, numbered 0 .. sections - 1; a backend may record each once and   \
   * replay it. The backend must outlive the graph. */                                                           \
  XX(int, graph_open, (dslt_frame_graph **out, dslt_backend *backend, int sections))                             \
  XX(void, graph_free, (dslt_frame_graph *graph))                                                                \
  /* *run = 1: make the section's calls now; 0: the recorded calls have been launched instead. Then graph_end()  \
   * with the calls' result: DSLT_OK, a negative code, or 1: recording failed, begin the section again. The      \
   * calls must be the same every time, and none may wait for the backend. */                                    \
  XX(int, graph_begin, (int *run, dslt_frame_graph *graph, int section))                                         \
  XX(int, graph_end, (dslt_frame_graph *graph, int rc))                                                          \
  /* Bracket calls that take effect only if *flag (backend memory) is not 0. *run = 0: leave them out. The flag  \
   * must not change inside; those of a section's blocks that are not light, not from the first such block on.    \
   * Blocks nest once, and the inner flag implies the outer one. light = 1: the block                            \
   * runs no network and no convolution, so that skipping kernel by kernel is cheaper than a graph node. */      \
  XX(int, graph_if, (int *run, dslt_frame_graph *graph, const int32_t *flag, int light))                         \
  XX(int, graph_end_if, (dslt_frame_graph *graph))                                                               \
  /* Add the time since the last mark to `stage`; -1 starts the clock. */                                        \
  XX(int, graph_mark, (dslt_frame_graph *graph, int stage))                                                      \
  /* Last call of a section: send `bytes` (0 .. DSLT_REPORT_BYTES_MAX, multiple of 4) of backend memory to the   \
   * host. Outside of it, graph_wait() waits for them and copies them to `record`, and the time of each stage    \
   * since the last report to stage_ms [DSLT_STAGE_COUNT]. */                                                    \
  XX(int, graph_report, (dslt_frame_graph *graph, const void *record, size_t bytes))                             \
  XX(int, graph_wait, (void *record, double *stage_ms, dslt_frame_graph *graph))
/* clang-format on */

typedef struct dslt_device_ops {
  DSLT_DEVICE_OPERATIONS(DSLT_MEMBER)
} dslt_device_ops;

#endif
