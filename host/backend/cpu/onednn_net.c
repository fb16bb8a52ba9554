/* SPDX-License-Identifier: Apache-2.0 */
/* onednn_net.c: the backbone as a flat list of oneDNN primitives, planned once for each batch and input size.
 *
 * Activations stay in the layout that the convolutions want (onednn_choice.h). The list changes it where two
 * neighbours differ and where a tap leaves for the tracker, channels last and float32; nothing else moves.
 * Two buffers take turns; weights are packed once and shared between plans. */
#include <stdlib.h>

#include "base/error.h"
#include "onednn_choice.h"
#include "onednn_step.h"
#include "onednn_weights.h"

/* A change of layout, a convolution, a tap and a pooling for each layer. */
enum { STEPS_MAX = 4 * DSLT_NET_LAYERS_MAX };

typedef enum place { INPUT, BUFFER_0, BUFFER_1, TAP_LOW, TAP_HIGH, PLACES } place;

typedef struct net_step {
  dslt_step step;
  int src_arg, dst_arg; /* names of its arguments */
  place src, dst;
  int runs;                      /* parts of the batch, one after the other */
  size_t src_stride, dst_stride; /* bytes from part to part */
} net_step;

struct dslt_net {
  dslt_cpu *cpu;
  dslt_net_desc desc;
  dnnl_data_type_t type; /* of activations and weights */
  size_t buffer_bytes;   /* of each of the two activation buffers */
  int steps;
  net_step step[STEPS_MAX];
  dslt_layer_weights weights[DSLT_NET_LAYERS_MAX];
};

/* ---- planning ------------------------------------------------------------------------------------ */

/* The activations between two steps. */
typedef struct stage {
  place at;
  int c, h, w;
  dnnl_data_type_t type;
  dnnl_format_tag_t layout;
} stage;

static int stage_md(dslt_md_owned *out, const stage *s, int images) {
  const dnnl_dims_t dims = {images, s->c, s->h, s->w};
  return dslt_md_make(out, 4, dims, s->type, s->layout);
}

/* The buffer that does not hold `current`. */
static place other_buffer(place current) { return current == BUFFER_0 ? BUFFER_1 : BUFFER_0; }

/* Append the primitive of `pd`, from one stage to the next. */
static int append(net_step **out, dslt_net *net, dnnl_primitive_desc_t pd, int src_arg, const stage *from,
                  dslt_md src, int dst_arg, const stage *to, dslt_md dst, int images) {
  if (net->steps == STEPS_MAX) return dslt_fail(DSLT_EINTERNAL, "The backbone has too many steps.");
  net_step *s = &net->step[net->steps];
  const size_t src_bytes = dnnl_memory_desc_get_size(src), dst_bytes = dnnl_memory_desc_get_size(dst);
  const int runs = net->desc.n / images;
  DSLT_TRY(dslt_step_make(&s->step, net->cpu, pd));
  ++net->steps;
  s->src_arg = src_arg;
  s->dst_arg = dst_arg;
  s->src = from->at;
  s->dst = to->at;
  s->runs = runs;
  s->src_stride = src_bytes;
  s->dst_stride = dst_bytes;
  if (to->at == BUFFER_0 || to->at == BUFFER_1)
    if ((size_t)runs * dst_bytes > net->buffer_bytes) net->buffer_bytes = (size_t)runs * dst_bytes;
  DSLT_TRY(dslt_step_arg(&s->step, net->cpu, src_arg, src, NULL));
  DSLT_TRY(dslt_step_arg(&s->step, net->cpu, dst_arg, dst, NULL));
  *out = s;
  return DSLT_OK;
}

static int plan_reorder(dslt_net *net, const stage *from, const stage *to) {
  dslt_md_owned src = NULL, dst = NULL;
  dnnl_primitive_desc_t pd = NULL;
  net_step *step;
  int rc = stage_md(&src, from, net->desc.n);
  if (rc == DSLT_OK) rc = stage_md(&dst, to, net->desc.n);
  if (rc == DSLT_OK) rc = dslt_pd_reorder(&pd, net->cpu->engine, src, dst);
  if (rc == DSLT_OK) rc = append(&step, net, pd, DNNL_ARG_FROM, from, src, DNNL_ARG_TO, to, dst, net->desc.n);
  if (pd) dnnl_primitive_desc_destroy(pd);
  dslt_md_free(src);
  dslt_md_free(dst);
  return rc;
}

/* Bring the activations into another layout or type. */
static int plan_change(dslt_net *net, stage *current, dnnl_format_tag_t layout, dnnl_data_type_t type) {
  if (current->layout == layout && current->type == type) return DSLT_OK;
  stage to = *current;
  to.at = other_buffer(current->at);
  to.layout = layout;
  to.type = type;
  DSLT_TRY(plan_reorder(net, current, &to));
  *current = to;
  return DSLT_OK;
}

static int append_conv(dslt_net *net, int index, const dslt_conv_choice *choice, const stage *from,
                       const stage *to) {
  const dnnl_dims_t bias_dims = {to->c};
  dslt_layer_weights *weights = &net->weights[index];
  const dslt_net *share = net->desc.share;
  dslt_md packed = dslt_pd_md(choice->pd, dnnl_query_weights_md);
  dslt_md_owned src = NULL, bias = NULL, dst = NULL;
  net_step *step = NULL;
  int rc = dslt_layer_weights_load(weights, net->cpu, &net->desc, index, packed,
                                   share ? &share->weights[index] : NULL);
  if (rc == DSLT_OK) rc = stage_md(&src, from, choice->images);
  if (rc == DSLT_OK) rc = stage_md(&dst, to, choice->images);
  if (rc == DSLT_OK) rc = dslt_md_make(&bias, 1, bias_dims, dnnl_f32, dnnl_x);
  if (rc == DSLT_OK)
    rc = append(&step, net, choice->pd, DNNL_ARG_SRC, from, src, DNNL_ARG_DST, to, dst, choice->images);
  if (rc == DSLT_OK) rc = dslt_step_arg(&step->step, net->cpu, DNNL_ARG_WEIGHTS, packed, weights->packed);
  if (rc == DSLT_OK) rc = dslt_step_arg(&step->step, net->cpu, DNNL_ARG_BIAS, bias, weights->bias);
  dslt_md_free(src);
  dslt_md_free(bias);
  dslt_md_free(dst);
  return rc;
}

static dslt_conv_shape shape_of(const dslt_net *net, int index, int h, int w) {
  const dslt_net_layer *layer = &net->desc.layer[index];
  return (dslt_conv_shape){net->desc.n, h, w, layer->cin, layer->cout, net->type};
}

/* 1: the layer after the first one reads blocks of 16 channels. */
static int second_is_blocked(int *out, const dslt_net *net) {
  const dslt_net_desc *d = &net->desc;
  const int halve = d->layer[0].pool_after;
  *out = 0;
  if (d->tap_high == 0) return DSLT_OK;
  const dslt_conv_shape shape = shape_of(net, 1, halve ? d->h / 2 : d->h, halve ? d->w / 2 : d->w);
  dslt_conv_choice choice;
  DSLT_TRY(dslt_conv_choose(&choice, net->cpu->engine, &shape, net->type, 0, 0));
  dnnl_primitive_desc_destroy(choice.pd);
  *out = choice.src == dnnl_nChw16c;
  return DSLT_OK;
}

/* Convolution, bias and ReLU, and the tap's way out. A convolution that writes what a tap is to be writes it
 * in its place. */
static int plan_conv(dslt_net *net, int index, stage *current) {
  const dslt_net_desc *d = &net->desc;
  const int is_high = index == d->tap_high, is_low = index == d->tap_low;
  const dslt_conv_shape shape = shape_of(net, index, current->h, current->w);
  dslt_conv_choice choice;
  int blocked_next = 0;
  if (index == 0) DSLT_TRY(second_is_blocked(&blocked_next, net));
  DSLT_TRY(dslt_conv_choose(&choice, net->cpu->engine, &shape, is_high ? dnnl_f32 : net->type, index == 0,
                            blocked_next));
  const place tap = is_high ? TAP_HIGH : TAP_LOW;
  const int in_place = (is_high || is_low) && choice.dst == dnnl_nhwc && choice.output_type == dnnl_f32;
  int rc = plan_change(net, current, choice.src, net->type);
  const stage to = {in_place ? tap : other_buffer(current->at),
                    shape.cout,
                    shape.h,
                    shape.w,
                    choice.output_type,
                    choice.dst};
  if (rc == DSLT_OK) rc = append_conv(net, index, &choice, current, &to);
  dnnl_primitive_desc_destroy(choice.pd);
  DSLT_TRY(rc);
  *current = to;
  if ((!is_high && !is_low) || in_place) return DSLT_OK;
  stage out = to;
  out.at = tap;
  out.layout = dnnl_nhwc;
  out.type = dnnl_f32;
  return plan_reorder(net, &to, &out);
}

static int plan_pool(dslt_net *net, stage *current) {
  stage to = *current;
  dslt_md_owned src = NULL, dst = NULL;
  dnnl_primitive_desc_t pd = NULL;
  net_step *step;
  to.at = other_buffer(current->at);
  to.h /= 2;
  to.w /= 2;
  int rc = stage_md(&src, current, net->desc.n);
  if (rc == DSLT_OK) rc = stage_md(&dst, &to, net->desc.n);
  if (rc == DSLT_OK) rc = dslt_pd_pool(&pd, net->cpu->engine, src, dst);
  if (rc == DSLT_OK)
    rc = append(&step, net, pd, DNNL_ARG_SRC, current, src, DNNL_ARG_DST, &to, dst, net->desc.n);
  if (pd) dnnl_primitive_desc_destroy(pd);
  dslt_md_free(src);
  dslt_md_free(dst);
  *current = to;
  return rc;
}

static int plan_layers(dslt_net *net) {
  const dslt_net_desc *d = &net->desc;
  stage current = {INPUT, 3, d->h, d->w, dnnl_f32, dnnl_nhwc};
  for (int i = 0; i <= d->tap_high; ++i) {
    DSLT_TRY(plan_conv(net, i, &current));
    if (i < d->tap_high && d->layer[i].pool_after) DSLT_TRY(plan_pool(net, &current));
  }
  net->buffer_bytes = (net->buffer_bytes + 63) & ~(size_t)63;
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
  net->desc.share = NULL;
  if (rc < 0) {
    dslt_cpu_net_free(net);
    return rc;
  }
  *out = net;
  return DSLT_OK;
}

/* ---- running ------------------------------------------------------------------------------------- */

int dslt_cpu_net_run(dslt_net *net, const float *input, float *tap_low, float *tap_high) {
  dslt_cpu *cpu = net->cpu;
  char *activations = cpu->activations.data;
  const char *const from[PLACES] = {(const char *)input, activations, activations + net->buffer_bytes,
                                    (const char *)tap_low, (const char *)tap_high};
  for (int i = 0; i < net->steps; ++i) {
    net_step *s = &net->step[i];
    for (int k = 0; k < s->runs; ++k) {
      DSLT_TRY(dslt_step_set(&s->step, s->src_arg, from[s->src] + (size_t)k * s->src_stride));
      DSLT_TRY(dslt_step_set(&s->step, s->dst_arg, from[s->dst] + (size_t)k * s->dst_stride));
      DSLT_TRY(dslt_step_run(&s->step, cpu));
    }
  }
  return DSLT_OK;
}

void dslt_cpu_net_free(dslt_net *net) {
  if (!net) return;
  for (int i = 0; i < net->steps; ++i) dslt_step_free(&net->step[i].step);
  for (int i = 0; i < DSLT_NET_LAYERS_MAX; ++i) dslt_layer_weights_free(&net->weights[i]);
  free(net);
}
