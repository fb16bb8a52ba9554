/* SPDX-License-Identifier: Apache-2.0 */
/* mp4.c: the display matrix of an MP4 or QuickTime file, read from its boxes: OpenCV reports its angle with a
 * different sign in different versions. */
#include <stdio.h>
#include <string.h>

#include "media/decode.h"
#include "media/orient.h"

typedef struct box {
  int64_t body, end; /* places in the file */
  char type[5];
} box;

static int read_at(uint8_t *out, size_t size, FILE *file, int64_t at) {
  return fseeko(file, at, SEEK_SET) == 0 && fread(out, 1, size, file) == size;
}

static uint64_t number(const uint8_t *p, int bytes) {
  uint64_t v = 0;
  for (int i = 0; i < bytes; i++) v = v << 8 | p[i];
  return v;
}

/* The box that begins at `at` and must end by `end`. */
static int read_box(box *out, FILE *file, int64_t at, int64_t end) {
  uint8_t head[16];
  if (end - at < 8 || !read_at(head, 8, file, at)) return 0;
  uint64_t size = number(head, 4);
  int64_t length = 8;
  if (size == 1) {
    if (end - at < 16 || !read_at(head + 8, 8, file, at + 8)) return 0;
    size = number(head + 8, 8);
    length = 16;
  } else if (size == 0) {
    size = (uint64_t)(end - at); /* up to the end */
  }
  if (size < (uint64_t)length || size > (uint64_t)(end - at)) return 0;
  *out = (box){.body = at + length, .end = at + (int64_t)size};
  memcpy(out->type, head + 4, 4);
  return 1;
}

/* The first box of this type between two places. */
static int find_box(box *out, FILE *file, int64_t from, int64_t end, const char *type) {
  for (int count = 0; count < 10000 && read_box(out, file, from, end); count++) {
    if (strcmp(out->type, type) == 0) return 1;
    from = out->end;
  }
  return 0;
}

static int is_video(FILE *file, const box *track) {
  box media, handler;
  uint8_t kind[4];
  return find_box(&media, file, track->body, track->end, "mdia") &&
         find_box(&handler, file, media.body, media.end, "hdlr") && handler.end - handler.body >= 12 &&
         read_at(kind, 4, file, handler.body + 8) && memcmp(kind, "vide", 4) == 0;
}

static int track_orientation(FILE *file, const box *track) {
  box header;
  uint8_t version, bytes[36];
  if (!find_box(&header, file, track->body, track->end, "tkhd") || !read_at(&version, 1, file, header.body))
    return 1;
  const int64_t at = header.body + (version == 1 ? 52 : 40);
  if (header.end - at < 36 || !read_at(bytes, sizeof bytes, file, at)) return 1;
  int32_t matrix[9];
  for (int i = 0; i < 9; i++) matrix[i] = (int32_t)number(bytes + 4 * i, 4);
  return dslt_orient_from_matrix(matrix);
}

int dslt_mp4_orientation(const char *path) {
  FILE *file = fopen(path, "rbe");
  if (!file) return 1;
  int orientation = 1;
  box movie, track;
  if (fseeko(file, 0, SEEK_END) == 0 && find_box(&movie, file, 0, ftello(file), "moov")) {
    int64_t from = movie.body;
    for (int tracks = 0; tracks < 1000 && find_box(&track, file, from, movie.end, "trak"); tracks++) {
      from = track.end;
      if (!is_video(file, &track)) continue;
      orientation = track_orientation(file, &track);
      break;
    }
  }
  fclose(file);
  return orientation;
}
