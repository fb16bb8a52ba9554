/* SPDX-License-Identifier: Apache-2.0 */
/* describe.c: a session's state, curves and options as JSON. */
#include <jansson.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/json.h"
#include "live/session_internal.h"

static const char *const stage_names[DSLT_STAGE_COUNT] = {"crop",   "backbone", "head",
                                                          "locate", "store",    "update"};

/* Add an object that may be NULL, for lack of memory, to a list that may be NULL. */
static json_t *append(json_t *list, json_t *item) {
  if (list && json_array_append_new(list, item) == 0) return list;
  if (!list) json_decref(item);
  json_decref(list);
  return NULL;
}

static json_t *box_json(const dslt_box *b) {
  return json_pack("[o,o,o,o]", dslt_json_number(b->x), dslt_json_number(b->y), dslt_json_number(b->width),
                   dslt_json_number(b->height));
}

static json_t *target_json(const dslt_live_target *t) {
  json_t *map = t->map_width ? json_pack("{s:i, s:i, s:I, s:o, s:o}", "width", t->map_width, "height",
                                         t->map_height, "at", (json_int_t)t->map_at, "most",
                                         dslt_json_number(t->map_most), "window", box_json(&t->map_window))
                             : json_null();
  return json_pack("{s:i, s:o, s:o, s:o, s:b, s:b, s:i, s:o}", "number", t->number, "box", box_json(&t->box),
                   "peak", dslt_json_number(t->peak), "loss", dslt_json_number(t->loss), "lost", t->lost,
                   "found", t->found, "steps", t->steps, "map", map);
}

static json_t *targets_json(const dslt_live_state *s) {
  json_t *list = json_array();
  for (int i = 0; i < s->targets; i++) list = append(list, target_json(&s->target[i]));
  return list;
}

static json_t *point_json(const dslt_live_point *p) {
  json_t *targets = json_array();
  for (int i = 0; i < p->targets; i++)
    targets = append(targets, json_pack("[i,o,i,o]", p->target[i].number, dslt_json_number(p->target[i].peak),
                                        p->target[i].lost, dslt_json_number(p->target[i].loss)));
  return json_pack("[I,o,o]", (json_int_t)p->frame, dslt_json_number(p->track_ms), targets);
}

static json_t *points_json(const dslt_live_reading *r) {
  json_t *list = json_array();
  for (int i = 0; i < r->points; i++) list = append(list, point_json(&r->point[i]));
  return list;
}

static json_t *stages_json(const dslt_live_state *s) {
  json_t *list = json_array();
  for (int i = 0; i < DSLT_STAGE_COUNT; i++)
    list = append(list, json_pack("[s,o]", stage_names[i], dslt_json_number(s->stage_ms[i])));
  return list;
}

static json_t *facts_json(const dslt_live_facts *f) {
  return json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:I, s:b, s:b, s:b, s:i}", "input",
                   dslt_json_text(f->input), "kind", f->kind, "preset", f->preset, "tracker", f->tracker,
                   "backend", f->backend, "precision", f->precision, "frames", (json_int_t)f->frames, "live",
                   f->live, "can_restart", f->can_restart, "can_record", f->can_record, "most_targets",
                   DSLT_LIVE_TARGETS);
}

static json_t *picture_json(const dslt_live_reading *r) {
  if (!r->picture) return json_null();
  return json_pack("{s:s, s:I, s:I}", "type", r->picture->type, "bytes", (json_int_t)r->picture->size,
                   "map_bytes", (json_int_t)r->picture->map_bytes);
}

char *dslt_live_describe_reading(const dslt_live_reading *r) {
  const dslt_live_state *s = &r->state;
  json_t *root = json_pack("{s:o, s:I, s:I, s:I, s:o, s:i, s:i, s:o}", "facts", facts_json(&r->facts),
                           "version", (json_int_t)s->version, "number", (json_int_t)s->picture, "frame",
                           (json_int_t)s->frame, "time", dslt_json_number(s->time), "width", r->width,
                           "height", r->height, "picture", picture_json(r));
  json_t *more =
      json_pack("{s:b, s:b, s:b, s:b, s:I, s:I, s:o, s:I}", "paused", s->paused, "ended", s->ended,
                "recording", s->recording, "paced", s->paced, "recorded", (json_int_t)s->recorded, "notes",
                (json_int_t)s->notes, "note", dslt_json_text(s->note), "rows", (json_int_t)r->rows);
  json_t *figures = json_pack("{s:o, s:o, s:o, s:o, s:o, s:I, s:o}", "targets", targets_json(s), "points",
                              points_json(r), "stages", stages_json(s), "track_ms",
                              dslt_json_number(s->track_ms), "fps", dslt_json_number(s->fps), "dropped",
                              (json_int_t)s->dropped, "latency_ms", dslt_json_number(s->latency_ms));
  char *text = NULL;
  if (root && more && figures && json_object_update(root, more) == 0 &&
      json_object_update(root, figures) == 0)
    text = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(7));
  json_decref(root);
  json_decref(more);
  json_decref(figures);
  return text;
}

static json_t *options_json(const dslt_options *options) {
  json_t *list = json_array();
  dslt_option_info info;
  for (int i = 0; options && dslt_options_describe(&info, options, i) == DSLT_OK; i++) {
    char value[64] = "";
    if (dslt_options_get(value, sizeof value, options, info.key) < 0) continue;
    list = append(list, json_pack("{s:s, s:s, s:s, s:s, s:s}", "key", info.key, "value", value, "values",
                                  info.values, "help", info.help, "symbol", info.symbol));
  }
  return list;
}

int dslt_live_session_describe(char **out, dslt_live_session *session) {
  pthread_mutex_lock(&session->lock);
  json_t *root = json_pack("{s:s, s:o}", "preset", dslt_options_preset(session->options), "options",
                           options_json(session->options));
  pthread_mutex_unlock(&session->lock);
  *out = root ? json_dumps(root, JSON_COMPACT) : NULL;
  json_decref(root);
  return *out ? DSLT_OK : dslt_fail(DSLT_EMEMORY, "Out of memory for the page.");
}
