/* SPDX-License-Identifier: Apache-2.0 */
/* ffmpeg_pipe.h: a file descriptor as FFmpeg's input. FFmpeg's own pipe: waits in read() where nobody can stop it. */
#ifndef DSLT_MEDIA_FFMPEG_PIPE_H
#define DSLT_MEDIA_FFMPEG_PIPE_H

#include <libavformat/avio.h>

/* `interrupted(self)` is asked several times a second while nothing comes; 1 ends the wait. Reads that fail or were
 * interrupted end the input with an error. The descriptor stays the caller's. NULL: out of memory. */
AVIOContext *dslt_ff_pipe_open(int fd, int (*interrupted)(void *self), void *self);
/* Bytes read so far; 0 for NULL. */
int64_t dslt_ff_pipe_bytes(const AVIOContext *io);
/* NULL is fine. */
void dslt_ff_pipe_close(AVIOContext *io);

#endif
