/* SPDX-License-Identifier: Apache-2.0 */
// A head on the emulated GPU is fused: its passes take as few launches as the kernels allow, where the single
// operations take more. That both give the same is tests/backend/fused_head_test.cpp's.
#include "backend_fixture.h"
#include "nn/head.h"
#include "runtime.h"

namespace {

// Launches of one call.
template <typename Call>
long launches(Call call) {
  emulated::take_counts();
  EXPECT_EQ(call(), DSLT_OK) << dslt_last_error();
  return emulated::take_counts().launches;
}

dslt_head_shape shape_of(int train_reduction, float fuse_low) {
  dslt_head_shape s = {};
  s.map_height = 8, s.map_width = 12, s.factor = 2;
  s.low_channels = 5, s.high_channels = 7, s.channels = 4, s.reduce_kernel = 1;
  s.kernel_height = 3, s.kernel_width = 2;
  s.fusion = s.residual = s.bias = 1;
  s.train_reduction = train_reduction;
  s.fuse_low = fuse_low, s.fuse_high = 0.5f, s.regress_sigma = 0.1f;
  s.batch = 3;
  return s;
}

class FusedHeadLaunches : public testing::Test {
 protected:
  void make(int train_reduction, float fuse_low) {
    const dslt_head_shape s = shape_of(train_reduction, fuse_low);
    ASSERT_EQ(dslt_head_create(&head_, b_.get(), &s, 1), DSLT_OK) << dslt_last_error();
    spec_.kind = DSLT_LOSS_L2;
  }
  void TearDown() override { dslt_head_free(head_); }
  long forward(int n) {
    return launches([&] { return dslt_head_forward(head_, response_, low_, high_, n); });
  }
  long gradient() {
    return launches([&] { return dslt_head_gradient(head_, loss_, low_, high_, label_, &spec_); });
  }

  Backend b_;
  dslt_head *head_ = nullptr;
  dslt_loss_spec spec_ = {};
  float *low_ = b_.zeros(3 * 8 * 12 * 5), *high_ = b_.zeros(3 * 4 * 6 * 7), *response_ = b_.zeros(3 * 6 * 11),
        *label_ = b_.zeros(6 * 11), *loss_ = b_.zeros(1);
};

TEST_F(FusedHeadLaunches, OfAHeadWhoseReductionsLearn) {
  make(DSLT_REDUCTION_LEARNS, 1);
  // two reductions, upsampling with the weighted sum, both regressions, the sum with the biases
  EXPECT_EQ(forward(1), 5);
  EXPECT_EQ(forward(3), 5);
  // the first four, the loss; both regressions' gradients, the upsampling's with the sum, two reductions'
  EXPECT_EQ(gradient(), 5 + 4);
}

TEST_F(FusedHeadLaunches, OfAWeightedLowBranch) {
  make(DSLT_REDUCTION_LEARNS, 0.8f);
  EXPECT_EQ(gradient(), 5 + 5);  // its gradient is scaled
}

TEST_F(FusedHeadLaunches, OfAHeadWithFixedReductions) {
  make(DSLT_REDUCTION_FIXED, 1);
  EXPECT_EQ(forward(1), 3);
  EXPECT_EQ(gradient(), 3 + 1);
}

// What the same passes take by single operations.
TEST(FusedHeadLaunchesBySingleOperations, AreMore) {
  Backend b;
  float *x = b.zeros(8 * 12 * 4), *small = b.zeros(4 * 6 * 4), *w = b.zeros(64 * 4), *y = b.zeros(8 * 12 * 4);
  dslt_regress *regress = nullptr;
  ASSERT_EQ(b.nn->regress_plan(&regress, b.get(), 1, 8, 12, 4, 3, 2), DSLT_OK);
  EXPECT_EQ(launches([&] { return b.nn->upsample_forward(b.get(), y, small, w, 1, 4, 6, 4, 2); }) +
                launches([&] { return b.nn->axpby(b.get(), y, 1, x, 1, y, 8 * 12 * 4); }) +
                launches([&] { return b.nn->regress_forward(regress, y, x, w); }) +
                launches([&] { return b.nn->regress_forward(regress, y, x, w); }),
            4);  // fused: 2
  b.nn->regress_free(regress);
}

}  // namespace
