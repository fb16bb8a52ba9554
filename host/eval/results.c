/* SPDX-License-Identifier: Apache-2.0 */
/* results.c: matches the files of a result folder with the sequences of a set. */
#include "eval/results.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/error.h"

/* ---- names --------------------------------------------------------------------------------------- */

static int is_digit(char c) { return c >= '0' && c <= '9'; }

/* 1 when `text` of `length` characters ends with `end`, regardless of case, and something comes before. */
static int ends_with(const char *text, size_t length, const char *end) {
  size_t tail = strlen(end);
  return length > tail && strncasecmp(text + length - tail, end, tail) == 0;
}

/* The number of `digits` digits that ends `text`, at least 1, or 0. */
static int number_at_end(const char *text, size_t length, size_t digits) {
  int number = 0;
  if (length < digits) return 0;
  for (size_t i = length - digits; i < length; i++) {
    if (!is_digit(text[i])) return 0;
    number = number * 10 + (text[i] - '0');
  }
  return number;
}

int dslt_result_name_split(dslt_result_name *out, const char *file) {
  size_t length = strlen(file);
  if (length > NAME_MAX || !ends_with(file, length, ".txt")) return 0;
  length -= 4;
  if (ends_with(file, length, "_time")) return 0;
  *out = (dslt_result_name){DSLT_RESULT_ONE_PASS, 0, (int)length};
  int run = number_at_end(file, length, 2);
  if (run > 0 && (ends_with(file, length - 2, ".tre") || ends_with(file, length - 2, ".sre"))) {
    out->kind = tolower((unsigned char)file[length - 5]) == 't' ? DSLT_RESULT_TRE : DSLT_RESULT_SRE;
    out->run = run;
    out->length = (int)length - 6;
  }
  return 1;
}

/* Index of the sequence whose name is the first `length` characters of `text`, or -1. */
static int find_part(const dslt_dataset *set, const char *text, size_t length) {
  char name[NAME_MAX + 1];
  if (length < 1 || length > NAME_MAX) return -1;
  memcpy(name, text, length);
  name[length] = '\0';
  return dslt_dataset_find(set, name);
}

/* The same with suffixes of published files: _TRACKER, then the repetition _001. */
static int find_sequence(int *run, const dslt_dataset *set, const char *text, size_t length,
                         const char *tracker) {
  int sequence = find_part(set, text, length);
  size_t tail = strlen(tracker);
  if (sequence < 0 && tail > 0 && ends_with(text, length, tracker) && text[length - tail - 1] == '_') {
    length -= tail + 1;
    sequence = find_part(set, text, length);
  }
  if (sequence < 0 && length > 4 && text[length - 4] == '_' && number_at_end(text, length, 3) > 0) {
    *run = number_at_end(text, length, 3);
    sequence = find_part(set, text, length - 4);
  }
  return sequence;
}

/* ---- folders ------------------------------------------------------------------------------------- */

typedef struct scan {
  dslt_result_folder *out;
  const dslt_dataset *set;
  const char *tracker;
  dslt_result_kind kind;
  int regions; /* 1: in VOT's folder */
  int capacity;
  int strangers;      /* files of the right kind that belong to no sequence */
  char examples[160]; /* names of the first of them */
} scan;

static int add_file(scan *state, int sequence, int run, const char *path) {
  dslt_result_folder *out = state->out;
  if (out->count == state->capacity) {
    int larger = state->capacity ? state->capacity * 2 : 128;
    dslt_result_file *grown = realloc(out->files, (size_t)larger * sizeof *grown);
    if (!grown) return dslt_fail(DSLT_EMEMORY, "Out of memory for %d result files.", larger);
    out->files = grown;
    state->capacity = larger;
  }
  char *copy = strdup(path);
  if (!copy) return dslt_fail(DSLT_EMEMORY, "Out of memory for the names of result files.");
  out->files[out->count++] = (dslt_result_file){sequence, run, state->regions, copy};
  return DSLT_OK;
}

static void count_stranger(scan *state, const char *name) {
  enum { SHOWN = 3, LONGEST = 40 };
  size_t used = strlen(state->examples);
  if (state->strangers++ < SHOWN)
    snprintf(state->examples + used, sizeof state->examples - used, "%s%.*s", used ? ", " : "", LONGEST,
             name);
}

/* What a file's name says. A sequence may be called X_time or X.tre01: a file with exactly its name is its result. */
static int read_name(dslt_result_name *out, const dslt_dataset *set, const char *file) {
  const size_t length = strlen(file);
  if (ends_with(file, length, ".txt") && find_part(set, file, length - 4) >= 0) {
    *out = (dslt_result_name){DSLT_RESULT_ONE_PASS, 0, (int)length - 4};
    return 1;
  }
  return dslt_result_name_split(out, file);
}

/* `inside`: the sequence that this folder belongs to, or -1 for the tracker's folder. */
static int scan_file(scan *state, const char *path, const char *name, int inside) {
  dslt_result_name parts;
  if (!read_name(&parts, state->set, name) || parts.kind != state->kind) return DSLT_OK;
  int run = parts.run;
  int sequence = find_sequence(&run, state->set, name, (size_t)parts.length, state->tracker);
  if (inside >= 0 && sequence != inside) return DSLT_OK; /* files of times and others */
  if (sequence < 0) {
    count_stranger(state, name);
    return DSLT_OK;
  }
  return add_file(state, sequence, run, path);
}

static int compare_names(const struct dirent **a, const struct dirent **b) {
  return strcmp((*a)->d_name, (*b)->d_name);
}

static int not_hidden(const struct dirent *entry) { return entry->d_name[0] != '.'; }

static int scan_folder(scan *state, const char *folder, int inside) {
  struct dirent **entries = NULL;
  int count = scandir(folder, &entries, not_hidden, compare_names);
  if (count < 0) return dslt_fail(DSLT_EIO, "Cannot read the result folder %s: %s.", folder, strerror(errno));
  int rc = DSLT_OK;
  for (int i = 0; i < count; i++) {
    const char *name = entries[i]->d_name;
    char path[PATH_MAX];
    struct stat status;
    if (rc == DSLT_OK && snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
      rc = dslt_fail(DSLT_EIO, "The path %.200s/%s is too long.", folder, name);
    if (rc == DSLT_OK && stat(path, &status) == 0) {
      int sequence = inside < 0 && S_ISDIR(status.st_mode) ? dslt_dataset_find(state->set, name) : -1;
      if (sequence >= 0)
        rc = scan_folder(state, path, sequence);
      else if (!S_ISDIR(status.st_mode))
        rc = scan_file(state, path, name, inside);
    }
    free(entries[i]);
  }
  free(entries);
  return rc;
}

static int compare_files(const void *left, const void *right) {
  const dslt_result_file *a = left, *b = right;
  if (a->sequence != b->sequence) return a->sequence < b->sequence ? -1 : 1;
  if (a->run != b->run) return a->run < b->run ? -1 : 1;
  return strcmp(a->path, b->path);
}

int64_t dslt_result_frames_limit(const char *folder) {
  char path[PATH_MAX];
  if (snprintf(path, sizeof path, "%s/manifest.json", folder) >= (int)sizeof path) return 0;
  json_t *manifest = json_load_file(path, 0, NULL);
  /* Any program may say so: json_integer_value() is 0 for what is not there. */
  const int64_t limit = json_integer_value(json_object_get(manifest, "frames_limit"));
  json_decref(manifest);
  return limit > 0 ? limit : 0;
}

/* VOT's runs without resets are in a separate folder and are scored as one pass. */
static int scan_unsupervised(scan *state, const char *folder) {
  char path[PATH_MAX];
  struct stat status;
  if (snprintf(path, sizeof path, "%s/unsupervised", folder) >= (int)sizeof path) return DSLT_OK;
  if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode)) return DSLT_OK;
  state->regions = 1;
  return scan_folder(state, path, -1);
}

static int make_note(dslt_result_folder *out, const scan *state) {
  char strangers[320] = "", limit[160] = "";
  if (state->strangers > 0)
    snprintf(strangers, sizeof strangers, "%d file%s named after no sequence that is asked for (%s%s).",
             state->strangers, state->strangers == 1 ? " is" : "s are", state->examples,
             state->strangers > 3 ? " ..." : "");
  if (out->frames_limit > 0)
    snprintf(limit, sizeof limit,
             "dslt run tracked at most %lld frames of each sequence (--frames): only those are scored.",
             (long long)out->frames_limit);
  return asprintf(&out->note, "%s%s%s", limit, limit[0] && strangers[0] ? " " : "", strangers) < 0 ? -1 : 0;
}

int dslt_result_folder_scan(dslt_result_folder *out, const dslt_dataset *set, const char *folder,
                            const char *tracker, dslt_result_kind kind) {
  *out = (dslt_result_folder){.frames_limit = dslt_result_frames_limit(folder)};
  scan state = {.out = out, .set = set, .tracker = tracker, .kind = kind};
  DSLT_TRY(scan_folder(&state, folder, -1));
  if (out->count == 0 && kind == DSLT_RESULT_ONE_PASS &&
      dslt_dataset_kind_of(set)->layout->results == DSLT_RESULTS_VOT)
    DSLT_TRY(scan_unsupervised(&state, folder));
  if (out->count > 1) qsort(out->files, (size_t)out->count, sizeof *out->files, compare_files);
  if (make_note(out, &state) == 0) return DSLT_OK;
  out->note = NULL;
  return dslt_fail(DSLT_EMEMORY, "Out of memory for the notes on %s.", folder);
}

void dslt_result_folder_free(dslt_result_folder *folder) {
  for (int i = 0; i < folder->count; i++) free(folder->files[i].path);
  free(folder->files);
  free(folder->note);
  *folder = (dslt_result_folder){0};
}
