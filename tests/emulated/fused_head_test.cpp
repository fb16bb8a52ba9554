/* SPDX-License-Identifier: Apache-2.0 */
// A head on the emulated GPU is fused: its passes take as few launches as the kernels allow, where the single
// operations take more. That both give the same is tests/backend/fused_head_test.cpp's.
#include "backend/cuda/cuda.h"
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

dslt_head_shape shape_of(int train_reduction, float fuse_low, int low_channels = 5, int high_channels = 7) {
  dslt_head_shape s = {};
  s.map_height = 8, s.map_width = 12, s.taps = 2;
  s.tap[0] = {low_channels, 1, fuse_low}, s.tap[1] = {high_channels, 2, 0.5f};
  s.channels = 4, s.reduce_kernel = 1;
  s.kernel_height = 3, s.kernel_width = 2;
  s.fusion = s.residual = s.bias = 1;
  s.train_reduction = train_reduction;
  s.regress_sigma = 0.1f;
  s.batch = 3;
  return s;
}

class FusedHeadLaunches : public testing::Test {
 protected:
  void make(int train_reduction, float fuse_low, int low_channels = 5, int high_channels = 7) {
    const dslt_head_shape s = shape_of(train_reduction, fuse_low, low_channels, high_channels);
    ASSERT_EQ(dslt_head_create(&head_, b_.get(), &s, 1), DSLT_OK) << dslt_last_error();
    spec_.kind = DSLT_LOSS_L2;
  }
  void TearDown() override { dslt_head_free(head_); }
  long forward(int n) {
    return launches([&] { return dslt_head_forward(head_, response_, taps_, n); });
  }
  long gradient() {
    return launches([&] { return dslt_head_gradient(head_, loss_, taps_, label_, &spec_); });
  }

  long learn() {
    const dslt_head_rates rates = {1e-3f, 1e-3f, 2, 0, 1, 1, {0.9f, 0.999f, 1e-8f}};
    return launches([&] { return dslt_head_learn(head_, loss_, taps_, label_, &spec_, &rates); });
  }

  Backend b_;
  dslt_head *head_ = nullptr;
  dslt_loss_spec spec_ = {};
  float *const taps_[2] = {b_.zeros(3 * 8 * 12 * 8), b_.zeros(3 * 4 * 6 * 8)};
  float *response_ = b_.zeros(3 * 6 * 11), *label_ = b_.zeros(6 * 11), *loss_ = b_.zeros(1);
};

TEST_F(FusedHeadLaunches, OfAHeadWhoseReductionsLearn) {
  make(DSLT_REDUCTION_LEARNS, 1);
  // two reductions, upsampling with the weighted sum, both regressions with their sum and the biases
  EXPECT_EQ(forward(1), 4);
  EXPECT_EQ(forward(3), 4);
  // the same with the loss; both regressions' gradients, the upsampling's with the sum, two reductions'
  EXPECT_EQ(gradient(), 4 + 4);
  EXPECT_EQ(learn(), 4 + 4 + 1);
}

TEST_F(FusedHeadLaunches, OfReductionsOfAsManyChannels) {
  make(DSLT_REDUCTION_LEARNS, 1, 8, 8);
  forward(1), forward(3), learn();  // the matrices' addresses are uploaded at the first calls
  EXPECT_EQ(forward(1), 3);         // both reductions are one
  EXPECT_EQ(forward(3), 3);
  EXPECT_EQ(gradient(), 3 + 4);
  EXPECT_EQ(learn(), 3 + 3 + 1);  // Adam adds the reductions' partial sums
}

// Addresses that were not met before can not be uploaded then.
TEST_F(FusedHeadLaunches, OfReductionsFirstMetWhileRecorded) {
  make(DSLT_REDUCTION_LEARNS, 1, 8, 8);
  forward(1);
  float *const others[] = {b_.zeros(3 * 8 * 12 * 8), b_.zeros(3 * 4 * 6 * 8)};
  for (float *const *taps : {taps_, others}) {
    cudaStream_t stream = dslt_cuda_of(b_.get())->stream;
    cudaGraph_t graph = nullptr;
    ASSERT_EQ(cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed), cudaSuccess);
    const long taken = launches([&] { return dslt_head_forward(head_, response_, taps, 1); });
    ASSERT_EQ(cudaStreamEndCapture(stream, &graph), cudaSuccess);
    EXPECT_EQ(taken, taps == taps_ ? 3 : 7);  // one for each product
    cudaGraphDestroy(graph);
  }
}

TEST_F(FusedHeadLaunches, OfAWeightedLowBranch) {
  make(DSLT_REDUCTION_LEARNS, 0.8f);
  EXPECT_EQ(gradient(), 4 + 5);  // its gradient is scaled
}

TEST_F(FusedHeadLaunches, OfAHeadWithFixedReductions) {
  make(DSLT_REDUCTION_FIXED, 1);
  EXPECT_EQ(forward(1), 2);
  EXPECT_EQ(gradient(), 2 + 1);
  EXPECT_EQ(learn(), 2 + 1);  // gradients and step are one
}

// Frozen, three taps are two maps, so that a response and a step take no more than of two.
TEST_F(FusedHeadLaunches, OfThreeTapsThatAreFrozen) {
  dslt_head_shape s = shape_of(DSLT_REDUCTION_FIXED, 0.7f);
  s.taps = 3, s.tap[2] = {3, 4, 0.6f};
  ASSERT_EQ(dslt_head_create(&head_, b_.get(), &s, 1), DSLT_OK) << dslt_last_error();
  EXPECT_EQ(forward(1), 2);
  EXPECT_EQ(gradient(), 2 + 1);
  // three reductions, one upsampling, one sum
  float *const taps[] = {taps_[0], taps_[1], b_.zeros(3 * 2 * 3 * 3)}, *const reduced[] = {
                                                                           b_.zeros(8 * 12 * 4),
                                                                           b_.zeros(2 * 3 * 4)};
  EXPECT_EQ(launches([&] { return dslt_head_reduce(head_, reduced, taps, 1); }), 5);
}

TEST_F(FusedHeadLaunches, OfOneTap) {
  dslt_head_shape s = shape_of(DSLT_REDUCTION_LEARNS, 1);
  s.taps = 1;
  ASSERT_EQ(dslt_head_create(&head_, b_.get(), &s, 1), DSLT_OK) << dslt_last_error();
  EXPECT_EQ(forward(1), 2);          // reduction, base regression with the biases
  EXPECT_EQ(gradient(), 2 + 1 + 1);  // the same with the loss; gradients of the regression and the reduction
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
