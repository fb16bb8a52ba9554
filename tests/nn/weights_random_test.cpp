/* SPDX-License-Identifier: Apache-2.0 */
// Random weights: the same everywhere, He-normal, features of the promised size.
#include <algorithm>
#include <cmath>

#include "weights_build.h"

#include "base/rng.h"

namespace {

struct Map {
  int channels, side;
  std::vector<float> values;  // channels x side x side
};

// 1 2 1 across and down, as a lens blurs.
void blur(std::vector<float> *plane, int side) {
  for (const int step : {1, side}) {
    const std::vector<float> in = *plane;
    for (int y = 0; y < side; y++) {
      for (int x = 0; x < side; x++) {
        const int at = y * side + x, place = step == 1 ? x : y;
        const float before = in[static_cast<size_t>(place > 0 ? at - step : at)];
        const float after = in[static_cast<size_t>(place + 1 < side ? at + step : at)];
        (*plane)[static_cast<size_t>(at)] = (before + 2 * in[static_cast<size_t>(at)] + after) / 4;
      }
    }
  }
}

// An image after the dead-leaves model: discs of every size over one another, each of one colour, seen
// through a lens. BGR minus mean. Root mean square 65, neighbours differ by 12, colours by 20: 64 photographs
// gave 65, 11 and 20.
Map dead_leaves(uint64_t seed, int side) {
  dslt_rng rng = dslt_rng_make(seed, 77);
  Map image = {3, side, {}};
  std::vector<float> planes[3];
  for (auto &plane : planes) plane.resize(static_cast<size_t>(side * side));
  const double mean[3] = {103.939, 116.779, 123.68};
  for (int disc = 0; disc < 4000; disc++) {
    const double u = dslt_rng_uniform(&rng), radius = 2 / std::sqrt(u + (1 - u) * 4.0 / (side * side));
    const double cx = dslt_rng_uniform(&rng) * side, cy = dslt_rng_uniform(&rng) * side;
    const double grey = 27.5 + 200 * dslt_rng_uniform(&rng);
    double colour[3];
    for (double &c : colour) c = std::clamp(grey + 25 * dslt_rng_normal(&rng), 0.0, 255.0);
    for (int y = 0; y < side; y++) {
      for (int x = 0; x < side; x++) {
        if ((x - cx) * (x - cx) + (y - cy) * (y - cy) > radius * radius) continue;
        for (int c = 0; c < 3; c++) {
          planes[c][static_cast<size_t>(y * side + x)] = static_cast<float>(colour[c] - mean[c]);
        }
      }
    }
  }
  for (auto &plane : planes) {
    blur(&plane, side);
    for (float value : plane) image.values.push_back(value + static_cast<float>(2 * dslt_rng_normal(&rng)));
  }
  return image;
}

// Convolution with zero padding, ReLU: the definition, written down.
Map convolve(const Map &in, const dslt_tensor_view &view) {
  const std::vector<float> kernel = values_of(view);
  Map out = {static_cast<int>(view.shape[0]), in.side, {}};
  for (int o = 0; o < out.channels; o++) {
    for (int y = 0; y < in.side; y++) {
      for (int x = 0; x < in.side; x++) {
        double sum = 0;
        for (int c = 0; c < in.channels; c++) {
          for (int t = 0; t < 9; t++) {
            const int v = y + t / 3 - 1, u = x + t % 3 - 1;
            if (v < 0 || u < 0 || v >= in.side || u >= in.side) continue;
            sum += static_cast<double>(kernel[static_cast<size_t>((o * in.channels + c) * 9 + t)]) *
                   in.values[static_cast<size_t>((c * in.side + v) * in.side + u)];
          }
        }
        out.values.push_back(static_cast<float>(std::max(sum, 0.0)));
      }
    }
  }
  return out;
}

Map max_pool(const Map &in) {
  Map out = {in.channels, in.side / 2, {}};
  for (int c = 0; c < in.channels; c++) {
    for (int y = 0; y + 1 < in.side; y += 2) {
      for (int x = 0; x + 1 < in.side; x += 2) {
        const float *at = &in.values[static_cast<size_t>((c * in.side + y) * in.side + x)];
        out.values.push_back(std::max(std::max(at[0], at[1]), std::max(at[in.side], at[in.side + 1])));
      }
    }
  }
  return out;
}

double mean_of(const std::vector<float> &values) {
  double sum = 0;
  for (float value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

TEST(WeightsRandom, IsHeNormalWithZeroBias) {
  Weights weights;
  ASSERT_EQ(dslt_weights_random(&weights.handle, "vgg16/4", 5), 0) << dslt_last_error();
  for (int layer = 0; layer < 13; layer++) {
    const std::vector<float> values = values_of(weights->weight[layer]);
    const double fan_in = 9.0 * static_cast<double>(weights->weight[layer].shape[1]);
    double square = 0;
    for (float value : values) square += static_cast<double>(value) * value;
    const double n = static_cast<double>(values.size()), variance = square / n;
    EXPECT_NEAR(variance * fan_in / 2, 1, 5 * std::sqrt(2 / n)) << layer;
    EXPECT_NEAR(mean_of(values), 0, 5 * std::sqrt(variance / n)) << layer;
    for (float value : values_of(weights->bias[layer])) EXPECT_EQ(value, 0);
  }
}

TEST(WeightsRandom, KnowsItsArchs) {
  const struct {
    const char *arch;
    int first, last;
  } rows[] = {{"vgg16/16", 4, 32}, {"vgg16/8", 8, 64}, {"vgg16/4", 16, 128}, {"vgg16/2", 32, 256}};
  for (const auto &row : rows) {
    Weights weights;
    ASSERT_EQ(dslt_weights_random(&weights.handle, row.arch, 1), 0) << dslt_last_error();
    EXPECT_EQ(weights->width[0], row.first);
    EXPECT_EQ(weights->width[12], row.last);
    char arch[DSLT_ARCH_MAX];
    dslt_weights_arch(arch, sizeof arch, weights.handle);
    EXPECT_STREQ(arch, row.arch);
    EXPECT_EQ(std::string(weights->path), "random " + std::string(row.arch) + " seed 1");
  }
}

TEST(WeightsRandom, RejectsOtherArchs) {
  for (const char *arch : {"", "vgg", "vgg16/3", "vgg16/32", "vgg16/", "vgg19", "VGG16"}) {
    Weights weights;
    EXPECT_FAILURE(dslt_weights_random(&weights.handle, arch, 1), DSLT_EOPTION, "vgg16/16");
    EXPECT_EQ(weights.handle, nullptr);
  }
  EXPECT_EQ(dslt_weights_random(nullptr, "vgg16", 1), DSLT_EARGUMENT);
}

TEST(WeightsRandom, SeedsDiffer) {
  Weights first, second;
  ASSERT_EQ(dslt_weights_random(&first.handle, "vgg16/16", 1), 0);
  ASSERT_EQ(dslt_weights_random(&second.handle, "vgg16/16", 2), 0);
  EXPECT_NE(values_of(first->weight[5]), values_of(second->weight[5]));
  EXPECT_NE(values_of(first->weight[5]), values_of(first->weight[6]));
}

TEST(WeightsRandom, FeaturesHaveThePromisedSize) {
  double product_low = 1, product_high = 1;
  const int seeds = 4;
  for (int seed = 1; seed <= seeds; seed++) {
    Weights weights;
    ASSERT_EQ(dslt_weights_random(&weights.handle, "vgg16/8", static_cast<uint64_t>(seed)), 0);
    double low = 0, high = 0;
    const int images = 2;
    for (int image = 1; image <= images; image++) {
      Map map = dead_leaves(static_cast<uint64_t>(image), 96);
      for (int layer = 0; layer < 13; layer++) {
        map = convolve(map, weights->weight[layer]);
        if (layer == 9)
          low += mean_of(map.values) * static_cast<double>(weights->preprocess.scale_low) / images;
        if (layer == 12)
          high += mean_of(map.values) * static_cast<double>(weights->preprocess.scale_high) / images;
        if (dslt_vgg_layers[layer].pool_after) map = max_pool(map);
      }
    }
    EXPECT_GT(low, 10) << seed;
    EXPECT_LT(low, 40) << seed;
    EXPECT_GT(high, 10) << seed;
    EXPECT_LT(high, 40) << seed;
    product_low *= low;
    product_high *= high;
  }
  EXPECT_NEAR(std::pow(product_low, 1.0 / seeds), 20, 6);
  EXPECT_NEAR(std::pow(product_high, 1.0 / seeds), 20, 6);
}

using WeightsRandomFile = WeightFolder;

TEST_F(WeightsRandomFile, SameArchAndSeedGiveTheSameBytes) {
  Weights first, second;
  ASSERT_EQ(dslt_weights_random(&first.handle, "vgg16/16", 1), 0);
  ASSERT_EQ(dslt_weights_random(&second.handle, "vgg16/16", 1), 0);
  ASSERT_EQ(dslt_weights_save(first.handle, in_folder("a").c_str(), DSLT_DTYPE_F32), 0) << dslt_last_error();
  ASSERT_EQ(dslt_weights_save(second.handle, in_folder("b").c_str(), DSLT_DTYPE_F32), 0) << dslt_last_error();
  const std::string bytes = read_file("a");
  EXPECT_EQ(bytes, read_file("b"));
  // Other machines and compilers must agree: the values were computed from the definition of rng.h by a few
  // lines of Python.
  const std::vector<float> values = values_of(first->weight[0]);
  EXPECT_EQ(values[0], -0x1.4836960000000p-3f);
  EXPECT_EQ(values[1], 0x1.2aa4dc0000000p-3f);
  EXPECT_EQ(values[2], 0x1.48366a0000000p-2f);
  EXPECT_EQ(values[3], -0x1.619fba0000000p-3f);
  EXPECT_EQ(values_of(first->weight[12]).back(), -0x1.baeec80000000p-7f);
  // The whole file, scales included, as gcc and clang make it at -O0 and at -O3 with fused multiply-adds.
  char hex[65];
  if (dslt_sha256(hex, bytes.data(), bytes.size()) == 0) {
    EXPECT_STREQ(hex, "5484902d80ca52c9a84f90a0d3f7db58b3453532e14dfc3301f3b02f7242657b");
  }
}

}  // namespace
