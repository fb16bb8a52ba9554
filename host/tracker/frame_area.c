/* SPDX-License-Identifier: Apache-2.0 */
/* frame_area.c: the part of a frame that a search can read. */
#include "tracker/frame_area.h"

#include <math.h>

#include "math/locate.h"

/* First and last pixel of one axis, both in the frame. */
typedef struct span {
  int first, last;
} span;

static span span_between(double first, double last, int size) {
  const double end = size - 1;
  if (!(first > 0.0)) first = 0.0; /* also for NaN */
  if (!(last < end)) last = end;
  return (span){(int)fmin(first, end), (int)fmax(last, 0.0)};
}

static dslt_frame_area area_of(span x, span y) {
  return (dslt_frame_area){x.first, y.first, x.last - x.first + 1, y.last - y.first + 1};
}

/* Pixels under the samples of an input of `side` pixels with this anchor, and under their filters. */
static span reach_of(double centre, double anchor, int side, double ratio, dslt_reads reads, int size) {
  const double half = fmax(anchor, side - anchor) * ratio * reads + 2.0 * ratio + 4.0;
  return span_between(centre - half, centre + half, size);
}

dslt_frame_area dslt_search_reach(const dslt_search *search, const dslt_target_state *state,
                                  dslt_reads reads) {
  const dslt_search_area *a = &search->area;
  if (reads == DSLT_READS_ALL) return (dslt_frame_area){0, 0, a->frame_width, a->frame_height};
  const int smallest = -(search->scale.levels - 1) / 2;
  const dslt_ratios low = dslt_ratios_at(state, search, smallest),
                    high = dslt_ratios_at(state, search, smallest + search->scale.levels - 1);
  return area_of(reach_of(state->cx + state->look_x, a->anchor_x, a->input_width, fmax(low.x, high.x), reads,
                          a->frame_width),
                 reach_of(state->cy + state->look_y, a->anchor_y, a->input_height, fmax(low.y, high.y), reads,
                          a->frame_height));
}

dslt_frame_area dslt_frame_area_join(const dslt_frame_area *a, const dslt_frame_area *b) {
  if (a->width == 0 || a->height == 0) return *b;
  if (b->width == 0 || b->height == 0) return *a;
  const int right = a->x + a->width > b->x + b->width ? a->x + a->width : b->x + b->width;
  const int bottom = a->y + a->height > b->y + b->height ? a->y + a->height : b->y + b->height;
  const int x = a->x < b->x ? a->x : b->x, y = a->y < b->y ? a->y : b->y;
  return (dslt_frame_area){x, y, right - x, bottom - y};
}

dslt_frame_area dslt_frame_area_enlarge(const dslt_frame_area *area, int frame_width, int frame_height) {
  const int across = area->width / 8, down = area->height / 8;
  return area_of(span_between(area->x - across, area->x + area->width - 1 + across, frame_width),
                 span_between(area->y - down, area->y + area->height - 1 + down, frame_height));
}
