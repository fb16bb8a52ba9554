/* SPDX-License-Identifier: Apache-2.0 */
/* onednn_choice.c: the rule that chooses oneDNN's convolution for a layer, by shape and type. */
#include "onednn_choice.h"

#include "base/error.h"

/* Working memory larger than this exceeds the last-level cache of the measured machines, which costs more
 * than reading the weights again; fewer images are then processed at a time. */
#define WORKING_BYTES ((size_t)32 << 20)
/* Winograd's 6 x 6 weight tiles are four times as large as the weights. Above this size they are read from
 * memory in every run, which only pays off for pictures with many tiles. */
#define CACHED_WEIGHTS ((size_t)16 << 20)
enum { FEWEST_TILES = 16, FEWEST_TILES_UNCACHED = 32 };

/* Winograd is selected by implementation name: oneDNN 2 also has 2 x 2 tiles, but only for some batch sizes
 * and numbers of threads, and a picture's features must not depend on either. */
#define WINOGRAD_4X4 "wino_4x3"

static size_t blocks_of_16(int channels) { return ((size_t)channels + 15) / 16; }

/* 3 x 3, stride 1, padding 1: the only shape that the Winograd tiles support. */
static int is_same_3x3(const dslt_conv_shape *s) {
  if (s->groups != 1) return 0;
  for (int d = 0; d < 2; ++d)
    if (s->kernel[d] != 3 || s->form.stride[d] != 1 || s->form.dilation[d] != 1 || s->form.front[d] != 1 ||
        s->form.back[d] != 1)
      return 0;
  return 1;
}

int dslt_conv_wants_winograd(const dslt_conv_shape *s) {
  if (s->type != dnnl_f32 || !is_same_3x3(s)) return 0;
  const size_t tiles = (((size_t)s->h + 3) / 4) * (((size_t)s->w + 3) / 4);
  const size_t padded = 256 * blocks_of_16(s->cin) * blocks_of_16(s->cout);
  /* channels are padded to whole blocks: more than 50 % of padding costs more than the gain */
  if (2 * padded > 3 * (size_t)s->cin * (size_t)s->cout) return 0;
  return tiles >= (36 * sizeof(float) * padded <= CACHED_WEIGHTS ? FEWEST_TILES : FEWEST_TILES_UNCACHED);
}

typedef struct conv_way {
  dnnl_alg_kind_t algorithm;
  dnnl_format_tag_t src, dst;
  const char *name; /* argument of dslt_pd_find_conv() */
} conv_way;

/* out->pd is NULL where oneDNN has no such convolution. */
static int find(dslt_conv_choice *out, dslt_cpu_engine *e, const dslt_conv_shape *s, int images,
                dnnl_data_type_t output_type, const conv_way *way) {
  const dnnl_dims_t src_dims = {images, s->cin, s->h, s->w}, bias_dims = {s->cout};
  const dnnl_dims_t dst_dims = {images, s->cout, s->out_h, s->out_w};
  dnnl_dims_t weight_dims;
  const int rank = dslt_conv_weight_dims(weight_dims, s->groups, s->cout, s->cin, s->kernel);
  dslt_md_owned src = NULL, weights = NULL, bias = NULL, dst = NULL;
  *out = (dslt_conv_choice){NULL,        way->src, way->dst,
                            output_type, images,   way->algorithm == dnnl_convolution_winograd};
  int rc;
  DSLT_TRY_OR_DONE(dslt_md_make(&src, 4, src_dims, s->type, way->src));
  DSLT_TRY_OR_DONE(dslt_md_make(&weights, rank, weight_dims, s->type, dnnl_format_tag_any));
  DSLT_TRY_OR_DONE(dslt_md_make(&bias, 1, bias_dims, dnnl_f32, dnnl_x));
  DSLT_TRY_OR_DONE(dslt_md_make(&dst, 4, dst_dims, output_type, way->dst));
  const dslt_conv_mds mds = {src, weights, bias, dst};
  DSLT_TRY_OR_DONE(dslt_pd_find_conv(&out->pd, e, &mds, &s->form, way->algorithm, way->name));
done:
  dslt_md_free(src);
  dslt_md_free(weights);
  dslt_md_free(bias);
  dslt_md_free(dst);
  return rc;
}

/* What a run writes and reads again. oneDNN's scratch memory also has room for transforming the weights,
 * which is never used because they are transformed in advance. */
static size_t working_bytes(const_dnnl_primitive_desc_t pd) {
  const size_t all = dslt_pd_scratch(pd);
  const size_t weights = dnnl_memory_desc_get_size(dslt_pd_md(pd, dnnl_query_weights_md));
  return all > weights ? all - weights : 0;
}

/* The largest part of the batch that sums in the same order as a single picture, so that a picture's result
 * does not depend on the batch, and whose working memory fits in the cache. */
static int find_winograd(dslt_conv_choice *out, dslt_cpu_engine *e, const dslt_conv_shape *s) {
  static const conv_way way = {dnnl_convolution_winograd, dnnl_nChw16c, dnnl_nChw16c, WINOGRAD_4X4};
  dslt_conv_choice alone;
  DSLT_TRY(find(&alone, e, s, 1, s->type, &way));
  int rc = DSLT_OK;
  for (int images = s->n; alone.pd && images > 1; --images) {
    if (s->n % images) continue;
    rc = find(out, e, s, images, s->type, &way);
    if (rc < 0 || !out->pd) break;
    if (working_bytes(out->pd) <= WORKING_BYTES && dslt_pd_same_sums(out->pd, alone.pd)) {
      dnnl_primitive_desc_destroy(alone.pd);
      return DSLT_OK;
    }
    dnnl_primitive_desc_destroy(out->pd);
  }
  if (rc < 0 && alone.pd) {
    dnnl_primitive_desc_destroy(alone.pd);
    alone.pd = NULL;
  }
  *out = alone;
  return rc;
}

int dslt_conv_choose_stacked(dslt_conv_choice *out, dslt_cpu_engine *e, const dslt_conv_shape *s,
                             dnnl_data_type_t output_type, int first, int blocked_next) {
  static const conv_way from_planes = {dnnl_convolution_direct, dnnl_nchw, dnnl_nChw16c, NULL};
  static const conv_way channels_last = {dnnl_convolution_direct, dnnl_nhwc, dnnl_nhwc, ""};
  out->pd = NULL;
  if (!first && dslt_conv_wants_winograd(s)) DSLT_TRY(find_winograd(out, e, s));
  /* converting the layout of the picture's three planes is cheaper than converting the first layer's
   * output */
  if (first && blocked_next && s->cout % 16 == 0) DSLT_TRY(find(out, e, s, s->n, output_type, &from_planes));
  if (!out->pd) DSLT_TRY(find(out, e, s, s->n, output_type, &channels_last));
  if (!out->pd)
    return dslt_fail(DSLT_EUNSUPPORTED, "oneDNN has no convolution of %d to %d channels here.", s->cin,
                     s->cout);
  return DSLT_OK;
}

int dslt_conv_choose(dslt_conv_choice *out, dslt_cpu_engine *e, const dslt_conv_shape *s,
                     dnnl_data_type_t output_type, int first, dnnl_format_tag_t layout) {
  const conv_way from_planes = {dnnl_convolution_direct, dnnl_nchw, layout, NULL};
  const conv_way blocked = {dnnl_convolution_direct, dnnl_nChw16c, dnnl_nChw16c, NULL};
  const conv_way last = {dnnl_convolution_direct, dnnl_nhwc, dnnl_nhwc, NULL};
  const conv_way planes = {dnnl_convolution_direct, dnnl_nchw, dnnl_nchw, NULL};
  const int is_blocked = layout == dnnl_nChw16c;
  const conv_way *const ways[] = {is_blocked ? &blocked : &last, is_blocked ? &last : &blocked, &planes};
  out->pd = NULL;
  if (!first && is_blocked && dslt_conv_wants_winograd(s)) DSLT_TRY(find_winograd(out, e, s));
  if (!out->pd && first && is_blocked) DSLT_TRY(find(out, e, s, s->n, output_type, &from_planes));
  for (size_t i = 0; !out->pd && i < sizeof ways / sizeof *ways; ++i)
    DSLT_TRY(find(out, e, s, s->n, output_type, ways[i]));
  return DSLT_OK;
}
