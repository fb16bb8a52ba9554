/* SPDX-License-Identifier: Apache-2.0 */
/* options.c: rows and checks of CRT's options. */
#include "base/error.h"
#include "math/sample_ring.h"
#include "trackers/crt/crt.h"

static const dslt_option_choice features[] = {{"hog", DSLT_CRT_HOG},
                                              {"conv2", DSLT_CRT_CONV2},
                                              {"conv4", DSLT_CRT_CONV4},
                                              {"conv7", DSLT_CRT_CONV7},
                                              {"conv10", DSLT_CRT_CONV10},
                                              {"conv13", DSLT_CRT_CONV13},
                                              {NULL, 0}};

#define INT(name, symbol, low, high, help) DSLT_ROW_INT(dslt_crt_options, name, symbol, low, high, help)
#define REAL(name, symbol, low, high, help) DSLT_ROW_REAL(dslt_crt_options, name, symbol, low, high, help)
#define CHOICE(name, symbol, values, choices, help) \
  DSLT_ROW_CHOICE(dslt_crt_options, name, symbol, values, choices, help)

const dslt_option_row dslt_crt_rows[DSLT_CRT_ROWS] = {
    CHOICE(feature, "", "hog|conv2|conv4|conv7|conv10|conv13", features,
           "what is regressed: gradients, or VGG-16's n-th convolution"),
    INT(early_pool, "", 0, 1, "conv2: the first pooling before conv1_2; 0 = both behind it"),
    INT(pca_channels, "", 0, 512, "project more channels on this many; 0 = never"),

    REAL(patch_width, "", 1.5, 32, "width of the patch, times the object's"),
    REAL(patch_height, "", 1.5, 32, "height of the patch, times the object's"),
    INT(kernel_cells, "", 4, 2500, "area of the object, cells"),
    INT(stretch, "", 0, 1, "stretch the object to whole cells; 0 = keep its aspect"),
    INT(max_side, "", 64, 4096, "longest side of the network's input, px"),

    REAL(label_sigma, "", 0.001, 10, "deviation of the label, times the object's size"),
    REAL(threshold, "th", 0, 10, "smallest error that counts"),
    REAL(slope, "a", 0, 20, "a of the weight A exp(a y)"),
    REAL(amplitude, "A", 0.0001, 10000, "A of the weight A exp(a y)"),
    REAL(decay, "lambda", 0, 1000000, "weight decay, of weights and bias"),

    REAL(init_spread, "", 0, 1000, "deviation of the first weights, over the kernel's summed features"),
    REAL(adam_beta1, "", 0, 0.9999, "Adam: decay of the first moment"),
    REAL(adam_beta2, "", 0, 0.999999, "Adam: decay of the second moment"),
    REAL(adam_epsilon, "", 1e-30, 1, "Adam: added after the root"),
    REAL(init_rate, "", 0, 1, "first frame: learning rate"),
    INT(init_steps, "", 1, 100000, "first frame: steps at most"),
    REAL(init_stop_loss, "", 0, 1000, "first frame: stop when the loss is below; 0 = never"),

    INT(memory, "", 2, 64, "past frames that an update learns from"),
    INT(memory_gap, "", 1, 63, "every n-th of them: t, t - n, t - 2 n ..."),
    INT(update_interval, "", 0, 1000000, "update every n-th frame; 0 = never"),
    INT(update_steps, "", 1, 1000, "steps of an update"),
    REAL(online_rate, "", 0, 1, "update: learning rate"),
    REAL(update_gate, "", 0, 10, "no update where the peak is below; 0 = always"),

    REAL(motion_sigma, "", 0, 100, "deviation of the motion map, times the object's size; 0 = none"),
    INT(motion_square, "", 0, 1, "... of a square as large as the object, on both axes"),
    INT(scale_levels, "", 1, 9, "scaled objects, odd"),
    REAL(scale_step, "", 0.0001, 1, "share by which neighbouring ones differ"),
    INT(whole_pixels, "", 0, 1, "boxes of whole pixels, whose sides grow by at least one"),
    REAL(min_side, "", 1, 1024, "smallest side of a box, px"),
    REAL(lost_ratio, "", 0, 1, "report lost when the peak falls below this share of its recent average"),
};

int dslt_crt_options_check(const dslt_common_options *common, const void *own) {
  const dslt_crt_options *o = own;
  (void)common;
  if (o->scale_levels % 2 == 0)
    return dslt_fail(DSLT_EOPTION, "Option scale_levels must be odd (1, 3, 5 ...).");
  if (dslt_crt_slots(o) > DSLT_SAMPLES_MAX)
    return dslt_fail(DSLT_EOPTION,
                     "Options memory %d and memory_gap %d reach %d frames back; %d are kept at most.",
                     o->memory, o->memory_gap, dslt_crt_slots(o), (int)DSLT_SAMPLES_MAX);
  return DSLT_OK;
}
