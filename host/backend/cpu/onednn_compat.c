/* SPDX-License-Identifier: Apache-2.0 */
/* onednn_compat.c: the calls that differ between oneDNN 2 and 3. */
#include "onednn_compat.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

int dslt_onednn_check(dnnl_status_t status, const char *what) {
  if (status == dnnl_success) return DSLT_OK;
  if (status == dnnl_out_of_memory)
    return dslt_fail(DSLT_EMEMORY, "Out of memory: oneDNN could not %s.", what);
  return dslt_fail(DSLT_EINTERNAL, "oneDNN could not %s (status %d).", what, (int)status);
}

#define TRY(call, what) DSLT_TRY(dslt_onednn_check((call), (what)))

static dnnl_status_t append_eltwise(dnnl_post_ops_t ops, dnnl_alg_kind_t kind, float alpha, float beta) {
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_post_ops_append_eltwise(ops, kind, alpha, beta);
#else
  return dnnl_post_ops_append_eltwise(ops, 1.0f, kind, alpha, beta);
#endif
}

static dnnl_status_t append_activation(dnnl_post_ops_t ops, const dslt_post *post) {
  dnnl_status_t status;
  switch (post->activation) {
    case DSLT_ACTIVATION_RELU: return append_eltwise(ops, dnnl_eltwise_relu, 0.0f, 0.0f);
    case DSLT_ACTIVATION_RELU6: return append_eltwise(ops, dnnl_eltwise_clip, 0.0f, 6.0f);
    case DSLT_ACTIVATION_HARD_SWISH: return append_eltwise(ops, dnnl_eltwise_hardswish, 1.0f / 6.0f, 0.5f);
    case DSLT_ACTIVATION_SIGMOID: return append_eltwise(ops, dnnl_eltwise_logistic, 0.0f, 0.0f);
    case DSLT_ACTIVATION_HARD_SIGMOID:
      status = append_eltwise(ops, dnnl_eltwise_linear, post->slope, 0.5f);
      return status == dnnl_success ? append_eltwise(ops, dnnl_eltwise_clip, 0.0f, 1.0f) : status;
    default: return dnnl_success;
  }
}

static dnnl_status_t append_sum(dnnl_post_ops_t ops) {
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_post_ops_append_sum(ops, 1.0f, 0, dnnl_data_type_undef);
#else
  return dnnl_post_ops_append_sum(ops, 1.0f);
#endif
}

/* Attributes every primitive gets: scratch memory from the caller, so that running allocates nothing. `post`
 * may be NULL. */
static int make_attributes(dnnl_primitive_attr_t *out, const dslt_post *post) {
  dnnl_primitive_attr_t attr = NULL;
  TRY(dnnl_primitive_attr_create(&attr), "create attributes");
  dnnl_status_t status = dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user);
  dnnl_post_ops_t ops = NULL;
  if (status == dnnl_success && post && (post->sum || post->activation)) {
    status = dnnl_post_ops_create(&ops);
    if (status == dnnl_success && post->sum) status = append_sum(ops);
    if (status == dnnl_success) status = append_activation(ops, post);
    if (status == dnnl_success) status = dnnl_primitive_attr_set_post_ops(attr, ops);
    if (ops) dnnl_post_ops_destroy(ops);
  }
  if (status != dnnl_success) {
    dnnl_primitive_attr_destroy(attr);
    return dslt_onednn_check(status, "set attributes");
  }
  *out = attr;
  return DSLT_OK;
}

/* ---- descriptors of memory ----------------------------------------------------------------------- */

int dslt_md_make(dslt_md_owned *out, int rank, const dnnl_dims_t dims, dnnl_data_type_t type,
                 dnnl_format_tag_t tag) {
#if DNNL_VERSION_MAJOR >= 3
  TRY(dnnl_memory_desc_create_with_tag(out, rank, dims, type, tag), "describe memory");
#else
  dnnl_memory_desc_t *md = malloc(sizeof *md);
  if (!md) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning.");
  dnnl_status_t status = dnnl_memory_desc_init_by_tag(md, rank, dims, type, tag);
  if (status != dnnl_success) {
    free(md);
    return dslt_onednn_check(status, "describe memory");
  }
  *out = md;
#endif
  return DSLT_OK;
}

int dslt_md_part(dslt_md_owned *out, dslt_md whole, int n, int first, int channels, int h, int w) {
  const dnnl_dims_t dims = {n, channels, h, w}, offsets = {0, first, 0, 0};
  dnnl_status_t status;
#if DNNL_VERSION_MAJOR >= 3
  status = dnnl_memory_desc_create_submemory(out, whole, dims, offsets);
#else
  dnnl_memory_desc_t *md = malloc(sizeof *md);
  if (!md) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning.");
  status = dnnl_memory_desc_init_submemory(md, whole, dims, offsets);
  if (status == dnnl_success)
    *out = md;
  else
    free(md);
#endif
  if (status == dnnl_success) return DSLT_OK;
  return dslt_fail(DSLT_EUNSUPPORTED, "oneDNN has no part of %d channels from %d on of this layout.",
                   channels, first);
}

int dslt_md_copy(dslt_md_owned *out, dslt_md md) {
#if DNNL_VERSION_MAJOR >= 3
  return dslt_onednn_check(dnnl_memory_desc_clone(out, md), "describe memory");
#else
  dnnl_memory_desc_t *copy = malloc(sizeof *copy);
  if (!copy) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning.");
  *copy = *md;
  *out = copy;
  return DSLT_OK;
#endif
}

void dslt_md_free(dslt_md_owned md) {
  if (!md) return;
#if DNNL_VERSION_MAJOR >= 3
  dnnl_memory_desc_destroy(md);
#else
  free(md);
#endif
}

dslt_md dslt_pd_md(const_dnnl_primitive_desc_t pd, dnnl_query_t what) {
  return dnnl_primitive_desc_query_md(pd, what, 0);
}

size_t dslt_pd_scratch(const_dnnl_primitive_desc_t pd) {
  return dnnl_memory_desc_get_size(dslt_pd_md(pd, dnnl_query_scratchpad_md));
}

/* ---- descriptors of primitives ------------------------------------------------------------------- */

static int name_fits(const_dnnl_primitive_desc_t pd, const char *name) {
  const char *info = "";
  if (dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, (void *)&info) != dnnl_success) return 0;
  return name ? strstr(info, name) != NULL : strncmp(info, "ref", 3) != 0;
}

#if DNNL_VERSION_MAJOR < 3
/* The first implementation of an operation whose name fits. Status dnnl_unimplemented: none does. */
static dnnl_status_t first_that_fits(dnnl_primitive_desc_t *out, dslt_cpu_engine *e,
                                     const_dnnl_op_desc_t desc, const_dnnl_primitive_attr_t attr,
                                     const char *name) {
  dnnl_primitive_desc_iterator_t all = NULL;
  dnnl_primitive_desc_t pd = NULL;
  dnnl_status_t status = dnnl_primitive_desc_iterator_create(&all, desc, attr, e->engine, NULL);
  while (status == dnnl_success) {
    pd = dnnl_primitive_desc_iterator_fetch(all);
    if (!pd) status = dnnl_out_of_memory;
    if (!pd || name_fits(pd, name)) break;
    dnnl_primitive_desc_destroy(pd);
    status = dnnl_primitive_desc_iterator_next(all);
  }
  if (all) dnnl_primitive_desc_iterator_destroy(all);
  if (status == dnnl_iterator_ends) status = dnnl_unimplemented;
  if (status == dnnl_success) *out = pd;
  return status;
}
#else
/* The same from a first descriptor, which it takes over. */
static dnnl_status_t first_that_fits(dnnl_primitive_desc_t *out, dnnl_primitive_desc_t pd,
                                     dnnl_status_t status, const char *name) {
  while (status == dnnl_success && !name_fits(pd, name)) status = dnnl_primitive_desc_next_impl(pd);
  if (status != dnnl_success && pd) dnnl_primitive_desc_destroy(pd);
  if (status == dnnl_last_impl_reached) status = dnnl_unimplemented;
  if (status == dnnl_success) *out = pd;
  return status;
}
#endif

int dslt_conv_weight_dims(dnnl_dims_t out, int groups, int cout, int cin, const int kernel[2]) {
  const dnnl_dims_t dims = {groups, cout / groups, cin / groups, kernel[0], kernel[1]};
  const int first = groups == 1, rank = 5 - first;
  for (int i = 0; i < rank; ++i) out[i] = dims[first + i];
  return rank;
}

static dnnl_status_t find_conv(dnnl_primitive_desc_t *out, dslt_cpu_engine *e, const dslt_conv_mds *md,
                               dnnl_prop_kind_t kind, const dslt_conv_form *form, dnnl_alg_kind_t algorithm,
                               const char *name, const_dnnl_primitive_attr_t attr) {
  const dnnl_dims_t dilates = {form->dilation[0] - 1, form->dilation[1] - 1};
  dnnl_status_t status;
#if DNNL_VERSION_MAJOR >= 3
  dnnl_primitive_desc_t pd = NULL;
  status = dnnl_convolution_forward_primitive_desc_create(&pd, e->engine, kind, algorithm, md->src,
                                                          md->weights, md->bias, md->dst, form->stride,
                                                          dilates, form->front, form->back, attr);
  return first_that_fits(out, pd, status, name);
#else
  dnnl_convolution_desc_t desc;
  status =
      dnnl_dilated_convolution_forward_desc_init(&desc, kind, algorithm, md->src, md->weights, md->bias,
                                                 md->dst, form->stride, dilates, form->front, form->back);
  return status == dnnl_success ? first_that_fits(out, e, &desc, attr, name) : status;
#endif
}

/* DSLT_OK with *out = NULL where there is no such primitive. */
static int found(dnnl_status_t status, const char *what) {
  if (status == dnnl_unimplemented || status == dnnl_invalid_arguments) return DSLT_OK;
  return dslt_onednn_check(status, what);
}

int dslt_pd_find_conv(dnnl_primitive_desc_t *out, dslt_cpu_engine *e, const dslt_conv_mds *md,
                      const dslt_conv_form *form, dnnl_alg_kind_t algorithm, const char *name) {
  dnnl_primitive_attr_t attr = NULL;
  *out = NULL;
  DSLT_TRY(make_attributes(&attr, &form->post));
  const dnnl_status_t status = find_conv(out, e, md, dnnl_forward_inference, form, algorithm, name, attr);
  dnnl_primitive_attr_destroy(attr);
  return found(status, "plan a convolution");
}

int dslt_pd_same_sums(const_dnnl_primitive_desc_t a, const_dnnl_primitive_desc_t b) {
  dslt_md left = dslt_pd_md(a, dnnl_query_weights_md), right = dslt_pd_md(b, dnnl_query_weights_md);
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_memory_desc_equal(left, right); /* opaque, and no Winograd to ask for */
#else
  /* input channels are summed in parts of ic2_block blocks, and the parts then added */
  const dnnl_wino_desc_t *l = &left->format_desc.wino_desc, *r = &right->format_desc.wino_desc;
  return left->format_kind == dnnl_format_kind_wino && right->format_kind == dnnl_format_kind_wino &&
         l->ic_block == r->ic_block && l->ic2_block == r->ic2_block;
#endif
}

int dslt_pd_conv(dnnl_primitive_desc_t *out, dslt_cpu_engine *e, const dslt_conv_mds *md, int pad) {
  const dslt_conv_form form = {.stride = {1, 1}, .dilation = {1, 1}, .front = {pad, pad}, .back = {pad, pad}};
  dnnl_primitive_attr_t attr = NULL;
  DSLT_TRY(make_attributes(&attr, NULL));
  const dnnl_status_t status =
      find_conv(out, e, md, dnnl_forward_training, &form, dnnl_convolution_direct, "", attr);
  dnnl_primitive_attr_destroy(attr);
  return dslt_onednn_check(status, "plan a convolution");
}

int dslt_pd_conv_backward_weights(dnnl_primitive_desc_t *out, dslt_cpu_engine *e, const dslt_conv_mds *md,
                                  int pad, dnnl_primitive_desc_t forward) {
  const dnnl_dims_t strides = {1, 1}, padding = {pad, pad};
  dnnl_primitive_attr_t attr = NULL;
  DSLT_TRY(make_attributes(&attr, NULL));
  dnnl_status_t status;
#if DNNL_VERSION_MAJOR >= 3
  const dnnl_dims_t dilates = {0, 0};
  status = dnnl_convolution_backward_weights_primitive_desc_create(
      out, e->engine, dnnl_convolution_direct, md->src, md->weights, md->bias, md->dst, strides, dilates,
      padding, padding, forward, attr);
#else
  dnnl_convolution_desc_t desc;
  status = dnnl_convolution_backward_weights_desc_init(&desc, dnnl_convolution_direct, md->src, md->weights,
                                                       md->bias, md->dst, strides, padding, padding);
  if (status == dnnl_success) status = dnnl_primitive_desc_create(out, &desc, attr, e->engine, forward);
#endif
  dnnl_primitive_attr_destroy(attr);
  return dslt_onednn_check(status, "plan a convolution's gradient");
}

int dslt_pd_pool(dnnl_primitive_desc_t *out, dslt_cpu_engine *e, dslt_md src, dslt_md dst,
                 const dslt_pool_form *f, const dslt_post *post) {
  dnnl_primitive_attr_t attr = NULL;
  *out = NULL;
  DSLT_TRY(make_attributes(&attr, post));
  dnnl_status_t status;
#if DNNL_VERSION_MAJOR >= 3
  const dnnl_dims_t dilation = {0, 0};
  dnnl_primitive_desc_t pd = NULL;
  status = dnnl_pooling_forward_primitive_desc_create(&pd, e->engine, dnnl_forward_inference, f->algorithm,
                                                      src, dst, f->stride, f->kernel, dilation, f->front,
                                                      f->back, attr);
  status = first_that_fits(out, pd, status, NULL);
#else
  dnnl_pooling_desc_t desc;
  status = dnnl_pooling_forward_desc_init(&desc, dnnl_forward_inference, f->algorithm, src, dst, f->stride,
                                          f->kernel, f->front, f->back);
  if (status == dnnl_success) status = first_that_fits(out, e, &desc, attr, NULL);
#endif
  dnnl_primitive_attr_destroy(attr);
  return found(status, "plan a pooling");
}

int dslt_pd_lrn(dnnl_primitive_desc_t *out, dslt_cpu_engine *e, dslt_md md, const dslt_node *l) {
  const dnnl_alg_kind_t algorithm = l->within ? dnnl_lrn_within_channel : dnnl_lrn_across_channels;
  dnnl_primitive_attr_t attr = NULL;
  *out = NULL;
  DSLT_TRY(make_attributes(&attr, NULL));
  dnnl_status_t status;
#if DNNL_VERSION_MAJOR >= 3
  dnnl_primitive_desc_t pd = NULL;
  status = dnnl_lrn_forward_primitive_desc_create(&pd, e->engine, dnnl_forward_inference, algorithm, md, md,
                                                  l->size, l->alpha, l->beta, l->k, attr);
  status = first_that_fits(out, pd, status, NULL);
#else
  dnnl_lrn_desc_t desc;
  status = dnnl_lrn_forward_desc_init(&desc, dnnl_forward_inference, algorithm, md, l->size, l->alpha,
                                      l->beta, l->k);
  if (status == dnnl_success) status = first_that_fits(out, e, &desc, attr, NULL);
#endif
  dnnl_primitive_attr_destroy(attr);
  return found(status, "plan a normalisation");
}

int dslt_pd_binary(dnnl_primitive_desc_t *out, dslt_cpu_engine *e, int kind, dslt_md a, dslt_md b,
                   dslt_md dst, const dslt_post *post) {
  const dnnl_alg_kind_t algorithm = kind == DSLT_LAYER_SUM ? dnnl_binary_add : dnnl_binary_mul;
  dnnl_primitive_attr_t attr = NULL;
  *out = NULL;
  DSLT_TRY(make_attributes(&attr, post));
  dnnl_status_t status;
#if DNNL_VERSION_MAJOR >= 3
  dnnl_primitive_desc_t pd = NULL;
  status = dnnl_binary_primitive_desc_create(&pd, e->engine, algorithm, a, b, dst, attr);
  status = first_that_fits(out, pd, status, NULL);
#else
  dnnl_binary_desc_t desc;
  status = dnnl_binary_desc_init(&desc, algorithm, a, b, dst);
  if (status == dnnl_success) status = first_that_fits(out, e, &desc, attr, NULL);
#endif
  dnnl_primitive_attr_destroy(attr);
  return found(status, "plan a sum or product");
}

int dslt_pd_activation(dnnl_primitive_desc_t *out, dslt_cpu_engine *e, dslt_md md, const dslt_post *post) {
  dnnl_primitive_attr_t attr = NULL;
  *out = NULL;
  DSLT_TRY(make_attributes(&attr, post));
  dnnl_status_t status;
#if DNNL_VERSION_MAJOR >= 3
  dnnl_primitive_desc_t pd = NULL;
  status = dnnl_eltwise_forward_primitive_desc_create(&pd, e->engine, dnnl_forward_inference,
                                                      dnnl_eltwise_linear, md, md, 1.0f, 0.0f, attr);
  status = first_that_fits(out, pd, status, NULL);
#else
  dnnl_eltwise_desc_t desc;
  status = dnnl_eltwise_forward_desc_init(&desc, dnnl_forward_inference, dnnl_eltwise_linear, md, 1.0f, 0.0f);
  if (status == dnnl_success) status = first_that_fits(out, e, &desc, attr, NULL);
#endif
  dnnl_primitive_attr_destroy(attr);
  return found(status, "plan an activation");
}

int dslt_pd_upsample(dnnl_primitive_desc_t *out, dslt_cpu_engine *e, dslt_md src, dslt_md dst,
                     const dslt_node *l) {
  const dnnl_alg_kind_t algorithm = l->linear ? dnnl_resampling_linear : dnnl_resampling_nearest;
  const float factors[2] = {(float)l->factor[0], (float)l->factor[1]};
  const dslt_post post = {0, l->activation, l->slope};
  dnnl_primitive_attr_t attr = NULL;
  *out = NULL;
  DSLT_TRY(make_attributes(&attr, &post));
  dnnl_status_t status;
#if DNNL_VERSION_MAJOR >= 3
  dnnl_primitive_desc_t pd = NULL;
  status = dnnl_resampling_forward_primitive_desc_create(&pd, e->engine, dnnl_forward_inference, algorithm,
                                                         factors, src, dst, attr);
  status = first_that_fits(out, pd, status, NULL);
#else
  dnnl_resampling_desc_t desc;
  status = dnnl_resampling_forward_desc_init(&desc, dnnl_forward_inference, algorithm, factors, src, dst);
  if (status == dnnl_success) status = first_that_fits(out, e, &desc, attr, NULL);
#endif
  dnnl_primitive_attr_destroy(attr);
  return found(status, "plan an upsampling");
}

int dslt_pd_matmul(dnnl_primitive_desc_t *out, dslt_cpu_engine *e, dslt_md a, dslt_md b, dslt_md c) {
  dnnl_primitive_attr_t attr = NULL;
  DSLT_TRY(make_attributes(&attr, NULL));
  dnnl_status_t status;
#if DNNL_VERSION_MAJOR >= 3
  status = dnnl_matmul_primitive_desc_create(out, e->engine, a, b, NULL, c, attr);
#else
  dnnl_matmul_desc_t desc;
  status = dnnl_matmul_desc_init(&desc, a, b, NULL, c);
  if (status == dnnl_success) status = dnnl_primitive_desc_create(out, &desc, attr, e->engine, NULL);
#endif
  dnnl_primitive_attr_destroy(attr);
  return dslt_onednn_check(status, "plan a matrix product");
}

int dslt_pd_reorder(dnnl_primitive_desc_t *out, dslt_cpu_engine *e, dslt_md src, dslt_md dst) {
  dnnl_primitive_attr_t attr = NULL;
  DSLT_TRY(make_attributes(&attr, NULL));
  dnnl_status_t status = dnnl_reorder_primitive_desc_create(out, src, e->engine, dst, e->engine, attr);
  dnnl_primitive_attr_destroy(attr);
  return dslt_onednn_check(status, "plan a change of layout");
}
