/* SPDX-License-Identifier: Apache-2.0 */
/* net.c: the backbone. Each layer is one cuDNN plan that includes bias and ReLU if cuDNN has one, else nine
 * matrix products. Activations are channels-last, their channels padded with zeros to a multiple that tensor
 * cores need; padded channels stay zero, since their weights and biases are zero. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cudnn_conv.h"

typedef struct net_layer {
  int h, w, cin, cout;   /* channels as stored */
  dslt_cudnn_conv *conv; /* NULL: by products */
  void *weights;         /* [cout][3][3][cin], or [9][cin][cout] for products */
  float *bias;
  int owned;
} net_layer;

enum { LAYERS_MAX = 32 };

/* A stack of 3 x 3 convolutions with padding 1, bias and ReLU, as read from the graph. */
typedef struct given_layer {
  int cin, cout;
  int pool_after; /* 1: a 2 x 2 max pooling with stride 2 follows */
  int index;      /* in the graph */
} given_layer;

typedef struct given_stack {
  int n, h, w; /* input: [n][h][w][3] */
  given_layer layer[LAYERS_MAX];
  int tap_low, tap_high; /* convolutions whose output (before pooling) is a result; the last is tap_high */
  int (*load)(void *context, int layer, float *weights, float *bias);
  void *context;
  const dslt_net *share;
} given_stack;

struct dslt_net {
  dslt_cuda *cuda;
  given_stack desc;
  dslt_type type; /* of activations and weights */
  net_layer layer[LAYERS_MAX];
};

static int stored_channels(int channels, dslt_type type) {
  int unit = type == DSLT_TYPE_BF16 ? 8 : 4;
  return (channels + unit - 1) / unit * unit;
}

static size_t element(const dslt_net *net) { return net->type == DSLT_TYPE_BF16 ? 2 : 4; }

/* ---- weights ------------------------------------------------------------------------------------- */

/* Converts from [cout][cin][3][3] to the layer's own layout, with zeros in padded channels. */
static void arrange(float *out, const float *oihw, const net_layer *l, const given_layer *given) {
  memset(out, 0, (size_t)l->cout * 9 * (size_t)l->cin * sizeof *out);
  for (int o = 0; o < given->cout; ++o)
    for (int i = 0; i < given->cin; ++i)
      for (int tap = 0; tap < 9; ++tap) {
        size_t at = l->conv ? ((size_t)o * 9 + (size_t)tap) * (size_t)l->cin + (size_t)i
                            : ((size_t)tap * (size_t)l->cin + (size_t)i) * (size_t)l->cout + (size_t)o;
        out[at] = oihw[((size_t)o * (size_t)given->cin + (size_t)i) * 9 + (size_t)tap];
      }
}

static int upload_weights(dslt_net *net, int index, float *oihw, float *bias, float *arranged) {
  dslt_cuda *cuda = net->cuda;
  net_layer *l = &net->layer[index];
  const given_layer *given = &net->desc.layer[index];
  size_t values = (size_t)l->cout * 9 * (size_t)l->cin;
  DSLT_TRY(net->desc.load(net->desc.context, given->index, oihw, bias));
  arrange(arranged, oihw, l, given);
  void *staged = NULL;
  DSLT_TRY(dslt_cuda_new(&staged, cuda, values * sizeof(float), "a layer's weights"));
  int rc;
  DSLT_TRY_OR_DONE(cuda->base.device->upload(&cuda->base, staged, arranged, values * sizeof(float)));
  DSLT_TRY_OR_DONE(
      dslt_kernel_convert(cuda->now, l->weights, net->type, staged, DSLT_TYPE_F32, values, NULL));
  DSLT_TRY_OR_DONE(
      cuda->base.device->upload(&cuda->base, l->bias, bias, (size_t)given->cout * sizeof(float)));
  DSLT_TRY_OR_DONE(dslt_cuda_check(cudaStreamSynchronize(cuda->now), "uploading weights"));
done:
  cudaFree(staged);
  return rc;
}

static int load_weights(dslt_net *net, int index) {
  const net_layer *l = &net->layer[index];
  size_t values = (size_t)l->cout * 9 * (size_t)l->cin;
  float *oihw = malloc(values * sizeof *oihw), *arranged = malloc(values * sizeof *arranged);
  float *bias = calloc((size_t)l->cout, sizeof *bias);
  int rc = oihw && bias && arranged ? upload_weights(net, index, oihw, bias, arranged)
                                    : dslt_fail(DSLT_EMEMORY, "Out of memory while loading a layer.");
  free(oihw);
  free(arranged);
  free(bias);
  return rc;
}

/* ---- planning ------------------------------------------------------------------------------------ */

/* Sizes first: arenas must not move once something is recorded, and measuring needs them. */
static int reserve(dslt_net *net) {
  dslt_cuda *cuda = net->cuda;
  const given_stack *d = &net->desc;
  int h = d->h, w = d->w;
  size_t largest = 0, padded = 0, sums = 0;
  for (int i = 0; i <= d->tap_high; ++i) {
    net_layer *l = &net->layer[i];
    *l = (net_layer){.h = h, .w = w};
    l->cin = stored_channels(d->layer[i].cin, net->type);
    l->cout = stored_channels(d->layer[i].cout, net->type);
    size_t cells = (size_t)d->n * (size_t)h * (size_t)w;
    size_t widest = (size_t)(l->cin > l->cout ? l->cin : l->cout);
    size_t framed = (size_t)d->n * (size_t)(h + 2) * (size_t)(w + 2);
    if (cells * widest > largest) largest = cells * widest;
    if (framed * (size_t)l->cin > padded) padded = framed * (size_t)l->cin;
    if (framed * (size_t)l->cout > sums) sums = framed * (size_t)l->cout;
    if (d->layer[i].pool_after && i < d->tap_high) h /= 2, w /= 2;
  }
  for (int i = 0; i < 2; ++i)
    DSLT_TRY(
        dslt_cuda_reserve(&cuda->activations[i], cuda, largest * element(net), "the backbone's activations"));
  if (cuda->dnn) return DSLT_OK; /* a layer without a plan enlarges the arena later */
  DSLT_TRY(dslt_cuda_reserve(&cuda->padded, cuda, padded * element(net), "the backbone"));
  return dslt_cuda_reserve(&cuda->sums, cuda, sums * sizeof(float), "the backbone");
}

static int plan_layer(dslt_net *net, int index) {
  dslt_cuda *cuda = net->cuda;
  net_layer *l = &net->layer[index];
  int n = net->desc.n;
  void *bias = NULL;
  DSLT_TRY(dslt_cuda_new(&bias, cuda, (size_t)l->cout * sizeof(float), "a layer's bias"));
  l->bias = bias;
  l->owned = 1;
  size_t bytes = (size_t)l->cout * 9 * (size_t)l->cin * element(net);
  DSLT_TRY(dslt_cuda_new(&l->weights, cuda, bytes, "a layer's weights"));
  dslt_conv_case shape = {n, l->h, l->w, l->cin, l->cout, net->type};
  dslt_conv_memory memory = {cuda->activations[0].data, cuda->activations[1].data, l->weights, l->bias};
  DSLT_TRY(dslt_cudnn_conv_plan(&l->conv, cuda, &shape, &memory));
  if (!l->conv) {
    size_t cells = (size_t)n * (size_t)(l->h + 2) * (size_t)(l->w + 2);
    DSLT_TRY(dslt_cuda_reserve(&cuda->padded, cuda, cells * (size_t)l->cin * element(net), "the backbone"));
    DSLT_TRY(dslt_cuda_reserve(&cuda->sums, cuda, cells * (size_t)l->cout * sizeof(float), "the backbone"));
  }
  const net_layer *other = net->desc.share ? &net->desc.share->layer[index] : NULL;
  if (!other || !other->conv != !l->conv || net->desc.share->type != net->type)
    return load_weights(net, index);
  cudaFree(l->weights);
  cudaFree(l->bias);
  l->weights = other->weights;
  l->bias = other->bias;
  l->owned = 0;
  return DSLT_OK;
}

static int is_square(const dslt_node *l, int kernel, int stride, int pad) {
  for (int d = 0; d < 2; ++d)
    if (l->kernel[d] != kernel || l->stride[d] != stride || l->dilation[d] != 1 || l->pad[d] != pad ||
        l->pad[d + 2] != pad)
      return 0;
  return l->padding == DSLT_PAD_GIVEN && l->rounding == DSLT_ROUND_DOWN && l->groups == 1;
}

/* Read the graph as a stack; DSLT_EUNSUPPORTED if it is not one. */
static int read_stack(given_stack *out, const dslt_net_desc *desc) {
  const dslt_graph *g = desc->graph;
  int count = 0, last = -1;
  *out = (given_stack){desc->n,
                       desc->h,
                       desc->w,
                       .tap_low = -1,
                       .load = desc->load,
                       .context = desc->context,
                       .share = desc->share};
  for (int i = 1, cin = g->layer[0].channels; i < g->layers && i <= desc->tap[1]; ++i) {
    const dslt_node *l = &g->layer[i];
    const int chained = l->input[0] == i - 1 && count < LAYERS_MAX;
    if (chained && l->kind == DSLT_LAYER_CONV && l->activation == DSLT_ACTIVATION_RELU &&
        is_square(l, 3, 1, 1)) {
      out->layer[count] = (given_layer){cin, l->channels, 0, i};
      cin = l->channels;
      if (i == desc->tap[0]) out->tap_low = count;
      last = count++;
    } else if (chained && count > 0 && l->kind == DSLT_LAYER_MAX_POOL && is_square(l, 2, 2, 0)) {
      out->layer[count - 1].pool_after = 1;
      last = -1;
    } else {
      last = -1;
      break;
    }
  }
  out->tap_high = last;
  if (desc->taps == 2 && out->tap_low >= 0 && last >= out->tap_low && out->layer[last].index == desc->tap[1])
    return DSLT_OK;
  return dslt_fail(DSLT_EUNSUPPORTED,
                   "The CUDA backend runs only stacks of 3 x 3 convolutions like VGG-16; use backend=cpu for "
                   "this network.");
}

int dslt_cuda_net_plan(dslt_net **out, dslt_backend *backend, const dslt_net_desc *desc) {
  dslt_net *net = calloc(1, sizeof *net);
  if (!net) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning the backbone.");
  net->cuda = dslt_cuda_of(backend);
  net->type = net->cuda->precision == DSLT_PRECISION_BF16 ? DSLT_TYPE_BF16 : DSLT_TYPE_F32;
  int rc = read_stack(&net->desc, desc);
  if (rc == DSLT_OK) rc = reserve(net);
  for (int i = 0; i <= net->desc.tap_high && rc == DSLT_OK; ++i) rc = plan_layer(net, i);
  net->desc.load = NULL; /* the context may be gone from here on */
  net->desc.context = NULL;
  net->desc.share = NULL;
  if (rc < 0) {
    dslt_cuda_net_free(net);
    return rc;
  }
  *out = net;
  return DSLT_OK;
}

void dslt_cuda_net_free(dslt_net *net) {
  if (!net) return;
  for (int i = 0; i < LAYERS_MAX; ++i) {
    net_layer *l = &net->layer[i];
    dslt_cudnn_conv_free(l->conv);
    if (!l->owned) continue;
    cudaFree(l->weights);
    cudaFree(l->bias);
  }
  free(net);
}

/* ---- running ------------------------------------------------------------------------------------- */

static int remap(const dslt_net *net, dslt_map dst, dslt_map src, const float *bias, int relu, int h, int w) {
  return dslt_kernel_remap(net->cuda->now, &dst, &src, bias, relu, net->desc.n, h, w, net->cuda->when);
}

static int by_products(const dslt_net *net, const net_layer *l, void *y, void *x) {
  dslt_cuda *cuda = net->cuda;
  dslt_map padded = {cuda->padded.data, net->type, l->cin, 1},
           sums = {cuda->sums.data, DSLT_TYPE_F32, l->cout, 1};
  dslt_map in = {x, net->type, l->cin, 0}, out = {y, net->type, l->cout, 0};
  DSLT_TRY(remap(net, padded, in, NULL, 0, l->h, l->w));
  DSLT_TRY(dslt_cuda_nine_products(cuda, sums.data, padded.data, l->weights, net->type, net->desc.n, l->h,
                                   l->w, l->cin, l->cout));
  return remap(net, out, sums, l->bias, 1, l->h, l->w);
}

/* Runs one step from x, using y as scratch; *swapped = 1 if the result is in y, 0 if it is in x. */
static int run_layer(const dslt_net *net, const net_layer *l, void *y, void *x, int *swapped) {
  *swapped = 1;
  if (!l->conv) return by_products(net, l, y, x);
  DSLT_TRY(dslt_cudnn_conv_run(l->conv, y, x, l->weights, l->bias));
  if (dslt_cudnn_conv_fused(l->conv)) return DSLT_OK;
  dslt_map sums = {y, net->type, l->cout, 0}, out = {x, net->type, l->cout, 0};
  *swapped = 0;
  return remap(net, out, sums, l->bias, 1, l->h, l->w);
}

static int write_tap(const dslt_net *net, int index, float *tap, void *from) {
  const net_layer *l = &net->layer[index];
  dslt_map dst = {tap, DSLT_TYPE_F32, net->desc.layer[index].cout, 0}, src = {from, net->type, l->cout, 0};
  return remap(net, dst, src, NULL, 0, l->h, l->w);
}

int dslt_cuda_net_run(dslt_net *net, const float *input, float *const *taps) {
  dslt_cuda *cuda = net->cuda;
  const given_stack *d = &net->desc;
  void *buffers[2] = {cuda->activations[0].data, cuda->activations[1].data};
  dslt_map pixels = {(void *)(uintptr_t)input, DSLT_TYPE_F32, 3, 0};
  dslt_map first = {buffers[0], net->type, net->layer[0].cin, 0};
  DSLT_TRY(remap(net, first, pixels, NULL, 0, d->h, d->w));
  int at = 0, swapped = 0;
  for (int i = 0; i <= d->tap_high; ++i) {
    const net_layer *l = &net->layer[i];
    DSLT_TRY(run_layer(net, l, buffers[at ^ 1], buffers[at], &swapped));
    at ^= swapped;
    if (i == d->tap_low) DSLT_TRY(write_tap(net, i, taps[0], buffers[at]));
    if (i == d->tap_high) return write_tap(net, i, taps[1], buffers[at]);
    if (!d->layer[i].pool_after) continue;
    DSLT_TRY(dslt_kernel_pool(cuda->now, buffers[at ^ 1], buffers[at], net->type, d->n, l->h, l->w, l->cout,
                              cuda->when));
    at ^= 1;
  }
  return DSLT_OK;
}
