/* SPDX-License-Identifier: Apache-2.0 */
/* onednn_conv_step.c: plans convolutions as steps of a network. */
#include "base/error.h"
#include "onednn_plan.h"

static const dslt_node *layer_of(const dslt_plan *p, int index) { return &p->desc->graph->layer[index]; }

/* Padding that the last window needs after the map, which may be less than the given padding. */
static void paddings(dnnl_dims_t front, dnnl_dims_t back, const dslt_node *l, const dslt_node_map *in,
                     const dslt_node_map *out) {
  const int side[2] = {in->h, in->w}, cells[2] = {out->h, out->w};
  for (int d = 0; d < 2; ++d) {
    front[d] = out->pad[d];
    back[d] = (cells[d] - 1) * l->stride[d] + (l->kernel[d] - 1) * l->dilation[d] + 1 - side[d] - out->pad[d];
  }
}

/* Sums of few products, and those of a single cell, are as fast in float32. */
static dnnl_data_type_t type_of(const dslt_plan *p, int index) {
  enum { FEWEST_PRODUCTS = 32 };
  const dslt_node *l = layer_of(p, index);
  const dslt_node_map *in = &p->map[l->input[0]], *out = &p->map[index];
  const int products = in->c / l->groups * l->kernel[0] * l->kernel[1];
  if (p->dense == p->net->type) return p->dense;
  return products < FEWEST_PRODUCTS || (out->h == 1 && out->w == 1) ? p->net->type : p->dense;
}

static dslt_conv_shape shape_of(const dslt_plan *p, int index, dslt_post post) {
  const dslt_node *l = layer_of(p, index);
  const dslt_node_map *in = &p->map[l->input[0]], *out = &p->map[index];
  dslt_conv_shape s = {.n = p->net->images,
                       .h = in->h,
                       .w = in->w,
                       .cin = in->c,
                       .cout = out->c,
                       .out_h = out->h,
                       .out_w = out->w,
                       .kernel = {l->kernel[0], l->kernel[1]},
                       .groups = l->groups,
                       .form = {.post = post},
                       .type = type_of(p, index)};
  for (int d = 0; d < 2; ++d) s.form.stride[d] = l->stride[d], s.form.dilation[d] = l->dilation[d];
  paddings(s.form.front, s.form.back, l, in, out);
  return s;
}

/* 1: the convolution after the first one reads blocks of 16 channels. */
static int second_is_blocked(int *out, const dslt_plan *p) {
  const dslt_graph *g = p->desc->graph;
  int second = 2;
  *out = 0;
  while (second < g->layers && g->layer[second].kind != DSLT_LAYER_CONV) ++second;
  if (second >= g->layers || !p->needed[second]) return DSLT_OK;
  const dslt_node *l = &g->layer[second];
  const dslt_conv_shape shape = shape_of(p, second, (dslt_post){0, l->activation, l->slope});
  dslt_conv_choice choice;
  DSLT_TRY(dslt_conv_choose_stacked(&choice, p->net->cpu->engine, &shape, p->net->type, 0, 0));
  dnnl_primitive_desc_destroy(choice.pd);
  *out = choice.src == dnnl_nChw16c;
  return DSLT_OK;
}

static int choose(dslt_conv_choice *out, const dslt_plan *p, int index, const dslt_conv_shape *shape,
                  dnnl_data_type_t output_type) {
  const int first = layer_of(p, index)->input[0] == 0;
  dslt_cpu_engine *e = p->net->cpu->engine;
  if (!p->stacked) return dslt_conv_choose(out, e, shape, output_type, first, p->layout);
  int blocked_next = 0;
  if (first) DSLT_TRY(second_is_blocked(&blocked_next, p));
  return dslt_conv_choose_stacked(out, e, shape, output_type, first, blocked_next);
}

static int append(dslt_plan *p, int index, const dslt_conv_choice *choice, const dslt_value *from,
                  const dslt_value *to) {
  dslt_net *net = p->net;
  const dnnl_dims_t bias_dims = {p->map[index].c};
  const dslt_weights_request request = {p->desc, index, p->map[from->layer].c};
  const dslt_net *share = p->desc->share;
  dslt_md packed = dslt_pd_md(choice->pd, dnnl_query_weights_md);
  dslt_layer_weights *weights = &net->weights[index];
  dslt_md_owned bias = NULL;
  net->way[index].bf16 = type_of(p, index) == dnnl_bf16;
  if (choice->winograd) net->way[index].share = 0.25;
  DSLT_TRY(
      dslt_layer_weights_load(weights, net->cpu, &request, packed, share ? &share->weights[index] : NULL));
  int rc;
  DSLT_TRY_OR_DONE(
      dslt_plan_step(p, index, choice->pd, from, DNNL_ARG_SRC, to, DNNL_ARG_DST, choice->images));
  DSLT_TRY_OR_DONE(dslt_md_make(&bias, 1, bias_dims, dnnl_f32, dnnl_x));
  dslt_step *step = &net->step[net->steps - 1].step;
  DSLT_TRY_OR_DONE(dslt_step_arg(step, net->cpu, DNNL_ARG_WEIGHTS, packed, weights->packed));
  DSLT_TRY_OR_DONE(dslt_step_arg(step, net->cpu, DNNL_ARG_BIAS, bias, weights->bias));
done:
  dslt_md_free(bias);
  return rc;
}

int dslt_plan_conv(int *done, dslt_plan *p, int index) {
  const dslt_node *l = layer_of(p, index);
  const dslt_conv_shape shape = shape_of(p, index, (dslt_post){0, l->activation, l->slope});
  const int leaves = p->layer[index].uses == 0 && p->layer[index].concat < 0;
  dslt_conv_choice choice;
  dslt_value from, to;
  DSLT_TRY(choose(&choice, p, index, &shape, leaves ? dnnl_f32 : p->net->type));
  *done = choice.pd != NULL;
  if (!choice.pd) return DSLT_OK;
  int rc;
  DSLT_TRY_OR_DONE(dslt_plan_value(&from, p, l->input[0], choice.src, shape.type));
  DSLT_TRY_OR_DONE(dslt_plan_new_value(&to, p, index, choice.dst, choice.output_type));
  DSLT_TRY_OR_DONE(append(p, index, &choice, &from, &to));
  DSLT_TRY_OR_DONE(dslt_plan_keep(p, &to));
done:
  dnnl_primitive_desc_destroy(choice.pd);
  return rc;
}

int dslt_plan_conv_into(int *done, dslt_plan *p, int index, int sum, int other) {
  const dslt_node *l = layer_of(p, index), *s = layer_of(p, sum);
  const dslt_conv_shape shape = shape_of(p, index, (dslt_post){1, s->activation, s->slope});
  dslt_conv_choice choice;
  dslt_value from, to;
  DSLT_TRY(choose(&choice, p, index, &shape, p->net->type));
  *done = choice.pd != NULL;
  if (!choice.pd) return DSLT_OK;
  int rc;
  DSLT_TRY_OR_DONE(dslt_plan_value(&from, p, l->input[0], choice.src, shape.type));
  DSLT_TRY_OR_DONE(dslt_plan_value(&to, p, other, choice.dst, choice.output_type));
  DSLT_TRY_OR_DONE(append(p, index, &choice, &from, &to));
  to.layer = sum;
  DSLT_TRY_OR_DONE(dslt_plan_keep(p, &to));
done:
  dnnl_primitive_desc_destroy(choice.pd);
  return rc;
}
