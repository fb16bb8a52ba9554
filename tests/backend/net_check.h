/* SPDX-License-Identifier: Apache-2.0 */
// net_check.h: a network with random weights on the backend under test against its definition in double: one
// and three pictures, twice, and with the weights of another plan.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "backend_fixture.h"
#include "net_reference.h"

namespace net {

using Taps = std::vector<int>;
using Build = Taps (*)(ref::Net *net);

struct Case {
  const char *name;
  Build build;
  int h, w;
};
inline void PrintTo(const Case &c, std::ostream *out) { *out << c.name; }

inline ref::Map part(const ref::Map &all, std::size_t index, std::size_t size) {
  return {all.begin() + std::ptrdiff_t(index * size), all.begin() + std::ptrdiff_t((index + 1) * size)};
}

inline void expect_taps(Backend &b, dslt_net *net, const ref::Net &r, const std::vector<dslt_node_map> &maps,
                        const Taps &taps, const ref::Map &pictures, int n, double tolerance) {
  const std::size_t picture = std::size_t(maps[0].h) * maps[0].w * maps[0].c;
  std::vector<float *> out;
  for (int tap : taps) out.push_back(b.floats(std::size_t(n) * maps[tap].h * maps[tap].w * maps[tap].c));
  float *in = b.upload(pictures);
  ASSERT_EQ(b.nn->net_run(net, in, out.data()), DSLT_OK) << dslt_last_error();
  for (int i = 0; i < n; ++i) {
    const ref::Run want(r, maps, part(pictures, std::size_t(i), picture));
    for (std::size_t t = 0; t < taps.size(); ++t) {
      const std::size_t values = want[taps[t]].size();
      EXPECT_LT(ref::relative_error(b.download(out[t] + std::size_t(i) * values, values), want[taps[t]]),
                tolerance)
          << "tap " << r.graph.layer[taps[t]].name << ", picture " << i;
    }
  }
}

inline void check(const Case &c, int precision, double tolerance) {
  if (precision == DSLT_PRECISION_BF16 && !has_bfloat16()) GTEST_SKIP() << skip::kBfloat16;
  Backend b(precision);
  ASSERT_TRUE(b) << dslt_last_error();
  ref::Net r;
  const Taps taps = c.build(&r);
  ASSERT_EQ(dslt_graph_check(&r.graph), DSLT_OK) << dslt_last_error();
  const std::vector<dslt_node_map> maps = ref::randomise(&r, c.h, c.w);
  ASSERT_FALSE(maps.empty()) << dslt_last_error();
  for (int n : {1, 3}) {
    dslt_net_desc d = {};
    d.n = n, d.h = c.h, d.w = c.w;
    d.graph = &r.graph;
    d.taps = int(taps.size());
    std::copy(taps.begin(), taps.end(), d.tap);
    d.load = ref::load;
    d.context = &r;
    dslt_net *net = nullptr, *shared = nullptr;
    const int rc = b.nn->net_plan(&net, b.get(), &d);
    ASSERT_EQ(rc, DSLT_OK) << dslt_last_error();
    d.share = net;
    ASSERT_EQ(b.nn->net_plan(&shared, b.get(), &d), DSLT_OK) << dslt_last_error();
    ref::Noise noise(3);
    const ref::Map pictures = ref::rounded(noise.map(std::size_t(n) * c.h * c.w * maps[0].c, 1));
    expect_taps(b, net, r, maps, taps, pictures, n, tolerance);
    const ref::Map others = ref::rounded(noise.map(pictures.size(), 1));
    expect_taps(b, net, r, maps, taps, others, n, tolerance);  // nothing of the first run is left
    expect_taps(b, shared, r, maps, taps, pictures, n, tolerance);
    b.nn->net_free(shared);
    b.nn->net_free(net);
  }
}

}  // namespace net
