/* SPDX-License-Identifier: Apache-2.0 */
/* options.c: DSLT's table of options: symbol, range, help, and which of them fit together. */
#include "trackers/dslt/options.h"

#include "base/error.h"
#include "trackers/dslt/dslt.h"

static const dslt_option_choice layers[] = {
    {"conv3_3", DSLT_CONV3_3}, {"conv4_3", DSLT_CONV4_3}, {"conv5_3", DSLT_CONV5_3}, {NULL, 0}};
static const dslt_option_choice high_layers[] = {
    {"none", 0}, {"conv4_3", DSLT_CONV4_3}, {"conv5_3", DSLT_CONV5_3}, {NULL, 0}};
static const dslt_option_choice mid_layers[] = {{"none", 0}, {"conv4_3", DSLT_CONV4_3}, {NULL, 0}};
static const dslt_option_choice reductions[] = {
    {"0", DSLT_REDUCTION_FIXED}, {"1", DSLT_REDUCTION_LEARNS}, {"first", DSLT_REDUCTION_FIRST}, {NULL, 0}};
#define DSLT_XX(name, number, text, function) {text, number},
static const dslt_option_choice losses[] = {DSLT_LOSSES(DSLT_XX){NULL, 0}};
#undef DSLT_XX
#define DSLT_XX(name, number, text, function) "|" text
#define LOSS_NAMES (&DSLT_LOSSES(DSLT_XX)[1]) /* without the first bar */
static const dslt_option_choice subcells[] = {{"none", DSLT_SUBCELL_NONE},
                                              {"quadratic", DSLT_SUBCELL_QUADRATIC},
                                              {"bicubic", DSLT_SUBCELL_BICUBIC},
                                              {"gaussian", DSLT_SUBCELL_GAUSSIAN},
                                              {NULL, 0}};
static const dslt_option_choice mappings[] = {
    {"receptive", DSLT_MAPPING_RECEPTIVE}, {"stretch", DSLT_MAPPING_STRETCH}, {NULL, 0}};

#define INT(name, symbol, low, high, help) DSLT_ROW_INT(dslt_dslt_options, name, symbol, low, high, help)
#define REAL(name, symbol, low, high, help) DSLT_ROW_REAL(dslt_dslt_options, name, symbol, low, high, help)
#define LIST(name, symbol, low, high, help) DSLT_ROW_LIST(dslt_dslt_options, name, symbol, low, high, help)
#define CHOICE(name, symbol, values, list, help) \
  DSLT_ROW_CHOICE(dslt_dslt_options, name, symbol, values, list, help)

const dslt_option_row dslt_dslt_rows[DSLT_DSLT_ROWS] = {
    REAL(frame_scale_side, "", 0, 4096, "a larger target is brought to this side, px; 0 = never"),
    REAL(frame_scale_limit, "", 1, 16384,
         "... when a side is longer than this, px, or the area exceeds the side squared"),
    REAL(search_width, "", 0.25, 32, "context left and right, times the target's width"),
    REAL(search_height, "", 0.25, 32, "context above and below, times the target's height"),
    INT(search_square, "", 0, 1, "the search area is a square of the same area"),
    REAL(search_min_area, "", 0, 4194304, "a smaller search area is enlarged to this, px^2"),
    REAL(search_max_area, "", 0, 4194304, "a larger one is reduced to this, px^2; 0 = never"),
    INT(search_max_side, "", 64, 4096, "longest side of the network's input, px"),

    CHOICE(low_layer, "", "conv3_3|conv4_3|conv5_3", layers,
           "VGG-16: the finest tap, whose grid is the response's; other networks: --set taps=A,B,..."),
    CHOICE(mid_layer, "", "none|conv4_3", mid_layers, "VGG-16: a tap between the two"),
    CHOICE(high_layer, "", "none|conv4_3|conv5_3", high_layers,
           "VGG-16: the coarsest tap, which the residual regression sees; none = one tap"),
    INT(pool3, "", 0, 1, "keep the backbone's third pooling"),
    INT(pool4, "", 0, 1, "keep the backbone's fourth pooling"),
    INT(reduce_channels, "", 1, 512, "channels after reduction"),
    INT(reduce_kernel, "", 1, 3, "side of the reduction's kernel, 1 or 3"),
    CHOICE(train_reduction, "", "0|1|first", reductions,
           "reductions and deconvolution learn too: never, always, on the first frame"),
    INT(fusion, "", 0, 1, "first residual connection: base sees all taps; 0 = the finest alone, DSLT_m"),
    LIST(
        fuse, "", 0, 10,
        "weight of each tap in the fused map, the finest first, as in 0.8,0.2; the last one holds for the rest"),
    INT(residual, "", 0, 1, "second residual connection: response = base + residual"),
    INT(regress_max_side, "k", 1, 256, "longest side of the regression kernel, cells"),
    REAL(regress_sigma, "", 0, 1, "deviation of the first regression weights"),
    INT(regress_bias, "", 0, 1, "the regressions have a trainable bias"),
    REAL(feature_scale, "", 0.0001, 10000, "further factor on the features"),

    REAL(label_sigma, "", 0.001, 10, "deviation of the soft label, times the target's size"),
    REAL(label_min_sigma, "", 0, 64, "... but at least this many cells"),
    INT(label_on_cell, "", 0, 1, "place the crop so that the target's centre falls on a cell"),
    INT(label_stretch, "", 0, 1, "stretch the soft label to [0, 1]"),

    CHOICE(loss, "L", LOSS_NAMES, losses, "loss of the regression"),
    REAL(shrink_a, "a", 0, 1000, "shrinkage speed (eq. 5)"),
    REAL(shrink_c, "c", 0, 1, "localisation of the shrinkage (eq. 5)"),
    REAL(ohnm_threshold, "", 0, 1, "smallest |p - y| that OHNM keeps"),
    REAL(truncate_threshold, "th", 0, 1, "smallest |p - y| that the truncated loss keeps"),
    REAL(released_alpha, "", 0, 10, "exponent of the released program's sample weight"),
    REAL(truncate_alpha, "alpha", -10, 10, "label weight of the truncated loss"),

    REAL(adam_beta1, "beta1", 0, 0.99999, "decay of Adam's first moment"),
    REAL(adam_beta2, "beta2", 0, 0.999999, "decay of Adam's second moment"),
    REAL(adam_epsilon, "eps", 1e-30, 1, "added to the root of Adam's second moment"),
    REAL(weight_decay, "lambda", 0, 1, "weight decay (eq. 1)"),
    REAL(decay_high, "", 0, 1000, "weight decay of the residual regression, times this"),
    REAL(rate_bias, "", 0, 1000, "learning rate of biases, times the branch's"),

    INT(branch_rates, "", 0, 2,
        "the residual branch's rate holds for the reduction and upsampling of: 0 no tap, 1 the coarsest, 2 all "
        "but the finest"),

    REAL(init_rate_low, "eta", 0, 1, "first frame: learning rate of the base branch"),
    REAL(init_rate_high, "eta", 0, 1, "first frame: learning rate of the residual branch"),
    INT(init_steps, "", 1, 100000, "first frame: at most this many steps"),
    REAL(init_stop_loss, "", 0, 1000000, "first frame: stop below this summed loss; 0 = never"),
    REAL(init_stop_change, "", 0, 1,
         "first frame: stop when ten steps improve by less than this share; 0 = never"),
    INT(init_stop_window, "", 1, 1000, "first frame: steps compared with as many before them"),
    INT(augment, "", 0, 1, "first frame: four blurs and the mirror image"),

    INT(memory, "T", 1, 64, "stored samples, the first frame's among them"),
    INT(update_interval, "", 0, 1000000, "update every n-th frame; 0 = never"),
    INT(update_steps, "", 1, 1000, "steps on each stored sample"),
    REAL(online_rate_low, "eta", 0, 1, "update: learning rate of the base branch"),
    REAL(online_rate_high, "eta", 0, 1, "update: learning rate of the residual branch"),

    REAL(motion_sigma, "", 0, 100, "deviation of the motion prior, times the target's size; 0 = none"),
    REAL(motion_min_sigma, "", 0, 64, "... but at least this many cells"),
    CHOICE(subcell, "", "none|quadratic|bicubic|gaussian", subcells, "how the maximum is refined"),
    CHOICE(mapping, "", "receptive|stretch", mappings, "from response cells to pixels"),

    INT(scale_levels, "", 1, 9, "levels of the scale pyramid, odd"),
    REAL(scale_step, "", 1.0001, 2, "ratio of neighbouring levels"),
    INT(scale_joint, "", 0, 1,
        "search all levels around the last place at once; 0 = first place, then scale"),
    REAL(scale_gate, "", -1, 10, "the pyramid is used where the peak exceeds this"),
    REAL(scale_gate_ratio, "", 0, 1, "... and this share of its recent average"),
    REAL(scale_penalty, "", 0, 1, "factor on the score of every level but the middle one"),
    REAL(scale_rate, "", 0, 1, "size = (1 - rate) old + rate new"),

    REAL(min_side, "", 1, 1024, "smallest side of a box, px"),
    REAL(lost_ratio, "", 0, 1, "lost when the peak falls below this share of its recent average"),
    REAL(lost_rate, "", 0, 1, "share of a new peak in the running average"),
    INT(lost_grace, "", 0, 1000, "nothing counts as lost in the first frames, this many"),
    INT(lost_hold, "", 0, 1, "while lost keep the box and skip the update"),
};

dslt_backbone_spec dslt_dslt_backbone(const dslt_dslt_options *o) {
  const int chosen[] = {o->low_layer, o->mid_layer, o->high_layer};
  dslt_backbone_spec spec = {.pool3 = o->pool3, .pool4 = o->pool4, .feature_scale = o->feature_scale};
  for (size_t i = 0; i < sizeof chosen / sizeof *chosen; ++i)
    if (chosen[i]) spec.layer[spec.layers++] = chosen[i];
  return spec;
}

int dslt_dslt_options_check(const dslt_common_options *common, const void *own) {
  const dslt_dslt_options *o = own;
  (void)common;
  if (o->high_layer && o->high_layer <= o->low_layer)
    return dslt_fail(DSLT_EOPTION,
                     "Option high_layer must lie above low_layer (conv3_3 < conv4_3 < conv5_3).");
  if (o->mid_layer && !(o->low_layer < o->mid_layer && o->mid_layer < o->high_layer))
    return dslt_fail(DSLT_EOPTION,
                     "Option mid_layer=conv4_3 must lie between low_layer=conv3_3 and high_layer=conv5_3.");
  if (o->frame_scale_side > 0 && o->frame_scale_side < 8)
    return dslt_fail(DSLT_EOPTION, "Option frame_scale_side must be 0 (never) or at least 8 pixels.");
  if (o->reduce_kernel == 2) return dslt_fail(DSLT_EOPTION, "Option reduce_kernel must be 1 or 3.");
  if (o->scale_levels % 2 == 0)
    return dslt_fail(DSLT_EOPTION, "Option scale_levels must be odd (1, 3, 5 ...).");
  if (o->mapping == DSLT_MAPPING_STRETCH && o->label_on_cell)
    return dslt_fail(DSLT_EOPTION,
                     "Option mapping=stretch needs label_on_cell=0: it centres the label on the grid.");
  return DSLT_OK;
}
