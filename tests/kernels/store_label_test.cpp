/* SPDX-License-Identifier: Apache-2.0 */
// Kernel store_label against the CPU backend's.
#include "device.h"

namespace {

class StoreLabelKernel : public KernelTest {};

TEST_P(StoreLabelKernel, EqualsTheCpusInTheNextSlotAlone) {
  for (int width : {1, 31, 128, 200}) {
    dslt_search g = {};
    g.area.response_width = width;
    g.area.response_height = 9;
    g.label.sigma_x = 1.5f;
    g.label.sigma_y = 0.7f;
    dslt_target_state state = {};
    state.label_x = 0.37f * float(width);
    state.label_y = 4.6f;
    const std::size_t count = std::size_t(width) * 9;
    const std::vector<float> old(3 * count, 7.0f);
    const dslt_sample_ring host_ring = {3, 2, 2, 0, 0};
    std::vector<float> want = old;
    ASSERT_EQ(dslt_cpu_backend.vision->store_label(cpu(), want.data(), &host_ring, &state, &g), DSLT_OK);
    dslt_target_state *there = upload(std::vector<dslt_target_state>{state});
    dslt_sample_ring *ring = upload(std::vector<dslt_sample_ring>{host_ring}),
                     *single = upload(std::vector<dslt_sample_ring>{{1, 1, 0, 0, 0}});
    float *store = upload(old);
    ASSERT_EQ(kernels().store_label(stream(), store, single, there, &g, nullptr), DSLT_OK);
    EXPECT_EQ(download(store, 3 * count), old);  // only the first frame is kept
    ASSERT_EQ(kernels().store_label(stream(), store, ring, there, &g, zeros<int32_t>(1)), DSLT_OK);
    EXPECT_EQ(download(store, 3 * count), old);
    ASSERT_EQ(kernels().store_label(stream(), store, ring, there, &g, nullptr), DSLT_OK) << dslt_last_error();
    expect_near(download(store, 3 * count), want, tolerance(), "label");
  }
}

TEST_P(StoreLabelKernel, RefusesWhatItCannotDo) {
  dslt_search g = {};
  float *x = zeros<float>(8);
  dslt_target_state *state = zeros<dslt_target_state>(1);
  dslt_sample_ring *ring = upload(std::vector<dslt_sample_ring>{{2, 1, 1, 0, 0}});
  auto store = [&](float *to, dslt_sample_ring *by, dslt_target_state *of) {
    return kernels().store_label(stream(), to, by, of, &g, nullptr);
  };
  g.area.response_width = 2;
  g.label.sigma_x = g.label.sigma_y = 1;
  EXPECT_EQ(store(x, ring, state), DSLT_EARGUMENT);  // no height
  g.area.response_height = 2;
  EXPECT_EQ(store(x, ring, state), DSLT_OK);
  EXPECT_EQ(store(nullptr, ring, state), DSLT_EARGUMENT);
  EXPECT_EQ(store(x, nullptr, state), DSLT_EARGUMENT);
  EXPECT_EQ(store(x, ring, nullptr), DSLT_EARGUMENT);
  for (float odd : {0.0f, -1.0f, float(NAN)}) {
    g.label.sigma_y = odd;
    EXPECT_EQ(store(x, ring, state), DSLT_EARGUMENT) << odd;
  }
  g.label.sigma_y = 1;
  g.area.response_width = DSLT_RESPONSE_SIDE_MAX + 1;
  EXPECT_EQ(store(x, ring, state), DSLT_EARGUMENT);
  EXPECT_STREQ(dslt_last_error(), "Kernel store_label was given 1025 x 2 cells; a side has 1 to 1024.");
}

EVERYWHERE(StoreLabelKernel);

}  // namespace
