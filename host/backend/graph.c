/* SPDX-License-Identifier: Apache-2.0 */
/* graph.c: checks a graph and computes the shapes of its layers' maps. */
#include "graph.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "dslt/dslt.h"

static const char *const kind_names[DSLT_LAYER_KINDS] = {
    "input", "convolution", "fully connected", "max pooling",   "average pooling", "global average",
    "LRN",   "sum",         "product",         "concatenation", "upsampling",      "activation"};
static const char *const activation_names[DSLT_ACTIVATIONS] = {"none",       "relu",         "relu6",
                                                               "hard swish", "hard sigmoid", "sigmoid"};

const char *dslt_layer_kind_name(int kind) {
  return kind >= 0 && kind < DSLT_LAYER_KINDS ? kind_names[kind] : "unknown";
}

const char *dslt_activation_name(int activation) {
  return activation >= 0 && activation < DSLT_ACTIVATIONS ? activation_names[activation] : "unknown";
}

/* ---- building ------------------------------------------------------------------------------------ */

dslt_node dslt_layer_of(int kind) {
  return (dslt_node){.kind = kind,
                     .slope = 1.0f / 6.0f,
                     .kernel = {1, 1},
                     .stride = {1, 1},
                     .dilation = {1, 1},
                     .groups = 1,
                     .size = 1,
                     .k = 1.0f,
                     .factor = {1, 1}};
}

int dslt_graph_add(dslt_graph *graph, const dslt_node *layer, const char *name) {
  if (graph->layers == DSLT_GRAPH_LAYERS_MAX)
    return dslt_fail(DSLT_EWEIGHTS, "The network has more than %d layers.", DSLT_GRAPH_LAYERS_MAX);
  /* capacity doubles, so the array is full at powers of two */
  if ((graph->layers & (graph->layers - 1)) == 0) {
    const size_t room = graph->layers ? 2 * (size_t)graph->layers : 1;
    dslt_node *grown = realloc(graph->layer, room * sizeof *grown);
    if (!grown) return dslt_fail(DSLT_EMEMORY, "Out of memory for a network's layers.");
    graph->layer = grown;
  }
  dslt_node *added = &graph->layer[graph->layers];
  *added = *layer;
  added->name = strdup(name);
  added->refusal = layer->refusal ? strdup(layer->refusal) : NULL;
  if (!added->name || (layer->refusal && !added->refusal)) {
    free(added->name);
    free(added->refusal);
    return dslt_fail(DSLT_EMEMORY, "Out of memory for a network's layers.");
  }
  return graph->layers++;
}

void dslt_graph_free(dslt_graph *graph) {
  for (int i = 0; i < graph->layers; ++i) {
    free(graph->layer[i].name);
    free(graph->layer[i].refusal);
  }
  free(graph->layer);
  *graph = (dslt_graph){0};
}

int dslt_graph_find(const dslt_graph *graph, const char *name) {
  for (int i = 0; i < graph->layers; ++i)
    if (strcmp(graph->layer[i].name, name) == 0) return i;
  return -1;
}

/* ---- checking ------------------------------------------------------------------------------------ */

static int bad(const dslt_node *layer, const char *what) {
  return dslt_fail(DSLT_EWEIGHTS, "Layer %.200s (%s): %s.", layer->name, dslt_layer_kind_name(layer->kind),
                   what);
}

static int has_window(int kind) {
  return kind == DSLT_LAYER_CONV || kind == DSLT_LAYER_DENSE || kind == DSLT_LAYER_MAX_POOL ||
         kind == DSLT_LAYER_AVERAGE_POOL;
}

static int check_window(const dslt_node *l) {
  for (int d = 0; d < 2; ++d) {
    if (l->kernel[d] < 1 || l->kernel[d] > DSLT_GRAPH_SIDE_MAX || l->stride[d] < 1 ||
        l->stride[d] > DSLT_GRAPH_SIDE_MAX || l->dilation[d] < 1 || l->dilation[d] > DSLT_GRAPH_SIDE_MAX)
      return bad(l, "kernel, stride and dilation must be 1 to 65536");
    if (l->pad[d] < 0 || l->pad[d] > DSLT_GRAPH_SIDE_MAX || l->pad[d + 2] < 0 ||
        l->pad[d + 2] > DSLT_GRAPH_SIDE_MAX)
      return bad(l, "paddings must be 0 to 65536");
    const int reach = (l->kernel[d] - 1) * (int64_t)l->dilation[d] < DSLT_GRAPH_SIDE_MAX
                          ? (l->kernel[d] - 1) * l->dilation[d] + 1
                          : DSLT_GRAPH_SIDE_MAX + 1;
    if (reach > DSLT_GRAPH_SIDE_MAX) return bad(l, "its dilated kernel is too large");
    if (l->kind != DSLT_LAYER_CONV && (l->pad[d] >= l->kernel[d] || l->pad[d + 2] >= l->kernel[d]))
      return bad(l, "its padding is as large as its window");
    if (l->kind != DSLT_LAYER_CONV && l->dilation[d] != 1) return bad(l, "a pooling's dilation must be 1");
  }
  if (l->padding < DSLT_PAD_GIVEN || l->padding > DSLT_PAD_SAME_LOWER || l->rounding < DSLT_ROUND_DOWN ||
      l->rounding > DSLT_ROUND_UP)
    return bad(l, "padding or rounding is of no known kind");
  return DSLT_OK;
}

static int check_inputs(const dslt_graph *graph, int index) {
  const dslt_node *l = &graph->layer[index];
  const int many = l->kind == DSLT_LAYER_SUM || l->kind == DSLT_LAYER_PRODUCT || l->kind == DSLT_LAYER_CONCAT;
  const int least = l->kind == DSLT_LAYER_INPUT ? 0 : (l->kind == DSLT_LAYER_CONCAT || !many ? 1 : 2);
  if (l->inputs < least || l->inputs > (many ? DSLT_LAYER_INPUTS_MAX : least))
    return bad(l, "it has too few or too many inputs");
  for (int i = 0; i < l->inputs; ++i)
    if (l->input[i] < 0 || l->input[i] >= index) return bad(l, "its input is no earlier layer");
  return DSLT_OK;
}

static int check_layer(const dslt_graph *graph, int index) {
  const dslt_node *l = &graph->layer[index];
  if (l->kind < 0 || l->kind >= DSLT_LAYER_KINDS || (l->kind == DSLT_LAYER_INPUT) != (index == 0))
    return bad(l, "the first layer, and no other, must be the input");
  DSLT_TRY(check_inputs(graph, index));
  if (l->activation < 0 || l->activation >= DSLT_ACTIVATIONS) return bad(l, "its activation is unknown");
  if (!(l->slope > 0.0f && l->slope < 1e6f)) return bad(l, "its slope must be above 0");
  if (has_window(l->kind)) DSLT_TRY(check_window(l));
  if (l->kind == DSLT_LAYER_INPUT || l->kind == DSLT_LAYER_CONV || l->kind == DSLT_LAYER_DENSE) {
    if (l->channels < 1 || l->channels > DSLT_GRAPH_CHANNELS_MAX)
      return bad(l, "its output channels must be 1 to 65536");
    if (l->groups < 1 || l->channels % l->groups) return bad(l, "its groups do not divide its channels");
  }
  if (l->kind == DSLT_LAYER_LRN) {
    if (l->size < 1 || l->size > 1023 || l->size % 2 == 0) return bad(l, "its size must be odd, 1 to 1023");
    if (!(fabsf(l->alpha) < 1e6f) || !(fabsf(l->beta) < 1e3f) || !(l->k >= 0.0f && l->k < 1e6f))
      return bad(l, "alpha, beta or k are out of range");
  }
  if (l->kind == DSLT_LAYER_UPSAMPLE)
    if (l->factor[0] < 1 || l->factor[0] > 64 || l->factor[1] < 1 || l->factor[1] > 64)
      return bad(l, "its factors must be 1 to 64");
  return DSLT_OK;
}

int dslt_graph_check(const dslt_graph *graph) {
  if (graph->layers < 1) return dslt_fail(DSLT_EWEIGHTS, "The network has no layers.");
  for (int i = 0; i < graph->layers; ++i) {
    if (graph->layer[i].refusal) continue;
    DSLT_TRY(check_layer(graph, i));
  }
  return DSLT_OK;
}

int dslt_graph_needed(unsigned char *needed, const dslt_graph *graph, const int *tap, int taps) {
  memset(needed, 0, (size_t)graph->layers);
  for (int t = 0; t < taps; ++t) needed[tap[t]] = 1;
  for (int i = graph->layers - 1; i >= 0; --i) {
    const dslt_node *l = &graph->layer[i];
    if (!needed[i]) continue;
    if (l->refusal) return dslt_fail(DSLT_EWEIGHTS, "Layer %.200s: %s", l->name, l->refusal);
    for (int k = 0; k < l->inputs; ++k) needed[l->input[k]] = 1;
  }
  return DSLT_OK;
}

/* ---- maps ---------------------------------------------------------------------------------------- */

static int misfit(const dslt_node *l, const dslt_node_map *in, const char *what) {
  return dslt_fail(DSLT_EWEIGHTS, "Layer %.200s (%s) %s; its input is %d x %d with %d channels.", l->name,
                   dslt_layer_kind_name(l->kind), what, in->w, in->h, in->c);
}

size_t dslt_layer_weights_count(const dslt_node *layer, const dslt_node_map *in) {
  if (layer->kind != DSLT_LAYER_CONV && layer->kind != DSLT_LAYER_DENSE) return 0;
  return (size_t)layer->channels * (size_t)(in->c / layer->groups) * (size_t)layer->kernel[0] *
         (size_t)layer->kernel[1];
}

/* Output cells along one side, and the paddings applied; 0: the window does not fit. */
static int window_side(int pad[2], const dslt_node *l, int d, int side) {
  const int reach = (l->kernel[d] - 1) * l->dilation[d] + 1, stride = l->stride[d];
  pad[0] = l->pad[d], pad[1] = l->pad[d + 2];
  if (l->padding != DSLT_PAD_GIVEN) {
    const int out = (side + stride - 1) / stride, all = (out - 1) * stride + reach - side;
    const int small = all > 0 ? all / 2 : 0, large = all > 0 ? all - small : 0;
    pad[0] = l->padding == DSLT_PAD_SAME_UPPER ? small : large;
    pad[1] = l->padding == DSLT_PAD_SAME_UPPER ? large : small;
    return out;
  }
  const int room = side + pad[0] + pad[1] - reach;
  if (room < 0) return 0;
  int out = room / stride + 1;
  if (l->rounding == DSLT_ROUND_UP && l->kind != DSLT_LAYER_CONV) {
    out = (room + stride - 1) / stride + 1;
    if ((out - 1) * stride >= side + pad[0]) --out;
  }
  return out;
}

static int map_window(dslt_node_map *out, const dslt_node *l, const dslt_node_map *in) {
  const int side[2] = {in->h, in->w};
  int cells[2], *const to[2] = {&out->h, &out->w};
  if (l->kind == DSLT_LAYER_DENSE && (l->kernel[0] != in->h || l->kernel[1] != in->w))
    return dslt_fail(DSLT_EWEIGHTS,
                     "Layer %.200s (%s) was made for maps of %d x %d cells, not for %d x %d; this network "
                     "takes pictures of one size only.",
                     l->name, dslt_layer_kind_name(l->kind), l->kernel[1], l->kernel[0], in->w, in->h);
  for (int d = 0; d < 2; ++d) {
    int pad[2];
    cells[d] = window_side(pad, l, d, side[d]);
    if (cells[d] < 1) return misfit(l, in, "has a window larger than its input");
    out->pad[d] = pad[0], out->pad[d + 2] = pad[1];
    *to[d] = cells[d];
    out->stride[d] = in->stride[d] * l->stride[d];
    out->first[d] = in->first[d] - pad[0] * in->stride[d];
    out->last[d] = in->last[d] + ((l->kernel[d] - 1) * l->dilation[d] - pad[0]) * in->stride[d];
  }
  out->whole |= l->kind == DSLT_LAYER_DENSE;
  const double taps = (double)l->kernel[0] * l->kernel[1], outputs = (double)out->h * out->w;
  if (l->kind == DSLT_LAYER_CONV || l->kind == DSLT_LAYER_DENSE) {
    if (in->c % l->groups) return misfit(l, in, "has groups that do not divide its input's channels");
    out->c = l->channels;
    out->weights = (double)dslt_layer_weights_count(l, in) + (l->bias ? l->channels : 0);
    out->flop = 2.0 * outputs * (double)dslt_layer_weights_count(l, in);
  } else {
    out->flop = outputs * out->c * taps;
  }
  return DSLT_OK;
}

/* Sum, product and concatenation: union of two maps' receptive fields. */
static void join(dslt_node_map *out, const dslt_node_map *in) {
  if (in->whole && in->h == 1 && in->w == 1 && (out->h > 1 || out->w > 1)) {
    out->whole = 1;
    return;
  }
  out->whole |= in->whole;
  for (int d = 0; d < 2; ++d) {
    out->first[d] = fmin(out->first[d], in->first[d]);
    out->last[d] = fmax(out->last[d], in->last[d]);
  }
}

static int map_join(dslt_node_map *out, const dslt_node *l, const dslt_node_map *maps) {
  const dslt_node_map *largest = &maps[l->input[0]];
  int64_t channels = 0;
  for (int i = 0; i < l->inputs; ++i) {
    const dslt_node_map *in = &maps[l->input[i]];
    channels += in->c;
    if (l->kind != DSLT_LAYER_CONCAT && (int64_t)in->h * in->w > (int64_t)largest->h * largest->w)
      largest = in;
  }
  *out = *largest;
  out->flop = (double)out->h * out->w * out->c * (l->inputs - 1);
  out->weights = 0;
  for (int i = 0; i < l->inputs; ++i) {
    const dslt_node_map *in = &maps[l->input[i]];
    const int same = in->h == out->h && in->w == out->w;
    if (l->kind == DSLT_LAYER_CONCAT ? !same : (in->c != out->c || (!same && (in->h != 1 || in->w != 1))))
      return dslt_fail(DSLT_EWEIGHTS,
                       "Layer %.200s (%s) joins maps that do not fit: %d x %d with %d channels and %d x %d "
                       "with %d channels.",
                       l->name, dslt_layer_kind_name(l->kind), largest->w, largest->h, largest->c, in->w,
                       in->h, in->c);
    join(out, in);
  }
  if (l->kind != DSLT_LAYER_CONCAT) return DSLT_OK;
  if (channels > DSLT_GRAPH_CHANNELS_MAX) return misfit(l, out, "has too many channels");
  out->c = (int)channels;
  out->flop = 0;
  return DSLT_OK;
}

static int map_upsample(dslt_node_map *out, const dslt_node *l, const dslt_node_map *in) {
  if ((int64_t)in->h * l->factor[0] > DSLT_GRAPH_SIDE_MAX ||
      (int64_t)in->w * l->factor[1] > DSLT_GRAPH_SIDE_MAX)
    return misfit(l, in, "makes too large a map");
  out->h = in->h * l->factor[0];
  out->w = in->w * l->factor[1];
  for (int d = 0; d < 2; ++d) {
    const double coarse = in->stride[d];
    out->stride[d] /= l->factor[d];
    /* bilinear: cell 0 also depends on the preceding cell, which is outside the map */
    if (l->linear && l->factor[d] > 1) out->first[d] -= coarse;
  }
  out->flop = (double)out->h * out->w * out->c * (l->linear ? 8 : 0);
  return DSLT_OK;
}

static int map_layer(dslt_node_map *maps, const dslt_graph *graph, int index, int h, int w) {
  const dslt_node *l = &graph->layer[index];
  dslt_node_map *out = &maps[index];
  if (l->kind == DSLT_LAYER_INPUT) {
    *out = (dslt_node_map){.c = l->channels, .h = h, .w = w, .stride = {1, 1}};
    return DSLT_OK;
  }
  const dslt_node_map *in = &maps[l->input[0]];
  *out = *in;
  out->weights = 0;
  memset(out->pad, 0, sizeof out->pad);
  const double values = (double)in->c * in->h * in->w;
  switch (l->kind) {
    case DSLT_LAYER_SUM:
    case DSLT_LAYER_PRODUCT:
    case DSLT_LAYER_CONCAT: return map_join(out, l, maps);
    case DSLT_LAYER_UPSAMPLE: return map_upsample(out, l, in);
    case DSLT_LAYER_GLOBAL_AVERAGE:
      out->h = out->w = 1;
      out->whole = 1;
      out->flop = values;
      return DSLT_OK;
    case DSLT_LAYER_LRN:
      out->flop = values * (2.0 * (l->within ? l->size * l->size : l->size) + 3);
      if (!l->within) return DSLT_OK;
      for (int d = 0; d < 2; ++d) {
        out->first[d] -= l->size / 2 * in->stride[d];
        out->last[d] += l->size / 2 * in->stride[d];
      }
      return DSLT_OK;
    case DSLT_LAYER_ACTIVATION: out->flop = values; return DSLT_OK;
    default: return map_window(out, l, in);
  }
}

int dslt_graph_maps(dslt_node_map *out, const dslt_graph *graph, const unsigned char *needed, int h, int w) {
  memset(out, 0, (size_t)graph->layers * sizeof *out);
  if (h < 1 || w < 1 || h > DSLT_GRAPH_SIDE_MAX || w > DSLT_GRAPH_SIDE_MAX)
    return dslt_fail(DSLT_EWEIGHTS, "A picture of %d x %d cannot go through a network.", w, h);
  for (int i = 0; i < graph->layers; ++i) {
    const dslt_node *l = &graph->layer[i];
    int known = !l->refusal && (!needed || needed[i]);
    for (int k = 0; known && k < l->inputs; ++k) known = out[l->input[k]].c > 0;
    if (known) DSLT_TRY(map_layer(out, graph, i, h, w));
  }
  return DSLT_OK;
}
