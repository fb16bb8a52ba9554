/* SPDX-License-Identifier: Apache-2.0 */
/* onednn_weights.c: a layer's weights: loaded, converted to the convolution's layout, shared between
 * plans. */
#include "onednn_weights.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "layers.h"
#include "onednn_step.h"

static const dslt_node *layer_of(const dslt_weights_request *r) { return &r->desc->graph->layer[r->index]; }

/* Convert float32 [cout][cin / groups][kh][kw] into the primitive's own layout and type. */
static int pack(dslt_cpu *cpu, const float *oihw, const dslt_weights_request *r, dslt_md to, void *packed) {
  const dslt_node *l = layer_of(r);
  dnnl_dims_t dims;
  const int rank = dslt_conv_weight_dims(dims, l->groups, l->channels, r->cin, l->kernel);
  dslt_md_owned from = NULL;
  dnnl_primitive_desc_t pd = NULL;
  dslt_step step = {0};
  int rc;
  DSLT_TRY_OR_DONE(dslt_md_make(&from, rank, dims, dnnl_f32, rank == 5 ? dnnl_goihw : dnnl_oihw));
  DSLT_TRY_OR_DONE(dslt_pd_reorder(&pd, cpu->engine, from, to));
  DSLT_TRY_OR_DONE(dslt_step_make(&step, cpu, pd));
  DSLT_TRY_OR_DONE(dslt_step_arg(&step, cpu, DNNL_ARG_FROM, from, oihw));
  DSLT_TRY_OR_DONE(dslt_step_arg(&step, cpu, DNNL_ARG_TO, to, packed));
  DSLT_TRY_OR_DONE(dslt_step_run(&step, cpu));
done:
  dslt_step_free(&step);
  if (pd) dnnl_primitive_desc_destroy(pd);
  dslt_md_free(from);
  return rc;
}

static int load_and_pack(dslt_layer_weights *out, dslt_cpu *cpu, const dslt_weights_request *r,
                         dslt_md wanted) {
  const dslt_node *layer = layer_of(r);
  const size_t bytes = dslt_layer_weights_count(layer, &(dslt_node_map){.c = r->cin}) * sizeof(float);
  void *oihw = NULL;
  DSLT_TRY(dslt_cpu_new(&oihw, bytes, "a layer"));
  int rc;
  DSLT_TRY_OR_DONE(r->desc->load(r->desc->context, r->index, oihw, out->bias));
  DSLT_TRY_OR_DONE(
      dslt_cpu_new(&out->packed, wanted ? dnnl_memory_desc_get_size(wanted) : bytes, "packed weights"));
  out->owned = 1;
  if (wanted)
    rc = pack(cpu, oihw, r, wanted, out->packed);
  else
    dslt_layer_order_weights(out->packed, oihw, layer, r->cin / layer->groups);
done:
  free(oihw);
  return rc;
}

static int same_layout(const dslt_layer_weights *a, dslt_md b) {
  if (!a->layout || !b) return !a->layout && !b;
  return dnnl_memory_desc_equal(a->layout, b);
}

int dslt_layer_weights_load(dslt_layer_weights *out, dslt_cpu *cpu, const dslt_weights_request *request,
                            dslt_md wanted, const dslt_layer_weights *share) {
  const size_t bias_bytes = (size_t)layer_of(request)->channels * sizeof(float);
  void *bias = NULL;
  if (wanted) DSLT_TRY(dslt_md_copy(&out->layout, wanted));
  DSLT_TRY(dslt_cpu_new(&bias, bias_bytes, "a layer's bias"));
  out->bias = bias;
  if (!share || !share->packed || !same_layout(share, wanted))
    return load_and_pack(out, cpu, request, wanted);
  out->packed = share->packed;
  memcpy(bias, share->bias, bias_bytes);
  return DSLT_OK;
}

void dslt_layer_weights_free(dslt_layer_weights *weights) {
  dslt_md_free(weights->layout);
  if (weights->owned) free(weights->packed);
  free(weights->bias);
  memset(weights, 0, sizeof *weights);
}
