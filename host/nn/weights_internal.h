/* SPDX-License-Identifier: Apache-2.0 */
/* weights_internal.h: what the files weights*.c share among themselves. */
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

/* weights_preprocess.c: fill weights->preprocess and ->given from the metadata, for the rest from the
 * convention of weights->names. DSLT_EWEIGHTS names a key with a bad value. */
int dslt_weights_read_preprocess(dslt_weights *weights, const dslt_safetensors *file);
/* The shortest decimal text that reads back as `value`, with a dot in every locale; `out` holds 32 bytes. */
void dslt_float_text(char *out, float value);
/* Three of them, "1,2,3"; `out` holds 96 bytes. */
void dslt_triple_text(char *out, const float values[3]);

/* shipped.c: the bytes of weights/slim.safetensors; static storage. */
void dslt_shipped_bytes(const void **data, size_t *size);

/* weights_probe.c: the mean activation behind each layer's ReLU, with all four poolings, on a fixed image
 * like a photograph (BGR 0..255 minus mean). Entries from `layers` on are left alone. DSLT_EMEMORY. */
int dslt_weights_probe(double means[DSLT_VGG_CONVS], const dslt_weights *weights);

#endif
