// Kernel label against the host's soft label.
#include "device.h"
#include "track/geometry.h"

namespace {

class LabelKernel : public KernelTest {
 protected:
  void compare(const dslt_geometry &g, const dslt_options &options) {
    std::size_t count = std::size_t(g.response_width) * std::size_t(g.response_height);
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
      dslt_options options;
      dslt_geometry g;
      ASSERT_EQ(dslt_options_init(&options, preset), DSLT_OK);
      ASSERT_EQ(dslt_geometry_make(&g, &options, 640, 360, &box), DSLT_OK) << dslt_last_error();
      SCOPED_TRACE(::testing::Message() << preset << " " << g.response_width << " x " << g.response_height);
      compare(g, options);
    }
}

TEST_P(LabelKernel, OneCellIsNotStretched) {
  dslt_options options;
  ASSERT_EQ(dslt_options_init(&options, "released"), DSLT_OK);
  dslt_geometry g = {};
  g.response_width = g.response_height = 1;  // lowest = highest: there is nothing to stretch
  g.target_width = g.target_height = 8;
  g.ratio = 1;
  g.stride = 4;
  compare(g, options);
}

TEST_P(LabelKernel, RefusesWhatItCannotDo) {
  dslt_geometry g = {};
  float *x = zeros<float>(4);
  g.response_width = 2;
  EXPECT_EQ(kernels().label(stream(), x, &g, 1, 1, 0), DSLT_EARGUMENT);
  g.response_height = 2;
  EXPECT_EQ(kernels().label(stream(), x, &g, 0, 1, 0), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().label(stream(), x, &g, 1, NAN, 0), DSLT_EARGUMENT);
  EXPECT_EQ(kernels().label(stream(), nullptr, &g, 1, 1, 0), DSLT_EARGUMENT);
  g.response_width = DSLT_RESPONSE_SIDE_MAX + 1;
  EXPECT_EQ(kernels().label(stream(), x, &g, 1, 1, 0), DSLT_EARGUMENT);
  EXPECT_STREQ(dslt_last_error(), "Kernel label was given 1025 x 2 cells; a side has 1 to 1024.");
}

EVERYWHERE(LabelKernel);

}  // namespace
