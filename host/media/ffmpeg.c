/* SPDX-License-Identifier: Apache-2.0 */
/* ffmpeg.c: videos read with FFmpeg's own libraries: with damage reports, the time of each frame, and
 * orientation. */
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/display.h>
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "media/damage.h"
#include "media/ffmpeg.h"
#include "media/ffmpeg_pipe.h"
#include "media/orient.h"

enum {
  MOST_FAILURES = 1000, /* consecutive packets without a frame, after which reading ends */
  MOST_BAD_READS = 32,  /* the same for errors of the container */
  MOST_THREADS = 4,     /* leaves cores to the tracker */
  ROW_ALIGNMENT = 64
};
static const double patience = 30; /* seconds without a byte from an address */

struct dslt_ff_video {
  AVFormatContext *format;
  AVIOContext *pipe; /* of a descriptor; NULL: FFmpeg opens the input */
  AVCodecContext *codec;
  AVStream *stream; /* borrowed */
  AVPacket *packet;
  AVFrame *frame;
  struct SwsContext *scaler;
  int scaled[5];     /* settings of the scaler: width, height, format, colour space, range */
  dslt_frame stored; /* before turning */
  dslt_video_request request;
  char *name;
  const atomic_bool *stop;
  double deadline; /* of the present wait; 0: none */
  int orientation;
  int drained;     /* the decoder has been sent the end of the input */
  int64_t cut_off; /* frames that the index places behind the end of the file */
  int64_t packets; /* of the video read so far */
  int64_t place;   /* of the last one in the file, as far as it is known; -1: never */
  int64_t heard;   /* how far the file was read at the container's last error */
  int failures;    /* in a row */
  int interlaced;  /* 1: reported */
  dslt_damage damage;
};

/* Opening runs in the caller's thread and looks at the caller's number, reading at what its thread is told. */
static int unwanted(const dslt_ff_video *v) {
  if (v->stop) return atomic_load(v->stop);
  return v->request.interrupt && *v->request.interrupt;
}

static int interrupted(void *self) {
  const dslt_ff_video *v = self;
  return unwanted(v) || (v->deadline > 0 && dslt_seconds() > v->deadline);
}

/* Something is wrong with the container, where it is read at present: on opening that is ahead of the frames. */
static void complain(dslt_ff_video *v, AVIOContext *pb) {
  dslt_damage_complaint(&v->damage);
  v->heard = pb ? avio_tell(pb) : 0;
}

/* FFmpeg prints nothing; damage of a container is only reported in its log, which is captured here. */
static void listen(void *context, int level, const char *text, va_list arguments) {
  (void)text, (void)arguments;
  if (!context || level > AV_LOG_ERROR) return;
  const AVClass *class = *(const AVClass *const *)context;
  if (!class || strcmp(class->class_name, "AVFormatContext") != 0) return;
  const AVFormatContext *format = context;
  if (format->interrupt_callback.callback != interrupted) return;
  complain(format->interrupt_callback.opaque, format->pb);
}

/* ---- what was decoded, and what was not ---------------------------------------------------------- */

/* The decoder refused a packet. */
static int refused(dslt_ff_video *v, int code) {
  if (code == AVERROR(ENOMEM)) return dslt_fail(DSLT_EMEMORY, "Out of memory in the decoder.");
  dslt_damage_lost(&v->damage);
  if (++v->failures < MOST_FAILURES) return DSLT_OK;
  return dslt_fail(DSLT_EFORMAT, "The decoder got no frame from %d packets in a row; the video is damaged.",
                   MOST_FAILURES);
}

static double time_of(const dslt_ff_video *v) {
  const int64_t stamp = v->frame->best_effort_timestamp;
  if (stamp != AV_NOPTS_VALUE) return (double)stamp * av_q2d(v->stream->time_base);
  const dslt_damage *d = &v->damage;
  return d->number == 0 ? 0 : d->time + (d->fps > 0 ? 1 / d->fps : 0.04);
}

static int is_interlaced(const AVFrame *f) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 7, 100)
  return (f->flags & AV_FRAME_FLAG_INTERLACED) != 0;
#else
  return f->interlaced_frame;
#endif
}

/* Two moments in one picture: what moves has combs for edges. */
static void tell_interlaced(dslt_ff_video *v) {
  v->interlaced = 1;
  dslt_notes_add(v->request.notes, 0,
                 "%s is interlaced at frame %lld: every other line shows another moment, so what moves has "
                 "fringes; deinterlace it first, as with ffmpeg -i IN -vf bwdif=mode=send_frame OUT.",
                 v->name, (long long)v->damage.number);
}

static void account(dslt_ff_video *v) {
  const AVFrame *f = v->frame;
  v->failures = 0;
  if (!v->interlaced && is_interlaced(f)) tell_interlaced(v);
  if (v->place >= 0 && v->place < v->heard) v->damage.quiet = 0; /* the spot is still to come */
  dslt_damage_frame(&v->damage, time_of(v), (f->flags & AV_FRAME_FLAG_CORRUPT) || f->decode_error_flags);
}

/* ---- opening ------------------------------------------------------------------------------------- */

/* Why an address did not answer, in words, where the code says so; else NULL. */
static const char *unreachable(int code) {
  switch (code) {
    case AVERROR(EIO):
      return "there is no such host, no network, or the connection broke off"; /* FFmpeg has one code for them */
    case AVERROR(ECONNREFUSED): return "the connection was refused, so nobody listens there";
    case AVERROR(ETIMEDOUT): return "the host does not answer";
    case AVERROR(EHOSTUNREACH):
    case AVERROR(ENETUNREACH): return "there is no way to the host";
    case AVERROR(ECONNRESET):
    case AVERROR_EOF: return "the connection was closed before a video began";
    default: return NULL;
  }
}

static int no_video(const dslt_ff_video *v) {
  if (v->request.piped && dslt_ff_pipe_bytes(v->pipe) == 0)
    return dslt_fail(DSLT_EFORMAT, "%s ended before anything came.", v->name);
  if (v->request.piped)
    return dslt_fail(
        DSLT_EFORMAT,
        "%s brings no video that FFmpeg can read as it comes. An .mp4 or .mov has its index at its end unless "
        "it was written otherwise: give it as a file, or send Matroska, MPEG-TS or fragments.",
        v->name);
  return dslt_fail(DSLT_EFORMAT, "%s is no video that FFmpeg can read; the %s is damaged or of another type.",
                   v->name, v->request.address ? "stream" : "file");
}

static int cannot_open(const dslt_ff_video *v, int code) {
  const char *name = v->name, *reason = v->request.address ? unreachable(code) : NULL;
  char why[AV_ERROR_MAX_STRING_SIZE] = "";
  if (code == AVERROR(ENOMEM)) return dslt_fail(DSLT_EMEMORY, "Out of memory while opening %s.", name);
  if (code == AVERROR_EXIT)
    return dslt_fail(DSLT_EIO, "%s gives no answer: nothing came for %.0f seconds.", name, patience);
  if (code == AVERROR_PROTOCOL_NOT_FOUND)
    return dslt_fail(DSLT_EARGUMENT, "%s cannot be opened: FFmpeg supports no such kind of address.", name);
  if (reason) return dslt_fail(DSLT_EIO, "%s cannot be reached: %s.", name, reason);
  if (code == AVERROR_INVALIDDATA || code == AVERROR_DEMUXER_NOT_FOUND || code == AVERROR_EOF)
    return no_video(v);
  av_strerror(code, why, sizeof why);
  return dslt_fail(DSLT_EIO, "%s cannot be opened: %s.", name, why);
}

/* What FFmpeg is to open, and how. */
static int choose_url(char *local, size_t size, const char **url, AVDictionary **options, dslt_ff_video *v) {
  *url = v->request.path;
  if (v->request.piped) {
    *url = NULL;
    v->pipe = dslt_ff_pipe_open(v->request.descriptor, interrupted, v);
    return v->pipe ? DSLT_OK : cannot_open(v, AVERROR(ENOMEM));
  }
  if (v->request.address) {
    av_dict_set(options, "rtsp_transport", "tcp", 0); /* do not drop packets */
    v->deadline = dslt_seconds() + patience;
    return DSLT_OK;
  }
  /* as a file, even with colons in its name, and without opening other files that it refers to */
  if (snprintf(local, size, "file:%s", *url) >= (int)size)
    return dslt_fail(DSLT_EIO, "The file name %.60s... is too long.", *url);
  *url = local;
  av_dict_set(options, "protocol_whitelist", "file,crypto,data", 0);
  return DSLT_OK;
}

static int open_container(dslt_ff_video *v) {
  char local[4200];
  const char *url;
  AVDictionary *options = NULL;
  DSLT_TRY(choose_url(local, sizeof local, &url, &options, v));
  v->format = avformat_alloc_context();
  if (!v->format) {
    av_dict_free(&options);
    return cannot_open(v, AVERROR(ENOMEM));
  }
  v->format->interrupt_callback = (AVIOInterruptCB){interrupted, v};
  v->format->pb = v->pipe;
  int code = avformat_open_input(&v->format, url, NULL, &options);
  av_dict_free(&options);
  if (code >= 0) code = avformat_find_stream_info(v->format, NULL);
  if (unwanted(v)) return dslt_fail(DSLT_EIO, "%s: interrupted while it was opened.", v->name);
  return code < 0 ? cannot_open(v, code) : DSLT_OK;
}

static int open_decoder(dslt_ff_video *v) {
  const AVCodec *decoder = NULL;
  const int index = av_find_best_stream(v->format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
  if (index < 0 || v->format->streams[index]->disposition & AV_DISPOSITION_ATTACHED_PIC)
    return dslt_fail(DSLT_EFORMAT, "%s holds no video.", v->name);
  v->stream = v->format->streams[index];
  for (unsigned i = 0; i < v->format->nb_streams; i++)
    v->format->streams[i]->discard = (int)i == index ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
  const AVCodecParameters *p = v->stream->codecpar;
  decoder = avcodec_find_decoder(p->codec_id);
  if (!decoder)
    return dslt_fail(DSLT_EUNSUPPORTED, "%s holds video of type %s, for which this FFmpeg has no decoder.",
                     v->name, avcodec_get_name(p->codec_id));
  if (p->width > 0 && p->height > 0) {
    const int rc = dslt_frame_check_size(p->width, p->height);
    if (rc < 0) return dslt_fail_prefix(rc, v->name);
  }
  v->codec = avcodec_alloc_context3(decoder);
  v->packet = av_packet_alloc();
  v->frame = av_frame_alloc();
  int code = v->codec && v->packet && v->frame ? avcodec_parameters_to_context(v->codec, p) : AVERROR(ENOMEM);
  if (code < 0) return cannot_open(v, code);
  const long cores = sysconf(_SC_NPROCESSORS_ONLN);
  v->codec->pkt_timebase = v->stream->time_base;
  /* No frame threading: what the decoder fills in at damaged spots would then depend on timing. */
  v->codec->thread_type = FF_THREAD_SLICE;
  v->codec->thread_count = cores < 2 ? 1 : cores < MOST_THREADS ? (int)cores : MOST_THREADS;
  code = avcodec_open2(v->codec, decoder, NULL);
  return code < 0 ? cannot_open(v, code) : DSLT_OK;
}

static int orientation_of(const uint8_t *matrix) {
  int32_t entries[9];
  if (!matrix) return 1;
  memcpy(entries, matrix, sizeof entries);
  return dslt_orient_from_matrix(entries);
}

static int stream_orientation(const AVStream *stream) {
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(60, 15, 100)
  const AVPacketSideData *data = av_packet_side_data_get(
      stream->codecpar->coded_side_data, stream->codecpar->nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
  return orientation_of(data && data->size >= 36 ? data->data : NULL);
#else
  size_t size = 0;
  const uint8_t *data = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
  return orientation_of(size >= 36 ? data : NULL);
#endif
}

static int valid_rate(AVRational r) { return r.num > 0 && r.den > 0 && av_q2d(r) < 1e5; }

/* Frames whose place by the index lies behind the end of the file; only MP4 and related formats have a
 * complete index. */
static int64_t count_cut_off(const dslt_ff_video *v) {
  const int64_t size = v->request.address || !v->format->pb ? -1 : avio_size(v->format->pb);
  int64_t count = 0;
  for (int i = avformat_index_get_entries_count(v->stream) - 1; size > 0 && i >= 0; i--) {
    const AVIndexEntry *e = avformat_index_get_entry(v->stream, i);
    count += e && e->pos >= 0 && e->size > 0 && e->pos + e->size > size;
  }
  return count;
}

static void find_facts(dslt_video_facts *out, dslt_ff_video *v) {
  AVStream *s = v->stream;
  const AVRational guess = av_guess_frame_rate(v->format, s, NULL);
  const double fps = valid_rate(s->avg_frame_rate) ? av_q2d(s->avg_frame_rate)
                     : valid_rate(guess)           ? av_q2d(guess)
                                                   : 0;
  double seconds = 0;
  if (s->duration != AV_NOPTS_VALUE)
    seconds = (double)s->duration * av_q2d(s->time_base);
  else if (v->format->duration != AV_NOPTS_VALUE)
    seconds = (double)v->format->duration / AV_TIME_BASE;
  const double about = s->nb_frames > 0 ? (double)s->nb_frames : floor(seconds * fps + 0.5);
  v->damage.fps = fps;
  v->orientation = stream_orientation(s);
  v->cut_off = count_cut_off(v);
  const AVRational aspect = av_guess_sample_aspect_ratio(v->format, s, NULL);
  const int said = aspect.num > 0 && aspect.den > 0;
  const int swaps = dslt_orient_swaps(v->request.as_stored ? 1 : v->orientation);
  *out = (dslt_video_facts){
      .fps = fps, .about = about >= 1 && about < 1e12 ? (int64_t)about : -1, .orientation = v->orientation};
  out->aspect[swaps] = said ? aspect.num : 1;
  out->aspect[!swaps] = said ? aspect.den : 1;
}

int dslt_ff_video_open(dslt_ff_video **out, dslt_video_facts *facts, const dslt_video_request *request) {
  av_log_set_callback(listen);
  dslt_ff_video *v = av_mallocz(sizeof *v);
  if (!v || !(v->name = av_strdup(request->path))) {
    av_free(v);
    return dslt_fail(DSLT_EMEMORY, "No memory to open %s.", request->path);
  }
  v->place = -1;
  v->request = *request;
  v->request.path = v->name;
  v->damage = (dslt_damage){.notes = request->notes, .name = v->name, .live = request->address, .time = NAN};
  int rc = open_container(v);
  if (rc == DSLT_OK) rc = open_decoder(v);
  if (rc < 0) {
    dslt_ff_video_close(v);
    return rc;
  }
  find_facts(facts, v); /* keep errors logged so far: short files are read completely on opening */
  *out = v;
  return DSLT_OK;
}

/* ---- frame by frame ------------------------------------------------------------------------------ */

/* The input has ended; that it ended early can be detected for some containers only. */
static void tell_end(dslt_ff_video *v) {
  const int64_t announced = v->stream->nb_frames;
  int64_t missing = v->cut_off;
  const int spots = v->damage.spots + v->damage.spot.open;
  if (missing == 0 && spots == 0 && strcmp(v->format->iformat->name, "avi") == 0 && announced > v->packets)
    missing = announced - v->packets;
  dslt_damage_end(&v->damage, announced, missing);
}

/* The next packet of the video. 1, 0 at the end, negative. */
static int read_packet(dslt_ff_video *v) {
  for (int bad = 0;;) {
    av_packet_unref(v->packet);
    v->deadline = v->request.address ? dslt_seconds() + patience : 0;
    const int code = av_read_frame(v->format, v->packet);
    if (code >= 0 && v->packet->stream_index == v->stream->index) {
      v->packets++;
      if (v->packet->pos >= 0) v->place = v->packet->pos;
      return 1;
    }
    if (code >= 0) continue;
    if (code == AVERROR_EOF || (v->stop && atomic_load(v->stop))) return 0;
    if (code == AVERROR_EXIT)
      return dslt_fail(DSLT_EIO, "Nothing came for %.0f seconds; the stream is given up.", patience);
    if (code == AVERROR(ENOMEM)) return dslt_fail(DSLT_EMEMORY, "Out of memory while reading.");
    if (code != AVERROR_INVALIDDATA && code != AVERROR(EAGAIN)) {
      char why[AV_ERROR_MAX_STRING_SIZE] = "";
      av_strerror(code, why, sizeof why);
      return dslt_fail(DSLT_EIO, "It cannot be read any further: %s.", why);
    }
    complain(v, v->format->pb);
    if (++bad == MOST_BAD_READS) return 0;
  }
}

/* Send the decoder its next packet, or the end of the input. */
static int feed(dslt_ff_video *v) {
  const int rc = read_packet(v);
  if (rc < 0) return rc;
  if (rc == 0) {
    v->drained = 1;
    avcodec_send_packet(v->codec, NULL);
    return DSLT_OK;
  }
  if (v->packet->flags & AV_PKT_FLAG_CORRUPT) dslt_damage_complaint(&v->damage);
  const int code = avcodec_send_packet(v->codec, v->packet);
  return code < 0 && code != AVERROR(EAGAIN) && code != AVERROR_EOF ? refused(v, code) : DSLT_OK;
}

/* The next decoded picture in v->frame. 1, 0 at the end, negative. */
static int decode(dslt_ff_video *v) {
  for (;;) {
    const int code = avcodec_receive_frame(v->codec, v->frame);
    if (code == 0) {
      account(v);
      return 1;
    }
    if (v->stop && atomic_load(v->stop)) return 0;
    if (code == AVERROR_EOF) return 0;
    if (code != AVERROR(EAGAIN)) {
      DSLT_TRY(refused(v, code));
    } else if (v->drained) {
      return 0;
    } else {
      DSLT_TRY(feed(v));
    }
  }
}

/* The scaler for the present frame's size, format and colours; kept while they stay. */
static int prepare_scaler(dslt_ff_video *v) {
  const AVFrame *f = v->frame;
  const int wanted[5] = {f->width, f->height, f->format, (int)f->colorspace, (int)f->color_range};
  if (v->scaler && memcmp(wanted, v->scaled, sizeof wanted) == 0) return DSLT_OK;
  sws_freeContext(v->scaler);
  v->scaler = sws_getContext(f->width, f->height, f->format, f->width, f->height, AV_PIX_FMT_BGR24,
                             SWS_BICUBIC, NULL, NULL, NULL);
  if (!v->scaler) {
    const char *name = av_get_pix_fmt_name(f->format);
    return dslt_fail(DSLT_EUNSUPPORTED, "Its pixels (%s) cannot be turned into colours.", name ? name : "?");
  }
  memcpy(v->scaled, wanted, sizeof wanted);
  int *from, *to, full, full_out, brightness, contrast, saturation;
  if (sws_getColorspaceDetails(v->scaler, &from, &full, &to, &full_out, &brightness, &contrast,
                               &saturation) >= 0)
    sws_setColorspaceDetails(v->scaler, sws_getCoefficients(f->colorspace),
                             full || f->color_range == AVCOL_RANGE_JPEG, to, full_out, brightness, contrast,
                             saturation);
  return DSLT_OK;
}

/* An orientation that the coded pictures themselves ask for (H.264 and HEVC say it beside some of them) holds until
 * another one. */
static void find_orientation(dslt_ff_video *v) {
  const AVFrameSideData *matrix = av_frame_get_side_data(v->frame, AV_FRAME_DATA_DISPLAYMATRIX);
  const int orientation = matrix && matrix->size >= 36 ? orientation_of(matrix->data) : v->orientation;
  if (orientation == v->orientation) return;
  v->orientation = orientation;
  dslt_orient_tell(orientation, &v->request);
}

static int deliver(dslt_frame *out, dslt_ff_video *v) {
  const AVFrame *f = v->frame;
  const int orientation = v->request.as_stored || v->orientation == 0 ? 1 : v->orientation;
  dslt_frame *into = orientation == 1 ? out : &v->stored;
  DSLT_TRY(dslt_frame_reserve_rows(into, f->width, f->height, DSLT_BGR8, ROW_ALIGNMENT));
  DSLT_TRY(prepare_scaler(v));
  uint8_t *planes[4] = {into->pixels};
  const int strides[4] = {(int)into->stride};
  if (sws_scale(v->scaler, (const uint8_t *const *)f->data, f->linesize, 0, f->height, planes, strides) <= 0)
    return dslt_fail(DSLT_EFORMAT, "The frame's pixels cannot be turned into colours.");
  if (orientation != 1) DSLT_TRY(dslt_orient_frame(out, into, orientation));
  out->time = v->damage.time;
  return DSLT_OK;
}

int dslt_ff_video_next(dslt_frame *out, dslt_ff_video *video, const atomic_bool *stop) {
  video->stop = stop;
  int rc = decode(video);
  if (rc == 0 && !(stop && atomic_load(stop))) tell_end(video);
  if (rc > 0) find_orientation(video);
  if (rc > 0 && out) {
    rc = deliver(out, video);
    if (rc == DSLT_OK) rc = 1;
  }
  if (rc > 0) av_frame_unref(video->frame);
  return rc;
}

void dslt_ff_video_close(dslt_ff_video *video) {
  if (!video) return;
  sws_freeContext(video->scaler);
  av_frame_free(&video->frame);
  av_packet_free(&video->packet);
  avcodec_free_context(&video->codec);
  avformat_close_input(&video->format);
  dslt_ff_pipe_close(video->pipe);
  dslt_frame_free(&video->stored);
  av_free(video->name);
  av_free(video);
}

const char *dslt_ff_version(void) { return av_version_info(); }
