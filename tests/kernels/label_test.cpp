/* SPDX-License-Identifier: Apache-2.0 */
// Kernel label against the host's soft label.
#include "../options.h"
#include "device.h"
#include "tracker/geometry.h"
#include "trackers/dslt/options.h"

namespace {

class LabelKernel : public KernelTest {
 protected:
  void compare(const dslt_search &g, const dslt_dslt_options &options) {
    std::size_t count = std::size_t(g.area.response_width) * std::size_t(g.area.response_height);
    std::vector<float> want(count);
    dslt_soft_label(want.data(), &g, &options);
    float sigma_x, sigma_y, *label = zeros<float>(count);
    dslt_label_sigmas(&sigma_x, &sigma_y, &g, &options);
    ASSERT_EQ(kernels().label(stream(), label, &g, sigma_x, sigma_y, options.label_stretch), DSLT_OK)
        << dslt_last_error();
    expect_near(download(label, count), want, tolerance(), "label");
  }
};

TEST_P(LabelKernel, EqualsTheHostsOnRealShapes) {
  for (const char *preset : {"paper", "released"})
    for (dslt_box box : {dslt_box{100, 90, 17, 50}, dslt_box{200, 100, 120, 100}, dslt_box{3, 5, 40, 23}}) {
      const dslt_dslt_options options = *dslt_dslt_options_of(Options(preset));
      dslt_search g;
      ASSERT_EQ(dslt_geometry_make(&g, &options, 640, 360, &box), DSLT_OK) << dslt_last_error();
      SCOPED_TRACE(::testing::Message()
                   << preset << " " << g.area.response_width << " x " << g.area.response_height);
      compare(g, options);
    }
}

TEST_P(LabelKernel, OneCellIsNotStretched) {
  const dslt_dslt_options options = *dslt_dslt_options_of(Options("released"));
  dslt_search g = {};
  g.area.response_width = g.area.response_height = 1;  // lowest = highest: there is nothing to stretch
  g.area.target_width = g.area.target_height = 8;
  g.area.ratio = 1;
  g.area.stride = 4;
  dslt_label_sigmas(&g.label.sigma_x, &g.label.sigma_y, &g, &options);
  compare(g, options);
}

TEST_P(LabelKernel, OfASampleEqualsItsTwin) {
  for (int width : {1, 31, 128, 200}) {
    dslt_search g = {};
    g.area.response_width = width;
    g.area.response_height = 9;
    g.label.sigma_x = 1.5f;
    g.label.sigma_y = 0.7f;
    dslt_target_state state = {};
    state.label_x = 0.37f * float(width);
    state.label_y = 4.6f;
    std::size_t count = std::size_t(width) * 9;
    std::vector<float> want(count), old(3 * count, 7.0f);
    ASSERT_EQ(dslt_cpu_backend.label(cpu(), want.data(), &state, &g), DSLT_OK);
    dslt_target_state *there = upload(std::vector<dslt_target_state>{state});
    float *one = zeros<float>(count), *store = upload(old);
    ASSERT_EQ(kernels().sample_label(stream(), one, nullptr, there, &g, nullptr), DSLT_OK)
        << dslt_last_error();
    expect_near(download(one, count), want, tolerance(), "label");
    // Into the ring's next slot, and nowhere else; not at all where only the first frame is kept.
    dslt_ring *ring = upload(std::vector<dslt_ring>{{3, 2, 2, 0}}),
              *single = upload(std::vector<dslt_ring>{{1, 1, 0, 0}});
    ASSERT_EQ(kernels().sample_label(stream(), store, single, there, &g, nullptr), DSLT_OK);
    EXPECT_EQ(download(store, 3 * count), old);
    ASSERT_EQ(kernels().sample_label(stream(), store, ring, there, &g, zeros<int32_t>(1)), DSLT_OK);
    EXPECT_EQ(download(store, 3 * count), old);
    ASSERT_EQ(kernels().sample_label(stream(), store, ring, there, &g, nullptr), DSLT_OK);
    expect_near(download(store + 2 * count, count), want, tolerance(), "label in the store");
    EXPECT_EQ(download(store, 2 * count), std::vector<float>(2 * count, 7.0f));
  }
}

TEST_P(LabelKernel, RefusesWhatItCannotDo) {
  dslt_search g = {};
  float *x = zeros<float>(4);
  g.area.response_width = 2;
  EXPECT_EQ(kernels().label(stream(), x, &g, 1, 1, 0), DSLT_EARGUMENT);
  g.area.response_height = 2;
  EXPECT_EQ(kernels().label(stream(), x, &g, 0, 1, 0), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().label(stream(), x, &g, 1, NAN, 0), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().label(stream(), nullptr, &g, 1, 1, 0), DSLT_EARGUMENT);
  dslt_target_state *state = zeros<dslt_target_state>(1);
  EXPECT_EQ(kernels().sample_label(stream(), x, nullptr, state, &g, nullptr),
            DSLT_EARGUMENT);  // no deviation
  g.label.sigma_x = g.label.sigma_y = 1;
  EXPECT_EQ(kernels().sample_label(stream(), x, nullptr, state, &g, nullptr), DSLT_OK);
  EXPECT_EQ(kernels().sample_label(stream(), x, nullptr, nullptr, &g, nullptr), DSLT_EARGUMENT);
  g.area.response_width = DSLT_RESPONSE_SIDE_MAX + 1;
  EXPECT_EQ(kernels().label(stream(), x, &g, 1, 1, 0), DSLT_EARGUMENT);
  EXPECT_STREQ(dslt_last_error(), "Kernel label was given 1025 x 2 cells; a side has 1 to 1024.");
}

EVERYWHERE(LabelKernel);

}  // namespace
