/* SPDX-License-Identifier: Apache-2.0 */
// The backbone's choice of algorithm and layout must not show: whatever oneDNN makes of a layer, the taps are
// the reference's within rounding, and a picture's features are the same bytes in a batch of any size, on any
// number of threads, with weights of its own or another net's.
#include <sys/wait.h>

#include <cstdlib>
#include <string>

#include "backend_fixture.h"
#include "stack.h"

namespace {

// `pools` has a bit for each layer that is followed by a pooling.
void make_stack(Stack *stack, const std::vector<int> &widths, unsigned pools, int h, int w, int low) {
  ref::Noise noise(21);
  int cin = 3, i = 0;
  for (int width : widths) {
    stack->layer.push_back({cin, width, int(pools >> i & 1)});
    stack->weights.push_back(
        ref::rounded(noise.map(std::size_t(width) * cin * 9, 1.7 * std::sqrt(2.0 / (cin * 9)))));
    stack->biases.push_back(ref::rounded(noise.map(width, 0.1)));
    cin = width;
    ++i;
  }
  stack->h = h, stack->w = w;
  stack->low = low, stack->high = i - 1;
}

ref::Map pictures(const Stack &d, int n) {
  ref::Noise noise(22);
  return ref::rounded(noise.map(std::size_t(n) * d.h * d.w * 3, 2));
}

struct Taps {
  std::vector<float> low, high;
  bool operator==(const Taps &o) const { return low == o.low && high == o.high; }
};

Taps run(Backend &b, dslt_net *net, const Stack &d, int n, const ref::Map &x) {
  const std::size_t low = n * d.tap_values(d.low), high = n * d.tap_values(d.high);
  float *in = b.upload(x), *out_low = b.floats(low), *out_high = b.floats(high);
  float *const taps[] = {out_low, out_high};
  EXPECT_EQ(b.nn->net_run(net, in, taps), DSLT_OK) << dslt_last_error();
  return {b.download(out_low, low), b.download(out_high, high)};
}

dslt_net *plan(Backend &b, Stack &stack, int n, const dslt_net *share) {
  dslt_net *net = nullptr;
  stack.n = n;
  EXPECT_EQ(stack.plan(&net, b.get(), share), DSLT_OK) << dslt_last_error();
  return net;
}

// ---- against the reference ----------------------------------------------------------------------------

struct Shape {
  std::vector<int> widths;
  unsigned pools;
  int h, w, low;
  const char *name;
};
void PrintTo(const Shape &s, std::ostream *out) { *out << s.name; }

class BackboneLayout : public testing::TestWithParam<Shape> {};

void expect_near(const std::vector<float> &got, const ref::Map &want, std::size_t picture, const char *tap) {
  const std::vector<float> part(got.begin() + picture * want.size(),
                                got.begin() + (picture + 1) * want.size());
  EXPECT_LT(ref::relative_error(part, want), 5e-6) << tap << " tap, picture " << picture;
}

TEST_P(BackboneLayout, TapsAreTheReferences) {
  const Shape &shape = GetParam();
  const int n = 2;
  Backend b;
  ASSERT_TRUE(b) << dslt_last_error();
  Stack stack;
  make_stack(&stack, shape.widths, shape.pools, shape.h, shape.w, shape.low);
  const Stack &d = stack;
  const ref::Map x = pictures(d, n);
  dslt_net *net = plan(b, stack, n, nullptr);
  ASSERT_TRUE(net);
  const Taps taps = run(b, net, d, n, x);
  EXPECT_TRUE(run(b, net, d, n, x) == taps) << "a second run saw what the first one left";
  for (int picture = 0; picture < n; ++picture) {
    const std::size_t values = std::size_t(d.h) * d.w * 3;
    ref::Map y(x.begin() + picture * values, x.begin() + (picture + 1) * values);
    int h = d.h, w = d.w;
    for (int i = 0; i <= d.high; ++i) {
      y = ref::conv_relu(y, stack.weights[i], stack.biases[i], h, w, d.layer[std::size_t(i)].cin,
                         d.layer[i].cout);
      if (i == d.low) expect_near(taps.low, y, picture, "low");
      if (!d.layer[i].pool_after || i == d.high) continue;
      y = ref::max_pool(y, h, w, d.layer[i].cout);
      h /= 2, w /= 2;
    }
    expect_near(taps.high, y, picture, "high");
  }
  b.nn->net_free(net);
}

// Winograd works in tiles of 4 x 4 and blocks of 16 channels: sizes that are no multiples of the tile, widths
// that are none of the block, one block alone, changes between the layouts at each place, a tap where one
// happens.
INSTANTIATE_TEST_SUITE_P(
    Shapes, BackboneLayout,
    testing::Values(Shape{{16, 16, 32}, 0, 29, 35, 1, "odd size"},
                    Shape{{16, 16, 32}, 5, 33, 50, 0, "pools cut a row, tap before the change"},
                    Shape{{32, 32, 40, 48}, 2, 37, 22, 2, "width 40 fills three blocks"},
                    Shape{{24, 24, 32, 32}, 0, 18, 23, 1, "width 24 stays channels last, then blocks"},
                    Shape{{32, 32, 24, 24}, 0, 18, 23, 2, "blocks, then channels last"},
                    Shape{{20, 32, 32}, 0, 17, 19, 1, "first layer of no whole block"},
                    Shape{{16, 16, 16, 16, 16}, 10, 40, 34, 3, "the last maps have few tiles"},
                    Shape{{16, 16}, 0, 16, 13, 0, "one tile row"}, Shape{{16, 16}, 1, 5, 7, 0, "tiny"}),
    [](const auto &parameter) { return std::to_string(parameter.index); });

// ---- batches, threads, shared weights -----------------------------------------------------------------

// Maps of 64, 32 and 16 px with the slim backbone's kinds of widths.
void make_slim(Stack *stack) {
  make_stack(stack, {16, 16, 32, 64, 64, 160, 160}, 1 << 1 | 1 << 4, 64, 72, 4);
}

// One net for the whole batch, one that takes its weights, one that stands alone: picture by picture.
void expect_same_pictures(int precision, void (*make)(Stack *), int n) {
  if (std::strcmp(backend_name(), "cpu") != 0) GTEST_SKIP() << skip::kBackend << "equal bytes in any batch";
  Taps whole;
  for (int threads : {1, 2, 3}) {
    Backend b(precision, threads);
    ASSERT_TRUE(b);
    Stack stack;
    make(&stack);
    const Stack &d = stack;
    const ref::Map x = pictures(d, n);
    const std::size_t values = std::size_t(d.h) * d.w * 3;
    dslt_net *batch = plan(b, stack, n, nullptr), *shared = plan(b, stack, 1, batch),
             *alone = plan(b, stack, 1, nullptr);
    ASSERT_TRUE(batch && shared && alone);
    const Taps taps = run(b, batch, d, n, x);
    EXPECT_TRUE(run(b, batch, d, n, x) == taps) << threads << " threads, second run";
    if (threads == 1) whole = taps;
    EXPECT_TRUE(whole == taps) << threads << " threads";
    Taps joined, joined_shared;
    for (int picture = 0; picture < n; ++picture) {
      const ref::Map one(x.begin() + picture * values, x.begin() + (picture + 1) * values);
      for (const auto &[net, to] : {std::pair{alone, &joined}, std::pair{shared, &joined_shared}}) {
        const Taps part = run(b, net, d, 1, one);
        to->low.insert(to->low.end(), part.low.begin(), part.low.end());
        to->high.insert(to->high.end(), part.high.begin(), part.high.end());
      }
    }
    EXPECT_TRUE(joined == taps) << threads << " threads, one at a time";
    EXPECT_TRUE(joined_shared == taps) << threads << " threads, one at a time with the batch's weights";
    b.nn->net_free(alone);
    b.nn->net_free(shared);
    b.nn->net_free(batch);
  }
}

TEST(BackboneBatch, APictureIsTheSameInAnyBatch) { expect_same_pictures(DSLT_PRECISION_F32, make_slim, 3); }
TEST(BackboneBatch, APictureIsTheSameInAnyBatchInBfloat16) {
  if (!has_bfloat16()) GTEST_SKIP() << skip::kBfloat16;
  expect_same_pictures(DSLT_PRECISION_BF16, make_slim, 3);
}
// oneDNN adds many input channels up in parts whose number depends on the batch.
TEST(BackboneBatch, APictureIsTheSameWithManyChannels) {
  expect_same_pictures(
      DSLT_PRECISION_F32,
      [](Stack *stack) {
        make_stack(stack, {256, 256, 512}, 0, 28, 28, 0);
      },
      3);
}
// Large maps go through the layers in parts of the batch, to keep the working memory in the cache.
TEST(BackboneBatch, APictureIsTheSameInParts) {
  expect_same_pictures(
      DSLT_PRECISION_F32,
      [](Stack *stack) {
        make_stack(stack, {16, 16, 16}, 1 << 1, 256, 256, 1);
      },
      2);
}

TEST(BackboneShare, ANetOfTheSameShapeLoadsNothing) {
#if !DSLT_ONEDNN
  GTEST_SKIP() << skip::kOneDnn;
#endif
  if (std::strcmp(backend_name(), "cpu") != 0) GTEST_SKIP() << skip::kBackend << "shared weights";
  Backend b;
  ASSERT_TRUE(b) << dslt_last_error();
  Stack stack;
  make_slim(&stack);
  dslt_net *first = plan(b, stack, 2, nullptr);
  ASSERT_TRUE(first);
  EXPECT_EQ(stack.loads, int(stack.layers()));
  dslt_net *second = plan(b, stack, 2, first);
  ASSERT_TRUE(second);
  EXPECT_EQ(stack.loads, int(stack.layers()));
  b.nn->net_free(second);
  b.nn->net_free(first);
}

// Without AVX-512 oneDNN refuses the Winograd convolution; everything above must hold all the same. oneDNN
// reads the variable once, so it takes a process of its own.
TEST(BackboneFallback, WhereWinogradIsRefused) {
#if !DSLT_ONEDNN
  GTEST_SKIP() << skip::kOneDnn;
#endif
  const std::string command =
      "DNNL_MAX_CPU_ISA=AVX2 ONEDNN_MAX_CPU_ISA=AVX2 /proc/" + std::to_string(getpid()) +
      "/exe --gtest_filter='Shapes/BackboneLayout.*:BackboneBatch.*:BackboneShare.*-*Bfloat16' "
      "--gtest_brief=1 >/dev/null 2>&1";
  const int status = std::system(command.c_str());
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0) << command;
}

}  // namespace
