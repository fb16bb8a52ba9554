/* SPDX-License-Identifier: Apache-2.0 */
/* lock.c: a lock on bytes of a file: byte i for shard i, all bytes for a run without shards. */
#include "experiment/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"

enum { TRIES = 40, TRY_MS = 50 }; /* seconds to wait for children of a killed run to end */

static void rest(void) {
  const struct timespec time = {0, TRY_MS * 1000000L};
  nanosleep(&time, NULL);
}

/* 0, or errno's value. */
static int lock_bytes(int fd, const dslt_shard *shard) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  if (shard && shard->count > 1) {
    lock.l_start = shard->index;
    lock.l_len = 1;
  } /* else: length 0, to the end of the file */
  return fcntl(fd, F_OFD_SETLK, &lock) == 0 ? 0 : errno;
}

/* The last run removes the file; then `fd` may be a deleted file. */
static int is_current(int fd, const char *path) {
  struct stat mine, there;
  return fstat(fd, &mine) == 0 && stat(path, &there) == 0 && mine.st_ino == there.st_ino &&
         mine.st_dev == there.st_dev;
}

/* 1 = taken, 0 = busy, negative = error. *fd is -1 if the file system has no locks. */
static int try_once(int *fd, const char *path, const dslt_shard *shard) {
  *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (*fd < 0) return dslt_fail(DSLT_EIO, "Cannot open the lock %s: %s.", path, strerror(errno));
  const int error = lock_bytes(*fd, shard);
  if (error == 0 && is_current(*fd, path)) return 1;
  close(*fd);
  *fd = -1;
  return error != 0 && error != EAGAIN && error != EACCES &&
         error != EINTR; /* no locks here: continue without */
}

int dslt_lock_take(dslt_lock *out, const char *results, const dslt_shard *shard) {
  char *path = NULL;
  *out = (dslt_lock){.fd = -1};
  if (asprintf(&path, "%s/.partial/lock", results) < 0)
    return dslt_fail(DSLT_EMEMORY, "Out of memory while preparing the run.");
  int taken = 0, fd = -1;
  for (int i = 0; taken == 0 && i < TRIES; i++) {
    if (i > 0) rest();
    taken = try_once(&fd, path, shard);
  }
  if (taken <= 0) {
    free(path);
    return taken < 0
               ? taken
               : dslt_fail(DSLT_ESTATE,
                           "Another dslt run is at work in %s: wait until it has ended, or give another "
                           "--out.",
                           results);
  }
  *out = (dslt_lock){fd, path};
  return DSLT_OK;
}

void dslt_lock_drop(dslt_lock *lock) {
  if (lock->fd >= 0) {
    if (lock_bytes(lock->fd, NULL) == 0) unlink(lock->path); /* no other run is active here */
    close(lock->fd);
  }
  if (lock->path) {
    char *slash = strrchr(lock->path, '/');
    *slash = '\0';
    rmdir(lock->path); /* intentionally fails while others have drafts there */
  }
  free(lock->path);
  *lock = (dslt_lock){.fd = -1};
}
