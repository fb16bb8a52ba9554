/* SPDX-License-Identifier: Apache-2.0 */
/* plan_cache.c: the file of fastest cuDNN plans, read when the backend opens and rewritten after each
 * measurement. */
#include "plan_cache.h"

#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/atomic_file.h"
#include "base/error.h"

static const char header[] = "dslt convolution plans 3\n";

/* $XDG_CACHE_HOME/dslt, created if missing; 0 on failure. */
static int cache_folder(char *out, size_t size) {
  const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
  int length = base && base[0] == '/' ? snprintf(out, size, "%s", base)
                                      : (home && home[0] ? snprintf(out, size, "%s/.cache", home) : -1);
  if (length < 0 || (size_t)length + 6 > size) return 0;
  (void)mkdir(out, 0700); /* exists already, or the next call fails */
  strcat(out, "/dslt");
  (void)mkdir(out, 0700);
  return access(out, W_OK | X_OK) == 0;
}

static void append_words(char *out, size_t size, const char *words) {
  size_t at = strlen(out);
  for (; *words && at + 1 < size; ++words) out[at++] = isalnum((unsigned char)*words) ? *words : '-';
  out[at] = '\0';
}

static int remember(dslt_plan_cache *cache, const dslt_plan_entry *entry) {
  for (int i = 0; i < cache->count; ++i)
    if (memcmp(cache->entries[i].key, entry->key, sizeof entry->key) == 0) {
      cache->entries[i] = *entry;
      return 1;
    }
  if (cache->count == cache->capacity) {
    int capacity = cache->capacity ? 2 * cache->capacity : 64;
    dslt_plan_entry *grown = realloc(cache->entries, (size_t)capacity * sizeof *grown);
    if (!grown) return 0; /* it will be measured again */
    cache->entries = grown;
    cache->capacity = capacity;
  }
  cache->entries[cache->count++] = *entry;
  return 1;
}

/* The numbers of a line: a key and its choice. 1: all of them are there and make sense. */
static int read_entry(dslt_plan_entry *out, const char *line) {
  enum { NUMBERS = DSLT_PLAN_KEY + 4 };
  long long number[NUMBERS];
  for (int i = 0; i < NUMBERS; ++i) {
    char *end;
    number[i] = strtoll(line, &end, 10);
    if (end == line) return 0;
    line = end;
  }
  for (int i = 0; i < DSLT_PLAN_KEY; ++i) out->key[i] = (int)number[i];
  const long long *choice = number + DSLT_PLAN_KEY;
  out->choice = (dslt_plan_choice){(int)choice[0], (int)choice[1], (int)choice[2], choice[3]};
  return out->choice.index >= 0;
}

static void read_file(dslt_plan_cache *cache) {
  FILE *file = fopen(cache->path, "r");
  char line[512];
  dslt_plan_entry entry;
  if (file && fgets(line, sizeof line, file) && strcmp(line, header) == 0)
    while (fgets(line, sizeof line, file))
      if (read_entry(&entry, line)) (void)remember(cache, &entry);
  if (file) fclose(file);
}

void dslt_plan_cache_open(dslt_plan_cache *out, const char *gpu, const char *versions) {
  memset(out, 0, sizeof *out);
  char folder[384];
  if (!cache_folder(folder, sizeof folder)) return;
  snprintf(out->path, sizeof out->path, "%s/plans-", folder);
  append_words(out->path, sizeof out->path - 64, gpu);
  append_words(out->path, sizeof out->path - 32, "-");
  append_words(out->path, sizeof out->path - 8, versions);
  strcat(out->path, ".txt");
  read_file(out);
}

void dslt_plan_cache_close(dslt_plan_cache *cache) {
  free(cache->entries);
  memset(cache, 0, sizeof *cache);
}

int dslt_plan_cache_find(dslt_plan_choice *out, const dslt_plan_cache *cache, const int key[DSLT_PLAN_KEY]) {
  for (int i = 0; i < cache->count; ++i) {
    if (memcmp(cache->entries[i].key, key, sizeof cache->entries[i].key) != 0) continue;
    *out = cache->entries[i].choice;
    return 1;
  }
  return 0;
}

/* Wait until no other process writes the file; -1 where that cannot be had, as on some network file systems. */
static int lock_file(const dslt_plan_cache *cache) {
  char path[sizeof cache->path + 8];
  snprintf(path, sizeof path, "%s.lock", cache->path);
  const int lock = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (lock >= 0) (void)flock(lock, LOCK_EX);
  return lock;
}

/* Entries that other processes wrote in the meantime are kept; if two measured the same shape, the file's
 * entry is used. */
static void merge_file(dslt_plan_cache *cache) {
  read_file(cache);
  dslt_atomic_file file = {0};
  if (dslt_atomic_open(&file, cache->path) < 0) {
    cache->path[0] = '\0';
    return;
  }
  fputs(header, file.stream);
  for (int i = 0; i < cache->count; ++i) {
    const dslt_plan_entry *e = &cache->entries[i];
    for (int j = 0; j < DSLT_PLAN_KEY; ++j) fprintf(file.stream, "%d ", e->key[j]);
    fprintf(file.stream, "%d %d %d %" PRId64 "\n", e->choice.fused, e->choice.mode, e->choice.index,
            e->choice.engine);
  }
  if (dslt_atomic_commit(&file) < 0) cache->path[0] = '\0';
}

static void write_file(dslt_plan_cache *cache) {
  const int lock = lock_file(cache);
  merge_file(cache);
  if (lock >= 0) close(lock); /* gives it up */
}

void dslt_plan_cache_add(dslt_plan_cache *cache, const int key[DSLT_PLAN_KEY], dslt_plan_choice *choice) {
  dslt_plan_entry entry;
  if (choice->index < 0) return;
  memcpy(entry.key, key, sizeof entry.key);
  entry.choice = *choice;
  if (remember(cache, &entry) && cache->path[0]) write_file(cache);
  (void)dslt_plan_cache_find(choice, cache, key);
}
