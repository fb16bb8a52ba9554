/* SPDX-License-Identifier: Apache-2.0 */
/* orient.c: rotates and mirrors pictures upright. */
#include "media/orient.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "media/notes.h"

int dslt_orient_swaps(int orientation) { return orientation >= 5 && orientation <= 8; }

const char *dslt_orient_words(int orientation) {
  switch (orientation) {
    case 2: return "mirrored left to right";
    case 3: return "turned by 180 degrees";
    case 4: return "mirrored top to bottom";
    case 5: return "turned by 90 degrees clockwise and mirrored left to right";
    case 6: return "turned by 90 degrees clockwise";
    case 7: return "turned by 90 degrees counter-clockwise and mirrored left to right";
    case 8: return "turned by 90 degrees counter-clockwise";
    default: return "taken as stored";
  }
}

int dslt_orient_from_matrix(const int32_t matrix[9]) {
  /* (x, y) of the file is shown at (a x + c y, b x + d y), y downwards. */
  const double a = matrix[0], b = matrix[1], c = matrix[3], d = matrix[4];
  const double along = fmin(fabs(a), fabs(d)), across = fmin(fabs(b), fabs(c));
  const double slack = 0.02; /* of the longer entries: rounding, and angles of a degree or so */
  if (along > 0 && fmax(fabs(b), fabs(c)) <= slack * along) {
    if (a > 0) return d > 0 ? 1 : 4;
    return d > 0 ? 2 : 3;
  }
  if (across > 0 && fmax(fabs(a), fabs(d)) <= slack * across) {
    if (b > 0) return c > 0 ? 5 : 6;
    return c > 0 ? 8 : 7;
  }
  return 0;
}

/* The bytes of a pixel are moved as a block; the compiler makes each size a separate move instruction. */
static void move_pixels(uint8_t *to, int64_t to_step, const uint8_t *from, int64_t from_step, int count,
                        int bytes) {
  for (int i = 0; i < count; i++, to += to_step, from += from_step) {
    switch (bytes) {
      case 1: *to = *from; break;
      case 2: memcpy(to, from, 2); break;
      case 3: memcpy(to, from, 3); break;
      case 4: memcpy(to, from, 4); break;
      default: memcpy(to, from, 6); break;
    }
  }
}

int dslt_orient_frame(dslt_frame *out, const dslt_frame *stored, int orientation) {
  const int swaps = dslt_orient_swaps(orientation), bytes = dslt_format_bytes(stored->format);
  const int width = swaps ? stored->height : stored->width, height = swaps ? stored->width : stored->height;
  DSLT_TRY(dslt_frame_reserve(out, width, height, stored->format));
  const int64_t stride = (int64_t)stored->stride, last_row = stride * (stored->height - 1),
                last_pixel = (int64_t)bytes * (stored->width - 1);
  /* where the upright picture's corner is stored, and the steps to its next pixel and next row */
  static const struct {
    int bottom, right, step_down, step_right;
  } plan[9] = {{0},          {0, 0, 0, 1},  {0, 1, 0, -1}, {1, 1, 0, -1}, {1, 0, 0, 1},
               {0, 0, 1, 0}, {1, 0, -1, 0}, {1, 1, -1, 0}, {0, 1, 1, 0}};
  const int k = orientation >= 1 && orientation <= 8 ? orientation : 1;
  const int64_t corner = plan[k].bottom * last_row + plan[k].right * last_pixel;
  const int64_t step = plan[k].step_down * stride + plan[k].step_right * bytes;
  /* rows and columns are exchanged */
  const int64_t row_step = swaps ? (plan[k].right ? -bytes : bytes) : (plan[k].bottom ? -stride : stride);
  enum { TILE = 64 }; /* columns at a time: a turned picture is read down its columns */
  for (int x = 0; x < width; x += swaps ? TILE : width) {
    const int count = swaps && width - x > TILE ? TILE : width - x;
    for (int y = 0; y < height; y++)
      move_pixels(out->pixels + (size_t)y * out->stride + (size_t)x * (size_t)bytes, bytes,
                  stored->pixels + corner + y * row_step + x * step, step, count, bytes);
  }
  return DSLT_OK;
}

void dslt_orient_tell(int orientation, const dslt_video_request *request) {
  if (orientation == 1) return;
  if (orientation == 0) {
    dslt_notes_add(request->notes, 0,
                   "%s asks for an angle that is no multiple of 90 degrees; its frames are taken as stored.",
                   request->path);
  } else if (request->as_stored) {
    dslt_notes_add(request->notes, 0,
                   "%s: the frames are taken as stored; players show them %s, and boxes do not fit there.",
                   request->path, dslt_orient_words(orientation));
  } else {
    dslt_notes_add(request->notes, 0,
                   "%s: the frames are %s, as the video asks for; boxes are in the picture as it is shown "
                   "(--as-stored leaves the frames as they are).",
                   request->path, dslt_orient_words(orientation));
  }
}
