/* SPDX-License-Identifier: Apache-2.0 */
/* dslttrack.c: a GStreamer element that follows one object through the video that flows through it. The box comes by property
 * or by event; what was found goes into a meta of each buffer, into the picture if asked for, and on the bus when the object is
 * lost or found. docs/gstreamer.md shows its use. */
#include <gst/gst.h>
#include <gst/video/gstvideofilter.h>
#include <gst/video/gstvideometa.h>
#include <gst/video/video.h>

#include <math.h>
#include <string.h>

#include "draw.h"
#include "dslt/dslt.h"

#define CAPS "{ BGR, RGB, BGRx, BGRA, RGBx, RGBA, GRAY8 }"

typedef struct dslt_gst_track {
  GstVideoFilter parent;
  /* guarded by the object's lock: */
  gchar *preset, *weights_name, *options_text;
  gboolean overlay;
  gboolean wanted; /* begin with `box` in the next frame */
  gboolean forget; /* ... or follow nothing from then on */
  dslt_box box;
  gboolean known; /* `last` is the last frame's */
  dslt_result last;
  /* of the streaming thread: */
  dslt_weights *weights;
  dslt_tracker *tracker;
  gboolean following;
  int width, height; /* of the frames that it follows in */
} dslt_gst_track;

typedef struct dslt_gst_trackClass {
  GstVideoFilterClass parent;
} dslt_gst_trackClass; /* G_DEFINE_TYPE wants this name */

enum {
  PROP_0,
  PROP_BOX,
  PROP_PRESET,
  PROP_WEIGHTS,
  PROP_OPTIONS,
  PROP_OVERLAY,
  PROP_LOST,
  PROP_SCORE,
  PROP_CURRENT
};

GType dslt_gst_track_get_type(void);
G_DEFINE_TYPE(dslt_gst_track, dslt_gst_track, GST_TYPE_VIDEO_FILTER)

static dslt_gst_track *track_of(void *object) { return (dslt_gst_track *)object; }

GST_DEBUG_CATEGORY_STATIC(dslt_gst_debug);
#define GST_CAT_DEFAULT dslt_gst_debug

/* ---- properties ---------------------------------------------------------------------------------- */

/* "x,y,width,height" with dots, whatever the locale. */
static gboolean parse_box(dslt_box *out, const gchar *text) {
  double *const sides[] = {&out->x, &out->y, &out->width, &out->height};
  const gchar *at = text;
  for (int i = 0; i < 4; ++i) {
    gchar *end = NULL;
    *sides[i] = g_ascii_strtod(at, &end);
    if (end == at || *end != (i < 3 ? ',' : '\0')) return FALSE;
    at = end + 1;
  }
  return TRUE;
}

static void set_box(dslt_gst_track *self, const gchar *text) {
  dslt_box box = {0};
  const gboolean none = !text || !*text;
  if (!none && !parse_box(&box, text)) box.x = NAN; /* the next frame says what a box is */
  self->wanted = !none;
  self->forget = none;
  if (!none) self->box = box;
}

static void set_text(gchar **place, const GValue *value) {
  g_free(*place);
  *place = g_value_dup_string(value);
}

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec) {
  dslt_gst_track *self = track_of(object);
  GST_OBJECT_LOCK(self);
  switch (id) {
    case PROP_BOX: set_box(self, g_value_get_string(value)); break;
    case PROP_PRESET: set_text(&self->preset, value); break;
    case PROP_WEIGHTS: set_text(&self->weights_name, value); break;
    case PROP_OPTIONS: set_text(&self->options_text, value); break;
    case PROP_OVERLAY: self->overlay = g_value_get_boolean(value); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
  GST_OBJECT_UNLOCK(self);
}

/* As parse_box() reads it; to be freed. */
static gchar *box_text(const dslt_box *box) {
  const double sides[] = {box->x, box->y, box->width, box->height};
  gchar text[4][G_ASCII_DTOSTR_BUF_SIZE];
  for (int i = 0; i < 4; ++i) g_ascii_formatd(text[i], sizeof text[i], "%.6g", sides[i]);
  return g_strdup_printf("%s,%s,%s,%s", text[0], text[1], text[2], text[3]);
}

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec) {
  dslt_gst_track *self = track_of(object);
  GST_OBJECT_LOCK(self);
  switch (id) {
    case PROP_BOX: g_value_take_string(value, self->wanted ? box_text(&self->box) : g_strdup("")); break;
    case PROP_PRESET: g_value_set_string(value, self->preset); break;
    case PROP_WEIGHTS: g_value_set_string(value, self->weights_name); break;
    case PROP_OPTIONS: g_value_set_string(value, self->options_text); break;
    case PROP_OVERLAY: g_value_set_boolean(value, self->overlay); break;
    case PROP_LOST: g_value_set_boolean(value, self->known && self->last.lost); break;
    case PROP_SCORE: g_value_set_double(value, self->known ? self->last.peak : 0); break;
    case PROP_CURRENT:
      g_value_take_string(value, self->known ? box_text(&self->last.box) : g_strdup(""));
      break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
  GST_OBJECT_UNLOCK(self);
}

/* ---- the tracker --------------------------------------------------------------------------------- */

/* "key=value key=value" into options. */
static int set_options(dslt_options *options, const gchar *text) {
  gchar **pairs = g_strsplit_set(text ? text : "", " ;", -1);
  int rc = DSLT_OK;
  for (gchar **pair = pairs; *pair && rc == DSLT_OK; ++pair) {
    gchar *equals = strchr(*pair, '=');
    if (!**pair) continue;
    if (equals) *equals = '\0';
    rc = dslt_options_set(options, *pair, equals ? equals + 1 : "");
  }
  g_strfreev(pairs);
  return rc;
}

static int make_tracker(dslt_gst_track *self, const gchar *preset, const gchar *weights, const gchar *text) {
  dslt_options *options = NULL;
  int rc = dslt_options_create(&options, preset && *preset ? preset : "default");
  if (rc == DSLT_OK) rc = set_options(options, text);
  if (rc == DSLT_OK)
    rc = dslt_weights_load(&self->weights, weights && *weights ? weights : dslt_options_weights(options));
  if (rc == DSLT_OK) rc = dslt_tracker_create(&self->tracker, options, self->weights);
  dslt_options_free(options);
  return rc;
}

static gboolean start(GstBaseTransform *transform) {
  dslt_gst_track *self = track_of(transform);
  GST_OBJECT_LOCK(self);
  gchar *preset = g_strdup(self->preset), *weights = g_strdup(self->weights_name),
        *text = g_strdup(self->options_text);
  GST_OBJECT_UNLOCK(self);
  const int rc = make_tracker(self, preset, weights, text);
  if (rc < 0)
    GST_ELEMENT_ERROR(self, RESOURCE, SETTINGS, ("%s", dslt_last_error()), ("%s", dslt_error_name(rc)));
  g_free(preset);
  g_free(weights);
  g_free(text);
  return rc == DSLT_OK;
}

static gboolean stop(GstBaseTransform *transform) {
  dslt_gst_track *self = track_of(transform);
  dslt_tracker_free(self->tracker);
  dslt_weights_free(self->weights);
  self->tracker = NULL;
  self->weights = NULL;
  self->following = FALSE;
  GST_OBJECT_LOCK(self);
  self->known = FALSE;
  GST_OBJECT_UNLOCK(self);
  return TRUE;
}

/* ---- what is told -------------------------------------------------------------------------------- */

static GstStructure *structure_of(const char *name, const dslt_result *r) {
  return gst_structure_new(name, "x", G_TYPE_DOUBLE, r->box.x, "y", G_TYPE_DOUBLE, r->box.y, "width",
                           G_TYPE_DOUBLE, r->box.width, "height", G_TYPE_DOUBLE, r->box.height, "score",
                           G_TYPE_DOUBLE, r->peak, "lost", G_TYPE_BOOLEAN, r->lost != 0, "found",
                           G_TYPE_BOOLEAN, r->found != 0, NULL);
}

/* On the bus: dslt-track with what happened, "begun", "lost", "found" or "ended", and when. */
static void tell(dslt_gst_track *self, const char *event, const dslt_result *r, GstClockTime when) {
  GstStructure *what = structure_of("dslt-track", r);
  gst_structure_set(what, "event", G_TYPE_STRING, event, "timestamp", GST_TYPE_CLOCK_TIME, when, NULL);
  gst_element_post_message(GST_ELEMENT(self), gst_message_new_element(GST_OBJECT(self), what));
}

/* Whole pixels of the box that lie in the frame, and the exact numbers as a parameter. */
static void add_meta(GstBuffer *buffer, const GstVideoInfo *info, const dslt_result *r) {
  const double width = GST_VIDEO_INFO_WIDTH(info), height = GST_VIDEO_INFO_HEIGHT(info);
  const double x0 = CLAMP(r->box.x, 0, width), y0 = CLAMP(r->box.y, 0, height);
  const double x1 = CLAMP(r->box.x + r->box.width, x0, width),
               y1 = CLAMP(r->box.y + r->box.height, y0, height);
  GstVideoRegionOfInterestMeta *meta = gst_buffer_add_video_region_of_interest_meta(
      buffer, "dslt", (guint)(x0 + 0.5), (guint)(y0 + 0.5), (guint)(x1 - x0 + 0.5), (guint)(y1 - y0 + 0.5));
  gst_video_region_of_interest_meta_add_param(meta, structure_of("dslt-track", r));
}

/* ---- a frame ------------------------------------------------------------------------------------- */

static dslt_pixel_format format_of(GstVideoFormat format) {
  switch (format) {
    case GST_VIDEO_FORMAT_RGB: return DSLT_RGB8;
    case GST_VIDEO_FORMAT_BGRx:
    case GST_VIDEO_FORMAT_BGRA: return DSLT_BGRA8;
    case GST_VIDEO_FORMAT_RGBx:
    case GST_VIDEO_FORMAT_RGBA: return DSLT_RGBA8;
    case GST_VIDEO_FORMAT_GRAY8: return DSLT_GRAY8;
    default: return DSLT_BGR8;
  }
}

/* Another size means another video: there is nothing to follow in it until a box comes. */
static void check_size(dslt_gst_track *self, const dslt_image *image, GstClockTime when) {
  if (!self->following || (image->width == self->width && image->height == self->height)) return;
  dslt_result last = {0};
  dslt_tracker_result(&last, self->tracker);
  self->following = FALSE;
  tell(self, "ended", &last, when);
}

static int begin(dslt_result *result, dslt_gst_track *self, const dslt_image *image, const dslt_box *box) {
  const int rc = dslt_tracker_init(self->tracker, image, box);
  if (rc < 0) return rc;
  self->following = TRUE;
  self->width = image->width;
  self->height = image->height;
  return dslt_tracker_init_result(result, self->tracker);
}

/* A box that cannot be followed is no reason to end the video. */
static GstFlowReturn refuse(dslt_gst_track *self, int rc) {
  if (rc == DSLT_EBOX) {
    GST_ELEMENT_WARNING(self, STREAM, FAILED, ("%s", dslt_last_error()), ("%s", dslt_error_name(rc)));
    return GST_FLOW_OK;
  }
  GST_ELEMENT_ERROR(self, STREAM, FAILED, ("%s", dslt_last_error()), ("%s", dslt_error_name(rc)));
  return GST_FLOW_ERROR;
}

/* What the next frame has to do, as properties and events left it. */
typedef struct order {
  gboolean wanted, forget, overlay;
  dslt_box box;
} order;

static order take_order(dslt_gst_track *self) {
  GST_OBJECT_LOCK(self);
  const order o = {self->wanted, self->forget, self->overlay, self->box};
  self->wanted = self->forget = FALSE;
  GST_OBJECT_UNLOCK(self);
  return o;
}

static int follow(dslt_result *result, dslt_gst_track *self, const dslt_image *image, const order *o,
                  GstClockTime when) {
  dslt_result before = {0};
  if (self->following) dslt_tracker_result(&before, self->tracker);
  if (o->wanted) {
    const int rc = begin(result, self, image, &o->box);
    if (rc == DSLT_OK) tell(self, "begun", result, when);
    return rc;
  }
  const int rc = dslt_tracker_update(result, self->tracker, image);
  if (rc < 0) return rc;
  if (result->lost && !before.lost) tell(self, "lost", result, when);
  if (!result->lost && before.lost) tell(self, "found", result, when);
  return DSLT_OK;
}

static void keep(dslt_gst_track *self, const dslt_result *result) {
  GST_OBJECT_LOCK(self);
  self->known = result != NULL;
  if (result) self->last = *result;
  GST_OBJECT_UNLOCK(self);
}

static GstFlowReturn transform_frame_ip(GstVideoFilter *filter, GstVideoFrame *frame) {
  dslt_gst_track *self = track_of(filter);
  const GstClockTime when = GST_BUFFER_PTS(frame->buffer);
  const dslt_image image = {GST_VIDEO_FRAME_PLANE_DATA(frame, 0), GST_VIDEO_FRAME_WIDTH(frame),
                            GST_VIDEO_FRAME_HEIGHT(frame), (size_t)GST_VIDEO_FRAME_PLANE_STRIDE(frame, 0),
                            format_of(GST_VIDEO_FRAME_FORMAT(frame))};
  const order o = take_order(self);
  dslt_result result = {0};
  check_size(self, &image, when);
  if (o.forget && self->following) {
    dslt_tracker_result(&result, self->tracker);
    self->following = FALSE;
    tell(self, "ended", &result, when);
  }
  if (!o.wanted && !self->following) {
    keep(self, NULL);
    return GST_FLOW_OK;
  }
  const int rc = follow(&result, self, &image, &o, when);
  if (rc < 0) return refuse(self, rc);
  keep(self, &result);
  add_meta(frame->buffer, &frame->info, &result);
  if (o.overlay) dslt_gst_draw(&image, GST_VIDEO_FRAME_PLANE_DATA(frame, 0), &result.box, result.lost);
  return GST_FLOW_OK;
}

/* ---- events -------------------------------------------------------------------------------------- */

/* A custom event "dslt-track" with x, y, width and height begins anew in the next frame; without them nothing is followed from
 * then on. 1: it was ours. */
static gboolean take_event(dslt_gst_track *self, GstEvent *event) {
  const GstStructure *s = gst_event_get_structure(event);
  dslt_box box;
  if (!s || !gst_structure_has_name(s, "dslt-track")) return FALSE;
  const gboolean given =
      gst_structure_get(s, "x", G_TYPE_DOUBLE, &box.x, "y", G_TYPE_DOUBLE, &box.y, "width", G_TYPE_DOUBLE,
                        &box.width, "height", G_TYPE_DOUBLE, &box.height, NULL);
  GST_OBJECT_LOCK(self);
  self->wanted = given;
  self->forget = !given;
  if (given) self->box = box;
  GST_OBJECT_UNLOCK(self);
  gst_event_unref(event);
  return TRUE;
}

static gboolean is_custom(const GstEvent *event) {
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_CUSTOM_UPSTREAM:
    case GST_EVENT_CUSTOM_DOWNSTREAM:
    case GST_EVENT_CUSTOM_DOWNSTREAM_OOB:
    case GST_EVENT_CUSTOM_BOTH:
    case GST_EVENT_CUSTOM_BOTH_OOB: return TRUE;
    default: return FALSE;
  }
}

static gboolean sink_event(GstBaseTransform *transform, GstEvent *event) {
  if (is_custom(event) && take_event(track_of(transform), event)) return TRUE;
  return GST_BASE_TRANSFORM_CLASS(dslt_gst_track_parent_class)->sink_event(transform, event);
}

static gboolean src_event(GstBaseTransform *transform, GstEvent *event) {
  if (is_custom(event) && take_event(track_of(transform), event)) return TRUE;
  return GST_BASE_TRANSFORM_CLASS(dslt_gst_track_parent_class)->src_event(transform, event);
}

/* ---- the class ----------------------------------------------------------------------------------- */

static void finalize(GObject *object) {
  dslt_gst_track *self = track_of(object);
  g_free(self->preset);
  g_free(self->weights_name);
  g_free(self->options_text);
  G_OBJECT_CLASS(dslt_gst_track_parent_class)->finalize(object);
}

static void dslt_gst_track_init(dslt_gst_track *self) {
  gst_base_transform_set_in_place(GST_BASE_TRANSFORM(self), TRUE);
}

static void add_text(GObjectClass *class, guint id, const char *name, const char *nick, const char *blurb,
                     GParamFlags flags) {
  g_object_class_install_property(
      class, id,
      g_param_spec_string(name, nick, blurb, "", flags | G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void add_properties(GObjectClass *class) {
  const GParamFlags ready = G_PARAM_WRITABLE | GST_PARAM_MUTABLE_READY,
                    playing = G_PARAM_WRITABLE | GST_PARAM_MUTABLE_PLAYING;
  const GParamFlags told = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  add_text(class, PROP_BOX, "box", "Box",
           "\"x,y,width,height\" in pixels: follow what it holds in the next frame; empty: follow nothing",
           playing);
  add_text(class, PROP_PRESET, "preset", "Preset",
           "Preset of options, as dslt track --preset; empty: default", ready);
  add_text(class, PROP_WEIGHTS, "weights", "Weights", "Network, as dslt track --weights; empty: the preset's",
           ready);
  add_text(class, PROP_OPTIONS, "options", "Options", "\"key=value key=value\", as dslt track --set", ready);
  add_text(class, PROP_CURRENT, "current-box", "Current box",
           "Where the object is, \"x,y,width,height\"; empty: nothing is followed", 0);
  g_object_class_install_property(
      class, PROP_OVERLAY,
      g_param_spec_boolean("overlay", "Overlay", "Draw the box into the picture: green, red while lost",
                           FALSE, playing | G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
  g_object_class_install_property(
      class, PROP_LOST,
      g_param_spec_boolean("lost", "Lost", "The object could not be seen in the last frame", FALSE, told));
  g_object_class_install_property(class, PROP_SCORE,
                                  g_param_spec_double("score", "Score", "Of the last frame, about 0 to 1",
                                                      -G_MAXDOUBLE, G_MAXDOUBLE, 0, told));
}

static void dslt_gst_track_class_init(dslt_gst_trackClass *class) {
  GObjectClass *object = G_OBJECT_CLASS(class);
  GstElementClass *element = GST_ELEMENT_CLASS(class);
  GstBaseTransformClass *transform = GST_BASE_TRANSFORM_CLASS(class);
  object->set_property = set_property;
  object->get_property = get_property;
  object->finalize = finalize;
  add_properties(object);
  gst_element_class_set_static_metadata(
      element, "Object tracker", "Filter/Analyzer/Video",
      "Follows one object through the video; its box becomes a region-of-interest meta", "The dslt authors");
  GstCaps *caps = gst_caps_from_string(GST_VIDEO_CAPS_MAKE(CAPS));
  gst_element_class_add_pad_template(element,
                                     gst_pad_template_new("sink", GST_PAD_SINK, GST_PAD_ALWAYS, caps));
  gst_element_class_add_pad_template(element, gst_pad_template_new("src", GST_PAD_SRC, GST_PAD_ALWAYS, caps));
  gst_caps_unref(caps);
  transform->start = start;
  transform->stop = stop;
  transform->sink_event = sink_event;
  transform->src_event = src_event;
  GST_VIDEO_FILTER_CLASS(class)->transform_frame_ip = transform_frame_ip;
}

static gboolean plugin_init(GstPlugin *plugin) {
  GST_DEBUG_CATEGORY_INIT(dslt_gst_debug, "dslttrack", 0, "object tracker");
  return gst_element_register(plugin, "dslttrack", GST_RANK_NONE, dslt_gst_track_get_type());
}

#define PACKAGE "dslt"
GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, dslt, "Object tracking by dslt", plugin_init,
                  DSLT_GST_VERSION, "Apache-2.0", "dslt", "https://github.com/")
