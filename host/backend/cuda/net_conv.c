/* SPDX-License-Identifier: Apache-2.0 */
/* net_conv.c: the convolutions of a network: how each is computed, its weights, and its run. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "net.h"

static size_t taps_of(const dslt_node *l) { return (size_t)l->kernel[0] * (size_t)l->kernel[1]; }

static dslt_layer_window window_of(const dslt_net_layer *layer) {
  dslt_layer_window out = {0};
  for (int d = 0; d < 2; ++d) {
    out.kernel[d] = layer->node.kernel[d];
    out.stride[d] = layer->node.stride[d];
    out.dilation[d] = layer->node.dilation[d];
    out.pad[d] = layer->map.pad[d];
    out.pad[d + 2] = layer->map.pad[d + 2];
  }
  return out;
}

static int is_square(const dslt_net_layer *layer, int kernel, int pad) {
  const dslt_node *l = &layer->node;
  for (int d = 0; d < 2; ++d)
    if (l->kernel[d] != kernel || l->stride[d] != 1 || l->dilation[d] != 1 || layer->map.pad[d] != pad ||
        layer->map.pad[d + 2] != pad)
      return 0;
  return l->groups == 1;
}

/* Is the kernel the whole map, so that there is one output cell? */
static int is_dense(const dslt_net_layer *layer, const dslt_node_map *in) {
  const dslt_node *l = &layer->node;
  return l->groups == 1 && l->kernel[0] == in->h && l->kernel[1] == in->w && layer->map.h == 1 &&
         layer->map.w == 1 && l->dilation[0] == 1 && l->dilation[1] == 1 && !layer->map.pad[0] &&
         !layer->map.pad[1];
}

/* 1: the product can read the map as it lies. */
static int needs_no_columns(const dslt_net_layer *layer, const dslt_net *net) {
  const dslt_net_layer *in = &net->layer[layer->node.input[0]];
  return is_square(layer, 1, 0) || (is_dense(layer, &in->map) && in->home == layer->node.input[0]);
}

/* ---- weights ------------------------------------------------------------------------------------- */

/* Place of weight (output o, input i of its group, tap) in the layer's own layout. */
static size_t weight_at(const dslt_net_layer *l, int o, int i, size_t tap) {
  const size_t taps = taps_of(&l->node), cin = (size_t)l->in_stored, cout = (size_t)l->stored;
  const size_t each = (size_t)(l->map.c / l->node.groups); /* outputs of a group */
  switch (l->way) {
    case DSLT_CONV_CUDNN: return ((size_t)o * taps + tap) * cin + (size_t)i;
    case DSLT_CONV_DEPTHWISE: return tap * cout + (size_t)o;
    default: break;
  }
  if (l->node.groups == 1) return (tap * cin + (size_t)i) * cout + (size_t)o;
  const size_t group = (size_t)o / each;
  return group * taps * cin * each + (tap * cin + (size_t)i) * each + (size_t)o % each;
}

static size_t weights_stored(const dslt_net_layer *l) {
  return (size_t)l->stored * taps_of(&l->node) * (size_t)l->in_stored;
}

static int upload_weights(const dslt_net *net, dslt_net_layer *l, const float *arranged, const float *bias) {
  dslt_cuda *cuda = net->cuda;
  const size_t values = weights_stored(l);
  void *staged = NULL;
  int rc;
  DSLT_TRY(dslt_cuda_new(&staged, cuda, values * sizeof(float), "a layer's weights"));
  DSLT_TRY_OR_DONE(cuda->base.device->upload(&cuda->base, staged, arranged, values * sizeof(float)));
  DSLT_TRY_OR_DONE(
      dslt_kernel_convert(cuda->now, l->weights, net->type, staged, DSLT_TYPE_F32, values, NULL));
  DSLT_TRY_OR_DONE(cuda->base.device->upload(&cuda->base, l->bias, bias, (size_t)l->map.c * sizeof(float)));
  if (l->conv_bias)
    DSLT_TRY_OR_DONE(dslt_kernel_convert(cuda->now, l->conv_bias, net->type, l->bias, DSLT_TYPE_F32,
                                         (size_t)l->stored, NULL));
  DSLT_TRY_OR_DONE(dslt_cuda_check(cudaStreamSynchronize(cuda->now), "uploading weights"));
done:
  cudaFree(staged);
  return rc;
}

static int load_weights(const dslt_net *net, const dslt_net_desc *desc, int index) {
  dslt_net_layer *l = &net->layer[index];
  const int cin = net->layer[l->node.input[0]].map.c / l->node.groups;
  const size_t taps = taps_of(&l->node), given = (size_t)l->map.c * taps * (size_t)cin;
  float *oihw = malloc(given * sizeof *oihw), *arranged = calloc(weights_stored(l), sizeof *arranged);
  float *bias = calloc((size_t)l->stored, sizeof *bias);
  int rc;
  if (!oihw || !arranged || !bias) {
    rc = dslt_fail(DSLT_EMEMORY, "Out of memory while loading a layer.");
    goto done;
  }
  DSLT_TRY_OR_DONE(desc->load(desc->context, index, oihw, bias));
  for (int o = 0; o < l->map.c; ++o)
    for (int i = 0; i < cin; ++i)
      for (size_t tap = 0; tap < taps; ++tap)
        arranged[weight_at(l, o, i, tap)] = oihw[((size_t)o * (size_t)cin + (size_t)i) * taps + tap];
  DSLT_TRY_OR_DONE(upload_weights(net, l, arranged, bias));
done:
  free(oihw);
  free(arranged);
  free(bias);
  return rc;
}

/* ---- planning ------------------------------------------------------------------------------------ */

/* The other input of the sum that the convolution belongs to, or -1. */
static int addend_of(const dslt_net *net, int index) {
  const dslt_net_layer *l = &net->layer[index];
  if (l->sum < 0) return -1;
  const dslt_node *sum = &net->layer[l->sum].node;
  return sum->input[sum->input[0] == index];
}

static int pitch_of(const dslt_net *net, int index) { return net->layer[net->layer[index].home].stored; }

int dslt_net_conv_case(dslt_conv_case *out, const dslt_net *net, int index) {
  const dslt_net_layer *l = &net->layer[index], *in = &net->layer[l->node.input[0]];
  const int step = dslt_net_step_of(net, index), unit = dslt_net_unit(net), groups = l->node.groups;
  const int other = addend_of(net, index);
  const dslt_layer_window window = window_of(l);
  if (groups > 1 && (in->map.c / groups % unit || l->map.c / groups % unit)) return 0;
  *out = (dslt_conv_case){.n = net->n,
                          .h = in->map.h,
                          .w = in->map.w,
                          .cin = in->stored,
                          .cout = l->stored,
                          .type = net->type,
                          .out_h = l->map.h,
                          .out_w = l->map.w,
                          .groups = groups,
                          .x_pitch = pitch_of(net, l->node.input[0]),
                          .y_pitch = pitch_of(net, step),
                          .add_pitch = other < 0 ? 0 : pitch_of(net, other),
                          .activation = net->layer[step].node.activation};
  memcpy(out->kernel, window.kernel, sizeof out->kernel);
  memcpy(out->stride, window.stride, sizeof out->stride);
  memcpy(out->dilation, window.dilation, sizeof out->dilation);
  memcpy(out->pad, window.pad, sizeof out->pad);
  return 1;
}

static void *bias_for_cudnn(const dslt_net_layer *l) { return l->conv_bias ? l->conv_bias : l->bias; }

static int try_cudnn(dslt_net *net, int index) {
  dslt_net_layer *l = &net->layer[index];
  const int other = addend_of(net, index);
  dslt_conv_case shape;
  if (!dslt_net_conv_case(&shape, net, index)) return DSLT_OK;
  const dslt_conv_memory memory = {dslt_net_map(net, l->node.input[0]).data,
                                   dslt_net_map(net, dslt_net_step_of(net, index)).data, l->weights,
                                   bias_for_cudnn(l), other < 0 ? NULL : dslt_net_map(net, other).data};
  return dslt_cudnn_conv_plan(&l->conv, net->cuda, &shape, &memory);
}

/* Scratch memory of a convolution by products. */
static int reserve_products(dslt_net *net, const dslt_net_layer *l) {
  dslt_cuda *cuda = net->cuda;
  const dslt_net_layer *in = &net->layer[l->node.input[0]];
  const size_t n = (size_t)net->n, framed = n * (size_t)(l->map.h + 2) * (size_t)(l->map.w + 2);
  const size_t rows = n * (size_t)l->map.h * (size_t)l->map.w;
  size_t columns = 0, sums = rows * (size_t)l->stored;
  if (l->way == DSLT_CONV_NINE) {
    columns = framed * (size_t)in->stored;
    sums = framed * (size_t)l->stored;
  } else if (!needs_no_columns(l, net)) {
    columns = rows * taps_of(&l->node) * (size_t)(l->node.groups == 1 ? in->stored : in->map.c);
  }
  if (rows > INT32_MAX / 2 || taps_of(&l->node) * (size_t)in->stored > INT32_MAX / 2)
    return dslt_fail(DSLT_EUNSUPPORTED,
                     "A convolution with %d x %d outputs from a kernel of %d x %d cells is too large for the "
                     "CUDA backend; use backend=cpu.",
                     l->map.w, l->map.h, l->node.kernel[1], l->node.kernel[0]);
  DSLT_TRY(dslt_cuda_reserve(&cuda->padded, cuda, columns * dslt_net_element(net), "the backbone"));
  return dslt_cuda_reserve(&cuda->sums, cuda, sums * sizeof(float), "the backbone");
}

static int make_memory(dslt_net *net, dslt_net_layer *l) {
  void *bias = NULL;
  DSLT_TRY(dslt_cuda_new(&bias, net->cuda, (size_t)l->stored * sizeof(float), "a layer's bias"));
  l->bias = bias;
  l->owned = 1;
  if (l->way == DSLT_CONV_CUDNN && net->type != DSLT_TYPE_F32)
    DSLT_TRY(
        dslt_cuda_new(&l->conv_bias, net->cuda, (size_t)l->stored * dslt_net_element(net), "a layer's bias"));
  return dslt_cuda_new(&l->weights, net->cuda, weights_stored(l) * dslt_net_element(net),
                       "a layer's weights");
}

static int choose_way(dslt_net *net, int index) {
  dslt_net_layer *l = &net->layer[index];
  const dslt_net_layer *in = &net->layer[l->node.input[0]];
  l->in_stored = l->node.groups == 1 ? in->stored : in->map.c / l->node.groups;
  if (l->in_stored == 1 && l->node.groups > 1) {
    l->way = DSLT_CONV_DEPTHWISE;
    return make_memory(net, l);
  }
  l->way = DSLT_CONV_CUDNN;
  DSLT_TRY(make_memory(net, l));
  DSLT_TRY(try_cudnn(net, index));
  if (l->conv) return DSLT_OK;
  l->way = is_square(l, 3, 1) ? DSLT_CONV_NINE : DSLT_CONV_PRODUCT;
  return reserve_products(net, l);
}

int dslt_net_plan_conv(dslt_net *net, const dslt_net_desc *desc, int index) {
  dslt_net_layer *l = &net->layer[index];
  DSLT_TRY(choose_way(net, index));
  const dslt_net *share = desc->share;
  const dslt_net_layer *other = share && index < share->layers ? &share->layer[index] : NULL;
  if (!other || other->way != l->way || share->type != net->type || other->in_stored != l->in_stored ||
      other->stored != l->stored)
    return load_weights(net, desc, index);
  cudaFree(l->weights);
  cudaFree(l->bias);
  cudaFree(l->conv_bias);
  l->weights = other->weights;
  l->bias = other->bias;
  l->conv_bias = other->conv_bias;
  l->owned = 0;
  return DSLT_OK;
}

void dslt_net_free_conv(dslt_net_layer *l) {
  dslt_cudnn_conv_free(l->conv);
  if (!l->owned) return;
  cudaFree(l->weights);
  cudaFree(l->bias);
  cudaFree(l->conv_bias);
}

/* ---- running ------------------------------------------------------------------------------------- */

static int run_nine(const dslt_net *net, const dslt_net_layer *l, const dslt_layer_map *y,
                    const dslt_layer_map *x, const dslt_layer_end *end) {
  dslt_cuda *cuda = net->cuda;
  const dslt_layer_end copy = {0};
  dslt_layer_map padded = *x, sums = *y;
  padded.data = cuda->padded.data, padded.pitch = x->channels, padded.border = 1;
  sums.data = cuda->sums.data, sums.type = DSLT_TYPE_F32, sums.pitch = y->channels, sums.border = 1;
  DSLT_TRY(dslt_kernel_finish(cuda->now, &padded, x, &copy, net->n, dslt_cuda_when(cuda)));
  DSLT_TRY(dslt_cuda_nine_products(cuda, sums.data, padded.data, l->weights, net->type, net->n, y->h, y->w,
                                   x->channels, y->channels));
  return dslt_kernel_finish(cuda->now, y, &sums, end, net->n, dslt_cuda_when(cuda));
}

static int run_product(const dslt_net *net, const dslt_net_layer *l, const dslt_layer_map *y,
                       const dslt_layer_map *x, const dslt_layer_end *end) {
  dslt_cuda *cuda = net->cuda;
  const int groups = l->node.groups, rows = net->n * y->h * y->w;
  const int each = groups == 1 ? l->stored : l->map.c / groups; /* outputs of a group */
  const int values = (int)taps_of(&l->node) * l->in_stored;     /* that an output reads */
  const char *from = x->data, *weights = l->weights;
  int pitch = l->node.kernel[0] * l->node.kernel[1] * x->pitch; /* of the map itself */
  if (!needs_no_columns(l, net)) {
    const dslt_layer_window window = window_of(l);
    dslt_layer_map given = *x;
    if (groups > 1) given.channels = net->layer[l->node.input[0]].map.c;
    DSLT_TRY(dslt_kernel_columns(cuda->now, cuda->padded.data, &given, &window, groups, y->h, y->w, net->n,
                                 dslt_cuda_when(cuda)));
    from = cuda->padded.data;
    pitch = values * groups;
  }
  const size_t step = (size_t)values * dslt_net_element(net);
  for (int g = 0; g < groups; ++g) {
    const dslt_cuda_rows a = {from + (size_t)g * step, pitch};
    float *sums = (float *)cuda->sums.data + (size_t)g * (size_t)each;
    DSLT_TRY(dslt_cuda_product_rows(cuda, sums, l->stored, &a, weights + (size_t)g * step * (size_t)each,
                                    net->type, rows, each, values));
  }
  dslt_layer_map sums = *y;
  sums.data = cuda->sums.data, sums.type = DSLT_TYPE_F32, sums.pitch = l->stored;
  if (groups > 1) sums.channels = l->map.c; /* those that fill up were not written */
  return dslt_kernel_finish(cuda->now, y, &sums, end, net->n, dslt_cuda_when(cuda));
}

static int run_cudnn(const dslt_net *net, const dslt_net_layer *l, const dslt_layer_map *y,
                     const dslt_layer_map *x, const dslt_layer_end *end) {
  dslt_cuda *cuda = net->cuda;
  DSLT_TRY(dslt_cudnn_conv_run(l->conv, y->data, x->data, l->weights, bias_for_cudnn(l),
                               end->add ? end->add->data : NULL));
  return dslt_cudnn_conv_fused(l->conv)
             ? DSLT_OK
             : dslt_kernel_finish(cuda->now, y, y, end, net->n, dslt_cuda_when(cuda));
}

int dslt_net_run_conv(const dslt_net *net, int index, int to) {
  const dslt_net_layer *l = &net->layer[index];
  const dslt_node *last = &net->layer[to].node;
  const int other = addend_of(net, index);
  const dslt_layer_map x = dslt_net_map(net, l->node.input[0]), y = dslt_net_map(net, to);
  dslt_layer_map add;
  dslt_layer_end end = {last->activation, last->slope, l->bias, NULL};
  if (other >= 0) {
    add = dslt_net_map(net, other);
    end.add = &add;
  }
  switch (l->way) {
    case DSLT_CONV_CUDNN: return run_cudnn(net, l, &y, &x, &end);
    case DSLT_CONV_NINE: return run_nine(net, l, &y, &x, &end);
    case DSLT_CONV_PRODUCT: return run_product(net, l, &y, &x, &end);
    default: break;
  }
  const dslt_layer_window window = window_of(l);
  return dslt_kernel_depthwise(net->cuda->now, &y, &x, l->weights, l->map.c / l->node.groups, &window, &end,
                               net->n, dslt_cuda_when(net->cuda));
}
