/* SPDX-License-Identifier: Apache-2.0 */
/* weights.h: the backbone's weights: VGG-16's 13 convolutions, or any network (network.h), and how to feed
 * them.
 *
 * Files are safetensors. Tensors are called as in torchvision and timm (features.0.weight) or as in Caffe
 * (conv1_1.weight); what else a file holds (a classifier) is ignored. Strings of the file's __metadata__, all
 * optional, describe the network's input:
 *
 *   dslt.channel_order  "bgr" or "rgb"
 *   dslt.mean           "103.939,116.779,123.68": subtracted, in that channel order, in units of 0..255
 *   dslt.deviation      "1,1,1": divided by, likewise
 *   dslt.scale_low      "1": factor on conv3_3 and conv4_3
 *   dslt.scale_high     "1": factor on conv5_3
 *   dslt.arch, dslt.source, dslt.license   for people
 *   dslt.graph          the layers of a network that is no VGG-16, as JSON
 *   dslt.taps           "inception_3b,inception_4e": the layers that the tracker taps
 *   dslt.scales         "1,1": factor on each of them
 *   dslt.matching, dslt.matching_tap, dslt.matching_sides, dslt.matching_around   a siamese network's head: nn/matching.h
 *
 * What the metadata leaves out follows the convention of the names: Caffe's, or torchvision's (rgb, mean 255
 * * (0.485, 0.456, 0.406), deviation 255 * (0.229, 0.224, 0.225)). The tracker's learning rates are tuned for
 * features of VGG-16's size, about 20 on average; the two scales multiply other weights' features to that
 * size. */
#ifndef DSLT_NN_WEIGHTS_H
#define DSLT_NN_WEIGHTS_H

#include "arch.h"
#include "dslt/dslt.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum dslt_dtype {
  DSLT_DTYPE_F32 = 0,
  DSLT_DTYPE_F16 = 1,
  DSLT_DTYPE_BF16 = 2,
  DSLT_DTYPE_OTHER = 3 /* one of the format's other types; listed, never converted */
} dslt_dtype;

/* One tensor in the file or in memory; little-endian, not necessarily aligned. */
typedef struct dslt_tensor_view {
  const void *data; /* NULL: absent */
  dslt_dtype dtype;
  int rank;         /* may exceed 4 in a container, never in dslt_weights */
  int64_t shape[4]; /* the first four; convolution weights: out, in, kh, kw */
  size_t bytes;
} dslt_tensor_view;

typedef struct dslt_preprocess {
  int rgb;            /* 1: channels are fed red first, 0: blue first (Caffe) */
  float mean[3];      /* subtracted, in the network's channel order, in units of 0..255 */
  float deviation[3]; /* divided by, in units of 0..255 (1 for Caffe; torchvision: 255 * 0.229 ...); > 0 */
  float scale_low;    /* factor from conv4_3 (and conv3_3) to VGG-16's scale; 1 for VGG-16; > 0 */
  float scale_high;   /* factor from conv5_3 to VGG-16's scale; 1 for VGG-16; > 0 */
} dslt_preprocess;

/* Which fields of dslt_preprocess the file itself gave. */
enum {
  DSLT_GIVEN_ORDER = 1,
  DSLT_GIVEN_MEAN = 2,
  DSLT_GIVEN_DEVIATION = 4,
  DSLT_GIVEN_SCALE_LOW = 8,
  DSLT_GIVEN_SCALE_HIGH = 16
};

enum {
  DSLT_WEIGHTS_MIN_LAYERS = 7,   /* conv3_3, the lowest layer the tracker taps */
  DSLT_WEIGHTS_MAX_WIDTH = 4096, /* output channels of a layer */
  DSLT_ARCH_MAX = 96             /* bytes that hold any dslt_weights_arch() */
};

struct dslt_network;

struct dslt_weights {
  struct dslt_network *network;       /* any network; NULL: VGG-16, described by the fields below */
  struct dslt_network *matching;      /* the matching head of a siamese network, or NULL */
  int matching_tap, matching_side[2]; /* its layer of `network`; sides of template and search area, px */
  float matching_around;              /* what a position of the template around the target counts, 0..1 */
  dslt_tensor_view weight[DSLT_VGG_CONVS]; /* [out, in, 3, 3]; data is NULL from `layers` on */
  dslt_tensor_view bias[DSLT_VGG_CONVS];   /* [out]; may be absent (zero) */
  int width[DSLT_VGG_CONVS]; /* output channels, 1..DSLT_WEIGHTS_MAX_WIDTH; 0 from `layers` on */
  int layers;                /* leading layers present without a gap: 13, or fewer in a partial file (>= 7) */
  dslt_preprocess preprocess;
  unsigned given; /* DSLT_GIVEN_ bits; the rest of `preprocess` is the names' convention */
  char names[8];  /* "torch" or "caffe" */
  char *path;     /* where it came from, "random vgg16 seed 1" for generated ones */
  char *source;   /* dslt.source: origin in words, or NULL */
  char *license;  /* dslt.license, or NULL */
  void *map;      /* mapped file, heap block or static bytes; NULL where the caller keeps them */
  size_t map_bytes;
  int mapped; /* 1: munmap, 0: free, -1: static, neither */
};

/* The mean and scale of the original VGG-16 release. */
dslt_preprocess dslt_preprocess_caffe(void);
/* Those of torchvision's models, in units of 0..255. */
dslt_preprocess dslt_preprocess_torch(void);

typedef struct dslt_text_pair {
  const char *key, *value;
} dslt_text_pair;

/* Name of the network `index`, counted from 0, inside the library; NULL past the last one. */
const char *dslt_weights_shipped(int index);
/* Is this a name that dslt_weights_load() knows without a file? */
int dslt_weights_is_built_in(const char *name);

/* As dslt_weights_load(), with metadata that overrides the file's own: keys as above. Files whose name ends
 * in .onnx are ONNX models. */
int dslt_weights_load_given(dslt_weights **out, const char *name, const dslt_text_pair *given, int count);

/* As dslt_weights_load(), from `size` bytes of a safetensors file that the caller keeps until the result is
 * freed. `name` replaces the path in error sentences. DSLT_EFORMAT, DSLT_EWEIGHTS, DSLT_EMEMORY. */
int dslt_weights_from_memory(dslt_weights **out, const void *data, size_t size, const char *name);

/* Write "vgg16", "vgg16/4" or "vgg16 widths 64,64,128,..." to `out` of `size` bytes (DSLT_ARCH_MAX are
 * enough), with " up to conv3_3" behind it for a partial file. */
void dslt_weights_arch(char *out, size_t size, const dslt_weights *weights);

/* DSLT_EWEIGHTS names the tensor where one of its values is NaN or infinite. */
int dslt_tensor_check_finite(const dslt_tensor_view *view, const char *tensor);

/* Convert `count` values of a view (not DSLT_DTYPE_OTHER) to float32 starting at element `first`. Exact. */
void dslt_tensor_to_f32(float *out, const dslt_tensor_view *view, size_t first, size_t count);

/* Write weights as safetensors with Caffe's names and our metadata: under a temporary name in the same
 * folder, synced, then renamed, so that `path` holds the old file or the whole new one. A device or pipe is
 * written straight. dtype of all tensors as given, rounded to nearest even. The same weights give the same
 * bytes. DSLT_EIO; DSLT_EWEIGHTS where a value is too large for float16. */
int dslt_weights_save(const dslt_weights *weights, const char *path, dslt_dtype dtype);

/* A quick hash of all that the weights make of a picture: layers, tensors, preprocessing, taps. The same on every machine of
 * one byte order. */
uint64_t dslt_weights_identity(const dslt_weights *weights);
/* SHA-256, lower-case hex, of the layer's weights (or bias) serialised as a float32 .npy version 1.0 in HWIO
 * order with RGB input order for conv1_1: the form that dslt_vgg16_layer_sha256() lists. `hex`
 * holds 65 bytes. DSLT_EARGUMENT: no such layer in the weights, or no bias; DSLT_EUNSUPPORTED: the build has
 * no SHA-256. */
int dslt_weights_layer_sha256(char *hex, const dslt_weights *weights, int layer, int is_bias);
/* The known hash of the original layer, from the table compiled in; NULL for no such layer. Static
 * storage. */
const char *dslt_vgg16_layer_sha256(int layer, int is_bias);
/* SHA-256 of `size` bytes, lower-case hex, 65 bytes. DSLT_EUNSUPPORTED: the build has no SHA-256. */
int dslt_sha256(char *hex, const void *data, size_t size);

/* ---- safetensors.c: the container ---------------------------------------------------------------- */

typedef struct dslt_safetensors dslt_safetensors;
typedef struct dslt_named_tensor {
  const char *name;  /* owned by the container; any UTF-8, so print it through dslt_printable() */
  const char *dtype; /* the format's word, "F32", "I64" ...; static storage */
  dslt_tensor_view view;
} dslt_named_tensor;

/* Check and index a whole file in memory, which must outlive the result. Every rule of the format is
 * enforced: header length within the file and 100 MB, strict JSON, no duplicate keys, known dtypes (all but
 * F32, F16 and BF16 are DSLT_DTYPE_OTHER), shape * size == offsets, offsets inside the file, no overlap, no
 * hole. `name` is used in error sentences. DSLT_EFORMAT, DSLT_EMEMORY. */
int dslt_safetensors_parse(dslt_safetensors **out, const void *data, size_t size, const char *name);
int dslt_safetensors_count(const dslt_safetensors *file);
/* Tensor `index`, 0 .. count - 1, in the order of their data; NULL outside. */
const dslt_named_tensor *dslt_safetensors_at(const dslt_safetensors *file, int index);
/* By exact name; NULL where there is none. */
const dslt_named_tensor *dslt_safetensors_find(const dslt_safetensors *file, const char *name);
/* A string of __metadata__ or NULL. Owned by the container. */
const char *dslt_safetensors_metadata(const dslt_safetensors *file, const char *key);
/* Entry `index` of __metadata__ counted from 0, in the file's order; 0 past the end, 1 otherwise. */
int dslt_safetensors_metadata_at(const char **key, const char **value, const dslt_safetensors *file,
                                 int index);
void dslt_safetensors_free(dslt_safetensors *file);

/* Copy `text` for printing: control characters become '?', and text cut at `size` bytes ends in "...". A
 * file's strings are not trusted: printed raw, they could send control sequences to a terminal. Returns
 * `out`. */
char *dslt_printable(char *out, size_t size, const char *text);

#ifdef __cplusplus
}
#endif

#endif
