/* SPDX-License-Identifier: Apache-2.0 */
/* atomic_file.c: temporary files beside their target, flushed and renamed onto it; what is no regular file is written
 * directly. */
#include "base/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

enum { ATOMIC_TRIES = 1000, MOST_LINKS = 40 };

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
  char *real = realpath(path, NULL), *name = real ? real : strdup(path);
  for (int i = 0; !real && name && i < MOST_LINKS; i++) {
    char *next = target_of_link(name);
    if (!next) break;
    free(name);
    name = next;
  }
  return name;
}

/* The descriptor of this process that such a name means; -1 for other names. */
static int descriptor_named(const char *name) {
  static const char *const streams[] = {"/dev/stdin", "/dev/stdout", "/dev/stderr"};
  static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
  for (int i = 0; i < 3; i++)
    if (strcmp(name, streams[i]) == 0) return i;
  for (int i = 0; i < 2; i++) {
    const size_t length = strlen(folders[i]);
    if (strncmp(name, folders[i], length) != 0) continue;
    const size_t digits = strspn(name + length, "0123456789");
    return digits > 0 && digits <= 6 && !name[length + digits] ? atoi(name + length) : -1;
  }
  return -1;
}

/* The same for a symbolic link to such a name. */
static int descriptor_of(const char *path) {
  char *name = strdup(path);
  int number = -1;
  for (int i = 0; name && i <= MOST_LINKS; i++) {
    number = descriptor_named(name);
    char *next = number < 0 ? target_of_link(name) : NULL;
    free(name);
    name = next;
  }
  free(name);
  return number;
}

static int check_descriptor(int number, const char *path) {
  const int flags = fcntl(number, F_GETFL);
  if (flags < 0) return dslt_fail(DSLT_EIO, "Cannot write %s: descriptor %d is not open.", path, number);
  if ((flags & O_ACCMODE) == O_RDONLY)
    return dslt_fail(DSLT_EIO, "Cannot write %s: descriptor %d is open for reading only.", path, number);
  return DSLT_OK;
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

/* A copy keeps the descriptor's position and O_APPEND; its file, opened by name, would be written from its start. */
static int copy_descriptor(int number, const char *path) {
  DSLT_TRY(check_descriptor(number, path));
  const int fd = fcntl(number, F_DUPFD_CLOEXEC, 0);
  return fd < 0 ? fail_errno("Cannot write", path) : fd;
}

/* What can be said of a folder, device or pipe without opening it. */
static int check_special(const char *path, mode_t mode) {
  if (S_ISDIR(mode)) return dslt_fail(DSLT_EIO, "Cannot write %s: it is a folder.", path);
  if (S_ISSOCK(mode)) return dslt_fail(DSLT_EIO, "Cannot write %s: it is a socket.", path);
  return access(path, W_OK) == 0 ? DSLT_OK : fail_errno("Cannot write", path);
}

static int open_special(const char *path, mode_t mode) {
  DSLT_TRY(check_special(path, mode));
  /* Without O_NONBLOCK opening a pipe nobody reads would wait for ever. */
  const int fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0 && errno == ENXIO && S_ISFIFO(mode))
    return dslt_fail(DSLT_EIO, "Cannot write %s: it is a pipe that nobody reads; start its reader first.",
                     path);
  if (fd < 0) return fail_errno("Cannot write", path);
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
  return fd;
}

/* Only a regular file gets a temporary one. What is none is opened by the name as given: /proc/PID/fd/N of a pipe
 * links to a name that does not exist. */
static int open_place(dslt_atomic_file *file, const char *path) {
  const int number = descriptor_of(path);
  struct stat status;
  const int there = stat(path, &status) == 0;
  const int special = number >= 0 || (there && !S_ISREG(status.st_mode));
  file->path = special ? strdup(path) : resolve(path);
  if (!file->path) return dslt_fail(DSLT_EMEMORY, "Out of memory while opening %s.", path);
  if (number >= 0) return copy_descriptor(number, path);
  return special ? open_special(path, status.st_mode) : create_beside(file);
}

int dslt_atomic_open(dslt_atomic_file *out, const char *path) {
  if (!path || !path[0]) return dslt_fail(DSLT_EARGUMENT, "The name of the file to write is empty.");
  dslt_atomic_file file = {0};
  int rc = open_place(&file, path);
  const int fd = rc;
  if (fd >= 0 && !(file.stream = fdopen(fd, "wb"))) {
    rc = fail_errno("Cannot write", path);
    close(fd);
    if (file.temp) unlink(file.temp);
  }
  if (rc < 0) {
    forget(&file);
    return rc;
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
  struct stat status;
  if (!path) return DSLT_OK;
  const int number = descriptor_of(path);
  if (number >= 0) return check_descriptor(number, path);
  /* The reader of a pipe that is opened and closed sees its end and leaves. */
  if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) return check_special(path, status.st_mode);
  DSLT_TRY(dslt_atomic_open(&file, path));
  dslt_atomic_abort(&file);
  return DSLT_OK;
}
