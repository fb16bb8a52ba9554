/* SPDX-License-Identifier: Apache-2.0 */
/* onednn_emit.c: values and the steps between them. */
#include <stdlib.h>

#include "base/error.h"
#include "onednn_plan.h"

static size_t type_bytes(dnnl_data_type_t type) { return type == dnnl_bf16 ? 2 : 4; }

int dslt_plan_md(dslt_md_owned *out, const dslt_plan *p, const dslt_value *v, int images) {
  const dslt_node_map *m = &p->map[v->layer];
  const dnnl_dims_t dims = {images, m->c, m->h, m->w};
  return dslt_md_make(out, 4, dims, v->type, v->layout);
}

int dslt_plan_keep(dslt_plan *p, const dslt_value *v) {
  if (p->values == p->value_room) {
    const int room = p->value_room ? 2 * p->value_room : 64;
    dslt_value *grown = realloc(p->value, (size_t)room * sizeof *grown);
    if (!grown) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning the network.");
    p->value = grown;
    p->value_room = room;
  }
  p->value[p->values++] = *v;
  return DSLT_OK;
}

dslt_value *dslt_plan_first_value(dslt_plan *p, int layer) {
  for (int i = 0; i < p->values; ++i)
    if (p->value[i].layer == layer) return &p->value[i];
  return NULL;
}

/* Where the layer's map is written: as a part of a concatenation, straight into the tap, or into memory of
 * its own. */
int dslt_plan_new_value(dslt_value *out, dslt_plan *p, int layer, dnnl_format_tag_t layout,
                        dnnl_data_type_t type) {
  const dslt_layer_plan *l = &p->layer[layer];
  *out = (dslt_value){.layer = layer, .type = type, .layout = layout};
  if (l->concat >= 0 && layout == dnnl_nChw16c && type == p->net->type) {
    out->store = p->layer[l->concat].store;
    out->offset = l->part;
    return DSLT_OK;
  }
  if (l->concat < 0 && l->tap >= 0 && layout == dnnl_nhwc && type == dnnl_f32) {
    out->store = DSLT_STORE_TAP - l->tap;
    return DSLT_OK;
  }
  const dslt_node_map *m = &p->map[layer];
  const size_t block = layout == dnnl_nChw16c ? 16 : 1, c = ((size_t)m->c + block - 1) / block * block;
  out->store =
      dslt_net_new_store(p->net, (size_t)p->net->images * c * (size_t)m->h * (size_t)m->w * type_bytes(type));
  return out->store < 0 ? out->store : DSLT_OK;
}

int dslt_plan_step(dslt_plan *p, int layer, dnnl_primitive_desc_t pd, const dslt_value *from, int src_arg,
                   const dslt_value *to, int dst_arg, int images) {
  dslt_net *net = p->net;
  dslt_net_step *s;
  dslt_md_owned src = NULL, dst = NULL;
  DSLT_TRY(dslt_net_new_step(&s, net, layer));
  s->runs = net->images / images;
  int rc;
  DSLT_TRY_OR_DONE(dslt_step_make(&s->step, net->cpu, pd));
  DSLT_TRY_OR_DONE(dslt_plan_md(&src, p, from, images));
  DSLT_TRY_OR_DONE(dslt_plan_md(&dst, p, to, images));
  DSLT_TRY_OR_DONE(dslt_step_arg(&s->step, net->cpu, src_arg, src, NULL));
  DSLT_TRY_OR_DONE(dslt_step_arg(&s->step, net->cpu, dst_arg, dst, NULL));
  DSLT_TRY_OR_DONE(dslt_net_bind(net, src_arg, from->store, from->offset, dnnl_memory_desc_get_size(src)));
  DSLT_TRY_OR_DONE(dslt_net_bind(net, dst_arg, to->store, to->offset, dnnl_memory_desc_get_size(dst)));
done:
  dslt_md_free(src);
  dslt_md_free(dst);
  return rc;
}

int dslt_plan_reorder(dslt_plan *p, const dslt_value *from, const dslt_value *to) {
  const int images = p->net->images;
  dslt_md_owned src = NULL, dst = NULL;
  dnnl_primitive_desc_t pd = NULL;
  int rc;
  DSLT_TRY_OR_DONE(dslt_plan_md(&src, p, from, images));
  DSLT_TRY_OR_DONE(dslt_plan_md(&dst, p, to, images));
  DSLT_TRY_OR_DONE(dslt_pd_reorder(&pd, p->net->cpu->engine, src, dst));
  DSLT_TRY_OR_DONE(dslt_plan_step(p, from->layer, pd, from, DNNL_ARG_FROM, to, DNNL_ARG_TO, images));
done:
  if (pd) dnnl_primitive_desc_destroy(pd);
  dslt_md_free(src);
  dslt_md_free(dst);
  return rc;
}

/* A map of one cell is the same in both layouts without blocks. */
static int is_same(const dslt_plan *p, const dslt_value *v, dnnl_format_tag_t layout, dnnl_data_type_t type) {
  const dslt_node_map *m = &p->map[v->layer];
  if (v->type != type) return 0;
  if (v->layout == layout) return 1;
  return m->h == 1 && m->w == 1 && (m->c % 16 == 0 || (v->layout != dnnl_nChw16c && layout != dnnl_nChw16c));
}

int dslt_plan_value(dslt_value *out, dslt_plan *p, int layer, dnnl_format_tag_t layout,
                    dnnl_data_type_t type) {
  for (int i = 0; i < p->values; ++i) {
    if (p->value[i].layer != layer || !is_same(p, &p->value[i], layout, type)) continue;
    *out = p->value[i];
    out->layout = layout;
    return DSLT_OK;
  }
  const dslt_value *first = dslt_plan_first_value(p, layer);
  if (!first) return dslt_fail(DSLT_EINTERNAL, "A layer is asked for before it was planned.");
  const dslt_value from = *first;
  const dslt_node_map *m = &p->map[layer];
  const size_t c = ((size_t)m->c + 15) / 16 * 16;
  *out = (dslt_value){.layer = layer, .type = type, .layout = layout};
  out->store =
      dslt_net_new_store(p->net, (size_t)p->net->images * c * (size_t)m->h * (size_t)m->w * type_bytes(type));
  DSLT_TRY(out->store);
  DSLT_TRY(dslt_plan_reorder(p, &from, out));
  return dslt_plan_keep(p, out);
}
