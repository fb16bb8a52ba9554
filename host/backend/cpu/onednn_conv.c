/* SPDX-License-Identifier: Apache-2.0 */
/* onednn_conv.c: the head's same-size convolutions (the channel reductions) by oneDNN: 1 x 1 as matrix
 * products, 3 x 3 as convolutions whose weights and gradients are converted between layouts. */
#include <stdlib.h>

#include "base/error.h"
#include "onednn_step.h"

struct dslt_conv {
  dslt_cpu *cpu;
  int cin, cout, k;
  dslt_gemm *product, *product_backward; /* k = 1 */
  dslt_step forward, backward;           /* k = 3 */
  dslt_step pack, unpack;                /* weights: hwio to the primitive's layout, gradient back */
  void *packed, *packed_gradient;
};

static int plan_layout(dslt_step *step, dslt_cpu *cpu, dslt_md from, const void *from_data, dslt_md to,
                       const void *to_data) {
  dnnl_primitive_desc_t pd = NULL;
  DSLT_TRY(dslt_pd_reorder(&pd, cpu->engine, from, to));
  int rc = dslt_step_make(step, cpu, pd);
  dnnl_primitive_desc_destroy(pd);
  DSLT_TRY(rc);
  DSLT_TRY(dslt_step_arg(step, cpu, DNNL_ARG_FROM, from, from_data));
  return dslt_step_arg(step, cpu, DNNL_ARG_TO, to, to_data);
}

static int plan_forward(dslt_conv *conv, const dslt_conv_mds *any, dslt_md hwio, dnnl_primitive_desc_t pd) {
  dslt_cpu *cpu = conv->cpu;
  dslt_md packed = dslt_pd_md(pd, dnnl_query_weights_md);
  DSLT_TRY(dslt_step_make(&conv->forward, cpu, pd));
  DSLT_TRY(dslt_cpu_new(&conv->packed, dnnl_memory_desc_get_size(packed), "a reduction's weights"));
  DSLT_TRY(plan_layout(&conv->pack, cpu, hwio, NULL, packed, conv->packed));
  DSLT_TRY(dslt_step_arg(&conv->forward, cpu, DNNL_ARG_SRC, any->src, NULL));
  DSLT_TRY(dslt_step_arg(&conv->forward, cpu, DNNL_ARG_WEIGHTS, packed, conv->packed));
  return dslt_step_arg(&conv->forward, cpu, DNNL_ARG_DST, any->dst, NULL);
}

static int plan_backward(dslt_conv *conv, const dslt_conv_mds *any, dslt_md hwio, dnnl_primitive_desc_t pd) {
  dslt_cpu *cpu = conv->cpu;
  dslt_md packed = dslt_pd_md(pd, dnnl_query_diff_weights_md);
  DSLT_TRY(dslt_step_make(&conv->backward, cpu, pd));
  DSLT_TRY(dslt_cpu_new(&conv->packed_gradient, dnnl_memory_desc_get_size(packed), "a reduction's gradient"));
  DSLT_TRY(plan_layout(&conv->unpack, cpu, packed, conv->packed_gradient, hwio, NULL));
  DSLT_TRY(dslt_step_arg(&conv->backward, cpu, DNNL_ARG_SRC, any->src, NULL));
  DSLT_TRY(dslt_step_arg(&conv->backward, cpu, DNNL_ARG_DIFF_WEIGHTS, packed, conv->packed_gradient));
  return dslt_step_arg(&conv->backward, cpu, DNNL_ARG_DIFF_DST, any->dst, NULL);
}

static int plan_3x3(dslt_conv *conv, int n, int h, int w) {
  dslt_cpu *cpu = conv->cpu;
  const dnnl_dims_t src_dims = {n, conv->cin, h, w}, dst_dims = {n, conv->cout, h, w};
  const dnnl_dims_t weight_dims = {conv->cout, conv->cin, conv->k, conv->k};
  dslt_md_owned src = NULL, dst = NULL, any = NULL, hwio = NULL;
  dnnl_primitive_desc_t forward = NULL, backward = NULL;
  int rc;
  DSLT_TRY_OR_DONE(dslt_md_make(&src, 4, src_dims, dnnl_f32, dnnl_nhwc));
  DSLT_TRY_OR_DONE(dslt_md_make(&dst, 4, dst_dims, dnnl_f32, dnnl_nhwc));
  DSLT_TRY_OR_DONE(dslt_md_make(&any, 4, weight_dims, dnnl_f32, dnnl_format_tag_any));
  DSLT_TRY_OR_DONE(dslt_md_make(&hwio, 4, weight_dims, dnnl_f32, dnnl_hwio));
  dslt_conv_mds mds = {src, any, NULL, dst};
  int pad = (conv->k - 1) / 2;
  DSLT_TRY_OR_DONE(dslt_pd_conv(&forward, cpu->engine, &mds, pad));
  DSLT_TRY_OR_DONE(plan_forward(conv, &mds, hwio, forward));
  if (n == 1) DSLT_TRY_OR_DONE(dslt_pd_conv_backward_weights(&backward, cpu->engine, &mds, pad, forward));
  if (n == 1) DSLT_TRY_OR_DONE(plan_backward(conv, &mds, hwio, backward));
done:
  if (forward) dnnl_primitive_desc_destroy(forward);
  if (backward) dnnl_primitive_desc_destroy(backward);
  dslt_md_free(src);
  dslt_md_free(dst);
  dslt_md_free(any);
  dslt_md_free(hwio);
  return rc;
}

int dslt_cpu_conv_plan(dslt_conv **out, dslt_backend *backend, int n, int h, int w, int cin, int cout,
                       int k) {
  dslt_conv *conv = calloc(1, sizeof *conv);
  if (!conv) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning a reduction.");
  conv->cpu = dslt_cpu_of(backend);
  conv->cin = cin;
  conv->cout = cout;
  conv->k = k;
  int rc;
  if (k == 1) {
    rc = dslt_gemm_plan(&conv->product, conv->cpu, 0, 0, n * h * w, cout, cin);
    if (rc == DSLT_OK && n == 1)
      rc = dslt_gemm_plan(&conv->product_backward, conv->cpu, 1, 0, cin, cout, h * w);
  } else {
    rc = plan_3x3(conv, n, h, w);
  }
  if (rc < 0) {
    dslt_cpu_conv_free(conv);
    return rc;
  }
  *out = conv;
  return DSLT_OK;
}

int dslt_cpu_conv_forward(dslt_conv *conv, float *y, const float *x, const float *w) {
  if (conv->k == 1) return dslt_gemm_run(conv->product, y, x, w);
  DSLT_TRY(dslt_step_set(&conv->pack, DNNL_ARG_FROM, w));
  DSLT_TRY(dslt_step_run(&conv->pack, conv->cpu));
  DSLT_TRY(dslt_step_set(&conv->forward, DNNL_ARG_SRC, x));
  DSLT_TRY(dslt_step_set(&conv->forward, DNNL_ARG_DST, y));
  return dslt_step_run(&conv->forward, conv->cpu);
}

int dslt_cpu_conv_backward_weights(dslt_conv *conv, float *dw, const float *x, const float *dy) {
  if (conv->k == 1) return dslt_gemm_run(conv->product_backward, dw, x, dy);
  DSLT_TRY(dslt_step_set(&conv->backward, DNNL_ARG_SRC, x));
  DSLT_TRY(dslt_step_set(&conv->backward, DNNL_ARG_DIFF_DST, dy));
  DSLT_TRY(dslt_step_run(&conv->backward, conv->cpu));
  DSLT_TRY(dslt_step_set(&conv->unpack, DNNL_ARG_TO, dw));
  return dslt_step_run(&conv->unpack, conv->cpu);
}

void dslt_cpu_conv_free(dslt_conv *conv) {
  if (!conv) return;
  dslt_gemm_free(conv->product);
  dslt_gemm_free(conv->product_backward);
  dslt_step_free(&conv->forward);
  dslt_step_free(&conv->backward);
  dslt_step_free(&conv->pack);
  dslt_step_free(&conv->unpack);
  free(conv->packed);
  free(conv->packed_gradient);
  free(conv);
}
