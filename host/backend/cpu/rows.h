/* SPDX-License-Identifier: Apache-2.0 */
/* rows.h: the head's operations for some rows of a map, on the calling thread only. Operations of the table
 * and the head as a whole share them. */
#ifndef DSLT_BACKEND_CPU_ROWS_H
#define DSLT_BACKEND_CPU_ROWS_H

/* upsample.c: one map of [h][width][c], enlarged by f with w [2f][2f][c]. */
typedef struct dslt_upsample_shape {
  int h, width, c, f;
} dslt_upsample_shape;

/* Rows f first .. f last of y [h f][width f][c], which come from rows first - 1 .. last of x. */
void dslt_upsample_rows(float *y, const float *x, const float *w, const dslt_upsample_shape *shape, int first,
                        int last);
/* Rows first .. last of d_x, and what they add to d_w [2f][2f][c] (overwritten), for channels begin ..
 * end. */
void dslt_upsample_backward_rows(float *d_x, float *d_w, const float *x, const float *w, const float *d_y,
                                 const dslt_upsample_shape *shape, int first, int last, int begin, int end);

/* regress.c: a map of [h][w] cells under a kernel of [kh][kw] taps; tap t of cell s is at [t][s]. */
typedef struct dslt_tap_shape {
  int h, w, kh, kw;
} dslt_tap_shape;

/* Add to response row i the contributions of map rows first .. last: g [kh kw][pitch] holds every tap at
 * those rows' cells. */
void dslt_gather_row(float *y, const float *g, const dslt_tap_shape *shape, int pitch, int first, int last,
                     int i);
/* d [kh kw][(last - first) w]: the response gradient d_y [h-kh+1][w-kw+1] under each tap at the cells of map
 * rows first .. last; 0 where the tap's window leaves the map. */
void dslt_spread_rows(float *d, const float *d_y, const dslt_tap_shape *shape, int first, int last);

#endif
