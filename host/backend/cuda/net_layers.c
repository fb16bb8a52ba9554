/* SPDX-License-Identifier: Apache-2.0 */
/* net_layers.c: runs the layers of a network that are not convolutions. */
#include "base/error.h"
#include "net.h"

static dslt_layer_end end_of(const dslt_node *l) {
  return (dslt_layer_end){l->activation, l->slope, NULL, NULL};
}

static dslt_layer_map input_of(const dslt_net *net, const dslt_node *l, int input) {
  return dslt_net_map(net, l->input[input]);
}

static int is_packed(const dslt_layer_map *map) { return map->channels == map->pitch; }

/* The pooling of VGG-16 has a kernel of its own. */
static int is_halving(const dslt_node *l, const dslt_node_map *map) {
  return l->kind == DSLT_LAYER_MAX_POOL && l->kernel[0] == 2 && l->kernel[1] == 2 && l->stride[0] == 2 &&
         l->stride[1] == 2 && !map->pad[0] && !map->pad[1] && l->activation == DSLT_ACTIVATION_NONE;
}

static int run_pool(const dslt_net *net, const dslt_net_layer *layer, const dslt_layer_map *y) {
  const dslt_node *l = &layer->node;
  const dslt_layer_map x = input_of(net, l, 0);
  const dslt_layer_end end = end_of(l);
  const int whole = y->h == x.h / 2 && y->w == x.w / 2 && is_packed(y) && is_packed(&x);
  dslt_cuda *cuda = net->cuda;
  if (is_halving(l, &layer->map) && whole && x.h <= DSLT_MAP_SIDE_MAX && x.w <= DSLT_MAP_SIDE_MAX &&
      x.channels <= DSLT_CHANNELS_MAX)
    return dslt_kernel_pool(cuda->now, y->data, x.data, net->type, net->n, x.h, x.w, x.channels,
                            dslt_cuda_when(cuda));
  dslt_layer_window window = {.count_padding = l->count_padding};
  for (int d = 0; d < 2; ++d) {
    window.kernel[d] = l->kernel[d];
    window.stride[d] = l->stride[d];
    window.dilation[d] = 1;
    window.pad[d] = layer->map.pad[d];
    window.pad[d + 2] = layer->map.pad[d + 2];
  }
  return dslt_kernel_pool_window(cuda->now, y, &x, &window, l->kind == DSLT_LAYER_MAX_POOL, &end, net->n,
                                 dslt_cuda_when(cuda));
}

static int run_lrn(const dslt_net *net, const dslt_net_layer *layer, const dslt_layer_map *y) {
  const dslt_node *l = &layer->node;
  const dslt_layer_map x = input_of(net, l, 0);
  const dslt_layer_end end = end_of(l);
  const dslt_lrn_rule rule = {l->size, l->within, layer->map.c, l->alpha, l->beta, l->k};
  return dslt_kernel_lrn(net->cuda->now, y, &x, &rule, &end, net->n, dslt_cuda_when(net->cuda));
}

/* As many inputs at once as the kernel takes; the result so far is an input of the next launch. */
static int run_join(const dslt_net *net, const dslt_net_layer *layer, const dslt_layer_map *y) {
  const dslt_node *l = &layer->node;
  const int is_product = l->kind == DSLT_LAYER_PRODUCT;
  dslt_layer_map x[DSLT_JOIN_INPUTS_MAX];
  for (int done = 0; done < l->inputs;) {
    int count = 0;
    if (done > 0) x[count++] = *y;
    while (count < DSLT_JOIN_INPUTS_MAX && done < l->inputs) x[count++] = input_of(net, l, done++);
    const dslt_layer_end none = {0}, end = done < l->inputs ? none : end_of(l);
    DSLT_TRY(
        dslt_kernel_join(net->cuda->now, y, x, count, is_product, &end, net->n, dslt_cuda_when(net->cuda)));
  }
  return DSLT_OK;
}

/* Copies the parts that are not there yet; the last one's channels are filled up with zeros. */
static int run_concat(const dslt_net *net, int index, const dslt_layer_map *y) {
  const dslt_net_layer *layer = &net->layer[index];
  const dslt_node *l = &layer->node;
  const dslt_layer_end end = end_of(l);
  for (int k = 0, first = 0; k < l->inputs; ++k) {
    const dslt_net_layer *part = &net->layer[l->input[k]];
    const int last = k == l->inputs - 1, is_there = part->home == index && part->first == first;
    dslt_layer_map x = input_of(net, l, k), to = *y;
    to.data = (char *)y->data + (size_t)first * dslt_net_element(net);
    x.channels = part->map.c;
    to.channels = last ? layer->stored - first : part->map.c;
    if (!is_there)
      DSLT_TRY(dslt_kernel_finish(net->cuda->now, &to, &x, &end, net->n, dslt_cuda_when(net->cuda)));
    first += part->map.c;
  }
  return DSLT_OK;
}

int dslt_net_run_layer(const dslt_net *net, int index) {
  const dslt_net_layer *layer = &net->layer[index];
  const dslt_node *l = &layer->node;
  const dslt_layer_map y = dslt_net_map(net, index), x = input_of(net, l, 0);
  const dslt_layer_end end = end_of(l);
  dslt_cuda *cuda = net->cuda;
  switch (l->kind) {
    case DSLT_LAYER_MAX_POOL:
    case DSLT_LAYER_AVERAGE_POOL: return run_pool(net, layer, &y);
    case DSLT_LAYER_GLOBAL_AVERAGE:
      return dslt_kernel_global_average(cuda->now, &y, &x, &end, net->n, dslt_cuda_when(cuda));
    case DSLT_LAYER_LRN: return run_lrn(net, layer, &y);
    case DSLT_LAYER_SUM:
    case DSLT_LAYER_PRODUCT: return run_join(net, layer, &y);
    case DSLT_LAYER_CONCAT: return run_concat(net, index, &y);
    case DSLT_LAYER_UPSAMPLE:
      return dslt_kernel_enlarge(cuda->now, &y, &x, l->linear, &end, net->n, dslt_cuda_when(cuda));
    case DSLT_LAYER_ACTIVATION:
      return dslt_kernel_finish(cuda->now, &y, &x, &end, net->n, dslt_cuda_when(cuda));
    default:
      return dslt_fail(DSLT_EUNSUPPORTED, "The CUDA backend has no layer of kind %s; use backend=cpu.",
                       dslt_layer_kind_name(l->kind));
  }
}
