/* weights.h: the backbone's weights as the rest of the library sees them: 13 convolutions and how to feed them. */
#ifndef DSLT_NET_WEIGHTS_H
#define DSLT_NET_WEIGHTS_H

#include "arch.h"
#include "dslt/dslt.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum dslt_dtype { DSLT_DTYPE_F32 = 0, DSLT_DTYPE_F16 = 1, DSLT_DTYPE_BF16 = 2 } dslt_dtype;

/* One tensor in the file or in memory; little-endian, not necessarily aligned. */
typedef struct dslt_tensor_view {
  const void *data; /* NULL: absent */
  dslt_dtype dtype;
  int rank;
  int64_t shape[4]; /* convolution weights: out, in, kh, kw */
  size_t bytes;
} dslt_tensor_view;

typedef struct dslt_preprocess {
  int rgb;             /* 1: channels are fed red first, 0: blue first (Caffe) */
  float mean[3];       /* subtracted, in the network's channel order, in units of 0..255 */
  float deviation[3];  /* divided by, in units of 0..255 (1 for Caffe; torchvision: 255 * 0.229 ...) */
  float scale_low;     /* factor that brings conv4_3 (and conv3_3) to VGG-16's own scale; 1 for VGG-16 */
  float scale_high;    /* factor that brings conv5_3 to VGG-16's own scale; 1 for VGG-16 */
} dslt_preprocess;

struct dslt_weights {
  dslt_tensor_view weight[DSLT_VGG_CONVS]; /* [out, in, 3, 3] */
  dslt_tensor_view bias[DSLT_VGG_CONVS];   /* [out]; may be absent (zero) */
  int width[DSLT_VGG_CONVS];               /* output channels of each layer */
  int layers;                              /* leading layers present without a gap: 13, or fewer in a partial file (>= 7) */
  dslt_preprocess preprocess;
  char names[8];                           /* "torch" or "caffe" */
  char *path;                              /* where it came from, "random vgg16 seed 1" for generated ones */
  void *map;                               /* mapped file or heap block */
  size_t map_bytes;
  int mapped;                              /* 1: munmap, 0: free */
};

/* The mean and scale of the original VGG-16 release. */
dslt_preprocess dslt_preprocess_caffe(void);

/* Convert `count` values of a view to float32 starting at element `first`. */
void dslt_tensor_to_f32(float *out, const dslt_tensor_view *view, size_t first, size_t count);

/* Write weights as safetensors with Caffe's names and our metadata, atomically. dtype of all tensors as given. */
int dslt_weights_save(const dslt_weights *weights, const char *path, dslt_dtype dtype);

/* SHA-256, lower-case hex, of the layer's weights (or bias) serialised as a float32 .npy version 1.0 in HWIO order with RGB
 * input order for conv1_1, which is how ../shared/facts/vgg16_layer_sha256.tsv was made. `hex` holds 65 bytes. */
int dslt_weights_layer_sha256(char *hex, const dslt_weights *weights, int layer, int is_bias);
/* The known hash of the original layer, from the table compiled in. Static storage. */
const char *dslt_vgg16_layer_sha256(int layer, int is_bias);

/* ---- safetensors.c: the container ---------------------------------------------------------------- */

typedef struct dslt_safetensors dslt_safetensors;
typedef struct dslt_named_tensor {
  const char *name; /* owned by the container */
  dslt_tensor_view view;
} dslt_named_tensor;

/* Check and index a whole file in memory, which must outlive the result. Every rule of the format is enforced: header length
 * within the file and 100 MB, strict JSON, no duplicate keys, known dtypes (others are listed but flagged unsupported),
 * shape * size == offsets, offsets inside the file, no overlap, no hole. `name` goes into error sentences. */
int dslt_safetensors_parse(dslt_safetensors **out, const void *data, size_t size, const char *name);
int dslt_safetensors_count(const dslt_safetensors *file);
const dslt_named_tensor *dslt_safetensors_at(const dslt_safetensors *file, int index);
const dslt_named_tensor *dslt_safetensors_find(const dslt_safetensors *file, const char *name);
/* A string of __metadata__ or NULL. */
const char *dslt_safetensors_metadata(const dslt_safetensors *file, const char *key);
void dslt_safetensors_free(dslt_safetensors *file);

#ifdef __cplusplus
}
#endif

#endif
