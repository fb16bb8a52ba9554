/* SPDX-License-Identifier: Apache-2.0 */
/* onednn_layers.c: plans the layers of a network as steps, except convolutions. */
#include <stdlib.h>

#include "base/error.h"
#include "onednn_plan.h"

static const dslt_node *layer_of(const dslt_plan *p, int index) { return &p->desc->graph->layer[index]; }

static dslt_post post_of(const dslt_node *l) { return (dslt_post){0, l->activation, l->slope}; }

/* ---- in plain C ---------------------------------------------------------------------------------- */

static int plain_weights(dslt_plan *p, int index, dslt_layer_call *call) {
  const dslt_node *l = layer_of(p, index);
  const dslt_weights_request request = {p->desc, index, p->map[l->input[0]].c};
  const dslt_net *share = p->desc->share;
  dslt_layer_weights *weights = &p->net->weights[index];
  if (l->kind != DSLT_LAYER_CONV && l->kind != DSLT_LAYER_DENSE) return DSLT_OK;
  DSLT_TRY(
      dslt_layer_weights_load(weights, p->net->cpu, &request, NULL, share ? &share->weights[index] : NULL));
  call->weights = weights->packed;
  call->bias = weights->bias;
  return DSLT_OK;
}

/* Layers that oneDNN has no fast implementation for: channels last, in float32. */
static int plan_plain(dslt_plan *p, int index) {
  dslt_net *net = p->net;
  const dslt_node *l = layer_of(p, index);
  dslt_value from[DSLT_LAYER_INPUTS_MAX], to;
  for (int i = 0; i < l->inputs; ++i)
    DSLT_TRY(dslt_plan_value(&from[i], p, l->input[i], dnnl_nhwc, dnnl_f32));
  DSLT_TRY(dslt_plan_new_value(&to, p, index, dnnl_nhwc, dnnl_f32));
  dslt_net_step *s;
  DSLT_TRY(dslt_net_new_step(&s, net, index));
  s->call = calloc(1, sizeof *s->call);
  if (!s->call) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning the network.");
  s->call->layer = &net->graph.layer[index];
  s->call->n = net->images;
  s->call->map = p->map[index];
  for (int i = 0; i < l->inputs; ++i) {
    s->call->in[i] = p->map[l->input[i]];
    DSLT_TRY(dslt_net_bind(net, i, from[i].store, from[i].offset, 0));
  }
  DSLT_TRY(dslt_net_bind(net, -1, to.store, to.offset, 0));
  DSLT_TRY(plain_weights(p, index, s->call));
  return dslt_plan_keep(p, &to);
}

/* ---- one input, one primitive -------------------------------------------------------------------- */

static int pool_pd(dnnl_primitive_desc_t *out, dslt_plan *p, int index, dslt_md src, dslt_md dst) {
  const dslt_node *l = layer_of(p, index);
  const dslt_node_map *in = &p->map[l->input[0]], *map = &p->map[index];
  const int side[2] = {in->h, in->w}, cells[2] = {map->h, map->w};
  const dslt_post post = post_of(l);
  dslt_pool_form form = {.algorithm = dnnl_pooling_max};
  int overhang = 0;
  for (int d = 0; d < 2; ++d) {
    form.kernel[d] = l->kind == DSLT_LAYER_GLOBAL_AVERAGE ? side[d] : l->kernel[d];
    form.stride[d] = l->stride[d];
    form.front[d] = map->pad[d];
    form.back[d] = (cells[d] - 1) * l->stride[d] + form.kernel[d] - side[d] - map->pad[d];
    overhang |= form.back[d] > map->pad[d + 2]; /* an average counts padding, but not cells beyond it */
  }
  if (l->kind != DSLT_LAYER_MAX_POOL)
    form.algorithm = l->count_padding ? dnnl_pooling_avg_include_padding : dnnl_pooling_avg_exclude_padding;
  *out = NULL;
  if (l->count_padding && overhang) return DSLT_OK;
  return dslt_pd_pool(out, p->net->cpu->engine, src, dst, &form, &post);
}

static int single_pd(dnnl_primitive_desc_t *out, dslt_plan *p, int index, dslt_md src, dslt_md dst) {
  const dslt_node *l = layer_of(p, index);
  const dslt_post post = post_of(l);
  dslt_cpu_engine *e = p->net->cpu->engine;
  *out = NULL;
  switch (l->kind) {
    case DSLT_LAYER_MAX_POOL:
    case DSLT_LAYER_AVERAGE_POOL:
    case DSLT_LAYER_GLOBAL_AVERAGE: return pool_pd(out, p, index, src, dst);
    case DSLT_LAYER_LRN: return l->activation ? DSLT_OK : dslt_pd_lrn(out, e, src, l);
    case DSLT_LAYER_UPSAMPLE: return dslt_pd_upsample(out, e, src, dst, l);
    case DSLT_LAYER_ACTIVATION: return dslt_pd_activation(out, e, src, &post);
    default: return DSLT_OK;
  }
}

/* In the input's layout. */
static int plan_single(int *done, dslt_plan *p, int index) {
  const dslt_value from = *dslt_plan_first_value(p, layer_of(p, index)->input[0]);
  dslt_value to = from;
  dslt_md_owned src = NULL, dst = NULL;
  dnnl_primitive_desc_t pd = NULL;
  to.layer = index;
  int rc;
  DSLT_TRY_OR_DONE(dslt_plan_md(&src, p, &from, p->net->images));
  DSLT_TRY_OR_DONE(dslt_plan_md(&dst, p, &to, p->net->images));
  DSLT_TRY_OR_DONE(single_pd(&pd, p, index, src, dst));
  *done = pd != NULL;
  if (pd) DSLT_TRY_OR_DONE(dslt_plan_new_value(&to, p, index, from.layout, from.type));
  if (pd)
    DSLT_TRY_OR_DONE(dslt_plan_step(p, index, pd, &from, DNNL_ARG_SRC, &to, DNNL_ARG_DST, p->net->images));
  if (pd) DSLT_TRY_OR_DONE(dslt_plan_keep(p, &to));
done:
  if (pd) dnnl_primitive_desc_destroy(pd);
  dslt_md_free(src);
  dslt_md_free(dst);
  return rc;
}

/* ---- sums and products --------------------------------------------------------------------------- */

/* to = a + b or a * b. *done = 0 where oneDNN has no such primitive. */
static int plan_pair(int *done, dslt_plan *p, int index, const dslt_value *a, const dslt_value *b,
                     const dslt_value *to, const dslt_post *post) {
  dslt_net *net = p->net;
  dslt_md_owned a_md = NULL, b_md = NULL, to_md = NULL;
  dnnl_primitive_desc_t pd = NULL;
  int rc;
  DSLT_TRY_OR_DONE(dslt_plan_md(&a_md, p, a, net->images));
  DSLT_TRY_OR_DONE(dslt_plan_md(&b_md, p, b, net->images));
  DSLT_TRY_OR_DONE(dslt_plan_md(&to_md, p, to, net->images));
  DSLT_TRY_OR_DONE(dslt_pd_binary(&pd, net->cpu->engine, layer_of(p, index)->kind, a_md, b_md, to_md, post));
  *done = pd != NULL;
  if (pd) DSLT_TRY_OR_DONE(dslt_plan_step(p, index, pd, a, DNNL_ARG_SRC_0, to, DNNL_ARG_DST, net->images));
  if (pd)
    DSLT_TRY_OR_DONE(dslt_step_arg(&net->step[net->steps - 1].step, net->cpu, DNNL_ARG_SRC_1, b_md, NULL));
  if (pd) DSLT_TRY_OR_DONE(dslt_net_bind(net, DNNL_ARG_SRC_1, b->store, b->offset, 0));
done:
  if (pd) dnnl_primitive_desc_destroy(pd);
  dslt_md_free(a_md);
  dslt_md_free(b_md);
  dslt_md_free(to_md);
  return rc;
}

/* The first input as large as the result is the left operand of the first pair. */
static int plan_binary(int *done, dslt_plan *p, int index) {
  const dslt_node *l = layer_of(p, index);
  const dslt_node_map *map = &p->map[index];
  int largest = 0;
  while (p->map[l->input[largest]].h != map->h || p->map[l->input[largest]].w != map->w) ++largest;
  dslt_value left = *dslt_plan_first_value(p, l->input[largest]), to, right;
  const dnnl_format_tag_t layout = left.layout;
  const dnnl_data_type_t type = left.type;
  DSLT_TRY(dslt_plan_new_value(&to, p, index, layout, type));
  int left_to_do = l->inputs - 1;
  for (int i = 0; i < l->inputs; ++i) {
    if (i == largest) continue;
    const dslt_post post = --left_to_do ? (dslt_post){0} : post_of(l);
    DSLT_TRY(dslt_plan_value(&right, p, l->input[i], layout, type));
    DSLT_TRY(plan_pair(done, p, index, &left, &right, &to, &post));
    if (!*done) return DSLT_OK;
    left = to;
  }
  return dslt_plan_keep(p, &to);
}

static int plan_sum(int *done, dslt_plan *p, int index) {
  const dslt_node *l = layer_of(p, index);
  const int conv = p->layer[index].addend;
  if (conv >= 0) {
    const int other = l->input[l->input[0] == conv];
    DSLT_TRY(dslt_plan_conv_into(done, p, conv, index, other));
    if (*done) return DSLT_OK;
    DSLT_TRY(dslt_plan_conv(done, p, conv));
    if (!*done) DSLT_TRY(plan_plain(p, conv));
  }
  return plan_binary(done, p, index);
}

/* ---- concatenation ------------------------------------------------------------------------------- */

/* The parts are blocks of 16 channels stored consecutively; layers that could have already written theirs in
 * place. */
static int plan_concat_blocked(dslt_plan *p, int index) {
  const dslt_node *l = layer_of(p, index);
  const dslt_value whole = {
      .layer = index, .store = p->layer[index].store, .type = p->net->type, .layout = dnnl_nChw16c};
  const size_t element = p->net->type == dnnl_bf16 ? 2 : 4;
  size_t at = 0;
  for (int i = 0; i < l->inputs; ++i) {
    const int part = l->input[i];
    const dslt_node_map *m = &p->map[part];
    dslt_value from, to = whole;
    to.layer = part;
    to.offset = at;
    at += (size_t)m->c * (size_t)m->h * (size_t)m->w * element;
    if (p->layer[part].concat == index && p->layer[part].part == to.offset) continue;
    DSLT_TRY(dslt_plan_value(&from, p, part, whole.layout, whole.type));
    DSLT_TRY(dslt_plan_reorder(p, &from, &to));
  }
  return dslt_plan_keep(p, &whole);
}

static int copy_part(dslt_plan *p, const dslt_value *from, const dslt_value *to, dslt_md whole, int first) {
  const dslt_node_map *m = &p->map[from->layer];
  const int images = p->net->images;
  dslt_net *net = p->net;
  dslt_net_step *s;
  dslt_md_owned src = NULL, dst = NULL;
  dnnl_primitive_desc_t pd = NULL;
  int rc;
  DSLT_TRY_OR_DONE(dslt_plan_md(&src, p, from, images));
  DSLT_TRY_OR_DONE(dslt_md_part(&dst, whole, images, first, m->c, m->h, m->w));
  DSLT_TRY_OR_DONE(dslt_pd_reorder(&pd, net->cpu->engine, src, dst));
  DSLT_TRY_OR_DONE(dslt_net_new_step(&s, net, to->layer));
  DSLT_TRY_OR_DONE(dslt_step_make(&s->step, net->cpu, pd));
  DSLT_TRY_OR_DONE(dslt_step_arg(&s->step, net->cpu, DNNL_ARG_FROM, src, NULL));
  DSLT_TRY_OR_DONE(dslt_step_arg(&s->step, net->cpu, DNNL_ARG_TO, dst, NULL));
  DSLT_TRY_OR_DONE(dslt_net_bind(net, DNNL_ARG_FROM, from->store, from->offset, 0));
  DSLT_TRY_OR_DONE(dslt_net_bind(net, DNNL_ARG_TO, to->store, to->offset, 0));
done:
  if (pd) dnnl_primitive_desc_destroy(pd);
  dslt_md_free(src);
  dslt_md_free(dst);
  return rc;
}

static int plan_concat(dslt_plan *p, int index) {
  const dslt_node *l = layer_of(p, index);
  if (p->layer[index].store >= 0) return plan_concat_blocked(p, index);
  dslt_value to, from;
  dslt_md_owned whole = NULL;
  DSLT_TRY(dslt_plan_new_value(&to, p, index, dnnl_nhwc, p->net->type));
  int rc = dslt_plan_md(&whole, p, &to, p->net->images);
  for (int i = 0, first = 0; rc == DSLT_OK && i < l->inputs; ++i) {
    rc = dslt_plan_value(&from, p, l->input[i], dnnl_nhwc, p->net->type);
    if (rc == DSLT_OK) rc = copy_part(p, &from, &to, whole, first);
    first += p->map[l->input[i]].c;
  }
  dslt_md_free(whole);
  return rc < 0 ? rc : dslt_plan_keep(p, &to);
}

/* ---- any layer ----------------------------------------------------------------------------------- */

/* Copy the map into its concatenation and its taps, unless it was written there. */
static int deliver(dslt_plan *p, int index) {
  const dslt_layer_plan *l = &p->layer[index];
  const dslt_net_desc *d = p->desc;
  const dslt_value from = *dslt_plan_first_value(p, index);
  if (l->concat >= 0 && from.store != p->layer[l->concat].store) {
    const dslt_value part = {index, p->layer[l->concat].store, l->part, p->net->type, dnnl_nChw16c};
    DSLT_TRY(dslt_plan_reorder(p, &from, &part));
  }
  for (int t = 0; t < d->taps; ++t) {
    const dslt_value tap = {index, DSLT_STORE_TAP - t, 0, dnnl_f32, dnnl_nhwc};
    if (d->tap[t] == index && from.store != tap.store) DSLT_TRY(dslt_plan_reorder(p, &from, &tap));
  }
  return DSLT_OK;
}

int dslt_plan_layer(dslt_plan *p, int index) {
  const dslt_node *l = layer_of(p, index);
  int done = 0;
  if (p->layer[index].sum >= 0) return DSLT_OK; /* computed together with the sum */
  switch (l->kind) {
    case DSLT_LAYER_INPUT: done = 1; break;
    case DSLT_LAYER_CONV:
    case DSLT_LAYER_DENSE: DSLT_TRY(dslt_plan_conv(&done, p, index)); break;
    case DSLT_LAYER_SUM:
    case DSLT_LAYER_PRODUCT: DSLT_TRY(plan_sum(&done, p, index)); break;
    case DSLT_LAYER_CONCAT:
      if (l->activation == DSLT_ACTIVATION_NONE) {
        DSLT_TRY(plan_concat(p, index));
        done = 1;
      }
      break;
    default: DSLT_TRY(plan_single(&done, p, index));
  }
  if (!done) DSLT_TRY(plan_plain(p, index));
  return deliver(p, index);
}
