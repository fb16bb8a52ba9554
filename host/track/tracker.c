/* tracker.c: the public tracker: create, init, and the way of a frame. */
#include "tracker.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "geometry.h"
#include "net/backbone.h"
#include "util/error.h"

double dslt_now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

/* Add the time since *start to a stage and start the next one. */
static void lap(dslt_result *result, dslt_stage stage, double *start) {
  double now = dslt_now_ms();
  result->stage_ms[stage] += now - *start;
  *start = now;
}

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
    DSLT_TRY(dslt_options_init(&chosen, "paper"));
  DSLT_TRY(dslt_options_check(&chosen));
  DSLT_TRY(dslt_backbone_check(weights, &chosen));
  dslt_tracker *t = calloc(1, sizeof *t);
  if (!t) return dslt_fail(DSLT_EMEMORY, "Out of memory while creating a tracker.");
  t->options = chosen;
  t->weights = weights;
  t->norm = dslt_backbone_norm(weights);
  dslt_backend_config config = {.threads = chosen.threads, .precision = chosen.precision};
  int rc = dslt_backend_open(&t->backend, chosen.backend, &config);
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

/* ---- first frame --------------------------------------------------------------------------------- */

static int first_frame(dslt_tracker *t, const dslt_image *frame, const dslt_box *box) {
  DSLT_TRY(dslt_tracker_plan(t, frame, box));
  t->seen = (dslt_pose){.cx = box->x + 0.5 * box->width,
                        .cy = box->y + 0.5 * box->height,
                        .scale = 1.0,
                        .peak = 1.0,
                        .mean_peak = -1.0,
                        .level = (t->geometry.levels - 1) / 2};
  DSLT_TRY(t->ops->upload(t->backend, t->pose, &t->seen, sizeof t->seen));
  DSLT_TRY(t->ops->frame(t->backend, frame));
  dslt_result result = {.box = *box, .peak = 1.0};
  double start = dslt_now_ms();
  DSLT_TRY(t->ops->crop(t->backend, t->input, &t->geometry, &t->norm, t->pose, 0, 1));
  lap(&result, DSLT_STAGE_CROP, &start);
  DSLT_TRY(dslt_tracker_learn_first(t, &result));
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

static int see_pose(dslt_tracker *t) {
  return t->ops->download(t->backend, &t->seen, t->pose, sizeof t->seen);
}

/* Search around the last place: crop, backbone, head, maximum. */
static int search(dslt_tracker *t, dslt_result *result, double *clock) {
  DSLT_TRY(t->ops->crop(t->backend, t->input, &t->geometry, &t->norm, t->pose, 0, 1));
  lap(result, DSLT_STAGE_CROP, clock);
  DSLT_TRY(t->ops->net_run(t->single, t->input, t->low, t->high));
  lap(result, DSLT_STAGE_BACKBONE, clock);
  DSLT_TRY(dslt_head_respond(t->head, t->response, t->low, t->high, 1));
  lap(result, DSLT_STAGE_HEAD, clock);
  t->window = dslt_response_window(&t->seen, &t->geometry);
  t->response_made = 1;
  t->response_fetched = 0;
  DSLT_TRY(t->ops->locate(t->backend, t->pose, t->response, &t->geometry));
  DSLT_TRY(see_pose(t));
  lap(result, DSLT_STAGE_LOCATE, clock);
  return DSLT_OK;
}

/* Look at the new place in every scale and take the best. */
static int rescale(dslt_tracker *t, dslt_result *result, double *clock) {
  int levels = t->geometry.levels;
  DSLT_TRY(t->ops->crop(t->backend, t->input, &t->geometry, &t->norm, t->pose, -(levels - 1) / 2, levels));
  lap(result, DSLT_STAGE_CROP, clock);
  DSLT_TRY(t->ops->net_run(t->pyramid, t->input, t->low_levels, t->high_levels));
  lap(result, DSLT_STAGE_BACKBONE, clock);
  DSLT_TRY(dslt_head_respond(t->head, t->responses, t->low_levels, t->high_levels, levels));
  lap(result, DSLT_STAGE_HEAD, clock);
  DSLT_TRY(t->ops->choose_scale(t->backend, t->pose, t->responses, &t->geometry));
  DSLT_TRY(see_pose(t));
  lap(result, DSLT_STAGE_LOCATE, clock);
  return DSLT_OK;
}

/* Put the target as it looks now into the store. The pyramid's chosen level is the sample; without a pyramid
 * the search's own features serve where the target stood still, else the new place is looked at once more. */
static int store(dslt_tracker *t, const dslt_pose *before, dslt_result *result, double *clock) {
  int slot = dslt_samples_advance(&t->samples);
  if (slot < 0) return DSLT_OK;
  float *low = dslt_samples_low(&t->samples, slot), *high = dslt_samples_high(&t->samples, slot);
  if (t->seen.pyramid) {
    DSLT_TRY(t->ops->take_level(t->backend, low, t->low_levels, t->pose, t->low_values));
    DSLT_TRY(t->ops->take_level(t->backend, high, t->high_levels, t->pose, t->high_values));
  } else if (before->cx == t->seen.cx && before->cy == t->seen.cy) {
    DSLT_TRY(t->ops->copy(t->backend, low, t->low, t->low_values * sizeof(float)));
    DSLT_TRY(t->ops->copy(t->backend, high, t->high, t->high_values * sizeof(float)));
  } else {
    DSLT_TRY(t->ops->crop(t->backend, t->input, &t->geometry, &t->norm, t->pose, 0, 1));
    lap(result, DSLT_STAGE_CROP, clock);
    DSLT_TRY(t->ops->net_run(t->single, t->input, low, high));
    lap(result, DSLT_STAGE_BACKBONE, clock);
  }
  lap(result, DSLT_STAGE_STORE, clock);
  return DSLT_OK;
}

static int next_frame(dslt_tracker *t, dslt_result *result, const dslt_image *frame) {
  double clock = dslt_now_ms();
  dslt_pose before = t->seen;
  DSLT_TRY(t->ops->frame(t->backend, frame));
  DSLT_TRY(search(t, result, &clock));
  if (t->seen.pyramid) DSLT_TRY(rescale(t, result, &clock));
  int interval = t->options.update_interval;
  int due = interval > 0 && (t->frames + 1) % interval == 0;
  if (due && !(t->seen.lost && t->options.lost_hold)) {
    DSLT_TRY(store(t, &before, result, &clock));
    DSLT_TRY(dslt_tracker_learn_online(t, result));
    lap(result, DSLT_STAGE_UPDATE, &clock);
  }
  result->box = dslt_pose_box(&t->seen, &t->geometry);
  result->peak = t->seen.peak;
  result->lost = t->seen.lost;
  result->scale_level = t->seen.level - (t->geometry.levels - 1) / 2;
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
    int rc = t->ops->download(t->backend, t->response_host, t->response, t->response_values * sizeof(float));
    int ended = t->ops->end(t->backend);
    DSLT_TRY(rc < 0 ? rc : ended);
    t->response_fetched = 1;
  }
  *out =
      (dslt_response){t->response_host, t->geometry.response_width, t->geometry.response_height, t->window};
  return DSLT_OK;
}
