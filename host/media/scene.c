/* SPDX-License-Identifier: Apache-2.0 */
/* scene.c: the rendered clip: movement of its objects, and the order in which they are drawn. */
#include "media/scene.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/rng.h"
#include "media/scene_parts.h"

enum { DISTRACTORS = 4, MOST_SUBFRAMES = 16, LARGEST_SIDE = 4096 };

struct dslt_scene {
  dslt_scene_options options;
  dslt_sheet background;
  int margin_x, margin_y; /* how far the background drifts to each side, px */
  double sway_x, sway_y;  /* largest distance of the object's centre from the middle, px */
  double phase[8];        /* turns, from the seed */
  dslt_sprite object, distractor[DISTRACTORS];
  dslt_sprite_pose home[DISTRACTORS]; /* places around which the distractors move */
  int first_blur[2], last_blur[2];
  int first_cover, last_cover; /* frames in which the post or wall moves */
  int first_event, last_event; /* frames of a departure, or of a cut, which lasts */
  double cut_to;               /* after a cut, this is added to the time */
};

static const double LARGEST_SCALE = 1.36, LARGEST_TURN = 22.0 / 360;

void dslt_scene_defaults(dslt_scene_options *out) {
  *out = (dslt_scene_options){.width = 480,
                              .height = 360,
                              .frames = 150,
                              .seed = 1,
                              .object_width = 64,
                              .object_height = 80,
                              .motion = 1,
                              .scale = 1,
                              .rotation = 1,
                              .blur = 1,
                              .occlusion = 1,
                              .background = 1};
}

/* ---- poses
 * ----------------------------------------------------------------------------------------------------- */

/* Places on a grid of 1/4096 px are the same on every machine in spite of rounding differences. */
static double snap(double v) { return floor(v * 4096 + 0.5) / 4096; }

static double time_of(const dslt_scene *s, double t) {
  return s->options.event == DSLT_SCENE_CUT && t >= s->first_event - 0.5 ? t + s->cut_to : t;
}

/* How far to the side a departed object is: out on the left in the first quarter of the event, in from the right in its
 * last. */
static double departed(const dslt_scene *s, double x, double width, double t) {
  const double u = (t - s->first_event) / (s->last_event - s->first_event + 1.0);
  if (s->options.event != DSLT_SCENE_LEAVE || u <= 0 || u >= 1) return 0;
  if (u < 0.75) return -fmin(1, 4 * u) * (x + width);
  return (4 - 4 * u) * (s->options.width - x + width);
}

/* The object at time `t`, which may fall between frames. Size and turn are those of the options at t = 0. */
static dslt_sprite_pose object_pose(const dslt_scene *s, double t) {
  const dslt_scene_options *o = &s->options;
  const double at = t;
  t = time_of(s, t);
  double x = o->width / 2.0, y = o->height / 2.0, scale = 1, turn = 0;
  if (o->motion) {
    x += s->sway_x *
         (0.8 * dslt_scene_sin(t / 128 + s->phase[0]) + 0.2 * dslt_scene_sin(t / 57 + s->phase[1]));
    y += s->sway_y *
         (0.76 * dslt_scene_sin(t / 89 + s->phase[2]) + 0.24 * dslt_scene_sin(t / 43 + s->phase[3]));
  }
  if (o->scale) {
    const double wave = dslt_scene_sin(t / 97);
    scale += wave > 0 ? (LARGEST_SCALE - 1) * wave : 0.26 * wave;
  }
  x += departed(s, x, o->object_width * scale, at);
  if (o->rotation) turn = LARGEST_TURN * (0.75 * dslt_scene_sin(t / 71) + 0.25 * dslt_scene_sin(t / 29));
  return (dslt_sprite_pose){snap(x),
                            snap(y),
                            snap(o->object_width * scale),
                            snap(o->object_height * scale),
                            snap(dslt_scene_sin(turn) * 16) / 16,
                            snap(dslt_scene_sin(turn + 0.25) * 16) / 16};
}

static dslt_sprite_pose distractor_pose(const dslt_scene *s, int which, double t) {
  dslt_sprite_pose p = s->home[which];
  t = time_of(s, t);
  if (!s->options.background) return p;
  const double far = 0.11 * s->options.width;
  p.x = snap(p.x + far * dslt_scene_sin(t / (118 + 17 * which) + s->phase[4 + which % 4]));
  p.y = snap(p.y + far * dslt_scene_sin(t / (97 + 23 * which) + s->phase[4 + (which + 1) % 4]));
  return p;
}

static int blurred(const dslt_scene *s, int index) {
  for (int i = 0; i < 2; i++) {
    if (index >= s->first_blur[i] && index <= s->last_blur[i]) return 1;
  }
  return 0;
}

/* ---- making
 * ---------------------------------------------------------------------------------------------------- */

static int check(const dslt_scene_options *o) {
  if (o->width < 32 || o->height < 32 || o->width > LARGEST_SIDE || o->height > LARGEST_SIDE) {
    return dslt_fail(DSLT_EARGUMENT,
                     "A scene of %d x %d pixels cannot be rendered; give 32..%d for each side.", o->width,
                     o->height, LARGEST_SIDE);
  }
  if (o->frames < 1 || o->frames > 10000000) {
    return dslt_fail(DSLT_EARGUMENT, "A scene of %d frames cannot be rendered; give 1..10000000.", o->frames);
  }
  if (!(o->object_width >= 4 && o->object_height >= 4)) {
    return dslt_fail(DSLT_EARGUMENT,
                     "The scene's object of %g x %g pixels is too small; give at least 4 x 4.",
                     o->object_width, o->object_height);
  }
  return DSLT_OK;
}

/* Half of the object's outline at its largest, so that the path can keep it inside the frame. */
static int plan_path(dslt_scene *s) {
  const dslt_scene_options *o = &s->options;
  const double scale = o->scale ? LARGEST_SCALE : 1, turn = o->rotation ? LARGEST_TURN : 0;
  const double sine = dslt_scene_sin(turn), w = o->object_width * scale, h = o->object_height * scale;
  /* the outline is widest somewhere between upright and the largest turn: w + h sin bounds it from above */
  const double half_x = (w + h * sine) / 2 + 1, half_y = (h + w * sine) / 2 + 1;
  s->sway_x = o->width / 2.0 - half_x;
  s->sway_y = o->height / 2.0 - half_y;
  if (!(s->sway_x >= 0 && s->sway_y >= 0)) {
    return dslt_fail(
        DSLT_EARGUMENT,
        "The scene's object of %g x %g pixels does not fit into %d x %d with its changes of size and "
        "turn; make it smaller or the frame larger.",
        o->object_width, o->object_height, o->width, o->height);
  }
  return DSLT_OK;
}

/* The time to cut to: of some, the one at which the object is farthest from where it was. */
static double cut(const dslt_scene *s) {
  dslt_scene plain = *s;
  plain.options.event = DSLT_SCENE_NO_EVENT;
  const dslt_sprite_pose from = object_pose(&plain, s->first_event);
  double best = 0, farthest = -1;
  for (int i = 1; i <= 64; ++i) {
    const dslt_sprite_pose to = object_pose(&plain, s->first_event + 37.0 * i);
    const double far = hypot(to.x - from.x, to.y - from.y);
    if (far > farthest) farthest = far, best = 37.0 * i;
  }
  return best;
}

static void plan_events(dslt_scene *s) {
  const int n = s->options.frames;
  const int none = n + 1;
  s->first_blur[0] = s->options.blur ? n * 22 / 100 : none;
  s->last_blur[0] = s->options.blur ? n * 34 / 100 : -1;
  s->first_blur[1] = s->options.blur ? n * 80 / 100 : none;
  s->last_blur[1] = s->options.blur ? n * 90 / 100 : -1;
  const int event = s->options.event, covers = event ? event == DSLT_SCENE_HIDE : s->options.occlusion;
  s->first_cover = covers ? n * 48 / 100 : none;
  s->last_cover = covers ? n * 76 / 100 : -1;
  s->first_event = n * 40 / 100;
  s->last_event = n * 60 / 100;
  s->cut_to = event == DSLT_SCENE_CUT ? cut(s) : 0;
}

static void plan_distractors(dslt_scene *s, dslt_rng *rng) {
  static const double AT[DISTRACTORS][2] = {{0.17, 0.25}, {0.83, 0.22}, {0.80, 0.80}, {0.22, 0.80}};
  for (int i = 0; i < DISTRACTORS; i++) {
    const double size = 0.75 + 0.4 * dslt_rng_uniform(rng), turn = (dslt_rng_uniform(rng) - 0.5) * 0.2;
    const double x = AT[i][0] + 0.1 * (dslt_rng_uniform(rng) - 0.5),
                 y = AT[i][1] + 0.1 * (dslt_rng_uniform(rng) - 0.5);
    s->home[i] =
        (dslt_sprite_pose){snap(x * s->options.width),           snap(y * s->options.height),
                           snap(size * s->options.object_width), snap(size * s->options.object_height),
                           snap(dslt_scene_sin(turn)),           snap(dslt_scene_sin(turn + 0.25))};
  }
}

static int paint(dslt_scene *s) {
  const dslt_scene_options *o = &s->options;
  s->margin_x = o->width / 8 + 2;
  s->margin_y = o->height / 8 + 2;
  DSLT_TRY(dslt_scene_paint_background(&s->background, o->width + 2 * s->margin_x,
                                       o->height + 2 * s->margin_y,
                                       fmax(8, 0.5 * (o->object_width + o->object_height)), o->seed));
  dslt_sheet sheet;
  DSLT_TRY(dslt_scene_paint_object(&sheet));
  DSLT_TRY(dslt_sprite_create(&s->object, &sheet));
  for (int i = 0; i < DISTRACTORS; i++) {
    DSLT_TRY(dslt_scene_paint_distractor(&sheet, i, o->seed));
    DSLT_TRY(dslt_sprite_create(&s->distractor[i], &sheet));
  }
  return DSLT_OK;
}

static int read_event(int *event, char **end) {
  static const char *const names[] = {":hide", ":leave", ":cut"};
  for (int i = 0; i < 3; ++i) {
    if (strcmp(*end, names[i]) != 0) continue;
    *end += strlen(names[i]);
    *event = DSLT_SCENE_HIDE + i;
    return 1;
  }
  return 0;
}

int dslt_scene_parse(dslt_scene_options *out, const char *name) {
  static const char prefix[] = "scene:";
  const char *p = name + sizeof prefix - 1;
  char *end = NULL;
  long long seed = -1, width = 0, height = 0;
  dslt_scene_defaults(out);
  errno = 0;
  if (strncmp(name, prefix, sizeof prefix - 1) == 0 && isdigit((unsigned char)*p))
    seed = strtoll(p, &end, 10);
  int good = seed >= 0 && !errno;
  if (good && *end == ':' && isdigit((unsigned char)end[1])) {
    width = strtoll(end + 1, &end, 10);
    if (*end == 'x' && isdigit((unsigned char)end[1])) height = strtoll(end + 1, &end, 10);
    good = !errno && width > 0 && height > 0 && width < 1000000 && height < 1000000;
  }
  if (good && *end == ':') good = read_event(&out->event, &end);
  if (!good || *end)
    return dslt_fail(
        DSLT_EARGUMENT,
        "%s names no scene; write scene:SEED or scene:SEED:WIDTHxHEIGHT, and :hide, :leave or :cut behind "
        "it for what happens to the object.",
        name);
  out->seed = (uint64_t)seed;
  if (width == 0) return DSLT_OK;
  const double factor = fmin((double)width / out->width, (double)height / out->height);
  out->object_width *= factor;
  out->object_height *= factor;
  out->width = (int)width;
  out->height = (int)height;
  return DSLT_OK;
}

int dslt_scene_create(dslt_scene **out, const dslt_scene_options *options) {
  dslt_scene_options defaults;
  dslt_scene_defaults(&defaults);
  if (!options) options = &defaults;
  DSLT_TRY(check(options));
  dslt_scene *s = calloc(1, sizeof *s);
  if (!s) return dslt_fail(DSLT_EMEMORY, "No memory for a scene.");
  s->options = *options;
  dslt_rng rng = dslt_rng_make(options->seed, 0x7363656eu);
  for (int i = 0; i < 8; i++) s->phase[i] = snap(dslt_rng_uniform(&rng));
  plan_distractors(s, &rng);
  int rc = plan_path(s);
  if (rc == DSLT_OK) plan_events(s);
  if (rc == DSLT_OK) rc = paint(s);
  if (rc < 0) {
    dslt_scene_free(s);
    return rc;
  }
  *out = s;
  return DSLT_OK;
}

void dslt_scene_free(dslt_scene *scene) {
  if (!scene) return;
  dslt_sheet_free(&scene->background);
  dslt_sprite_free(&scene->object);
  for (int i = 0; i < DISTRACTORS; i++) dslt_sprite_free(&scene->distractor[i]);
  free(scene);
}

int dslt_scene_frames(const dslt_scene *scene) { return scene->options.frames; }

/* ---- rendering
 * ------------------------------------------------------------------------------------------------- */

/* The background shifted by a fraction of a pixel, in 1/256 px: the same four weights everywhere. */
static void draw_background(dslt_canvas *canvas, const dslt_scene *s, double t) {
  double x = s->margin_x, y = s->margin_y;
  t = time_of(s, t);
  if (s->options.background) {
    x += (s->margin_x - 2) * dslt_scene_sin(t / 173 + s->phase[6]);
    y += (s->margin_y - 2) * dslt_scene_sin(t / 139 + s->phase[7]);
  }
  const int64_t fx = (int64_t)floor(x * 256 + 0.5), fy = (int64_t)floor(y * 256 + 0.5);
  const uint32_t ax = (uint32_t)(fx & 255), ay = (uint32_t)(fy & 255);
  const uint32_t w00 = (256 - ax) * (256 - ay), w10 = ax * (256 - ay), w01 = (256 - ax) * ay, w11 = ax * ay;
  const size_t wide = (size_t)s->background.width;
  for (int row = 0; row < canvas->height; row++) {
    const uint32_t *p = s->background.texels + (size_t)(row + (fy >> 8)) * wide + (size_t)(fx >> 8),
                   *q = p + wide;
    uint8_t *pixel = canvas->pixels + (size_t)row * (size_t)canvas->width * 3;
    for (int col = 0; col < canvas->width; col++) {
      for (int c = 0; c < 3; c++) {
        const int shift = 8 * c;
        const uint32_t v = (p[col] >> shift & 255) * w00 + (p[col + 1] >> shift & 255) * w10 +
                           (q[col] >> shift & 255) * w01 + (q[col + 1] >> shift & 255) * w11;
        pixel[3 * col + c] = (uint8_t)((v + 32768) >> 16);
      }
    }
  }
}

/* Half of the post's width: it is half as wide as the object, the wall twice. */
static double half_post(const dslt_scene *s, const dslt_sprite_pose *object) {
  return snap(object->width / (s->options.event == DSLT_SCENE_HIDE ? 1 : 4));
}

static double post_place(const dslt_scene *s, const dslt_sprite_pose *object, int index, double lean) {
  const double span = s->last_cover > s->first_cover ? s->last_cover - s->first_cover : 1;
  const double u = 2 * (index - s->first_cover) / span - 1;
  const double far = s->options.width + (1 + lean) * (object->width + object->height);
  return object->x + far * (0.16 * u + 0.84 * u * u * u);
}

/* A leaning striped post that overtakes the object once: far away from it at both ends of its time, slow beside it in the
 * middle. A wall stands upright. */
static void draw_post(dslt_canvas *canvas, const dslt_scene *s, const dslt_sprite_pose *object, int index) {
  if (index < s->first_cover || index > s->last_cover) return;
  const double lean = s->options.event == DSLT_SCENE_HIDE ? 0 : 0.12;
  const double half = half_post(s, object), x = post_place(s, object, index, lean);
  for (int row = 0; row < canvas->height; row++) {
    const double middle = snap(x + lean * (object->y - row));
    const int first = (int)fmax(0, floor(middle - half - 3)),
              last = (int)fmin(canvas->width, ceil(middle + half + 4));
    uint8_t *pixel =
        canvas->pixels + ((size_t)row * (size_t)canvas->width + (size_t)(first < last ? first : 0)) * 3;
    for (int col = first; col < last; col++, pixel += 3) {
      const double across = (col + 0.5 - middle) / half, d = (fabs(across) - 1) * half;
      const double cover = d < -0.5 ? 1 : d < 0.5 ? 0.5 - d : 0, shade = d < 3 ? 0.5 : 0;
      /* a round post lit from the left, with slanting bands */
      const double light = 0.55 + 0.45 * (1 - (across + 0.35) * (across + 0.35) / 1.9);
      const double band = (row + 0.45 * (col - middle)) / (half * 2.4);
      const double place = fabs(band - floor(band + 0.5)) * half * 2.4, edge = half * 0.6 - place + 0.5;
      const double red = edge < 0 ? 0 : edge > 1 ? 1 : edge;
      const double paint_color[3] = {62 + 150 * (1 - red), 58 + 168 * (1 - red), 178 + 55 * (1 - red)};
      for (int c = 0; c < 3; c++) {
        const double under = pixel[c] * (across > 0 ? 1 - shade * 0.6 : 1);
        pixel[c] = (uint8_t)(cover * paint_color[c] * light + (1 - cover) * under + 0.5);
      }
    }
  }
}

/* Half of the object's width or more is inside of the frame and not behind the wall. */
static int seen(const dslt_scene *s, const dslt_sprite_pose *object, int index) {
  const double left = object->x - object->width / 2, right = left + object->width;
  double shown = fmin(right, s->options.width) - fmax(left, 0);
  if (s->options.event == DSLT_SCENE_HIDE && index >= s->first_cover && index <= s->last_cover) {
    const double half = half_post(s, object), x = post_place(s, object, index, 0);
    shown -= fmax(0, fmin(right, x + half) - fmax(left, x - half));
  }
  return shown >= object->width / 2;
}

int dslt_scene_render(dslt_canvas *out, dslt_box *truth, const dslt_scene *scene, int index) {
  const dslt_scene_options *o = &scene->options;
  if (index < 0 || index >= o->frames) {
    return dslt_fail(DSLT_EARGUMENT, "The scene has no frame %d; its frames are 0..%d.", index,
                     o->frames - 1);
  }
  if (!out->pixels || out->width != o->width || out->height != o->height) {
    dslt_canvas fresh = {0};
    DSLT_TRY(dslt_canvas_create(&fresh, o->width, o->height));
    dslt_canvas_free(out);
    *out = fresh;
  }
  draw_background(out, scene, index);
  for (int i = 0; i < DISTRACTORS; i++) {
    const dslt_sprite_pose p = distractor_pose(scene, i, index);
    DSLT_TRY(dslt_sprite_draw(out, &scene->distractor[i], &p, 1));
  }
  const dslt_sprite_pose middle = object_pose(scene, index);
  dslt_sprite_pose poses[MOST_SUBFRAMES] = {middle};
  int count = 1;
  if (blurred(scene,
              index)) { /* the shutter stays open for a whole frame, half before and half after its time */
    count = MOST_SUBFRAMES;
    for (int i = 0; i < count; i++) poses[i] = object_pose(scene, index + (i + 0.5) / count - 0.5);
  }
  DSLT_TRY(dslt_sprite_draw(out, &scene->object, poses, count));
  draw_post(out, scene, &middle, index);
  if (truth) {
    *truth =
        (dslt_box){middle.x - middle.width / 2, middle.y - middle.height / 2, middle.width, middle.height};
    if (o->event && !seen(scene, &middle, index)) *truth = (dslt_box){NAN, NAN, NAN, NAN};
  }
  return DSLT_OK;
}
