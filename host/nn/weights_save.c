/* SPDX-License-Identifier: Apache-2.0 */
/* Weights to a safetensors file. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "weights_internal.h"

enum {
  CHUNK = 4096, /* values converted at a time */
  ALIGN = 64    /* the data begins at a multiple of this, for whoever maps the file */
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

static json_t *describe_metadata(const dslt_weights *weights) {
  const dslt_preprocess *preprocess = &weights->preprocess;
  char arch[DSLT_ARCH_MAX], mean[96], deviation[96], low[32], high[32];
  dslt_weights_arch(arch, sizeof arch, weights);
  dslt_triple_text(mean, preprocess->mean);
  dslt_triple_text(deviation, preprocess->deviation);
  dslt_float_text(low, preprocess->scale_low);
  dslt_float_text(high, preprocess->scale_high);
  /* "s*" leaves a NULL out. */
  return json_pack("{ss ss ss ss ss ss ss* ss*}", DSLT_KEY_ARCH, arch, DSLT_KEY_ORDER,
                   preprocess->rgb ? "rgb" : "bgr", DSLT_KEY_MEAN, mean, DSLT_KEY_DEVIATION, deviation,
                   DSLT_KEY_SCALE_LOW, low, DSLT_KEY_SCALE_HIGH, high, DSLT_KEY_SOURCE, weights->source,
                   DSLT_KEY_LICENSE, weights->license);
}

/* Add one tensor's entry and move `*at` behind its data. 0, or -1 for want of memory. */
static int describe_tensor(json_t *root, json_int_t *at, const dslt_tensor_view *view, const char *layer,
                           const char *part, dslt_dtype dtype) {
  char name[32];
  snprintf(name, sizeof name, "%s.%s", layer, part);
  json_t *shape = json_array();
  for (int i = 0; i < view->rank; ++i) json_array_append_new(shape, json_integer(view->shape[i]));
  const json_int_t begin = *at;
  *at += (json_int_t)(dslt_tensor_elements(view) * dtype_bytes(dtype));
  json_t *entry =
      json_pack("{ss so s[II]}", "dtype", dtype_words[dtype], "shape", shape, "data_offsets", begin, *at);
  return json_object_set_new(root, name, entry);
}

/* The header's JSON as text, to be freed; NULL for want of memory. */
static char *describe(const dslt_weights *weights, dslt_dtype dtype) {
  json_t *root = json_object();
  int failed = json_object_set_new(root, "__metadata__", describe_metadata(weights));
  json_int_t at = 0;
  for (int layer = 0; layer < weights->layers; ++layer) {
    const char *name = dslt_vgg_layers[layer].caffe;
    failed |= describe_tensor(root, &at, &weights->weight[layer], name, "weight", dtype);
    if (weights->bias[layer].data) {
      failed |= describe_tensor(root, &at, &weights->bias[layer], name, "bias", dtype);
    }
  }
  char *text = failed ? NULL : json_dumps(root, JSON_COMPACT);
  json_decref(root);
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

static int write_all(dslt_atomic_file *file, const dslt_weights *weights, dslt_dtype dtype) {
  DSLT_TRY(write_header(file, weights, dtype));
  for (int layer = 0; layer < weights->layers; ++layer) {
    const char *name = dslt_vgg_layers[layer].caffe;
    DSLT_TRY(write_tensor(file, &weights->weight[layer], name, "weight", dtype));
    if (weights->bias[layer].data) DSLT_TRY(write_tensor(file, &weights->bias[layer], name, "bias", dtype));
  }
  return 0;
}

int dslt_weights_save(const dslt_weights *weights, const char *path, dslt_dtype dtype) {
  if (!weights || !path) return dslt_fail(DSLT_EARGUMENT, "dslt_weights_save() needs weights and a path.");
  if (dtype != DSLT_DTYPE_F32 && dtype != DSLT_DTYPE_F16 && dtype != DSLT_DTYPE_BF16) {
    return dslt_fail(DSLT_EARGUMENT, "Weights are saved as F32, F16 or BF16.");
  }
  dslt_atomic_file file = {0};
  DSLT_TRY(dslt_atomic_open(&file, path));
  const int rc = write_all(&file, weights, dtype);
  if (rc < 0) {
    dslt_atomic_abort(&file);
    return rc;
  }
  return dslt_atomic_commit(&file);
}
