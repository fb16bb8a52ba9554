/* SPDX-License-Identifier: Apache-2.0 */
/* seek.h: where to look for a lost target. Every second search stays around its last place, the others take one tile of the
 * frame each, nearest first, so that a frame costs no more than one that is not lost. Formulas for host and kernels. */
#ifndef DSLT_MATH_SEEK_H
#define DSLT_MATH_SEEK_H

#include "base/hd.h"
#include "math/search_area.h"
#include "math/target_state.h"

enum { DSLT_SEEK_RINGS_MAX = 16, DSLT_SEEK_TILES_MAX = 1 << 12 };

/* Tiles lie in squares around the last place, ring by ring, step_x and step_y > 0 apart (frame px); those count whose
 * centre is inside the frame. *dx, *dy: centre of tile `wanted`, 1 .. DSLT_SEEK_TILES_MAX, relative to the last place;
 * unchanged where there are fewer. Returns how many there are, `wanted` at most. */
DSLT_HD int dslt_seek_tile(double *dx, double *dy, const dslt_target_state *state,
                           const dslt_search_area *area, double step_x, double step_y, int wanted) {
  int tiles = 0;
  for (int ring = 1; ring <= DSLT_SEEK_RINGS_MAX; ++ring) {
    for (int row = -ring; row <= ring; ++row) {
      const int across =
          row == -ring || row == ring ? 1 : 2 * ring; /* all of the first and last row, else the ends */
      for (int column = -ring; column <= ring; column += across) {
        const double x = state->cx + column * step_x, y = state->cy + row * step_y;
        if (!(x >= 0.0 && y >= 0.0 && x <= area->frame_width && y <= area->frame_height)) continue;
        if (++tiles < wanted) continue;
        *dx = column * step_x;
        *dy = row * step_y;
        return tiles;
      }
    }
  }
  return tiles;
}

/* Where the next search is centred. `after`: lost or doubted frames before other places are tried; 0 = they never are.
 * While the target is lost every second search is elsewhere, while it is doubted every fourth. Neighbouring tiles share
 * half of their side. */
DSLT_HD void dslt_seek_next(dslt_target_state *state, int after, const dslt_search_area *area) {
  const double step_x = 0.5 * area->ratio_x * state->scale * area->input_width,
               step_y = 0.5 * area->ratio_y * state->scale * area->input_height;
  const int late = state->missed - after, was_away = state->away, period = state->lost ? 1 : 3;
  state->look_x = state->look_y = 0.0;
  state->away = 0;
  if (after < 1 || late < 1 || was_away || late % period != 0) return;
  const int tiles =
      dslt_seek_tile(&state->look_x, &state->look_y, state, area, step_x, step_y, DSLT_SEEK_TILES_MAX);
  if (tiles == 0) return;
  dslt_seek_tile(&state->look_x, &state->look_y, state, area, step_x, step_y,
                 (late / period - 1) % tiles + 1);
  state->away = 1;
}

#endif
