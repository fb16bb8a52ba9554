/* SPDX-License-Identifier: Apache-2.0 */
/* weights.c: description of weights, for `dslt weights` and `dslt info`. */
#include "report/weights.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "nn/network.h"
#include "nn/weights.h"
#include "report/network.h"

static const char *const dtype_names[] = {"F32", "F16", "BF16"};

static const char *names_in_words(const dslt_weights *weights) {
  return weights->names[0] == 't' ? "torchvision's" : "Caffe's";
}

static const char *tensor_prefix(const dslt_weights *weights, int layer) {
  return weights->names[0] == 't' ? dslt_vgg_layers[layer].torch : dslt_vgg_layers[layer].caffe;
}

/* ---- info ---------------------------------------------------------------------------------------- */

static void print_layers(const dslt_weights *weights) {
  int64_t total = 0;
  printf("\n  layer    tensor               dtype  shape              parameters\n");
  for (int layer = 0; layer < weights->layers; layer++) {
    const dslt_tensor_view *view = &weights->weight[layer];
    const int bias = weights->bias[layer].data != NULL;
    const int64_t parameters = view->shape[0] * view->shape[1] * 9 + (bias ? view->shape[0] : 0);
    char shape[64];
    snprintf(shape, sizeof shape, "[%d, %d, 3, 3]", (int)view->shape[0], (int)view->shape[1]);
    char name[32];
    snprintf(name, sizeof name, "%s.weight", tensor_prefix(weights, layer));
    printf("  %-8s %-20s %-6s %-18s %10lld%s\n", dslt_vgg_layers[layer].caffe, name, dtype_names[view->dtype],
           shape, (long long)parameters, bias ? "" : "  (no bias)");
    total += parameters;
  }
  printf("  %-8s %-20s %-6s %-18s %10lld\n", "total", "", "", "", (long long)total);
  if (weights->layers < DSLT_VGG_CONVS) {
    printf("  The file ends at %s; the tracker's default layers need all up to conv5_3.\n",
           dslt_vgg_layers[weights->layers - 1].caffe);
  }
}

static void print_line(const dslt_weights *weights, const char *name, const char *value, unsigned bit) {
  char origin[64] = "from the file's metadata";
  if (!(weights->given & bit))
    snprintf(origin, sizeof origin, "convention of %s names", names_in_words(weights));
  printf("  %-14s %-34s %s\n", name, value, origin);
}

static void print_preprocess(const dslt_weights *weights) {
  const dslt_preprocess *preprocess = &weights->preprocess;
  char text[128];
  printf("\nInput: (pixel - mean) / deviation, pixels 0..255\n");
  print_line(weights, "channel order", preprocess->rgb ? "rgb" : "bgr", DSLT_GIVEN_ORDER);
  const float *mean = preprocess->mean, *deviation = preprocess->deviation;
  snprintf(text, sizeof text, "%.7g, %.7g, %.7g", (double)mean[0], (double)mean[1], (double)mean[2]);
  print_line(weights, "mean", text, DSLT_GIVEN_MEAN);
  snprintf(text, sizeof text, "%.7g, %.7g, %.7g", (double)deviation[0], (double)deviation[1],
           (double)deviation[2]);
  print_line(weights, "deviation", text, DSLT_GIVEN_DEVIATION);
  if (weights->network) return;
  printf("Features: times scale\n");
  snprintf(text, sizeof text, "%.7g", (double)preprocess->scale_low);
  print_line(weights, "scale low", text, DSLT_GIVEN_SCALE_LOW);
  snprintf(text, sizeof text, "%.7g", (double)preprocess->scale_high);
  print_line(weights, "scale high", text, DSLT_GIVEN_SCALE_HIGH);
}

static void print_metadata(const dslt_safetensors *file) {
  const char *key, *value;
  for (int i = 0; dslt_safetensors_metadata_at(&key, &value, file, i); i++) {
    char safe_key[64], safe_value[512];
    if (i == 0) printf("\nMetadata of the file\n");
    printf("  %-20s %s\n", dslt_printable(safe_key, sizeof safe_key, key),
           dslt_printable(safe_value, sizeof safe_value, value));
  }
}

/* The views in use point to the same bytes as the container's. */
static int is_used(const dslt_weights *weights, const dslt_named_tensor *tensor) {
  if (tensor->view.bytes == 0) return 0;
  for (int layer = 0; layer < weights->layers; layer++) {
    if (weights->weight[layer].data == tensor->view.data || weights->bias[layer].data == tensor->view.data)
      return 1;
  }
  return 0;
}

static void print_ignored(const dslt_weights *weights, const dslt_safetensors *file) {
  enum { SHOWN = 4 };
  int ignored = 0;
  for (int i = 0; i < dslt_safetensors_count(file); i++) {
    const dslt_named_tensor *tensor = dslt_safetensors_at(file, i);
    if (is_used(weights, tensor)) continue;
    char safe[64];
    if (ignored == 0) printf("\nIgnored tensors\n");
    if (ignored++ < SHOWN) {
      printf("  %s (%s, %zu bytes)\n", dslt_printable(safe, sizeof safe, tensor->name), tensor->dtype,
             tensor->view.bytes);
    }
  }
  if (ignored > SHOWN) printf("  and %d more\n", ignored - SHOWN);
}

enum { INFO_SIDE = 256 };

static int print_network(const dslt_weights *weights) {
  printf("%s: network, %zu bytes\n", weights->path, weights->map_bytes);
  DSLT_TRY(dslt_network_print_layers(weights, INFO_SIDE));
  print_preprocess(weights);
  for (int t = 0; t < weights->network->taps; ++t)
    printf("  scale of tap %d  %.7g\n", t + 1, (double)weights->network->scale[t]);
  return 0;
}

int dslt_weights_print_info(const dslt_weights *weights) {
  if (weights->network) return print_network(weights);
  dslt_safetensors *file = NULL;
  DSLT_TRY(dslt_safetensors_parse(&file, weights->map, weights->map_bytes, weights->path));
  char arch[DSLT_ARCH_MAX];
  dslt_weights_arch(arch, sizeof arch, weights);
  printf("%s: %s, %s names, %zu bytes\n", weights->path, arch, names_in_words(weights), weights->map_bytes);
  print_layers(weights);
  print_preprocess(weights);
  print_metadata(file);
  print_ignored(weights, file);
  dslt_safetensors_free(file);
  return 0;
}

static void print_shipped(const char *name) {
  dslt_weights *weights = NULL;
  char arch[DSLT_ARCH_MAX];
  if (dslt_weights_load(&weights, name) < 0) {
    printf("network that ships: %s, unusable: %s\n", name, dslt_last_error());
    return;
  }
  if (weights->network)
    printf("network that ships: %s, %d layers%s\n", name, weights->network->graph.layers,
           weights->matching ? " and a matching head" : "");
  else
    dslt_weights_arch(arch, sizeof arch, weights), printf("network that ships: %s, %s\n", name, arch);
  if (weights->source) printf("  source: %s\n", weights->source);
  dslt_weights_free(weights);
}

void dslt_weights_print_shipped(void) {
  const char *name;
  for (int i = 0; (name = dslt_weights_shipped(i)); i++) print_shipped(name);
}

int dslt_report_weights_built_in(const char *name) { return dslt_weights_is_built_in(name); }

/* ---- random -------------------------------------------------------------------------------------- */

int dslt_weights_write_random(const char *path, const char *arch, uint64_t seed, const char *dtype) {
  static const char *const names[] = {
      [DSLT_DTYPE_F32] = "f32", [DSLT_DTYPE_F16] = "f16", [DSLT_DTYPE_BF16] = "bf16"};
  int found = -1;
  for (int i = 0; i < (int)(sizeof names / sizeof *names); i++)
    if (strcmp(dtype, names[i]) == 0) found = i;
  if (found < 0) return dslt_fail(DSLT_EARGUMENT, "--dtype takes f32, f16 or bf16, not \"%s\".", dtype);
  dslt_weights *weights = NULL;
  DSLT_TRY(dslt_weights_random(&weights, arch, seed));
  const int rc = dslt_weights_save(weights, path, (dslt_dtype)found);
  dslt_weights_free(weights);
  return rc;
}

/* ---- verify -------------------------------------------------------------------------------------- */

enum { ORIGINAL = 0, DIFFERS = 1, ABSENT = 2 };
static const char *const verdicts[] = {"original", "differs", "absent"};

/* One of the three above, or a negative code. */
static int judge(const dslt_weights *weights, int layer, int is_bias) {
  const dslt_tensor_view *view = is_bias ? &weights->bias[layer] : &weights->weight[layer];
  if (!view->data) return ABSENT;
  char hex[65];
  DSLT_TRY(dslt_weights_layer_sha256(hex, weights, layer, is_bias));
  return strcmp(hex, dslt_vgg16_layer_sha256(layer, is_bias)) == 0 ? ORIGINAL : DIFFERS;
}

/* The original uses Caffe's input normalisation; colours in the order of this file. */
static int fed_like_caffe(const dslt_preprocess *preprocess) {
  const dslt_preprocess caffe = dslt_preprocess_caffe();
  int same = preprocess->scale_low == 1 && preprocess->scale_high == 1;
  for (int i = 0; i < 3; i++) {
    same &= preprocess->deviation[i] == 1 && preprocess->mean[i] == caffe.mean[preprocess->rgb ? 2 - i : i];
  }
  return same;
}

static void print_conclusion(const dslt_weights *weights, const int counts[3]) {
  const int all = 2 * DSLT_VGG_CONVS;
  if (counts[ORIGINAL] == all) {
    printf("Well-formed. This IS the original VGG-16: all %d tensors match.\n", all);
  } else if (counts[ORIGINAL] > 0 && counts[DIFFERS] == 0) {
    printf("Well-formed. This is NOT the whole original VGG-16: %d tensors match, %d are absent.\n",
           counts[ORIGINAL], counts[ABSENT]);
  } else {
    printf("Well-formed. This is NOT the original VGG-16: %d of %d tensors match.\n", counts[ORIGINAL], all);
  }
  if (counts[ORIGINAL] > 0 && counts[DIFFERS] == 0 && !fed_like_caffe(&weights->preprocess)) {
    printf(
        "Beware: its metadata or names ask for another input than the original's (see dslt weights info).\n");
  }
}

int dslt_weights_print_verdict(const dslt_weights *weights) {
  if (weights->network)
    return dslt_fail(DSLT_EWEIGHTS, "%s is not VGG-16, and only VGG-16 can be verified.", weights->path);
  char hex[65];
  DSLT_TRY(dslt_sha256(hex, weights->map, weights->map_bytes));
  printf("SHA-256 %s  %s\n\n  layer    weight    bias\n", hex, weights->path);
  int counts[3] = {0, 0, 0};
  for (int layer = 0; layer < DSLT_VGG_CONVS; layer++) {
    const int weight = judge(weights, layer, 0), bias = judge(weights, layer, 1);
    if (weight < 0) return weight;
    if (bias < 0) return bias;
    ++counts[weight];
    ++counts[bias];
    printf("  %-8s %-9s %s\n", dslt_vgg_layers[layer].caffe, verdicts[weight], verdicts[bias]);
  }
  printf("\n");
  print_conclusion(weights, counts);
  return 0;
}
