/* SPDX-License-Identifier: Apache-2.0 */
/* network_text.c: a network's graph as JSON, for the metadata of a safetensors file: an array of layers, each
 * an object with its name, kind, the indices of the layers that it reads, and the numbers that are not
 * neutral. */
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "network.h"

static const char *const kinds[DSLT_LAYER_KINDS] = {
    "input", "conv", "dense",   "max_pool", "average_pool", "global_average",
    "lrn",   "sum",  "product", "concat",   "upsample",     "activation"};
static const char *const activations[DSLT_ACTIVATIONS] = {"none",       "relu",         "relu6",
                                                          "hard_swish", "hard_sigmoid", "sigmoid"};
static const char *const paddings[] = {"given", "same_upper", "same_lower"};
static const char *const roundings[] = {"down", "up"};

/* The numbers of a layer: key, place, how many; written where they are not neutral. */
typedef struct field {
  const char *key;
  size_t offset;
  int count;
  int real;                /* 1: float */
  const char *const *word; /* NULL: numbers, else one of `words` words */
  int words;
} field;

#define AT(name) offsetof(dslt_node, name)
static const field fields[] = {
    {"activation", AT(activation), 1, 0, activations, DSLT_ACTIVATIONS},
    {"slope", AT(slope), 1, 1, NULL, 0},
    {"channels", AT(channels), 1, 0, NULL, 0},
    {"kernel", AT(kernel), 2, 0, NULL, 0},
    {"stride", AT(stride), 2, 0, NULL, 0},
    {"dilation", AT(dilation), 2, 0, NULL, 0},
    {"pad", AT(pad), 4, 0, NULL, 0},
    {"padding", AT(padding), 1, 0, paddings, 3},
    {"rounding", AT(rounding), 1, 0, roundings, 2},
    {"count_padding", AT(count_padding), 1, 0, NULL, 0},
    {"groups", AT(groups), 1, 0, NULL, 0},
    {"size", AT(size), 1, 0, NULL, 0},
    {"within", AT(within), 1, 0, NULL, 0},
    {"alpha", AT(alpha), 1, 1, NULL, 0},
    {"beta", AT(beta), 1, 1, NULL, 0},
    {"k", AT(k), 1, 1, NULL, 0},
    {"factor", AT(factor), 2, 0, NULL, 0},
    {"linear", AT(linear), 1, 0, NULL, 0},
};
enum { FIELDS = sizeof fields / sizeof *fields };

/* ---- writing ------------------------------------------------------------------------------------- */

static json_t *field_value(const dslt_node *l, const field *f, int i) {
  const char *at = (const char *)l + f->offset;
  if (f->real) return json_real((double)((const float *)(const void *)at)[i]);
  const int value = ((const int *)(const void *)at)[i];
  return f->word ? json_string(f->word[value]) : json_integer(value);
}

static json_t *layer_text(const dslt_node *l) {
  const dslt_node neutral = dslt_layer_of(l->kind);
  json_t *object = json_pack("{ss ss}", "name", l->name, "kind", kinds[l->kind]);
  if (l->inputs > 0) {
    json_t *inputs = json_array();
    for (int i = 0; i < l->inputs; ++i) json_array_append_new(inputs, json_integer(l->input[i]));
    json_object_set_new(object, "inputs", inputs);
  }
  for (int i = 0; i < FIELDS; ++i) {
    const field *f = &fields[i];
    const size_t bytes = (size_t)f->count * sizeof(int);
    if (memcmp((const char *)l + f->offset, (const char *)&neutral + f->offset, bytes) == 0) continue;
    json_t *value = f->count == 1 ? field_value(l, f, 0) : json_array();
    for (int k = 0; f->count > 1 && k < f->count; ++k) json_array_append_new(value, field_value(l, f, k));
    json_object_set_new(object, f->key, value);
  }
  return object;
}

char *dslt_network_text(const dslt_network *network) {
  json_t *layers = json_array();
  for (int i = 0; i < network->graph.layers; ++i)
    json_array_append_new(layers, layer_text(&network->graph.layer[i]));
  char *text =
      (int)json_array_size(layers) == network->graph.layers ? json_dumps(layers, JSON_COMPACT) : NULL;
  json_decref(layers);
  return text;
}

/* ---- reading ------------------------------------------------------------------------------------- */

static int bad(int layer, const char *what) {
  return dslt_fail(DSLT_EWEIGHTS, "The network's layer %d %s; convert the network again.", layer, what);
}

static int find_word(const char *word, const char *const *words, int count) {
  for (int i = 0; word && i < count; ++i)
    if (strcmp(word, words[i]) == 0) return i;
  return -1;
}

static int read_value(dslt_node *l, const field *f, int i, const json_t *value, int layer) {
  char *at = (char *)l + f->offset;
  if (f->real) {
    if (!json_is_number(value)) return bad(layer, "has a value that is no number");
    ((float *)(void *)at)[i] = (float)json_number_value(value);
    return DSLT_OK;
  }
  int number;
  if (f->word) {
    number = find_word(json_string_value(value), f->word, f->words);
    if (number < 0) return bad(layer, "has an activation, padding or rounding that is unknown");
  } else {
    const json_int_t given = json_integer_value(value);
    if (!json_is_integer(value) || given < 0 || given > INT_MAX)
      return bad(layer, "has a number out of range");
    number = (int)given;
  }
  ((int *)(void *)at)[i] = number;
  return DSLT_OK;
}

static int read_field(dslt_node *l, const char *key, const json_t *value, int layer) {
  const field *f = NULL;
  for (int i = 0; i < FIELDS; ++i)
    if (strcmp(fields[i].key, key) == 0) f = &fields[i];
  if (!f) return bad(layer, "has a key that this version does not know");
  if (f->count == 1) return read_value(l, f, 0, value, layer);
  if (!json_is_array(value) || (int)json_array_size(value) != f->count)
    return bad(layer, "has a list of the wrong length");
  for (int i = 0; i < f->count; ++i) DSLT_TRY(read_value(l, f, i, json_array_get(value, (size_t)i), layer));
  return DSLT_OK;
}

static int read_inputs(dslt_node *l, const json_t *value, int layer) {
  if (!json_is_array(value) || json_array_size(value) > DSLT_LAYER_INPUTS_MAX)
    return bad(layer, "has no list of inputs, or too many");
  l->inputs = (int)json_array_size(value);
  for (int i = 0; i < l->inputs; ++i) {
    const json_t *item = json_array_get(value, (size_t)i);
    const json_int_t index = json_integer_value(item);
    if (!json_is_integer(item) || index < 0 || index >= layer) return bad(layer, "reads no earlier layer");
    l->input[i] = (int)index;
  }
  return DSLT_OK;
}

/* NAME.weight or NAME.bias; *out->data stays NULL if there is none. */
static int find_tensor(dslt_tensor_view *out, const dslt_safetensors *file, const char *name,
                       const char *part) {
  char full[320];
  *out = (dslt_tensor_view){0};
  if (snprintf(full, sizeof full, "%s.%s", name, part) >= (int)sizeof full)
    return dslt_fail(DSLT_EWEIGHTS, "The network has a layer whose name is too long.");
  const dslt_named_tensor *tensor = dslt_safetensors_find(file, full);
  if (!tensor) return DSLT_OK;
  if (tensor->view.dtype == DSLT_DTYPE_OTHER)
    return dslt_fail(DSLT_EWEIGHTS,
                     "Tensor %s is %s; convert it to F32, F16 or BF16, which weights may have.", tensor->name,
                     tensor->dtype);
  DSLT_TRY(dslt_tensor_check_finite(&tensor->view, tensor->name));
  *out = tensor->view;
  return DSLT_OK;
}

static int read_layer(dslt_network *network, const json_t *object, int layer, const dslt_safetensors *file) {
  const char *name = json_string_value(json_object_get(object, "name")), *key;
  const int kind = find_word(json_string_value(json_object_get(object, "kind")), kinds, DSLT_LAYER_KINDS);
  dslt_tensor_view weight, bias;
  json_t *value;
  if (!name || !*name || kind < 0) return bad(layer, "has no name, or is of an unknown kind");
  if (dslt_graph_find(&network->graph, name) >= 0) return bad(layer, "has the name of another");
  dslt_node l = dslt_layer_of(kind);
  json_object_foreach((json_t *)(uintptr_t)object, key, value) {
    if (strcmp(key, "name") == 0 || strcmp(key, "kind") == 0) continue;
    if (strcmp(key, "inputs") == 0)
      DSLT_TRY(read_inputs(&l, value, layer));
    else
      DSLT_TRY(read_field(&l, key, value, layer));
  }
  DSLT_TRY(find_tensor(&weight, file, name, "weight"));
  DSLT_TRY(find_tensor(&bias, file, name, "bias"));
  l.bias = bias.data != NULL;
  const int index = dslt_network_add(network, &l, name, &weight, &bias);
  return index < 0 ? index : DSLT_OK;
}

int dslt_network_read(dslt_network **out, const char *text, const dslt_safetensors *file) {
  json_error_t error;
  json_t *layers = json_loads(text, JSON_REJECT_DUPLICATES, &error);
  dslt_network *network = calloc(1, sizeof *network);
  int rc;
  if (!network) DSLT_TRY_OR_DONE(dslt_fail(DSLT_EMEMORY, "Out of memory for a network."));
  if (!json_is_array(layers) || json_array_size(layers) > DSLT_GRAPH_LAYERS_MAX)
    DSLT_TRY_OR_DONE(dslt_fail(DSLT_EWEIGHTS,
                               "The metadata's dslt.graph is no list of layers; convert the network again."));
  for (size_t i = 0; i < json_array_size(layers); ++i)
    DSLT_TRY_OR_DONE(read_layer(network, json_array_get(layers, i), (int)i, file));
  DSLT_TRY_OR_DONE(dslt_graph_check(&network->graph));
  DSLT_TRY_OR_DONE(dslt_network_check(network));
done:
  json_decref(layers);
  if (rc < 0) {
    dslt_network_free(network);
    return rc;
  }
  *out = network;
  return DSLT_OK;
}
