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
  int last = dslt_layer_index(o->high_layer), low = dslt_layer_index(o->low_layer);
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
    if (i == low || i == last) out->backbone.bytes += f32 * cells * cout;
    int kept = (layer->block != 3 || o->pool3) && (layer->block != 4 || o->pool4);
    if (layer->pool_after && kept) h /= 2, w /= 2;
    cin = cout;
  }
}

/* Layer by layer only VGG-16 is counted; of another network, the sum. */
static void count_network(dslt_cost *out, const dslt_options *options, const dslt_weights *weights,
                          const dslt_search *g, const dslt_tap taps[DSLT_TAPS]) {
  const int h = g->area.input_height, w = g->area.input_width;
  const double element = options->common.precision == DSLT_PRECISION_BF16 ? 2.0 : f32;
  double parameters;
  dslt_backbone_work(&out->backbone.flop, &parameters, weights, h, w);
  out->weight_bytes = element * parameters;
  out->backbone.bytes = f32 * 3.0 * h * w;
  for (int t = 0; t < DSLT_TAPS; ++t)
    out->backbone.bytes += f32 * (double)(h / taps[t].stride) * (w / taps[t].stride) * taps[t].channels;
}

/* ---- head ---------------------------------------------------------------------------------------- */

static void count_head(dslt_cost *out, const dslt_dslt_options *o, const dslt_search *g,
                       const dslt_tap taps_of[DSLT_TAPS]) {
  const dslt_tap *low = &taps_of[0], *high = &taps_of[1];
  int factor = high->stride / low->stride, high_used = o->fusion || o->residual;
  double cells = (double)g->area.map_width * g->area.map_height, high_cells = cells / (factor * factor);
  double response = (double)g->area.response_width * g->area.response_height;
  double c = o->reduce_channels, taps = (double)o->reduce_kernel * o->reduce_kernel;
  double kernel = (double)g->area.kernel_width * g->area.kernel_height * c;

  double reduce_low = 2.0 * cells * taps * low->channels * c;
  double reduce_high = high_used ? 2.0 * high_cells * taps * high->channels * c : 0.0;
  double raise = high_used && factor > 1 ? 2.0 * 4.0 * cells * c : 0.0; /* four taps reach each cell */
  double fuse = o->fusion ? 3.0 * cells * c : 0.0;
  double regressions = o->residual ? 2.0 : 1.0;
  double regress = regressions * 2.0 * response * kernel;

  double raising = high_used && factor > 1 ? 4.0 * factor * factor * c : 0.0;
  double reduction = taps * c * (low->channels + (high_used ? high->channels : 0.0)) + raising;
  double regression = regressions * kernel;
  out->parameters = reduction + regression + (o->regress_bias ? regressions : 0.0);
  double taps_low = cells * low->channels, taps_high = high_cells * high->channels;
  double samples = taps_low + (high_used ? taps_high : 0.0);

  out->head.flop = reduce_low + reduce_high + raise + fuse + regress;
  out->head.bytes = f32 * (samples + out->parameters + response);
  out->locate.bytes = f32 * response;

  /* Backward: each product of the forward pass once more for its weights' gradient, and once more for its
   * input's, save the reductions', whose inputs are the backbone's and are not trained. */
  double trained = regression + (o->regress_bias ? regressions : 0.0), read = raising;
  double forward = out->head.flop, backward = regress;
  if (o->train_reduction == DSLT_REDUCTION_LEARNS) {
    trained += reduction;
    read = 0.0;
    backward += regress + reduce_low + reduce_high + 2.0 * raise + fuse;
  } else { /* samples are stored reduced */
    forward -= reduce_low + reduce_high;
    taps_low = cells * c;
    taps_high = high_cells * c;
    samples = taps_low + (high_used ? taps_high : 0.0);
  }
  out->sample_bytes = f32 * (taps_low + taps_high + response);
  out->store.bytes = 2.0 * f32 * (taps_low + taps_high);
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
  dslt_tap taps[DSLT_TAPS];
  if (dslt_backbone_taps(taps, weights, &spec) < 0) return; /* checked before; nothing is counted */
  if (weights->network)
    count_network(out, options, weights, g, taps);
  else
    count_backbone(out, options, weights, g);
  count_head(out, dslt_dslt_options_of(options), g, taps);
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
