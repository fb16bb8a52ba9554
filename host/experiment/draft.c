/* SPDX-License-Identifier: Apache-2.0 */
/* draft.c: a process's own folder below RESULTS/.partial. */
#include "experiment/draft.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/file.h"

static const char partial[] = ".partial";
enum { KEY_MAX = 128, MAKE_TRIES = 100 };

static int no_memory(const char *results) {
  return dslt_fail(DSLT_EMEMORY, "Out of memory while writing to %s.", results);
}

int dslt_results_path(char **out, const char *results, const char *name) {
  char *path = NULL;
  if (asprintf(&path, "%s/%s", results, name) < 0) return no_memory(results);
  *out = path;
  return DSLT_OK;
}

int dslt_results_save(const char *results, const char *name, int (*write)(FILE *stream, const void *what),
                      const void *what) {
  char *path = NULL;
  DSLT_TRY(dslt_results_path(&path, results, name));
  dslt_atomic_file file = {0};
  int rc = dslt_atomic_open(&file, path);
  free(path);
  DSLT_TRY(rc);
  return dslt_atomic_end(&file, write(file.stream, what));
}

/* The machine's name and the number of its space of process ids: two containers may share the name, and then
 * process ids of one are meaningless in the other. */
static void machine_key(char out[KEY_MAX]) {
  char host[65] = "", space[64] = "";
  if (gethostname(host, sizeof host - 1) != 0 || !host[0]) strcpy(host, "host");
  for (char *c = host; *c; c++)
    if (*c == '/' || *c == '.') *c = '-';
  ssize_t length = readlink("/proc/self/ns/pid", space, sizeof space - 1);
  unsigned long long number = 0;
  const char *bracket = length > 0 ? strchr(space, '[') : NULL;
  if (bracket) number = strtoull(bracket + 1, NULL, 10);
  snprintf(out, KEY_MAX, "%s-%llu", host, number);
}

/* mkdir -p of the folders above the last slash of `path`. */
static int make_parents(const char *path) {
  char *copy = strdup(path);
  if (!copy) return no_memory(path);
  int rc = DSLT_OK;
  for (char *slash = strchr(copy + 1, '/'); slash && rc == DSLT_OK; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    if (mkdir(copy, 0777) != 0 && errno != EEXIST)
      rc = dslt_fail(DSLT_EIO, "Cannot make the folder %s: %s.", copy, strerror(errno));
    *slash = '/';
  }
  free(copy);
  return rc;
}

static int draft_folder(char **out, const char *results, long pid) {
  char key[KEY_MAX];
  machine_key(key);
  char *folder = NULL;
  if (asprintf(&folder, "%s/%s/%s.%ld", results, partial, key, pid) < 0) return no_memory(results);
  *out = folder;
  return DSLT_OK;
}

int dslt_draft_open(dslt_draft *out, const char *results) {
  dslt_draft draft = {0};
  DSLT_TRY(draft_folder(&draft.folder, results, (long)getpid()));
  draft.results = strdup(results);
  int rc = draft.results ? DSLT_OK : no_memory(results);
  /* Another process that finds .partial empty may remove it between the two steps: retry once. */
  int made = 0;
  for (int i = 0; rc == DSLT_OK && !made && i < MAKE_TRIES; i++) {
    rc = make_parents(draft.folder);
    if (rc < 0) break;
    made = mkdir(draft.folder, 0777) == 0 || errno == EEXIST;
    if (!made && errno != ENOENT) break;
  }
  if (rc == DSLT_OK && !made)
    rc = dslt_fail(DSLT_EIO, "Cannot make the folder %s: %s.", draft.folder, strerror(errno));
  if (rc < 0) {
    free(draft.folder);
    free(draft.results);
    return rc;
  }
  *out = draft;
  return DSLT_OK;
}

int dslt_draft_path(char **out, const dslt_draft *draft, const char *name) {
  return dslt_results_path(out, draft->folder, name);
}

/* The new name survives a power cut only once its folder is synced; where the file system cannot do that,
 * continue. */
static void sync_parent(const char *path) {
  const char *slash = strrchr(path, '/');
  char *folder = slash ? strndup(path, (size_t)(slash - path)) : NULL;
  if (!folder) return;
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  free(folder);
  if (fd < 0) return;
  (void)!fsync(fd);
  close(fd);
}

/* 1 = there is a new file now, 0 = `only_new` and there was one, negative = error. */
static int publish(const dslt_draft *draft, const char *name, const char *final, int only_new) {
  char *from = NULL, *to = NULL;
  int rc = dslt_draft_path(&from, draft, name);
  if (rc < 0 || (rc = dslt_results_path(&to, draft->results, final)) < 0) goto done;
  if ((rc = make_parents(to)) < 0) goto done;
  if (only_new) {
    const int linked = link(from, to) == 0;
    const int exists = !linked && (errno == EEXIST || access(to, F_OK) == 0);
    rc = linked;
    if (linked || exists) unlink(from);
    if (linked || exists) goto done;
  } /* else: this file system has no hard links, so rename */
  rc = rename(from, to) == 0 ? 1
                             : dslt_fail(DSLT_EIO, "Cannot rename %s to %s: %s.", from, to, strerror(errno));
done:
  if (rc == 1) sync_parent(to);
  free(from);
  free(to);
  return rc;
}

int dslt_draft_publish(const dslt_draft *draft, const char *name, const char *final) {
  int rc = publish(draft, name, final, 0);
  return rc < 0 ? rc : DSLT_OK;
}

int dslt_draft_publish_new(const dslt_draft *draft, const char *name, const char *final) {
  return publish(draft, name, final, 1);
}

int dslt_draft_write(const dslt_draft *draft, const char *final, const void *data, size_t size) {
  static const char name[] = "file";
  char *path = NULL;
  DSLT_TRY(dslt_draft_path(&path, draft, name));
  int rc = dslt_atomic_write(path, data, size);
  free(path);
  return rc < 0 ? rc : dslt_draft_publish(draft, name, final);
}

/* Remove .partial itself too, which intentionally fails while other folders are in it. */
static void remove_partial(const char *results) {
  char *path = NULL;
  if (asprintf(&path, "%s/%s", results, partial) < 0) return;
  rmdir(path);
  free(path);
}

void dslt_draft_close(dslt_draft *draft) {
  if (draft->folder) {
    dslt_folder_remove(draft->folder);
    remove_partial(draft->results);
  }
  free(draft->folder);
  free(draft->results);
  memset(draft, 0, sizeof *draft);
}

void dslt_draft_remove(const char *results, long pid) {
  char *folder = NULL;
  if (draft_folder(&folder, results, pid) < 0) return;
  dslt_folder_remove(folder);
  free(folder);
}

/* A process that has ended but was not waited for (a container's first process may never do that) counts as
 * ended. */
static int is_alive(long pid) {
  if (kill((pid_t)pid, 0) != 0 && errno == ESRCH) return 0;
  char path[64], text[512];
  snprintf(path, sizeof path, "/proc/%ld/stat", pid);
  FILE *stream = fopen(path, "re");
  if (!stream) return 1;
  size_t size = fread(text, 1, sizeof text - 1, stream);
  fclose(stream);
  text[size] = '\0';
  const char *state = strrchr(text, ')'); /* the machine's name before it may contain dots */
  return !state || (state[1] == ' ' && state[2] != 'Z' && state[2] != 'X');
}

int dslt_draft_sweep(const char *results) {
  char *path = NULL;
  if (asprintf(&path, "%s/%s", results, partial) < 0) return 0;
  char key[KEY_MAX];
  machine_key(key);
  const size_t length = strlen(key);
  int removed = 0;
  DIR *dir = opendir(path);
  for (struct dirent *entry; dir && (entry = readdir(dir));) {
    char *end;
    if (strncmp(entry->d_name, key, length) != 0 || entry->d_name[length] != '.') continue;
    long pid = strtol(entry->d_name + length + 1, &end, 10);
    if (*end || pid <= 0 || is_alive(pid)) continue;
    dslt_draft_remove(results, pid);
    removed++;
  }
  if (dir) closedir(dir);
  free(path);
  remove_partial(results);
  return removed;
}
