/* SPDX-License-Identifier: Apache-2.0 */
/* plain_net.c: the backbone without oneDNN, for machines that lack it: direct loops. Slow, and
 * exact enough to serve as a second opinion. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cpu.h"

struct dslt_net {
  dslt_cpu *cpu;
  dslt_net_desc desc;
  float *weights[DSLT_NET_LAYERS_MAX]; /* [cout][9 cin] */
  float *bias[DSLT_NET_LAYERS_MAX];
  size_t buffer_values;
};

int dslt_cpu_engine_open(dslt_cpu_engine **out, dslt_cpu *cpu) {
  (void)cpu;
  *out = NULL;
  return DSLT_OK;
}

void dslt_cpu_engine_close(dslt_cpu_engine *engine) { (void)engine; }

int dslt_cpu_has_bf16(void) { return 0; }

void dslt_cpu_library(char *out, size_t size) { snprintf(out, size, "plain C loops (built without oneDNN)"); }

static int load_layer(dslt_net *net, int index) {
  const dslt_net_layer *shape = &net->desc.layer[index];
  size_t cin = (size_t)shape->cin, cout = (size_t)shape->cout;
  void *memory = NULL;
  DSLT_TRY(dslt_cpu_alloc(&memory, cout * cin * 9 * sizeof(float), "a layer"));
  net->weights[index] = memory;
  DSLT_TRY(dslt_cpu_alloc(&memory, cout * sizeof(float), "a layer's bias"));
  net->bias[index] = memory;
  DSLT_TRY(dslt_cpu_alloc(&memory, cout * cin * 9 * sizeof(float), "a layer"));
  float *oihw = memory;
  int rc = net->desc.load(net->desc.context, index, oihw, net->bias[index]);
  for (size_t o = 0; rc == DSLT_OK && o < cout; ++o)
    for (size_t i = 0; i < cin; ++i)
      for (size_t tap = 0; tap < 9; ++tap)
        net->weights[index][(o * 9 + tap) * cin + i] = oihw[(o * cin + i) * 9 + tap];
  free(oihw);
  return rc;
}

int dslt_cpu_net_plan(dslt_net **out, dslt_backend *backend, const dslt_net_desc *desc) {
  dslt_net *net = calloc(1, sizeof *net);
  if (!net) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning the backbone.");
  net->cpu = dslt_cpu_of(backend);
  net->desc = *desc;
  int rc = DSLT_OK, h = desc->h, w = desc->w;
  size_t largest = 0;
  for (int i = 0; rc == DSLT_OK && i <= desc->tap_high; ++i) {
    rc = load_layer(net, i);
    size_t values = (size_t)desc->n * (size_t)h * (size_t)w * (size_t)desc->layer[i].cout;
    if (values > largest) largest = values;
    if (desc->layer[i].pool_after) h /= 2, w /= 2;
  }
  net->buffer_values = largest;
  net->desc.load = NULL;
  if (rc == DSLT_OK) rc = dslt_cpu_reserve(&net->cpu->activations, 2 * largest * sizeof(float));
  if (rc < 0) {
    dslt_cpu_net_free(net);
    return rc;
  }
  *out = net;
  return DSLT_OK;
}

/* y [n][h][w][cout] = relu(bias + 3 x 3 convolution of x). */
static void conv_relu(float *y, const float *x, const float *weights, const float *bias, int n, int h, int w,
                      int cin, int cout) {
#pragma omp parallel for schedule(static)
  for (int row = 0; row < n * h; ++row) {
    int image = row / h, oy = row % h;
    for (int ox = 0; ox < w; ++ox)
      for (int o = 0; o < cout; ++o) {
        float sum = bias[o];
        for (int tap = 0; tap < 9; ++tap) {
          int iy = oy + tap / 3 - 1, ix = ox + tap % 3 - 1;
          if (iy < 0 || iy >= h || ix < 0 || ix >= w) continue;
          const float *in =
              x + (((size_t)image * (size_t)h + (size_t)iy) * (size_t)w + (size_t)ix) * (size_t)cin;
          const float *k = weights + ((size_t)o * 9 + (size_t)tap) * (size_t)cin;
          for (int i = 0; i < cin; ++i) sum += in[i] * k[i];
        }
        y[((size_t)row * (size_t)w + (size_t)ox) * (size_t)cout + (size_t)o] = sum > 0.0f ? sum : 0.0f;
      }
  }
}

static void pool(float *y, const float *x, int n, int h, int w, int c) {
  int oh = h / 2, ow = w / 2;
#pragma omp parallel for schedule(static)
  for (int row = 0; row < n * oh; ++row)
    for (int ox = 0; ox < ow; ++ox)
      for (int i = 0; i < c; ++i) {
        size_t top = (((size_t)(row / oh) * (size_t)h + 2 * (size_t)(row % oh)) * (size_t)w + 2 * (size_t)ox);
        const float *a = x + top * (size_t)c + i, *b = a + (size_t)w * (size_t)c;
        float m = a[0] > a[c] ? a[0] : a[c];
        m = b[0] > m ? b[0] : m;
        y[((size_t)row * (size_t)ow + (size_t)ox) * (size_t)c + (size_t)i] = b[c] > m ? b[c] : m;
      }
}

int dslt_cpu_net_run(dslt_net *net, const float *input, float *tap_low, float *tap_high) {
  const dslt_net_desc *d = &net->desc;
  float *buffers[2] = {net->cpu->activations.data, (float *)net->cpu->activations.data + net->buffer_values};
  const float *current = input;
  int turn = 0, h = d->h, w = d->w;
  for (int i = 0; i <= d->tap_high; ++i) {
    const dslt_net_layer *shape = &d->layer[i];
    float *dst = i == d->tap_high ? tap_high : (i == d->tap_low ? tap_low : buffers[turn]);
    conv_relu(dst, current, net->weights[i], net->bias[i], d->n, h, w, shape->cin, shape->cout);
    current = dst;
    turn ^= 1;
    if (i == d->tap_high || !shape->pool_after) continue;
    pool(buffers[turn], current, d->n, h, w, shape->cout);
    current = buffers[turn];
    turn ^= 1;
    h /= 2;
    w /= 2;
  }
  return DSLT_OK;
}

void dslt_cpu_net_free(dslt_net *net) {
  if (!net) return;
  for (int i = 0; i < DSLT_NET_LAYERS_MAX; ++i) {
    free(net->weights[i]);
    free(net->bias[i]);
  }
  free(net);
}
