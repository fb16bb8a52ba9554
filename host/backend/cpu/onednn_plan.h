/* SPDX-License-Identifier: Apache-2.0 */
/* onednn_plan.h: state while a network is planned: where each layer's map lies, in which layout. */
#ifndef DSLT_BACKEND_CPU_ONEDNN_PLAN_H
#define DSLT_BACKEND_CPU_ONEDNN_PLAN_H

#include "onednn_choice.h"
#include "onednn_net.h"

/* A layer's map in one layout. A layer may have several, made on demand. */
typedef struct dslt_value {
  int layer, store;
  size_t offset;
  dnnl_data_type_t type;
  dnnl_format_tag_t layout;
} dslt_value;

typedef struct dslt_layer_plan {
  int uses;    /* by needed layers */
  int tap;     /* the first tap that is this layer, or -1 */
  int sum;     /* a convolution that is computed as part of this sum, or -1 */
  int addend;  /* of such a sum: the convolution, or -1 */
  int gone;    /* the sum that reuses this layer's memory, or -1 */
  int concat;  /* writes its part of this concatenation in place, or -1 */
  size_t part; /* ... at this byte of its store */
  int store;   /* of a concatenation that is written in place, or -1 */
} dslt_layer_plan;

typedef struct dslt_plan {
  dslt_net *net;
  const dslt_net_desc *desc;
  int stacked;              /* a stack of 3 x 3 convolutions and poolings, like VGG-16 */
  dnnl_data_type_t dense;   /* in which long sums of products are computed; maps have net->type */
  dnnl_format_tag_t layout; /* default layout of maps */
  dslt_node_map *map;       /* of each layer */
  unsigned char *needed;
  dslt_layer_plan *layer;
  dslt_value *value;
  int values, value_room;
} dslt_plan;

/* onednn_fuse.c: which layers are computed together. */
int dslt_plan_fusion(dslt_plan *p);
int dslt_plan_is_stack(const dslt_graph *graph, const unsigned char *needed);

/* onednn_emit.c: one kind of layer each. *out: the new value's index. */
int dslt_plan_md(dslt_md_owned *out, const dslt_plan *p, const dslt_value *v, int images);
int dslt_plan_value(dslt_value *out, dslt_plan *p, int layer, dnnl_format_tag_t layout,
                    dnnl_data_type_t type);
int dslt_plan_new_value(dslt_value *out, dslt_plan *p, int layer, dnnl_format_tag_t layout,
                        dnnl_data_type_t type);
int dslt_plan_keep(dslt_plan *p, const dslt_value *v);
dslt_value *dslt_plan_first_value(dslt_plan *p, int layer);
/* Append the primitive of `pd` between two values; takes ownership of nothing. */
int dslt_plan_step(dslt_plan *p, int layer, dnnl_primitive_desc_t pd, const dslt_value *from, int src_arg,
                   const dslt_value *to, int dst_arg, int images);
int dslt_plan_reorder(dslt_plan *p, const dslt_value *from, const dslt_value *to);

/* onednn_conv_step.c: the convolution `index`; *done = 0 where oneDNN has none. As part of a sum, the map
 * `into` holds the other addend and becomes the sum's. */
int dslt_plan_conv(int *done, dslt_plan *p, int index);
int dslt_plan_conv_into(int *done, dslt_plan *p, int index, int sum, int other);

/* onednn_layers.c: any needed layer, including copies to its taps and its concatenation. */
int dslt_plan_layer(dslt_plan *p, int index);

#endif
