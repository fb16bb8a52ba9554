/* SPDX-License-Identifier: Apache-2.0 */
/* message.c: reads the messages of the page of dslt live. */
#include "live/message.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/error.h"

/* No frame is larger, so no box lies farther out. */
static const double farthest = 65536;

/* The members besides "do", as jansson's unpacking has them; each strict. */
enum members { NONE, TARGET, BOX, SWITCH, SETTING };

typedef struct action_row {
  const char *name;
  dslt_live_action action;
  enum members members;
} action_row;

static const action_row actions[DSLT_LIVE_ACTIONS] = {
    {"box", DSLT_LIVE_BOX, BOX},          {"remove", DSLT_LIVE_REMOVE, TARGET},
    {"clear", DSLT_LIVE_CLEAR, NONE},     {"pause", DSLT_LIVE_PAUSE, NONE},
    {"play", DSLT_LIVE_PLAY, NONE},       {"step", DSLT_LIVE_STEP, NONE},
    {"restart", DSLT_LIVE_RESTART, NONE}, {"set", DSLT_LIVE_SET, SETTING},
    {"record", DSLT_LIVE_RECORD, SWITCH}, {"pace", DSLT_LIVE_PACE, SWITCH},
    {"quit", DSLT_LIVE_QUIT, NONE}};

static const action_row *find_action(const char *name) {
  for (int i = 0; i < DSLT_LIVE_ACTIONS; i++)
    if (strcmp(actions[i].name, name) == 0) return &actions[i];
  return NULL;
}

static int check_target(const dslt_live_message *m) {
  if (m->target < 1) return dslt_fail(DSLT_EFORMAT, "Targets are numbered from 1.");
  return DSLT_OK;
}

static int check_box(const dslt_box *b) {
  const double all[4] = {b->x, b->y, b->width, b->height};
  for (int i = 0; i < 4; i++)
    if (!(fabs(all[i]) <= farthest)) return dslt_fail(DSLT_EFORMAT, "The box lies outside of every frame.");
  if (!(b->width > 0 && b->height > 0))
    return dslt_fail(DSLT_EFORMAT, "The box needs a width and a height above 0.");
  return DSLT_OK;
}

static int copy_word(char out[DSLT_LIVE_WORD], const char *word, const char *what) {
  const size_t length = strlen(word);
  if (length >= DSLT_LIVE_WORD)
    return dslt_fail(DSLT_EFORMAT, "The option's %s is too long: it may have %d characters.", what,
                     DSLT_LIVE_WORD - 1);
  memcpy(out, word, length + 1);
  return DSLT_OK;
}

static int unpack(dslt_live_message *m, json_t *root, const action_row *row) {
  const char *name, *key = "", *value = "";
  json_error_t error;
  dslt_box *b = &m->box;
  int rc = -1, has_target = 0;
  switch (row->members) {
    case NONE: rc = json_unpack_ex(root, &error, 0, "{s:s !}", "do", &name); break;
    case TARGET:
      rc = json_unpack_ex(root, &error, 0, "{s:s, s:i !}", "do", &name, "target", &m->target);
      break;
    case BOX:
      has_target = json_object_get(root, "target") != NULL;
      rc = json_unpack_ex(root, &error, 0, "{s:s, s:[F,F,F,F !], s?i !}", "do", &name, "box", &b->x, &b->y,
                          &b->width, &b->height, "target", &m->target);
      break;
    case SWITCH: rc = json_unpack_ex(root, &error, 0, "{s:s, s:b !}", "do", &name, "on", &m->on); break;
    case SETTING:
      rc = json_unpack_ex(root, &error, 0, "{s:s, s:s, s:s !}", "do", &name, "key", &key, "value", &value);
      break;
  }
  if (rc != 0) return dslt_fail(DSLT_EFORMAT, "The message \"%s\" is malformed: %s.", row->name, error.text);
  if (row->members == BOX) DSLT_TRY(check_box(b));
  if (row->members == TARGET || has_target) DSLT_TRY(check_target(m));
  DSLT_TRY(copy_word(m->key, key, "name"));
  return copy_word(m->value, value, "value");
}

int dslt_live_message_parse(dslt_live_message *out, const char *text, size_t size) {
  if (size > DSLT_LIVE_MESSAGE_BYTES)
    return dslt_fail(DSLT_EFORMAT, "A message may have %d bytes, not %zu.", DSLT_LIVE_MESSAGE_BYTES, size);
  json_error_t error;
  json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
  if (!root) return dslt_fail(DSLT_EFORMAT, "The message is no JSON: %s.", error.text);
  const char *name = json_string_value(json_object_get(root, "do"));
  const action_row *row = name ? find_action(name) : NULL;
  int rc = DSLT_OK;
  dslt_live_message m = {0};
  if (!name)
    rc = dslt_fail(DSLT_EFORMAT, "The message has no \"do\" that says what to do.");
  else if (!row)
    rc = dslt_fail(DSLT_EFORMAT, "There is no action \"%.40s\".", name);
  else
    rc = unpack(&m, root, row);
  json_decref(root);
  if (rc < 0) return rc;
  m.action = row->action;
  *out = m;
  return DSLT_OK;
}
