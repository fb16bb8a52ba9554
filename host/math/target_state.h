/* SPDX-License-Identifier: Apache-2.0 */
/* target_state.h: where the target is, with which score, and what the last search decided. */
#ifndef DSLT_MATH_TARGET_STATE_H
#define DSLT_MATH_TARGET_STATE_H

#include <stdint.h>

typedef struct dslt_target_state {
  double cx, cy;         /* centre, frame px, continuous */
  double width, height;  /* frame px; their ratio may change */
  double look_x, look_y; /* the next search is centred this far from cx, cy, frame px */
  double scale;          /* size relative to the first frame, for trackers that keep the aspect ratio */
  double score;          /* response at the chosen place */
  double mean_score;     /* running mean of the scores while not lost; < 0 before the first */
  int32_t scores;        /* in the mean, counted up to dslt_lost_rules.grace */
  int32_t lost;          /* 1: the score is too low for the place to be reliable */
  int32_t found;         /* 1: found again in this frame, after it was lost */
  int32_t missed;        /* frames in a row in which the target was lost, if the tracker seeks lost targets */
  int32_t away;          /* 1: the next search looks elsewhere, see seek.h */
  int32_t level;         /* scale level whose sample is kept, 0 .. levels - 1; (levels - 1) / 2 = same size */
  int32_t pyramid;       /* 1: the score is high enough to compare scales */
  float label_x, label_y; /* response coordinate of the target in the sample that is kept */
} dslt_target_state;

#endif
