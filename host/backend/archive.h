/* SPDX-License-Identifier: Apache-2.0 */
/* archive.h: backend memory as an entry of an archive. */
#ifndef DSLT_BACKEND_ARCHIVE_H
#define DSLT_BACKEND_ARCHIVE_H

#include "backend/backend.h"
#include "base/archive.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Between begin() and end(); an archive that is read must stay open until end(). */
int dslt_archive_memory(dslt_archive *a, const char *name, dslt_backend *backend, void *memory, size_t bytes);

#ifdef __cplusplus
}
#endif

#endif
