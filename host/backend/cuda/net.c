/* SPDX-License-Identifier: Apache-2.0 */
/* net.c: a network on the GPU: planned once for each batch and picture size, and run layer by layer. Dense
 * convolutions are cuDNN plans that include bias, addend and activation where cuDNN has one, else matrix
 * products; every other layer is a kernel. */
#include "net.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* ---- planning ------------------------------------------------------------------------------------ */

/* The kernels' limits; maps beyond them hardly fit into memory. */
static int check_size(const dslt_net *net, const dslt_net_layer *l) {
  const double cells = (double)net->n * l->map.h * l->map.w;
  if (cells * l->stored <= 1e12 && cells < INT32_MAX / 2) return DSLT_OK;
  return dslt_fail(
      DSLT_EUNSUPPORTED,
      "A map of %d x %d cells with %d channels is too large for the CUDA backend; use backend=cpu.", l->map.w,
      l->map.h, l->map.c);
}

/* Copies what is needed of the graph, which need not outlive the plan. */
static int read_graph(dslt_net *net, const dslt_net_desc *desc) {
  const size_t layers = (size_t)desc->graph->layers;
  unsigned char *needed = calloc(layers, 1);
  dslt_node_map *maps = calloc(layers, sizeof *maps);
  int rc;
  net->layer = calloc(layers, sizeof *net->layer);
  if (!needed || !maps || !net->layer) {
    rc = dslt_fail(DSLT_EMEMORY, "Out of memory while planning the network.");
    goto done;
  }
  net->layers = desc->graph->layers;
  DSLT_TRY_OR_DONE(dslt_graph_needed(needed, desc->graph, desc->tap, desc->taps));
  DSLT_TRY_OR_DONE(dslt_graph_maps(maps, desc->graph, needed, desc->h, desc->w));
  for (int i = 0; i < net->layers; ++i) {
    net->layer[i].node = desc->graph->layer[i];
    net->layer[i].node.name = net->layer[i].node.refusal = NULL;
    if (needed[i]) net->layer[i].map = maps[i];
    DSLT_TRY_OR_DONE(check_size(net, &net->layer[i]));
  }
done:
  free(needed);
  free(maps);
  return rc;
}

static int is_conv(const dslt_net_layer *l) {
  return l->node.kind == DSLT_LAYER_CONV || l->node.kind == DSLT_LAYER_DENSE;
}

/* As on the CPU, a bfloat16 network with depthwise convolutions keeps its maps in float32 (onednn_plan.c says
 * why): their few products do not average the roundings out. */
static dslt_type type_for(const dslt_net *net) {
  if (net->cuda->precision != DSLT_PRECISION_BF16) return DSLT_TYPE_F32;
  for (int i = 1; i < net->layers; ++i) {
    const dslt_net_layer *l = &net->layer[i];
    if (l->map.c > 0 && l->node.kind == DSLT_LAYER_CONV && l->node.groups > 1 &&
        l->node.groups == net->layer[l->node.input[0]].map.c)
      return DSLT_TYPE_F32;
  }
  return DSLT_TYPE_BF16;
}

int dslt_net_lay_out(dslt_net *net, const dslt_net_desc *desc) {
  net->n = desc->n;
  net->taps = desc->taps;
  memcpy(net->tap, desc->tap, sizeof net->tap);
  DSLT_TRY(read_graph(net, desc));
  net->type = type_for(net);
  return dslt_net_place(net);
}

/* The activations first: they must not move once something is recorded, and measuring needs them. */
static int plan(dslt_net *net, const dslt_net_desc *desc) {
  DSLT_TRY(dslt_net_lay_out(net, desc));
  DSLT_TRY(dslt_cuda_reserve(&net->cuda->activations, net->cuda, net->bytes, "the backbone's activations"));
  for (int i = 0; i < net->layers; ++i)
    if (net->layer[i].map.c > 0 && is_conv(&net->layer[i])) DSLT_TRY(dslt_net_plan_conv(net, desc, i));
  return DSLT_OK;
}

int dslt_cuda_net_plan(dslt_net **out, dslt_backend *backend, const dslt_net_desc *desc) {
  dslt_net *net = calloc(1, sizeof *net);
  if (!net) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning the backbone.");
  net->cuda = dslt_cuda_of(backend);
  const int rc = plan(net, desc);
  if (rc < 0) {
    dslt_cuda_net_free(net);
    return rc;
  }
  *out = net;
  return DSLT_OK;
}

void dslt_cuda_net_free(dslt_net *net) {
  if (!net) return;
  for (int i = 0; i < net->layers; ++i) dslt_net_free_conv(&net->layer[i]);
  free(net->layer);
  free(net);
}

/* ---- running ------------------------------------------------------------------------------------- */

dslt_layer_map dslt_net_map(const dslt_net *net, int index) {
  const dslt_net_layer *l = &net->layer[index], *home = &net->layer[l->home];
  char *data = net->cuda->activations.data;
  data += home->offset + (size_t)l->first * dslt_net_element(net);
  return (dslt_layer_map){data, net->type, l->map.h, l->map.w, l->stored, home->stored, 0};
}

static int run_step(const dslt_net *net, int index) {
  const dslt_net_layer *l = &net->layer[index];
  if (l->addend >= 0) return dslt_net_run_conv(net, l->addend, index);
  return is_conv(l) ? dslt_net_run_conv(net, index, index) : dslt_net_run_layer(net, index);
}

dslt_layer_map dslt_net_pictures(dslt_net *reader, float *input, int n, int h, int w) {
  const dslt_layer_map as_asked = {input, DSLT_TYPE_F32, h, w, 3, 3, 0};
  if (!reader) return as_asked;
  const dslt_layer_map own = dslt_net_map(reader, 0);
  reader->given = NULL;
  if (reader->layer[0].map.c != 3 || reader->n != n || own.h != h || own.w != w ||
      (own.pitch != 4 && own.pitch != 8))
    return as_asked;
  reader->given = input;
  return own;
}

static int read_picture(dslt_net *net, const float *input) {
  const int is_there = net->given == input;
  net->given = NULL;
  if (is_there) return DSLT_OK;
  const dslt_node_map *m = &net->layer[0].map;
  const dslt_layer_map y = dslt_net_map(net, 0);
  const dslt_layer_map x = {(void *)(uintptr_t)input, DSLT_TYPE_F32, m->h, m->w, m->c, m->c, 0};
  const dslt_layer_end end = {0};
  return dslt_kernel_finish(net->cuda->now, &y, &x, &end, net->n, dslt_cuda_when(net->cuda));
}

/* All in one launch at the end, till when none of their memory is used again. */
static int write_taps(const dslt_net *net, float *const *taps) {
  dslt_layer_map x[DSLT_NET_TAPS_MAX], y[DSLT_NET_TAPS_MAX];
  for (int t = 0; t < net->taps; ++t) {
    const dslt_node_map *m = &net->layer[net->tap[t]].map;
    x[t] = dslt_net_map(net, net->tap[t]);
    x[t].channels = m->c;
    y[t] = (dslt_layer_map){taps[t], DSLT_TYPE_F32, m->h, m->w, m->c, m->c, 0};
  }
  return dslt_kernel_take_taps(net->cuda->now, y, x, net->taps, net->n,
                               dslt_cuda_when_noting(net->cuda, DSLT_END_TAPS));
}

int dslt_cuda_net_run(dslt_net *net, const float *input, float *const *taps) {
  for (int i = 0; i < net->layers; ++i) {
    if (net->layer[i].map.c == 0 || net->layer[i].sum >= 0) continue;
    DSLT_TRY(i == 0 ? read_picture(net, input) : run_step(net, i));
  }
  return write_taps(net, taps);
}
