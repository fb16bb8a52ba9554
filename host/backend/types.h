/* SPDX-License-Identifier: Apache-2.0 */
/* types.h: what the three tables of a backend share. */
#ifndef DSLT_BACKEND_TYPES_H
#define DSLT_BACKEND_TYPES_H

#include <stddef.h>
#include <stdint.h>

#include "dslt/dslt.h"

typedef struct dslt_backend dslt_backend;
typedef struct dslt_frame_graph dslt_frame_graph; /* the recorded calls of a sequence */

typedef struct dslt_backend_config {
  int threads;   /* CPU threads, 0 = all available cores */
  int precision; /* dslt_precision of the backbone */
  int any_order; /* 1: sums may be in any order, so that results may differ between runs */
} dslt_backend_config;

/* A part of a frame, px; it lies in the frame. Width or height 0: nothing. */
typedef struct dslt_frame_area {
  int x, y, width, height;
} dslt_frame_area;

/* A row of an operation list as a member of its table. */
#define DSLT_MEMBER(type, name, parameters) type(*name) parameters;

#endif
