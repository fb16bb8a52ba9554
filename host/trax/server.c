/* SPDX-License-Identifier: Apache-2.0 */
/* server.c: answers a TraX client. Version 4 sends regions first, one message an object, and learns them on the frame
 * that follows; earlier versions have one object, whose region comes with its frame. */
#include "trax/server.h"

#include <stdlib.h>

#include "base/error.h"
#include "trax/image.h"
#include "trax/objects.h"
#include "trax/region.h"

typedef struct session {
  dslt_trax_stream *stream;
  const dslt_trax_setup *setup;
  dslt_trax_objects objects;
  dslt_frame frame;
} session;

/* ---- what is sent -------------------------------------------------------------------------------- */

static int say_hello(session *s) {
  const dslt_trax_setup *setup = s->setup;
  char version[] = {(char)('0' + setup->version), '\0'};
  char images[] = DSLT_TRAX_IMAGES, channels[] = "color;", one[] = "1";
  char rectangle[] = "rectangle;", regions[] = "rectangle;polygon;mask;";
  char keys[7][24] = {"trax.version", "trax.name",     "trax.description", "trax.region",
                      "trax.image",   "trax.channels", "trax.multiobject"};
  char *values[] = {version,
                    (char *)setup->name,
                    (char *)setup->summary,
                    setup->rectangles ? rectangle : regions,
                    images,
                    channels,
                    one};
  dslt_trax_message hello = {.type = DSLT_TRAX_HELLO, .properties = 6};
  if (setup->version > 3 && !setup->single) hello.properties = 7;
  for (int i = 0; i < hello.properties; i++) hello.property[i] = (dslt_trax_property){keys[i], values[i]};
  return dslt_trax_stream_write(s->stream, &hello);
}

static int send_states(session *s) {
  for (int i = 0; i < s->objects.count; i++) {
    char region[64], confidence[32], key[] = "confidence";
    dslt_trax_region_write(region, sizeof region, &s->objects.results[i].box);
    snprintf(confidence, sizeof confidence, "%.6g", s->objects.results[i].peak);
    const dslt_trax_message state = {.type = DSLT_TRAX_STATE,
                                     .arguments = 1,
                                     .argument = {region},
                                     .properties = 1,
                                     .property = {{key, confidence}}};
    DSLT_TRY(dslt_trax_stream_write(s->stream, &state));
  }
  return DSLT_OK;
}

/* ---- what is received ---------------------------------------------------------------------------- */

static int take_frame(session *s, char *text) {
  dslt_image image;
  DSLT_TRY(dslt_trax_image_read(&image, &s->frame, text));
  DSLT_TRY(dslt_trax_objects_frame(&s->objects, &image));
  return send_states(s);
}

static int take_region(session *s, const char *text) {
  dslt_box box;
  if (s->setup->single && s->objects.count + s->objects.waits > 0)
    return dslt_fail(DSLT_EFORMAT, "The client sent a further object, although hello offers one at a time.");
  DSLT_TRY(dslt_trax_region_box(&box, text));
  return dslt_trax_objects_add(&s->objects, &box);
}

static int wrong_count(const session *s, const dslt_trax_message *m, const char *expected) {
  return dslt_fail(DSLT_EFORMAT, "The TraX message %s holds %d arguments; in version %d it has %s.",
                   dslt_trax_type_name(m->type), m->arguments, s->setup->version, expected);
}

static int initialize(session *s, const dslt_trax_message *m) {
  if (s->setup->version > 3) {
    if (m->arguments > 1) return wrong_count(s, m, "a region, or nothing to forget all objects");
    if (m->arguments == 1) return take_region(s, m->argument[0]);
    dslt_trax_objects_forget(&s->objects);
    return DSLT_OK;
  }
  if (m->arguments != 2) return wrong_count(s, m, "an image and a region");
  dslt_trax_objects_forget(&s->objects);
  DSLT_TRY(take_region(s, m->argument[1]));
  return take_frame(s, m->argument[0]);
}

static int frame(session *s, const dslt_trax_message *m) {
  if (m->arguments != 1) return wrong_count(s, m, "one image, of channel color");
  if (s->objects.count + s->objects.waits == 0)
    return dslt_fail(DSLT_EFORMAT, "A frame came before any object to track in it.");
  return take_frame(s, m->argument[0]);
}

/* 1: go on; 0: the client has finished. */
static int answer(session *s) {
  dslt_trax_message m;
  const int rc = dslt_trax_stream_read(&m, s->stream);
  if (rc < 0) return rc;
  if (rc == 0) return dslt_fail(DSLT_EIO, "The TraX client went away without saying quit.");
  switch (m.type) {
    case DSLT_TRAX_INITIALIZE: DSLT_TRY(initialize(s, &m)); return 1;
    case DSLT_TRAX_FRAME: DSLT_TRY(frame(s, &m)); return 1;
    case DSLT_TRAX_QUIT: return 0;
    case DSLT_TRAX_HELLO:
    case DSLT_TRAX_STATE: break;
  }
  return dslt_fail(DSLT_EFORMAT, "A client does not send messages of type %s.", dslt_trax_type_name(m.type));
}

/* The client learns why; that it cannot be told changes nothing. */
static void give_up(session *s) {
  char sentence[1024], key[] = "trax.reason";
  snprintf(sentence, sizeof sentence, "%s", dslt_last_error());
  const dslt_trax_message quit = {.type = DSLT_TRAX_QUIT, .properties = 1, .property = {{key, sentence}}};
  if (dslt_trax_stream_write(s->stream, &quit) < 0) (void)dslt_fail(DSLT_EIO, "%s", sentence);
}

int dslt_trax_serve(dslt_trax_stream *stream, const dslt_trax_setup *setup) {
  session *s = calloc(1, sizeof *s);
  if (!s) return dslt_fail(DSLT_EMEMORY, "Out of memory for a TraX session.");
  s->stream = stream;
  s->setup = setup;
  s->objects.options = setup->options;
  s->objects.weights = setup->weights;
  int rc = dslt_trax_objects_prepare(&s->objects);
  if (rc == DSLT_OK) {
    rc = say_hello(s);
    if (rc == DSLT_OK)
      while ((rc = answer(s)) == 1) continue;
    if (rc < 0) give_up(s);
  }
  dslt_trax_objects_free(&s->objects);
  dslt_frame_free(&s->frame);
  free(s);
  return rc;
}
