/* SPDX-License-Identifier: Apache-2.0 */
/* reader.c: an input as a source of frames, decoded ahead (ahead.h). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "media/ahead.h"
#include "media/input.h"

enum { USUAL_AHEAD = 4, LIVE_AHEAD = 2, MOST_AHEAD = 256, MOST_HELD = 8 };

struct dslt_source {
  dslt_input input;
  int64_t start;
  char *name; /* of the input, for sentences */
  dslt_ahead *ahead;
  double time;     /* of the frame lent last, as are the next two */
  int64_t dropped; /* before it */
  double arrived;
  int64_t delivered; /* frames lent so far */
  int64_t limit;     /* of them, where others may be passed over; 0: none */
  dslt_notes notes;
};

static int begins_too_late(const dslt_source *s, int64_t frames) {
  return dslt_fail(DSLT_EARGUMENT, "%s has %lld frames; frame %lld cannot be the first (counted from 0).",
                   s->name, (long long)frames, (long long)s->start);
}

static int pass_over_start(dslt_source *s, const atomic_bool *stop) {
  for (int64_t i = 0; i < s->start && !atomic_load(stop); i++) {
    const int rc = s->input.next(NULL, s->input.self, stop);
    if (rc < 0) return rc;
    if (rc == 0 && !atomic_load(stop)) return begins_too_late(s, i);
  }
  return 1;
}

/* Frame `number` of those that were asked for, in the thread. */
static int decode(dslt_frame *out, void *self, int64_t number, const atomic_bool *stop) {
  dslt_source *s = self;
  if (number == 0) DSLT_TRY(pass_over_start(s, stop));
  const double began = dslt_seconds();
  out->time = NAN;
  const int rc = s->input.next(out, s->input.self, stop);
  out->arrived = dslt_seconds();
  out->decode_ms = 1e3 * (out->arrived - began);
  out->number = number;
  if (rc == 0 && number == 0 && s->start > 0 && !atomic_load(stop)) return begins_too_late(s, s->start);
  return rc;
}

static void release(dslt_source *s) {
  dslt_ahead_stop(s->ahead);
  if (s->input.free) s->input.free(s->input.self);
  dslt_notes_free(&s->notes);
  free(s->name);
  free(s);
}

static int check_options(const dslt_source_options *o) {
  if (o->start < 0 || o->limit < 0) {
    return dslt_fail(DSLT_EARGUMENT,
                     "The first frame (%lld) and the number of frames (%lld) must not be negative.",
                     (long long)o->start, (long long)o->limit);
  }
  if (o->read_ahead < 0 || o->read_ahead > MOST_AHEAD) {
    return dslt_fail(DSLT_EARGUMENT, "%d frames cannot be read ahead; give 0..%d.", o->read_ahead,
                     MOST_AHEAD);
  }
  if (o->held < 0 || o->held > MOST_HELD)
    return dslt_fail(DSLT_EARGUMENT, "%d frames cannot be held; give 0..%d.", o->held, MOST_HELD);
  return DSLT_OK;
}

/* Converts the number of all frames to that of the requested range. */
static int cut_counts(dslt_source_info *info, const char *input, const dslt_source_options *o) {
  if (info->frames >= 0 && o->start >= info->frames && o->start > 0)
    return dslt_fail(DSLT_EARGUMENT, "%s has %lld frames; frame %lld cannot be the first (counted from 0).",
                     input, (long long)info->frames, (long long)o->start);
  if (info->frames >= 0) {
    info->frames -= o->start;
    if (o->limit && o->limit < info->frames) info->frames = o->limit;
    info->about = info->frames;
  } else if (info->about >= 0) {
    info->about = info->about > o->start ? info->about - o->start : 0;
    if (o->limit && o->limit < info->about) info->about = o->limit;
  }
  return DSLT_OK;
}

int dslt_source_open(dslt_source **out, const char *input, const dslt_source_options *options) {
  const dslt_source_options o = options ? *options : (dslt_source_options){0};
  DSLT_TRY(check_options(&o));
  dslt_source *s = calloc(1, sizeof *s);
  if (!s) return dslt_fail(DSLT_EMEMORY, "No memory to open %s.", input);
  dslt_notes_init(&s->notes);
  s->time = NAN;
  s->start = o.start;
  s->name = strdup(input);
  int rc;
  DSLT_TRY_OR_DONE(s->name ? DSLT_OK : dslt_fail(DSLT_EMEMORY, "No memory to open %s.", input));
  DSLT_TRY_OR_DONE(dslt_input_open(&s->input, input, &o, &s->notes));
  DSLT_TRY_OR_DONE(cut_counts(&s->input.info, input, &o));
  const bool newest = o.live && s->input.flows;
  const dslt_ahead_spec spec = {.decode = decode,
                                .self = s,
                                .name = input,
                                .end = o.limit && !newest ? o.limit : INT64_MAX,
                                .ahead = o.read_ahead ? o.read_ahead
                                         : newest     ? LIVE_AHEAD
                                                      : USUAL_AHEAD,
                                .held = o.held ? o.held : 1,
                                .live = s->input.live || newest,
                                .newest = newest,
                                .interrupt = o.interrupt};
  s->input.info.drops = spec.live;
  s->limit = newest ? o.limit : 0;
  DSLT_TRY_OR_DONE(dslt_ahead_start(&s->ahead, &spec));
done:
  if (rc < 0) {
    release(s);
    return rc;
  }
  *out = s;
  return DSLT_OK;
}

void dslt_source_info_get(dslt_source_info *out, const dslt_source *source) {
  *out = source->input.info;
  out->live = source->input.live || source->input.slow;
}

int dslt_source_next(dslt_image *out, const char **name, double *decode_ms, dslt_source *source) {
  const dslt_frame *frame = NULL;
  if (source->limit && source->delivered == source->limit) return 0;
  const int rc = dslt_ahead_take(&frame, source->ahead, 0);
  if (rc <= 0) return rc;
  source->time = frame->time;
  source->arrived = frame->arrived;
  source->dropped = frame->number - source->delivered++;
  *out = (dslt_image){frame->pixels, frame->width, frame->height, frame->stride, frame->format};
  if (name) *name = frame->name ? frame->name : "";
  if (decode_ms) *decode_ms = frame->decode_ms;
  return 1;
}

double dslt_source_time(const dslt_source *source) { return source->time; }

void dslt_source_delay_get(dslt_source_delay *out, const dslt_source *source) {
  *out = (dslt_source_delay){source->dropped, source->arrived};
}

int dslt_source_note(char *out, size_t size, dslt_source *source) {
  return dslt_notes_take(out, size, &source->notes);
}

int64_t dslt_source_damaged(dslt_source *source) { return dslt_notes_damaged(&source->notes); }

void dslt_source_close(dslt_source *source) {
  if (source) release(source);
}
