/* SPDX-License-Identifier: Apache-2.0 */
// Proposal heads: matching strategies, losses against figures of PyTorch and central differences, the head against plain
// loops in double, scores between the cells of a search area.
#include <algorithm>
#include <cmath>

#include "backend_fixture.h"
#include "math/anchors.h"

namespace {

const dslt_anchor_grid kZf = {14, 171, 16};

std::vector<int> cells_of(int strategy, const dslt_anchor_grid &grid = kZf) {
  std::vector<int> cells(std::size_t(grid.side * grid.side));
  cells.resize(std::size_t(dslt_anchor_cells(cells.data(), &grid, strategy)));
  return cells;
}

TEST(AnchorMasks, HaveThePapersNumberOfAnchors) {
  EXPECT_EQ(cells_of(1).size(), 12u);
  EXPECT_EQ(cells_of(2).size(), 36u);
  EXPECT_EQ(cells_of(3).size(), 100u);
  EXPECT_EQ(cells_of(4).size(), 196u);
  EXPECT_EQ(cells_of(1),
            (std::vector<int>{5 * 14 + 6, 5 * 14 + 7, 6 * 14 + 5, 6 * 14 + 6, 6 * 14 + 7, 6 * 14 + 8,
                              7 * 14 + 5, 7 * 14 + 6, 7 * 14 + 7, 7 * 14 + 8, 8 * 14 + 6, 8 * 14 + 7}))
      << "a plus around the four central anchors";
  EXPECT_EQ(cells_of(2).front(), 4 * 14 + 4);
  EXPECT_EQ(cells_of(3).back(), 11 * 14 + 11);
}

// The overlaps with the nearest central anchor by steps to it, as printed in the paper's figure 2 to two digits.
TEST(AnchorMasks, OverlapsAreThePapers) {
  const double table[7][7] = {{1, .829, .685, .562, .455, .363, .281},
                              {0, .697, .583, .484, .396, .318, .248},
                              {0, 0, .493, .413, .341, .276, .217},
                              {0, 0, 0, .349, .290, .237, .187},
                              {0, 0, 0, 0, .243, .200, .159},
                              {0, 0, 0, 0, 0, .165, .132},
                              {0, 0, 0, 0, 0, 0, .106}};
  for (int dy = 0; dy < 7; ++dy)
    for (int dx = dy; dx < 7; ++dx)
      for (int row : {6 - dy, 7 + dy})
        for (int column : {6 - dx, 7 + dx}) {
          EXPECT_NEAR(dslt_anchor_overlap(&kZf, row, column), table[dy][dx], 5e-4) << dy << ", " << dx;
          EXPECT_NEAR(dslt_anchor_overlap(&kZf, column, row), table[dy][dx], 5e-4) << dy << ", " << dx;
        }
}

TEST(AnchorMasks, MapsOfOddSideHaveOneCentralCell) {
  const dslt_anchor_grid odd = {13, 171, 16};
  EXPECT_EQ(cells_of(1, odd).size(), 5u);
  EXPECT_EQ(cells_of(4, odd).size(), 169u);
  EXPECT_EQ(dslt_anchor_overlap(&odd, 6, 6), 1.0);
}

struct Figure {
  int kind;
  float x[2];
  int label;
  double value, gradient[2];
};

/* By PyTorch 2 in double: cross_entropy, the sum of -H[label] log_softmax with H = [.8 .2; .2 .8],
 * binary_cross_entropy_with_logits(reduction='sum') of the label as one-hot, the sum of relu(1 + s x) and of its squares
 * with s = -1 at the label; gradients by backward(). */
const Figure kFigures[] = {
    {DSLT_ANCHOR_SOFTMAX, {0.3f, -1.2f}, 0, 0.2014133, {-0.1824255, 0.1824255}},
    {DSLT_ANCHOR_SOFTMAX, {0.3f, -1.2f}, 1, 1.7014133, {0.8175745, -0.8175745}},
    {DSLT_ANCHOR_SOFTMAX, {2.5f, 0.7f}, 0, 0.1529776, {-0.1418511, 0.1418511}},
    {DSLT_ANCHOR_SOFTMAX, {2.5f, 0.7f}, 1, 1.9529776, {0.8581489, -0.8581489}},
    {DSLT_ANCHOR_SOFTMAX, {-3.0f, 4.0f}, 0, 7.0009115, {-0.9990889, 0.9990889}},
    {DSLT_ANCHOR_SOFTMAX, {-3.0f, 4.0f}, 1, 0.0009115, {0.0009111, -0.0009111}},
    {DSLT_ANCHOR_SOFTMAX, {0.0f, 0.0f}, 0, 0.6931472, {-0.5000000, 0.5000000}},
    {DSLT_ANCHOR_SOFTMAX, {0.0f, 0.0f}, 1, 0.6931472, {0.5000000, -0.5000000}},
    {DSLT_ANCHOR_INFOGAIN, {0.3f, -1.2f}, 0, 0.5014133, {0.0175745, -0.0175745}},
    {DSLT_ANCHOR_INFOGAIN, {0.3f, -1.2f}, 1, 1.4014133, {0.6175745, -0.6175745}},
    {DSLT_ANCHOR_INFOGAIN, {2.5f, 0.7f}, 0, 0.5129776, {0.0581489, -0.0581489}},
    {DSLT_ANCHOR_INFOGAIN, {2.5f, 0.7f}, 1, 1.5929776, {0.6581489, -0.6581489}},
    {DSLT_ANCHOR_INFOGAIN, {-3.0f, 4.0f}, 0, 5.6009115, {-0.7990889, 0.7990889}},
    {DSLT_ANCHOR_INFOGAIN, {-3.0f, 4.0f}, 1, 1.4009115, {-0.1990889, 0.1990889}},
    {DSLT_ANCHOR_INFOGAIN, {0.0f, 0.0f}, 0, 0.6931472, {-0.3000000, 0.3000000}},
    {DSLT_ANCHOR_INFOGAIN, {0.0f, 0.0f}, 1, 0.6931472, {0.3000000, -0.3000000}},
    {DSLT_ANCHOR_SIGMOID, {0.3f, -1.2f}, 0, 0.8176377, {-0.4255575, 0.2314752}},
    {DSLT_ANCHOR_SIGMOID, {0.3f, -1.2f}, 1, 2.3176377, {0.5744425, -0.7685248}},
    {DSLT_ANCHOR_SIGMOID, {2.5f, 0.7f}, 0, 1.1820758, {-0.0758582, 0.6681878}},
    {DSLT_ANCHOR_SIGMOID, {2.5f, 0.7f}, 1, 2.9820758, {0.9241418, -0.3318122}},
    {DSLT_ANCHOR_SIGMOID, {-3.0f, 4.0f}, 0, 7.0667373, {-0.9525741, 0.9820138}},
    {DSLT_ANCHOR_SIGMOID, {-3.0f, 4.0f}, 1, 0.0667373, {0.0474259, -0.0179862}},
    {DSLT_ANCHOR_SIGMOID, {0.0f, 0.0f}, 0, 1.3862944, {-0.5000000, 0.5000000}},
    {DSLT_ANCHOR_SIGMOID, {0.0f, 0.0f}, 1, 1.3862944, {0.5000000, -0.5000000}},
    {DSLT_ANCHOR_HINGE, {0.3f, -1.2f}, 0, 0.7000000, {-1.0000000, 0.0000000}},
    {DSLT_ANCHOR_HINGE, {0.3f, -1.2f}, 1, 3.5000000, {1.0000000, -1.0000000}},
    {DSLT_ANCHOR_HINGE, {2.5f, 0.7f}, 0, 1.7000000, {-0.0000000, 1.0000000}},
    {DSLT_ANCHOR_HINGE, {2.5f, 0.7f}, 1, 3.8000000, {1.0000000, -1.0000000}},
    {DSLT_ANCHOR_HINGE, {-3.0f, 4.0f}, 0, 9.0000000, {-1.0000000, 1.0000000}},
    {DSLT_ANCHOR_HINGE, {-3.0f, 4.0f}, 1, 0.0000000, {0.0000000, -0.0000000}},
    {DSLT_ANCHOR_HINGE, {0.0f, 0.0f}, 0, 2.0000000, {-1.0000000, 1.0000000}},
    {DSLT_ANCHOR_HINGE, {0.0f, 0.0f}, 1, 2.0000000, {1.0000000, -1.0000000}},
    {DSLT_ANCHOR_HINGE2, {0.3f, -1.2f}, 0, 0.4900000, {-1.4000000, 0.0000000}},
    {DSLT_ANCHOR_HINGE2, {0.3f, -1.2f}, 1, 6.5300000, {2.6000000, -4.4000000}},
    {DSLT_ANCHOR_HINGE2, {2.5f, 0.7f}, 0, 2.8900000, {-0.0000000, 3.4000000}},
    {DSLT_ANCHOR_HINGE2, {2.5f, 0.7f}, 1, 12.3400000, {7.0000000, -0.6000000}},
    {DSLT_ANCHOR_HINGE2, {-3.0f, 4.0f}, 0, 41.0000000, {-8.0000000, 10.0000000}},
    {DSLT_ANCHOR_HINGE2, {-3.0f, 4.0f}, 1, 0.0000000, {0.0000000, -0.0000000}},
    {DSLT_ANCHOR_HINGE2, {0.0f, 0.0f}, 0, 2.0000000, {-2.0000000, 2.0000000}},
    {DSLT_ANCHOR_HINGE2, {0.0f, 0.0f}, 1, 2.0000000, {2.0000000, -2.0000000}},
};

TEST(AnchorLosses, ArePyTorchs) {
  for (const Figure &f : kFigures) {
    const dslt_anchor_loss_spec spec = {f.kind, 0.8f, 1};
    const dslt_anchor_value v = dslt_anchor_loss_at(&spec, f.x, f.label);
    EXPECT_NEAR(v.value, f.value, 2e-6 * (1 + f.value))
        << f.kind << " at " << f.x[0] << ", label " << f.label;
    for (int k = 0; k < 2; ++k)
      EXPECT_NEAR(v.gradient[k], f.gradient[k], 2e-6 * (1 + std::fabs(f.gradient[k])))
          << f.kind << " at " << f.x[0] << ", label " << f.label;
  }
}

TEST(AnchorLosses, GradientsAreCentralDifferences) {
  ref::Noise noise(4);
  for (int kind = DSLT_ANCHOR_SOFTMAX; kind <= DSLT_ANCHOR_HINGE2; ++kind)
    for (int i = 0; i < 40; ++i) {
      const dslt_anchor_loss_spec spec = {kind, 0.7f, 1};
      const float x[2] = {float(3 * noise.next()), float(3 * noise.next())};
      const dslt_anchor_value v = dslt_anchor_loss_at(&spec, x, i % 2);
      for (int k = 0; k < 2; ++k) {
        const float h = 1.0f / 256;
        if (kind >= DSLT_ANCHOR_HINGE && std::fabs(std::fabs(x[k]) - 1) < 2 * h) continue; /* a corner */
        float up[2] = {x[0], x[1]}, down[2] = {x[0], x[1]};
        up[k] += h, down[k] -= h;
        const double slope = (double(dslt_anchor_loss_at(&spec, up, i % 2).value) -
                              double(dslt_anchor_loss_at(&spec, down, i % 2).value)) /
                             (double(up[k]) - double(down[k]));
        EXPECT_NEAR(v.gradient[k], slope, 3e-4) << kind << " at " << x[0] << ", " << x[1];
      }
    }
}

TEST(AnchorLosses, StayFiniteFarFromZero) {
  for (int kind = DSLT_ANCHOR_SOFTMAX; kind <= DSLT_ANCHOR_HINGE2; ++kind)
    for (float far : {1e4f, -1e4f})
      for (int label : {0, 1}) {
        const dslt_anchor_loss_spec spec = {kind, 0.8f, 1};
        const float x[2] = {far, -far};
        const dslt_anchor_value v = dslt_anchor_loss_at(&spec, x, label);
        EXPECT_TRUE(std::isfinite(v.value) && std::isfinite(v.gradient[0]) && std::isfinite(v.gradient[1]));
        EXPECT_GE(v.value, 0);
        const float score = dslt_anchor_score(kind, x);
        EXPECT_TRUE(score >= 0 && score <= 1);
        EXPECT_LE(kind <= DSLT_ANCHOR_INFOGAIN ? v.value : 0.0f, 46.06f)
            << "Caffe's floor under the probability";
      }
}

// ---- the head -----------------------------------------------------------------------------------------

struct HeadCase {
  int side, channels, hidden, maps, strategy;
};

struct Head {
  HeadCase c;
  std::vector<int> cells;
  ref::Map x, w;
  std::vector<int32_t> item;

  explicit Head(const HeadCase &given) : c(given) {
    cells = cells_of(c.strategy, {c.side, 171, 16});
    ref::Noise noise(7);
    x = ref::rounded(noise.map(std::size_t(c.maps + 2) * c.side * c.side * c.channels));
    w = ref::rounded(noise.map(dslt_anchors_values(c.channels, c.hidden)));
    for (int i = 0; i < c.maps; ++i) item.push_back((i * 5 + 1) % (c.maps + 2));
  }
  double at(int map, int row, int column, int channel) const {
    if (row < 0 || row >= c.side || column < 0 || column >= c.side) return 0;
    return x[((std::size_t(map) * c.side + row) * c.side + column) * c.channels + channel];
  }
  // Units before ReLU.
  double sum(int map, int cell, int j) const {
    double v = w[std::size_t(9) * c.channels * c.hidden + j];
    for (int tap = 0; tap < 9; ++tap)
      for (int i = 0; i < c.channels; ++i)
        v += at(map, cell / c.side + tap / 3 - 1, cell % c.side + tap % 3 - 1, i) *
             w[(std::size_t(tap) * c.channels + i) * c.hidden + j];
    return v;
  }
  std::size_t outputs() const { return (std::size_t(9) * c.channels + 1) * c.hidden; }
  ref::Map forward() const {
    ref::Map out;
    for (int32_t map : item)
      for (int cell : cells)
        for (int k = 0; k < 2; ++k) {
          double v = w[outputs() + 2 * c.hidden + k];
          for (int j = 0; j < c.hidden; ++j)
            v += std::max(0.0, sum(map, cell, j)) * w[outputs() + std::size_t(k) * c.hidden + j];
          out.push_back(v);
        }
    return out;
  }
  ref::Map backward(const ref::Map &d) const {
    ref::Map g(w.size());
    std::size_t r = 0;
    for (int32_t map : item)
      for (int cell : cells) {
        for (int k = 0; k < 2; ++k) g[outputs() + 2 * c.hidden + k] += d[r + k];
        for (int j = 0; j < c.hidden; ++j) {
          const double v = sum(map, cell, j);
          for (int k = 0; k < 2; ++k)
            g[outputs() + std::size_t(k) * c.hidden + j] += d[r + k] * std::max(0.0, v);
          if (!(v > 0)) continue;
          const double dv = d[r] * w[outputs() + j] + d[r + 1] * w[outputs() + c.hidden + j];
          g[std::size_t(9) * c.channels * c.hidden + j] += dv;
          for (int tap = 0; tap < 9; ++tap)
            for (int i = 0; i < c.channels; ++i)
              g[(std::size_t(tap) * c.channels + i) * c.hidden + j] +=
                  dv * at(map, cell / c.side + tap / 3 - 1, cell % c.side + tap % 3 - 1, i);
        }
        r += 2;
      }
    return g;
  }
  dslt_anchors *plan(Backend &b) const {
    const dslt_anchors_desc desc = {c.side, c.channels, c.hidden, int(cells.size()), cells.data(), c.maps};
    dslt_anchors *out = nullptr;
    EXPECT_EQ(b.nn->anchors_plan(&out, b.get(), &desc), DSLT_OK) << dslt_last_error();
    return out;
  }
  std::size_t scores() const { return item.size() * cells.size() * 2; }
};

int32_t *put_items(Backend &b, const std::vector<int32_t> &item) {
  int32_t *there = reinterpret_cast<int32_t *>(b.zeros(item.size()));
  EXPECT_EQ(b.device->upload(b.get(), there, item.data(), item.size() * sizeof(int32_t)), DSLT_OK);
  return there;
}

class AnchorsTest : public testing::TestWithParam<HeadCase> {};

void check_head(const Head &head, Backend &b, double forward, double backward) {
  dslt_anchors *anchors = head.plan(b);
  ASSERT_TRUE(anchors);
  float *x = b.upload(head.x), *w = b.upload(head.w), *scores = b.floats(head.scores());
  const int32_t *item = put_items(b, head.item);
  ASSERT_EQ(b.nn->anchors_forward(anchors, scores, x, item, w, head.c.maps), DSLT_OK) << dslt_last_error();
  EXPECT_LT(ref::relative_error(b.download(scores, head.scores()), head.forward()), forward);
  ref::Noise noise(9);
  const ref::Map d = ref::rounded(noise.map(head.scores()));
  float *g = b.floats(head.w.size());
  ASSERT_EQ(b.nn->anchors_backward(anchors, g, x, item, w, b.upload(d), head.c.maps), DSLT_OK)
      << dslt_last_error();
  EXPECT_LT(ref::relative_error(b.download(g, head.w.size()), head.backward(d)), backward);
  b.nn->anchors_free(anchors);
}

TEST_P(AnchorsTest, ForwardAndBackward) {
  Backend b;
  check_head(Head(GetParam()), b, 3e-6, 5e-6);
}

// A number has 8 bits there: 1/512 of it is lost at most; a unit near 0 may be on its other side.
TEST_P(AnchorsTest, ForwardAndBackwardInBfloat16) {
  if (!has_bfloat16()) GTEST_SKIP() << skip::kBfloat16;
  Backend b(DSLT_PRECISION_BF16);
  check_head(Head(GetParam()), b, 1e-2, 5e-2);
}

INSTANTIATE_TEST_SUITE_P(Shapes, AnchorsTest,
                         testing::Values(HeadCase{14, 3, 5, 2, 4}, HeadCase{14, 2, 16, 9, 1},
                                         HeadCase{14, 4, 3, 3, 2}, HeadCase{5, 16, 8, 70, 4},
                                         HeadCase{40, 1, 2, 2, 4}, HeadCase{6, 1, 1, 1, 3}));

// Near, not the same bytes: on processors without AVX-512 oneDNN divides a sum among threads.
TEST(Anchors, ThreadsAndCompanyChangeNothing) {
  const Head head({14, 8, 72, 7, 4});
  const std::size_t one = head.scores() / head.item.size();
  ref::Map scores, gradient;
  for (int threads : {1, 3}) {
    Backend b(DSLT_PRECISION_F32, threads);
    dslt_anchors *anchors = head.plan(b);
    float *x = b.upload(head.x), *w = b.upload(head.w), *y = b.floats(head.scores()),
          *g = b.floats(head.w.size());
    const int32_t *item = put_items(b, head.item);
    ASSERT_EQ(b.nn->anchors_forward(anchors, y, x, item, w, head.c.maps), DSLT_OK);
    ASSERT_EQ(b.nn->anchors_backward(anchors, g, x, item, w, y, head.c.maps), DSLT_OK);
    const std::vector<float> all = b.download(y, head.scores()), slope = b.download(g, head.w.size());
    if (threads == 1)
      scores = ref::Map(all.begin(), all.end()), gradient = ref::Map(slope.begin(), slope.end());
    EXPECT_LT(ref::relative_error(all, scores), 1e-6);
    EXPECT_LT(ref::relative_error(slope, gradient), 1e-6);
    ASSERT_EQ(b.nn->anchors_forward(anchors, y, x, item + 3, w, 1), DSLT_OK);
    const ref::Map part(scores.begin() + long(3 * one), scores.begin() + long(4 * one));
    EXPECT_LT(ref::relative_error(b.download(y, one), part), 1e-6);
    b.nn->anchors_free(anchors);
  }
}

TEST(Anchors, ScoresAreMeansAndAddUp) {
  const int n = 3, count = 5;
  ref::Noise noise(2);
  const ref::Map x = ref::rounded(noise.map(std::size_t(n) * count * 2, 2.0));
  Backend b;
  float *means = b.floats(n), *scores = b.upload(x);
  ASSERT_EQ(b.nn->anchor_scores(b.get(), means, scores, n, count, DSLT_ANCHOR_SOFTMAX, 0.25f, 1), DSLT_OK);
  ASSERT_EQ(b.nn->anchor_scores(b.get(), means, scores, n, count, DSLT_ANCHOR_HINGE, 0.75f, 0), DSLT_OK);
  const std::vector<float> got = b.download(means, n);
  for (int i = 0; i < n; ++i) {
    double want = 0;
    for (int k = 0; k < count; ++k) {
      const double x0 = x[std::size_t(i * count + k) * 2], x1 = x[std::size_t(i * count + k) * 2 + 1];
      want += (0.25 / (1 + std::exp(x0 - x1)) + 0.75 / (1 + std::exp(-x1))) / count;
    }
    EXPECT_NEAR(got[i], want, 1e-6);
  }
}

TEST(Anchors, LossIsTheWeightedMeanAndTheFirstMapsAreTheTarget) {
  const int n = 4, positives = 1, count = 3;
  ref::Noise noise(3);
  const ref::Map x = ref::rounded(noise.map(std::size_t(n) * count * 2, 2.0));
  for (int kind = DSLT_ANCHOR_SOFTMAX; kind <= DSLT_ANCHOR_HINGE2; ++kind) {
    const dslt_anchor_loss_spec spec = {kind, 0.9f, 10};
    Backend b;
    float *d = b.floats(x.size()), *value = b.floats(1), *scores = b.upload(x);
    ASSERT_EQ(b.nn->anchor_loss(b.get(), d, value, scores, n, positives, count, &spec, 1), DSLT_OK);
    const double once = double(b.download(value, 1)[0]);
    ASSERT_EQ(b.nn->anchor_loss(b.get(), d, value, scores, n, positives, count, &spec, 0), DSLT_OK);
    EXPECT_NEAR(b.download(value, 1)[0], 2 * once, 1e-5 * once);
    const std::vector<float> gradient = b.download(d, x.size());
    double want = 0;
    for (int r = 0; r < n * count; ++r) {
      const float at[2] = {float(x[2 * r]), float(x[2 * r + 1])};
      const dslt_anchor_value v = dslt_anchor_loss_at(&spec, at, r < positives * count);
      want += 10.0 * double(v.value) / (n * count);
      for (int k = 0; k < 2; ++k)
        EXPECT_NEAR(gradient[2 * r + k], 10 * v.gradient[k] / (n * count), 1e-6) << kind;
    }
    EXPECT_NEAR(once, want, 1e-5 * want) << kind;
  }
}

TEST(Anchors, AStepHasCaffesMomentumAndDecay) {
  Backend b;
  const std::size_t count = 100000;
  std::vector<double> w(count), m(count), g(count);
  ref::Noise noise(5);
  for (std::size_t i = 0; i < count; ++i) w[i] = noise.next(), m[i] = 0.1 * noise.next(), g[i] = noise.next();
  const ref::Map rw = ref::rounded(w), rm = ref::rounded(m), rg = ref::rounded(g);
  float *dw = b.upload(rw), *dm = b.upload(rm), *dg = b.upload(rg);
  const dslt_param params[2] = {{dw, dg, dm, dm, 10, 0.5f, 0.25f, 0},
                                {dw + 10, dg + 10, dm + 10, dm, count - 10, 0.1f, 0, 0}};
  ASSERT_EQ(b.nn->sgd(b.get(), params, 2, 0.9f), DSLT_OK);
  ASSERT_EQ(b.nn->sgd(b.get(), params, 0, 0.9f), DSLT_OK);
  const std::vector<float> got = b.download(dw, count), moved = b.download(dm, count);
  for (std::size_t i = 0; i < count; ++i) {
    const double step = 0.9 * rm[i] + (i < 10 ? 0.5 * (rg[i] + 0.25 * rw[i]) : 0.1 * rg[i]);
    ASSERT_NEAR(moved[i], step, 1e-6) << i;
    ASSERT_NEAR(got[i], rw[i] - step, 1e-6) << i;
  }
}

// ---- candidates in a search area's map ----------------------------------------------------------------

// A crop of 107 pixels, cells of 8; an area 4 cells larger on every side.
const dslt_anchor_sampling kSampling = {{14, 171, 16}, 4, 22, 8, 107, 107.0 / 75};

dslt_search area_of() {
  dslt_search s = {};
  s.area.input_width = s.area.input_height = 107 + 64;
  s.area.ratio_x = s.area.ratio_y = 30 * (107.0 / 75) / 107; /* a target of 30 pixels */
  s.scale.levels = 3, s.scale.step = 1.05;
  return s;
}

TEST(SampledScores, ACandidateWholeCellsAwayHasThatPartOfTheMap) {
  const dslt_search search = area_of();
  dslt_target_state state = {};
  state.cx = 100, state.cy = 80, state.width = state.height = 30, state.scale = 1;
  ref::Noise noise(11);
  const ref::Map maps = ref::rounded(noise.map(3 * 22 * 22 * 2, 2.0));
  const double cell = 8 * search.area.ratio_x;
  std::vector<dslt_box> boxes;
  for (int level : {0, 1, 2})
    for (int dy : {-4, 0, 3})
      for (int dx : {0, 4, -1}) {
        const double zoom = std::pow(1.05, level - 1), side = 30 * zoom;
        boxes.push_back({100 + dx * cell * zoom - side / 2, 80 + dy * cell * zoom - side / 2, side, side});
      }
  for (int strategy : {1, 4}) {
    dslt_anchor_sampling sampling = kSampling;
    sampling.strategy = strategy;
    Backend b;
    dslt_box *there = reinterpret_cast<dslt_box *>(b.zeros(boxes.size() * sizeof(dslt_box) / sizeof(float)));
    ASSERT_EQ(b.device->upload(b.get(), there, boxes.data(), boxes.size() * sizeof(dslt_box)), DSLT_OK);
    float *means = b.floats(boxes.size());
    ASSERT_EQ(b.nn->sampled_scores(b.get(), means, b.upload(maps), there, int(boxes.size()),
                                   DSLT_ANCHOR_SIGMOID, &sampling, b.put(state), &search, 1.0f, 1),
              DSLT_OK);
    const std::vector<float> got = b.download(means, boxes.size());
    std::size_t i = 0;
    for (int level : {0, 1, 2})
      for (int dy : {-4, 0, 3})
        for (int dx : {0, 4, -1}) {
          double sum = 0;
          const std::vector<int> cells = cells_of(strategy);
          for (int at : cells) {
            const int row = at / 14 + 4 + dy, column = at % 14 + 4 + dx;
            sum += 1 / (1 + std::exp(-maps[std::size_t((level * 22 + row) * 22 + column) * 2 + 1]));
          }
          EXPECT_NEAR(got[i++], sum / double(cells.size()), 2e-5) << level << ", " << dy << ", " << dx;
        }
  }
}

TEST(SampledScores, FarCandidatesSeeTheEdge) {
  const dslt_search search = area_of();
  dslt_target_state state = {};
  state.cx = 100, state.cy = 80, state.width = state.height = 30, state.scale = 1;
  const ref::Map maps(3 * 22 * 22 * 2, 1.5);
  Backend b;
  float *means = b.floats(1);
  for (const dslt_box &box : {dslt_box{-4e5, 3e5, 30, 30}, dslt_box{90, 70, 4e4, 1e-3}}) {
    ASSERT_EQ(b.nn->sampled_scores(b.get(), means, b.upload(maps), b.put(box), 1, DSLT_ANCHOR_SIGMOID,
                                   &kSampling, b.put(state), &search, 1.0f, 1),
              DSLT_OK);
    EXPECT_NEAR(b.download(means, 1)[0], 1 / (1 + std::exp(-1.5)), 1e-5);
  }
}

TEST(Anchors, RefusesNoCells) {
  Backend b;
  dslt_anchors *anchors = nullptr;
  const int cell = 0;
  const dslt_anchors_desc none = {4, 1, 1, 0, &cell, 0};
  EXPECT_EQ(b.nn->anchors_plan(&anchors, b.get(), &none), DSLT_EINTERNAL);
  EXPECT_EQ(anchors, nullptr);
}

}  // namespace
