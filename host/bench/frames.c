/* SPDX-License-Identifier: Apache-2.0 */
/* frames.c: the frames declared in input.h. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "bench/input.h"
#include "experiment/frames.h"
#include "media/media.h"

/* ---- decoded ahead ------------------------------------------------------------------------------- */

struct dslt_bench_feed {
  dslt_source *source; /* or ... */
  dslt_frames *frames;
  int next, end; /* ... frame numbers */
};

int dslt_bench_feed_open(dslt_bench_feed **out, const dslt_bench_item *item, int64_t limit) {
  dslt_bench_feed *feed = calloc(1, sizeof *feed);
  if (!feed) return dslt_fail(DSLT_EMEMORY, "Out of memory while opening %s.", item->name);
  int rc;
  if (item->set) {
    feed->end = dslt_dataset_at(item->set, item->index)->frames;
    if (limit > 0 && limit < feed->end) feed->end = (int)limit;
    rc = dslt_frames_open(&feed->frames, item->set, item->index, 0, feed->end);
  } else {
    const dslt_source_options options = {.limit = limit};
    rc = dslt_source_open(&feed->source, item->input, &options);
  }
  if (rc < 0) {
    free(feed);
    return rc;
  }
  *out = feed;
  return DSLT_OK;
}

int dslt_bench_feed_next(dslt_image *out, dslt_bench_feed *feed) {
  if (feed->source) return dslt_source_next(out, NULL, NULL, feed->source);
  if (feed->next == feed->end) return 0;
  DSLT_TRY(dslt_frames_get(out, feed->frames, feed->next));
  feed->next++;
  return 1;
}

int dslt_bench_feed_note(char *out, size_t size, dslt_bench_feed *feed) {
  return feed->source ? dslt_source_note(out, size, feed->source) : 0;
}

void dslt_bench_feed_close(dslt_bench_feed *feed) {
  if (!feed) return;
  dslt_source_close(feed->source);
  dslt_frames_close(feed->frames);
  free(feed);
}

/* ---- in memory ----------------------------------------------------------------------------------- */

static const size_t most_bytes = (size_t)256 << 20;

static int grow(dslt_bench_stretch *stretch) {
  if (stretch->count < stretch->room) return DSLT_OK;
  const int room = stretch->room ? 2 * stretch->room : 32;
  dslt_frame *frames = realloc(stretch->frames, (size_t)room * sizeof *frames);
  if (!frames) return dslt_fail(DSLT_EMEMORY, "Out of memory for %d frames.", room);
  memset(frames + stretch->room, 0, (size_t)(room - stretch->room) * sizeof *frames);
  stretch->frames = frames;
  stretch->room = room;
  return DSLT_OK;
}

static int copy_frame(dslt_frame *out, const dslt_image *image) {
  DSLT_TRY(dslt_frame_reserve(out, image->width, image->height, image->format));
  const size_t bytes = (size_t)image->width * (size_t)dslt_format_bytes(image->format);
  for (int y = 0; y < image->height; y++)
    memcpy(out->pixels + out->stride * (size_t)y,
           (const unsigned char *)image->data + image->stride * (size_t)y, bytes);
  return DSLT_OK;
}

static int scale_frame(dslt_frame *out, const dslt_image *image, double factor) {
  dslt_canvas canvas = {0};
  DSLT_TRY(dslt_canvas_from_image(&canvas, image));
  const dslt_box all = {0, 0, canvas.width, canvas.height};
  int width = (int)(factor * canvas.width + 0.5), height = (int)(factor * canvas.height + 0.5);
  int rc = dslt_canvas_crop(&canvas, &canvas, &all, width < 1 ? 1 : width, height < 1 ? 1 : height);
  if (rc == DSLT_OK) {
    const dslt_image scaled = dslt_canvas_image(&canvas);
    rc = copy_frame(out, &scaled);
  }
  dslt_canvas_free(&canvas);
  return rc;
}

static void rest(long milliseconds) {
  const struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  nanosleep(&time, NULL);
}

int dslt_bench_stretch_fill(dslt_bench_stretch *out, dslt_bench_feed *feed, double factor) {
  size_t bytes = 0;
  out->count = 0;
  const double before = dslt_seconds();
  while (bytes < most_bytes) {
    dslt_image image;
    const int rc = dslt_bench_feed_next(&image, feed);
    DSLT_TRY(rc);
    if (rc == 0) return DSLT_OK; /* the decoder has finished */
    DSLT_TRY(grow(out));
    dslt_frame *frame = &out->frames[out->count];
    if (factor == 1.0)
      DSLT_TRY(copy_frame(frame, &image));
    else
      DSLT_TRY(scale_frame(frame, &image, factor));
    out->count++;
    bytes += frame->stride * (size_t)frame->height;
  }
  /* The decoder is at most four frames ahead: wait for the time of six. */
  const double ms = 1e3 * (dslt_seconds() - before);
  rest(20 + (long)(6.0 * ms / out->count));
  return DSLT_OK;
}

dslt_image dslt_bench_stretch_frame(const dslt_bench_stretch *stretch, int index) {
  const dslt_frame *f = &stretch->frames[index];
  return (dslt_image){f->pixels, f->width, f->height, f->stride, f->format};
}

void dslt_bench_stretch_free(dslt_bench_stretch *stretch) {
  for (int i = 0; i < stretch->room; i++) dslt_frame_free(&stretch->frames[i]);
  free(stretch->frames);
  memset(stretch, 0, sizeof *stretch);
}
