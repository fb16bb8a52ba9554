/* tracker.c: the public tracker: create, init, and the way of a frame. */
#include "tracker.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "geometry.h"
#include "math/locate.h"
#include "net/backbone.h"
#include "util/error.h"

/* ---- what callers give us ------------------------------------------------------------------------ */

static int check_image(const dslt_image *image) {
  static const size_t pixel_bytes[] = {3, 3, 1, 4, 4, 2, 6};
  if (!image->data)
    return dslt_fail(DSLT_EFRAME, "The frame has no pixels; point dslt_image.data at its first row.");
  if ((int)image->format < 0 || (int)image->format > DSLT_BGR16)
    return dslt_fail(DSLT_EFRAME, "The frame's pixel format %d is none of dslt_pixel_format.",
                     (int)image->format);
  if (image->width < 1 || image->height < 1 || image->width > 16384 || image->height > 16384)
    return dslt_fail(DSLT_EFRAME, "The frame is %d x %d pixels; each side must be 1 to 16384.", image->width,
                     image->height);
  if (image->stride < (size_t)image->width * pixel_bytes[image->format])
    return dslt_fail(DSLT_EFRAME, "The frame's rows are %zu bytes apart, too few for %d pixels of format %d.",
                     image->stride, image->width, (int)image->format);
  return DSLT_OK;
}

static int check_box(const dslt_box *box, const dslt_image *frame) {
  if (!isfinite(box->x) || !isfinite(box->y) || !isfinite(box->width) || !isfinite(box->height))
    return dslt_fail(DSLT_EBOX,
                     "The box holds a number that is not finite; give x, y, width and height in pixels.");
  if (!(box->width >= 1) || !(box->height >= 1))
    return dslt_fail(DSLT_EBOX,
                     "The box is %g x %g pixels; each side must be at least 1; draw it around the object.",
                     box->width, box->height);
  double left = fmax(box->x, 0), right = fmin(box->x + box->width, frame->width);
  double top = fmax(box->y, 0), bottom = fmin(box->y + box->height, frame->height);
  if (right <= left || bottom <= top || (right - left) * (bottom - top) < 1)
    return dslt_fail(
        DSLT_EBOX,
        "The box %g,%g,%g,%g covers less than one pixel of the %d x %d frame; give a box that overlaps it.",
        box->x, box->y, box->width, box->height, frame->width, frame->height);
  if (box->width > 4.0 * frame->width || box->height > 4.0 * frame->height)
    return dslt_fail(DSLT_EBOX,
                     "The box of %g x %g pixels is far larger than the %d x %d frame; give the box in pixels "
                     "of this frame.",
                     box->width, box->height, frame->width, frame->height);
  return DSLT_OK;
}

/* ---- life ---------------------------------------------------------------------------------------- */

int dslt_tracker_create(dslt_tracker **out, const dslt_options *options, dslt_weights *weights) {
  if (!out || !weights)
    return dslt_fail(DSLT_EARGUMENT,
                     "dslt_tracker_create() needs a place for the tracker and loaded weights.");
  dslt_options chosen;
  if (options)
    chosen = *options;
  else
    DSLT_TRY(dslt_options_init(&chosen, "default"));
  DSLT_TRY(dslt_options_check(&chosen));
  DSLT_TRY(dslt_backbone_check(weights, &chosen));
  dslt_tracker *t = calloc(1, sizeof *t);
  if (!t) return dslt_fail(DSLT_EMEMORY, "Out of memory while creating a tracker.");
  t->options = chosen;
  t->weights = weights;
  t->norm = dslt_backbone_norm(weights);
  dslt_backend_config config = {.threads = chosen.threads, .precision = chosen.precision};
  int rc = dslt_backend_open_noting(&t->backend, t->note, sizeof t->note, chosen.backend, &config);
  if (rc < 0) {
    free(t);
    return rc;
  }
  t->ops = t->backend->ops;
  *out = t;
  return DSLT_OK;
}

void dslt_tracker_free(dslt_tracker *t) {
  if (!t) return;
  dslt_tracker_unplan(t);
  t->ops->close(t->backend);
  free(t);
}

const char *dslt_tracker_backend(const dslt_tracker *t) { return t ? t->ops->name : ""; }

const char *dslt_tracker_precision(const dslt_tracker *t) {
  static const char *const names[] = {"f32", "bf16", "tf32"};
  return t ? names[t->backend->precision] : "";
}

const char *dslt_tracker_note(const dslt_tracker *t) { return t ? t->note : ""; }

/* ---- first frame --------------------------------------------------------------------------------- */

static int open_flow(dslt_tracker *t) {
  const dslt_options *o = &t->options;
  dslt_flow_desc desc = {.pose = t->pose,
                         .capacity = o->memory,
                         .interval = o->update_interval,
                         .hold = o->lost_hold,
                         .joint = dslt_tracker_searches_levels(t)};
  return t->ops->flow_open(&t->flow, t->backend, &desc, &t->seen);
}

static int first_frame(dslt_tracker *t, const dslt_image *frame, const dslt_box *box) {
  DSLT_TRY(dslt_tracker_plan(t, frame, box));
  t->seen = (dslt_pose){.cx = box->x + 0.5 * box->width,
                        .cy = box->y + 0.5 * box->height,
                        .scale = 1.0,
                        .peak = 1.0,
                        .mean_peak = -1.0,
                        .level = (t->geometry.levels - 1) / 2};
  DSLT_TRY(t->ops->upload(t->backend, t->pose, &t->seen, sizeof t->seen));
  DSLT_TRY(open_flow(t));
  DSLT_TRY(t->ops->frame(t->backend, frame));
  dslt_result result = {.box = *box, .peak = 1.0};
  DSLT_TRY(t->ops->flow_mark(t->flow, -1));
  DSLT_TRY(t->ops->crop(t->backend, t->input, &t->geometry, &t->norm, t->pose, 0, 1));
  DSLT_TRY(t->ops->flow_mark(t->flow, DSLT_STAGE_CROP));
  DSLT_TRY(dslt_tracker_learn_first(t, &result));
  DSLT_TRY(t->ops->flow_gather(t->flow, t->loss));
  dslt_flow_report report;
  DSLT_TRY(t->ops->flow_report(&report, t->flow));
  memcpy(result.stage_ms, report.stage_ms, sizeof result.stage_ms);
  t->init_result = result;
  t->frames = 0;
  t->ready = 1;
  return DSLT_OK;
}

int dslt_tracker_init(dslt_tracker *t, const dslt_image *frame, const dslt_box *box) {
  if (!t || !frame || !box)
    return dslt_fail(DSLT_EARGUMENT, "dslt_tracker_init() needs a tracker, a frame and a box.");
  DSLT_TRY(check_image(frame));
  DSLT_TRY(check_box(box, frame));
  dslt_tracker_unplan(t);
  DSLT_TRY(t->ops->begin(t->backend));
  int rc = first_frame(t, frame, box);
  int ended = t->ops->end(t->backend);
  if (rc == DSLT_OK) rc = ended;
  if (rc < 0) dslt_tracker_unplan(t);
  return rc;
}

int dslt_tracker_init_result(dslt_result *out, const dslt_tracker *t) {
  if (!out || !t) return dslt_fail(DSLT_EARGUMENT, "dslt_tracker_init_result() needs a place and a tracker.");
  if (!t->ready)
    return dslt_fail(DSLT_ESTATE, "The tracker has not learnt a target yet; call dslt_tracker_init().");
  *out = t->init_result;
  return DSLT_OK;
}

int dslt_tracker_init_losses(const float **out, int *count, const dslt_tracker *t) {
  if (!out || !count || !t)
    return dslt_fail(DSLT_EARGUMENT, "dslt_tracker_init_losses() needs two places and a tracker.");
  if (!t->ready)
    return dslt_fail(DSLT_ESTATE, "The tracker has not learnt a target yet; call dslt_tracker_init().");
  *out = t->init_losses;
  *count = t->init_result.steps;
  return DSLT_OK;
}

/* ---- the way of a frame -------------------------------------------------------------------------- */

int dslt_tracker_searches_levels(const dslt_tracker *t) {
  return t->options.scale_joint && t->geometry.levels > 1;
}

int dslt_tracker_run(dslt_tracker *t, int part, int (*calls)(dslt_tracker *t, int argument), int argument) {
  int again = 1;
  while (again == 1) {
    int run;
    DSLT_TRY(t->ops->flow_record(&run, t->flow, part));
    again = t->ops->flow_recorded(t->flow, run ? calls(t, argument) : DSLT_OK);
  }
  return again;
}

static int mark(dslt_tracker *t, dslt_stage stage) { return t->ops->flow_mark(t->flow, (int)stage); }

/* Crop, backbone, head: responses around the pose in every scale (n = levels) or in the middle one (n = 1).
 */
static int respond(dslt_tracker *t, int n) {
  int all = n > 1;
  float *low = all ? t->low_levels : t->low, *high = all ? t->high_levels : t->high;
  DSLT_TRY(t->ops->crop(t->backend, t->input, &t->geometry, &t->norm, t->pose, -(n - 1) / 2, n));
  DSLT_TRY(mark(t, DSLT_STAGE_CROP));
  DSLT_TRY(t->ops->net_run(all ? t->pyramid : t->single, t->input, low, high));
  DSLT_TRY(mark(t, DSLT_STAGE_BACKBONE));
  DSLT_TRY(dslt_head_respond(t->head, all ? t->responses : t->response, low, high, n));
  return mark(t, DSLT_STAGE_HEAD);
}

/* Search around the last place; where a pyramid is worth it, look at the new place in every scale and take
 * the best. */
static int search(dslt_tracker *t) {
  DSLT_TRY(respond(t, 1));
  DSLT_TRY(t->ops->locate(t->backend, t->pose, t->response, &t->geometry));
  DSLT_TRY(t->ops->flow_decide(t->flow));
  DSLT_TRY(mark(t, DSLT_STAGE_LOCATE));
  if (!t->pyramid) return DSLT_OK;
  int run;
  DSLT_TRY(t->ops->flow_if(&run, t->flow, DSLT_IF_PYRAMID));
  if (run) {
    DSLT_TRY(respond(t, t->geometry.levels));
    DSLT_TRY(t->ops->choose_scale(t->backend, t->pose, t->responses, &t->geometry));
    DSLT_TRY(mark(t, DSLT_STAGE_LOCATE));
  }
  return t->ops->flow_end_if(t->flow);
}

/* Search around the last place in every scale at once; the best one gives place and size. */
static int search_levels(dslt_tracker *t) {
  DSLT_TRY(respond(t, t->geometry.levels));
  DSLT_TRY(t->ops->locate_levels(t->backend, t->pose, t->responses, &t->geometry));
  DSLT_TRY(t->ops->flow_decide(t->flow));
  return mark(t, DSLT_STAGE_LOCATE);
}

/* For a sample that neither the search nor a pyramid has seen. */
static int look(dslt_tracker *t) {
  int run;
  DSLT_TRY(t->ops->flow_if(&run, t->flow, DSLT_IF_LOOK));
  if (run) {
    DSLT_TRY(t->ops->crop(t->backend, t->input, &t->geometry, &t->norm, t->pose, 0, 1));
    DSLT_TRY(mark(t, DSLT_STAGE_CROP));
    DSLT_TRY(t->ops->net_run(t->single, t->input, t->low_look, t->high_look));
    DSLT_TRY(mark(t, DSLT_STAGE_BACKBONE));
  }
  return t->ops->flow_end_if(t->flow);
}

/* Put the target as it looks now into the store, and learn. */
static int update(dslt_tracker *t) {
  int run;
  DSLT_TRY(t->ops->flow_if(&run, t->flow, DSLT_IF_UPDATE));
  if (run) {
    dslt_sample_sources sources = {t->low,      t->high,      t->low_levels, t->high_levels,
                                   t->low_look, t->high_look, t->low_values, t->high_values};
    DSLT_TRY(t->ops->flow_store(t->flow, t->samples.low, t->samples.high,
                                dslt_tracker_searches_levels(t) ? t->samples.label : NULL, &sources,
                                &t->geometry));
    DSLT_TRY(mark(t, DSLT_STAGE_STORE));
    DSLT_TRY(dslt_tracker_learn_online(t));
    DSLT_TRY(mark(t, DSLT_STAGE_UPDATE));
  }
  return t->ops->flow_end_if(t->flow);
}

static int frame_calls(dslt_tracker *t, int unused) {
  (void)unused;
  DSLT_TRY(t->ops->flow_mark(t->flow, -1));
  DSLT_TRY(dslt_tracker_searches_levels(t) ? search_levels(t) : search(t));
  if (t->low_look) DSLT_TRY(look(t));
  if (t->options.update_interval > 0) DSLT_TRY(update(t));
  return t->ops->flow_gather(t->flow, t->loss);
}

/* Keep in mind where the response map of this frame lies, in memory and in the frame. */
static void show(dslt_tracker *t, const float *response, dslt_pose looked, int level) {
  looked.scale *= dslt_level_factor(level, &t->geometry);
  t->window = dslt_response_window(&looked, &t->geometry);
  t->shown = response;
  t->response_made = 1;
  t->response_fetched = 0;
}

static int next_frame(dslt_tracker *t, dslt_result *result, const dslt_image *frame) {
  dslt_flow_report report;
  DSLT_TRY(t->ops->frame(t->backend, frame));
  DSLT_TRY(dslt_tracker_run(t, DSLT_PART_FRAME, frame_calls, 0));
  DSLT_TRY(t->ops->flow_report(&report, t->flow));
  int middle = (t->geometry.levels - 1) / 2;
  if (dslt_tracker_searches_levels(t))
    show(t, t->responses + (size_t)report.pose.level * t->response_values, t->seen, report.pose.level);
  else
    show(t, t->response, t->seen, middle);
  t->seen = report.pose;
  result->box = dslt_pose_box(&t->seen, &t->geometry);
  result->peak = t->seen.peak;
  result->lost = t->seen.lost;
  result->scale_level = t->seen.level - middle;
  result->steps = report.learnt * t->options.update_steps;
  result->loss = report.learnt ? (double)report.loss : 0.0;
  memcpy(result->stage_ms, report.stage_ms, sizeof result->stage_ms);
  ++t->frames;
  return DSLT_OK;
}

int dslt_tracker_update(dslt_result *out, dslt_tracker *t, const dslt_image *frame) {
  if (!out || !t || !frame)
    return dslt_fail(DSLT_EARGUMENT,
                     "dslt_tracker_update() needs a place for the result, a tracker and a frame.");
  if (!t->ready)
    return dslt_fail(DSLT_ESTATE, "The tracker has no target yet; call dslt_tracker_init() first.");
  DSLT_TRY(check_image(frame));
  if (frame->width != t->geometry.frame_width || frame->height != t->geometry.frame_height)
    return dslt_fail(DSLT_EFRAME,
                     "The frame is %d x %d pixels but the first one was %d x %d; all frames of a video must "
                     "have one size.",
                     frame->width, frame->height, t->geometry.frame_width, t->geometry.frame_height);
  dslt_result result = {0};
  DSLT_TRY(t->ops->begin(t->backend));
  int rc = next_frame(t, &result, frame);
  int ended = t->ops->end(t->backend);
  if (rc == DSLT_OK) rc = ended;
  if (rc == DSLT_OK) *out = result;
  return rc;
}

int dslt_tracker_response(dslt_response *out, dslt_tracker *t) {
  if (!out || !t) return dslt_fail(DSLT_EARGUMENT, "dslt_tracker_response() needs a place and a tracker.");
  if (!t->ready || !t->response_made)
    return dslt_fail(DSLT_ESTATE, "There is no response map before the first dslt_tracker_update().");
  if (!t->response_fetched) {
    DSLT_TRY(t->ops->begin(t->backend));
    int rc = t->ops->download(t->backend, t->response_host, t->shown, t->response_values * sizeof(float));
    int ended = t->ops->end(t->backend);
    DSLT_TRY(rc < 0 ? rc : ended);
    t->response_fetched = 1;
  }
  *out =
      (dslt_response){t->response_host, t->geometry.response_width, t->geometry.response_height, t->window};
  return DSLT_OK;
}
