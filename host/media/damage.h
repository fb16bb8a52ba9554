/* SPDX-License-Identifier: Apache-2.0 */
/* damage.h: counts what a damaged video lacks, and reports each damaged stretch once good frames follow it. */
#ifndef DSLT_MEDIA_DAMAGE_H
#define DSLT_MEDIA_DAMAGE_H

#include <stdint.h>

#include "media/notes.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One damaged stretch. */
typedef struct dslt_damage_spot {
  int open;
  int64_t before, after; /* numbers of the good frames on either side; -1: none */
  double time_before, time_after;
  int64_t lost;    /* could not be decoded */
  int64_t patched; /* delivered, partly made up by the decoder */
  int64_t skipped; /* missing according to the times of the frames around, if the container is damaged */
  int good;        /* frames since */
} dslt_damage_spot;

/* Begins as {.notes, .name, .live, .fps, .time = NAN}. */
typedef struct dslt_damage {
  dslt_notes *notes; /* borrowed */
  const char *name;  /* of the video; borrowed */
  int live;          /* it begins in the middle: what is missing before its first frame is not damage */
  double fps;        /* 0: unknown */
  int64_t number;    /* of the next frame */
  double time;       /* of the last one, seconds */
  int complaints;    /* errors that the container's reader reported, until a gap or good frames follow */
  int quiet;         /* good frames since the last of them */
  int spots;         /* stretches reported */
  dslt_damage_spot spot;
} dslt_damage;

/* The container's reader reported an error. */
void dslt_damage_complaint(dslt_damage *d);

/* A packet could not be decoded. */
void dslt_damage_lost(dslt_damage *d);

/* A frame was decoded. time: seconds; patched: the decoder made up parts of it. */
void dslt_damage_frame(dslt_damage *d, double time, int patched);

/* The input has ended. announced: frames that the container says it has, 0: unknown; missing: how many of them it
 * lacks for certain. Reports an open stretch, and that the video is cut off. */
void dslt_damage_end(dslt_damage *d, int64_t announced, int64_t missing);

#ifdef __cplusplus
}
#endif

#endif
