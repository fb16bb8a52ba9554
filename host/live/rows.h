/* SPDX-License-Identifier: Apache-2.0 */
/* rows.h: the boxes of a session. One thread adds rows while others write them out, and nobody waits: rows lie in blocks that
 * never move, and only their number changes. */
#ifndef DSLT_LIVE_ROWS_H
#define DSLT_LIVE_ROWS_H

#include <stdio.h>

#include "dataset/boxes.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Rows are kept in blocks of so many, and so many blocks at most: 38 hours of one target at 30 frames a second. */
#define DSLT_LIVE_ROWS_BLOCK 4096
#define DSLT_LIVE_ROWS_BLOCKS 1024

typedef struct dslt_live_rows dslt_live_rows;

/* DSLT_EMEMORY. */
int dslt_live_rows_create(dslt_live_rows **out);
/* Add a row of target number `target`. 1; 0: there is no room for more, or no memory. */
int dslt_live_rows_add(dslt_live_rows *rows, const dslt_track_row *row, int target);
/* Leave out all rows so far. */
void dslt_live_rows_start_over(dslt_live_rows *rows);
long long dslt_live_rows_count(dslt_live_rows *rows);
/* Write them as csv or jsonl. DSLT_EARGUMENT (another format), DSLT_EMEMORY, DSLT_EINTERNAL; a full disk shows in the stream. */
int dslt_live_rows_write(FILE *stream, dslt_box_format format, dslt_live_rows *rows);
/* The same into a file, whole or not at all; "-" is standard output. DSLT_EIO besides. */
int dslt_live_rows_save(const char *path, dslt_box_format format, dslt_live_rows *rows);
void dslt_live_rows_free(dslt_live_rows *rows);

#ifdef __cplusplus
}
#endif

#endif
