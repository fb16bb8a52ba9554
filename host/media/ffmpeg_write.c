/* SPDX-License-Identifier: Apache-2.0 */
/* ffmpeg_write.c: videos written with FFmpeg's own libraries, each frame with its time. */
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "media/ffmpeg.h"

enum { TICKS = 60000, MOST_THREADS = 4 }; /* a second; MPEG-4 allows no more than 65535 */

struct dslt_ff_writer {
  AVFormatContext *format;
  AVCodecContext *codec;
  AVStream *stream; /* borrowed */
  AVFrame *frame;
  AVPacket *packet;
  struct SwsContext *scaler;
  int64_t last; /* time of the last frame, in the encoder's ticks; -1 before */
};

static int failed(const char *doing, int code) {
  char why[AV_ERROR_MAX_STRING_SIZE] = "";
  if (code == AVERROR(ENOMEM)) return dslt_fail(DSLT_EMEMORY, "Out of memory while %s the video.", doing);
  av_strerror(code, why, sizeof why);
  return dslt_fail(DSLT_EIO, "%s the video failed: %s.", doing, why);
}

static void release(dslt_ff_writer *w) {
  sws_freeContext(w->scaler);
  av_frame_free(&w->frame);
  av_packet_free(&w->packet);
  avcodec_free_context(&w->codec);
  if (w->format) avio_closep(&w->format->pb);
  avformat_free_context(w->format);
  av_free(w);
}

/* ---- opening ------------------------------------------------------------------------------------- */

static void set_up(AVCodecContext *c, const dslt_ff_writer *w, const dslt_video_format *format) {
  const AVRational rate = av_d2q(format->fps, 60000);
  const int constant =
      strcmp(w->format->oformat->name, "avi") == 0; /* these containers have a frame rate, no times */
  c->width = format->width & ~1;                    /* 4:2:0 colour has no odd sides */
  c->height = format->height & ~1;
  c->pix_fmt = AV_PIX_FMT_YUV420P;
  c->time_base = constant ? av_inv_q(rate) : (AVRational){1, TICKS};
  c->framerate = rate;
  c->max_b_frames = 0; /* no edit list is needed to begin at 0 */
  c->gop_size = 50;
  c->color_range = AVCOL_RANGE_MPEG;
  c->colorspace = AVCOL_SPC_SMPTE170M;
  const long cores = sysconf(_SC_NPROCESSORS_ONLN);
  c->thread_count = cores < 2 ? 1 : cores < MOST_THREADS ? (int)cores : MOST_THREADS;
  if (format->aspect[0] > 0 && format->aspect[1] > 0)
    av_reduce(&c->sample_aspect_ratio.num, &c->sample_aspect_ratio.den, format->aspect[0], format->aspect[1],
              255);
  if (w->format->oformat->flags & AVFMT_GLOBALHEADER) c->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
}

/* H.264 plays in browsers; where this FFmpeg has no encoder for it, MPEG-4 does. */
static int open_encoder(dslt_ff_writer *w, const dslt_video_format *format) {
  const AVCodec *const encoders[] = {avcodec_find_encoder_by_name("libx264"),
                                     avcodec_find_encoder_by_name("libopenh264"),
                                     avcodec_find_encoder(AV_CODEC_ID_MPEG4)};
  for (size_t i = 0; i < sizeof encoders / sizeof *encoders; i++) {
    if (!encoders[i]) continue;
    w->codec = avcodec_alloc_context3(encoders[i]);
    if (!w->codec) return failed("opening", AVERROR(ENOMEM));
    set_up(w->codec, w, format);
    AVDictionary *options = NULL;
    if (strcmp(encoders[i]->name, "libx264") == 0) {
      av_dict_set(&options, "preset", "fast", 0);
      av_dict_set(&options, "crf", "18", 0);
    } else if (encoders[i]->id == AV_CODEC_ID_MPEG4) {
      w->codec->flags |= AV_CODEC_FLAG_QSCALE;
      w->codec->global_quality = 3 * FF_QP2LAMBDA;
    } else {
      w->codec->bit_rate = (int64_t)(0.2 * format->width * format->height * format->fps);
    }
    const int code = avcodec_open2(w->codec, encoders[i], &options);
    av_dict_free(&options);
    if (code >= 0) return DSLT_OK;
    avcodec_free_context(&w->codec);
  }
  return dslt_fail(DSLT_EUNSUPPORTED, "FFmpeg has no H.264 or MPEG-4 encoder that supports it.");
}

static int open_file(dslt_ff_writer *w, const char *path) {
  char url[4200];
  if (snprintf(url, sizeof url, "file:%s", path) >= (int)sizeof url)
    return dslt_fail(DSLT_EIO, "The file name %.60s... is too long.", path);
  w->stream = avformat_new_stream(w->format, NULL);
  if (!w->stream) return failed("opening", AVERROR(ENOMEM));
  w->stream->time_base = w->codec->time_base;
  w->stream->avg_frame_rate = w->codec->framerate;
  w->stream->sample_aspect_ratio = w->codec->sample_aspect_ratio;
  int code = avcodec_parameters_from_context(w->stream->codecpar, w->codec);
  if (code >= 0) code = avio_open(&w->format->pb, url, AVIO_FLAG_WRITE);
  if (code >= 0) code = avformat_write_header(w->format, NULL);
  return code < 0 ? failed("opening", code) : DSLT_OK;
}

static int make_frame(dslt_ff_writer *w) {
  const int width = w->codec->width, height = w->codec->height;
  w->frame = av_frame_alloc();
  w->packet = av_packet_alloc();
  w->scaler = sws_getContext(width, height, AV_PIX_FMT_BGR24, width, height, AV_PIX_FMT_YUV420P, SWS_BICUBIC,
                             NULL, NULL, NULL);
  if (!w->frame || !w->packet || !w->scaler) return failed("opening", AVERROR(ENOMEM));
  w->frame->width = width;
  w->frame->height = height;
  w->frame->format = AV_PIX_FMT_YUV420P;
  const int code = av_frame_get_buffer(w->frame, 0);
  return code < 0 ? failed("opening", code) : DSLT_OK;
}

int dslt_ff_writer_open(dslt_ff_writer **out, const char *path, const char *container,
                        const dslt_video_format *format) {
  av_log_set_level(AV_LOG_QUIET);
  dslt_ff_writer *w = av_mallocz(sizeof *w);
  if (!w) return failed("opening", AVERROR(ENOMEM));
  w->last = -1;
  const int code = avformat_alloc_output_context2(&w->format, NULL, container, path);
  int rc;
  DSLT_TRY_OR_DONE(code < 0 ? failed("opening", code) : DSLT_OK);
  DSLT_TRY_OR_DONE(open_encoder(w, format));
  DSLT_TRY_OR_DONE(make_frame(w));
  DSLT_TRY_OR_DONE(open_file(w, path));
done:
  if (rc < 0)
    release(w);
  else
    *out = w;
  return rc;
}

/* ---- frames -------------------------------------------------------------------------------------- */

/* `frame` NULL: what the encoder still holds. */
static int encode(dslt_ff_writer *w, const AVFrame *frame) {
  int code = avcodec_send_frame(w->codec, frame);
  while (code >= 0) {
    code = avcodec_receive_packet(w->codec, w->packet);
    if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return DSLT_OK;
    if (code < 0) break;
    w->packet->stream_index = w->stream->index;
    av_packet_rescale_ts(w->packet, w->codec->time_base, w->stream->time_base);
    code = av_interleaved_write_frame(w->format, w->packet);
  }
  return failed("writing", code);
}

int dslt_ff_writer_write(dslt_ff_writer *writer, const dslt_canvas *canvas, double seconds) {
  dslt_ff_writer *w = writer;
  const int code = av_frame_make_writable(w->frame);
  if (code < 0) return failed("writing", code);
  const uint8_t *const planes[4] = {canvas->pixels};
  const int strides[4] = {3 * canvas->width};
  sws_scale(w->scaler, planes, strides, 0, w->codec->height, w->frame->data, w->frame->linesize);
  const int64_t ticks = llround(seconds / av_q2d(w->codec->time_base));
  w->frame->pts = ticks > w->last ? ticks : w->last + 1;
  w->last = w->frame->pts;
  return encode(w, w->frame);
}

int dslt_ff_writer_close(dslt_ff_writer *writer) {
  if (!writer) return DSLT_OK;
  int rc = encode(writer, NULL);
  const int code = av_write_trailer(writer->format), flushed = avio_closep(&writer->format->pb);
  if (rc == DSLT_OK && (code < 0 || flushed < 0)) rc = failed("writing", code < 0 ? code : flushed);
  release(writer);
  return rc;
}
