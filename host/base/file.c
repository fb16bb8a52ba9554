/* SPDX-License-Identifier: Apache-2.0 */
/* file.c: the files and folders of file.h. */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

/* ---- whole files --------------------------------------------------------------------------------- */

typedef struct buffer {
  char *bytes;
  size_t size, room; /* `room` without the NUL */
} buffer;

static int reserve(buffer *b, size_t room, const char *path) {
  char *bytes = realloc(b->bytes, room + 1);
  if (!bytes) return dslt_fail(DSLT_EMEMORY, "Out of memory while reading %s.", path);
  b->bytes = bytes;
  b->room = room;
  return DSLT_OK;
}

static int too_large(const char *path, const dslt_file_limits *limits) {
  return dslt_fail(DSLT_EFORMAT, "%s is larger than %zu MiB: it is too large to be %s.", path,
                   limits->most >> 20, limits->what);
}

static int cannot_read(const char *path) {
  return dslt_fail(DSLT_EIO, "%s cannot be read: %s.", path, strerror(errno));
}

/* A file may grow or shrink while it is read, and a pipe has no size: read until there is no more. */
static int read_all(buffer *b, int fd, const char *path, const dslt_file_limits *limits) {
  for (;;) {
    if (b->size > limits->most) return too_large(path, limits);
    if (b->size == b->room) DSLT_TRY(reserve(b, 2 * b->room, path));
    const ssize_t got = read(fd, b->bytes + b->size, b->room - b->size);
    if (got == 0) return DSLT_OK;
    if (got > 0)
      b->size += (size_t)got;
    else if (errno != EINTR)
      return cannot_read(path);
  }
}

static int read_open(buffer *b, int fd, const char *path, const dslt_file_limits *limits) {
  struct stat status;
  if (fstat(fd, &status) != 0) return cannot_read(path);
  const int regular = S_ISREG(status.st_mode);
  if (!regular && (!limits->pipes || S_ISDIR(status.st_mode)))
    return dslt_fail(DSLT_EIO, "%s is not a file.", path);
  if (regular && (unsigned long long)status.st_size > limits->most) return too_large(path, limits);
  /* One byte more than the size, so that the end is seen without growing. */
  DSLT_TRY(reserve(b, regular ? (size_t)status.st_size + 1 : 65536, path));
  return read_all(b, fd, path, limits);
}

int dslt_file_read(char **out, size_t *size, const char *path, const dslt_file_limits *limits) {
  /* Without O_NONBLOCK opening a pipe would wait for its writer. */
  const int fd = open(path, O_RDONLY | O_CLOEXEC | (limits->pipes ? 0 : O_NONBLOCK));
  if (fd < 0) return dslt_fail(DSLT_EIO, "%s cannot be opened: %s.", path, strerror(errno));
  buffer b = {0};
  const int rc = read_open(&b, fd, path, limits);
  close(fd);
  if (rc < 0) {
    free(b.bytes);
    return rc;
  }
  b.bytes[b.size] = '\0';
  *out = b.bytes;
  *size = b.size;
  return DSLT_OK;
}

/* ---- temporary folders --------------------------------------------------------------------------- */

int dslt_temporary_folder(char *out, size_t size, const char *name) {
  const char *base = getenv("TMPDIR");
  if (!base || !base[0]) base = "/tmp";
  if (snprintf(out, size, "%s/%s-XXXXXX", base, name) >= (int)size)
    return dslt_fail(DSLT_EIO, "TMPDIR is too long a path.");
  if (mkdtemp(out)) return DSLT_OK;
  return dslt_fail(DSLT_EIO,
                   "No temporary folder can be made in %s: %s. Set TMPDIR to a folder that can be written.",
                   base, strerror(errno));
}

void dslt_folder_remove(const char *folder) {
  DIR *dir = opendir(folder);
  if (!dir) return;
  for (struct dirent *entry; (entry = readdir(dir));)
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
      unlinkat(dirfd(dir), entry->d_name, 0);
  closedir(dir);
  rmdir(folder);
}
