/* onednn_net.c: the backbone as a flat list of oneDNN primitives, planned once for each batch and input size.
 *
 * Every activation is channels-last, which is as fast as oneDNN's blocked layouts here and lets the taps be
 * written where they are wanted. Two buffers take turns; weights are packed once and shared between plans. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "onednn_step.h"
#include "util/error.h"

typedef struct net_layer {
  dslt_step conv, pool;
  void *packed; /* weights in the primitive's layout */
  dslt_md_owned packed_md;
  int owns_packed;
  float *bias;
} net_layer;

struct dslt_net {
  dslt_cpu *cpu;
  dslt_net_desc desc;
  dnnl_data_type_t type;                /* of activations and weights */
  size_t buffer_bytes;                  /* of each of the two activation buffers */
  dslt_step convert_input, convert_tap; /* bfloat16 only */
  net_layer layers[DSLT_NET_LAYERS_MAX];
};

/* ---- engine -------------------------------------------------------------------------------------- */

int dslt_cpu_engine_open(dslt_cpu_engine **out, dslt_cpu *cpu) {
  (void)cpu;
  dslt_cpu_engine *e = calloc(1, sizeof *e);
  if (!e) return dslt_fail(DSLT_EMEMORY, "Out of memory while opening oneDNN.");
  int rc = dslt_onednn_check(dnnl_engine_create(&e->engine, dnnl_cpu, 0), "open the CPU");
  if (rc == DSLT_OK)
    rc = dslt_onednn_check(dnnl_stream_create(&e->stream, e->engine, dnnl_stream_default_flags),
                           "open a stream");
  if (rc < 0) {
    dslt_cpu_engine_close(e);
    return rc;
  }
  *out = e;
  return DSLT_OK;
}

void dslt_cpu_engine_close(dslt_cpu_engine *e) {
  if (!e) return;
  if (e->stream) dnnl_stream_destroy(e->stream);
  if (e->engine) dnnl_engine_destroy(e->engine);
  free(e);
}

int dslt_cpu_has_bf16(void) {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16") != 0;
#else
  return 0;
#endif
}

void dslt_cpu_library(char *out, size_t size) {
  const dnnl_version_t *v = dnnl_version();
  snprintf(out, size, "oneDNN %d.%d.%d", v->major, v->minor, v->patch);
}

/* ---- planning ------------------------------------------------------------------------------------ */

static size_t element_size(dnnl_data_type_t type) { return type == dnnl_f32 ? 4 : 2; }

static int same_layout(dslt_md a, dslt_md b) { return dnnl_memory_desc_equal(a, b); }

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

static int load_weights(dslt_net *net, int index, const dnnl_dims_t dims, dslt_md wanted) {
  net_layer *layer = &net->layers[index];
  const dslt_net *share = net->desc.share;
  void *bias = NULL;
  DSLT_TRY(dslt_md_copy(&layer->packed_md, wanted));
  DSLT_TRY(dslt_cpu_alloc(&bias, (size_t)dims[0] * sizeof(float), "a layer's bias"));
  layer->bias = bias;
  if (share && same_layout(share->layers[index].packed_md, wanted)) {
    layer->packed = share->layers[index].packed;
    memcpy(layer->bias, share->layers[index].bias, (size_t)dims[0] * sizeof(float));
    return DSLT_OK;
  }
  void *oihw = NULL;
  DSLT_TRY(dslt_cpu_alloc(&oihw, (size_t)(dims[0] * dims[1] * dims[2] * dims[3]) * sizeof(float), "a layer"));
  int rc = net->desc.load(net->desc.context, index, oihw, layer->bias);
  if (rc == DSLT_OK) rc = dslt_cpu_alloc(&layer->packed, dnnl_memory_desc_get_size(wanted), "packed weights");
  layer->owns_packed = rc == DSLT_OK;
  if (rc == DSLT_OK) rc = pack(net->cpu, oihw, dims, wanted, layer->packed);
  free(oihw);
  return rc;
}

static int plan_conv(dslt_net *net, int index, int h, int w) {
  dslt_cpu *cpu = net->cpu;
  net_layer *layer = &net->layers[index];
  const dslt_net_layer *shape = &net->desc.layer[index];
  const dnnl_dims_t src_dims = {net->desc.n, shape->cin, h, w}, dst_dims = {net->desc.n, shape->cout, h, w};
  const dnnl_dims_t weight_dims = {shape->cout, shape->cin, 3, 3}, bias_dims = {shape->cout};
  dnnl_data_type_t dst_type = index == net->desc.tap_high ? dnnl_f32 : net->type;
  dslt_md_owned src = NULL, weights = NULL, bias = NULL, dst = NULL;
  dnnl_primitive_desc_t pd = NULL;
  int rc = dslt_md_make(&src, 4, src_dims, net->type, dnnl_nhwc);
  if (rc == DSLT_OK) rc = dslt_md_make(&weights, 4, weight_dims, net->type, dnnl_format_tag_any);
  if (rc == DSLT_OK) rc = dslt_md_make(&bias, 1, bias_dims, dnnl_f32, dnnl_x);
  if (rc == DSLT_OK) rc = dslt_md_make(&dst, 4, dst_dims, dst_type, dnnl_nhwc);
  dslt_conv_mds mds = {src, weights, bias, dst};
  if (rc == DSLT_OK) rc = dslt_pd_conv_relu(&pd, cpu->engine, &mds, 1);
  if (rc == DSLT_OK) rc = dslt_step_make(&layer->conv, cpu, pd);
  dslt_md packed = rc == DSLT_OK ? dslt_pd_md(pd, dnnl_query_weights_md) : NULL;
  if (rc == DSLT_OK) rc = load_weights(net, index, weight_dims, packed);
  if (rc == DSLT_OK) rc = dslt_step_arg(&layer->conv, cpu, DNNL_ARG_SRC, src, NULL);
  if (rc == DSLT_OK) rc = dslt_step_arg(&layer->conv, cpu, DNNL_ARG_WEIGHTS, packed, layer->packed);
  if (rc == DSLT_OK) rc = dslt_step_arg(&layer->conv, cpu, DNNL_ARG_BIAS, bias, layer->bias);
  if (rc == DSLT_OK) rc = dslt_step_arg(&layer->conv, cpu, DNNL_ARG_DST, dst, NULL);
  if (pd) dnnl_primitive_desc_destroy(pd);
  dslt_md_free(src);
  dslt_md_free(weights);
  dslt_md_free(bias);
  dslt_md_free(dst);
  return rc;
}

static int plan_pool(dslt_net *net, int index, int h, int w) {
  const dnnl_dims_t src_dims = {net->desc.n, net->desc.layer[index].cout, h, w};
  const dnnl_dims_t dst_dims = {net->desc.n, net->desc.layer[index].cout, h / 2, w / 2};
  dslt_md_owned src = NULL, dst = NULL;
  dnnl_primitive_desc_t pd = NULL;
  dslt_step *step = &net->layers[index].pool;
  int rc = dslt_md_make(&src, 4, src_dims, net->type, dnnl_nhwc);
  if (rc == DSLT_OK) rc = dslt_md_make(&dst, 4, dst_dims, net->type, dnnl_nhwc);
  if (rc == DSLT_OK) rc = dslt_pd_pool(&pd, net->cpu->engine, src, dst);
  if (rc == DSLT_OK) rc = dslt_step_make(step, net->cpu, pd);
  if (rc == DSLT_OK) rc = dslt_step_arg(step, net->cpu, DNNL_ARG_SRC, src, NULL);
  if (rc == DSLT_OK) rc = dslt_step_arg(step, net->cpu, DNNL_ARG_DST, dst, NULL);
  if (pd) dnnl_primitive_desc_destroy(pd);
  dslt_md_free(src);
  dslt_md_free(dst);
  return rc;
}

/* float32 to bfloat16 or back, channels-last both. */
static int plan_convert(dslt_step *step, dslt_net *net, int c, int h, int w, dnnl_data_type_t from_type,
                        dnnl_data_type_t to_type) {
  const dnnl_dims_t dims = {net->desc.n, c, h, w};
  dslt_md_owned from = NULL, to = NULL;
  dnnl_primitive_desc_t pd = NULL;
  int rc = dslt_md_make(&from, 4, dims, from_type, dnnl_nhwc);
  if (rc == DSLT_OK) rc = dslt_md_make(&to, 4, dims, to_type, dnnl_nhwc);
  if (rc == DSLT_OK) rc = dslt_pd_reorder(&pd, net->cpu->engine, from, to);
  if (rc == DSLT_OK) rc = dslt_step_make(step, net->cpu, pd);
  if (rc == DSLT_OK) rc = dslt_step_arg(step, net->cpu, DNNL_ARG_FROM, from, NULL);
  if (rc == DSLT_OK) rc = dslt_step_arg(step, net->cpu, DNNL_ARG_TO, to, NULL);
  if (pd) dnnl_primitive_desc_destroy(pd);
  dslt_md_free(from);
  dslt_md_free(to);
  return rc;
}

static int plan_layers(dslt_net *net) {
  const dslt_net_desc *d = &net->desc;
  int h = d->h, w = d->w;
  size_t largest = (size_t)d->n * (size_t)h * (size_t)w * 3;
  if (net->type != dnnl_f32) DSLT_TRY(plan_convert(&net->convert_input, net, 3, h, w, dnnl_f32, net->type));
  for (int i = 0; i <= d->tap_high; ++i) {
    DSLT_TRY(plan_conv(net, i, h, w));
    size_t values = (size_t)d->n * (size_t)h * (size_t)w * (size_t)d->layer[i].cout;
    if (values > largest) largest = values;
    if (i == d->tap_low && net->type != dnnl_f32)
      DSLT_TRY(plan_convert(&net->convert_tap, net, d->layer[i].cout, h, w, net->type, dnnl_f32));
    if (i == d->tap_high || !d->layer[i].pool_after) continue;
    DSLT_TRY(plan_pool(net, i, h, w));
    h /= 2;
    w /= 2;
  }
  net->buffer_bytes = (largest * element_size(net->type) + 63) & ~(size_t)63;
  return dslt_cpu_reserve(&net->cpu->activations, 2 * net->buffer_bytes);
}

int dslt_cpu_net_plan(dslt_net **out, dslt_backend *backend, const dslt_net_desc *desc) {
  dslt_net *net = calloc(1, sizeof *net);
  if (!net) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning the backbone.");
  net->cpu = dslt_cpu_of(backend);
  net->desc = *desc;
  net->type = net->cpu->precision == DSLT_PRECISION_BF16 ? dnnl_bf16 : dnnl_f32;
  int rc = plan_layers(net);
  net->desc.load = NULL; /* the context may be gone from here on */
  net->desc.context = NULL;
  if (rc < 0) {
    dslt_cpu_net_free(net);
    return rc;
  }
  *out = net;
  return DSLT_OK;
}

/* ---- running ------------------------------------------------------------------------------------- */

static int run_pair(dslt_step *step, dslt_cpu *cpu, int src_arg, const void *src, int dst_arg, void *dst) {
  DSLT_TRY(dslt_step_set(step, src_arg, src));
  DSLT_TRY(dslt_step_set(step, dst_arg, dst));
  return dslt_step_run(step, cpu);
}

int dslt_cpu_net_run(dslt_net *net, const float *input, float *tap_low, float *tap_high) {
  dslt_cpu *cpu = net->cpu;
  const dslt_net_desc *d = &net->desc;
  void *buffers[2] = {cpu->activations.data, (char *)cpu->activations.data + net->buffer_bytes};
  int turn = 0;
  const void *current = input;
  if (net->type != dnnl_f32) {
    DSLT_TRY(run_pair(&net->convert_input, cpu, DNNL_ARG_FROM, input, DNNL_ARG_TO, buffers[turn]));
    current = buffers[turn];
    turn ^= 1;
  }
  for (int i = 0; i <= d->tap_high; ++i) {
    int direct = i == d->tap_high || (i == d->tap_low && net->type == dnnl_f32);
    void *dst = i == d->tap_high ? (void *)tap_high : (direct ? (void *)tap_low : buffers[turn]);
    DSLT_TRY(run_pair(&net->layers[i].conv, cpu, DNNL_ARG_SRC, current, DNNL_ARG_DST, dst));
    current = dst;
    if (!direct) turn ^= 1;
    if (i == d->tap_low && !direct)
      DSLT_TRY(run_pair(&net->convert_tap, cpu, DNNL_ARG_FROM, current, DNNL_ARG_TO, tap_low));
    if (i == d->tap_high || !d->layer[i].pool_after) continue;
    DSLT_TRY(run_pair(&net->layers[i].pool, cpu, DNNL_ARG_SRC, current, DNNL_ARG_DST, buffers[turn]));
    current = buffers[turn];
    turn ^= 1;
  }
  return DSLT_OK;
}

void dslt_cpu_net_free(dslt_net *net) {
  if (!net) return;
  for (int i = 0; i < DSLT_NET_LAYERS_MAX; ++i) {
    net_layer *layer = &net->layers[i];
    dslt_step_free(&layer->conv);
    dslt_step_free(&layer->pool);
    dslt_md_free(layer->packed_md);
    if (layer->owns_packed) free(layer->packed);
    free(layer->bias);
  }
  dslt_step_free(&net->convert_input);
  dslt_step_free(&net->convert_tap);
  free(net);
}
