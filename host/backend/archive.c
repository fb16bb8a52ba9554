/* SPDX-License-Identifier: Apache-2.0 */
/* archive.c: backend memory as an entry of an archive. */
#include "backend/archive.h"

#include "base/error.h"

int dslt_archive_memory(dslt_archive *a, const char *name, dslt_backend *backend, void *memory,
                        size_t bytes) {
  void *place;
  DSLT_TRY(dslt_archive_place(&place, a, name, bytes));
  if (bytes == 0) return DSLT_OK;
  if (a->reading) return backend->device->upload(backend, memory, place, bytes);
  return backend->device->download(backend, place, memory, bytes);
}
