/* SPDX-License-Identifier: Apache-2.0 */
/* ffmpeg_pipe.c: reads a descriptor for FFmpeg, and stops waiting when asked to. */
#include "media/ffmpeg_pipe.h"

#include <errno.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>
#include <poll.h>
#include <unistd.h>

enum { BUFFER = 1 << 16, ASKED_EVERY = 20 /* ms */ };

typedef struct source {
  int fd;
  int (*interrupted)(void *self);
  void *self;
  int64_t bytes;
} source;

static int read_some(void *opaque, uint8_t *bytes, int size) {
  source *s = opaque;
  for (;;) {
    struct pollfd in = {.fd = s->fd, .events = POLLIN};
    const int ready = poll(&in, 1, ASKED_EVERY);
    if (s->interrupted(s->self)) return AVERROR_EXIT;
    if (ready < 0 && errno != EINTR) return AVERROR(errno);
    if (ready <= 0) continue;
    const ssize_t n = read(s->fd, bytes, (size_t)size);
    if (n > 0) {
      s->bytes += n;
      return (int)n;
    }
    if (n == 0) return AVERROR_EOF;
    if (errno != EINTR && errno != EAGAIN) return AVERROR(errno);
  }
}

AVIOContext *dslt_ff_pipe_open(int fd, int (*interrupted)(void *self), void *self) {
  source *s = av_mallocz(sizeof *s);
  uint8_t *buffer = av_malloc(BUFFER);
  AVIOContext *io = s && buffer ? avio_alloc_context(buffer, BUFFER, 0, s, read_some, NULL, NULL) : NULL;
  if (!io) {
    av_free(s);
    av_free(buffer);
    return NULL;
  }
  *s = (source){.fd = fd, .interrupted = interrupted, .self = self};
  return io;
}

int64_t dslt_ff_pipe_bytes(const AVIOContext *io) { return io ? ((const source *)io->opaque)->bytes : 0; }

void dslt_ff_pipe_close(AVIOContext *io) {
  if (!io) return;
  av_freep(&io->opaque);
  av_freep(&io->buffer); /* FFmpeg may have put a larger one in its place */
  avio_context_free(&io);
}
