/* SPDX-License-Identifier: Apache-2.0 */
/* input.h: what a benchmark runs on: targets with their first boxes, and their frames, either decoded
 * ahead as dslt track does or held in memory. */
#ifndef DSLT_BENCH_INPUT_H
#define DSLT_BENCH_INPUT_H

#include <stddef.h>
#include <stdint.h>

#include "dataset/dataset.h"
#include "dslt/dslt.h"
#include "media/decode.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One target in one video. */
typedef struct dslt_bench_item {
  char *name;  /* "Crossing", "scene:1"; owned */
  char *input; /* for dslt_source_open(); NULL where the frames come from `set` */
  dslt_dataset *set;
  int index; /* of its sequence in `set` */
  dslt_box box;
} dslt_bench_item;

typedef struct dslt_bench_items {
  dslt_bench_item *list;
  int count, room;
  dslt_dataset **sets; /* owned */
  int set_count;
} dslt_bench_items;

/* Add the targets of `input`: scene:SEED[:WxH]; a folder of sequences laid out like OTB or another benchmark
 * that dslt dataset lists; one such sequence's folder; or, with `box` ("x,y,w,h", 0-based), a video or a
 * folder of pictures. `box` is NULL for the others. `sequences` (may be NULL) keeps the named ones of a
 * folder; those without frames on disk are skipped. DSLT_EOPTION: a box is missing or in excess; DSLT_EIO,
 * DSLT_EARGUMENT, DSLT_EBOX, DSLT_EMEMORY. */
int dslt_bench_items_add(dslt_bench_items *items, const char *input, const char *box, const char *sequences);
/* Frames of an item, at most `limit` (0 = all); -1 where that is not known before they are decoded. */
int64_t dslt_bench_item_frames(const dslt_bench_item *item, int64_t limit);
void dslt_bench_items_free(dslt_bench_items *items);

/* ---- frames, decoded ahead ----------------------------------------------------------------------- */

typedef struct dslt_bench_feed dslt_bench_feed;

/* The item's frames from its first one on, at most `limit` (0 = all). `item` is borrowed. */
int dslt_bench_feed_open(dslt_bench_feed **out, const dslt_bench_item *item, int64_t limit);
/* 1 = delivered (borrowed until the next call), 0 = end, negative = error. */
int dslt_bench_feed_next(dslt_image *out, dslt_bench_feed *feed);
/* As dslt_source_note(). */
int dslt_bench_feed_note(char *out, size_t size, dslt_bench_feed *feed);
void dslt_bench_feed_close(dslt_bench_feed *feed);

/* ---- frames in memory ---------------------------------------------------------------------------- */

/* A stretch of frames, copied. Zero-initialise; filled again and again; free with _free. */
typedef struct dslt_bench_stretch {
  dslt_frame *frames;
  int count, room;
} dslt_bench_stretch;

/* The next frames of `feed`, as many as fit into 256 MiB or up to the end; a `factor` other than 1 resizes
 * them by that factor, as BGR8. Then waits until the decoder is idle, so that it does not disturb the
 * measurement. `out->count` is 0 at the end of the feed. */
int dslt_bench_stretch_fill(dslt_bench_stretch *out, dslt_bench_feed *feed, double factor);
dslt_image dslt_bench_stretch_frame(const dslt_bench_stretch *stretch, int index);
void dslt_bench_stretch_free(dslt_bench_stretch *stretch);

#ifdef __cplusplus
}
#endif

#endif
