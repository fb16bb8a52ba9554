/* SPDX-License-Identifier: Apache-2.0 */
/* notes.h: sentences about an input for its user, queued by the decoding thread and read by the tracking
 * thread. */
#ifndef DSLT_MEDIA_NOTES_H
#define DSLT_MEDIA_NOTES_H

#include <pthread.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { DSLT_NOTES_MOST = 32, DSLT_NOTE_LENGTH = 512 };

typedef struct dslt_notes {
  pthread_mutex_t lock;
  char *waiting[DSLT_NOTES_MOST]; /* a ring */
  int head, count;
  long long left_out; /* sentences dropped because the queue was full */
  long long damaged;  /* damaged spots reported so far */
} dslt_notes;

void dslt_notes_init(dslt_notes *notes);
void dslt_notes_free(dslt_notes *notes);
/* Queue a full sentence. `damage` 1: it reports a damaged spot. If the queue is full, it is only counted. */
void dslt_notes_add(dslt_notes *notes, int damage, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The oldest sentence in the queue: 1, or 0 when there is none. */
int dslt_notes_take(char *out, size_t size, dslt_notes *notes);
long long dslt_notes_damaged(dslt_notes *notes);

#ifdef __cplusplus
}
#endif

#endif
