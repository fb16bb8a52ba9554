/* SPDX-License-Identifier: Apache-2.0 */
/* weights_internal.h: functions shared by the files weights*.c. */
#ifndef DSLT_NN_WEIGHTS_INTERNAL_H
#define DSLT_NN_WEIGHTS_INTERNAL_H

#include "weights.h"

/* The metadata's keys. */
#define DSLT_KEY_ORDER "dslt.channel_order"
#define DSLT_KEY_MEAN "dslt.mean"
#define DSLT_KEY_DEVIATION "dslt.deviation"
#define DSLT_KEY_SCALE_LOW "dslt.scale_low"
#define DSLT_KEY_SCALE_HIGH "dslt.scale_high"
#define DSLT_KEY_ARCH "dslt.arch"
#define DSLT_KEY_SOURCE "dslt.source"
#define DSLT_KEY_LICENSE "dslt.license"

/* Values of a view that has at most four dimensions. */
size_t dslt_tensor_elements(const dslt_tensor_view *view);

#define DSLT_KEY_GRAPH "dslt.graph"
#define DSLT_KEY_TAPS "dslt.taps"
#define DSLT_KEY_SCALES "dslt.scales"
#define DSLT_KEY_MATCHING "dslt.matching"
#define DSLT_KEY_MATCHING_TAP "dslt.matching_tap"
#define DSLT_KEY_MATCHING_SIDES "dslt.matching_sides"
#define DSLT_KEY_MATCHING_AROUND "dslt.matching_around"

/* Where a key's text is searched for, in this order. */
typedef struct dslt_metadata {
  const dslt_text_pair *given; /* by the caller */
  int given_count;
  const dslt_safetensors *file; /* or NULL */
  dslt_text_pair *own;          /* of another kind of file; allocated, as its texts are */
  int own_count;
} dslt_metadata;
/* NULL if it is in none of them. */
const char *dslt_metadata_text(const dslt_metadata *metadata, const char *key);

/* weights_preprocess.c: fill weights->preprocess and ->given from the metadata, for the rest from the
 * convention of weights->names. DSLT_EWEIGHTS names a key with a bad value. */
int dslt_weights_read_preprocess(dslt_weights *weights, const dslt_metadata *metadata);
/* `count` (at most 8) numbers with commas between them, each in low..high. 0 when the key is absent, 1 when
 * read. */
int dslt_metadata_numbers(float *out, int count, const dslt_metadata *metadata, const char *key, double low,
                          double high, const char *wanted);

/* weights_network.c: weights that are a network of any kind, from our own format or from ONNX. */
int dslt_weights_take_network(dslt_weights *weights, const dslt_metadata *metadata);
int dslt_weights_take_onnx(dslt_weights *weights, const void *data, size_t size, const char *name,
                           const dslt_text_pair *given, int given_count);
/* The shortest decimal text that reads back as `value`, with a dot in every locale; `out` holds 32 bytes. */
void dslt_float_text(char *out, float value);
/* Three of them, "1,2,3"; `out` holds 96 bytes. */
void dslt_triple_text(char *out, const float values[3]);

/* shipped.c: the bytes of weights/NAME.safetensors inside the library, for a name of dslt_weights_shipped(); static storage.
 * 0 and nothing written where there are none of that name. */
int dslt_shipped_bytes(const void **data, size_t *size, const char *name);

/* Side of the image: 16 * 3, so that four poolings leave a 3 x 3 map. */
enum { DSLT_PROBE_SIDE = 48 };
/* The image: three planes, mean 0, as they come out of the crop. It wraps around, without a border. */
void dslt_probe_image(double *out);
/* weights_probe.c: the mean activation behind each layer's ReLU, with all four poolings, on a fixed image
 * like a photograph (BGR 0..255 minus mean). Entries from `layers` on are unchanged. DSLT_EMEMORY. */
int dslt_weights_probe(double means[DSLT_VGG_CONVS], const dslt_weights *weights);

#endif
