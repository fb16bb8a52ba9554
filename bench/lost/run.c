/* SPDX-License-Identifier: Apache-2.0 */
/* run.c: lost and found on rendered scenes: the target is hidden by a wall, leaves the frame and comes back elsewhere, or is
 * elsewhere after a cut.
 *
 *     dslt_lost_found [--scenes N] [--first SEED] [--size WxH] [--preset NAME] [--weights FILE]
 *                     [KEY=VALUE...]
 *
 * Prints a row per event, over N scenes (default 20) from SEED (default 1) on, of WxH pixels (default 640x480): in how many the box overlaps the
 * target by more than half within 30 frames after it can be seen again; the frames until then (median); the share of the
 * frames without a target in which it is told as lost; false returns, which are frames told as found whose box overlaps the
 * target by less than a fifth; and the mean overlap over all frames with a target. Progress goes to standard error. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cli/progress.h"
#include "cli/short_spin.h"
#include "dslt/dslt.h"
#include "media/scene.h"

enum { WITHIN = 30, SCENES_MAX = 1000 };

typedef struct tally {
  int returns, again, false_returns, absent, told, overlaps;
  int waits[SCENES_MAX];
  double overlap;
} tally;

static double overlap_of(const dslt_box *a, const dslt_box *b) {
  const double w = fmin(a->x + a->width, b->x + b->width) - fmax(a->x, b->x),
               h = fmin(a->y + a->height, b->y + b->height) - fmax(a->y, b->y);
  if (!(w > 0 && h > 0)) return 0; /* NaN too */
  return w * h / (a->width * a->height + b->width * b->height - w * h);
}

/* Frame `at` after the first: `back` is the frame in which the target can be seen again, or -1 before. */
static void count(tally *all, const dslt_result *r, const dslt_box *truth, int at, int back, int *wait) {
  const double overlap = overlap_of(&r->box, truth);
  if (isnan(truth->width)) {
    ++all->absent;
    all->told += r->lost != 0;
  } else {
    ++all->overlaps;
    all->overlap += overlap;
  }
  all->false_returns += r->found && overlap < 0.2;
  if (back >= 0 && *wait < 0 && at - back <= WITHIN && overlap > 0.5) *wait = at - back;
}

/* Frames of all scenes that are done. */
typedef struct watch {
  dslt_progress progress;
  int64_t frames;
} watch;

static int follow(tally *all, watch *w, dslt_tracker *tracker, const dslt_scene *scene, int cut) {
  dslt_canvas canvas = {0};
  dslt_box truth;
  int rc = DSLT_OK, back = -1, gone = 0, wait = -1;
  const int frames = dslt_scene_frames(scene);
  for (int i = 0; rc == DSLT_OK && i < frames; ++i) {
    dslt_result result;
    dslt_progress_update(&w->progress, ++w->frames);
    rc = dslt_scene_render(&canvas, &truth, scene, i);
    if (rc != DSLT_OK) break;
    const dslt_image image = {canvas.pixels, canvas.width, canvas.height, (size_t)canvas.width * 3,
                              DSLT_BGR8};
    if (i == 0) {
      rc = dslt_tracker_init(tracker, &image, &truth);
      continue;
    }
    rc = dslt_tracker_update(&result, tracker, &image);
    if (rc != DSLT_OK) break;
    const int absent = isnan(truth.width);
    if ((gone && !absent) || i == cut) back = back < 0 ? i : back;
    gone |= absent;
    count(all, &result, &truth, i, back, &wait);
  }
  dslt_canvas_free(&canvas);
  if (rc != DSLT_OK) dslt_progress_end(&w->progress); /* the message begins a line of its own */
  if (wait >= 0) all->waits[all->again++] = wait;
  all->returns += back >= 0;
  return rc;
}

static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

static void print(const char *name, tally *t, watch *w) {
  dslt_progress_end(&w->progress);
  qsort(t->waits, (size_t)t->again, sizeof *t->waits, compare);
  printf("| %s | ", name);
  if (t->returns) printf("%d of %d", t->again, t->returns);
  printf(" | ");
  if (t->again) printf("%d", t->waits[t->again / 2]);
  printf(" | ");
  if (t->absent) printf("%.2f", (double)t->told / t->absent);
  printf(" | %d | %.3f |\n", t->false_returns, t->overlap / (t->overlaps ? t->overlaps : 1));
  fflush(stdout);
}

static int run(dslt_tracker *tracker, dslt_scene_options options, int scenes, int first) {
  static const char *const names[] = {"no event", "hidden", "left the frame", "cut"};
  printf(
      "| event | tracked again | frames until then | told as lost | false returns | overlap |\n"
      "| --- | --- | --- | --- | --- | --- |\n");
  fflush(stdout);
  watch w = {0};
  dslt_progress_start(&w.progress, stderr, 4LL * scenes * options.frames, 0);
  for (int event = DSLT_SCENE_NO_EVENT; event <= DSLT_SCENE_CUT; ++event) {
    tally all = {0};
    options.event = event;
    for (int seed = first; seed < first + scenes; ++seed) {
      dslt_scene *scene;
      options.seed = (uint64_t)seed;
      DSLT_TRY(dslt_scene_create(&scene, &options));
      const int rc =
          follow(&all, &w, tracker, scene, event == DSLT_SCENE_CUT ? options.frames * 40 / 100 : -1);
      dslt_scene_free(scene);
      DSLT_TRY(rc);
    }
    print(names[event], &all, &w);
  }
  return DSLT_OK;
}

static int is_option(const char *text) {
  static const char *const names[] = {"--preset", "--scenes", "--first", "--size", "--weights"};
  for (int i = 0; i < 5; ++i)
    if (strcmp(text, names[i]) == 0) return 1;
  return 0;
}

/* What the command line asks for; keys and values go to `out`. */
static int read_arguments(dslt_options **out, const char **weights, dslt_scene_options *scene, int *scenes,
                          int *first, int argc, char **argv) {
  const char *preset = "default";
  char name[64] = "scene:1:640x480";
  for (int i = 1; i + 1 < argc; ++i) {
    if (strcmp(argv[i], "--preset") == 0) preset = argv[i + 1];
    if (strcmp(argv[i], "--scenes") == 0) *scenes = atoi(argv[i + 1]);
    if (strcmp(argv[i], "--first") == 0) *first = atoi(argv[i + 1]);
    if (strcmp(argv[i], "--weights") == 0) *weights = argv[i + 1];
    if (strcmp(argv[i], "--size") == 0) snprintf(name, sizeof name, "scene:1:%s", argv[i + 1]);
  }
  if (*scenes < 1 || *scenes > SCENES_MAX || *first < 0 || *first > 1000000)
    return dslt_fail(DSLT_EARGUMENT, "--scenes takes 1 to %d, --first 0 to 1000000.", (int)SCENES_MAX);
  DSLT_TRY(dslt_scene_parse(scene, name));
  DSLT_TRY(dslt_options_create(out, preset));
  for (int i = 1; i < argc; ++i) {
    char *value = strchr(argv[i], '=');
    if (strncmp(argv[i], "--", 2) == 0) {
      if (!is_option(argv[i]) || ++i == argc)
        return dslt_fail(
            DSLT_EARGUMENT,
            "\"%s\" is no option, or has no value; the first lines of bench/lost/run.c list them.",
            argv[i < argc ? i : argc - 1]);
      continue;
    }
    if (!value) return dslt_fail(DSLT_EARGUMENT, "\"%s\" is no KEY=VALUE.", argv[i]);
    *value = '\0';
    DSLT_TRY(dslt_options_set(*out, argv[i], value + 1));
  }
  return DSLT_OK;
}

int main(int argc, char **argv) {
  dslt_spin_shortly(argv);
  dslt_options *options = NULL;
  dslt_weights *weights = NULL;
  dslt_tracker *tracker = NULL;
  dslt_scene_options scene;
  const char *file = NULL;
  int scenes = 20, first = 1, rc = read_arguments(&options, &file, &scene, &scenes, &first, argc, argv);
  if (rc == DSLT_OK) rc = dslt_weights_load(&weights, file ? file : dslt_options_weights(options));
  if (rc == DSLT_OK) rc = dslt_tracker_create(&tracker, options, weights);
  if (rc == DSLT_OK) rc = run(tracker, scene, scenes, first);
  if (rc != DSLT_OK) fprintf(stderr, "dslt_lost_found: %s\n", dslt_last_error());
  dslt_tracker_free(tracker);
  dslt_weights_free(weights);
  dslt_options_free(options);
  return rc == DSLT_OK ? 0 : 1;
}
