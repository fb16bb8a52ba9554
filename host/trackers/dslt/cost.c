/* SPDX-License-Identifier: Apache-2.0 */
/* cost.c: counting operations and bytes of a frame from the planned shapes. */
#include "trackers/dslt/cost.h"

#include <string.h>

#include "math/decision.h"
#include "nn/backbone.h"
#include "trackers/dslt/dslt.h"

/* Of dslt_adam_step(): twelve additions and multiplications, a root and a division. */
enum { ADAM_FLOP = 14 };

static const double f32 = sizeof(float);

/* ---- backbone ------------------------------------------------------------------------------------ */

static void count_backbone(dslt_cost *out, const dslt_options *options, const dslt_weights *weights,
                           const dslt_search *g) {
  const dslt_dslt_options *o = dslt_dslt_options_of(options);
  const dslt_backbone_spec spec = dslt_dslt_backbone(o);
  const int last = dslt_layer_index(spec.layer[spec.layers - 1]);
  int h = g->area.input_height, w = g->area.input_width, cin = 3;
  double element = options->common.precision == DSLT_PRECISION_BF16 ? 2.0 : f32;
  out->layers = last + 1;
  out->backbone.bytes = f32 * 3.0 * h * w;
  for (int i = 0; i <= last; ++i) {
    const dslt_vgg_layer *layer = &dslt_vgg_layers[i];
    int cout = weights->width[i];
    double cells = (double)h * w, kernel = 9.0 * cin * cout;
    double weight_bytes = element * kernel + f32 * cout;
    out->layer[i] = (dslt_layer_cost){.height = h, .width = w, .cin = cin, .cout = cout};
    out->layer[i].work = (dslt_work){2.0 * cells * kernel, element * cells * (cin + cout) + weight_bytes};
    out->backbone.flop += 2.0 * cells * kernel;
    out->weight_bytes += weight_bytes;
    for (int t = 0; t < spec.layers; ++t)
      if (i == dslt_layer_index(spec.layer[t])) out->backbone.bytes += f32 * cells * cout;
    int kept = (layer->block != 3 || o->pool3) && (layer->block != 4 || o->pool4);
    if (layer->pool_after && kept) h /= 2, w /= 2;
    cin = cout;
  }
}

/* Layer by layer only VGG-16 is counted; of another network, the sum. */
static void count_network(dslt_cost *out, const dslt_options *options, const dslt_weights *weights,
                          const dslt_search *g, const dslt_tap_list *taps) {
  const int h = g->area.input_height, w = g->area.input_width;
  const double element = options->common.precision == DSLT_PRECISION_BF16 ? 2.0 : f32;
  double parameters;
  dslt_backbone_work(&out->backbone.flop, &parameters, weights, h, w);
  out->weight_bytes = element * parameters;
  out->backbone.bytes = f32 * 3.0 * h * w;
  for (int t = 0; t < taps->count; ++t) {
    const dslt_tap *tap = &taps->tap[t];
    out->backbone.bytes += f32 * (double)(h / tap->stride) * (w / tap->stride) * tap->channels;
  }
}

/* ---- head ---------------------------------------------------------------------------------------- */

/* The parts of the head that its taps and maps decide. */
typedef struct head_sums {
  double reduce;             /* operations of the reductions */
  double raise, raise_fixed; /* of the upsamplings, and of those that remain once the reductions are frozen */
  double fuse, fuse_fixed;   /* of the weighted sum, likewise */
  double reductions, raising,
      raising_fixed;      /* parameters of reductions and upsamplings; of those that remain */
  double taps, taps_used; /* values of all taps, and of those that the head reads */
  double fixed;           /* of the maps that are stored once the reductions are frozen */
} head_sums;

/* `o` has no fusion and no residual where there is one tap. */
static head_sums sum_taps(const dslt_dslt_options *o, const dslt_tap_list *taps, double cells) {
  const double c = o->reduce_channels, kernel = (double)o->reduce_kernel * o->reduce_kernel;
  const int last = taps->count - 1;
  head_sums s = {0};
  for (int t = 0; t <= last; ++t) {
    const int factor = dslt_tap_factor(taps, t);
    const double here = cells / (factor * factor), channels = taps->tap[t].channels;
    const int used = t == 0 || o->fusion || (o->residual && t == last);
    s.taps += here * channels;
    if (!used) continue;
    s.taps_used += here * channels;
    if (t == 0 || t == last) s.fixed += here * c;
    s.reduce += 2.0 * here * kernel * channels * c;
    s.reductions += kernel * c * channels;
    if (factor == 1) continue;
    const double raise = 2.0 * 4.0 * cells * c,
                 raising = 4.0 * factor * factor * c; /* four taps reach each cell */
    s.raise += raise;
    s.raising += raising;
    if (t == last) s.raise_fixed += raise, s.raising_fixed += raising;
  }
  if (!o->fusion || last == 0) return s;
  s.fuse = (2.0 * last + 1.0) * cells * c;
  s.fuse_fixed = 3.0 * cells * c;
  return s;
}

static void count_head(dslt_cost *out, const dslt_dslt_options *options, const dslt_search *g,
                       const dslt_tap_list *taps) {
  dslt_dslt_options own = *options;
  const dslt_dslt_options *o = &own;
  if (taps->count == 1) own.fusion = own.residual = 0;
  double cells = (double)g->area.map_width * g->area.map_height;
  double response = (double)g->area.response_width * g->area.response_height;
  double kernel = (double)g->area.kernel_width * g->area.kernel_height * o->reduce_channels;
  const head_sums s = sum_taps(o, taps, cells);
  double regressions = o->residual ? 2.0 : 1.0, regress = regressions * 2.0 * response * kernel;
  double reduction = s.reductions + s.raising;
  double trained = regressions * kernel + (o->regress_bias ? regressions : 0.0);
  out->parameters = reduction + trained;
  out->head.flop = s.reduce + s.raise + s.fuse + regress;
  out->head.bytes = f32 * (s.taps_used + out->parameters + response);
  out->locate.bytes = f32 * response;

  /* Backward: each product of the forward pass once more for its weights' gradient, and once more for its
   * input's, save the reductions', whose inputs are the backbone's and are not trained. */
  double stored = s.taps, samples = s.taps_used, read = 0.0;
  double forward = out->head.flop, backward = 2.0 * regress + s.reduce + 2.0 * s.raise + s.fuse;
  if (o->train_reduction == DSLT_REDUCTION_LEARNS) {
    trained += reduction;
  } else { /* samples are stored reduced, and all taps but the coarsest added up */
    forward = s.raise_fixed + s.fuse_fixed + regress;
    backward = regress;
    stored = samples = s.fixed;
    read = s.raising_fixed;
  }
  out->sample_bytes = f32 * (stored + response);
  out->store.bytes = 2.0 * f32 * stored;
  out->step.flop = forward + backward + ADAM_FLOP * trained;
  /* Weights are read, their gradients written and read, weights and two moments read and written. */
  out->step.bytes = f32 * (samples + response + read + 8.0 * trained);
}

void dslt_cost_count(dslt_cost *out, const dslt_options *options, const dslt_weights *weights,
                     const dslt_search *g) {
  memset(out, 0, sizeof *out);
  double source = (double)g->area.input_width * g->area.input_height * g->area.ratio_x * g->area.ratio_y;
  double frame = (double)g->area.frame_width * g->area.frame_height;
  out->crop.bytes =
      3.0 * (source < frame ? source : frame) + 3.0 * f32 * g->area.input_width * g->area.input_height;
  const dslt_backbone_spec spec = dslt_dslt_backbone(dslt_dslt_options_of(options));
  dslt_tap_list taps;
  if (dslt_backbone_taps(&taps, weights, &spec) < 0) return; /* checked before; nothing is counted */
  if (weights->network)
    count_network(out, options, weights, g, &taps);
  else
    count_backbone(out, options, weights, g);
  count_head(out, dslt_dslt_options_of(options), g, &taps);
}

/* ---- frames -------------------------------------------------------------------------------------- */

/* Follows dslt_dslt_frame(); the policy is that of math/decision.h. */
void dslt_tally_frame(dslt_tally *out, const dslt_target *t, const dslt_target_state *before,
                      const dslt_result *result) {
  const dslt_dslt_options *o = dslt_dslt_target_of(t)->options;
  int levels = t->search.scale.levels, joint = dslt_dslt_joint(o);
  *out = (dslt_tally){.crops = joint ? levels : 1, .passes = 1, .maps = joint ? levels : 1};
  int pyramid = !joint && levels > 1 && t->seen.pyramid;
  if (pyramid) {
    out->crops += levels;
    out->maps += levels;
    out->passes++;
  }
  out->steps = result->steps;
  if (result->steps == 0 || o->memory < 2) return;
  out->copies = 1;
  int moved = before->cx != t->seen.cx || before->cy != t->seen.cy;
  if (dslt_origin_of_sample(joint, pyramid, moved) == DSLT_ORIGIN_MOVED) {
    out->crops++;
    out->passes++;
  }
}

void dslt_cost_stages(dslt_work out[DSLT_STAGE_COUNT], const dslt_cost *cost, const dslt_tally *tally) {
  dslt_work weights = {0.0, cost->weight_bytes};
  out[DSLT_STAGE_CROP] = dslt_work_times(cost->crop, tally->crops);
  out[DSLT_STAGE_BACKBONE] =
      dslt_work_sum(dslt_work_times(cost->backbone, tally->crops), dslt_work_times(weights, tally->passes));
  out[DSLT_STAGE_HEAD] = dslt_work_times(cost->head, tally->maps);
  out[DSLT_STAGE_LOCATE] = dslt_work_times(cost->locate, tally->maps);
  out[DSLT_STAGE_STORE] = dslt_work_times(cost->store, tally->copies);
  out[DSLT_STAGE_UPDATE] = dslt_work_times(cost->step, tally->steps);
}

void dslt_dslt_cost(dslt_work out[DSLT_STAGE_COUNT], const dslt_target *t, const dslt_target_state *before,
                    const dslt_result *result) {
  dslt_cost cost;
  dslt_tally tally;
  dslt_cost_count(&cost, t->shared->options, t->shared->weights, &t->search);
  dslt_tally_frame(&tally, t, before, result);
  dslt_cost_stages(out, &cost, &tally);
}
