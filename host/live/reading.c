/* SPDX-License-Identifier: Apache-2.0 */
/* reading.c: what a reader of the session is given. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "live/session_internal.h"

/* Copy what is newer than version `after`. Called with the lock; keeps the picture from being filled anew. */
static void copy_out(dslt_live_reading *out, dslt_live_session *s, int64_t after, int64_t picture) {
  out->facts = s->facts;
  out->state = s->state;
  out->rows = dslt_live_rows_count(s->rows);
  out->points = 0;
  int64_t at = s->points > DSLT_LIVE_HISTORY ? s->points - DSLT_LIVE_HISTORY : 0;
  for (; at < s->points; at++)
    if (s->point[at % DSLT_LIVE_HISTORY].version > after)
      out->point[out->points++] = s->point[at % DSLT_LIVE_HISTORY];
  out->width = s->shown ? s->shown->canvas.width : 0;
  out->height = s->shown ? s->shown->canvas.height : 0;
  out->picture = s->shown && s->shown->number != picture ? s->shown : NULL;
  if (out->picture) out->picture->readers++;
}

/* Text and picture in one block. */
static int join(unsigned char **bytes, size_t *size, const dslt_live_reading *r, const char *text) {
  const size_t length = strlen(text), picture = r->picture ? r->picture->size : 0,
               maps = r->picture ? r->picture->map_bytes : 0;
  unsigned char *out = malloc(4 + length + picture + maps);
  if (!out) return dslt_fail(DSLT_EMEMORY, "Out of memory for the page.");
  for (int b = 0; b < 4; b++) out[b] = (unsigned char)(length >> 8 * b);
  memcpy(out + 4, text, length);
  if (picture) memcpy(out + 4 + length, r->picture->bytes, picture);
  if (maps) memcpy(out + 4 + length + picture, r->picture->maps, maps);
  *bytes = out;
  *size = 4 + length + picture + maps;
  return DSLT_OK;
}

static int make_block(unsigned char **bytes, size_t *size, const dslt_live_reading *reading) {
  if (reading->picture) DSLT_TRY(dslt_live_picture_encode(reading->picture));
  char *text = dslt_live_describe_reading(reading);
  if (!text) return dslt_fail(DSLT_EMEMORY, "Out of memory for the page.");
  const int rc = join(bytes, size, reading, text);
  free(text);
  return rc;
}

int dslt_live_session_read(unsigned char **bytes, size_t *size, dslt_live_session *session, int64_t after,
                           int64_t picture, double seconds) {
  const double until = dslt_seconds() + seconds;
  dslt_live_reading *reading = malloc(sizeof *reading);
  if (!reading) return dslt_fail(DSLT_EMEMORY, "Out of memory for the page.");
  pthread_mutex_lock(&session->lock);
  session->read = until; /* while it waits, too */
  while (session->state.version <= after && !session->ended && dslt_live_session_wait(session, until))
    continue;
  int rc = session->ended                    ? dslt_fail(DSLT_ESTATE, "dslt live has ended.")
           : session->state.version <= after ? 0
                                             : 1;
  session->read = dslt_seconds();
  if (rc == 1) copy_out(reading, session, after, picture);
  pthread_mutex_unlock(&session->lock);
  if (rc == 1) {
    const int made = make_block(bytes, size, reading);
    if (made < 0) rc = made;
    pthread_mutex_lock(&session->lock);
    if (reading->picture) reading->picture->readers--;
    pthread_cond_broadcast(&session->change);
    pthread_mutex_unlock(&session->lock);
  }
  free(reading);
  return rc;
}
