/* SPDX-License-Identifier: Apache-2.0 */
#include "onednn_weights.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "onednn_step.h"

/* Turn float32 [cout][cin][3][3] into the primitive's own layout and type. */
static int pack(dslt_cpu *cpu, const float *oihw, const dnnl_dims_t dims, dslt_md to, void *packed) {
  dslt_md_owned from = NULL;
  dnnl_primitive_desc_t pd = NULL;
  dslt_step step = {0};
  int rc = dslt_md_make(&from, 4, dims, dnnl_f32, dnnl_oihw);
  if (rc == DSLT_OK) rc = dslt_pd_reorder(&pd, cpu->engine, from, to);
  if (rc == DSLT_OK) rc = dslt_step_make(&step, cpu, pd);
  if (rc == DSLT_OK) rc = dslt_step_arg(&step, cpu, DNNL_ARG_FROM, from, oihw);
  if (rc == DSLT_OK) rc = dslt_step_arg(&step, cpu, DNNL_ARG_TO, to, packed);
  if (rc == DSLT_OK) rc = dslt_step_run(&step, cpu);
  dslt_step_free(&step);
  if (pd) dnnl_primitive_desc_destroy(pd);
  dslt_md_free(from);
  return rc;
}

static int load_and_pack(dslt_layer_weights *out, dslt_cpu *cpu, const dslt_net_desc *desc, int index,
                         dslt_md wanted) {
  const dslt_net_layer *layer = &desc->layer[index];
  const dnnl_dims_t dims = {layer->cout, layer->cin, 3, 3};
  const size_t count = 9 * (size_t)layer->cout * (size_t)layer->cin;
  void *oihw = NULL;
  DSLT_TRY(dslt_cpu_alloc(&oihw, count * sizeof(float), "a layer"));
  int rc = desc->load(desc->context, index, oihw, out->bias);
  if (rc == DSLT_OK) rc = dslt_cpu_alloc(&out->packed, dnnl_memory_desc_get_size(wanted), "packed weights");
  out->owned = rc == DSLT_OK;
  if (rc == DSLT_OK) rc = pack(cpu, oihw, dims, wanted, out->packed);
  free(oihw);
  return rc;
}

int dslt_layer_weights_load(dslt_layer_weights *out, dslt_cpu *cpu, const dslt_net_desc *desc, int index,
                            dslt_md wanted, const dslt_layer_weights *share) {
  const size_t bias_bytes = (size_t)desc->layer[index].cout * sizeof(float);
  void *bias = NULL;
  DSLT_TRY(dslt_md_copy(&out->layout, wanted));
  DSLT_TRY(dslt_cpu_alloc(&bias, bias_bytes, "a layer's bias"));
  out->bias = bias;
  if (!share || !dnnl_memory_desc_equal(share->layout, wanted))
    return load_and_pack(out, cpu, desc, index, wanted);
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
