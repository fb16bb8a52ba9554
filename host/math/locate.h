/* locate.h: from a response map to a place in the frame: motion prior, maximum, sub-cell position, pose
 * update. One thread's work; the kernels split the search for the maximum and share the rest. */
#ifndef DSLT_MATH_LOCATE_H
#define DSLT_MATH_LOCATE_H

#include <math.h>

#include "backend/backend.h"
#include "math/label.h"
#include "math/resample.h"

typedef struct dslt_peak {
  float x, y;     /* response cell coordinates, sub-cell; 0 = centre of the first cell */
  float score;    /* response times motion prior there */
  float response; /* response there */
} dslt_peak;

/* The prior at a response coordinate: a Gaussian around where the target was last. */
DSLT_HD float dslt_motion_prior(const dslt_geometry *g, float x, float y) {
  if (!(g->motion_sigma_x > 0.0f)) return 1.0f;
  return dslt_gaussian2(x - g->centre_x, y - g->centre_y, g->motion_sigma_x, g->motion_sigma_y);
}

/* Offset of the vertex of the parabola through (-1, l), (0, c), (1, r), c the largest. */
DSLT_HD float dslt_parabola_vertex(float l, float c, float r) {
  float curvature = l - 2.0f * c + r;
  if (!(curvature < 0.0f)) return 0.0f;
  float offset = 0.5f * (l - r) / curvature;
  return offset < -0.5f ? -0.5f : (offset > 0.5f ? 0.5f : offset);
}

/* Refine the strongest cell of `score` (response times prior) by parabolas. */
DSLT_HD void dslt_refine_quadratic(dslt_peak *peak, const float *response, const dslt_geometry *g, int row,
                                   int column) {
  int w = g->response_width, h = g->response_height;
  float centre = response[row * w + column] * dslt_motion_prior(g, (float)column, (float)row);
  if (column > 0 && column + 1 < w) {
    float l = response[row * w + column - 1] * dslt_motion_prior(g, (float)(column - 1), (float)row);
    float r = response[row * w + column + 1] * dslt_motion_prior(g, (float)(column + 1), (float)row);
    peak->x += dslt_parabola_vertex(l, centre, r);
  }
  if (row > 0 && row + 1 < h) {
    float l = response[(row - 1) * w + column] * dslt_motion_prior(g, (float)column, (float)(row - 1));
    float r = response[(row + 1) * w + column] * dslt_motion_prior(g, (float)column, (float)(row + 1));
    peak->y += dslt_parabola_vertex(l, centre, r);
  }
}

/* Response coordinate of the middle of input pixel `pixel` along one axis: the grid on which the bicubic
 * search runs. */
DSLT_HD float dslt_fine_coordinate(int pixel, int input, int cells, int kernel, int stride, int mapping) {
  float u = (float)pixel + 0.5f;
  float cell = mapping == DSLT_MAPPING_STRETCH ? u * (float)cells / (float)input - 0.5f
                                               : u / (float)stride - 0.5f * (float)kernel;
  return cell < 0.0f ? 0.0f : (cell > (float)(cells - 1) ? (float)(cells - 1) : cell);
}

/* Input pixel coordinate (continuous) of a response coordinate along one axis. A cell is the centre of its
 * receptive window: cell i covers the map's cells i .. i + kernel - 1, each `stride` pixels wide. */
DSLT_HD double dslt_cell_to_input(float cell, int input, int cells, int kernel, int stride, int mapping) {
  if (mapping == DSLT_MAPPING_STRETCH) return ((double)cell + 0.5) * (double)input / (double)cells;
  return (double)stride * ((double)cell + 0.5 * (double)kernel);
}

DSLT_HD double dslt_clamp(double v, double low, double high) { return v < low ? low : (v > high ? high : v); }

/* Judge the peak and move the pose's centre. Keeps the pose where there is nothing to believe. */
DSLT_HD void dslt_pose_move(dslt_pose *pose, const dslt_peak *peak, const dslt_geometry *g) {
  int believable = peak->response > 0.0f && peak->response < 1e30f; /* false for NaN */
  pose->peak = believable ? (double)peak->response : 0.0;
  pose->lost = !believable || (pose->mean_peak >= 0.0 && pose->peak < g->lost_ratio * pose->mean_peak);
  if (!pose->lost)
    pose->mean_peak = pose->mean_peak < 0.0
                          ? pose->peak
                          : (1.0 - g->lost_rate) * pose->mean_peak + g->lost_rate * pose->peak;
  pose->level = (g->levels - 1) / 2;
  pose->pyramid = believable && g->levels > 1 && pose->peak > g->scale_gate && !(pose->lost && g->lost_hold);
  if (!believable || (pose->lost && g->lost_hold)) return;
  double ratio = g->ratio * pose->scale;
  double u =
      dslt_cell_to_input(peak->x, g->input_width, g->response_width, g->kernel_width, g->stride, g->mapping);
  double v = dslt_cell_to_input(peak->y, g->input_height, g->response_height, g->kernel_height, g->stride,
                                g->mapping);
  pose->cx = dslt_clamp(pose->cx + (u - g->anchor_x) * ratio, 0.0, g->frame_width);
  pose->cy = dslt_clamp(pose->cy + (v - g->anchor_y) * ratio, 0.0, g->frame_height);
}

/* Take level `best`; size = (1 - rate) old + rate new, within the limits. */
DSLT_HD void dslt_pose_rescale(dslt_pose *pose, int best, const dslt_geometry *g) {
  double factor = pow(g->scale_step, best - (g->levels - 1) / 2);
  pose->level = best;
  pose->scale =
      dslt_clamp(pose->scale * (1.0 - g->scale_rate + g->scale_rate * factor), g->scale_min, g->scale_max);
}

#endif
