/* SPDX-License-Identifier: Apache-2.0 */
/* onednn_compat.h: the calls that differ between oneDNN 2 and 3, under one name each. Debian 12 ships 2.6;
 * newer distributions ship 3.x, where operation descriptors are gone and memory descriptors became opaque. */
#ifndef DSLT_BACKEND_CPU_ONEDNN_COMPAT_H
#define DSLT_BACKEND_CPU_ONEDNN_COMPAT_H

#include <oneapi/dnnl/dnnl.h>

#include "backend/graph.h"
#include "cpu.h"

#if DNNL_VERSION_MAJOR >= 3
typedef const_dnnl_memory_desc_t
    dslt_md; /* a descriptor borrowed from a primitive or owned by dslt_md_owned */
typedef dnnl_memory_desc_t dslt_md_owned;
#else
typedef const dnnl_memory_desc_t *dslt_md;
typedef dnnl_memory_desc_t *dslt_md_owned;
#endif

struct dslt_cpu_engine {
  dnnl_engine_t engine;
  dnnl_stream_t stream;
};

/* DSLT_OK, or a sentence that names what was tried and oneDNN's status. */
int dslt_onednn_check(dnnl_status_t status, const char *what);

int dslt_md_make(dslt_md_owned *out, int rank, const dnnl_dims_t dims, dnnl_data_type_t type,
                 dnnl_format_tag_t tag);
/* Channels first .. first + channels - 1 of an NCHW description. DSLT_EUNSUPPORTED where the layout has no
 * such part. */
int dslt_md_part(dslt_md_owned *out, dslt_md whole, int n, int first, int channels, int h, int w);
int dslt_md_copy(dslt_md_owned *out, dslt_md md);
void dslt_md_free(dslt_md_owned md);

/* Descriptors of primitives; freed with dnnl_primitive_desc_destroy(). Scratch memory is the caller's. */
typedef struct dslt_conv_mds {
  dslt_md src, weights, bias, dst;
} dslt_conv_mds;
/* What a primitive does with its result before it writes: add what the destination holds, then activate. */
typedef struct dslt_post {
  int sum;
  int activation; /* dslt_activation */
  float slope;    /* of the hard sigmoid */
} dslt_post;
typedef struct dslt_conv_form {
  dnnl_dims_t stride, dilation, front, back; /* dilation 1 is a dense kernel; front, back: paddings */
  dslt_post post;
} dslt_conv_form;
/* [cout][cin][kh][kw], or [groups][cout / groups][cin / groups][kh][kw]; returns the rank. */
int dslt_conv_weight_dims(dnnl_dims_t out, int groups, int cout, int cin, const int kernel[2]);
/* Convolution by the first of oneDNN's implementations of `algorithm` whose name holds `name` ("": any at
 * all; NULL: any but its reference loops, which are a thousand times slower). *out is NULL where there is
 * none. */
int dslt_pd_find_conv(dnnl_primitive_desc_t *out, dslt_cpu_engine *e, const dslt_conv_mds *md,
                      const dslt_conv_form *form, dnnl_alg_kind_t algorithm, const char *name);
/* 1: two Winograd convolutions of the same channels add their products in the same order. */
int dslt_pd_same_sums(const_dnnl_primitive_desc_t a, const_dnnl_primitive_desc_t b);
int dslt_pd_conv(dnnl_primitive_desc_t *out, dslt_cpu_engine *e, const dslt_conv_mds *md, int pad);
int dslt_pd_conv_backward_weights(dnnl_primitive_desc_t *out, dslt_cpu_engine *e, const dslt_conv_mds *md,
                                  int pad, dnnl_primitive_desc_t forward);
/* The primitives of other layers, with a layer's own activation. *out is NULL where oneDNN has only its slow
 * reference loops. */
typedef struct dslt_pool_form {
  dnnl_alg_kind_t algorithm; /* dnnl_pooling_max ... */
  dnnl_dims_t kernel, stride, front, back;
} dslt_pool_form;
int dslt_pd_pool(dnnl_primitive_desc_t *out, dslt_cpu_engine *e, dslt_md src, dslt_md dst,
                 const dslt_pool_form *form, const dslt_post *post);
int dslt_pd_lrn(dnnl_primitive_desc_t *out, dslt_cpu_engine *e, dslt_md md, const dslt_node *layer);
/* kind: DSLT_LAYER_SUM or DSLT_LAYER_PRODUCT; b may have one cell. */
int dslt_pd_binary(dnnl_primitive_desc_t *out, dslt_cpu_engine *e, int kind, dslt_md a, dslt_md b,
                   dslt_md dst, const dslt_post *post);
int dslt_pd_activation(dnnl_primitive_desc_t *out, dslt_cpu_engine *e, dslt_md md, const dslt_post *post);
int dslt_pd_upsample(dnnl_primitive_desc_t *out, dslt_cpu_engine *e, dslt_md src, dslt_md dst,
                     const dslt_node *layer);
int dslt_pd_matmul(dnnl_primitive_desc_t *out, dslt_cpu_engine *e, dslt_md a, dslt_md b, dslt_md c);
int dslt_pd_reorder(dnnl_primitive_desc_t *out, dslt_cpu_engine *e, dslt_md src, dslt_md dst);
dslt_md dslt_pd_md(const_dnnl_primitive_desc_t pd, dnnl_query_t what);
size_t dslt_pd_scratch(const_dnnl_primitive_desc_t pd);

#endif
