/* SPDX-License-Identifier: Apache-2.0 */
/* run.c: reads the input, tracks, and does what the page asks. */
#include "live/run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "live/follow.h"
#include "live/record.h"

/* Signals are looked for that often, seconds. */
static const double attention = 0.1;
static const double usual_fps = 30;

struct dslt_live_run {
  dslt_live_setup setup;
  dslt_live_session *session;
  dslt_source *source;
  dslt_source_info info;
  dslt_image frame; /* the present one */
  dslt_live_follow follow;
  dslt_live_record record;
  dslt_live_state state;
  int64_t read;                      /* frames delivered since the start or the last restart */
  int64_t total;                     /* and before */
  int steps, quit;                   /* frames to go while paused; 1: end the loop */
  int stale;                         /* 1: the page has an older picture, because nobody looked */
  int full;                          /* 1: no more boxes are kept */
  double due, last;                  /* when the next frame is due, when the last one was tracked */
  int failed;                        /* code of what ended the input or the tracker */
  char sentence[DSLT_LIVE_SENTENCE]; /* and its sentence */
};

/* ---- what is shown ------------------------------------------------------------------------------- */

static void tell(dslt_live_run *r, const char *sentence) {
  dslt_live_session_note(r->session, sentence);
  if (r->setup.tell) r->setup.tell(sentence);
}

/* Show the present state, with its frame if `picture`; with `point` its figures join the curves. */
static int show(dslt_live_run *r, int picture, int point) {
  dslt_live_state *s = &r->state;
  const dslt_live_follow *f = &r->follow;
  s->targets = f->count;
  memcpy(s->target, f->target, (size_t)f->count * sizeof *f->target);
  memcpy(s->stage_ms, f->stage_ms, sizeof s->stage_ms);
  s->track_ms = f->track_ms;
  s->recording = r->record.on;
  s->recorded = r->record.frames;
  if (picture) r->stale = 0;
  return dslt_live_session_show(r->session, s, picture ? &r->frame : NULL, f->maps, f->map_bytes, point);
}

static void show_facts(dslt_live_run *r) {
  dslt_live_facts facts = {.input = r->setup.input,
                           .preset = dslt_options_preset(r->follow.options),
                           .tracker = dslt_options_tracker(r->follow.options),
                           .backend = dslt_group_backend(r->follow.group),
                           .precision = dslt_group_precision(r->follow.group),
                           .frames = r->info.frames,
                           .live = r->info.live,
                           .can_restart = !r->info.live && strcmp(r->info.kind, "list") != 0,
                           .can_record = r->setup.record != NULL};
  memcpy(facts.kind, r->info.kind, sizeof facts.kind);
  dslt_live_session_facts(r->session, &facts);
}

/* Keep the box of target number `index`; where it was learnt the one that was given. */
static void add_row(dslt_live_run *r, int index) {
  const dslt_live_target *t = &r->follow.target[index];
  const dslt_track_row row = {.frame = r->state.frame,
                              .box = t->box,
                              .peak = t->peak,
                              .lost = t->lost,
                              .timed = isfinite(r->state.time),
                              .time = isfinite(r->state.time) ? r->state.time : 0,
                              .live = r->info.drops,
                              .latency_ms = isfinite(r->state.latency_ms) ? r->state.latency_ms : 0,
                              .dropped = r->state.dropped};
  if (r->full || dslt_live_rows_add(dslt_live_session_rows(r->session), &row, t->number)) return;
  r->full = 1;
  tell(r, "No more boxes can be kept: there is no room. Those so far stay.");
}

/* 1: no frame is to be read. */
static int rests(const dslt_live_run *r) { return (r->state.paused && r->steps == 0) || r->state.ended; }

/* ---- frames -------------------------------------------------------------------------------------- */

static void tell_notes(dslt_live_run *r) {
  char note[DSLT_LIVE_SENTENCE];
  while (dslt_source_note(note, sizeof note, r->source)) tell(r, note);
}

/* Read a frame; 1, 0 at the end, negative. */
static int fetch(dslt_live_run *r) {
  dslt_source_delay delay;
  const int rc = dslt_source_next(&r->frame, NULL, NULL, r->source);
  tell_notes(r);
  if (rc != 1) return rc;
  r->state.time = dslt_source_time(r->source);
  r->state.frame = r->read++;
  r->total++;
  dslt_source_delay_get(&delay, r->source);
  r->state.dropped = delay.dropped;
  r->state.latency_ms = r->info.live ? 1e3 * (dslt_seconds() - delay.arrived) : NAN;
  return 1;
}

/* The video stops here, the page stays. `rc`: 0 = the end, else what went wrong. */
static int stop_video(dslt_live_run *r, int rc) {
  r->state.paused = r->state.ended = 1;
  r->steps = 0;
  if (rc < 0) {
    r->failed = rc;
    snprintf(r->sentence, sizeof r->sentence, "Frame %lld: %s", (long long)(r->setup.source.start + r->read),
             dslt_last_error());
    tell(r, r->sentence);
  }
  return show(r, r->stale, 0);
}

/* Frames of another size cannot be followed into. */
static int track(dslt_live_run *r, int maps) {
  int rc = dslt_live_follow_update(&r->follow, &r->frame, maps);
  if (rc != DSLT_EFRAME) return rc;
  tell(r, dslt_last_error());
  DSLT_TRY(dslt_live_follow_clear(&r->follow));
  return dslt_live_follow_update(&r->follow, &r->frame, maps);
}

static void measure_rate(dslt_live_run *r) {
  const double now = dslt_seconds(), took = now - r->last;
  if (r->last > 0 && took > 0)
    r->state.fps = r->state.fps > 0 ? 1 / (0.9 / r->state.fps + 0.1 * took) : 1 / took;
  r->last = r->state.paused ? 0 : now;
}

static void record_frame(dslt_live_run *r) {
  if (dslt_live_record_frame(&r->record, &r->frame, r->follow.target, r->follow.count) < 0)
    tell(r, dslt_last_error());
}

static int next_frame(dslt_live_run *r) {
  const int watched = dslt_live_session_watched(r->session);
  if (r->record.frames == 0) record_frame(r); /* the one before the first that is tracked */
  int rc = fetch(r);
  if (rc != 1) return stop_video(r, rc);
  if (r->steps > 0) r->steps--;
  const double arrived = dslt_seconds();
  const int shown = watched || rests(r); /* a frame that stays is shown to whoever comes later */
  rc = track(r, shown);
  if (rc < 0) return stop_video(r, rc);
  if (r->info.live) r->state.latency_ms += 1e3 * (dslt_seconds() - arrived);
  measure_rate(r);
  for (int i = 0; i < r->follow.count; i++) add_row(r, i);
  record_frame(r);
  r->stale = 1;
  return show(r, shown, 1);
}

/* ---- requests ------------------------------------------------------------------------------------ */

static int learn(dslt_live_run *r, const dslt_box *box, int number) {
  const int index = dslt_live_follow_learn(&r->follow, &r->frame, box, number);
  if (index < 0) return index;
  add_row(r, index);
  if (r->follow.target[index].lost)
    tell(
        r,
        "This target cannot be learnt: the picture has one colour there and around it. Its box stays where it is.");
  return DSLT_OK;
}

static int open_source(dslt_source **out, const dslt_live_run *r) {
  dslt_source_options options = r->setup.source;
  options.held = 2; /* the present frame stays while the end is read */
  return dslt_source_open(out, r->setup.input, &options);
}

static int first_frame(dslt_live_run *r) {
  const int rc = fetch(r);
  const volatile sig_atomic_t *interrupt = r->setup.source.interrupt;
  if (rc == 0 && interrupt && *interrupt)
    return dslt_fail(DSLT_EIO, "%s: interrupted before its first frame.", r->setup.input);
  if (rc == 0)
    return dslt_fail(DSLT_EFORMAT, "%s holds no frame%s.", r->setup.input,
                     r->setup.source.start ? " after those --start skips" : "");
  return rc < 0 ? rc : DSLT_OK;
}

/* Read the input anew up to its first frame; the present source stays where that fails. */
static int reopen(dslt_live_run *r) {
  dslt_source *before = r->source;
  const dslt_image frame = r->frame;
  const int64_t read = r->read;
  DSLT_TRY(open_source(&r->source, r));
  r->read = 0;
  const int rc = first_frame(r);
  if (rc < 0) {
    dslt_source_close(r->source);
    r->source = before;
    r->frame = frame;
    r->read = read;
    return rc;
  }
  dslt_source_close(before);
  return DSLT_OK;
}

static int restart(dslt_live_run *r) {
  if (r->info.live || strcmp(r->info.kind, "list") == 0)
    return dslt_fail(DSLT_ESTATE, "%s cannot be read again from its start.", r->setup.input);
  DSLT_TRY(reopen(r));
  r->stale = 1;
  r->steps = 0;
  r->state.paused = 1;
  r->state.ended = 0;
  r->failed = 0;
  dslt_live_rows_start_over(dslt_live_session_rows(r->session));
  DSLT_TRY(dslt_live_follow_clear(&r->follow));
  return dslt_live_follow_update(&r->follow, &r->frame, 0); /* no target: the figures become 0 */
}

static int play(dslt_live_run *r, int steps) {
  if (r->state.ended) return dslt_fail(DSLT_ESTATE, "The video has ended.");
  r->state.paused = steps > 0;
  r->steps = steps;
  r->due = 0;
  return DSLT_OK;
}

static int record(dslt_live_run *r, int on) {
  if (!r->record.path)
    return dslt_fail(DSLT_ESTATE, "Start dslt live with --overlay FILE.mp4 to record the video.");
  r->record.on = on;
  return DSLT_OK;
}

static int set(dslt_live_run *r, const dslt_live_message *m) {
  DSLT_TRY(dslt_live_follow_set(&r->follow, &r->frame, m->key, m->value));
  for (int i = 0; i < r->follow.count; i++) add_row(r, i);
  show_facts(r);
  return dslt_live_session_options(r->session, r->follow.options);
}

static int obey(dslt_live_run *r, const dslt_live_message *m) {
  switch (m->action) {
    case DSLT_LIVE_BOX: return learn(r, &m->box, m->target);
    case DSLT_LIVE_REMOVE: return dslt_live_follow_remove(&r->follow, m->target);
    case DSLT_LIVE_CLEAR: return dslt_live_follow_clear(&r->follow);
    case DSLT_LIVE_PAUSE: r->state.paused = 1, r->steps = 0; return DSLT_OK;
    case DSLT_LIVE_PLAY: return play(r, 0);
    case DSLT_LIVE_STEP: return play(r, 1);
    case DSLT_LIVE_RESTART: return restart(r);
    case DSLT_LIVE_SET: return set(r, m);
    case DSLT_LIVE_RECORD: return record(r, m->on);
    case DSLT_LIVE_PACE: r->state.paced = m->on; return DSLT_OK;
    case DSLT_LIVE_QUIT: r->quit = 1; return DSLT_OK;
    case DSLT_LIVE_ACTIONS: break;
  }
  return dslt_fail(DSLT_EINTERNAL, "There is no such action.");
}

/* ---- life ---------------------------------------------------------------------------------------- */

/* Seconds until the next frame is to be read, at most `attention`. */
static double pause_length(const dslt_live_run *r) {
  if (rests(r)) return attention;
  const double left = r->due - dslt_seconds();
  return left > attention ? attention : left > 0 ? left : 0;
}

/* What comes over a network has a rate of its own. */
static int is_address(const char *input) { return strstr(input, "://") && strncmp(input, "pipe:", 5) != 0; }

/* When the frame after the next one is due: files keep their rate, as far as the tracker does. */
static void set_due(dslt_live_run *r) {
  const double now = dslt_seconds(), fps = r->info.fps > 0 ? r->info.fps : usual_fps;
  const int waits = r->state.paced && !r->info.drops && !is_address(r->setup.input);
  r->due = !waits ? 0 : (r->due > now - 1 / fps ? r->due : now) + 1 / fps;
}

int dslt_live_run_loop(dslt_live_run *r, const volatile sig_atomic_t *stop) {
  while (!*stop && !r->quit) {
    dslt_live_task *task = dslt_live_session_take(r->session, pause_length(r));
    if (task) {
      const int rc = obey(r, &task->message);
      const int shown = show(r, r->stale, 0);
      dslt_live_session_answer(r->session, task, rc < 0 ? rc : shown);
    } else if (pause_length(r) <= 0) {
      set_due(r);
      DSLT_TRY(next_frame(r));
    } else if (r->stale && dslt_live_session_watched(r->session)) {
      DSLT_TRY(show(r, 1, 0)); /* somebody looks again */
    }
  }
  return r->failed ? dslt_fail(r->failed, "%s", r->sentence) : DSLT_OK;
}

static int open_run(dslt_live_run *r) {
  DSLT_TRY(open_source(&r->source, r));
  dslt_source_info_get(&r->info, r->source);
  DSLT_TRY(dslt_live_follow_open(&r->follow, r->setup.options, r->setup.weights));
  r->record = (dslt_live_record){.path = r->setup.record,
                                 .fps = r->info.fps,
                                 .aspect = {r->info.aspect[0], r->info.aspect[1]},
                                 .on = r->setup.record != NULL};
  DSLT_TRY(dslt_live_session_options(r->session, r->follow.options));
  DSLT_TRY(first_frame(r));
  for (int i = 0; i < r->setup.count; i++) DSLT_TRY(learn(r, &r->setup.boxes[i], 0));
  r->state.paused = r->setup.count == 0 && !r->info.drops; /* a file waits until somebody has drawn a box */
  r->state.paced = !r->setup.unpaced;
  show_facts(r);
  return show(r, 1, 0);
}

int dslt_live_run_open(dslt_live_run **out, dslt_live_session *session, const dslt_live_setup *setup) {
  dslt_live_run *r = calloc(1, sizeof *r);
  if (!r) return dslt_fail(DSLT_EMEMORY, "Out of memory for dslt live.");
  r->setup = *setup;
  r->session = session;
  r->state.time = r->state.latency_ms = NAN;
  const int rc = open_run(r);
  if (rc < 0) {
    (void)dslt_live_run_close(r); /* nothing is recorded yet, so nothing of it can fail */
    return rc;
  }
  *out = r;
  return DSLT_OK;
}

int64_t dslt_live_run_frames(const dslt_live_run *run) { return run->total; }

const char *dslt_live_run_backend_note(const dslt_live_run *run) {
  return dslt_group_note(run->follow.group);
}

int dslt_live_run_close(dslt_live_run *run) {
  if (!run) return DSLT_OK;
  const int rc = dslt_live_record_close(&run->record);
  dslt_source_close(run->source);
  dslt_live_follow_close(&run->follow);
  free(run);
  return rc;
}
