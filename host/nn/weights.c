/* SPDX-License-Identifier: Apache-2.0 */
/* weights.c: loads the backbone's weights from a file or from the library itself, and gives them as
 * float32. */
#include "weights.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "network.h"
#include "weights_internal.h"

/* ---- numbers ------------------------------------------------------------------------------------- */

static uint32_t load16(const unsigned char *p) { return (uint32_t)p[0] | (uint32_t)p[1] << 8; }
static uint32_t load32(const unsigned char *p) { return load16(p) | load16(p + 2) << 16; }

static float from_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static float from_f16(uint32_t half) {
  const uint32_t sign = (half & 0x8000u) << 16, exponent = half >> 10 & 31u, fraction = half & 0x3ffu;
  if (exponent == 31) return from_bits(sign | 0x7f800000u | fraction << 13);
  if (exponent != 0) return from_bits(sign | (exponent + 112) << 23 | fraction << 13);
  const float small = (float)fraction * 0x1p-24f; /* zero and subnormals, exact */
  return sign ? -small : small;
}

void dslt_tensor_to_f32(float *out, const dslt_tensor_view *view, size_t first, size_t count) {
  const unsigned char *bytes = view->data;
  if (view->dtype == DSLT_DTYPE_F32) {
    bytes += first * 4;
    for (size_t i = 0; i < count; ++i) out[i] = from_bits(load32(bytes + i * 4));
  } else if (view->dtype == DSLT_DTYPE_F16) {
    bytes += first * 2;
    for (size_t i = 0; i < count; ++i) out[i] = from_f16(load16(bytes + i * 2));
  } else {
    bytes += first * 2;
    for (size_t i = 0; i < count; ++i) out[i] = from_bits(load16(bytes + i * 2) << 16);
  }
}

size_t dslt_tensor_elements(const dslt_tensor_view *view) {
  size_t elements = 1;
  for (int i = 0; i < view->rank && i < 4; ++i) elements *= (size_t)view->shape[i];
  return elements;
}

int dslt_tensor_check_finite(const dslt_tensor_view *view, const char *tensor) {
  enum { CHUNK = 4096 };
  float values[CHUNK];
  const size_t elements = view->bytes / (view->dtype == DSLT_DTYPE_F32 ? 4 : 2);
  for (size_t at = 0; at < elements; at += CHUNK) {
    const size_t count = elements - at < CHUNK ? elements - at : CHUNK;
    dslt_tensor_to_f32(values, view, at, count);
    for (size_t i = 0; i < count; ++i) {
      if (!isfinite(values[i])) {
        return dslt_fail(DSLT_EWEIGHTS,
                         "Tensor %s holds %s at element %zu; such weights cannot be used, export them again.",
                         tensor, isnan(values[i]) ? "NaN" : "infinity", at + i);
      }
    }
  }
  return 0;
}

/* ---- the layers ---------------------------------------------------------------------------------- */

static void shape_text(char *out, size_t size, const dslt_tensor_view *view) {
  size_t used = (size_t)snprintf(out, size, "[");
  for (int i = 0; i < view->rank && i < 4 && used < size; ++i) {
    used += (size_t)snprintf(out + used, size - used, "%s%lld", i ? ", " : "", (long long)view->shape[i]);
  }
  if (used < size) snprintf(out + used, size - used, view->rank > 4 ? ", ...]" : "]");
}

static int check_dtype(const dslt_named_tensor *tensor) {
  if (tensor->view.dtype != DSLT_DTYPE_OTHER) return 0;
  return dslt_fail(DSLT_EWEIGHTS, "Tensor %s is %s; convert it to F32, F16 or BF16, which weights may have.",
                   tensor->name, tensor->dtype);
}

static int take_weight(dslt_weights *weights, int layer, const dslt_named_tensor *tensor) {
  const dslt_tensor_view *view = &tensor->view;
  const int64_t in = layer == 0 ? 3 : weights->width[layer - 1];
  DSLT_TRY(check_dtype(tensor));
  if (view->rank != 4 || view->shape[0] < 1 || view->shape[0] > DSLT_WEIGHTS_MAX_WIDTH ||
      view->shape[1] != in || view->shape[2] != 3 || view->shape[3] != 3) {
    char shape[120];
    shape_text(shape, sizeof shape, view);
    return dslt_fail(
        DSLT_EWEIGHTS,
        "Tensor %s has the shape %s; %s of a VGG-16 needs [1..%d, %lld, 3, 3] (out, in, height, width).",
        tensor->name, shape, dslt_vgg_layers[layer].caffe, DSLT_WEIGHTS_MAX_WIDTH, (long long)in);
  }
  DSLT_TRY(dslt_tensor_check_finite(view, tensor->name));
  weights->weight[layer] = *view;
  weights->width[layer] = (int)view->shape[0];
  return 0;
}

static int take_bias(dslt_weights *weights, int layer, const dslt_named_tensor *tensor) {
  const dslt_tensor_view *view = &tensor->view;
  DSLT_TRY(check_dtype(tensor));
  if (view->rank != 1 || view->shape[0] != weights->width[layer]) {
    char shape[120];
    shape_text(shape, sizeof shape, view);
    return dslt_fail(DSLT_EWEIGHTS,
                     "Tensor %s has the shape %s; it needs [%d], one value for each output of %s.",
                     tensor->name, shape, weights->width[layer], dslt_vgg_layers[layer].caffe);
  }
  DSLT_TRY(dslt_tensor_check_finite(view, tensor->name));
  weights->bias[layer] = *view;
  return 0;
}

static const dslt_named_tensor *find_part(const dslt_safetensors *file, const char *layer, const char *part) {
  char name[32];
  snprintf(name, sizeof name, "%s.%s", layer, part);
  return dslt_safetensors_find(file, name);
}

static const char *layer_name(const dslt_weights *weights, int layer) {
  return weights->names[0] == 't' ? dslt_vgg_layers[layer].torch : dslt_vgg_layers[layer].caffe;
}

/* Caffe's names or torchvision's, decided by the first layer. */
static int choose_names(dslt_weights *weights, const dslt_safetensors *file) {
  const int torch = find_part(file, dslt_vgg_layers[0].torch, "weight") != NULL;
  const int caffe = find_part(file, dslt_vgg_layers[0].caffe, "weight") != NULL;
  if (torch && caffe) {
    return dslt_fail(DSLT_EWEIGHTS, "It holds both %s.weight and %s.weight; keep one set of names.",
                     dslt_vgg_layers[0].torch, dslt_vgg_layers[0].caffe);
  }
  if (!torch && !caffe) {
    char first[64] = "it is empty";
    if (dslt_safetensors_count(file) > 0) {
      memcpy(first, "its first tensor is ", 21);
      dslt_printable(first + 20, sizeof first - 20, dslt_safetensors_at(file, 0)->name);
    }
    return dslt_fail(
        DSLT_EWEIGHTS,
        "It holds neither %s.weight nor %s.weight (%s), so it is no VGG-16; weights/convert.py turns other "
        "files into one.",
        dslt_vgg_layers[0].torch, dslt_vgg_layers[0].caffe, first);
  }
  snprintf(weights->names, sizeof weights->names, "%s", torch ? "torch" : "caffe");
  return 0;
}

static int take_layers(dslt_weights *weights, const dslt_safetensors *file) {
  DSLT_TRY(choose_names(weights, file));
  const char *missing = NULL;
  for (int layer = 0; layer < DSLT_VGG_CONVS; ++layer) {
    const char *name = layer_name(weights, layer);
    const dslt_named_tensor *weight = find_part(file, name, "weight");
    if (!weight) {
      if (!missing) missing = name;
      continue;
    }
    if (missing) {
      return dslt_fail(
          DSLT_EWEIGHTS,
          "It holds %s.weight but not %s.weight before it, so it is no VGG-16 (batch normalisation and "
          "other depths are not supported).",
          name, missing);
    }
    DSLT_TRY(take_weight(weights, layer, weight));
    const dslt_named_tensor *bias = find_part(file, name, "bias");
    if (bias) DSLT_TRY(take_bias(weights, layer, bias));
    weights->layers = layer + 1;
  }
  if (weights->layers < DSLT_WEIGHTS_MIN_LAYERS) {
    return dslt_fail(
        DSLT_EWEIGHTS, "It ends after %s; the tracker needs at least the layers up to %s (%s.weight).",
        layer_name(weights, weights->layers - 1), dslt_vgg_layers[DSLT_WEIGHTS_MIN_LAYERS - 1].caffe,
        layer_name(weights, DSLT_WEIGHTS_MIN_LAYERS - 1));
  }
  return 0;
}

static int copy_string(char **out, const char *text) {
  if (!text) return 0;
  *out = strdup(text);
  return *out ? 0 : dslt_fail(DSLT_EMEMORY, "No memory for a string of %zu bytes.", strlen(text));
}

/* Taps and their scales belong to networks with a graph; VGG-16's are options of the tracker. */
static int refuse_taps(const dslt_metadata *metadata) {
  for (int i = 0; i < metadata->given_count; ++i)
    if (strcmp(metadata->given[i].key, DSLT_KEY_TAPS) == 0 ||
        strcmp(metadata->given[i].key, DSLT_KEY_SCALES) == 0)
      return dslt_fail(
          DSLT_EARGUMENT,
          "its layers are VGG-16's, whose taps are the options low_layer, mid_layer and high_layer; taps and "
          "scales are set for ONNX models and what dslt weights convert made of them.");
  return DSLT_OK;
}

static int take_all(dslt_weights *weights, const dslt_metadata *metadata) {
  if (dslt_metadata_text(metadata, DSLT_KEY_GRAPH)) {
    DSLT_TRY(dslt_weights_take_network(weights, metadata));
  } else {
    DSLT_TRY(refuse_taps(metadata));
    DSLT_TRY(take_layers(weights, metadata->file));
    DSLT_TRY(dslt_weights_read_preprocess(weights, metadata));
  }
  DSLT_TRY(copy_string(&weights->source, dslt_metadata_text(metadata, DSLT_KEY_SOURCE)));
  return copy_string(&weights->license, dslt_metadata_text(metadata, DSLT_KEY_LICENSE));
}

/* ---- the handle ---------------------------------------------------------------------------------- */

static int from_memory(dslt_weights **out, const void *data, size_t size, const char *name,
                       const dslt_text_pair *given, int given_count) {
  const size_t length = strlen(name);
  const int is_onnx = length > 5 && strcmp(name + length - 5, ".onnx") == 0;
  dslt_metadata metadata = {.given = given, .given_count = given_count};
  dslt_safetensors *file = NULL;
  if (!is_onnx) DSLT_TRY(dslt_safetensors_parse(&file, data, size, name));
  metadata.file = file;
  dslt_weights *weights = calloc(1, sizeof *weights);
  int rc = weights ? copy_string(&weights->path, name) : dslt_fail(DSLT_EMEMORY, "No memory for weights.");
  if (rc == 0 && is_onnx)
    rc = dslt_weights_take_onnx(weights, data, size, name, given, given_count);
  else if (rc == 0 && (rc = take_all(weights, &metadata)) < 0)
    rc = dslt_fail_prefix(rc, name);
  dslt_safetensors_free(file);
  if (rc < 0) {
    dslt_weights_free(weights);
    return rc;
  }
  *out = weights;
  return 0;
}

int dslt_weights_from_memory(dslt_weights **out, const void *data, size_t size, const char *name) {
  if (!out || !data || !name)
    return dslt_fail(DSLT_EARGUMENT, "Weights need bytes and a name; NULL was given.");
  return from_memory(out, data, size, name, NULL, 0);
}

/* The whole file, read-only; `*size` > 0. */
static int map_file(void **out, size_t *size, const char *path) {
  /* Non-blocking, so that opening a named pipe does not wait for a writer. */
  const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return dslt_fail(DSLT_EIO, "%s: it cannot be opened: %s.", path, strerror(errno));
  struct stat status;
  int rc = 0;
  if (fstat(fd, &status) != 0) {
    rc = dslt_fail(DSLT_EIO, "%s: it cannot be read: %s.", path, strerror(errno));
  } else if (!S_ISREG(status.st_mode)) {
    rc = dslt_fail(DSLT_EIO, "%s: it is %s; name a safetensors file.", path,
                   S_ISDIR(status.st_mode) ? "a folder" : "not a regular file");
  } else if (status.st_size == 0) {
    rc = dslt_fail(DSLT_EFORMAT, "%s: the file is empty; get it again from its source.", path);
  } else if ((uintmax_t)status.st_size > SIZE_MAX / 2) {
    rc = dslt_fail(DSLT_EFORMAT, "%s: the file is too large for this machine's address space.", path);
  } else {
    *size = (size_t)status.st_size;
    *out = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (*out == MAP_FAILED) rc = dslt_fail(DSLT_EIO, "%s: it cannot be mapped: %s.", path, strerror(errno));
  }
  close(fd); /* the mapping stays valid */
  return rc;
}

/* The bytes inside the library. */
static int load_shipped(dslt_weights **out, const void *data, size_t size, const char *name) {
  DSLT_TRY(dslt_weights_from_memory(out, data, size, name));
  (*out)->map = (void *)(uintptr_t)data; /* only read */
  (*out)->map_bytes = size;
  (*out)->mapped = -1;
  return DSLT_OK;
}

static int load_file(dslt_weights **out, const char *path, const dslt_text_pair *given, int count) {
  void *map = NULL;
  size_t size = 0;
  DSLT_TRY(map_file(&map, &size, path));
  dslt_weights *weights = NULL;
  const int rc = from_memory(&weights, map, size, path, given, count);
  if (rc < 0) {
    munmap(map, size);
    return rc;
  }
  weights->map = map;
  weights->map_bytes = size;
  weights->mapped = 1;
  *out = weights;
  return 0;
}

/* "ARCH" or "ARCH:SEED". */
static int load_random(dslt_weights **out, const char *text) {
  char arch[DSLT_ARCH_MAX];
  const size_t length = strcspn(text, ":");
  uint64_t seed = 1;
  if (length >= sizeof arch)
    return dslt_fail(DSLT_EARGUMENT,
                     "random:%.20s... is no architecture; try random:vgg16 or random:vgg16/4.", text);
  memcpy(arch, text, length);
  arch[length] = '\0';
  if (text[length]) {
    char *end = NULL;
    const char *digits = text + length + 1;
    errno = 0;
    seed = strtoull(digits, &end, 10);
    if (!*digits || digits[strspn(digits, "0123456789")] || errno)
      return dslt_fail(DSLT_EARGUMENT, "The seed \"%s\" of random:%s is no whole number.", digits, arch);
  }
  return dslt_weights_random(out, arch, seed);
}

/* The keys that may follow a file's name. */
static const char *const keys_behind[][2] = {{"taps", DSLT_KEY_TAPS},
                                             {"scales", DSLT_KEY_SCALES},
                                             {"mean", DSLT_KEY_MEAN},
                                             {"deviation", DSLT_KEY_DEVIATION},
                                             {"channel_order", DSLT_KEY_ORDER}};
enum { KEYS_BEHIND = sizeof keys_behind / sizeof *keys_behind };

/* Cut "KEY=VALUE&KEY=VALUE" into pairs; the later one of a key wins. */
static int read_behind(dslt_text_pair *pairs, int *count, char *text) {
  for (char *next; text; text = next) {
    next = strchr(text, '&');
    if (next) *next++ = '\0';
    char *value = strchr(text, '=');
    int key = 0;
    if (value) *value++ = '\0';
    while (key < KEYS_BEHIND && strcmp(text, keys_behind[key][0]) != 0) ++key;
    if (!value || key == KEYS_BEHIND)
      return dslt_fail(
          DSLT_EARGUMENT,
          "Behind the name of a weight file only taps, scales, mean, deviation and channel_order can "
          "be set, as in model.onnx?taps=low,high; \"%.100s\" cannot.",
          text);
    int at = 0;
    while (at < *count && strcmp(pairs[at].key, keys_behind[key][1]) != 0) ++at;
    pairs[at] = (dslt_text_pair){keys_behind[key][1], value};
    if (at == *count) ++*count;
  }
  return DSLT_OK;
}

int dslt_weights_load(dslt_weights **out, const char *name) {
  const char *behind = name ? strchr(name, '?') : NULL;
  struct stat status;
  if (!out || !behind || stat(name, &status) == 0) return dslt_weights_load_given(out, name, NULL, 0);
  dslt_text_pair pairs[KEYS_BEHIND];
  int count = 0;
  char *path = strdup(name);
  if (!path) return dslt_fail(DSLT_EMEMORY, "No memory for the name of a weight file.");
  path[behind - name] = '\0';
  int rc = read_behind(pairs, &count, path + (behind - name) + 1);
  if (rc == DSLT_OK) rc = dslt_weights_load_given(out, path, pairs, count);
  free(path);
  return rc;
}

static const char random_prefix[] = "random:";

static int is_random(const char *name) { return strncmp(name, random_prefix, sizeof random_prefix - 1) == 0; }

int dslt_weights_is_built_in(const char *name) {
  const void *data;
  size_t size;
  return is_random(name) || dslt_shipped_bytes(&data, &size, name);
}

int dslt_weights_load_given(dslt_weights **out, const char *name, const dslt_text_pair *given, int count) {
  if (!out || !name)
    return dslt_fail(DSLT_EARGUMENT, "dslt_weights_load() needs a name and a place for its result.");
  const void *data;
  size_t size;
  if (count > 0 && dslt_weights_is_built_in(name))
    return dslt_fail(
        DSLT_EARGUMENT,
        "The weights \"%.60s\" need no taps, scales, mean, deviation or channel_order: these are for "
        "weight files. With slim and random weights, options low_layer, mid_layer and high_layer choose the taps.",
        name);
  if (is_random(name)) return load_random(out, name + sizeof random_prefix - 1);
  if (dslt_shipped_bytes(&data, &size, name)) return load_shipped(out, data, size, name);
  return load_file(out, name, given, count);
}

const char *dslt_weights_preset(const dslt_weights *weights) {
  return weights && weights->matching ? "default" : "dslt";
}

void dslt_weights_free(dslt_weights *weights) {
  if (!weights) return;
  dslt_network_free(weights->network);
  dslt_network_free(weights->matching);
  if (weights->mapped > 0)
    munmap(weights->map, weights->map_bytes);
  else if (weights->mapped == 0)
    free(weights->map);
  free(weights->path);
  free(weights->source);
  free(weights->license);
  free(weights);
}

void dslt_weights_arch(char *out, size_t size, const dslt_weights *weights) {
  if (weights->network) {
    snprintf(out, size, "network of %d layers", weights->network->graph.layers - 1);
    return;
  }
  int divisor = weights->width[0] > 0 ? dslt_vgg_layers[0].width / weights->width[0] : 0;
  for (int i = 0; i < weights->layers; ++i) {
    if (weights->width[i] * divisor != dslt_vgg_layers[i].width) divisor = 0;
  }
  size_t used;
  if (divisor == 1) {
    used = (size_t)snprintf(out, size, "vgg16");
  } else if (divisor > 1) {
    used = (size_t)snprintf(out, size, "vgg16/%d", divisor);
  } else {
    used = (size_t)snprintf(out, size, "vgg16 widths ");
    for (int i = 0; i < weights->layers && used < size; ++i) {
      used += (size_t)snprintf(out + used, size - used, "%s%d", i ? "," : "", weights->width[i]);
    }
  }
  if (weights->layers < DSLT_VGG_CONVS && used < size) {
    snprintf(out + used, size - used, " up to %s", dslt_vgg_layers[weights->layers - 1].caffe);
  }
}
