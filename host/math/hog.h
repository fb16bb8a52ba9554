/* SPDX-License-Identifier: Apache-2.0 */
/* hog.h: histograms of oriented gradients in the form of Felzenszwalb, Girshick, McAllester and Ramanan (2010):
 * 18 directed and 9 undirected orientations, each normalised by the energy of four blocks of 2 x 2 cells and
 * clipped, and the four blocks' energies: 31 channels a cell. The only definition, for host and kernels. */
#ifndef DSLT_MATH_HOG_H
#define DSLT_MATH_HOG_H

#include <math.h>
#include <stddef.h>

#include "base/hd.h"

enum { DSLT_HOG_BINS = 18, DSLT_HOG_CHANNELS = 31, DSLT_HOG_CELL_MAX = 64 };

/* Brightness of a pixel in the order blue, green, red. */
DSLT_HD float dslt_hog_grey(const float *pixel) {
  return 0.114f * pixel[0] + 0.587f * pixel[1] + 0.299f * pixel[2];
}

/* A pixel's gradient: its length, and which of the 18 directions is nearest. */
typedef struct dslt_hog_edge {
  float strength;
  int bin;
} dslt_hog_edge;

/* Of a gradient (gx, gy) of the brightness. */
DSLT_HD dslt_hog_edge dslt_hog_edge_of(float gx, float gy) {
  /* cosines and sines of 0, 20 .. 160 degrees */
  const float across[9] = {1.0f,         0.93969262f, 0.76604444f,  0.5f,        0.17364818f,
                           -0.17364818f, -0.5f,       -0.76604444f, -0.93969262f};
  const float down[9] = {0.0f,        0.34202014f, 0.64278761f, 0.86602540f, 0.98480775f,
                         0.98480775f, 0.86602540f, 0.64278761f, 0.34202014f};
  dslt_hog_edge edge = {sqrtf(gx * gx + gy * gy), 0};
  float best = 0.0f;
  for (int k = 0; k < 9; ++k) {
    float along = across[k] * gx + down[k] * gy, length = fabsf(along);
    int bin = along < 0.0f ? k + 9 : k;
    edge.bin = length > best ? bin : edge.bin;
    best = length > best ? length : best;
  }
  return edge;
}

/* Of the pixel in row y, column x of a picture [h][w][3], not one of its border. */
DSLT_HD dslt_hog_edge dslt_hog_edge_at(const float *picture, int w, int y, int x) {
  const float *at = picture + ((size_t)y * (size_t)w + (size_t)x) * 3;
  const size_t row = 3 * (size_t)w;
  return dslt_hog_edge_of(dslt_hog_grey(at + 3) - dslt_hog_grey(at - 3),
                          dslt_hog_grey(at + row) - dslt_hog_grey(at - row));
}

/* Share of a pixel at `pixel` along one axis in cell number `index`: linear between the cells' middles. */
DSLT_HD float dslt_hog_share(int pixel, int index, int cell) {
  float share = 1.0f - fabsf(((float)pixel + 0.5f) / (float)cell - 0.5f - (float)index);
  return share > 0.0f ? share : 0.0f;
}

/* Pixels that have a share in a cell along one axis of `size` pixels, first .. last - 1; not the border's. */
DSLT_HD void dslt_hog_reach(int *first, int *last, int index, int cell, int size) {
  *first = index * cell - cell / 2 - 1;
  *last = *first + 2 * cell + 2;
  if (*first < 1) *first = 1;
  if (*last > size - 1) *last = size - 1;
}

/* The directed histogram of cell (row, column) of a picture [h][w][3] whose border is left out. */
DSLT_HD void dslt_hog_histogram(float out[DSLT_HOG_BINS], const float *picture, int h, int w, int cell,
                                int row, int column) {
  int top, bottom, left, right;
  dslt_hog_reach(&top, &bottom, row, cell, h);
  dslt_hog_reach(&left, &right, column, cell, w);
  for (int k = 0; k < DSLT_HOG_BINS; ++k) out[k] = 0.0f;
  for (int y = top; y < bottom; ++y) {
    float share_y = dslt_hog_share(y, row, cell);
    for (int x = left; x < right; ++x) {
      float share = share_y * dslt_hog_share(x, column, cell);
      if (!(share > 0.0f)) continue;
      dslt_hog_edge edge = dslt_hog_edge_at(picture, w, y, x);
      out[edge.bin] += share * edge.strength;
    }
  }
}

/* Energy of the undirected histogram of cell (row, column) of [rows][columns]; beyond the edge, of the nearest
 * one. */
DSLT_HD float dslt_hog_energy(const float *histograms, int rows, int columns, int row, int column) {
  row = row < 0 ? 0 : (row >= rows ? rows - 1 : row);
  column = column < 0 ? 0 : (column >= columns ? columns - 1 : column);
  const float *bin = histograms + ((size_t)row * (size_t)columns + (size_t)column) * DSLT_HOG_BINS;
  float sum = 0.0f;
  for (int k = 0; k < 9; ++k) sum += (bin[k] + bin[k + 9]) * (bin[k] + bin[k + 9]);
  return sum;
}

DSLT_HD float dslt_hog_clip(float v) { return v < 0.2f ? v : 0.2f; }

/* The 31 channels of cell (row, column): 18 directed, 9 undirected, 4 energies. */
DSLT_HD void dslt_hog_features(float out[DSLT_HOG_CHANNELS], const float *histograms, int rows, int columns,
                               int row, int column) {
  const float *bin = histograms + ((size_t)row * (size_t)columns + (size_t)column) * DSLT_HOG_BINS;
  float energy[3][3], factor[4], total[4] = {0.0f, 0.0f, 0.0f, 0.0f};
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      energy[i][j] = dslt_hog_energy(histograms, rows, columns, row + i - 1, column + j - 1);
  for (int b = 0; b < 4; ++b) { /* the blocks above left, above right, below left, below right */
    int i = b / 2, j = b % 2;
    factor[b] =
        1.0f / sqrtf(energy[i][j] + energy[i][j + 1] + energy[i + 1][j] + energy[i + 1][j + 1] + 1e-10f);
  }
  for (int k = 0; k < 9; ++k) {
    float forth = 0.0f, back = 0.0f, both = 0.0f;
    for (int b = 0; b < 4; ++b) {
      float undirected = dslt_hog_clip(factor[b] * (bin[k] + bin[k + 9]));
      forth += dslt_hog_clip(factor[b] * bin[k]);
      back += dslt_hog_clip(factor[b] * bin[k + 9]);
      both += undirected;
      total[b] += undirected;
    }
    out[k] = 0.5f * forth;
    out[k + 9] = 0.5f * back;
    out[k + 18] = 0.5f * both;
  }
  for (int b = 0; b < 4; ++b) out[27 + b] = 0.23570226f * total[b]; /* 1 / sqrt(18) */
}

#endif
