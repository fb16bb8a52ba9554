/* SPDX-License-Identifier: Apache-2.0 */
/* ffmpeg.h: what ffmpeg.c and ffmpeg_write.c do with FFmpeg's libraries; without these all fail with
 * DSLT_EUNSUPPORTED (no_ffmpeg.c). */
#ifndef DSLT_MEDIA_FFMPEG_H
#define DSLT_MEDIA_FFMPEG_H

#include <stdatomic.h>

#include "media/decode.h"

typedef struct dslt_ff_video dslt_ff_video;
/* DSLT_EIO (missing, refused, no answer for half a minute), DSLT_EFORMAT (no video), DSLT_EFRAME. */
int dslt_ff_video_open(dslt_ff_video **out, dslt_video_facts *facts, const dslt_video_request *request);
/* Next frame, upright, with its time; with `out` NULL it is skipped. 1, 0 at the end, negative. Damaged spots
 * are skipped and reported. `stop` turning true ends a wait with 0. */
int dslt_ff_video_next(dslt_frame *out, dslt_ff_video *video, const atomic_bool *stop);
void dslt_ff_video_close(dslt_ff_video *video);
/* "5.1.6"; NULL without it. */
const char *dslt_ff_version(void);

/* The encoder behind writer.c. `path` is the temporary file, of any name; sentences do not name it. `container`:
 * "mp4" or "avi". */
typedef struct dslt_ff_writer dslt_ff_writer;
int dslt_ff_writer_open(dslt_ff_writer **out, const char *path, const char *container,
                        const dslt_video_format *format);
/* `seconds` from the first frame on, growing. The canvas may be a column or row larger than the video. */
int dslt_ff_writer_write(dslt_ff_writer *writer, const dslt_canvas *canvas, double seconds);
/* Finish the file; frees the writer in every case. */
int dslt_ff_writer_close(dslt_ff_writer *writer);

#endif
