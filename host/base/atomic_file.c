/* SPDX-License-Identifier: Apache-2.0 */
/* atomic_file.c: temporary files beside their target, flushed and renamed onto it. */
#include "base/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

enum { ATOMIC_TRIES = 1000 };

static int fail_errno(const char *what, const char *path) {
  return dslt_fail(DSLT_EIO, "%s %s: %s.", what, path, strerror(errno));
}

static void forget(dslt_atomic_file *file) {
  free(file->path);
  free(file->temp);
  memset(file, 0, sizeof *file);
}

/* Where a symbolic link points to, from the link's own folder; NULL: it is none. */
static char *target_of_link(const char *path) {
  char target[PATH_MAX], *name = NULL;
  const char *slash = strrchr(path, '/');
  const ssize_t length = readlink(path, target, sizeof target - 1);
  if (length <= 0) return NULL;
  target[length] = '\0';
  const int folder = slash && target[0] != '/' ? (int)(slash + 1 - path) : 0;
  return asprintf(&name, "%.*s%s", folder, path, target) < 0 ? NULL : name;
}

/* The name behind symbolic links, so that the rename replaces the file and not the link; also behind those whose file
 * does not exist yet. */
static char *resolve(const char *path) {
  enum { MOST_LINKS = 40 };
  char *real = realpath(path, NULL), *name = real ? real : strdup(path);
  for (int i = 0; !real && name && i < MOST_LINKS; i++) {
    char *next = target_of_link(name);
    if (!next) break;
    free(name);
    name = next;
  }
  return name;
}

/* "folder/.name.PID-try.ext": hidden, and the extension stays for writers that choose a format by it. Of a long name
 * only the beginning, since this one is longer. */
static char *temporary_name(const char *path, int attempt) {
  const char *slash = strrchr(path, '/');
  const char *base = slash ? slash + 1 : path;
  const char *dot = strrchr(base, '.');
  if (!dot || dot == base) dot = base + strlen(base);
  const size_t room = NAME_MAX - 40, ending = strlen(dot), whole = (size_t)(dot - base);
  const int stem = (int)(ending >= room ? 0 : whole + ending > room ? room - ending : whole);
  char *name = NULL;
  if (asprintf(&name, "%.*s.%.*s.%ld-%d%s", (int)(base - path), path, stem, base, (long)getpid(), attempt,
               ending < room ? dot : "") < 0)
    return NULL;
  return name;
}

/* O_EXCL with the usual mode: mkstemp would leave 0600 whatever the umask says. */
static int create_beside(dslt_atomic_file *file) {
  for (int attempt = 0; attempt < ATOMIC_TRIES; attempt++) {
    file->temp = temporary_name(file->path, attempt);
    if (!file->temp) return dslt_fail(DSLT_EMEMORY, "Out of memory while opening %s.", file->path);
    int fd = open(file->temp, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
    if (fd >= 0) return fd;
    if (errno != EEXIST) break;
    free(file->temp);
    file->temp = NULL;
  }
  int rc = fail_errno("Cannot create a file beside", file->path);
  free(file->temp);
  file->temp = NULL;
  return rc;
}

int dslt_atomic_open(dslt_atomic_file *out, const char *path) {
  if (!path || !path[0]) return dslt_fail(DSLT_EARGUMENT, "The name of the file to write is empty.");
  dslt_atomic_file file = {0};
  file.path = resolve(path);
  if (!file.path) return dslt_fail(DSLT_EMEMORY, "Out of memory while opening %s.", path);
  struct stat status;
  int fd;
  if (stat(file.path, &status) == 0 && S_ISDIR(status.st_mode)) {
    fd = dslt_fail(DSLT_EIO, "Cannot write %s: it is a folder.", path);
  } else if (stat(file.path, &status) == 0 && !S_ISREG(status.st_mode)) {
    /* Without O_NONBLOCK opening a pipe nobody reads would wait for ever. */
    fd = open(file.path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENXIO)
      fd = dslt_fail(DSLT_EIO, "Cannot write %s: it is a pipe that nobody reads; start its reader first.",
                     path);
    else if (fd < 0)
      fd = fail_errno("Cannot write", path);
    else
      fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
  } else {
    fd = create_beside(&file);
  }
  if (fd >= 0) {
    file.stream = fdopen(fd, "wb");
    if (!file.stream) {
      int rc = fail_errno("Cannot write", path);
      close(fd);
      if (file.temp) unlink(file.temp);
      fd = rc;
    }
  }
  if (fd < 0) {
    forget(&file);
    return fd;
  }
  *out = file;
  return DSLT_OK;
}

/* Devices and pipes answer EINVAL or ENOTSUP to fsync: nothing to flush there. */
static int flush_to_disk(int fd) {
  if (fsync(fd) == 0 || errno == EINVAL || errno == ENOTSUP || errno == EROFS) return 0;
  return -1;
}

static int finish_stream(dslt_atomic_file *file) {
  if (file->stream) {
    int bad = ferror(file->stream) || fflush(file->stream) != 0 || flush_to_disk(fileno(file->stream)) != 0;
    int reason = errno ? errno : EIO;
    if (fclose(file->stream) != 0 && !bad) {
      bad = 1;
      reason = errno;
    }
    file->stream = NULL;
    errno = reason;
    return bad ? -1 : 0;
  }
  if (!file->temp) return 0;
  int fd = open(file->temp, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  int bad = flush_to_disk(fd);
  close(fd);
  return bad;
}

/* The rename itself survives a power cut only once the folder is on disk; where that cannot be asked for, go
 * on. */
static void sync_folder(const char *path) {
  const char *slash = strrchr(path, '/');
  char *folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
  if (!folder) return;
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  free(folder);
  if (fd < 0) return;
  (void)!fsync(fd);
  close(fd);
}

int dslt_atomic_commit(dslt_atomic_file *file) {
  if (!file->path) return dslt_fail(DSLT_ESTATE, "The file to finish is not open.");
  errno = 0;
  int rc = DSLT_OK;
  if (finish_stream(file) != 0) {
    rc = fail_errno("Cannot write", file->path);
  } else if (file->temp && rename(file->temp, file->path) != 0) {
    rc = fail_errno("Cannot rename the finished file to", file->path);
  }
  if (file->temp) {
    if (rc == DSLT_OK)
      sync_folder(file->path);
    else
      unlink(file->temp);
  }
  forget(file);
  return rc;
}

void dslt_atomic_abort(dslt_atomic_file *file) {
  if (!file || !file->path) return;
  if (file->stream) fclose(file->stream);
  if (file->temp) unlink(file->temp);
  forget(file);
}

int dslt_atomic_end(dslt_atomic_file *file, int rc) {
  if (rc >= 0) return dslt_atomic_commit(file);
  dslt_atomic_abort(file);
  return rc;
}

int dslt_atomic_write(const char *path, const void *data, size_t size) {
  dslt_atomic_file file = {0};
  DSLT_TRY(dslt_atomic_open(&file, path));
  if (size) fwrite(data, 1, size, file.stream); /* the commit reads the stream's error flag */
  return dslt_atomic_commit(&file);
}

int dslt_atomic_check(const char *path) {
  dslt_atomic_file file = {0};
  if (!path) return DSLT_OK;
  DSLT_TRY(dslt_atomic_open(&file, path));
  dslt_atomic_abort(&file);
  return DSLT_OK;
}
