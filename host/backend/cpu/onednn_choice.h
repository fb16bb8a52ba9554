/* SPDX-License-Identifier: Apache-2.0 */
/* onednn_choice.h: which of oneDNN's convolutions computes a layer of a network, and in which layout.
 *
 * A fixed rule by shape and type, derived from measurements (bench/README.md, "Backbone"), so that the same
 * network gives the same bytes in every run, on any number of threads and in a batch of any size. */
#ifndef DSLT_BACKEND_CPU_ONEDNN_CHOICE_H
#define DSLT_BACKEND_CPU_ONEDNN_CHOICE_H

#include "onednn_compat.h"

typedef struct dslt_conv_shape {
  int n, h, w, cin;       /* input */
  int cout, out_h, out_w; /* output */
  int kernel[2], groups;
  dslt_conv_form form;
  dnnl_data_type_t type; /* of input and weights */
} dslt_conv_shape;

typedef struct dslt_conv_choice {
  /* with bias and the operations in form.post; freed by dnnl_primitive_desc_destroy() */
  dnnl_primitive_desc_t pd;
  dnnl_format_tag_t src, dst;   /* layouts: dnnl_nhwc, dnnl_nChw16c or dnnl_nchw */
  dnnl_data_type_t output_type; /* what it writes */
  int images;                   /* images per run; divides n */
  int winograd;
} dslt_conv_choice;

/* 1: Winograd F(4 x 4, 3 x 3) is the faster algorithm, if oneDNN supports it here. Does not depend on n. */
int dslt_conv_wants_winograd(const dslt_conv_shape *shape);

/* Choose for a layer of a plain stack of 3 x 3 convolutions, like VGG-16. `first` says that the input is the
 * picture, and `blocked_next` that the layer after it reads dnnl_nChw16c. `output_type` is the output's type
 * unless Winograd is chosen, which writes shape->type. */
int dslt_conv_choose_stacked(dslt_conv_choice *out, dslt_cpu_engine *e, const dslt_conv_shape *shape,
                             dnnl_data_type_t output_type, int first, int blocked_next);

/* Choose for a layer of any other network whose maps are kept in `layout`. out->pd is NULL where oneDNN has
 * only its slow reference loops. */
int dslt_conv_choose(dslt_conv_choice *out, dslt_cpu_engine *e, const dslt_conv_shape *shape,
                     dnnl_data_type_t output_type, int first, dnnl_format_tag_t layout);

#endif
