/* SPDX-License-Identifier: Apache-2.0 */
/* weights_random.c: random weights, for tests and for trying the tracker. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/rng.h"
#include "weights_internal.h"

enum { STREAM = 0x77677400 }; /* "wgt", then the layer: apart from the streams of everything else */

static const struct {
  const char *name;
  int divisor;
} archs[] = {{"vgg16", 1}, {"vgg16/2", 2}, {"vgg16/4", 4}, {"vgg16/8", 8}, {"vgg16/16", 16}};

/* The features' average size that the learning rates are tuned for. */
static const double MEAN_ACTIVATION = 20;

static int find_arch(const char *name) {
  for (size_t i = 0; i < sizeof archs / sizeof *archs; ++i) {
    if (strcmp(name, archs[i].name) == 0) return (int)i;
  }
  return dslt_fail(DSLT_EOPTION,
                   "There is no arch \"%.40s\"; choose vgg16, vgg16/2, vgg16/4, vgg16/8 or vgg16/16.", name);
}

static dslt_tensor_view view_of(const float *data, int rank, int64_t out, int64_t in) {
  dslt_tensor_view view = {data, DSLT_DTYPE_F32, rank, {out, in, 3, 3}, 0};
  for (int i = rank; i < 4; ++i) view.shape[i] = 0;
  view.bytes = dslt_tensor_elements(&view) * sizeof(float);
  return view;
}

/* One float32 in the file's byte order, which is little-endian whatever the machine. */
static void store(float *at, float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  const unsigned char bytes[4] = {(unsigned char)bits, (unsigned char)(bits >> 8),
                                  (unsigned char)(bits >> 16), (unsigned char)(bits >> 24)};
  memcpy(at, bytes, sizeof bytes);
}

/* He-normal: deviation sqrt(2 / fan_in). sqrt and the product are correctly rounded, so every machine
 * agrees. */
static void fill(float *out, size_t count, int fan_in, uint64_t seed, int layer) {
  dslt_rng rng = dslt_rng_make(seed, (uint64_t)(STREAM + layer));
  const double deviation = sqrt(2.0 / fan_in);
  for (size_t i = 0; i < count; ++i) store(&out[i], (float)(dslt_rng_normal(&rng) * deviation));
}

/* `value` > 0 with two significant digits: the probe's last bits, which a compiler's fused multiply-add may
 * change, must not reach the file. */
static float two_digits(double value) {
  double unit = 1, parts = 1;
  while (value * parts < 10) parts *= 10;
  while (value / unit >= 100) unit *= 10;
  return (float)(round(value * parts / unit) * unit / parts);
}

static int set_scales(dslt_weights *weights) {
  enum { CONV4_3 = 9, CONV5_3 = 12 };
  double means[DSLT_VGG_CONVS];
  DSLT_TRY(dslt_weights_probe(means, weights));
  /* In a narrow network all units may be zero; it then has no scale. */
  weights->preprocess.scale_low = means[CONV4_3] > 0 ? two_digits(MEAN_ACTIVATION / means[CONV4_3]) : 1;
  weights->preprocess.scale_high = means[CONV5_3] > 0 ? two_digits(MEAN_ACTIVATION / means[CONV5_3]) : 1;
  return 0;
}

int dslt_weights_random(dslt_weights **out, const char *arch, uint64_t seed) {
  if (!out || !arch)
    return dslt_fail(DSLT_EARGUMENT, "dslt_weights_random() needs an arch and a place for its result.");
  const int index = find_arch(arch);
  if (index < 0) return index;

  size_t total = 0;
  for (int layer = 0, in = 3; layer < DSLT_VGG_CONVS; ++layer) {
    const int width = dslt_vgg_layers[layer].width / archs[index].divisor;
    total += (size_t)width * (size_t)in * 9 + (size_t)width;
    in = width;
  }
  char origin[64];
  snprintf(origin, sizeof origin, "random %s seed %llu", arch, (unsigned long long)seed);
  dslt_weights *weights = calloc(1, sizeof *weights);
  if (weights) {
    weights->map_bytes = total * sizeof(float);
    weights->map = calloc(total, sizeof(float)); /* the biases stay zero */
    weights->path = strdup(origin);
    weights->source = strdup(origin);
  }
  if (!weights || !weights->map || !weights->path || !weights->source) {
    dslt_weights_free(weights);
    return dslt_fail(DSLT_EMEMORY, "No memory for %zu bytes of random weights.", total * sizeof(float));
  }

  float *at = weights->map;
  for (int layer = 0, in = 3; layer < DSLT_VGG_CONVS; ++layer) {
    const int width = dslt_vgg_layers[layer].width / archs[index].divisor;
    const size_t count = (size_t)width * (size_t)in * 9;
    weights->weight[layer] = view_of(at, 4, width, in);
    fill(at, count, in * 9, seed, layer);
    at += count;
    weights->bias[layer] = view_of(at, 1, width, 0);
    at += width;
    weights->width[layer] = in = width;
  }
  weights->layers = DSLT_VGG_CONVS;
  snprintf(weights->names, sizeof weights->names, "caffe");
  weights->preprocess = dslt_preprocess_caffe();
  weights->given = DSLT_GIVEN_ORDER | DSLT_GIVEN_MEAN | DSLT_GIVEN_DEVIATION | DSLT_GIVEN_SCALE_LOW |
                   DSLT_GIVEN_SCALE_HIGH;
  const int rc = set_scales(weights);
  if (rc < 0) {
    dslt_weights_free(weights);
    return rc;
  }
  *out = weights;
  return 0;
}
