/* SPDX-License-Identifier: Apache-2.0 */
#include "arch.h"

const dslt_vgg_layer dslt_vgg_layers[DSLT_VGG_CONVS] = {
    {"conv1_1", "features.0", 1, 64, 0},   {"conv1_2", "features.2", 1, 64, 1},
    {"conv2_1", "features.5", 2, 128, 0},  {"conv2_2", "features.7", 2, 128, 1},
    {"conv3_1", "features.10", 3, 256, 0}, {"conv3_2", "features.12", 3, 256, 0},
    {"conv3_3", "features.14", 3, 256, 1}, {"conv4_1", "features.17", 4, 512, 0},
    {"conv4_2", "features.19", 4, 512, 0}, {"conv4_3", "features.21", 4, 512, 1},
    {"conv5_1", "features.24", 5, 512, 0}, {"conv5_2", "features.26", 5, 512, 0},
    {"conv5_3", "features.28", 5, 512, 0},
};
