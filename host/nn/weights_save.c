/* SPDX-License-Identifier: Apache-2.0 */
/* weights_save.c: writes weights to a safetensors file. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "network.h"
#include "weights_internal.h"

enum {
  CHUNK = 4096, /* values converted at a time */
  ALIGN = 64    /* the data begins at a multiple of this, for readers that map the file */
};

static const char *const dtype_words[] = {"F32", "F16", "BF16"};

static uint32_t to_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

/* To nearest, ties to even. Too large a value becomes infinity: 0x7c00. */
static uint32_t to_f16(float value) {
  const uint32_t bits = to_bits(value), sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7fffffffu;
  if (magnitude >= to_bits(65520.0f)) return sign | 0x7c00u;
  if (magnitude < to_bits(0x1p-14f))
    return sign | (uint32_t)nearbyintf(fabsf(value) * 0x1p24f); /* subnormal */
  const uint32_t rounded = magnitude + 0xfffu + (magnitude >> 13 & 1u);
  return sign | ((rounded >> 13) - (112u << 10));
}

static uint32_t to_bf16(float value) {
  const uint32_t bits = to_bits(value);
  return (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16;
}

static size_t dtype_bytes(dslt_dtype dtype) { return dtype == DSLT_DTYPE_F32 ? 4 : 2; }

/* Convert to the file's bytes. The index of the first value that does not fit the dtype, or `count`. */
static size_t encode(unsigned char *out, const float *values, size_t count, dslt_dtype dtype) {
  for (size_t i = 0; i < count; ++i) {
    uint32_t bits = to_bits(values[i]);
    if (dtype != DSLT_DTYPE_F32) {
      const uint32_t infinity = dtype == DSLT_DTYPE_F16 ? 0x7c00u : 0x7f80u;
      bits = dtype == DSLT_DTYPE_F16 ? to_f16(values[i]) : to_bf16(values[i]);
      if ((bits & 0x7fffu) >= infinity) return i;
    }
    for (size_t b = 0; b < dtype_bytes(dtype); ++b) *out++ = (unsigned char)(bits >> (8 * b));
  }
  return count;
}

static int write_bytes(dslt_atomic_file *file, const void *bytes, size_t size) {
  errno = 0;
  if (fwrite(bytes, 1, size, file->stream) == size) return 0;
  return dslt_fail(DSLT_EIO, "%s cannot be written: %s; free some space or choose another place.", file->path,
                   strerror(errno ? errno : EIO));
}

static int write_tensor(dslt_atomic_file *file, const dslt_tensor_view *view, const char *layer,
                        const char *part, dslt_dtype dtype) {
  float values[CHUNK];
  unsigned char bytes[CHUNK * 4];
  const size_t elements = dslt_tensor_elements(view);
  for (size_t at = 0; at < elements; at += CHUNK) {
    const size_t count = elements - at < CHUNK ? elements - at : CHUNK;
    dslt_tensor_to_f32(values, view, at, count);
    const size_t good = encode(bytes, values, count, dtype);
    if (good < count) {
      return dslt_fail(DSLT_EWEIGHTS, "%s.%s holds %g, too large for %s; save as F32.", layer, part,
                       (double)values[good], dtype_words[dtype]);
    }
    DSLT_TRY(write_bytes(file, bytes, count * dtype_bytes(dtype)));
  }
  return 0;
}

/* ---- header -------------------------------------------------------------------------------------- */

/* Names, or numbers, of the taps with commas between them, appended to `out` of `size` bytes. */
static void tap_texts(char *names, char *scales, size_t size, const dslt_network *network) {
  size_t used = 0, used_scales = 0;
  names[0] = scales[0] = '\0';
  for (int t = 0; t < network->taps && used < size && used_scales < size; ++t) {
    char scale[32];
    dslt_float_text(scale, network->scale[t]);
    used += (size_t)snprintf(names + used, size - used, "%s%s", t ? "," : "",
                             network->graph.layer[network->tap[t]].name);
    used_scales += (size_t)snprintf(scales + used_scales, size - used_scales, "%s%s", t ? "," : "", scale);
  }
}

/* Add the matching head's keys. 0, or -1 when out of memory. */
static int describe_matching(json_t *metadata, const dslt_weights *weights) {
  char sides[32], around[32];
  char *graph = dslt_network_text(weights->matching);
  dslt_float_text(around, weights->matching_around);
  snprintf(sides, sizeof sides, "%d,%d", weights->matching_side[0], weights->matching_side[1]);
  int failed = !graph || json_object_set_new(metadata, DSLT_KEY_MATCHING, json_string(graph));
  failed |= json_object_set_new(metadata, DSLT_KEY_MATCHING_TAP,
                                json_string(weights->network->graph.layer[weights->matching_tap].name));
  failed |= json_object_set_new(metadata, DSLT_KEY_MATCHING_SIDES, json_string(sides));
  if (weights->matching_around < 1.0f)
    failed |= json_object_set_new(metadata, DSLT_KEY_MATCHING_AROUND, json_string(around));
  free(graph);
  return failed ? -1 : 0;
}

static json_t *describe_network(const dslt_weights *weights, const char *arch, const char *mean,
                                const char *deviation) {
  char names[DSLT_NET_TAPS_MAX * 260], scales[sizeof names];
  char *graph = dslt_network_text(weights->network);
  tap_texts(names, scales, sizeof names, weights->network);
  const int tapped = weights->network->taps > 0;
  json_t *metadata = graph
                         ? json_pack("{ss ss ss ss ss ss* ss* ss* ss*}", DSLT_KEY_ARCH, arch, DSLT_KEY_GRAPH,
                                     graph, DSLT_KEY_ORDER, weights->preprocess.rgb ? "rgb" : "bgr",
                                     DSLT_KEY_MEAN, mean, DSLT_KEY_DEVIATION, deviation, DSLT_KEY_TAPS,
                                     tapped ? names : NULL, DSLT_KEY_SCALES, tapped ? scales : NULL,
                                     DSLT_KEY_SOURCE, weights->source, DSLT_KEY_LICENSE, weights->license)
                         : NULL;
  free(graph);
  if (!metadata || !weights->matching || describe_matching(metadata, weights) == 0) return metadata;
  json_decref(metadata);
  return NULL;
}

static json_t *describe_metadata(const dslt_weights *weights) {
  const dslt_preprocess *preprocess = &weights->preprocess;
  char arch[DSLT_ARCH_MAX], mean[96], deviation[96], low[32], high[32];
  dslt_weights_arch(arch, sizeof arch, weights);
  dslt_triple_text(mean, preprocess->mean);
  dslt_triple_text(deviation, preprocess->deviation);
  dslt_float_text(low, preprocess->scale_low);
  dslt_float_text(high, preprocess->scale_high);
  if (weights->network) return describe_network(weights, arch, mean, deviation);
  /* "s*" leaves a NULL out. */
  return json_pack("{ss ss ss ss ss ss ss* ss*}", DSLT_KEY_ARCH, arch, DSLT_KEY_ORDER,
                   preprocess->rgb ? "rgb" : "bgr", DSLT_KEY_MEAN, mean, DSLT_KEY_DEVIATION, deviation,
                   DSLT_KEY_SCALE_LOW, low, DSLT_KEY_SCALE_HIGH, high, DSLT_KEY_SOURCE, weights->source,
                   DSLT_KEY_LICENSE, weights->license);
}

/* Every tensor that is saved: call `take` with it, its layer's name and "weight" or "bias". */
typedef int (*tensor_visitor)(void *context, const dslt_tensor_view *view, const char *layer,
                              const char *part);

static int each_of_layer(const dslt_tensor_view *weight, const dslt_tensor_view *bias, const char *name,
                         tensor_visitor take, void *context) {
  if (weight->data) DSLT_TRY(take(context, weight, name, "weight"));
  return bias->data ? take(context, bias, name, "bias") : 0;
}

static int each_of_network(const dslt_network *network, tensor_visitor take, void *context) {
  for (int i = 0; network && i < network->graph.layers; ++i)
    DSLT_TRY(
        each_of_layer(&network->weight[i], &network->bias[i], network->graph.layer[i].name, take, context));
  return 0;
}

static int each_tensor(const dslt_weights *weights, tensor_visitor take, void *context) {
  DSLT_TRY(each_of_network(weights->network, take, context));
  DSLT_TRY(each_of_network(weights->matching, take, context));
  for (int i = 0; !weights->network && i < weights->layers; ++i)
    DSLT_TRY(each_of_layer(&weights->weight[i], &weights->bias[i], dslt_vgg_layers[i].caffe, take, context));
  return 0;
}

typedef struct description {
  json_t *root;
  json_int_t at; /* behind the data so far */
  dslt_dtype dtype;
} description;

/* Add one tensor's entry. 0, or DSLT_EMEMORY. */
static int describe_tensor(void *context, const dslt_tensor_view *view, const char *layer, const char *part) {
  description *d = context;
  char name[320];
  snprintf(name, sizeof name, "%s.%s", layer, part);
  json_t *shape = json_array();
  for (int i = 0; i < view->rank; ++i) json_array_append_new(shape, json_integer(view->shape[i]));
  const json_int_t begin = d->at;
  d->at += (json_int_t)(dslt_tensor_elements(view) * dtype_bytes(d->dtype));
  json_t *entry = json_pack("{ss so s[II]}", "dtype", dtype_words[d->dtype], "shape", shape, "data_offsets",
                            begin, d->at);
  if (json_object_set_new(d->root, name, entry) == 0) return 0;
  return dslt_fail(DSLT_EMEMORY, "No memory for the header of a weight file.");
}

/* The header's JSON as text, to be freed; NULL when out of memory. */
static char *describe(const dslt_weights *weights, dslt_dtype dtype) {
  description d = {.root = json_object(), .dtype = dtype};
  int failed = json_object_set_new(d.root, "__metadata__", describe_metadata(weights));
  failed |= each_tensor(weights, describe_tensor, &d);
  char *text = failed ? NULL : json_dumps(d.root, JSON_COMPACT);
  json_decref(d.root);
  return text;
}

static int write_header(dslt_atomic_file *file, const dslt_weights *weights, dslt_dtype dtype) {
  char *text = describe(weights, dtype);
  if (!text) return dslt_fail(DSLT_EMEMORY, "No memory for the header of %s.", file->path);
  const size_t length = strlen(text), used = 8 + length;
  const size_t padding = (ALIGN - used % ALIGN) % ALIGN;
  unsigned char prefix[8];
  for (int i = 0; i < 8; ++i) prefix[i] = (unsigned char)((uint64_t)(length + padding) >> (8 * i));
  char spaces[ALIGN];
  memset(spaces, ' ', sizeof spaces);
  int rc = write_bytes(file, prefix, sizeof prefix);
  if (rc == 0) rc = write_bytes(file, text, length);
  if (rc == 0) rc = write_bytes(file, spaces, padding);
  free(text);
  return rc;
}

typedef struct writing {
  dslt_atomic_file *file;
  dslt_dtype dtype;
} writing;

static int write_one(void *context, const dslt_tensor_view *view, const char *layer, const char *part) {
  const writing *w = context;
  return write_tensor(w->file, view, layer, part, w->dtype);
}

static int write_all(dslt_atomic_file *file, const dslt_weights *weights, dslt_dtype dtype) {
  writing w = {file, dtype};
  DSLT_TRY(write_header(file, weights, dtype));
  return each_tensor(weights, write_one, &w);
}

int dslt_weights_save(const dslt_weights *weights, const char *path, dslt_dtype dtype) {
  if (!weights || !path) return dslt_fail(DSLT_EARGUMENT, "dslt_weights_save() needs weights and a path.");
  if (dtype != DSLT_DTYPE_F32 && dtype != DSLT_DTYPE_F16 && dtype != DSLT_DTYPE_BF16) {
    return dslt_fail(DSLT_EARGUMENT, "Weights are saved as F32, F16 or BF16.");
  }
  dslt_atomic_file file = {0};
  DSLT_TRY(dslt_atomic_open(&file, path));
  return dslt_atomic_end(&file, write_all(&file, weights, dtype));
}
