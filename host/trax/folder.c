/* SPDX-License-Identifier: Apache-2.0 */
/* folder.c: reads the folder that VOT's toolkit filled, tracks its objects, writes their boxes. */
#include "trax/folder.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/file.h"
#include "media/decode.h"
#include "trax/objects.h"
#include "trax/region.h"

enum { LONGEST_ID = 64 };
static const size_t largest_list = (size_t)64 << 20, largest_query = (size_t)16 << 20; /* bytes */

typedef struct query {
  char id[LONGEST_ID + 1];
  long offset; /* first frame */
  dslt_box box;
  int object;         /* its number among the session's; -1: it has not joined */
  dslt_result *found; /* [frames] */
} query;

typedef struct batch {
  const dslt_trax_folder_setup *setup;
  char *list; /* the bytes of the list of frames, cut into lines */
  char **frames;
  long count;
  query queries[DSLT_GROUP_TARGETS];
  int query_count;
  dslt_trax_objects objects;
  dslt_frame frame;
} batch;

static int join(char *out, const batch *b, const char *name) {
  if (snprintf(out, PATH_MAX, "%s/%s", b->setup->folder, name) < PATH_MAX) return DSLT_OK;
  return dslt_fail(DSLT_EIO, "The path of %.60s is too long.", name);
}

/* ---- frames -------------------------------------------------------------------------------------- */

/* End the line at `at` and give the next one, or NULL. */
static char *cut_line(char *at) {
  char *end = strchr(at, '\n');
  if (end) *end++ = '\0';
  const size_t length = strlen(at);
  if (length && at[length - 1] == '\r') at[length - 1] = '\0';
  return end && *end ? end : NULL;
}

static int read_frames(batch *b) {
  char path[PATH_MAX];
  size_t size = 0;
  const dslt_file_limits limits = {.most = largest_list, .what = "a list of frames"};
  DSLT_TRY(join(path, b, "frames_color.txt"));
  DSLT_TRY(dslt_file_read(&b->list, &size, path, &limits));
  if (strlen(b->list) != size) return dslt_fail(DSLT_EFORMAT, "%s holds a zero byte.", path);
  size_t lines = 1;
  for (const char *at = b->list; (at = strchr(at, '\n')); at++) lines++;
  b->frames = calloc(lines, sizeof *b->frames);
  if (!b->frames) return dslt_fail(DSLT_EMEMORY, "Out of memory for the list %s.", path);
  for (char *at = b->list, *next; at; at = next) {
    next = cut_line(at);
    if (at[0]) b->frames[b->count++] = at;
  }
  return b->count ? DSLT_OK : dslt_fail(DSLT_EFORMAT, "%s names no frame.", path);
}

static int load_frame(dslt_image *out, batch *b, long index) {
  char path[PATH_MAX];
  const char *name = b->frames[index];
  if (name[0] != '/') DSLT_TRY(join(path, b, name));
  DSLT_TRY(dslt_picture_load(&b->frame, name[0] == '/' ? name : path, NULL));
  *out = (dslt_image){b->frame.pixels, b->frame.width, b->frame.height, b->frame.stride, b->frame.format};
  return DSLT_OK;
}

/* ---- queries ------------------------------------------------------------------------------------- */

/* The ID in "query_ID.txt" into `out`; 0 for other names. */
static int id_of(char out[LONGEST_ID + 1], const char *name) {
  const size_t length = strlen(name), around = sizeof "query_.txt" - 1;
  if (length <= around || strncmp(name, "query_", 6) != 0 || strcmp(name + length - 4, ".txt") != 0) return 0;
  if (length - around > LONGEST_ID) return 0;
  memcpy(out, name + 6, length - around);
  out[length - around] = '\0';
  return 1;
}

static int parse_query(query *q, char *text, const char *path, long frames) {
  char *region = cut_line(text), *end;
  errno = 0;
  q->offset = strtol(text, &end, 10);
  if (end == text || *end || errno || q->offset < 0 || q->offset >= frames)
    return dslt_fail(DSLT_EFORMAT, "Line 1 of %s is no number of a frame from 0 to %ld.", path, frames - 1);
  if (!region) return dslt_fail(DSLT_EFORMAT, "%s lacks its second line, the region.", path);
  (void)cut_line(region);
  const int rc = dslt_trax_region_box(&q->box, region);
  return rc < 0 ? dslt_fail_prefix(rc, path) : DSLT_OK;
}

static int read_query(batch *b, const char *name) {
  char path[PATH_MAX], *text = NULL;
  size_t size = 0;
  const dslt_file_limits limits = {.most = largest_query, .what = "a query"};
  if (b->query_count == DSLT_GROUP_TARGETS)
    return dslt_fail(DSLT_EARGUMENT, "%s holds more than %d queries.", b->setup->folder, DSLT_GROUP_TARGETS);
  query *q = &b->queries[b->query_count];
  *q = (query){.object = -1};
  id_of(q->id, name);
  DSLT_TRY(join(path, b, name));
  DSLT_TRY(dslt_file_read(&text, &size, path, &limits));
  const int rc = parse_query(q, text, path, b->count);
  free(text);
  if (rc < 0) return rc;
  q->found = calloc((size_t)b->count, sizeof *q->found);
  if (!q->found) return dslt_fail(DSLT_EMEMORY, "Out of memory for %ld frames.", b->count);
  b->query_count++;
  return DSLT_OK;
}

static int is_query(const struct dirent *entry) {
  char id[LONGEST_ID + 1];
  return id_of(id, entry->d_name);
}

static int read_queries(batch *b) {
  struct dirent **entries = NULL;
  const int found = scandir(b->setup->folder, &entries, is_query, versionsort);
  if (found < 0)
    return dslt_fail(DSLT_EIO, "The folder %s cannot be read: %s.", b->setup->folder, strerror(errno));
  int rc = found ? DSLT_OK
                 : dslt_fail(DSLT_EFORMAT, "%s holds no query_ID.txt; there is nothing to track.",
                             b->setup->folder);
  for (int i = 0; i < found; i++) {
    if (rc == DSLT_OK) rc = read_query(b, entries[i]->d_name);
    free(entries[i]);
  }
  free(entries);
  return rc;
}

/* ---- tracking ------------------------------------------------------------------------------------ */

static int track_frame(batch *b, long index) {
  dslt_image image;
  for (int i = 0; i < b->query_count; i++) {
    query *q = &b->queries[i];
    if (q->offset != index) continue;
    q->object = b->objects.count + b->objects.waits;
    DSLT_TRY(dslt_trax_objects_add(&b->objects, &q->box));
  }
  if (b->objects.count + b->objects.waits == 0) return DSLT_OK;
  DSLT_TRY(load_frame(&image, b, index));
  DSLT_TRY(dslt_trax_objects_frame(&b->objects, &image));
  for (int i = 0; i < b->query_count; i++)
    if (b->queries[i].object >= 0) b->queries[i].found[index] = b->objects.results[b->queries[i].object];
  return DSLT_OK;
}

/* ---- outputs ------------------------------------------------------------------------------------- */

/* A file of the query, a line for each frame: its boxes, or its confidences. */
static int write_output(const batch *b, const query *q, int confidence) {
  char name[LONGEST_ID + 32], path[PATH_MAX], text[64];
  dslt_atomic_file file = {0};
  snprintf(name, sizeof name, "output_%s%s.txt", q->id, confidence ? "_confidence" : "");
  DSLT_TRY(join(path, b, name));
  DSLT_TRY(dslt_atomic_open(&file, path));
  for (long i = 0; i < b->count; i++) {
    if (i < q->offset)
      snprintf(text, sizeof text, "0");
    else if (confidence)
      snprintf(text, sizeof text, "%.6g", q->found[i].peak);
    else
      dslt_trax_region_write(text, sizeof text, &q->found[i].box);
    fprintf(file.stream, "%s\n", text);
  }
  return dslt_atomic_commit(&file);
}

static int run(batch *b) {
  DSLT_TRY(read_frames(b));
  DSLT_TRY(read_queries(b));
  for (long i = 0; i < b->count; i++) {
    const int rc = track_frame(b, i);
    char where[48];
    snprintf(where, sizeof where, "Frame %ld", i);
    if (rc < 0) return dslt_fail_prefix(rc, where);
  }
  for (int i = 0; i < b->query_count; i++) {
    DSLT_TRY(write_output(b, &b->queries[i], 0));
    DSLT_TRY(write_output(b, &b->queries[i], 1));
  }
  return DSLT_OK;
}

int dslt_trax_folder_run(const dslt_trax_folder_setup *setup) {
  batch *b = calloc(1, sizeof *b);
  if (!b) return dslt_fail(DSLT_EMEMORY, "Out of memory for a folder's objects.");
  b->setup = setup;
  b->objects.options = setup->options;
  b->objects.weights = setup->weights;
  const int rc = run(b);
  for (int i = 0; i < b->query_count; i++) free(b->queries[i].found);
  dslt_trax_objects_free(&b->objects);
  dslt_frame_free(&b->frame);
  free(b->frames);
  free(b->list);
  free(b);
  return rc;
}
