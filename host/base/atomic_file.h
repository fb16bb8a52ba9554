/* SPDX-License-Identifier: Apache-2.0 */
/* atomic_file.h: files that appear whole or not at all: written beside their target, then renamed onto it. Devices, pipes and
 * open descriptors (/dev/stdout, /dev/stderr, /dev/fd/N, /proc/self/fd/N) are written directly: there is nothing to rename. */
#ifndef DSLT_BASE_ATOMIC_FILE_H
#define DSLT_BASE_ATOMIC_FILE_H

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A file being written. Zero-initialise or open before anything else. */
typedef struct dslt_atomic_file {
  FILE *stream; /* write here; NULL when not open */
  char *path;   /* the final name, of a regular file with symbolic links resolved; owned */
  char *temp;   /* the name until the commit, in the same folder and with the same extension; owned. NULL when
                   `path` is written directly */
} dslt_atomic_file;

/* Open a new temporary file beside `path` for binary writing, with the permissions a plain new file would
 * get. A name of a descriptor, or a link to one, is written through a copy of it: from where it stands, or at the end where
 * the shell opened it by >>. DSLT_EIO names the path and the system's reason; nothing is left behind then. */
int dslt_atomic_open(dslt_atomic_file *out, const char *path);
/* Flush, fsync and rename onto the final name; frees the members in every case. On failure (disk full ...)
 * the temporary file is removed, an older file of the final name stays as it was, and DSLT_EIO names both. A
 * caller whose writer wants a name instead of a stream closes `stream`, sets it to NULL, writes `temp` and
 * then commits. */
int dslt_atomic_commit(dslt_atomic_file *file);
/* The end of a file whose writer returned `rc`: dslt_atomic_commit() of DSLT_OK or more, else dslt_atomic_abort(), and the
 * writer's code and message stay. */
int dslt_atomic_end(dslt_atomic_file *file, int rc);
/* Remove the temporary file and free the members. Harmless on a zeroed, committed or aborted file. */
void dslt_atomic_abort(dslt_atomic_file *file);
/* Can a file be made at `path`? To be asked before work whose result goes there; nothing is left behind.
 * Devices and pipes are not opened, so whether a pipe has a reader shows only at dslt_atomic_open(). `path` NULL: there is
 * nothing to ask. DSLT_EIO as dslt_atomic_open(). */
int dslt_atomic_check(const char *path);
/* The whole life in one call: `size` bytes into `path`. */
int dslt_atomic_write(const char *path, const void *data, size_t size);

#ifdef __cplusplus
}
#endif

#endif
