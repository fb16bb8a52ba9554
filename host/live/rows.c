/* SPDX-License-Identifier: Apache-2.0 */
/* rows.c: the boxes of a session. */
#include "live/rows.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/atomic_file.h"
#include "base/error.h"

typedef struct rows_block {
  dslt_track_row row[DSLT_LIVE_ROWS_BLOCK];
  int target[DSLT_LIVE_ROWS_BLOCK];
} rows_block;

struct dslt_live_rows {
  rows_block *block[DSLT_LIVE_ROWS_BLOCKS];
  atomic_llong first, count; /* those before `first` are of a run that was started over */
};

int dslt_live_rows_create(dslt_live_rows **out) {
  dslt_live_rows *rows = calloc(1, sizeof *rows);
  if (!rows) return dslt_fail(DSLT_EMEMORY, "Out of memory for the boxes.");
  *out = rows;
  return DSLT_OK;
}

int dslt_live_rows_add(dslt_live_rows *rows, const dslt_track_row *row, int target) {
  const long long count = atomic_load_explicit(&rows->count, memory_order_relaxed);
  const long long number = count / DSLT_LIVE_ROWS_BLOCK;
  if (number == DSLT_LIVE_ROWS_BLOCKS) return 0;
  if (!rows->block[number] && !(rows->block[number] = malloc(sizeof *rows->block[number]))) return 0;
  rows->block[number]->row[count % DSLT_LIVE_ROWS_BLOCK] = *row;
  rows->block[number]->target[count % DSLT_LIVE_ROWS_BLOCK] = target;
  atomic_store_explicit(&rows->count, count + 1, memory_order_release);
  return 1;
}

void dslt_live_rows_start_over(dslt_live_rows *rows) {
  atomic_store(&rows->first, atomic_load(&rows->count));
}

long long dslt_live_rows_count(dslt_live_rows *rows) {
  return atomic_load(&rows->count) - atomic_load(&rows->first);
}

int dslt_live_rows_write(FILE *stream, dslt_box_format format, dslt_live_rows *rows) {
  const long long count = atomic_load_explicit(&rows->count, memory_order_acquire);
  long long at = atomic_load(&rows->first);
  int head = 1;
  do { /* once without rows too, for the head */
    const long long inside = at % DSLT_LIVE_ROWS_BLOCK;
    const rows_block *block = at < count ? rows->block[at / DSLT_LIVE_ROWS_BLOCK] : NULL;
    long long here = DSLT_LIVE_ROWS_BLOCK - inside;
    if (here > count - at) here = count - at;
    DSLT_TRY(dslt_track_stream(stream, format, block ? block->row + inside : NULL,
                               block ? block->target + inside : NULL, (int)here, head));
    at += here;
    head = 0;
  } while (at < count);
  return DSLT_OK;
}

int dslt_live_rows_save(const char *path, dslt_box_format format, dslt_live_rows *rows) {
  if (strcmp(path, "-") == 0) {
    DSLT_TRY(dslt_live_rows_write(stdout, format, rows));
    if (fflush(stdout) != 0 || ferror(stdout))
      return dslt_fail(DSLT_EIO, "Cannot write to standard output: %s.", strerror(errno));
    return DSLT_OK;
  }
  dslt_atomic_file file = {0};
  DSLT_TRY(dslt_atomic_open(&file, path));
  return dslt_atomic_end(&file, dslt_live_rows_write(file.stream, format, rows));
}

void dslt_live_rows_free(dslt_live_rows *rows) {
  if (!rows) return;
  for (int i = 0; i < DSLT_LIVE_ROWS_BLOCKS; i++) free(rows->block[i]);
  free(rows);
}
