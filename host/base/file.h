/* SPDX-License-Identifier: Apache-2.0 */
/* file.h: whole files in memory, and temporary folders. */
#ifndef DSLT_BASE_FILE_H
#define DSLT_BASE_FILE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What may be read as a whole. */
typedef struct dslt_file_limits {
  size_t most;      /* bytes */
  const char *what; /* "an annotation"; for the sentence about a file that is larger */
  int pipes;        /* 1: pipes and devices are read to their end too; 0: they are refused */
} dslt_file_limits;

/* Read the file `path`. *out ends with a NUL that *size does not count (the file may hold further ones);
 * free() it. DSLT_EIO: it cannot be opened or read, or is no file; DSLT_EFORMAT: it is too large;
 * DSLT_EMEMORY. Sentences name the path. */
int dslt_file_read(char **out, size_t *size, const char *path, const dslt_file_limits *limits);

/* Make an empty folder of this process's own below $TMPDIR or /tmp; `out` gets its path, `name` stands in it.
 * DSLT_EIO. */
int dslt_temporary_folder(char *out, size_t size, const char *name);
/* Remove a folder with the files in it (folders in it stay, and so does it then). */
void dslt_folder_remove(const char *folder);

#ifdef __cplusplus
}
#endif

#endif
