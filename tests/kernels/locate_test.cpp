/* SPDX-License-Identifier: Apache-2.0 */
// Kernels locate and choose_scale against their CPU twins: real shapes, ties, edges, and maps with nothing in
// them.
#include <algorithm>

#include "device.h"

namespace {

dslt_search geometry(int width, int height, int subcell, int mapping, bool prior) {
  dslt_search g = {};
  g.area.frame_width = 640;
  g.area.frame_height = 360;
  g.area.target_width = 40;
  g.area.target_height = 30;
  g.area.ratio_x = 0.9, g.area.ratio_y = 1.1;
  g.area.stride = 8;
  g.area.kernel_width = 5;
  g.area.kernel_height = 3;
  g.area.response_width = width;
  g.area.response_height = height;
  g.area.map_width = width + g.area.kernel_width - 1;
  g.area.map_height = height + g.area.kernel_height - 1;
  g.area.input_width = g.area.map_width * g.area.stride;
  g.area.input_height = g.area.map_height * g.area.stride;
  g.area.anchor_x = 0.5 * g.area.input_width;
  g.area.anchor_y = 0.5 * g.area.input_height;
  g.area.centre_x = 0.5f * float(width - 1);
  g.area.centre_y = 0.5f * float(height - 1);
  g.peak.sigma_x = prior ? 5.2f : 0.0f;
  g.peak.sigma_y = prior ? 3.9f : 0.0f;
  g.peak.subcell = subcell;
  g.area.mapping = mapping;
  g.scale.levels = 3;
  g.scale.step = 1.03;
  g.scale.rate = 0.6;
  g.scale.penalty = 0.99;
  g.scale.gate_ratio = 0.3;
  g.scale.gate = 0.35;
  g.scale.min = 0.2;
  g.scale.max = 5;
  g.lost.ratio = 0.25;
  return g;
}

dslt_target_state start_state() {
  dslt_target_state state = {};
  state.cx = 311.5;
  state.cy = 170.25;
  state.scale = 1.07;
  state.score = 0.5;
  state.mean_score = 0.8;
  state.level = 1;
  return state;
}

const dslt_target_state kPose = start_state();

// A map of noise with a bump where `x`, `y` (cells) says.
std::vector<float> bump(int width, int height, float x, float y, unsigned seed) {
  std::vector<float> map = noise(std::size_t(width) * std::size_t(height), seed, 0.05f);
  for (int i = 0; i < width * height; ++i) {
    float dx = float(i % width) - x, dy = float(i / width) - y;
    map[std::size_t(i)] += std::exp(-0.5f * (dx * dx / 4.0f + dy * dy / 3.0f));
  }
  return map;
}

class LocateKernel : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (!IsSkipped()) scratch_ = zeros<dslt_locate_scratch>(1);
  }

  void expect_same(const dslt_target_state &got, const dslt_target_state &want) {
    double slack = on_gpu() ? 1e-3 : 1e-6;
    EXPECT_NEAR(got.cx, want.cx, slack);
    EXPECT_NEAR(got.cy, want.cy, slack);
    EXPECT_NEAR(got.scale, want.scale, 1e-12);
    EXPECT_NEAR(got.width, want.width, 1e-9);
    EXPECT_NEAR(got.height, want.height, 1e-9);
    EXPECT_NEAR(got.score, want.score, tolerance());
    EXPECT_NEAR(got.mean_score, want.mean_score, tolerance());
    EXPECT_EQ(got.lost, want.lost);
    EXPECT_EQ(got.level, want.level);
    EXPECT_EQ(got.pyramid, want.pyramid);
    EXPECT_NEAR(got.label_x, want.label_x, slack);
    EXPECT_NEAR(got.label_y, want.label_y, slack);
  }

  dslt_target_state locate(const std::vector<float> &map, const dslt_search &g,
                           dslt_target_state start = kPose) {
    dslt_target_state *state = upload(std::vector<dslt_target_state>{start});
    EXPECT_EQ(kernels().locate(stream(), state, upload(map), &g, scratch_, nullptr), DSLT_OK)
        << dslt_last_error();
    EXPECT_EQ(download(&scratch_->ticket, 1)[0], 0u);
    return download(state, 1)[0];
  }
  dslt_target_state choose(const std::vector<float> &maps, const dslt_search &g,
                           dslt_target_state start = kPose) {
    dslt_target_state *state = upload(std::vector<dslt_target_state>{start});
    EXPECT_EQ(kernels().choose_scale(stream(), state, upload(maps), &g, scratch_, nullptr), DSLT_OK)
        << dslt_last_error();
    EXPECT_EQ(download(&scratch_->ticket, 1)[0], 0u);
    return download(state, 1)[0];
  }
  // Both return what the kernel wrote.
  dslt_target_state compare(const std::vector<float> &map, const dslt_search &g,
                            dslt_target_state start = kPose) {
    dslt_target_state want = start, got = locate(map, g, start);
    EXPECT_EQ(dslt_cpu_backend.vision->locate(cpu(), &want, map.data(), &g), DSLT_OK);
    expect_same(got, want);
    return got;
  }
  dslt_target_state compare_scales(const std::vector<float> &maps, const dslt_search &g) {
    dslt_target_state want = kPose, got = choose(maps, g);
    EXPECT_EQ(dslt_cpu_backend.vision->choose_scale(cpu(), &want, maps.data(), &g), DSLT_OK);
    expect_same(got, want);
    return got;
  }

  dslt_target_state compare_levels(const std::vector<float> &maps, const dslt_search &g,
                                   dslt_target_state start = kPose) {
    dslt_target_state *state = upload(std::vector<dslt_target_state>{start}), want = start;
    EXPECT_EQ(kernels().locate_levels(stream(), state, upload(maps), &g, scratch_, nullptr), DSLT_OK)
        << dslt_last_error();
    EXPECT_EQ(download(&scratch_->ticket, 1)[0], 0u);
    EXPECT_EQ(dslt_cpu_backend.vision->locate_levels(cpu(), &want, maps.data(), &g), DSLT_OK);
    dslt_target_state got = download(state, 1)[0];
    expect_same(got, want);
    return got;
  }

  dslt_locate_scratch *scratch_ = nullptr;
};

// Calls `body(geometry)` for every way to search.
template <typename Body>
void every_way(int width, int height, Body body) {
  for (int subcell : {DSLT_SUBCELL_NONE, DSLT_SUBCELL_QUADRATIC, DSLT_SUBCELL_BICUBIC, DSLT_SUBCELL_GAUSSIAN})
    for (int mapping : {DSLT_MAPPING_RECEPTIVE, DSLT_MAPPING_STRETCH})
      for (bool prior : {false, true}) {
        SCOPED_TRACE(::testing::Message() << width << " x " << height << ", subcell " << subcell
                                          << ", mapping " << mapping << ", prior " << prior);
        body(geometry(width, height, subcell, mapping, prior));
      }
}

TEST_P(LocateKernel, EqualsItsTwin) {
  every_way(46, 40, [&](const dslt_search &g) { compare(bump(46, 40, 25.3f, 17.8f, 5), g); });
  every_way(16, 17, [&](const dslt_search &g) { compare(bump(16, 17, 9.1f, 6.4f, 6), g); });
  every_way(3, 2, [&](const dslt_search &g) { compare(bump(3, 2, 1.2f, 0.6f, 7), g); });
  every_way(1, 1, [&](const dslt_search &g) { compare({0.7f}, g); });
}

TEST_P(LocateKernel, PeaksOnEveryEdge) {
  for (int subcell : {DSLT_SUBCELL_NONE, DSLT_SUBCELL_QUADRATIC, DSLT_SUBCELL_BICUBIC, DSLT_SUBCELL_GAUSSIAN})
    for (float x : {0.0f, 7.0f, 14.0f})
      for (float y : {0.0f, 5.0f, 10.0f}) {
        SCOPED_TRACE(::testing::Message() << "subcell " << subcell << " at " << x << ", " << y);
        compare(bump(15, 11, x, y, 8), geometry(15, 11, subcell, DSLT_MAPPING_RECEPTIVE, x == y));
      }
}

TEST_P(LocateKernel, FirstOfEqualsWins) {
  every_way(23, 15, [&](const dslt_search &g) { compare(std::vector<float>(23 * 15, 0.5f), g); });
  // Two and more equal cells, far apart and in an order that differs by column and by row.
  dslt_search g = geometry(40, 30, DSLT_SUBCELL_NONE, DSLT_MAPPING_RECEPTIVE, false);
  for (int cells : {2, 3, 7}) {
    std::vector<float> map = noise(1200, 9, 0.5f);
    for (int i = 0; i < cells; ++i) map[std::size_t(1199 - i * (1100 / cells) - i)] = 0.9f;
    dslt_target_state state = compare(map, g);
    int first = int(std::find(map.begin(), map.end(), 0.9f) - map.begin());
    double u = 8 * (first % 40 + 2.5), v = 8 * (first / 40 + 1.5);
    EXPECT_NEAR(state.cx, std::clamp(kPose.cx + (u - g.area.anchor_x) * 0.9 * 1.07, 0.0, 640.0), 1e-9);
    EXPECT_NEAR(state.cy, std::clamp(kPose.cy + (v - g.area.anchor_y) * 1.1 * 1.07, 0.0, 360.0), 1e-9);
  }
}

TEST_P(LocateKernel, NothingToBelieve) {
  const float strange[] = {NAN, -INFINITY, INFINITY, 0.0f, -1.0f};
  for (float value : strange)
    every_way(4, 3, [&](const dslt_search &g) { compare(std::vector<float>(4 * 3, value), g); });
  every_way(12, 9,
            [&](const dslt_search &g) {  // one bad cell in a good map, and one good cell in a bad map
              std::vector<float> map = bump(12, 9, 6.3f, 4.4f, 10), bad(12 * 9, NAN);
              map[0] = NAN;
              bad[77] = 0.6f;
              compare(map, g);
              compare(bad, g);
            });
}

TEST_P(LocateKernel, LosesAndHolds) {
  dslt_search g = geometry(20, 20, DSLT_SUBCELL_QUADRATIC, DSLT_MAPPING_RECEPTIVE, true);
  std::vector<float> map = bump(20, 20, 12.0f, 7.0f, 11);
  for (float &v : map) v *= 0.15f;  // far below the average peak of 0.8
  for (int hold : {0, 1}) {
    g.lost.hold = hold;
    EXPECT_EQ(compare(map, g).lost, 1);
  }
  dslt_target_state first = kPose;
  first.mean_score = -1;
  EXPECT_EQ(compare(map, g, first).lost, 0);
}

TEST_P(LocateKernel, ScaleEqualsItsTwin) {
  const int width = 11, height = 7;
  for (int levels : {1, 3, 9})
    for (int strongest : {0, levels / 2, levels - 1})
      for (int subcell :
           {DSLT_SUBCELL_NONE, DSLT_SUBCELL_QUADRATIC, DSLT_SUBCELL_BICUBIC, DSLT_SUBCELL_GAUSSIAN}) {
        SCOPED_TRACE(::testing::Message()
                     << levels << " levels, " << strongest << " strongest, subcell " << subcell);
        dslt_search g = geometry(width, height, subcell, DSLT_MAPPING_RECEPTIVE, true);
        g.scale.levels = levels;
        std::vector<float> maps;
        for (int level = 0; level < levels; ++level) {
          std::vector<float> map = bump(width, height, 6.2f, 3.1f, unsigned(20 + level));
          for (float &v : map) v *= level == strongest ? 1.3f : 0.9f;
          maps.insert(maps.end(), map.begin(), map.end());
        }
        EXPECT_EQ(compare_scales(maps, g).level, strongest);
      }
}

TEST_P(LocateKernel, LevelsEqualTheirTwin) {
  const int width = 11, height = 7;
  for (int levels : {1, 3, 9})
    for (int strongest : {0, levels / 2, levels - 1})
      for (int subcell :
           {DSLT_SUBCELL_NONE, DSLT_SUBCELL_QUADRATIC, DSLT_SUBCELL_BICUBIC, DSLT_SUBCELL_GAUSSIAN})
        for (float height_of_peak : {1.3f, 0.1f}) {  // above the gate and below
          SCOPED_TRACE(::testing::Message() << levels << " levels, " << strongest << " strongest, subcell "
                                            << subcell << ", peak " << height_of_peak);
          if (subcell == DSLT_SUBCELL_BICUBIC && levels != 3) continue;  // a point for every pixel: slow
          dslt_search g = geometry(width, height, subcell, DSLT_MAPPING_RECEPTIVE, true);
          g.scale.levels = levels;
          std::vector<float> maps;
          for (int level = 0; level < levels; ++level) {
            std::vector<float> map =
                bump(width, height, 6.2f - 0.3f * float(level), 3.1f, unsigned(20 + level));
            for (float &v : map) v *= level == strongest ? height_of_peak : 0.5f * height_of_peak;
            maps.insert(maps.end(), map.begin(), map.end());
          }
          dslt_target_state state = compare_levels(maps, g);
          EXPECT_EQ(state.level, height_of_peak > 1 ? strongest : levels / 2);
        }
}

TEST_P(LocateKernel, LevelsOfWholePixels) {
  dslt_search g = geometry(12, 9, DSLT_SUBCELL_NONE, DSLT_MAPPING_RECEPTIVE, true);
  g.area.ratio_y = 1.7;
  g.scale.scaling = DSLT_SCALING_PIXELS, g.scale.step = 0.02, g.scale.gate = -1;
  dslt_target_state start = kPose;
  start.width = 43, start.height = 77;
  for (int strongest = 0; strongest < 3; ++strongest) {
    std::vector<float> maps;
    for (int level = 0; level < 3; ++level) {
      std::vector<float> map = bump(12, 9, 6.2f, 3.1f, unsigned(20 + level));
      for (float &v : map) v *= level == strongest ? 1.5f : 0.5f;
      maps.insert(maps.end(), map.begin(), map.end());
    }
    EXPECT_EQ(compare_levels(maps, g, start).width, 42 + strongest);
  }
}

TEST_P(LocateKernel, LevelsWithNothingToBelieve) {
  const float strange[] = {NAN, -INFINITY, INFINITY, 0.0f, -1.0f};
  for (float value : strange)
    every_way(4, 3, [&](const dslt_search &g) {
      compare_levels(std::vector<float>(3 * 4 * 3, value), g);
      std::vector<float> one = bump(4, 3, 1, 1, 3);
      one.insert(one.begin(), 12, value);
      one.insert(one.end(), 12, value);
      compare_levels(one, g);
    });
}

TEST_P(LocateKernel, SameSizeWinsTies) {
  dslt_search g = geometry(10, 10, DSLT_SUBCELL_NONE, DSLT_MAPPING_RECEPTIVE, false);
  std::vector<float> maps(300, 0.4f);
  EXPECT_EQ(compare_scales(maps, g).level, 1);
  maps[250] = maps[7] = 0.5f;  // levels 0 and 2 are equal and better: the first of them
  EXPECT_EQ(compare_scales(maps, g).level, 0);
  EXPECT_EQ(compare_scales(std::vector<float>(300, NAN), g).level, 1);
}

TEST_P(LocateKernel, RefusesWhatItCannotDo) {
  dslt_search good = geometry(10, 10, DSLT_SUBCELL_BICUBIC, DSLT_MAPPING_RECEPTIVE, false);
  dslt_target_state *state = upload(std::vector<dslt_target_state>{kPose});
  float *map = zeros<float>(300);
  auto refuses = [&](const dslt_search &g) {
    return kernels().locate(stream(), state, map, &g, scratch_, nullptr) == DSLT_EARGUMENT &&
           kernels().choose_scale(stream(), state, map, &g, scratch_, nullptr) == DSLT_EARGUMENT;
  };
  EXPECT_FALSE(refuses(good));
  for (int field = 0; field < 6; ++field) {
    dslt_search g = good;
    int *const fields[] = {&g.area.response_width, &g.area.response_height, &g.area.input_width,
                           &g.area.input_height,   &g.scale.levels,         &g.area.stride};
    *fields[field] = 0;
    EXPECT_TRUE(refuses(g)) << dslt_last_error();
    if (fields[field] == &g.area.stride) continue;
    *fields[field] = 5000;
    EXPECT_TRUE(refuses(g)) << dslt_last_error();
  }
  dslt_search g = good;
  g.peak.subcell = 4;
  EXPECT_TRUE(refuses(g));
  EXPECT_EQ(kernels().locate(stream(), nullptr, map, &good, scratch_, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().choose_scale(stream(), state, map, &good, nullptr, nullptr), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().locate_levels(stream(), state, map, &good, nullptr, nullptr), DSLT_EARGUMENT);
}

EVERYWHERE(LocateKernel);

}  // namespace
