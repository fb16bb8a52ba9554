/* SPDX-License-Identifier: Apache-2.0 */
// The presets against the numbers that the paper and the released program give, written out here from those two, not from
// the library's source.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "../options.h"

namespace {

struct Expected {
  const char *key, *paper, *released; /* "" = that source does not say */
};

const Expected kNetwork[] = {
    {"low_layer", "conv4_3", "conv4_3"},
    {"high_layer", "conv5_3", "conv5_3"},
    {"pool3", "1", "0"},
    {"pool4", "1", "0"},
    {"reduce_channels", "128", "128"},
    {"reduce_kernel", "1", "3"},
    {"fusion", "1", "1"},
    {"fuse", "1", "0.8,0.2"},
    {"residual", "1", "1"},
    {"regress_sigma", "1e-7", "1e-7"},
    {"regress_bias", "0", "1"},
    {"rate_bias", "", "2"},
};

const Expected kLoss[] = {
    {"loss", "shrinkage", "shrinkage_released"},
    {"shrink_a", "10", "10"},
    {"shrink_c", "0.2", "0.2"},
    {"ohnm_threshold", "0.01", "0.01"},
    {"truncate_threshold", "0.1", "0.1"},
    {"truncate_alpha", "1", "1"},
};

const Expected kTraining[] = {
    {"adam_beta1", "", "0.6"},
    {"adam_beta2", "", "0.999"},
    {"adam_epsilon", "", "1e-8"},
    {"weight_decay", "", "5.1e-4"},
    {"decay_high", "", "40"},
    {"init_rate_low", "2e-8", "2e-8"},
    {"init_rate_high", "8e-7", "8e-7"}, /* released: 40 times the base's */
    {"online_rate_low", "5e-9", "1e-8"},
    {"online_rate_high", "2e-7", "4e-7"},
    {"init_steps", "", "100"},
    {"init_stop_loss", "", "0.03"},
    {"augment", "", "1"},
    {"memory", "7", "7"},
    {"update_interval", "1", "1"},
    {"update_steps", "", "2"},
};

const Expected kPlace[] = {
    {"label_sigma", "0.1", "0.08"},      {"label_stretch", "", "1"},
    {"search_width", "", "8"}, /* 1 + context = 9 times the target's width */
    {"search_height", "", "4"},          {"frame_scale_side", "", "80"},
    {"frame_scale_limit", "", "160"},    {"search_min_area", "", "40000"},
    {"motion_sigma", "", "0.65"},        {"subcell", "", "bicubic"},
    {"mapping", "receptive", "stretch"}, {"scale_levels", "3", "3"},
    {"scale_step", "1.03", "1.03"},      {"scale_gate", "", "0.35"},
    {"scale_rate", "", "0.6"},           {"min_side", "", "5"},
};

void compare(const char *preset, const char *key, const std::string &expected) {
  if (expected.empty()) return;
  Options options(preset);
  char text[64];
  ASSERT_EQ(dslt_options_get(text, sizeof text, options, key), DSLT_OK) << dslt_last_error();
  char *end = nullptr;
  const double number = std::strtod(expected.c_str(), &end);
  if (*end)
    EXPECT_EQ(text, expected) << preset << " " << key;
  else
    EXPECT_EQ(std::strtod(text, nullptr), number) << preset << " " << key;
}

template <size_t N>
void compare_all(const Expected (&rows)[N]) {
  for (const Expected &row : rows) {
    compare("paper", row.key, row.paper);
    compare("released", row.key, row.released);
  }
}

// What `default` changes of `paper`, as bench/presets.md lists it; everything else is the paper's.
const Expected kDeparture[] = {
    {"precision", "auto", ""},       {"frame_scale_side", "0", ""},    {"search_width", "4", ""},
    {"search_square", "1", ""},      {"search_min_area", "65536", ""}, {"search_max_area", "65536", ""},
    {"label_min_sigma", "1", ""},    {"init_stop_change", "0", ""},    {"subcell", "gaussian", ""},
    {"scale_joint", "1", ""},        {"scale_step", "1.05", ""},       {"scale_gate", "0", ""},
    {"scale_gate_ratio", "0.6", ""}, {"scale_penalty", "0.95", ""},    {"lost_ratio", "0.6", ""},
    {"lost_grace", "10", ""},        {"lost_hold", "1", ""},           {"train_reduction", "first", ""},
};

TEST(Presets, DefaultDepartsFromThePaperWhereTheTableSays) {
  const Options recommended("dslt"), paper("paper");
  dslt_option_info info;
  for (int i = 0; dslt_options_describe(&info, paper, i) == DSLT_OK; ++i) {
    char mine[64], papers[64];
    ASSERT_EQ(dslt_options_get(mine, sizeof mine, recommended, info.key), DSLT_OK);
    ASSERT_EQ(dslt_options_get(papers, sizeof papers, paper, info.key), DSLT_OK);
    bool departs = false;
    for (const Expected &row : kDeparture) departs |= std::string(row.key) == info.key;
    EXPECT_EQ(departs, std::string(mine) != papers) << info.key;
  }
  for (const Expected &row : kDeparture) compare("dslt", row.key, row.paper);
}

TEST(Presets, Network) { compare_all(kNetwork); }
TEST(Presets, Loss) { compare_all(kLoss); }
TEST(Presets, Training) { compare_all(kTraining); }
TEST(Presets, LabelSearchPlaceAndScale) { compare_all(kPlace); }

}  // namespace
