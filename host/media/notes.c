/* SPDX-License-Identifier: Apache-2.0 */
/* notes.c: a bounded queue of sentences. */
#include "media/notes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void dslt_notes_init(dslt_notes *notes) {
  *notes = (dslt_notes){0};
  pthread_mutex_init(&notes->lock, NULL);
}

void dslt_notes_free(dslt_notes *notes) {
  for (; notes->count > 0; notes->count--) {
    free(notes->waiting[notes->head]);
    notes->head = (notes->head + 1) % DSLT_NOTES_MOST;
  }
  pthread_mutex_destroy(&notes->lock);
}

void dslt_notes_add(dslt_notes *notes, int damage, const char *format, ...) {
  char text[DSLT_NOTE_LENGTH];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  pthread_mutex_lock(&notes->lock);
  notes->damaged += damage != 0;
  char *copy = notes->count < DSLT_NOTES_MOST ? strdup(text) : NULL;
  if (copy) {
    notes->waiting[(notes->head + notes->count) % DSLT_NOTES_MOST] = copy;
    notes->count++;
  } else {
    notes->left_out++;
  }
  pthread_mutex_unlock(&notes->lock);
}

int dslt_notes_take(char *out, size_t size, dslt_notes *notes) {
  pthread_mutex_lock(&notes->lock);
  int have = 1;
  if (notes->count > 0) {
    char *text = notes->waiting[notes->head];
    notes->head = (notes->head + 1) % DSLT_NOTES_MOST;
    notes->count--;
    snprintf(out, size, "%s", text);
    free(text);
  } else if (notes->left_out > 0) {
    snprintf(out, size, "%lld further notes on the input are left out.", notes->left_out);
    notes->left_out = 0;
  } else {
    have = 0;
  }
  pthread_mutex_unlock(&notes->lock);
  return have;
}

long long dslt_notes_damaged(dslt_notes *notes) {
  pthread_mutex_lock(&notes->lock);
  const long long damaged = notes->damaged;
  pthread_mutex_unlock(&notes->lock);
  return damaged;
}
